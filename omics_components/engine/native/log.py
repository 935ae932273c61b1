"""Lines that appear on the resource's own row of the engine's display."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

_TIMEOUT_S = 5.0


class EngineLog:
    """The log of an engine. Lines belong to the resource that the thread is working on.

    Args:
        address: Host and port of the engine; "" without one: nothing is shown.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._stub: engine_pb2_grpc.EngineStub | None = None
        self._here = threading.local()

    @contextmanager
    def about(self, urn: str) -> Iterator[None]:
        """Let the lines of this thread belong to a resource."""
        before = getattr(self._here, "urn", "")
        self._here.urn = urn
        try:
            yield
        finally:
            self._here.urn = before

    def info(self, line: str) -> None:
        """Show one line."""
        self._log(line, engine_pb2.INFO)

    def debug(self, text: str) -> None:
        """Record a text that only ``--debug`` shows."""
        self._log(text, engine_pb2.DEBUG)

    def _log(self, text: str, severity: engine_pb2.LogSeverity.ValueType) -> None:
        if not self._address:
            return
        request = engine_pb2.LogRequest(
            severity=severity, message=text, urn=getattr(self._here, "urn", "")
        )
        with contextlib.suppress(grpc.RpcError):  # the engine may be dead
            self._engine().Log(request, timeout=_TIMEOUT_S)

    def _engine(self) -> engine_pb2_grpc.EngineStub:
        with self._lock:
            if self._stub is None:
                channel = grpc.insecure_channel(self._address)
                self._stub = engine_pb2_grpc.EngineStub(channel)
            return self._stub
