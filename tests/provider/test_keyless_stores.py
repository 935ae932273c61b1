"""Stores that were created without a key, as the engine sees them in both worlds (ADR 17)."""

from typing import TYPE_CHECKING, Any

import pytest

from omics_components.emulator import Emulator
from tests.input_tables import KEY
from tests.provider.conftest import created
from tests.provider.plugin import Plugin, PluginError, Resource

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

SERVICE_KEY = KEY.replace("123456789012", "559620149354")
CENTRAL_KEY = KEY.replace("123456789012", "111122223333")
"""A key of the user's own, in another account of theirs."""
IDENTITY = "file://backend|lab|urn:pulumi:dev::lab::type::reads"


@pytest.fixture(params=[True, False], ids=["AWS reports its key", "AWS reports nothing"])
def either_emulator(request: pytest.FixtureRequest, emulator: Emulator) -> Emulator:
    """The emulator with each of the answers that AWS may give."""
    emulator.configure(assume={} if request.param else {"keyless-store-key": "as-given"})
    return emulator


def encryption(key_arn: str | None) -> dict[str, Any]:
    return {"sseConfig": {"type": "KMS", "keyArn": key_arn}} if key_arn else {}


def next_up(plugin: Plugin, store: Resource, **inputs: Any) -> tuple[bool, list[str]]:
    """Check and diff, as the next update does; give changes and replaces."""
    checked = plugin.check({"name": "reads", **inputs}, store.inputs)
    assert checked.failures == {}
    diffed = plugin.diff(store, checked.inputs)
    return diffed.changes, diffed.replaces


@pytest.mark.parametrize("key_arn", [None, KEY, CENTRAL_KEY])
def test_an_unchanged_program_stays_so_after_a_refresh(
    plugin: Plugin, either_emulator: Emulator, key_arn: str | None
) -> None:
    store = created(plugin, encryption(key_arn))
    either_emulator.put_read_sets(store.store_id, 1)

    assert next_up(plugin, store, **encryption(key_arn)) == (False, [])
    refreshed = plugin.read(store)
    assert refreshed == store
    assert next_up(plugin, refreshed, **encryption(key_arn)) == (False, [])
    assert refreshed.outputs.get("sseConfig") == encryption(key_arn).get("sseConfig")


def test_get_shows_no_key_that_nobody_named(
    plugin: Plugin,
    either_emulator: Emulator,  # noqa: ARG001 its answers differ
    omics: "OmicsClient",
) -> None:
    store = plugin.read(Resource(omics.create_sequence_store(name="reads")["arn"]))

    assert store.inputs is not None
    assert "sseConfig" not in {**store.outputs, **store.inputs}


def test_a_store_of_others_is_adopted_without_a_key(
    plugin: Plugin,
    either_emulator: Emulator,  # noqa: ARG001 its answers differ
    omics: "OmicsClient",
) -> None:
    theirs = omics.create_sequence_store(name="reads")["arn"]
    hidden = {"__identity": IDENTITY, "__import": theirs}

    with pytest.raises(PluginError, match=f"sse_config: .*'{CENTRAL_KEY}'.* in the program"):
        created(plugin, {**hidden, **encryption(CENTRAL_KEY)})
    adopted = created(plugin, hidden)

    assert adopted.id == theirs
    assert next_up(plugin, adopted, **hidden) == (False, [])
    assert plugin.read(adopted).outputs == adopted.outputs


def test_a_state_of_an_earlier_version_that_holds_the_key_of_aws_is_no_change(
    plugin: Plugin, emulator: Emulator
) -> None:
    store = created(plugin, {})
    emulator.put_read_sets(store.store_id, 1)
    recorded = encryption(SERVICE_KEY)
    former = Resource(store.id, {**store.outputs, **recorded}, {**(store.inputs or {}), **recorded})

    assert next_up(plugin, former) == (False, [])
    assert next_up(plugin, plugin.read(former)) == (False, [])
    assert next_up(plugin, former, description="Reads") == (True, [])
    changed = plugin.check({"name": "reads", "description": "Reads"}, former.inputs).inputs
    assert "sseConfig" not in plugin.update(former, changed).outputs


@pytest.mark.parametrize(
    ("before", "after", "replaces"),
    [
        (KEY, None, ["sseConfig"]),
        (None, KEY, ["sseConfig"]),
        (None, CENTRAL_KEY, ["sseConfig"]),
        (CENTRAL_KEY, KEY, ["sseConfig"]),
        (CENTRAL_KEY, None, []),  # it may be one that AWS chose: in doubt, the store is kept
    ],
)
def test_a_key_that_comes_or_goes(
    plugin: Plugin,
    either_emulator: Emulator,  # noqa: ARG001 its answers differ
    before: str | None,
    after: str | None,
    replaces: list[str],
) -> None:
    store = created(plugin, encryption(before))

    for known in (store, plugin.read(store)):
        assert next_up(plugin, known, **encryption(after)) == (bool(replaces), replaces)
