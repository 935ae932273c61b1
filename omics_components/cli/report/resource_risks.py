"""The risks of single resources of the kinds that are known: when they go, come and change."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from omics_components.cli.report import rules
from omics_components.cli.report.kinds import (
    BUCKETS,
    KEYS,
    KMS_KEY,
    S3_ACCESS_POLICY,
    S3_BUCKET,
    STORES,
    read_inputs,
)
from omics_components.cli.report.preview import Hidden, Side, Step
from omics_components.cli.report.rules import Code, Rule
from omics_components.kinds.kms_key.model import KmsKeyState
from omics_components.kinds.s3_bucket.model import S3BucketState
from omics_components.kinds.sequence_store.model import SequenceStoreState
from omics_components.schema.base import State

Found = Iterator[tuple[Rule, tuple[str | Code, ...]]]
"""Rules that apply, each with the reason."""

StateT = TypeVar("StateT", bound=State)


@dataclass(frozen=True)
class _Change(Generic[StateT]):
    """What a program says of a resource before and after.

    Args:
        old: Before.
        new: After.
        hidden: Names on the wire of what cannot be read of the latter.
    """

    old: StateT
    new: StateT
    hidden: frozenset[str]


def is_kept(step: Step) -> bool:
    """Return whether what the step takes out of the stack stays in AWS for certain."""
    if step.before is None or step.verb not in {"delete", "replace"}:
        return False
    return step.before.is_retained and (step.after is None or step.after.is_retained)


def resource_risks(step: Step) -> Found:
    """Yield the rules that apply to a resource beside its policies, each with the reason."""
    if step.before is not None and step.verb in {"delete", "replace"}:
        for types, leaving in _LEAVING:
            if step.type in types:
                yield from leaving(step, step.before)
    if step.before is None and step.after is not None and step.type in STORES:
        yield from _store_comes(step.after)
    if step.before is not None and step.after is not None:
        for types, changing in _CHANGING:
            if step.type in types:
                yield from changing(step.before, step.after)


def _store_leaves(step: Step, before: Side) -> Found:
    if is_kept(step) and step.verb == "delete":
        return
    what_becomes = (
        "; the old one stays in AWS"
        if is_kept(step)
        else "; ALL READ SETS in it are deleted, for force_destroy is recorded"
        if _deletes_all(before)
        else "; refused while it holds read sets, for force_destroy is not recorded"
    )
    if step.verb == "delete":
        yield rules.STORE_DELETED, (Code(before.id), what_becomes)
        return
    because = (
        (" because of ", Code(", ".join(step.forced_by)))
        if step.forced_by
        else (" because it is forced to",)
    )
    yield (
        rules.STORE_REPLACED,
        ("an empty store takes the place of ", Code(before.id), *because, what_becomes),
    )


def _key_leaves(step: Step, before: Side) -> Found:
    if is_kept(step):
        return
    days = before.inputs.get("deletionWindowInDays")
    waiting = f" in {days} days" if isinstance(days, int | float) else ""
    yield (
        rules.KEY_DELETED,
        ("KMS deletes ", Code(before.id), f"{waiting}; what it encrypted is lost then"),
    )


def _bucket_leaves(step: Step, before: Side) -> Found:
    if is_kept(step):
        return
    if _deletes_all(before):
        why = " are deleted, for force_destroy is recorded"
        yield rules.BUCKET_EMPTIED, ("all objects in ", Code(before.id), why)
    else:
        yield rules.BUCKET_DELETED, (Code(before.id), " is deleted, if it is empty")


def _access_policy_leaves(step: Step, _before: Side) -> Found:
    if is_kept(step):
        return
    if step.verb == "delete":
        yield rules.ACCESS_LOST, ("no one can read through S3 without one, the owner included",)
    else:
        yield rules.ACCESS_LOST, ("it is replaced: no one reads through S3 in between",)


def _deletes_all(before: Side) -> bool:
    """Return whether a deletion empties it; that goes by what is recorded of the live resource."""
    recorded = {**before.inputs, **before.outputs}.get("forceDestroy", False)
    return recorded is True or isinstance(recorded, Hidden)


def _store_comes(after: Side) -> Found:
    now = read_inputs(SequenceStoreState, after)
    if now is None:
        yield rules.NOT_JUDGED, _UNREADABLE
        return
    if now.said.force_destroy:
        yield rules.CREATED_WITH_FORCE_DESTROY, ("a deletion will delete its read sets too",)
    if not _key_of(now.said) and "sseConfig" not in now.hidden:
        yield rules.AWS_KEY, ("it has no sse_config with a key_arn",)


def _judge_as(
    model: type[StateT], judge: Callable[[_Change[StateT]], Found]
) -> Callable[[Side, Side], Found]:
    """Check two sides that are read as *model*."""

    def judge_sides(before: Side, after: Side) -> Found:
        old, new = read_inputs(model, before), read_inputs(model, after)
        if old is None or new is None:
            yield rules.NOT_JUDGED, _UNREADABLE
        else:
            yield from judge(_Change(old.said, new.said, new.hidden))

    return judge_sides


_UNREADABLE = ("its properties are not what this version knows",)


def _store_changes(change: _Change[SequenceStoreState]) -> Found:
    old, new, hidden = change.old, change.new, change.hidden
    if new.force_destroy and not old.force_destroy:
        yield (
            rules.FORCE_DESTROY_ON,
            ("from then on a deletion or replacement deletes all of its read sets",),
        )
    yield from _key_of_data(_key_of(old), _key_of(new), is_hidden="sseConfig" in hidden)
    if "accessLogLocation" not in hidden:
        yield from _logs(old.access_log_location, new.access_log_location)
    if "fallbackLocation" not in hidden:
        was, becomes = old.fallback_location, new.fallback_location
        if was and was != becomes:
            yield rules.UPLOADS_MOVED, _moved(was, becomes)
    if set(old.propagated_set_level_tags or ()) != set(new.propagated_set_level_tags or ()):
        keys = ", ".join(new.propagated_set_level_tags or ()) or "none"
        yield rules.PROPAGATED_TAGS_CHANGED, ("objects get the tags ", Code(keys))


def _logs(old: str | None, new: str | None) -> Found:
    if old and not new:
        yield rules.LOGS_REMOVED, ("reads were logged to ", Code(old))
    elif old and old != new:
        yield rules.LOGS_MOVED, _moved(old, new)


def _key_of(store: SequenceStoreState) -> str | None:
    return store.sse_config.key_arn if store.sse_config else None


def _key_changes(change: _Change[KmsKeyState]) -> Found:
    old, new = change.old, change.new
    if old.allow_health_omics is not False and new.allow_health_omics is False:
        yield rules.HEALTH_OMICS_LOCKED_OUT, ("allow_health_omics is switched off",)
    if old.enable_key_rotation and not new.enable_key_rotation:
        yield rules.ROTATION_OFF, ("enable_key_rotation is switched off",)
    elif new.rotation_period_in_days > old.rotation_period_in_days:
        periods = f"{new.rotation_period_in_days} days, not {old.rotation_period_in_days}"
        yield rules.ROTATED_LESS, (f"every {periods}",)
    if new.deletion_window_in_days < old.deletion_window_in_days:
        yield (
            rules.SHORTER_WARNING,
            (f"{new.deletion_window_in_days} days, not {old.deletion_window_in_days}",),
        )


def _bucket_changes(change: _Change[S3BucketState]) -> Found:
    old, new = change.old, change.new
    if new.force_destroy and not old.force_destroy:
        yield rules.BUCKET_FORCE_DESTROY_ON, ("from then on a deletion deletes all that is in it",)
    if old.versioning and not new.versioning:
        yield rules.VERSIONING_OFF, ("what is overwritten or deleted is lost at once",)
    for name in ("expiration_days", "noncurrent_expiration_days"):
        was, becomes = getattr(old, name), getattr(new, name)
        if becomes is not None and (was is None or becomes < was):
            earlier = "never" if was is None else f"{was} days"
            yield rules.KEPT_SHORTER, (f"{name} is {becomes} days, not {earlier}",)
    yield from _key_of_data(
        old.kms_key_arn, new.kms_key_arn, is_hidden="kmsKeyArn" in change.hidden
    )


def _key_of_data(old: str | None, new: str | None, *, is_hidden: bool) -> Found:
    if old is None or old == new:
        return
    if is_hidden:
        yield rules.KEY_CHANGED, ("perhaps another key than ", Code(old))
    elif new is None:
        yield rules.ENCRYPTION_REMOVED, (Code(old), " no longer encrypts what comes")
    else:
        yield rules.KEY_CHANGED, _moved(old, new)


def _moved(old: str, new: str | None) -> tuple[str | Code, ...]:
    return (Code(old), " → ", Code(new)) if new else (Code(old), " → none")


_LEAVING: tuple[tuple[Collection[str], Callable[[Step, Side], Found]], ...] = (
    (STORES, _store_leaves),
    (KEYS, _key_leaves),
    (BUCKETS, _bucket_leaves),
    ({S3_ACCESS_POLICY}, _access_policy_leaves),
)

_CHANGING: tuple[tuple[Collection[str], Callable[[Side, Side], Found]], ...] = (
    (STORES, _judge_as(SequenceStoreState, _store_changes)),
    ({KMS_KEY}, _judge_as(KmsKeyState, _key_changes)),
    ({S3_BUCKET}, _judge_as(S3BucketState, _bucket_changes)),
)
