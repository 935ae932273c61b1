"""HealthOmics storage: find, create, update, delete, tag and wait for sequence stores.

Functions take a client of the ``omics`` service that is bound to one region, and speak in models.
The service's own shapes (``s3AccessConfig`` on write, ``s3Access`` on read) end here.

Source of every call: botocore's ``omics`` model 2022-11-28. Not run against AWS.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from omics_components.api.answers import reading, required
from omics_components.api.client import translated_errors
from omics_components.api.joint_call import JointCall
from omics_components.api.per_client import PerClient
from omics_components.api.status_board import Seat, StatusBoard
from omics_components.api.wait import SYSTEM_CLOCK, Clock, Observed, Waiter, look_until
from omics_components.errors import NotFound
from omics_components.models.arn import SequenceStoreArn
from omics_components.models.ownership import OWNER_TAG, OwnerTag, split_owner_tag
from omics_components.models.sequence_store import SequenceStoreState
from omics_components.models.times import utc_text

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

_PAGE_MAX = 100
"""Stores of a page (model: maxResults is at most 100)."""

_PASSING_STATUSES = frozenset({"CREATING", "UPDATING", "DELETING"})
"""Statuses that few stores have at a time, so that those can be listed."""

_BOARDS: PerClient[OmicsClient, StatusBoard] = PerClient(StatusBoard)
_LISTINGS: PerClient[OmicsClient, JointCall[tuple[ListedStore, ...]]] = PerClient(JointCall)


@dataclass(frozen=True)
class ListedStore:
    """A store as lists and the answer of a creation show it.

    Args:
        arn: Its ARN.
        name: Its name.
        created: When it was made.
        key_arn: The key that encrypts it, as AWS reports it. Without a key of the customer's, None
            or a key in an account of the service (inferred).
        status: Its status.
    """

    arn: str
    name: str
    created: datetime
    key_arn: str | None = None
    status: str = "ACTIVE"


def create_sequence_store(
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

    IAM: omics:CreateSequenceStore, omics:TagResource, kms:DescribeKey (with a key).
    """
    operation = "CreateSequenceStore"
    request = _expand_create(desired, owner)
    whole = json.dumps(request, sort_keys=True)
    request["clientToken"] = hashlib.sha256(whole.encode()).hexdigest()
    with translated_errors(operation):
        response = client.create_sequence_store(**request)
    return _arn(response, operation), _flatten(response, operation)


def list_some_sequence_stores(
    client: OmicsClient, *, name: str | None = None, pages_max: int
) -> tuple[list[ListedStore], bool]:
    """List stores of the client's account and region, in pages of 100, up to a number of pages.

    Args:
        client: Client of the ``omics`` service.
        name: Only those of this name. Whether the service compares whole names is not documented,
            so the answer is filtered again.
        pages_max: How many pages are read at most.

    Returns:
        The stores, and whether these are all of them.

    IAM: omics:ListSequenceStores.
    """
    operation = "ListSequenceStores"
    stores: list[ListedStore] = []
    request: Any = {"PaginationConfig": {"PageSize": _PAGE_MAX}}
    if name is not None:
        request["filter"] = {"name": name}
    with translated_errors(operation):
        pages = iter(client.get_paginator("list_sequence_stores").paginate(**request))
        for page in islice(pages, pages_max):
            found = required(page, "sequenceStores", operation)
            listed = [_listed(store, operation) for store in found]
            stores += [store for store in listed if name in (None, store.name)]
            if not page.get("nextToken"):
                return stores, True
    return stores, False


def list_sequence_stores(client: OmicsClient) -> tuple[ListedStore, ...]:
    """List all stores of the client's account and region; threads that ask at a time share a list.

    IAM: omics:ListSequenceStores.
    """
    return _LISTINGS.of(client).answer(lambda: _list_sequence_stores(client))


def _list_sequence_stores(client: OmicsClient) -> tuple[ListedStore, ...]:
    operation = "ListSequenceStores"
    stores: list[ListedStore] = []
    with translated_errors(operation):
        pages = client.get_paginator("list_sequence_stores")
        for page in pages.paginate(PaginationConfig={"PageSize": _PAGE_MAX}):
            found = required(page, "sequenceStores", operation)
            stores += [_listed(store, operation) for store in found]
    return tuple(stores)


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

    The ownership tag is among them.

    Raises:
        NotFound: No such resource.

    IAM: omics:ListTagsForResource.
    """
    with translated_errors("ListTagsForResource"):
        response = client.list_tags_for_resource(resourceArn=arn)
    tags: Mapping[str, str] = required(response, "tags", "ListTagsForResource")
    return {key: tags[key] for key in sorted(tags) if not key.startswith("aws:")}


def read_owner(client: OmicsClient, arn: str) -> OwnerTag | None:
    """Read the owner tag of a store; None if it has none.

    Raises:
        NotFound: No such resource.

    IAM: omics:ListTagsForResource.
    """
    return split_owner_tag(list_tags(client, arn))[1]


def write_owner(client: OmicsClient, arn: str, owner: OwnerTag) -> None:
    """Write the owner tag of a store.

    Raises:
        NotFound: No such resource.

    IAM: omics:TagResource.
    """
    update_tags(client, arn, {}, {OWNER_TAG: str(owner)})


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

    IAM: omics:GetSequenceStore; omics:ListSequenceStores saves calls where many are waited for.
    """
    with _seat(client, store_id, clock) as seat:
        found = Waiter(
            what=f"sequence store {store_id} to be ACTIVE",
            look=seat.look,
            pending=pending,
            target={"ACTIVE"},
            timeout_s=timeout_s,
            next_step=next_step,
            clock=clock,
            confirm=seat.ask,
        ).wait()
    assert found is not None  # noqa: S101 a waiter with a target never ends in absence
    return found


def is_sequence_store_visible(
    client: OmicsClient, store_id: str, *, within_s: float, clock: Clock = SYSTEM_CLOCK
) -> bool:
    """Say whether Get comes to know a store that has just been made (that it may lag is assumed).

    Args:
        client: Client of the ``omics`` service.
        store_id: The store.
        within_s: How long to wait for it, in seconds (s).
        clock: Time.

    IAM: omics:GetSequenceStore.
    """
    return look_until(
        bool, lambda: _look(client, store_id) is not None, within_s=within_s, clock=clock
    )


def wait_sequence_store_deleted(
    client: OmicsClient, store_id: str, *, timeout_s: float, clock: Clock = SYSTEM_CLOCK
) -> None:
    """Wait until a store is gone. That deletion takes time is assumed, from the status DELETING.

    Raises:
        NotStabilized: It took longer than *timeout_s* seconds (s).

    IAM: omics:GetSequenceStore; omics:ListSequenceStores saves calls where many are waited for.
    """
    with _seat(client, store_id, clock) as seat:
        Waiter(
            what=f"sequence store {store_id} to be gone",
            look=seat.look,
            # What it was before may still be shown, or what another hand began.
            pending={"DELETING", "ACTIVE", "FAILED", "CREATING", "UPDATING"},
            target=(),
            timeout_s=timeout_s,
            next_step="Run the destroy again; it goes on from here.",
            clock=clock,
            confirm=seat.ask,
        ).wait()


def _seat(
    client: OmicsClient, store_id: str, clock: Clock
) -> AbstractContextManager[Seat[SequenceStoreState]]:
    """Take a seat among those who wait for stores of a client's account and region."""
    return _BOARDS.of(client).seat(
        store_id,
        ask=lambda: _look(client, store_id),
        survey=lambda status: _ids_of_status(client, status),
        listed=_PASSING_STATUSES,
        clock=clock,
    )


def _ids_of_status(client: OmicsClient, status: str) -> list[str]:
    operation = "ListSequenceStores"
    ids: list[str] = []
    with translated_errors(operation):
        request: Any = {
            "filter": {"status": status},
            "PaginationConfig": {"PageSize": _PAGE_MAX},
        }
        for page in client.get_paginator("list_sequence_stores").paginate(**request):
            found = required(page, "sequenceStores", operation)
            ids += [required(store, "id", operation) for store in found]
    return ids


def _look(client: OmicsClient, store_id: str) -> Observed[SequenceStoreState] | None:
    try:
        store = find_sequence_store_by_id(client, store_id)
    except NotFound:
        return None
    return Observed(store, store.status or "ACTIVE", store.status_message)


def _listed(store: Mapping[str, Any], operation: str) -> ListedStore:
    return ListedStore(
        arn=_arn(store, operation),
        name=store.get("name") or "",
        created=required(store, "creationTime", operation),
        key_arn=(store.get("sseConfig") or {}).get("keyArn"),
        status=store.get("status") or "ACTIVE",
    )


def _expand_create(
    desired: SequenceStoreInputs, owner: OwnerTag
) -> CreateSequenceStoreRequestTypeDef:
    request: CreateSequenceStoreRequestTypeDef = {
        "name": desired.name or "",
        "eTagAlgorithmFamily": desired.e_tag_algorithm_family,
        "tags": {**desired.live_tags, OWNER_TAG: str(owner)},
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


def _flatten(response: Mapping[str, Any], operation: str) -> SequenceStoreState:
    """Read the answer of Get or Update. Null, ``""`` and absent members all mean absent."""
    _arn(response, operation)
    access = response.get("s3Access") or {}
    flat = {**response, **access}
    with reading(operation):
        for name in ("creationTime", "updateTime"):
            flat[name] = utc_text(response.get(name))
        told = {name: value for name, value in flat.items() if value not in (None, "", [])}
        return SequenceStoreState.from_wire(told)


def _arn(store: Mapping[str, Any], operation: str) -> str:
    """Give the ARN of a store in an answer, which later steps rely on."""
    with reading(operation):
        return str(SequenceStoreArn.parse(required(store, "arn", operation)))
