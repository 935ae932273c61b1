"""Find and list sequence stores and their tags, for all kinds.

One listing serves all who ask at a time: creations, deletions of keys and commands. Waiting lists
by status, for the reasons in ``shared_poller``. What creates, changes and deletes stores is in
``kinds.sequence_store.api``. Functions take a client of the ``omics`` service that is bound to one
region.

Source of every call: botocore's ``omics`` model 2022-11-28. Not run against AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from omics_components.aws.client import translated_errors
from omics_components.aws.per_client import PerClient
from omics_components.aws.responses import reading, require_member
from omics_components.aws.shared_listing import SharedListing
from omics_components.aws.wait import MAX_TAG_LAG_S, SYSTEM_CLOCK, Clock, ask_of_existing
from omics_components.errors import NotFound
from omics_components.kinds.sequence_store.model import SequenceStoreState
from omics_components.schema.arn import SequenceStoreArn
from omics_components.schema.owner_tag import OwnerTag, split_owner_tag
from omics_components.schema.times import utc_text

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

_PAGE_MAX = 100
"""Stores of a page (model: maxResults is at most 100)."""


@dataclass(frozen=True)
class ListedStore:
    """A store as lists and the response of CreateSequenceStore show it.

    Args:
        arn: Its ARN.
        name: Its name.
        created: When it was made.
        key_arn: The key that encrypts it, as AWS reports it. Without a key of the customer's, None
            or a key in an account of the service (assumed: keyless-store-key).
        status: Its status.
    """

    arn: str
    name: str
    created: datetime
    key_arn: str | None = None
    status: str = "ACTIVE"


Stores = tuple[tuple[ListedStore, ...], bool]
"""Stores, and whether these are all that were asked for."""

_LISTINGS: PerClient[OmicsClient, SharedListing[Stores]] = PerClient(SharedListing)


def list_some(
    client: OmicsClient,
    *,
    name: str | None = None,
    status: str | None = None,
    pages_max: int | None = None,
) -> Stores:
    """List stores of the client's account and region, in pages of 100, up to a number of pages.

    Args:
        client: Client of the ``omics`` service.
        name: Only those of this name. Whether the service compares whole names is not documented,
            so the answer is filtered again.
        status: Only those of this status.
        pages_max: How many pages are read at most; None for all.

    Returns:
        The stores, and whether these are all of them.
    """
    operation = "ListSequenceStores"
    stores: list[ListedStore] = []
    request: Any = {"PaginationConfig": {"PageSize": _PAGE_MAX}}
    criteria = {"name": name, "status": status}
    if wanted := {member: text for member, text in criteria.items() if text is not None}:
        request["filter"] = wanted
    with translated_errors(operation):
        pages = iter(client.get_paginator("list_sequence_stores").paginate(**request))
        for page in islice(pages, pages_max):
            found = require_member(page, "sequenceStores", operation)
            listed = [_listed(store, operation) for store in found]
            stores += [store for store in listed if name in (None, store.name)]
            if not page.get("nextToken"):
                return tuple(stores), True
    return tuple(stores), False


def list_first_page(client: OmicsClient, *, max_age_s: float) -> Stores:
    """List the first 100 stores at least; listings of all stores serve, too.

    Args:
        client: Client of the ``omics`` service.
        max_age_s: How old the listing may be, in seconds (s).
    """
    return _LISTINGS.get(client).get(lambda: list_some(client, pages_max=1), max_age_s=max_age_s)


def list_all(client: OmicsClient) -> tuple[ListedStore, ...]:
    """List all stores of the client's account and region, as they are now."""
    listing = _LISTINGS.get(client)
    return listing.get(lambda: list_some(client), is_enough=lambda stores: stores[1])[0]


def list_ids(client: OmicsClient, status: str) -> list[str]:
    """List the ids of the stores of one status."""
    stores, _ = list_some(client, status=status)
    return [SequenceStoreArn.parse(store.arn).store_id for store in stores]


def find(client: OmicsClient, store_id: str) -> SequenceStoreState:
    """Find the one store with *store_id*, without its tags.

    Raises:
        NotFound: No such store in the client's account and region.
    """
    with translated_errors("GetSequenceStore"):
        response = client.get_sequence_store(id=store_id)
    return flatten(response, "GetSequenceStore")


def find_undeleted(client: OmicsClient, store_id: str) -> SequenceStoreState:
    """Find a store as ``find`` does; one that is being deleted counts as gone.

    Raises:
        NotFound: No such store in the client's account and region, or it is being deleted.
    """
    state = find(client, store_id)
    if state.status == "DELETING":
        raise NotFound("the store is being deleted", operation="GetSequenceStore")
    return state


def list_tags(
    client: OmicsClient,
    arn: str,
    clock: Clock = SYSTEM_CLOCK,
    *,
    within_s: float = MAX_TAG_LAG_S,
) -> dict[str, str]:
    """List the tags of a store, sorted, without those that AWS sets (``aws:``).

    The owner tag is included. That AWS knows no tags of a store does not show that the store is
    gone: those of a new one may lag (assumed: tags-lag-after-create), and then they are waited for.

    Args:
        client: Client of the ``omics`` service.
        arn: The store.
        clock: Time.
        within_s: How long they are waited for, in seconds (s).

    Raises:
        NotFound: The store is gone, or is being deleted.
        NotStabilized: The store is there, and its tags are not.
    """
    return ask_of_existing(
        lambda: _tags(client, arn),
        lambda: find_undeleted(client, SequenceStoreArn.parse(arn).store_id),
        what="the tags of the store",
        clock=clock,
        within_s=within_s,
    )


def _tags(client: OmicsClient, arn: str) -> dict[str, str]:
    with translated_errors("ListTagsForResource"):
        response = client.list_tags_for_resource(resourceArn=arn)
    tags: Mapping[str, str] = require_member(response, "tags", "ListTagsForResource")
    return {key: tags[key] for key in sorted(tags) if not key.startswith("aws:")}


def read_owner(
    client: OmicsClient,
    arn: str,
    clock: Clock = SYSTEM_CLOCK,
    *,
    within_s: float = MAX_TAG_LAG_S,
) -> OwnerTag | None:
    """Read the owner tag of a store; None if it has none. See ``list_tags``.

    Raises:
        NotFound: The store is gone, or is being deleted.
        NotStabilized: The store is there, and its tags are not.
    """
    return split_owner_tag(list_tags(client, arn, clock, within_s=within_s))[1]


def _listed(store: Mapping[str, Any], operation: str) -> ListedStore:
    return ListedStore(
        arn=arn_in(store, operation),
        name=store.get("name") or "",
        created=require_member(store, "creationTime", operation),
        key_arn=(store.get("sseConfig") or {}).get("keyArn"),
        status=store.get("status") or "ACTIVE",
    )


def flatten(response: Mapping[str, Any], operation: str) -> SequenceStoreState:
    """Parse the response of Get or Update. Null, ``""`` and absent members all mean absent."""
    arn_in(response, operation)
    access = response.get("s3Access") or {}
    flat = {**response, **access}
    with reading(operation):
        for name in ("creationTime", "updateTime"):
            flat[name] = utc_text(response.get(name))
        present = {name: value for name, value in flat.items() if value not in (None, "", [])}
        return SequenceStoreState.from_wire(present)


def arn_in(store: Mapping[str, Any], operation: str) -> str:
    """Return the ARN of a store in an answer, which later steps rely on."""
    with reading(operation):
        return str(SequenceStoreArn.parse(require_member(store, "arn", operation)))
