"""The plugin process that the engine starts for Python's dynamic providers, spoken to over gRPC."""

import base64
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from omics_components.providers import SequenceStoreProvider

Bag = dict[str, Any]

UNKNOWN: str = rpc.UNKNOWN
"""How the engine writes a value that a preview does not know."""

PROVIDER: str = serialize_provider(SequenceStoreProvider())
"""What the SDK records of the provider in every resource."""

_URN = "urn:pulumi:dev::lab::pulumi-python:dynamic/omics:SequenceStore::reads"
_ENGINE_THAT_IS_NOT_THERE = "127.0.0.1:1"


class PluginError(Exception):
    """What the user would read after ``error:``."""


@dataclass(frozen=True)
class Checked:
    """The answer of Check."""

    inputs: Bag
    failures: dict[str, str]


@dataclass(frozen=True)
class Diffed:
    """The answer of Diff."""

    changes: bool
    replaces: list[str]


@dataclass(frozen=True)
class Resource:
    """A resource as the engine records it; without inputs where the answer had none."""

    id: str
    outputs: Bag = field(default_factory=dict)
    inputs: Bag | None = None

    @property
    def store_id(self) -> str:
        """The id of the store in AWS."""
        return self.id.rpartition("/")[2]


class Process:
    """One process of ``python -m pulumi.dynamic``.

    Args:
        environment: All environment variables of the process.
        stderr: File that receives what the process says.
    """

    def __init__(self, environment: Mapping[str, str], stderr: Path) -> None:
        self.stderr = stderr
        with stderr.open("w") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-u", "-m", "pulumi.dynamic", _ENGINE_THAT_IS_NOT_THERE],
                stdout=subprocess.PIPE,
                stderr=file,
                env={**environment, "PULUMI_PROJECT": "lab"},
                text=True,
            )
        assert self._process.stdout is not None
        port = self._process.stdout.readline().strip()
        assert port, stderr.read_text()
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def close(self) -> None:
        """End the process."""
        self._channel.close()
        self._process.kill()
        self._process.communicate()


class Plugin:
    """A plugin process as one stack sees it.

    The process configures a provider once for each string that it is recorded as. Bytes after a
    pickle's end make another string of the same provider, so one process serves many stacks.

    Args:
        process: The process.
        config: The stack's configuration, as the engine sends it.
        provider: The kind of resource that is spoken of.
    """

    def __init__(
        self,
        process: Process,
        config: Mapping[str, str],
        provider: type[ResourceProvider] = SequenceStoreProvider,
    ) -> None:
        self.stderr = process.stderr
        self._stub = process.stub
        self._configure = provider_pb2.ConfigureRequest(args=_struct(config))
        pickle = base64.b64decode(serialize_provider(provider()))
        suffix = json.dumps(config, sort_keys=True).encode() if config else b""
        self._provider = base64.b64encode(pickle + suffix).decode()

    def check(self, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None) -> Checked:
        """Ask to judge inputs; *olds* are the inputs of the last run."""
        answer = self._call(
            "Check",
            provider_pb2.CheckRequest(
                urn=_URN, olds=self._bag(olds) if olds else None, news=self._bag(news)
            ),
        )
        failures = {failure.property: failure.reason for failure in answer.failures}
        assert len(failures) == len(answer.failures), "one property, one failure"
        return Checked(_plain(answer.inputs), failures)

    def diff(self, resource: Resource, news: Mapping[str, Any]) -> Diffed:
        """Ask what a change of the inputs to *news* changes."""
        answer = self._call(
            "Diff",
            provider_pb2.DiffRequest(
                id=resource.id, urn=_URN, olds=self._bag(resource.outputs), news=self._bag(news)
            ),
        )
        assert answer.changes != provider_pb2.DiffResponse.DIFF_UNKNOWN
        changes = answer.changes == provider_pb2.DiffResponse.DIFF_SOME
        return Diffed(changes, list(answer.replaces))

    def create(self, checked: Mapping[str, Any]) -> Resource:
        """Ask to make a resource of checked inputs."""
        request = provider_pb2.CreateRequest(urn=_URN, properties=self._bag(checked))
        answer = self._call("Create", request)
        return Resource(answer.id, _plain(answer.properties), dict(checked))

    def update(self, resource: Resource, checked: Mapping[str, Any]) -> Resource:
        """Ask to change a resource in place to checked inputs."""
        answer = self._call(
            "Update",
            provider_pb2.UpdateRequest(
                id=resource.id, urn=_URN, olds=self._bag(resource.outputs), news=self._bag(checked)
            ),
        )
        return Resource(resource.id, _plain(answer.properties), dict(checked))

    def read(self, resource: Resource) -> Resource:
        """Ask what has become of a resource, as a refresh does."""
        return self._read(
            provider_pb2.ReadRequest(
                id=resource.id, urn=_URN, properties=self._bag(resource.outputs), inputs=None
            )
        )

    def get(self, id_: str) -> Resource:
        """Ask for a resource that is not recorded, as ``ResourceOptions(id=…)`` does."""
        # Engines up to 3.260 send the inputs as state, and SDKs up to 3.268 look only there.
        bag = self._bag({})
        return self._read(provider_pb2.ReadRequest(id=id_, urn=_URN, properties=bag, inputs=bag))

    def delete(self, resource: Resource) -> None:
        """Ask to delete a resource."""
        self._call(
            "Delete",
            provider_pb2.DeleteRequest(
                id=resource.id, urn=_URN, properties=self._bag(resource.outputs)
            ),
        )

    def _read(self, request: provider_pb2.ReadRequest) -> Resource:
        answer = self._call("Read", request)
        inputs = _plain(answer.inputs) if answer.HasField("inputs") else None
        return Resource(answer.id, _plain(answer.properties), inputs)

    def _bag(self, properties: Mapping[str, Any]) -> Struct:
        return _struct({"__provider": self._provider, **properties})

    def _call(self, method: str, request: Any) -> Any:
        self._stub.Configure(self._configure)
        try:
            return getattr(self._stub, method)(request, timeout=60)
        except grpc.RpcError as error:
            raise PluginError(error.details()) from None


def _struct(properties: Mapping[str, Any]) -> Struct:
    struct = Struct()
    struct.update(properties)
    return struct


def _plain(struct: Struct) -> Bag:
    properties: Bag = MessageToDict(struct)
    properties.pop("__provider", None)
    return properties
