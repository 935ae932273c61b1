"""Answer boto3 clients of this process without a socket.

Works by botocore's public event ``before-send``: a handler that returns a response takes the
place of the network. Its answer counts before moto's, so it works inside ``mock_aws`` too. A client
that has no such handler, being older, is answered where it would reach the network (``outbound``).
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.handlers
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError

from omics_components.emulator.caller import find_caller
from omics_components.emulator.core import Emulator
from omics_components.emulator.errors import ConnectionDropped
from omics_components.emulator.moto_in_process import moto_calls_through
from omics_components.emulator.outbound import guarded
from omics_components.emulator.prepared_request import body_of, headers_of

_active: list[Emulator] = []


class _Raw(io.BytesIO):
    """A response body as botocore reads it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """Yield the whole body."""
        yield self.read()


def attach(emulator: Emulator, session_or_client: Any) -> None:
    """Answer the omics calls of one boto3 or botocore session, or of one client."""

    def answer(request: Any, **_: Any) -> Any:
        return _answer_omics(emulator, request)

    meta = getattr(session_or_client, "meta", None)
    if meta is not None:
        meta.events.register_first("before-send.omics", answer)
    elif hasattr(session_or_client, "events"):
        session_or_client.events.register_first("before-send.omics", answer)
    else:
        session_or_client.register("before-send.omics", answer)


@contextmanager
def catch_clients(emulator: Emulator) -> Iterator[Emulator]:
    """Answer every omics client of this process in the context, existing clients included.

    Calls that ``mock_aws`` answers are logged and pass the fault rules, too. Of nested contexts the
    innermost answers. A client that was made while the context lasted raises afterwards instead of
    reaching AWS; one that is older reaches AWS again.

    An older client is answered where it would leave this machine: if it has an endpoint on this
    machine, it is left to that. Other services' clients are not stopped here, with or without moto.
    """
    registration = ("before-send.omics", _answer_active)
    handlers: list[Any] = botocore.handlers.BUILTIN_HANDLERS
    # boto3.client() uses one session per process, which may be older than this context.
    previous_session, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, None
    if not _active:
        handlers.append(registration)
    _active.append(emulator)
    try:
        with moto_calls_through(lambda: _active[-1]), guarded(_answer_older_client):
            yield emulator
    finally:
        _active.remove(emulator)
        if not _active:
            handlers.remove(registration)
        boto3.DEFAULT_SESSION = previous_session


def _answer_active(request: Any, **_: Any) -> Any:
    if not _active:
        raise RuntimeError(
            "this omics client was made inside Emulator.in_process(), which has ended"
        )
    return _answer_omics(_active[-1], request)


def _answer_older_client(request: Any) -> Any:
    caller = find_caller(headers_of(request), urlsplit(request.url).query)
    if caller is None or caller.service != "omics":
        return None
    return _answer_active(request)


def _answer_omics(emulator: Emulator, request: Any) -> Any:
    url = urlsplit(request.url)
    try:
        status, headers, body = emulator.handle(
            request.method, url.path, url.query, headers_of(request), body_of(request)
        )
    except ConnectionDropped:
        raise ConnectionClosedError(endpoint_url=request.url) from None
    return AWSResponse(request.url, status, headers, _Raw(body))  # type: ignore[arg-type] # the stub wants urllib3's class, botocore only reads
