"""Wait for many resources at once with shared listings.

Each thread that waits for a resource holds a ``Subscription``. While two or more wait for the same
status, such as CREATING, they share one listing of that status, which is renewed at most once a
second. A resource that is still listed has not changed. For one that is not listed, its
subscription gets the resource itself, because a listing may lag. A subscription that waits alone
always gets its resource itself.

So many waits together cost less than one request per second and resource, and a wait never costs
more than its own loop would. There is no polling thread: a subscription that finds the listing
outdated renews it in its own thread, and the others use the old one for some seconds meanwhile. A
subscription that ends, in whatever way, leaves nothing that others wait for.

A failed listing is not an error of any subscription: each gets its own resource instead.

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
"""Minimum age of a listing before it is renewed, in seconds (s)."""

_MAX_TRUST_S = 15.0
"""How long a subscription uses its last result while a listing hangs, in seconds (s)."""

_MIN_SUBSCRIPTIONS = 2
"""Subscriptions that must wait for a status before it is listed."""

_RENEWAL_CHECKS = 5


@dataclass
class _Listing:
    """The last listing of one status.

    Args:
        as_of_s: When it was requested, in seconds (s) of the clock.
        ids: IDs of the listed resources; None if it failed.
    """

    as_of_s: float = -math.inf
    ids: Collection[str] | None = None
    is_being_renewed: bool = False


class SharedPoller:
    """The shared listings of one kind of resource, by status. Thread-safe.

    One for each account and region. All subscriptions must have the same clock.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: Counter[str] = Counter()
        self._listings: dict[str, _Listing] = {}
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
        """Subscribe to a resource for the duration of the context.

        Args:
            id_: Its ID.
            ask: Gets the resource itself; None means that it does not exist.
            list_by_status: Lists the IDs of all resources with a status.
            listed: Statuses that are rare enough to be listed.
            clock: Time.
        """
        subscription = Subscription(self, id_, ask, list_by_status, listed, clock)
        try:
            yield subscription
        finally:
            self.count(subscription, None)

    def count(self, subscription: Subscription[T], status: str | None) -> None:
        """Count a subscription for the status that its resource has now."""
        with self._lock:
            if subscription.status is not None:
                self._waiting[subscription.status] -= 1
            if status is not None:
                self._waiting[status] += 1
            subscription.status = status

    def is_unchanged(self, subscription: Subscription[T]) -> bool:
        """Return whether the resource of a subscription is known not to have changed."""
        status = subscription.status
        if status is None or status not in subscription.listed:
            return False
        with self._lock:
            if self._waiting[status] < _MIN_SUBSCRIPTIONS or not self._may_list:
                return False
            listing = self._listings.setdefault(status, _Listing())
            now_s = subscription.clock.monotonic()
            is_old = now_s - listing.as_of_s >= RENEWAL_S
            is_mine = is_old and not listing.is_being_renewed
            listing.is_being_renewed = listing.is_being_renewed or is_mine
        if is_mine:
            self._renew(listing, subscription, status, now_s)
        elif is_old:
            self._await_renewal(listing, subscription.clock)
        with self._lock:
            if listing.as_of_s <= subscription.known_s:  # nothing new
                return subscription.clock.monotonic() - subscription.known_s < _MAX_TRUST_S
            if listing.ids is None or subscription.id not in listing.ids:
                return False
            subscription.known_s = listing.as_of_s
            return True

    def _await_renewal(self, listing: _Listing, clock: Clock) -> None:
        """Wait, up to ``RENEWAL_S``, for the listing that another subscription renews."""
        for _ in range(_RENEWAL_CHECKS):
            if not listing.is_being_renewed:
                return
            clock.sleep(RENEWAL_S / _RENEWAL_CHECKS)

    def _renew(
        self, listing: _Listing, subscription: Subscription[T], status: str, now_s: float
    ) -> None:
        ids: Collection[str] | None = None
        try:
            ids = frozenset(subscription.list_by_status(status))
        except AccessDenied:
            self._may_list = False
        except OmicsComponentsError:
            pass  # each subscription gets its own resource instead, and reports its error
        finally:
            with self._lock:
                listing.as_of_s, listing.ids, listing.is_being_renewed = now_s, ids, False


@dataclass(eq=False)
class Subscription(Generic[T]):
    """A wait for one resource. ``SharedPoller.subscription`` documents the arguments."""

    poller: SharedPoller
    id: str
    ask_alone: Callable[[], Observed[T] | None]
    list_by_status: Callable[[str], Collection[str]]
    listed: Collection[str]
    clock: Clock
    status: str | None = None
    known_s: float = -math.inf
    """Time as of which ``_seen`` is known to be current, in seconds (s) of the clock."""
    _seen: Observed[T] | None = field(default=None, repr=False)

    def look(self) -> Observed[T] | None:
        """Return the resource, from the shared listing if possible; None if it does not exist."""
        if self._seen is not None and self.poller.is_unchanged(self):
            return self._seen
        return self.ask()

    def ask(self) -> Observed[T] | None:
        """Get the resource itself; None if it does not exist."""
        self._seen = self.ask_alone()
        self.known_s = self.clock.monotonic()
        self.poller.count(self, self._seen.status if self._seen else None)
        return self._seen
