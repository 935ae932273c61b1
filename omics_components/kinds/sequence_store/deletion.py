"""Deleting a sequence store, and what is lost with it.

A module of its own, loaded when something is deleted: it needs the models of read sets.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from omics_components.aws import sequence_stores
from omics_components.aws.wait import Clock, repeat_while
from omics_components.errors import (
    InvalidRequest,
    NotStabilized,
    OmicsComponentsError,
    OwnershipConflict,
    ResourceConflict,
)
from omics_components.kinds.sequence_store import api
from omics_components.kinds.sequence_store.creation import wait_until_idle
from omics_components.kinds.sequence_store.model import SequenceStoreState
from omics_components.kinds.sequence_store.read_set_deletion import empty_sequence_store
from omics_components.kinds.sequence_store.read_sets import count_read_sets
from omics_components.lifecycle.handler import EngineRequest
from omics_components.lifecycle.replacement import not_empty
from omics_components.schema.arn import SequenceStoreArn

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

_BUSY = frozenset({"CREATING", "UPDATING"})
"""Statuses in which a store cannot be deleted, and which end by themselves."""

_MAX_COUNTED = 10_000
"""Read sets that are counted: 20 s at the quota of 5 calls a second with 100 each (docs)."""

_MAX_LISTING_LAG_S = 60.0
"""How long the service may be behind its own list of read sets, in seconds (s; assumed:
emptied-store-deletion)."""


def describe_deletion(
    client: OmicsClient, arn: SequenceStoreArn, recorded: SequenceStoreState
) -> str | ResourceConflict:
    """Describe what a store holds that its deletion deletes.

    Returns:
        It in words; or the error, if it holds read sets and ``force_destroy`` is not recorded.
    """
    counts = count_read_sets(client, arn.store_id, at_most=_MAX_COUNTED)
    if counts and not recorded.force_destroy:
        return not_empty(f"it holds {_in_words(counts)}", "store")
    if counts:
        return f"force_destroy deletes the old one with {_in_words(counts)}"
    return "the old one holds no read sets"


def delete_store(
    client: OmicsClient,
    arn: SequenceStoreArn,
    recorded: SequenceStoreState,
    request: EngineRequest,
    clock: Clock,
) -> None:
    """Delete a store once it is idle, and empty if it may be emptied; wait until it is gone.

    How AWS words the refusal for a store that holds read sets, or whether it accepts the deletion
    and takes it back, makes no difference (assumed: non-empty-deletion): the read sets are counted.

    Raises:
        ResourceConflict: It holds read sets; the error counts them by status, or names those that
            could not be deleted.
        NotFound: It is not there.
    """
    timeout_s = request.timeouts.delete_s

    def delete() -> None:
        request.require_owner()
        api.delete(client, arn.store_id)

    def wait() -> None:
        api.wait_until_deleted(client, arn.store_id, timeout_s=timeout_s, clock=clock)

    try:
        delete()
        wait()
    except OwnershipConflict:
        raise
    except (ResourceConflict, InvalidRequest) as refusal:
        counts = count_read_sets(client, arn.store_id, at_most=_MAX_COUNTED)
        if counts and not recorded.force_destroy:
            conflict = refusal if isinstance(refusal, ResourceConflict) else None
            raise not_empty(f"it holds {_in_words(counts)}", "store", conflict) from refusal
        if counts:
            empty_sequence_store(
                client,
                arn,
                timeout_s=timeout_s,
                info=request.info,
                require_owner=request.require_owner,
                clock=clock,
            )
        elif isinstance(refusal, InvalidRequest):
            raise
        status = sequence_stores.find(client, arn.store_id).status
        if status in _BUSY:
            status = _status_after(client, arn, timeout_s, clock)
        if status != "DELETING":
            within_s = min(timeout_s, _MAX_LISTING_LAG_S)
            repeat_while(_is_refusal, delete, within_s=within_s, clock=clock)
        wait()


def _status_after(
    client: OmicsClient, arn: SequenceStoreArn, timeout_s: float, clock: Clock
) -> str | None:
    """Wait until a busy store is idle, however that ends; None if it is gone.

    Raises:
        NotStabilized: It is still busy after *timeout_s* seconds (s).
    """
    try:
        return wait_until_idle(client, arn.store_id, timeout_s, clock).status
    except NotStabilized as ended:
        if ended.status in _BUSY:
            raise
        return ended.status  # one that FAILED can be deleted, too


def _is_refusal(error: OmicsComponentsError) -> bool:
    is_taken_over = isinstance(error, OwnershipConflict)
    return isinstance(error, ResourceConflict | InvalidRequest) and not is_taken_over


def _in_words(counts: Counter[str]) -> str:
    by_status = ", ".join(f"{number} {status}" for status, number in sorted(counts.items()))
    at_least = "at least " if counts.total() >= _MAX_COUNTED else ""
    noun = "read set" if counts.total() == 1 else "read sets"
    return f"{at_least}{counts.total()} {noun} ({by_status})"
