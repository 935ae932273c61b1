"""The plugin process that the engine starts for Python's dynamic providers, spoken to over gRPC.

Run as a program, this module is a nursery: a process that has everything loaded, and from which
plugin processes are forked in a few milliseconds.
"""

import base64
import functools
import gc
import importlib
import io
import itertools
import os
import pkgutil
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

import grpc
from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from omics_components import aws, kinds, lifecycle
from omics_components.aws.client import aws_for
from omics_components.aws.settings import AwsSettings
from omics_components.engine import dynamic
from omics_components.engine.dynamic import adapter
from omics_components.engine.dynamic.adapter import TAKE_OVER_KEY
from omics_components.providers import SequenceStoreProvider

_COMMANDS = itertools.count()

Properties = dict[str, Any]

UNKNOWN: str = rpc.UNKNOWN
"""How the engine writes a value that a preview does not know."""

PROVIDER: str = serialize_provider(SequenceStoreProvider())
"""What the SDK records of the provider in every resource."""

_URN = "urn:pulumi:dev::lab::pulumi-python:dynamic/omics:SequenceStore::reads"
_ENGINE_THAT_IS_NOT_THERE = "127.0.0.1:1"


class PluginError(Exception):
    """What the user would read after ``error:``."""


class PluginCrashed(Exception):
    """No one caught it. It is no PluginError, for its traceback quotes the code's own words."""


class PluginDied(PluginError):
    """The process ended before it answered."""


class InitFailed(PluginError):
    """The resource exists, but is not ready; the engine records it as it is described here.

    Args:
        message: What the user would read.
        id_: Id of the resource.
        outputs: Its outputs.
        reasons: Why it is not ready.
    """

    def __init__(self, message: str, id_: str, outputs: Properties, reasons: list[str]) -> None:
        super().__init__(message)
        self.id = id_
        self.outputs = outputs
        self.reasons = reasons


@dataclass(frozen=True)
class Checked:
    """The answer of Check."""

    inputs: Properties
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
    outputs: Properties = field(default_factory=dict)
    inputs: Properties | None = None

    @property
    def visible(self) -> Properties:
        """The outputs without the ownership tag's text, which no two creations share."""
        return {name: value for name, value in self.outputs.items() if name != "__owner"}

    @property
    def store_id(self) -> str:
        """The id of the store in AWS."""
        return self.id.rpartition("/")[2]


class PluginProcess(Protocol):
    """A process that serves the provider protocol."""

    stderr: Path
    pid: int
    stub: provider_pb2_grpc.ResourceProviderStub

    def close(self) -> None:
        """End the process."""


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
        self.pid = self._process.pid
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def close(self) -> None:
        """End the process."""
        self._channel.close()
        self._process.kill()
        self._process.communicate()


class InThisProcess:
    """The plugin's server in the process of the tests: where coverage and mutation tests look.

    Args:
        environment: Environment variables that this process has from now on.
        stderr: File that receives what the provider says.
    """

    def __init__(self, environment: Mapping[str, str], stderr: Path) -> None:
        os.environ.update(environment, PULUMI_PROJECT="lab")
        self.stderr = stderr
        vars(adapter)["sys"] = SimpleNamespace(stderr=stderr.open("w"))
        self.pid = os.getpid()
        stdout, sys.stdout = sys.stdout, io.TextIOWrapper(io.BytesIO())
        try:
            threading.Thread(target=_serve_for_good, daemon=True).start()
            while not (port := sys.stdout.buffer.getvalue().decode().strip()):
                time.sleep(0.01)
        finally:
            sys.stdout = stdout
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def close(self) -> None:
        """End the connection; the server ends with the process."""
        self._channel.close()
        vars(adapter)["sys"].stderr.close()
        vars(adapter)["sys"] = sys


def _serve_for_good() -> None:
    runpy.run_module("pulumi.dynamic", run_name="pulumi.dynamic.__main__")


class ForkServer:
    """Starts plugin processes in a few milliseconds.

    Each is forked from one process that has loaded the SDKs and built clients of AWS, and that does
    nothing else; it then runs ``pulumi.dynamic`` as ``python -m`` would. So its memory is that of a
    new process, and a signal that kills it kills a process. Where it sleeps, time passes faster.

    Args:
        environment: All environment variables of the processes.
        folder: Where the files go that receive what the processes say.
    """

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.provider.plugin"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**environment, "PULUMI_PROJECT": "lab"},
            text=True,
        )

    def start(self) -> "Forked":
        """Start a plugin process."""
        self._count += 1
        stderr = self._folder / f"forked-{self._count}.log"
        pid, _, port = self._answer(str(stderr)).partition(" ")
        assert port, stderr.read_text()
        return Forked(int(pid), int(port), stderr, lambda: self._answer(pid))

    def _answer(self, line: str) -> str:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(f"{line}\n")
        stdin.flush()
        return stdout.readline().strip()

    def close(self) -> None:
        """End the nursery and all processes that it started."""
        self._process.communicate()


class Forked:
    """A plugin process that a nursery has started.

    Args:
        pid: Its process id.
        port: Where it serves.
        stderr: File that receives what the process says.
        end: Lets its parent end it: to anybody else, the process id of one that was killed may
            mean another process by then.
    """

    def __init__(self, pid: int, port: int, stderr: Path, end: Callable[[], object]) -> None:
        self.pid = pid
        self.stderr = stderr
        self._end = end
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def close(self) -> None:
        """End the process; one that was killed has ended already."""
        self._channel.close()
        self._end()


class Plugin:
    """A plugin process as one stack sees it.

    The process makes a provider once for each string that it is recorded as. Bytes after a pickle's
    end make another string of the same provider, so one process serves many stacks and commands:
    what a provider remembers ends with a command, and each deletion here is a command of its own.

    Args:
        process: The process.
        config: The stack's configuration, as the engine sends it.
        provider: The kind of resource that is spoken of.
    """

    def __init__(
        self,
        process: PluginProcess,
        config: Mapping[str, str],
        provider: type[ResourceProvider] = SequenceStoreProvider,
    ) -> None:
        self.stderr = process.stderr
        self._stub = process.stub
        self._config = config
        self._pickle = base64.b64decode(serialize_provider(provider()))
        self.next_command()

    def next_command(self, suffix: str | None = None) -> None:
        """Forget what the provider remembers, as the plugin process of another command has.

        Args:
            suffix: Names the string that the provider is recorded as; None is a new one.
        """
        config = dict(self._config)
        if suffix is None:  # a process remembers by the stack's configuration
            config[TAKE_OVER_KEY] = f"{config.get(TAKE_OVER_KEY, '')},command-{next(_COMMANDS)}"
        self._configure = provider_pb2.ConfigureRequest(args=_struct(config))
        end = str(next(_COMMANDS)) if suffix is None else suffix
        self.recorded_as = base64.b64encode(self._pickle + end.encode()).decode()

    def said(self) -> list[str]:
        """List the lines so far that the provider said beside the stack, of all commands."""
        lines = self.stderr.read_text().splitlines()
        return [line for line in lines if line.startswith("omics-components: ")]

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
                id=resource.id,
                urn=_URN,
                olds=self._bag(resource.outputs),
                news=self._bag(news),
                old_inputs=self._old_inputs(resource),
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
                id=resource.id,
                urn=_URN,
                properties=self._bag(resource.outputs),
                inputs=self._old_inputs(resource),
            )
        )

    def get(self, id_: str) -> Resource:
        """Ask for a resource that is not recorded, as ``ResourceOptions(id=…)`` does."""
        # Engines up to 3.260 send the inputs as state, and SDKs up to 3.268 look only there.
        bag = self._bag({})
        return self._read(provider_pb2.ReadRequest(id=id_, urn=_URN, properties=bag, inputs=bag))

    def delete(self, resource: Resource, *, begins_command: bool = True) -> None:
        """Ask to delete a resource, in a command of its own unless it is said otherwise."""
        if begins_command:
            self.next_command()
        self._call(
            "Delete",
            provider_pb2.DeleteRequest(
                id=resource.id,
                urn=_URN,
                properties=self._bag(resource.outputs),
                old_inputs=self._old_inputs(resource),
            ),
        )

    def _old_inputs(self, resource: Resource) -> Struct | None:
        return None if resource.inputs is None else self._bag(resource.inputs)

    def _read(self, request: provider_pb2.ReadRequest) -> Resource:
        answer = self._call("Read", request)
        inputs = _plain(answer.inputs) if answer.HasField("inputs") else None
        return Resource(answer.id, _plain(answer.properties), inputs)

    def _bag(self, properties: Mapping[str, Any]) -> Struct:
        return _struct({"__provider": self.recorded_as, **properties})

    def _call(self, method: str, request: Any) -> Any:
        self._stub.Configure(self._configure)
        try:
            return getattr(self._stub, method)(request, timeout=60)
        except grpc.RpcError as error:
            raise _failure(error) from None


def _failure(error: Any) -> PluginError | PluginCrashed:
    """Read an error as the engine does."""
    if "Traceback" in error.details():
        return PluginCrashed(error.details())
    if error.code() == grpc.StatusCode.UNAVAILABLE:
        return PluginDied(error.details())
    trailers = dict(error.trailing_metadata() or ())
    status = status_class()()
    status.ParseFromString(trailers.get("grpc-status-details-bin", b""))
    for detail in status.details:
        failed = provider_pb2.ErrorResourceInitFailed()
        if detail.Unpack(failed):
            assert status.message == error.details(), "the engine reads the former"
            return InitFailed(
                error.details(), failed.id, _plain(failed.properties), list(failed.reasons)
            )
    return PluginError(error.details())


@functools.cache
def status_class() -> Any:
    """Make the class of ``google.rpc.Status``: the package that has it comes with new SDKs only."""
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="tests/status.proto",
        package="tests",
        syntax="proto3",
        dependency=[any_pb2.DESCRIPTOR.name],
    )
    fields = file.message_type.add(name="Status").field
    fields.add(name="code", number=1, type=kinds.TYPE_INT32, label=kinds.LABEL_OPTIONAL)
    fields.add(name="message", number=2, type=kinds.TYPE_STRING, label=kinds.LABEL_OPTIONAL)
    fields.add(
        name="details",
        number=3,
        type=kinds.TYPE_MESSAGE,
        label=kinds.LABEL_REPEATED,
        type_name=".google.protobuf.Any",
    )
    pool = descriptor_pool.Default()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tests.Status"))


def _struct(properties: Mapping[str, Any]) -> Struct:
    struct = Struct()
    struct.update(properties)
    return struct


def _plain(struct: Struct) -> Properties:
    properties: Properties = MessageToDict(struct)
    properties.pop("__provider", None)
    return properties


_PACE = 50
"""How much faster time passes for a process of the nursery while it sleeps."""


def _run_nursery() -> None:
    """Fork a plugin process for each line on stdin that names the file of its stderr.

    Prints pid and port of each. A line with a pid ends that process.
    """
    _load_what_plugins_need()
    _let_time_fly()
    gc.freeze()  # what is never collected is never written to, and stays shared
    assert len(list(Path("/proc/self/task").iterdir())) == 1, "a fork would lose the other threads"
    running: set[int] = set()
    for line in map(str.strip, sys.stdin):
        if line.isdecimal():
            pid = int(line)
            os.kill(pid, signal.SIGKILL)  # the id is its own until it is waited for
            os.waitpid(pid, 0)
            running.remove(pid)
            print(flush=True)  # noqa: T201 this is the answer
        else:
            pid, port = _fork_plugin(line)
            running.add(pid)
            print(pid, port, flush=True)  # noqa: T201 as above
    for pid in running:
        os.kill(pid, signal.SIGKILL)


def _load_what_plugins_need() -> None:
    """Do once what each process would do again, but call nothing."""
    for package in (aws, lifecycle, kinds, dynamic):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    importlib.import_module("encodings.idna")  # for the names of hosts
    importlib.import_module("grpc._server")
    known = aws_for(AwsSettings.from_stack({}))
    region = os.environ["AWS_REGION"]
    sts = known._new_client("sts", region)  # its own are built for each caller
    for client in (
        sts,
        known.omics(region),
        known.kms(region),
        known.s3(region),
        known.tagging(region),
    ):
        # A client reads how the lists of its service go on when it is first asked for one.
        client.can_paginate(next(iter(client.meta.method_to_api_mapping)))


def _let_time_fly() -> None:
    """Shorten the pauses of the SDK's retries and of our own waiting."""
    sleep = time.sleep

    def sleep_less(seconds: Any, /) -> None:
        sleep(seconds / _PACE)

    time.sleep = sleep_less


def _fork_plugin(stderr: str) -> tuple[int, str]:
    """Fork one plugin process; return its pid and its port."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        with os.fdopen(reading) as answer:
            return pid, answer.readline().strip()
    try:
        os.close(reading)
        os.dup2(writing, 1)
        os.dup2(os.open(stderr, os.O_WRONLY | os.O_CREAT), 2)
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "wb", closefd=False), write_through=True)
        sys.argv = ["pulumi.dynamic", _ENGINE_THAT_IS_NOT_THERE]
        runpy.run_module("pulumi.dynamic", run_name="__main__", alter_sys=True)
    finally:
        os._exit(1)  # never back into the nursery's own loop


if __name__ == "__main__":
    _run_nursery()
