"""An emulator over HTTP and plugin processes that use it, shared by the tests of one worker."""

import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from pulumi.dynamic import ResourceProvider

from omics_components.emulator import Emulator, EmulatorServer
from omics_components.providers import SequenceStoreProvider
from tests.provider.plugin import Plugin, Process, Resource

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

StartPlugin = Callable[..., Plugin]
MakeStore = Callable[..., Resource]


@pytest.fixture(scope="session")
def server() -> Iterator[EmulatorServer]:
    # The tables of inputs hold ARNs of keys that nobody made.
    with EmulatorServer(check_keys=False) as running:
        yield running


@pytest.fixture
def emulator(server: EmulatorServer) -> Emulator:
    """The emulator behind the server, empty."""
    server.reset()
    return server.emulator


@pytest.fixture(scope="session")
def start_plugin(
    server: EmulatorServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartPlugin]:
    """Start a plugin for a stack with this configuration, in this environment."""
    folder = tmp_path_factory.mktemp("plugins")
    running: dict[object, Process] = {}

    def start(
        config: Mapping[str, str] | None = None,
        environment: Mapping[str, str | None] | None = None,
        provider: type[ResourceProvider] = SequenceStoreProvider,
    ) -> Plugin:
        changes = {"AWS_ENDPOINT_URL": server.url, **(environment or {})}
        key = frozenset(changes.items())
        if key not in running:
            merged = {**os.environ, **changes}
            known = {name: value for name, value in merged.items() if value is not None}
            running[key] = Process(known, folder / f"{len(running)}.log")
        return Plugin(running[key], config or {}, provider)

    yield start
    for process in running.values():
        process.close()


@pytest.fixture
def plugin(emulator: Emulator, start_plugin: StartPlugin) -> Plugin:  # noqa: ARG001 it must be empty
    """A plugin of a stack that configures nothing; region and keys come from the environment."""
    return start_plugin()


@pytest.fixture
def a_store(plugin: Plugin, emulator: Emulator) -> MakeStore:
    """Make a store as the first update of a stack does; the call log is empty afterwards."""

    def make(**inputs: Any) -> Resource:
        resource = created(plugin, inputs)
        emulator.calls.clear()
        return resource

    return make


@pytest.fixture(scope="session")
def omics(server: EmulatorServer) -> "OmicsClient":
    """A client that sends what it is told, right or wrong."""
    config = Config(
        parameter_validation=False,
        inject_host_prefix=False,
        retries={"mode": "standard", "total_max_attempts": 1},
    )
    return boto3.client("omics", endpoint_url=server.url, config=config)


def created(plugin: Plugin, inputs: Mapping[str, Any]) -> Resource:
    """Check and create, as the engine does."""
    checked = plugin.check({"name": "reads", **inputs})
    assert not checked.failures
    return plugin.create(checked.inputs)
