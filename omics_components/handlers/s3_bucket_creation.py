"""Making a bucket once: what an interrupted creation left is told from what belongs to others."""

from __future__ import annotations

from collections.abc import Mapping

from omics_components.api import s3
from omics_components.api.client import Aws
from omics_components.api.per_client import PerClient
from omics_components.errors import AccessDenied, AlreadyExists, NotFound
from omics_components.handlers.base import Origin
from omics_components.models.ownership import OWNER_TAG, Claim, without_owner

_MAKERS: PerClient[Aws, dict[str, str]] = PerClient(dict)
"""Which declaration makes the bucket of a name, as far as this process knows."""


def begin(aws: Aws, name: str, origin: Origin) -> None:
    """Take note that a declaration makes a bucket, unless another one of this process does.

    Two that look at once both see that there is none, and S3 need not refuse the second creation.

    Raises:
        AlreadyExists: Another one does.
    """
    # One step, so no thread comes between.
    if _MAKERS.of(aws).setdefault(name, origin.identity) != origin.identity:
        raise AlreadyExists(
            "another resource of this program makes the bucket of this name",
            advice="Give one of the two another name, or declare the bucket once.",
        )


def forget(aws: Aws, name: str) -> None:
    """Take note that a bucket is deleted: any declaration may make one of its name."""
    _MAKERS.of(aws).pop(name, None)


def is_left_over(bucket: s3.Bucket, region: str, origin: Origin) -> bool:
    """Say whether an interrupted creation of the same declaration left the bucket.

    It must be looked for: in us-east-1, S3 would answer 200 for a bucket that is there already.

    Raises:
        AlreadyExists: There is a bucket of this name, and nothing says that it is ours.

    IAM: s3:GetBucketLocation, s3:GetBucketTagging, and what tells a bare bucket (``is_bare``).
    """
    cause: AccessDenied | None = None
    try:
        place = s3.find_region(bucket.client, bucket.name)
    except NotFound:
        return False
    except AccessDenied as error:
        found, cause = "it belongs to another account, or the caller may not look at it", error
    else:
        found = f"it is in {place}"
        if place == region and not origin.is_live(bucket.name) and _is_ours(bucket, origin):
            origin.say(f"going on with S3 bucket {bucket.name}, which this declaration made before")
            return True
    raise AlreadyExists(
        f"there is a bucket of this name already ({found}); it was left as it is",
        advice="Choose another name, delete that bucket first, or take it over with the resource "
        "option import_. To replace a bucket by one of the same name, use the resource option "
        "delete_before_replace.",
    ) from cause


def _is_ours(bucket: s3.Bucket, origin: Origin) -> bool:
    """Read whose a bucket is; one that nobody has touched since it was made counts as ours."""
    try:
        claim = without_owner(s3.all_tags(bucket))[1]
        return claim.is_of(origin.identity) if claim else s3.is_bare(bucket)
    except AccessDenied:
        return False  # another account's


def make_bucket(bucket: s3.Bucket, region: str) -> None:
    """Make a bucket where there was none a moment ago.

    IAM: s3:CreateBucket.
    """
    try:
        s3.create_bucket(bucket, region)
    except AlreadyExists as error:
        # The SDK repeats a call whose answer was lost.
        if error.code != "BucketAlreadyOwnedByYou":
            raise


def claim_bucket(bucket: s3.Bucket, claim: Claim, tags: Mapping[str, str]) -> None:
    """Write a claim on a bucket, with the other tags.

    Raises:
        AlreadyExists: Another declaration's claim is there; it is left as it is.

    IAM: s3:GetBucketTagging, s3:PutBucketTagging.
    """
    before = s3.all_tags(bucket)
    require_unclaimed(without_owner(before)[1], claim)
    s3.replace_tags(bucket, {**tags, OWNER_TAG: str(claim)}, before)


def require_unclaimed(found: Claim | None, claim: Claim) -> None:
    """Refuse a bucket that another process has made since this one saw that there was none.

    Args:
        found: The claim that is on the bucket.
        claim: The claim of this creation.

    Raises:
        AlreadyExists: The claim is another declaration's.
    """
    if found and found.declaration != claim.declaration:
        raise AlreadyExists(
            "another declaration made a bucket of this name at the same time, and has it",
            advice="Choose another name. If its configuration was changed meanwhile, the next "
            "pulumi refresh of the other one shows that.",
        )
