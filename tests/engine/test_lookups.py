"""Lookups in programs, on the real engine: what a preview knows, and what it says without keys."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi import automation

from omics_components import (
    SequenceStore,
    get_read_sets,
    get_read_sets_output,
    get_sequence_store,
    get_sequence_store_output,
)
from tests.engine.stack import Stack


@pytest.fixture
def stack(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A stack whose program, which runs in this process, reaches the emulator too."""
    for name, text in stack.server.environment().items():
        monkeypatch.setenv(name, text)
    return stack


def test_a_lookup_runs_in_previews_and_waits_for_what_is_not_made_yet(stack: Stack) -> None:
    """Results are exported as they are, used as inputs, and chained like outputs of resources."""
    foreign = stack.aws().create_sequence_store(
        name="foreign", tags={"team": "lab"}, sseConfig={"type": "KMS"}
    )
    stack.server.emulator.put_read_sets(foreign["id"], 2)
    seen: list[str] = []

    def program() -> None:
        found = get_sequence_store(name="foreign")
        seen.append(found.id)
        assert found.sse_config is not None
        made = SequenceStore("reads", tags=found.tags, sse_config=found.sse_config.to_dict())
        looked_up = get_sequence_store_output(id=made.sequence_store_id)
        counted = get_read_sets_output(sequence_store_id=looked_up.id)
        pulumi.export("found", found)
        pulumi.export("read_sets", get_read_sets(sequence_store_id=found.id))
        pulumi.export("looked_up", looked_up)
        pulumi.export("s3_uri", looked_up.s3_uri)
        pulumi.export("number", counted.apply(len))

    preview = stack.preview(program)
    lookups = {"ListSequenceStores", "GetSequenceStore", "ListTagsForResource", "ListReadSets"}
    assert {call.operation for call in preview.calls} == lookups
    assert seen == [foreign["id"]]
    assert "looked_up" in preview.text

    outputs = stack.up(program).outputs

    live: dict[str, Any] = stack.live("reads")
    assert outputs["found"]["name"] == "foreign"
    assert outputs["found"]["tags"] == {"team": "lab"}
    assert outputs["found"]["sse_config"] == {"type": "KMS", "key_arn": None}
    assert [item["sequence_store_id"] for item in outputs["read_sets"]] == [foreign["id"]] * 2
    assert outputs["looked_up"]["arn"] == live["arn"]
    assert outputs["looked_up"]["tags"] == live["tags"] == {"team": "lab"}
    assert outputs["s3_uri"] == outputs["looked_up"]["s3_uri"] == live["s3Access"]["s3Uri"]
    assert outputs["number"] == 0
    stack.preview(program, expect_no_changes=True)


@pytest.mark.parametrize("as_output", [False, True])
def test_without_credentials_a_preview_says_one_sentence(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, as_output: bool
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    def program() -> None:
        if as_output:
            pulumi.export(
                "store", get_sequence_store_output(name=pulumi.Output.from_input("reads"))
            )
        else:
            pulumi.export("store", get_sequence_store(name="reads"))

    with pytest.raises(automation.CommandError) as error:
        stack.preview(program)

    text = str(error.value)
    assert (
        "get_sequence_store(name='reads'): Unable to locate credentials. A lookup, unlike a "
        "resource, calls AWS in previews too, and needs credentials there. Check the credentials"
    ) in text
