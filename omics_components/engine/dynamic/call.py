"""What the SDK keeps back of a call of the engine, and how one ends that does not end well.

The SDK would answer an exception with a traceback (pulumi/pulumi#24465), and it has no way to say
that a resource was made but not finished. Both can be said on the call's own context.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, NoReturn

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2, status_pb2

_DETAILS = "grpc-status-details-bin"
_UNKNOWN: int = grpc.StatusCode.UNKNOWN.value[0]


def recorded_inputs() -> dict[str, Any]:
    """Give the inputs that the state has of the resource in hand, in a diff, read or deletion.

    The SDK passes on its outputs only. These keep what hidden inputs said when the resource was
    last updated; an option that changes alone is no update, and changes the recorded inputs only.

    Returns:
        The inputs, hidden ones too; empty outside of the plugin process.
    """
    request = _handler_of_the_call().get("request")
    sent = getattr(request, "old_inputs", None) or getattr(request, "inputs", None)
    return MessageToDict(sent) if sent else {}


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
        status = status_pb2.Status(code=_UNKNOWN, message=str(error), details=[detail])
        context.set_trailing_metadata(((_DETAILS, status.SerializeToString()),))
    end_call(error)


def _context() -> Any:
    return _handler_of_the_call().get("context")


def _handler_of_the_call() -> Mapping[str, Any]:
    """Find the SDK's handler of the call in hand, which called us: it has context and request."""
    frame = inspect.currentframe()
    while frame and not isinstance(frame.f_locals.get("context"), grpc.ServicerContext):
        frame = frame.f_back
    return frame.f_locals if frame else {}
