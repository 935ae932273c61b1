"""KMS keys on the real engine: made, used, moved, destroyed.

Each property's change and drift is in ``test_properties``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pytest
from pulumi import automation

from omics_components import KmsKey, SequenceStore
from omics_components.schema.owner_tag import split_owner_tag
from tests.engine.stack import Run, Stack

ACCOUNT = "123456789012"
ADMIN = f"arn:aws:iam::{ACCOUNT}:role/admin"
LAB = f"arn:aws:iam::{ACCOUNT}:role/lab"
PARTNER = "111122223333"
MISSING = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
USE = [
    *("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*"),
    *("kms:GenerateDataKey*", "kms:DescribeKey"),
]
READING = ("Describe", "Get", "List")

Keys = Mapping[str, Mapping[str, Any]]


def keys(arguments: Keys) -> Callable[[], None]:
    """A program of keys: resource name -> keyword arguments."""

    def declare() -> None:
        for name, its_arguments in arguments.items():
            KmsKey(name, **its_arguments)

    return declare


def everything(name: str) -> dict[str, Any]:
    """All arguments; aliases are unique, so each key needs one of its own."""
    return {
        "description": "Reads of the lab",
        "alias": f"alias/lab/{name}",
        "administrators": [ADMIN],
        "users": [LAB, PARTNER],
        "rotation_period_in_days": 180,
        "deletion_window_in_days": 7,
        "tags": {"team": "genomics", "keyState": "a tag and no output"},
    }


def recorded(stack: Stack) -> dict[str, dict[str, Any]]:
    """All recorded keys by name; each look at the state is a command of its own."""
    return {str(item["urn"]).rpartition("::")[2]: item for item in stack.resources()}


def arns_in(stack: Stack) -> dict[str, str]:
    """ARNs of all recorded keys by name."""
    return {name: item["id"] for name, item in recorded(stack).items()}


def live(stack: Stack, arn: str) -> dict[str, Any]:
    """What plain boto3 says of a key."""
    kms = stack.aws(arn.split(":")[3], service="kms")
    policy = json.loads(kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"])
    described = kms.describe_key(KeyId=arn)["KeyMetadata"]
    return {
        "description": described["Description"],
        "kind": (described["KeySpec"], described["KeyUsage"], described.get("MultiRegion", False)),
        "rotated": kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"],
        "aliases": [alias["AliasName"] for alias in kms.list_aliases(KeyId=arn)["Aliases"]],
        "tags": split_owner_tag(
            {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=arn)["Tags"]}
        )[0],
        "policy": {statement["Sid"]: statement for statement in policy["Statement"]},
        "state": described["KeyState"],
    }


def changing(run: Run) -> list[str]:
    """List the operations of a run that changed something, sorted."""
    return sorted(call.operation for call in run.calls if not call.operation.startswith(READING))


def test_lifecycle_is_quiet_unless_something_changes(stack: Stack) -> None:
    program = keys({"plain": {}, "full": everything("full")})
    assert not stack.preview(program).calls

    up = stack.up(program)
    assert up.steps["plain"] == up.steps["full"] == ["create"]
    assert changing(up) == [
        "CreateAlias",
        *["CreateKey"] * 2,
        *["EnableKeyRotation"] * 2,
        *["TagResource"] * 2,  # the last calls
    ]

    arns = arns_in(stack)
    plain, full = live(stack, arns["plain"]), live(stack, arns["full"])
    assert plain["kind"] == full["kind"] == ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", False)
    assert plain["rotated"] is full["rotated"] is True
    assert (plain["description"], plain["aliases"], plain["tags"]) == ("", [], {})
    assert full["description"] == "Reads of the lab"
    assert full["aliases"] == ["alias/lab/full"]
    assert full["tags"] == everything("full")["tags"]
    account = {
        "Sid": "AccountAdmin",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    service = {
        "Sid": "HealthOmicsStorage",
        "Effect": "Allow",
        "Principal": {"Service": "omics.amazonaws.com"},
        "Action": ["kms:DescribeKey", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": {"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT}},
    }
    assert plain["policy"] == {"AccountAdmin": account, "HealthOmicsStorage": service}
    assert full["policy"].keys() == {*plain["policy"], "KeyAdministrators", "KeyUsers"}
    assert full["policy"]["KeyAdministrators"]["Principal"] == {"AWS": [ADMIN]}
    users = full["policy"]["KeyUsers"]
    assert (users["Principal"], users["Action"]) == ({"AWS": [PARTNER, LAB]}, USE)

    unchanged = stack.up(program, expect_no_changes=True)
    assert unchanged.steps["full"] == ["same"]
    assert not unchanged.calls
    before = recorded(stack)
    assert not changing(stack.refresh(expect_no_changes=True))
    after = recorded(stack)
    assert {name: item["outputs"] for name, item in after.items()} == {
        name: item["outputs"] for name, item in before.items()
    }
    assert not stack.preview(program, expect_no_changes=True).calls

    kms = stack.aws(service="kms")
    destroyed = stack.destroy()
    assert changing(destroyed) == ["DeleteAlias", *["ScheduleKeyDeletion"] * 2]
    assert kms.describe_key(KeyId=arns["full"])["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_a_key_and_what_is_encrypted_with_it(stack: Stack) -> None:
    def program() -> None:
        key = KmsKey("key", alias="alias/reads", users=[LAB])
        SequenceStore("reads", sse_config={"type": "KMS", "key_arn": key.arn})
        for output in (
            *("arn", "key_id", "region", "alias", "alias_arn", "administrators", "users"),
            *("allow_health_omics", "restrict_to_account", "enable_key_rotation", "policy"),
            *("key_state", "creation_date", "description", "tags", "tags_all"),
        ):
            pulumi.export(output, getattr(key, output))
        for days in ("rotation_period_in_days", "deletion_window_in_days"):
            pulumi.export(days, getattr(key, days).apply(repr))

    assert not stack.preview(program).calls
    outputs = stack.up(program).outputs

    arn = stack.resource("key")["id"]
    assert stack.live("reads")["sseConfig"]["keyArn"] == outputs["arn"] == arn
    assert outputs["key_id"] == arn.rpartition("/")[2]
    assert outputs["region"] == "us-east-1"
    assert outputs["alias_arn"] == f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/reads"
    assert outputs["users"] == [LAB]
    assert outputs["key_state"] == "Enabled"
    assert outputs["creation_date"].endswith("Z")
    assert (outputs["rotation_period_in_days"], outputs["deletion_window_in_days"]) == ("365", "30")
    flags = ("allow_health_omics", "restrict_to_account", "enable_key_rotation")
    assert [outputs[name] for name in flags] == [True, True, True]
    absent = ("administrators", "description", "tags", "tags_all")
    assert {outputs.get(name) for name in absent} == {None}


def test_another_region_takes_another_key(stack: Stack) -> None:
    stack.up(keys({"moved": everything("moved")}))
    old = arns_in(stack)["moved"]
    after = keys({"moved": {**everything("moved"), "region": "eu-west-1"}})

    assert stack.preview(after).replaces["moved"] == ["region"]
    run = stack.up(after)

    assert run.steps["moved"] == ["create-replacement", "replace", "delete-replaced"]
    new = arns_in(stack)["moved"]
    assert new.split(":")[3] == "eu-west-1"
    assert live(stack, new)["aliases"] == ["alias/lab/moved"]
    left = stack.aws(service="kms").describe_key(KeyId=old)["KeyMetadata"]
    assert left["KeyState"] == "PendingDeletion"


def test_mistakes_and_missing_keys_end_in_plain_sentences(stack: Stack) -> None:
    def getting() -> None:
        KmsKey.get("theirs", MISSING)

    bad = keys({"bad": {"alias": "reads", "users": ["*"], "deletion_window_in_days": 3}})
    for program, words in (
        (bad, ('write "alias/reads"', "users[0]: must be the ARN", "from 7 to 30, not 3")),
        (getting, (f"reading KMS key ({MISSING})", "Check the ARN.")),
    ):
        with pytest.raises(automation.CommandError) as failure:
            stack.up(program)
        text = str(failure.value)
        assert "Traceback" not in text
        assert [word for word in words if word not in text] == []


def test_a_preview_needs_no_credentials(stack: Stack) -> None:
    stack.unset_environment("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")

    preview = stack.preview(keys({"full": everything("full")}))

    assert preview.steps["full"] == ["create"]
    assert not preview.calls


def test_get_reads_a_key_without_owning_it(stack: Stack) -> None:
    kms = stack.aws(service="kms")
    made = kms.create_key(Description="foreign", Policy='{"Statement": []}')["KeyMetadata"]
    kms.create_alias(AliasName="alias/theirs", TargetKeyId=made["KeyId"])

    def program() -> None:
        key = KmsKey.get("theirs", made["Arn"])
        pulumi.export("description", key.description)
        pulumi.export("alias", key.alias)
        pulumi.export("policy", key.policy)
        pulumi.export("allow", key.allow_health_omics)

    outputs = stack.up(program).outputs
    assert (outputs["description"], outputs["alias"]) == ("foreign", "alias/theirs")
    assert outputs["policy"] == '{"Statement": []}'
    assert outputs.get("allow") is None

    stack.destroy()
    assert kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"]["KeyState"] == "Enabled"


def test_a_key_is_saved_from_its_deletion(stack: Stack) -> None:
    """What is finished is not taken for an interrupted creation."""
    program = keys({"reads": {"alias": "alias/reads"}})
    stack.up(program)
    arn = stack.resource("reads")["id"]
    stack.destroy()
    kms = stack.aws(service="kms")
    key_id = arn.rpartition("/")[2]  # moto takes no ARN here
    kms.cancel_key_deletion(KeyId=key_id)
    kms.enable_key(KeyId=key_id)
    with pytest.raises(automation.CommandError, match=f"{arn} of this declaration is finished"):
        stack.up(program)
    imported = pulumi.ResourceOptions(import_=arn)
    stack.set_config("omics-components:takeOver", arn)

    stack.up(keys({"reads": {"opts": imported}}))  # for the alias is gone
    run = stack.up(program)

    assert changing(run) == ["CreateAlias"]
    assert stack.resource("reads")["id"] == arn
