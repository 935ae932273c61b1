"""Find the risks of a preview in the resources of this library, by the rules of ``rules``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from types import MappingProxyType

from omics_components.cli.report import rules
from omics_components.cli.report.kinds import PROVIDER_TOKEN, Kind
from omics_components.cli.report.policy_risks import policy_risks
from omics_components.cli.report.preview import Preview, Side, Step
from omics_components.cli.report.properties import property_changes
from omics_components.cli.report.resource_risks import (
    Findings,
    Reason,
    is_kept,
    resource_risks,
)
from omics_components.cli.report.rules import Code, Level, Risk, Rule
from omics_components.schema.arn import AccessPointArn, KmsKeyArn, SequenceStoreArn

_ABOUT_READ_SETS = (rules.STORE_DELETED, rules.STORE_REPLACED, rules.FORCE_DESTROY_ON)

_FLAGS = "make it with `pulumi preview --json --show-sames --show-replacement-steps`"
_STREAM = "with `PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true`, every step is listed"


def find_risks(
    preview: Preview,
    own_accounts: Collection[str] = (),
    read_sets: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Risk, ...]:
    """Return the risks of a preview, the highest level first, then by resource.

    Args:
        preview: The preview.
        own_accounts: Accounts whose principals are not foreign, in addition to those of this
            library's resources.
        read_sets: Contents of stores, in words, by ARN, as far as AWS was asked.
    """
    steps = [step for step in preview.steps if step.is_resource]
    own = set(own_accounts) | {
        account for step in steps if step.before for account in _accounts_of(step, step.before)
    }
    leftovers = {(step.urn, step.before.id) for step in steps if step.is_leftover and step.before}
    refreshed = {
        step.urn: step.before
        for step in steps
        if step.verb == "refresh"
        and step.before is not None
        and (step.urn, step.before.id) not in leftovers
    }
    found = [Risk(rule, "", reason) for rule, reason in _listing_risks(preview)]
    for step in steps:
        if step.verb in {"read", "refresh"}:
            continue
        findings = _step_risks(step, refreshed.get(step.urn), own)
        found += [
            Risk(rule, step.name, (*reason, *_contents(rule, step, read_sets)))
            for rule, reason in findings
        ]
    order = list(rules.RULES)
    return tuple(
        sorted(
            dict.fromkeys(found),
            key=lambda risk: (-risk.level, risk.resource, order.index(risk.rule.name)),
        )
    )


def level_of(risks: Collection[Risk]) -> Level:
    """Return the highest level."""
    return max((risk.level for risk in risks), default=Level.NONE)


def _listing_risks(preview: Preview) -> Findings:
    """Yield the rules about steps that the file does not list."""
    listing = preview.listing
    if preview.has_failed:
        return  # the report says that it is not complete
    if listing.missing:
        counts = ", ".join(f"{count} {word}" for word, count in sorted(listing.missing.items()))
        yield (
            rules.STEPS_NOT_LISTED,
            (f"of the steps that it counts, it does not list {counts}; {_FLAGS}",),
        )
    if listing.replacement_steps is False:
        yield (
            rules.STEPS_NOT_LISTED,
            (f"deletions that an interrupted replacement left over are not listed; {_FLAGS}",),
        )
    elif listing.replacement_steps is None:
        yield (
            rules.STEPS_PERHAPS_NOT_LISTED,
            (
                (
                    "without `--show-replacement-steps` it would look the same and hide deletions "
                    f"that an interrupted replacement left over; {_STREAM}"
                ),
            ),
        )


def _contents(rule: Rule, step: Step, read_sets: Mapping[str, str]) -> Reason:
    contents = read_sets.get(step.before.id) if step.before else None
    return ("; ", Code(contents)) if contents and rule in _ABOUT_READ_SETS else ()


def _accounts_of(step: Step, side: Side) -> Iterator[str]:
    """Yield the account in the ID of a resource of this library, or in a bucket's outputs."""
    with suppress(ValueError):
        if step.kind is Kind.S3_ACCESS_POLICY:
            yield AccessPointArn.parse(side.id).account  # its first account is the service's
        elif step.kind is Kind.SEQUENCE_STORE:
            yield SequenceStoreArn.parse(side.id).account
        elif step.kind is Kind.KMS_KEY:
            yield KmsKeyArn.parse(side.id).account
    account = side.outputs.get("accountId")
    if step.kind is Kind.S3_BUCKET and isinstance(account, str) and account:
        yield account


def _step_risks(step: Step, recorded: Side | None, own_accounts: Collection[str]) -> Findings:
    if step.type == PROVIDER_TOKEN and step.verb in {"update", "replace"}:
        yield (
            rules.NOT_JUDGED,
            ("the configuration of the provider changes: account, region or guards",),
        )
    if step.kind is None:
        return
    yield from _option_risks(step)
    if step.verb == "same":
        return  # a hidden value that could change has not changed
    yield from _drift(step, recorded)
    if is_kept(step):
        yield rules.LEFT_BEHIND, ("it has retain_on_delete: it stays in AWS, unmanaged",)
    yield from chain(resource_risks(step, step.kind), policy_risks(step, step.kind, own_accounts))


def _drift(step: Step, recorded: Side | None) -> Findings:
    """Compare the recorded inputs with those that a refresh found, which the step begins with."""
    if recorded is None or step.is_leftover:
        return
    if step.verb == "create":
        yield rules.GONE, (Code(recorded.id), " is in the state, but no longer in AWS")
    elif step.before is not None and step.before.inputs != recorded.inputs:
        drift = property_changes(replace(step, before=recorded, after=step.before))
        yield (
            rules.CHANGED_BY_HAND,
            (
                Code(", ".join(change.path for change in drift)),
                " differs from the value of the last update",
            ),
        )


def _option_risks(step: Step) -> Findings:
    if step.verb == "adopt" and step.after is not None:
        adopted = step.after.adopts or step.after.id
        what: Reason = (Code(adopted),) if adopted else ("an existing resource",)
        yield rules.ADOPTED, ("adopts ", *what, ": the program can then change and delete it")
    if step.before is None or step.after is None:
        return
    if step.before.is_protected and not step.after.is_protected:
        yield rules.PROTECTION_REMOVED, ("protect is removed: it can be deleted",)
    if step.before.is_retained and not step.after.is_retained:
        yield (
            rules.PROTECTION_REMOVED,
            ("retain_on_delete is removed: destroying it deletes it from AWS",),
        )
