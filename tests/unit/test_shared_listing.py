"""Many threads ask at a time: calls are shared, and no answer is older than its question."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from omics_components.aws.shared_listing import SharedListing
from omics_components.errors import NetworkFailure
from tests.unit.conftest import SharedClock

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


class Turn:
    """The lock of a listing, which counts those who wait for it."""

    def __init__(self) -> None:
        self.waiting = threading.Semaphore(0)
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self.waiting.release()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def ask(service: Service) -> list[Future[int]]:
    """Let one thread ask, and the others while its call is made."""
    listing: SharedListing[int] = SharedListing()
    listing._turn = turn = Turn()  # type: ignore[assignment]
    with ThreadPoolExecutor(1 + LATER) as threads:
        first = threads.submit(listing.get, service.call)
        assert service.first_began.wait(PATIENCE_S)
        later = [threads.submit(listing.get, service.call) for _ in range(LATER)]
        for _ in range(1 + LATER):
            assert turn.waiting.acquire(timeout=PATIENCE_S)
        service.all_asked.set()
    return [first, *later]


def test_who_asks_while_a_call_is_made_shares_the_next() -> None:
    first, *later = ask(Service())

    assert first.result() == 0
    assert [future.result() for future in later] == [1] * LATER


def test_an_error_is_told_once_and_the_others_ask_themselves() -> None:
    service = Service()
    service.errors[1] = NetworkFailure("the connection broke")

    first, *later = ask(service)

    assert first.result() == 0
    [failed] = [future for future in later if future.exception()]
    assert failed.exception() is service.errors[1]
    assert {future.result() for future in later if future is not failed} == {2, 3}


def test_alone_each_question_is_a_call() -> None:
    service, listing = Service(), SharedListing[int]()
    service.all_asked.set()

    assert [listing.get(service.call) for _ in range(3)] == [0, 1, 2]


def test_an_older_listing_serves_who_accepts_its_age(clock: SharedClock) -> None:
    service, listing = Service(), SharedListing[int](clock)
    service.all_asked.set()

    seen = [listing.get(service.call, max_age_s=30), listing.get(service.call, max_age_s=30)]
    clock.sleep(29)
    seen.append(listing.get(service.call, max_age_s=30))
    clock.sleep(2)
    seen.append(listing.get(service.call, max_age_s=30))
    seen += [listing.get(service.call), listing.get(service.call, max_age_s=30)]

    assert seen == [0, 0, 0, 1, 2, 2]


def test_a_part_serves_only_who_needs_no_more() -> None:
    listing = SharedListing[int]()

    seen = [
        listing.get(lambda: 1, max_age_s=30),
        listing.get(lambda: 100, max_age_s=30, is_enough=lambda size: size >= 100),
        listing.get(lambda: 2, max_age_s=30),
    ]

    assert seen == [1, 100, 100]


def test_a_call_that_fails_leaves_the_listing_of_before() -> None:
    listing = SharedListing[int]()

    def fail() -> int:
        raise NetworkFailure("the connection broke")

    listing.get(lambda: 1)
    with pytest.raises(NetworkFailure):
        listing.get(fail)

    assert listing.get(lambda: 2, max_age_s=30) == 1
    assert listing.get(lambda: 3) == 3
