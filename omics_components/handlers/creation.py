"""Creation that survives being cut short: what may be left of an earlier one is looked for first.

Each creation has a claim, which is the same when the same creation is tried again after a crash.
What it makes carries the claim as a tag from the first moment. So a creation first looks for its
claim, and goes on with what it finds; only then it makes something.

Claims are counted by generations: a replacement must not find its own predecessor. Which one a
creation begins with is told by the engine's side (``Origin.generation``). That one and those after
it are looked for: an interrupted creation may have come further, and the engine's side does not
know the generation of what a forced replacement replaces.
"""

from __future__ import annotations

import dataclasses
import math
import os
import threading
import uuid
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from omics_components.api.wait import SYSTEM_CLOCK, Clock
from omics_components.errors import AlreadyExists, Incomplete, InvalidRequest
from omics_components.handlers.base import Found, InputsT, Origin, StateT
from omics_components.models.ownership import Claim

T = TypeVar("T")

RESUME_HOURS_VARIABLE = "OMICS_COMPONENTS_RESUME_HOURS"
"""Environment variable: up to which age in hours an interrupted creation is gone on with."""

_DEFAULT_RESUME_HOURS = 24.0
_LONGEST_RESUME_HOURS = 1e6
"""A century: for ever, but dates can tell it."""

_LISTING_AGE_S = 30.0

_GENERATIONS_LOOKED_FOR = 100

GenerationOf = Callable[[Claim], int | None]
"""Gives the generation of this creation that a claim is of; None for all other claims."""


class Maker(Protocol[InputsT, StateT]):
    """How one kind of resource is made; each answers None where another attempt is due."""

    def find_leftover(self, generation_of: GenerationOf) -> tuple[str, int] | None:
        """Find what an interrupted creation left, and its generation: of several the last."""
        ...

    def resume(self, id_: str, claim: Claim) -> Found[InputsT, StateT] | None:
        """Go on with it; None if it is dead, not what is wanted, or another's by now."""
        ...

    def make(self, claim: Claim) -> Found[InputsT, StateT] | None:
        """Make the resource; None if what comes back is dead."""
        ...


def create_once(
    maker: Maker[InputsT, StateT],
    origin: Origin,
    *,
    principal: str,
    create_only: Mapping[str, object],
    made: Callable[[str], None],
) -> Found[InputsT, StateT]:
    """Go on with what an interrupted creation left, or make a resource.

    Args:
        maker: Knows the kind of resource.
        origin: Who declares it. Without an identity nothing could ever be found again, so each
            creation is one of its own.
        principal: Who calls AWS.
        create_only: The create-only inputs, in JSON values.
        made: Takes note of the resource, so that no later look of this process takes it for one
            that was left behind.

    Raises:
        InvalidRequest: The environment variable is no number of hours; nothing was called.
    """
    _resume_hours()
    identity = origin.identity or str(uuid.uuid4())

    def claim_of(generation: int) -> Claim:
        return Claim.of(
            identity, principal=principal, create_only=create_only, generation=generation
        )

    def generation_of(claim: Claim) -> int | None:
        if not claim.is_of(identity):
            return None
        looked_for = range(generation, generation + _GENERATIONS_LOOKED_FOR)
        return next((number for number in looked_for if claim_of(number) == claim), None)

    generation = origin.generation
    while True:
        leftover = maker.find_leftover(generation_of)
        if leftover:
            generation = leftover[1]
        claim = claim_of(generation)
        try:
            found = maker.resume(leftover[0], claim) if leftover else maker.make(claim)
        except Incomplete as incomplete:
            incomplete.found = dataclasses.replace(incomplete.found, generation=generation)
            raise
        if found:
            made(found.id)
            return dataclasses.replace(found, generation=generation)
        generation += 1


def youngest_leftover(now: datetime) -> datetime:
    """Give the time since when a resource may be an interrupted creation that is gone on with.

    Raises:
        InvalidRequest: The environment variable is no number of hours.
    """
    return now - timedelta(hours=_resume_hours())


def _resume_hours() -> float:
    text = os.environ.get(RESUME_HOURS_VARIABLE)
    if not text:
        return _DEFAULT_RESUME_HOURS
    try:
        hours = float(text)
    except ValueError:
        hours = math.nan
    if not 0 <= hours <= _LONGEST_RESUME_HOURS:
        raise InvalidRequest(
            f"the environment variable {RESUME_HOURS_VARIABLE} cannot be read: {text!r}",
            advice="Write a number of hours, such as 24.",
        )
    return hours


def require_young(
    what: str, id_: str, created: datetime, now: datetime, *, for_another: str
) -> None:
    """Refuse to go on with a creation that began long ago: much may have happened since.

    It may also be the live resource itself, if the replacement of it was forced.

    Args:
        what: The kind of resource: ``a sequence store``.
        id_: Its id.
        created: When it was made.
        now: The time.
        for_another: What a program changes to get another one: ``the resource's name``.

    Raises:
        AlreadyExists: It is too old.
    """
    if created < youngest_leftover(now):
        raise AlreadyExists(
            f"there is {what} already that was made for this declaration: {id_}",
            advice="If the stack's state has it, this is a forced replacement of it: run pulumi "
            "state untaint, or leave --replace away. If not, the resource option import_ with that "
            f"id goes on with it. To have another one beside it, change {for_another}.",
        )


class Leftovers(Generic[T]):
    """What earlier processes may have left in one account and region; one look serves many.

    This process's own resources are none of it, so a look needs not be repeated after each
    creation: one that is half a minute old will do.

    Args:
        clock: Time.
    """

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._seen: tuple[float, T] | None = None
        self._claims: dict[str, Claim | None] = {}
        self._made: set[str] = set()

    def look(self, fetch: Callable[[], T]) -> T:
        """Give what there is; who comes while another one looks, waits and shares."""
        with self._lock:
            if self._seen is None or self._clock.monotonic() - self._seen[0] > _LISTING_AGE_S:
                begun = self._clock.monotonic()
                self._seen = (begun, fetch())
            return self._seen[1]

    def forget(self) -> None:
        """Look anew next time."""
        with self._lock:
            self._seen = None

    def made(self, id_: str) -> None:
        """Take note of a resource that this process made or went on with."""
        with self._lock:
            self._made.add(id_)

    def claimed(
        self,
        generation_of: GenerationOf,
        candidates: Collection[str],
        read: Callable[[str], Claim | None],
        is_of_another: Callable[[str], bool],
    ) -> tuple[str, int] | None:
        """Give the candidate that carries a claim of a creation, with its generation.

        Args:
            generation_of: Knows the claims of the creation.
            candidates: Ids of resources.
            read: Reads the claim of one, once. Who takes a resource over changes its claim, so
                what is gone on with is looked at again (``Maker.resume``).
            is_of_another: Says whether another declaration has one, such as a renamed one.
        """
        claimed: list[tuple[str, int]] = []
        with self._lock:
            for id_ in candidates:
                if id_ in self._made or is_of_another(id_):
                    continue
                if id_ not in self._claims:
                    self._claims[id_] = read(id_)
                claim = self._claims[id_]
                generation = generation_of(claim) if claim else None
                if generation is not None:
                    claimed.append((id_, generation))
        return max(claimed, key=lambda found: found[1], default=None)
