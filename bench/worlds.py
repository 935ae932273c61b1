"""The two environments: emulators with and without latency and quotas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tools.emulated import Emulated

CREATING_S = 3.0
"""How long a store stays CREATING in the world ``aws``, in seconds (s): assumed."""


@dataclass(frozen=True)
class World:
    """How the emulated AWS behaves.

    Args:
        name: Its name in the tables.
        options: Options of the emulator.
        environment: What a deployment in it sets.
    """

    name: str
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


WORLDS: Mapping[str, World] = {
    "zero": World("zero", environment={"OMICS_COMPONENTS_TPS": "*=inf"}),
    "aws": World(
        "aws",
        options=("--quotas", "--latency-ms", "30", "--creating-s", str(CREATING_S)),
    ),
}
"""``zero`` answers at once and admits everything; ``aws`` takes 30 ms a call, has the documented
quotas, and a new store takes 3 s."""


def environment_in(world: World, aws: Emulated) -> dict[str, str]:
    """Return the environment of a contender."""
    plain_clients = {"AWS_DISABLE_HOST_PREFIX_INJECTION": "true"}
    return {**aws.environment(), **plain_clients, **world.environment}


def count_calls(aws: Emulated) -> tuple[dict[str, int], int]:
    """Count the calls since ``forget_calls``: by operation, and the throttled ones."""
    calls = aws.calls()
    by_operation = Counter(f"{call['service']}:{call['operation']}" for call in calls)
    throttled = sum(call["errorCode"] == "ThrottlingException" for call in calls)
    return dict(sorted(by_operation.items())), throttled


def count_stores(aws: Emulated) -> int:
    """Count the stores."""
    pages = aws.client("omics").get_paginator("list_sequence_stores").paginate()
    return sum(len(page["sequenceStores"]) for page in pages)
