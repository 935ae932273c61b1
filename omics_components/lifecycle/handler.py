"""The handler of a kind of resource: what an engine asks of it, and the skeleton that all share.

Handlers are engine-neutral: they see no unknown values but by name, no hidden keys and no floats.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import ClassVar, Generic, Protocol, TypeVar

from omics_components.aws.client import Aws
from omics_components.aws.wait import SYSTEM_CLOCK, Clock
from omics_components.errors import InvalidRequest, NotFound, error_context
from omics_components.lifecycle.default_tags import (
    Tagged,
    attribute_to_default_tags,
    own_tags,
    with_default_tags,
)
from omics_components.lifecycle.region import missing_region, with_region
from omics_components.lifecycle.same_account import require_same_account
from omics_components.schema.base import Model, State, wire_name
from omics_components.schema.delta import Delta
from omics_components.schema.duration import Timeouts
from omics_components.schema.owner_tag import OwnerTag
from omics_components.schema.validation import Path, Validation, validate

T = TypeVar("T")

InputsT = TypeVar("InputsT", bound=Model)
StateT = TypeVar("StateT", bound=State)


def _say_nothing(_line: str) -> None:
    pass


def _know_nothing(_id: str) -> bool:
    return False


def _record_nothing(_id: str) -> OwnerTag | None:
    return None


def _engine_lives() -> None:
    pass


def _is_owner() -> None:
    pass


@dataclass(frozen=True)
class EngineRequest:
    """Who asks for a step on a resource, and what the engine knows of it.

    Args:
        identity: Who declared it: backend, organization and URN. "" for states without one.
        timeouts: How long each step may take.
        generation: How many resources of this declaration are known to have come before.
        info: Tells the user one line: what goes on that no diff shows.
        is_managed_elsewhere: Returns of an id whether another resource of the program has it, so
            that no creation of this one can have left it.
        require_engine: Raises if the engine has died, which then records nothing any more.
        require_owner: Raises if another stack or resource has taken over what is updated or
            deleted; asked before each call that changes something, after any waiting.
        owner: The owner tag that the resource carries, where it is updated.
        recorded_owner: Returns the owner tag that the state records for a live resource of the
            program, by its id.
        former_identity: The identity as versions spelled it whose owner tags have two parts.
        incomplete: The owner tag of what this process created for this declaration, and could not
            finish: an engine may ask for it once more.
    """

    identity: str = ""
    timeouts: Timeouts = field(default_factory=Timeouts)
    generation: int = 0
    info: Callable[[str], None] = _say_nothing
    is_managed_elsewhere: Callable[[str], bool] = _know_nothing
    require_engine: Callable[[], None] = _engine_lives
    require_owner: Callable[[], None] = _is_owner
    owner: OwnerTag | None = None
    recorded_owner: Callable[[str], OwnerTag | None] = _record_nothing
    former_identity: str = ""
    incomplete: OwnerTag | None = None


@dataclass(frozen=True)
class LiveResource(Generic[InputsT, StateT]):
    """A live resource.

    Args:
        id: Its Pulumi id.
        state: What AWS reports.
        inputs: The inputs that describe it, so that a refresh shows drift where the user looks.
        owner: Its owner tag; None without one.
        generation: Which resource of its declaration it is; counts for a creation only.
    """

    id: str
    state: StateT
    inputs: InputsT
    owner: OwnerTag | None = None
    generation: int = 0


class Location(Protocol):
    """Where a resource is: an ARN, for most kinds."""

    @property
    def account(self) -> str:
        """The account that owns it."""
        ...

    @property
    def region(self) -> str:
        """Its region."""
        ...


class Handler(ABC, Generic[InputsT, StateT]):
    """One kind of resource.

    The handler of a kind subclasses this, and nothing subclasses that. Its steps are public; the
    parts of a step that all kinds share are here, in the methods that begin with an underscore.

    Args:
        aws: The way into AWS.
        clock: Time, for the waiting.
    """

    inputs_type: type[InputsT]
    state_type: type[StateT]
    kind: ClassVar[str]
    """What the resource is, in errors: ``sequence store``."""
    owned: ClassVar[str]
    """What an account owns of it, in errors: ``the store``."""
    owner_permission: ClassVar[str]
    """The IAM action that reads the owner tag."""
    computed: ClassVar[Collection[str]] = ()
    """Python names of the inputs that no program sets."""

    def __init__(self, aws: Aws, clock: Clock = SYSTEM_CLOCK) -> None:
        self._aws = aws
        self.clock = clock
        self._defaults = dict(aws.settings.default_tags)

    @abstractmethod
    def check(
        self,
        old: Mapping[str, object],
        new: Mapping[str, object],
        unknown: Collection[Path],
    ) -> Validation[InputsT]:
        """Validate what a program wrote, without any call to AWS.

        Args:
            old: The inputs of the last run; empty for a creation.
            new: The inputs of this run, in wire names.
            unknown: Paths in *new* whose values only an update will know.
        """

    @abstractmethod
    def diff(self, id_: str, recorded: StateT, desired: InputsT, unknown: Collection[str]) -> Delta:
        """Return which fields differ and which of them replace, without any call to AWS.

        Args:
            id_: The Pulumi id.
            recorded: The state.
            desired: The inputs, checked.
            unknown: Python names of the desired fields that are unknown.
        """

    @abstractmethod
    def create(self, desired: InputsT, request: EngineRequest) -> LiveResource[InputsT, StateT]:
        """Create the resource, or resume what an interrupted creation left; read it back.

        Raises:
            OmicsComponentsError: It could not be created, and nothing is left behind.
            InitFailed: It was created, but not finished.
        """

    @abstractmethod
    def check_reference(self, reference: str) -> None:
        """Require that a reference can name a resource of this kind; previews call this.

        Raises:
            InvalidRequest: It is neither an ARN nor an id of this kind.
        """

    @abstractmethod
    def id_of(self, reference: str, desired: InputsT) -> str:
        """Return the Pulumi id of the resource that a user names, by ARN or by id.

        Raises:
            InvalidRequest: *reference* names no resource of this kind.
        """

    @abstractmethod
    def read_owner(self, id_: str, recorded: StateT) -> OwnerTag | None:
        """Read the owner tag of a resource; None if it has none.

        Args:
            id_: The Pulumi id.
            recorded: The state.

        Raises:
            NotFound: The resource is gone.
            AccessDenied: The caller may not read its tags.
        """

    @abstractmethod
    def write_owner(self, id_: str, recorded: StateT, owner: OwnerTag) -> None:
        """Write an owner tag on a resource, in place of the one that it has."""

    @abstractmethod
    def check_replacement(
        self,
        id_: str,
        recorded: StateT,
        because: str,
        request: EngineRequest,
        *,
        is_certain: bool = True,
    ) -> None:
        """Report what a replacement loses, and refuse it if that is data.

        The only part of a preview that asks AWS.

        Args:
            id_: The Pulumi id of the resource that is replaced.
            recorded: Its state.
            because: Why it is replaced, such as ``region changes``.
            request: Who declares it; tells the user.
            is_certain: Whether it is known to be replaced. False if each property that would
                replace it is unknown: the preview must pass then, and the update decides.

        Raises:
            ResourceConflict: It is known to be replaced, and holds data.
        """

    @abstractmethod
    def read(self, id_: str, recorded: StateT | None) -> LiveResource[InputsT, StateT] | None:
        """Look at the resource; None if it is gone.

        Args:
            id_: The Pulumi id, or for a look without ownership what the user gave.
            recorded: The state; None for a look without ownership.
        """

    @abstractmethod
    def update(
        self, id_: str, recorded: StateT, desired: InputsT, request: EngineRequest
    ) -> StateT:
        """Bring the resource from *recorded* to *desired* in place."""

    @abstractmethod
    def delete(self, id_: str, recorded: StateT, request: EngineRequest) -> None:
        """Delete the resource; one that is gone counts as deleted."""

    @abstractmethod
    def _inputs_from_state(self, id_: str, state: StateT) -> InputsT:
        """Return the inputs that would describe a state, without validation."""

    def _validate(
        self, new: Mapping[str, object], unknown: Collection[Path]
    ) -> Validation[InputsT]:
        """Validate inputs with the region and the stack's default tags filled in. No call to AWS.

        Args:
            new: The inputs, in wire names.
            unknown: Paths in *new* whose values only an update will know.
        """
        computed = {wire_name(self.inputs_type, name) for name in self.computed}
        given = {name: value for name, value in new.items() if name not in computed}
        given = with_region(self._aws, given, unknown)
        completed = with_default_tags(self._defaults, given, unknown)
        validation = validate(self.inputs_type, *completed)
        failures = tuple(attribute_to_default_tags(validation.failures))
        return dataclasses.replace(validation, failures=failures).with_failures(
            missing_region(given, unknown)
        )

    def _error_context(self, verb: str, *names: str | None) -> AbstractContextManager[None]:
        """Name a step in every error: verb, kind, and in parentheses the names that are known."""
        known = ", ".join(name for name in names if name)
        return error_context(f"{verb} {self.kind}{f' ({known})' if known else ''}")

    def _parse(self, parse: Callable[[str], T], id_: str, advice: str) -> T:
        """Parse an id that a user may have given.

        Raises:
            InvalidRequest: It is not an id of this kind.
        """
        try:
            return parse(id_)
        except ValueError as error:
            raise InvalidRequest(str(error), advice=advice) from None

    def _unless_gone(
        self,
        call: Callable[[], T],
        location: Location,
        recorded: StateT | None,
        advice: str = "Check the ARN.",
    ) -> T | None:
        """Look at a resource, or delete it; None if it is gone.

        Args:
            call: Looks or deletes.
            location: Where the resource would be.
            recorded: The state; None for a look without ownership, where absence is an error.
            advice: The advice of that error, unless it has its own.

        Raises:
            NotFound: It is missing, and nothing is recorded of it.
            InvalidCredentials: It is missing, and the caller is of another account.
        """
        try:
            return call()
        except NotFound as error:
            self._require_same_account(location)
            if recorded is None:
                error.advice = error.advice or advice
                raise
            return None

    def _split_tags(
        self, live: Mapping[str, str], declared: Tagged
    ) -> tuple[dict[str, str] | None, dict[str, str] | None]:
        """Return the state's ``tags`` and ``tags_all`` for the live tags; see ``own_tags``."""
        tags_all = dict(sorted(live.items())) if self._defaults else None
        return own_tags(self._defaults, live, declared) or None, tags_all

    def _require_same_account(self, location: Location) -> None:
        require_same_account(
            self._aws, account=location.account, region=location.region, what=self.owned
        )

    def _live(
        self, id_: str, state: StateT, owner: OwnerTag | None = None
    ) -> LiveResource[InputsT, StateT]:
        """Return a live resource that is in a state."""
        return LiveResource(id_, state, self._inputs_from_state(id_, state), owner)

    def _reconcile(
        self,
        found: LiveResource[InputsT, StateT],
        desired: InputsT,
        request: EngineRequest,
    ) -> LiveResource[InputsT, StateT] | None:
        """Bring a live resource in line with the program; None if only a new one can be."""
        difference = self.diff(found.id, found.state, desired, ())
        if difference.replaces:
            return None
        if not difference:
            return found
        state = self.update(found.id, found.state, desired, request)
        return self._live(found.id, state, found.owner)
