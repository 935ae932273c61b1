"""The component on the real engine: what it makes, what a preview shows, what it leaves alone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, cast

import pulumi
import pytest
from pulumi import Output, ResourceOptions, automation

from omics_components import EncryptedSequenceStore, EncryptedSequenceStoreArgs
from omics_components.permissions import deployer_policy
from omics_components.schema.owner_tag import OWNER_TAG
from tests.engine.stack import Program, Run, Stack

STATES = Path(__file__).parent / "states"
"""What a real engine recorded of the component, under the version in the file's name."""

ACCOUNT = "123456789012"
READER = "arn:aws:iam::111122223333:role/reader"
ADMINISTRATOR = f"arn:aws:iam::{ACCOUNT}:role/administrator"

EVERYTHING: EncryptedSequenceStoreArgs = {
    "description": "Reads of the lab",
    "e_tag_algorithm_family": "SHA256up",
    "propagated_set_level_tags": ["sample"],
    "tags": {"team": "genomics"},
    "key_administrators": [ADMINISTRATOR],
    "key_users": [READER],
    "key_deletion_window_in_days": 7,
    "key_rotation_period_in_days": 180,
    "fallback_expiration_days": 90,
    "access_logs": True,
    "readers": [READER],
}

CHILDREN = {"reads-key", "reads-fallback", "reads-logs", "reads-store", "reads-access"}


def _program(args: EncryptedSequenceStoreArgs) -> Program:
    def declare() -> None:
        reads = EncryptedSequenceStore("reads", args)
        for name in EncryptedSequenceStore.__annotations__:
            pulumi.export(name, getattr(reads, name))

    return declare


def _steps(run: Run) -> dict[str, list[str]]:
    return {name: steps for name, steps in run.steps.items() if name in CHILDREN}


def test_everything_is_made_and_protected(stack: Stack) -> None:
    stack.server.emulator.configure(check_keys=True)
    outputs = stack.up(_program(EVERYTHING)).outputs
    kms, s3 = stack.aws(service="kms"), stack.aws(service="s3")
    store = stack.live("reads-store")
    key_arn, bucket = outputs["kms_key_arn"], outputs["fallback_bucket"]

    assert store["name"] == "reads"
    assert store["sseConfig"] == {"type": "KMS", "keyArn": key_arn}
    assert store["fallbackLocation"] == f"s3://{bucket}/fallback/" == outputs["fallback_location"]
    assert store["s3Access"]["accessLogLocation"] == outputs["access_log_location"]
    assert store["tags"] == {"team": "genomics"}

    key = kms.describe_key(KeyId=key_arn)["KeyMetadata"]
    assert (key["KeySpec"], key["KeyUsage"]) == ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
    assert kms.get_key_rotation_status(KeyId=key_arn)["KeyRotationEnabled"]
    [alias] = kms.list_aliases(KeyId=key_arn)["Aliases"]
    assert re.fullmatch("alias/stores/test/reads-[0-9a-f]{8}", alias["AliasName"])
    statements = _statements(kms.get_key_policy(KeyId=key_arn, PolicyName="default")["Policy"])
    assert statements["KeyAdministrators"]["Principal"]["AWS"] == [ADMINISTRATOR]
    assert statements["KeyUsers"]["Principal"]["AWS"] == [READER]
    service = statements["HealthOmicsStorage"]
    assert service["Principal"] == {"Service": "omics.amazonaws.com"}
    assert service["Condition"] == {"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT}}

    logs = stack.resource("reads-logs")["id"]
    for name, key_of_bucket, writer, prefix in (
        (bucket, key_arn, "omics.amazonaws.com", "fallback/"),
        (logs, None, ["logging.s3.amazonaws.com", "omics.amazonaws.com"], "reads/"),
    ):
        block = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
        assert set(block.values()) == {True}
        ownership = s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]
        assert ownership["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
        assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
        [rule] = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
        default = rule["ApplyServerSideEncryptionByDefault"]
        assert default.get("KMSMasterKeyID") == key_of_bucket
        tags = s3.get_bucket_tagging(Bucket=name)["TagSet"]
        assert {tag["Key"] for tag in tags} == {"team", OWNER_TAG}
        rules = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
        expirations = [rule["Expiration"].get("Days") for rule in rules if "Expiration" in rule]
        assert [days for days in expirations if days] == ([90] if name == bucket else [])
        assert [
            rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]
            for rule in rules
            if "AbortIncompleteMultipartUpload" in rule
        ] == [7]
        bucket_statements = list(_statements(s3.get_bucket_policy(Bucket=name)["Policy"]).values())
        [tls] = [item for item in bucket_statements if item["Effect"] == "Deny"]
        assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        [allow] = [item for item in bucket_statements if item["Effect"] == "Allow"]
        assert allow["Principal"] == {"Service": writer}
        assert allow["Action"] == "s3:PutObject"
        assert allow["Resource"] == f"arn:aws:s3:::{name}/{prefix}*"

    policy = stack.aws().get_s3_access_policy(s3AccessPointArn=outputs["s3_access_point_arn"])
    assert READER in policy["s3AccessPolicy"]
    fallen_back = stack.server.emulator.put_fallback_object(stack.store_id("reads-store"))
    assert fallen_back["stored"], fallen_back
    assert outputs["required_key_policy_statements"] == []
    assert outputs["required_bucket_policy_statements"] == []
    assert json.loads(outputs["reader_policy_json"])["Statement"][2]["Resource"] == key_arn


def test_life_under_the_deployers_policy_is_quiet_and_previews_know_what_stays(
    stack: Stack,
) -> None:
    seen: list[str] = []

    def declare() -> None:
        reads = EncryptedSequenceStore("reads", EVERYTHING | {"description": "Other words"})
        known = Output.all(reads.arn, reads.kms_key_arn, reads.fallback_location)
        known.apply(seen.extend)

    deployer = deployer_policy(
        "us-east-1",
        bucket_names=["reads-fallback-*", "reads-logs-*"],
        own_key=True,
        access_policy=True,
        force_destroy=False,
    )
    stack.server.emulator.allow_only(deployer)
    first = stack.preview(_program(EVERYTHING))
    assert not first.calls
    assert _steps(first) == {name: ["create"] for name in CHILDREN}

    stack.up(_program(EVERYTHING))
    unchanged = stack.up(_program(EVERYTHING), expect_no_changes=True)
    assert not unchanged.calls
    stack.refresh(expect_no_changes=True)

    update = stack.preview(declare)
    assert not update.calls
    changed = {name: steps for name, steps in _steps(update).items() if steps != ["same"]}
    assert changed == {"reads-store": ["update"]}
    assert seen == [
        stack.resource("reads-store")["id"],
        stack.resource("reads-key")["id"],
        f"s3://{stack.resource('reads-fallback')['id']}/fallback/",
    ]
    stack.up(declare)
    assert stack.live("reads-store")["description"] == "Other words"

    stack.destroy()
    stack.server.emulator.allow_only(None)
    assert not stack.live_ids()
    assert not stack.aws(service="s3").list_buckets()["Buckets"]


@pytest.mark.parametrize("argument", ["kms_key_arn", "fallback_bucket", "region"])
def test_an_output_that_does_not_exist_stops_the_preview_and_the_update(
    stack: Stack, argument: str
) -> None:
    """Not even what needs no such value is made; an existing store stays as it is."""
    args: dict[str, Any] = {argument: "us-east-1"} if argument == "region" else {}
    stack.up(_program(cast("EncryptedSequenceStoreArgs", args)))
    made = stack.resources()

    def declare() -> None:
        typo = Output.from_input({"key": "arn"}).apply(lambda outputs: outputs.get("typo"))
        EncryptedSequenceStore("reads", cast("Any", {argument: typo}))

    for command in (stack.preview, stack.up):
        with pytest.raises(automation.CommandError) as refused:
            command(declare)

        assert f"error: reads: {argument} is an output that resolves to None." in str(refused.value)
        assert "Traceback" not in str(refused.value)
        assert not stack.server.emulator.calls
    assert stack.resources() == made


class _Lab(pulumi.ComponentResource):
    """A team's own component, with another one of ours in it."""

    def __init__(self, name: str, opts: ResourceOptions | None = None) -> None:
        super().__init__(f"lab:index:{name.capitalize()}", name, None, opts)
        self.reads = EncryptedSequenceStore("reads", opts=ResourceOptions(parent=self))


def _aliases(stack: Stack) -> list[str]:
    aliases = stack.aws(service="kms").list_aliases()["Aliases"]
    return sorted(item["AliasName"] for item in aliases if "alias/aws/" not in item["AliasName"])


def test_components_of_one_name_below_two_parents_have_keys_of_their_own(stack: Stack) -> None:
    def declare() -> None:
        _Lab("one")
        _Lab("other")

    stack.up(declare)

    aliases = _aliases(stack)
    assert len(aliases) == len({"one", "other"})
    assert all(re.fullmatch("alias/stores/test/reads-[0-9a-f]{8}", alias) for alias in aliases)
    assert not stack.preview(declare, expect_no_changes=True).calls
    stack.refresh()
    assert not stack.preview(declare, expect_no_changes=True).calls
    stack.destroy()
    assert _aliases(stack) == []


def test_a_renamed_and_a_moved_component_keep_their_key_and_free_its_alias(stack: Stack) -> None:
    """A new component by the old name then needs that alias."""

    def first_named() -> None:
        EncryptedSequenceStore("reads")

    def renamed() -> None:
        opts = ResourceOptions(aliases=[pulumi.Alias(name="reads")])
        EncryptedSequenceStore("new", opts=opts)

    def moved() -> None:
        alias = pulumi.Alias(name="new", parent=pulumi.ROOT_STACK_RESOURCE)
        lab = pulumi.ComponentResource("lab:index:Lab", "lab")
        EncryptedSequenceStore("new", opts=ResourceOptions(parent=lab, aliases=[alias]))

    def joined() -> None:
        moved()
        first_named()

    stack.up(first_named)
    key, first = stack.resource("reads-key")["id"], _aliases(stack)
    for program in (renamed, moved):
        stack.up(program)
        assert stack.resource("new-key")["id"] == key
        stack.preview(program, expect_no_changes=True)
        [alias] = _aliases(stack)
        assert re.fullmatch("alias/stores/test/new-[0-9a-f]{8}", alias)
    second = _aliases(stack)
    stack.up(joined)
    assert _aliases(stack) == sorted(first + second)
    stack.destroy()
    assert _aliases(stack) == []


def test_a_component_of_an_earlier_version_keeps_its_alias(stack: Stack) -> None:
    """Its alias has no digest, and its children have fewer hidden inputs."""
    args: EncryptedSequenceStoreArgs = {"access_logs": True, "readers": []}
    recorded = json.loads((STATES / "0.1.0-encrypted-sequence-store.json").read_text())
    earlier = recorded["reads-key"]["inputs"]["alias"]

    def declare() -> None:
        EncryptedSequenceStore("reads", args)

    def as_recorded(resources: list[dict[str, Any]]) -> None:
        found = {item["urn"].rpartition("::")[2]: item for item in resources}
        text = json.dumps(recorded)
        for name, item in recorded.items():
            text = text.replace(item["id"], found[name]["id"])
        for name, item in json.loads(text).items():
            found[name]["inputs"] = item["inputs"]
            found[name].pop("deletedWith", None)
        found["reads-key"]["outputs"]["alias"] = earlier

    stack.up(declare)
    kms, [alias] = stack.aws(service="kms"), _aliases(stack)
    kms.delete_alias(AliasName=alias)
    kms.create_alias(AliasName=earlier, TargetKeyId=stack.resource("reads-key")["id"])
    stack.change_state(as_recorded)

    assert not stack.preview(declare, expect_no_changes=True).calls
    stack.refresh()
    assert not stack.up(declare, expect_no_changes=True).calls
    assert not stack.preview(declare, expect_no_changes=True).calls
    assert _aliases(stack) == [earlier]
    stack.destroy()
    assert _aliases(stack) == []


def _readers(stack: Stack) -> list[str]:
    """Return the access policy in force, of the one store that there is."""
    [store_id] = stack.live_ids()
    access_point = stack.aws().get_sequence_store(id=store_id)["s3Access"]["s3AccessPointArn"]
    policy = stack.aws().get_s3_access_policy(s3AccessPointArn=access_point)["s3AccessPolicy"]
    return [name for name in (READER, ADMINISTRATOR) if name in policy]


def _empty(stack: Stack) -> None:
    store_id = stack.store_id("reads-store")
    listed = stack.aws().list_read_sets(sequenceStoreId=store_id)["readSets"]
    ids = [read_set["id"] for read_set in listed]
    stack.aws().batch_delete_read_set(sequenceStoreId=store_id, ids=ids)


def test_readers_keep_their_access_if_the_store_is_not_deleted(stack: Stack) -> None:
    program = _program({"readers": [READER]})
    stack.up(program)
    stack.server.emulator.put_read_sets(stack.store_id("reads-store"), count=2)

    with pytest.raises(automation.CommandError, match="it holds 2 read sets"):
        stack.destroy()
    assert _readers(stack) == [READER]

    stack.up(program)
    stack.preview(program, expect_no_changes=True)
    assert _readers(stack) == [READER]
    _empty(stack)
    stack.destroy()
    assert stack.live_ids() == set()
    assert stack.resources() == []


def test_a_replaced_store_ends_with_its_policy_in_force(stack: Stack) -> None:
    stack.up(_program({"readers": [READER]}))
    [first] = stack.live_ids()
    program = _program({"readers": [READER], "e_tag_algorithm_family": "SHA512up"})

    stack.up(program)

    assert first not in stack.live_ids()
    assert _readers(stack) == [READER]
    stack.preview(program, expect_no_changes=True)
    assert {item["urn"].rpartition("::")[2] for item in stack.resources()} == {
        "reads-key",
        "reads-fallback",
        "reads-store",
        "reads-access",
    }
    stack.destroy()
    assert stack.live_ids() == set()


def test_a_refused_replacement_leaves_the_policy_in_force(stack: Stack) -> None:
    """The engine replaces what is deleted with a store, too, and begins with the store."""
    program = _program({"readers": [READER]})
    stack.up(program)

    with pytest.raises(automation.CommandError, match="is finished, and is not in this state"):
        stack.up(program, replace=[stack.resource("reads-store")["urn"]])

    assert _readers(stack) == [READER]
    stack.up(program)
    stack.preview(program, expect_no_changes=True)
    assert _readers(stack) == [READER]


def test_the_preview_that_removes_the_policy_says_who_is_shut_out(stack: Stack) -> None:
    """The engine itself shows a bare delete. Said once, and not of what leaves the policy."""
    line = "removes the S3 access policy of "
    shut_out = "no one can then read it through S3, its owner included."
    stack.up(_program({"readers": [READER]}))
    store = stack.resource("reads-store")["id"]
    assert line not in stack.up(_program({"readers": [ADMINISTRATOR]})).text
    assert _readers(stack) == [ADMINISTRATOR]
    assert line not in stack.refresh().text
    assert line not in stack.preview(_program({"readers": []})).text

    preview = stack.preview(_program({}))
    assert preview.steps["reads-access"] == ["delete"]
    assert "reads-store" not in preview.steps or preview.steps["reads-store"] == ["same"]
    assert f"{line}{store}: {shut_out}" in preview.text

    run = stack.up(_program({}))
    assert f"{line}{store}: {shut_out}" in run.text
    assert "DeleteS3AccessPolicy" in [call.operation for call in run.calls]
    assert line not in stack.preview(_program({}), expect_no_changes=True).text


def test_a_policy_that_is_retained_shuts_no_one_out(stack: Stack) -> None:
    def declare(args: EncryptedSequenceStoreArgs) -> None:
        EncryptedSequenceStore("reads", args, ResourceOptions(retain_on_delete=True))

    stack.up(lambda: declare({"readers": [READER]}))

    run = stack.up(lambda: declare({}))

    assert "removes the S3 access policy" not in run.text
    assert _readers(stack) == [READER]


def test_resource_options_reach_the_children(stack: Stack) -> None:
    def tag(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult:
        is_child = args.type_.startswith("pulumi-python:dynamic/")
        tags = {"tags": {"via": "transform"}} if is_child else {}
        return pulumi.ResourceTransformResult({**args.props, **tags}, args.opts)

    def first() -> None:
        opts = ResourceOptions(protect=True, transforms=[tag])
        EncryptedSequenceStore("reads", {"store_name": "reads"}, opts)

    def first_named() -> None:
        EncryptedSequenceStore("reads")

    def renamed() -> None:
        opts = ResourceOptions(protect=True, transforms=[tag], aliases=[pulumi.Alias(name="reads")])
        EncryptedSequenceStore("lab", {"store_name": "reads"}, opts)

    stack.up(first)
    assert {item["protect"] for item in stack.resources()} == {True}
    assert stack.live("reads-store")["tags"] == {"via": "transform"}

    before = {name: stack.resource(f"reads-{name}")["id"] for name in ("store", "fallback", "key")}
    stack.up(renamed)
    assert {name: stack.resource(f"lab-{name}")["id"] for name in before} == before
    stack.preview(renamed, expect_no_changes=True)


def test_time_limits_of_a_child_are_set_by_a_transform(stack: Stack) -> None:
    def limit(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        if args.name != "reads-store":
            return None
        props = {**args.props, "__timeouts": {"create": "1s"}}
        return pulumi.ResourceTransformResult(props, args.opts)

    def declare() -> None:
        EncryptedSequenceStore("reads", opts=ResourceOptions(transforms=[limit]))

    stack.server.emulator.plan_status(name="reads", steps=[("CREATING", 600.0), ("ACTIVE",)])
    with pytest.raises(automation.CommandError) as failure:
        stack.up(declare)

    assert "waited 1 s for sequence store" in str(failure.value)
    assert stack.resource("reads-store")["inputs"]["__timeouts"] == {"create": "1s"}


def test_the_deployers_policy_reaches_buckets_that_were_made_under_another_name(
    stack: Stack,
) -> None:
    policies: list[str] = []

    def declare(name: str, opts: ResourceOptions | None = None) -> Program:
        def program() -> None:
            reads = EncryptedSequenceStore(name, {"store_name": "reads", "access_logs": True}, opts)
            reads.deployer_policy_json.apply(policies.append)

        return program

    stack.preview(declare("reads"))
    stack.up(declare("reads"))
    assert policies[0] == policies[-1]  # so it could be pasted before

    renamed = declare("lab", ResourceOptions(aliases=[pulumi.Alias(name="reads")]))
    stack.preview(renamed)
    stack.server.emulator.allow_only(json.loads(policies[-1]))
    stack.up(renamed)
    stack.up(renamed, refresh=True, expect_no_changes=True)

    [buckets] = [item for item in json.loads(policies[-1])["Statement"] if item["Sid"] == "Buckets"]
    for kind in ("fallback", "logs"):
        bucket = stack.resource(f"lab-{kind}")["id"]
        assert bucket.startswith(f"reads-{kind}-")
        assert {f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::lab-{kind}-*"} < {*buckets["Resource"]}
    stack.destroy()
    stack.server.emulator.allow_only(None)
    assert not stack.aws(service="s3").list_buckets()["Buckets"]


def test_a_given_key_and_bucket_stay_as_they_are(stack: Stack) -> None:
    kms, s3 = stack.aws(service="kms"), stack.aws(service="s3")
    key = kms.create_key(Policy=json.dumps(_policy_for_omics("kms:*", "*")))["KeyMetadata"]
    s3.create_bucket(Bucket="theirs")
    stack.server.emulator.calls.clear()
    args: EncryptedSequenceStoreArgs = {"kms_key_arn": key["Arn"], "fallback_bucket": "theirs"}

    run = stack.up(_program(args))

    assert _steps(run) == {"reads-store": ["create"]}
    assert {call.service for call in run.calls} <= {"kms", "omics", "sts"}
    store = stack.live("reads-store")
    assert store["sseConfig"]["keyArn"] == key["Arn"]
    assert store["fallbackLocation"] == "s3://theirs/fallback/"
    [for_key] = run.outputs["required_key_policy_statements"]
    assert for_key["Principal"] == {"Service": "omics.amazonaws.com"}
    [for_bucket] = run.outputs["required_bucket_policy_statements"]
    assert for_bucket["Resource"] == "arn:aws:s3:::theirs/fallback/*"

    stack.destroy()
    assert kms.describe_key(KeyId=key["Arn"])["KeyMetadata"]["KeyState"] == "Enabled"
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["theirs"]


def _statements(policy: str) -> dict[str, dict[str, Any]]:
    return {item["Sid"]: item for item in json.loads(policy)["Statement"]}


def _policy_for_omics(action: str, resource: str) -> dict[str, Any]:
    allow = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {**allow, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}},
            {**allow, "Principal": {"Service": "omics.amazonaws.com"}},
        ],
    }
