"""Diff: what changes, what that replaces, and what makes no difference."""

from typing import Any

import pytest
from moto.s3.models import s3_backends

from omics_components.emulator import Emulator
from omics_components.providers import KmsKeyProvider, S3BucketProvider, SequenceStoreProvider
from tests.input_tables import KEY
from tests.provider.conftest import MakeStore, StartPlugin, created
from tests.provider.plugin import UNKNOWN, Plugin, PluginError, Resource

FULL: dict[str, Any] = {
    "name": "reads",
    "description": "Reads",
    "sseConfig": {"type": "KMS", "keyArn": KEY},
    "fallbackLocation": "s3://bucket/fallback/",
    "eTagAlgorithmFamily": "SHA256up",
    "propagatedSetLevelTags": ["sample", "cohort"],
    "accessLogLocation": "s3://logs/",
    "tags": {"team": "genomics", "env": "test"},
    "replaceTriggers": {"run": "1"},
}
SAME_MEANING: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "order of tags": ({}, {"tags": {"env": "test", "team": "genomics"}}),
    "order of propagated keys": ({}, {"propagatedSetLevelTags": ["cohort", "sample"]}),
    "no fallback location": ({"fallbackLocation": None}, {"fallbackLocation": ""}),
    "no access logs": ({"accessLogLocation": None}, {"accessLogLocation": ""}),
    "no propagated keys": ({"propagatedSetLevelTags": None}, {"propagatedSetLevelTags": []}),
    "no tags": ({"tags": None}, {"tags": {}}),
    "no description": ({"description": None}, {"description": ""}),
    "the default family": ({"eTagAlgorithmFamily": None}, {"eTagAlgorithmFamily": "MD5up"}),
    "encryption by AWS's own key, said": ({"sseConfig": None}, {"sseConfig": {"type": "KMS"}}),
    "encryption by AWS's own key, unsaid": ({"sseConfig": {"type": "KMS"}}, {"sseConfig": None}),
    "no triggers": ({"replaceTriggers": None}, {"replaceTriggers": {}}),
    "the environment's region": ({"region": "us-east-1"}, {"region": None}),
}
CHANGES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "name": ({"name": "other"}, []),
    "description": ({"description": "Other reads"}, []),
    "fallback location": ({"fallbackLocation": "s3://bucket/other/"}, []),
    "fallback location removed": ({"fallbackLocation": None}, []),
    "access logs removed": ({"accessLogLocation": None}, []),
    "propagated key added": ({"propagatedSetLevelTags": ["a", "cohort", "sample"]}, []),
    "propagated keys removed": ({"propagatedSetLevelTags": None}, []),
    "tag changed": ({"tags": {"team": "genomics", "env": "live"}}, []),
    "tag removed": ({"tags": {"team": "genomics"}}, []),
    "case of a tag key": ({"tags": {"Team": "genomics", "env": "test"}}, []),
    "tags removed": ({"tags": None}, []),
    "key": ({"sseConfig": {"type": "KMS", "keyArn": f"{KEY}0"}}, ["sseConfig"]),
    "key removed": ({"sseConfig": {"type": "KMS"}}, ["sseConfig"]),
    "encryption removed": ({"sseConfig": None}, ["sseConfig"]),
    "family": ({"eTagAlgorithmFamily": "SHA512up"}, ["eTagAlgorithmFamily"]),
    "family removed": ({"eTagAlgorithmFamily": None}, ["eTagAlgorithmFamily"]),
    "trigger": ({"replaceTriggers": {"run": "2"}}, ["replaceTriggers"]),
    "region": ({"region": "eu-west-1", "sseConfig": None}, ["sseConfig", "region"]),
}
UNKNOWNS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "name": ({"name": UNKNOWN}, []),
    "description": ({"description": UNKNOWN}, []),
    "fallbackLocation": ({"fallbackLocation": UNKNOWN}, []),
    "accessLogLocation": ({"accessLogLocation": UNKNOWN}, []),
    "propagatedSetLevelTags": ({"propagatedSetLevelTags": UNKNOWN}, []),
    "propagatedSetLevelTags[0]": ({"propagatedSetLevelTags": [UNKNOWN, "cohort"]}, []),
    "tags": ({"tags": UNKNOWN}, []),
    "tags.team": ({"tags": {"team": UNKNOWN, "env": "test"}}, []),
    "sseConfig": ({"sseConfig": UNKNOWN}, ["sseConfig"]),
    "sseConfig.type": ({"sseConfig": {"type": UNKNOWN, "keyArn": KEY}}, ["sseConfig"]),
    "sseConfig.keyArn": ({"sseConfig": {"type": "KMS", "keyArn": UNKNOWN}}, ["sseConfig"]),
    "eTagAlgorithmFamily": ({"eTagAlgorithmFamily": UNKNOWN}, ["eTagAlgorithmFamily"]),
    "region": ({"region": UNKNOWN}, ["region"]),
    "replaceTriggers.run": ({"replaceTriggers": {"run": UNKNOWN}}, ["replaceTriggers"]),
}


def _without_none(inputs: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if value is not None}


def _checked(plugin: Plugin, store: Resource, **changes: Any) -> dict[str, Any]:
    checked = plugin.check(_without_none({**FULL, **changes}), store.inputs)
    assert checked.failures == {}
    return checked.inputs


def test_an_unchanged_program_changes_nothing(
    plugin: Plugin, a_store: MakeStore, emulator: Emulator
) -> None:
    store = a_store(**FULL)

    diffed = plugin.diff(store, _checked(plugin, store))

    assert (diffed.changes, diffed.replaces) == (False, [])
    assert emulator.calls.names() == []


@pytest.mark.parametrize(("before", "after"), SAME_MEANING.values(), ids=SAME_MEANING.keys())
def test_what_means_the_same_is_no_change(
    plugin: Plugin, a_store: MakeStore, before: dict[str, Any], after: dict[str, Any]
) -> None:
    store = a_store(**_without_none({**FULL, **before}))

    news = _checked(plugin, store, **{**before, **after})

    assert plugin.diff(store, news).changes is False


@pytest.mark.parametrize(("changes", "replaces"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_replaces_only_where_it_must(
    plugin: Plugin,
    a_store: MakeStore,
    emulator: Emulator,
    changes: dict[str, Any],
    replaces: list[str],
) -> None:
    store = a_store(**FULL)

    diffed = plugin.diff(store, _checked(plugin, store, **changes))

    assert diffed.changes is True
    assert diffed.replaces == replaces
    # What a replacement would lose is asked for; nothing else is.
    assert emulator.calls.names() == (["omics:ListReadSets"] if replaces else [])


@pytest.mark.parametrize(("changes", "replaces"), UNKNOWNS.values(), ids=UNKNOWNS.keys())
def test_an_unknown_value_counts_as_changed(
    plugin: Plugin, a_store: MakeStore, changes: dict[str, Any], replaces: list[str]
) -> None:
    store = a_store(**FULL)

    diffed = plugin.diff(store, _checked(plugin, store, **changes))

    assert diffed.changes is True
    assert diffed.replaces == replaces


@pytest.mark.parametrize(("changes", "replaces"), UNKNOWNS.values(), ids=UNKNOWNS.keys())
def test_what_was_not_there_and_will_be_unknown_counts_as_changed(
    plugin: Plugin, a_store: MakeStore, changes: dict[str, Any], replaces: list[str]
) -> None:
    store = a_store()

    diffed = plugin.diff(store, plugin.check({"name": "reads", **changes}, store.inputs).inputs)

    assert diffed.changes is True
    assert diffed.replaces == replaces


def test_an_unknown_tag_beside_default_tags_is_a_change_in_place(
    start_plugin: StartPlugin,
    emulator: Emulator,  # noqa: ARG001 it must be empty
) -> None:
    plugin = start_plugin({"aws:defaultTags": '{"tags":{"team":"genomics"}}'})
    store = created(plugin, {"tags": {"env": "test"}})
    news = plugin.check({"name": "reads", "tags": {"env": UNKNOWN}}, store.inputs).inputs

    diffed = plugin.diff(store, news)

    assert (diffed.changes, diffed.replaces) == (True, [])


def test_hidden_keys_make_no_difference(plugin: Plugin, a_store: MakeStore) -> None:
    store = a_store(**FULL, __identity="one", __timeouts={"create": "5m"})

    diffed = plugin.diff(store, {**_checked(plugin, store), "__identity": "two", "__new": {}})

    assert diffed.changes is False


def test_a_changed_default_tag_is_a_change_in_place(
    start_plugin: StartPlugin,
    emulator: Emulator,  # noqa: ARG001 it must be empty
) -> None:
    one = start_plugin({"aws:defaultTags": '{"tags":{"team":"one"}}'})
    two = start_plugin({"aws:defaultTags": '{"tags":{"team":"two"}}'})
    store = created(one, {"tags": {"env": "test"}})
    news = two.check({"name": "reads", "tags": {"env": "test"}}, store.inputs).inputs

    diffed = two.diff(store, news)
    updated = two.update(store, news)

    assert (diffed.changes, diffed.replaces) == (True, [])
    assert updated.outputs["tagsAll"] == {"env": "test", "team": "two"}
    assert two.read(updated).inputs == news


@pytest.mark.parametrize("provider", [SequenceStoreProvider, KmsKeyProvider, S3BucketProvider])
def test_a_default_tag_that_is_there_already_is_no_change(
    start_plugin: StartPlugin,
    emulator: Emulator,  # noqa: ARG001 it must be empty
    provider: type[Any],
) -> None:
    without = start_plugin(provider=provider)
    having = start_plugin({"aws:defaultTags": '{"tags":{"team":"one"}}'}, provider=provider)
    inputs: dict[str, Any] = {"tags": {"team": "one"}}
    if provider is SequenceStoreProvider:
        inputs["name"] = "reads"
    resource = without.create(without.check(inputs).inputs)

    assert having.diff(resource, having.check(inputs, resource.inputs).inputs).changes is False
    refreshed = having.read(resource)
    assert without.diff(refreshed, without.check(inputs, refreshed.inputs).inputs).changes is False


def _told_by_a_replacement(plugin: Plugin, store: Resource, **changes: Any) -> str:
    already = len(plugin.said())
    plugin.next_command()
    assert plugin.diff(store, _checked(plugin, store, **changes)).replaces
    [line] = plugin.said()[already:]
    start = f"omics-components: replaces sequence store reads ({store.id}) because "
    assert line.startswith(start)
    return line.removeprefix(start)


PASSES_NOT = "read sets, ARN and S3 URI do not pass to the new one"


def test_a_replacement_tells_why_and_what_is_lost(
    plugin: Plugin, a_store: MakeStore, emulator: Emulator
) -> None:
    store = a_store(**FULL)
    two = {"eTagAlgorithmFamily": "MD5up", "replaceTriggers": {"run": "2"}}
    unknown_fields = {"eTagAlgorithmFamily": "MD5up", "sseConfig": UNKNOWN, "description": UNKNOWN}

    empty = f"{PASSES_NOT}; the old one holds no read sets"
    assert _told_by_a_replacement(plugin, store, **two) == (
        f"eTagAlgorithmFamily and replaceTriggers change: {empty}"
    )
    assert _told_by_a_replacement(plugin, store, **unknown_fields) == (
        f"eTagAlgorithmFamily changes and sseConfig may change: {empty}"
    )
    emulator.faults.add({"operation": "ListReadSets", "code": "AccessDeniedException"})
    refused = _told_by_a_replacement(plugin, store, eTagAlgorithmFamily="MD5up")
    assert refused.startswith(
        f"eTagAlgorithmFamily changes: {PASSES_NOT}; the contents of the old one are unknown, and "
        "a store that holds read sets is not deleted: AccessDeniedException: "
    )


def test_a_replacement_tells_how_much_force_destroy_deletes(
    plugin: Plugin, a_store: MakeStore, emulator: Emulator
) -> None:
    store = a_store(**FULL, forceDestroy=True)
    changes = {"eTagAlgorithmFamily": "MD5up", "forceDestroy": True}
    emulator.put_read_sets(store.store_id, 3)

    told = _told_by_a_replacement(plugin, store, **changes)
    assert told.endswith("; force_destroy deletes the old one with 3 read sets (3 ACTIVE)")
    emulator.put_read_sets(store.store_id, 9_997)
    told = _told_by_a_replacement(plugin, store, **changes)
    assert told.endswith("with at least 10000 read sets (10000 ACTIVE)")
    emulator.reset()
    assert _told_by_a_replacement(plugin, store, **changes).endswith("the old one is gone already")


@pytest.mark.parametrize(
    "changes",
    [changes for changes, replaces in UNKNOWNS.values() if replaces],
    ids=[name for name, (_, replaces) in UNKNOWNS.items() if replaces],
)
def test_a_preview_refuses_what_will_replace_and_not_what_may(
    plugin: Plugin, a_store: MakeStore, emulator: Emulator, changes: dict[str, Any]
) -> None:
    store = a_store(**FULL)
    emulator.put_read_sets(store.store_id, 3)
    already = len(plugin.said())
    plugin.next_command()

    assert plugin.diff(store, _checked(plugin, store, **changes)).replaces
    [line] = plugin.said()[already:]
    assert line.startswith(f"omics-components: may replace sequence store reads ({store.id})")
    assert line.endswith(
        " may change: " + PASSES_NOT + "; it holds 3 read sets (3 ACTIVE), so the update will fail "
        "if it would replace it"
    )

    # Another property is known to change; or the update knows the value.
    family = {"eTagAlgorithmFamily": "SHA512up"}
    for known in (
        {**family, **changes} if "eTagAlgorithmFamily" not in changes else family,
        family,
    ):
        plugin.next_command()
        with pytest.raises(PluginError, match="it holds 3 read sets"):
            plugin.diff(store, _checked(plugin, store, **known))

    plugin.next_command()
    assert not plugin.diff(store, _checked(plugin, store)).changes


def test_a_bucket_whose_name_may_change_is_not_refused(start_plugin: StartPlugin) -> None:
    plugin = start_plugin(provider=S3BucketProvider)
    bucket = plugin.create(plugin.check({"bucket": "uploads"}).inputs)
    s3_backends["123456789012"]["aws"].put_object("uploads", "part", b"x")
    plugin.next_command()

    unknown = plugin.check({"bucket": UNKNOWN}, bucket.inputs).inputs
    assert plugin.diff(bucket, unknown).replaces == ["bucket"]
    assert plugin.said()[-1].startswith("omics-components: may replace S3 bucket uploads because")
    plugin.next_command()
    with pytest.raises(PluginError, match="it holds 1 objects"):
        plugin.diff(bucket, plugin.check({"bucket": "others"}, bucket.inputs).inputs)


def test_a_refresh_tells_nothing_of_a_replacement(
    plugin: Plugin, a_store: MakeStore, emulator: Emulator
) -> None:
    """It asks for a difference, too, but does not look at the program."""
    store = a_store(**FULL)
    changed = _checked(plugin, store, eTagAlgorithmFamily="MD5up")
    already = len(plugin.said())
    plugin.next_command()

    assert plugin.diff(store, {**changed, "__identity": "not seen"}).replaces
    assert plugin.said()[already:] == []
    assert emulator.calls.names() == []
