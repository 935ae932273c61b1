"""Turn errors into ``RunError``s, of which Pulumi shows the message instead of a traceback."""

from __future__ import annotations

import functools
from typing import Any, TypeVar, cast

import pulumi

from omics_components.errors import OmicsComponentsError

E = TypeVar("E", bound=OmicsComponentsError)


def as_run_error(error: E) -> E:
    """Make an error end the program with its message only; it remains an instance of its class."""
    error.__class__ = _run_error(cast("Any", type(error)))
    return error


@functools.cache
def _run_error(kind: Any) -> Any:
    if issubclass(kind, pulumi.RunError):
        return kind
    return type(kind.__name__, (kind, pulumi.RunError), {"__module__": kind.__module__})
