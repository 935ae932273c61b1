"""Between Pulumi's provider protocol and the core, for one kind of resource.

The engine says more to a native provider than to a dynamic one: URN, timeouts, and whether it only
previews. What a state holds besides outputs has the same hidden keys on both fronts, so a state
passes from one to the other by an alias.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2

from omics_components.aws.client import Aws
from omics_components.engine import messages
from omics_components.engine.core import Declaration, EngineCore, Partial, Record
from omics_components.engine.derived import derived_properties
from omics_components.engine.dynamic.properties import inputs_of, state_of
from omics_components.engine.hidden_keys import (
    ACCESS_POLICY_KEY,
    IDENTITY_KEY,
    PROVIDER_KEY,
    RETAIN_KEY,
    TAGS_ALL_KEY,
    TIMEOUTS_KEY,
)
from omics_components.engine.memory import ProcessMemory
from omics_components.engine.native.cancellation import CancellableClock
from omics_components.engine.native.detailed_diff import detailed_diff
from omics_components.engine.native.identity import identity_of
from omics_components.engine.native.log import EngineLog
from omics_components.engine.native.outputs import Derived, of_creation, of_update
from omics_components.engine.native.settings import in_own_words
from omics_components.engine.native.wire import UNKNOWN, Properties, decode, encode
from omics_components.engine.recorded import former_identity, outputs_of, record_of
from omics_components.engine.watchdog import require_engine
from omics_components.lifecycle.handler import Handler
from omics_components.schema.base import State, field_specs, wire_name
from omics_components.schema.duration import Timeouts
from omics_components.schema.validation import validate

_NAMED_AFTER_RESOURCE = "the resource's name"
"""The default of a field that is named after the resource, as its ``FieldSpec`` says it."""

_NOT_KEPT = (PROVIDER_KEY, TIMEOUTS_KEY)
"""Hidden keys of dynamic states that a native one has no use for."""


@dataclass(frozen=True)
class NativeKind:
    """One kind of resource, as the native front needs it.

    Args:
        handler_type: Makes its handler, of a way into AWS and a clock.
        derived: Outputs that follow from the id.
        deletes_first: Whether a replacement deletes the old one first.
    """

    handler_type: Any
    derived: Derived
    deletes_first: bool = False


class Session:
    """What all kinds of one configured provider share.

    Args:
        aws: Returns the way into AWS.
        clock: Time, until the engine cancels.
        log: The engine's log.
        dynamic_tokens: Native type token -> the dynamic front's.
        adoptable: Ids that may be adopted although others made them.
    """

    def __init__(
        self,
        aws: Any,
        clock: CancellableClock,
        log: EngineLog,
        dynamic_tokens: Mapping[str, str],
        adoptable: frozenset[str] = frozenset(),
    ) -> None:
        self.aws = aws
        self.clock = clock
        self.log = log
        self.dynamic_tokens = dynamic_tokens
        self.adoptable = adoptable
        self.memory = ProcessMemory()


@dataclass(frozen=True)
class _Kept:
    """A resource that ``diff`` has kept.

    Args:
        id: Its id.
        state: What is recorded of it.
        record: What is recorded besides.
        is_changed: Whether an update must follow, or the engine replaces it for another reason.
    """

    id: str
    state: State
    record: Record
    is_changed: bool


class NativeResourceProvider:
    """Answers the engine for one kind of resource.

    Args:
        kind: The kind.
        session: What all kinds share.
    """

    def __init__(self, kind: NativeKind, session: Session) -> None:
        self._kind = kind
        self._session = session
        self._kept: dict[str, _Kept] = {}
        self._core: EngineCore[Any, Any] = EngineCore(
            self._handler,
            session.aws,
            session.memory,
            session.log.info,
            require_engine,
            session.adoptable,
            former_identity,
            tags_unowned=True,
        )

    def check(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        """Validate and complete the inputs. Calls nothing."""
        olds, news = decode(request.olds), decode(request.news)
        declaration = self._declaration(request.urn, news)
        hidden = {**news.hidden, IDENTITY_KEY: declaration.identity}
        all_tags = news.values.get(TAGS_ALL_KEY)
        declared = {key: value for key, value in news.values.items() if key != TAGS_ALL_KEY}
        recorded = {**olds.values, **olds.hidden}
        declared = {**derived_properties(recorded, {**declared, **hidden}), **declared}
        handler = self._core.handler
        for name, _, fact in field_specs(handler.inputs_type):
            wire = wire_name(handler.inputs_type, name)
            if fact.default == _NAMED_AFTER_RESOURCE and wire not in news.raw:
                declared[wire] = _name_in(request.urn)
        unknown = tuple(path for path in news.unknown if path[0] != TAGS_ALL_KEY)
        validation = self._core.check(declaration, olds.values, declared, unknown)
        inputs: dict[str, Any] = validation.inputs.to_wire()
        for name in validation.unknown:
            wire = wire_name(type(validation.inputs), name)
            inputs[wire] = news.raw.get(wire, UNKNOWN)
        if all_tags and all_tags == olds.values.get(TAGS_ALL_KEY) != declared.get("tags"):
            inputs[TAGS_ALL_KEY] = all_tags  # the engine put them back: ignore_changes
        for key in _NOT_KEPT:
            hidden.pop(key, None)
        return provider_pb2.CheckResponse(
            inputs=encode({**inputs, **hidden}, secret=news.secret),
            failures=[
                provider_pb2.CheckFailure(
                    property=failure.property_path, reason=in_own_words(failure.reason)
                )
                for failure in validation.failures
            ],
        )

    def diff(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        """Report what changes, how, and what that replaces; see ``EngineCore.diff``."""
        olds, news, old_inputs = (
            decode(request.olds),
            decode(request.news),
            decode(request.old_inputs),
        )
        handler, record = self._core.handler, record_of(olds.hidden)
        declaration = self._declaration(request.urn, news)
        recorded = state_of(handler, olds.values)
        self._kept.pop(declaration.identity, None)
        difference = self._core.diff(
            request.id,
            recorded,
            record,
            validate(handler.inputs_type, news.values, news.unknown),
            declaration,
            declared_before=self._declaration(request.urn, old_inputs),
        )
        if not difference.replaces and self._session.memory.is_declared(declaration.identity):
            self._kept[declaration.identity] = _Kept(request.id, recorded, record, bool(difference))
        response = provider_pb2.DiffResponse
        return response(
            changes=response.DIFF_SOME if difference else response.DIFF_NONE,
            replaces=difference.replaces,
            diffs=difference.changed,
            detailedDiff=detailed_diff(
                difference.changed,
                difference.replaces,
                outputs=olds.raw,
                old_inputs=old_inputs.raw,
                new_inputs=news.raw,
            ),
            hasDetailedDiff=True,
            deleteBeforeReplace=bool(difference.replaces) and self._kind.deletes_first,
        )

    def create(self, request: provider_pb2.CreateRequest) -> provider_pb2.CreateResponse:
        """Create the resource; in a preview, return what is known of it."""
        sent = decode(request.properties)
        declaration = self._declaration(request.urn, sent, create_s=request.timeout)
        kept = self._kept.pop(declaration.identity, None)
        if kept is not None and not declaration.is_retained:
            self._core.replace_kept(kept.id, kept.state, kept.record, declaration)
        if request.preview:
            derived = self._kind.derived("")
            values = of_creation(self._core.handler, _visible(sent.raw), derived)
            return provider_pb2.CreateResponse(properties=encode(values, secret=sent.secret))
        inputs = inputs_of(self._core.handler, sent.values)
        found, record = self._core.create(inputs, declaration)
        outputs = self._outputs(found.id, found.state, record)
        return provider_pb2.CreateResponse(
            id=found.id, properties=encode(outputs, secret=sent.secret)
        )

    def read(self, request: provider_pb2.ReadRequest) -> provider_pb2.ReadResponse:
        """Look at the resource: for a refresh, ``.get`` or an import. Those two have no record."""
        properties, inputs = decode(request.properties), decode(request.inputs)
        secret = properties.secret | inputs.secret
        if not properties.hidden:
            return self._import(request)
        handler = self._core.handler
        recorded = state_of(handler, properties.values)
        result = self._core.read(request.id, recorded, record_of(properties.hidden))
        if result is None:
            return provider_pb2.ReadResponse()
        found, record = result
        hidden = dict(inputs.hidden)
        return provider_pb2.ReadResponse(
            id=found.id,
            properties=encode(self._outputs(found.id, found.state, record), secret=secret),
            inputs=encode({**found.inputs.to_wire(), **hidden}, secret=secret),
        )

    def update(self, request: provider_pb2.UpdateRequest) -> provider_pb2.UpdateResponse:
        """Change the resource in place; in a preview, return what is known of it then."""
        olds, news = decode(request.olds), decode(request.news)
        declaration = self._declaration(request.urn, news, update_s=request.timeout)
        handler = self._core.handler
        recorded, secret = state_of(handler, olds.values), news.secret
        if request.preview:
            desired = validate(handler.inputs_type, news.values, news.unknown)
            delta = handler.diff(request.id, recorded, desired.inputs, desired.unknown)
            changed = {wire_name(handler.inputs_type, name) for name in delta.changed}
            values = of_update(handler, _visible(olds.raw), _visible(news.raw), changed)
            return provider_pb2.UpdateResponse(
                properties=encode({**values, **self._kind.derived(request.id)}, secret=secret)
            )
        inputs = inputs_of(handler, news.values)
        state, record = self._core.update(
            request.id, recorded, record_of(olds.hidden), inputs, declaration
        )
        outputs = self._outputs(request.id, state, record)
        return provider_pb2.UpdateResponse(properties=encode(outputs, secret=secret))

    def delete(self, request: provider_pb2.DeleteRequest) -> Empty:
        """Delete the resource, if this state still manages it."""
        properties = decode(request.properties)
        declaration = self._declaration(request.urn, properties, delete_s=request.timeout)
        kept = self._kept.pop(declaration.identity, None)
        recorded = state_of(self._core.handler, properties.values)
        if kept is not None and kept.id == request.id and kept.is_changed:
            # Deleted where its update was due: replace_on_changes with delete_before_replace.
            self._core.replace_kept(kept.id, kept.state, kept.record, declaration)
        self._core.delete(request.id, recorded, record_of(properties.hidden), declaration)
        return Empty()

    def partial_outputs(self, partial: Partial[Any], sent: Properties) -> Any:
        """Compose the outputs of what was interrupted."""
        outputs = self._outputs(partial.id, partial.state, partial.record)
        return encode(outputs, secret=sent.secret)

    def _import(self, request: provider_pb2.ReadRequest) -> provider_pb2.ReadResponse:
        identity = identity_of(request.urn, self._session.dynamic_tokens)
        result = self._core.read(request.id, None, Record(identity))
        if result is None:
            return provider_pb2.ReadResponse()
        found, record = result
        if found.owner is not None:
            self._session.log.info(messages.belongs(found.id, str(found.owner)))
        return provider_pb2.ReadResponse(
            id=found.id,
            properties=encode(self._outputs(found.id, found.state, record)),
            inputs=encode(found.inputs.to_wire()),
        )

    def _handler(self, aws: Aws) -> Handler[Any, Any]:
        handler: Handler[Any, Any] = self._kind.handler_type(aws, self._session.clock)
        return handler

    def _outputs(self, id_: str, state: State, record: Record) -> dict[str, Any]:
        return {**outputs_of(state, record, {}), **self._kind.derived(id_)}

    def _declaration(self, urn: str, sent: Properties, **limits_s: float) -> Declaration:
        """Compose what is declared besides the inputs.

        Args:
            urn: The resource.
            sent: Its inputs.
            limits_s: ``custom_timeouts`` of the step, in seconds (s); 0 without.
        """
        timeouts = Timeouts(**{step: limit for step, limit in limits_s.items() if limit})
        return Declaration(
            identity_of(urn, self._session.dynamic_tokens),
            timeouts,
            is_retained=bool(sent.hidden.get(RETAIN_KEY)),
            has_access_policy=ACCESS_POLICY_KEY in sent.hidden,
        )


def _visible(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in raw.items() if not key.startswith("__")}


def _name_in(urn: str) -> str:
    return urn.rpartition("::")[2]
