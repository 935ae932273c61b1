"""Access the gRPC context of an engine call: recorded inputs, and failures without tracebacks.

The SDK answers an exception with a traceback (pulumi/pulumi#24465), and cannot report that a
resource was created but not finished. The call's own gRPC context can do both.
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
    """Return the recorded inputs of the resource of the current diff, read or delete call.

    The SDK passes the outputs only, which keep the hidden inputs of the last update. A change of an
    option alone is not an update, and only changes the recorded inputs.

    Returns:
        The inputs, hidden ones included; empty outside of the plugin process.
    """
    request = _handler_of_the_call().get("request")
    sent = getattr(request, "old_inputs", None) or getattr(request, "inputs", None)
    return MessageToDict(sent) if sent else {}


def end_call(error: Exception) -> NoReturn:
    """End the engine's call with the error's message.

    From then on, the call's context aborts with this message, whatever it is given. Outside of the
    plugin process there is no such context, and the error is raised as it is.
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
    """End a call that left a resource partially created or updated.

    The engine shows the error, records the resource with these outputs, and updates it the next
    time.

    Args:
        error: The error.
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
    """Return the local variables of the SDK's handler of the current call: context, request."""
    frame = inspect.currentframe()
    while frame and not isinstance(frame.f_locals.get("context"), grpc.ServicerContext):
        frame = frame.f_back
    return frame.f_locals if frame else {}
