"""How long things take and how many there may be: the knobs of an emulator."""

from dataclasses import dataclass
from typing import TypedDict

from pydantic import NonNegativeFloat, NonNegativeInt

from omics_components.emulator.member_types import check_members


@dataclass(frozen=True)
class Settings:
    """Durations and limits of the emulated service; all have defaults that never wait.

    Args:
        creating_s: Time a new store stays CREATING (s). At 0 the create still answers CREATING
            and the next call sees ACTIVE. Source: assumed, no document says how long AWS takes.
        updating_s: Time an updated store stays UPDATING (s). At 0 only an update of the
            propagated tag keys of a store with read sets answers UPDATING (docs: "If there is
            data already in the store, updating the keys may take time").
        deleting_s: Time a deleted store stays DELETING (s). At 0 it is gone at once (assumed).
        read_set_deleting_s: Time a deleted read set stays DELETING (s). At 0 it is gone at once
            (assumed).
        keep_deleted_read_sets: Keep read sets listed as DELETED, which the model has as a
            status, instead of removing them (assumed).
        latency_s: Time each call takes (s), spent outside the lock.
        quotas: Enforce the documented calls per second and answer ThrottlingException.
        sequence_stores_max: Sequence stores an account may have in a region; None is no limit.
            20 in the guide of 2023; today's number is not known (docs).
        reference_stores_max: The same for reference stores. 1, fixed (docs); None is no limit.
        check_keys: Refuse a store whose KMS key moto does not have, or that the service could not
            use, and access logs in a bucket of another region or account. Off for ``Emulator``,
            which may have no KMS beside it; on for ``EmulatorServer``.
        report_service_keys: Report the ARN of a key in an account of the service for a sequence
            store that was created without one, as AWS most likely does. Off: ``sseConfig`` is
            reported as it was given. Source: inferred, see ``operations.sequence_stores``.

    Raises:
        ValueError: A member is not of its type, or less than nothing.
    """

    creating_s: NonNegativeFloat = 0.0
    updating_s: NonNegativeFloat = 0.0
    deleting_s: NonNegativeFloat = 0.0
    read_set_deleting_s: NonNegativeFloat = 0.0
    keep_deleted_read_sets: bool = False
    latency_s: NonNegativeFloat = 0.0
    quotas: bool = False
    sequence_stores_max: NonNegativeInt | None = None
    reference_stores_max: NonNegativeInt | None = 1
    check_keys: bool = False
    report_service_keys: bool = True

    def __post_init__(self) -> None:
        check_members(self, "the settings")


class SettingsArgs(TypedDict, total=False):
    """The fields of ``Settings`` as keyword arguments, for type checkers."""

    creating_s: float
    updating_s: float
    deleting_s: float
    read_set_deleting_s: float
    keep_deleted_read_sets: bool
    latency_s: float
    quotas: bool
    sequence_stores_max: int | None
    reference_stores_max: int | None
    check_keys: bool
    report_service_keys: bool
