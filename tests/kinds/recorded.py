"""The record of each kind in states, with ids made constant: see tests/provider/test_state.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from omics_components.kinds.registry import Kind, kind_named

if TYPE_CHECKING:
    from pulumi.dynamic import ResourceProvider

STORE_ID = "9876543210"
KEY_ID = "99999999-8888-7777-6666-555555555555"
BUCKET = "failed-uploads"
ADMIN = "arn:aws:iam::123456789012:role/admin"
READER = "arn:aws:iam::111122223333:role/analysis"


@dataclass(frozen=True)
class RecordedKind:
    """One kind of resource, as it is recorded.

    Args:
        name: Its name in the registry.
        token: Its type, which never changes.
        program: What the program declares, in wire names: all that can be declared.
        change: What it declares later, for an update in place.
        operations: The calls that make the change.
        constant: What is recorded in place of the part of the id that differs from run to run.
        part: Returns that part of an id.
        timeouts: The resource option custom_timeouts.
    """

    name: str
    token: str
    program: dict[str, Any]
    change: dict[str, Any]
    operations: list[str]
    constant: str
    part: Callable[[str], str]
    timeouts: dict[str, str] = field(default_factory=dict)

    @property
    def resource(self) -> Callable[..., object]:
        """The class that a program declares."""
        return kind_named(self.name).resource

    @property
    def provider(self) -> type[ResourceProvider]:
        """The class that is recorded by its import path."""
        return kind_named(self.name).provider

    @property
    def hidden(self) -> dict[str, Any]:
        """The hidden inputs."""
        urn = f"urn:pulumi:dev::lab::pulumi-python:dynamic/{self.token}::reads"
        identity = f"file://backend|organization|{urn}"
        timeouts = {"__timeouts": self.timeouts} if self.timeouts else {}
        return {"__identity": identity, **timeouts}


def recorded_kind(kind: Kind) -> RecordedKind:
    """Return what the folder of a kind says is recorded of it."""
    recorded: RecordedKind = import_module(f"tests.kinds.{kind.folder}.recorded").RECORDED
    return recorded
