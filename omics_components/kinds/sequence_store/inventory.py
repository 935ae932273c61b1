"""Sequence stores, as the commands ask about them."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from omics_components.aws import sequence_stores
from omics_components.kinds.sequence_store import api, read_sets
from omics_components.lifecycle.inventory import ListedResource, Location
from omics_components.schema.arn import SequenceStoreArn
from omics_components.schema.owner_tag import OWNER_TAG

if TYPE_CHECKING:
    from omics_components.aws.client import Aws
    from omics_components.lifecycle.handler import LiveResource

ID_FORM = "the ARN of a store"
CONTENTS = "read sets"
TAGS_ARE_ALL_OR_NONE = True
"""``omics:ListTagsForResource`` has no resource type."""


def parse_id(id_: str) -> Location:
    """Return the region and the account of a store.

    Raises:
        ValueError: It is not the ARN of a store.
    """
    arn = SequenceStoreArn.parse(id_)
    return Location(arn.region, arn.account)


def title(live: LiveResource[Any, Any]) -> str:
    """Return the name of a store."""
    return live.state.name or ""


def count_contents(aws: Aws, id_: str, *, at_most: int) -> int:
    """Count the read sets of a store."""
    arn = SequenceStoreArn.parse(id_)
    return read_sets.count_read_sets(aws.omics(arn.region), arn.store_id, at_most=at_most).total()


def remove_owner(aws: Aws, id_: str) -> None:
    """Remove the owner tag of a store."""
    api.update_tags(aws.omics(SequenceStoreArn.parse(id_).region), id_, {OWNER_TAG: ""}, {})


def list_candidates(aws: Aws, region: str) -> list[ListedResource]:
    """List all stores that are not being deleted, the oldest first."""
    stores = sequence_stores.list_all(aws.omics(region))
    return [
        ListedResource(
            *(store.arn, store.arn, store.name),
            created=store.created.astimezone(UTC).isoformat(timespec="seconds"),
            status=store.status,
        )
        for store in sorted(stores, key=lambda store: (store.created, store.arn))
        if store.status != "DELETING"
    ]


def describe(aws: Aws, region: str, candidate: ListedResource) -> ListedResource | None:
    """Read the owner tag of a store; None if it has none."""
    return candidate.with_owner(sequence_stores.list_tags(aws.omics(region), candidate.arn))


def deletion_command(resource: ListedResource, region: str) -> str:
    """Return the command that deletes a store."""
    return f"aws omics delete-sequence-store --id {resource.short_id} --region {region}"
