"""What AWS says of sequence stores, to all kinds that ask: lists, one store, its tags.

One listing serves all who ask at a time. What creates, changes and deletes stores is in
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
from omics_components.aws.single_flight import SingleFlight
from omics_components.kinds.sequence_store.model import SequenceStoreState
from omics_components.schema.arn import SequenceStoreArn
from omics_components.schema.owner_tag import OwnerTag, split_owner_tag
from omics_components.schema.times import utc_text

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

_PAGE_MAX = 100
"""Stores of a page (model: maxResults is at most 100)."""

_LISTINGS: PerClient[OmicsClient, SingleFlight[tuple[ListedStore, ...]]] = PerClient(SingleFlight)


@dataclass(frozen=True)
class ListedStore:
    """A store as lists and the answer of a creation show it.

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


def list_some(
    client: OmicsClient, *, name: str | None = None, pages_max: int
) -> tuple[list[ListedStore], bool]:
    """List stores of the client's account and region, in pages of 100, up to a number of pages.

    Args:
        client: Client of the ``omics`` service.
        name: Only those of this name. Whether the service compares whole names is not documented,
            so the answer is filtered again.
        pages_max: How many pages are read at most.

    Returns:
        The stores, and whether these are all of them.

    IAM: omics:ListSequenceStores.
    """
    operation = "ListSequenceStores"
    stores: list[ListedStore] = []
    request: Any = {"PaginationConfig": {"PageSize": _PAGE_MAX}}
    if name is not None:
        request["filter"] = {"name": name}
    with translated_errors(operation):
        pages = iter(client.get_paginator("list_sequence_stores").paginate(**request))
        for page in islice(pages, pages_max):
            found = require_member(page, "sequenceStores", operation)
            listed = [_listed(store, operation) for store in found]
            stores += [store for store in listed if name in (None, store.name)]
            if not page.get("nextToken"):
                return stores, True
    return stores, False


def list_all(client: OmicsClient) -> tuple[ListedStore, ...]:
    """List all stores of the client's account and region; threads that ask at a time share a list.

    IAM: omics:ListSequenceStores.
    """
    return _LISTINGS.get(client).answer(lambda: _list_all(client))


def _list_all(client: OmicsClient) -> tuple[ListedStore, ...]:
    operation = "ListSequenceStores"
    stores: list[ListedStore] = []
    with translated_errors(operation):
        pages = client.get_paginator("list_sequence_stores")
        for page in pages.paginate(PaginationConfig={"PageSize": _PAGE_MAX}):
            found = require_member(page, "sequenceStores", operation)
            stores += [_listed(store, operation) for store in found]
    return tuple(stores)


def list_ids(client: OmicsClient, status: str) -> list[str]:
    """List the ids of the stores of one status.

    IAM: omics:ListSequenceStores.
    """
    operation = "ListSequenceStores"
    ids: list[str] = []
    with translated_errors(operation):
        request: Any = {
            "filter": {"status": status},
            "PaginationConfig": {"PageSize": _PAGE_MAX},
        }
        for page in client.get_paginator("list_sequence_stores").paginate(**request):
            found = require_member(page, "sequenceStores", operation)
            ids += [require_member(store, "id", operation) for store in found]
    return ids


def find(client: OmicsClient, store_id: str) -> SequenceStoreState:
    """Find the one store with *store_id*, without its tags.

    Raises:
        NotFound: No such store in the client's account and region.

    IAM: omics:GetSequenceStore.
    """
    with translated_errors("GetSequenceStore"):
        response = client.get_sequence_store(id=store_id)
    return flatten(response, "GetSequenceStore")


def list_tags(client: OmicsClient, arn: str) -> dict[str, str]:
    """List the tags of a store, sorted, without those that AWS itself sets (``aws:``).

    The ownership tag is among them.

    Raises:
        NotFound: No such resource.

    IAM: omics:ListTagsForResource.
    """
    with translated_errors("ListTagsForResource"):
        response = client.list_tags_for_resource(resourceArn=arn)
    tags: Mapping[str, str] = require_member(response, "tags", "ListTagsForResource")
    return {key: tags[key] for key in sorted(tags) if not key.startswith("aws:")}


def read_owner(client: OmicsClient, arn: str) -> OwnerTag | None:
    """Read the owner tag of a store; None if it has none.

    Raises:
        NotFound: No such resource.

    IAM: omics:ListTagsForResource.
    """
    return split_owner_tag(list_tags(client, arn))[1]


def _listed(store: Mapping[str, Any], operation: str) -> ListedStore:
    return ListedStore(
        arn=arn_in(store, operation),
        name=store.get("name") or "",
        created=require_member(store, "creationTime", operation),
        key_arn=(store.get("sseConfig") or {}).get("keyArn"),
        status=store.get("status") or "ACTIVE",
    )


def flatten(response: Mapping[str, Any], operation: str) -> SequenceStoreState:
    """Read the answer of Get or Update. Null, ``""`` and absent members all mean absent."""
    arn_in(response, operation)
    access = response.get("s3Access") or {}
    flat = {**response, **access}
    with reading(operation):
        for name in ("creationTime", "updateTime"):
            flat[name] = utc_text(response.get(name))
        told = {name: value for name, value in flat.items() if value not in (None, "", [])}
        return SequenceStoreState.from_wire(told)


def arn_in(store: Mapping[str, Any], operation: str) -> str:
    """Give the ARN of a store in an answer, which later steps rely on."""
    with reading(operation):
        return str(SequenceStoreArn.parse(require_member(store, "arn", operation)))
