"""Waiting, on a clock that the test turns."""

from collections.abc import Iterator, Sequence

import pytest

from omics_components.api.wait import Observed, Waiter
from omics_components.errors import NotStabilized


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


def test_pauses_grow_from_half_a_second_to_five(clock: HandTurnedClock) -> None:
    a_waiter([*["CREATING"] * 9, "ACTIVE"], clock).wait()

    expected = [0.5, 0.8, 1.28, 2.048, 3.2768, 5.0, 5.0, 5.0, 5.0]
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
    waiter = a_waiter(["CREATING", "CREATING", "ACTIVE"], clock, timeout_s=0.6)

    assert waiter.wait() == "store in ACTIVE"
    assert sum(clock.pauses_s) == pytest.approx(0.6)


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
