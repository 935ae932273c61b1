"""How a call of the engine ends when it does not end well.

The SDK would answer an exception with a traceback (pulumi/pulumi#24465), and it has no way to say
that a resource was made but not finished. Both can be said on the call's own context.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, NoReturn

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2

_DETAILS = "grpc-status-details-bin"
_UNKNOWN = 2
"""The code of grpc.StatusCode.UNKNOWN on the wire."""


def end_call(error: Exception) -> NoReturn:
    """End the engine's call with the error's own words.

    From now on, the call's context ends the call with our message, whatever it is told. Outside of
    the plugin process there is no such context, and the error is raised as it is.
    """
    context = _context()
    if context is None:
        raise error
    abort = context.abort

    def abort_with_message(_code: object, _details: object) -> NoReturn:
        abort(grpc.StatusCode.UNKNOWN, str(error))
        raise error

    context.abort = abort_with_message
    context.abort(None, None)
    raise error


def end_call_incomplete(error: Exception, id_: str, outputs: Mapping[str, Any]) -> NoReturn:
    """End the call that left a resource half made or half changed: the engine then records it.

    The engine shows the error, keeps the resource with these outputs, and asks for an update of it
    the next time.

    Args:
        error: What went wrong.
        id_: Id of the resource.
        outputs: Its outputs, ``__provider`` among them.
    """
    context = _context()
    if context is not None:
        properties = Struct()
        properties.update(dict(outputs))
        detail = AnyMessage()
        detail.Pack(
            provider_pb2.ErrorResourceInitFailed(
                id=id_, properties=properties, reasons=[str(error)]
            )
        )
        details = ((_DETAILS, _status(str(error), detail)),)
        context.set_trailing_metadata(details)
    end_call(error)


def _context() -> Any:
    """Find the context of the call in hand: the SDK's handler, which called us, has it."""
    frame = inspect.currentframe()
    while frame and not isinstance(frame.f_locals.get("context"), grpc.ServicerContext):
        frame = frame.f_back
    return frame.f_locals["context"] if frame else None


def _status(message: str, detail: AnyMessage) -> bytes:
    """Encode a ``google.rpc.Status`` of three fields.

    By hand: the package that has it as a class comes with newer SDKs only.
    """
    text, packed = message.encode(), detail.SerializeToString()
    return b"".join(
        (
            b"\x08",  # field 1, code: a varint
            _varint(_UNKNOWN),
            b"\x12",  # field 2, message: length-delimited
            _varint(len(text)),
            text,
            b"\x1a",  # field 3, details: length-delimited
            _varint(len(packed)),
            packed,
        )
    )


def _varint(number: int) -> bytes:
    """Encode a number as protobuf does: seven bits a byte, the lowest first."""
    parts = []
    while number > 0x7F:  # noqa: PLR2004 the largest number of seven bits
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])
