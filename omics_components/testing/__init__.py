"""Tests of infrastructure programs: a real ``pulumi up`` with the emulator behind it.

The names are loaded on first use: pytest imports this package in every run, to find the fixture.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from omics_components.testing.stack import Program, Result, Stack, StackFactory

__all__ = ["Program", "Result", "Stack", "StackFactory"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.stack"), name)
