"""Many threads ask at a time: calls are shared, and no answer is older than its question."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from omics_components.aws import single_flight
from omics_components.aws.single_flight import SingleFlight
from omics_components.errors import NetworkFailure

PATIENCE_S = 30.0
LATER = 3
"""How many ask while a call is made: one makes the next call, the others join it."""


class Service:
    """Counts its calls; the first is answered when everyone has asked."""

    def __init__(self) -> None:
        self.first_began = threading.Event()
        self.all_asked = threading.Event()
        self.errors: dict[int, Exception] = {}
        self._numbers = itertools.count()

    def call(self) -> int:
        number = next(self._numbers)
        self.first_began.set()
        assert self.all_asked.wait(PATIENCE_S)
        if number in self.errors:
            raise self.errors[number]
        return number


@pytest.fixture
def joined(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Counts those who wait for the call of another."""
    count = threading.Semaphore(0)

    class Watched(Future[Any]):
        def result(self, timeout: float | None = None) -> Any:
            count.release()
            return super().result(timeout)

    monkeypatch.setattr(single_flight, "Future", Watched)
    return count


def ask(service: Service, joined: threading.Semaphore) -> list[Future[int]]:
    """Let one thread ask, and the others while its call is made."""
    joint: SingleFlight[int] = SingleFlight()
    with ThreadPoolExecutor(1 + LATER) as threads:
        first = threads.submit(joint.answer, service.call)
        assert service.first_began.wait(PATIENCE_S)
        later = [threads.submit(joint.answer, service.call) for _ in range(LATER)]
        for _ in range(LATER - 1):
            assert joined.acquire(timeout=PATIENCE_S)
        service.all_asked.set()
    return [first, *later]


def test_who_asks_while_a_call_is_made_shares_the_next(joined: threading.Semaphore) -> None:
    first, *later = ask(Service(), joined)

    assert first.result() == 0
    assert [future.result() for future in later] == [1] * LATER


def test_an_error_is_told_once_and_the_others_ask_themselves(joined: threading.Semaphore) -> None:
    service = Service()
    service.errors[1] = NetworkFailure("the connection broke")

    first, *later = ask(service, joined)

    assert first.result() == 0
    [failed] = [future for future in later if future.exception()]
    assert failed.exception() is service.errors[1]
    assert {future.result() for future in later if future is not failed} == {2, 3}


def test_alone_each_question_is_a_call() -> None:
    service, joint = Service(), SingleFlight[int]()
    service.all_asked.set()

    assert [joint.answer(service.call) for _ in range(3)] == [0, 1, 2]
