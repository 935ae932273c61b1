"""Waiting, on a clock that the test turns: for one, and for many at once."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pytest

from omics_components.aws.client import Aws
from omics_components.aws.pacing import Pacing
from omics_components.aws.settings import AwsSettings
from omics_components.aws.shared_poller import SharedPoller
from omics_components.aws.wait import Observed, Waiter, look_until, repeat_while
from omics_components.emulator import Emulator
from omics_components.errors import (
    AccessDenied,
    NetworkFailure,
    NotFound,
    NotStabilized,
    OmicsComponentsError,
    ServiceInternalError,
)
from omics_components.kinds.sequence_store import api as omics
from tests.unit.test_pacing import SharedTime


class HandTurnedClock:
    """Sleeping moves it at once, and is written down."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.pauses_s: list[float] = []

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float, /) -> None:
        self.pauses_s.append(seconds)
        self.now_s += seconds


@pytest.fixture
def clock() -> HandTurnedClock:
    return HandTurnedClock()


def a_waiter(
    statuses: Sequence[str | None],
    clock: HandTurnedClock,
    *,
    target: Sequence[str] = ("ACTIVE",),
    message: str | None = None,
    timeout_s: float = 60.0,
) -> Waiter[str]:
    """Wait for a resource that has these statuses in turn, the last for ever; None is absence."""
    coming: Iterator[str | None] = iter(statuses)
    last = [statuses[-1]]

    def look() -> Observed[str] | None:
        status = next(coming, last[0])
        return None if status is None else Observed(f"store in {status}", status, message)

    return Waiter(
        what="sequence store 1 to be ready",
        look=look,
        pending={"CREATING"},
        target=target,
        timeout_s=timeout_s,
        next_step="Run it again.",
        clock=clock,
    )


def test_what_is_ready_is_not_waited_for(clock: HandTurnedClock) -> None:
    assert a_waiter(["ACTIVE"], clock).wait() == "store in ACTIVE"
    assert clock.pauses_s == []


def test_pauses_grow_from_one_second_to_five(clock: HandTurnedClock) -> None:
    a_waiter([*["CREATING"] * 11, "ACTIVE"], clock).wait()

    expected = [*(1.2**looks for looks in range(9)), 5.0, 5.0]
    assert len(clock.pauses_s) == len(expected)
    for pause_s, middle_s in zip(clock.pauses_s, expected, strict=True):
        assert middle_s * 0.8 <= pause_s <= middle_s * 1.2


def test_two_waiters_do_not_ask_in_step(clock: HandTurnedClock) -> None:
    other = HandTurnedClock()
    a_waiter([*["CREATING"] * 9, "ACTIVE"], clock).wait()
    a_waiter([*["CREATING"] * 9, "ACTIVE"], other).wait()

    assert clock.pauses_s != other.pauses_s


def test_a_timeout_says_how_long_for_what_and_what_next(clock: HandTurnedClock) -> None:
    with pytest.raises(NotStabilized) as failure:
        a_waiter(["CREATING"], clock, timeout_s=60).wait()

    assert str(failure.value) == (
        "waited 60 s for sequence store 1 to be ready; it is still CREATING. Run it again."
    )
    assert failure.value.status == "CREATING"
    assert clock.now_s == pytest.approx(1060)


def test_the_last_look_is_at_the_deadline(clock: HandTurnedClock) -> None:
    waiter = a_waiter(["CREATING", "CREATING", "ACTIVE"], clock, timeout_s=1.5)

    assert waiter.wait() == "store in ACTIVE"
    assert sum(clock.pauses_s) == pytest.approx(1.5)


def test_a_failure_gives_the_services_own_words(clock: HandTurnedClock) -> None:
    with pytest.raises(NotStabilized) as failure:
        a_waiter(["CREATING", "FAILED"], clock, message="The key is disabled").wait()

    assert str(failure.value) == (
        "waited for sequence store 1 to be ready, but it is FAILED: The key is disabled."
    )
    assert failure.value.status == "FAILED"


def test_a_status_that_leads_nowhere_ends_the_waiting(clock: HandTurnedClock) -> None:
    with pytest.raises(NotStabilized, match="but it is DELETING"):
        a_waiter(["DELETING"], clock).wait()

    assert clock.pauses_s == []


def test_disappearance_is_a_failure(clock: HandTurnedClock) -> None:
    with pytest.raises(NotStabilized, match="but it disappeared") as failure:
        a_waiter(["CREATING", None], clock).wait()

    assert failure.value.status is None


def test_disappearance_is_success_where_it_is_waited_for(clock: HandTurnedClock) -> None:
    assert a_waiter(["CREATING", None], clock, target=()).wait() is None


def test_what_is_known_is_confirmed_before_a_timeout(clock: HandTurnedClock) -> None:
    waiter = Waiter(
        what="it",
        look=lambda: Observed("old", "CREATING"),
        pending={"CREATING"},
        target={"ACTIVE"},
        timeout_s=3,
        clock=clock,
        confirm=lambda: Observed("new", "ACTIVE"),
    )

    assert waiter.wait() == "new"
    assert sum(clock.pauses_s) == pytest.approx(3)


def test_what_is_settled_is_given(clock: HandTurnedClock) -> None:
    looks = iter(range(100))

    assert look_until(lambda n: n == 3, lambda: next(looks), within_s=60, clock=clock) == 3


def test_what_never_settles_is_given_as_it_was_seen_last(clock: HandTurnedClock) -> None:
    seen: list[int] = []

    def look() -> int:
        seen.append(len(seen))
        return seen[-1]

    assert look_until(lambda _: False, look, within_s=60, clock=clock) == len(seen) - 1 > 10
    assert sum(clock.pauses_s) == pytest.approx(60)


def repeated(clock: HandTurnedClock, errors: Sequence[OmicsComponentsError]) -> str:
    """Repeat a call that fails with these errors first, while it is not found."""
    left = iter(errors)

    def call() -> str:
        for error in left:
            raise error
        return "done"

    def is_transient(error: OmicsComponentsError) -> bool:
        return isinstance(error, NotFound)

    return repeat_while(is_transient, call, within_s=60, clock=clock)


def test_a_call_is_repeated_while_its_error_is_one_that_passes(clock: HandTurnedClock) -> None:
    assert repeated(clock, []) == "done"
    assert repeated(clock, [NotFound("a"), NotFound("b")]) == "done"
    with pytest.raises(AccessDenied):
        repeated(clock, [NotFound("a"), AccessDenied("b")])


def test_an_error_that_does_not_pass_in_time_is_raised(clock: HandTurnedClock) -> None:
    with pytest.raises(NotFound):
        repeated(clock, [NotFound("a")] * 99)

    assert sum(clock.pauses_s) == pytest.approx(60)


class Service:
    """Stores that are CREATING until their time has come, and ACTIVE then.

    Args:
        time: The clock.
        ready_s: After how many seconds (s) each store is ACTIVE.
        lag_s: How long a listing lags behind (s).
    """

    def __init__(self, time: SharedTime, ready_s: Mapping[str, float], lag_s: float = 0.0) -> None:
        self.time = time
        self._lag_s = lag_s
        self._began_s = time()
        self._ready_s = {name: self._began_s + after_s for name, after_s in ready_s.items()}
        self.asked: list[str] = []
        self.surveyed_s: list[float] = []
        self.board = SharedPoller()

    def ask(self, name: str) -> Observed[str]:
        self.asked.append(name)
        return Observed(name, "ACTIVE" if self.time() >= self._ready_s[name] else "CREATING")

    def list_by_status(self, status: str) -> Collection[str]:
        assert status == "CREATING"
        self.surveyed_s.append(self.time() - self._began_s)
        seen_s = self.time() - self._lag_s
        return [n for n, at_s in self._ready_s.items() if self._began_s <= seen_s < at_s]

    def wait(
        self, name: str, timeout_s: float = 600, ask: Callable[[str], Any] | None = None
    ) -> str | NotStabilized | None:
        """Wait for a store; give it, or the failure."""
        try:
            with self.board.subscription(
                name,
                ask=lambda: (ask or self.ask)(name),
                list_by_status=self.list_by_status,
                listed={"CREATING"},
                clock=self.time,
            ) as subscription:
                return Waiter(
                    what=name,
                    look=subscription.look,
                    confirm=subscription.ask,
                    pending={"CREATING"},
                    target={"ACTIVE"},
                    timeout_s=timeout_s,
                    next_step="Go on.",
                    clock=self.time,
                ).wait()
        except NotStabilized as failure:
            return failure

    def wait_for_all(self) -> list[Any]:
        return self.time.run([partial(self.wait, name) for name in self._ready_s])


@pytest.fixture
def time() -> SharedTime:
    return SharedTime()


def test_who_waits_alone_asks_for_what_it_waits_for(time: SharedTime) -> None:
    service = Service(time, {"a": 20})

    assert service.wait_for_all() == ["a"]
    assert service.surveyed_s == []
    assert len(service.asked) in (9, 10, 11)  # pauses of 1 s to 5 s, with jitter


def test_many_share_one_listing_a_second(time: SharedTime) -> None:
    names = [str(n) for n in range(100)]
    service = Service(time, dict.fromkeys(names, 60.0))

    assert service.wait_for_all() == names
    assert len(service.surveyed_s) <= 65
    assert all(b - a >= 1 for a, b in zip(service.surveyed_s, service.surveyed_s[1:], strict=False))
    # Once at first, and once when it was no longer listed.
    assert len(service.asked) <= 2 * 100 + 1


@pytest.mark.parametrize("stores", [2, 3, 10, 50])
def test_a_wait_costs_less_than_a_call_a_second_for_each_store(
    time: SharedTime, stores: int
) -> None:
    service = Service(time, {str(n): 10.0 + n for n in range(stores)})
    began_s = time()

    service.wait_for_all()

    waited_s = sum(10.0 + n for n in range(stores))
    assert len(service.surveyed_s) + len(service.asked) < waited_s
    assert time() - began_s < 10 + stores + 6.1  # the longest pause, with jitter


def test_a_listing_that_takes_long_is_made_by_one_at_a_time(time: SharedTime) -> None:
    service = Service(time, dict.fromkeys("abcde", 30.0))
    under_way: list[str] = []

    def list_by_status(status: str) -> Collection[str]:
        under_way.append(status)
        assert len(under_way) == 1
        time.sleep(3)
        under_way.clear()
        return Service.list_by_status(service, status)

    service.list_by_status = list_by_status  # type: ignore[method-assign]

    assert service.wait_for_all() == list("abcde")
    assert len(service.surveyed_s) <= 11
    assert len(service.asked) <= 2 * 5 + 1


def test_a_listing_that_hangs_keeps_nobody_from_looking(time: SharedTime) -> None:
    service = Service(time, dict.fromkeys("ab", 20.0))
    ready_s: dict[str, float] = {}

    def list_by_status(status: str) -> Collection[str]:
        assert status == "CREATING"
        time.sleep(300)
        return "ab"

    def wait(name: str) -> None:
        service.wait(name)
        ready_s[name] = time() - service._began_s

    service.list_by_status = list_by_status  # type: ignore[method-assign]
    time.run([lambda: wait("a"), lambda: wait("b")])

    first, last = sorted(ready_s.values())
    assert first < 20 + 15 + 6.1
    assert last < 300 + 15 + 6.1


def test_a_listing_that_lags_behind_is_no_answer(time: SharedTime) -> None:
    """It shows new stores late, and ready ones too long."""
    service = Service(time, {"a": 20, "b": 25, "c": 30}, lag_s=8)

    assert service.wait_for_all() == ["a", "b", "c"]
    assert 30 <= time() - service._began_s <= 30 + 8 + 6.1


def test_each_waits_as_long_as_it_may(time: SharedTime) -> None:
    service = Service(time, dict.fromkeys("abc", 1000.0))
    ended_s: dict[str, float] = {}

    def wait(name: str, timeout_s: float) -> Any:
        failure = service.wait(name, timeout_s)
        ended_s[name] = time() - service._began_s
        return failure

    failures = time.run([lambda: wait("a", 10), lambda: wait("b", 20), lambda: wait("c", 30)])

    assert ended_s == pytest.approx({"a": 10, "b": 20, "c": 30}, abs=0.01)
    assert [str(failure) for failure in failures] == [
        "waited 10 s for a; it is still CREATING. Go on.",
        "waited 20 s for b; it is still CREATING. Go on.",
        "waited 30 s for c; it is still CREATING. Go on.",
    ]


@pytest.mark.parametrize(
    ("error", "surveys"),
    [
        (AccessDenied("No."), 1),
        (ServiceInternalError("Oops."), 21),
        (NetworkFailure("Gone."), 21),
    ],
    ids=lambda value: type(value).__name__,
)
def test_without_a_listing_each_asks_for_its_own(
    time: SharedTime, error: Exception, surveys: int
) -> None:
    """A refusal stays; other failures may pass, so the listing is tried again."""
    service = Service(time, dict.fromkeys("abc", 20.0))
    tried: list[str] = []

    def list_by_status(status: str) -> Collection[str]:
        tried.append(status)
        raise error

    service.list_by_status = list_by_status  # type: ignore[method-assign]

    assert service.wait_for_all() == ["a", "b", "c"]
    assert 1 <= len(tried) <= surveys
    assert len(service.asked) <= 3 * 11


def test_what_is_wrong_with_one_is_its_own_error(time: SharedTime) -> None:
    service = Service(time, dict.fromkeys("abc", 20.0))

    def fail(name: str) -> Observed[str]:
        if time() - service._began_s > 5:
            return Observed(name, "FAILED", "The key is disabled")
        return Observed(name, "CREATING")

    def forgotten(status: str) -> Collection[str]:
        return [name for name in Service.list_by_status(service, status) if name != "a"]

    service.list_by_status = forgotten  # type: ignore[method-assign]
    failure, *others = time.run(
        [lambda: service.wait("a", ask=fail), lambda: service.wait("b"), lambda: service.wait("c")]
    )

    assert str(failure) == "waited for a, but it is FAILED: The key is disabled."
    assert others == ["b", "c"]


def test_who_is_interrupted_while_it_lists_for_all_leaves_it_to_others(time: SharedTime) -> None:
    service = Service(time, dict.fromkeys("abc", 20.0))
    interrupted: list[str] = []

    def list_by_status(status: str) -> Collection[str]:
        if not interrupted:
            interrupted.append(status)
            raise KeyboardInterrupt
        return Service.list_by_status(service, status)

    service.list_by_status = list_by_status  # type: ignore[method-assign]

    def wait(name: str) -> Any:
        try:
            return service.wait(name)
        except KeyboardInterrupt:
            return "interrupted"

    results = time.run([partial(wait, name) for name in "abc"])

    assert results.count("interrupted") == 1
    assert set(results) - {"interrupted"} < {"a", "b", "c"}
    assert service.board._waiting.total() == 0


@pytest.fixture
def emulator(time: SharedTime) -> Iterator[Emulator]:
    emulator = Emulator(clock=time, sleep=time.sleep, seed=1, creating_s=40, deleting_s=40)
    with emulator.in_process():
        yield emulator


@pytest.mark.parametrize("what", ["created", "deleted"])
def test_a_hundred_stores_are_waited_for_with_a_call_a_second(
    emulator: Emulator, time: SharedTime, what: str
) -> None:
    unpaced = Aws(AwsSettings()).omics("us-east-1")
    client = Aws(AwsSettings(), pacing=Pacing(time), clock=time).omics("us-east-1")
    ids = [unpaced.create_sequence_store(name=f"store {n}")["id"] for n in range(100)]
    emulator.configure(quotas=True)
    if what == "deleted":
        time.run([lambda: time.sleep(60)])
    emulator.calls.clear()
    began_s = time()

    def wait(store_id: str) -> str | None:
        if what == "deleted":
            client.delete_sequence_store(id=store_id)
            omics.wait_until_deleted(client, store_id, timeout_s=600, clock=time)
            return None
        store = omics.wait_until_active(
            client, store_id, pending={"CREATING"}, timeout_s=600, next_step="", clock=time
        )
        return store.status

    results = time.run([partial(wait, store_id) for store_id in ids])

    assert set(results) == ({"ACTIVE"} if what == "created" else {None})
    assert {call.error_code for call in emulator.calls} <= {None, "ResourceNotFoundException"}
    asked, listed = (
        sum(call.operation == name for call in emulator.calls)
        for name in ("GetSequenceStore", "ListSequenceStores")
    )
    # Once at first, and once when it was no longer listed.
    assert asked <= 210
    assert listed <= time() - began_s + 1
