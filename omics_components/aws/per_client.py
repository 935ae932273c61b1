"""Objects that all threads share, one for each client."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

K = TypeVar("K")
T = TypeVar("T")


class PerClient(Generic[K, T]):
    """One object for each SDK client or ``Aws``, for the lifetime of that client. Thread-safe.

    Args:
        make: Creates an object.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._objects: WeakKeyDictionary[K, T] = WeakKeyDictionary()

    def get(self, client: K) -> T:
        """Return the object of a client."""
        with self._lock:
            made = self._objects.get(client)
            if made is None:
                made = self._objects[client] = self._make()
            return made
