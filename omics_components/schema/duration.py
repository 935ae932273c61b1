"""Durations in Go's syntax, and the time limits of a resource."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

_UNITS_S = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)"


def duration_s(text: object) -> float:
    """Parse a duration such as ``90s``, ``15m`` or ``1h30m``.

    Returns:
        Seconds (s).

    Raises:
        ValueError: *text* is not a duration.
    """
    if not isinstance(text, str) or not re.fullmatch(f"({_PART})+", text):
        message = f'{text!r} is not a duration: write "30s", "15m" or "1h30m"'
        raise ValueError(message)
    return sum(float(number) * _UNITS_S[unit] for number, unit in re.findall(_PART, text))


@dataclass(frozen=True)
class Timeouts:
    """How long each step may take, in seconds (s). AWS documents none.

    Generous (assumed: creating-time, updating-status, deleting-time).
    """

    create_s: float = 900.0
    update_s: float = 900.0
    delete_s: float = 900.0

    @classmethod
    def from_wire(cls, texts: Mapping[str, object]) -> Self:
        """Parse ``{"create": "20m", …}``; a step that is not named keeps its default.

        Raises:
            ValueError: A text is not a duration.
        """
        return cls(**{f"{step}_s": duration_s(text) for step, text in texts.items()})
