"""What all models share: spelling on the wire, facts about a field, and equality by meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

Source = Literal["model", "docs", "schema", "assumed", "ours"]
"""Who says so: botocore's service model, the AWS guides, the CloudFormation schema, our reading
where no source speaks, or this library where the property is its own."""


@dataclass(frozen=True)
class FieldSpec:
    """What is known of a field besides its type. Diffs, documents and tests derive from it.

    Args:
        source: Who says so.
        create_only: A change replaces the resource.
        unordered: The order of a list has no meaning.
        clearable: False where the service can set and change the value, but never remove it.
        default: What counts where the value is absent, in words.
    """

    source: Source
    create_only: bool = False
    unordered: bool = False
    clearable: bool = True
    default: str | None = None


class Model(BaseModel):
    """A value as it travels: camelCase on the wire and in state, snake_case in Python."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
    )

    def to_wire(self) -> dict[str, object]:
        """Write the model as the wire and the state spell it; what is absent stays away."""
        return self.model_dump(by_alias=True, exclude_none=True)

    def meaning(self) -> object:
        """Give what two equal values share; None for a value that says nothing."""
        values = tuple(meaning_of(getattr(self, name)) for name in type(self).model_fields)
        return None if all(value is None for value in values) else values


class State(Model):
    """What AWS reports of a resource. Never judged: old states and foreign hands are facts."""

    model_config = ConfigDict(extra="ignore")

    @classmethod
    def from_wire(cls, outputs: Mapping[str, object]) -> Self:
        """Read recorded outputs, of this version or an earlier one."""
        return cls.model_validate(outputs)


def facts_of(model: type[Model]) -> Iterator[tuple[str, FieldInfo, FieldSpec]]:
    """List each field that carries a fact, as (Python name, field, fact)."""
    for name, field in model.model_fields.items():
        for item in field.metadata:
            if isinstance(item, FieldSpec):
                yield name, field, item


def wire_name(model: type[Model], field_name: str) -> str:
    """Give the field's name on the wire."""
    return model.model_fields[field_name].alias or field_name


def meaning_of(value: object, *, unordered: bool = False) -> object:
    """Reduce a value to what counts in a comparison.

    Absent, null, ``""``, ``[]`` and ``{}`` all say nothing and come out as None (the service's own
    samples mix them). Lists without an order come out as sets, maps as sets of pairs.
    """
    if isinstance(value, Model):
        return value.meaning()
    if isinstance(value, Mapping):
        return frozenset(value.items()) or None
    if isinstance(value, list | tuple):
        return (frozenset(value) if unordered else tuple(value)) or None
    return None if value == "" else value
