"""A sequence store on the real engine: made, changed, replaced, cleared, drifted, destroyed."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi import automation

from tests.engine.stack import Stack

KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
OTHER_KEY = "arn:aws:kms:us-east-1:123456789012:key/66666666-7777-8888-9999-000000000000"

EVERYTHING: dict[str, Any] = {
    "description": "Reads of the lab",
    "sse_config": {"type": "KMS", "key_arn": KEY},
    "fallback_location": "s3://fallback-bucket/failed/",
    "e_tag_algorithm_family": "SHA256up",
    "propagated_set_level_tags": ["sample", "cohort"],
    "access_log_location": "s3://log-bucket/",
    "tags": {"team": "genomics", "creationTime": "not an output"},
}

MUTABLE = {
    "name": ("renamed", "name", "renamed"),
    "description": ("Other words", "description", "Other words"),
    "fallback_location": ("s3://other-bucket/", "fallbackLocation", "s3://other-bucket/"),
    "propagated_set_level_tags": (["cohort"], "propagatedSetLevelTags", ["cohort"]),
    "access_log_location": (
        "s3://other-log-bucket/",
        "s3AccessConfig",
        {"accessLogLocation": "s3://other-log-bucket/"},
    ),
}

CLEARED = {
    "fallback_location": ("fallbackLocation", ""),
    "propagated_set_level_tags": ("propagatedSetLevelTags", []),
    "access_log_location": ("s3AccessConfig", {"accessLogLocation": ""}),
}


def test_lifecycle_is_quiet_unless_something_changes(stack: Stack) -> None:
    """Up, no change, refresh, no change, destroy: each with the calls it may make, and no more."""
    program = {"plain": {}, "full": EVERYTHING}

    assert not stack.preview(program).calls
    up = stack.up(program)
    assert up.steps["plain"] == up.steps["full"] == ["create"]
    assert sorted(call.operation for call in up.calls) == [
        *["CreateSequenceStore"] * 2,
        "GetCallerIdentity",
        *["GetSequenceStore"] * 2,
        "ListSequenceStores",
        *["ListTagsForResource"] * 4,
        *["TagResource"] * 2,  # the last calls
    ]

    live = stack.live("full")
    assert live["name"] == "full"
    assert live["description"] == EVERYTHING["description"]
    assert live["sseConfig"] == {"type": "KMS", "keyArn": KEY}
    assert live["fallbackLocation"] == EVERYTHING["fallback_location"]
    assert live["eTagAlgorithmFamily"] == "SHA256up"
    assert sorted(live["propagatedSetLevelTags"]) == ["cohort", "sample"]
    assert live["s3Access"]["accessLogLocation"] == EVERYTHING["access_log_location"]
    assert live["tags"] == EVERYTHING["tags"]
    assert stack.live("plain")["eTagAlgorithmFamily"] == "MD5up"

    for command in (stack.preview, stack.up):
        unchanged = command(program, expect_no_changes=True)
        assert unchanged.steps["full"] == ["same"]
        assert not unchanged.calls

    recorded = stack.resources()
    refreshed = stack.refresh(expect_no_changes=True)
    assert sorted(call.operation for call in refreshed.calls) == [
        *["GetSequenceStore"] * 2,
        *["ListTagsForResource"] * 2,
    ]
    assert _told(stack.resources()) == _told(recorded)
    assert not stack.preview(program, expect_no_changes=True).calls

    stack.destroy()
    assert not stack.live_ids()
    assert not stack.resources()


def test_each_mutable_input_alone_is_one_update_in_place(stack: Stack) -> None:
    before = {field: dict(EVERYTHING) for field in (*MUTABLE, "tags")}
    stack.up(before)
    ids = stack.live_ids()
    after = {
        **{field: {**EVERYTHING, field: change[0]} for field, change in MUTABLE.items()},
        "tags": {**EVERYTHING, "tags": {"team": "proteomics", "stage": "prod"}},
    }

    run = stack.up(after)

    assert stack.live_ids() == ids
    for field, (_, member, value) in MUTABLE.items():
        assert run.steps[field] == ["update"], field
        [(operation, parameters)] = run.changes_of(stack.store_id(field))
        assert operation == "UpdateSequenceStore"
        assert parameters.keys() - {"clientToken", "id"} == {member}
        assert parameters[member] == value
    assert run.steps["tags"] == ["update"]
    assert [operation for operation, _ in run.changes_of(stack.store_id("tags"))] == [
        "UntagResource",
        "TagResource",
    ]
    assert stack.live("tags")["tags"] == {"team": "proteomics", "stage": "prod"}
    stack.preview(after, expect_no_changes=True)


def test_each_create_only_input_alone_replaces_the_store(stack: Stack) -> None:
    changes: dict[str, tuple[str, Any]] = {
        "sse_config": ("sseConfig", {"type": "KMS", "key_arn": OTHER_KEY}),
        "e_tag_algorithm_family": ("eTagAlgorithmFamily", "SHA512up"),
        "region": ("region", "eu-west-1"),
        "replace_triggers": ("replaceTriggers", {"generation": "2"}),
    }
    plain = {"e_tag_algorithm_family": "SHA256up", "replace_triggers": {"generation": "1"}}
    stack.up(dict.fromkeys(changes, plain))
    old = {field: stack.resource(field)["id"] for field in changes}
    after = {field: {**plain, field: value} for field, (_, value) in changes.items()}

    preview = stack.preview(after)
    assert {call.operation for call in preview.calls} == {"ListReadSets"}  # is nothing lost?
    run = stack.up(after)

    for field, (wire, _) in changes.items():
        assert run.steps[field] == ["create-replacement", "replace", "delete-replaced"]
        assert preview.replaces[field] == [wire]
        assert stack.resource(field)["id"] != old[field]
    assert len(stack.live_ids()) == len(changes) - 1
    assert len(stack.live_ids("eu-west-1")) == 1
    stack.preview(after, expect_no_changes=True)


def test_the_stacks_region_replaces_where_the_store_names_none(stack: Stack) -> None:
    stack.up({"follows": {}, "stays": {"region": "us-east-1"}})
    stack.set_config("aws:region", "eu-west-1")

    run = stack.up({"follows": {}, "stays": {"region": "us-east-1"}})

    assert run.steps["stays"] == ["same"]
    assert "replace" in run.steps["follows"]
    assert stack.live("follows")["arn"].split(":")[3] == "eu-west-1"


def test_removing_an_optional_input_clears_it_in_place(stack: Stack) -> None:
    fields = (*CLEARED, "tags")
    stack.up(dict.fromkeys(fields, EVERYTHING))
    after = {
        field: {key: value for key, value in EVERYTHING.items() if key != field} for field in fields
    }

    run = stack.up(after)

    for field, (member, value) in CLEARED.items():
        assert run.steps[field] == ["update"]
        [(operation, parameters)] = run.changes_of(stack.store_id(field))
        assert (operation, parameters[member]) == ("UpdateSequenceStore", value)
    [(operation, parameters)] = run.changes_of(stack.store_id("tags"))
    assert operation == "UntagResource"
    assert "fallbackLocation" not in stack.live("fallback_location")
    assert "accessLogLocation" not in stack.live("access_log_location")["s3Access"]
    assert not stack.live("propagated_set_level_tags").get("propagatedSetLevelTags")
    assert not stack.live("tags")["tags"]
    stack.preview(after, expect_no_changes=True)


def test_a_store_deleted_behind_our_back_is_made_again(stack: Stack) -> None:
    stack.up({"lost": EVERYTHING})
    old = stack.store_id("lost")
    stack.aws().delete_sequence_store(id=old)

    assert stack.refresh().steps["lost"][-1] in {"delete", "refresh"}
    assert not stack.resources()
    assert stack.up({"lost": EVERYTHING}).steps["lost"] == ["create"]

    assert stack.live_ids() == {stack.store_id("lost")} != {old}


def test_destroy_takes_a_store_that_is_gone_for_destroyed(stack: Stack) -> None:
    stack.up({"lost": {}})
    stack.aws().delete_sequence_store(id=stack.store_id("lost"))

    stack.destroy()

    assert not stack.resources()


def test_a_store_with_read_sets_survives_destroy(stack: Stack) -> None:
    stack.up({"precious": {}})
    stack.server.emulator.put_read_sets(stack.store_id("precious"), 3)

    with pytest.raises(
        automation.CommandError, match=r"it holds 3 read sets \(3 ACTIVE\)"
    ) as error:
        stack.destroy()

    assert "Traceback" not in str(error.value)
    assert stack.live_ids() == {stack.store_id("precious")}


def _told(resources: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(item["urn"], item["inputs"], item["outputs"]) for item in resources]
