"""The risks of a preview: each step of a kind that is known, and every policy, by ``rules``."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from types import MappingProxyType

from omics_components.cli.report import rules
from omics_components.cli.report.kinds import OWN, PUBLIC_ACCESS_BLOCKS
from omics_components.cli.report.policy_risks import policy_risks
from omics_components.cli.report.preview import Hidden, Preview, Side, Step
from omics_components.cli.report.properties import property_changes
from omics_components.cli.report.resource_risks import Found, is_kept, resource_risks
from omics_components.cli.report.rules import Code, Level, Risk, Rule
from omics_components.kinds.s3_bucket.configuration import ALL_BLOCKED
from omics_components.schema.arn import AccessPointArn

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
    """Find the risks of a preview, the gravest first, then by resource.

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
    order = list(rules.RULES)
    return tuple(
        sorted(
            dict.fromkeys(found),
            key=lambda risk: (-risk.level, risk.resource, order.index(risk.rule.name)),
        )
    )


def _at_stake(rule: Rule, step: Step, read_sets: Mapping[str, str]) -> tuple[str | Code, ...]:
    held = read_sets.get(step.before.id) if step.before else None
    return ("; ", Code(held)) if held and rule in _ABOUT_READ_SETS else ()


def level_of(risks: Collection[Risk]) -> Level:
    """Return the gravest level."""
    return max((risk.level for risk in risks), default=Level.NONE)


def _only_account(preview: Preview) -> set[str]:
    """Return the account that all resources are in, if the preview names one and no other."""
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
    yield from _options(step)
    if is_kept(step):
        yield rules.LEFT_BEHIND, ("it has retain_on_delete: it stays in AWS, unmanaged",)
    yield from resource_risks(step)
    if not is_kept(step) or step.after is not None:
        yield from _openings(step)
        yield from policy_risks(step, own)


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


def _openings(step: Step) -> Found:
    """Check what opens objects to the public beside policies, in resources of other providers."""
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
