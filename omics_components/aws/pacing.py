"""No more calls a second than HealthOmics admits: every attempt waits for its turn.

The service admits each operation some times a second (TPS) in an account and region. A ``Pace``
gives out the turns of one operation, one each interval, to whoever came first, whatever thread of
the process asks; a ``Pacing`` holds those of all operations and regions of one way into AWS.

A turn is waited for when an attempt begins, the SDK's event ``request-created``, and before it is
signed: a signature lives five minutes (docs, SigV4), and with many stores the queue may be longer.
An attempt that is repeated keeps its place before calls that came later.

The turns are evenly spaced, without bursts, so that neither a token bucket nor a fixed or sliding
window of one second on the other side is overrun. Turns count from when a call leaves, but the
service counts when it arrives, and not all calls travel equally fast. So the interval is 2 % longer
than the quota asks for (``MARGIN``), and a call whose answer comes later than usual, for instance
because it opened the connection, moves the next turn by so much: at first by up to half an interval
altogether, and in the long run by 1 % (``LATENESS``). A hundred creations at one a second take 102
to 104 s.

The account may have other users. When the service turns a call away all the same, the rate falls
to four fifths, and climbs back by 2 % of the full rate a second. Calls that were under way by then
do not lower it again.

Source of the rates: HealthOmics user guide, quotas of API operations, defaults. They can be raised
for an account; ``OMICS_COMPONENTS_TPS`` says so: ``CreateSequenceStore=5,TagResource=20``, or
``*=inf`` for no pacing at all. KMS and S3 are not paced: their quotas are far above what is asked
of them here.
"""

from __future__ import annotations

import functools
import itertools
import math
import threading
from bisect import bisect_left, insort
from collections.abc import Mapping
from typing import Any

from omics_components.aws.retries import classify
from omics_components.aws.wait import SYSTEM_CLOCK, Clock
from omics_components.errors import InvalidRequest

QUOTAS_TPS: Mapping[str, float] = {
    "BatchDeleteReadSet": 1,
    "CreateReferenceStore": 1,
    "CreateSequenceStore": 1,
    "DeleteReference": 1,
    "DeleteReferenceStore": 1,
    "DeleteS3AccessPolicy": 1,
    "DeleteSequenceStore": 1,
    "GetReadSetMetadata": 5,
    "GetReferenceMetadata": 5,
    "GetReferenceStore": 5,  # not in the guide's table (assumed: unlisted-rates)
    "GetS3AccessPolicy": 1,
    "GetSequenceStore": 5,
    "ListReadSets": 5,
    "ListReferenceStores": 5,
    "ListReferences": 5,
    "ListSequenceStores": 5,
    "ListTagsForResource": 5,
    "PutS3AccessPolicy": 1,
    "TagResource": 5,
    "UntagResource": 5,
    "UpdateSequenceStore": 1,
}
"""Calls a second (TPS) of an account in a region, by operation (docs)."""

OTHERS_TPS = 1.0
"""What operations get that are not listed: the guide's lowest (assumed: unlisted-rates)."""

TPS_VARIABLE = "OMICS_COMPONENTS_TPS"
"""Environment variable with an account's own quotas, where they were raised."""

MARGIN = 0.02
"""By how much the interval is longer than the quota asks for, as a part of it."""

LATENESS = 0.01
"""By how much late calls may lengthen the intervals in the long run, as a part of them."""

_LATENESS_AT_ONCE = 0.5

_FALL = 0.8
_CLIMB_PER_S = 0.02
_EPSILON_S = 1e-6
"""Clocks that count from the epoch cannot tell shorter times."""

_SERVICE = "omics"
_CONTEXT_KEY = "omics_components.turn"


def quotas_from(text: str) -> Mapping[str, float]:
    """Read an account's own quotas, on top of the documented ones.

    Args:
        text: The value of ``OMICS_COMPONENTS_TPS``: ``operation=TPS``, separated by commas; ``*``
            is every operation that is not named, and ``inf`` is no limit.

    Raises:
        InvalidRequest: It cannot be read, or names an operation that the guide does not list.
    """
    said: dict[str, float] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = entry.partition("=")
        try:
            tps = float(value)
        except ValueError:
            tps = math.nan
        if not tps > 0 or name not in {*QUOTAS_TPS, "*"}:
            raise InvalidRequest(
                f"the environment variable {TPS_VARIABLE} cannot be read: {entry!r}",
                advice="Write it as CreateSequenceStore=5,*=10: calls a second by operation.",
            )
        said[name] = tps
    others = said.pop("*", None)
    known = QUOTAS_TPS if others is None else dict.fromkeys(QUOTAS_TPS, others)
    return {**known, **said}


class Pace:
    """The turns of one operation in one region: first come, first served. Thread-safe.

    Nobody hands a turn on: whoever waits sleeps until the turn can come at the earliest, and looks
    again. So no thread depends on another, and time comes through the clock alone.

    Args:
        tps: The quota, in calls a second (TPS).
        clock: Time.
    """

    def __init__(self, tps: float, clock: Clock = SYSTEM_CLOCK) -> None:
        self._full_tps = tps / (1 + MARGIN)
        self._clock = clock
        self._lock = threading.Lock()
        self._tickets = itertools.count()
        self._queue: list[int] = []
        self._left_s = -math.inf
        self._last_ticket: int | None = None
        self._quickest_s = math.inf
        self._lateness_s = _LATENESS_AT_ONCE / self._full_tps
        self._fallen_tps = self._full_tps
        self._fallen_s = -math.inf

    def ticket(self) -> int:
        """Give a place in the order of arrival."""
        return next(self._tickets)

    def wait(self, ticket: int) -> float:
        """Wait for the turn of a ticket. With an old one that is before those that came later.

        Returns:
            When the turn came, in seconds (s) of the clock.
        """
        with self._lock:
            insort(self._queue, ticket)
        try:
            while pause_s := self._pause_s(ticket):
                self._clock.sleep(pause_s)
        except BaseException:
            with self._lock:
                self._queue.remove(ticket)
            raise
        return self._clock.monotonic()

    def leave(self) -> None:
        """Say that a call goes out just now: signing it may have taken time after its turn came."""
        with self._lock:
            self._left_s = max(self._left_s, self._clock.monotonic())

    def answered(self, ticket: int) -> None:
        """Say that the answer to a call has come, in case that it came late.

        How long the quickest took is what all take; the rest may have passed before the service
        counted the call.
        """
        with self._lock:
            if ticket != self._last_ticket:
                return  # the next turn has been taken already
            took_s = self._clock.monotonic() - self._left_s
            usual_s = self._quickest_s if self._quickest_s < math.inf else 0.0
            late_s = min(max(0.0, took_s - usual_s), self._lateness_s)
            self._quickest_s = min(self._quickest_s, took_s)
            self._left_s += late_s
            most_s = _LATENESS_AT_ONCE / self._full_tps
            self._lateness_s += LATENESS / self._full_tps - late_s
            self._lateness_s = min(self._lateness_s, most_s)

    def throttled(self, left_s: float) -> None:
        """Slow down, for the service has turned a call away.

        Args:
            left_s: When that call left, in seconds (s) of the clock. Calls that left before the
                rate fell the last time tell nothing new.
        """
        with self._lock:
            now_s = self._clock.monotonic()
            if left_s >= self._fallen_s:
                self._fallen_tps, self._fallen_s = self._tps(now_s) * _FALL, now_s

    def _pause_s(self, ticket: int) -> float:
        """Take the turn, leave the queue and give 0; or give the time (s) until the next look."""
        with self._lock:
            now_s = self._clock.monotonic()
            wait_s = max(0.0, self._left_s + 1 / self._tps(now_s) - now_s)
            before = bisect_left(self._queue, ticket)
            if before == 0 and wait_s < _EPSILON_S:
                self._left_s, self._last_ticket = now_s, ticket
                del self._queue[0]
                return 0.0
            # Never longer than the queue needs at full rate; if that is not reached, look again.
            return wait_s + before / self._full_tps

    def _tps(self, now_s: float) -> float:
        climbed = _CLIMB_PER_S * self._full_tps * (now_s - self._fallen_s)
        return min(self._full_tps, self._fallen_tps + climbed)


class Pacing:
    """The turns of all operations of HealthOmics for one caller.

    Args:
        clock: Time.
        quotas: Calls a second (TPS) by operation.
    """

    def __init__(
        self, clock: Clock = SYSTEM_CLOCK, quotas: Mapping[str, float] = QUOTAS_TPS
    ) -> None:
        self._clock = clock
        self._quotas = quotas
        self._lock = threading.Lock()
        self._paces: dict[tuple[str, str], Pace] = {}

    def hook(self, client: Any) -> None:
        """Let every attempt of a client of ``omics`` wait for its turn; other clients are left."""
        if client.meta.service_model.service_name != _SERVICE:
            return
        events, region = client.meta.events, client.meta.region_name
        for event, answer in (
            ("request-created", functools.partial(self._await_turn, region)),
            ("before-send", functools.partial(self._leave, region)),
            ("response-received", functools.partial(self._learn, region)),
        ):
            events.register_first(f"{event}.{_SERVICE}", answer)

    def pace(self, region: str, operation: str) -> Pace | None:
        """Give the turns of an operation in a region; None if it has no limit."""
        tps = self._quotas.get(operation, OTHERS_TPS)
        if math.isinf(tps):
            return None
        with self._lock:
            return self._paces.setdefault((region, operation), Pace(tps, self._clock))

    def _await_turn(self, region: str, request: Any, operation_name: str, **_: Any) -> None:
        """Answer ``request-created``, before the signer does."""
        pace = self.pace(region, operation_name)
        if pace is None:
            return
        ticket, _left_s = request.context.get(_CONTEXT_KEY) or (pace.ticket(), None)
        request.context[_CONTEXT_KEY] = (ticket, pace.wait(ticket))
        # The SDK tells the service until when it waits for the answer to a repeated attempt, and
        # reckons that from before our wait: better no header than one of the past.
        request.context.get("retries", {}).pop("ttl", None)

    def _leave(self, region: str, event_name: str, **_: Any) -> None:
        """Answer ``before-send``: the attempt is signed and goes out."""
        if pace := self.pace(region, event_name.rpartition(".")[2]):
            pace.leave()

    def _learn(
        self,
        region: str,
        event_name: str,
        context: dict[str, Any],
        parsed_response: Mapping[str, Any] | None,
        **_: Any,
    ) -> None:
        """Answer ``response-received``: was it late, or too fast?"""
        pace = self.pace(region, event_name.rpartition(".")[2])
        if pace is None or parsed_response is None:
            return
        ticket, left_s = context[_CONTEXT_KEY]
        pace.answered(ticket)
        if classify(parsed_response) == "throttled":
            pace.throttled(left_s)
