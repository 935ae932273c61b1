"""Between Pulumi's dynamic provider protocol and a handler: every oddity of the engine ends here.

- Values that a preview does not know arrive as ``Unknown`` objects at any depth; handlers get the
  rest, and the paths of those.
- Numbers arrive as floats.
- Keys that begin with ``__`` are hidden from the engine's displays; they carry what the program
  knows and AWS does not. ``__provider`` belongs to the SDK.
- An exception would reach the user as a traceback; ours go out as one sentence.
- Why the engine creates and deletes is not told; ``memory`` keeps what tells the reasons apart.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable
from typing import Any, NoReturn, ParamSpec, TypeVar

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    Config,
    CreateResult,
    DiffResult,
    ReadResult,
    UpdateResult,
)

from omics_components.aws.client import Aws, aws_for
from omics_components.aws.settings import AwsSettings
from omics_components.engine.dynamic import messages
from omics_components.engine.dynamic.backend import backend_digest, former_backend
from omics_components.engine.dynamic.call import end_call, end_call_incomplete, recorded_inputs
from omics_components.engine.dynamic.derived import derived_properties
from omics_components.engine.dynamic.hidden_keys import (
    ACCESS_POLICY_KEY,
    IDENTITY_KEY,
    IMPORT_KEY,
    RETAIN_KEY,
    TAGS_ALL_KEY,
    TIMEOUTS_KEY,
)
from omics_components.engine.dynamic.memory import ProcessMemory
from omics_components.engine.dynamic.properties import (
    Properties,
    inputs_of,
    known_values,
    split_unknowns,
    state_of,
    unknown_value,
)
from omics_components.engine.dynamic.watchdog import in_flight, require_engine
from omics_components.errors import (
    InitFailed,
    InvalidRequest,
    NotFound,
    OmicsComponentsError,
    OwnershipConflict,
    error_context,
)
from omics_components.lifecycle.adoption import adopt
from omics_components.lifecycle.fence import require_owner
from omics_components.lifecycle.handler import EngineRequest, Handler, LiveResource
from omics_components.lifecycle.region import required_region
from omics_components.schema.base import Model, State, wire_name
from omics_components.schema.delta import create_only_values
from omics_components.schema.duration import Timeouts
from omics_components.schema.owner_tag import Claim, OwnerTag
from omics_components.schema.validation import validate

GENERATION_KEY = "__generation"
"""Hidden output: how many resources of the declaration came before."""

OWNER_KEY = "__owner"
"""Hidden output: the owner tag that this state wrote. What AWS shows later never changes it."""

INCOMPLETE_KEY = "__incomplete"
"""Hidden output: the last step was interrupted; the live resource may differ from the state."""

TAKE_OVER_KEY = "omics-components:takeOver"
"""Stack configuration: comma-separated ids that may be adopted although others made them."""

_BORN_WITH = (IDENTITY_KEY, GENERATION_KEY, OWNER_KEY, IMPORT_KEY)
"""Hidden outputs that an update does not change."""

_HIDDEN_INPUTS = (IDENTITY_KEY, TIMEOUTS_KEY, RETAIN_KEY, ACCESS_POLICY_KEY)
"""Hidden inputs that tell of the declaration, and that AWS does not know."""

_PROVIDER_KEY = "__provider"

P = ParamSpec("P")
R = TypeVar("R")


def _in_one_sentence(method: Callable[P, R]) -> Callable[P, R]:
    """Let errors of ours leave as one clean message, and nothing but an Exception leave at all.

    A SystemExit or KeyboardInterrupt would leave the engine waiting for ever.
    """

    @functools.wraps(method)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with in_flight():
                return method(*args, **kwargs)
        except OmicsComponentsError as error:
            end_call(error)
        except Exception:
            raise
        except BaseException as error:
            raise RuntimeError(f"the provider was interrupted: {error!r}") from error

    return wrapper


class Adapter:
    """Answers the engine by asking a handler; one for each provider of a plugin process.

    Args:
        handler_type: The kind of resource.
        config: The stack's configuration; that of ``aws:`` is read when first needed.
    """

    def __init__(self, handler_type: type[Handler[Any, Any]], config: Config) -> None:
        self._handler_type = handler_type
        values = {key: config.get(key) for key in AwsSettings.stack_keys()}
        self._config = {key: value for key, value in values.items() if value is not None}
        adoptable = config.get(TAKE_OVER_KEY) or ""
        self._adoptable = frozenset(id_.strip() for id_ in adoptable.split(","))
        # Here, where the SDK lets one thread in at a time: two memories would fence nothing.
        self._memory = _memory_of(frozenset(self._config.items()), self._adoptable)

    @_in_one_sentence
    def check(self, olds: Properties, news: Properties) -> CheckResult:
        """Validate and complete the inputs. Previews call this; it calls nothing."""
        news = _with_backend(news)
        request = self._request(news)  # judges the timeouts
        all_tags = news.get(TAGS_ALL_KEY)
        news = {key: value for key, value in news.items() if key != TAGS_ALL_KEY}
        news = {**derived_properties(olds, news), **news}
        known, unknown = split_unknowns(news)
        before = known_values(olds)
        validation = self._handler().check(before, known, unknown)
        failures = [CheckFailure(f.property_path, f.reason) for f in validation.failures]
        inputs = validation.inputs.to_wire()
        for name in validation.unknown:
            wire = wire_name(type(validation.inputs), name)
            inputs[wire] = news[wire] if wire in news else unknown_value()
        if all_tags and all_tags == olds.get(TAGS_ALL_KEY) and all_tags != news.get("tags"):
            inputs[TAGS_ALL_KEY] = all_tags  # the engine put them back: ignore_changes
        self._memory.mark_declared(request.identity)
        is_first = not before and self._memory.replaced(request.identity) is None
        if is_first and news.get(IMPORT_KEY):
            request.info(messages.adopts(news[IMPORT_KEY]))
        return CheckResult({**inputs, **_hidden(news)}, failures)

    @_in_one_sentence
    def diff(self, id_: str, olds: Properties, news: Properties) -> DiffResult:
        """Report what changes and what that replaces. Previews call this; it calls nothing.

        But for a replacement that the program asks for: AWS is asked whether data would be lost.
        What is known to replace is refused then; of what may replace, the update decides.
        """
        known, unknown = split_unknowns(news)
        handler, identity = self._handler(), news.get(IDENTITY_KEY, "")
        desired = validate(handler.inputs_type, known, unknown)
        recorded = state_of(handler, olds)
        delta = handler.diff(id_, recorded, desired.inputs, desired.unknown)
        replaces = {name: wire_name(handler.inputs_type, name) for name in delta.replaces}
        is_certain = not replaces.keys() <= set(desired.unknown)
        if replaces:
            self._memory.mark_replaced(identity, id_, _generation(olds), olds.get(IMPORT_KEY))
        else:
            self._memory.mark_kept(identity, id_, _owner(olds))
        is_renamed = not replaces and _is_renamed(olds, news)
        if self._memory.is_declared(identity):  # a refresh has nothing to tell
            request, reference = self._request(news), str(news.get(IMPORT_KEY) or "")
            if INCOMPLETE_KEY in olds:
                differing = [wire_name(handler.inputs_type, name) for name in delta.changed]
                request.info(messages.goes_on(id_, differing))
            if is_renamed:
                request.info(messages.renames(id_))
            if not replaces and _loses_access_policy(recorded_inputs(), news):
                request.info(messages.shuts_out(id_))
            if replaces:
                because = messages.reason(replaces, desired.unknown)
                if recorded_inputs().get(RETAIN_KEY):
                    request.info(messages.retains(id_, because, is_certain=is_certain))
                else:
                    handler.check_replacement(
                        id_, recorded, because, request, is_certain=is_certain
                    )
            if _is_of_another(reference, id_, olds) and (is_certain or not replaces):
                request.info(
                    messages.adopts(reference) if replaces else messages.ignores(reference, id_)
                )
        changes = bool(delta) or INCOMPLETE_KEY in olds or is_renamed
        return DiffResult(changes=changes, replaces=list(replaces.values()))

    @_in_one_sentence
    def create(self, props: Properties) -> CreateResult:
        """Make the resource, or adopt it."""
        handler, request = self._handler(), self._request(props)
        inputs = inputs_of(handler, props)
        reference = props.get(IMPORT_KEY)
        try:
            if reference and self._is_new(reference, handler, inputs, request):
                from_others = reference in self._adoptable
                found = adopt(handler, reference, inputs, request, from_others=from_others)
            else:
                found = handler.create(inputs, request)
        except InitFailed as incomplete:
            left = incomplete.found
            self._memory.mark_incomplete(request.identity, left.id, left.owner)
            outputs = {**_outputs(left, props), INCOMPLETE_KEY: True}
            outputs[_PROVIDER_KEY] = props.get(_PROVIDER_KEY)
            end_call_incomplete(incomplete, left.id, outputs)
        self._memory.mark_created(request.identity, found.id, found.owner)
        return CreateResult(found.id, _outputs(found, props))

    @_in_one_sentence
    def read(self, id_: str, props: Properties) -> ReadResult:
        """Look at the resource, for a refresh or for ``.get``: that one has no outputs yet."""
        handler = self._handler()
        found = handler.read(id_, state_of(handler, props) if known_values(props) else None)
        if found is None:
            return ReadResult("", {}, None)
        hidden = _hidden(props)
        if INCOMPLETE_KEY in hidden and not (found.owner and found.owner.is_unfinished):
            del hidden[INCOMPLETE_KEY]
        outs = {**found.state.to_wire(), **hidden}
        declared = recorded_inputs() or props
        said = {key: declared[key] for key in _HIDDEN_INPUTS if key in declared}
        return ReadResult(found.id, outs, {**found.inputs.to_wire(), **said})

    @_in_one_sentence
    def update(self, id_: str, olds: Properties, news: Properties) -> UpdateResult:
        """Change the resource in place, or resume one whose creation was interrupted.

        A resource whose declaration was renamed or moved gets the owner tag of the new one: a new
        declaration of the old name would take it for one of its own.
        """
        handler = self._handler()
        inputs, recorded = inputs_of(handler, news), state_of(handler, olds)
        request, hidden = self._request(news), _said(news)
        hidden.update({key: olds[key] for key in _BORN_WITH if key in olds})
        renamed = (
            self._claim(inputs, request.identity, _generation(olds))
            if _is_renamed(olds, news)
            else None
        )
        with error_context(f"updating {_described(handler, id_, recorded)}"):
            try:
                owner = require_owner(handler, id_, recorded, _owner(olds), renamed=renamed)
            except NotFound as gone:
                gone.advice = "Run pulumi refresh; the next update then creates it again."
                raise
            if renamed and owner and owner.claim != renamed:
                owner = OwnerTag.draw(renamed).finished
                handler.write_owner(id_, recorded, owner)
            elif owner and owner.is_unfinished:
                owner = owner.finished
                handler.write_owner(id_, recorded, owner)
        if owner:
            hidden[OWNER_KEY] = str(owner)
        if renamed:
            hidden[IDENTITY_KEY] = request.identity
        if olds.get(INCOMPLETE_KEY):
            found = handler.read(id_, recorded)
            if found is None:
                raise NotFound(
                    f"the update of {id_} was interrupted, and the resource no longer exists",
                    advice="Run pulumi refresh; the next update then creates it again.",
                )
            recorded = found.state
        try:
            state = handler.update(id_, recorded, inputs, dataclasses.replace(request, owner=owner))
        except OmicsComponentsError as error:
            hidden.update({INCOMPLETE_KEY: True, _PROVIDER_KEY: news.get(_PROVIDER_KEY)})
            self._end_half_done(error, id_, recorded, hidden)
        return UpdateResult({**state.to_wire(), **hidden})

    def _end_half_done(
        self, error: OmicsComponentsError, id_: str, recorded: State, hidden: Properties
    ) -> NoReturn:
        """End an update that failed; if it changed something, let the engine record what is.

        Otherwise the engine keeps what was recorded before: a program that is put back would seem
        to have nothing to do.
        """
        handler = self._handler()
        try:
            found = handler.read(id_, recorded)
        except OmicsComponentsError:
            error.advice = " ".join(
                filter(None, (error.advice, "Run pulumi refresh: part of it may have been done."))
            )
            raise error from None
        if found is None or not handler.diff(id_, recorded, found.inputs, ()):
            raise error
        end_call_incomplete(error, id_, {**found.state.to_wire(), **hidden})

    @_in_one_sentence
    def delete(self, id_: str, props: Properties) -> None:
        """Delete the resource, if this state still manages it.

        That is for the owner tag in AWS to say. What this process knows to be live is kept, too:
        after a forced replacement that was interrupted, a state may name a live id for deletion.
        """
        inputs = recorded_inputs() or props
        request = self._request({**props, TIMEOUTS_KEY: inputs.get(TIMEOUTS_KEY)})
        handler = self._handler()
        if self._memory.is_live(id_):
            triggers = "replace_triggers" in handler.inputs_type.model_fields
            another = "change replace_triggers, or set" if triggers else "set"
            request.info(
                f"kept {id_}: the program still has it. To have another one in its place, "
                f"{another} the resource option delete_before_replace"
            )
            return
        self._memory.retire(request.identity, _generation(props))
        recorded = state_of(handler, props)
        try:
            with error_context(f"deleting {_described(handler, id_, recorded)}"):
                require_owner(handler, id_, recorded, _owner(props))
        except NotFound:
            pass  # the handler tells a resource that is gone from one of another account
        except OwnershipConflict as conflict:
            request.info(f"left {id_} as it is, and removed it from this state: {conflict.message}")
            return
        handler.delete(id_, recorded, request)

    def _is_new(
        self, reference: str, handler: Handler[Any, Any], inputs: Model, request: EngineRequest
    ) -> bool:
        """Return whether ``import_`` asks for an adoption, or is left over from an earlier one."""
        replaced = self._memory.replaced(request.identity)
        if replaced is None:
            return True
        return reference != replaced.imported_as and (
            handler.id_of(reference, inputs) != replaced.id
        )

    def _claim(self, inputs: Model, identity: str, generation: int) -> Claim:
        region = required_region(getattr(inputs, "region", None))
        return Claim.of(
            identity,
            principal=self._aws.principal(region),
            create_only=create_only_values(inputs),
            generation=generation,
        )

    @functools.cached_property
    def _aws(self) -> Aws:
        return aws_for(AwsSettings.from_stack(self._config))

    def _handler(self) -> Handler[Any, Any]:
        return self._handler_type(self._aws)

    def _request(self, bag: Properties) -> EngineRequest:
        try:
            timeouts = Timeouts.from_wire(bag.get(TIMEOUTS_KEY) or {})
        except (TypeError, ValueError) as error:
            raise InvalidRequest(f"custom_timeouts cannot be read: {error}") from error
        identity = bag.get(IDENTITY_KEY, "")
        generation = self._memory.generation(identity)
        return EngineRequest(
            identity,
            timeouts,
            generation,
            messages.say,
            functools.partial(self._memory.is_managed_elsewhere, identity),
            require_engine,
            recorded_owner=self._memory.recorded_owner,
            former_identity=_former(identity),
            incomplete=self._memory.incomplete(identity),
        )


@functools.cache
def _memory_of(*_configuration: frozenset[Any]) -> ProcessMemory:
    """Return the one memory of a stack's providers.

    After an upgrade of Python or the SDK, old outputs name a provider of another spelling than new
    inputs do: the process then has two of one kind.
    """
    return ProcessMemory()


def _hidden(bag: Properties) -> Properties:
    return {k: v for k, v in bag.items() if k.startswith("__") and k != _PROVIDER_KEY}


def _is_of_another(reference: str, id_: str, olds: Properties) -> bool:
    """Return whether ``import_`` names another resource than the state has.

    Args:
        reference: What the program names, an ARN or an id; "" without the option.
        id_: Id of the resource in the state.
        olds: Its outputs. One that came about by this option, or in place of one that did, has it.
    """
    return (
        reference not in {"", olds.get(IMPORT_KEY)}
        and re.split("[:/]", reference)[-1] != re.split("[:/]", id_)[-1]
    )


def _is_renamed(olds: Properties, news: Properties) -> bool:
    """Return whether a resource that carries a claim is declared by another URN than it was.

    The same one may look otherwise from another machine: what is before the URN does not count.
    """
    old, new = (str(bag.get(IDENTITY_KEY) or "").partition("|urn:")[2] for bag in (olds, news))
    return OWNER_KEY in olds and "" not in {old, new} and old != new


def _loses_access_policy(old_inputs: Properties, news: Properties) -> bool:
    """Return whether a store's component no longer declares its access policy.

    One that is retained stays in force.
    """
    is_lost = ACCESS_POLICY_KEY in old_inputs and ACCESS_POLICY_KEY not in news
    return is_lost and not old_inputs.get(RETAIN_KEY)


def _generation(bag: Properties) -> int:
    return int(bag.get(GENERATION_KEY) or 0)


def _said(bag: Properties) -> Properties:
    """Return the hidden inputs that the outputs keep."""
    return {key: bag[key] for key in (IDENTITY_KEY, TIMEOUTS_KEY) if key in bag}


def _owner(bag: Properties) -> OwnerTag | None:
    """Read the owner tag that a state records."""
    return OwnerTag.parse(str(bag.get(OWNER_KEY) or ""))


def _described(handler: Handler[Any, Any], id_: str, recorded: State) -> str:
    """Name a resource in an error: kind, name and id."""
    name = getattr(recorded, "name", None) or getattr(recorded, "alias", None)
    return f"{handler.kind} ({f'{name}, ' if name else ''}{id_})"


def _with_backend(news: Properties) -> Properties:
    """Put the backend into the identity that a program sends without one."""
    identity = str(news.get(IDENTITY_KEY) or "")
    if not identity.startswith("|"):
        return news
    return {**news, IDENTITY_KEY: f"{backend_digest()}{identity}"}


def _former(identity: str) -> str:
    """Return an identity as versions spelled it whose owner tags have two parts."""
    _, bar, declaration = identity.partition("|")
    return f"{former_backend()}|{declaration}" if bar else identity


def _outputs(found: LiveResource[Any, Any], props: Properties) -> Properties:
    born: Properties = {GENERATION_KEY: found.generation} if found.generation else {}
    if IMPORT_KEY in props:
        born[IMPORT_KEY] = props[IMPORT_KEY]
    owner = {OWNER_KEY: str(found.owner.finished)} if found.owner else {}
    return {**found.state.to_wire(), **_said(props), **born, **owner}
