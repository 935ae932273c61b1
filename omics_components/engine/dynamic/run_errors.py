"""How an error of ours ends a program: with its sentence.

Pulumi shows the message of a ``RunError``; of all else that leaves a program, a traceback.
"""

from __future__ import annotations

import functools
from typing import Any, TypeVar, cast

import pulumi

from omics_components.errors import OmicsComponentsError

E = TypeVar("E", bound=OmicsComponentsError)


def as_run_error(error: E) -> E:
    """Let an error end the program with its message only; it keeps its class, too."""
    error.__class__ = _run_error(cast("Any", type(error)))
    return error


@functools.cache
def _run_error(kind: Any) -> Any:
    if issubclass(kind, pulumi.RunError):
        return kind
    return type(kind.__name__, (kind, pulumi.RunError), {"__module__": kind.__module__})
