"""Lookups in programs, on the real engine: what a preview knows, and what it says without keys."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi import automation

from omics_components import (
    SequenceStore,
    get_read_sets_output,
    get_sequence_store,
    get_sequence_store_output,
)
from tests.engine.stack import Stack

KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"


@pytest.fixture
def stack(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A stack whose program, which runs in this process, reaches the emulator too."""
    for name, text in stack.server.environment().items():
        monkeypatch.setenv(name, text)
    return stack


def test_a_lookup_runs_in_previews_and_waits_for_what_is_not_made_yet(stack: Stack) -> None:
    """The documents' own example; its results are exported, used as inputs, and chained."""
    page = Path(__file__).resolve().parents[2] / "docs" / "lookups.md"
    [example] = re.findall("```python\n(.*?)```", page.read_text(), re.DOTALL)
    shared = stack.aws().create_sequence_store(
        name="shared-reads", tags={"team": "lab"}, sseConfig={"type": "KMS", "keyArn": KEY}
    )
    old = {"status": "ARCHIVED", "creationTime": "2025-01-01T00:00:00.000Z"}
    stack.server.emulator.put_read_sets(shared["id"], items=[old, old, {}])

    def program() -> None:
        names: dict[str, Any] = {}
        exec(example, names)  # noqa: S102 our own page
        SequenceStore("copy", sse_config=names["shared"].sse_config.to_dict())
        pulumi.export("read_sets", names["archived"])
        pulumi.export("looked_up", names["looked_up"])
        read_sets = get_read_sets_output(sequence_store_id=names["looked_up"].id)
        pulumi.export("number", read_sets.apply(len))

    preview = stack.preview(program)
    lookups = {"ListSequenceStores", "GetSequenceStore", "ListTagsForResource", "ListReadSets"}
    assert {call.operation for call in preview.calls} == lookups
    assert not any(call.operation == "GetSequenceStore" for call in preview.calls[3:])

    outputs = stack.up(program).outputs

    live: dict[str, Any] = stack.live("reads")
    assert outputs["shared"]["name"] == "shared-reads"
    assert outputs["shared"]["tags"] == {"team": "lab"}
    assert outputs["shared"]["sse_config"] == {"type": "KMS", "key_arn": KEY}
    assert outputs["archived"] == 2
    assert [item["sequence_store_id"] for item in outputs["read_sets"]] == [shared["id"]] * 2
    assert outputs["looked_up"]["arn"] == live["arn"]
    assert outputs["looked_up"]["tags"] == live["tags"] == {"team": "lab"}
    assert outputs["s3_uri"] == outputs["looked_up"]["s3_uri"] == live["s3Access"]["s3Uri"]
    assert outputs["number"] == 0
    assert stack.live("copy")["sseConfig"] == {"type": "KMS", "keyArn": KEY}
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
        "resource, calls AWS and needs credentials in previews too. Check the credentials"
    ) in text


@pytest.mark.parametrize("lookup", [get_sequence_store, get_sequence_store_output])
def test_a_result_that_is_no_mapping_yet_is_one_sentence_as_an_argument(
    stack: Stack, lookup: Any
) -> None:
    stack.aws().create_sequence_store(name="reads", sseConfig={"type": "KMS"})

    def program() -> None:
        SequenceStore("copy", sse_config=lookup(name="reads").sse_config)

    with pytest.raises(automation.CommandError) as error:
        stack.preview(program)

    text = str(error.value)
    assert (
        "copy: sse_config must be a mapping, not SseConfigResult. "
        "What a lookup gave becomes one by to_dict()."
    ) in text
    assert "Traceback" not in text
