"""A plain store lives the same life whichever single alternative to an assumption is true.

``make test`` runs the worlds of what a store meets most, with hardly a pause between commands. With
OMICS_COMPONENTS_SOAK all worlds run, with a short pause and with one longer than any lag.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import pytest

from omics_components.emulator.assumptions import assumptions
from tests.worlds.lives import live_of_a_store
from tests.worlds.world import LONG_S, SHORT_S, World, single_worlds

SOAK = bool(os.environ.get("OMICS_COMPONENTS_SOAK"))
PAUSES_S = (SHORT_S, LONG_S) if SOAK else (SHORT_S,)
SAMPLED = ("stores", "read sets", "tags")
"""Areas whose worlds run in ``make test``."""


def name_of(assume: Mapping[str, str]) -> str:
    return next((f"{name}={choice}" for name, choice in assume.items()), "default")


def is_sampled(assume: Mapping[str, str]) -> bool:
    return all(assumptions()[name].area in SAMPLED for name in assume)


def cases() -> list[Any]:
    """List the worlds and pauses that run."""
    return [
        pytest.param(assume, pause_s, id=f"{name_of(assume)}-{pause_s:g}s")
        for assume in single_worlds()
        for pause_s in PAUSES_S
        if SOAK or is_sampled(assume)
    ]


@pytest.mark.parametrize(("assume", "pause_s"), cases())
def test_the_life_of_a_store(world: World, assume: dict[str, str], pause_s: float) -> None:
    world.reset(assume)

    life = live_of_a_store(world, pause_s)

    assert life.problems == []
