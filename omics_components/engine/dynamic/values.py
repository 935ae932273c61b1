"""Refuse inputs that resolve to None or "".

The SDK does not send a property whose value is None. So a missing output, for example of another
stack, would create a store without its key, or a policy without its bucket. A program passes None
to leave an argument out; an output that resolves to None is an error.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

from pulumi import Output

from omics_components.engine.dynamic.run_errors import as_run_error
from omics_components.errors import InvalidRequest

MAY_RESOLVE_TO_NOTHING = frozenset(
    {
        "abortIncompleteMultipartUploadDays",
        "deletionWindowInDays",
        "description",
        "expirationDays",
        "noncurrentExpirationDays",
        "propagatedSetLevelTags",
        "rotationPeriodInDays",
        "tags",
    }
)
"""Properties, by wire names, that may safely be absent: descriptions, tags, and days whose default
retains more. All others name a key, bucket, role, Region or store, grant or restrict access, or
replace the resource."""

MAY_BE_EMPTY = frozenset({"prefix"})
"""Properties for which ``""`` is a value: the whole bucket."""


def require_values(owner: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of a resource, checked not to be empty.

    Args:
        owner: The resource's name in the program.
        inputs: Its inputs, in wire names.

    Raises:
        InvalidRequest: One of them is ``""``. Outputs raise it when they resolve to None or ``""``.
    """
    return {
        wire: _once(value)
        if wire in MAY_RESOLVE_TO_NOTHING
        else require_value(owner, python_name(wire), value, may_be_empty=wire in MAY_BE_EMPTY)
        for wire, value in inputs.items()
    }


def require_value(owner: str, argument: str, value: Any, *, may_be_empty: bool = False) -> Any:
    """Return a value that may be left out, but must not resolve to None or ``""``.

    Args:
        owner: The resource's name in the program.
        argument: The argument, as the program spells it.
        value: None if it is left out. An output is returned as one that fails when it resolves to
            None or ``""``; unknown values pass.
        may_be_empty: Whether ``""`` is a value.

    Raises:
        InvalidRequest: It is ``""``.
    """
    value = _once(value)
    if isinstance(value, Output):
        return value.apply(
            lambda known: require_known(owner, argument, known, may_be_empty=may_be_empty)
        )
    if value is None:
        return None
    return require_known(owner, argument, value, may_be_empty=may_be_empty)


def require_known(owner: str, argument: str, known: Any, *, may_be_empty: bool = False) -> Any:
    """Return a value that is known; see ``require_value`` for the arguments.

    Raises:
        InvalidRequest: It is None or ``""``.
    """
    if known is None or (known == "" and not may_be_empty):
        what = "is an output that resolves to None" if known is None else "is empty"
        raise as_run_error(
            InvalidRequest(
                f"{owner}: {argument} {what}",
                advice="Set it to a value, or leave it out. "
                "StackReference.require_output refuses an output that does not exist.",
            )
        )
    return known


def python_name(wire: str) -> str:
    """Return a property's Python name."""
    return re.sub("([A-Z])", r"_\1", wire).lower()


def _once(value: Any) -> Any:
    """Turn an awaitable into an output: a coroutine can only be awaited once."""
    return Output.from_input(value) if inspect.isawaitable(value) else value
