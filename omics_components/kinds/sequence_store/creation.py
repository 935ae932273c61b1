"""How a sequence store is found again, created, resumed and finished."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omics_components.aws import sequence_stores
from omics_components.aws.new_keys import LONGEST_LAG_S, is_explained_by_new_key
from omics_components.aws.per_client import PerClient
from omics_components.aws.sequence_stores import ListedStore
from omics_components.aws.wait import MAX_TAG_LAG_S, Clock, look_until, repeat_while
from omics_components.errors import (
    NotFound,
    NotStabilized,
    OmicsComponentsError,
    ResourceConflict,
    error_context,
)
from omics_components.kinds.sequence_store import api
from omics_components.kinds.sequence_store.model import SequenceStoreInputs, SequenceStoreState
from omics_components.lifecycle.creation import Creator, Undone
from omics_components.lifecycle.handler import LiveResource
from omics_components.schema.arn import SequenceStoreArn
from omics_components.schema.owner_tag import OWNER_TAG, OwnerTag

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

LiveStore = LiveResource[SequenceStoreInputs, SequenceStoreState]

_MAX_LAG_S = 60.0
"""How long a new store, or its access point, may not be seen (assumed: get-lags-after-create)."""

_MAX_BUSY_S = 5.0
"""How long a listed store that does not show its tags (409, 404) is asked for them."""

_MAX_NAMED_PAGES = 2
"""Pages of stores of the same name that one creation reads where the shared page is not all."""

_MAX_TAGS_READ = 3
"""Stores of the same name, the youngest ones, whose tags one creation reads."""

_TAGS: PerClient[OmicsClient, dict[str, OwnerTag | None]] = PerClient(dict)
"""Owner tags by ARN, read once: a tag that may have changed is read again before it is resumed."""


@dataclass(frozen=True)
class StoreCreator(Creator[SequenceStoreInputs, SequenceStoreState]):
    """Creates one store.

    Args:
        client: Client of the ``omics`` service.
        describe: Joins what AWS reports, tags included, with what the program declares.
        reconcile: Brings a store in line with what the program declares; None if only a new one
            can be.
    """

    kind = "sequence store"
    find_permissions = "omics:ListSequenceStores and omics:ListTagsForResource"

    client: OmicsClient
    describe: Callable[[str, SequenceStoreState, Mapping[str, str]], LiveStore]
    reconcile: Callable[[LiveStore], LiveStore | None]

    def find(
        self, is_wanted: Callable[[OwnerTag], bool], *, max_age_s: float
    ) -> Iterator[tuple[str, OwnerTag]]:
        """List those of the youngest stores of the same name that carry a tag that is wanted.

        At most 1 + 2 pages of stores are listed and 3 tags read, however many stores there are. Not
        found is one that was renamed since, that has more than two younger namesakes, or that is
        not among the first 200 of its name.
        """
        named = sorted(self._named(max_age_s), key=lambda store: store.created, reverse=True)
        tags = _TAGS.get(self.client)
        for store in named[:_MAX_TAGS_READ]:
            if store.arn not in tags:
                tags[store.arn] = self._tag(store.arn)
            tag = tags[store.arn]
            if tag is not None and is_wanted(tag):
                yield store.arn, tag

    def read_owner(self, arn: str) -> OwnerTag | None:
        """Read the owner tag of a store that is not being deleted."""
        return read_owner(self.client, arn, self.clock)

    def write_owner(self, arn: str, owner: OwnerTag) -> None:
        """Write the owner tag of a store; one that is busy is waited for."""
        write_owner(self.client, arn, owner, self.clock)

    def create(self, owner: OwnerTag) -> str:
        """Ask for a store, again while HealthOmics does not see a key that was created just now."""
        encryption = self.desired.sse_config
        key_arn = (encryption and encryption.key_arn) or ""
        return repeat_while(
            lambda error: is_explained_by_new_key(error, key_arn, self.clock),
            lambda: api.create(self.client, self.desired, owner=owner)[0],
            within_s=LONGEST_LAG_S,
            clock=self.clock,
        )

    def complete(self, arn: str, owner: OwnerTag) -> LiveStore:
        """Wait until a new store is ACTIVE, and read it with its tags."""
        found = self._active(arn, lag_s=_MAX_LAG_S)
        if found is None:
            raise NotStabilized("the store is not seen, although AWS accepted its creation")
        del owner  # the tag that was read is compared by the caller
        return found

    def holds_data(self, arn: str) -> bool:
        """Return whether a store has read sets."""
        from omics_components.kinds.sequence_store.read_sets import count_read_sets  # noqa: PLC0415 loads models

        store_id = SequenceStoreArn.parse(arn).store_id
        return bool(count_read_sets(self.client, store_id, at_most=1).total())

    def resume(self, arn: str, owner: OwnerTag) -> LiveStore | None:
        """Wait until a store is ACTIVE and bring it in line with what the program declares."""
        del owner
        try:
            found = self._active(arn, lag_s=0)
        except Undone:
            return None
        return found and self.reconcile(found)

    def sketch(self, arn: str, owner: OwnerTag) -> LiveStore:
        """Describe a store by what the program declares."""
        tags = {**self.desired.effective_tags, OWNER_TAG: str(owner)}
        state = SequenceStoreState.from_wire(self.desired.to_wire())
        return self.describe(arn, state.model_copy(update={"status": "CREATING"}), tags)

    def _named(self, max_age_s: float) -> list[ListedStore]:
        stores, is_all = sequence_stores.list_first_page(self.client, max_age_s=max_age_s)
        if not is_all:
            stores, _ = sequence_stores.list_some(
                self.client, name=self.desired.name, pages_max=_MAX_NAMED_PAGES
            )
        return [
            store
            for store in stores
            if store.name == self.desired.name and store.status != "DELETING"
        ]

    def _tag(self, arn: str) -> OwnerTag | None:
        """Read the owner tag of a listed store; None where AWS does not answer.

        Raises:
            AccessDenied: The permission has no resource type (service authorization reference), so
                it is missing for every store, the one to be created included.
        """
        try:
            return repeat_while(
                lambda error: isinstance(error, ResourceConflict),
                lambda: sequence_stores.read_owner(
                    self.client, arn, self.clock, within_s=_MAX_BUSY_S
                ),
                within_s=_MAX_BUSY_S,
                clock=self.clock,
            )
        except (NotFound, NotStabilized, ResourceConflict):
            return None

    def _active(self, arn: str, *, lag_s: float) -> LiveStore | None:
        """Wait until a store is ACTIVE, and read it with its tags; None if it is gone.

        Args:
            arn: The store.
            lag_s: How long it may not be seen everywhere (s); 0 if it was not created just now.

        Raises:
            Undone: It FAILED, and is deleted again.
        """
        store_id = SequenceStoreArn.parse(arn).store_id
        try:
            with error_context(f"creating sequence store ({self.desired.name}, {arn})"):
                state = self._wait(store_id, lag_s)
                return self.describe(arn, state, self._tags_of(arn, is_new=bool(lag_s)))
        except NotStabilized as error:
            if error.status in {None, "DELETING"} and not lag_s:
                return None
            if error.status == "FAILED" and self._is_discarded(store_id):
                error.advice = "It was deleted again; correct the cause and run the update."
                raise Undone(error) from error
            raise

    def _tags_of(self, arn: str, *, is_new: bool) -> dict[str, str]:
        """Read the tags of a store, those of a new one once they are what was sent.

        They arrive together (assumed: tags-lag-after-create), so the owner tag shows it.
        """

        def read() -> dict[str, str]:
            return sequence_stores.list_tags(self.client, arn, self.clock)

        if not is_new:
            return read()
        return look_until(
            lambda tags: OWNER_TAG in tags, read, within_s=MAX_TAG_LAG_S, clock=self.clock
        )

    def _wait(self, store_id: str, lag_s: float) -> SequenceStoreState:
        """Wait until a store is ACTIVE.

        A new one may not be seen everywhere yet (assumed: get-lags-after-create).
        """
        timeout_s = self.request.timeouts.create_s
        try:
            return wait_until_idle(self.client, store_id, timeout_s, self.clock)
        except NotStabilized as error:
            if error.status is not None or not lag_s:
                raise
            if not api.is_visible(self.client, store_id, within_s=lag_s, clock=self.clock):
                raise
            return wait_until_idle(self.client, store_id, timeout_s, self.clock)

    def _is_discarded(self, store_id: str) -> bool:
        """Delete a store that FAILED; False if that failed, too."""
        try:
            api.delete(self.client, store_id)
        except OmicsComponentsError:
            return False
        return True


def read_owner(client: OmicsClient, arn: str, clock: Clock) -> OwnerTag | None:
    """Read the owner tag of a store; one that is busy is waited for.

    Raises:
        NotFound: There is no such store, or it is being deleted.
    """
    store_id = SequenceStoreArn.parse(arn).store_id
    try:
        return sequence_stores.read_owner(client, arn, clock)
    except ResourceConflict:
        _wait_until_taggable(client, store_id, clock)
        return sequence_stores.read_owner(client, arn, clock)


def write_owner(client: OmicsClient, arn: str, owner: OwnerTag, clock: Clock) -> None:
    """Write the owner tag of a store; one that is busy is waited for.

    Raises:
        NotFound: There is no such store, or it is being deleted.
    """
    try:
        api.write_owner(client, arn, owner)
    except ResourceConflict:
        _wait_until_taggable(client, SequenceStoreArn.parse(arn).store_id, clock)
        api.write_owner(client, arn, owner)


def _wait_until_taggable(client: OmicsClient, store_id: str, clock: Clock) -> None:
    """Wait until a store is not busy, however that ends.

    Raises:
        NotFound: It is being deleted, or gone.
    """
    try:
        wait_until_idle(client, store_id, _MAX_LAG_S, clock)
    except NotStabilized as error:
        if error.status in {None, "DELETING"}:
            raise NotFound("the store is being deleted", operation="GetSequenceStore") from error


def wait_until_idle(
    client: OmicsClient, store_id: str, timeout_s: float, clock: Clock
) -> SequenceStoreState:
    """Wait until a store that is being created or changed is ACTIVE and shows its access point.

    The access point, and with it the location of the access logs, may come later than the status
    (assumed: access-point-before-active). One that does not come in time is left out.

    Raises:
        NotStabilized: It became FAILED, vanished, or took too long.
    """
    state = api.wait_until_active(
        client,
        store_id,
        pending={"CREATING", "UPDATING"},
        timeout_s=timeout_s,
        next_step="Run the update again; it resumes from here.",
        clock=clock,
    )
    if state.s3_access_point_arn:
        return state
    return look_until(
        lambda seen: bool(seen.s3_access_point_arn),
        lambda: sequence_stores.find(client, store_id),
        within_s=_MAX_LAG_S,
        clock=clock,
    )
