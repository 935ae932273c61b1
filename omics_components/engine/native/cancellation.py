"""Time that ends when the engine cancels: nothing waits any longer then.

The engine asks a plugin to cancel once, for all calls in flight. A creation that AWS has accepted
ends as one that could not be finished: the state records it, and the next update resumes it.
"""

from __future__ import annotations

import threading
import time

from omics_components.errors import Cancelled


class CancellableClock:
    """The machine's clock, until the engine cancels."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Let every pause end now, and refuse further ones."""
        self._cancelled.set()

    def monotonic(self) -> float:
        """Seconds (s) on a clock that never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float, /) -> None:
        """Let *seconds* pass.

        Raises:
            Cancelled: The engine cancelled before or meanwhile.
        """
        if self._cancelled.wait(seconds):
            raise Cancelled("the command was cancelled while this was waiting")
