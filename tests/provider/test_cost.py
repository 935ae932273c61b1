"""What a creation costs in an account that is full of others' resources, under AWS's quotas.

The account has 500 stores and 500 keys of others, all created a moment ago and all with owner tags.
The calls are counted; how long they take is printed (``-rP``), not asserted.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from omics_components.emulator import Emulator, EmulatorServer
from omics_components.providers import KmsKeyProvider, SequenceStoreProvider
from tests.provider.conftest import StartPlugin

OTHERS = 500
MORE_CALLS_MAX = 6
INPUTS: dict[str, Any] = {
    "store": (SequenceStoreProvider, {"name": "reads"}),
    "key": (KmsKeyProvider, {"alias": "alias/reads"}),
}


@pytest.fixture
def crowd(server: EmulatorServer, emulator: Emulator) -> Iterator[Any]:  # noqa: ARG001 it must be empty
    """Fill the account with what others have."""

    def fill(name: str) -> None:
        config = Config(inject_host_prefix=False)
        make: Any = boto3.client
        omics, kms = (
            make(service, endpoint_url=server.url, config=config) for service in ("omics", "kms")
        )
        for number in range(OTHERS):
            tag = ("omics-components:owner", f"d{number}/c{number}/s{number}")
            omics.create_sequence_store(name=name.format(number), tags=dict([tag]))
            kms.create_key(Tags=[{"TagKey": tag[0], "TagValue": tag[1]}])

    yield fill
    server.reset()


@pytest.mark.parametrize("name", ["theirs-{}", "reads"], ids=["other names", "the same name"])
def test_a_creation_costs_little_more_where_others_have_much(
    crowd: Any, emulator: Emulator, start_plugin: StartPlugin, name: str
) -> None:
    calls: list[int] = []
    seconds: list[float] = []
    for is_crowded in (False, True):
        if is_crowded:
            crowd(name)
        # Two processes, each with nothing remembered and the quotas of the service.
        environment = {"OMICS_COMPONENTS_TPS": "TagResource=5", "LANG": f"C.{name}{is_crowded}"}
        emulator.calls.clear()
        began = time.monotonic()
        for provider, inputs in INPUTS.values():
            plugin = start_plugin(environment=environment, provider=provider)
            identity = f"|lab|urn:pulumi:dev::lab::{provider.__name__}::{is_crowded}"
            alias = {"alias": f"alias/{is_crowded}"} if "alias" in inputs else {}
            checked = plugin.check({**inputs, **alias, "__identity": identity})
            plugin.create(checked.inputs)
        seconds.append(time.monotonic() - began)
        calls.append(len(emulator.calls))

    print(f"calls {calls}, seconds {[round(s, 1) for s in seconds]}")  # noqa: T201 `-rP` shows it
    assert calls[1] - calls[0] <= MORE_CALLS_MAX
