"""HealthOmics storage: find, put and delete the S3 access policy of a sequence store.

Functions take a client of the ``omics`` service that is bound to one region.

Source of every call: botocore's ``omics`` model 2022-11-28. Not run against AWS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omics_components.aws.client import translated_errors
from omics_components.aws.responses import reading, require_member
from omics_components.aws.wait import SYSTEM_CLOCK, Clock, repeat_while
from omics_components.errors import InvalidRequest, NotFound, OmicsComponentsError
from omics_components.kinds.s3_access_policy.model import (
    S3AccessPolicyState,
    split_owner,
    with_owner,
)
from omics_components.schema.owner_tag import OwnerTag
from omics_components.schema.policy import Document, policy_object, policy_text
from omics_components.schema.times import utc_text

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

_MAX_PRINCIPAL_LAG_S = 60.0
"""How long a new role may not be seen (assumed: new-principals)."""


def find(client: OmicsClient, access_point: str) -> tuple[S3AccessPolicyState, OwnerTag | None]:
    """Find the S3 access policy behind an access point.

    Returns:
        The policy, as a mapping without its owner, and the time of its last change; and the owner.

    Raises:
        NotFound: No such access point, or its store has no policy (assumed:
            policy-after-deletion).

    IAM: omics:GetS3AccessPolicy (quota: 1 call a second).
    """
    operation = "GetS3AccessPolicy"
    with translated_errors(operation):
        response = client.get_s3_access_policy(s3AccessPointArn=access_point)
    text = str(require_member(response, "s3AccessPolicy", operation))
    if not text.strip():
        raise NotFound("the sequence store has no S3 access policy", operation=operation)
    owner: OwnerTag | None = None
    try:
        found, owner = split_owner(policy_object(text))
        policy: Document = found
    except ValueError:
        policy = text  # nothing that we wrote, and no reason to fail: it shows as drift
    with reading(operation):
        changed = utc_text(response.get("updateTime"))
    return S3AccessPolicyState(policy=policy, update_time=changed), owner


def put(
    client: OmicsClient,
    access_point: str,
    policy: Document,
    owner: OwnerTag | None,
    *,
    clock: Clock = SYSTEM_CLOCK,
) -> None:
    """Replace the S3 access policy behind an access point as a whole.

    A policy has no tags: its ``Id`` carries the owner, and is kept as it is sent (assumed:
    policy-text).

    Principals that have just been made may not be seen yet, and are waited for (assumed:
    new-principals).

    Raises:
        NotFound: No such access point.
        InvalidRequest: The service does not admit the policy.
    """

    def put() -> None:
        with translated_errors("PutS3AccessPolicy"):
            client.put_s3_access_policy(
                s3AccessPointArn=access_point, s3AccessPolicy=policy_text(with_owner(policy, owner))
            )

    repeat_while(_is_about_principals, put, within_s=_MAX_PRINCIPAL_LAG_S, clock=clock)


def _is_about_principals(error: OmicsComponentsError) -> bool:
    return isinstance(error, InvalidRequest) and "invalid principal" in error.message.lower()


def delete(client: OmicsClient, access_point: str) -> None:
    """Remove the S3 access policy: no one, the owner included, can then read through S3 (docs).

    Raises:
        NotFound: No such access point.
    """
    with translated_errors("DeleteS3AccessPolicy"):
        client.delete_s3_access_policy(s3AccessPointArn=access_point)
