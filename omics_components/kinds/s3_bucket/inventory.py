"""Buckets, as the commands ask about them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from omics_components.aws.tagging import list_tagged
from omics_components.kinds.s3_bucket import api as s3
from omics_components.lifecycle.inventory import ListedResource, Location
from omics_components.schema.owner_tag import OWNER_TAG

if TYPE_CHECKING:
    from omics_components.aws.client import Aws
    from omics_components.lifecycle.handler import LiveResource

ID_FORM = "the name of a bucket"
CONTENTS = "objects"
TAGS_ARE_ALL_OR_NONE = False

_NAME = re.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def parse_id(id_: str) -> Location:
    """Return an empty location: the name of a bucket has neither a region nor an account.

    Raises:
        ValueError: It is not the name of a bucket.
    """
    if not _NAME.fullmatch(id_):
        raise ValueError(f"{id_!r} is not the name of a bucket")
    return Location()


def title(live: LiveResource[Any, Any]) -> str:
    """Return the name of a bucket."""
    return live.id


def count_contents(aws: Aws, id_: str, *, at_most: int) -> int:
    """Count the objects, old versions and delete markers in a bucket."""
    return s3.count_contents(_bucket(aws, id_), at_most=at_most).total()


def remove_owner(aws: Aws, id_: str) -> None:
    """Remove the owner tag of a bucket; its other tags stay as they are."""
    bucket = _bucket(aws, id_)
    rest = {key: text for key, text in s3.all_tags(bucket).items() if key != OWNER_TAG}
    s3.replace_tags(bucket, rest, rest)


def list_candidates(aws: Aws, region: str) -> list[ListedResource]:
    """List the buckets that have an owner tag in the index of tags, by ARN."""
    arns = sorted(list_tagged(aws.tagging(region), OWNER_TAG, "s3:bucket"))
    named = ((arn, arn.rpartition(":")[2]) for arn in arns)
    return [ListedResource(name, arn, name) for arn, name in named]


def describe(aws: Aws, region: str, candidate: ListedResource) -> ListedResource | None:
    """Read the tags of a bucket; None if it has no owner tag, as the index lags behind."""
    bucket = s3.Bucket(aws.s3(region), candidate.name, aws.account_id(region))
    return candidate.with_owner(s3.all_tags(bucket))


def deletion_command(resource: ListedResource, region: str) -> str:
    """Return the command that deletes an empty bucket."""
    return f"aws s3 rb s3://{resource.name} --region {region}"


def _bucket(aws: Aws, name: str) -> s3.Bucket:
    known = aws.default_region() or "us-east-1"
    account = aws.account_id(known)
    region = s3.find_region(aws.s3(known), name, account)
    return s3.Bucket(aws.s3(region), name, account)
