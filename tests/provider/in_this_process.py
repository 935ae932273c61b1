"""A plugin without a process: adapters that answer the little engine by plain calls.

Hundreds of commands a second run so, each as in a process of its own: what a process remembers is
forgotten, and where it is killed, nothing of it goes on. Only the gRPC protocol is left out.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import grpc
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.dynamic import Config, ResourceProvider
from pulumi.runtime.proto import provider_pb2

from omics_components.aws import sequence_stores
from omics_components.aws.client import Aws
from omics_components.aws.wait import Clock
from omics_components.engine.dynamic.adapter import TAKE_OVER_KEY, Adapter
from omics_components.errors import OmicsComponentsError
from omics_components.kinds.kms_key import creation as kms_key_creation
from omics_components.kinds.s3_bucket import creation as s3_bucket_creation
from omics_components.kinds.sequence_store import api as omics
from omics_components.kinds.sequence_store import creation as sequence_store_creation
from tests.provider.plugin import (
    Checked,
    Diffed,
    InitFailed,
    PluginDied,
    PluginError,
    Properties,
    Resource,
    status_class,
)

_COMMANDS = itertools.count()

_PER_PROCESS: tuple[Any, ...] = (
    omics._POLLERS,
    sequence_stores._LISTINGS,
    sequence_store_creation._TAGS,
    kms_key_creation._LISTINGS,
    s3_bucket_creation._RESERVATIONS,
)
"""What a process remembers of AWS."""


class Killed(BaseException):
    """The process ends where it is."""


@dataclass
class Trouble:
    """What happens at one of the calls that a command makes.

    Args:
        call: Its number, from 1; 0 is none.
        kind: ``kill before``, ``kill after``, ``fail`` (an error, without effect) or ``lose`` (the
            call takes effect, the answer is lost).
    """

    call: int = 0
    kind: str = ""


@dataclass
class Calls:
    """Counts the calls of one command, and makes the trouble.

    Args:
        trouble: What happens.
    """

    trouble: Trouble = field(default_factory=Trouble)
    names: list[str] = field(default_factory=list)
    is_dead: bool = False

    def hook(self, client: Any) -> None:
        """Watch the calls of a client."""
        service = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register_first(f"before-call.{service}", self._before)
        client.meta.events.register_last(f"after-call.{service}", self._after)

    def begin(self, trouble: Trouble) -> None:
        """Begin a command."""
        self.trouble, self.is_dead = trouble, False
        self.names.clear()

    def _before(self, model: Any, **_: Any) -> None:
        if self.is_dead:
            raise Killed
        self.names.append(model.name)
        if len(self.names) == self.trouble.call:
            self._strike("kill before", "fail")

    def _after(self, **_: Any) -> None:
        if len(self.names) == self.trouble.call:
            self._strike("kill after", "lose")

    def _strike(self, kill: str, fail: str) -> None:
        from botocore.exceptions import ConnectionClosedError  # noqa: PLC0415 slow to load

        if self.trouble.kind == kill:
            self.is_dead = True
            raise Killed
        if self.trouble.kind == fail:
            raise ConnectionClosedError(endpoint_url="http://aws")


class Context(grpc.ServicerContext):
    """The context of a call, as far as the provider uses it."""

    def __init__(self) -> None:
        self.metadata: dict[str, bytes] = {}

    def set_trailing_metadata(self, metadata: Any) -> None:
        self.metadata.update(metadata)

    def abort(self, _code: object, details: Any) -> NoReturn:
        raise _Aborted(str(details))


# The rest of the interface is not used.
vars_of: Any = Context
vars_of.__abstractmethods__ = frozenset()


class _Aborted(Exception):
    """The call ended with an error."""


class Plugin:
    """The providers of one command, for one stack.

    Args:
        process: Its world: what it calls, and how it is killed.
        config: The stack's configuration.
        provider: The kind of resource that is spoken of.
    """

    def __init__(
        self, process: Process, config: Mapping[str, str], provider: type[ResourceProvider]
    ) -> None:
        self.recorded_as = "provider"
        self._process = process
        kind: Any = provider
        handler_type = kind.handler_type()
        values = {TAKE_OVER_KEY: process.command, **config}
        self._adapter = Adapter(
            lambda aws: handler_type(aws, process.clock),  # type: ignore[arg-type] # as the class
            Config(values, "lab"),
        )
        self._adapter.__dict__["_aws"] = process.aws

    def next_command(self, suffix: str | None = None) -> None:
        """Do nothing: each command has a plugin of its own."""

    def check(self, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None) -> Checked:
        """Ask to validate inputs."""
        answer = self._call(lambda: self._adapter.check(dict(olds or {}), dict(news)))
        return Checked(
            dict(answer.inputs), {item.property: item.reason for item in answer.failures}
        )

    def diff(self, resource: Resource, news: Mapping[str, Any]) -> Diffed:
        """Ask what a change of the inputs changes."""
        answer = self._call(
            lambda: self._adapter.diff(resource.id, dict(resource.outputs), dict(news)),
            provider_pb2.DiffRequest(old_inputs=_struct(resource.inputs or {})),
        )
        return Diffed(bool(answer.changes), list(answer.replaces))

    def create(self, checked: Mapping[str, Any]) -> Resource:
        """Ask to create a resource."""
        answer = self._call(lambda: self._adapter.create(dict(checked)))
        return Resource(answer.id, dict(answer.outs), dict(checked))

    def update(self, resource: Resource, checked: Mapping[str, Any]) -> Resource:
        """Ask to change a resource."""
        answer = self._call(
            lambda: self._adapter.update(resource.id, dict(resource.outputs), dict(checked))
        )
        return Resource(resource.id, dict(answer.outs), dict(checked))

    def read(self, resource: Resource) -> Resource:
        """Ask what has become of a resource."""
        answer = self._call(
            lambda: self._adapter.read(resource.id, dict(resource.outputs)),
            provider_pb2.ReadRequest(inputs=_struct(resource.inputs or {})),
        )
        return Resource(answer.id, dict(answer.outs), answer.inputs and dict(answer.inputs))

    def delete(self, resource: Resource, *, begins_command: bool = True) -> None:
        """Ask to delete a resource."""
        assert not begins_command
        self._call(
            lambda: self._adapter.delete(resource.id, dict(resource.outputs)),
            provider_pb2.DeleteRequest(old_inputs=_struct(resource.inputs or {})),
        )

    def _call(self, ask: Callable[[], Any], request: Any = None) -> Any:
        """Make a call as the SDK's servicer does: it has context and request in its frame."""
        context = Context()
        try:
            answer = ask()
        except (OmicsComponentsError, _Aborted, RuntimeError) as error:
            if self._process.calls.is_dead:
                raise PluginDied("killed") from None
            if isinstance(error, RuntimeError):
                raise
            raise _failure(context, error) from None
        assert not self._process.calls.is_dead
        del request
        return answer


class Process:
    """What stands for one plugin process; see ``Plugin``.

    Args:
        aws: The way into AWS, of all processes.
        clock: Time, for the waiting.
        calls: Counts the calls to AWS.
    """

    def __init__(self, aws: Aws, clock: Clock, calls: Calls) -> None:
        self.aws, self.clock, self.calls = aws, clock, calls
        self.command = f"command-{next(_COMMANDS)}"
        self.stderr, self.pid, self.stub = Path(), 0, None
        for remembered in _PER_PROCESS:
            remembered._objects.clear()

    def close(self) -> None:
        """Do nothing: it ends with its command."""


def _failure(context: Context, error: Exception) -> PluginError:
    status = status_class()()
    status.ParseFromString(context.metadata.get("grpc-status-details-bin", b""))
    for detail in status.details:
        failed = provider_pb2.ErrorResourceInitFailed()
        if detail.Unpack(failed):
            outputs: Properties = MessageToDict(failed.properties)
            outputs.pop("__provider", None)
            return InitFailed(str(error), failed.id, outputs, list(failed.reasons))
    return PluginError(str(error))


def _struct(properties: Mapping[str, Any]) -> Struct:
    struct = Struct()
    struct.update(properties)
    return struct
