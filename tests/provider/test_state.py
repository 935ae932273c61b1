"""What lies in the state of every stack, and must stay readable for ever.

``states/<version>-sequence-store.json`` is what the engine recorded under that version of the
library: the answers of a real plugin, with ids and times made constant. A new version adds a file
and never changes one.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from omics_components import SequenceStore
from omics_components.emulator import Emulator
from omics_components.providers import SequenceStoreProvider
from tests.provider.plugin import PROVIDER, Bag, Plugin, Resource
from tests.provider.test_diff import FULL
from tests.provider.test_lifecycle import IDENTITY

STATES = sorted((Path(__file__).parent / "states").glob("*-sequence-store.json"))
CONSTANT_ID = "9876543210"
EVERYTHING = {
    **FULL,
    "region": "us-east-1",
    "__identity": IDENTITY,
    "__timeouts": {"create": "20m", "update": "10m", "delete": "5m"},
}


@pytest.fixture(params=STATES, ids=[path.stem for path in STATES])
def recorded(request: pytest.FixtureRequest) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(request.param.read_text())
    return state


@pytest.fixture
def store(plugin: Plugin, recorded: dict[str, Any]) -> Resource:
    """A live store as the recorded one was, and what is recorded of it."""
    live = plugin.create(recorded["inputs"])
    text = json.dumps(recorded).replace(CONSTANT_ID, live.store_id)
    state = json.loads(text)
    return Resource(live.id, state["outputs"], state["inputs"])


def test_the_provider_is_recorded_as_its_import_path() -> None:
    assert vars(SequenceStoreProvider()) == {}
    assert PROVIDER == (
        "gASVOwAAAAAAAACMGm9taWNzX2NvbXBvbmVudHMucHJvdmlkZXJzlIwVU2VxdWVuY2VTdG9yZVByb3ZpZGVylJOU"
        "KYGULg=="
    )


def test_the_provider_is_recorded_in_plain_text() -> None:
    assert SequenceStoreProvider.serialize_as_secret_always is False


def test_the_type_token_is_fixed() -> None:
    assert SequenceStore._resource_type_name == "dynamic/omics:SequenceStore"


def test_this_version_records_what_it_did_when_it_was_released(
    plugin: Plugin, recorded: dict[str, Any]
) -> None:
    checked = plugin.check(EVERYTHING)
    store = plugin.create(checked.inputs)

    made = normalised(store)
    assert made["inputs"] == recorded["inputs"]
    assert made["outputs"].keys() == recorded["outputs"].keys()
    assert made["id"] == recorded["id"]


def test_recorded_state_shows_no_change(
    plugin: Plugin, store: Resource, recorded: dict[str, Any]
) -> None:
    checked = plugin.check(EVERYTHING, recorded["inputs"])

    assert checked.failures == {}
    assert plugin.diff(store, checked.inputs).changes is False


def test_recorded_state_is_read(plugin: Plugin, store: Resource) -> None:
    read = plugin.read(store)

    assert read.inputs == _without(store.inputs or {}, "__provider")
    volatile = ("__provider", "creationTime", "updateTime", "s3Uri")
    assert _without(read.outputs, *volatile) == _without(store.outputs, *volatile)


def test_recorded_state_is_updated(plugin: Plugin, store: Resource, emulator: Emulator) -> None:
    emulator.calls.clear()
    news = plugin.check({**EVERYTHING, "description": "New"}, store.inputs).inputs

    updated = plugin.update(store, news)

    assert updated.outputs["description"] == "New"
    assert updated.outputs["__identity"] == store.outputs["__identity"]
    assert emulator.calls.names() == ["omics:UpdateSequenceStore"]


def test_recorded_state_is_deleted(plugin: Plugin, store: Resource) -> None:
    plugin.delete(store)

    assert plugin.read(store).id == ""


def _without(bag: Bag, *names: str) -> Bag:
    return {name: value for name, value in bag.items() if name not in names}


def normalised(store: Resource) -> dict[str, Any]:
    """Give a resource as it is recorded, with what differs from run to run made constant."""
    state = {
        "id": store.id,
        "inputs": {"__provider": PROVIDER, **(store.inputs or {})},
        "outputs": {"__provider": PROVIDER, **store.outputs},
    }
    made: dict[str, Any] = json.loads(json.dumps(state).replace(store.store_id, CONSTANT_ID))
    made["outputs"]["creationTime"] = made["outputs"]["updateTime"] = "2026-01-01T00:00:00.000Z"
    made["outputs"]["s3Uri"] = f"s3://123456789012-1234567-s3alias/123456789012/{CONSTANT_ID}/"
    return made
