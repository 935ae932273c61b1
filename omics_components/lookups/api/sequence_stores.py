"""Find and list sequence stores and their S3 access policies.

Functions take a client of the ``omics`` service that is bound to one region.

Source of every call: botocore's ``omics`` model 2022-11-28. Not run against AWS.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING

from omics_components.aws.client import translated_errors
from omics_components.aws.listing import listed, read_answer
from omics_components.aws.responses import require_member
from omics_components.aws.sequence_stores import list_tags
from omics_components.errors import NotFound
from omics_components.lookups.models.sequence_store import (
    GetS3AccessPolicyResult,
    GetSequenceStoreResult,
    SequenceStoreFilter,
    SequenceStoreListItem,
)
from omics_components.schema.owner_tag import split_owner_tag

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient


def iter_sequence_stores(
    client: OmicsClient, criteria: SequenceStoreFilter | None = None
) -> Iterator[SequenceStoreListItem]:
    """List the stores of the client's account and region that pass a filter."""
    kind = SequenceStoreListItem
    return listed(client, "ListSequenceStores", "sequenceStores", kind, criteria)


def describe_sequence_store(client: OmicsClient, store_id: str) -> GetSequenceStoreResult:
    """Describe the store with *store_id*, its tags included: two calls.

    The tags are those that a program sees: without AWS's own and without the owner tag.

    Raises:
        NotFound: No such store in the client's account and region.
    """
    operation = "GetSequenceStore"
    with translated_errors(operation):
        answer = client.get_sequence_store(id=store_id)
    store = read_answer(GetSequenceStoreResult, answer, operation)
    tags, _owner = split_owner_tag(list_tags(client, store.arn))
    return dataclasses.replace(store, tags=tags)


def describe_s3_access_policy(client: OmicsClient, access_point: str) -> GetS3AccessPolicyResult:
    """Describe the S3 access policy behind an access point, as text.

    Raises:
        NotFound: No such access point, or its store has no policy (assumed:
            policy-after-deletion).

    IAM: omics:GetS3AccessPolicy (quota: 1 call a second; docs).
    """
    operation = "GetS3AccessPolicy"
    with translated_errors(operation):
        answer = client.get_s3_access_policy(s3AccessPointArn=access_point)
    if not str(require_member(answer, "s3AccessPolicy", operation)).strip():
        raise NotFound("the sequence store has no S3 access policy", operation=operation)
    return read_answer(GetS3AccessPolicyResult, answer, operation)
