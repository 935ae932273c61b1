"""No orphan, no duplicate, no lost read set: what the engine's user sees of it."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi import CustomTimeouts, ResourceOptions, automation

from omics_components import KmsKey, SequenceStore
from tests.engine.stack import Stack

FAILS = pytest.raises(automation.CommandError)


def test_a_store_that_could_not_be_finished_is_in_the_state(stack: Stack) -> None:
    program = {"reads": {"tags": {"team": "genomics"}}, "gone": {}}
    stack.server.emulator.faults.add(
        {"operation": "ListTagsForResource", "code": "AccessDeniedException"}
    )

    with pytest.raises(automation.CommandError) as error:
        stack.up(program)
    stack.server.emulator.faults.clear()

    assert "It exists, and the next update resumes it" in str(error.value)
    assert "Traceback" not in str(error.value)
    assert stack.live_ids() == {stack.store_id("reads"), stack.store_id("gone")}
    [reason] = stack.resource("reads")["initErrors"]
    assert "AccessDenied" in reason

    finished = stack.up(program)
    assert finished.steps["reads"] == finished.steps["gone"] == ["update"]
    assert "initErrors" not in stack.resource("reads")
    assert "__incomplete" not in stack.resource("reads")["outputs"]
    stack.preview(program, expect_no_changes=True)
    stack.refresh(expect_no_changes=True)
    stack.destroy()
    assert stack.live_ids() == set()


def test_a_failed_update_that_is_put_back_shows_what_it_has_done(stack: Stack) -> None:
    before = {"reads": {"description": "Reads"}}
    stack.up(before)
    rule = {"operation": "TagResource", "code": "AccessDeniedException"}
    stack.server.emulator.faults.add(rule)
    with FAILS as error:
        stack.up({"reads": {"description": "Contractor", "tags": {"team": "theirs"}}})
    stack.server.emulator.faults.clear()
    assert "Traceback" not in str(error.value)
    assert stack.live("reads")["description"] == "Contractor"

    preview = stack.preview(before)
    stack.up(before)

    assert "; still to update: description" in preview.text
    assert stack.live("reads")["description"] == "Reads"
    assert "initErrors" not in stack.resource("reads")
    stack.preview(before, expect_no_changes=True)


def test_what_was_not_finished_is_destroyed_too(stack: Stack) -> None:
    stack.server.emulator.plan_status([("CREATING", 3.0), ("ACTIVE",)])
    in_no_time = ResourceOptions(custom_timeouts=CustomTimeouts(create="0s"))
    with FAILS:
        stack.up({"reads": {"opts": in_no_time}})

    assert stack.live_ids() == {stack.store_id("reads")}
    stack.destroy()

    assert stack.live_ids() == set()


def test_a_replacement_that_would_lose_read_sets_fails_in_the_preview(stack: Stack) -> None:
    before: dict[str, Any] = {"reads": {}}
    after = {"reads": {"e_tag_algorithm_family": "SHA256up"}}
    stack.up(before)
    store_id = stack.store_id("reads")
    stack.server.emulator.put_read_sets(store_id, 130)

    with pytest.raises(automation.CommandError) as refused:
        stack.preview(after)

    assert "it holds 130 read sets (130 ACTIVE)" in str(refused.value)
    assert "set force_destroy and run an update" in str(refused.value)

    forced = {name: {**inputs, "force_destroy": True} for name, inputs in after.items()}
    with FAILS:  # the state does not know yet that it may
        stack.preview(forced)
    stack.up({"reads": {"force_destroy": True}})
    run = stack.up(forced)

    assert stack.live_ids() == {stack.store_id("reads")} != {store_id}
    assert "deleting read sets of sequence store" in run.text
    assert "130 of 130" in run.text


def test_a_preview_lets_pass_what_only_may_replace_and_the_update_decides(stack: Stack) -> None:
    texts = {"key": "One", "note": "same"}

    def program() -> None:
        key = KmsKey("key", description=texts["key"])
        # Not known while the key is about to change, and the same afterwards.
        note = key.creation_date.apply(lambda _: texts["note"])
        SequenceStore("reads", replace_triggers={"note": note})

    stack.up(program)
    store_id = stack.store_id("reads")
    stack.server.emulator.put_read_sets(store_id, 2)

    texts["key"] = "Two"
    preview = stack.preview(program)
    stack.up(program)

    assert preview.replaces["reads"] == ["replaceTriggers"]
    assert "because replaceTriggers may change: " in preview.text
    assert "it holds 2 read sets (2 ACTIVE), so the update will fail if it would" in preview.text
    assert stack.live_ids() == {store_id} == {stack.store_id("reads")}

    texts.update(key="Three", note="other")
    stack.preview(program)
    with pytest.raises(automation.CommandError, match="it holds 2 read sets"):
        stack.up(program)
    assert stack.live_ids() == {store_id} == {stack.store_id("reads")}


def test_a_preview_without_credentials_says_that_it_cannot_look(stack: Stack) -> None:
    stack.up({"reads": {}})
    stack.unset_environment("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    stack.set_environment(AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")

    preview = stack.preview({"reads": {"e_tag_algorithm_family": "SHA256up"}})

    assert preview.replaces["reads"] == ["eTagAlgorithmFamily"]
    assert "the contents of the old one are unknown" in preview.text
    assert not preview.calls


def test_a_forced_replacement_is_refused_and_names_what_replaces(stack: Stack) -> None:
    """By ``--replace`` and by taint: to the plugin both look like a first creation."""
    stack.up({"reads": {}})
    recorded, urn = stack.resource("reads"), stack.resource("reads")["urn"]

    with pytest.raises(automation.CommandError) as refused:
        stack.up({"reads": {}}, replace=[urn])
    stack.cli("state", "taint", urn, "--yes")
    with pytest.raises(automation.CommandError) as tainted:
        stack.up({"reads": {}})

    for error in (refused, tainted):
        assert f"{recorded['id']} of this declaration is finished" in str(error.value)
        assert "do not use --replace or taint" in str(error.value)
    assert stack.live_ids() == {stack.store_id("reads")}
    stack.cli("state", "untaint", urn, "--yes")
    stack.up({"reads": {}}, expect_no_changes=True)
    assert stack.resource("reads")["outputs"] == recorded["outputs"]

    replaced = {"reads": {"replace_triggers": {"run": "2"}}}
    stack.up(replaced)
    assert stack.live_ids() == {stack.store_id("reads")} != {recorded["id"].rpartition("/")[2]}
    stack.preview(replaced, expect_no_changes=True)

    # Its generation is 1, which the plugin is not told.
    with pytest.raises(automation.CommandError, match=stack.store_id("reads")):
        stack.up(replaced, replace=[urn])
    store_id = stack.store_id("reads")
    first = {"reads": {**replaced["reads"], "opts": ResourceOptions(delete_before_replace=True)}}
    stack.up(first, replace=[urn])
    assert stack.live_ids() == {stack.store_id("reads")} != {store_id}
    stack.preview(first, expect_no_changes=True)


def test_back_and_forth_makes_a_new_store_each_time(stack: Stack) -> None:
    seen = []
    for family in ("MD5up", "SHA256up", "MD5up"):
        stack.up({"reads": {"e_tag_algorithm_family": family}})
        seen.append(stack.store_id("reads"))
        assert stack.live_ids() == {seen[-1]}

    assert len(set(seen)) == len(seen)
    assert stack.resource("reads")["outputs"]["__generation"] == len(seen) - 1


def test_a_key_that_somebody_elses_store_needs_survives_destroy(stack: Stack) -> None:
    def program() -> None:
        KmsKey("reads", alias="alias/reads")

    stack.up(program)
    key = stack.resource("reads")["id"]
    theirs = stack.aws().create_sequence_store(
        name="theirs", sseConfig={"type": "KMS", "keyArn": key}
    )

    with pytest.raises(automation.CommandError) as refused:
        stack.destroy()

    assert f"it still encrypts theirs ({theirs['arn']})" in str(refused.value)
    metadata = stack.aws(service="kms").describe_key(KeyId="alias/reads")["KeyMetadata"]
    assert (metadata["Arn"], metadata["KeyState"]) == (key, "Enabled")
    stack.aws().delete_sequence_store(id=theirs["id"])
    stack.destroy()
    assert stack.resources() == []
