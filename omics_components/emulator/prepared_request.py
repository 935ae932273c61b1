"""Read a request as botocore has prepared it: signed, and about to be sent."""

from typing import Any


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
