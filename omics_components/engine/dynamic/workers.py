"""More threads for a plugin process: the SDK gives it four, and a creation keeps one for seconds.

The SDK's server answers all calls from a pool of four threads (pulumi.dynamic.__main__). With that,
at most four stores are on their way at once, whatever ``--parallel`` says, and previews of the rest
wait behind them. The pool grows by itself up to a number that is read for each call; so a higher
number is all it takes. Threads are only made when calls wait for one.

``OMICS_COMPONENTS_WORKERS`` is that number; 0 leaves the pool as it is. In a process that is not
what we know, nothing happens.
"""

from __future__ import annotations

import inspect
import os
from concurrent.futures import ThreadPoolExecutor, thread

from omics_components.errors import InvalidRequest

WORKERS_VARIABLE = "OMICS_COMPONENTS_WORKERS"
"""Environment variable: how many calls of the engine a plugin process answers at once."""

DEFAULT_WORKERS = 64
"""More than the engine asks at once, unless ``--parallel`` says so."""

_MOST_WORKERS = 1024
_LIMIT = "_max_workers"


def widen_workers() -> None:
    """Let the pool of threads that this very call is answered from grow; it never shrinks.

    Raises:
        InvalidRequest: The environment variable is no number of threads.
    """
    wanted = workers_from(os.environ.get(WORKERS_VARIABLE, ""))
    pool = _pool()
    if pool is None:
        return
    limit = getattr(pool, _LIMIT, None)
    if isinstance(limit, int) and limit < wanted:
        setattr(pool, _LIMIT, wanted)


def workers_from(text: str) -> int:
    """Read how many threads are wanted.

    Args:
        text: The value of ``OMICS_COMPONENTS_WORKERS``; "" is the default.

    Raises:
        InvalidRequest: It is no number of threads.
    """
    text = text.strip()
    if not text:
        return DEFAULT_WORKERS
    if not text.isdecimal() or int(text) > _MOST_WORKERS:
        raise InvalidRequest(
            f"the environment variable {WORKERS_VARIABLE} cannot be read: {text!r}",
            advice=f"Write a number of threads up to {_MOST_WORKERS}, or 0 for the SDK's own four.",
        )
    return int(text)


def _pool() -> ThreadPoolExecutor | None:
    """Find the pool that this thread belongs to: its outermost function has a reference to it."""
    worker = getattr(thread, "_worker", None)
    frame = inspect.currentframe()
    while frame and frame.f_code is not getattr(worker, "__code__", None):
        frame = frame.f_back
    reference = frame.f_locals.get("executor_reference") if frame else None
    pool = reference() if callable(reference) else None
    return pool if isinstance(pool, ThreadPoolExecutor) else None
