"""The properties of a key."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from omics_components import KmsKey
from omics_components.kinds.kms_key.model import KmsKeyInputs
from tests.engine.stack import Stack
from tests.kinds.properties import (
    ADMIN,
    FOR_THIS_ACCOUNT,
    LAB,
    READER,
    ROOT,
    Drift,
    Kind,
    Row,
    users_own,
)


def look_at_key(stack: Stack, arn: str) -> dict[str, Any]:
    region = arn.split(":")[3]
    kms = stack.aws(region, service="kms")
    aliases = [alias["AliasName"] for alias in kms.list_aliases(KeyId=arn)["Aliases"]]
    rotation = kms.get_key_rotation_status(KeyId=arn)
    policy = kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"]
    statements = {item.get("Sid"): item for item in json.loads(policy)["Statement"]}
    tags = kms.list_resource_tags(KeyId=arn)["Tags"]

    def principals(sid: str) -> list[str] | None:
        named = statements.get(sid, {}).get("Principal", {}).get("AWS")
        return [named] if isinstance(named, str) else named

    return {
        "description": kms.describe_key(KeyId=arn)["KeyMetadata"]["Description"],
        "alias": aliases[0] if aliases else None,
        "administrators": principals("KeyAdministrators"),
        "users": principals("KeyUsers"),
        "allow_health_omics": "HealthOmicsStorage" in statements,
        "restrict_to_account": "Condition" in statements.get("HealthOmicsStorage", {}),
        "enable_key_rotation": rotation["KeyRotationEnabled"],
        "rotation_period_in_days": rotation.get("RotationPeriodInDays"),
        "tags": users_own({tag["TagKey"]: tag["TagValue"] for tag in tags}),
        "policy": statements,
        "region": region,
    }


def with_key_policy(change: Callable[[dict[str, Any]], object]) -> Drift:
    """Let someone change the statements of a key policy."""

    def drift(kms: Any, arn: str) -> None:
        policy = json.loads(kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"])
        statements = {item["Sid"]: item for item in policy["Statement"]}
        change(statements)
        policy["Statement"] = list(statements.values())
        kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=json.dumps(policy))

    return drift


FOREIGN_KEY_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"AWS": LAB}, "Action": "kms:*", "Resource": "*"},
        ],
    }
)
HEALTH_OMICS = {
    "Sid": "HealthOmicsStorage",
    "Effect": "Allow",
    "Principal": {"Service": "omics.amazonaws.com"},
    "Action": ["kms:DescribeKey", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*"],
    "Resource": "*",
    "Condition": FOR_THIS_ACCOUNT,
}

PROPERTIES = Kind(
    "key",
    KmsKey,
    KmsKeyInputs,
    "kms",
    look_at_key,
    (
        Row(
            "description",
            first="First words",
            changed="Other words",
            cleared="",
            drift=lambda kms, arn: kms.update_key_description(KeyId=arn, Description="Drift"),
            drifted="Drift",
        ),
        Row(
            "alias",
            first="alias/lab/first",
            changed="alias/lab/second",
            drift=lambda kms, _: kms.delete_alias(AliasName="alias/lab/second"),
        ),
        Row(
            "administrators",
            first=[ADMIN],
            changed=[ADMIN, LAB],
            drift=with_key_policy(
                lambda statements: statements["KeyAdministrators"].update(Principal={"AWS": LAB})
            ),
            drifted=[LAB],
        ),
        Row(
            "users",
            first=[LAB],
            changed=[READER, LAB],
            drift=with_key_policy(
                lambda statements: statements["KeyUsers"].update(Principal={"AWS": [ADMIN]})
            ),
            drifted=[ADMIN],
        ),
        Row(
            "allow_health_omics",
            first=True,
            changed=False,
            cleared=True,
            drift=with_key_policy(
                lambda statements: statements.update(HealthOmicsStorage=HEALTH_OMICS)
            ),
            drifted=True,
            alone=True,
        ),
        Row(
            "restrict_to_account",
            first=True,
            changed=False,
            cleared=True,
            drift=with_key_policy(
                lambda statements: statements["HealthOmicsStorage"].update(
                    Condition=FOR_THIS_ACCOUNT
                )
            ),
            drifted=True,
        ),
        Row(
            "enable_key_rotation",
            first=True,
            changed=False,
            cleared=True,
            drift=lambda kms, arn: kms.enable_key_rotation(KeyId=arn),
            drifted=True,
            alone=True,
        ),
        Row(
            "rotation_period_in_days",
            first=180,
            changed=90,
            cleared=365,
            drift=lambda kms, arn: kms.enable_key_rotation(KeyId=arn, RotationPeriodInDays=200),
            drifted=200,
        ),
        Row("deletion_window_in_days", first=7, changed=14, cleared=30, in_aws=False),
        Row(
            "tags",
            first={"team": "genomics", "stage": "test"},
            changed={"team": "proteomics", "run": "7"},
            cleared={},
            drift=lambda kms, arn: kms.tag_resource(
                KeyId=arn, Tags=[{"TagKey": "alien", "TagValue": "yes"}]
            ),
            drifted={"alien": "yes", "run": "7", "team": "proteomics"},
        ),
        Row("region", first="us-east-1", changed="eu-west-1", cleared="us-east-1"),
        Row(
            "policy",
            drift=lambda kms, arn: kms.put_key_policy(
                KeyId=arn, PolicyName="default", Policy=FOREIGN_KEY_POLICY
            ),
            drifted=FOREIGN_KEY_POLICY,
        ),
    ),
)
