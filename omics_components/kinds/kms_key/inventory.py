"""KMS keys, as the commands ask about them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from omics_components.aws.tagging import list_tagged
from omics_components.kinds.kms_key import api as kms
from omics_components.lifecycle.inventory import ListedResource, Location
from omics_components.schema.arn import KmsKeyArn
from omics_components.schema.owner_tag import OWNER_TAG

if TYPE_CHECKING:
    from omics_components.aws.client import Aws
    from omics_components.lifecycle.handler import LiveResource

ID_FORM = "the ARN of a key"
CONTENTS = ""
TAGS_ARE_ALL_OR_NONE = False


def parse_id(id_: str) -> Location:
    """Return the region and the account of a key.

    Raises:
        ValueError: It is not the ARN of a key.
    """
    arn = KmsKeyArn.parse(id_)
    return Location(arn.region, arn.account)


def title(live: LiveResource[Any, Any]) -> str:
    """Return the alias of a key."""
    return (live.state.alias or "").removeprefix("alias/")


def count_contents(aws: Aws, id_: str, *, at_most: int) -> int:  # noqa: ARG001 the protocol's
    """Return 0: a key holds no data."""
    return 0


def remove_owner(aws: Aws, id_: str) -> None:
    """Remove the owner tag of a key."""
    kms.update_tags(aws.kms(KmsKeyArn.parse(id_).region), id_, {OWNER_TAG: ""}, {})


def list_candidates(aws: Aws, region: str) -> list[ListedResource]:
    """List the keys that have an owner tag in the index of tags, by ARN."""
    arns = sorted(list_tagged(aws.tagging(region), OWNER_TAG, "kms:key"))
    return [ListedResource(arn, arn) for arn in arns]


def describe(aws: Aws, region: str, candidate: ListedResource) -> ListedResource | None:
    """Read a key; None if it has no owner tag, as the index lags behind.

    Raises:
        NotFound: It is gone, or scheduled for deletion.
    """
    key = kms.find(aws.kms(region), candidate.arn)
    described = dataclasses.replace(
        candidate, name=", ".join(key.aliases), created=key.creation_date, status=key.key_state
    )
    return described.with_owner(key.tags)


def deletion_command(resource: ListedResource, region: str) -> str:
    """Return the command that schedules the deletion of a key."""
    return f"aws kms schedule-key-deletion --key-id {resource.short_id} --region {region}"
