"""HealthOmics storage: find, create, update, delete, tag and wait for sequence stores.

And the S3 access policy of each: find, put, delete.

Functions take a client of the ``omics`` service that is bound to one region, and speak in models.
The service's own shapes (``s3AccessConfig`` on write, ``s3Access`` on read) end here.

Source of every call: botocore's ``omics`` model 2022-11-28. Not run against AWS.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from omics_components.api.answers import required, utc_text
from omics_components.api.client import translated_errors
from omics_components.api.wait import SYSTEM_CLOCK, Clock, Observed, Waiter
from omics_components.errors import NotFound
from omics_components.models.policy import Document, policy_object, policy_text
from omics_components.models.s3_access_policy import S3AccessPolicyState
from omics_components.models.sequence_store import SequenceStoreState

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient
    from mypy_boto3_omics.type_defs import (
        CreateSequenceStoreRequestTypeDef,
        UpdateSequenceStoreRequestTypeDef,
    )

    from omics_components.models.sequence_store import SequenceStoreInputs

_CLEARED: Mapping[str, object] = {
    "fallback_location": "",
    "access_log_location": "",
    "propagated_set_level_tags": [],
}
"""What an update sends to remove a value. The patterns and minimums admit it (model, schema)."""


def create_sequence_store(
    client: OmicsClient, desired: SequenceStoreInputs, *, client_token: str
) -> str:
    """Ask for a new store; it may still be on its way when this returns.

    Args:
        client: Client of the ``omics`` service.
        desired: The store to make.
        client_token: 1 to 127 characters; a repeated request with the same token makes no second
            store.

    Returns:
        The ARN of the store.

    Raises:
        OmicsComponentsError: What AWS answered, or ServiceInternalError for an answer without ARN.

    IAM: omics:CreateSequenceStore, omics:TagResource (with tags), kms:DescribeKey (with a key).
    """
    with translated_errors("CreateSequenceStore"):
        response = client.create_sequence_store(**_expand_create(desired, client_token))
    return str(required(response, "arn", "CreateSequenceStore"))


def find_sequence_store_by_id(client: OmicsClient, store_id: str) -> SequenceStoreState:
    """Find the one store with *store_id*, without its tags.

    Raises:
        NotFound: No such store in the client's account and region.

    IAM: omics:GetSequenceStore.
    """
    with translated_errors("GetSequenceStore"):
        response = client.get_sequence_store(id=store_id)
    return _flatten(response, "GetSequenceStore")


def update_sequence_store(
    client: OmicsClient, store_id: str, desired: SequenceStoreInputs, changed: Collection[str]
) -> SequenceStoreState:
    """Send the *changed* fields in one PATCH; what is absent in *desired* is cleared.

    Args:
        client: Client of the ``omics`` service.
        store_id: The store.
        desired: The values to set.
        changed: Python names of the fields to send; others stay as they are (assumed: PATCH).

    Returns:
        The store as the answer describes it, without its tags; it may be UPDATING.

    Raises:
        NotFound: No such store.
        ResourceConflict: The store is busy.

    IAM: omics:UpdateSequenceStore.
    """
    with translated_errors("UpdateSequenceStore"):
        response = client.update_sequence_store(**_expand_update(store_id, desired, changed))
    return _flatten(response, "UpdateSequenceStore")


def delete_sequence_store(client: OmicsClient, store_id: str) -> None:
    """Delete a store that holds no read sets.

    Raises:
        NotFound: No such store.
        ResourceConflict: It holds read sets, or is busy.

    IAM: omics:DeleteSequenceStore.
    """
    with translated_errors("DeleteSequenceStore"):
        client.delete_sequence_store(id=store_id)


def list_tags(client: OmicsClient, arn: str) -> dict[str, str]:
    """List the tags of a store, sorted, without those that AWS itself sets (``aws:``).

    Raises:
        NotFound: No such resource.

    IAM: omics:ListTagsForResource.
    """
    with translated_errors("ListTagsForResource"):
        response = client.list_tags_for_resource(resourceArn=arn)
    tags: Mapping[str, str] = required(response, "tags", "ListTagsForResource")
    return {key: tags[key] for key in sorted(tags) if not key.startswith("aws:")}


def update_tags(
    client: OmicsClient, arn: str, recorded: Mapping[str, str], desired: Mapping[str, str]
) -> None:
    """Turn the tags from *recorded* into *desired* with at most two calls.

    Raises:
        NotFound: No such resource.

    IAM: omics:TagResource, omics:UntagResource.
    """
    gone = sorted(recorded.keys() - desired.keys())
    if gone:
        with translated_errors("UntagResource"):
            client.untag_resource(resourceArn=arn, tagKeys=gone)
    new = {key: desired[key] for key in desired if recorded.get(key) != desired[key]}
    if new:
        with translated_errors("TagResource"):
            client.tag_resource(resourceArn=arn, tags=new)


def count_read_sets(client: OmicsClient, store_id: str) -> Counter[str]:
    """Count the read sets of a store by status; those already DELETED do not count.

    IAM: omics:ListReadSets.
    """
    counts: Counter[str] = Counter()
    with translated_errors("ListReadSets"):
        for page in client.get_paginator("list_read_sets").paginate(sequenceStoreId=store_id):
            counts.update(read_set["status"] for read_set in page["readSets"])
    del counts["DELETED"]
    return counts


def find_s3_access_policy(client: OmicsClient, access_point: str) -> S3AccessPolicyState:
    """Find the S3 access policy behind an access point.

    Returns:
        The policy, as a mapping, and the time of its last change.

    Raises:
        NotFound: No such access point, or its store has no policy (that AWS answers so, or with a
            blank one, is assumed).

    IAM: omics:GetS3AccessPolicy (quota: 1 call a second).
    """
    operation = "GetS3AccessPolicy"
    with translated_errors(operation):
        response = client.get_s3_access_policy(s3AccessPointArn=access_point)
    text = str(required(response, "s3AccessPolicy", operation))
    if not text.strip():
        raise NotFound("the sequence store has no S3 access policy", operation=operation)
    try:
        policy: Document = policy_object(text)
    except ValueError:
        policy = text  # nothing that we wrote, and no reason to fail: it shows as drift
    return S3AccessPolicyState(policy=policy, update_time=utc_text(response.get("updateTime")))


def put_s3_access_policy(client: OmicsClient, access_point: str, policy: Document) -> None:
    """Replace the S3 access policy behind an access point as a whole.

    Raises:
        NotFound: No such access point.
        InvalidRequest: The service does not admit the policy.

    IAM: omics:PutS3AccessPolicy (quota: 1 call a second).
    """
    with translated_errors("PutS3AccessPolicy"):
        client.put_s3_access_policy(
            s3AccessPointArn=access_point, s3AccessPolicy=policy_text(policy)
        )


def delete_s3_access_policy(client: OmicsClient, access_point: str) -> None:
    """Remove the S3 access policy: nobody, the owner included, can then read through S3 (docs).

    Raises:
        NotFound: No such access point.

    IAM: omics:DeleteS3AccessPolicy (quota: 1 call a second).
    """
    with translated_errors("DeleteS3AccessPolicy"):
        client.delete_s3_access_policy(s3AccessPointArn=access_point)


def wait_sequence_store_active(
    client: OmicsClient,
    store_id: str,
    *,
    pending: Collection[str],
    timeout_s: float,
    next_step: str,
    clock: Clock = SYSTEM_CLOCK,
) -> SequenceStoreState:
    """Wait until a store is ACTIVE.

    Args:
        client: Client of the ``omics`` service.
        store_id: The store.
        pending: Statuses on the way: CREATING or UPDATING.
        timeout_s: How long to wait, in seconds (s).
        next_step: What the user can do after a timeout.
        clock: Time.

    Returns:
        The store as the last look found it, without its tags.

    Raises:
        NotStabilized: It became FAILED (with the service's message), vanished, or took too long.

    IAM: omics:GetSequenceStore.
    """
    found = Waiter(
        what=f"sequence store {store_id} to be ACTIVE",
        look=lambda: _look(client, store_id),
        pending=pending,
        target={"ACTIVE"},
        timeout_s=timeout_s,
        next_step=next_step,
        clock=clock,
    ).wait()
    assert found is not None  # noqa: S101 a waiter with a target never ends in absence
    return found


def wait_sequence_store_deleted(
    client: OmicsClient, store_id: str, *, timeout_s: float, clock: Clock = SYSTEM_CLOCK
) -> None:
    """Wait until a store is gone. That deletion takes time is assumed, from the status DELETING.

    Raises:
        NotStabilized: It took longer than *timeout_s* seconds (s).

    IAM: omics:GetSequenceStore.
    """
    Waiter(
        what=f"sequence store {store_id} to be gone",
        look=lambda: _look(client, store_id),
        pending={"DELETING", "ACTIVE"},
        target=(),
        timeout_s=timeout_s,
        next_step="Run the destroy again; it goes on from here.",
        clock=clock,
    ).wait()


def _look(client: OmicsClient, store_id: str) -> Observed[SequenceStoreState] | None:
    try:
        store = find_sequence_store_by_id(client, store_id)
    except NotFound:
        return None
    return Observed(store, store.status or "ACTIVE", store.status_message)


def _expand_create(
    desired: SequenceStoreInputs, client_token: str
) -> CreateSequenceStoreRequestTypeDef:
    request: CreateSequenceStoreRequestTypeDef = {
        "name": desired.name or "",
        "clientToken": client_token,
        "eTagAlgorithmFamily": desired.e_tag_algorithm_family,
    }
    if desired.description:
        request["description"] = desired.description
    if desired.sse_config:
        request["sseConfig"] = {"type": desired.sse_config.type}
        if desired.sse_config.key_arn:
            request["sseConfig"]["keyArn"] = desired.sse_config.key_arn
    if desired.fallback_location:
        request["fallbackLocation"] = desired.fallback_location
    if desired.propagated_set_level_tags:
        request["propagatedSetLevelTags"] = desired.propagated_set_level_tags
    if desired.access_log_location:
        request["s3AccessConfig"] = {"accessLogLocation": desired.access_log_location}
    if desired.live_tags:
        request["tags"] = desired.live_tags
    return request


def _expand_update(
    store_id: str, desired: SequenceStoreInputs, changed: Collection[str]
) -> UpdateSequenceStoreRequestTypeDef:
    values: dict[str, Any] = {
        name: getattr(desired, name) or _CLEARED.get(name) for name in changed
    }
    request: UpdateSequenceStoreRequestTypeDef = {"id": store_id}
    if "name" in values:
        request["name"] = values["name"]
    if "description" in values:
        request["description"] = values["description"]
    if "fallback_location" in values:
        request["fallbackLocation"] = values["fallback_location"]
    if "propagated_set_level_tags" in values:
        request["propagatedSetLevelTags"] = values["propagated_set_level_tags"]
    if "access_log_location" in values:
        request["s3AccessConfig"] = {"accessLogLocation": values["access_log_location"]}
    return request


def _flatten(response: Mapping[str, Any], operation: str) -> SequenceStoreState:
    """Read the answer of Get or Update. Null, ``""`` and absent members all mean absent."""
    required(response, "arn", operation)
    access = response.get("s3Access") or {}
    flat = {**response, **access}
    for name in ("creationTime", "updateTime"):
        flat[name] = utc_text(response.get(name))
    return SequenceStoreState.from_wire({k: v for k, v in flat.items() if v not in (None, "", [])})
