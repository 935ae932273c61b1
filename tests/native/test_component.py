"""The component on the native plugin: declared by a program, constructed by the plugin, moved."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi import ResourceOptions, automation

import omics_components
from omics_components import native
from omics_components.native.package import COMPONENT
from tests.native.stack import NativeStack

READER = "arn:aws:iam::111122223333:role/reader"
ARGS: omics_components.EncryptedSequenceStoreArgs = {
    "description": "Reads of the lab",
    "tags": {"team": "genomics"},
    "access_logs": True,
    "readers": [READER],
}
CHILDREN = {"reads-key", "reads-fallback", "reads-logs", "reads-store", "reads-access"}


class Remote(pulumi.ComponentResource):
    """The component as generated SDKs declare it: the plugin constructs it."""

    def __init__(self, name: str, opts: ResourceOptions | None = None, **inputs: Any) -> None:
        outputs = dict.fromkeys(("arn", "kmsKeyArn", "s3Uri", "readerPolicyJson"))
        opts = ResourceOptions.merge(opts, ResourceOptions(version="0.1.0"))
        super().__init__(COMPONENT, name, {**inputs, **outputs}, opts, remote=True)


def _here(component: Any) -> Any:
    def declare() -> None:
        reads = component("reads", ARGS)
        pulumi.export("arn", reads.arn)

    return declare


def _remote(**changes: Any) -> Any:
    def declare() -> None:
        inputs: dict[str, Any] = {
            "description": "Reads of the lab",
            "tags": {"team": "genomics"},
            "accessLogs": True,
            "readers": [READER],
            **changes,
        }
        reads = Remote("reads", **inputs)
        for name in ("arn", "kmsKeyArn", "s3Uri", "readerPolicyJson"):
            pulumi.export(name, pulumi.get(reads, name))

    return declare


@pytest.fixture
def stack(stack: NativeStack) -> NativeStack:
    """An empty stack; the keys of its stores must be usable."""
    stack.server.emulator.configure(check_keys=True)
    return stack


def _of_children(run: Any) -> dict[str, list[str]]:
    return {name: steps for name, steps in run.steps.items() if name in CHILDREN}


def test_a_program_declares_the_component(stack: NativeStack) -> None:
    run = stack.up(_here(native.EncryptedSequenceStore))

    assert _of_children(run) == {name: ["create"] for name in CHILDREN}
    assert {item["type"].partition(":")[0] for item in stack.resources()} == {"omics-components"}
    stack.preview(_here(native.EncryptedSequenceStore), expect_no_changes=True)


def test_the_plugin_constructs_the_component(stack: NativeStack) -> None:
    preview = stack.preview(_remote())
    assert _of_children(preview) == {name: ["create"] for name in CHILDREN}

    outputs = stack.up(_remote()).outputs
    assert outputs["arn"] == stack.resource("reads-store")["id"]
    assert outputs["kmsKeyArn"] == stack.resource("reads-key")["id"]
    assert "s3:GetObject" in outputs["readerPolicyJson"]
    stack.preview(_remote(), expect_no_changes=True)

    run = stack.up(_remote(description="Other reads"))
    assert {name for name, steps in _of_children(run).items() if steps != ["same"]} == {
        "reads-store"
    }
    stack.refresh(expect_no_changes=True)
    stack.destroy()
    assert not stack.live_ids()


def test_a_bad_argument_of_a_constructed_component_is_one_sentence(stack: NativeStack) -> None:
    with pytest.raises(automation.CommandError, match="has no argument 'reader'") as error:
        stack.preview(_remote(reader=[READER]))
    # The SDK of the program may show a traceback of its own: the engine has ended (#19275).
    assert "provider/server.py" not in str(error.value)


def test_a_dynamic_stack_moves_to_native_unchanged(stack: NativeStack) -> None:
    stack.up(_here(omics_components.EncryptedSequenceStore))
    ids = {item["id"] for item in stack.resources()}
    stack.server.emulator.put_read_sets(stack.store_id("reads-store"), count=2)
    assert {item["type"].partition(":")[0] for item in stack.resources()} == {"pulumi-python"}

    moved = _here(native.EncryptedSequenceStore)
    preview = stack.preview(moved, expect_no_changes=True)
    assert _of_children(preview) == {name: ["same"] for name in CHILDREN}
    run = stack.up(moved)

    assert [
        name for name in run.calls if name.operation.startswith(("Create", "Update", "Delete"))
    ] == []
    assert "7 unchanged" in run.text
    assert {item["id"] for item in stack.resources()} == ids
    assert {item["type"].partition(":")[0] for item in stack.resources()} == {"omics-components"}
    stack.refresh(expect_no_changes=True)

    def changed() -> None:
        native.EncryptedSequenceStore("reads", {**ARGS, "description": "Other reads"})

    assert _of_children(stack.up(changed))["reads-store"] == ["update"]
    with pytest.raises(automation.CommandError, match="2 read sets"):
        stack.destroy()
