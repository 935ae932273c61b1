"""clientToken: a repeated request is answered again, not carried out again."""

import hashlib
import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from omics_components.emulator.errors import invalid
from omics_components.emulator.records import TokenUse
from omics_components.emulator.world import Context

Handler = Callable[[Context, dict[str, Any]], dict[str, Any]]


def once_per_token(handler: Handler) -> Handler:
    """Make *handler* answer a known clientToken with its first answer, without a second effect.

    "An idempotency token used to dedupe retry requests so that duplicate runs are not created"
    (model). All of this is assumed, as no source says more: tokens count per account, region and
    operation; they never expire; the first answer comes back even when the store is deleted
    since; a token with other parameters is a ValidationException; a refused call leaves its
    token unused.
    """

    def answer(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
        token = parameters.get("clientToken")
        if token is None:
            return handler(context, parameters)
        key = f"{context.operation}/{token}"
        fingerprint = _fingerprint(parameters)
        known = context.region.token_uses.get(key)
        if known is None:
            output = handler(context, parameters)
            context.region.token_uses[key] = TokenUse(fingerprint, deepcopy(output))
            return output
        if known.fingerprint != fingerprint:
            raise invalid("The clientToken was already used with different parameters")
        return deepcopy(known.answer)

    return answer


def _fingerprint(parameters: dict[str, Any]) -> str:
    rest = {name: value for name, value in parameters.items() if name != "clientToken"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
