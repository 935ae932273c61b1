"""The state of all accounts and regions, and what an operation gets to work with."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from omics_components.emulator.caller import Caller
from omics_components.emulator.clock import Clock, to_milliseconds
from omics_components.emulator.lifecycle import DeletionRefusal, StatusPlan
from omics_components.emulator.records import RegionState
from omics_components.emulator.settings import Settings

STATE_VERSION = 1
_ID_FIRST, _ID_LAST = 1_000_000_000, 9_999_999_999


class ResourceCheck(Protocol):
    """The seam for checks that need other services: is the key usable, does the bucket exist.

    Called once for each CreateSequenceStore, UpdateSequenceStore and CreateReferenceStore, with
    parameters that are valid. It raises a ServiceError to refuse the call.
    """

    def __call__(self, caller: Caller, operation: str, parameters: dict[str, Any]) -> None:
        """Refuse *operation* of *caller* by raising, or return."""


@dataclass
class World:
    """Everything the emulator remembers, in all accounts and regions."""

    regions: dict[tuple[str, str], RegionState] = field(default_factory=dict)
    last_serial: int = 0
    # Ids are random so that a restarted emulator does not give out the ids of its predecessor,
    # which a Pulumi state may still hold. Nothing secret depends on them.
    ids: random.Random = field(default_factory=random.Random)

    def region(self, account: str, region: str) -> RegionState:
        """Return the state of one region of one account, made on first use."""
        return self.regions.setdefault((account, region), RegionState())

    def next_serial(self) -> int:
        """Return the next number in creation order."""
        self.last_serial += 1
        return self.last_serial

    def new_id(self, taken: Sequence[str] | dict[str, Any]) -> str:
        """Return an unused id of ten digits: the form AWS shows in its samples (docs)."""
        while (candidate := str(self.ids.randint(_ID_FIRST, _ID_LAST))) in taken:
            pass
        return candidate

    def to_json(self) -> dict[str, Any]:
        """Return a JSON document of everything."""
        regions = {f"{account}/{name}": r.to_json() for (account, name), r in self.regions.items()}
        return {"version": STATE_VERSION, "last_serial": self.last_serial, "regions": regions}

    def load_json(self, document: dict[str, Any]) -> None:
        """Replace everything by what ``to_json`` wrote.

        Raises:
            ValueError: The document is of another version.
        """
        if document.get("version") != STATE_VERSION:
            raise ValueError(f"state of version {document.get('version')}, not {STATE_VERSION}")
        self.last_serial = document["last_serial"]
        self.regions = {}
        for key, region in document["regions"].items():
            account, _, name = key.partition("/")
            self.regions[account, name] = RegionState.from_json(region)


@dataclass
class Context:
    """What an operation gets: who calls, on what state, when, and under which settings."""

    caller: Caller
    operation: str
    world: World
    region: RegionState
    now_s: float
    settings: Settings
    plans: list[StatusPlan]
    resource_check: ResourceCheck | None = None
    refusals: Sequence[DeletionRefusal] = ()

    def arn(self, path: str) -> str:
        """Return the omics ARN of *path* in the caller's account and region (source: IAM docs)."""
        caller = self.caller
        return f"arn:{caller.partition}:omics:{caller.region}:{caller.account}:{path}"

    def assumes(self, assumption: str) -> str | None:
        """Return the id of the alternative to *assumption* that is acted out, or None."""
        return self.settings.assumes(assumption)

    def seconds(self, assumption: str, at_least_s: float = 0.0) -> float:
        """Return how long the alternative to *assumption* takes (s); see ``Settings.seconds``."""
        return self.settings.seconds(assumption, at_least_s)

    def check_resources(self, parameters: dict[str, Any]) -> None:
        """Ask the resource check, if there is one, about the keys and buckets in *parameters*."""
        if self.resource_check:
            self.resource_check(self.caller, self.operation, parameters)


def read_clock(clock: Clock) -> float:
    """Return the time now (s), cut to the milliseconds that AWS reports."""
    return to_milliseconds(clock())
