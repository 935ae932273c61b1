"""IAM policy documents: read, judged as to their grammar, and compared by meaning.

Source of every rule: the IAM user guide (docs), "IAM JSON policy elements reference" and "Grammar
of the IAM JSON policy language", unless a comment says otherwise. Meaning is compared element by
element: that ``s3:*`` contains ``s3:GetObject`` is not worked out.
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
"""Names that AWS requires to be unique, but that decide nothing."""

_ACCOUNT = re.compile(r"(?:arn:[^:]+:iam::)?([0-9]{12})(?::root)?")
_BOOLEAN_OPERATORS = frozenset({"bool", "null"})


def policy_meaning(document: Document) -> object:
    """Reduce a policy to what decides, hashable: equal for documents of equal meaning.

    Without a say are: the order of statements and of all lists, repetitions, one item instead of a
    list of one, Sid and Id, the case of actions and of condition operators and keys, ``"*"`` or
    ``{"AWS": "*"}`` for everybody, an account's number or its root ARN, an empty Condition, and
    numbers and truth values as themselves or as text. Version counts: it decides what ``${…}`` is.

    Raises:
        ValueError: The document is no policy; the sentence begins with the place.
    """
    policy = policy_document(document)
    rest = {
        name: _frozen(value)
        for name, value in policy.items()
        if name not in {"Statement", "Version", *_LABELS}
    }
    return (
        policy.get("Version", _VERSION_WHEN_ABSENT),
        frozenset(_statement_meaning(statement) for _, statement in statements_of(policy)),
        frozenset(rest.items()),
    )


@dataclass(frozen=True)
class Problem:
    """What is wrong in a policy.

    Args:
        path: Where: names of elements and positions in lists.
        sentence: What would be right.
        missing: It is only that something is not there, which a preview may not know yet.
    """

    path: tuple[str | int, ...]
    sentence: str
    missing: bool = False

    @property
    def place(self) -> str:
        """The path as one reads it: ``Statement[0].Principal.AWS``."""
        parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path)
        return "".join(parts).removeprefix(".")

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}" if self.path else self.sentence


def policy_document(document: Document) -> dict[str, object]:
    """Give a policy as a dictionary whose grammar is right.

    Elements that IAM does not know are let through: which ones a service admits is its own matter.

    Raises:
        ValueError: The document is no policy; the sentence begins with the place, such as
            ``Statement[0].Effect``.
    """
    policy = policy_object(document)
    for problem in grammar_problems(policy):
        raise ValueError(str(problem))
    return policy


def policy_object(document: Document) -> dict[str, object]:
    """Give a policy as a dictionary, whatever is in it.

    Raises:
        ValueError: The document is no JSON object.
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
        # It is the value that is wrong: this type comes out of a text as well.
        raise ValueError(  # noqa: TRY004
            f"must be a JSON object with a Statement, not {_short(content)}"
        )
    return dict(content)


def policy_text(document: Document) -> str:
    """Write a policy as compact JSON, the form in which it is sent and its size is counted.

    Raises:
        ValueError: The document is no JSON object.
    """
    return json.dumps(
        policy_object(document), separators=(",", ":"), ensure_ascii=False, default=dict
    )


def grammar_problems(policy: Mapping[str, object]) -> Iterator[Problem]:
    """Yield what breaks IAM's grammar, in the order in which one reads it."""
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
    """List the statements, each with its path; what is no JSON object comes as it is."""
    content: Any = policy.get("Statement", [])
    if isinstance(content, list | tuple):
        for number, item in enumerate(content):
            yield ("Statement", number), item
    else:
        yield ("Statement",), content


def items_of(value: object) -> list[object]:
    """Give the items of a list, or the one item that stands for itself."""
    return list(value) if isinstance(value, list | tuple) else [value]


def _without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse a name given twice: JSON lets it pass, and only the last one counts."""
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
            yield Problem((*path, f"Not{element}"), f"cannot stand beside {element}")
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


def _statement_meaning(statement: Mapping[str, object]) -> frozenset[tuple[str, object]]:
    """Give what decides in a statement, as pairs of element and meaning."""
    meaning: dict[str, object] = {}
    for name, value in statement.items():
        match name:
            case "Sid":
                continue
            case "Action" | "NotAction":
                meaning[name] = frozenset(str(item).lower() for item in items_of(value))
            case "Resource" | "NotResource":
                meaning[name] = frozenset(items_of(value))
            case "Principal" | "NotPrincipal":
                meaning[name] = frozenset(principals_of(value))
            case "Condition" if isinstance(value, Mapping):
                if tests := frozenset(tests_of(value)):
                    meaning[name] = tests
            case _:
                meaning[name] = _frozen(value)
    return frozenset(meaning.items())


def principals_of(value: object) -> Iterator[tuple[str, str]]:
    """List principals as (kind, name).

    An account is its number, in whatever partition: a policy can only name accounts of its own, so
    no two valid policies differ in that alone.
    """
    by_kind = value if isinstance(value, Mapping) else {"AWS": value}
    for kind, names in by_kind.items():
        for name in map(str, items_of(names)):
            yield kind, principal_meaning(name) if kind == "AWS" else name


def principal_meaning(principal: str) -> str:
    """Give what two equal principals share: an account is its number or its root ARN (docs)."""
    account = _ACCOUNT.fullmatch(principal)
    return account[1] if account else principal


def tests_of(condition: Mapping[str, object]) -> Iterator[tuple[str, str, frozenset[str]]]:
    """List the tests of a condition, all of which must hold, as (operator, key, values).

    Keys are not case-sensitive. What follows a slash is the key of a tag: it keeps its case, for
    S3 tells the tags Team and team apart, and nothing says that its condition key does not.
    """
    for operator, tests in condition.items():
        if isinstance(tests, Mapping):
            for key, values in tests.items():
                name, slash, tag_key = key.partition("/")
                kind = operator.lower()
                texts = frozenset(_value_text(kind, value) for value in items_of(values))
                yield kind, f"{name.lower()}{slash}{tag_key}", texts


def _value_text(operator: str, value: object) -> str:
    """Write the value of a test as text, in the form that all equal values share."""
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
    """Make the value of an unknown element hashable; here order counts, and so does every type."""
    if isinstance(value, Mapping):
        return ("object", frozenset((key, _frozen(item)) for key, item in value.items()))
    if isinstance(value, list | tuple):
        return ("list", tuple(_frozen(item) for item in value))
    return (type(value).__name__, value)


def _short(value: object, longest: int = 80) -> str:
    text = repr(value)
    return text if len(text) <= longest else f"{text[:longest]}…"
