"""What a change of an IAM policy lets in, and what it no longer keeps out.

A policy grants more than another if one of its Allows is not contained in a single Allow of the
other, or if a Deny of the other is gone. Wildcards are understood as IAM does (docs: ``*`` and
``?``); tests of a condition are compared as they are written. So a change may be called wider that
is not, which costs a look; it is never called narrower where it is wider.
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
"""Keys of conditions that say who calls, or for whom, by a value that must be fixed.

Docs, the S3 guide, "The meaning of public": a policy for everyone is not public if it grants access
only to fixed values, without a wildcard or a policy variable, of who calls or from which addresses.
The guide does not list each of the keys here; the others are its kind.
"""

_ORG_PATH_KEYS = frozenset({"aws:principalorgpaths", "aws:sourceorgpaths"})
"""Their values begin with an organization, which must be fixed."""

_ARN_KEYS = frozenset({"aws:principalarn", "aws:sourcearn"})
"""Their values are fixed, or at least of a fixed account; so S3 takes access points (docs)."""

_IP_KEY = "aws:sourceip"
_BROADEST_IPV4, _BROADEST_IPV6 = 8, 32
"""Lengths of prefix; a range with a shorter one is public (docs: the S3 guide, likewise).

S3 excepts private ranges, of which none is broader.
"""

_EXACT_OPERATORS = frozenset(
    {"arnequals", "arnlike", "ipaddress", "stringequals", "stringequalsignorecase", "stringlike"}
)
"""Operators that fail without the key. Of several values one must pass (``ForAnyValue:``), for
``ForAllValues:`` is true of none (docs)."""

_NOT_FIXED = re.compile(r"[*?]|\$\{|^anonymous$", re.IGNORECASE)
"""Wildcards and policy variables; and the account and user id of requests that nobody signed (docs:
the IAM guide, global condition keys)."""

_OF_ACCOUNT = re.compile(r"arn:[^:*?$]*:[^:*?$]*:[^:*?$]*:[0-9]{12}:.*")
"""An ARN of a fixed account, as text: an asterisk before the account could stand for another
account, and what follows it for a part of a name."""

_PARTS_OF_ACCOUNT = re.compile(r"arn:[^:$]*:[^:$]*:[^:$]*:[0-9]{12}:.*")
"""The same for the operators that compare ARNs part by part (docs)."""

_ACCOUNT = re.compile(r"arn:[^:]*:(?:iam|sts)::([0-9]{12}):.*|([0-9]{12})")


class Principal(NamedTuple):
    """Who: the kind as policies spell it (AWS, Service, …), and the name.

    A NotPrincipal is the kind ``NotPrincipal``, with all its names in one.
    """

    kind: str
    name: str

    @property
    def is_everyone(self) -> bool:
        """Whether everybody is meant, or everybody with a few exceptions."""
        return self.name == "*" or self.kind == "NotPrincipal"

    @property
    def label(self) -> str:
        """What a sentence calls it."""
        if self.kind == "AWS":
            return f"account {self.name}" if self.name.isdecimal() else self.name
        return self.name if self.kind == "Service" else f"{self.kind} {self.name}"

    @property
    def account(self) -> str | None:
        """The account that it belongs to; None if its name does not say."""
        found = _ACCOUNT.fullmatch(self.name) if self.kind in {"AWS", "Federated"} else None
        return (found[1] or found[2]) if found else None


class Test(NamedTuple):
    """One test of a condition; all of them must hold."""

    operator: str
    key: str
    values: frozenset[str]

    @property
    def is_negated(self) -> bool:
        """Whether more values admit less."""
        return "not" in self.operator

    @property
    def is_about_callers(self) -> bool:
        """Whether it can keep out all callers but some: that is up to its values."""
        is_one = self.key in _CALLER_KEYS | _ORG_PATH_KEYS | _ARN_KEYS or self.key == _IP_KEY
        return is_one and self.operator.removeprefix("foranyvalue:") in _EXACT_OPERATORS

    @property
    def names_callers(self) -> bool:
        """Whether it keeps out all callers but some."""
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
    """Tell whether ranges of addresses are too narrow for the public, also put together."""
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
    """A statement in the form in which two of equal meaning are equal, but for the Sid.

    Args:
        sid: Its label, or "".
        effect: Allow or Deny.
        principals: Who; empty in policies of roles and users, where it goes without saying.
        actions: What, as it is spelled; a NotAction is one item that begins with ``!``.
        resources: On what; a NotResource is one item that begins with ``!``.
        tests: Under which conditions.
    """

    sid: str
    effect: str
    principals: frozenset[Principal]
    actions: frozenset[str]
    resources: frozenset[str]
    tests: frozenset[Test]

    @property
    def meaning(self) -> tuple[object, ...]:
        """What decides."""
        actions = frozenset(action.lower() for action in self.actions)
        return (self.effect, self.principals, actions, self.resources, self.tests)


@dataclass(frozen=True)
class StatementChange:
    """A statement that is added (no *before*), removed (no *after*) or changed."""

    before: Statement | None
    after: Statement | None


@dataclass(frozen=True)
class Grant:
    """What an Allow lets in beyond what was let in before.

    Args:
        sid: Label of the statement, or "".
        principals: Who gains something; empty where the policy names nobody.
        actions: Actions of which at least one is gained.
        tests: The conditions that it is under.
    """

    sid: str
    principals: tuple[Principal, ...]
    actions: tuple[str, ...]
    tests: frozenset[Test]


def statements(document: Document | None) -> tuple[Statement, ...]:
    """Read the statements of a policy; None is a policy without any.

    Raises:
        ValueError: The document is no policy.
    """
    if document is None:
        return ()
    return tuple(_statement(item) for _, item in statements_of(policy_document(document)))


def statement_changes(
    before: Iterable[Statement], after: Iterable[Statement]
) -> tuple[StatementChange, ...]:
    """Pair the statements that differ: by Sid, then by what they have in common.

    Order and repetition do not count.
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
    """Give what *after* allows and *before* does not, statement by statement."""
    allowed = [item for item in before if item.effect == "Allow"]
    wanted = [item for item in _without(after, before) if item.effect == "Allow"]
    return tuple(grant for item in wanted for grant in _grants_beyond(allowed, item))


def lost_denials(before: Iterable[Statement], after: Iterable[Statement]) -> tuple[Statement, ...]:
    """Give the Denies of *before* that *after* does not hold up in full."""
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
    meanings = {other.meaning for other in others}
    return [item for item in dict.fromkeys(some) if item.meaning not in meanings]


def _likeness(one: Statement, other: Statement) -> int:
    """Count what two statements of one effect have in common; the same Sid outweighs all else."""
    common = sum(
        len(getattr(one, name) & getattr(other, name))
        for name in ("principals", "actions", "resources", "tests")
    )
    same_sid = bool(one.sid) and one.sid == other.sid
    return common + 1_000_000 * same_sid


def _grants_beyond(allowed: Iterable[Statement], wanted: Statement) -> Iterator[Grant]:
    """Yield what of *wanted* no single one of *allowed* contains."""
    relevant = [
        _Reach.of(other, wanted) for other in allowed if _tests_contain(other.tests, wanted.tests)
    ]
    gained = {
        (principal, action)
        for principal, action, resource in product(
            wanted.principals or {None}, wanted.actions or {""}, wanted.resources or {""}
        )
        if not any(
            principal in reach.principals
            and action in reach.actions
            and resource in reach.resources
            for reach in relevant
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
class _Reach:
    """What of one statement another one contains, element by element."""

    principals: frozenset[Principal | None]
    actions: frozenset[str]
    resources: frozenset[str]

    @classmethod
    def of(cls, other: Statement, wanted: Statement) -> _Reach:
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
    """Give the texts that one of the patterns covers; an element that is missing covers all."""
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
    """Tell whether all that passes *narrow* passes *wide*."""
    return all(any(_test_contains(test, other) for other in narrow) for test in wide)


def _test_contains(wide: Test, narrow: Test) -> bool:
    if (wide.operator, wide.key) != (narrow.operator, narrow.key):
        return False
    more, fewer = (narrow, wide) if wide.is_negated else (wide, narrow)
    return fewer.values <= more.values


def _matches(pattern: str, text: str, *, any_case: bool) -> bool:
    """Tell whether a pattern covers a text, or another pattern, as far as that is easily seen."""
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
