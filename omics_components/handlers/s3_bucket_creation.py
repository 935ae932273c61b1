"""Making a bucket once: what an interrupted creation left is told from what belongs to others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from omics_components.api import s3
from omics_components.api.client import Aws
from omics_components.api.per_client import PerClient
from omics_components.errors import AccessDenied, AlreadyExists, NotFound, doing
from omics_components.handlers.base import Origin
from omics_components.models.ownership import OWNER_TAG, Claim, without_owner

_MAKERS: PerClient[Aws, dict[str, str]] = PerClient(dict)
"""Which declaration of this process is making the bucket of a name."""


@contextmanager
def reserving(aws: Aws, origin: Origin) -> Iterator[Callable[[str], None]]:
    """Let no other declaration of this process make a bucket of the same name meanwhile.

    Two that look at once both see that there is none, and S3 need not refuse the second creation.
    Afterwards the claim on the bucket tells whose it is.

    Args:
        aws: The way into AWS.
        origin: Who makes it.

    Returns:
        What reserves a name, and raises AlreadyExists where another declaration has.
    """
    makers, own = _MAKERS.of(aws), set[str]()

    def reserve(name: str) -> None:
        # One step, so no thread comes between.
        if makers.setdefault(name, origin.identity) != origin.identity:
            raise AlreadyExists(
                "another resource of this program makes the bucket of this name",
                advice="Give one of the two another name, or declare the bucket once.",
            )
        own.add(name)

    try:
        yield reserve
    finally:
        for name in own:
            makers.pop(name, None)


def choose(
    given: str | None,
    derive: Callable[[int], str],
    open_bucket: Callable[[str], s3.Bucket],
    region: str,
    origin: Origin,
) -> tuple[s3.Bucket, bool]:
    """Choose a name that no other declaration has: the given one, or the first derived one.

    Each must be looked for: in us-east-1, S3 would answer 200 for a bucket that is there already.

    Args:
        given: The program's name of the bucket.
        derive: Gives the derived name of each number.
        open_bucket: Gives the way to a bucket of a name.
        region: Where it shall be.
        origin: Who declares it.

    Returns:
        The bucket, and whether an interrupted creation of the same declaration left it.

    Raises:
        AlreadyExists: There is a bucket of the name, and nothing says that it is ours.

    IAM: s3:GetBucketLocation, s3:GetBucketTagging, and what tells a bare bucket (``is_bare``).
    """
    number = 0
    while True:
        name = given or derive(number)
        with doing(f"creating S3 bucket ({name})"):
            bucket = open_bucket(name)
            is_ours = _is_ours(bucket, region, origin)
            if is_ours is False and given:
                raise _taken("another resource of this library has it")
        if is_ours is not False:
            return bucket, bool(is_ours)
        number += 1


def _is_ours(bucket: s3.Bucket, region: str, origin: Origin) -> bool | None:
    """Read whose a bucket is; one that nobody has touched since it was made counts as ours.

    Returns:
        None if there is none; False if it is another declaration's.

    Raises:
        AlreadyExists: It is somebody else's.
    """
    try:
        place = s3.find_region(bucket.client, bucket.name)
        tags = s3.all_tags(bucket)
    except NotFound:
        return None
    except AccessDenied as error:
        found = "it belongs to another account, or the caller may not look at it"
        raise _taken(found) from error
    claim = without_owner(tags)[1]
    if origin.is_of_another(bucket.name) or (claim and not claim.is_of(origin.identity)):
        return False
    if place != region or not (claim or (not tags and s3.is_bare(bucket))):
        raise _taken(f"it is in {place}")
    known = "this declaration made before" if claim else "is empty and as bare as S3 makes them"
    origin.say(f"going on with S3 bucket {bucket.name}, which {known}")
    return True


def _taken(found: str) -> AlreadyExists:
    return AlreadyExists(
        f"there is a bucket of this name already ({found}); it was left as it is",
        advice="Choose another name, delete that bucket first, or take it over with the resource "
        "option import_. To replace a bucket by one of the same name, use the resource option "
        "delete_before_replace.",
    )


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
