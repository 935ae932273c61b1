"""The risks of a preview: each step of a kind that is known, and every policy, by ``rules``."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from types import MappingProxyType

from omics_components.cli.report import rules
from omics_components.cli.report.kinds import (
    BUCKETS,
    KEYS,
    KMS_KEY,
    OWN,
    PUBLIC_ACCESS_BLOCKS,
    S3_ACCESS_POLICY,
    S3_BUCKET,
    STORES,
    read_inputs,
)
from omics_components.cli.report.policy_risks import policy_risks
from omics_components.cli.report.preview import Hidden, Preview, Side, Step
from omics_components.cli.report.properties import property_changes
from omics_components.cli.report.rules import Code, Level, Risk, Rule
from omics_components.models.arn import AccessPointArn
from omics_components.models.bucket_configuration import ALL_BLOCKED
from omics_components.models.kms_key import KmsKeyState
from omics_components.models.s3_bucket import S3BucketState
from omics_components.models.sequence_store import SequenceStoreState

Found = Iterator[tuple[Rule, tuple[str | Code, ...]]]
"""Rules that apply, each with the reason."""

_ABOUT_READ_SETS = (rules.STORE_DELETED, rules.STORE_REPLACED, rules.FORCE_DESTROY_ON)

_PUBLIC_BLOCKS = frozenset(ALL_BLOCKED)
_PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read")
"""Canned access control lists for everyone, or everyone with an account (docs)."""

_ACCOUNT_IN_ARN = re.compile(r"arn:[^:]*:[^:]*:[^:]*:([0-9]{12}):.*")


def judge(
    preview: Preview,
    own_accounts: Collection[str] = (),
    read_sets: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Risk, ...]:
    """Find the risks of a preview, the gravest first.

    Args:
        preview: The preview.
        own_accounts: Accounts whose principals are not foreign, beside that of each resource.
        read_sets: What stores hold now, in words, by their ARNs; as far as it was asked.
    """
    known = set(own_accounts) | _only_account(preview)
    refreshed = {step.urn: step.before for step in preview.steps if step.verb == "refresh"}
    found = [
        Risk(rule, step.name, (*reason, *_at_stake(rule, step, read_sets)))
        for step in preview.steps
        if step.verb not in {"read", "refresh"}
        for rule, reason in chain(_refresh(step, refreshed.get(step.urn)), _risks(step, known))
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda risk: -risk.level))


def _at_stake(rule: Rule, step: Step, read_sets: Mapping[str, str]) -> tuple[str | Code, ...]:
    held = read_sets.get(step.before.id) if step.before else None
    return ("; ", Code(held)) if held and rule in _ABOUT_READ_SETS else ()


def level_of(risks: Collection[Risk]) -> Level:
    """Give the gravest level."""
    return max((risk.level for risk in risks), default=Level.NONE)


def _only_account(preview: Preview) -> set[str]:
    """Give the account that all resources are in, if the preview names one and no other."""
    accounts = {_account_of(side) for step in preview.steps if (side := step.before)} - {""}
    return accounts if len(accounts) == 1 else set()


def _account_of(side: Side) -> str:
    """Read the account in an id, or in the outputs; "" if neither says it."""
    with suppress(ValueError):
        return AccessPointArn.parse(side.id).account  # its first account is the service's
    match = _ACCOUNT_IN_ARN.fullmatch(side.id)
    return match[1] if match else str(side.outputs.get("accountId", ""))


def _risks(step: Step, known_accounts: Collection[str]) -> Found:
    own = set(known_accounts)
    if step.before and (account := _account_of(step.before)):
        own.add(account)
    is_kept = _is_kept(step)
    yield from _options(step)
    if is_kept:
        yield rules.LEFT_BEHIND, ("it has retain_on_delete: it stays in AWS, unmanaged",)
    for types, judges in _JUDGES:
        if step.type in types:
            yield from chain.from_iterable(judge(step, is_kept) for judge in judges)
    if not is_kept or step.after is not None:
        yield from _openings(step)
        yield from policy_risks(step, own)


def _is_kept(step: Step) -> bool:
    """Tell whether what the step takes out of the stack stays in AWS for certain."""
    if step.before is None or step.verb not in {"delete", "replace"}:
        return False
    return step.before.is_retained and (step.after is None or step.after.is_retained)


def _refresh(step: Step, recorded: Side | None) -> Found:
    """Compare what was recorded before a refresh with what it found, which the step begins with."""
    if recorded is None:
        return
    if step.verb == "create":
        yield rules.GONE, (Code(recorded.id), " is in the state, but no longer in AWS")
    elif step.before is not None and step.before.inputs != recorded.inputs:
        drift = property_changes(replace(step, before=recorded, after=step.before))
        yield (
            rules.CHANGED_BY_HAND,
            (Code(", ".join(change.path for change in drift)), " is not what the last update made"),
        )


def _options(step: Step) -> Found:
    if step.verb == "adopt" and step.after is not None:
        named = step.after.adopts or step.after.id
        yield (
            rules.ADOPTED,
            ("takes over ", Code(named), ": from then on the program can change and delete it")
            if named
            else ("takes over what exists: from then on the program can change and delete it",),
        )
    if step.before is None:
        return
    if step.after and step.before.is_protected and not step.after.is_protected:
        yield rules.PROTECTION_REMOVED, ("protect is taken away: it can be deleted",)
    if step.after and step.before.is_retained and not step.after.is_retained:
        yield rules.PROTECTION_REMOVED, ("retain_on_delete is taken away: AWS may delete it",)


def _store_goes(step: Step, is_kept: bool) -> Found:
    if step.before is None or step.verb not in {"delete", "replace"}:
        return
    said = read_inputs(SequenceStoreState, _recorded(step.before))
    what_becomes = (
        "; the old one stays in AWS"
        if is_kept
        else "; ALL READ SETS in it are deleted, for force_destroy is recorded"
        if said is not None and said.said.force_destroy
        else "; refused while it holds read sets, for force_destroy is not recorded"
    )
    if step.verb == "replace":
        by = ", ".join(step.forced_by)
        yield (
            rules.STORE_REPLACED,
            (
                "an empty store takes the place of ",
                Code(step.before.id),
                *((" because of ", Code(by)) if by else (" because it is forced to",)),
                what_becomes,
            ),
        )
    elif not is_kept:
        yield rules.STORE_DELETED, (Code(step.before.id), what_becomes)


def _store_comes(step: Step, _is_kept: bool) -> Found:
    if step.before is not None or step.after is None:
        return
    now = read_inputs(SequenceStoreState, step.after)
    if now is None:
        return
    if now.said.force_destroy:
        yield rules.CREATED_WITH_FORCE_DESTROY, ("a deletion will delete its read sets too",)
    if not _key_of(now.said) and "sseConfig" not in now.hidden:
        yield rules.AWS_KEY, ("it has no sse_config with a key_arn",)


def _store_changes(step: Step, _is_kept: bool) -> Found:
    if step.before is None or step.after is None:
        return
    before, now = (read_inputs(SequenceStoreState, side) for side in (step.before, step.after))
    if before is None or now is None:
        return
    old, new = before.said, now.said
    if new.force_destroy and not old.force_destroy:
        yield (
            rules.FORCE_DESTROY_ON,
            ("from then on a deletion or replacement deletes all of its read sets",),
        )
    yield from _key_of_data(_key_of(old), _key_of(new), is_hidden="sseConfig" in now.hidden)
    if "accessLogLocation" not in now.hidden:
        yield from _logs(old.access_log_location, new.access_log_location)
    if "fallbackLocation" not in now.hidden:
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


def _key_goes(step: Step, is_kept: bool) -> Found:
    if step.before is None or step.verb not in {"delete", "replace"} or is_kept:
        return
    days = step.before.inputs.get("deletionWindowInDays")
    waiting = f" in {days} days" if isinstance(days, int | float) else ""
    yield (
        rules.KEY_DELETED,
        (
            "KMS deletes ",
            Code(step.before.id),
            f"{waiting}; what it encrypted is lost then, wherever it is",
        ),
    )


def _key_changes(step: Step, _is_kept: bool) -> Found:
    if step.before is None or step.after is None:
        return
    before, now = (read_inputs(KmsKeyState, side) for side in (step.before, step.after))
    if before is None or now is None:
        return
    old, new = before.said, now.said
    if old.allow_health_omics is not False and new.allow_health_omics is False:
        yield rules.HEALTH_OMICS_LOCKED_OUT, ("allow_health_omics is switched off",)
    if old.enable_key_rotation and not new.enable_key_rotation:
        yield rules.ROTATION_OFF, ("enable_key_rotation is switched off",)
    elif new.rotation_period_in_days > old.rotation_period_in_days:
        yield (
            rules.ROTATED_LESS,
            (f"every {new.rotation_period_in_days} days, not {old.rotation_period_in_days}",),
        )
    if new.deletion_window_in_days < old.deletion_window_in_days:
        yield (
            rules.SHORTER_WARNING,
            (f"{new.deletion_window_in_days} days, not {old.deletion_window_in_days}",),
        )


def _bucket_goes(step: Step, is_kept: bool) -> Found:
    if step.before is None or step.verb not in {"delete", "replace"} or is_kept:
        return
    if _recorded(step.before).inputs.get("forceDestroy") is True:
        yield (
            rules.BUCKET_EMPTIED,
            (
                "all objects in ",
                Code(step.before.id),
                " are deleted, for force_destroy is recorded",
            ),
        )
    else:
        yield rules.BUCKET_DELETED, (Code(step.before.id), " is deleted, if it is empty")


def _bucket_changes(step: Step, _is_kept: bool) -> Found:
    if step.before is None or step.after is None:
        return
    before, now = (read_inputs(S3BucketState, side) for side in (step.before, step.after))
    if before is None or now is None:
        return
    old, new = before.said, now.said
    if new.force_destroy and not old.force_destroy:
        yield rules.BUCKET_FORCE_DESTROY_ON, ("from then on a deletion deletes all that is in it",)
    if old.versioning and not new.versioning:
        yield rules.VERSIONING_OFF, ("what is overwritten or deleted is lost at once",)
    for name, was, becomes in (
        ("expiration_days", old.expiration_days, new.expiration_days),
        (
            "noncurrent_expiration_days",
            old.noncurrent_expiration_days,
            new.noncurrent_expiration_days,
        ),
    ):
        if becomes is not None and (was is None or becomes < was):
            earlier = "never" if was is None else f"{was} days"
            yield rules.KEPT_SHORTER, (f"{name} is {becomes} days, not {earlier}",)
    yield from _key_of_data(old.kms_key_arn, new.kms_key_arn, is_hidden="kmsKeyArn" in now.hidden)


def _key_of_data(old: str | None, new: str | None, *, is_hidden: bool) -> Found:
    if old is None or old == new:
        return
    if is_hidden:
        yield rules.KEY_CHANGED, ("perhaps another key than ", Code(old))
    elif new is None:
        yield rules.ENCRYPTION_REMOVED, (Code(old), " no longer encrypts what comes")
    else:
        yield rules.KEY_CHANGED, _moved(old, new)


def _access_policy_goes(step: Step, is_kept: bool) -> Found:
    if step.verb == "delete" and not is_kept:
        yield rules.ACCESS_LOST, ("nobody reads through S3 without one, the owner included",)
    if step.verb == "replace" and not is_kept:
        yield rules.ACCESS_LOST, ("it is replaced: nobody reads through S3 in between",)


def _openings(step: Step) -> Found:
    """Judge what opens objects to the public beside policies, in resources of other providers."""
    goes_with_all = step.after is None and step.type not in PUBLIC_ACCESS_BLOCKS
    if step.type in OWN or goes_with_all:
        return
    for change in property_changes(step):
        name = change.path.rpartition(".")[2]
        is_off = change.before is True and change.after is not Hidden.UNKNOWN
        if name in _PUBLIC_BLOCKS and is_off:
            yield rules.PUBLIC_ACCESS, (Code(change.path), " is switched off")
        if name == "acl" and change.after in _PUBLIC_ACLS:
            yield rules.PUBLIC_ACCESS, (Code(change.path), " is ", Code(str(change.after)))


def _recorded(side: Side) -> Side:
    """Give what a deletion goes by: what is recorded of the live resource, where it says it."""
    return Side(id=side.id, inputs={**side.inputs, **side.outputs})


def _moved(old: str, new: str | None) -> tuple[str | Code, ...]:
    return (Code(old), " → ", Code(new)) if new else (Code(old), " → none")


_JUDGES: tuple[tuple[Collection[str], tuple[Callable[[Step, bool], Found], ...]], ...] = (
    (STORES, (_store_goes, _store_comes, _store_changes)),
    (KEYS, (_key_goes,)),
    ({KMS_KEY}, (_key_changes,)),
    (BUCKETS, (_bucket_goes,)),
    ({S3_BUCKET}, (_bucket_changes,)),
    ({S3_ACCESS_POLICY}, (_access_policy_goes,)),
)
