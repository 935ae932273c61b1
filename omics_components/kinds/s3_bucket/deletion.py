"""Deleting a bucket, and what is lost with it."""

from __future__ import annotations

from collections.abc import Callable

from omics_components.errors import ResourceConflict
from omics_components.kinds.s3_bucket import api
from omics_components.lifecycle.replacement import not_empty

_MAX_COUNTED = 10_000
_KEYS_NAMED = 5


def describe_deletion(bucket: api.Bucket, *, force_destroy: bool) -> str | ResourceConflict:
    """Describe what a bucket holds that its deletion deletes.

    Returns:
        It in words; or the error, if it is not empty and may not be emptied.
    """
    if not api.count_contents(bucket, at_most=1).total():
        return "the old one is empty"
    if not force_destroy:
        return _not_empty(bucket)
    return f"force_destroy deletes the old one with {_contents_in_words(bucket)}"


def delete_bucket(
    bucket: api.Bucket, *, empty_first: bool, require_owner: Callable[[], None]
) -> None:
    """Delete a bucket, with all that is in it if it may be emptied.

    Args:
        bucket: The bucket.
        empty_first: Whether it may be emptied.
        require_owner: Raises if the bucket is another stack's by now; asked before each batch.

    Raises:
        ResourceConflict: It is not empty; the error counts what is in it, or names what could not
            be deleted.
        NotFound: It is not there.
    """
    try:
        api.delete(bucket)
    except ResourceConflict as conflict:
        if conflict.code != "BucketNotEmpty":
            raise
        if not empty_first:
            raise _not_empty(bucket, conflict) from conflict
        _empty(bucket, require_owner)
        require_owner()
        api.delete(bucket)


def _not_empty(bucket: api.Bucket, conflict: ResourceConflict | None = None) -> ResourceConflict:
    contents = _contents_in_words(bucket)
    return not_empty(f"it holds {contents}" if contents else "it is not empty", "bucket", conflict)


def _contents_in_words(bucket: api.Bucket) -> str:
    counts = api.count_contents(bucket, at_most=_MAX_COUNTED)
    more = "more than " if counts.total() >= _MAX_COUNTED else ""
    by_kind = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    return f"{more}{by_kind}" if by_kind else ""


def _empty(bucket: api.Bucket, require_owner: Callable[[], None]) -> None:
    """Delete all that is in a bucket.

    The policy goes first: so the writer can add nothing meanwhile, and no Deny that someone put
    there stops the deletion. The public access blocks stay.
    """
    require_owner()
    api.delete_policy(bucket)
    refused = api.delete_contents(bucket, require_owner)
    if refused:
        more = f" and {len(refused) - _KEYS_NAMED} more" if len(refused) > _KEYS_NAMED else ""
        raise ResourceConflict(
            f"{len(refused)} objects could not be deleted: "
            f"{'; '.join(refused[:_KEYS_NAMED])}{more}",
            advice="The others are deleted. Correct the cause and run it again.",
        )
