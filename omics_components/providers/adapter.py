"""Between Pulumi's dynamic provider protocol and a handler: every oddity of the engine ends here.

- Values that a preview does not know arrive as ``Unknown`` objects at any depth; handlers get the
  rest, and the paths of those.
- Numbers arrive as floats.
- Keys that begin with ``__`` are hidden from the engine's displays; they carry what the program
  knows and AWS does not. ``__provider`` belongs to the SDK.
- An exception would reach the user as a traceback; ours go out as one sentence.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NoReturn, ParamSpec, TypeVar

import grpc
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Unknown

from omics_components.api.client import Aws, aws_for
from omics_components.api.settings import AwsSettings
from omics_components.errors import InvalidRequest, OmicsComponentsError
from omics_components.handlers.base import Handler, Origin
from omics_components.models.base import Model, State, wire_name
from omics_components.models.duration import Timeouts
from omics_components.models.judgement import Path, judge

IDENTITY_KEY = "__identity"
"""Hidden input: who declares the resource. The outputs keep the one it was created with."""

TIMEOUTS_KEY = "__timeouts"
"""Hidden input: the resource option ``custom_timeouts``, as ``{"create": "20m", …}``."""

_PROVIDER_KEY = "__provider"

P = ParamSpec("P")
R = TypeVar("R")
Bag = dict[str, Any]
"""Properties as the SDK hands them over: JSON values, floats and ``Unknown`` objects."""


def _in_one_sentence(method: Callable[P, R]) -> Callable[P, R]:
    """Let errors of ours leave as one clean message, and nothing but an Exception leave at all.

    A SystemExit or KeyboardInterrupt would leave the engine waiting for ever.
    """

    @functools.wraps(method)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except OmicsComponentsError as error:
            _abort(error)
        except Exception:
            raise
        except BaseException as error:
            raise RuntimeError(f"the provider was interrupted: {error!r}") from error

    return wrapper


def _abort(error: OmicsComponentsError) -> NoReturn:
    """End the engine's call with the error's own words.

    The SDK would send a traceback (pulumi/pulumi#24465). Its handler's frame holds the call's
    context; from now on, that context ends the call with our message, whatever it is told. Outside
    of the plugin process there is no such frame, and the error is raised as it is.
    """
    frame = inspect.currentframe()
    while frame and not isinstance(frame.f_locals.get("context"), grpc.ServicerContext):
        frame = frame.f_back
    if frame is None:
        raise error
    context = frame.f_locals["context"]
    abort = context.abort

    def abort_with_message(_code: object, _details: object) -> NoReturn:
        abort(grpc.StatusCode.UNKNOWN, str(error))
        raise error

    context.abort = abort_with_message
    context.abort(None, None)
    raise error


class HandlerProvider(ResourceProvider):
    """Answers the engine by asking a handler.

    Carries no attributes while it is part of a program, so that it is recorded in state as nothing
    but its import path; what ``configure`` keeps is set in the plugin process only.
    """

    serialize_as_secret_always = False
    handler_type: ClassVar[type[Handler[Any, Any]]]

    _config: Mapping[str, str]

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the stack's ``aws:`` configuration; it is read when first needed."""
        values = {key: req.config.get(key) for key in AwsSettings.stack_keys()}
        self._config = {key: value for key, value in values.items() if value is not None}

    @_in_one_sentence
    def check(self, olds: Bag, news: Bag) -> CheckResult:
        """Judge and complete the inputs. Previews call this; it calls nothing."""
        _origin(news)  # judges the timeouts
        known, unknown = _parted(news)
        judgement = self._handler().check(_known(olds), known, unknown)
        failures = [CheckFailure(f.property_path, f.reason) for f in judgement.failures]
        inputs = judgement.inputs.to_wire()
        for name in judgement.unknown:
            wire = wire_name(type(judgement.inputs), name)
            inputs[wire] = news[wire] if wire in news else _unknown()
        return CheckResult({**inputs, **_hidden(news)}, failures)

    @_in_one_sentence
    def diff(self, id_: str, olds: Bag, news: Bag) -> DiffResult:
        """Say what changes and what that replaces. Previews call this; it calls nothing."""
        known, unknown = _parted(news)
        handler = self._handler()
        desired = judge(handler.inputs_type, known, unknown)
        recorded = _state(handler, olds)
        delta = handler.diff(id_, recorded, desired.inputs, desired.unknown)
        return DiffResult(
            changes=bool(delta),
            replaces=[wire_name(handler.inputs_type, name) for name in delta.replaces],
        )

    @_in_one_sentence
    def create(self, props: Bag) -> CreateResult:
        """Make the resource."""
        handler = self._handler()
        found = handler.create(_inputs(handler, props), _origin(props))
        return CreateResult(found.id, {**found.state.to_wire(), **_hidden(props)})

    @_in_one_sentence
    def read(self, id_: str, props: Bag) -> ReadResult:
        """Look at the resource, for a refresh or for ``.get``: that one has no outputs yet."""
        handler = self._handler()
        found = handler.read(id_, _state(handler, props) if _known(props) else None)
        if found is None:
            return ReadResult("", {}, None)
        hidden = _hidden(props)
        outs = {**found.state.to_wire(), **hidden}
        return ReadResult(found.id, outs, {**found.inputs.to_wire(), **hidden})

    @_in_one_sentence
    def update(self, id_: str, olds: Bag, news: Bag) -> UpdateResult:
        """Change the resource in place."""
        handler = self._handler()
        inputs = _inputs(handler, news)
        state = handler.update(id_, _state(handler, olds), inputs, _origin(news))
        born = {key: olds[key] for key in (IDENTITY_KEY,) if key in olds}
        return UpdateResult({**state.to_wire(), **_hidden(news), **born})

    @_in_one_sentence
    def delete(self, id_: str, props: Bag) -> None:
        """Delete the resource."""
        handler = self._handler()
        handler.delete(id_, _state(handler, props), _origin(props))

    @functools.cached_property
    def _aws(self) -> Aws:
        return aws_for(AwsSettings.from_stack(self._config))

    def _handler(self) -> Handler[Any, Any]:
        return self.handler_type(self._aws)


def _parted(bag: Bag) -> tuple[dict[str, object], list[Path]]:
    """Part what is known from where the unknown stands; hidden keys are left out."""
    unknown: list[Path] = []
    visible = {key: value for key, value in bag.items() if not key.startswith("__")}
    known = _plain(visible, (), unknown)
    return known if isinstance(known, dict) else {}, unknown


def _plain(value: object, at: Path, unknown: list[Path]) -> object:
    if isinstance(value, Mapping):
        items = {key: _plain(item, (*at, key), unknown) for key, item in value.items()}
        return {key: item for key, item in items.items() if not isinstance(item, Unknown)}
    if isinstance(value, list):
        items_ = [_plain(item, (*at, index), unknown) for index, item in enumerate(value)]
        return [item for item in items_ if not isinstance(item, Unknown)]
    if isinstance(value, Unknown):
        unknown.append(at)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _unknown() -> Unknown:
    return Unknown()  # type: ignore[no-untyped-call] # the SDK's class has an untyped __init__


def _known(bag: Bag) -> dict[str, object]:
    return _parted(bag)[0]


def _hidden(bag: Bag) -> Bag:
    return {k: v for k, v in bag.items() if k.startswith("__") and k != _PROVIDER_KEY}


def _state(handler: Handler[Any, Any], bag: Bag) -> State:
    state: State = handler.state_type.from_wire(_known(bag))
    return state


def _inputs(handler: Handler[Any, Any], bag: Bag) -> Model:
    """Type the checked inputs of a real run, where everything is known."""
    judgement = judge(handler.inputs_type, _known(bag))
    if judgement.failures:
        raise InvalidRequest("; ".join(failure.reason for failure in judgement.failures))
    inputs: Model = judgement.inputs
    return inputs


def _origin(bag: Bag) -> Origin:
    try:
        timeouts = Timeouts.from_wire(bag.get(TIMEOUTS_KEY) or {})
    except (TypeError, ValueError) as error:
        raise InvalidRequest(f"custom_timeouts cannot be read: {error}") from error
    return Origin(identity=bag.get(IDENTITY_KEY, ""), timeouts=timeouts)
