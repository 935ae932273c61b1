"""Turns for calls to HealthOmics, in a time that moves only while every thread sleeps."""

import heapq
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from omics_components.aws.client import Aws
from omics_components.aws.pacing import MARGIN, QUOTAS_TPS, Pace, Pacing, quotas_from
from omics_components.aws.settings import AwsSettings
from omics_components.emulator import Emulator
from omics_components.emulator.operations import OPERATIONS
from omics_components.errors import InvalidRequest
from omics_components.kinds.sequence_store.handler import SequenceStoreHandler
from omics_components.kinds.sequence_store.model import SequenceStoreInputs
from omics_components.lifecycle.handler import EngineRequest

_STUCK_S = 10.0
"""After so long without any sleep (s, real ones) threads are taken to wait for a lock."""


class SharedTime:
    """A clock for several threads: it moves to the next awakening once all of them sleep.

    A thread that waits for a lock looks like one that works; when nothing has happened for
    a while, time moves on all the same.
    """

    def __init__(self, start_s: float = 1_700_000_000.0) -> None:
        self._now_s = start_s
        self._lock = threading.Lock()
        self._sleeping: list[tuple[float, int, threading.Event]] = []
        self._threads = 0
        self._sleeps = 0

    def __call__(self) -> float:
        return self._now_s

    def monotonic(self) -> float:
        return self._now_s

    def sleep(self, seconds: float, /) -> None:
        over = threading.Event()
        with self._lock:
            self._sleeps += 1
            heapq.heappush(self._sleeping, (self._now_s + seconds, self._sleeps, over))
            self._move_if_all_sleep()
        over.wait()

    def run(self, works: Sequence[Callable[[], Any]], threads: int | None = None) -> list[Any]:
        """Run *works* in so many threads, each taking the next one; give their results in order."""
        results: list[Any] = [None] * len(works)
        left = iter(range(len(works)))

        def work() -> None:
            try:
                while (index := next(left, None)) is not None:
                    results[index] = works[index]()
            finally:
                with self._lock:
                    self._threads -= 1
                    self._move_if_all_sleep()

        running = [threading.Thread(target=work) for _ in range(threads or len(works))]
        self._threads = len(running)
        for thread in running:
            thread.start()
        for thread in running:
            while thread.is_alive():
                before = self._sleeps
                thread.join(_STUCK_S)
                with self._lock:
                    if thread.is_alive() and self._sleeps == before:
                        self._move()
        return results

    def _move_if_all_sleep(self) -> None:
        if len(self._sleeping) >= self._threads:
            self._move()

    def _move(self) -> None:
        if self._sleeping:
            self._now_s = max(self._now_s, self._sleeping[0][0])
            while self._sleeping and self._sleeping[0][0] <= self._now_s:
                heapq.heappop(self._sleeping)[2].set()


@pytest.fixture
def time() -> SharedTime:
    return SharedTime()


@pytest.fixture
def emulator(time: SharedTime) -> Iterator[Emulator]:
    """One that counts calls, and shares the time of those that call."""
    emulator = Emulator(clock=time, sleep=time.sleep, seed=1, quotas=True)
    with emulator.in_process():
        yield emulator


@pytest.fixture
def omics(emulator: Emulator, time: SharedTime) -> Any:  # noqa: ARG001 it must answer
    return a_client(time)


def a_client(time: SharedTime, **settings: Any) -> Any:
    aws = Aws(AwsSettings(**settings), pacing=Pacing(time), clock=time)
    return aws.omics("us-east-1")


def most_in_a_window(times_s: Sequence[float], window_s: float = 1.0) -> int:
    """Count the calls in the fullest window, whenever it begins."""
    return max(
        sum(1 for time_s in times_s if start_s <= time_s < start_s + window_s)
        for start_s in times_s
    )


def statuses(emulator: Emulator, operation: str) -> list[int | None]:
    return [call.status for call in emulator.calls if call.operation == operation]


def test_the_quotas_are_those_that_the_emulator_enforces() -> None:
    assert {name: operation.tps for name, operation in OPERATIONS.items()}.items() <= (
        QUOTAS_TPS.items()
    )


@pytest.mark.parametrize("tps", [1, 5])
def test_turns_are_spaced_evenly_and_a_little_wider_than_the_quota(
    time: SharedTime, tps: int
) -> None:
    pace = Pace(tps, time)

    turns_s = sorted(time.run([lambda: pace.wait(pace.ticket())] * 100, threads=32))

    assert most_in_a_window(turns_s) <= tps
    gaps_s = [later_s - earlier_s for earlier_s, later_s in pairwise(turns_s)]
    assert min(gaps_s) >= 1 / tps
    assert turns_s[-1] - turns_s[0] <= 1.03 * 100 / tps
    assert turns_s[-1] - turns_s[0] == pytest.approx(99 / tps * (1 + MARGIN), rel=1e-6)


def test_the_first_call_does_not_wait(time: SharedTime) -> None:
    began_s = time()

    assert Pace(1, time).wait(0) == began_s


def test_first_come_first_served(time: SharedTime) -> None:
    pace = Pace(1, time)
    tickets = [pace.ticket() for _ in range(40)]

    turns_s = time.run([partial(pace.wait, ticket) for ticket in tickets])

    assert turns_s == sorted(turns_s)


def test_a_repeated_attempt_keeps_its_place(time: SharedTime) -> None:
    pace = Pace(1, time)
    first = pace.ticket()
    pace.wait(first)

    def again() -> float:
        time.sleep(0.5)  # the others queue meanwhile
        return pace.wait(first)

    turns_s = time.run([again, *[lambda: pace.wait(pace.ticket())] * 5])

    assert turns_s[0] == min(turns_s)


def test_who_gives_up_does_not_hold_up_the_others(
    time: SharedTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_seconds: float, /) -> None:
        raise KeyboardInterrupt

    pace = Pace(1, time)
    began_s = pace.wait(pace.ticket())
    with monkeypatch.context() as patched:
        patched.setattr(time, "sleep", interrupt)
        with pytest.raises(KeyboardInterrupt):
            pace.wait(pace.ticket())

    assert pace.wait(pace.ticket()) - began_s == pytest.approx(1 + MARGIN)


def test_a_call_that_leaves_late_moves_the_next_turn(time: SharedTime) -> None:
    pace = Pace(1, time)
    pace.wait(pace.ticket())
    time.run([lambda: time.sleep(0.4)])  # signing asked for new credentials
    pace.sent()
    left_s = time()

    [turn_s] = time.run([lambda: pace.wait(pace.ticket())])

    assert turn_s - left_s >= 1


def arrivals_s(time: SharedTime, pace: Pace, ways_s: Sequence[float]) -> list[float]:
    """Make calls one after the other, with these times on the way (s); give when each arrives."""
    found: list[float] = []

    def call(way_s: float) -> None:
        ticket = pace.ticket()
        pace.wait(ticket)
        pace.sent()
        time.sleep(way_s)
        found.append(time())
        time.sleep(0.02)
        pace.received(ticket)

    time.run([partial(call, way_s) for way_s in ways_s], threads=1)
    return found


def test_a_call_that_opens_the_connection_moves_the_next_turn(time: SharedTime) -> None:
    found_s = arrivals_s(time, Pace(1, time), [0.3, 0.03, 0.03])

    assert most_in_a_window(found_s) == 1
    assert found_s[2] - found_s[1] == pytest.approx(1 + MARGIN)


def test_calls_that_are_late_now_and_then_cost_little(time: SharedTime) -> None:
    began_s = time()
    ways_s = [0.09 if number % 20 == 0 else 0.01 for number in range(100)]

    found_s = arrivals_s(time, Pace(1, time), ways_s)

    assert most_in_a_window(found_s) == 1
    assert time() - began_s < 1.03 * 100


def test_calls_that_are_late_all_the_time_cost_little_too(time: SharedTime) -> None:
    """Who knows whether it was the way or the service that took so long?"""
    began_s = time()

    arrivals_s(time, Pace(1, time), [0.01 + 0.2 * (number % 3) for number in range(100)])

    assert time() - began_s < 1.04 * 100


def test_a_call_turned_away_slows_the_others_down_for_a_while(time: SharedTime) -> None:
    pace = Pace(1, time)
    pace.throttled(pace.wait(pace.ticket()))

    turns_s = time.run([lambda: pace.wait(pace.ticket())] * 30, threads=1)

    gaps_s = [later_s - earlier_s for earlier_s, later_s in pairwise(turns_s)]
    assert gaps_s[0] > 1.15
    assert gaps_s[0] > gaps_s[3] > gaps_s[6]
    assert gaps_s[-1] == pytest.approx(1 + MARGIN)


def test_calls_under_way_do_not_slow_it_down_again(time: SharedTime) -> None:
    once, thrice = Pace(5, time), Pace(5, time)
    left_s = once.wait(once.ticket())
    time.run([lambda: time.sleep(0.1)])
    once.throttled(left_s)
    for _ in range(3):
        thrice.throttled(left_s)

    assert thrice._tps(time()) == once._tps(time())


def test_it_never_comes_to_a_stop(time: SharedTime) -> None:
    pace = Pace(1, time)

    def throttled() -> float:
        left_s = pace.wait(pace.ticket())
        pace.throttled(left_s)
        return left_s

    turns_s = time.run([throttled] * 50, threads=1)

    assert max(later_s - earlier_s for earlier_s, later_s in pairwise(turns_s)) < 10


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(1, 4)), min_size=1, max_size=8))
def test_whenever_calls_come_no_window_holds_more_than_the_quota(
    comings: list[tuple[float, int]],
) -> None:
    time = SharedTime()
    pace = Pace(5, time)
    turns_s: list[float] = []

    def come(after_s: float, calls: int) -> None:
        time.sleep(after_s)
        turns_s.extend(pace.wait(pace.ticket()) for _ in range(calls))

    time.run([partial(come, *coming) for coming in comings])

    assert most_in_a_window(turns_s) <= 5
    assert most_in_a_window(turns_s, 0.2) <= 1


def test_every_attempt_waits_before_it_is_signed(
    omics: Any, time: SharedTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    sleep = time.sleep

    def noted(seconds: float, /) -> None:
        events.append("wait")
        sleep(seconds)

    monkeypatch.setattr(time, "sleep", noted)
    omics.meta.events.register("before-sign.omics", lambda **_: events.append("sign"))

    time.run([lambda: [omics.create_sequence_store(name="reads") for _ in range(3)]])

    assert events == ["sign", "wait", "sign", "wait", "sign"]


def test_retries_of_the_sdk_wait_for_their_turn_too(
    omics: Any, emulator: Emulator, time: SharedTime
) -> None:
    emulator.faults.add({"operation": "CreateSequenceStore", "status": 500, "times": 3})

    time.run([lambda: omics.create_sequence_store(name="reads")])

    calls = list(emulator.calls)
    assert [call.status for call in calls] == [500, 500, 500, 200]
    assert all(b.time_s - a.time_s >= 1 for a, b in pairwise(calls))


def test_a_repeated_attempt_names_no_time_of_the_past(
    omics: Any, emulator: Emulator, time: SharedTime
) -> None:
    emulator.faults.add({"operation": "GetSequenceStore", "status": 500, "times": 1})
    headers: list[str] = []
    omics.meta.events.register(
        "before-send.omics",
        lambda request, **_: headers.append(str(request.headers["amz-sdk-request"])),
    )

    def ask() -> None:
        with pytest.raises(ClientError):
            omics.get_sequence_store(id="1234567890")

    time.run([ask])

    assert len(headers) == 2
    assert "attempt=2" in headers[1]
    assert "ttl" not in "".join(headers)


def test_operations_and_regions_have_turns_of_their_own(
    emulator: Emulator, time: SharedTime
) -> None:
    aws = Aws(AwsSettings(), pacing=Pacing(time), clock=time)
    began_s = time()

    def call() -> None:
        for region in ("us-east-1", "eu-west-1"):
            store = aws.omics(region).create_sequence_store(name="reads")
            aws.omics(region).update_sequence_store(id=store["id"], name="new")

    time.run([call])

    assert time() == began_s
    assert {call.status for call in emulator.calls} == {200}


def test_threads_that_share_a_client_are_never_turned_away(
    omics: Any, emulator: Emulator, time: SharedTime
) -> None:
    began_s = time()

    time.run([lambda: omics.create_sequence_store(name="reads")["id"]] * 100, threads=64)

    assert statuses(emulator, "CreateSequenceStore") == [200] * 100
    assert time() - began_s <= 1.05 * 100


def test_others_who_use_up_the_quota_are_no_error(
    omics: Any, emulator: Emulator, time: SharedTime
) -> None:
    """A second program creates a store each other second, if it may; none of ours fails."""
    foreign = Aws(AwsSettings(max_retries=0)).omics("us-east-1")
    began_s = time()

    def take() -> None:
        for _ in range(15):
            with suppress(ClientError):
                foreign.create_sequence_store(name="theirs")
            time.sleep(2)

    def make() -> str:
        return str(omics.create_sequence_store(name="ours")["id"])

    *ids, _ = time.run([*[make] * 20, take])

    assert len(set(ids)) == 20
    assert 429 in statuses(emulator, "CreateSequenceStore")
    assert time() - began_s < 60


def test_a_hundred_stores_take_as_long_as_the_quota_says(
    emulator: Emulator, time: SharedTime
) -> None:
    """All that a creation takes: looking for leftovers, making, waiting, reading the tags."""
    emulator.configure(creating_s=3)
    handler = SequenceStoreHandler(Aws(AwsSettings(), pacing=Pacing(time), clock=time), time)
    began_s = time()

    def create(number: int) -> str:
        name = f"store-{number}"
        desired = SequenceStoreInputs(name=name, region="us-east-1", tags={"team": "genomics"})
        return handler.create(desired, EngineRequest(identity=name)).id

    with mock_aws():
        arns = time.run([partial(create, number) for number in range(100)], threads=32)

    assert len(set(arns)) == 100
    throttled = sum(call.error_code == "ThrottlingException" for call in emulator.calls)
    print(f"{throttled} of {len(emulator.calls)} calls were turned away")  # noqa: T201 `-rP` shows it
    assert throttled == 0
    assert time() - began_s <= 1.05 * 100 + 3 + 6  # the last one is CREATING, and waited for


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("CreateSequenceStore=5", {"CreateSequenceStore": 5}),
        (" CreateSequenceStore=2.5 , TagResource=20, ", {"TagResource": 20}),
        ("*=50", dict.fromkeys(QUOTAS_TPS, 50)),
        ("CreateSequenceStore=2,*=50", {"CreateSequenceStore": 2, "TagResource": 50}),
    ],
)
def test_raised_quotas_can_be_said(text: str, expected: dict[str, float]) -> None:
    assert expected.items() <= quotas_from(text).items()
    assert quotas_from(text).keys() == QUOTAS_TPS.keys()


@pytest.mark.parametrize("text", ["5", "CreateStore=5", "*=0", "*=-1", "TagResource=many", "=5"])
def test_quotas_that_cannot_be_read_are_named(text: str) -> None:
    with pytest.raises(InvalidRequest, match="OMICS_COMPONENTS_TPS is invalid"):
        quotas_from(text)


def test_who_has_no_limit_does_not_wait(emulator: Emulator, time: SharedTime) -> None:
    emulator.configure(quotas=False)
    aws = Aws(AwsSettings(), pacing=Pacing(time, quotas_from("*=inf")), clock=time)
    began_s = time()

    time.run([lambda: aws.omics("us-east-1").create_sequence_store(name="reads")] * 10)

    assert time() == began_s


def test_services_beside_healthomics_do_not_wait(time: SharedTime) -> None:
    kms = Aws(AwsSettings(), pacing=Pacing(time), clock=time).kms("us-east-1")

    def send(**_: Any) -> None:
        raise ZeroDivisionError

    kms.meta.events.register_first("before-send.kms", send)
    began_s = time()

    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            kms.list_keys()

    assert time() == began_s
