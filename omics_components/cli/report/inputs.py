"""Read the inputs of a resource of this library as its model, hidden values at their worst.

A secret or unknown value may be anything. Before a change it is read as the safest value and after
the change as the most dangerous one, unless the preview shows that it does not change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic, TypeVar

from pydantic import ValidationError

from omics_components.cli.report.kinds import Kind
from omics_components.cli.report.preview import Side, Step
from omics_components.cli.report.values import Hidden, Properties, Value, is_hidden
from omics_components.schema.base import State

StateT = TypeVar("StateT", bound=State)


@dataclass(frozen=True)
class Extremes:
    """The safest and the most dangerous value of an input; None leaves the input out."""

    safest: bool | int | None
    worst: bool | int | None


EXTREMES: Mapping[Kind, Mapping[str, Extremes]] = MappingProxyType(
    {
        Kind.SEQUENCE_STORE: {"forceDestroy": Extremes(safest=False, worst=True)},
        Kind.S3_ACCESS_POLICY: {},
        Kind.KMS_KEY: {
            "allowHealthOmics": Extremes(safest=True, worst=False),
            "restrictToAccount": Extremes(safest=True, worst=False),
            "enableKeyRotation": Extremes(safest=True, worst=False),
            "rotationPeriodInDays": Extremes(safest=90, worst=2560),
            "deletionWindowInDays": Extremes(safest=30, worst=7),
        },
        Kind.S3_BUCKET: {
            "forceDestroy": Extremes(safest=False, worst=True),
            "restrictToAccount": Extremes(safest=True, worst=False),
            "versioning": Extremes(safest=True, worst=False),
            "expirationDays": Extremes(safest=None, worst=1),
            "noncurrentExpirationDays": Extremes(safest=None, worst=1),
        },
    }
)
"""By kind and input, in wire names."""


@dataclass(frozen=True)
class Inputs(Generic[StateT]):
    """The inputs of one side, typed.

    Args:
        values: The inputs; hidden ones of ``EXTREMES`` at an extreme, others left out.
        hidden: Names, on the wire, of inputs that are hidden wholly or in part.
    """

    values: StateT
    hidden: frozenset[str]


def hidden_inputs(side: Side | None) -> frozenset[str]:
    """Return the names of the inputs that are hidden wholly or in part."""
    if side is None:
        return frozenset()
    return frozenset(name for name, value in side.inputs.items() if is_hidden(value))


def may_change(step: Step, name: str) -> bool:
    """Return whether an input that is hidden may change its value in the step."""
    return step.changed is None or name in step.changed


def read_inputs(
    model: type[StateT], kind: Kind, side: Side, *, is_worst: bool
) -> Inputs[StateT] | None:
    """Read the inputs of one side as *model*; None if they do not have its shape.

    Args:
        model: The state of the kind, which is more lenient than its inputs.
        kind: The kind.
        side: Before or after a step.
        is_worst: Read hidden inputs as the most dangerous value, not as the safest one.
    """
    hidden = hidden_inputs(side)
    assumed = {
        name: extremes.worst if is_worst else extremes.safest
        for name, extremes in EXTREMES[kind].items()
        if name in hidden
    }
    known = _without_hidden(side.inputs)
    try:
        values = model.from_wire(
            {**known, **{name: value for name, value in assumed.items() if value is not None}}
        )
    except ValidationError:
        return None
    return Inputs(values, hidden)


def _without_hidden(properties: Properties) -> dict[str, object]:
    return {
        name: _known_part(value)
        for name, value in properties.items()
        if not isinstance(value, Hidden)
    }


def _known_part(value: Value) -> object:
    if isinstance(value, dict):
        return _without_hidden(value)
    if isinstance(value, list):
        return [_known_part(item) for item in value if not isinstance(item, Hidden)]
    return value
