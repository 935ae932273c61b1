"""What the CLI printed, read: recordings of a real engine, and what it never prints."""

from __future__ import annotations

import json
from typing import Any

import pytest

from omics_components.cli.report.preview import Preview, read_preview
from omics_components.cli.report.values import Hidden
from omics_components.errors import InvalidRequest
from tests.unit.report.making import (
    KEY,
    STORE,
    UNKNOWN,
    create,
    preview,
    printed,
    step,
    streamed,
    update,
)
from tests.unit.report.recordings import PREVIEWS, recorded_previews


def recorded_preview(name: str) -> Preview:
    return read_preview((PREVIEWS / name).read_text())


def verbs(found: Preview) -> dict[str, str]:
    return {step.name: step.verb for step in found.steps if step.is_resource}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("unchanged.json", {"kept": "same", "reads": "same"}),
        ("update.json", {"kept": "same", "reads": "update"}),
        ("replace-create-first.json", {"kept": "same", "reads": "replace"}),
        ("replace-delete-first.json", {"kept": "same", "reads": "replace"}),
        ("replace.jsonl", {"kept": "same", "reads": "replace"}),
        ("delete.json", {"kept": "same", "reads": "delete"}),
        ("adopt.json", {"kept": "same", "reads": "same", "old": "adopt"}),
        ("drift.json", {"kept": "same", "reads": "update"}),
        ("gone.json", {"kept": "create", "reads": "update"}),
    ],
)
def test_steps_of_a_recording(name: str, expected: dict[str, str]) -> None:
    found = recorded_preview(name)

    assert verbs(found) == expected
    assert found.stack == "lab/dev"
    assert not found.has_failed


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("check-failure.json", "must be 'MD5up', 'SHA256up' or 'SHA512up', not 'MD6'"),
        ("protected.json", "cannot be deleted\nbecause it is protected"),
        ("broken.json", "SyntaxError: '(' was never closed"),
        ("broken.jsonl", "SyntaxError: '(' was never closed"),
    ],
)
def test_a_failed_recording_says_why(name: str, message: str) -> None:
    found = recorded_preview(name)

    assert found.has_failed
    assert any(message in item.text for item in found.messages if item.severity == "error")


def test_a_stream_says_what_the_end_says() -> None:
    at_end, stream = (
        {item.name: item for item in recorded_preview(f"update.{suffix}").steps if item.is_resource}
        for suffix in ("json", "jsonl")
    )

    assert stream["reads"].before is not None
    assert stream["reads"] == at_end["reads"]


def test_no_internals_come_through() -> None:
    assert sum("__provider" in path.read_text() for path in recorded_previews()) > 10
    for path in recorded_previews():
        for item in read_preview(path.read_text()).steps:
            for side in (item.before, item.after):
                names = {*side.inputs, *side.outputs} if side else set()
                assert not {name for name in names if name.startswith("__")}


def test_internals_are_left_out_at_every_depth() -> None:
    made = create(STORE, __identity="me", tags={"__x": "y", "team": "lab"})

    [found] = preview(made).steps

    assert found.after is not None
    assert found.after.inputs["tags"] == {"team": "lab"}
    assert "__identity" not in found.after.inputs


SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (UNKNOWN, Hidden.UNKNOWN),
        (f"s3://{UNKNOWN}/x", Hidden.UNKNOWN),
        ("1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", Hidden.UNKNOWN),
        ("[secret]", Hidden.SECRET),
        ({**SECRET, "ciphertext": "v1:abc"}, Hidden.SECRET),
        ({**SECRET, "plaintext": '"hush"'}, Hidden.SECRET),
        (["a", {"b": "[secret]"}], ["a", {"b": Hidden.SECRET}]),
        (
            {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17"},
            "(a file or a reference)",
        ),
        (12, 12),
        (None, None),
    ],
)
def test_what_cannot_be_shown_is_hidden(raw: Any, expected: Any) -> None:
    document = json.loads(printed(create(STORE)))
    document["steps"][0]["newState"]["inputs"]["description"] = raw

    [found] = read_preview(json.dumps(document)).steps

    assert found.after is not None
    assert found.after.inputs["description"] == expected


def test_a_stream_that_breaks_off_has_failed() -> None:
    lines = (PREVIEWS / "update.jsonl").read_text().splitlines()

    found = read_preview("\n".join(lines[:-2]))

    assert found.has_failed
    assert verbs(found)["reads"] == "update"


def test_messages_are_errors_warnings_and_lines_of_this_library() -> None:
    urn = create(KEY, name="lab")["urn"]
    diagnostics = [
        {"severity": "info", "message": "Downloading\n"},
        {"severity": "info#err", "message": "omics-components: adopts it\n"},
        {"severity": "warning", "message": "warning: beware\n", "urn": urn},
        {"severity": "warning", "message": "warning: beware\n", "urn": urn},
    ]

    found = read_preview(streamed(diagnostics=diagnostics))

    assert [(item.severity, item.text, item.resource) for item in found.messages] == [
        ("info", "omics-components: adopts it", ""),
        ("warning", "beware", "lab"),
    ]
    assert not found.has_failed


def test_components_and_stacks_are_no_resources() -> None:
    made = step("update", "a:b:C", newState={"custom": False}, oldState={"custom": False})

    [found] = preview(made).steps

    assert not found.is_resource


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("error: no stack selected", "is not the output of pulumi preview --json"),
        ("[]", "is not the output of pulumi preview --json"),
        ("{}", "is not the output of pulumi preview --json"),
        ('{"a": 1', "is not the output of pulumi preview --json"),
        (printed(create(STORE)) * 2, "is not the output of pulumi preview --json"),
        (
            printed(update(STORE, {}, {}) | {"urn": "x"}),
            "is not the output of pulumi preview --json",
        ),
        (printed(create(STORE) | {"op": "melt"}), "an unknown operation, 'melt'"),
    ],
)
def test_anything_else_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_preview(text)

    assert reason in str(caught.value)
