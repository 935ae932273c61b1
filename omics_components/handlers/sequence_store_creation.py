"""How a sequence store comes to be: found again, or made, then waited for and read back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omics_components.api import omics
from omics_components.api.per_client import PerClient
from omics_components.api.wait import Clock
from omics_components.errors import (
    AccessDenied,
    Incomplete,
    NotFound,
    NotStabilized,
    OmicsComponentsError,
    doing,
)
from omics_components.handlers.base import Found, Origin
from omics_components.handlers.creation import (
    GenerationOf,
    Leftovers,
    require_young,
    youngest_leftover,
)
from omics_components.models.arn import SequenceStoreArn
from omics_components.models.ownership import OWNER_TAG, Claim, without_owner
from omics_components.models.sequence_store import SequenceStoreInputs, SequenceStoreState

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

StoreFound = Found[SequenceStoreInputs, SequenceStoreState]

_GONE = frozenset({None, "DELETING"})
"""Statuses of a store that is no more, or soon will not be."""

_LONGEST_LAG_S = 60.0
"""How long a store that was made just now may not be seen (assumed)."""

LEFTOVERS: PerClient[OmicsClient, Leftovers[omics.StoreListing]] = PerClient(Leftovers)
"""What was seen of the stores of each account and region."""


@dataclass(frozen=True)
class StoreMaker:
    """Makes one store.

    Args:
        client: Client of the ``omics`` service.
        desired: What the program says.
        origin: Who declares it.
        clock: Time, for the waiting.
        describe: Joins what AWS reports, tags included, with what the program says.
        align: Brings a store in line with what the program says; None if only a new one can be.
    """

    client: OmicsClient
    desired: SequenceStoreInputs
    origin: Origin
    clock: Clock
    describe: Callable[[str, SequenceStoreState, Mapping[str, str]], StoreFound]
    align: Callable[[StoreFound], StoreFound | None]

    def find_leftover(self, generation_of: GenerationOf) -> tuple[str, int] | None:
        """Find the store that an interrupted creation left: of the same name, or else young.

        Raises:
            AlreadyExists: It is too old to go on with.
        """
        listing = self._look()
        since = youngest_leftover(listing.as_of)
        stores = {
            store.arn: store
            for store in listing.stores
            if store.name == self.desired.name or store.created >= since
        }
        leftover = LEFTOVERS.of(self.client).claimed(
            generation_of, stores, self._claim, self.origin.is_of_another
        )
        if leftover:
            require_young(
                "a sequence store",
                leftover[0],
                stores[leftover[0]].created,
                listing.as_of,
                for_another="replace_triggers or the resource's name",
            )
        return leftover

    def make(self, claim: Claim) -> StoreFound | None:
        """Make a store; None if AWS answers with one that it made before.

        If that is gone, or by now the one of another declaration.
        """
        before = self._look().as_of
        made, answer = omics.create_sequence_store(self.client, self.desired, claim=claim)
        if self.origin.is_of_another(made.arn):
            return None
        lag_s = _LONGEST_LAG_S if made.created >= before else 0.0
        return self._finished(made.arn, answer, claim, lag_s=lag_s)

    def resume(self, id_: str, claim: Claim) -> StoreFound | None:
        """Go on with an interrupted creation; None if it is dead, or not what is wanted."""
        try:
            seen = omics.find_sequence_store_by_id(
                self.client, SequenceStoreArn.parse(id_).store_id
            )
        except NotFound:
            return None
        found = self._finished(id_, seen, claim, lag_s=0)
        if found is None:
            return None
        self.origin.say(f"going on with sequence store {id_}, which this declaration made before")
        try:
            return self.align(found)
        except OmicsComponentsError as error:
            raise Incomplete(found, error) from error

    def _look(self) -> omics.StoreListing:
        return LEFTOVERS.of(self.client).look(lambda: omics.list_sequence_stores(self.client))

    def _claim(self, arn: str) -> Claim | None:
        try:
            return without_owner(omics.list_tags(self.client, arn))[1]
        except (AccessDenied, NotFound):
            return None  # another team's, and what is deleted since it was listed

    def _finished(
        self, arn: str, seen: SequenceStoreState, claim: Claim, *, lag_s: float
    ) -> StoreFound | None:
        """Wait until a store is ACTIVE, and read it with its tags.

        Args:
            arn: The store.
            seen: The store, when it was last seen.
            claim: What its ownership tag says.
            lag_s: How long it may not be seen everywhere (s); 0 if it was not made just now.

        Returns:
            The store; None if it is one that was made before, and is dead.
        """
        store_id = SequenceStoreArn.parse(arn).store_id
        try:
            with doing(f"creating sequence store ({self.desired.name}, {arn})"):
                state = self._active(store_id, lag_s)
                found = self.describe(arn, state, omics.list_tags(self.client, arn))
                # A token may be answered with a store that another declaration took over since.
                return found if found.claim in (claim, None) else None
        except OmicsComponentsError as error:
            status = error.status if isinstance(error, NotStabilized) else ""
            if status in _GONE and not lag_s:
                return None
            if status == "FAILED" and self._is_discarded(store_id):
                if not lag_s:
                    return None
                error.advice = "It was deleted again; correct the cause and run the update."
                raise
            tags = {**self.desired.live_tags, OWNER_TAG: str(claim)}
            raise Incomplete(self.describe(arn, seen, tags), error) from error

    def _active(self, store_id: str, lag_s: float) -> SequenceStoreState:
        """Wait until a store is ACTIVE. A new one may not be seen everywhere yet (assumed)."""
        timeout_s = self.origin.timeouts.create_s
        try:
            return wait_until_idle(self.client, store_id, timeout_s, self.clock)
        except NotStabilized as error:
            if error.status is not None or not lag_s:
                raise
            if not omics.is_sequence_store_visible(
                self.client, store_id, within_s=lag_s, clock=self.clock
            ):
                raise
            return wait_until_idle(self.client, store_id, timeout_s, self.clock)

    def _is_discarded(self, store_id: str) -> bool:
        """Delete a store that FAILED; False if that failed, too."""
        try:
            omics.delete_sequence_store(self.client, store_id)
        except OmicsComponentsError:
            return False
        return True


def wait_until_idle(
    client: OmicsClient, store_id: str, timeout_s: float, clock: Clock
) -> SequenceStoreState:
    """Wait until a store that is being made or changed is ACTIVE.

    IAM: omics:GetSequenceStore.
    """
    return omics.wait_sequence_store_active(
        client,
        store_id,
        pending={"CREATING", "UPDATING"},
        timeout_s=timeout_s,
        next_step="Run the update again; it goes on from here.",
        clock=clock,
    )
