"""S3 access policy of a sequence store: what may be in it, and the three operations on it.

A store of any status takes all three (assumed: they declare no ConflictException).
"""

import json
from collections.abc import Iterator
from typing import Any

from omics_components.emulator.clock import to_wire
from omics_components.emulator.errors import invalid, not_found
from omics_components.emulator.records import SequenceStore
from omics_components.emulator.world import Context

POLICY_BYTES_MAX = 15 * 1024
"""15 KB (docs, fixed quota); that a KB is 1024 bytes of UTF-8 is assumed."""

_POLICY_ELEMENTS = {"Version", "Id", "Statement"}
_STATEMENT_ELEMENTS = {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
_CONDITION_KEYS = {"s3:prefix", "s3:signatureversion", "s3:tlsversion", "aws:principalarn"}
_TAG_CONDITION_PREFIX = "s3:existingobjecttag/"
_PRINCIPAL_OPERATORS = {"ArnEquals", "ArnLike"}
_OBJECT_ACTIONS = ("s3:GetObject", "s3:GetObjectTagging")
_LIST_ACTION = "s3:ListBucket"


def default_policy(store: SequenceStore, account: str, partition: str) -> str:
    """Return the policy that is made with each store: its owner may read (docs)."""
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
        "Resource": access_point,
        "Condition": {"StringLike": {"s3:prefix": prefix}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [objects, listing]})


def get_s3_access_policy(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the policy. A store whose policy was deleted answers ResourceNotFound (assumed).

    The model requires s3AccessPolicy, at least one character, in the answer: a blank one cannot
    be reported.
    """
    store = _store(context, parameters)
    if store.s3_access_policy is None:
        raise not_found("S3 access policy of", store.s3_access_point_arn)
    return _identity(store) | {
        "s3AccessPolicy": store.s3_access_policy,
        "updateTime": to_wire(store.s3_access_policy_time_s),
    }


def put_s3_access_policy(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Replace the policy as a whole (assumed, from PUT)."""
    store = _store(context, parameters)
    check_policy(parameters["s3AccessPolicy"], store, context.caller.account)
    store.s3_access_policy = parameters["s3AccessPolicy"]
    store.s3_access_policy_time_s = context.now_s
    return _identity(store)


def delete_s3_access_policy(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Remove the policy, which "removes all S3 access" (docs). Again is no error (idempotent)."""
    _store(context, parameters).s3_access_policy = None
    return {}


def check_policy(text: str, store: SequenceStore, account: str) -> None:
    """Refuse a policy the service does not admit: "the system rejects the request" (docs).

    Raises:
        ServiceError: ValidationException (code assumed).
    """
    if len(text.encode()) > POLICY_BYTES_MAX:
        raise invalid(f"The S3 access policy is larger than {POLICY_BYTES_MAX} bytes")
    try:
        policy = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise invalid("The S3 access policy is not valid JSON") from error
    for problem in _policy_problems(policy, store, account):
        raise invalid(f"The S3 access policy is not valid: {problem}")


def _policy_problems(policy: Any, store: SequenceStore, account: str) -> Iterator[str]:
    """Yield what is wrong, first things first: a generator stops where it is read no further."""
    if not isinstance(policy, dict):
        yield "it is not a JSON object"
        return
    yield from (f"element {name}" for name in sorted(policy.keys() - _POLICY_ELEMENTS))
    statements = policy.get("Statement")
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not statements:
        yield "it has no Statement"
        return
    for statement in statements:
        if not isinstance(statement, dict):
            yield "a Statement is not an object"
            return
        yield from _statement_problems(statement, store, account)


def _statement_problems(
    statement: dict[str, Any], store: SequenceStore, account: str
) -> Iterator[str]:
    yield from (f"element {name}" for name in sorted(statement.keys() - _STATEMENT_ELEMENTS))
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield "Effect must be Allow or Deny"
    # These three are what any resource policy needs to mean something (IAM's grammar).
    for name in ("Principal", "Action", "Resource"):
        if not statement.get(name):
            yield f"a statement has no {name}"
    yield from _condition_problems(statement.get("Condition", {}))
    if statement["Effect"] == "Allow":
        yield from _reach_problems(statement, store, account)


def _condition_problems(condition: Any) -> Iterator[str]:
    if not isinstance(condition, dict):
        yield "Condition is not an object"
        return
    for operator, tests in condition.items():
        if not isinstance(tests, dict):
            yield f"the condition {operator} is not an object"
            return
        for key in tests:
            lowered = key.lower()  # condition keys are not case-sensitive in IAM
            if lowered not in _CONDITION_KEYS and not lowered.startswith(_TAG_CONDITION_PREFIX):
                yield f"condition key {key}"
            # The guide admits aws:PrincipalArn with these two operators only.
            if lowered == "aws:principalarn" and operator not in _PRINCIPAL_OPERATORS:
                yield f"condition key {key} with {operator}"


def _reach_problems(statement: dict[str, Any], store: SequenceStore, account: str) -> Iterator[str]:
    """Yield what an Allow grants beyond the store.

    "Updates to the policy can't go beyond the prefix for the sequence store or the actions
    specified" (docs): the actions and resources of the default policy. That wildcards in actions
    go beyond, and that a Deny may name anything, is assumed.
    """
    objects = f"{store.s3_access_point_arn}/object/{account}/sequenceStore/{store.id}/"
    allowed_actions = {action.lower() for action in (*_OBJECT_ACTIONS, _LIST_ACTION)}
    for action in _as_list(statement["Action"]):
        if not isinstance(action, str) or action.lower() not in allowed_actions:
            yield f"action {action}"
    for resource in _as_list(statement["Resource"]):
        inside = isinstance(resource, str) and (
            resource == store.s3_access_point_arn or resource.startswith(objects)
        )
        if not inside:
            yield f"resource {resource} goes beyond {objects}"


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _store(context: Context, parameters: dict[str, Any]) -> SequenceStore:
    arn = parameters["s3AccessPointArn"]
    for store in context.region.sequence_stores.values():
        if store.s3_access_point_arn == arn:
            return store
    raise not_found("S3 access point", arn)


def _identity(store: SequenceStore) -> dict[str, Any]:
    return {
        "s3AccessPointArn": store.s3_access_point_arn,
        "storeId": store.id,
        "storeType": "SEQUENCE_STORE",
    }
