"""Create a resource once, even if the process is killed.

Every resource is tagged by the very call that creates it, with an owner tag that is marked as
unfinished (models/ownership.py). ``create_or_resume`` first looks for such a resource of the same
declaration: an unfinished one is resumed; a finished one is reported, for someone may work with
it; and only if there is none is a new one created. The last call of a creation takes the mark away.

Claims are counted by generations: a replacement must not find its own predecessor. The engine's
side knows with which one a creation begins (``EngineRequest.generation``). That one and later ones
are looked for, since the generation of what a forced replacement replaces is not known.
"""

from __future__ import annotations

import contextlib
import dataclasses
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar, Generic

from omics_components.aws.wait import MAX_TAG_LAG_S, Clock, look_until
from omics_components.errors import (
    AccessDenied,
    AlreadyExists,
    InitFailed,
    NetworkFailure,
    NotFound,
    OmicsComponentsError,
    OwnershipConflict,
    ServiceInternalError,
)
from omics_components.lifecycle.fence import wait_for_owner
from omics_components.lifecycle.handler import EngineRequest, InputsT, LiveResource, StateT
from omics_components.schema.delta import create_only_values
from omics_components.schema.owner_tag import Claim, OwnerTag

_MAX_LISTING_AGE_S = 30.0
"""How old a listing may be that a creation looks into, in seconds (s).

A process does not search for what it creates itself, so it need not list after each creation.
"""

_GENERATIONS_LOOKED_FOR = 100


class Undone(Exception):
    """A creation failed, and what it had created is deleted again.

    Args:
        cause: What the user reads.
    """

    def __init__(self, cause: OmicsComponentsError) -> None:
        super().__init__(str(cause))
        self.cause = cause


@dataclasses.dataclass(frozen=True)
class Creator(ABC, Generic[InputsT, StateT]):
    """How one resource of a kind is found, created, resumed and tagged.

    Args:
        desired: What the program declares.
        request: Who declares it. Without an identity nothing could ever be found again, so each
            creation is one of its own.
        clock: Time, for the waiting.
    """

    kind: ClassVar[str]
    """Such as ``sequence store``, for messages."""
    find_permissions: ClassVar[str]
    """The IAM actions of ``find``, for messages."""
    creates_in_one_call: ClassVar[bool] = False
    """Whether nothing is left to do after the call that creates it: its tag is never unfinished."""

    desired: InputsT
    request: EngineRequest
    clock: Clock

    @abstractmethod
    def find(
        self, is_wanted: Callable[[OwnerTag], bool], *, max_age_s: float
    ) -> Iterable[tuple[str, OwnerTag]]:
        """List ids and owner tags of the resources that carry a tag that is wanted.

        The number of calls does not grow with what others have in the account.

        Args:
            is_wanted: Returns whether this creation, or an earlier attempt at it, wrote a tag.
            max_age_s: How old a listing may be that this process made before, in seconds (s).

        Raises:
            AlreadyExists: Someone else has what only one resource can have: a name, an alias.
        """

    @abstractmethod
    def read_owner(self, id_: str) -> OwnerTag | None:
        """Read the owner tag of a resource; None if it has none.

        Raises:
            NotFound: It is gone, or is being deleted.
        """

    @abstractmethod
    def write_owner(self, id_: str, owner: OwnerTag) -> None:
        """Write the owner tag of a resource."""

    @abstractmethod
    def create(self, owner: OwnerTag) -> str:
        """Make the call that creates the resource, with its tag; return its id."""

    @abstractmethod
    def complete(self, id_: str, owner: OwnerTag) -> LiveResource[InputsT, StateT]:
        """Wait for a resource that was just created, configure it, and read it with its tag.

        Raises:
            Undone: It failed for good and is deleted again.
        """

    def holds_data(self, id_: str) -> bool:  # noqa: ARG002 for kinds that override it
        """Return whether there is data in a resource, so that it cannot be an unfinished one."""
        return False

    def is_part_of_managed(self, id_: str) -> bool:  # noqa: ARG002 for kinds that override it
        """Return whether a resource is a part of another one that this state manages.

        Then a finished one is resumed, too: the owner of the whole owns the part.
        """
        return False

    @abstractmethod
    def resume(self, id_: str, owner: OwnerTag) -> LiveResource[InputsT, StateT] | None:
        """Bring an unfinished resource in line with the program, and read it with its tag.

        None if it is of no use: it is gone, it failed, or only a new one can be what is wanted.
        """

    @abstractmethod
    def sketch(self, id_: str, owner: OwnerTag) -> LiveResource[InputsT, StateT]:
        """Describe a resource by what the program declares, where it cannot be read. No call."""


def create_or_resume(
    creator: Creator[InputsT, StateT], principal: str
) -> LiveResource[InputsT, StateT]:
    """Resume what an interrupted creation of the same declaration left, or create a resource.

    Args:
        creator: Knows the resource that is declared.
        principal: Who calls AWS.

    Raises:
        AlreadyExists: The declaration has finished one, which this state does not have.
        OwnershipConflict: Someone else took the resource over meanwhile.
        InitFailed: AWS has the resource, but it could not be finished: the state must have it.
        OmicsComponentsError: Nothing was created.
    """
    request, create_only = creator.request, create_only_values(creator.desired)
    identity = request.identity or str(uuid.uuid4())
    former = request.former_identity or identity

    def claim_of(generation: int) -> Claim:
        return Claim.of(
            identity, principal=principal, create_only=create_only, generation=generation
        )

    generations: dict[Claim, int] = {}
    for number in range(request.generation, request.generation + _GENERATIONS_LOOKED_FOR):
        generations[claim_of(number)] = number
        generations[
            Claim.former(former, principal=principal, create_only=create_only, generation=number)
        ] = number
    creation = _Creation(creator)
    for generation, id_, before in creation.interrupted(generations):
        owner = OwnerTag.draw(claim_of(generation))
        if resumed := creation.resume(id_, owner, before, generation):
            return resumed
    return creation.create(OwnerTag.draw(claim_of(request.generation)), request.generation)


@dataclasses.dataclass(frozen=True)
class _Creation(Generic[InputsT, StateT]):
    """One creation.

    Args:
        creator: Knows the resource that is declared.
    """

    creator: Creator[InputsT, StateT]

    @property
    def request(self) -> EngineRequest:
        """Who declares it."""
        return self.creator.request

    @property
    def clock(self) -> Clock:
        """Time, for the waiting."""
        return self.creator.clock

    def interrupted(self, generations: Mapping[Claim, int]) -> list[tuple[int, str, OwnerTag]]:
        """List the unfinished resources of this declaration, the last generation first.

        Returns:
            Generation, id and live owner tag of each.

        Raises:
            AlreadyExists: There is a finished one.
        """
        found: list[tuple[int, str, OwnerTag]] = []
        for id_, _ in self._found(generations):
            if self.request.is_managed_elsewhere(id_):
                continue
            try:
                live = self.creator.read_owner(id_)
            except NotFound:
                continue
            if live is None or live.claim not in generations:
                continue
            may_be_finished = live.is_same_owner(self.request.incomplete) or (
                self.creator.is_part_of_managed(id_)
            )
            if not live.is_unfinished and not may_be_finished:
                raise self._exists(id_)
            if self.creator.holds_data(id_):
                raise self._exists(id_, data=True)
            found.append((generations[live.claim], id_, live))
        return sorted(found, key=lambda one: one[:2], reverse=True)

    def _found(self, generations: Mapping[Claim, int]) -> list[tuple[str, OwnerTag]]:
        """List what carries a tag of this declaration.

        Raises:
            AccessDenied: The caller may not look. Nothing is created then.
        """
        try:
            max_age_s = 0.0 if self.request.incomplete else _MAX_LISTING_AGE_S
            found = self.creator.find(lambda tag: tag.claim in generations, max_age_s=max_age_s)
            return list(found)
        except AccessDenied as denied:
            denied.needs(
                self.creator.find_permissions,
                "An interrupted creation could not be seen otherwise, so nothing is created.",
            )
            raise

    def _exists(self, id_: str, *, data: bool = False) -> AlreadyExists:
        """Compose the error for a resource that must not be taken for an interrupted creation."""
        has = "holds data" if data else "is finished"
        release = "" if data else f"run omics-components owner release {id_} and `up` again, or "
        advice = (
            f"If an interrupted `up` left it, {release}adopt it with the resource option import_ "
            "and omics-components:takeOver. "
            "To replace it, do not use --replace or taint, which create a second one first: set "
            "the resource option delete_before_replace, or change replace_triggers of a store. If "
            "another stack of this name manages it, give the resource here another name."
        )
        return AlreadyExists(
            f"{self.creator.kind} {id_} of this declaration {has}, and is not in this state",
            advice=advice,
        )

    def resume(
        self, id_: str, owner: OwnerTag, before: OwnerTag, generation: int
    ) -> LiveResource[InputsT, StateT] | None:
        """Take an unfinished resource over and finish it; None if it is of no use."""
        self.request.info(f"resuming the interrupted creation of {self.creator.kind} {id_}")
        owner = owner.finished if self.creator.creates_in_one_call else owner
        self.creator.write_owner(id_, owner)
        wait_for_owner(lambda: self.creator.read_owner(id_), owner, before=before, clock=self.clock)
        resumed = self._finished(
            id_, owner, generation, lambda arn, tag: _unread(self.creator.resume(arn, tag))
        )
        if resumed is None:
            self.request.info(f"{id_} is gone or cannot be used; creating another one")
        return resumed

    def create(self, owner: OwnerTag, generation: int) -> LiveResource[InputsT, StateT]:
        """Create a new resource and finish it."""
        owner = owner.finished if self.creator.creates_in_one_call else owner
        try:
            id_ = self.creator.create(owner)
        except (NetworkFailure, ServiceInternalError) as error:
            id_ = self._created_all_the_same(owner, error)
        except OmicsComponentsError:
            raise
        except Exception as error:  # noqa: BLE001 whatever it is, AWS may have accepted the call
            id_ = self._created_all_the_same(owner, as_ours(error))
        found = self._finished(id_, owner, generation, self.creator.complete)
        assert found is not None  # noqa: S101 only what is resumed may be of no use
        return found

    def _created_all_the_same(self, owner: OwnerTag, error: OmicsComponentsError) -> str:
        """Return the resource that a call created whose answer was lost, by its serial.

        Raises:
            OmicsComponentsError: None is seen; *error*.
        """
        with contextlib.suppress(OmicsComponentsError):
            for id_, _ in self.creator.find(lambda tag: tag == owner, max_age_s=0):
                return id_
        raise error

    def _finished(
        self,
        id_: str,
        owner: OwnerTag,
        generation: int,
        work: Callable[[str, OwnerTag], LiveResource[InputsT, StateT] | None],
    ) -> LiveResource[InputsT, StateT] | None:
        """Do the work on a resource that AWS has, and take its unfinished mark away.

        From here on the state must have the resource, whatever happens.
        """
        found: LiveResource[InputsT, StateT] | None = None
        try:
            found = work(id_, owner)
            if found is None:
                return None
            self._finish(id_, owner, found.owner)
        except Undone as undone:
            raise undone.cause from undone
        except OwnershipConflict:
            raise  # it is someone else's: no state of ours may have it
        except Exception as error:
            self._finish_at_least(id_, owner)  # raises OwnershipConflict, too
            sketch = found or self.creator.sketch(id_, owner)
            known = dataclasses.replace(sketch, owner=owner.finished, generation=generation)
            raise InitFailed(known, as_ours(error)) from error
        return dataclasses.replace(found, owner=owner.finished, generation=generation)

    def _finish(self, id_: str, owner: OwnerTag, seen: OwnerTag | None) -> None:
        """Make the creation's last call, if the resource is still this creation's.

        Args:
            id_: The resource.
            owner: What this creation wrote.
            seen: The live tag, if it was read after all else was done.

        Raises:
            OwnershipConflict: It is another one's by now.
        """

        def read() -> OwnerTag | None:
            return self.creator.read_owner(id_)

        if seen is None:  # a new tag may not be seen everywhere yet
            seen = look_until(bool, read, within_s=MAX_TAG_LAG_S, clock=self.clock)
        if seen is not None and not seen.is_same_owner(owner):
            raise _taken_over(id_, seen)
        if not owner.is_unfinished:  # the call that created it was the last one
            return
        self.request.require_engine()
        self.creator.write_owner(id_, owner.finished)
        wait_for_owner(read, owner.finished, before=owner, clock=self.clock)

    def _finish_at_least(self, id_: str, owner: OwnerTag) -> None:
        """Take the mark away from what the state will have, if that is possible.

        Where it is not, the next update does it.

        Raises:
            OwnershipConflict: It is another one's by now.
        """
        live: OwnerTag | None = None
        with contextlib.suppress(Exception):
            self.request.require_engine()
            live = self.creator.read_owner(id_)
            if live is not None and live.is_unfinished and live.is_same_owner(owner):
                self.creator.write_owner(id_, owner.finished)
        if live is not None and not live.is_same_owner(owner):
            raise _taken_over(id_, live)


def _taken_over(id_: str, live: OwnerTag) -> OwnershipConflict:
    return OwnershipConflict(
        f"another stack or process resumed the creation of {id_} ({live}), and has it now",
        advice="If this is another stack of the same name, rename the resource here.",
    )


def _unread(found: LiveResource[InputsT, StateT] | None) -> LiveResource[InputsT, StateT] | None:
    """Forget the owner tag that was read before the resource was brought in line."""
    return found and dataclasses.replace(found, owner=None)


def as_ours(error: Exception) -> OmicsComponentsError:
    """Return any error as one of ours: what it is called and says."""
    if isinstance(error, OmicsComponentsError):
        return error
    return ServiceInternalError(
        f"unexpected {type(error).__name__}: {error}",
        advice="If it happens again, please report it with this message.",
    )
