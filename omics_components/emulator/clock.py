"""Time as the emulator sees it, and its form on the wire.

Nothing here sleeps: waiting is done by the callers of the emulator.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], float]
"""Answers the time now, in seconds since the epoch (s, UTC)."""

_ISO_8601 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")


class ManualClock:
    """A clock that moves only when a test moves it.

    Args:
        start_s: First time it answers, seconds since the epoch (s).
    """

    def __init__(self, start_s: float = 1_700_000_000.0) -> None:
        self.now_s = start_s

    def __call__(self) -> float:
        """Return the time now (s)."""
        return self.now_s

    def advance(self, seconds: float) -> None:
        """Move the clock forward by *seconds* (s)."""
        self.now_s += seconds


def to_wire(time_s: float) -> str:
    """Return *time_s* as HealthOmics sends it: ISO 8601 UTC with milliseconds (docs)."""
    text = datetime.fromtimestamp(time_s, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def from_wire(text: str) -> float:
    """Return the seconds since the epoch (s) that an ISO 8601 date-time with a zone names.

    Raises:
        ValueError: *text* is no such date-time. A bare date or a time without a zone is refused
            (assumed: times-have-zones).
    """
    if not _ISO_8601.fullmatch(text):
        raise ValueError(f"not an ISO 8601 date-time: {text!r}")
    return datetime.fromisoformat(text).timestamp()


def to_milliseconds(time_s: float) -> float:
    """Cut *time_s* to whole milliseconds, the resolution of every time that AWS reports."""
    return int(time_s * 1000) / 1000
