"""Deleting a bucket, and what is lost with it."""

from __future__ import annotations

from omics_components.errors import ResourceConflict
from omics_components.kinds.s3_bucket import api as s3
from omics_components.lifecycle.handler import not_empty

_MOST_COUNTED = 10_000
_KEYS_NAMED = 5


def describe_deletion(bucket: s3.Bucket, *, force_destroy: bool) -> str | ResourceConflict:
    """Describe what a bucket holds that its deletion deletes.

    Returns:
        It in words; or the error, if it is not empty and may not be emptied.

    IAM: s3:ListBucketVersions.
    """
    if not s3.count_contents(bucket, at_most=1).total():
        return "the old one is empty"
    if not force_destroy:
        return _told_not_empty(bucket)
    return f"force_destroy deletes the old one with {_contents_in_words(bucket)}"


def delete_bucket(bucket: s3.Bucket, *, empty_first: bool) -> None:
    """Delete a bucket, with all that is in it if it may be emptied.

    Raises:
        ResourceConflict: It is not empty; the error counts what is in it, or names what could not
            be deleted.
        NotFound: It is not there.

    IAM: s3:DeleteBucket, s3:ListBucketVersions; to empty it s3:DeleteBucketPolicy, s3:DeleteObject,
        s3:DeleteObjectVersion, s3:ListBucketMultipartUploads, s3:AbortMultipartUpload.
    """
    try:
        s3.delete_bucket(bucket)
    except ResourceConflict as conflict:
        if conflict.code != "BucketNotEmpty":
            raise
        if not empty_first:
            raise _told_not_empty(bucket, conflict) from conflict
        _empty(bucket)
        s3.delete_bucket(bucket)


def _told_not_empty(
    bucket: s3.Bucket, conflict: ResourceConflict | None = None
) -> ResourceConflict:
    contents = _contents_in_words(bucket)
    return not_empty(f"it holds {contents}" if contents else "it is not empty", "bucket", conflict)


def _contents_in_words(bucket: s3.Bucket) -> str:
    counts = s3.count_contents(bucket, at_most=_MOST_COUNTED)
    more = "more than " if counts.total() >= _MOST_COUNTED else ""
    by_kind = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    return f"{more}{by_kind}" if by_kind else ""


def _empty(bucket: s3.Bucket) -> None:
    """Delete all that is in a bucket.

    The policy goes first: so the writer can add nothing meanwhile, and no Deny that someone put
    there stops the deletion. The public access blocks stay.
    """
    s3.delete_policy(bucket)
    refused = s3.delete_contents(bucket)
    if refused:
        more = f" and {len(refused) - _KEYS_NAMED} more" if len(refused) > _KEYS_NAMED else ""
        raise ResourceConflict(
            f"{len(refused)} objects could not be deleted: "
            f"{'; '.join(refused[:_KEYS_NAMED])}{more}",
            advice="The others are deleted. Correct the cause and run it again.",
        )
