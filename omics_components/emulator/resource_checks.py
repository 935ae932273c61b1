"""What HealthOmics needs of keys and buckets, judged on those of moto.

The service acts as ``omics.amazonaws.com``, straight from its service principal and without grants
(docs). That it sends aws:SourceAccount and aws:SourceArn is assumed: AWS recommends both in general
and shows neither in its examples for storage.
"""

import re
from collections.abc import Collection
from typing import Any

from omics_components.emulator.caller import Caller
from omics_components.emulator.errors import ServiceError, invalid
from omics_components.emulator.moto_state import (
    Bucket,
    Key,
    find_bucket,
    find_key,
    find_key_by_id,
    put_object,
)
from omics_components.emulator.policies import Question, UnsupportedPolicy, decide, read_policy

SERVICE = "omics.amazonaws.com"

_STORE_ACTIONS = ("kms:DescribeKey", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext")
"""What the service does with the key of a new store (docs): the first two must be permitted, and
the third is called for "access validation checks". That kms:Decrypt comes later is assumed."""

_BUCKET_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")
"""What it does with the key of a bucket that it writes to (docs)."""

_LOCATION = re.compile(r"s3://(?P<bucket>[^/]+)/?(?P<prefix>.*)")
_CONTENT = b"a part of a read set that failed to upload\n"


def check_resources(caller: Caller, operation: str, parameters: dict[str, Any]) -> None:  # noqa: ARG001 - a ResourceCheck's
    """Refuse a store whose key or bucket the service could not use; a ``ResourceCheck``.

    Only new stores name keys: UpdateSequenceStore has no sseConfig (model).

    Raises:
        ServiceError: It could not.
    """
    check_key(caller, parameters)
    check_log_bucket(caller, parameters)


def check_log_bucket(caller: Caller, parameters: dict[str, Any]) -> None:
    """Refuse access logs in a bucket that is not in the region and account of the store (model).

    That a bucket which does not exist is admitted is assumed: whether the service looks for it, and
    may, is not known. The code is assumed, too.

    Raises:
        ServiceError: ValidationException.
    """
    location = (parameters.get("s3AccessConfig") or {}).get("accessLogLocation")
    place = _LOCATION.fullmatch(location) if location else None
    bucket = find_bucket(place["bucket"]) if place else None
    if bucket and (bucket.region, bucket.account) != (caller.region, caller.account):
        raise invalid(
            f"The S3 bucket {bucket.name} must be in the same region and account as the sequence"
            f" store: it is in {bucket.region} of {bucket.account}"
        )


def check_key(caller: Caller, parameters: dict[str, Any]) -> None:
    """Refuse a store whose key the service could not use.

    Codes are assumed: ValidationException for the key itself, AccessDeniedException for its policy.

    Raises:
        ServiceError: The key is unknown (docs: the caller must be able to describe it), of another
            region, not symmetric (docs), disabled or on its way to deletion (KMS docs: it cannot be
            used), or its policy does not let the service use it (docs).
    """
    arn = (parameters.get("sseConfig") or {}).get("keyArn")
    if not arn:
        return
    key = find_key(arn)
    if key is None:
        # Whether the service would resolve the ARN of an alias is not known: it is refused.
        raise invalid(f"KMS key {arn} was not found")
    if arn.split(":")[3] != caller.region:
        raise invalid(f"KMS key {arn} is not in the Region {caller.region}")
    if (problem := _unusable(key)) is not None:
        raise invalid(f"KMS key {arn} {problem}")
    refused = _refused(key, _STORE_ACTIONS, _context(caller, "sequenceStore"))
    if refused:
        raise ServiceError(
            "AccessDeniedException",
            f"The key policy of {arn} does not let {SERVICE} do {', '.join(refused)}",
        )


def put_fallback_object(
    caller: Caller, store_id: str, location: str | None, name: str
) -> dict[str, Any]:
    """Do what the service does with a part of a failed direct upload.

    Args:
        caller: Owner and region of the store.
        store_id: The store.
        location: Its fallback location.
        name: Name of the object below the location; the service's own names are not known.

    Returns:
        ``stored``, and either ``bucket`` and ``key`` or the ``reason`` why the service may not.
    """
    if not location:
        return _not_stored(f"sequence store {store_id} has no fallback location")
    place = _LOCATION.fullmatch(location)
    bucket = find_bucket(place["bucket"]) if place else None
    if place is None or bucket is None:
        return _not_stored(f"the bucket of {location} does not exist")
    key = f"{place['prefix']}{name}"
    context = _context(caller, f"sequenceStore/{store_id}")
    reason = _policy_reason(bucket, key, context) or _encryption_reason(bucket, context)
    if reason:
        return _not_stored(reason)
    put_object(bucket, key, _CONTENT)
    return {"stored": True, "bucket": bucket.name, "key": key}


def _not_stored(reason: str) -> dict[str, Any]:
    return {"stored": False, "reason": reason}


def _policy_reason(bucket: Bucket, key: str, context: dict[str, str]) -> str | None:
    if bucket.policy is None:
        return f"bucket {bucket.name} has no policy that lets {SERVICE} put objects"
    question = Question("s3:PutObject", f"{bucket.arn}/{key}", SERVICE, context)
    problem = _objection(bucket.policy, question)
    if problem is None:
        return None
    return f"the policy of bucket {bucket.name}, asked for s3:PutObject on {key}, {problem}"


def _encryption_reason(bucket: Bucket, context: dict[str, str]) -> str | None:
    if bucket.key_id is None:
        return None
    if not bucket.key_id:
        # The policy of an AWS managed key cannot be changed, and names no service principal.
        return f"bucket {bucket.name} is encrypted with the key aws/s3, which {SERVICE} cannot use"
    key = find_key_by_id(bucket.key_id, account=bucket.account, region=bucket.region)
    if key is None:
        return f"KMS key {bucket.key_id} of bucket {bucket.name} was not found"
    if (problem := _unusable(key)) is not None:
        return f"KMS key {key.arn} of bucket {bucket.name} {problem}"
    refused = _refused(key, _BUCKET_ACTIONS, context)
    if refused:
        return f"the key policy of {key.arn} does not let {SERVICE} do {', '.join(refused)}"
    return None


def _unusable(key: Key) -> str | None:
    if key.spec != "SYMMETRIC_DEFAULT" or key.usage != "ENCRYPT_DECRYPT":
        return f"is not a symmetric encryption key but {key.spec} for {key.usage}"
    if key.state != "Enabled":
        return f"cannot be used: it is {key.state}"
    return None


def _refused(key: Key, actions: Collection[str], context: dict[str, str]) -> list[str]:
    """List the actions that the key's policy does not let the service do.

    A statement for the account's root only lets IAM policies decide, and a service principal has
    none (docs).
    """
    asked = {action: Question(action, key.arn, SERVICE, context) for action in actions}
    return [action for action, question in asked.items() if _objection(key.policy, question)]


def _objection(policy: str, question: Question) -> str | None:
    """Return why a policy does not allow what is asked; None if it does."""
    try:
        decision = decide(read_policy(policy, of_a_resource=True), question)
    except UnsupportedPolicy as error:
        return f"cannot be evaluated: {error}"
    words = {"deny": f"denies it to {SERVICE}", "neither": f"does not allow it to {SERVICE}"}
    return words.get(decision)


def _context(caller: Caller, path: str) -> dict[str, str]:
    """Return the condition keys of a call that the service makes for the owner of a store."""
    return {
        "aws:sourceaccount": caller.account,
        # A store that is being made has no id yet; the recommended pattern ends with ``*`` (docs).
        "aws:sourcearn": f"arn:{caller.partition}:omics:{caller.region}:{caller.account}:{path}",
        "aws:securetransport": "true",
        "aws:principalisawsservice": "true",
        "aws:principalservicename": SERVICE,
    }
