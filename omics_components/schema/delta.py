"""The difference between two sets of inputs, as pure data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from omics_components.schema.base import Model, facts_of, meaning_of


@dataclass(frozen=True)
class Delta:
    """Which fields differ, by their Python names.

    Args:
        changed: All fields that differ, in the model's order.
        replaces: Those of them that can only be set at creation.
    """

    changed: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changed)


def create_only_values(inputs: Model) -> dict[str, object]:
    """Give what of the inputs can only be set at creation, reduced to its meaning, as JSON values.

    Two inputs of one kind for which this is equal describe resources of which one can be turned
    into the other.
    """
    values: dict[str, object] = {}
    for name, _, fact in facts_of(type(inputs)):
        value = getattr(inputs, name)
        if fact.create_only and meaning_of(value) is not None:
            values[name] = value if isinstance(value, Mapping) else meaning_of(value)
    return values


def delta(recorded: Model, desired: Model, unknown: Collection[str] = ()) -> Delta:
    """Compare two inputs of one kind by meaning.

    Args:
        recorded: What is.
        desired: What shall be.
        unknown: Python names of desired fields whose value only an update will know. They count as
            changed, and as replacing where they are create-only: a preview must not promise less
            than may happen.
    """
    changed, replaces = [], []
    for name, _, fact in facts_of(type(desired)):
        old = meaning_of(getattr(recorded, name), unordered=fact.unordered)
        new = meaning_of(getattr(desired, name), unordered=fact.unordered)
        if name in unknown or old != new:
            changed.append(name)
            if fact.create_only:
                replaces.append(name)
    return Delta(tuple(changed), tuple(replaces))
