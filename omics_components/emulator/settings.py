"""How long things take and how many there may be: the knobs of an emulator."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from pydantic import NonNegativeFloat, NonNegativeInt

from omics_components.emulator.assumptions import (
    Alternative,
    alternative_in_force,
    check_assumed,
)
from omics_components.emulator.member_types import check_members


@dataclass(frozen=True)
class Settings:
    """Durations and limits of the emulated service; all have defaults that never wait.

    Args:
        creating_s: Time a new store stays CREATING (s). At 0 the create still answers CREATING
            and the next call sees ACTIVE (assumed: create-answers-creating, creating-time).
        updating_s: Time an updated store stays UPDATING (s). At 0 only an update of the
            propagated tag keys of a store with read sets answers UPDATING (docs: "If there is
            data already in the store, updating the keys may take time"; assumed:
            updating-status).
        deleting_s: Time a deleted store stays DELETING (s). At 0 it is gone at once (assumed:
            deleting-time).
        read_set_deleting_s: Time a deleted read set stays DELETING (s). At 0 it is gone at once
            (assumed: read-set-deletion-time).
        latency_s: Time each call takes (s), spent outside the lock.
        quotas: Enforce the documented calls per second and answer ThrottlingException.
        sequence_stores_max: Sequence stores an account may have in a region; None is no limit.
            20 in the guide of 2023; today's number is not known (docs).
        reference_stores_max: The same for reference stores. 1, fixed (docs); None is no limit.
        check_keys: Refuse a store whose KMS key moto does not have, or that the service could not
            use, and access logs in a bucket of another region or account. Off for ``Emulator``,
            which may have no KMS beside it; on for ``EmulatorServer``.
        assume: Alternatives to assumptions that are acted out, such as
            ``{"get-lags-after-create": "five-seconds"}``; docs/assumptions.md lists them. Durations
            above hold if they are longer.

    Raises:
        ValueError: A member is not of its type, or less than nothing; or an assumption or its
            alternative does not exist.
    """

    creating_s: NonNegativeFloat = 0.0
    updating_s: NonNegativeFloat = 0.0
    deleting_s: NonNegativeFloat = 0.0
    read_set_deleting_s: NonNegativeFloat = 0.0
    latency_s: NonNegativeFloat = 0.0
    quotas: bool = False
    sequence_stores_max: NonNegativeInt | None = None
    reference_stores_max: NonNegativeInt | None = 1
    check_keys: bool = False
    assume: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_members(self, "the settings")
        check_assumed(self.assume)

    def alternative(self, assumption: str) -> Alternative | None:
        """Return the alternative that is acted out in the place of *assumption*, or None.

        Raises:
            KeyError: There is no such assumption.
        """
        return alternative_in_force(self.assume, assumption)

    def assumes(self, assumption: str) -> str | None:
        """Return the id of the alternative to *assumption* that is acted out, or None."""
        found = self.alternative(assumption)
        return found.id if found else None

    def seconds(self, assumption: str, at_least_s: float = 0.0) -> float:
        """Return how long the alternative to *assumption* takes (s), if one is acted out.

        Args:
            assumption: Its id.
            at_least_s: The answer without an alternative, and the shortest one (s).
        """
        found = self.alternative(assumption)
        return max(at_least_s, found.seconds or 0.0) if found else at_least_s


class SettingsArgs(TypedDict, total=False):
    """The fields of ``Settings`` as keyword arguments, for type checkers."""

    creating_s: float
    updating_s: float
    deleting_s: float
    read_set_deleting_s: float
    latency_s: float
    quotas: bool
    sequence_stores_max: int | None
    reference_stores_max: int | None
    check_keys: bool
    assume: Mapping[str, str]
