"""S3 access policies, as the commands ask about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omics_components.kinds.s3_access_policy import api
from omics_components.lifecycle.inventory import Location
from omics_components.schema.arn import AccessPointArn

if TYPE_CHECKING:
    from omics_components.aws.client import Aws
    from omics_components.lifecycle.handler import LiveResource

ID_FORM = "the ARN of a store's S3 access point"
CONTENTS = ""


def parse_id(id_: str) -> Location:
    """Return the region and the account of the store behind an access point.

    Raises:
        ValueError: It is not the ARN of a store's access point.
    """
    store = AccessPointArn.parse(id_).store
    return Location(store.region, store.account)


def title(live: LiveResource[Any, Any]) -> str:  # noqa: ARG001 the protocol's
    """Return a name for all of them: a policy has none of its own."""
    return "access-policy"


def count_contents(aws: Aws, id_: str, *, at_most: int) -> int:  # noqa: ARG001 the protocol's
    """Return 0: a policy holds no data."""
    return 0


def remove_owner(aws: Aws, id_: str) -> None:
    """Remove the owner from the ``Id`` of a policy; the policy stays as it is otherwise."""
    client = aws.omics(AccessPointArn.parse(id_).region)
    live, _ = api.find(client, id_)
    api.put(client, id_, live.policy or "", None)
