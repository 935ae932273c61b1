"""HealthOmics storage: create, update, delete, tag and wait for sequence stores.

Functions take a client of the ``omics`` service that is bound to one region, and speak in models.
The service's own shapes (``s3AccessConfig`` on write, ``s3Access`` on read) end here.

Source of every call: botocore's ``omics`` model 2022-11-28. Not run against AWS.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from omics_components.aws import sequence_stores
from omics_components.aws.client import translated_errors
from omics_components.aws.per_client import PerClient
from omics_components.aws.shared_poller import SharedPoller, Subscription
from omics_components.aws.wait import SYSTEM_CLOCK, Clock, Observed, Waiter, look_until
from omics_components.errors import NotFound, ResourceConflict
from omics_components.kinds.sequence_store.model import SequenceStoreState
from omics_components.schema.owner_tag import OWNER_TAG, OwnerTag

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient
    from mypy_boto3_omics.type_defs import (
        CreateSequenceStoreRequestTypeDef,
        UpdateSequenceStoreRequestTypeDef,
    )

    from omics_components.kinds.sequence_store.model import SequenceStoreInputs

_CLEARED: Mapping[str, object] = {
    "fallback_location": "",
    "access_log_location": "",
    "propagated_set_level_tags": [],
}
"""What an update sends to remove a value. The patterns and minimums admit it (model, schema)."""

_PASSING_STATUSES = frozenset({"CREATING", "UPDATING", "DELETING"})
"""Statuses that few stores have at a time, so that those can be listed."""

_POLLERS: PerClient[OmicsClient, SharedPoller] = PerClient(SharedPoller)


def create(
    client: OmicsClient, desired: SequenceStoreInputs, *, owner: OwnerTag
) -> tuple[str, SequenceStoreState]:
    """Ask for a new store; it may still be CREATING when this returns.

    The ``clientToken`` is derived from the request, the serial of the owner tag included: an
    attempt whose answer was lost is repeated safely, and no other creation has the same token.

    Args:
        client: Client of the ``omics`` service.
        desired: The store to create.
        owner: Its owner tag.

    Returns:
        The ARN, and the store without its tags.

    Raises:
        OmicsComponentsError: What AWS answered, or ServiceInternalError for an answer without ARN.
    """
    operation = "CreateSequenceStore"
    request = _expand_create(desired, owner)
    whole = json.dumps(request, sort_keys=True)
    request["clientToken"] = hashlib.sha256(whole.encode()).hexdigest()
    with translated_errors(operation):
        response = client.create_sequence_store(**request)
    return sequence_stores.arn_in(response, operation), sequence_stores.flatten(response, operation)


def update(
    client: OmicsClient, store_id: str, desired: SequenceStoreInputs, changed: Collection[str]
) -> SequenceStoreState:
    """Send the *changed* fields in one PATCH; what is absent in *desired* is cleared.

    Args:
        client: Client of the ``omics`` service.
        store_id: The store.
        desired: The values to set.
        changed: Python names of the fields to send; others stay as they are (assumed:
            update-keeps-absent).

    Returns:
        The store as the answer describes it, without its tags; it may be UPDATING.

    Raises:
        NotFound: No such store.
        ResourceConflict: The store is busy.
    """
    with translated_errors("UpdateSequenceStore"):
        response = client.update_sequence_store(**_expand_update(store_id, desired, changed))
    return sequence_stores.flatten(response, "UpdateSequenceStore")


def delete(client: OmicsClient, store_id: str) -> None:
    """Delete a store that holds no read sets.

    Raises:
        NotFound: No such store.
        ResourceConflict: It holds read sets, or is busy.
    """
    with translated_errors("DeleteSequenceStore"):
        client.delete_sequence_store(id=store_id)


def write_owner(client: OmicsClient, arn: str, owner: OwnerTag) -> None:
    """Write the owner tag of a store.

    Raises:
        NotFound: No such resource.
    """
    update_tags(client, arn, {}, {OWNER_TAG: str(owner)})


def update_tags(
    client: OmicsClient, arn: str, recorded: Mapping[str, str], desired: Mapping[str, str]
) -> None:
    """Turn the tags from *recorded* into *desired* with at most two calls.

    Raises:
        NotFound: No such resource.
    """
    gone = sorted(recorded.keys() - desired.keys())
    if gone:
        with translated_errors("UntagResource"):
            client.untag_resource(resourceArn=arn, tagKeys=gone)
    new = {key: desired[key] for key in desired if recorded.get(key) != desired[key]}
    if new:
        with translated_errors("TagResource"):
            client.tag_resource(resourceArn=arn, tags=new)


def wait_until_active(
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
    """
    with _subscription(client, store_id, clock) as subscription:
        found = Waiter(
            what=f"sequence store {store_id} to be ACTIVE",
            look=subscription.look,
            pending=pending,
            target={"ACTIVE"},
            timeout_s=timeout_s,
            next_step=next_step,
            clock=clock,
            confirm=subscription.ask,
        ).wait()
    assert found is not None  # noqa: S101 a waiter with a target never ends in absence
    return found


def is_visible(
    client: OmicsClient, store_id: str, *, within_s: float, clock: Clock = SYSTEM_CLOCK
) -> bool:
    """Return whether Get learns of a store that was just created.

    It may lag (assumed: get-lags-after-create).

    Args:
        client: Client of the ``omics`` service.
        store_id: The store.
        within_s: How long to wait for it, in seconds (s).
        clock: Time.
    """
    return look_until(
        bool, lambda: _look(client, store_id) is not None, within_s=within_s, clock=clock
    )


def wait_until_deleted(
    client: OmicsClient, store_id: str, *, timeout_s: float, clock: Clock = SYSTEM_CLOCK
) -> None:
    """Wait until a store is gone: its deletion may take time (assumed: deleting-time).

    Raises:
        ResourceConflict: It was DELETING, and is not any more: AWS took the deletion back.
        NotStabilized: It took longer than *timeout_s* seconds (s).
    """
    was_deleting = False

    def look() -> Observed[SequenceStoreState] | None:
        nonlocal was_deleting
        seen = subscription.look()
        if was_deleting and seen is not None and seen.status != "DELETING":
            seen = subscription.ask()  # what is shared may be older than what was seen last
        if was_deleting and seen is not None and seen.status != "DELETING":
            reason = f": {seen.message}" if seen.message else ""
            raise ResourceConflict(
                f"AWS accepted the deletion, and the store is {seen.status} again{reason}",
                advice="Correct the cause, if AWS names one, and run the destroy again.",
            )
        was_deleting = seen is not None and seen.status == "DELETING"
        return seen

    with _subscription(client, store_id, clock) as subscription:
        Waiter(
            what=f"sequence store {store_id} to be gone",
            look=look,
            # What it was before may still be shown, or what another hand began.
            pending={"DELETING", "ACTIVE", "FAILED", "CREATING", "UPDATING"},
            target=(),
            timeout_s=timeout_s,
            next_step="Run the destroy again; it goes on from here.",
            clock=clock,
            confirm=subscription.ask,
        ).wait()


def _subscription(
    client: OmicsClient, store_id: str, clock: Clock
) -> AbstractContextManager[Subscription[SequenceStoreState]]:
    """Subscribe to a store among those of a client's account and region."""
    return _POLLERS.get(client).subscription(
        store_id,
        ask=lambda: _look(client, store_id),
        list_by_status=lambda status: sequence_stores.list_ids(client, status),
        listed=_PASSING_STATUSES,
        clock=clock,
    )


def _look(client: OmicsClient, store_id: str) -> Observed[SequenceStoreState] | None:
    try:
        store = sequence_stores.find(client, store_id)
    except NotFound:
        return None
    return Observed(store, store.status or "ACTIVE", store.status_message)


def _expand_create(
    desired: SequenceStoreInputs, owner: OwnerTag
) -> CreateSequenceStoreRequestTypeDef:
    request: CreateSequenceStoreRequestTypeDef = {
        "name": desired.name or "",
        "eTagAlgorithmFamily": desired.e_tag_algorithm_family,
        "tags": {**desired.effective_tags, OWNER_TAG: str(owner)},
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
