"""What HealthOmics needs of keys and buckets, judged on those of moto.

The service acts as ``omics.amazonaws.com``, straight from its service principal and without grants
(docs). It sends aws:SourceAccount and aws:SourceArn (assumed: source-account).
"""

import re
from collections.abc import Collection
from typing import Any

from omics_components.emulator.caller import Caller
from omics_components.emulator.errors import KeyRefused, ServiceError, invalid
from omics_components.emulator.moto_state import (
    Bucket,
    Key,
    created_s,
    find_bucket,
    find_key,
    find_key_by_id,
    put_object,
)
from omics_components.emulator.policies import Question, UnsupportedPolicy, decide, read_policy
from omics_components.emulator.settings import Settings

SERVICE = "omics.amazonaws.com"

_LOG_DELIVERY = "logging.s3.amazonaws.com"

_STORE_ACTIONS = ("kms:DescribeKey", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext")
"""What the service does with the key of a new store (docs): the first two must be permitted, and
the third is called for "access validation checks"; kms:Decrypt comes later (assumed:
key-actions)."""

_BUCKET_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")
"""What it does with the key of a bucket that it writes to (docs)."""

_LOCATION = re.compile(r"s3://(?P<bucket>[^/]+)/?(?P<prefix>.*)")
_CONTENT = b"a part of a read set that failed to upload\n"


def check_resources(
    caller: Caller,
    operation: str,  # noqa: ARG001 - a ResourceCheck's
    parameters: dict[str, Any],
    *,
    settings: Settings,
    now_s: float,
) -> None:
    """Refuse a store whose key or bucket the service could not use; a ``ResourceCheck``.

    Only new stores name keys: UpdateSequenceStore has no sseConfig (model).

    Args:
        caller: Who calls.
        operation: The operation.
        parameters: Of the call; the ARN of an alias may be replaced by that of its key.
        settings: Alternatives in force.
        now_s: Now (s).

    Raises:
        ServiceError: It could not.
    """
    check_log_bucket(caller, parameters, settings)
    check_key(caller, parameters, settings, now_s)


def check_log_bucket(caller: Caller, parameters: dict[str, Any], settings: Settings) -> None:
    """Refuse access logs in a bucket that is not in the region and account of the store (model).

    A bucket that does not exist is admitted (assumed: log-bucket-missing).

    Raises:
        ServiceError: ValidationException (assumed: log-bucket-code).
    """
    location = (parameters.get("s3AccessConfig") or {}).get("accessLogLocation")
    place = _LOCATION.fullmatch(location) if location else None
    bucket = find_bucket(place["bucket"]) if place else None
    if bucket is None:
        if place and settings.assumes("log-bucket-missing"):
            raise invalid(f"The S3 bucket {place['bucket']} does not exist")
        return
    if (bucket.region, bucket.account) != (caller.region, caller.account):
        text = (
            f"The S3 bucket {bucket.name} must be in the same region and account as the sequence"
            f" store: it is in {bucket.region} of {bucket.account}"
        )
        denied = settings.assumes("log-bucket-code")
        raise ServiceError("AccessDeniedException", text) if denied else invalid(text)
    if place and settings.assumes("access-log-writer") == "checked":
        context = _context(caller, "sequenceStore", settings, "s3")
        if reason := _policy_reason(bucket, f"{place['prefix']}check", SERVICE, context):
            raise invalid(f"Access logs cannot be written: {reason}")


def check_key(caller: Caller, parameters: dict[str, Any], settings: Settings, now_s: float) -> None:
    """Refuse a store whose key the service could not use (assumed: bad-key).

    ValidationException for the key itself, AccessDeniedException for its policy.

    Raises:
        ServiceError: The key is unknown (docs: the caller must be able to describe it), of another
            region, not symmetric (docs), disabled or on its way to deletion (KMS docs: it cannot be
            used), or its policy does not let the service use it (docs).
    """
    arn = (parameters.get("sseConfig") or {}).get("keyArn")
    if not arn:
        return
    key = find_key(arn)
    # The ARN of an alias is refused (assumed: key-alias).
    with_aliases = settings.assumes("key-alias")
    if key is None and with_aliases:
        key = _aliased(arn)
        if key and with_aliases == "resolved":
            parameters["sseConfig"]["keyArn"] = key.arn
    problem = _key_problem(caller, key, settings, now_s)
    if key is None or problem:
        denied = settings.assumes("bad-key") == "always-denied"
        code = "AccessDeniedException" if denied else "ValidationException"
        raise KeyRefused(code, f"KMS key {arn} {problem}")
    actions = (
        (*_STORE_ACTIONS, "kms:Decrypt") if settings.assumes("key-actions") else _STORE_ACTIONS
    )
    refused = _refused(key, actions, _context(caller, "sequenceStore", settings, "kms"))
    if refused:
        invalid_key = settings.assumes("bad-key") == "always-validation"
        raise KeyRefused(
            "ValidationException" if invalid_key else "AccessDeniedException",
            f"The key policy of {arn} does not let {SERVICE} do {', '.join(refused)}",
        )


def _key_problem(caller: Caller, key: Key | None, settings: Settings, now_s: float) -> str | None:
    """Return what is wrong with a key itself, or None."""
    # A new key can be used at once (assumed: new-keys).
    if key is None or now_s < created_s(key) + settings.seconds("new-keys"):
        return "was not found"
    # Keys encrypt in their own Region (assumed: key-region).
    if key.arn.split(":")[3] != caller.region and not settings.assumes("key-region"):
        return f"is not in the Region {caller.region}"
    return _unusable(key)


def _aliased(arn: str) -> Key | None:
    """Return the key behind the ARN of an alias."""
    *_, region, account, name = arn.split(":")
    return find_key_by_id(arn, account=account, region=region) if "alias/" in name else None


def put_fallback_object(
    caller: Caller, store_id: str, location: str | None, name: str, settings: Settings
) -> dict[str, Any]:
    """Do what the service does with a part of a failed direct upload.

    Args:
        caller: Owner and region of the store.
        store_id: The store.
        location: Its fallback location.
        name: Name of the object below the location and the id of the store (assumed:
            fallback-object-names).
        settings: Alternatives in force.

    Returns:
        ``stored``, and either ``bucket`` and ``key`` or the ``reason`` why the service may not.
    """
    if not location:
        return _not_stored(f"sequence store {store_id} has no fallback location")
    if not settings.assumes("fallback-object-names"):
        name = f"{store_id}/{name}"
    return _put(caller, store_id, location, name, service=SERVICE, settings=settings)


def put_access_log(
    caller: Caller, store_id: str, location: str | None, name: str, settings: Settings
) -> dict[str, Any]:
    """Do what the service does with an access log: it writes it (assumed: access-log-writer).

    Args:
        caller: Owner and region of the store.
        store_id: The store.
        location: Its access log location.
        name: Name of the object below the location.
        settings: Alternatives in force.

    Returns:
        ``stored``, and either ``bucket`` and ``key`` or the ``reason`` why the writer may not.
    """
    if not location:
        return _not_stored(f"sequence store {store_id} has no access log location")
    by_s3 = settings.assumes("access-log-writer") == "s3-logging"
    service = _LOG_DELIVERY if by_s3 else SERVICE
    return _put(caller, store_id, location, name, service=service, settings=settings)


def _put(
    caller: Caller, store_id: str, location: str, name: str, *, service: str, settings: Settings
) -> dict[str, Any]:
    """Put an object below a location as *service*, if bucket and key let it."""
    place = _LOCATION.fullmatch(location)
    bucket = find_bucket(place["bucket"]) if place else None
    if place is None or bucket is None:
        return _not_stored(f"the bucket of {location} does not exist")
    key = f"{place['prefix']}{name}"
    path = f"sequenceStore/{store_id}"
    to_s3, to_kms = (_context(caller, path, settings, called, service) for called in ("s3", "kms"))
    reason = _policy_reason(bucket, key, service, to_s3) or _encryption_reason(
        bucket, service, to_kms
    )
    if reason:
        return _not_stored(reason)
    put_object(bucket, key, _CONTENT)
    return {"stored": True, "bucket": bucket.name, "key": key}


def _not_stored(reason: str) -> dict[str, Any]:
    return {"stored": False, "reason": reason}


def _policy_reason(bucket: Bucket, key: str, service: str, context: dict[str, str]) -> str | None:
    if bucket.policy is None:
        return f"bucket {bucket.name} has no policy that lets {service} put objects"
    question = Question("s3:PutObject", f"{bucket.arn}/{key}", service, context)
    problem = _objection(bucket.policy, question)
    if problem is None:
        return None
    return f"the policy of bucket {bucket.name}, asked for s3:PutObject on {key}, {problem}"


def _encryption_reason(bucket: Bucket, service: str, context: dict[str, str]) -> str | None:
    if bucket.key_id is None:
        return None
    if not bucket.key_id:
        # The policy of an AWS managed key cannot be changed, and names no service principal.
        return f"bucket {bucket.name} is encrypted with the key aws/s3, which {service} cannot use"
    key = find_key_by_id(bucket.key_id, account=bucket.account, region=bucket.region)
    if key is None:
        return f"KMS key {bucket.key_id} of bucket {bucket.name} was not found"
    if (problem := _unusable(key)) is not None:
        return f"KMS key {key.arn} of bucket {bucket.name} {problem}"
    refused = _refused(key, _BUCKET_ACTIONS, context, service)
    if refused:
        return f"the key policy of {key.arn} does not let {service} do {', '.join(refused)}"
    return None


def _unusable(key: Key) -> str | None:
    if key.spec != "SYMMETRIC_DEFAULT" or key.usage != "ENCRYPT_DECRYPT":
        return f"is not a symmetric encryption key but {key.spec} for {key.usage}"
    if key.state != "Enabled":
        return f"cannot be used: it is {key.state}"
    return None


def _refused(
    key: Key, actions: Collection[str], context: dict[str, str], service: str = SERVICE
) -> list[str]:
    """List the actions that the key's policy does not let the service do.

    A statement for the account's root only lets IAM policies decide, and a service principal has
    none (docs).
    """
    asked = {action: Question(action, key.arn, service, context) for action in actions}
    return [action for action, question in asked.items() if _objection(key.policy, question)]


def _objection(policy: str, question: Question) -> str | None:
    """Return why a policy does not allow what is asked; None if it does."""
    try:
        decision = decide(read_policy(policy, of_a_resource=True), question)
    except UnsupportedPolicy as error:
        return f"cannot be evaluated: {error}"
    who = question.principal
    words = {"deny": f"denies it to {who}", "neither": f"does not allow it to {who}"}
    return words.get(decision)


def _context(
    caller: Caller, path: str, settings: Settings, called: str, service: str = SERVICE
) -> dict[str, str]:
    """Return the condition keys of a call that the service makes for the owner of a store.

    Args:
        caller: The owner.
        path: Names the store. One that is being made has no id yet; the recommended pattern ends
            with ``*`` (docs).
        settings: Alternatives in force.
        called: ``kms`` or ``s3``.
        service: Who calls.
    """
    sent = {
        "aws:sourceaccount": caller.account,
        "aws:sourcearn": f"arn:{caller.partition}:omics:{caller.region}:{caller.account}:{path}",
    }
    otherwise = settings.assumes("source-account")
    if otherwise in ("neither", f"not-to-{called}"):
        sent = {}
    elif otherwise == "account-only":
        del sent["aws:sourcearn"]
    return {
        **sent,
        "aws:securetransport": "true",
        "aws:principalisawsservice": "true",
        "aws:principalservicename": service,
    }
