"""A KMS key."""

from __future__ import annotations

from typing import Any

import boto3
from moto.kms import models as kms_models

from omics_components.kinds.kms_key.handler import KmsKeyHandler
from omics_components.schema.owner_tag import OWNER_TAG
from tests.kinds.example import REGION, Example, World


def keys() -> list[str]:
    """All keys, by ARN."""
    return [key["KeyArn"] for key in boto3.client("kms", region_name=REGION).list_keys()["Keys"]]


def _tag(_world: World, id_: str) -> str | None:
    tags = boto3.client("kms", region_name=REGION).list_resource_tags(KeyId=id_)["Tags"]
    return {tag["TagKey"]: tag["TagValue"] for tag in tags}.get(OWNER_TAG)


def _set_tag(_world: World, id_: str, text: str) -> None:
    tags: Any = [{"TagKey": OWNER_TAG, "TagValue": text}]
    boto3.client("kms", region_name=REGION).tag_resource(KeyId=id_, Tags=tags)


def _remove_all(_world: World) -> None:
    kms = boto3.client("kms", region_name=REGION)
    for alias in kms.list_aliases()["Aliases"]:
        if alias.get("TargetKeyId") and not alias["AliasName"].startswith("alias/aws/"):
            kms.delete_alias(AliasName=alias["AliasName"])
    kms_models.kms_backends["123456789012"][REGION].keys.clear()


EXAMPLE = Example(
    KmsKeyHandler,
    {"alias": "alias/reads", "enableKeyRotation": True},
    {
        "alias": "alias/reads",
        "enableKeyRotation": True,
        "description": "Of reads",
        "tags": {"team": "genomics"},
    },
    create_call="kms:CreateKey",
    calls_after=("EnableKeyRotation", "UpdateKeyDescription"),
    tag_read="kms:ListResourceTags",
    tag_write="TagResource",
    ids=lambda _: set(keys()),
    tag=_tag,
    set_tag=_set_tag,
    remove_all=_remove_all,
    no_tags={
        "action": "body",
        "status": 200,
        "body": '{"Tags": []}',
        "content_type": "application/x-amz-json-1.1",
    },
)
