"""What the answers and the arguments of all lookups have in common.

A result is a plain frozen dataclass, because Pulumi's SDK exports the attributes of such an object
as they are; a pydantic model, being iterable, would be exported as a list of pairs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar, cast, dataclass_transform

import pydantic.dataclasses
from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel

from omics_components.errors import InvalidRequest
from omics_components.schema.base import Model, wire_name
from omics_components.schema.fields import Region, digits, printable
from omics_components.schema.times import Moment
from omics_components.schema.validation import failures_of

T = TypeVar("T")
M = TypeVar("M", bound=Model)

_ANSWER = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")


class Result:
    """What AWS said of something. Never judged: the live world may break our rules."""

    def to_dict(self) -> dict[str, Any]:
        """Give plain dictionaries and lists, with the attributes' names as keys.

        That is what ``pulumi.export`` writes, too; as input of a resource, or for JSON, a result
        must be turned into it.
        """
        return dataclasses.asdict(cast("Any", self))


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(Field,))
def result(kind: type[T]) -> type[T]:
    """Make a class of annotated fields a result: frozen, and readable in the wire's names."""
    made: Any = pydantic.dataclasses.dataclass(frozen=True, kw_only=True, config=_ANSWER)(kind)
    return cast("type[T]", made)


ResourceId = Annotated[str, AfterValidator(digits)]
"""Id of a store, read set or reference: 10 to 36 digits (model)."""

FilterText = Annotated[str, printable(127)]
"""1 to 127 printable characters (model)."""


class Place(Model):
    """Where a lookup looks."""

    region: Region | None = None


class Id(Model):
    """What names one thing of a kind."""

    id: ResourceId


class CreatedFilter(Model):
    """Limits of the time of creation; an equal time does not pass (assumed: time-bounds)."""

    created_after: Moment | None = Field(default=None, description="Created after this time.")
    created_before: Moment | None = Field(default=None, description="Created before this time.")

    @field_validator("created_before")
    @classmethod
    def _is_not_empty(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        return later_than(value, "created_after", info)


def later_than(value: datetime | None, name: str, info: ValidationInfo) -> datetime | None:
    """Refuse the end of a time range that nothing can be in.

    Raises:
        ValueError: It is not later than the field *name*.
    """
    start = info.data.get(name)
    if value is not None and start is not None and value <= start:
        raise ValueError(f"must be later than {name}, or nothing can be found")
    return value


def refusals(model: type[Model], values: Mapping[str, object]) -> list[str]:
    """Judge arguments: one sentence for each bad one, which begins with its name and a colon.

    Args:
        model: The kind of arguments.
        values: The arguments, by Python names; None is one that was not given.
    """
    said = {wire_name(model, name): value for name, value in values.items() if value is not None}
    return [failure.reason for failure in failures_of(model, said)]


def checked(model: type[M], **values: object) -> M:
    """Judge and type arguments; see ``refusals``.

    Raises:
        InvalidRequest: One sentence for each bad argument.
    """
    if reasons := refusals(model, values):
        raise InvalidRequest("; ".join(reasons))
    return model(**{name: value for name, value in values.items() if value is not None})
