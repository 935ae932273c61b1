"""A stand-in for AWS HealthOmics, for tests and for trying things without AWS.

The names are loaded on first use: pytest imports this package in every run, to find the fixtures,
also where the ``emulator`` extra is not installed.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from omics_components.emulator.call_log import Call, CallLog
    from omics_components.emulator.caller import Caller
    from omics_components.emulator.clock import ManualClock
    from omics_components.emulator.core import Emulator
    from omics_components.emulator.errors import ConnectionDropped, ModelViolation, ServiceError
    from omics_components.emulator.faults import FaultRule, Faults
    from omics_components.emulator.http_server import EmulatorServer
    from omics_components.emulator.lifecycle import DeletionRefusal, StatusPlan, StatusStep
    from omics_components.emulator.settings import Settings

__all__ = [
    "Call",
    "CallLog",
    "Caller",
    "ConnectionDropped",
    "DeletionRefusal",
    "Emulator",
    "EmulatorServer",
    "FaultRule",
    "Faults",
    "ManualClock",
    "ModelViolation",
    "ServiceError",
    "Settings",
    "StatusPlan",
    "StatusStep",
]

_HOMES = {
    "Call": "call_log",
    "CallLog": "call_log",
    "Caller": "caller",
    "ConnectionDropped": "errors",
    "DeletionRefusal": "lifecycle",
    "Emulator": "core",
    "EmulatorServer": "http_server",
    "FaultRule": "faults",
    "Faults": "faults",
    "ManualClock": "clock",
    "ModelViolation": "errors",
    "ServiceError": "errors",
    "Settings": "settings",
    "StatusPlan": "lifecycle",
    "StatusStep": "lifecycle",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
