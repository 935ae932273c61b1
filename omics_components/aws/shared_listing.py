"""One listing for all threads that ask for it, as young as each of them needs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from omics_components.aws.wait import SYSTEM_CLOCK, Clock

T = TypeVar("T")


@dataclass(frozen=True)
class _Listed(Generic[T]):
    """A listing that was fetched.

    Args:
        number: How many were begun before it, and itself.
        began_s: When it began, in seconds (s) of the clock.
        result: What it returned.
    """

    number: int
    began_s: float
    result: T


class SharedListing(Generic[T]):
    """A call that changes nothing, and that many threads make at a time.

    One call is made after the other. Threads that ask during a call share the next one, so no
    answer is older than its question, unless the caller accepts an older one.

    Args:
        clock: Time.
    """

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._turn = threading.Lock()
        self._begun = 0
        self._last: _Listed[T] | None = None

    def get(
        self,
        fetch: Callable[[], T],
        *,
        max_age_s: float = 0.0,
        is_enough: Callable[[T], bool] = lambda _: True,
    ) -> T:
        """Return a shared listing that is young enough, or fetch one.

        Args:
            fetch: Makes the call.
            max_age_s: How old a listing may be, in seconds (s). 0: it begins after the question.
            is_enough: Returns whether a listing that another caller fetched holds enough.

        Raises:
            OmicsComponentsError: That of ``fetch``. A call that fails is the error of the thread
                that made it; those that would have shared it call for themselves.
        """
        asked = self._begun
        with self._turn:
            last = self._last
            is_new = last is not None and last.number > asked
            if last and is_enough(last.result) and (is_new or self._age_s(last) < max_age_s):
                return last.result
            if self._begun == asked or is_new:
                self._begun += 1
                number, began_s = self._begun, self._clock.monotonic()
                self._last = _Listed(number, began_s, fetch())
                return self._last.result
        return fetch()

    def _age_s(self, listed: _Listed[T]) -> float:
        return self._clock.monotonic() - listed.began_s
