"""Waiting for a status: the only place that sleeps, and the seam to time that tests replace."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from omics_components.errors import NotStabilized, OmicsComponentsError

T = TypeVar("T")

_FIRST_PAUSE_S = 1.0
_MAX_PAUSE_S = 5.0
_GROWTH = 1.2


class Clock(Protocol):
    """Time as the waiting sees it."""

    def monotonic(self) -> float:
        """Seconds (s) on a clock that never goes back."""
        ...

    def sleep(self, seconds: float, /) -> None:
        """Let *seconds* pass."""
        ...


SYSTEM_CLOCK: Clock = time
"""The machine's own clock."""


@dataclass(frozen=True)
class Observed(Generic[T]):
    """What one look at a resource found.

    Args:
        resource: The resource.
        status: Its status, such as ``CREATING``.
        message: What the service says about the status, if anything.
    """

    resource: T
    status: str
    message: str | None = None


@dataclass(frozen=True)
class Waiter(Generic[T]):
    """Looks at a resource until it is what it should be.

    Args:
        what: What is waited for, as it stands in an error: ``sequence store (reads) to be ACTIVE``.
        look: Looks once; None means that the resource is not there.
        pending: Statuses on the way.
        target: Statuses that end the waiting. Empty: the waiting ends when the resource is gone.
        timeout_s: How long to wait, in seconds (s).
        next_step: What the user can do after a timeout.
        clock: Time.
        confirm: Looks once, where *look* may be content with what it knows already; the last look
            before a timeout. None: *look* does.
    """

    what: str
    look: Callable[[], Observed[T] | None]
    pending: Collection[str]
    target: Collection[str]
    timeout_s: float
    next_step: str = ""
    clock: Clock = SYSTEM_CLOCK
    confirm: Callable[[], Observed[T] | None] | None = None

    def wait(self) -> T | None:
        """Look at once, then in growing pauses of 1 to 5 s with jitter (quota: 5 Get calls a s).

        The pauses grow slowly: what is over after 3 s is noticed 0.7 s later on average.

        Returns:
            The resource in a target status, or None once it is gone and that was the target.

        Raises:
            NotStabilized: On a status that leads nowhere, on disappearance, or on timeout.
        """
        deadline = self.clock.monotonic() + self.timeout_s
        pause_s = _FIRST_PAUSE_S
        while True:
            is_last = self.clock.monotonic() >= deadline
            seen = self.confirm() if is_last and self.confirm else self.look()
            if seen is None:
                if not self.target:
                    return None
                raise NotStabilized(f"waited for {self.what}, but it disappeared")
            if seen.status in self.target:
                return seen.resource
            reason = f": {seen.message}" if seen.message else ""
            if seen.status not in self.pending:
                raise NotStabilized(
                    f"waited for {self.what}, but it is {seen.status}{reason}", status=seen.status
                )
            if is_last:
                raise NotStabilized(
                    f"waited {self.timeout_s:g} s for {self.what}; it is still "
                    f"{seen.status}{reason}",
                    status=seen.status,
                    advice=self.next_step,
                )
            # Jitter keeps many waiting stores from asking in step; S311: no secret depends on it.
            jittered_s = pause_s * random.uniform(0.8, 1.2)  # noqa: S311
            self.clock.sleep(max(0.0, min(deadline - self.clock.monotonic(), jittered_s)))
            pause_s = min(_MAX_PAUSE_S, pause_s * _GROWTH)


def look_until(
    is_settled: Callable[[T], bool], look: Callable[[], T], *, within_s: float, clock: Clock
) -> T:
    """Look until what is seen is settled, or the time is up.

    Args:
        is_settled: Judges what a look has seen.
        look: Looks once.
        within_s: How long to go on with it, in seconds (s).
        clock: Time.

    Returns:
        What the last look has seen.
    """
    seen: list[T] = []

    def look_once() -> Observed[None]:
        seen.append(look())
        return Observed(None, "SETTLED" if is_settled(seen[-1]) else "LAGGING")

    with contextlib.suppress(NotStabilized):
        Waiter(
            what="AWS to catch up",
            look=look_once,
            pending={"LAGGING"},
            target={"SETTLED"},
            timeout_s=within_s,
            clock=clock,
        ).wait()
    return seen[-1]


def repeat_while(
    is_passing: Callable[[OmicsComponentsError], bool],
    call: Callable[[], T],
    *,
    within_s: float,
    clock: Clock,
) -> T:
    """Make a call, again and again while its error is one that passes.

    Args:
        is_passing: Knows the errors that pass.
        call: Makes the call.
        within_s: How long to go on with it, in seconds (s).
        clock: Time.

    Raises:
        OmicsComponentsError: The first other error; or the last one, when the time is up.
    """

    def attempt() -> T | OmicsComponentsError:
        try:
            return call()
        except OmicsComponentsError as error:
            if not is_passing(error):
                raise
            return error

    def is_done(answer: T | OmicsComponentsError) -> bool:
        return not isinstance(answer, OmicsComponentsError)

    answer = look_until(is_done, attempt, within_s=within_s, clock=clock)
    if isinstance(answer, OmicsComponentsError):
        raise answer
    return answer
