"""Resource options do on the real engine what their names say, or are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pulumi import CustomTimeouts, Output, ResourceOptions, automation

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


SECRETS = {"store": "TOPSECRET1", "key": "TOPSECRET2", "bucket": "TOPSECRET3"}
USER = "arn:aws:iam::123456789012:role/"


def _secrets(description: str | None = None) -> Program:
    def declare() -> None:
        one, two, all_ = SECRETS.values()
        SequenceStore("store", description=description, tags={"grant": Output.secret(one)})
        KmsKey("key", description=description, tags={"grant": Output.secret(two), "team": "lab"})
        S3Bucket("bucket", versioning=not description, tags=Output.secret({"grant": all_}))
        for name, named in (("computed", []), ("named", ["policy"])):
            opts = ResourceOptions(additional_secret_outputs=named)
            KmsKey(name, users=[Output.secret(f"{USER}{name}")], opts=opts)

    return declare


def test_secrets_are_nowhere_in_plain_but_what_is_computed_of_them(stack: Stack) -> None:
    """A key's policy is computed: secret only where the program says so."""
    stack.set_config("aws:defaultTags", json.dumps({"tags": {"cost": "4711"}}))
    seen = [stack.preview(_secrets(), diff=True).text]
    stack.up(_secrets())
    seen.append(stack.state_file.read_text())
    seen.append(stack.preview(_secrets("changed"), diff=True).text)
    stack.up(_secrets("changed"))
    stack.refresh(expect_no_changes=True)
    seen.append(stack.cli("stack", "export"))
    assert stack.live("store")["tags"] == {"grant": SECRETS["store"], "cost": "4711"}
    assert all("tagsAll" in stack.resource(name)["outputs"] for name in SECRETS)

    stack.set_config("aws:defaultTags", json.dumps({"tags": {}}))
    stack.up(_secrets("changed"))
    seen.append(stack.state_file.read_text())
    stack.preview(_secrets("changed"), expect_no_changes=True)
    assert not any("tagsAll" in stack.resource(name)["outputs"] for name in SECRETS)

    for secret in (*SECRETS.values(), f"{USER}named"):
        assert not [text for text in seen if secret in text], secret
    assert f"{USER}computed" in seen[-1]


def test_an_option_that_would_not_do_what_it_says_is_one_sentence(stack: Stack) -> None:
    with pytest.raises(automation.CommandError) as refusal:
        stack.preview(_store(ResourceOptions(replace_on_changes=["description"])))

    text = str(refusal.value)
    assert "reads: the resource option replace_on_changes does not replace" in text
    assert "Traceback" not in text


def test_options_that_change_alone_count(stack: Stack) -> None:
    in_no_time = CustomTimeouts(delete="0s")
    retained = ResourceOptions(retain_on_delete=True, custom_timeouts=in_no_time)
    stack.up(_store(ResourceOptions(custom_timeouts=in_no_time)))
    old = stack.store_id("reads")
    stack.server.emulator.put_read_sets(old, 2)
    stack.up(_store(retained))

    replaced = _store(retained, e_tag_algorithm_family="SHA256up")
    assert "stays in AWS, with all that it holds" in stack.preview(replaced).text
    stack.up(replaced)
    assert stack.live_ids() == {old, stack.store_id("reads")}

    in_time = ResourceOptions(custom_timeouts=CustomTimeouts(delete="5m"))
    stack.up(_store(in_time, e_tag_algorithm_family="SHA256up"))
    stack.server.emulator.plan_status([("DELETING", 1.0)], on="delete")
    stack.destroy()
    assert stack.live_ids() == {old}
