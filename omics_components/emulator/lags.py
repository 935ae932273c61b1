"""What readers see of a resource while its last changes have not reached them yet.

Only alternatives to assumptions let readers lag; by default every change is seen at once.
"""

from typing import Any

from omics_components.emulator.records import Record

_MAX_LAG_S = 900.0
"""How long what was before is remembered (s): longer than any alternative lags."""


def remember(record: Record, aspect: str, before: Any, now_s: float) -> None:
    """Remember how something was until now.

    Args:
        record: The resource.
        aspect: What of it: ``tags``, ``policy`` …
        before: How it was; JSON.
        now_s: When it changes (s).
    """
    kept = [entry for entry in record.earlier.get(aspect, ()) if entry[0] + _MAX_LAG_S > now_s]
    record.earlier[aspect] = [*kept, [now_s, before]]


def visible(record: Record, aspect: str, current: Any, now_s: float, lag_s: float) -> Any:
    """Return what a reader sees who lags *lag_s* seconds (s) behind.

    Args:
        record: The resource.
        aspect: What of it.
        current: How it is.
        now_s: Now (s).
        lag_s: How far the reader is behind (s); 0 sees everything.
    """
    for until_s, before in record.earlier.get(aspect, ()):
        if until_s + lag_s > now_s:
            return before
    return current
