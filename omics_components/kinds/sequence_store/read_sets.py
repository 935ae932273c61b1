"""HealthOmics storage: list, count and delete the read sets of a sequence store.

Functions take a client of the ``omics`` service that is bound to one region.

Source of every call: botocore's ``omics`` model 2022-11-28. Not run against AWS.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from omics_components.aws.client import translated_errors
from omics_components.aws.listing import items

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

BATCH_MAX = 100
"""Read sets that one BatchDeleteReadSet takes (model)."""


@dataclass(frozen=True)
class ListedReadSet:
    """What a deletion must know of a read set; thousands are kept at a time.

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
        code: Why; free text in the model, an exception's name or nothing (assumed:
            read-set-error-codes).
        message: Why, in the service's words.
    """

    id: str
    code: str
    message: str

    @property
    def is_absent(self) -> bool:
        """Whether there is no such read set.

        The code is empty in the example of the AWS CLI reference (assumed: unknown-read-set), so
        the message decides then.
        """
        if self.code:
            return self.code == "ResourceNotFoundException"
        return "does not exist" in self.message


def list_read_sets(client: OmicsClient, store_id: str) -> Iterator[ListedReadSet]:
    """List ids and statuses of all read sets of a store, also of those still shown as DELETED.

    A page is asked for when it is needed: who stops early saves calls.

    Raises:
        NotFound: No such store.
    """
    for item in items(client, "ListReadSets", "readSets", sequenceStoreId=store_id):
        yield ListedReadSet(item["id"], item["status"])


def count_read_sets(client: OmicsClient, store_id: str, *, at_most: int) -> Counter[str]:
    """Count the read sets of a store by status; those already DELETED do not count.

    Args:
        client: Client of the ``omics`` service.
        store_id: The store.
        at_most: Where the counting ends; a store may hold a million (docs).

    Raises:
        NotFound: No such store.
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
    """
    with translated_errors("BatchDeleteReadSet"):
        response = client.batch_delete_read_set(sequenceStoreId=store_id, ids=list(ids))
    return tuple(
        Refusal(error["id"], error.get("code") or "", error.get("message") or "")
        for error in response.get("errors") or ()
    )
