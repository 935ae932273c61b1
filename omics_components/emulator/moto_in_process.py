"""Let the calls that ``mock_aws`` answers pass the call log and the fault rules.

botocore runs every handler of ``before-send`` and takes the first answer, so a handler of ours
could not keep moto from carrying a call out, or would carry it out twice. The one place that
moto's own handler goes through is wrapped instead.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ConnectionClosedError

from omics_components.emulator.call_log import Call
from omics_components.emulator.caller import find_caller
from omics_components.emulator.core import Emulator
from omics_components.emulator.errors import ConnectionDropped
from omics_components.emulator.iam_actions import Request
from omics_components.emulator.loopback import is_loopback
from omics_components.emulator.moto_corrections import Moment, corrected
from omics_components.emulator.operation_names import operation_name
from omics_components.emulator.prepared_request import body_of, headers_of, with_body
from omics_components.emulator.s3_hosts import path_with_bucket
from omics_components.emulator.wire import Response


class _NotMocked(Exception):
    """moto leaves a request to the network."""


@contextmanager
def moto_calls_through(active: Callable[[], Emulator]) -> Iterator[None]:
    """Let moto's in-process calls pass the traffic of ``active()`` while the context lasts.

    Without moto installed it does nothing.
    """
    try:
        from moto.core.models import botocore_stubber  # noqa: PLC0415 - an optional dependency
    except ImportError:
        yield
        return
    process = botocore_stubber.process_request

    def carry(request: Any) -> Any:
        return _carry(active(), process, request)

    already_wrapped = "process_request" in vars(botocore_stubber)
    if not already_wrapped:
        botocore_stubber.process_request = carry  # type: ignore[method-assign] # that is the point
    try:
        yield
    finally:
        if not already_wrapped:
            del botocore_stubber.process_request


def _carry(emulator: Emulator, process: Callable[[Any], Any], request: Any) -> Any:
    if is_loopback(request.url):
        return process(request)  # a server's, which has a log of its own; moto lets it pass
    url, headers, body = urlsplit(request.url), headers_of(request), body_of(request)
    caller = find_caller(headers, url.query)
    if caller is not None and caller.service == "omics":
        return None  # the emulator's own handler has answered
    service = caller.service if caller else "unsigned"
    path = path_with_bucket(url.netloc, url.path) if service == "s3" else url.path
    call = Call(
        service=service,
        operation=operation_name(
            service, request.method, path, url.query, headers=headers, body=body
        ),
        time_s=emulator.now_s(),
        account=caller.account if caller else None,
        region=caller.region if caller else None,
        user_agent=headers.get("User-Agent"),
    )

    def execute() -> Response:
        asked = Request(service, call.operation, path, url.query, headers, body)
        denial = emulator.denial(asked, caller) if caller else None
        if denial is not None:
            return denial
        moment = Moment(emulator.settings, emulator.now_s())
        return corrected(asked, caller, ask_moto, moment)

    def ask_moto(content: bytes) -> Response:
        answer = process(with_body(request, content))
        if answer is None:
            raise _NotMocked
        status, answered, told = answer
        return Response(status, dict(answered), told.encode() if isinstance(told, str) else told)

    try:
        response = emulator.traffic.carry(call, execute, os.getpid, emulator.settings.latency_s)
    except ConnectionDropped:
        raise ConnectionClosedError(endpoint_url=request.url) from None
    except _NotMocked:
        return None
    return response.status, response.headers, response.body
