"""Resource options do on the real engine what their names say, or are refused."""

from __future__ import annotations

from typing import Any

from pulumi import ResourceOptions

from tests.engine.stack import Program, Stack
from tests.input_tables import KEY

OTHER_KEY = KEY.replace("1234abcd", "abcd1234")


def _store(opts: ResourceOptions | None = None, **arguments: Any) -> Program:
    return {"reads": {**arguments, "opts": opts}}


def test_ignored_changes_are_named_as_arguments_are_written(stack: Stack) -> None:
    tags = {"team": "genomics", "cost_center": "1"}
    stack.up(_store(sse_config={"type": "KMS", "key_arn": KEY}, tags=tags))
    changed = {
        "sse_config": {"type": "KMS", "key_arn": OTHER_KEY},
        "tags": {**tags, "cost_center": "2"},
    }

    assert stack.preview(_store(**changed)).replaces["reads"] == ["sseConfig"]
    for paths in (
        ["sse_config", "tags.cost_center"],
        ["sse_config.key_arn", 'tags["cost_center"]'],
        ["sseConfig", "tags"],
    ):
        ignoring = ResourceOptions(ignore_changes=paths)
        run = stack.preview(_store(ignoring, **changed), expect_no_changes=True)
        assert run.steps["reads"] == ["same"], paths


def test_secret_outputs_are_named_as_attributes_are_written(stack: Stack) -> None:
    stack.up(_store(ResourceOptions(additional_secret_outputs=["s3_uri"])))

    recorded = stack.resource("reads")["outputs"]
    assert "ciphertext" in recorded["s3Uri"]
    assert "s3://" not in str(recorded)
