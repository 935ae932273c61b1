"""Delete what a run made: what it noted, and what carries its owner tag."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from tools.acceptance.account import OWNER_TAG, Account, Made, code

KEY_WINDOW_DAYS = 7
"""The shortest waiting period that KMS has before a key is gone (days)."""

_GONE = {
    "ResourceNotFoundException",
    "NotFoundException",
    "NoSuchBucket",
    "KMSInvalidStateException",
    "404",
}
_PATIENCE_S = 900
_TAGS_PATIENCE_S = 180
_POLL_S = 2


def delete_made(account: Account) -> list[str]:
    """Delete what the account's calls have made; return what could not be deleted, and why."""
    left = []
    for one in reversed(account.made):
        why = _delete(account, one)
        if why:
            left.append(f"{one.kind} {one.id} in {one.region}: {why}")
        else:
            account.made.remove(one)
            account.deleted.append(one)
    return left


def clean_up(account: Account, settle_s: float) -> list[str]:
    """Delete all of an owner, whose last answer may be lost; return what is left, and why.

    Args:
        account: Where, with the owner.
        settle_s: How long lists may lack what was made (s).
    """
    delete_made(account)
    if settle_s:
        account.sleep(settle_s)
    # A store that reads lagged behind may have seemed gone.
    stores = [one for one in account.deleted if one.kind == "store"]
    there = [one for one in stores if code(account.omics.get_sequence_store, id=one.id) is None]
    account.made = list(dict.fromkeys([*account.made, *there, *find_owned(account)]))
    return delete_made(account)


def find_owned(account: Account) -> list[Made]:
    """Find what carries the owner's tag; buckets by their name, which begins with the owner."""
    found = [*_stores(account), *_reference_stores(account)]
    for region in (account.region, account.other_region):
        found += _aliases(account, region)
        found += _keys(account, region)
    return [*found, *_buckets(account)]


def _stores(account: Account) -> Iterator[Made]:
    pages = account.omics.get_paginator("list_sequence_stores").paginate()
    for store in (store for page in pages for store in page["sequenceStores"]):
        if account.owner in store.get("name", "") and store["status"] != "DELETING":
            yield from _if_owned(account, "store", store)


def _reference_stores(account: Account) -> Iterator[Made]:
    pages = account.omics.get_paginator("list_reference_stores").paginate()
    for store in (store for page in pages for store in page["referenceStores"]):
        if account.owner in store["name"]:
            yield from _if_owned(account, "reference store", store)


def _if_owned(account: Account, kind: str, store: Any) -> Iterator[Made]:
    """Yield a store that carries the tag. Tags may be read a while after the store is listed."""

    def tags() -> dict[str, str]:
        try:
            found = account.omics.list_tags_for_resource(resourceArn=store["arn"])["tags"]
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return {}
            raise
        return dict(found)

    account.seconds_until(lambda: bool(tags()), _TAGS_PATIENCE_S)
    if tags().get(OWNER_TAG) == account.owner:
        yield Made(kind, store["id"], account.region)


def _keys(account: Account, region: str) -> Iterator[Made]:
    kms = account.client("kms", region)
    for page in kms.get_paginator("list_keys").paginate():
        for key in page["Keys"]:
            try:
                tags = kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
                owned = {"TagKey": OWNER_TAG, "TagValue": account.owner} in tags
                if not owned:
                    continue
                state = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]
            except ClientError:
                continue  # a key that its policy closes to the caller is not of the run
            if state != "PendingDeletion":
                yield Made("key", key["KeyArn"], region)


def _aliases(account: Account, region: str) -> Iterator[Made]:
    for page in account.client("kms", region).get_paginator("list_aliases").paginate():
        for alias in page["Aliases"]:
            if alias["AliasName"].startswith(f"alias/{account.owner}"):
                yield Made("alias", alias["AliasName"], region)


def _buckets(account: Account) -> Iterator[Made]:
    for bucket in account.s3.list_buckets()["Buckets"]:
        if bucket["Name"].startswith(f"{account.owner}-"):
            where = account.s3.get_bucket_location(Bucket=bucket["Name"])["LocationConstraint"]
            yield Made("bucket", bucket["Name"], where or "us-east-1")


def _delete(account: Account, made: Made) -> str | None:
    """Delete one resource; return why it could not be deleted, or None."""
    delete: Callable[[], Any]
    if made.kind == "store":
        return _delete_store(account, made)
    if made.kind == "key":
        kms = account.client("kms", made.region)
        days = KEY_WINDOW_DAYS
        delete = lambda: kms.schedule_key_deletion(KeyId=made.id, PendingWindowInDays=days)  # noqa: E731
    elif made.kind == "alias":
        delete = lambda: account.client("kms", made.region).delete_alias(AliasName=made.id)  # noqa: E731
    elif made.kind == "bucket":
        delete = lambda: account.client("s3", made.region).delete_bucket(Bucket=made.id)  # noqa: E731
    else:
        delete = lambda: account.omics.delete_reference_store(id=made.id)  # noqa: E731
    return _until_done(account, delete)


def _until_done(account: Account, delete: Callable[[], Any]) -> str | None:
    began = account.now()
    while True:
        try:
            delete()
        except ClientError as error:
            reason = str(error)
            answered = error.response["Error"]["Code"]
            if answered in _GONE:
                return None
            if answered.startswith("AccessDenied") or account.now() - began > _PATIENCE_S:
                return reason
            account.sleep(_POLL_S)
        else:
            return None


def _delete_store(account: Account, made: Made) -> str | None:
    """Delete a store with all read sets, and wait until it is gone."""
    omics = account.omics
    began = account.now()
    reason = "it is still there"
    while account.now() - began < _PATIENCE_S:
        _empty(account, made.id)
        try:
            omics.delete_sequence_store(id=made.id)
        except ClientError as error:
            reason = str(error)
            if error.response["Error"]["Code"].startswith("AccessDenied"):
                return reason
        if code(omics.get_sequence_store, id=made.id) in _GONE:
            return None
        account.sleep(_POLL_S)
    return reason


def _empty(account: Account, store_id: str) -> None:
    try:
        pages = account.omics.get_paginator("list_read_sets").paginate(sequenceStoreId=store_id)
        ids = [one["id"] for page in pages for one in page["readSets"]]
        if ids:
            account.omics.batch_delete_read_set(sequenceStoreId=store_id, ids=ids)
    except ClientError:
        return  # the deletion of the store is tried again, and reports what it is refused for
