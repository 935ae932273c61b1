"""The fence: who may change or delete a resource is decided by its owner tag in AWS.

The state records the owner tag that was on the resource when this state created or adopted it. The
live tag decides: it must be the recorded one. Neither the identity of a declaration nor what a
process remembers permits anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from omics_components.aws.wait import MAX_TAG_LAG_S, SYSTEM_CLOCK, Clock, look_until
from omics_components.errors import (
    AccessDenied,
    NotStabilized,
    OwnershipConflict,
    ResourceConflict,
)
from omics_components.lifecycle.handler import Handler
from omics_components.schema.base import State
from omics_components.schema.owner_tag import OwnerTag

_CHECKED_FOR_S = 2.0
"""How long a check of the owner tag counts, in seconds (s)."""


def require_owner(
    handler: Handler[Any, Any],
    id_: str,
    recorded_state: State,
    recorded: OwnerTag | None,
    *,
    renamed: OwnerTag | None = None,
) -> OwnerTag | None:
    """Require that the live owner tag of a resource is the one that the state records.

    Args:
        handler: The handler of its kind.
        id_: Its Pulumi id.
        recorded_state: The state.
        recorded: The owner tag in the state. None for what versions adopted that wrote none.
        renamed: What an update writes that renames the declaration: this tag is admitted, for the
            update that wrote it may have been killed before the state was saved.

    Returns:
        The live tag.

    Raises:
        OwnershipConflict: The live tag names another owner.
        ResourceConflict: The recorded tag is gone.
        AccessDenied: The tag cannot be read.
        NotFound: The resource is gone.
    """
    try:
        live = handler.read_owner(id_, recorded_state)
    except AccessDenied as denied:
        denied.needs(
            handler.owner_permission,
            "Nothing shows otherwise that this state still manages the resource, so nothing is "
            "changed or deleted.",
        )
        raise
    if recorded is None and live is None:
        return None
    if live is None:
        raise ResourceConflict(
            f"it has no owner tag, and the state records {recorded}",
            advice=f"If this state manages it, run omics-components owner take {id_}.",
        )
    if not live.is_same_owner(recorded) and not live.is_same_owner(renamed):
        raise OwnershipConflict(
            f"its owner tag is {live}, and the state records {recorded or 'none'}: another stack "
            "or resource took it over",
            advice="Remove it from this state with pulumi state delete; or, to have this state "
            f"manage it again, run omics-components owner take {id_}.",
        )
    return live


class OwnerCheck:
    """Requires the owner tag once more before a call that changes or deletes something.

    Between the first check and the call a step may wait for minutes, in which others may take the
    resource over. A check that is younger than two seconds is not repeated.

    Args:
        require: Reads the tag, and raises what ``require_owner`` raises.
        clock: Time.
    """

    def __init__(self, require: Callable[[], object], clock: Clock) -> None:
        self._require = require
        self._clock = clock
        self._checked_s = clock.monotonic()

    def __call__(self) -> None:
        """Require the tag, unless it was required just now."""
        if self._clock.monotonic() - self._checked_s >= _CHECKED_FOR_S:
            self._require()
            self._checked_s = self._clock.monotonic()


def wait_for_owner(
    read: Callable[[], OwnerTag | None],
    owner: OwnerTag,
    *,
    before: OwnerTag | None,
    clock: Clock = SYSTEM_CLOCK,
) -> None:
    """Wait until an owner tag that was just written reads back.

    Args:
        read: Reads the live tag.
        owner: What was written.
        before: What was there, and may be shown for a while.
        clock: Time.

    Raises:
        OwnershipConflict: Another tag is there: someone else wrote theirs at the same time.
        NotStabilized: It does not read back in time.
    """

    def is_settled(live: OwnerTag | None) -> bool:
        return live not in (None, before) or live == owner

    live = look_until(is_settled, read, within_s=MAX_TAG_LAG_S, clock=clock)
    if live == owner:
        return
    if live in (None, before):
        raise NotStabilized(f"its owner tag does not read back after {MAX_TAG_LAG_S:g} s")
    raise OwnershipConflict(
        f"another stack or process wrote its owner tag at the same time ({live}), and has it now",
        advice="Run the update again.",
    )


def wait_until_unowned(read: Callable[[], OwnerTag | None], *, clock: Clock = SYSTEM_CLOCK) -> None:
    """Wait until an owner tag that was just removed no longer reads back.

    Args:
        read: Reads the live tag.
        clock: Time.

    Raises:
        NotStabilized: It is still there in the end.
    """
    live = look_until(lambda live: live is None, read, within_s=MAX_TAG_LAG_S, clock=clock)
    if live is not None:
        raise NotStabilized(
            f"its owner tag is still there after {MAX_TAG_LAG_S:g} s ({live})",
            advice="Run the command again.",
        )
