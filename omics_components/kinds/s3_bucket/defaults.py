"""What counts of a bucket where the program says nothing: its name, and days.

Apart from the model, for programs need these and judge nothing: the model would take them long to
load.
"""

from __future__ import annotations

import hashlib
import re

DEFAULT_ABORT_DAYS = 7
DEFAULT_NONCURRENT_DAYS = 30
RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")

_LONGEST_NAME = 63
_LONGEST_REGION = "xx-isob-northeast-00"


def derived_name(identity: str, account: str, region: str, number: int = 0) -> str:
    """Name a bucket after the declaration that it comes from.

    The same declaration gives the same name in the same account and region, and another one
    another name, for the digest is taken of all of it.

    Args:
        identity: Who declares it: backend, organization and URN, which ends with ``::name``.
        account: The owner.
        region: Where it shall be.
        number: Which of its names, where a renamed declaration still has the bucket of the first.
    """
    whole = f"{identity}|{number}" if number else identity
    digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
    end = f"-{account}-{region}-{digest}"
    begin = _slug(identity.rpartition("::")[2])
    return begin[: _LONGEST_NAME - len(end)].rstrip("-") + end


def derived_name_pattern(name: str) -> str:
    """Return a pattern, as in IAM policies, for the derived names of a declaration's buckets.

    Made before account and region are known: it stops where the longest end could cut the name.

    Args:
        name: The resource's name in the program.
    """
    longest_end = len(f"-{'0' * 12}-{_LONGEST_REGION}-{'0' * 8}")
    begin = _slug(name.rpartition("::")[2])
    kept = begin[: _LONGEST_NAME - longest_end]
    return f"{kept}-*" if kept == begin else f"{kept.rstrip('-')}*"


def _slug(name: str) -> str:
    """Spell a name so that a bucket's can begin with it."""
    begin = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-") or "bucket"
    return f"b-{begin}" if f"{begin}-".startswith(RESERVED_PREFIXES) else begin
