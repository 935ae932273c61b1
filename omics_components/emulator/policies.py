"""Does an IAM policy let a call through: the part of IAM's evaluation that tests of roles need.

Source: IAM user guide, "Policy evaluation logic" and "JSON policy elements" (docs). What is not
evaluated here (policy variables, quantified, numeric, date and IP conditions) is refused loudly
instead of being guessed.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Decision = Literal["allow", "deny", "neither"]

_VERSIONS = ("2012-10-17", "2008-10-17")
_POLICY_ELEMENTS = {"Version", "Id", "Statement"}
_PRINCIPAL_ELEMENTS = {"Principal", "NotPrincipal"}
_PATTERN_ELEMENTS = ("Action", "Resource")
_STATEMENT_ELEMENTS = {
    *("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"),
    *_PRINCIPAL_ELEMENTS,
}

_NEGATIONS = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnlike",
    "arnnotlike": "arnlike",
}
_COMPARISONS = ("stringequals", "stringequalsignorecase", "stringlike", "arnlike", "bool")

_ARN_PARTS = 6


class UnsupportedPolicy(ValueError):
    """A policy says something that the emulator cannot evaluate, or is no policy."""


@dataclass(frozen=True)
class Question:
    """May *principal* do *action* on *resource*?

    Args:
        action: ``kms:DescribeKey``.
        resource: ARN, or ``*`` for an action on no particular resource.
        principal: Service (``omics.amazonaws.com``) that asks; None where the policy belongs to
            the one who asks, and so names no principal.
        context: Values of condition keys, keys in lower case. A key that is not here is absent.
    """

    action: str
    resource: str
    principal: str | None = None
    context: Mapping[str, str] = field(default_factory=dict)


def read_policy(document: Any, *, of_a_resource: bool = False) -> dict[str, Any]:
    """Return a policy, given as an object or as JSON text.

    Args:
        document: The policy.
        of_a_resource: Whether it is a key's or a bucket's, and says whom it is about; else it is a
            caller's.

    Raises:
        UnsupportedPolicy: It is no policy, by IAM's grammar (docs). A version is not needed.
    """
    if isinstance(document, str | bytes):
        try:
            document = json.loads(document)
        except (ValueError, RecursionError) as error:
            raise UnsupportedPolicy(f"the policy is not valid JSON: {error}") from None
    if not isinstance(document, dict) or "Statement" not in document:
        raise UnsupportedPolicy("the policy is no JSON object with a Statement")
    _check_elements("a policy", document, _POLICY_ELEMENTS)
    if document.get("Version", _VERSIONS[0]) not in _VERSIONS:
        raise UnsupportedPolicy(f"the policy's Version cannot be {document['Version']!r}")
    for statement in _as_list(document["Statement"]):
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            raise UnsupportedPolicy("a Statement is no JSON object with Effect Allow or Deny")
        _check_elements("a Statement", statement, _STATEMENT_ELEMENTS)
        _check_principal(statement, of_a_resource=of_a_resource)
        for element in _PATTERN_ELEMENTS:
            _check_patterns(statement, element)
        _check_condition(statement.get("Condition", {}))
        _check_supported(statement)
    return document


def decide(policy: Mapping[str, Any], question: Question) -> Decision:
    """Return what a policy that ``read_policy`` returned answers; a Deny beats every Allow."""
    effects = {
        statement["Effect"]
        for statement in _as_list(policy["Statement"])
        if _applies(statement, question)
    }
    if "Deny" in effects:
        return "deny"
    return "allow" if "Allow" in effects else "neither"


def condition_keys(policy: Mapping[str, Any]) -> set[str]:
    """Return the condition keys that a policy uses, in lower case."""
    return {
        key.lower()
        for statement in _as_list(policy["Statement"])
        for _, key, _ in _tests(statement)
    }


def _applies(statement: Mapping[str, Any], question: Question) -> bool:
    return (
        _names_principal(statement, question.principal)
        and _names(statement, "Action", question.action, ignore_case=True)
        and _names(statement, "Resource", question.resource)
        and all(_holds(*test, question.context) for test in _tests(statement))
    )


def _names_principal(statement: Mapping[str, Any], principal: str | None) -> bool:
    """Return whether a statement is about the service *principal*; ``*`` is about everyone."""
    if principal is None:
        return True
    named = [*_principals(statement.get("Principal", []))]
    spared = [*_principals(statement.get("NotPrincipal", []))]
    if spared:
        return ("Service", principal) not in spared
    return bool({("Service", principal), ("AWS", "*"), ("Service", "*")} & set(named))


def _principals(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for kind, names in value.items():
            yield from ((kind, str(name)) for name in _as_list(names))
    else:
        yield from (("AWS", str(name)) for name in _as_list(value))


def _names(
    statement: Mapping[str, Any], element: str, text: str, *, ignore_case: bool = False
) -> bool:
    if f"Not{element}" in statement:
        patterns = _as_list(statement[f"Not{element}"])
        return not any(_like(str(item), text, ignore_case=ignore_case) for item in patterns)
    patterns = _as_list(statement[element])
    return any(_like(str(item), text, ignore_case=ignore_case) for item in patterns)


def _like(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Return whether *text* fits a *pattern* of ``*`` and ``?``."""
    escaped = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return (
        re.fullmatch(escaped, text, re.DOTALL | (re.IGNORECASE if ignore_case else 0)) is not None
    )


def _like_arn(pattern: str, arn: str) -> bool:
    """Return whether *arn* fits *pattern*: each of its six parts is compared by itself (docs)."""
    patterns, parts = pattern.split(":", 5), arn.split(":", 5)
    if not len(patterns) == len(parts) == _ARN_PARTS:
        return False
    return all(_like(*pair) for pair in zip(patterns, parts, strict=True))


def _tests(statement: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield (operator, key, values) of each test, all of which must hold."""
    for operator, tests in statement.get("Condition", {}).items():
        for key, values in tests.items():
            yield operator.lower(), key, [_text(value) for value in _as_list(values)]


def _holds(operator: str, key: str, values: list[str], context: Mapping[str, str]) -> bool:
    found = context.get(key.lower())
    if operator == "null":
        return (found is None) is (values[0].lower() == "true")
    base = operator.removesuffix("ifexists")
    if found is None:
        # A test of an absent key fails, unless it is negated or asks for it to exist.
        return operator != base or base in _NEGATIONS
    comparison = _NEGATIONS.get(base, base)
    fits = any(_compares(_same_as_like(comparison), value, found) for value in values)
    return fits is not (base in _NEGATIONS)


def _compares(comparison: str, value: str, found: str) -> bool:
    if comparison == "stringlike":
        return _like(value, found)
    if comparison == "arnlike":
        return _like_arn(value, found)
    if comparison in ("stringequalsignorecase", "bool"):
        return value.lower() == found.lower()
    return value == found


def _same_as_like(comparison: str) -> str:
    """ArnEquals and ArnLike behave alike (docs)."""
    return "arnlike" if comparison == "arnequals" else comparison


def _check_elements(what: str, found: Mapping[str, Any], known: set[str]) -> None:
    """Refuse what IAM would refuse, and what would allow more than is meant, were it ignored."""
    if unknown := sorted(found.keys() - known):
        raise UnsupportedPolicy(f"{what} has no element {', '.join(unknown)}")


def _check_principal(statement: Mapping[str, Any], *, of_a_resource: bool) -> None:
    named = _PRINCIPAL_ELEMENTS & statement.keys()
    if named and not of_a_resource:
        raise UnsupportedPolicy(f"a policy of a caller names no {', '.join(sorted(named))}")
    if of_a_resource and len(named) != 1:
        raise UnsupportedPolicy("a Statement needs either Principal or NotPrincipal")


def _check_patterns(statement: Mapping[str, Any], element: str) -> None:
    named = [name for name in (element, f"Not{element}") if name in statement]
    if len(named) != 1:
        raise UnsupportedPolicy(f"a Statement needs either {element} or Not{element}")
    patterns = _as_list(statement[named[0]])
    if not patterns or not all(isinstance(item, str) for item in patterns):
        raise UnsupportedPolicy(f"{named[0]} of a Statement is no text, and no list of texts")


def _check_condition(condition: Any) -> None:
    if not isinstance(condition, dict) or not all(isinstance(t, dict) for t in condition.values()):
        raise UnsupportedPolicy("a Condition is no JSON object of JSON objects")
    for operator, tests in condition.items():
        for key, value in tests.items():
            values = _as_list(value)
            if not values or not all(isinstance(item, str | int | float) for item in values):
                raise UnsupportedPolicy(f"the condition {operator} of {key} has no value")


def _check_supported(statement: Mapping[str, Any]) -> None:
    texts = [*_as_list(statement.get("Resource", [])), *_as_list(statement.get("NotResource", []))]
    for operator, key, values in _tests(statement):
        base = operator.removesuffix("ifexists")
        if operator == "null":
            if not {value.lower() for value in values} <= {"true", "false"}:
                raise UnsupportedPolicy(f"the condition null of {key} is neither true nor false")
        elif _same_as_like(_NEGATIONS.get(base, base)) not in _COMPARISONS:
            raise UnsupportedPolicy(f"the emulator cannot evaluate the condition {operator}")
        texts += values
    for text in texts:
        if "${" in text:
            raise UnsupportedPolicy(f"the emulator cannot evaluate the policy variable in {text}")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
