"""Updating a sequence store in place, until AWS shows what was sent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from omics_components.aws import sequence_stores
from omics_components.aws.wait import MAX_TAG_LAG_S, Clock, look_until
from omics_components.errors import InvalidRequest, NotStabilized, ResourceConflict
from omics_components.kinds.sequence_store import api
from omics_components.kinds.sequence_store.creation import wait_until_idle
from omics_components.kinds.sequence_store.model import SequenceStoreInputs, SequenceStoreState
from omics_components.schema.arn import SequenceStoreArn
from omics_components.schema.owner_tag import split_owner_tag

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

T = TypeVar("T")

MAX_LAG_S = 60.0
"""How long Get may show a store as it was before an update (assumed: get-lags-after-update)."""

_REFRESH = "Run pulumi refresh, then the update again."


@dataclass(frozen=True)
class StoreUpdate:
    """One update of a store; one that is busy is waited for, before and after each call.

    Args:
        client: Client of the ``omics`` service.
        arn: The store.
        recorded: What the state has of it.
        desired: What the program declares.
        differing: Python names of the inputs in which a live store differs from the program.
        timeout_s: How long a busy store is waited for, in seconds (s).
        clock: Time.
        require_owner: Raises if the store is another stack's by now.
    """

    client: OmicsClient
    arn: SequenceStoreArn
    recorded: SequenceStoreState
    desired: SequenceStoreInputs
    differing: Callable[[SequenceStoreState], Collection[str]]
    timeout_s: float
    clock: Clock
    require_owner: Callable[[], None]

    def wait(self) -> SequenceStoreState:
        """Wait until the store is ACTIVE."""
        return wait_until_idle(self.client, self.arn.store_id, self.timeout_s, self.clock)

    def send_fields(self, names: Collection[str]) -> SequenceStoreState:
        """Send the named fields in one PATCH, and return the store once it has them.

        A PATCH that cleared what it did not name is followed by a second one with all that the
        program declares of it (assumed: update-keeps-absent).

        Raises:
            InvalidRequest: AWS refuses a value; the advice names those that were to be removed.
            NotStabilized: AWS accepted the PATCH, and does not have the values in the end.
        """
        sent = set(names)
        state = self._send(sent)
        lost = {
            name
            for name in set(self.differing(state)) - sent
            if getattr(self.recorded, name) and not getattr(state, name)
        }
        return self._send(sent | lost) if lost else state

    def send_tags(self) -> None:
        """Turn the recorded tags into the declared ones, and wait until they read back.

        Raises:
            NotStabilized: AWS does not show them in time.
        """
        had, tags = self.recorded.effective_tags, self.desired.effective_tags
        arn = str(self.arn)
        self._when_idle(lambda: api.update_tags(self.client, arn, had, tags))

        def read() -> Mapping[str, str]:
            return split_owner_tag(sequence_stores.list_tags(self.client, arn, self.clock))[0]

        def is_shown(live: Mapping[str, str]) -> bool:
            return tags.items() <= live.items() and not (had.keys() - tags.keys()) & live.keys()

        if not is_shown(look_until(is_shown, read, within_s=MAX_TAG_LAG_S, clock=self.clock)):
            raise NotStabilized(
                f"AWS accepted the tags, and does not show them after {MAX_TAG_LAG_S:g} s",
                advice=_REFRESH,
            )

    def _send(self, names: Collection[str]) -> SequenceStoreState:
        cleared = sorted(name for name in names if not getattr(self.desired, name))
        try:
            state = self._when_idle(
                lambda: api.update(self.client, self.arn.store_id, self.desired, names)
            )
        except InvalidRequest as error:
            if cleared:
                error.advice = _how_to_keep(cleared)
            raise
        state = state if state.status == "ACTIVE" else self.wait()

        def missing(seen: SequenceStoreState) -> list[str]:
            return sorted(set(self.differing(seen)) & set(names))

        if missing(state):
            state = look_until(
                lambda seen: not missing(seen),
                lambda: sequence_stores.find(self.client, self.arn.store_id),
                within_s=MAX_LAG_S,
                clock=self.clock,
            )
        if kept := missing(state):
            values = ", ".join(f"{name} {getattr(state, name)!r}" for name in kept)
            not_removed = [name for name in kept if name in cleared]
            raise NotStabilized(
                f"AWS accepted the update, and still has {values} after {MAX_LAG_S:g} s",
                advice=_how_to_keep(not_removed) if not_removed else _REFRESH,
            )
        return state

    def _when_idle(self, call: Callable[[], T]) -> T:
        """Make a call; if the store is busy, wait and make it once more."""
        self.require_owner()
        try:
            return call()
        except ResourceConflict:
            self.wait()
            self.require_owner()
            return call()


def _how_to_keep(cleared: Collection[str]) -> str:
    """Return the advice where AWS does not let values be removed (assumed: cleared-by-empty)."""
    quoted = ", ".join(f'"{name}"' for name in cleared)
    return (
        f"If AWS has no way to remove {', '.join(cleared)}, write the value that the store has, or "
        f"keep it with ignore_changes=[{quoted}]; a change of replace_triggers makes a new store "
        "without it."
    )
