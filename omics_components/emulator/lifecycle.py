"""Status over time: what a store will become by itself, and tests' own plans for it.

No thread and no timer: each call first brings the stores it could see up to date.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import NonNegativeFloat, NonNegativeInt

from omics_components.emulator.lags import remember
from omics_components.emulator.member_types import check_members
from omics_components.emulator.records import PlannedStatus, RegionState, SequenceStore
from omics_components.emulator.service_model import output_shape
from omics_components.emulator.settings import Settings
from omics_components.emulator.validation import violations

Occasion = Literal["create", "update", "delete"]
STATUSES = ("CREATING", "ACTIVE", "UPDATING", "DELETING", "FAILED")
_STEP_MEMBERS_MAX = 3


@dataclass(frozen=True)
class StatusStep:
    """One status in a plan.

    Args:
        status: CREATING, ACTIVE, UPDATING, DELETING or FAILED.
        seconds: How long it lasts (s). None, or the last step: for ever, except that a plan for
            a delete which ends in DELETING ends with the store gone.
        message: statusMessage of the store in this step, 1 to 127 characters (model).
    """

    status: str
    seconds: NonNegativeFloat | None = None
    message: str | None = None

    def __post_init__(self) -> None:
        check_members(self, "a step")
        if self.status not in STATUSES:
            raise ValueError(f"status must be one of {', '.join(STATUSES)}, not {self.status!r}")
        members = output_shape("GetSequenceStore").members
        if self.message is not None and list(violations(self.message, members["statusMessage"])):
            raise ValueError(f"no statusMessage that HealthOmics could send: {self.message!r}")


StepLike = StatusStep | Sequence[Any] | Mapping[str, Any]
"""A step, a tuple ``(status, seconds or message, message)`` or a JSON object of its members."""


def as_step(step: StepLike) -> StatusStep:
    """Return *step* as a StatusStep.

    Raises:
        ValueError: It has none of the three forms.
    """
    if isinstance(step, StatusStep):
        return step
    if isinstance(step, Mapping):
        unknown = step.keys() - {"status", "seconds", "message"}
        if unknown or "status" not in step:
            raise ValueError(f"a step has status, seconds and message, not {dict(step)}")
        return StatusStep(**step)
    if isinstance(step, str) or not 1 <= len(step) <= _STEP_MEMBERS_MAX:
        raise ValueError(f"a step is (status, seconds or message, message), not {step!r}")
    seconds = next((item for item in step[1:] if isinstance(item, int | float)), None)
    message = next((item for item in step[1:] if isinstance(item, str)), None)
    return StatusStep(step[0], seconds, message)


@dataclass
class StatusPlan:
    """What shall happen to the status of stores that match, instead of the usual.

    Args:
        steps: The statuses in order. The first is what the call itself answers.
        name: Name of the store; None matches any.
        store_id: Id of the store; None matches any.
        on: The call that starts the plan.
        times: How many calls it serves; None is all.
    """

    steps: list[StatusStep]
    name: str | None = None
    store_id: str | None = None
    on: Occasion = "create"
    times: NonNegativeInt | None = 1

    def __post_init__(self) -> None:
        check_members(self, "a plan")

    def matches(self, store: SequenceStore, occasion: Occasion) -> bool:
        """Return whether this plan is for *occasion* of *store*."""
        return (
            self.on == occasion
            and self.times != 0
            and self.name in (None, store.name)
            and self.store_id in (None, store.id)
        )


@dataclass
class DeletionRefusal:
    """Read sets that a batch shall not delete, for no fault of their own.

    Args:
        ids: The read sets; None is any.
        code: Code of the single error: free text in the model.
        message: Its message.
        times: How many batches refuse each of them; None is all.
        refused: How often each was refused; counted by the emulator.

    Raises:
        ValueError: A member is not of its type, or less than nothing.
    """

    ids: Sequence[str] | None = None
    code: str = "InternalServerException"
    message: str = "Injected by a deletion refusal"
    times: NonNegativeInt | None = 1
    refused: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_members(self, "a deletion refusal")

    def takes(self, read_set_id: str) -> bool:
        """Count one try to delete a read set, and say whether it is refused."""
        if self.ids is not None and read_set_id not in self.ids:
            return False
        before = self.refused.get(read_set_id, 0)
        if self.times is not None and before >= self.times:
            return False
        self.refused[read_set_id] = before + 1
        return True


def begin(
    store: SequenceStore,
    occasion: Occasion,
    usual: Sequence[StatusStep],
    plans: Iterable[StatusPlan],
    now_s: float,
) -> None:
    """Start the steps of *occasion*: the first plan that matches, or the *usual* ones.

    Sets the status of the first step; the rest follows as time passes.
    """
    plan = next((plan for plan in plans if plan.matches(store, occasion)), None)
    if plan and plan.times is not None:
        plan.times -= 1
    steps = plan.steps if plan else list(usual)
    store.status, store.status_message = steps[0].status, steps[0].message
    store.planned = []
    at_s = now_s
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if step.seconds is None:
            break
        at_s += step.seconds
        if following:
            store.planned.append(PlannedStatus(at_s, following.status, following.message))
        elif occasion == "delete" and step.status == "DELETING":
            store.planned.append(PlannedStatus(at_s, None))


def settle(region: RegionState, now_s: float, settings: Settings) -> None:
    """Bring every status in *region* up to *now_s* (s).

    Deleted read sets vanish (assumed: deleted-read-sets).
    """
    kept = settings.assumes("deleted-read-sets") == "kept"
    for store in list(region.sequence_stores.values()):
        while store.planned and store.planned[0].at_s <= now_s:
            step = store.planned.pop(0)
            if step.status is None:
                del region.sequence_stores[store.id]
                break
            if settings.assume:
                remember(store, "status", store.status, step.at_s)
            store.status, store.status_message = step.status, step.message
        for read_set in list(store.read_sets.values()):
            if read_set.gone_at_s is not None and read_set.gone_at_s <= now_s:
                store.emptied_at_s = read_set.gone_at_s
                read_set.status, read_set.gone_at_s = "DELETED", None
                if not kept:
                    del store.read_sets[read_set.id]
