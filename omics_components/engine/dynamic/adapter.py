"""Between Pulumi's dynamic provider protocol and the core: every oddity of the protocol ends here.

- Values that a preview does not know arrive as ``Unknown`` objects at any depth; the core gets the
  rest, and the paths of those.
- Numbers arrive as floats.
- Keys that begin with ``__`` are hidden from the engine's displays; they carry what the program
  knows and AWS does not. ``__provider`` belongs to the SDK.
- An exception would reach the user as a traceback; ours go out as one sentence.
"""

from __future__ import annotations

import contextlib
import functools
import sys
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
from omics_components.aws.settings import PREFIX, AwsSettings
from omics_components.engine.backend import backend_digest
from omics_components.engine.core import Declaration, EngineCore, Partial, adoptable_ids
from omics_components.engine.derived import derived_properties
from omics_components.engine.dynamic.call import end_call, end_call_incomplete, recorded_inputs
from omics_components.engine.dynamic.properties import (
    Properties,
    inputs_of,
    known_values,
    split_unknowns,
    state_of,
    unknown_value,
)
from omics_components.engine.hidden_keys import (
    ACCESS_POLICY_KEY,
    IDENTITY_KEY,
    IMPORT_KEY,
    INCOMPLETE_KEY,
    PROVIDER_KEY,
    RETAIN_KEY,
    TAGS_ALL_KEY,
    TIMEOUTS_KEY,
)
from omics_components.engine.memory import ProcessMemory
from omics_components.engine.recorded import former_identity, outputs_of, record_of
from omics_components.engine.watchdog import in_flight, require_engine
from omics_components.errors import InvalidRequest, OmicsComponentsError
from omics_components.lifecycle.handler import Handler
from omics_components.schema.base import wire_name
from omics_components.schema.duration import Timeouts
from omics_components.schema.validation import validate

TAKE_OVER_KEY = "omics-components:takeOver"
"""Stack configuration: comma-separated ids that may be adopted although others made them."""

_DECLARED_KEYS = (IDENTITY_KEY, TIMEOUTS_KEY, RETAIN_KEY, ACCESS_POLICY_KEY)
"""Hidden inputs that describe the declaration, and that AWS does not store."""

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
    """Answers the engine by asking the core; one for each provider of a plugin process.

    Args:
        handler_type: The kind of resource.
        config: The stack's configuration; that of ``aws:`` is read when first needed.
    """

    def __init__(self, handler_type: type[Handler[Any, Any]], config: Config) -> None:
        self._config = _aws_config(config)
        adoptable = adoptable_ids(config.get(TAKE_OVER_KEY))
        self._core: EngineCore[Any, Any] = EngineCore(
            handler_type,
            self._connect,
            # Here, where the SDK lets one thread in at a time: two memories would fence nothing.
            _memory_of(frozenset(self._config.items()), adoptable),
            info,
            require_engine,
            adoptable,
            former_identity,
        )

    @_in_one_sentence
    def check(self, olds: Properties, news: Properties) -> CheckResult:
        """Validate and complete the inputs. Previews call this; it calls nothing."""
        _ = self._settings  # reports an invalid configuration, which no other step may need
        news = _with_backend(news)
        declaration = _declaration(news)
        all_tags = news.get(TAGS_ALL_KEY)
        news = {key: value for key, value in news.items() if key != TAGS_ALL_KEY}
        news = {**derived_properties(olds, news), **news}
        declared, unknown = split_unknowns(news)
        validation = self._core.check(declaration, known_values(olds), declared, unknown)
        failures = [CheckFailure(f.property_path, f.reason) for f in validation.failures]
        inputs = validation.inputs.to_wire()
        for name in validation.unknown:
            wire = wire_name(type(validation.inputs), name)
            inputs[wire] = news[wire] if wire in news else unknown_value()
        if all_tags and all_tags == olds.get(TAGS_ALL_KEY) and all_tags != news.get("tags"):
            inputs[TAGS_ALL_KEY] = all_tags  # the engine put them back: ignore_changes
        return CheckResult({**inputs, **_hidden(news)}, failures)

    @_in_one_sentence
    def diff(self, id_: str, olds: Properties, news: Properties) -> DiffResult:
        """Report what changes and what that replaces; see ``EngineCore.diff``."""
        handler = self._core.handler
        difference = self._core.diff(
            id_,
            state_of(handler, olds),
            record_of(olds),
            validate(handler.inputs_type, *split_unknowns(news)),
            _declaration(news),
            declared_before=_declaration(recorded_inputs()),
        )
        return DiffResult(changes=bool(difference), replaces=list(difference.replaces))

    @_in_one_sentence
    def create(self, props: Properties) -> CreateResult:
        """Create the resource, or adopt it."""
        inputs = inputs_of(self._core.handler, props)
        try:
            found, record = self._core.create(inputs, _declaration(props))
        except Partial as partial:
            _end_partial(partial, props)
        return CreateResult(found.id, outputs_of(found.state, record, props))

    @_in_one_sentence
    def read(self, id_: str, props: Properties) -> ReadResult:
        """Look at the resource, for a refresh or for ``.get``: that one has no outputs yet."""
        recorded = state_of(self._core.handler, props) if known_values(props) else None
        result = self._core.read(id_, recorded, record_of(props))
        if result is None:
            return ReadResult("", {}, None)
        found, record = result
        hidden = _hidden(props)
        if not record.is_incomplete:
            hidden.pop(INCOMPLETE_KEY, None)
        declared = recorded_inputs() or props
        kept = {key: declared[key] for key in _DECLARED_KEYS if key in declared}
        outs = {**found.state.to_wire(), **hidden}
        return ReadResult(found.id, outs, {**found.inputs.to_wire(), **kept})

    @_in_one_sentence
    def update(self, id_: str, olds: Properties, news: Properties) -> UpdateResult:
        """Change the resource in place, or resume one whose creation was interrupted."""
        handler = self._core.handler
        inputs, recorded = inputs_of(handler, news), state_of(handler, olds)
        try:
            state, record = self._core.update(
                id_, recorded, record_of(olds), inputs, _declaration(news)
            )
        except Partial as partial:
            _end_partial(partial, news)
        return UpdateResult(outputs_of(state, record, news))

    @_in_one_sentence
    def delete(self, id_: str, props: Properties) -> None:
        """Delete the resource, if this state still manages it."""
        inputs = recorded_inputs() or props
        declaration = _declaration({**props, TIMEOUTS_KEY: inputs.get(TIMEOUTS_KEY)})
        recorded = state_of(self._core.handler, props)
        self._core.delete(id_, recorded, record_of(props), declaration)

    def _connect(self) -> Aws:
        return aws_for(self._settings)

    @functools.cached_property
    def _settings(self) -> AwsSettings:
        return AwsSettings.from_stack(self._config)


def _aws_config(config: Config) -> dict[str, str]:
    """Return the stack's ``aws:`` configuration, misspelled keys included.

    The SDK's class has no public method that lists its keys.
    """
    values: dict[str, str | None] = config._props  # noqa: SLF001
    return {key: text for key, text in values.items() if key.startswith(PREFIX) and text}


def info(line: str) -> None:
    """Show one line next to the stack, in previews and updates alike."""
    # The engine may be dead, and nothing read at the other end.
    with contextlib.suppress(OSError):
        sys.stderr.write(f"omics-components: {line}\n")
        sys.stderr.flush()


@functools.cache
def _memory_of(*_configuration: frozenset[Any]) -> ProcessMemory:
    """Return the one memory of a stack's providers.

    After an upgrade of Python or the SDK, old outputs name a provider of another spelling than new
    inputs do: the process then has two of one kind.
    """
    return ProcessMemory()


def _declaration(props: Properties) -> Declaration:
    """Read what hidden inputs declare.

    Raises:
        InvalidRequest: The timeouts cannot be read.
    """
    try:
        timeouts = Timeouts.from_wire(props.get(TIMEOUTS_KEY) or {})
    except (TypeError, ValueError) as error:
        raise InvalidRequest(f"custom_timeouts cannot be read: {error}") from error
    return Declaration(
        str(props.get(IDENTITY_KEY) or ""),
        timeouts,
        str(props.get(IMPORT_KEY) or ""),
        is_retained=bool(props.get(RETAIN_KEY)),
        has_access_policy=ACCESS_POLICY_KEY in props,
    )


def _end_partial(partial: Partial[Any], declared: Properties) -> NoReturn:
    """End the call; the engine records what there is."""
    outputs = outputs_of(partial.state, partial.record, declared)
    outputs[PROVIDER_KEY] = declared.get(PROVIDER_KEY)
    end_call_incomplete(partial.cause, partial.id, outputs)


def _hidden(props: Properties) -> Properties:
    return {k: v for k, v in props.items() if k.startswith("__") and k != PROVIDER_KEY}


def _with_backend(news: Properties) -> Properties:
    """Put the backend into the identity that a program sends without one."""
    identity = str(news.get(IDENTITY_KEY) or "")
    if not identity.startswith("|"):
        return news
    return {**news, IDENTITY_KEY: f"{backend_digest()}{identity}"}
