"""Send HealthOmics requests no faster than its API quotas allow.

HealthOmics limits each operation to a number of requests per second (TPS) in an account and region.
A ``Pace`` schedules the requests of one operation in order of arrival, from all threads of the
process; a ``Pacing`` holds the paces of all operations and regions of one ``Aws``.

A request waits in the SDK's event ``request-created``, before it is signed: a signature is valid
for five minutes (docs, SigV4), and with many stores the queue may be longer. A retry keeps its
place before requests that arrived later.

Requests are evenly spaced, without bursts, to satisfy a token bucket as well as a fixed or sliding
window of one second. The schedule counts when a request is sent, but the service counts when it
arrives, and latency varies. So the interval is 2 % longer than the quota requires (``MARGIN``), and
a request whose response takes longer than usual, for instance because it opened a connection,
delays the next one by the difference: at first by up to half an interval in total, in the long run
by 1 % (``LATENESS``). A hundred creations at 1 TPS take 102 to 104 s.

Other clients may use the same account. When the service still throttles a request, the rate drops
to four fifths and recovers by 2 % of the full rate per second. Requests that were in flight by then
do not lower it again.

Source of the rates: HealthOmics user guide, API operation quotas, defaults. AWS can raise them for
an account; set ``OMICS_COMPONENTS_TPS`` then: ``CreateSequenceStore=5,TagResource=20``, or
``*=inf`` to disable pacing. KMS and S3 are not paced: this library stays far below their quotas.
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
"""Requests per second (TPS) of an account in a region, by operation (docs)."""

OTHERS_TPS = 1.0
"""What operations get that are not listed: the guide's lowest (assumed: unlisted-rates)."""

TPS_VARIABLE = "OMICS_COMPONENTS_TPS"
"""Environment variable with an account's raised quotas."""

MARGIN = 0.02
"""Extra length of the interval, as a fraction of what the quota requires."""

LATENESS = 0.01
"""Extra length of the intervals that late responses may cause in the long run, as a fraction."""

_MAX_LATENESS = 0.5
"""The same at any time, as a fraction of one interval."""

_FALL = 0.8
_CLIMB_PER_S = 0.02
_EPSILON_S = 1e-6
"""Resolution of clocks that count from the epoch (s)."""

_SERVICE = "omics"
_CONTEXT_KEY = "omics_components.turn"


def quotas_from(text: str) -> Mapping[str, float]:
    """Parse an account's raised quotas, and merge them with the documented ones.

    Args:
        text: The value of ``OMICS_COMPONENTS_TPS``: comma-separated ``operation=TPS``; ``*`` is
            every operation that is not named, and ``inf`` is no limit.

    Raises:
        InvalidRequest: It is invalid, or names an operation that the guide does not list.
    """
    given: dict[str, float] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = entry.partition("=")
        try:
            tps = float(value)
        except ValueError:
            tps = math.nan
        if not tps > 0 or name not in {*QUOTAS_TPS, "*"}:
            raise InvalidRequest(
                f"the environment variable {TPS_VARIABLE} is invalid: {entry!r}",
                advice="Write requests per second by operation: CreateSequenceStore=5,*=10.",
            )
        given[name] = tps
    others = given.pop("*", None)
    known = QUOTAS_TPS if others is None else dict.fromkeys(QUOTAS_TPS, others)
    return {**known, **given}


class Pace:
    """The schedule of one operation in one region, in order of arrival. Thread-safe.

    A waiting thread sleeps until its request may be sent at the earliest, then checks again: no
    thread depends on another to wake it.

    Args:
        tps: The quota, in requests per second (TPS).
        clock: Time.
    """

    def __init__(self, tps: float, clock: Clock = SYSTEM_CLOCK) -> None:
        self._full_tps = tps / (1 + MARGIN)
        self._clock = clock
        self._lock = threading.Lock()
        self._tickets = itertools.count()
        self._queue: list[int] = []
        self._sent_s = -math.inf
        self._last_ticket: int | None = None
        self._quickest_s = math.inf
        self._lateness_s = _MAX_LATENESS / self._full_tps
        self._fallen_tps = self._full_tps
        self._fallen_s = -math.inf

    def ticket(self) -> int:
        """Return a place in the order of arrival."""
        return next(self._tickets)

    def wait(self, ticket: int) -> float:
        """Wait until the request of a ticket may be sent. Lower tickets go first.

        Returns:
            The time of the clock at that moment (s).
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

    def sent(self) -> None:
        """Record that a request is sent now; signing it may have taken time since ``wait``."""
        with self._lock:
            self._sent_s = max(self._sent_s, self._clock.monotonic())

    def received(self, ticket: int) -> None:
        """Record that a response was received, and delay the next request if it was late.

        The fastest response so far is the usual latency; any time beyond it may have passed before
        the service counted the request.
        """
        with self._lock:
            if ticket != self._last_ticket:
                return  # the next request was scheduled already
            took_s = self._clock.monotonic() - self._sent_s
            usual_s = self._quickest_s if self._quickest_s < math.inf else 0.0
            late_s = min(max(0.0, took_s - usual_s), self._lateness_s)
            self._quickest_s = min(self._quickest_s, took_s)
            self._sent_s += late_s
            most_s = _MAX_LATENESS / self._full_tps
            self._lateness_s += LATENESS / self._full_tps - late_s
            self._lateness_s = min(self._lateness_s, most_s)

    def throttled(self, sent_s: float) -> None:
        """Lower the rate because the service throttled a request.

        Args:
            sent_s: When that request was sent, in seconds (s) of the clock. Requests sent before
                the last drop of the rate are ignored.
        """
        with self._lock:
            now_s = self._clock.monotonic()
            if sent_s >= self._fallen_s:
                self._fallen_tps, self._fallen_s = self._tps(now_s) * _FALL, now_s

    def _pause_s(self, ticket: int) -> float:
        """Leave the queue and return 0 if it is the ticket's turn, else the time to sleep (s)."""
        with self._lock:
            now_s = self._clock.monotonic()
            wait_s = max(0.0, self._sent_s + 1 / self._tps(now_s) - now_s)
            before = bisect_left(self._queue, ticket)
            if before == 0 and wait_s < _EPSILON_S:
                self._sent_s, self._last_ticket = now_s, ticket
                del self._queue[0]
                return 0.0
            # Never longer than the queue needs at full rate; if the rate is lower, check again.
            return wait_s + before / self._full_tps

    def _tps(self, now_s: float) -> float:
        climbed = _CLIMB_PER_S * self._full_tps * (now_s - self._fallen_s)
        return min(self._full_tps, self._fallen_tps + climbed)


class Pacing:
    """The schedules of all HealthOmics operations for one caller.

    Args:
        clock: Time.
        quotas: Requests per second (TPS) by operation.
    """

    def __init__(
        self, clock: Clock = SYSTEM_CLOCK, quotas: Mapping[str, float] = QUOTAS_TPS
    ) -> None:
        self._clock = clock
        self._quotas = quotas
        self._lock = threading.Lock()
        self._paces: dict[tuple[str, str], Pace] = {}

    def hook(self, client: Any) -> None:
        """Schedule every attempt of an ``omics`` client; other clients are not changed."""
        if client.meta.service_model.service_name != _SERVICE:
            return
        events, region = client.meta.events, client.meta.region_name
        for event, answer in (
            ("request-created", functools.partial(self._on_request_created, region)),
            ("before-send", functools.partial(self._on_before_send, region)),
            ("response-received", functools.partial(self._on_response_received, region)),
        ):
            events.register_first(f"{event}.{_SERVICE}", answer)

    def pace(self, region: str, operation: str) -> Pace | None:
        """Return the schedule of an operation in a region; None if it has no limit."""
        tps = self._quotas.get(operation, OTHERS_TPS)
        if math.isinf(tps):
            return None
        with self._lock:
            return self._paces.setdefault((region, operation), Pace(tps, self._clock))

    def _on_request_created(self, region: str, request: Any, operation_name: str, **_: Any) -> None:
        """Handle ``request-created``, before the signer does."""
        pace = self.pace(region, operation_name)
        if pace is None:
            return
        ticket, _sent_s = request.context.get(_CONTEXT_KEY) or (pace.ticket(), None)
        request.context[_CONTEXT_KEY] = (ticket, pace.wait(ticket))
        # The SDK sends the deadline of a retry in a header, computed before our wait. Remove it:
        # it may be in the past by now.
        request.context.get("retries", {}).pop("ttl", None)

    def _on_before_send(self, region: str, event_name: str, **_: Any) -> None:
        """Handle ``before-send``: the signed request is sent."""
        if pace := self.pace(region, event_name.rpartition(".")[2]):
            pace.sent()

    def _on_response_received(
        self,
        region: str,
        event_name: str,
        context: dict[str, Any],
        parsed_response: Mapping[str, Any] | None,
        **_: Any,
    ) -> None:
        """Handle ``response-received``: record latency and throttling."""
        pace = self.pace(region, event_name.rpartition(".")[2])
        if pace is None or parsed_response is None:
            return
        ticket, sent_s = context[_CONTEXT_KEY]
        pace.received(ticket)
        if classify(parsed_response) == "throttled":
            pace.throttled(sent_s)
