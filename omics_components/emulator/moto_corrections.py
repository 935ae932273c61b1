"""Where moto's memory is not AWS's: it forgets rotation periods, and keeps tags of deleted buckets.

A period is kept on moto's own key: so it lives, is copied and is forgotten together with it.
"""

import json
from http import HTTPStatus

from omics_components.emulator.caller import Caller
from omics_components.emulator.iam_actions import Request
from omics_components.emulator.moto_state import forget_tags_of_deleted_buckets, moto_key
from omics_components.emulator.wire import Response

_SET = "EnableKeyRotation"
_TELL = "GetKeyRotationStatus"
_DEFAULT_DAYS = 365
_PERIOD = "RotationPeriodInDays"
_KEPT_AS = "omics_components_rotation_period_days"


def corrected(request: Request, caller: Caller | None, answer: Response) -> Response:
    """Return moto's answer to *request* as the service would give it."""
    if caller is None or answer.status >= HTTPStatus.MULTIPLE_CHOICES:
        return answer
    if (request.service, request.operation) == ("s3", "DeleteBucket"):
        # Another bucket of the name would begin with the tags of this one.
        forget_tags_of_deleted_buckets(caller.account)
    if request.service == "kms" and request.operation in {_SET, _TELL}:
        return _with_rotation_period(request, caller, answer)
    return answer


def _with_rotation_period(request: Request, caller: Caller, answer: Response) -> Response:
    """Complete an answer by what KMS remembers of rotation periods.

    EnableKeyRotation without a period means 365 days, and GetKeyRotationStatus tells the period of
    a rotation that is on (docs).
    """
    asked = json.loads(request.body)
    key = moto_key(caller.account, caller.region, asked["KeyId"].rpartition("/")[2])
    if request.operation == _SET:
        setattr(key, _KEPT_AS, asked.get(_PERIOD, _DEFAULT_DAYS))
        return answer
    told = json.loads(answer.body)
    if told["KeyRotationEnabled"]:
        told[_PERIOD] = getattr(key, _KEPT_AS, _DEFAULT_DAYS)
    body = json.dumps(told).encode()
    lengths = {name: str(len(body)) for name in answer.headers if name.lower() == "content-length"}
    return Response(answer.status, {**answer.headers, **lengths}, body)
