"""Where moto is not AWS: its names of keys, and what it forgets or does not forget.

It forgets rotation periods, and keeps the tags of deleted buckets; it does not know the tags that
CreateBucket may have. A period is kept on moto's own key, as are the times that alternatives to
assumptions need: so it lives, is copied and is forgotten together with it.
"""

import dataclasses
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from omics_components.emulator.caller import Caller
from omics_components.emulator.error_shapes import error_of
from omics_components.emulator.iam_actions import Request
from omics_components.emulator.moto_key_names import parameters, with_plain_ids
from omics_components.emulator.moto_state import (
    created_s,
    find_bucket,
    find_key_by_id,
    forget_tags_of_deleted_buckets,
    moto_bucket,
    moto_key,
    note_creation,
    noted_creation_s,
    tag_bucket,
    tag_history,
    tags_of_key,
)
from omics_components.emulator.settings import Settings
from omics_components.emulator.wire import Response

_TAG_CHANGES = frozenset({"TagResource", "UntagResource"})
_BUCKET_CHANGES = ("PutBucket", "PutPublicAccessBlock", "DeleteBucket")
_SET = "EnableKeyRotation"
_TELL = "GetKeyRotationStatus"
_DEFAULT_DAYS = 365
_PERIOD = "RotationPeriodInDays"
_KEPT_AS = "omics_components_rotation_period_days"


_POLICIES = frozenset({"GetKeyPolicy", "PutKeyPolicy"})


@dataclasses.dataclass(frozen=True)
class Moment:
    """When a call arrives, and under which settings.

    Args:
        settings: Alternatives in force.
        now_s: Now (s).
    """

    settings: Settings
    now_s: float


def corrected(
    request: Request,
    caller: Caller | None,
    ask_moto: Callable[[bytes], Response],
    moment: Moment,
) -> Response:
    """Return the answer to a request as the service would give it.

    Args:
        request: The request.
        caller: Who calls; None if unknown.
        ask_moto: Gives moto's answer to the request with this body.
        moment: When, and under which settings.
    """
    if caller is None:
        return ask_moto(request.body)
    if request.service == "kms":
        return _by_kms(request, caller, ask_moto, moment)
    if request.service == "tagging":
        # Its older versions know the service alone; KMS tags nothing but keys.
        answer = ask_moto(request.body.replace(b'"kms:key"', b'"kms"'))
        return _as_indexed(request, caller, answer, moment)
    if request.service == "s3":
        return _by_s3(request, caller, ask_moto, moment)
    return ask_moto(request.body)


def _by_s3(
    request: Request, caller: Caller, ask_moto: Callable[[bytes], Response], moment: Moment
) -> Response:
    name = unquote(request.path).strip("/")
    if (refusal := _young_bucket(request, name, moment)) is not None:
        return refusal
    creates = request.operation == "CreateBucket"
    # CreateBucket takes tags (assumed: bucket-creation-tags).
    without_tags = moment.settings.assumes("bucket-creation-tags")
    if creates and without_tags == "refused" and b"<Tags>" in request.body:
        return error_of("s3", "MalformedXML", "The XML you provided was not well-formed")
    is_new = creates and find_bucket(name) is None
    answer = ask_moto(_without_tags_alone(request.body) if creates else request.body)
    if creates and _is_good(answer):
        # One that is there already keeps its tags, also in us-east-1, where S3 answers 200 to its
        # owner (assumed: existing-bucket-tags).
        if is_new:
            note_creation(moto_bucket(name), moment.now_s)
        if (is_new and not without_tags) or moment.settings.assumes("existing-bucket-tags"):
            tag_bucket(name, _tags_of_creation(request.body))
    if request.operation == "DeleteBucket" and _is_good(answer):
        # Another bucket of the name would begin with the tags of this one.
        forget_tags_of_deleted_buckets(caller.account)
    return answer


def _young_bucket(request: Request, name: str, moment: Moment) -> Response | None:
    """Return how S3 refuses a call on a bucket that was just made, if it does.

    Its tags are there and its configuration can be set at once (assumed: bucket-tags-lag,
    bucket-aborted-operations).
    """
    if not moment.settings.assume:
        return None
    age_s = moment.now_s - noted_creation_s(moto_bucket(name))
    lag_s = moment.settings.seconds("bucket-tags-lag")
    if request.operation == "GetBucketTagging" and age_s < lag_s:
        return error_of("s3", "NoSuchTagSet", "The TagSet does not exist", 404)
    aborted_s = moment.settings.seconds("bucket-aborted-operations")
    if request.operation.startswith(_BUCKET_CHANGES) and age_s < aborted_s:
        text = "A conflicting conditional operation is currently in progress"
        return error_of("s3", "OperationAborted", text, 409)
    return None


def _as_indexed(request: Request, caller: Caller, answer: Response, moment: Moment) -> Response:
    """Leave out what the index of tags does not have yet (assumed: tag-index-lags)."""
    lag_s = moment.settings.seconds("tag-index-lags")
    if not lag_s or request.operation != "GetResources" or not _is_good(answer):
        return answer
    told = json.loads(answer.body)

    def is_indexed(resource: dict[str, str]) -> bool:
        found = find_key_by_id(
            resource["ResourceARN"], account=caller.account, region=caller.region
        )
        return found is None or moment.now_s >= created_s(found) + lag_s

    listed = [item for item in told["ResourceTagMappingList"] if is_indexed(item)]
    return _with_body(answer, {**told, "ResourceTagMappingList": listed})


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


def _by_kms(
    request: Request, caller: Caller, ask_moto: Callable[[bytes], Response], moment: Moment
) -> Response:
    body = with_plain_ids(request, caller)
    if isinstance(body, Response):
        return body
    request = dataclasses.replace(request, body=body)
    asked = dict(parameters(request))
    key = moto_key(caller.account, caller.region, str(asked.get("KeyId")))
    # A key is known at once (assumed: kms-lags-after-create).
    lag_s = moment.settings.seconds("kms-lags-after-create")
    if key and moment.now_s < noted_creation_s(key) + lag_s:
        return error_of("kms", "NotFoundException", f"Key '{key.arn}' does not exist")
    if key and request.operation in _TAG_CHANGES and moment.settings.assumes("kms-tags-lag"):
        tag_history(key).append((moment.now_s, tags_of_key(key)))
    if asked and request.operation in _POLICIES:
        body = json.dumps({"PolicyName": "default", **asked}).encode()  # the default (docs)
    answer = ask_moto(body)
    if not _is_good(answer):
        return answer
    if request.operation == "CreateKey":
        made = json.loads(answer.body)["KeyMetadata"]["KeyId"]
        note_creation(moto_key(caller.account, caller.region, made), moment.now_s)
    if request.operation == "ListResourceTags" and key:
        return _with_earlier_tags(answer, key, moment)
    if request.operation in {_SET, _TELL}:
        return _with_rotation_period(request, caller, answer)
    return _with_arn(asked, caller, answer)


def _with_earlier_tags(answer: Response, key: Any, moment: Moment) -> Response:
    """Show the tags of before, if readers lag (assumed: kms-tags-lag)."""
    lag_s = moment.settings.seconds("kms-tags-lag")
    shown = next((t for until_s, t in tag_history(key) if until_s + lag_s > moment.now_s), None)
    return answer if shown is None else _with_body(answer, {"Tags": shown, "Truncated": False})


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
