"""HealthOmics storage: list and delete the read sets of a sequence store.

Functions take a client of the ``omics`` service that is bound to one region.

Source of every call: botocore's ``omics`` model 2022-11-28. Not run against AWS.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from omics_components.api.answers import required
from omics_components.api.client import translated_errors

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

BATCH_MAX = 100
"""Read sets that one BatchDeleteReadSet takes, and that one page of ListReadSets holds (model)."""


@dataclass(frozen=True)
class ListedReadSet:
    """A read set as a list shows it.

    Args:
        id: 10 to 36 digits (model).
        status: ACTIVE, ARCHIVED, ACTIVATING, PROCESSING_UPLOAD, UPLOAD_FAILED, DELETING or DELETED
            (model).
    """

    id: str
    status: str


@dataclass(frozen=True)
class Refusal:
    """A read set that a batch did not delete.

    Args:
        id: The read set.
        code: Why; free text in the model, an exception's name is assumed.
        message: Why, in the service's words.
    """

    id: str
    code: str
    message: str


def list_read_sets(client: OmicsClient, store_id: str) -> Iterator[ListedReadSet]:
    """List the read sets of a store page by page, those that are still shown as DELETED included.

    A page is asked for when it is needed: who stops early saves calls.

    Raises:
        NotFound: No such store.

    IAM: omics:ListReadSets (quota: 5 calls a second; docs).
    """
    operation = "ListReadSets"
    pages = client.get_paginator("list_read_sets").paginate(
        sequenceStoreId=store_id, PaginationConfig={"PageSize": BATCH_MAX}
    )
    with translated_errors(operation):
        for page in pages:
            for item in required(page, "readSets", operation):
                yield ListedReadSet(item["id"], item["status"])


def count_read_sets(client: OmicsClient, store_id: str, *, at_most: int) -> Counter[str]:
    """Count the read sets of a store by status; those already DELETED do not count.

    Args:
        client: Client of the ``omics`` service.
        store_id: The store.
        at_most: Where the counting ends; a store may hold a million (docs).

    Raises:
        NotFound: No such store.

    IAM: omics:ListReadSets (quota: 5 calls a second; docs).
    """
    statuses = (item.status for item in list_read_sets(client, store_id))
    return Counter(islice((status for status in statuses if status != "DELETED"), at_most))


def batch_delete_read_sets(
    client: OmicsClient, store_id: str, ids: Sequence[str]
) -> tuple[Refusal, ...]:
    """Ask to delete read sets; what is accepted may be DELETING for a while.

    Args:
        client: Client of the ``omics`` service.
        store_id: The store.
        ids: 1 to 100 read sets (model).

    Returns:
        Those that were not accepted. Such an answer is a success of the call (HTTP 200; model).

    Raises:
        NotFound: No such store.

    IAM: omics:BatchDeleteReadSet (quota: 1 call a second; docs).
    """
    with translated_errors("BatchDeleteReadSet"):
        response = client.batch_delete_read_set(sequenceStoreId=store_id, ids=list(ids))
    return tuple(
        Refusal(error["id"], error["code"], error["message"])
        for error in response.get("errors") or ()
    )
