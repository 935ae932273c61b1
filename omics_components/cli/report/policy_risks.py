"""Find the risks in a change of an IAM policy: new grants and lost refusals."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from omics_components.cli.report import rules
from omics_components.cli.report.kinds import Kind
from omics_components.cli.report.policies import PolicyPair, policy_pairs
from omics_components.cli.report.preview import Step
from omics_components.cli.report.properties import UNKNOWN_IN_POLICY
from omics_components.cli.report.resource_risks import ASSUMED, Findings, Reason
from omics_components.cli.report.rules import Code, Rule
from omics_components.schema.policy_change import (
    Grant,
    Principal,
    Test,
    added_grants,
    lost_denials,
)

_NAMED = 5
"""Number of principals or actions that a reason names."""


def policy_risks(step: Step, kind: Kind, own_accounts: Collection[str]) -> Findings:
    """Yield the rules that apply to the policies of a step, each with the reason.

    Args:
        step: The step.
        kind: The kind of its resource.
        own_accounts: Accounts that are known to be the user's own; empty if none is known.
    """
    for pair in policy_pairs(step, kind):
        if pair.is_unknown:
            yield (
                rules.POLICY_UNKNOWN,
                ("a part of it, or of the policy before, is secret or not known yet",),
            )
        yield from _widened(pair, own_accounts, is_new=step.before is None)
        if not pair.is_compared or pair.is_unknown:
            continue
        lost = lost_denials(pair.before, pair.after)
        if lost:
            names = _listed(denial.sid or "a statement without Sid" for denial in lost)
            yield rules.DENY_REMOVED, ("no longer refuses everything in ", *names)
        if added_grants(pair.after, pair.before) or lost_denials(pair.after, pair.before):
            yield rules.POLICY_NARROWED, _narrowed(pair)


def _widened(pair: PolicyPair, own_accounts: Collection[str], *, is_new: bool) -> Findings:
    """Yield one reason for each rule: the principals and what they may do."""
    who: dict[Rule, dict[Principal | None, None]] = {}
    what: dict[Rule, dict[str, None]] = {}
    for grant in added_grants(pair.before, pair.after):
        for principal in grant.principals or (None,):
            rule = _rule_of(grant, principal, own_accounts)
            if rule is rules.POLICY_WIDENED and is_new:
                continue
            who.setdefault(rule, {})[principal] = None
            what.setdefault(rule, {}).update(dict.fromkeys(grant.actions))
    for rule, principals in who.items():
        names = [principal.label for principal in principals if principal is not None]
        verb = " may newly " if pair.is_compared else " may "
        note = (ASSUMED,) if pair.assumed else ()
        yield rule, (*(_listed(names) or ("its holder",)), verb, *_listed(what[rule]), *note)


def _rule_of(grant: Grant, principal: Principal | None, own_accounts: Collection[str]) -> Rule:
    if principal is None:
        return rules.POLICY_WIDENED
    if principal.is_everyone or principal.kind == "Service":
        return _rule_of_anyone(grant, is_service=not principal.is_everyone)
    if principal.name == UNKNOWN_IN_POLICY:
        return rules.POLICY_UNKNOWN
    if principal.account is None or not own_accounts:
        return rules.UNKNOWN_ACCOUNT
    return rules.POLICY_WIDENED if principal.account in own_accounts else rules.CROSS_ACCOUNT


def _rule_of_anyone(grant: Grant, *, is_service: bool) -> Rule:
    """Return the rule by the conditions on callers, or on accounts that a service acts for."""
    tests = map(_if_sent, grant.tests) if is_service else grant.tests
    naming = [test for test in tests if _may_name_callers(test)]
    if not naming:
        return rules.SERVICE_FOR_ANYONE if is_service else rules.PUBLIC_ACCESS
    if all(UNKNOWN_IN_POLICY in test.values for test in naming):
        return rules.POLICY_UNKNOWN
    return rules.POLICY_WIDENED if is_service else rules.PUBLIC_UNDER_CONDITION


def _if_sent(test: Test) -> Test:
    """Return a test of the account that a service acts for as if the service had to send it.

    What services do not send, no policy that lets them in can require: see ADR 23.
    """
    if (test.operator, test.key) == ("stringequalsifexists", "aws:sourceaccount"):
        return test._replace(operator="stringequals")
    return test


def _may_name_callers(test: Test) -> bool:
    """Return whether a test names callers, as far as its values are known."""
    known = test._replace(values=test.values - {UNKNOWN_IN_POLICY})
    return known.names_callers or (known != test and not known.values and test.is_about_callers)


def _narrowed(pair: PolicyPair) -> Reason:
    names = {
        principal.label
        for grant in added_grants(pair.after, pair.before)
        for principal in grant.principals
    }
    return ("less for ", *_listed(sorted(names))) if names else ("it refuses more",)


def _listed(names: Iterable[str]) -> Reason:
    """Return the first few names and the number of the others."""
    known = list(dict.fromkeys(names))
    parts: list[str | Code] = []
    for name in known[:_NAMED]:
        parts += [", ", Code(name)] if parts else [Code(name)]
    rest = len(known) - _NAMED
    return (*parts, f" and {rest} more") if rest > 0 else tuple(parts)
