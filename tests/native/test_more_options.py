"""Options and moves on the native front, on the real engine."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi import Alias, ResourceOptions, automation

import omics_components
from omics_components import native
from omics_components.native import S3AccessPolicy, SequenceStore
from tests.native.stack import NativeStack


def _store(description: str = "a", **options: Any) -> Any:
    def declare() -> None:
        SequenceStore("reads", description=description, opts=ResourceOptions(**options))

    return declare


def test_retain_on_delete_keeps_the_store(stack: NativeStack) -> None:
    stack.up(_store(retain_on_delete=True))
    store_id = stack.store_id("reads")
    stack.server.emulator.put_read_sets(store_id, count=1)

    def replaced() -> None:
        options = ResourceOptions(retain_on_delete=True)
        SequenceStore("reads", description="a", replace_triggers={"a": "1"}, opts=options)

    stack.up(replaced)
    assert len(stack.live_ids()) == 2
    stack.destroy()
    assert store_id in stack.live_ids()


def test_delete_before_replace_deletes_first(stack: NativeStack) -> None:
    stack.up(_store(delete_before_replace=True))
    before = stack.store_id("reads")

    def replaced() -> None:
        options = ResourceOptions(delete_before_replace=True)
        SequenceStore("reads", description="a", replace_triggers={"a": "1"}, opts=options)

    run = stack.up(replaced)
    names = [call.operation for call in run.calls]
    assert names.index("DeleteSequenceStore") < names.index("CreateSequenceStore")
    assert stack.live_ids() == {stack.store_id("reads")} != {before}


def test_a_renamed_store_keeps_its_place_and_gets_a_new_owner_tag(stack: NativeStack) -> None:
    stack.up(_store())
    before = stack.resource("reads")

    def renamed() -> None:
        options = ResourceOptions(aliases=[Alias(name="reads")])
        SequenceStore("others", name="reads", description="a", opts=options)

    run = stack.up(renamed)

    after = stack.resource("others")
    assert run.steps["others"] == ["update"]
    assert after["id"] == before["id"]
    assert after["outputs"]["__owner"] != before["outputs"]["__owner"]
    stack.preview(renamed, expect_no_changes=True)


def test_a_policy_is_replaced_with_its_store(stack: NativeStack) -> None:
    def program(trigger: str) -> Any:
        def declare() -> None:
            store = SequenceStore("reads", replace_triggers={"a": trigger})
            S3AccessPolicy("access", sequence_store_arn=store.arn, readers=[])

        return declare

    stack.up(program("1"))
    stack.up(program("2"))

    (store_id,) = stack.live_ids()
    assert stack.store_id("reads") == store_id
    assert stack.resource("access")["outputs"]["sequenceStoreArn"].endswith(store_id)
    stack.preview(program("2"), expect_no_changes=True)


def test_a_key_and_a_bucket_show_known_outputs_in_update_previews(stack: NativeStack) -> None:
    def program(description: str) -> Any:
        def declare() -> None:
            key = native.KmsKey("key", description=description)
            bucket = native.S3Bucket("bucket", tags={"about": description})
            SequenceStore("reads", description=key.key_state)
            SequenceStore("others", description=bucket.account_id)

        return declare

    stack.up(program("a"))
    run = stack.preview(program("b"))

    assert run.steps["key"] == run.steps["bucket"] == ["update"]
    assert run.steps["reads"] == run.steps["others"] == ["same"]


def test_moving_back_to_dynamic_is_refused_before_anything_is_deleted(stack: NativeStack) -> None:
    stack.up(_store())
    store_id = stack.store_id("reads")

    def back() -> None:
        omics_components.SequenceStore("reads", description="a")

    preview = stack.preview(back)
    steps = [step for steps in preview.steps.values() for step in steps]
    assert {"create", "delete"} <= set(steps)
    with pytest.raises(automation.CommandError, match="is finished"):
        stack.up(back)
    assert stack.live_ids() == {store_id}


def test_a_region_of_the_program_wins_over_the_providers(stack: NativeStack) -> None:
    stack.up({"reads": {"region": "us-west-2"}})
    assert stack.resource("reads")["id"].split(":")[3] == "us-west-2"


def test_without_a_region_one_sentence_says_what_to_set(
    stack: NativeStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.unset_config("omics-components:region")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    stack.unset_environment("AWS_REGION", "AWS_DEFAULT_REGION")
    with pytest.raises(automation.CommandError, match="omics-components:region") as error:
        stack.preview({"reads": {}})
    assert "Traceback" not in str(error.value)
