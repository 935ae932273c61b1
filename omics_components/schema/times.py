"""Parse times that programs write, and format times for results and outputs."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Annotated

from pydantic import BeforeValidator


def utc_text(moment: datetime | None) -> str | None:
    """Format a time as AWS does: ISO 8601, UTC, milliseconds. botocore returns local time."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_of(value: object) -> datetime:
    """Parse a time: a ``datetime`` with a time zone, a ``date``, or ISO 8601 text of either.

    A date means its first moment in UTC.

    Raises:
        ValueError: *value* is not one of these, or it has no time zone.
    """
    read = value
    if isinstance(value, str):
        try:
            read = date.fromisoformat(value)
        except ValueError:
            read = _date_time(value)
    if isinstance(read, datetime):
        if read.tzinfo is None:
            raise ValueError(f"must have a time zone, such as 2026-01-31T12:00:00Z, not {value!r}")
        return read
    if isinstance(read, date):
        return datetime.combine(read, time(), UTC)
    raise ValueError(f"must be a time such as 2026-01-31 or 2026-01-31T12:00:00Z, not {value!r}")


def _date_time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _as_text(value: object) -> object:
    return utc_text(value) if isinstance(value, datetime) else value


TimeText = Annotated[str, BeforeValidator(_as_text)]
"""ISO 8601, UTC, milliseconds: ``2026-01-31T12:00:00.000Z``."""

Moment = Annotated[datetime, BeforeValidator(moment_of)]
"""A time that a filter compares with."""
