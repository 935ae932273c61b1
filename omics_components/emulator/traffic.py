"""The road every call takes, to any service: log, latency, faults, then the service itself."""

import os
import re
import signal
import time
from collections.abc import Callable

from omics_components.emulator.call_log import Call, CallLog
from omics_components.emulator.error_shapes import error_of
from omics_components.emulator.errors import ConnectionDropped
from omics_components.emulator.faults import FaultRule, Faults
from omics_components.emulator.peer_process import ancestors
from omics_components.emulator.wire import Response

FindPid = Callable[[], int | None]
"""Answers the process id of the caller, or None when it is unknown."""

_ERROR_FROM = 400
_BODY_CODE = re.compile(rb'<Code>([^<]+)</Code>|"__type"\s*:\s*"(?:[^"#]*#)?([^"]+)"')


class Traffic:
    """Carries calls to a service and applies the fault rules on the way.

    Args:
        sleep: Waits for so many seconds (s); tests replace it.
    """

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self.calls = CallLog()
        self.faults = Faults()
        self._sleep = sleep

    def carry(
        self,
        call: Call,
        execute: Callable[[], Response],
        find_pid: FindPid = os.getpid,
        latency_s: float = 0.0,
    ) -> Response:
        """Carry out *call* and return its answer.

        Args:
            call: What is called; it is logged when it arrives and completed when it is answered.
            execute: Makes the call take effect. Not run when a fault comes before it.
            find_pid: Process that a fault ``crash`` without a pid kills.
            latency_s: Wait before anything happens (s).

        Raises:
            ConnectionDropped: A fault closes the connection, or killed the caller.
        """
        self.calls.add(call)
        self._wait(latency_s)
        rules = self.faults.select(call.service, call.operation)
        response = self._apply([rule for rule in rules if rule.when == "before"], call, find_pid)
        if response is None:
            response = execute()
            after = self._apply([rule for rule in rules if rule.when == "after"], call, find_pid)
            response = after or response
        call.status, call.error_code = response.status, _error_code(response)
        return response

    def _apply(self, rules: list[FaultRule], call: Call, find_pid: FindPid) -> Response | None:
        """Apply *rules*; return the answer that replaces the call's own, if one does."""
        for rule in rules:
            call.fault = rule.action
            if rule.action == "delay":
                self._wait(rule.delay_s)
            elif rule.action == "body":
                body = rule.body.encode()
                headers = {"Content-Type": rule.content_type, "Content-Length": str(len(body))}
                return Response(rule.status or 200, headers, body)
            elif rule.action == "error":
                return error_of(call.service, rule.code, rule.message, rule.status)
            else:
                if rule.action == "crash" and (pid := rule.pid or find_pid()):
                    for victim in (*ancestors(pid, rule.ancestors), pid):
                        os.kill(victim, signal.SIGKILL)
                raise ConnectionDropped(call.name)
        return None

    def _wait(self, seconds: float) -> None:
        if seconds > 0:
            self._sleep(seconds)


def _error_code(response: Response) -> str | None:
    if response.status < _ERROR_FROM:
        return None
    for name, value in response.headers.items():
        if name.lower() == "x-amzn-errortype":
            return value
    match = _BODY_CODE.search(response.body)
    return (match[1] or match[2]).decode() if match else None
