"""Wait for a status. The only module that sleeps; tests replace its clock."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from omics_components.errors import NotFound, NotStabilized, OmicsComponentsError

MAX_TAG_LAG_S = 180.0
"""How long a tag may read as it was before it was written (KMS: "may take minutes").

(assumed: tags-lag-after-create, tags-lag-after-change, kms-tags-lag)
"""

T = TypeVar("T")

_FIRST_PAUSE_S = 1.0
_MAX_PAUSE_S = 5.0
_GROWTH = 1.2


class Clock(Protocol):
    """The time functions that waiting needs."""

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
    """A resource as one request found it.

    Args:
        resource: The resource.
        status: Its status, such as ``CREATING``.
        message: The service's status message, if any.
    """

    resource: T
    status: str
    message: str | None = None


@dataclass(frozen=True)
class Waiter(Generic[T]):
    """Poll a resource until it has a target status.

    Args:
        what: The awaited condition, for errors: ``sequence store (reads) to be ACTIVE``.
        look: Polls once; None means that the resource does not exist.
        pending: Statuses during which to keep waiting.
        target: Statuses that end the wait. Empty: wait until the resource no longer exists.
        timeout_s: Time limit in seconds (s).
        next_step: Advice to the user after a timeout.
        clock: Time.
        confirm: Polls once without a cache, before a timeout. None: use *look*.
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
        """Poll at once, then in growing pauses of 1 to 5 s with jitter (quota: 5 Get calls/s).

        The pauses grow slowly: a change after 3 s is noticed 0.7 s later on average.

        Returns:
            The resource in a target status, or None if it was to disappear and did.

        Raises:
            NotStabilized: The status is unexpected, the resource disappeared, or the time is up.
        """
        deadline = self.clock.monotonic() + self.timeout_s
        pause_s = _FIRST_PAUSE_S
        while True:
            is_last = self.clock.monotonic() >= deadline
            seen = self.confirm() if is_last and self.confirm else self.look()
            if seen is None:
                if not self.target:
                    return None
                raise NotStabilized(
                    f"waited for {self.what}, but it disappeared",
                    advice="Run pulumi refresh, then the update again.",
                )
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
            # Jitter keeps concurrent waits from polling in step. S311: not used for security.
            jittered_s = pause_s * random.uniform(0.8, 1.2)  # noqa: S311
            self.clock.sleep(max(0.0, min(deadline - self.clock.monotonic(), jittered_s)))
            pause_s = min(_MAX_PAUSE_S, pause_s * _GROWTH)


def look_until(
    is_settled: Callable[[T], bool], look: Callable[[], T], *, within_s: float, clock: Clock
) -> T:
    """Poll until the result is settled or the time is up.

    Args:
        is_settled: Returns whether a result is settled.
        look: Polls once.
        within_s: Time limit in seconds (s).
        clock: Time.

    Returns:
        The last result, settled or not.
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
    is_transient: Callable[[OmicsComponentsError], bool],
    call: Callable[[], T],
    *,
    within_s: float,
    clock: Clock,
) -> T:
    """Retry a call while its error is transient.

    Args:
        is_transient: Returns whether an error is transient.
        call: Makes the call.
        within_s: Time limit in seconds (s).
        clock: Time.

    Raises:
        OmicsComponentsError: The first other error, or the last one when the time is up.
    """

    def attempt() -> T | OmicsComponentsError:
        try:
            return call()
        except OmicsComponentsError as error:
            if not is_transient(error):
                raise
            return error

    def is_done(answer: T | OmicsComponentsError) -> bool:
        return not isinstance(answer, OmicsComponentsError)

    answer = look_until(is_done, attempt, within_s=within_s, clock=clock)
    if isinstance(answer, OmicsComponentsError):
        raise answer
    return answer


def ask_of_existing(
    call: Callable[[], T],
    require_existence: Callable[[], object],
    *,
    what: str,
    clock: Clock,
    within_s: float = MAX_TAG_LAG_S,
) -> T:
    """Call for a part of a resource that is there; "not found" does not show that it is gone.

    What belongs to a new resource, such as its tags, may be seen later than the resource itself.

    Args:
        call: Makes the call.
        require_existence: Raises NotFound if the resource is gone.
        what: The resource and the part, for the error: ``the tags of the store``.
        clock: Time.
        within_s: How long the part is waited for, in seconds (s).

    Raises:
        NotFound: The resource is gone.
        NotStabilized: It is there, and the part is not shown in time.
    """
    try:
        return call()
    except NotFound:
        require_existence()
    try:
        return repeat_while(
            lambda error: isinstance(error, NotFound), call, within_s=within_s, clock=clock
        )
    except NotFound as error:
        require_existence()
        raise NotStabilized(
            f"AWS does not show {what} after {within_s:g} s, although it is there",
            advice="Run the command again.",
        ) from error
