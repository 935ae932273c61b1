"""Convert the SDK's properties into the inputs and state of handlers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi.output import Unknown

from omics_components.errors import InvalidRequest
from omics_components.lifecycle.handler import Handler
from omics_components.schema.base import Model, State
from omics_components.schema.validation import Path, validate

Properties = dict[str, Any]
"""JSON values, floats and ``Unknown`` objects, by wire names."""


def split_unknowns(bag: Properties) -> tuple[dict[str, object], list[Path]]:
    """Return the known values and the paths of unknown ones, without hidden keys."""
    unknown: list[Path] = []
    visible = {key: value for key, value in bag.items() if not key.startswith("__")}
    known = _plain(visible, (), unknown)
    return known if isinstance(known, dict) else {}, unknown


def _plain(value: object, at: Path, unknown: list[Path]) -> object:
    if isinstance(value, Mapping):
        items = {key: _plain(item, (*at, key), unknown) for key, item in value.items()}
        return {key: item for key, item in items.items() if not isinstance(item, Unknown)}
    if isinstance(value, list):
        items_ = [_plain(item, (*at, index), unknown) for index, item in enumerate(value)]
        return [item for item in items_ if not isinstance(item, Unknown)]
    if isinstance(value, Unknown):
        unknown.append(at)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def unknown_value() -> Unknown:
    """Return the SDK's unknown value."""
    return Unknown()  # type: ignore[no-untyped-call] # the SDK's class has an untyped __init__


def known_values(bag: Properties) -> dict[str, object]:
    """Return the known values, without hidden keys."""
    return split_unknowns(bag)[0]


def state_of(handler: Handler[Any, Any], bag: Properties) -> State:
    """Parse recorded outputs."""
    state: State = handler.state_type.from_wire(known_values(bag))
    return state


def inputs_of(handler: Handler[Any, Any], bag: Properties) -> Model:
    """Parse checked inputs that are all known, as in an update.

    Raises:
        InvalidRequest: They are invalid.
    """
    validation = validate(handler.inputs_type, known_values(bag))
    if validation.failures:
        raise InvalidRequest("; ".join(failure.reason for failure in validation.failures))
    inputs: Model = validation.inputs
    return inputs
