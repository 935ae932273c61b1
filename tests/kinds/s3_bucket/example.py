"""A bucket."""

from __future__ import annotations

from typing import Any

import boto3

from omics_components.kinds.s3_bucket.handler import S3BucketHandler
from omics_components.schema.owner_tag import OWNER_TAG
from tests.kinds.example import Example, World


def _ids(_world: World) -> set[str]:
    return {item["Name"] for item in boto3.client("s3").list_buckets()["Buckets"]}


def _tag(_world: World, id_: str) -> str | None:
    tag_set = boto3.client("s3").get_bucket_tagging(Bucket=id_)["TagSet"]
    return {tag["Key"]: tag["Value"] for tag in tag_set}.get(OWNER_TAG)


def _set_tag(_world: World, id_: str, text: str) -> None:
    tags: Any = {"TagSet": [{"Key": OWNER_TAG, "Value": text}]}
    boto3.client("s3").put_bucket_tagging(Bucket=id_, Tagging=tags)


def _remove_all(world: World) -> None:
    for name in _ids(world):
        boto3.client("s3").delete_bucket(Bucket=name)


EXAMPLE = Example(
    S3BucketHandler,
    {"bucket": "uploads"},
    {"bucket": "uploads", "tags": {"team": "genomics"}},
    create_call="s3:CreateBucket",
    calls_after=("PutBucketPolicy", "PutBucketPolicy"),
    tag_read="s3:GetBucketTagging",
    tag_write="PutBucketTagging",
    ids=_ids,
    tag=_tag,
    set_tag=_set_tag,
    remove_all=_remove_all,
    no_tags={"code": "NoSuchTagSet", "status": 404},
    is_alone=True,
)
