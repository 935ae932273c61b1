"""The base of all models: wire names, field specifications and canonical values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

Source = Literal["model", "docs", "schema", "assumed", "ours"]
"""Source of a rule: botocore's service model, the AWS guides, the CloudFormation schema, an
assumption where there is no source, or this library where the property is its own."""


@dataclass(frozen=True)
class FieldSpec:
    """The specification of a field besides its type. Diffs, docs and tests derive from it.

    Args:
        source: Source of the specification.
        create_only: Whether a change replaces the resource.
        unordered: Whether the order of a list is insignificant.
        clearable: False if the service can set and change the value, but not remove it.
        default: Description of the effective value if there is none.
    """

    source: Source
    create_only: bool = False
    unordered: bool = False
    clearable: bool = True
    default: str | None = None


class Model(BaseModel):
    """A model with camelCase names on the wire and in state, and snake_case names in Python."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
    )

    def to_wire(self) -> dict[str, object]:
        """Return the model by wire names, without absent values."""
        return self.model_dump(by_alias=True, exclude_none=True)

    def canonical(self) -> object:
        """Return a hashable form that is equal for equivalent values; None if all are absent."""
        values = tuple(canonical(getattr(self, name)) for name in type(self).model_fields)
        return None if all(value is None for value in values) else values


class State(Model):
    """What AWS reports of a resource. Not validated: AWS or an old state may break our rules."""

    model_config = ConfigDict(extra="ignore")

    @classmethod
    def from_wire(cls, outputs: Mapping[str, object]) -> Self:
        """Parse recorded outputs of this version or an earlier one."""
        return cls.model_validate(outputs)


def field_specs(model: type[Model]) -> Iterator[tuple[str, FieldInfo, FieldSpec]]:
    """Yield each field that has a specification, as (Python name, field, specification)."""
    for name, field in model.model_fields.items():
        for item in field.metadata:
            if isinstance(item, FieldSpec):
                yield name, field, item


def wire_name(model: type[Model], field_name: str) -> str:
    """Return the field's name on the wire."""
    return model.model_fields[field_name].alias or field_name


def canonical(value: object, *, unordered: bool = False) -> object:
    """Return a hashable form of a value that is equal for equivalent values.

    Null, ``""``, ``[]`` and ``{}`` all mean absent and become None (the service's own samples mix
    them). Unordered lists become sets, maps become sets of pairs.
    """
    if isinstance(value, Model):
        return value.canonical()
    if isinstance(value, Mapping):
        return frozenset(value.items()) or None
    if isinstance(value, list | tuple):
        return (frozenset(value) if unordered else tuple(value)) or None
    return None if value == "" else value
