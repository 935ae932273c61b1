"""Raise the number of threads of a plugin process.

The SDK's server handles all calls in a pool of four threads (pulumi.dynamic.__main__), and a
creation occupies one for seconds. So at most four stores are created at once, whatever
``--parallel`` is, and other calls wait behind them. The pool grows on demand up to a limit that it
reads for each call, so raising the limit is sufficient.

``OMICS_COMPONENTS_WORKERS`` is the limit; 0 leaves the pool as it is. If the SDK's pool is not
found, nothing happens.
"""

from __future__ import annotations

import inspect
import os
from concurrent.futures import ThreadPoolExecutor, thread

from omics_components.errors import InvalidRequest

WORKERS_VARIABLE = "OMICS_COMPONENTS_WORKERS"
"""Environment variable: maximum number of concurrent engine calls in a plugin process."""

DEFAULT_WORKERS = 64
"""More than the engine's concurrent calls by default, without ``--parallel``."""

_MAX_WORKERS = 1024
_LIMIT = "_max_workers"


def widen_workers() -> None:
    """Raise the limit of the thread pool that handles the current call; never lower it.

    Raises:
        InvalidRequest: The environment variable is not a number of threads.
    """
    wanted = workers_from(os.environ.get(WORKERS_VARIABLE, ""))
    pool = _pool()
    if pool is None:
        return
    limit = getattr(pool, _LIMIT, None)
    if isinstance(limit, int) and limit < wanted:
        setattr(pool, _LIMIT, wanted)


def workers_from(text: str) -> int:
    """Parse the number of threads.

    Args:
        text: The value of ``OMICS_COMPONENTS_WORKERS``; "" is the default.

    Raises:
        InvalidRequest: It is not a number of threads.
    """
    text = text.strip()
    if not text:
        return DEFAULT_WORKERS
    if not text.isdecimal() or int(text) > _MAX_WORKERS:
        raise InvalidRequest(
            f"the environment variable {WORKERS_VARIABLE} is invalid: {text!r}",
            advice=f"Write a number of threads up to {_MAX_WORKERS}, or 0 for the SDK's own four.",
        )
    return int(text)


def _pool() -> ThreadPoolExecutor | None:
    """Find the pool of this thread: its outermost function has a reference to it."""
    worker = getattr(thread, "_worker", None)
    frame = inspect.currentframe()
    while frame and frame.f_code is not getattr(worker, "__code__", None):
        frame = frame.f_back
    reference = frame.f_locals.get("executor_reference") if frame else None
    pool = reference() if callable(reference) else None
    return pool if isinstance(pool, ThreadPoolExecutor) else None
