"""Which failed attempts are repeated, how often, and after how long: one rule for all services.

The SDK's own modes cannot say what is needed here, and differ between its versions: being turned
away for coming too fast shall not use up the attempts that failures have, a bare 408 or 429 of a
proxy counts as what it is, and a call that makes another resource each time is not repeated when
nobody knows whether it took effect. So the SDK is told to try once, and this module answers its
event ``needs-retry``.

====================================================  ==============================================
answer                                                what follows
====================================================  ==============================================
429, or a code such as ThrottlingException            again, for up to ``THROTTLED_FOR_S``
408, 500, 502, 503, 504, or a code that says so       again, ``DEFAULT_RETRIES`` times
no answer: refused, reset, timed out, lost            again, ``DEFAULT_RETRIES`` times
a success with what no AWS service sends              again, ``DEFAULT_RETRIES`` times: the parser
                                                      makes a 502 of it (``response_parsers``)
all else: 400, 402, 403, 404, 405, 409 …              an error at once; what a conflict means is for
                                                      the handler of the resource to say
====================================================  ==============================================

``aws:maxRetries``, where a stack sets it, is the most retries of one call, whatever their cause.

Repeating is safe: HealthOmics' creations carry a ``clientToken`` (model: idempotencyToken), its
other calls and those of S3 set or delete the same thing again, and ``kms`` treats what a second
CreateAlias or ScheduleKeyDeletion meets. CreateKey alone has no token (model).

Sources: status codes of the ``omics`` model; the codes of KMS and S3 are in their API references.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from omics_components.aws.wait import SYSTEM_CLOCK, Clock

DEFAULT_RETRIES = 5
"""How often a call is repeated after failures, unless the stack sets ``aws:maxRetries``."""

THROTTLED_FOR_S = 300.0
"""How long a call may be turned away for coming too fast before that is an error, in seconds (s).

Counted from the first such answer, by the time that the call itself waits: what it stands in the
queue of ``pacing`` does count, since its place there is kept.
"""

THROTTLING_CODES = frozenset(
    {
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Error codes that say: too fast. KMS' LimitExceededException is none, it counts resources."""

PASSING_CODES = frozenset(
    {
        "DependencyTimeoutException",
        "InternalError",
        "InternalServerException",
        "KMSInternalException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
    }
)
"""Error codes of failures on AWS's side that may be over at the next attempt."""

_THROTTLING_STATUS = 429
_PASSING_STATUSES = frozenset({408, 500, 502, 503, 504})

_NOT_REPEATABLE = frozenset({("kms", "CreateKey")})
"""Calls that make one more resource each time. Repeated only if they surely had no effect."""

_FIRST_PAUSE_S = 0.2
_FIRST_THROTTLED_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 20.0
_CONTEXT_KEY = "omics_components.tries"

Failure = Literal["throttled", "unsent", "failed"]


@dataclass
class _Tries:
    """What became of the attempts of one call so far."""

    failures: int = 0
    throttled: int = 0
    throttled_since_s: float | None = None


class Retries:
    """Repeats failed attempts of the clients that it is hooked to.

    Args:
        most: The stack's ``aws:maxRetries``; None where it sets none.
        clock: Time, for the pauses.
    """

    def __init__(self, most: int | None = None, clock: Clock = SYSTEM_CLOCK) -> None:
        self._most = most
        self._clock = clock

    def hook(self, client: Any) -> None:
        """Let a client ask after each attempt; its own retries must be off."""
        service = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register_first(f"needs-retry.{service}", self._pause_before_next)

    def _pause_before_next(
        self,
        response: tuple[Any, Mapping[str, Any]] | None,
        attempts: int,
        caught_exception: Exception | None,
        request_dict: dict[str, Any],
        operation: Any,
        **_: Any,
    ) -> float | None:
        """Answer ``needs-retry``: 0 after a pause, for another attempt, or None for none."""
        failure = classify(response[1] if response else None, caught_exception)
        call = (operation.service_model.service_name, operation.name)
        if failure is None or (failure == "failed" and call in _NOT_REPEATABLE):
            return None
        tries: _Tries = request_dict["context"].setdefault(_CONTEXT_KEY, _Tries())
        now_s = self._clock.monotonic()
        if failure == "throttled":
            if tries.throttled_since_s is None:
                tries.throttled_since_s = now_s
            tries.throttled += 1
            longest_s = _grown(_FIRST_THROTTLED_PAUSE_S, tries.throttled)
            is_enough = now_s - tries.throttled_since_s >= THROTTLED_FOR_S
        else:
            tries.failures += 1
            longest_s = _grown(_FIRST_PAUSE_S, tries.failures)
            is_enough = tries.failures > DEFAULT_RETRIES
        if self._most is not None:
            is_enough = attempts > self._most
        if is_enough:
            return None
        # Full jitter keeps threads that failed together from coming again together. S311: no
        # secret depends on it.
        self._clock.sleep(longest_s * random.random())  # noqa: S311
        return 0.0


def _grown(first_s: float, times: int) -> float:
    return min(_LONGEST_PAUSE_S, first_s * 2.0 ** min(times - 1, 10))


def classify(
    parsed: Mapping[str, Any] | None, exception: Exception | None = None
) -> Failure | None:
    """Say how an attempt failed, if it did so in a way that may pass.

    Args:
        parsed: The answer as botocore has parsed it; None if there was none.
        exception: What botocore met instead of an answer.

    Returns:
        ``throttled``, ``unsent`` (it surely had no effect), ``failed`` (it may have had one), or
        None: there was an answer that another attempt would not change.
    """
    if parsed is None:
        return _failure_without_answer(exception)
    code = parsed.get("Error", {}).get("Code", "")
    status = parsed.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in THROTTLING_CODES or status == _THROTTLING_STATUS:
        return "throttled"
    if code in PASSING_CODES or status in _PASSING_STATUSES:
        return "failed"
    return None


def _failure_without_answer(exception: Exception | None) -> Failure | None:
    from botocore import exceptions  # noqa: PLC0415 a preview must not load the SDK

    if isinstance(
        exception,
        exceptions.ConnectTimeoutError
        | exceptions.EndpointConnectionError
        | exceptions.ProxyConnectionError,
    ):
        return "unsent"
    if isinstance(exception, exceptions.ConnectionError | exceptions.HTTPClientError):
        return "failed"
    return None
