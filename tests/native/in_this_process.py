"""The native front without a process, for the model of the engine: as ``tests.provider`` has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2

from omics_components.engine.core import Partial
from omics_components.engine.native.log import EngineLog
from omics_components.engine.native.resource_provider import (
    NativeKind,
    NativeResourceProvider,
    Session,
)
from omics_components.engine.native.wire import decode
from omics_components.errors import OmicsComponentsError
from omics_components.native.package import KINDS, ServedKind
from tests.provider.in_this_process import Killed, Process
from tests.provider.plugin import (
    Checked,
    Diffed,
    InitFailed,
    PluginDied,
    PluginError,
    Properties,
    Resource,
)

if TYPE_CHECKING:
    from pulumi.dynamic import ResourceProvider

_IDENTITY = "__identity"


class NativePlugin:
    """The native provider of one command, for one stack.

    Args:
        process: Its world: what it calls, and how it is killed.
        config: The stack's configuration.
        provider: The kind of resource, as the dynamic front has it.
    """

    def __init__(
        self, process: Process, config: Mapping[str, str], provider: type[ResourceProvider]
    ) -> None:
        del config
        self.recorded_as = "provider"
        self._process = process
        dynamic: Any = provider
        handler = dynamic.handler_type()
        self._kind = next(kind for kind in KINDS if kind.handler is handler)
        self._provider = _provider_of(process, self._kind)

    def next_command(self, suffix: str | None = None) -> None:
        """Do nothing: each command has a plugin of its own."""

    def check(self, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None) -> Checked:
        """Ask to validate inputs."""
        request = provider_pb2.CheckRequest(
            urn=self._urn(news), olds=_struct(olds or {}), news=_struct(_sent(news))
        )
        answer = self._call(lambda: self._provider.check(request), news)
        failures = {item.property: item.reason for item in answer.failures}
        return Checked(MessageToDict(answer.inputs), failures)

    def diff(self, resource: Resource, news: Mapping[str, Any]) -> Diffed:
        """Ask what a change of the inputs changes."""
        request = provider_pb2.DiffRequest(
            id=resource.id,
            urn=self._urn(news),
            olds=_struct(resource.outputs),
            news=_struct(news),
            old_inputs=_struct(resource.inputs or {}),
        )
        answer = self._call(lambda: self._provider.diff(request), news)
        changes = answer.changes == provider_pb2.DiffResponse.DIFF_SOME
        return Diffed(changes, list(answer.replaces))

    def create(self, checked: Mapping[str, Any]) -> Resource:
        """Ask to create a resource."""
        request = provider_pb2.CreateRequest(urn=self._urn(checked), properties=_struct(checked))
        answer = self._call(lambda: self._provider.create(request), checked)
        return Resource(answer.id, MessageToDict(answer.properties), dict(checked))

    def update(self, resource: Resource, checked: Mapping[str, Any]) -> Resource:
        """Ask to change a resource."""
        request = provider_pb2.UpdateRequest(
            id=resource.id,
            urn=self._urn(checked),
            olds=_struct(resource.outputs),
            news=_struct(checked),
        )
        answer = self._call(lambda: self._provider.update(request), checked)
        return Resource(resource.id, MessageToDict(answer.properties), dict(checked))

    def read(self, resource: Resource) -> Resource:
        """Ask what has become of a resource."""
        request = provider_pb2.ReadRequest(
            id=resource.id,
            urn=self._urn(resource.inputs or resource.outputs),
            properties=_struct(resource.outputs),
            inputs=_struct(resource.inputs or {}),
        )
        answer = self._call(lambda: self._provider.read(request), {})
        inputs = MessageToDict(answer.inputs) if answer.id else None
        return Resource(answer.id, MessageToDict(answer.properties), inputs)

    def delete(self, resource: Resource, *, begins_command: bool = True) -> None:
        """Ask to delete a resource."""
        assert not begins_command
        request = provider_pb2.DeleteRequest(
            id=resource.id,
            urn=self._urn(resource.inputs or resource.outputs),
            properties=_struct(resource.outputs),
            old_inputs=_struct(resource.inputs or {}),
        )
        self._call(lambda: self._provider.delete(request), {})

    def _urn(self, properties: Mapping[str, Any]) -> str:
        """Return the URN that the engine of a native provider would send."""
        urn = str(properties[_IDENTITY]).rpartition("|")[2]
        return urn.replace(self._kind.dynamic_token, self._kind.token)

    def _call(self, ask: Callable[[], Any], sent: Mapping[str, Any]) -> Any:
        try:
            answer = ask()
        except Killed:
            raise PluginDied("killed") from None
        except (OmicsComponentsError, Partial) as error:
            if self._process.calls.is_dead:
                raise PluginDied("killed") from None
            if isinstance(error, Partial):
                outputs = self._provider.partial_outputs(error, decode(_struct(sent)))
                text = str(error.cause)
                raise InitFailed(text, error.id, MessageToDict(outputs), [text]) from None
            raise PluginError(str(error)) from None
        assert not self._process.calls.is_dead
        return answer


def _provider_of(process: Process, kind: ServedKind) -> NativeResourceProvider:
    """Return the one provider of a kind that a process has."""
    kept: dict[str, Any] = process.__dict__.setdefault("native", {})
    if "session" not in kept:
        clock: Any = process.clock
        tokens = {one.token: one.dynamic_token for one in KINDS}
        kept["session"] = Session(lambda: process.aws, clock, EngineLog(""), tokens)
    if kind.token not in kept:
        native = NativeKind(kind.handler, kind.derived, kind.deletes_first)
        kept[kind.token] = NativeResourceProvider(native, kept["session"])
    provider: NativeResourceProvider = kept[kind.token]
    return provider


def _sent(news: Mapping[str, Any]) -> Properties:
    """Leave out what only programs of the dynamic front send."""
    return {key: value for key, value in news.items() if key not in (_IDENTITY, "__timeouts")}


def _struct(properties: Mapping[str, Any]) -> Struct:
    struct = Struct()
    struct.update(properties)
    return struct
