"""Every call that reached the emulator or the services beside it."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from omics_components.emulator.clock import to_wire


@dataclass
class Call:
    """One call.

    Args:
        service: ``omics``, ``kms``, ``s3``, ``sts`` ...
        operation: Name as in the service's API, ``CreateKey``; ``Unknown`` if it is unknown.
        time_s: When it arrived (s).
        parameters: Request parameters; known for omics only.
        account: Account of the caller.
        region: Region of the call.
        user_agent: The client's User-Agent header.
        status: HTTP status of the answer; None while it runs, and for good when there was none.
        error_code: Error code of the answer, if it was an error.
        fault: Action of the fault rule that changed the call, if one did.
    """

    service: str
    operation: str
    time_s: float
    parameters: dict[str, Any] = field(default_factory=dict)
    account: str | None = None
    region: str | None = None
    user_agent: str | None = None
    status: int | None = None
    error_code: str | None = None
    fault: str | None = None

    @property
    def name(self) -> str:
        """Service and operation: ``omics:CreateSequenceStore``."""
        return f"{self.service}:{self.operation}"

    def to_json(self) -> dict[str, Any]:
        """Return the call as the control API shows it."""
        return {
            "service": self.service,
            "operation": self.operation,
            "name": self.name,
            "time": to_wire(self.time_s),
            "status": self.status,
            "errorCode": self.error_code,
            "fault": self.fault,
            "account": self.account,
            "region": self.region,
            "userAgent": self.user_agent,
            "parameters": self.parameters,
        }


class CallLog:
    """The calls in order of arrival. Thread-safe."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._lock = threading.Lock()

    def add(self, call: Call) -> None:
        """Append a call when it arrives; its status is filled in later."""
        with self._lock:
            self._calls.append(call)

    def clear(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._calls.clear()

    def snapshot(self) -> list[Call]:
        """Return the calls so far."""
        with self._lock:
            return list(self._calls)

    def names(self) -> list[str]:
        """Return ``service:operation`` of each call."""
        return [call.name for call in self.snapshot()]

    def __iter__(self) -> Iterator[Call]:
        return iter(self.snapshot())

    def __len__(self) -> int:
        return len(self._calls)

    def __getitem__(self, index: int) -> Call:
        return self._calls[index]
