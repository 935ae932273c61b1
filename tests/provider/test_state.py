"""What lies in the state of every stack, and must stay readable for ever.

``states/<version>-<kind>.json`` is what a real engine recorded under that version of the library,
with ids and times made constant. ``python -m tests.provider.states.record`` writes the files of
this version, with Pulumi's CLI on PATH. A new version adds files and never changes one. ``0.1.0a1``
is older than ownership tags.
"""

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pulumi.dynamic.dynamic import serialize_provider

from omics_components.emulator import Emulator, EmulatorServer
from omics_components.kinds import registry
from omics_components.providers import SequenceStoreProvider
from omics_components.schema.owner_tag import OwnerTag
from tests.kinds.recorded import STORE_ID, RecordedKind, recorded_kind
from tests.provider.advice import edit
from tests.provider.conftest import StartPlugin
from tests.provider.plugin import PROVIDER, Plugin, Properties, Resource

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

STATES = Path(__file__).parent / "states"
VERSION = version("omics-components")
TIME = "2026-01-01T00:00:00.000Z"
MADE_CONSTANT = {
    "creationDate": TIME,
    "creationTime": TIME,
    "updateTime": TIME,
    "s3Uri": f"s3://123456789012-1234567-s3alias/123456789012/{STORE_ID}/",
}
"""Outputs that differ from run to run, not only by an id, and what is recorded of them."""

MAKER = {"OMICS_COMPONENTS_TPS": "*=inf"}
DESTROYER = {"OMICS_COMPONENTS_TPS": "*=1000"}
"""Environments of other processes: none deletes what it has made, or has checked to be live."""


KINDS = {kind.name: recorded_kind(kind) for kind in registry.KINDS}
each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


@dataclass(frozen=True)
class Recorded:
    """A state of some version, and the live resource that it is of.

    Args:
        kind: What it is.
        live: The resource, and what is recorded of it.
        program: What the program says of it.
        plugin: Answers for its kind, but has not made it.
    """

    kind: RecordedKind
    live: Resource
    program: Properties
    plugin: Plugin


@pytest.fixture(params=sorted(STATES.glob("*.json")), ids=lambda path: path.stem)
def recorded(
    request: pytest.FixtureRequest,
    emulator: Emulator,
    server: EmulatorServer,
    start_plugin: StartPlugin,
    omics: "OmicsClient",
) -> Recorded:
    kind = next(kind for name, kind in KINDS.items() if request.param.stem.endswith(f"-{name}"))
    state = json.loads(request.param.read_text())
    maker = start_plugin(environment=MAKER, provider=kind.provider)
    live = maker.create(_of_a_live_store(kind, state["inputs"], omics))
    edit(live.id, str(state["outputs"].get("__owner") or ""), server)  # as that version left it
    state = _replaced(state, kind.constant, kind.part(live.id))
    program = _replaced(kind.program, kind.constant, kind.part(live.id))
    said = {name: value for name, value in program.items() if name in state["inputs"]}
    hidden = {name: value for name, value in state["inputs"].items() if name.startswith("__")}
    emulator.calls.clear()
    return Recorded(
        kind,
        Resource(live.id, state["outputs"], state["inputs"]),
        {**said, **_without(hidden, "__provider")},
        start_plugin(provider=kind.provider),
    )


def test_the_provider_is_recorded_as_its_import_path() -> None:
    assert vars(SequenceStoreProvider()) == {}
    assert PROVIDER == (
        "gASVOwAAAAAAAACMGm9taWNzX2NvbXBvbmVudHMucHJvdmlkZXJzlIwVU2VxdWVuY2VTdG9yZVByb3ZpZGVylJOU"
        "KYGULg=="
    )


@each_kind
def test_the_provider_is_recorded_in_plain_text(kind: RecordedKind) -> None:
    assert kind.provider.serialize_as_secret_always is False


@each_kind
def test_the_type_token_is_fixed(kind: RecordedKind) -> None:
    assert getattr(kind.resource, "_resource_type_name", "") == f"dynamic/{kind.token}"


@pytest.mark.parametrize("name", KINDS)
def test_this_version_records_what_it_did_when_it_was_released(
    name: str,
    emulator: Emulator,  # noqa: ARG001 it must be empty
    start_plugin: StartPlugin,
    omics: "OmicsClient",
) -> None:
    kind = KINDS[name]
    state = json.loads((STATES / f"{VERSION}-{name}.json").read_text())
    plugin = start_plugin(environment=MAKER, provider=kind.provider)
    program = _of_a_live_store(kind, {**kind.program, **kind.hidden}, omics)

    made = normalised(kind, plugin.create(plugin.check(program).inputs))

    owner = OwnerTag.parse(made["outputs"].pop("__owner"))
    assert owner
    assert owner.serial
    state["outputs"].pop("__owner", None)
    assert made == state


def test_recorded_state_shows_no_change(recorded: Recorded, emulator: Emulator) -> None:
    checked = recorded.plugin.check(recorded.program, recorded.live.inputs)

    assert checked.failures == {}
    assert recorded.plugin.diff(recorded.live, checked.inputs).changes is False
    assert emulator.calls.names() == []


def test_recorded_state_is_read(recorded: Recorded) -> None:
    live = recorded.live

    read = recorded.plugin.read(live)

    # Later versions tell more.
    inputs = _without(live.inputs or {}, "__provider")
    outputs = _without(live.outputs, "__provider", *MADE_CONSTANT)
    assert inputs == {name: (read.inputs or {}).get(name) for name in inputs}
    assert outputs == {name: read.outputs.get(name) for name in outputs}


def test_recorded_state_is_updated(recorded: Recorded, emulator: Emulator) -> None:
    changed = {**recorded.program, **recorded.kind.change}
    news = recorded.plugin.check(changed, recorded.live.inputs).inputs

    updated = recorded.plugin.update(recorded.live, news)

    for name in recorded.kind.change:
        assert updated.outputs[name] == news[name]
    assert updated.outputs["__identity"] == recorded.live.outputs["__identity"]
    reading = ("Describe", "Get", "List")
    changing = [call.name for call in emulator.calls if not call.operation.startswith(reading)]
    assert changing == recorded.kind.operations


def test_recorded_state_is_deleted(recorded: Recorded, start_plugin: StartPlugin) -> None:
    plugin = start_plugin(environment=DESTROYER, provider=recorded.kind.provider)

    plugin.delete(recorded.live)

    assert plugin.read(recorded.live).id == ""


def normalised(kind: RecordedKind, resource: Resource) -> dict[str, Any]:
    """Return a resource as it is recorded, with what differs from run to run made constant."""
    provider = serialize_provider(kind.provider())
    state = {
        "id": resource.id,
        "inputs": {**(resource.inputs or {}), "__provider": provider},
        "outputs": {**resource.outputs, "__provider": provider},
    }
    made: dict[str, Any] = _replaced(state, kind.part(resource.id), kind.constant)
    for name in made["outputs"].keys() & MADE_CONSTANT.keys():
        made["outputs"][name] = MADE_CONSTANT[name]
    return made


def _of_a_live_store(kind: RecordedKind, inputs: Properties, omics: "OmicsClient") -> Properties:
    """Make the store that the inputs of an access policy speak of."""
    if "sequenceStoreArn" not in inputs:
        return inputs
    made: Properties = _replaced(
        inputs, kind.constant, omics.create_sequence_store(name="reads")["id"]
    )
    return made


def _replaced(value: Any, old: str, new: str) -> Any:
    return json.loads(json.dumps(value).replace(old, new))


def _without(bag: Properties, *names: str) -> Properties:
    return {name: value for name, value in bag.items() if name not in names}
