"""What the id of a resource tells by itself, so that it stays known in update previews.

Ids that users' own mocks give need not be ARNs: of those there is less to tell, and nothing fails.
"""

from __future__ import annotations

_REGION_AT = 3


def region_of(arn: str) -> str:
    """Give the region in an ARN; "" where there is none."""
    parts = arn.split(":")
    return parts[_REGION_AT] if len(parts) > _REGION_AT else ""


def name_of(arn: str) -> str:
    """Give what follows the last slash."""
    return arn.rpartition("/")[2]


def beside(arn: str, name: str) -> str:
    """Give the ARN of what has another name in the same service, region and account."""
    place, colon, _ = arn.rpartition(":")
    return f"{place}{colon}{name}"
