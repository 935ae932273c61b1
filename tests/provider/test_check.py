"""Check: defaults, canonical order, unknown values at every place, hidden keys, numbers."""

import re
from typing import Any

import pytest
from pulumi.dynamic import ResourceProvider

from omics_components.emulator import Emulator
from omics_components.providers import KmsKeyProvider, S3BucketProvider, SequenceStoreProvider
from tests.input_tables import KEY
from tests.provider.conftest import StartPlugin
from tests.provider.plugin import UNKNOWN, Plugin, Properties

UNKNOWN_AT: dict[str, dict[str, Any]] = {
    "name": {"name": UNKNOWN},
    "description": {"description": UNKNOWN},
    "sseConfig": {"sseConfig": UNKNOWN},
    "sseConfig.type": {"sseConfig": {"type": UNKNOWN}},
    "sseConfig.type beside a key": {"sseConfig": {"type": UNKNOWN, "keyArn": KEY}},
    "sseConfig.keyArn": {"sseConfig": {"type": "KMS", "keyArn": UNKNOWN}},
    "fallbackLocation": {"fallbackLocation": UNKNOWN},
    "eTagAlgorithmFamily": {"eTagAlgorithmFamily": UNKNOWN},
    "propagatedSetLevelTags": {"propagatedSetLevelTags": UNKNOWN},
    "propagatedSetLevelTags[1]": {"propagatedSetLevelTags": ["b", UNKNOWN, "a"]},
    "accessLogLocation": {"accessLogLocation": UNKNOWN},
    "tags": {"tags": UNKNOWN},
    "tags.team": {"tags": {"team": UNKNOWN, "env": "test"}},
    "region": {"region": UNKNOWN},
    "region beside a key": {"region": UNKNOWN, "sseConfig": {"type": "KMS", "keyArn": KEY}},
    "replaceTriggers": {"replaceTriggers": UNKNOWN},
    "replaceTriggers.run": {"replaceTriggers": {"run": UNKNOWN}},
}
TAGGED = (SequenceStoreProvider, KmsKeyProvider, S3BucketProvider)
DEFAULT_TAGS = {"aws:defaultTags": '{"tags":{"team":"genomics","cost":"4711"}}'}


def test_region_and_etag_family_are_filled_in(plugin: Plugin) -> None:
    assert plugin.check({"name": "reads"}).inputs == {
        "name": "reads",
        "eTagAlgorithmFamily": "MD5up",
        "forceDestroy": False,
        "region": "us-east-1",
    }


def test_keys_and_tags_are_put_in_order(plugin: Plugin) -> None:
    inputs = plugin.check(
        {"name": "reads", "propagatedSetLevelTags": ["b", "c", "a"], "tags": {"b": "1", "a": "2"}}
    ).inputs

    assert inputs["propagatedSetLevelTags"] == ["a", "b", "c"]
    assert inputs["tags"] == {"a": "2", "b": "1"}


def test_what_check_gives_passes_check_unchanged(plugin: Plugin) -> None:
    first = plugin.check({"name": "reads", "tags": {"b": "1"}, "sseConfig": {"type": "KMS"}})

    assert plugin.check(first.inputs, first.inputs) == first


@pytest.mark.parametrize("inputs", UNKNOWN_AT.values(), ids=UNKNOWN_AT.keys())
def test_an_unknown_value_comes_back_unknown_at_its_place(
    plugin: Plugin, emulator: Emulator, inputs: dict[str, Any]
) -> None:
    checked = plugin.check({"name": "reads", **inputs})

    assert checked.failures == {}
    assert {name: checked.inputs[name] for name in inputs} == inputs
    assert emulator.calls.names() == []


def test_a_bad_value_beside_an_unknown_one_is_still_refused(plugin: Plugin) -> None:
    checked = plugin.check(
        {
            "name": UNKNOWN,
            "tags": {"team": UNKNOWN, "a#b": "c"},
            "sseConfig": {"type": UNKNOWN, "keyArn": "abc"},
            "propagatedSetLevelTags": [UNKNOWN, "aws:x"],
        }
    )

    # The item of the list is unknown once an unknown one is left out.
    assert checked.failures.keys() == {
        'tags["a#b"]',
        "sseConfig.keyArn",
        "propagatedSetLevelTags",
    }


def test_each_bad_value_is_reported(plugin: Plugin) -> None:
    checked = plugin.check(
        {"name": "", "tags": {"a": 1, "b": "v" * 257}, "fallbackLocation": "bucket"}
    )

    assert checked.failures.keys() == {"name", "tags.a", "tags.b", "fallbackLocation"}


def test_hidden_keys_pass_unchanged(plugin: Plugin) -> None:
    hidden = {
        "__identity": "backend|lab|urn",
        "__timeouts": {"create": "5m"},
        "__later": [1.0, {"a": "b"}],
    }

    checked = plugin.check({"name": "reads", **hidden})

    assert checked.failures == {}
    assert {key: checked.inputs[key] for key in hidden} == hidden


def test_the_backend_becomes_part_of_the_identity_as_a_digest(
    start_plugin: StartPlugin,
) -> None:
    secret = "s3://me:pa/ss@bucket?sslpassword=hunter2"  # noqa: S105 what must not be seen
    backends = (secret, "s3://bucket", "file:///state", "file:///x/../state/?no_tmp_dir=true")
    identities = [
        start_plugin(environment={"PULUMI_BACKEND_URL": backend})
        .check({"name": "reads", "__identity": "|lab|urn:pulumi:dev::lab::type::reads"})
        .inputs["__identity"]
        for backend in backends
    ]

    assert all(re.fullmatch(r"[0-9a-f]{16}\|lab\|urn:.*", text) for text in identities)
    assert identities[0] == identities[1] != identities[2] == identities[3]


def test_a_description_may_go_when_something_else_replaces_the_store(plugin: Plugin) -> None:
    old = plugin.check({"name": "reads", "description": "Reads"}).inputs

    assert plugin.check({"name": "reads", "eTagAlgorithmFamily": "SHA256up"}, old).failures == {}
    assert plugin.check({"name": "reads", "replaceTriggers": {"run": "2"}}, old).failures == {}
    may_replace = {"name": "reads", "sseConfig": {"type": "KMS", "keyArn": UNKNOWN}}
    assert plugin.check(may_replace, old).failures == {}
    for tags in ({"a": "b"}, {"a": UNKNOWN}):
        assert plugin.check({"name": "other", "tags": tags}, old).failures == {
            "description": "description: cannot be removed once it is set (it is 'Reads'): "
            "HealthOmics has no way to clear it. Write the old text or another one, or keep "
            'whatever it is with ignore_changes=["description"]'
        }


def test_default_tags_join_the_programs_own(start_plugin: StartPlugin) -> None:
    plugin = start_plugin(DEFAULT_TAGS)

    own = plugin.check({"name": "reads", "tags": {"team": "mine", "b": "1"}}).inputs
    none = plugin.check({"name": "reads"}).inputs

    assert own["tags"] == {"b": "1", "team": "mine"}
    assert own["tagsAll"] == {"b": "1", "cost": "4711", "team": "mine"}
    assert none["tagsAll"] == {"cost": "4711", "team": "genomics"}
    assert "tags" not in none


@pytest.mark.parametrize("tags", [UNKNOWN, {"team": UNKNOWN}], ids=["whole", "one value"])
def test_all_tags_are_unknown_where_the_programs_own_are(
    start_plugin: StartPlugin, tags: object
) -> None:
    inputs = start_plugin(DEFAULT_TAGS).check({"name": "reads", "tags": tags}).inputs

    assert (inputs["tags"], inputs["tagsAll"]) == (tags, UNKNOWN)


def test_all_tags_of_a_program_are_not_its_to_set(plugin: Plugin) -> None:
    assert "tagsAll" not in plugin.check({"name": "reads", "tagsAll": {"a": "b"}}).inputs


@pytest.mark.parametrize("provider", TAGGED)
@pytest.mark.parametrize("tags", [UNKNOWN, {"team": UNKNOWN}, {"b": "1"}])
@pytest.mark.parametrize("config", [{}, DEFAULT_TAGS], ids=["plain", "default tags"])
def test_the_tags_that_a_program_sends_by_another_name_change_nothing(
    start_plugin: StartPlugin, provider: type[ResourceProvider], config: Properties, tags: object
) -> None:
    plugin = start_plugin(config, provider=provider)
    name = {"name": "reads"} if provider is SequenceStoreProvider else {}

    twice = plugin.check({**name, "tags": tags, "tagsAll": tags})

    assert twice == plugin.check({**name, "tags": tags})
    assert ("tagsAll" in twice.inputs) is bool(config)


def test_a_bad_tag_is_reported_once_also_beside_default_tags(start_plugin: StartPlugin) -> None:
    checked = start_plugin(DEFAULT_TAGS).check({"name": "reads", "tags": {"a#b": "c"}})

    assert list(checked.failures) == ['tags["a#b"]']


def test_default_tags_count_towards_the_fifty(start_plugin: StartPlugin) -> None:
    tags = {f"key{number}": "value" for number in range(49)}

    failures = start_plugin(DEFAULT_TAGS).check({"name": "reads", "tags": tags}).failures

    assert [reason for reason in failures.values() if "aws:defaultTags included, not 51" in reason]


def test_a_bad_default_tag_is_blamed_on_the_configuration(start_plugin: StartPlugin) -> None:
    plugin = start_plugin({"aws:defaultTags": '{"tags":{"a#b":"c"}}'})

    failures = plugin.check({"name": "reads"}).failures

    assert len(failures) == 1
    assert "aws:defaultTags" in next(iter(failures.values()))


def test_ignored_tags_are_those_that_the_engine_puts_back(start_plugin: StartPlugin) -> None:
    """With ignore_changes of tagsAll the engine sends what was recorded; else the program's own."""
    plugin = start_plugin(DEFAULT_TAGS)
    own = {"own": "tag"}
    old = plugin.check({"name": "reads", "tags": own, "tagsAll": own}).inputs
    drifted = {**old, "tagsAll": {**old["tagsAll"], "by": "hand"}}

    ignored = {"name": "reads", "tags": own, "tagsAll": drifted["tagsAll"]}
    assert plugin.check(ignored, drifted).inputs["tagsAll"] == drifted["tagsAll"]
    told = {"name": "reads", "tags": own, "tagsAll": own}
    assert plugin.check(told, drifted).inputs["tagsAll"] == old["tagsAll"]
