"""Waiting for many resources at once: what one of them asks, all read.

Whoever waits for a resource holds a ``Subscription``. While two or more wait for the same status,
such as CREATING, they share one listing of that status, at most a second old and renewed at most
once a second: a resource that is still in it has not changed. One that is not, or not any
more, is asked for by itself, for a listing may lag, and that answer is the truth. A subscription
that waits alone asks for its resource itself.

So a wait costs less than a call a second for each resource, however many there are, and never more
than a loop of its own would. There is no thread that polls and none that leads: a subscription that
finds the listing old renews it, in its own thread, when its own pause is over; the others go on
with what they know until then, for some seconds. A subscription that ends, in whatever way, leaves
nothing that others wait for.

A listing that fails is no subscription's error: each asks for its own resource then, and learns
from that answer whether there is anything wrong.

It does not use ``SharedListing``, for two reasons. Listing one status costs one page, whatever else
is in the account: ten stores that were CREATING for 60 s next to 1,000 others took 44 calls of
ListSequenceStores by status, and 451 in full. And ``SharedListing`` makes its callers wait for a
call that hangs, while here they go on with their own question.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from omics_components.aws.wait import SYSTEM_CLOCK, Clock, Observed
from omics_components.errors import AccessDenied, OmicsComponentsError

T = TypeVar("T")

RENEWAL_S = 1.0
"""How old a listing is at least before it is renewed, in seconds (s)."""

_MAX_TRUST_S = 15.0
"""How long a subscription goes by what it saw while a listing hangs, in seconds (s)."""

_FEWEST = 2
"""So many subscriptions must wait for a status for a listing of it to be worth its call."""

_LOOKS_AT_RENEWAL = 5


@dataclass
class _Notice:
    """The last listing of one status.

    Args:
        as_of_s: When it began, in seconds (s) of the clock.
        ids: What was in it; None if it failed.
    """

    as_of_s: float = -math.inf
    ids: Collection[str] | None = None
    is_being_renewed: bool = False


class SharedPoller:
    """What is known of all resources of one kind that somebody waits for. Thread-safe.

    One for each account and region. All subscriptions must have the same clock.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: Counter[str] = Counter()
        self._notices: dict[str, _Notice] = {}
        self._may_list = True

    @contextmanager
    def subscription(
        self,
        id_: str,
        *,
        ask: Callable[[], Observed[T] | None],
        list_by_status: Callable[[str], Collection[str]],
        listed: Collection[str],
        clock: Clock = SYSTEM_CLOCK,
    ) -> Iterator[Subscription[T]]:
        """Wait for a resource, as long as the context lasts.

        Args:
            id_: Its id.
            ask: Looks at it alone; None means that it is not there.
            list_by_status: Lists the ids of all that have a status.
            listed: Statuses that are rare enough to be listed.
            clock: Time.
        """
        subscription = Subscription(self, id_, ask, list_by_status, listed, clock)
        try:
            yield subscription
        finally:
            self.count(subscription, None)

    def count(self, subscription: Subscription[T], status: str | None) -> None:
        """Count a subscription for the status that it waits for now."""
        with self._lock:
            if subscription.status is not None:
                self._waiting[subscription.status] -= 1
            if status is not None:
                self._waiting[status] += 1
            subscription.status = status

    def says_unchanged(self, subscription: Subscription[T]) -> bool:
        """Return whether there is no need to ask for the resource of a subscription itself."""
        status = subscription.status
        if status is None or status not in subscription.listed:
            return False
        with self._lock:
            if self._waiting[status] < _FEWEST or not self._may_list:
                return False
            notice = self._notices.setdefault(status, _Notice())
            now_s = subscription.clock.monotonic()
            is_old = now_s - notice.as_of_s >= RENEWAL_S
            is_mine = is_old and not notice.is_being_renewed
            notice.is_being_renewed = notice.is_being_renewed or is_mine
        if is_mine:
            self._renew(notice, subscription, status, now_s)
        elif is_old:
            self._await_renewal(notice, subscription.clock)
        with self._lock:
            if notice.as_of_s <= subscription.known_s:  # nothing new
                return subscription.clock.monotonic() - subscription.known_s < _MAX_TRUST_S
            if notice.ids is None or subscription.id not in notice.ids:
                return False
            subscription.known_s = notice.as_of_s
            return True

    def _await_renewal(self, notice: _Notice, clock: Clock) -> None:
        """Wait a moment for the answer that another subscription has asked for; not for ever."""
        for _ in range(_LOOKS_AT_RENEWAL):
            if not notice.is_being_renewed:
                return
            clock.sleep(RENEWAL_S / _LOOKS_AT_RENEWAL)

    def _renew(
        self, notice: _Notice, subscription: Subscription[T], status: str, now_s: float
    ) -> None:
        ids: Collection[str] | None = None
        try:
            ids = frozenset(subscription.list_by_status(status))
        except AccessDenied:
            self._may_list = False
        except OmicsComponentsError:
            pass  # each subscription asks for its own resource, and meets what is wrong
        finally:
            with self._lock:
                notice.as_of_s, notice.ids, notice.is_being_renewed = now_s, ids, False


@dataclass(eq=False)
class Subscription(Generic[T]):
    """One who waits. Made by ``SharedPoller.subscription``, which documents the arguments."""

    poller: SharedPoller
    id: str
    ask_alone: Callable[[], Observed[T] | None]
    list_by_status: Callable[[str], Collection[str]]
    listed: Collection[str]
    clock: Clock
    status: str | None = None
    known_s: float = -math.inf
    """Since when the last look holds, in seconds (s) of the clock."""
    _seen: Observed[T] | None = field(default=None, repr=False)

    def look(self) -> Observed[T] | None:
        """Look at the resource, or at the listing if that is enough; None: it is not there."""
        if self._seen is not None and self.poller.says_unchanged(self):
            return self._seen
        return self.ask()

    def ask(self) -> Observed[T] | None:
        """Look at the resource itself; None: it is not there."""
        self._seen = self.ask_alone()
        self.known_s = self.clock.monotonic()
        self.poller.count(self, self._seen.status if self._seen else None)
        return self._seen
