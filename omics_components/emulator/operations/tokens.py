"""clientToken: a repeated request is answered again, not carried out again."""

import hashlib
import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from omics_components.emulator.errors import ServiceError, invalid
from omics_components.emulator.records import TokenUse
from omics_components.emulator.world import Context

Handler = Callable[[Context, dict[str, Any]], dict[str, Any]]


def once_per_token(handler: Handler) -> Handler:
    """Make *handler* answer a known clientToken with its first answer, without a second effect.

    "An idempotency token used to dedupe retry requests so that duplicate runs are not created"
    (model). Tokens count per account, region and operation (assumed: token-scope); they never
    expire (assumed: token-expiry); the first answer comes back even when the store is deleted
    since (assumed: token-after-deletion); a token with other parameters is a ValidationException
    (assumed: token-other-parameters); a refused call leaves its token unused (assumed:
    token-after-refusal).
    """

    def answer(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
        token = parameters.get("clientToken")
        if token is None or context.assumes("token-scope") == "ignored":
            return handler(context, parameters)
        key = f"{context.operation}/{token}"
        fingerprint = _fingerprint(parameters)
        known = _use_that_counts(context, key)
        if known and known.fingerprint != fingerprint:
            otherwise = context.assumes("token-other-parameters")
            if otherwise is None:
                raise invalid("The clientToken was already used with different parameters")
            known = known if otherwise == "first-answer" else None
        if known is None:
            return _carry_out(handler, context, parameters, key, fingerprint)
        if known.refusal:
            raise ServiceError(*known.refusal)
        return deepcopy(known.answer)

    return answer


def _use_that_counts(context: Context, key: str) -> TokenUse | None:
    known = context.region.token_uses.get(key)
    if known is None:
        return None
    age_s = context.now_s - known.at_s
    if context.assumes("token-expiry") and age_s >= context.seconds("token-expiry"):
        return None
    if known.refusal and age_s >= context.seconds("token-after-refusal"):
        return None
    if context.assumes("token-after-deletion") == "creates-again" and not known.refusal:
        return known if context.region.resource_with_arn(known.answer["arn"]) else None
    return known


def _carry_out(
    handler: Handler, context: Context, parameters: dict[str, Any], key: str, fingerprint: str
) -> dict[str, Any]:
    uses = context.region.token_uses
    try:
        output = handler(context, parameters)
    except ServiceError as error:
        if context.assumes("token-after-refusal"):
            refusal = [error.code, error.message]
            uses[key] = TokenUse(fingerprint, {}, context.now_s, refusal)
        raise
    uses[key] = TokenUse(fingerprint, deepcopy(output), context.now_s)
    return output


def _fingerprint(parameters: dict[str, Any]) -> str:
    rest = {name: value for name, value in parameters.items() if name != "clientToken"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
