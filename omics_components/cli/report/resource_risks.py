"""Find the risks of a step in the options and inputs of a resource; policies are separate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from omics_components.cli.report import rules
from omics_components.cli.report.inputs import Inputs, may_change, read_inputs
from omics_components.cli.report.kinds import Kind
from omics_components.cli.report.preview import Side, Step
from omics_components.cli.report.rules import Code, Rule
from omics_components.cli.report.values import Hidden, is_hidden
from omics_components.kinds.kms_key.model import KmsKeyState
from omics_components.kinds.s3_bucket.model import S3BucketState
from omics_components.kinds.sequence_store.model import SequenceStoreState
from omics_components.schema.base import State

Reason = tuple[str | Code, ...]

Findings = Iterator[tuple[Rule, Reason]]
"""Rules that apply, each with the reason."""

StateT = TypeVar("StateT", bound=State)

ASSUMED = " (assumed, because the value is secret or not known yet)"


@dataclass(frozen=True)
class _Change(Generic[StateT]):
    """The inputs of a resource before and after.

    Args:
        old: Before; hidden inputs at their safest.
        new: After; hidden inputs at their worst.
        hidden: Names, on the wire, of inputs that are hidden on either side and may change.
        absent: Names of inputs that certainly have no value before.
    """

    old: StateT
    new: StateT
    hidden: frozenset[str]
    absent: frozenset[str]

    def is_doubtful(self, name: str) -> bool:
        """Return whether an input may have had a value and may lose it or get another one."""
        return name in self.hidden and name not in self.absent

    def note(self, *names: str) -> str:
        """Return the words that mark a reason as assumed; "" if the inputs are known."""
        return ASSUMED if self.hidden & set(names) else ""


def is_kept(step: Step) -> bool:
    """Return whether the resource that leaves the stack certainly stays in AWS."""
    if step.before is None or step.verb not in {"delete", "replace"}:
        return False
    return step.before.is_retained and (step.after is None or step.after.is_retained)


def resource_risks(step: Step, kind: Kind) -> Findings:
    """Yield the rules that apply to a resource, apart from its policies."""
    if step.before is not None and step.verb in {"delete", "replace"}:
        yield from _LEAVING[kind](step, step.before)
    if step.before is None and step.after is not None and kind is Kind.SEQUENCE_STORE:
        yield from _store_comes(step.after)
    if step.before is not None and step.after is not None and kind in _CHANGING:
        yield from _CHANGING[kind](step, step.before, step.after)


def _store_leaves(step: Step, before: Side) -> Findings:
    if is_kept(step) and step.verb == "delete":
        return
    fate = "; the old store stays in AWS" if is_kept(step) else _fate_of_read_sets(before)
    if step.verb == "delete":
        yield rules.STORE_DELETED, (Code(before.id), _leftover(step), fate)
        return
    because: Reason = (
        (" because of ", Code(", ".join(step.forced_by)))
        if step.forced_by
        else (" because the replacement is forced",)
    )
    yield rules.STORE_REPLACED, ("an empty store replaces ", Code(before.id), *because, fate)


def _fate_of_read_sets(before: Side) -> str:
    recorded = _recorded_force_destroy(before)
    if isinstance(recorded, Hidden):
        return f"; ALL READ SETS in it are deleted{ASSUMED}"
    if recorded is True:
        return "; ALL READ SETS in it are deleted: force_destroy is in the state"
    return "; not deleted while it holds read sets: force_destroy is not in the state"


def _leftover(step: Step) -> str:
    return ", left over from an interrupted replacement" if step.is_leftover else ""


def _key_leaves(step: Step, before: Side) -> Findings:
    if is_kept(step):
        return
    days = before.inputs.get("deletionWindowInDays")
    waiting = f" in {days} days" if isinstance(days, int | float) else ""
    yield (
        rules.KEY_DELETED,
        (
            "KMS deletes ",
            Code(before.id),
            f"{_leftover(step)}{waiting}; then the data that it encrypts is lost",
        ),
    )


def _bucket_leaves(step: Step, before: Side) -> Findings:
    if is_kept(step):
        return
    recorded = _recorded_force_destroy(before)
    if recorded is True or isinstance(recorded, Hidden):
        why = ASSUMED if isinstance(recorded, Hidden) else ": force_destroy is in the state"
        yield (
            rules.BUCKET_EMPTIED,
            ("all objects in ", Code(before.id), _leftover(step), f" are deleted{why}"),
        )
    else:
        yield (
            rules.BUCKET_DELETED,
            (Code(before.id), _leftover(step), " is deleted if it is empty"),
        )


def _access_policy_leaves(step: Step, _before: Side) -> Findings:
    if is_kept(step):
        return
    if step.verb == "delete":
        yield (
            rules.ACCESS_LOST,
            (f"without it{_leftover(step)}, no one can read through S3, not even the owner",),
        )
    else:
        yield rules.ACCESS_LOST, ("it is replaced: no one can read through S3 in between",)


def _recorded_force_destroy(before: Side) -> object:
    """Return the recorded value, which decides whether a deletion empties the resource."""
    values = [
        side["forceDestroy"] for side in (before.inputs, before.outputs) if "forceDestroy" in side
    ]
    hidden = next((value for value in values if is_hidden(value)), None)
    return any(value is True for value in values) or hidden or False


def _store_comes(after: Side) -> Findings:
    inputs = read_inputs(SequenceStoreState, Kind.SEQUENCE_STORE, after, is_worst=True)
    if inputs is None:
        yield rules.NOT_JUDGED, _UNREADABLE
        return
    if inputs.values.force_destroy:
        note = ASSUMED if "forceDestroy" in inputs.hidden else ""
        yield rules.CREATED_WITH_FORCE_DESTROY, (f"deleting it deletes its read sets{note}",)
    if not _key_of(inputs.values) and "sseConfig" not in inputs.hidden:
        yield rules.AWS_KEY, ("it has no sse_config with a key_arn",)


def _compare_as(
    model: type[StateT], kind: Kind, compare: Callable[[_Change[StateT]], Findings]
) -> Callable[[Step, Side, Side], Findings]:
    """Compare two sides that are read as *model*."""

    def compare_sides(step: Step, before: Side, after: Side) -> Findings:
        old = read_inputs(model, kind, before, is_worst=False)
        new = read_inputs(model, kind, after, is_worst=True)
        if old is None or new is None:
            yield rules.NOT_JUDGED, _UNREADABLE
        else:
            absent = {name for name in new.hidden if before.inputs.get(name) is None}
            yield from compare(_pair(step, old, new, frozenset(absent)))

    return compare_sides


def _pair(
    step: Step, old: Inputs[StateT], new: Inputs[StateT], absent: frozenset[str]
) -> _Change[StateT]:
    """Pair two sides; hidden inputs that do not change are made equal."""
    hidden = old.hidden | new.hidden
    fixed = {name for name in old.hidden & new.hidden if not may_change(step, name)}
    by_wire_name = {
        field.alias or name: name for name, field in type(new.values).model_fields.items()
    }
    kept = {
        by_wire_name[name]: getattr(old.values, by_wire_name[name])
        for name in fixed
        if name in by_wire_name
    }
    return _Change(old.values, new.values.model_copy(update=kept), hidden - fixed, absent)


_UNREADABLE = ("this version cannot read its properties",)


def _store_changes(change: _Change[SequenceStoreState]) -> Findings:
    old, new = change.old, change.new
    if new.force_destroy and not old.force_destroy:
        yield (
            rules.FORCE_DESTROY_ON,
            (
                (
                    "deleting or replacing the store then deletes all of its read sets"
                    f"{change.note('forceDestroy')}"
                ),
            ),
        )
    yield from _encryption(change, "sseConfig", _key_of(old), _key_of(new))
    if change.is_doubtful("accessLogLocation"):
        yield rules.LOGS_REMOVED, (f"the location is removed{ASSUMED}",)
    else:
        yield from _logs(old.access_log_location, new.access_log_location)
    was, becomes = old.fallback_location, new.fallback_location
    if change.is_doubtful("fallbackLocation"):
        yield rules.UPLOADS_MOVED, (f"to another location{ASSUMED}",)
    elif was and was != becomes:
        yield rules.UPLOADS_MOVED, _moved(was, becomes)
    tags = "propagatedSetLevelTags"
    if tags in change.hidden or _propagated(old) != _propagated(new):
        keys = ", ".join(sorted(_propagated(new))) or "none"
        yield (
            rules.PROPAGATED_TAGS_CHANGED,
            ("objects get the tags ", Code(keys), change.note(tags)),
        )


def _propagated(store: SequenceStoreState) -> set[str]:
    return set(store.propagated_set_level_tags or ())


def _logs(old: str | None, new: str | None) -> Findings:
    if old and not new:
        yield rules.LOGS_REMOVED, ("reads were logged to ", Code(old))
    elif old and old != new:
        yield rules.LOGS_MOVED, _moved(old, new)


def _key_of(store: SequenceStoreState) -> str | None:
    return store.sse_config.key_arn if store.sse_config else None


def _key_changes(change: _Change[KmsKeyState]) -> Findings:
    old, new = change.old, change.new
    if old.allow_health_omics is not False and new.allow_health_omics is False:
        yield (
            rules.HEALTH_OMICS_LOCKED_OUT,
            (f"allow_health_omics is switched off{change.note('allowHealthOmics')}",),
        )
    if old.enable_key_rotation and not new.enable_key_rotation:
        yield (
            rules.ROTATION_OFF,
            (f"enable_key_rotation is switched off{change.note('enableKeyRotation')}",),
        )
    elif new.rotation_period_in_days > old.rotation_period_in_days:
        yield (
            rules.ROTATED_LESS,
            _numbers(
                change,
                "rotationPeriodInDays",
                f"every {new.rotation_period_in_days} days instead of every "
                f"{old.rotation_period_in_days}",
            ),
        )
    if new.deletion_window_in_days < old.deletion_window_in_days:
        yield (
            rules.SHORTER_WARNING,
            _numbers(
                change,
                "deletionWindowInDays",
                f"{new.deletion_window_in_days} days instead of {old.deletion_window_in_days}",
            ),
        )


def _numbers(change: _Change[StateT], name: str, known: str) -> Reason:
    """Name the values of an input, or mark it as assumed without any."""
    return (f"another value{ASSUMED}",) if name in change.hidden else (known,)


def _bucket_changes(change: _Change[S3BucketState]) -> Findings:
    old, new = change.old, change.new
    if new.force_destroy and not old.force_destroy:
        yield (
            rules.BUCKET_FORCE_DESTROY_ON,
            (f"deleting the bucket then deletes all objects in it{change.note('forceDestroy')}",),
        )
    if old.versioning and not new.versioning:
        yield (
            rules.VERSIONING_OFF,
            (f"objects that are overwritten or deleted are lost{change.note('versioning')}",),
        )
    for name, wire_name in (
        ("expiration_days", "expirationDays"),
        ("noncurrent_expiration_days", "noncurrentExpirationDays"),
    ):
        was, becomes = getattr(old, name), getattr(new, name)
        if becomes is not None and (was is None or becomes < was):
            earlier = "never" if was is None else f"{was} days"
            known = f"{name} is {becomes} days instead of {earlier}"
            is_assumed = wire_name in change.hidden
            yield rules.KEPT_SHORTER, (f"{name} is lowered{ASSUMED}" if is_assumed else known,)
    yield from _encryption(change, "kmsKeyArn", old.kms_key_arn, new.kms_key_arn)


def _encryption(change: _Change[StateT], name: str, old: str | None, new: str | None) -> Findings:
    if change.is_doubtful(name):
        yield (
            rules.KEY_CHANGED,
            ("perhaps another key than ", Code(old)) if old else (f"another key{ASSUMED}",),
        )
    elif old is None or old == new:
        return
    elif new is None:
        yield rules.ENCRYPTION_REMOVED, (Code(old), " does not encrypt new data")
    else:
        yield rules.KEY_CHANGED, _moved(old, new)


def _moved(old: str, new: str | None) -> Reason:
    return (Code(old), " → ", Code(new)) if new else (Code(old), " → none")


_LEAVING: Mapping[Kind, Callable[[Step, Side], Findings]] = {
    Kind.SEQUENCE_STORE: _store_leaves,
    Kind.KMS_KEY: _key_leaves,
    Kind.S3_BUCKET: _bucket_leaves,
    Kind.S3_ACCESS_POLICY: _access_policy_leaves,
}

_CHANGING: Mapping[Kind, Callable[[Step, Side, Side], Findings]] = {
    Kind.SEQUENCE_STORE: _compare_as(SequenceStoreState, Kind.SEQUENCE_STORE, _store_changes),
    Kind.KMS_KEY: _compare_as(KmsKeyState, Kind.KMS_KEY, _key_changes),
    Kind.S3_BUCKET: _compare_as(S3BucketState, Kind.S3_BUCKET, _bucket_changes),
}
