"""Clean up what the Pulumi SDK leaves in this process after an inline program.

When an update fails, its host of inline programs leaves an event loop, sockets and coroutines
behind. Python warns of them when it collects them, which would be in another test.
"""

import gc
import sys
import time
from contextlib import suppress
from types import FrameType

_HOST = "pulumi.automation._server"
_PATIENCE_S = 10.0
_PAUSE_S = 0.05


def forget_callbacks() -> None:
    """Remove the transforms of the program that has ended.

    The oldest SDK keeps the server of each program's transforms; the next program of this process
    would fail to stop it on an event loop of its own.
    """
    with suppress(ImportError, AttributeError):  # older SDKs have no transforms
        from pulumi.runtime._callbacks import _CallbackServicer  # noqa: PLC0415 - not exported

        _CallbackServicer._servicers.clear()  # noqa: SLF001 as above


def wait_for_programs() -> None:
    """Wait while a failed program still tries to report errors to an engine that has ended."""
    deadline_s = time.monotonic() + _PATIENCE_S
    while _a_program_runs() and time.monotonic() < deadline_s:
        time.sleep(_PAUSE_S)


def collect_leavings() -> None:
    """Collect the remains of a failed update without warnings."""
    hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
    try:
        gc.collect()
    finally:
        sys.unraisablehook = hook


def _a_program_runs() -> bool:
    """Return whether a thread is in the SDK's host of inline programs."""
    host = getattr(sys.modules.get(_HOST), "__file__", None)
    for innermost in sys._current_frames().values():  # noqa: SLF001 documented in spite of its name
        frame: FrameType | None = innermost
        while frame:
            if frame.f_code.co_filename == host:
                return True
            frame = frame.f_back
    return False
