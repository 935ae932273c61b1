"""Resource options do on the real engine what their names say, or are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pulumi import Output, ResourceOptions

from omics_components import KmsKey, S3Bucket, SequenceStore
from tests.engine.stack import Program, Stack
from tests.input_tables import KEY

OTHER_KEY = KEY.replace("1234abcd", "abcd1234")


def _store(opts: ResourceOptions | None = None, **arguments: Any) -> Program:
    return {"reads": {**arguments, "opts": opts}}


def test_ignored_changes_are_named_as_arguments_are_written(stack: Stack) -> None:
    tags = {"team": "genomics", "cost_center": "1"}
    stack.up(_store(sse_config={"type": "KMS", "key_arn": KEY}, tags=tags))
    changed: dict[str, Any] = {
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


SECRETS = ("TOPSECRET1", "TOPSECRET2", "TOPSECRET3")


def _secrets(description: str | None = None) -> Program:
    def declare() -> None:
        one, two, all_ = SECRETS
        SequenceStore("store", description=description, tags={"grant": Output.secret(one)})
        KmsKey("key", description=description, tags={"grant": Output.secret(two), "team": "lab"})
        S3Bucket("bucket", versioning=not description, tags=Output.secret({"grant": all_}))

    return declare


@pytest.mark.parametrize("default_tags", [{}, {"cost": "4711"}], ids=["plain", "default tags"])
def test_secret_tags_are_nowhere_in_plain(stack: Stack, default_tags: dict[str, str]) -> None:
    stack.set_config("aws:defaultTags", json.dumps({"tags": default_tags}))
    seen = [stack.preview(_secrets(), diff=True).text]

    stack.up(_secrets())
    seen.append(stack.state_file.read_text())
    stack.preview(_secrets(), expect_no_changes=True)
    seen.append(stack.preview(_secrets("changed"), diff=True).text)
    stack.up(_secrets("changed"))
    stack.refresh(expect_no_changes=True)
    seen.append(stack.state_file.read_text())
    stack.up(_secrets("changed"), expect_no_changes=True)
    seen.append(stack.cli("stack", "export"))

    for name, secret in zip(("store", "key", "bucket"), SECRETS, strict=True):
        assert not [text for text in seen if secret in text], name
        outputs = stack.resource(name)["outputs"]
        assert ("tagsAll" in outputs) is bool(default_tags)
    assert stack.live("store")["tags"] == {"grant": SECRETS[0], **default_tags}


@pytest.mark.parametrize("named", [[], ["policy"]], ids=["not named", "named"])
def test_what_is_computed_from_a_secret_is_plain_unless_it_is_named(
    stack: Stack, named: list[str]
) -> None:
    def declare() -> None:
        user = Output.secret("arn:aws:iam::123456789012:role/TOPSECRET")
        KmsKey("key", users=[user], opts=ResourceOptions(additional_secret_outputs=named))

    stack.up(declare)
    stack.refresh(expect_no_changes=True)

    assert ("TOPSECRET" in stack.cli("stack", "export")) is not bool(named)
