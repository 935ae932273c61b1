"""Share one call among threads that need the same answer at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from omics_components.errors import OmicsComponentsError

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Serialize a read-only call that many threads make, and share its answers. Thread-safe.

    A thread that asks while a call is running waits for the next one, which it shares with all
    threads that ask before that one starts. No answer is older than its question.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._next: Future[T] | None = None

    def answer(self, ask: Callable[[], T]) -> T:
        """Make the call, or share the answer of one that starts later.

        A failed call raises its error in the thread that made it; the others call themselves.
        """
        with self._lock:
            joined = self._next
            mine: Future[T] = joined or Future()
            self._next = mine
        if joined:
            try:
                return joined.result()
            except OmicsComponentsError:
                return ask()
        with self._turn:
            with self._lock:
                self._next = None
            try:
                mine.set_result(ask())
            except BaseException as error:
                mine.set_exception(error)
                raise
        return mine.result()
