"""Retry failed requests: one rule for all services.

The SDK's retry modes differ between its versions and lack three rules: throttling does not use up
the retries of failures, a bare 408 or 429 of a proxy is retried as such, and a call that creates
another resource each time is not retried when it may have taken effect. So SDK retries are off, and
this module handles the event ``needs-retry``.

====================================================  ==============================================
response                                              reaction
====================================================  ==============================================
429, or a code such as ThrottlingException            retried for up to ``THROTTLED_FOR_S``
408, 500, 502, 503, 504, or an equivalent code        retried ``DEFAULT_RETRIES`` times
none: refused, reset, timed out, lost                 retried ``DEFAULT_RETRIES`` times
a success that is not an AWS response                 retried ``DEFAULT_RETRIES`` times: the parser
                                                      makes a 502 of it (``response_parsers``)
all others: 400, 402, 403, 404, 405, 409 …            an error at once; the resource's handler
                                                      decides what a conflict means
====================================================  ==============================================

``aws:maxRetries``, if the stack sets it, limits the retries of one call, whatever their cause.

Retries are safe: HealthOmics creations carry a ``clientToken`` (model: idempotencyToken), its
other calls and those of S3 are idempotent, and ``kms`` handles the errors of a second CreateAlias
or ScheduleKeyDeletion. Only CreateKey has no token (model).

Sources: status codes of the ``omics`` model; the codes of KMS and S3 are in their API references.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from omics_components.aws.wait import SYSTEM_CLOCK, Clock

DEFAULT_RETRIES = 5
"""Retries of a call after failures, unless the stack sets ``aws:maxRetries``."""

THROTTLED_FOR_S = 300.0
"""How long a throttled call is retried, in seconds (s).

Counted from the first throttled response, time in the queue of ``pacing`` included.
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
"""Error codes of throttling. KMS's LimitExceededException is about resources, not requests."""

TRANSIENT_CODES = frozenset(
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
"""Error codes of server-side failures that a retry may resolve."""

_THROTTLING_STATUS = 429
_TRANSIENT_STATUSES = frozenset({408, 500, 502, 503, 504})

_NOT_REPEATABLE = frozenset({("kms", "CreateKey")})
"""Calls that create another resource each time. Retried only if they certainly had no effect."""

_FIRST_PAUSE_S = 0.2
_FIRST_THROTTLED_PAUSE_S = 1.0
_MAX_RETRY_PAUSE_S = 20.0
_CONTEXT_KEY = "omics_components.tries"

Failure = Literal["throttled", "unsent", "failed"]


@dataclass
class _Tries:
    """The failed attempts of one call so far."""

    failures: int = 0
    throttled: int = 0
    throttled_since_s: float | None = None


class Retries:
    """Retries failed requests of the clients that it is hooked to.

    Args:
        max_retries: The stack's ``aws:maxRetries``; None if it is not set.
        clock: Time, for the pauses.
    """

    def __init__(self, max_retries: int | None = None, clock: Clock = SYSTEM_CLOCK) -> None:
        self._max_retries = max_retries
        self._clock = clock

    def hook(self, client: Any) -> None:
        """Retry the requests of a client, whose own retries must be off."""
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
        """Handle ``needs-retry``: return 0 after a pause to retry, or None not to."""
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
        if self._max_retries is not None:
            is_enough = attempts > self._max_retries
        if is_enough:
            return None
        # Full jitter keeps threads that failed together from retrying together. S311: not used for
        # security.
        self._clock.sleep(longest_s * random.random())  # noqa: S311
        return 0.0


def _grown(first_s: float, times: int) -> float:
    return min(_MAX_RETRY_PAUSE_S, first_s * 2.0 ** min(times - 1, 10))


def classify(
    parsed: Mapping[str, Any] | None, exception: Exception | None = None
) -> Failure | None:
    """Classify the failure of an attempt.

    Args:
        parsed: The response as botocore parsed it; None if there was none.
        exception: The exception that botocore caught instead.

    Returns:
        ``throttled``, ``unsent`` (it certainly had no effect), ``failed`` (it may have had one), or
        None: it succeeded, or a retry would not help.
    """
    if parsed is None:
        return _failure_without_answer(exception)
    code = parsed.get("Error", {}).get("Code", "")
    status = parsed.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in THROTTLING_CODES or status == _THROTTLING_STATUS:
        return "throttled"
    if code in TRANSIENT_CODES or status in _TRANSIENT_STATUSES:
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
