"""Find a sequence store by ID, ARN or name."""

from __future__ import annotations

from itertools import islice

from omics_components.aws.client import Aws
from omics_components.errors import InvalidCredentials, InvalidRequest, NotFound
from omics_components.lifecycle.same_account import require_same_account
from omics_components.lookups.api import sequence_stores
from omics_components.lookups.models.sequence_store import (
    GetSequenceStoreResult,
    SequenceStoreFilter,
    SequenceStoreKey,
    SequenceStoreListItem,
)
from omics_components.schema.arn import SequenceStoreArn

_NAMED_MAX = 10


def region_of(key: SequenceStoreKey, region: str | None) -> str | None:
    """Return the region to search: the ARN's, or else *region*.

    Raises:
        InvalidRequest: The two differ.
    """
    if key.arn is None:
        return region
    own = SequenceStoreArn.parse(key.arn).region
    if region not in (None, own):
        raise InvalidRequest(f"region is {region}, but the ARN is in {own}")
    return own


def store_id_of(aws: Aws, region: str, key: SequenceStoreKey) -> str:
    """Return the ID of a store. Only a name requires a request.

    Args:
        aws: Creates the clients.
        region: The region.
        key: Exactly one of id, ARN and name.

    Raises:
        NotFound: No store has the name.
        InvalidRequest: Several have it; the error lists them.
    """
    if key.id:
        return key.id
    if key.arn:
        return SequenceStoreArn.parse(key.arn).store_id
    listed = sequence_stores.iter_sequence_stores(
        aws.omics(region), SequenceStoreFilter(name=key.name)
    )
    # Whether the service compares whole names, and cases, is not documented.
    found = list(islice((item for item in listed if item.name == key.name), _NAMED_MAX + 1))
    if not found:
        raise NotFound(f"no sequence store in {region} has the name {key.name!r}")
    if len(found) > 1:
        raise _ambiguous(found, key.name, region)
    return found[0].id


def find_sequence_store(aws: Aws, region: str, key: SequenceStoreKey) -> GetSequenceStoreResult:
    """Describe a store and its tags: two calls, three for a name.

    Args:
        aws: Creates the clients.
        region: The region.
        key: Exactly one of id, ARN and name.

    Raises:
        NotFound: There is none.
        InvalidRequest: There are several of the name; the error lists them.
        InvalidCredentials: The ARN is of another account than the credentials.
    """
    store_id = store_id_of(aws, region, key)
    try:
        found = sequence_stores.describe_sequence_store(aws.omics(region), store_id)
    except NotFound:
        if key.arn:
            account = SequenceStoreArn.parse(key.arn).account
            require_same_account(aws, account=account, region=region, what="the store")
        raise
    if key.arn not in (None, found.arn):
        raise InvalidCredentials(f"the credentials find another store with this ID: {found.arn}")
    return found


def _ambiguous(found: list[SequenceStoreListItem], name: str | None, region: str) -> InvalidRequest:
    lines = [
        f"{item.id} (created {item.creation_time}, {item.status})" for item in found[:_NAMED_MAX]
    ]
    if len(found) > _NAMED_MAX:
        lines.append("and more")
    return InvalidRequest(
        f"several sequence stores in {region} have the name {name!r}: {', '.join(lines)}",
        advice="Specify one by its ID or ARN.",
    )
