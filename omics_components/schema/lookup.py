"""The base of all lookup results, and the validation of lookup arguments.

A result is a frozen dataclass, because Pulumi's SDK exports its attributes as they are; a pydantic
model is iterable and would be exported as a list of pairs.
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
    """A response of AWS. Not validated: live resources may break this library's rules."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain dictionaries and lists, with the attributes' names as keys.

        ``pulumi.export`` does the same. Use it to pass a result to a resource or to serialize it.
        """
        return dataclasses.asdict(cast("Any", self))


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(Field,))
def result(kind: type[T]) -> type[T]:
    """Turn a class of annotated fields into a frozen result that can be parsed by wire names."""
    made: Any = pydantic.dataclasses.dataclass(frozen=True, kw_only=True, config=_ANSWER)(kind)
    return cast("type[T]", made)


ResourceId = Annotated[str, AfterValidator(digits)]
"""Id of a store, read set or reference: 10 to 36 digits (model)."""

FilterText = Annotated[str, printable(127)]
"""1 to 127 printable characters (model)."""


class RegionArgument(Model):
    """The region of a lookup."""

    region: Region | None = None


class Id(Model):
    """The ID of one item."""

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
    """Require that a time range is not empty.

    Raises:
        ValueError: *value* is not later than the field *name*.
    """
    start = info.data.get(name)
    if value is not None and start is not None and value <= start:
        raise ValueError(f"must be later than {name}: the range is empty")
    return value


def refusals(model: type[Model], values: Mapping[str, object]) -> list[str]:
    """Validate arguments; return one ``name: reason`` for each invalid one.

    Args:
        model: The model of the arguments.
        values: The arguments, by Python names; None means not given.
    """
    given = {wire_name(model, name): value for name, value in values.items() if value is not None}
    return [failure.reason for failure in failures_of(model, given)]


def checked(model: type[M], **values: object) -> M:
    """Validate and type arguments; see ``refusals``.

    Raises:
        InvalidRequest: An argument is invalid; the error lists all of them.
    """
    if reasons := refusals(model, values):
        raise InvalidRequest("; ".join(reasons))
    return model(**{name: value for name, value in values.items() if value is not None})
