"""Compare two IAM policies: what a change newly allows, and what it no longer denies.

A policy grants more than another if one of its Allows is not contained in a single Allow of the
other, or if a Deny of the other is missing. Wildcards match as in IAM (docs: ``*`` and ``?``);
condition tests are compared as text. So a change may be reported as wider although it is not; it is
never reported as narrower if it is wider.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

from omics_components.schema.policy import (
    Document,
    items_of,
    policy_document,
    principals_of,
    statements_of,
    tests_of,
)

_CALLER_KEYS = frozenset(
    {
        "aws:principalaccount",
        "aws:principalorgid",
        "aws:sourceaccount",
        "aws:sourceorgid",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "kms:calleraccount",
        "s3:dataaccesspointaccount",
    }
)
"""Condition keys that restrict the caller, if their values are fixed.

Docs, the S3 guide, "The meaning of public": a policy for everyone is not public if it grants access
only to fixed values, without a wildcard or a policy variable, of the caller or its addresses. The
guide does not list all of these keys; the others are of the same kind.
"""

_ORG_PATH_KEYS = frozenset({"aws:principalorgpaths", "aws:sourceorgpaths"})
"""Condition keys whose values begin with an organization, which must be fixed."""

_ARN_KEYS = frozenset({"aws:principalarn", "aws:sourcearn"})
"""Condition keys whose values must be fixed, or at least their account, as for S3 access points
(docs)."""

_IP_KEY = "aws:sourceip"
_BROADEST_IPV4, _BROADEST_IPV6 = 8, 32
"""Prefix lengths; a range with a shorter prefix is public (docs: the same page).

S3 excludes private ranges, none of which is broader.
"""

_EXACT_OPERATORS = frozenset(
    {"arnequals", "arnlike", "ipaddress", "stringequals", "stringequalsignorecase", "stringlike"}
)
"""Operators that fail if the key is missing. With several values, ``ForAnyValue:`` does as well,
but not ``ForAllValues:`` (docs)."""

_NOT_FIXED = re.compile(r"[*?]|\$\{|^anonymous$", re.IGNORECASE)
"""Wildcards, policy variables, and the account and user ID of unsigned requests (docs: the IAM
guide, global condition keys)."""

_OF_ACCOUNT = re.compile(r"arn:[^:*?$]*:[^:*?$]*:[^:*?$]*:[0-9]{12}:.*")
"""An ARN of a fixed account, compared as text: an asterisk before the account could also match
another account."""

_PARTS_OF_ACCOUNT = re.compile(r"arn:[^:$]*:[^:$]*:[^:$]*:[0-9]{12}:.*")
"""The same for operators that compare ARNs part by part (docs)."""

_ACCOUNT = re.compile(r"arn:[^:]*:(?:iam|sts)::([0-9]{12}):.*|([0-9]{12})")


class Principal(NamedTuple):
    """A principal: its kind as in policies (AWS, Service, …) and its name.

    A NotPrincipal has the kind ``NotPrincipal`` and all of its names as one name.
    """

    kind: str
    name: str

    @property
    def is_everyone(self) -> bool:
        """Whether it is everyone, or everyone with exceptions."""
        return self.name == "*" or self.kind == "NotPrincipal"

    @property
    def label(self) -> str:
        """Its name in messages."""
        if self.kind == "AWS":
            return f"account {self.name}" if self.name.isdecimal() else self.name
        return self.name if self.kind == "Service" else f"{self.kind} {self.name}"

    @property
    def account(self) -> str | None:
        """The account that it belongs to; None if unknown."""
        found = _ACCOUNT.fullmatch(self.name) if self.kind in {"AWS", "Federated"} else None
        return (found[1] or found[2]) if found else None


class Test(NamedTuple):
    """One test of a condition; all of them must hold."""

    operator: str
    key: str
    values: frozenset[str]

    @property
    def is_negated(self) -> bool:
        """Whether more values allow less."""
        return "not" in self.operator

    @property
    def is_about_callers(self) -> bool:
        """Whether it can restrict callers, depending on its values."""
        is_one = self.key in _CALLER_KEYS | _ORG_PATH_KEYS | _ARN_KEYS or self.key == _IP_KEY
        return is_one and self.operator.removeprefix("foranyvalue:") in _EXACT_OPERATORS

    @property
    def names_callers(self) -> bool:
        """Whether it restricts callers to fixed ones."""
        if not self.is_about_callers or not self.values:
            return False
        if self.key == _IP_KEY:
            return _are_narrow(self.values)
        return all(map(self._is_fixed, self.values))

    def _is_fixed(self, value: str) -> bool:
        if self.key in _ORG_PATH_KEYS:
            value = value.partition("/")[0]
        if not _NOT_FIXED.search(value):
            return True
        of_account = _PARTS_OF_ACCOUNT if "arn" in self.operator else _OF_ACCOUNT
        return self.key in _ARN_KEYS and bool(of_account.fullmatch(value))


def _are_narrow(ranges: Iterable[str]) -> bool:
    """Return whether address ranges, merged, are narrower than a public range."""
    try:
        networks = [ipaddress.ip_network(text, strict=False) for text in ranges]
    except ValueError:
        return False
    old = ipaddress.collapse_addresses(n for n in networks if isinstance(n, ipaddress.IPv4Network))
    new = ipaddress.collapse_addresses(n for n in networks if isinstance(n, ipaddress.IPv6Network))
    return all(network.prefixlen >= _BROADEST_IPV4 for network in old) and all(
        network.prefixlen >= _BROADEST_IPV6 for network in new
    )


@dataclass(frozen=True)
class Statement:
    """A parsed policy statement.

    Args:
        sid: Its label, or "".
        effect: Allow or Deny.
        principals: Its principals; empty in policies of roles and users.
        actions: Its actions, as spelled; a NotAction is one item that begins with ``!``.
        resources: Its resources; a NotResource is one item that begins with ``!``.
        tests: The tests of its condition.
    """

    sid: str
    effect: str
    principals: frozenset[Principal]
    actions: frozenset[str]
    resources: frozenset[str]
    tests: frozenset[Test]

    @property
    def canonical(self) -> tuple[object, ...]:
        """A form that is equal for equivalent statements, without the Sid."""
        actions = frozenset(action.lower() for action in self.actions)
        return (self.effect, self.principals, actions, self.resources, self.tests)


@dataclass(frozen=True)
class StatementChange:
    """A statement that is added (no *before*), removed (no *after*) or changed."""

    before: Statement | None
    after: Statement | None


@dataclass(frozen=True)
class Grant:
    """What an Allow grants that was not granted before.

    Args:
        sid: Label of the statement, or "".
        principals: Principals that gain access; empty if the policy names none.
        actions: Actions, at least one of which is newly allowed.
        tests: The tests of its condition.
    """

    sid: str
    principals: tuple[Principal, ...]
    actions: tuple[str, ...]
    tests: frozenset[Test]


def statements(document: Document | None) -> tuple[Statement, ...]:
    """Parse the statements of a policy; None is a policy without statements.

    Raises:
        ValueError: The document is not a policy.
    """
    if document is None:
        return ()
    return tuple(_statement(item) for _, item in statements_of(policy_document(document)))


def statement_changes(
    before: Iterable[Statement], after: Iterable[Statement]
) -> tuple[StatementChange, ...]:
    """Pair the statements that differ: by Sid, then by similarity.

    Order and repetition are ignored.
    """
    old = _without(before, after)
    new = _without(after, before)
    pairs = []
    for statement in new:
        partner = max(
            (other for other in old if other.effect == statement.effect),
            key=lambda other: _likeness(other, statement),
            default=None,
        )
        if partner is not None and _likeness(partner, statement) > 0:
            old.remove(partner)
        else:
            partner = None
        pairs.append(StatementChange(partner, statement))
    return (*pairs, *(StatementChange(statement, None) for statement in old))


def added_grants(before: Iterable[Statement], after: Iterable[Statement]) -> tuple[Grant, ...]:
    """Return what *after* allows and *before* does not, by statement."""
    allowed = [item for item in before if item.effect == "Allow"]
    wanted = [item for item in _without(after, before) if item.effect == "Allow"]
    return tuple(grant for item in wanted for grant in _grants_beyond(allowed, item))


def lost_denials(before: Iterable[Statement], after: Iterable[Statement]) -> tuple[Statement, ...]:
    """Return the Denies of *before* that *after* does not fully contain."""
    kept = [item for item in after if item.effect == "Deny"]
    return tuple(
        item
        for item in _without(before, after)
        if item.effect == "Deny" and any(True for _ in _grants_beyond(kept, item))
    )


def _statement(content: Mapping[str, Any]) -> Statement:
    principals = {Principal(*found) for found in principals_of(content.get("Principal", {}))}
    if "NotPrincipal" in content:
        names = sorted(name for _, name in principals_of(content["NotPrincipal"]))
        principals = {Principal("NotPrincipal", ", ".join(names))}
    condition = content.get("Condition", {})
    return Statement(
        sid=str(content.get("Sid", "")),
        effect=str(content.get("Effect")),
        principals=frozenset(principals),
        actions=frozenset(_texts(content, "Action")),
        resources=frozenset(_texts(content, "Resource")),
        tests=frozenset(Test(*found) for found in tests_of(condition)),
    )


def _texts(content: Mapping[str, Any], element: str) -> list[str]:
    if f"Not{element}" in content:
        return ["!" + ", ".join(sorted(map(str, items_of(content[f"Not{element}"]))))]
    return [str(item) for item in items_of(content.get(element, []))]


def _without(some: Iterable[Statement], others: Iterable[Statement]) -> list[Statement]:
    canonical_others = {other.canonical for other in others}
    return [item for item in dict.fromkeys(some) if item.canonical not in canonical_others]


def _likeness(one: Statement, other: Statement) -> int:
    """Return the similarity of two statements of one effect; an equal Sid outweighs all else."""
    common = sum(
        len(getattr(one, name) & getattr(other, name))
        for name in ("principals", "actions", "resources", "tests")
    )
    same_sid = bool(one.sid) and one.sid == other.sid
    return common + 1_000_000 * same_sid


def _grants_beyond(allowed: Iterable[Statement], wanted: Statement) -> Iterator[Grant]:
    """Yield the parts of *wanted* that no single statement in *allowed* contains."""
    relevant = [
        _Overlap.of(other, wanted) for other in allowed if _tests_contain(other.tests, wanted.tests)
    ]
    gained = {
        (principal, action)
        for principal, action, resource in product(
            wanted.principals or {None}, wanted.actions or {""}, wanted.resources or {""}
        )
        if not any(
            principal in overlap.principals
            and action in overlap.actions
            and resource in overlap.resources
            for overlap in relevant
        )
    }
    if gained:
        yield Grant(
            sid=wanted.sid,
            principals=tuple(sorted({who for who, _ in gained if who is not None})),
            actions=tuple(sorted({action for _, action in gained})),
            tests=wanted.tests,
        )


@dataclass(frozen=True)
class _Overlap:
    """The parts of one statement that another one contains, by element."""

    principals: frozenset[Principal | None]
    actions: frozenset[str]
    resources: frozenset[str]

    @classmethod
    def of(cls, other: Statement, wanted: Statement) -> _Overlap:
        return cls(
            frozenset(
                item for item in wanted.principals or {None} if _principal_is_in(other, item)
            ),
            _covered(other.actions, wanted.actions, any_case=True),
            _covered(other.resources, wanted.resources),
        )


def _covered(
    patterns: frozenset[str], texts: frozenset[str], *, any_case: bool = False
) -> frozenset[str]:
    """Return the texts that a pattern covers; no patterns cover every text."""
    return frozenset(
        text
        for text in texts or {""}
        if not patterns or any(_matches(pattern, text, any_case=any_case) for pattern in patterns)
    )


def _principal_is_in(other: Statement, principal: Principal | None) -> bool:
    if principal is None:
        return not other.principals
    return principal in other.principals or (
        principal.kind == "AWS" and Principal("AWS", "*") in other.principals
    )


def _tests_contain(wide: frozenset[Test], narrow: frozenset[Test]) -> bool:
    """Return whether every request that passes *narrow* passes *wide*."""
    return all(any(_test_contains(test, other) for other in narrow) for test in wide)


def _test_contains(wide: Test, narrow: Test) -> bool:
    if (wide.operator, wide.key) != (narrow.operator, narrow.key):
        return False
    more, fewer = (narrow, wide) if wide.is_negated else (wide, narrow)
    return fewer.values <= more.values


def _matches(pattern: str, text: str, *, any_case: bool) -> bool:
    """Return whether a pattern covers a text or another pattern; False if that is not obvious."""
    if any_case:
        pattern, text = pattern.lower(), text.lower()
    if pattern == text:
        return True
    if pattern.startswith("!") or text.startswith("!"):
        return pattern == "*"
    return _glob_matches(pattern, text)


def _glob_matches(pattern: str, text: str) -> bool:
    """Return whether a pattern with ``*`` and ``?`` covers a text, without backtracking.

    Each part between asterisks is taken where it occurs first. An asterisk in the text stands for
    any number of letters, so that ``?`` does not match it.
    """
    first, *others = pattern.split("*")
    if not others:
        return bool(_fixed_length(first).fullmatch(text))
    *middle, last = others
    begin = _fixed_length(first).match(text)
    if begin is None:
        return False
    position, end = begin.end(), len(text) - len(last)
    for part in middle:
        found = _fixed_length(part).search(text, position)
        if found is None:
            return False
        position = found.end()
    return position <= end and bool(_fixed_length(last).match(text, end))


@lru_cache(maxsize=4096)
def _fixed_length(part: str) -> re.Pattern[str]:
    """Compile a part of a pattern that has no asterisk."""
    letters = ("[^*]" if letter == "?" else re.escape(letter) for letter in part)
    return re.compile("".join(letters), re.DOTALL)
