"""One call for all who ask while it has not begun: the answer is as young as each needs it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from omics_components.errors import OmicsComponentsError

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """A call that changes nothing, and that many threads make at a time.

    One call is made after the other. Who asks while one is made waits for the next, with all who
    ask until that begins; so no answer is older than the question.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._next: Future[T] | None = None

    def answer(self, ask: Callable[[], T]) -> T:
        """Make the call, or share the answer of one that begins after now.

        A call that fails is the error of who made it; the others ask for themselves.
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
