"""Read a request as botocore has prepared it: signed, and about to be sent."""

from typing import Any

from botocore.awsrequest import AWSPreparedRequest, HeadersDict


def headers_of(request: Any) -> dict[str, str]:
    """Return the headers as text."""
    return {
        name: value.decode() if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
    }


def body_of(request: Any) -> bytes:
    """Return the body; empty for a stream, which stays unread.

    Only uploads of S3 objects are streams.
    """
    body = request.body
    if isinstance(body, str):
        return body.encode()
    return bytes(body) if isinstance(body, bytes | bytearray) else b""


def with_body(request: Any, body: bytes) -> Any:
    """Return the request with *body* in place of what ``body_of`` returns.

    The same request if that is no other: a stream stays as it is.
    """
    if body == body_of(request):
        return request
    headers: Any = HeadersDict(headers_of(request))
    headers["Content-Length"] = str(len(body))
    return AWSPreparedRequest(request.method, request.url, headers, body, request.stream_output)
