"""Remember the KMS keys that this process created a moment ago.

KMS is eventually consistent (docs), so another service may not see a new key yet. That explains an
error that names a key only while the key is new: with any other key, waiting would only delay it.
"""

from __future__ import annotations

import re
import threading

from omics_components.aws.wait import Clock
from omics_components.errors import AccessDenied, InvalidRequest, NotFound, OmicsComponentsError

LONGEST_LAG_S = 60.0
"""How long a new key may not be seen by HealthOmics, in seconds (s) (assumed: new-keys)."""

_ABOUT_A_KEY = re.compile(r"\b(kms|key)\b", re.IGNORECASE)

_lock = threading.Lock()
_created_s: dict[str, float] = {}


def remember_key(arn: str, clock: Clock) -> None:
    """Remember that a key was created now."""
    now_s = clock.monotonic()
    with _lock:
        for known in [one for one, at_s in _created_s.items() if now_s - at_s > LONGEST_LAG_S]:
            del _created_s[known]
        _created_s[arn] = now_s


def is_explained_by_new_key(error: OmicsComponentsError, arn: str, clock: Clock) -> bool:
    """Return whether an error is about a key, and that key may not be seen yet."""
    if not isinstance(error, AccessDenied | InvalidRequest | NotFound):
        return False
    with _lock:
        created_s = _created_s.get(arn)
    if created_s is None or clock.monotonic() - created_s > LONGEST_LAG_S:
        return False
    return arn in error.message or _ABOUT_A_KEY.search(error.message) is not None
