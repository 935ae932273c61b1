"""An emulator over HTTP and plugin processes that use it, shared by the tests of one worker."""

import copy
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from pulumi.dynamic import ResourceProvider

from omics_components.emulator import Emulator, EmulatorServer, Settings
from omics_components.providers import SequenceStoreProvider
from tests.provider.plugin import (
    ForkServer,
    InThisProcess,
    Plugin,
    PluginProcess,
    Process,
    Resource,
)

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

_IN_PROCESS = bool(os.environ.get("PLUGIN_IN_PROCESS"))
"""Whether plugins that need no environment of their own run in the process of the tests."""

StartPlugin = Callable[..., Plugin]
StartProcess = Callable[[], PluginProcess]
MakeStore = Callable[..., Resource]


@pytest.fixture(scope="session")
def server() -> Iterator[EmulatorServer]:
    # The tables of inputs hold ARNs of keys that no one made.
    with EmulatorServer(check_keys=False) as running:
        yield running


@pytest.fixture
def emulator(server: EmulatorServer) -> Emulator:
    """The emulator behind the server, empty and as it was at first, whatever a test set."""
    server.reset()
    server.emulator.configure(**asdict(Settings(check_keys=False)))
    return server.emulator


@pytest.fixture(scope="session")
def start_plugin(
    server: EmulatorServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartPlugin]:
    """Start a plugin for a stack with this configuration, in this environment."""
    folder = tmp_path_factory.mktemp("plugins")
    running: dict[object, PluginProcess] = {}

    def start(
        config: Mapping[str, str] | None = None,
        environment: Mapping[str, str | None] | None = None,
        provider: type[ResourceProvider] = SequenceStoreProvider,
    ) -> Plugin:
        unpaced = {"OMICS_COMPONENTS_TPS": "*=inf"}  # the emulator has no quotas here
        changes = {"AWS_ENDPOINT_URL": server.url, **unpaced, **(environment or {})}
        key = frozenset(changes.items())
        if key not in running:
            merged = {**os.environ, **changes}
            known = {name: value for name, value in merged.items() if value is not None}
            kind = InThisProcess if _IN_PROCESS and not environment else Process
            running[key] = kind(known, folder / f"{len(running)}.log")
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


@pytest.fixture(scope="session")
def nursery(
    server: EmulatorServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ForkServer]:
    """Starts plugin processes in a few milliseconds, in the environment of a plain stack."""
    environment = {**os.environ, **server.environment(), "OMICS_COMPONENTS_TPS": "*=inf"}
    nursery = ForkServer(environment, tmp_path_factory.mktemp("nursery"))
    yield nursery
    nursery.close()


class Account:
    """All that there is in the emulator, in the one account and region of these tests.

    It is read and set past the services' APIs: no call is logged, and no fault strikes.
    """

    number, region = "123456789012", "us-east-1"

    def __init__(self, server: EmulatorServer) -> None:
        self._server = self.server = server

    def stores(self) -> dict[str, dict[str, Any]]:
        """The sequence stores by ARN, as the emulator remembers them."""
        world = self._server.emulator._world.region(self.number, self.region)
        return {store["arn"]: store for store in world.to_json()["sequence_stores"].values()}

    def keys(self) -> dict[str, str]:
        """The state of each key by ARN."""
        return {key.arn: key.key_state for key in self._kms.keys.values()}

    def buckets(self) -> set[str]:
        """The names of the buckets."""
        return set(self._s3.buckets)

    def describe(self, id_: str) -> Any:
        """All that AWS has of a resource, by its Pulumi id; None if it is gone."""
        if ":accesspoint/" in id_:
            stores = self.stores().values()
            policies = {s["s3_access_point_arn"]: s["s3_access_policy"] for s in stores}
            return policies.get(id_)
        if ":omics:" in id_:
            store = self.stores().get(id_)
            own = ("s3_access_policy", "s3_access_policy_time_s")  # another resource
            return store and {name: value for name, value in store.items() if name not in own}
        if ":kms:" in id_:
            key = self._kms.keys.get(id_.rpartition("/")[2])
            tags = self._kms.tagger.list_tags_for_resource(key.id)["Tags"] if key else []
            pairs = sorted((tag["TagKey"], tag["TagValue"]) for tag in tags)
            return key and (
                *(key.key_state, key.description, str(key.policy)),
                *(pairs, sorted(key.aliases)),
            )
        bucket = self._s3.buckets.get(id_)
        if bucket is None:
            return None
        tags = self._s3.tagger.get_tag_dict_for_resource(bucket.arn)
        return (bucket.versioning_status, bucket.policy, sorted(tags.items()), [*bucket.keys])

    def wait(self, seconds: float) -> None:
        """Let time pass by the services' clock: what was made just now is then older (s)."""
        clock = self._server.emulator._clock
        self._server.emulator._clock = lambda: clock() + seconds

    def save(self) -> Any:
        """Return a copy of everything."""
        moto = (vars(self._kms), vars(self._s3), dict(s3_backends.bucket_accounts))
        return self._server.emulator._world.to_json(), copy.deepcopy(moto)

    def load(self, saved: Any) -> None:
        """Replace everything by what was saved; the calls so far and all faults are forgotten."""
        self._server.reset()
        world, moto = copy.deepcopy(saved)
        self._server.emulator._world.load_json(world)
        kms, s3, owners = moto
        vars(self._kms).update(kms)
        vars(self._s3).update(s3)
        s3_backends.bucket_accounts.update(owners)

    @property
    def _kms(self) -> Any:
        return kms_backends[self.number][self.region]

    @property
    def _s3(self) -> Any:
        return s3_backends[self.number]["aws"]


@pytest.fixture
def account(server: EmulatorServer, emulator: Emulator) -> Iterator[Account]:
    """The emulator's contents: empty at first; keys of stores must be usable."""
    emulator.configure(check_keys=True)
    clock = emulator._clock
    yield Account(server)
    emulator._clock = clock


def created(plugin: Plugin, inputs: Mapping[str, Any]) -> Resource:
    """Check and create, as the engine does."""
    checked = plugin.check({"name": "reads", **inputs})
    assert not checked.failures
    return plugin.create(checked.inputs)
