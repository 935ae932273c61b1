"""Where moto is not AWS: its names of keys, and what it forgets or does not forget.

It forgets rotation periods, and keeps the tags of deleted buckets; it does not know the tags that
CreateBucket may have. A period is kept on moto's own
key: so it lives, is copied and is forgotten together with it.
"""

import dataclasses
import json
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from omics_components.emulator.caller import Caller
from omics_components.emulator.iam_actions import Request
from omics_components.emulator.moto_key_names import parameters, with_plain_ids
from omics_components.emulator.moto_state import (
    find_bucket,
    forget_tags_of_deleted_buckets,
    moto_key,
    tag_bucket,
)
from omics_components.emulator.wire import Response

_SET = "EnableKeyRotation"
_TELL = "GetKeyRotationStatus"
_DEFAULT_DAYS = 365
_PERIOD = "RotationPeriodInDays"
_KEPT_AS = "omics_components_rotation_period_days"


_POLICIES = frozenset({"GetKeyPolicy", "PutKeyPolicy"})


def corrected(
    request: Request, caller: Caller | None, ask_moto: Callable[[bytes], Response]
) -> Response:
    """Return the answer to a request as the service would give it.

    Args:
        request: The request.
        caller: Who calls; None if unknown.
        ask_moto: Gives moto's answer to the request with this body.
    """
    if caller is None:
        return ask_moto(request.body)
    if request.service == "kms":
        return _by_kms(request, caller, ask_moto)
    if request.service == "tagging":
        # Its older versions know the service alone; KMS tags nothing but keys.
        return ask_moto(request.body.replace(b'"kms:key"', b'"kms"'))
    name = unquote(request.path).strip("/")
    creates = (request.service, request.operation) == ("s3", "CreateBucket")
    is_new = creates and find_bucket(name) is None
    answer = ask_moto(_without_tags_alone(request.body) if creates else request.body)
    if is_new and _is_good(answer):
        # One that is there already keeps its tags (assumed), also in us-east-1, where S3 answers
        # 200 to its owner.
        tag_bucket(name, _tags_of_creation(request.body))
    if (request.service, request.operation) == ("s3", "DeleteBucket") and _is_good(answer):
        # Another bucket of the name would begin with the tags of this one.
        forget_tags_of_deleted_buckets(caller.account)
    return answer


def _without_tags_alone(body: bytes) -> bytes:
    """Return the body of CreateBucket, or none if it holds nothing that moto knows.

    Its older versions refuse a body without a LocationConstraint.
    """
    return body if b"LocationConstraint" in body else b""


def _tags_of_creation(body: bytes) -> dict[str, str]:
    """Read the tags in the body of CreateBucket (model: CreateBucketConfiguration.Tags)."""
    if not body.strip():
        return {}
    tags = ET.fromstring(body).iterfind(".//{*}Tag")  # noqa: S314 the caller's own process
    return {tag.findtext("{*}Key", ""): tag.findtext("{*}Value", "") for tag in tags}


def _by_kms(request: Request, caller: Caller, ask_moto: Callable[[bytes], Response]) -> Response:
    body = with_plain_ids(request, caller)
    if isinstance(body, Response):
        return body
    request = dataclasses.replace(request, body=body)
    asked = dict(parameters(request))
    if asked and request.operation in _POLICIES:
        body = json.dumps({"PolicyName": "default", **asked}).encode()  # the default (docs)
    answer = ask_moto(body)
    if not _is_good(answer):
        return answer
    if request.operation in {_SET, _TELL}:
        return _with_rotation_period(request, caller, answer)
    return _with_arn(asked, caller, answer)


def _is_good(answer: Response) -> bool:
    return answer.status < HTTPStatus.MULTIPLE_CHOICES


def _with_arn(asked: dict[str, object], caller: Caller, answer: Response) -> Response:
    """Name the key of an answer by its ARN, which moto does only if the request did (docs)."""
    told = json.loads(answer.body or b"null")
    if not isinstance(told, dict) or told.get("KeyId") != asked.get("KeyId"):
        return answer
    key = moto_key(caller.account, caller.region, str(told.get("KeyId")))
    return _with_body(answer, {**told, "KeyId": key.arn}) if key else answer


def _with_rotation_period(request: Request, caller: Caller, answer: Response) -> Response:
    """Complete an answer by what KMS remembers of rotation periods.

    EnableKeyRotation without a period means 365 days, and GetKeyRotationStatus tells the period of
    a rotation that is on (docs).
    """
    asked = parameters(request)
    key = moto_key(caller.account, caller.region, asked["KeyId"])
    if request.operation == _SET:
        setattr(key, _KEPT_AS, asked.get(_PERIOD, _DEFAULT_DAYS))
        return answer
    told = json.loads(answer.body)
    if told["KeyRotationEnabled"]:
        told[_PERIOD] = getattr(key, _KEPT_AS, _DEFAULT_DAYS)
    return _with_body(answer, told)


def _with_body(answer: Response, told: dict[str, object]) -> Response:
    body = json.dumps(told).encode()
    lengths = {name: str(len(body)) for name in answer.headers if name.lower() == "content-length"}
    return Response(answer.status, {**answer.headers, **lengths}, body)
