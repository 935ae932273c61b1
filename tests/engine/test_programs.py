"""What users' programs do with a store besides declaring it, on the real engine."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi import ResourceOptions, automation

from omics_components import SequenceStore
from tests.engine.stack import Stack, cli_version

BAD: dict[str, tuple[Any, str]] = {
    "name": ("two\nlines", "name: must be printable text without line breaks"),
    "description": ("x" * 256, "description: must be 1 to 255 characters long"),
    "sse_config": (
        {"type": "AES256", "key_arn": "alias/reads"},
        r"property sseConfig.keyArn .* sse_config\.key_arn: must be the ARN of a symmetric KMS key",
    ),
    "fallback_location": (
        "s3://bucket/prefix",
        'property fallbackLocation value .* fallback_location: must end with "/"',
    ),
    "e_tag_algorithm_family": ("MD5", "must be 'MD5up', 'SHA256up' or 'SHA512up'"),
    "propagated_set_level_tags": (list("abcdef"), "at most 5 tag keys can be propagated, not 6"),
    "access_log_location": ("log-bucket", "access_log_location: must be s3://bucket"),
    "tags": ({"aws:team": "x"}, 'keys beginning with "aws:" belong to AWS'),
    "region": ("Frankfurt", "region: must be the name of a region"),
}


def _failure(command: Callable[..., object], *arguments: Any) -> str:
    with pytest.raises(automation.CommandError) as error:
        command(*arguments)
    text = str(error.value)
    assert "Traceback" not in text
    return text


def test_bad_input_is_named_in_the_preview_and_nothing_is_called(stack: Stack) -> None:
    text = _failure(stack.preview, {"reads": {name: value for name, (value, _) in BAD.items()}})

    for _, expected in BAD.values():
        assert re.search(expected, text), f"{expected}\n{text}"
    assert not stack.server.emulator.calls


def test_values_that_only_an_update_knows_pass_the_preview(stack: Stack) -> None:
    def program() -> None:
        first = SequenceStore("first")
        SequenceStore(
            "second",
            name=first.sequence_store_id.apply(lambda id_: f"after-{id_}"),
            description=first.s3_uri,
            tags={"first": first.sequence_store_id},
            sse_config=first.arn.apply(lambda _: {"type": "KMS"}),
            propagated_set_level_tags=["known", first.status],
            opts=ResourceOptions(parent=first),
        )
        pulumi.export("tags", first.tags_all)

    assert stack.preview(program).steps["second"] == ["create"]
    stack.up(program)

    first, second = stack.resource("first"), stack.live("second")
    assert second["description"] == first["outputs"]["s3Uri"]
    assert second["tags"]["first"] == stack.store_id("first")
    assert sorted(second["propagatedSetLevelTags"]) == ["ACTIVE", "known"]
    stack.preview(program, expect_no_changes=True)


class Lab(pulumi.ComponentResource):
    """A component of a user's, with a store in it."""

    def __init__(self, name: str, opts: ResourceOptions | None = None) -> None:
        super().__init__("lab:index:Lab", name, None, opts)
        child = ResourceOptions(parent=self)
        self.store = SequenceStore(f"{name}-reads", opts=child)
        self.register_outputs({"arn": self.store.arn})


def test_a_store_in_a_component_knows_who_declares_it(stack: Stack) -> None:
    def add_owner(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        if args.type_ != "pulumi-python:dynamic/omics:SequenceStore":
            return None
        return pulumi.ResourceTransformResult(
            {**args.props, "tags": {"via": "transform"}}, args.opts
        )

    def program() -> None:
        Lab("outer", ResourceOptions(transforms=[add_owner]))

    stack.up(program)

    recorded = stack.resource("outer-reads")
    _backend, organization, urn = recorded["outputs"]["__identity"].split("|")
    assert urn == recorded["urn"]
    assert organization == "organization"
    assert stack.live("outer-reads")["tags"] == {"via": "transform"}
    stack.preview(program, expect_no_changes=True)


def test_outputs_reach_the_program(stack: Stack) -> None:
    def program() -> None:
        store = SequenceStore("reads", tags={"creationTime": "a tag and no output"})
        for output in (
            *("arn", "sequence_store_id", "region", "name", "description", "sse_config"),
            *("fallback_location", "e_tag_algorithm_family", "propagated_set_level_tags"),
            *("access_log_location", "s3_uri", "s3_access_point_arn", "status"),
            *("status_message", "creation_time", "update_time", "tags", "tags_all"),
        ):
            pulumi.export(output, getattr(store, output))

    outputs = stack.up(program).outputs

    live = stack.live("reads")
    assert outputs["arn"] == live["arn"]
    assert outputs["sequence_store_id"] == live["id"]
    assert outputs["region"] == "us-east-1"
    assert outputs["s3_uri"] == live["s3Access"]["s3Uri"]
    assert outputs["s3_access_point_arn"] == live["s3Access"]["s3AccessPointArn"]
    assert outputs["tags"] == outputs["tags_all"] == live["tags"]
    assert outputs["status"] == "ACTIVE"
    assert outputs["creation_time"].endswith("Z")
    absent = ("description", "sse_config", "fallback_location", "access_log_location")
    assert {outputs.get(name) for name in absent} == {None}


@pytest.mark.parametrize("by", ["arn", "id"])
def test_get_reads_a_store_without_owning_it(stack: Stack, by: str) -> None:
    if by == "id" and cli_version() <= (3, 255, 0):
        pytest.skip("this engine keeps the id that the program gives: it must be the ARN")
    made = stack.aws().create_sequence_store(name="foreign", tags={"owner": "someone"})

    def program() -> None:
        store = SequenceStore.get("theirs", made[by])
        pulumi.export("arn", store.arn)
        pulumi.export("name", store.name)
        pulumi.export("tags", store.tags)
        pulumi.export("id", store.sequence_store_id)

    stack.up(program)
    stack.refresh()
    outputs = stack.up(program).outputs
    assert outputs["name"] == "foreign"
    assert outputs["arn"] == made["arn"]
    assert outputs["tags"] == {"owner": "someone"}
    assert outputs["id"] == made["id"]

    stack.destroy()
    assert stack.live_ids() == {made["id"]}


def test_get_of_a_missing_store_is_an_error(stack: Stack) -> None:
    arn = "arn:aws:omics:us-east-1:123456789012:sequenceStore/1234567890"
    text = _failure(stack.up, lambda: SequenceStore.get("missing", arn))

    assert f"reading sequence store ({arn}): ResourceNotFoundException" in text
    assert "Check the ARN." in text


def test_default_tags_of_the_stack_are_on_every_store(stack: Stack) -> None:
    stack.set_config("aws:defaultTags", json.dumps({"tags": {"unit": "lab", "stage": "dev"}}))
    program: dict[str, Any] = {"own": {"tags": {"stage": "prod"}}, "none": {}}
    stack.up(program)

    assert stack.live("own")["tags"] == {"unit": "lab", "stage": "prod"}
    assert stack.live("none")["tags"] == {"unit": "lab", "stage": "dev"}
    recorded = stack.resource("own")["outputs"]
    assert recorded["tags"] == {"stage": "prod"}
    assert recorded["tagsAll"] == {"unit": "lab", "stage": "prod"}
    stack.refresh(expect_no_changes=True)
    stack.preview(program, expect_no_changes=True)

    stack.set_config("aws:defaultTags", json.dumps({"tags": {"unit": "core"}}))
    run = stack.up(program)
    assert run.steps["own"] == run.steps["none"] == ["update"]
    assert stack.live("own")["tags"] == {"unit": "core", "stage": "prod"}
    assert stack.live("none")["tags"] == {"unit": "core"}


def test_ignored_changes_stay_ignored(stack: Stack) -> None:
    stack.up({"reads": {"description": "Old words"}})

    run = stack.up(
        {"reads": {"opts": ResourceOptions(ignore_changes=["description"])}},
        expect_no_changes=True,
    )

    assert run.steps["reads"] == ["same"]


def test_a_description_cannot_be_taken_away(stack: Stack) -> None:
    stack.up({"reads": {"description": "Old words"}})

    text = _failure(stack.preview, {"reads": {}})
    assert "description: cannot be removed once it is set (it is 'Old words')" in text

    run = stack.preview({"reads": {"e_tag_algorithm_family": "SHA512up"}})
    assert "replace" in run.steps["reads"]


def test_a_failed_creation_says_why_and_leaves_no_store(stack: Stack) -> None:
    stack.server.emulator.plan_status(
        name="reads", steps=[("CREATING", 0.1), ("FAILED", "KMS key not usable")]
    )

    text = _failure(stack.up, {"reads": {}})

    assert "creating sequence store (reads, arn:aws:omics:" in text
    assert "it is FAILED: KMS key not usable" in text
    assert not stack.live_ids()


def test_custom_timeouts_end_the_waiting(stack: Stack) -> None:
    stack.server.emulator.plan_status(name="reads", steps=[("CREATING", 600.0), ("ACTIVE",)])
    timeouts = pulumi.CustomTimeouts(create="1s")

    text = _failure(stack.up, {"reads": {"opts": ResourceOptions(custom_timeouts=timeouts)}})

    assert "waited 1 s for sequence store" in text
    assert "it is still CREATING" in text


def test_the_stack_can_name_the_endpoint(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    url = stack.server.url
    stack.unset_environment("AWS_ENDPOINT_URL", "AWS_DISABLE_HOST_PREFIX_INJECTION")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    stack.set_config("aws:endpoints", json.dumps([{"omics": url, "sts": url}]))

    stack.up({"reads": {}})

    assert stack.live("reads")["name"] == "reads"


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("aws:regoin", "us-east-1", r"Did you mean aws:region\?"),
        ("aws:region", "us-esat-1", "must be the name of a region"),
        ("aws:allowedAccountIds", "111122223333", r"--path 'aws:allowedAccountIds\[0\]'"),
        ("aws:forbiddenAccountIds", "[12345678901]", "must be an account ID"),
        ("aws:httpsProxy", "http://127.0.0.1:9", "set HTTPS_PROXY in the environment"),
    ],
)
def test_invalid_configuration_fails_the_preview(
    stack: Stack, key: str, value: str, words: str
) -> None:
    stack.set_config(key, value)

    text = _failure(stack.preview, {"reads": {}})

    assert f"{key}" in text
    assert re.search(words, text)
    assert "Traceback" not in text


def test_refresh_says_whose_configuration_it_uses(stack: Stack) -> None:
    stack.up({"reads": {}})
    stack.set_config("aws:allowedAccountIds", json.dumps(["111122223333"]))
    _failure(stack.up, {"reads": {"description": "other"}})
    stack.unset_config("aws:allowedAccountIds")

    for command in (stack.refresh, stack.destroy):
        text = _failure(command)
        assert "aws:allowedAccountIds allows only 111122223333" in text
        assert "refresh and destroy use the configuration of the last pulumi up" in text

    stack.up({"reads": {"description": "other"}})
    stack.refresh()
    stack.destroy()
    assert not stack.live_ids()
