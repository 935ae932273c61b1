"""Adoption on the real engine: what a user sees, and what becomes of the resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pytest
from pulumi import ResourceOptions, automation
from pydantic.alias_generators import to_snake

from omics_components import KmsKey, S3AccessPolicy, S3Bucket, SequenceStore
from omics_components.schema.owner_tag import OWNER_TAG
from tests.engine.stack import Run, Stack
from tests.provider.test_adoption import (
    OTHER_OWNER,
    READING,
    Made,
    make_bucket,
    make_key,
    make_policy,
    make_store,
)

TAKE_OVER = "omics-components:takeOver"
CLASSES: dict[str, type[pulumi.CustomResource]] = {
    "store": SequenceStore,
    "key": KmsKey,
    "bucket": S3Bucket,
    "policy": S3AccessPolicy,
}

OWNER_WRITES = [
    "omics:TagResource",
    "kms:TagResource",
    "s3:PutBucketTagging",
    "omics:PutS3AccessPolicy",
]
"""The calls that write the owner tag of each kind."""

Declarations = Mapping[str, tuple[Made, str | None]]
"""Resource name, which begins with its kind -> what is there, and what import_ says."""


def program_of(
    declarations: Declarations, changes: Mapping[str, Any] | None = None
) -> Callable[[], None]:
    """A program that describes what is there, but for some changes by resource name."""

    def declare() -> None:
        for name, (made, reference) in declarations.items():
            wire = {**made.inputs, **(changes or {}).get(name, {})}
            arguments: dict[str, Any] = {to_snake(key): value for key, value in wire.items()}
            cls: Any = CLASSES[name.partition("-")[0]]
            cls(name, **arguments, opts=ResourceOptions(import_=reference))

    return declare


def not_imported(declarations: Declarations) -> Declarations:
    return {name: (made, None) for name, (made, _) in declarations.items()}


def changes_in(run: Run) -> list[str]:
    """List the calls that changed something."""
    return [call.name for call in run.calls if not call.operation.startswith(READING)]


def failure(command: Callable[..., object], *arguments: Any, **options: Any) -> str:
    with pytest.raises(automation.CommandError) as error:
        command(*arguments, **options)
    return str(error.value)


@pytest.fixture
def client(stack: Stack) -> Callable[[str], Any]:
    """Return a plain boto3 client of a service."""
    return lambda service: stack.aws(service=service)


def test_all_kinds_are_adopted_by_all_their_names(
    stack: Stack, client: Callable[[str], Any]
) -> None:
    """Preview, up, without the option, refresh, destroy."""
    # An untouched policy is what ``readers=[]`` stands for only if it is the guide's example.
    stack.server.emulator.configure(assume={"default-access-policy": "guide-example"})
    keys = [make_key(client, alias=f"alias/reads/{n}") for n in range(2)]
    buckets = [make_bucket(client, name=f"failed-uploads-{n}") for n in range(2)]
    stores = [make_store(client) for _ in range(2)]
    policies = [make_policy(client) for _ in range(2)]
    program: dict[str, tuple[Made, str | None]] = {
        f"{kind}-{number}": (made, reference)
        for kind, both in zip(CLASSES, (stores, keys, buckets, policies), strict=True)
        for number, made in enumerate(both)
        for reference in [list(made.references.values())[number]]
    }

    preview = stack.preview(program_of(program))
    assert not preview.calls
    up = stack.up(program_of(program))

    assert sorted(changes_in(up)) == sorted(2 * OWNER_WRITES)
    for name, (made, reference) in program.items():
        line = (
            f"omics-components: adopts {reference}: creates nothing, and changes only its owner tag"
        )
        assert line in preview.text
        assert line in up.text
        assert up.steps[name] == ["create"]
        assert stack.resource(name)["id"] == made.id

    plain = program_of(not_imported(program))
    unchanged = stack.up(plain, expect_no_changes=True)
    assert not unchanged.calls
    assert "adopts" not in unchanged.text
    assert changes_in(stack.refresh(expect_no_changes=True)) == []

    # A policy is deleted before its store would be; these stores are no one's.
    stack.destroy()
    assert stack.live_ids() == {made.inputs["sequenceStoreArn"][-10:] for made in policies}
    assert client("s3").list_buckets()["Buckets"] == []
    for key in keys:
        assert client("kms").describe_key(KeyId=key.id)["KeyMetadata"]["DeletionDate"]


def test_what_cannot_be_adopted_is_told_and_left_as_it_is(
    stack: Stack, client: Callable[[str], Any]
) -> None:
    other, foreign = (
        make_store(client),
        make_store(client, {OWNER_TAG: str(OTHER_OWNER)}),
    )
    key = make_key(client)
    missing = Made(other.id[:-10] + "1234567890", {}, other.inputs)
    program: Declarations = {
        "store-other": (other, other.id),
        "key": (key, key.references["id"]),
        "store-missing": (missing, missing.id),
        "store-foreign": (foreign, foreign.references["id"]),
    }
    changes = {
        "store-other": {"description": "New", "tags": {"team": "new"}, "fallbackLocation": None},
        "key": {"deletionWindowInDays": 30, "allowHealthOmics": False},
    }
    stack.server.emulator.calls.clear()

    text = failure(stack.up, program_of(program, changes), continue_on_error=True)

    assert changes_in(Run(list(stack.server.emulator.calls))) == []
    assert not stack.resources()
    assert "Traceback" not in text
    for words in (
        (
            f"error: adopting {other.id}: it is not what the program says: "
            "description: 'Reads' in AWS, 'New' in the program; "
            "fallback_location: 's3://bucket/fallback/' in AWS, None in the program; "
            "tags: {'team': 'genomics'} in AWS, {'team': 'new'} in the program. Write the program"
        ),
        (
            f"error: adopting {key.references['id']}: it is not what the program says: "
            "allow_health_omics: True in AWS, False in the program. Write the program"
        ),
        f"error: adopting {missing.id}: it is not there, or is being deleted. Check the id in the ",
        f"error: adopting {foreign.references['id']}: its ownership tag says that another",
        f"pulumi config set omics-components:takeOver {foreign.references['id']} here",
    ):
        assert words in text, f"{words}\n{text}"

    stack.set_config(TAKE_OVER, foreign.references["id"])
    admitted = {"store-foreign": program["store-foreign"]}
    assert changes_in(stack.up(program_of(admitted))) == ["omics:TagResource"]
    assert stack.resource("store-foreign")["id"] == foreign.id
    stack.unset_config(TAKE_OVER)
    stack.preview(program_of(admitted), expect_no_changes=True)


def test_a_store_moves_to_another_name_without_an_alias_and_is_then_replaced(stack: Stack) -> None:
    stack.up({"old": {"name": "reads", "description": "Reads"}})
    arn = stack.resource("old")["id"]
    imported = ResourceOptions(import_=arn)
    moved: dict[str, Any] = {"name": "reads", "description": "Reads", "opts": imported}

    stack.set_config(TAKE_OVER, arn)  # for its tag says that the other name made it
    run = stack.up({"new": moved})

    assert (run.steps["new"], run.steps["old"]) == (["create"], ["delete"])
    assert changes_in(run) == ["omics:TagResource"]
    assert f"omics-components: kept {arn}: the program still has it." in run.text
    assert [item["id"] for item in stack.resources()] == [arn]

    # The option may still name the store that is replaced.
    replaced = stack.up({"new": {**moved, "replace_triggers": {"run": "2"}}})

    assert "replace" in replaced.steps["new"]
    assert "adopts" not in replaced.text
    assert stack.live_ids() == {stack.store_id("new")} != {arn.rpartition("/")[2]}


class Lab(pulumi.ComponentResource):
    """A component of a user's, with a store in it."""

    def __init__(self, name: str, opts: ResourceOptions | None = None) -> None:
        super().__init__("lab:index:Lab", name, None, opts)
        SequenceStore(f"{name}-reads", name="reads", opts=ResourceOptions(parent=self))
        self.register_outputs({})


def test_inside_of_a_component_a_transform_sets_the_hidden_input(stack: Stack) -> None:
    """The option comes too late there: the engine's own import never reaches a dynamic provider."""
    arn = stack.aws().create_sequence_store(name="reads")["arn"]

    def program(change: pulumi.ResourceTransform) -> Callable[[], None]:
        return lambda: _lab(change)

    def set_option(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        if args.type_ != "pulumi-python:dynamic/omics:SequenceStore":
            return None
        imported = ResourceOptions(import_=arn)
        return pulumi.ResourceTransformResult(
            args.props, ResourceOptions.merge(args.opts, imported)
        )

    def set_input(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        if args.type_ != "pulumi-python:dynamic/omics:SequenceStore":
            return None
        return pulumi.ResourceTransformResult({**args.props, "__import": arn}, args.opts)

    # The oldest SDK leaves the error's name out.
    assert "'__provider'" in failure(stack.up, program(set_option))
    assert not stack.resources()

    run = stack.up(program(set_input))

    assert changes_in(run) == ["omics:TagResource"]
    assert f"omics-components: adopts {arn}" in run.text
    assert stack.resource("lab-reads")["id"] == arn
    stack.preview(lambda: _lab(None), expect_no_changes=True)


def _lab(change: pulumi.ResourceTransform | None) -> None:
    Lab("lab", ResourceOptions(transforms=[change] if change else None))
