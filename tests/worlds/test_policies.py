"""The policies of keys and buckets let HealthOmics in, with and without an account sent."""

from __future__ import annotations

from typing import Any

import pytest

from omics_components.emulator.assumptions import assumptions
from omics_components.providers import KmsKeyProvider, S3BucketProvider, SequenceStoreProvider
from tests.provider.fake_engine import Declared, FakeEngine
from tests.worlds.world import World

_IDENTITY = "file://backend|lab|urn:pulumi:dev::lab::pulumi-python:dynamic/omics:Any::"
WORLDS = [
    {name: choice}
    for name in ("source-account", "access-log-writer")
    for choice in (None, *(one.id for one in assumptions()[name].alternatives))
]


def _declare(engine: FakeEngine, provider: Any, name: str, /, **inputs: Any) -> str:
    """Declare one more resource, and return its id."""
    declared = {
        record.name: Declared(record.provider, record.inputs) for record in engine.state
    } | {name: Declared(provider, {"__identity": f"{_IDENTITY}{name}", **inputs})}
    outcome = engine.up(declared)
    assert outcome.error is None
    return next(record.id for record in engine.state if record.name == name)


@pytest.mark.parametrize("assume", WORLDS, ids=lambda one: "=".join(map(str, *one.items())))
def test_uploads_and_logs_arrive(world: World, assume: dict[str, str | None]) -> None:
    world.reset({name: choice for name, choice in assume.items() if choice})
    engine = world.engine()
    key = _declare(engine, KmsKeyProvider, "key")
    uploads = _declare(engine, S3BucketProvider, "uploads", writer="health-omics", kmsKeyArn=key)
    logs = _declare(engine, S3BucketProvider, "logs", writer="s3-access-logs")

    store = _declare(
        engine,
        SequenceStoreProvider,
        "reads",
        name="reads",
        sseConfig={"type": "KMS", "keyArn": key},
        fallbackLocation=f"s3://{uploads}/",
        accessLogLocation=f"s3://{logs}/",
    )

    store_id = store.rpartition("/")[2]
    assert world.emulator.put_fallback_object(store_id)["stored"]
    assert world.emulator.put_access_log(store_id)["stored"]
    assert engine.refresh().changes == []
