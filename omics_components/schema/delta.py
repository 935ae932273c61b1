"""The difference between two sets of inputs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from omics_components.schema.base import Model, canonical, field_specs


@dataclass(frozen=True)
class Delta:
    """The fields that differ, by Python names.

    Args:
        changed: All fields that differ, in the model's order.
        replaces: Those of them that are create-only.
    """

    changed: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changed)


def create_only_values(inputs: Model) -> dict[str, object]:
    """Return the create-only inputs in canonical form, as JSON values.

    If it is equal for two inputs of a kind, one resource can be updated to become the other.
    """
    values: dict[str, object] = {}
    for name, _, spec in field_specs(type(inputs)):
        value = getattr(inputs, name)
        if spec.create_only and canonical(value) is not None:
            values[name] = value if isinstance(value, Mapping) else canonical(value)
    return values


def delta(recorded: Model, desired: Model, unknown: Collection[str] = ()) -> Delta:
    """Compare two inputs of one kind in canonical form.

    Args:
        recorded: The recorded inputs.
        desired: The desired inputs.
        unknown: Python names of desired fields whose values a preview does not know. They count as
            changed, and as replacing if they are create-only: a preview must not announce less
            than may happen.
    """
    changed, replaces = [], []
    for name, _, spec in field_specs(type(desired)):
        old = canonical(getattr(recorded, name), unordered=spec.unordered)
        new = canonical(getattr(desired, name), unordered=spec.unordered)
        if name in unknown or old != new:
            changed.append(name)
            if spec.create_only:
                replaces.append(name)
    return Delta(tuple(changed), tuple(replaces))
