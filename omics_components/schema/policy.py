"""Parse, validate and normalize IAM policy documents.

Source of every rule: the IAM user guide (docs), "IAM JSON policy elements reference" and "Grammar
of the IAM JSON policy language", unless a comment says otherwise. The canonical form is built
element by element: that ``s3:*`` contains ``s3:GetObject`` is not considered.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

Document = Mapping[str, object] | str
"""A policy as a mapping, or as JSON text."""

_VERSION_WHEN_ABSENT = "2008-10-17"
_LABELS = frozenset({"Id", "Sid"})
"""Labels that AWS requires to be unique, but that do not affect access."""

_ACCOUNT = re.compile(r"(?:arn:[^:]+:iam::)?([0-9]{12})(?::root)?")
_BOOLEAN_OPERATORS = frozenset({"bool", "null"})


def canonical_policy(document: Document) -> object:
    """Return a hashable form of a policy that is equal for equivalent policies.

    It ignores the order of statements and of all lists, repetitions, one item instead of a list of
    one, Sid and Id, the case of actions and of condition operators and keys, ``"*"`` or ``{"AWS":
    "*"}`` for everyone, an account ID or its root ARN, an empty Condition, and numbers and booleans
    as such or as text. It keeps Version, which decides what ``${…}`` means.

    Raises:
        ValueError: The document is not a policy; the text begins with the path.
    """
    policy = policy_document(document)
    rest = {
        name: _frozen(value)
        for name, value in policy.items()
        if name not in {"Statement", "Version", *_LABELS}
    }
    return (
        policy.get("Version", _VERSION_WHEN_ABSENT),
        frozenset(_canonical_statement(statement) for _, statement in statements_of(policy)),
        frozenset(rest.items()),
    )


def account_condition(account: str, *, is_required: bool) -> dict[str, object]:
    """Return the condition that a service acts for no other account.

    Args:
        account: The one that it may act for.
        is_required: Refuse a service that does not say for whom it acts, too.
    """
    operator = "StringEquals" if is_required else "StringEqualsIfExists"
    return {operator: {"aws:SourceAccount": account}}


@dataclass(frozen=True)
class Problem:
    """An invalid part of a policy.

    Args:
        path: Names of elements and list positions.
        sentence: What is valid.
        missing: Whether an element is absent, which in a preview may be unknown.
    """

    path: tuple[str | int, ...]
    sentence: str
    missing: bool = False

    @property
    def place(self) -> str:
        """The path as text: ``Statement[0].Principal.AWS``."""
        parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path)
        return "".join(parts).removeprefix(".")

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}" if self.path else self.sentence


def policy_document(document: Document) -> dict[str, object]:
    """Return a policy as a dictionary with valid grammar.

    Unknown elements are accepted: each service decides which ones it supports.

    Raises:
        ValueError: The document is not a policy; the text begins with the path, such as
            ``Statement[0].Effect``.
    """
    policy = policy_object(document)
    for problem in grammar_problems(policy):
        raise ValueError(str(problem))
    return policy


def policy_object(document: Document) -> dict[str, object]:
    """Return a policy as a dictionary, without checking its grammar.

    Raises:
        ValueError: The document is not a JSON object.
    """
    content: object = document
    if isinstance(document, str):
        try:
            content = json.loads(document, object_pairs_hook=_without_repetition)
        except json.JSONDecodeError as error:
            raise ValueError(
                f"is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}"
            ) from None
        except RecursionError:
            raise ValueError("is not valid JSON: it is nested too deeply") from None
    if not isinstance(content, Mapping):
        # The value is invalid, not its type: JSON text may contain it too.
        raise ValueError(  # noqa: TRY004
            f"must be a JSON object with a Statement, not {_short(content)}"
        )
    return dict(content)


def policy_text(document: Document) -> str:
    """Return a policy as compact JSON, the form in which it is sent and measured.

    Raises:
        ValueError: The document is not a JSON object.
    """
    return json.dumps(
        policy_object(document), separators=(",", ":"), ensure_ascii=False, default=dict
    )


def grammar_problems(policy: Mapping[str, object]) -> Iterator[Problem]:
    """Yield the violations of IAM's grammar, in document order."""
    if not isinstance(policy.get("Version", ""), str):
        yield Problem(("Version",), f"must be text, not {_short(policy['Version'])}")
    if "Statement" not in policy:
        yield Problem(("Statement",), "is required", missing=True)
    for path, statement in statements_of(policy):
        if isinstance(statement, Mapping):
            yield from _statement_problems(path, statement)
        else:
            yield Problem(path, f"must be a JSON object, not {_short(statement)}")


def statements_of(policy: Mapping[str, object]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield the statements with their paths, invalid ones included."""
    content: Any = policy.get("Statement", [])
    if isinstance(content, list | tuple):
        for number, item in enumerate(content):
            yield ("Statement", number), item
    else:
        yield ("Statement",), content


def items_of(value: object) -> list[object]:
    """Return the items of a list, or a list of the single item."""
    return list(value) if isinstance(value, list | tuple) else [value]


def _without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Reject duplicate names, which JSON allows and of which the last one wins."""
    content: dict[str, object] = {}
    for name, value in pairs:
        if name in content:
            raise ValueError(f"names {name!r} twice in one object")
        content[name] = value
    return content


def _statement_problems(
    path: tuple[str | int, ...], statement: Mapping[str, object]
) -> Iterator[Problem]:
    effect = statement.get("Effect")
    if effect is None:
        yield Problem((*path, "Effect"), "is required", missing=True)
    elif effect not in ("Allow", "Deny"):
        yield Problem((*path, "Effect"), f"must be Allow or Deny, not {_short(effect)}")
    for element in ("Principal", "Action", "Resource"):
        if element in statement and f"Not{element}" in statement:
            yield Problem((*path, f"Not{element}"), f"cannot be combined with {element}")
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if name in statement:
            yield from _text_problems((*path, name), statement[name])
    for name in ("Principal", "NotPrincipal"):
        if name in statement:
            yield from _principal_problems((*path, name), statement[name])
    if "Condition" in statement:
        yield from _condition_problems((*path, "Condition"), statement["Condition"])


def _text_problems(path: tuple[str | int, ...], value: object) -> Iterator[Problem]:
    if not all(isinstance(item, str) and item for item in items_of(value)):
        yield Problem(path, f"must be text or a list of texts, not {_short(value)}")


def _principal_problems(path: tuple[str | int, ...], value: object) -> Iterator[Problem]:
    if value == "*":
        return
    if not isinstance(value, Mapping):
        right = 'must be "*" or a JSON object such as {"AWS": "…"}'
        yield Problem(path, f"{right}, not {_short(value)}")
        return
    for kind, names in value.items():
        yield from _text_problems((*path, kind), names)


def _condition_problems(path: tuple[str | int, ...], condition: object) -> Iterator[Problem]:
    if not isinstance(condition, Mapping):
        yield Problem(path, f"must be a JSON object, not {_short(condition)}")
        return
    for operator, tests in condition.items():
        if not isinstance(tests, Mapping):
            yield Problem((*path, operator), f"must be a JSON object, not {_short(tests)}")
            continue
        for key, values in tests.items():
            if not all(isinstance(item, str | bool | int | float) for item in items_of(values)):
                right = "must be a value or a list of values"
                yield Problem((*path, operator, key), f"{right}, not {_short(values)}")


def _canonical_statement(statement: Mapping[str, object]) -> frozenset[tuple[str, object]]:
    """Return a hashable form of a statement that is equal for equivalent statements."""
    canonical: dict[str, object] = {}
    for name, value in statement.items():
        match name:
            case "Sid":
                continue
            case "Action" | "NotAction":
                canonical[name] = frozenset(str(item).lower() for item in items_of(value))
            case "Resource" | "NotResource":
                canonical[name] = frozenset(items_of(value))
            case "Principal" | "NotPrincipal":
                canonical[name] = frozenset(principals_of(value))
            case "Condition" if isinstance(value, Mapping):
                if tests := frozenset(tests_of(value)):
                    canonical[name] = tests
            case _:
                canonical[name] = _frozen(value)
    return frozenset(canonical.items())


def principals_of(value: object) -> Iterator[tuple[str, str]]:
    """List principals as (kind, name).

    An account is its 12-digit ID, in every partition: a policy can only name accounts of its own
    partition, so no two valid policies differ in that alone.
    """
    by_kind = value if isinstance(value, Mapping) else {"AWS": value}
    for kind, names in by_kind.items():
        for name in map(str, items_of(names)):
            yield kind, canonical_principal(name) if kind == "AWS" else name


def canonical_principal(principal: str) -> str:
    """Return a principal's canonical name: an account's ID for its root ARN (docs)."""
    account = _ACCOUNT.fullmatch(principal)
    return account[1] if account else principal


def tests_of(condition: Mapping[str, object]) -> Iterator[tuple[str, str, frozenset[str]]]:
    """List the tests of a condition, all of which must hold, as (operator, key, values).

    Keys are not case-sensitive. The text after a slash is a tag key, which keeps its case: S3
    distinguishes the tags Team and team, and nothing documents that the condition key does not.
    """
    for operator, tests in condition.items():
        if isinstance(tests, Mapping):
            for key, values in tests.items():
                name, slash, tag_key = key.partition("/")
                kind = operator.lower()
                texts = frozenset(_value_text(kind, value) for value in items_of(values))
                yield kind, f"{name.lower()}{slash}{tag_key}", texts


def _value_text(operator: str, value: object) -> str:
    """Return the value of a test as canonical text."""
    base = operator.rpartition(":")[2].removesuffix("ifexists")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if base in _BOOLEAN_OPERATORS or base.endswith("ignorecase"):
        return text.lower()
    if isinstance(value, float) or base.startswith("numeric"):
        try:
            number = Decimal(text)
        except InvalidOperation:
            return text
        return f"{number.normalize():f}" if number.is_finite() else text
    return text


def _frozen(value: object) -> object:
    """Return a hashable form of an unknown element's value; order and types are significant."""
    if isinstance(value, Mapping):
        return ("object", frozenset((key, _frozen(item)) for key, item in value.items()))
    if isinstance(value, list | tuple):
        return ("list", tuple(_frozen(item) for item in value))
    return (type(value).__name__, value)


def _short(value: object, longest: int = 80) -> str:
    text = repr(value)
    return text if len(text) <= longest else f"{text[:longest]}…"
