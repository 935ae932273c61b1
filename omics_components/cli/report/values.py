"""Property values as a preview lists them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class Hidden(Enum):
    """A placeholder for a value that cannot be shown."""

    UNKNOWN = "unknown until the update"
    SECRET = "secret"  # noqa: S105 the word


Value = None | bool | int | float | str | Hidden | list["Value"] | dict[str, "Value"]
"""A property's value."""

Properties = Mapping[str, Value]


def is_hidden(value: object) -> bool:
    """Return whether a value is hidden, wholly or in part."""
    if isinstance(value, dict):
        return any(is_hidden(item) for item in value.values())
    if isinstance(value, list):
        return any(is_hidden(item) for item in value)
    return isinstance(value, Hidden)
