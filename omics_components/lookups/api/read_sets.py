"""Find and list the read sets of a sequence store.

Functions take a client of the ``omics`` service that is bound to one region.

Source of every call: botocore's ``omics`` model 2022-11-28. Not run against AWS.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from omics_components.aws.client import translated_errors
from omics_components.aws.listing import listed, read_answer
from omics_components.lookups.models.read_set import (
    GetReadSetMetadataResult,
    ReadSetFilter,
    ReadSetListItem,
)

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient


def iter_read_sets(
    client: OmicsClient, store_id: str, criteria: ReadSetFilter | None = None
) -> Iterator[ReadSetListItem]:
    """List the read sets of a store that pass a filter, with the fields that a list has.

    Raises:
        NotFound: No such store.
    """
    kind = ReadSetListItem
    return listed(client, "ListReadSets", "readSets", kind, criteria, sequenceStoreId=store_id)


def describe_read_set(
    client: OmicsClient, store_id: str, read_set_id: str
) -> GetReadSetMetadataResult:
    """Describe one read set with its files, without its tags (model).

    Raises:
        NotFound: No such store, or no such read set in it.
    """
    operation = "GetReadSetMetadata"
    with translated_errors(operation):
        answer = client.get_read_set_metadata(sequenceStoreId=store_id, id=read_set_id)
    return read_answer(GetReadSetMetadataResult, answer, operation)
