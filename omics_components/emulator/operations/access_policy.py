"""S3 access policy of a sequence store: what may be in it, and the three operations on it.

A store of any status takes all three (assumed: policy-any-status).
"""

import fnmatch
import json
import re
from collections.abc import Iterator
from typing import Any

from omics_components.emulator.clock import to_wire
from omics_components.emulator.errors import ServiceError, invalid, not_found
from omics_components.emulator.lags import remember, visible
from omics_components.emulator.records import SequenceStore
from omics_components.emulator.world import Context

POLICY_BYTES_MAX = 15 * 1024
"""15 KB (docs, fixed quota), each of 1024 bytes of UTF-8 (assumed: policy-size)."""

_POLICY_BYTES_OF_THOUSANDS = 15_000

_POLICY_ELEMENTS = {"Version", "Id", "Statement"}
_STATEMENT_ELEMENTS = {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
_CONDITION_KEYS = {"s3:prefix", "s3:signatureversion", "s3:tlsversion", "aws:principalarn"}
_TAG_CONDITION_PREFIX = "s3:existingobjecttag/"
_VERSIONS = ("2012-10-17", "2008-10-17")
_PRINCIPAL_TYPES = {"AWS", "CanonicalUser", "Federated", "Service"}
_OPERATOR = re.compile(
    "(ForAllValues:|ForAnyValue:)?("
    "String(Not)?(Equals|EqualsIgnoreCase|Like)|"
    "(Numeric|Date)((Not)?Equals|(Less|Greater)Than(Equals)?)|"
    "Bool|BinaryEquals|(Not)?IpAddress|Arn(Not)?(Equals|Like))(IfExists)?|Null",
    re.IGNORECASE,
)
"""IAM's condition operators (docs: "IAM JSON policy elements: Condition operators")."""

_PRINCIPAL_OPERATORS = {"ArnEquals", "ArnLike"}
_OBJECT_ACTIONS = ("s3:GetObject", "s3:GetObjectTagging")
_LIST_ACTION = "s3:ListBucket"
_DELETED_POLICIES = {
    "blank": " ",
    "no-statement": json.dumps({"Version": "2012-10-17", "Statement": []}),
}
"""What a deleted policy reads as, by alternative."""


def default_policy(
    store: SequenceStore, account: str, partition: str, *, as_example: bool = False
) -> str:
    """Return the policy that is made with each store: its owner may read.

    The guide prints it (docs: s3-sharing; assumed: default-access-policy).

    Args:
        store: The store.
        account: Its owner.
        partition: The partition of ARNs.
        as_example: Return the guide's example of a policy instead.
    """
    owner = {"AWS": f"arn:{partition}:iam::{account}:root"}
    access_point, prefix = store.s3_access_point_arn, f"{account}/sequenceStore/{store.id}/*"
    objects = {
        "Effect": "Allow",
        "Principal": owner,
        "Action": list(_OBJECT_ACTIONS),
        "Resource": f"{access_point}/object/{prefix}",
    }
    listing = {
        "Effect": "Allow",
        "Principal": owner,
        "Action": _LIST_ACTION,
        "Resource": f"{access_point}/{prefix}",
    }
    if as_example:
        listing["Resource"] = access_point
        listing["Condition"] = {"StringLike": {"s3:prefix": prefix}}
    return json.dumps({"Version": "2012-10-17", "Statement": [objects, listing]})


def get_s3_access_policy(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the policy as it was sent.

    Its text is kept (assumed: policy-text) and seen at once (assumed: policy-lags-after-put). A
    store whose policy was deleted answers ResourceNotFound (assumed: policy-after-deletion).
    """
    store = _store(context, parameters)
    lag_s = context.seconds("policy-lags-after-put")
    policy = visible(store, "policy", store.s3_access_policy, context.now_s, lag_s)
    if policy is None:
        policy = _DELETED_POLICIES.get(context.assumes("policy-after-deletion") or "")
    if policy is None:
        raise not_found("S3 access policy of", store.s3_access_point_arn)
    return _identity(store) | {
        "s3AccessPolicy": _as_reported(context, policy),
        "updateTime": to_wire(store.s3_access_policy_time_s),
    }


def put_s3_access_policy(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Replace the policy as a whole (assumed: policy-replaced)."""
    store = _store(context, parameters)
    check_policy(context, parameters["s3AccessPolicy"], store)
    _remember(context, store)
    store.s3_access_policy = parameters["s3AccessPolicy"]
    store.s3_access_policy_time_s = context.now_s
    return _identity(store)


def delete_s3_access_policy(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Remove the policy, which "removes all S3 access" (docs). Again is no error (idempotent)."""
    store = _store(context, parameters)
    _remember(context, store)
    store.s3_access_policy = None
    if context.assumes("policy-after-deletion") == "default-again":
        caller = context.caller
        store.s3_access_policy = default_policy(store, caller.account, caller.partition)
    return {}


def _remember(context: Context, store: SequenceStore) -> None:
    if context.assumes("policy-lags-after-put"):
        remember(store, "policy", store.s3_access_policy, context.now_s)


def _as_reported(context: Context, text: str) -> str:
    how = context.assumes("policy-text")
    if how is None or not text.strip():
        return text
    policy = json.loads(text)
    if how == "reformatted":
        return json.dumps(policy, indent=2, sort_keys=True)
    if "Id" in policy:
        policy["Id"] = "omics-generated"
    if how == "without-id":
        policy.pop("Id", None)
    return json.dumps(policy)


def check_policy(context: Context, text: str, store: SequenceStore) -> None:
    """Refuse a policy the service does not admit: "the system rejects the request" (docs).

    Raises:
        ServiceError: ValidationException (assumed: policy-refusal-code).
    """
    in_thousands = context.assumes("policy-size")
    largest = _POLICY_BYTES_OF_THOUSANDS if in_thousands else POLICY_BYTES_MAX
    if len(text.encode()) > largest:
        raise _refused(context, f"The S3 access policy is larger than {largest} bytes")
    try:
        policy = json.loads(text, object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError) as error:
        raise _refused(context, "The S3 access policy is not valid JSON") from error
    for problem in _policy_problems(context, policy, store):
        raise _refused(context, f"The S3 access policy is not valid: {problem}")
    _check_principals(context, policy)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object whose keys differ.

    Raises:
        ValueError: Two are alike (docs: IAM's grammar has each element once).
    """
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key is there twice")
    return made


def _refused(context: Context, message: str) -> ServiceError:
    if context.assumes("policy-refusal-code"):
        return ServiceError("NotSupportedOperationException", message)
    return invalid(message)


def _check_principals(context: Context, policy: dict[str, Any]) -> None:
    """Refuse principals that are too new for the alternative in force (assumed: new-principals)."""
    lag_s = context.seconds("new-principals")
    if not lag_s:
        return
    for statement in _as_list(policy["Statement"]):
        principal = statement["Principal"]
        named = principal.get("AWS", []) if isinstance(principal, dict) else []
        for arn in _as_list(named):
            if str(arn).endswith(":root"):
                continue  # an account is not new
            seen_s = context.region.principals.setdefault(str(arn), context.now_s)
            if context.now_s < seen_s + lag_s:
                in_words = context.assumes("new-principals") == "other-words"
                text = "The request could not be completed" if in_words else "Invalid principal"
                raise invalid(text if in_words else f"{text} in policy: {arn}")


def _policy_problems(context: Context, policy: Any, store: SequenceStore) -> Iterator[str]:
    """Yield what is wrong, first things first: a generator stops where it is read no further."""
    if not isinstance(policy, dict):
        yield "it is not a JSON object"
        return
    yield from (f"element {name}" for name in sorted(policy.keys() - _POLICY_ELEMENTS))
    if policy.get("Version", _VERSIONS[0]) not in _VERSIONS:
        yield f"Version {policy['Version']}"
    if not isinstance(policy.get("Id", ""), str):
        yield "Id is not text"
    statements = policy.get("Statement")
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not statements:
        yield "it has no Statement"
        return
    for statement in statements:
        if not isinstance(statement, dict):
            yield "a Statement is not an object"
            return
        yield from _statement_problems(context, statement, store)


def _statement_problems(
    context: Context, statement: dict[str, Any], store: SequenceStore
) -> Iterator[str]:
    yield from (f"element {name}" for name in sorted(statement.keys() - _STATEMENT_ELEMENTS))
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield "Effect must be Allow or Deny"
    # These three are what any resource policy needs to mean something (IAM's grammar).
    for name in ("Principal", "Action", "Resource"):
        if not statement.get(name):
            yield f"a statement has no {name}"
    if not isinstance(statement.get("Sid", ""), str):
        yield "Sid is not text"
    yield from (
        f"{name} is not text" for name in ("Action", "Resource") if not _is_text(statement[name])
    )
    yield from _principal_problems(statement["Principal"])
    yield from _condition_problems(statement.get("Condition", {}))
    # A Deny may name anything (assumed: policy-deny).
    if statement["Effect"] == "Allow" or context.assumes("policy-deny"):
        yield from _reach_problems(context, statement, store)


def _principal_problems(principal: Any) -> Iterator[str]:
    """Yield what IAM's grammar does not admit: it is ``*``, or names by type (docs)."""
    if principal == "*":
        return
    if not isinstance(principal, dict):
        yield f"Principal {principal}"
        return
    for kind, names in principal.items():
        if kind not in _PRINCIPAL_TYPES or not _is_text(names):
            yield f"Principal {kind}: {names}"


def _is_text(value: Any) -> bool:
    """Return whether a value is a text that says something, or a list of such."""
    values = _as_list(value)
    return bool(values) and all(isinstance(item, str) and item for item in values)


def _condition_problems(condition: Any) -> Iterator[str]:
    if not isinstance(condition, dict):
        yield "Condition is not an object"
        return
    for operator, tests in condition.items():
        if not isinstance(tests, dict):
            yield f"the condition {operator} is not an object"
            return
        if not _OPERATOR.fullmatch(operator):
            yield f"condition operator {operator}"
        for key, value in tests.items():
            values = _as_list(value)
            if not values or not all(isinstance(item, str | int | float) for item in values):
                yield f"the value of the condition key {key}"
            lowered = key.lower()  # condition keys are not case-sensitive in IAM
            if lowered not in _CONDITION_KEYS and not lowered.startswith(_TAG_CONDITION_PREFIX):
                yield f"condition key {key}"
            # The guide admits aws:PrincipalArn with these two operators only.
            if lowered == "aws:principalarn" and operator not in _PRINCIPAL_OPERATORS:
                yield f"condition key {key} with {operator}"


def _reach_problems(
    context: Context, statement: dict[str, Any], store: SequenceStore
) -> Iterator[str]:
    """Yield what an Allow grants beyond the store.

    "Updates to the policy can't go beyond the prefix for the sequence store or the actions
    specified" (docs): the actions and resources of the default policy. Actions with wildcards go
    beyond (assumed: policy-wildcard-actions).
    """
    prefix = f"{context.caller.account}/sequenceStore/{store.id}/"
    objects = f"{store.s3_access_point_arn}/object/{prefix}"
    listed = f"{store.s3_access_point_arn}/{prefix}"
    allowed_actions = {action.lower() for action in (*_OBJECT_ACTIONS, _LIST_ACTION)}
    admits_wildcards = context.assumes("policy-wildcard-actions") is not None
    for action in _as_list(statement["Action"]):
        text = str(action).lower()
        covered = fnmatch.filter(allowed_actions, text) if admits_wildcards else []
        if text not in allowed_actions and not covered:
            yield f"action {action}"
    for resource in _as_list(statement["Resource"]):
        inside = isinstance(resource, str) and (
            resource == store.s3_access_point_arn or resource.startswith((objects, listed))
        )
        if not inside:
            yield f"resource {resource} goes beyond {objects}"


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _store(context: Context, parameters: dict[str, Any]) -> SequenceStore:
    arn = parameters["s3AccessPointArn"]
    for store in context.region.sequence_stores.values():
        if store.s3_access_point_arn == arn:
            if context.assumes("policy-any-status") and store.status != "ACTIVE":
                raise invalid(f"Sequence store {store.id} is {store.status}, not ACTIVE")
            return store
    raise not_found("S3 access point", arn)


def _identity(store: SequenceStore) -> dict[str, Any]:
    return {
        "s3AccessPointArn": store.s3_access_point_arn,
        "storeId": store.id,
        "storeType": "SEQUENCE_STORE",
    }
