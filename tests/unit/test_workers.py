"""How many calls a plugin process answers at once: the SDK's pool of threads grows on request."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from omics_components.engine.dynamic.workers import WORKERS_VARIABLE, widen_workers
from omics_components.errors import InvalidRequest

SDKS_OWN = 2


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(SDKS_OWN) as made:
        yield made


def _meet(pool: ThreadPoolExecutor, number: int, timeout_s: float) -> bool:
    """Return whether so many tasks of the pool can be under way at once."""
    barrier = threading.Barrier(number)
    tasks = [pool.submit(barrier.wait, timeout_s) for _ in range(number)]
    return not any(task.exception() for task in tasks)


def test_the_pool_that_a_call_is_answered_from_grows(pool: ThreadPoolExecutor) -> None:
    pool.submit(widen_workers).result()

    assert _meet(pool, 20, timeout_s=30)


@pytest.mark.parametrize("number", ["0", "1", str(SDKS_OWN)])
def test_it_can_be_left_as_it_is(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    monkeypatch.setenv(WORKERS_VARIABLE, number)
    pool.submit(widen_workers).result()

    assert _meet(pool, SDKS_OWN, timeout_s=30)
    assert not _meet(pool, SDKS_OWN + 1, timeout_s=0.1)


def test_it_grows_to_the_number_that_is_asked_for(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WORKERS_VARIABLE, "3")
    pool.submit(widen_workers).result()

    assert _meet(pool, 3, timeout_s=30)
    assert not _meet(pool, 4, timeout_s=0.1)


def test_outside_of_a_pool_nothing_happens() -> None:
    widen_workers()


@pytest.mark.parametrize("text", ["many", "-1", "2.5", "1025"])
def test_what_is_no_number_of_threads_is_refused(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv(WORKERS_VARIABLE, text)

    with pytest.raises(InvalidRequest, match=WORKERS_VARIABLE):
        widen_workers()
