"""Derive values from the text of an ARN, which stay known in update previews.

IDs from users' mocks need not be ARNs: then the values may be empty, and nothing fails.
"""

from __future__ import annotations

_REGION_AT = 3


def region_of(arn: str) -> str:
    """Return the region in an ARN, or ""."""
    parts = arn.split(":")
    return parts[_REGION_AT] if len(parts) > _REGION_AT else ""


def name_of(arn: str) -> str:
    """Return the text after the last slash."""
    return arn.rpartition("/")[2]


def sibling(arn: str, name: str) -> str:
    """Return the ARN of another resource name in the same service, region and account."""
    prefix, colon, _ = arn.rpartition(":")
    return f"{prefix}{colon}{name}"
