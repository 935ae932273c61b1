"""Emptying a sequence store, so that it can be deleted: what ``force_destroy`` asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING

from omics_components.aws.wait import SYSTEM_CLOCK, Clock, Observed, Waiter
from omics_components.errors import ResourceConflict
from omics_components.kinds.sequence_store.read_sets import (
    BATCH_MAX,
    ListedReadSet,
    Refusal,
    batch_delete_read_sets,
    list_read_sets,
)
from omics_components.schema.arn import SequenceStoreArn

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

_TRIES_MAX = 6
"""How often one read set is tried: with the waiter's pauses, over 7 seconds (s) or so."""

_ROUND_MAX = 10_000
"""Read sets that are listed before the first is deleted: 20 s of listing, then 100 s of deleting.

A store may hold a million (docs). Listing them all first would use up any usual timeout, and the
next run would be no better off.
"""

_NAMED_MAX = 3


def empty_sequence_store(
    client: OmicsClient,
    arn: SequenceStoreArn,
    *,
    timeout_s: float,
    info: Callable[[str], None],
    require_owner: Callable[[], None],
    clock: Clock = SYSTEM_CLOCK,
) -> int:
    """Delete all read sets of a store, whatever their status, and wait until they are gone.

    Read sets that arrive meanwhile are deleted too. One that the service refuses to delete (as
    one is that is being uploaded or activated; assumed: undeletable-read-sets) is tried again, a
    few times and ever less often. Archived ones need not be activated first.

    Args:
        client: Client of the ``omics`` service in the store's region.
        arn: The store.
        timeout_s: How long it may take in all, in seconds (s). The quota of 1 call a second
            (docs) with 100 read sets each (model) makes at most 90,000 in 900 s.
        info: Told one line of progress after each batch.
        require_owner: Raises if the store is another stack's by now; asked before each batch.
        clock: Time, for the waiting.

    Returns:
        How many read sets were deleted; those that someone else was deleting do not count.

    Raises:
        ResourceConflict: Some read sets cannot be deleted; the error names the first few.
        NotStabilized: It took longer than *timeout_s*.
        NotFound: The store is not there.
    """
    deadline_s = clock.monotonic() + timeout_s
    emptying = _Emptying(
        client, arn.store_id, deadline_s, info=info, require_owner=require_owner, clock=clock
    )
    Waiter(
        what=f"the read sets of sequence store {arn.store_id} to be gone",
        look=emptying.look,
        pending={"not empty"},
        target=(),
        timeout_s=timeout_s,
        next_step="Run it again, it goes on from here; or raise custom_timeouts.",
        clock=clock,
    ).wait()
    return len(emptying.deleted)


class _Emptying:
    """Each look at the store deletes what can be deleted by now.

    Args:
        client: Client of the ``omics`` service.
        store_id: The store.
        deadline_s: When to begin no other batch, on *clock* (s).
        info: Told the progress.
        require_owner: Raises if the store is another stack's by now.
        clock: Time.
    """

    def __init__(
        self,
        client: OmicsClient,
        store_id: str,
        deadline_s: float,
        *,
        info: Callable[[str], None],
        require_owner: Callable[[], None],
        clock: Clock,
    ) -> None:
        self.deleted: set[str] = set()
        self._client = client
        self._store_id = store_id
        self._deadline_s = deadline_s
        self._info = info
        self._require_owner = require_owner
        self._clock = clock
        self._refusals: Counter[str] = Counter()

    def look(self) -> Observed[None] | None:
        """Delete a round of read sets; None once there is none left.

        Raises:
            ResourceConflict: Some were refused too often.
        """
        listed = list_read_sets(self._client, self._store_id)
        present = (item for item in listed if item.status != "DELETED")
        first = next(present, None)
        if first is None:
            return None
        deletable = (item for item in chain([first], present) if item.status != "DELETING")
        wanted = list(islice(deletable, _ROUND_MAX))
        total = f"{len(self.deleted.union(item.id for item in wanted)):,}"
        if next(deletable, None):
            total = f"more than {total}"
        refused = list(self._delete(wanted, total))
        self._refusals.update(refusal.id for refusal in refused)
        if any(self._refusals[refusal.id] >= _TRIES_MAX for refusal in refused):
            raise self._conflict(refused, wanted)
        on_their_way = f"{len(self.deleted):,} of {total} are deleted or on their way"
        return Observed(None, "not empty", on_their_way)

    def _delete(self, wanted: Sequence[ListedReadSet], total: str) -> Iterator[Refusal]:
        """Delete in batches until the deadline, and give what is refused."""
        for start in range(0, len(wanted), BATCH_MAX):
            if self._clock.monotonic() >= self._deadline_s:
                return
            self._require_owner()
            batch = [item.id for item in wanted[start : start + BATCH_MAX]]
            answered = batch_delete_read_sets(self._client, self._store_id, batch)
            # What is gone already was deleted by someone else, or by a call whose answer was lost.
            refused = [refusal for refusal in answered if not refusal.is_absent]
            self.deleted |= set(batch) - {refusal.id for refusal in refused}
            self._info(
                f"deleting read sets of sequence store {self._store_id}: "
                f"{len(self.deleted):,} of {total}"
            )
            yield from refused

    def _conflict(
        self, refused: Sequence[Refusal], wanted: Sequence[ListedReadSet]
    ) -> ResourceConflict:
        status_of = {item.id: item.status for item in wanted}
        named = [
            f"{refusal.id}, which is {status_of[refusal.id]} ({refusal.code}: {refusal.message})"
            for refusal in refused[:_NAMED_MAX]
        ]
        rest = len(refused) - len(named)
        if rest:
            named.append(f"{rest:,} more")
        return ResourceConflict(
            f"{len(self.deleted):,} read sets were deleted, but {len(refused):,} cannot be: "
            + "; ".join(named),
            advice="Wait until uploads and activations have ended and run it again, "
            "or keep the store with the resource option retain_on_delete.",
        )
