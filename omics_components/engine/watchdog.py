"""End a plugin process whose engine has died, after its current calls.

The engine ends its plugins when it ends. If it is killed, it cannot, and its plugins would wait for
calls for ever. The parent process is no indication, because the engine starts a plugin through a
shell script that outlives it. The engine's own server is: each plugin gets its address as an
argument, and once it refuses connections, no more calls will come.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import grpc

from omics_components.errors import NetworkFailure

_PLUGIN = "pulumi.dynamic.__main__"
_PROBE_EVERY_S = 1.0
_PROBE_TIMEOUT_S = 5.0
_IDLE_LOOK_S = 0.05
_REFUSALS_MAX = 3
"""Consecutive refused connections after which the engine counts as dead."""

_STARTED = threading.Lock()
"""Acquired by the first call of ``watch_engine``, and never released."""

_REACHED = threading.Event()
"""Set once the engine was reached: an address that was never reached proves nothing."""

_native_engine = ""

_COUNT_LOCK = threading.Lock()
_calls_in_flight = 0


def watch_engine(native_engine: str = "") -> None:
    """Start the watchdog, which ends this process when its engine is gone. Idempotent.

    Does nothing in a process that is not a plugin. Stays inactive if the engine's address is
    unreachable from the start.

    Args:
        native_engine: Host and port of the engine, if this process is a native plugin. A dynamic
            plugin has it among its arguments.
    """
    global _native_engine  # noqa: PLW0603 one engine for the whole process
    _native_engine = _native_engine or native_engine
    address = _engine_address()
    if address is None or not _STARTED.acquire(blocking=False):
        return
    threading.Thread(
        target=_watch, args=(address,), name="omics-components-watchdog", daemon=True
    ).start()


def require_engine() -> None:
    """Require that the engine still runs: only it can record the next step in the state.

    Raises:
        NetworkFailure: It was reached before, and now refuses connections.
    """
    address = _engine_address()
    if address is not None and _REACHED.is_set() and _probe(address) is False:
        raise NetworkFailure(
            "the Pulumi engine has ended",
            advice="The resource stays marked as unfinished, and the next update resumes it.",
        )


@contextmanager
def in_flight() -> Iterator[None]:
    """Count a call of the engine; the watchdog waits for its end."""
    global _calls_in_flight  # noqa: PLW0603 one count for the whole process
    with _COUNT_LOCK:
        _calls_in_flight += 1
    try:
        yield
    finally:
        with _COUNT_LOCK:
            _calls_in_flight -= 1


def _engine_address() -> tuple[str, int] | None:
    """Return host and port of the engine that started this process; None if it is not a plugin."""
    if _native_engine:
        return _host_and_port(_native_engine)
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    if spec is None or spec.name != _PLUGIN or len(sys.argv) < 2:  # noqa: PLR2004 its first argument
        return None
    return _host_and_port(sys.argv[1])


def _host_and_port(text: str) -> tuple[str, int] | None:
    host, _, port = text.rpartition(":")
    return (host.strip("[]"), int(port)) if host and port.isdecimal() else None


def _watch(address: tuple[str, int]) -> None:
    if _probe(address) is not True:
        return
    _REACHED.set()
    refusals = 0
    while refusals < _REFUSALS_MAX:
        time.sleep(_PROBE_EVERY_S)
        answer = _probe(address)
        if answer is not None:
            refusals = 0 if answer else refusals + 1
    while _calls_in_flight or _a_call_is_being_answered():
        time.sleep(_PROBE_EVERY_S)
    _end()


def _probe(address: tuple[str, int]) -> bool | None:
    """Return whether an address accepts connections; None if unknown."""
    try:
        socket.create_connection(address, timeout=_PROBE_TIMEOUT_S).close()
    except ConnectionRefusedError:
        return False
    except OSError:
        return None  # no socket left, or no answer in time: no proof that the engine is gone
    return True


def _a_call_is_being_answered() -> bool:
    """Return whether any thread is handling a call, for any provider.

    All dynamic providers of a program share one plugin process.
    """
    for innermost in sys._current_frames().values():  # noqa: SLF001 documented, despite its name
        frame: FrameType | None = innermost
        while frame:
            if isinstance(frame.f_locals.get("context"), grpc.ServicerContext):
                return True
            frame = frame.f_back
    return False


def end_when_idle() -> None:
    """End the process once no call of the engine is in flight."""
    while _calls_in_flight:
        time.sleep(_IDLE_LOOK_S)
    _end()


def _end() -> None:
    """End the process although its main thread waits; the reader of its streams is gone."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(0)
