"""S3: make, configure, describe, empty and delete a bucket.

Functions take a ``Bucket``: a client that is bound to the bucket's region, the name, and the owner.
S3 refuses every call on a bucket that belongs to another account than that (docs:
ExpectedBucketOwner), so a name that someone else took after a deletion is never mistaken for ours.

Source of every call: botocore's ``s3`` model 2006-03-01. Not run against AWS.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from omics_components.aws.client import translated_errors
from omics_components.aws.responses import require_member
from omics_components.aws.wait import Clock, repeat_while
from omics_components.errors import NotFound, OmicsComponentsError, ServiceInternalError
from omics_components.kinds.s3_bucket.configuration import ALL_BLOCKED, ENFORCED, Configuration
from omics_components.schema.owner_tag import OWN_TAGS_PREFIX, OWNER_TAG, OwnerTag, split_owner_tag

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CreateBucketRequestTypeDef

BUSY = frozenset({"OperationAborted"})
"""What S3 answers while another change of the bucket is under way (docs)."""

UNSETTLED = BUSY | {"NoSuchBucket"}
"""What it may answer for a bucket that has just been made: not every part knows it yet (docs)."""

MAX_SETTLING_S = 60.0
"""How long a bucket may be busy or unsettled, in seconds (s; assumed:
bucket-aborted-operations)."""

T = TypeVar("T")

_US_EAST_1 = "us-east-1"
_BATCH = 1000
"""Most keys of one DeleteObjects (model)."""

_MAX_PASSES = 10

_KEPT_TAG_PREFIXES = ("aws:", OWN_TAGS_PREFIX)


@dataclass(frozen=True)
class Bucket:
    """A bucket, and the way to it.

    Args:
        client: Client of the ``s3`` service in the bucket's region.
        name: Name of the bucket.
        owner: The account that must own it.
    """

    client: S3Client
    name: str
    owner: str

    @property
    def address(self) -> Any:
        """The arguments that every call has; untyped, for the stubs want each by its name."""
        return {"Bucket": self.name, "ExpectedBucketOwner": self.owner}


def find_region(client: S3Client, name: str, owner: str | None = None) -> str:
    """Find the region of a bucket, whatever region the client is bound to.

    A GET: the 404 of HeadBucket has no body, and could as well be that of a proxy.

    Args:
        client: Client of the ``s3`` service.
        name: Name of the bucket.
        owner: The account that must own it; None for any.

    Raises:
        NotFound: There is no such bucket in any account.
        AccessDenied: It belongs to another account, or the caller lacks the permission.
    """
    address: Any = {"Bucket": name, **({"ExpectedBucketOwner": owner} if owner else {})}
    operation = "GetBucketLocation"
    try:
        with translated_errors(operation):
            response: Mapping[str, Any] = client.get_bucket_location(**address)
    except SyntaxError:  # botocore reads this one answer by hand, and trips over what is no XML
        response = {}
    place = require_member(response, "LocationConstraint", operation)
    # Two old spellings (model): nothing for the first region, EU for the second one.
    region = {None: _US_EAST_1, "": _US_EAST_1, "EU": "eu-west-1"}.get(place, str(place))
    if not re.fullmatch("[a-z0-9-]+", region):
        raise ServiceInternalError(
            f"{operation} answered with {region!r}: not an AWS response", operation=operation
        )
    return region


def create(bucket: Bucket, region: str, tags: Mapping[str, str]) -> None:
    """Make a bucket with tags, in which access control lists are off.

    Beware: in us-east-1, S3 answers 200 for a bucket that the caller has already (docs), whose tags
    then stay as they are.

    Raises:
        AlreadyExists: The name is taken.
    """
    configuration: Any = {"Tags": _tag_set(tags)}
    if region != _US_EAST_1:  # which has no constraint (model)
        configuration["LocationConstraint"] = region
    request: CreateBucketRequestTypeDef = {
        "Bucket": bucket.name,
        "ObjectOwnership": ENFORCED,
        "CreateBucketConfiguration": configuration,
    }
    with translated_errors("CreateBucket"):
        bucket.client.create_bucket(**request)


def delete(bucket: Bucket) -> None:
    """Delete an empty bucket.

    Raises:
        NotFound: No such bucket.
        ResourceConflict: It holds objects or versions of objects.
    """
    with translated_errors("DeleteBucket"):
        bucket.client.delete_bucket(**bucket.address)


def when_settled(call: Callable[[], T], transient: Collection[str], clock: Clock) -> T:
    """Repeat a call while its error has a code in *transient*: ``BUSY`` or ``UNSETTLED``.

    Raises:
        OmicsComponentsError: Another error; or the same one after ``MAX_SETTLING_S`` seconds (s).
    """
    return repeat_while(
        lambda error: error.code in transient, call, within_s=MAX_SETTLING_S, clock=clock
    )


def block_public_access(bucket: Bucket) -> None:
    """Turn all four public access blocks on."""
    blocks: Any = {f"{name[0].upper()}{name[1:]}": on for name, on in ALL_BLOCKED.items()}
    with translated_errors("PutPublicAccessBlock"):
        bucket.client.put_public_access_block(
            **bucket.address, PublicAccessBlockConfiguration=blocks
        )


def enforce_ownership(bucket: Bucket) -> None:
    """Turn access control lists off: anyone who puts an object, the bucket's owner owns it."""
    with translated_errors("PutBucketOwnershipControls"):
        bucket.client.put_bucket_ownership_controls(
            **bucket.address, OwnershipControls={"Rules": [{"ObjectOwnership": ENFORCED}]}
        )


def put_encryption(bucket: Bucket, rule: Mapping[str, object]) -> None:
    """Set the default encryption of new objects. S3 does not look whether the key exists (docs)."""
    rules: Any = {"Rules": [rule]}
    with translated_errors("PutBucketEncryption"):
        bucket.client.put_bucket_encryption(
            **bucket.address, ServerSideEncryptionConfiguration=rules
        )


def put_versioning(bucket: Bucket, *, on: bool) -> None:
    """Turn versioning on, or suspend it: it can never be turned off again (docs)."""
    with translated_errors("PutBucketVersioning"):
        bucket.client.put_bucket_versioning(
            **bucket.address,
            VersioningConfiguration={"Status": "Enabled" if on else "Suspended"},
        )


def put_lifecycle(bucket: Bucket, rules: Sequence[Mapping[str, object]]) -> None:
    """Set the lifecycle: at least one rule."""
    configuration: Any = {"Rules": list(rules)}
    with translated_errors("PutBucketLifecycleConfiguration"):
        bucket.client.put_bucket_lifecycle_configuration(
            **bucket.address, LifecycleConfiguration=configuration
        )


def put_policy(bucket: Bucket, text: str) -> None:
    """Set the bucket policy."""
    with translated_errors("PutBucketPolicy"):
        bucket.client.put_bucket_policy(**bucket.address, Policy=text)


def delete_policy(bucket: Bucket) -> None:
    """Delete the bucket policy; one that is not there is no error (docs)."""
    with translated_errors("DeleteBucketPolicy"):
        bucket.client.delete_bucket_policy(**bucket.address)


def replace_tags(
    bucket: Bucket, desired: Mapping[str, str], before: Mapping[str, str] | None = None
) -> None:
    """Set the tags of a bucket to *desired*.

    S3 only knows all tags at once. The ownership tag must stay, and S3 does not let those go that
    AWS itself has set (``aws:``): they are read first and sent back.

    Args:
        bucket: The bucket.
        desired: The tags.
        before: The tags that it has; None if they have not been read yet.
    """
    had = all_tags(bucket) if before is None else before
    kept = {key: text for key, text in had.items() if key.startswith(_KEPT_TAG_PREFIXES)}
    tags = _tag_set({**kept, **desired})
    if not tags:
        with translated_errors("DeleteBucketTagging"):
            bucket.client.delete_bucket_tagging(**bucket.address)
        return
    with translated_errors("PutBucketTagging"):
        bucket.client.put_bucket_tagging(**bucket.address, Tagging={"TagSet": tags})


def find(bucket: Bucket) -> Configuration:
    """Read all of a bucket's configuration that counts here: seven calls.

    Raises:
        NotFound: No such bucket. A part that is not there is described as what S3 does without it.
    """
    s3, address = bucket.client, bucket.address
    blocks = _part(
        "GetPublicAccessBlock",
        lambda: s3.get_public_access_block(**address),
        member="PublicAccessBlockConfiguration",
        without=("NoSuchPublicAccessBlockConfiguration", {}),
        of_it=("BlockPublicAcls",),
    )
    ownership = _part(
        "GetBucketOwnershipControls",
        lambda: s3.get_bucket_ownership_controls(**address),
        member="OwnershipControls",
        # Objects then belong to the account that put them (docs).
        without=(
            "OwnershipControlsNotFoundError",
            {"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
        ),
        of_it=("Rules",),
    )
    encryption = _part(
        "GetBucketEncryption",
        lambda: s3.get_bucket_encryption(**address),
        member="ServerSideEncryptionConfiguration",
        without=("ServerSideEncryptionConfigurationNotFoundError", {"Rules": [{}]}),
        of_it=("Rules",),
    )
    with translated_errors("GetBucketVersioning"):
        versioning = s3.get_bucket_versioning(**address)
    rules = _part(
        "GetBucketLifecycleConfiguration",
        lambda: s3.get_bucket_lifecycle_configuration(**address),
        member="Rules",
        without=("NoSuchLifecycleConfiguration", []),
    )
    policy = _part(
        "GetBucketPolicy",
        lambda: s3.get_bucket_policy(**address),
        member="Policy",
        without=("NoSuchBucketPolicy", None),
    )
    tags = all_tags(bucket)
    return Configuration(
        public_access_block={f"{name[0].lower()}{name[1:]}": on for name, on in blocks.items()},
        object_ownership=_first_rule(ownership, "GetBucketOwnershipControls")["ObjectOwnership"],
        encryption=_first_rule(encryption, "GetBucketEncryption"),
        versioning=versioning.get("Status") == "Enabled",
        lifecycle_rules=rules,
        policy=policy,
        tags={key: tags[key] for key in sorted(tags) if not key.startswith("aws:")},
    )


def _first_rule(part: Mapping[str, Any], operation: str) -> Any:
    """Return the one rule of a part; S3 has it or says that there is no such part (docs)."""
    if not part["Rules"]:
        raise ServiceInternalError(
            f"{operation} answered without a rule: not an AWS response", operation=operation
        )
    return part["Rules"][0]


def count_contents(bucket: Bucket, *, at_most: int) -> Counter[str]:
    """Count what keeps a bucket from being deleted.

    Args:
        bucket: The bucket.
        at_most: Where the counting ends; a bucket may hold millions.

    Returns:
        How many ``objects``, ``old versions`` and ``delete markers`` there are.
    """
    counts: Counter[str] = Counter()
    for page in _version_pages(bucket):
        for version in page.get("Versions", []):
            counts["objects" if version["IsLatest"] else "old versions"] += 1
        counts["delete markers"] += len(page.get("DeleteMarkers", []))
        if counts.total() >= at_most:
            break
    return counts


def delete_contents(bucket: Bucket, require_owner: Callable[[], None]) -> list[str]:
    """Delete all versions, delete markers and unfinished uploads of a bucket.

    Args:
        bucket: The bucket.
        require_owner: Raises if the bucket is another stack's by now; asked before each batch.

    Returns:
        What could not be deleted: one text for each, with its key and what S3 said.
    """
    refused: list[str] = []
    # Again, until nothing is left: writers may add some meanwhile, and how a listing goes on after
    # the key that it stopped at is gone is not documented.
    for _ in range(_MAX_PASSES):
        is_empty = True
        for page in _version_pages(bucket):
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            is_empty = is_empty and not found
            for start in range(0, len(found), _BATCH):
                require_owner()
                refused += _delete_batch(bucket, found[start : start + _BATCH])
        if is_empty or refused:
            break
    operation = "ListMultipartUploads"
    uploads: list[Any] = []
    with translated_errors(operation):
        for page in bucket.client.get_paginator("list_multipart_uploads").paginate(
            **bucket.address
        ):
            require_member(
                page, "IsTruncated", operation
            )  # without uploads, all else may be missing
            uploads += page.get("Uploads", [])
    for upload in uploads:
        require_owner()
        _abort(bucket, upload["Key"], upload["UploadId"])
    return refused


def _delete_batch(bucket: Bucket, versions: Sequence[Mapping[str, Any]]) -> list[str]:
    objects: Any = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in versions]
    with translated_errors("DeleteObjects"):
        response = bucket.client.delete_objects(
            **bucket.address, Delete={"Objects": objects, "Quiet": True}
        )
    return [
        f"{error.get('Key')} ({error.get('Code')}: {error.get('Message')})"
        for error in response.get("Errors", [])
    ]


def _abort(bucket: Bucket, key: str, upload_id: str) -> None:
    try:
        with translated_errors("AbortMultipartUpload"):
            bucket.client.abort_multipart_upload(**bucket.address, Key=key, UploadId=upload_id)
    except OmicsComponentsError as error:
        if error.code != "NoSuchUpload":  # it has ended meanwhile
            raise


def _version_pages(bucket: Bucket) -> Iterator[Mapping[str, Any]]:
    operation = "ListObjectVersions"
    with translated_errors(operation):
        for page in bucket.client.get_paginator("list_object_versions").paginate(**bucket.address):
            require_member(
                page, "IsTruncated", operation
            )  # without objects, all else may be missing
            yield page


def read_owner(bucket: Bucket) -> OwnerTag | None:
    """Read the owner tag of a bucket; None if it has none.

    Raises:
        NotFound: No such bucket.
    """
    return split_owner_tag(all_tags(bucket))[1]


def write_owner(bucket: Bucket, owner: OwnerTag) -> None:
    """Write the owner tag of a bucket; the other tags stay as they are."""
    before = all_tags(bucket)
    replace_tags(bucket, {**before, OWNER_TAG: str(owner)}, before)


def all_tags(bucket: Bucket) -> dict[str, str]:
    """Read all tags of a bucket.

    Raises:
        NotFound: No such bucket.
    """
    tags = _part(
        "GetBucketTagging",
        lambda: bucket.client.get_bucket_tagging(**bucket.address),
        member="TagSet",
        without=("NoSuchTagSet", []),
    )
    return {tag["Key"]: tag["Value"] for tag in tags}


def _tag_set(tags: Mapping[str, str]) -> Any:
    return [{"Key": key, "Value": text} for key, text in tags.items()]


def _part(
    operation: str,
    ask: Callable[[], Any],
    *,
    member: str,
    without: tuple[str, object],
    of_it: Sequence[str] = (),
) -> Any:
    """Ask for one part of a configuration.

    Args:
        operation: The API operation.
        ask: Calls it.
        member: The member of the answer that holds the part.
        without: The code that says that there is no such part, and what S3 does then.
        of_it: Members that the part must have; botocore reads any document as one without.
    """
    code, behaviour = without
    try:
        with translated_errors(operation):
            response = ask()
    except NotFound as error:
        if error.code != code:
            raise
        return behaviour
    part = require_member(response, member, operation)
    for name in of_it:
        require_member(part, name, operation)
    return part
