"""The six questions an engine asks of a kind of resource, in typed models.

Handlers are engine-neutral: they see no unknown values but by name, no hidden keys and no floats.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from omics_components.aws.client import Aws
from omics_components.errors import (
    NotFound,
    OmicsComponentsError,
    ResourceConflict,
)
from omics_components.schema.base import Model, State
from omics_components.schema.delta import Delta
from omics_components.schema.duration import Timeouts
from omics_components.schema.owner_tag import OwnerTag
from omics_components.schema.validation import Path, Validation

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


@dataclass(frozen=True)
class EngineRequest:
    """Where a resource comes from, beside its inputs.

    Args:
        identity: Who declared it: backend, organization and URN. "" for states without one.
        timeouts: How long each step may take.
        generation: How many resources of this declaration are known to have come before.
        info: Tells the user one line: what goes on that no diff shows.
        is_of_another: Says of an id whether another resource of the program has it, so that no
            creation of this one can have left it.
        require_engine: Raises if the engine has died, which then records nothing any more.
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


def describe_contents(
    ask: Callable[[], str | ResourceConflict],
    *,
    otherwise: str,
    require_same_account: Callable[[], None],
    is_certain: bool,
) -> str:
    """Ask AWS in a preview what the old one of a replacement holds, if AWS can be asked.

    Whatever keeps AWS from answering is part of the line, and never fails the preview.

    Args:
        ask: Asks, and returns it in words, or the error if it must not be deleted.
        otherwise: What happens to it, where its contents are unknown.
        require_same_account: Raises where "it is not there" says nothing.
        is_certain: Whether it is known to be replaced; False if only an update will know.

    Raises:
        ResourceConflict: It is known to be replaced, and must not be deleted.
    """
    try:
        try:
            old = ask()
        except NotFound:
            require_same_account()
            return "the old one is gone already"
    except OmicsComponentsError as error:
        return f"the contents of the old one are unknown, and {otherwise}: {error}"
    if isinstance(old, str):
        return old
    if is_certain:
        raise old
    return f"{old.message}, so the update will fail if it would replace it"


def not_empty(said: str, what: str, conflict: ResourceConflict | None = None) -> ResourceConflict:
    """Return the error of a deletion that would lose what is in a resource.

    Args:
        said: What is in it.
        what: The kind of resource, as it stands in the advice: ``store``.
        conflict: What the service said of it, where it was asked to delete it.
    """
    return ResourceConflict(
        said,
        code=conflict.code if conflict else None,
        request_id=conflict.request_id if conflict else None,
        advice="Delete them first, set force_destroy and run an update to have all of them "
        f"deleted, or keep the {what} with the resource option retain_on_delete.",
    )


def warn_replacement(
    request: EngineRequest, what: str, because: str, loss: str, *, is_certain: bool
) -> None:
    """Warn in one line what a replacement loses: a preview shows properties only.

    Args:
        request: Tells the user.
        what: What is replaced.
        because: Why.
        loss: What is lost by it, and what is not.
        is_certain: Whether it is known to be replaced; False if only an update will know.
    """
    verb = "replaces" if is_certain else "may replace"
    request.info(f"{verb} {what} because {because}: {loss}")


class Handler(Protocol[InputsT, StateT]):
    """One kind of resource."""

    inputs_type: type[InputsT]
    state_type: type[StateT]
    kind: str
    """What the resource is, in errors: ``sequence store``."""
    owner_permission: str
    """The IAM action that reads the owner tag."""

    def __init__(self, aws: Aws) -> None:
        """Take the way into AWS; nothing is called yet."""

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
        ...

    def diff(self, id_: str, recorded: StateT, desired: InputsT, unknown: Collection[str]) -> Delta:
        """Report which fields differ and which of them replace, without any call to AWS.

        Args:
            id_: The Pulumi id.
            recorded: The state.
            desired: The inputs, checked.
            unknown: Python names of the desired fields that are unknown.
        """
        ...

    def read_owner(self, id_: str, recorded: StateT) -> OwnerTag | None:
        """Read the owner tag of a resource; None if it has none.

        Args:
            id_: The Pulumi id.
            recorded: The state.

        Raises:
            NotFound: The resource is gone.
            AccessDenied: The caller may not read its tags.
        """
        ...

    def write_owner(self, id_: str, recorded: StateT, owner: OwnerTag) -> None:
        """Write an owner tag on a resource, in place of the one that it has."""
        ...

    def check_replacement(
        self,
        id_: str,
        recorded: StateT,
        because: str,
        request: EngineRequest,
        *,
        is_certain: bool = True,
    ) -> None:
        """Warn what a replacement loses, and refuse it if that is data.

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

    def create(self, desired: InputsT, request: EngineRequest) -> LiveResource[InputsT, StateT]:
        """Make the resource, or go on with one that an interrupted creation left; read it back.

        Raises:
            OmicsComponentsError: It could not be made, and nothing is left behind.
            InitFailed: It was made, but not finished.
        """
        ...

    def id_of(self, reference: str, desired: InputsT) -> str:
        """Return the Pulumi id of the resource that a user names, by ARN or by id.

        Raises:
            InvalidRequest: *reference* names no resource of this kind.
        """
        ...

    def read(self, id_: str, recorded: StateT | None) -> LiveResource[InputsT, StateT] | None:
        """Look at the resource; None if it is gone.

        Args:
            id_: The Pulumi id, or for a look without ownership what the user gave.
            recorded: The state; None for a look without ownership.
        """
        ...

    def update(
        self, id_: str, recorded: StateT, desired: InputsT, request: EngineRequest
    ) -> StateT:
        """Bring the resource from *recorded* to *desired* in place."""
        ...

    def delete(self, id_: str, recorded: StateT, request: EngineRequest) -> None:
        """Delete the resource; one that is gone counts as deleted."""
        ...
