"""What becomes of a program's resource options before the SDK sees them."""

from typing import Any

import pulumi
import pytest
from pulumi import ResourceOptions

from omics_components import EncryptedSequenceStore, SequenceStore
from omics_components.resources.options import understood
from tests.unit.mocked_engine import Engine, resolved

STORE = ("sseConfig", "eTagAlgorithmFamily", "s3Uri", "tags", "replaceTriggers", "tagsAll")


@pytest.mark.parametrize(
    ("written", "on_the_wire"),
    [
        ("sse_config", "sseConfig"),
        ("sseConfig", "sseConfig"),
        ("sse_config.key_arn", "sseConfig.keyArn"),
        ('sse_config["key_arn"]', 'sseConfig["keyArn"]'),
        ("sseConfig.keyArn", "sseConfig.keyArn"),
        ("e_tag_algorithm_family", "eTagAlgorithmFamily"),
        ("s3_uri", "s3Uri"),
        ("tags.team", "tags.team"),
        ("tags.key_arn", "tags.key_arn"),
        ('tags["sse_config"]', 'tags["sse_config"]'),
        ("replace_triggers.first_run", "replaceTriggers.first_run"),
        ("*", "*"),
        ("no_property", "no_property"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("option", ["ignore_changes", "additional_secret_outputs", "hide_diffs"])
def test_options_name_properties_as_arguments_are_written(
    option: str, written: str, on_the_wire: str
) -> None:
    given = ResourceOptions()
    setattr(given, option, [written])

    assert getattr(understood(given, STORE), option) == [on_the_wire]
    assert getattr(given, option) == [written]


def test_an_sdk_without_an_option_has_nothing_to_translate() -> None:
    older = ResourceOptions(ignore_changes=["s3_uri"])
    del older.hide_diffs

    assert understood(older, STORE).ignore_changes == ["s3Uri"]


def test_each_child_of_a_component_has_options_of_its_own(engine: Engine) -> None:
    def protect_the_key(
        args: pulumi.ResourceTransformationArgs,
    ) -> pulumi.ResourceTransformationResult | None:
        if args.type_ == "pulumi-python:dynamic/kms:Key":
            args.opts.protect = True
        return pulumi.ResourceTransformationResult(args.props, args.opts)

    protected: dict[str, bool | None] = {}

    def program() -> dict[str, pulumi.Output[Any]]:
        opts = ResourceOptions(transformations=[protect_the_key])
        reads = EncryptedSequenceStore("reads", {"access_logs": True, "readers": []}, opts)
        for child in (reads.key, reads.bucket, reads.log_bucket, reads.store, reads.access_policy):
            assert child is not None
            protected[child.pulumi_resource_name] = child._protect
        return {"arn": reads.arn}

    resolved(program)

    assert [name for name, is_protected in protected.items() if is_protected] == ["reads-key"]
    assert len(protected) == 5
    assert engine.registered


def test_options_of_several_resources_are_left_alone(engine: Engine) -> None:
    opts = ResourceOptions(import_="1234567890", ignore_changes=["sse_config"])

    resolved(lambda: {name: SequenceStore(name, opts=opts).id for name in ("a", "b")})

    assert (opts.import_, opts.ignore_changes) == ("1234567890", ["sse_config"])
    assert {engine.inputs[name]["__import"] for name in ("a", "b")} == {"1234567890"}
