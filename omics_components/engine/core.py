"""What any engine needs, decided once: ownership, interrupted updates, renames, adoption.

A front (``dynamic``) translates an engine's requests into these types, and the results back. Why an
engine creates and deletes, it does not say; ``memory`` keeps what tells the reasons apart.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, NoReturn

from omics_components.aws.changes import noted_changes
from omics_components.aws.client import Aws
from omics_components.engine import messages
from omics_components.engine.memory import ProcessMemory
from omics_components.errors import (
    InitFailed,
    NotFound,
    OmicsComponentsError,
    OwnershipConflict,
    error_context,
)
from omics_components.lifecycle.adoption import adopt
from omics_components.lifecycle.fence import OwnerCheck, require_owner, wait_for_owner
from omics_components.lifecycle.handler import (
    EngineRequest,
    Handler,
    InputsT,
    LiveResource,
    StateT,
)
from omics_components.lifecycle.region import required_region
from omics_components.schema.base import wire_name
from omics_components.schema.delta import create_only_values
from omics_components.schema.duration import Timeouts
from omics_components.schema.owner_tag import Claim, OwnerTag
from omics_components.schema.validation import Path, Validation


@dataclass(frozen=True)
class Declaration:
    """What a program declares of a resource besides its inputs.

    Args:
        identity: Who declares it: backend, organization and URN. "" for states without one.
        timeouts: How long each step may take.
        adopts: What the option ``import_`` names, an ARN or an id; "" without the option.
        is_retained: Whether the option ``retain_on_delete`` is set.
        has_access_policy: Whether a component declares the store's access policy, too.
    """

    identity: str = ""
    timeouts: Timeouts = field(default_factory=Timeouts)
    adopts: str = ""
    is_retained: bool = False
    has_access_policy: bool = False


@dataclass(frozen=True)
class Record:
    """What a state records of a resource besides its outputs.

    Args:
        identity: Who declared it when it was created, or last renamed.
        owner: The owner tag that this state wrote. What AWS shows later never changes it.
        generation: How many resources of the declaration came before.
        is_incomplete: Whether the last step was interrupted, so that what is recorded may differ
            from what is there.
        adopted_as: What the option ``import_`` named when it was adopted.
    """

    identity: str = ""
    owner: OwnerTag | None = None
    generation: int = 0
    is_incomplete: bool = False
    adopted_as: str = ""

    def is_renamed(self, declaration: Declaration) -> bool:
        """Return whether a resource with an owner tag is declared by another URN than it was.

        The URN decides: what is before it may differ from machine to machine.
        """
        old, new = _urn(self.identity), _urn(declaration.identity)
        return self.owner is not None and "" not in {old, new} and old != new

    def adopts_another(self, declaration: Declaration, id_: str) -> bool:
        """Return whether ``import_`` names another resource than the state has.

        A resource that was adopted by this option, or in place of such a one, records it.
        """
        return (
            declaration.adopts not in {"", self.adopted_as}
            and re.split("[:/]", declaration.adopts)[-1] != re.split("[:/]", id_)[-1]
        )


@dataclass(frozen=True)
class Difference:
    """What a change of a resource is, by wire names.

    Args:
        changed: Inputs that differ.
        replaces: Those of them that replace the resource.
        is_resumed: The last update was interrupted, and is resumed.
        is_renamed: The owner tag is updated after a rename.
    """

    changed: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    is_resumed: bool = False
    is_renamed: bool = False

    def __bool__(self) -> bool:
        return bool(self.changed or self.replaces or self.is_resumed or self.is_renamed)


class Partial(Exception, Generic[StateT]):
    """A step failed after AWS had changed something: the engine must record what is there.

    Args:
        cause: What the user reads.
        id: Id of the resource.
        state: Its outputs.
        record: What is recorded besides.
    """

    def __init__(
        self, cause: OmicsComponentsError, id_: str, state: StateT, record: Record
    ) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.id = id_
        self.state = state
        self.record = record


@dataclass(frozen=True)
class EngineCore(Generic[InputsT, StateT]):
    """Answers an engine's requests for one kind of resource by asking its handler.

    Args:
        handler_type: The kind of resource.
        connect: Returns the way into AWS; called when it is first needed.
        memory: What this process remembers.
        info: Shows the user one line: what no diff shows.
        require_engine: Raises if the engine has died, which then records nothing any more.
        adoptable: Ids that may be adopted although others made them.
        former_identity: Returns an identity as versions spelled it whose owner tags have two parts.
        tags_unowned: Whether an update writes an owner tag where there is none, and none recorded:
            the engine's own import only reads.
    """

    handler_type: Callable[[Aws], Handler[InputsT, StateT]]
    connect: Callable[[], Aws]
    memory: ProcessMemory
    info: Callable[[str], None]
    require_engine: Callable[[], None]
    adoptable: Collection[str] = ()
    former_identity: Callable[[str], str] = str
    tags_unowned: bool = False

    @property
    def handler(self) -> Handler[InputsT, StateT]:
        """The handler of the kind."""
        return self.handler_type(self.connect())

    def check(
        self,
        declaration: Declaration,
        recorded: Mapping[str, object],
        declared: Mapping[str, object],
        unknown: Collection[Path],
    ) -> Validation[InputsT]:
        """Validate and complete the inputs. Previews call this; it calls nothing.

        Args:
            declaration: What is declared besides the inputs.
            recorded: The inputs of the last run; empty for a creation.
            declared: The inputs of this run.
            unknown: Where values stand that only an update will know.
        """
        handler = self.handler
        if declaration.adopts:
            with error_context(f"adopting {declaration.adopts}"):
                handler.check_reference(declaration.adopts)
        validation = handler.check(recorded, declared, unknown)
        self.memory.mark_declared(declaration.identity)
        is_first = not recorded and self.memory.replaced(declaration.identity) is None
        if is_first and declaration.adopts:
            self.info(messages.adopts(declaration.adopts))
        return validation

    def diff(
        self,
        id_: str,
        recorded: StateT,
        record: Record,
        desired: Validation[InputsT],
        declaration: Declaration,
        *,
        declared_before: Declaration,
    ) -> Difference:
        """Report what changes and what that replaces. Previews call this; it calls nothing.

        But for a replacement that the program asks for: AWS is asked whether data would be lost.
        What is known to replace is refused then; of what may replace, the update decides.
        """
        handler, identity = self.handler, declaration.identity
        delta = handler.diff(id_, recorded, desired.inputs, desired.unknown)
        replaces = {name: wire_name(handler.inputs_type, name) for name in delta.replaces}
        is_certain = not replaces.keys() <= set(desired.unknown)
        difference = Difference(
            tuple(wire_name(handler.inputs_type, name) for name in delta.changed),
            tuple(replaces.values()),
            is_resumed=record.is_incomplete,
            is_renamed=not replaces and record.is_renamed(declaration),
        )
        if replaces:
            self.memory.mark_replaced(identity, id_, record.generation, record.adopted_as or None)
        else:
            self.memory.mark_kept(identity, id_, record.owner)
        if not self.memory.is_declared(identity):  # a refresh has nothing to report
            return difference
        for line in _lines(id_, difference, declaration, declared_before):
            self.info(line)
        if replaces:
            because = messages.reason(replaces, desired.unknown)
            if declared_before.is_retained:
                self.info(messages.retains(id_, because, is_certain=is_certain))
            else:
                request = self._request(declaration)
                handler.check_replacement(id_, recorded, because, request, is_certain=is_certain)
        if record.adopts_another(declaration, id_) and (is_certain or not replaces):
            adopts = declaration.adopts
            self.info(messages.adopts(adopts) if replaces else messages.ignores(adopts, id_))
        return difference

    def replace_kept(
        self, id_: str, recorded: StateT, record: Record, declaration: Declaration
    ) -> None:
        """Prepare the replacement of a resource that ``diff`` has just kept.

        The engine does that where the program asks for it: ``replace_on_changes`` for example. The
        creation that follows is one of the next generation.

        Raises:
            ResourceConflict: The resource holds data.
        """
        self.memory.mark_replaced_unasked(declaration.identity, id_, record.generation)
        request = self._request(declaration)
        self.handler.check_replacement(id_, recorded, messages.ASKED_FOR, request, is_certain=True)

    def create(
        self, inputs: InputsT, declaration: Declaration
    ) -> tuple[LiveResource[InputsT, StateT], Record]:
        """Create the resource, or adopt it.

        Raises:
            Partial: It is there, and could not be finished.
        """
        handler, request = self.handler, self._request(declaration)
        identity, reference = declaration.identity, declaration.adopts
        try:
            if reference and self._is_adopted(reference, handler, inputs, identity):
                from_others = reference in self.adoptable
                found = adopt(handler, reference, inputs, request, from_others=from_others)
            else:
                found = handler.create(inputs, request)
        except InitFailed as failed:
            left = failed.found
            self.memory.mark_incomplete(identity, left.id, left.owner)
            record = dataclasses.replace(_record_of(left, declaration), is_incomplete=True)
            raise Partial(failed, left.id, left.state, record) from failed
        self.memory.mark_created(identity, found.id, found.owner)
        return found, _record_of(found, declaration)

    def read(
        self, id_: str, recorded: StateT | None, record: Record
    ) -> tuple[LiveResource[InputsT, StateT], Record] | None:
        """Look at the resource; None if it is gone.

        Args:
            id_: Its id; without a state, what names it: an ARN or an id of this kind.
            recorded: The state; None for a look without ownership.
            record: What the state records besides.
        """
        handler = self.handler
        if recorded is None:
            with error_context(f"reading {handler.kind} ({id_})"):
                id_ = self._id_of(id_)
        found = handler.read(id_, recorded)
        if found is None:
            return None
        is_unfinished = found.owner is not None and found.owner.is_unfinished
        is_incomplete = record.is_incomplete and is_unfinished
        return found, dataclasses.replace(record, is_incomplete=is_incomplete)

    def _id_of(self, reference: str) -> str:
        """Return the id of a resource that a program or a command names."""
        handler = self.handler
        inputs = handler.inputs_type
        region = self.connect().default_region() if "region" in inputs.model_fields else None
        known: dict[str, Any] = {"region": region} if region else {}
        return handler.id_of(reference, inputs.model_construct(None, **known))

    def update(
        self,
        id_: str,
        recorded: StateT,
        record: Record,
        inputs: InputsT,
        declaration: Declaration,
    ) -> tuple[StateT, Record]:
        """Change the resource in place, or resume one whose creation was interrupted.

        A resource whose declaration was renamed or moved gets the owner tag of the new one: a new
        declaration of the old name would take it for one of its own.

        Raises:
            Partial: It failed, and changed something before.
        """
        handler = self.handler
        owner, record = self._own(id_, recorded, record, inputs, declaration)
        check = OwnerCheck(lambda: require_owner(handler, id_, recorded, owner), handler.clock)
        if record.is_incomplete:
            found = handler.read(id_, recorded)
            if found is None:
                raise NotFound(
                    f"the update of {id_} was interrupted, and the resource no longer exists",
                    advice=_RECREATED,
                )
            recorded = found.state
        request = dataclasses.replace(self._request(declaration), owner=owner, require_owner=check)
        with noted_changes() as changes:
            try:
                state = handler.update(id_, recorded, inputs, request)
            except OmicsComponentsError as error:
                self._raise_partial(error, id_, recorded, record, is_begun=bool(changes))
        return state, dataclasses.replace(record, is_incomplete=False)

    def delete(self, id_: str, recorded: StateT, record: Record, declaration: Declaration) -> None:
        """Delete the resource, if this state still manages it.

        The owner tag in AWS decides that. What this process knows to be live is kept, too: after a
        forced replacement that was interrupted, a state may name a live id for deletion.
        """
        handler, request = self.handler, self._request(declaration)
        if self.memory.is_live(id_):
            self.info(messages.keeps(id_, has_triggers=_has_triggers(handler)))
            return
        self.memory.retire(declaration.identity, record.generation)

        def require() -> None:
            with error_context(f"deleting {_described(handler, id_, recorded)}"):
                require_owner(handler, id_, recorded, record.owner)

        try:
            with contextlib.suppress(NotFound):  # the handler knows of which account one is gone
                require()
            check = OwnerCheck(require, handler.clock)
            handler.delete(id_, recorded, dataclasses.replace(request, require_owner=check))
        except OwnershipConflict as conflict:
            self.info(messages.leaves(id_, conflict.message))

    def _own(
        self,
        id_: str,
        recorded: StateT,
        record: Record,
        inputs: InputsT,
        declaration: Declaration,
    ) -> tuple[OwnerTag | None, Record]:
        """Require the recorded owner tag; bring it in line with a rename, and finish it.

        Returns:
            The live tag, and the record with it.
        """
        handler = self.handler
        renamed: OwnerTag | None = None
        if record.owner is not None and record.is_renamed(declaration):
            renamed = record.owner.renamed(self._claim(inputs, declaration, record.generation))
        with error_context(f"updating {_described(handler, id_, recorded)}"):
            try:
                live = require_owner(handler, id_, recorded, record.owner, renamed=renamed)
            except NotFound as gone:
                gone.advice = _RECREATED
                raise
            owner = live
            if renamed and live != renamed:
                owner = renamed
            elif live and live.is_unfinished:
                owner = live.finished
            elif live is None and self.tags_unowned:
                claim = self._claim(inputs, declaration, record.generation)
                owner = OwnerTag.draw(claim).finished
            if owner is not None and owner != live:
                handler.write_owner(id_, recorded, owner)
                wait_for_owner(
                    lambda: handler.read_owner(id_, recorded),
                    owner,
                    before=live,
                    clock=handler.clock,
                )
        identity = declaration.identity if renamed or not record.identity else record.identity
        return owner, dataclasses.replace(record, owner=owner or record.owner, identity=identity)

    def _raise_partial(
        self,
        error: OmicsComponentsError,
        id_: str,
        recorded: StateT,
        record: Record,
        *,
        is_begun: bool,
    ) -> NoReturn:
        """End an update that failed; if it changed something, let the engine record what is.

        Otherwise the engine keeps what was recorded before: a program that is put back would seem
        to have nothing to do.

        Args:
            error: Why it failed.
            id_: The resource.
            recorded: Its state.
            record: What the state records besides.
            is_begun: Whether a request of the update may have taken effect.
        """
        handler = self.handler
        try:
            found = handler.read(id_, recorded)
        except OmicsComponentsError:
            if is_begun:
                refresh = "Part of the update may have been done: run pulumi refresh."
                error.advice = " ".join(filter(None, (error.advice, refresh)))
            raise error from None
        if found is None:
            error.advice = _RECREATED
            raise error
        if not handler.diff(id_, recorded, found.inputs, ()):
            raise error
        record = dataclasses.replace(record, is_incomplete=True)
        raise Partial(error, id_, found.state, record) from error

    def _is_adopted(
        self, reference: str, handler: Handler[InputsT, StateT], inputs: InputsT, identity: str
    ) -> bool:
        """Return whether ``import_`` asks for an adoption, or is left over from an earlier one."""
        replaced = self.memory.replaced(identity)
        if replaced is None:
            return True
        return reference != replaced.imported_as and (
            handler.id_of(reference, inputs) != replaced.id
        )

    def _claim(self, inputs: InputsT, declaration: Declaration, generation: int) -> Claim:
        region = required_region(getattr(inputs, "region", None))
        return Claim.of(
            declaration.identity,
            principal=self.connect().principal(region),
            create_only=create_only_values(inputs),
            generation=generation,
        )

    def _request(self, declaration: Declaration) -> EngineRequest:
        identity = declaration.identity
        return EngineRequest(
            identity,
            declaration.timeouts,
            self.memory.generation(identity),
            self.info,
            functools.partial(self.memory.is_managed_elsewhere, identity),
            self.require_engine,
            recorded_owner=self.memory.recorded_owner,
            former_identity=self.former_identity(identity),
            incomplete=self.memory.incomplete(identity),
        )


def adoptable_ids(configured: object) -> frozenset[str]:
    """Read the setting ``takeOver``: comma-separated ids that may be adopted from others."""
    return frozenset(id_.strip() for id_ in str(configured or "").split(","))


_RECREATED = "Run pulumi refresh; the next update then creates it again."


def _record_of(found: LiveResource[Any, Any], declaration: Declaration) -> Record:
    return Record(
        declaration.identity,
        found.owner.finished if found.owner else None,
        found.generation,
        adopted_as=declaration.adopts,
    )


def _lines(
    id_: str, difference: Difference, declaration: Declaration, declared_before: Declaration
) -> list[str]:
    """Compose what a diff does not show of a change that replaces nothing, or resumes."""
    lines = []
    if difference.is_resumed:
        lines.append(messages.goes_on(id_, difference.changed))
    if difference.is_renamed:
        lines.append(messages.renames(id_))
    is_policy_lost = declared_before.has_access_policy and not declaration.has_access_policy
    if not difference.replaces and is_policy_lost and not declared_before.is_retained:
        lines.append(messages.shuts_out(id_))  # a policy that is retained stays in force
    return lines


def _described(handler: Handler[Any, Any], id_: str, recorded: object) -> str:
    """Name a resource in an error: kind, name and id."""
    name = getattr(recorded, "name", None) or getattr(recorded, "alias", None)
    return f"{handler.kind} ({f'{name}, ' if name else ''}{id_})"


def _has_triggers(handler: Handler[Any, Any]) -> bool:
    return "replace_triggers" in handler.inputs_type.model_fields


def _urn(identity: str) -> str:
    """Return the part of an identity that is the same on every machine."""
    return identity.partition("|urn:")[2]
