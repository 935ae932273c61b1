"""Create, read, update and delete, as one engine does them after another."""

from typing import TYPE_CHECKING, Any

import pytest

from omics_components.emulator import Emulator
from tests.input_tables import KEY
from tests.provider.conftest import MakeStore, StartPlugin, created
from tests.provider.plugin import Plugin, PluginError, Resource
from tests.provider.test_diff import FULL

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

IDENTITY = "file://backend|lab|urn:pulumi:dev::lab::type::reads"
DEFAULT_TAGS = {"aws:defaultTags": '{"tags":{"team":"genomics","cost":"4711"}}'}
PROGRAMS: dict[str, dict[str, Any]] = {
    "minimal": {},
    "full": FULL,
    "encryption without a key": {"sseConfig": {"type": "KMS"}},
    "empty values": {"tags": {}, "propagatedSetLevelTags": [], "fallbackLocation": ""},
    "hidden keys": {"__identity": IDENTITY, "__timeouts": {"create": "5m"}},
    "another region": {"region": "eu-west-1"},
    "a default tag, said too": {"tags": {"team": "genomics", "env": "test"}},
    "a default tag, overridden": {"tags": {"team": "other"}},
}


def _operations(emulator: Emulator) -> list[str]:
    return [call.operation for call in emulator.calls]


def _updated(plugin: Plugin, store: Resource, **inputs: Any) -> Resource:
    checked = plugin.check({"name": "reads", **inputs}, store.inputs)
    assert checked.failures == {}
    return plugin.update(store, checked.inputs)


def test_create_gives_the_arn_as_id_and_all_outputs(plugin: Plugin, emulator: Emulator) -> None:
    store = created(plugin, {**FULL, "__identity": IDENTITY})

    assert store.id == f"arn:aws:omics:us-east-1:123456789012:sequenceStore/{store.store_id}"
    known = {name: store.outputs.pop(name) for name in ("s3Uri", "s3AccessPointArn")}
    times = [store.outputs.pop(name) for name in ("creationTime", "updateTime")]
    assert store.visible == {
        **FULL,
        "forceDestroy": False,
        "region": "us-east-1",
        "propagatedSetLevelTags": ["cohort", "sample"],
        "status": "ACTIVE",
        "__identity": IDENTITY,
    }
    assert all(store.store_id in text for text in known.values())
    assert all(time.endswith("Z") for time in times)
    # The look that comes first serves all creations of half a minute.
    operations = _operations(emulator)
    assert operations[operations.index("CreateSequenceStore") :] == [
        "CreateSequenceStore",
        "GetSequenceStore",
        "ListTagsForResource",
        "TagResource",  # the last call
        "ListTagsForResource",
    ]


def test_create_sends_what_the_program_says(plugin: Plugin, emulator: Emulator) -> None:
    store = created(plugin, FULL)

    [sent] = [call.parameters for call in emulator.calls if call.operation == "CreateSequenceStore"]
    sent = {name: value for name, value in sent.items() if name != "clientToken"}
    assert sent == {
        "name": "reads",
        "description": "Reads",
        "sseConfig": {"type": "KMS", "keyArn": KEY},
        "fallbackLocation": "s3://bucket/fallback/",
        "eTagAlgorithmFamily": "SHA256up",
        "propagatedSetLevelTags": ["cohort", "sample"],
        "s3AccessConfig": {"accessLogLocation": "s3://logs/"},
        "tags": {
            "team": "genomics",
            "env": "test",
            "omics-components:owner": f"{store.outputs['__owner']}/unfinished",
        },
    }


def test_create_waits_until_the_store_is_active(plugin: Plugin, emulator: Emulator) -> None:
    emulator.plan_status([("CREATING", 0.1), ("ACTIVE",)])

    assert created(plugin, {}).outputs["status"] == "ACTIVE"


@pytest.mark.parametrize("config", [{}, DEFAULT_TAGS], ids=["plain", "default tags"])
@pytest.mark.parametrize("inputs", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_refresh_after_create_shows_nothing(
    start_plugin: StartPlugin,
    emulator: Emulator,  # noqa: ARG001 it must be empty
    config: dict[str, str],
    inputs: dict[str, Any],
) -> None:
    plugin = start_plugin(config)
    store = created(plugin, inputs)

    assert plugin.read(store) == store


@pytest.mark.parametrize("config", [{}, DEFAULT_TAGS], ids=["plain", "default tags"])
def test_refresh_after_update_shows_nothing(
    start_plugin: StartPlugin,
    emulator: Emulator,  # noqa: ARG001 it must be empty
    config: dict[str, str],
) -> None:
    plugin = start_plugin(config)
    store = _updated(
        plugin,
        created(plugin, FULL),
        **{**FULL, "description": "New", "tags": {"team": "genomics", "new": "1"}},
    )
    refreshed = plugin.read(store)

    # Tagging changes no time that an update answers with.
    assert refreshed.inputs == store.inputs
    assert refreshed.outputs == store.outputs


def test_refresh_shows_drift_in_the_inputs(
    plugin: Plugin, a_store: MakeStore, omics: "OmicsClient"
) -> None:
    store = a_store(**FULL)
    omics.update_sequence_store(id=store.store_id, description="Drift", fallbackLocation="")
    omics.untag_resource(resourceArn=store.id, tagKeys=["env"])

    refreshed = plugin.read(store)

    assert refreshed.inputs is not None
    assert store.inputs is not None
    drifted = {**store.inputs, "description": "Drift", "tags": {"team": "genomics"}}
    del drifted["fallbackLocation"]
    assert refreshed.inputs == drifted
    assert plugin.diff(refreshed, store.inputs).changes is True


def test_tags_that_aws_sets_itself_are_no_drift(
    plugin: Plugin, a_store: MakeStore, emulator: Emulator
) -> None:
    store = a_store(tags={"team": "genomics"})
    with_system_tag = '{"tags":{"team":"genomics","aws:cloudformation:stack-name":"x"}}'
    emulator.faults.add(
        {
            "operation": "ListTagsForResource",
            "action": "body",
            "body": with_system_tag,
            "content_type": "application/json",
        }
    )

    assert plugin.read(store) == store


UPDATES: dict[str, tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]] = {
    "description": (
        {**FULL, "description": "New"},
        [("UpdateSequenceStore", {"description": "New"})],
    ),
    "two fields": (
        {**FULL, "name": "new", "fallbackLocation": "s3://bucket/new/"},
        [("UpdateSequenceStore", {"name": "new", "fallbackLocation": "s3://bucket/new/"})],
    ),
    "fallback location cleared": (
        {**FULL, "fallbackLocation": ""},
        [("UpdateSequenceStore", {"fallbackLocation": ""})],
    ),
    "access logs cleared": (
        {**FULL, "accessLogLocation": ""},
        [("UpdateSequenceStore", {"s3AccessConfig": {"accessLogLocation": ""}})],
    ),
    "propagated keys cleared": (
        {**FULL, "propagatedSetLevelTags": []},
        [("UpdateSequenceStore", {"propagatedSetLevelTags": []})],
    ),
    "propagated keys": (
        {**FULL, "propagatedSetLevelTags": ["new"]},
        [("UpdateSequenceStore", {"propagatedSetLevelTags": ["new"]})],
    ),
    "tags cleared": (
        {**FULL, "tags": {}},
        [("UntagResource", {"tagKeys": ["env", "team"]})],
    ),
    "one tag added, one changed, one removed": (
        {**FULL, "tags": {"team": "new", "more": "1"}},
        [
            ("UntagResource", {"tagKeys": ["env"]}),
            ("TagResource", {"tags": {"more": "1", "team": "new"}}),
        ],
    ),
    "nothing": (FULL, []),
}


@pytest.mark.parametrize(("inputs", "expected"), UPDATES.values(), ids=UPDATES.keys())
def test_update_sends_only_what_changed(
    plugin: Plugin,
    a_store: MakeStore,
    emulator: Emulator,
    inputs: dict[str, Any],
    expected: list[tuple[str, dict[str, Any]]],
) -> None:
    store = a_store(**FULL)

    updated = _updated(plugin, store, **inputs)

    ignored = {"id", "resourceArn", "clientToken"}
    sent = [
        (call.operation, {k: v for k, v in call.parameters.items() if k not in ignored})
        for call in emulator.calls
    ]
    changes_tags = any("agResource" in operation for operation, _ in expected)
    read: tuple[str, dict[str, Any]] = (
        "ListTagsForResource",
        {},
    )  # the owner tag comes first, and tags are waited for
    assert sent == [read, *expected, *([read] if changes_tags else [])]
    assert plugin.read(updated).inputs == updated.inputs
    assert plugin.diff(updated, updated.inputs or {}).changes is False


def test_update_keeps_the_identity_of_birth_and_takes_the_new_timeouts(
    plugin: Plugin, a_store: MakeStore
) -> None:
    store = a_store(__identity="born", __timeouts={"update": "5m"})

    updated = _updated(
        plugin, store, description="New", __identity="renamed", __timeouts={"update": "6m"}
    )

    assert updated.outputs["__identity"] == "born"
    assert updated.outputs["__timeouts"] == {"update": "6m"}


def test_update_waits_for_a_store_that_becomes_busy(
    plugin: Plugin, a_store: MakeStore, emulator: Emulator
) -> None:
    store = a_store()
    emulator.plan_status([("UPDATING", 0.1), ("ACTIVE",)], on="update")

    assert _updated(plugin, store, description="New").outputs["status"] == "ACTIVE"


@pytest.mark.parametrize("operation", ["UpdateSequenceStore", "DeleteSequenceStore"])
def test_a_store_that_was_busy_is_asked_again(
    plugin: Plugin, a_store: MakeStore, emulator: Emulator, operation: str
) -> None:
    store = a_store()
    emulator.faults.add({"operation": operation, "code": "ConflictException", "times": 1})

    if operation == "UpdateSequenceStore":
        assert _updated(plugin, store, description="New").outputs["description"] == "New"
    else:
        plugin.delete(store)
        assert plugin.read(store).id == ""
    assert _operations(emulator).count(operation) == 2


def test_a_lost_answer_makes_no_second_store(
    plugin: Plugin, emulator: Emulator, omics: "OmicsClient"
) -> None:
    emulator.faults.add(
        {"operation": "CreateSequenceStore", "action": "drop", "when": "after", "times": 1}
    )

    store = created(plugin, {})

    stores = omics.list_sequence_stores()["sequenceStores"]
    assert [found["arn"] for found in stores] == [store.id]


def test_delete_leaves_nothing_behind(
    plugin: Plugin, a_store: MakeStore, omics: "OmicsClient"
) -> None:
    plugin.delete(a_store(**FULL))

    assert omics.list_sequence_stores()["sequenceStores"] == []


def test_delete_waits_until_the_store_is_gone(
    plugin: Plugin, a_store: MakeStore, emulator: Emulator, omics: "OmicsClient"
) -> None:
    store = a_store()
    emulator.plan_status([("DELETING", 0.1)], on="delete")

    plugin.delete(store)

    assert omics.list_sequence_stores()["sequenceStores"] == []


def test_a_second_delete_succeeds(plugin: Plugin, a_store: MakeStore) -> None:
    store = a_store()

    plugin.delete(store)
    plugin.delete(store)

    assert plugin.read(store).id == ""


def test_refresh_of_a_store_that_is_gone_says_so(
    plugin: Plugin, a_store: MakeStore, omics: "OmicsClient"
) -> None:
    store = a_store(**FULL, __identity="born")
    omics.delete_sequence_store(id=store.store_id)

    assert plugin.read(store) == Resource("")


def test_refresh_of_a_store_that_is_being_deleted_says_so(
    plugin: Plugin, a_store: MakeStore, emulator: Emulator, omics: "OmicsClient"
) -> None:
    store = a_store(**FULL, __identity="born")
    emulator.plan_status([("DELETING", 600)], on="delete")
    omics.delete_sequence_store(id=store.store_id)

    assert plugin.read(store) == Resource("")
    with pytest.raises(PluginError, match="the store is being deleted"):
        plugin.get(store.id)


@pytest.mark.parametrize("inputs", [{}, FULL], ids=["minimal", "full"])
def test_get_finds_a_store(plugin: Plugin, a_store: MakeStore, inputs: dict[str, Any]) -> None:
    store = a_store(**inputs)
    found = plugin.get(store.id)

    outputs = {name: value for name, value in store.visible.items() if name != "replaceTriggers"}
    assert (found.id, found.outputs) == (store.id, outputs)


def test_get_reaches_another_region(plugin: Plugin, a_store: MakeStore) -> None:
    store = a_store(region="eu-west-1")

    assert plugin.get(store.id).outputs["name"] == "reads"


@pytest.mark.parametrize(
    ("id_", "words"),
    [
        ("arn:aws:omics:us-east-1:123456789012:sequenceStore/1234567890", "Check the ARN."),
        ("1234567890", "sequenceStore/1234567890.*Check the ARN."),
        ("reads", "'reads' is not the ARN of a sequence store"),
        ("arn:aws:omics:us-east-1:123456789012:referenceStore/1234567890", "is not the ARN of a"),
    ],
)
def test_get_of_a_missing_store_fails_in_one_line(plugin: Plugin, id_: str, words: str) -> None:
    with pytest.raises(PluginError, match=words) as failure:
        plugin.get(id_)

    assert "\n" not in str(failure.value)
