"""Find and list reference stores and their references.

Functions take a client of the ``omics`` service that is bound to one region.

Source of every call: botocore's ``omics`` model 2022-11-28. Not run against AWS.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from omics_components.aws.client import translated_errors
from omics_components.aws.listing import listed, read_answer
from omics_components.lookups.models.reference import (
    GetReferenceMetadataResult,
    ReferenceFilter,
    ReferenceListItem,
    ReferenceStoreFilter,
    ReferenceStoreListItem,
)

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient


def iter_reference_stores(
    client: OmicsClient, criteria: ReferenceStoreFilter | None = None
) -> Iterator[ReferenceStoreListItem]:
    """List the reference stores of the client's account and region that pass a filter.

    An account has one a region at most (docs).
    """
    kind = ReferenceStoreListItem
    return listed(client, "ListReferenceStores", "referenceStores", kind, criteria)


def iter_references(
    client: OmicsClient, store_id: str, criteria: ReferenceFilter | None = None
) -> Iterator[ReferenceListItem]:
    """List the references of a reference store that pass a filter.

    Raises:
        NotFound: No such reference store.
    """
    kind = ReferenceListItem
    return listed(client, "ListReferences", "references", kind, criteria, referenceStoreId=store_id)


def describe_reference(
    client: OmicsClient, store_id: str, reference_id: str
) -> GetReferenceMetadataResult:
    """Describe one reference, its files included.

    Raises:
        NotFound: No such reference store, or no such reference in it.
    """
    operation = "GetReferenceMetadata"
    with translated_errors(operation):
        answer = client.get_reference_metadata(referenceStoreId=store_id, id=reference_id)
    return read_answer(GetReferenceMetadataResult, answer, operation)
