"""What the answers of all services have in common."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from omics_components.errors import ServiceInternalError


def required(response: Mapping[str, Any], member: str, operation: str) -> Any:
    """Give a required member; botocore turns a 200 with an empty or foreign body into ``{}``.

    Raises:
        ServiceInternalError: It is not there.
    """
    if member not in response:
        raise ServiceInternalError(
            f"{operation} answered without {member!r}: no answer of AWS", operation=operation
        )
    return response[member]


def utc_text(moment: datetime | None) -> str | None:
    """Write a time as AWS does: ISO 8601, UTC, milliseconds. botocore gives local time."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
