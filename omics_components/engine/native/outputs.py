"""What a preview knows of outputs, and what outputs follow from an id."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from omics_components.engine.native.wire import UNKNOWN
from omics_components.lifecycle.handler import Handler
from omics_components.schema.base import wire_name

Derived = Callable[[str], Mapping[str, str]]
"""Id of a resource -> outputs that follow from it: its ARN, its name."""

_POLICY = "policy"
_UPDATE_TIME = "updateTime"
_SETS_POLICY = frozenset(
    {
        "administrators",
        "allowHealthOmics",
        "policy",
        "prefix",
        "readers",
        "restrictToAccount",
        "sequenceStoreArn",
        "users",
        "writer",
    }
)
"""Inputs that the policy in force is composed of."""


def wire_names(model: Any) -> frozenset[str]:
    """Return the names of a model's fields on the wire."""
    return frozenset(wire_name(model, name) for name in model.model_fields)


def of_creation(
    handler: Handler[Any, Any], inputs: Mapping[str, Any], derived: Collection[str]
) -> dict[str, Any]:
    """Return the outputs that a creation will have; what only AWS knows is unknown.

    Args:
        handler: The kind of resource.
        inputs: The checked inputs, as they were sent.
        derived: Outputs that follow from the id.
    """
    outputs = wire_names(handler.state_type)
    declarable = wire_names(handler.inputs_type) - {_POLICY}
    told = {name: value for name, value in inputs.items() if name in outputs}
    untold = (outputs - declarable) | set(derived)
    return {**dict.fromkeys(untold, UNKNOWN), **told}


def of_update(
    handler: Handler[Any, Any],
    recorded: Mapping[str, Any],
    inputs: Mapping[str, Any],
    changed: Collection[str],
) -> dict[str, Any]:
    """Return the outputs that an update will have.

    An update changes what the program changes, the time of the last change, and the policy that
    is composed of what the program says. All else stays.

    Args:
        handler: The kind of resource.
        recorded: The recorded outputs, as they were sent.
        inputs: The checked inputs, as they were sent.
        changed: Names of the properties that the update changes.
    """
    outputs = wire_names(handler.state_type)
    declarable = wire_names(handler.inputs_type) - {_POLICY}
    kept = {name: value for name, value in recorded.items() if name not in declarable}
    told = {name: value for name, value in inputs.items() if name in outputs}
    if changed and _UPDATE_TIME in outputs:
        kept[_UPDATE_TIME] = UNKNOWN
    if _POLICY in outputs and _SETS_POLICY & set(changed):
        kept[_POLICY] = UNKNOWN
    return {**kept, **told}
