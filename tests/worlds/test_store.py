"""A plain store lives the same life whichever single alternative to an assumption is true.

``make test`` runs the worlds of what a store meets most, without a pause between commands. With
OMICS_COMPONENTS_SOAK all worlds run, without and with a pause longer than any lag, the broken ones
included: when one of those is whole, its line here has to go.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import pytest

from omics_components.emulator.assumptions import assumptions
from tests.worlds.lives import live_of_a_store
from tests.worlds.world import LONG_S, World, single_worlds

SOAK = bool(os.environ.get("OMICS_COMPONENTS_SOAK"))
PAUSES_S = (0.0, LONG_S) if SOAK else (0.0,)
SAMPLED = ("stores", "read sets", "tags")
"""Areas whose worlds run in ``make test``."""

_LAG = "an update does not wait until Get shows it: a refresh right after it shows drift"
BROKEN: Mapping[str, str] = {
    "get-lags-after-update=five-seconds": _LAG,
    "get-lags-after-update=half-a-minute": _LAG,
    "cleared-by-empty=ignored": "after the error, a refresh shows the time of the update",
}
"""Worlds in which the library does not keep its promises yet, and what happens in them."""

_ONLY_WITHOUT_PAUSE = frozenset(
    {"get-lags-after-update=five-seconds", "get-lags-after-update=half-a-minute"}
)
"""Worlds that are broken only where commands follow each other at once."""


def name_of(assume: Mapping[str, str]) -> str:
    return next((f"{name}={choice}" for name, choice in assume.items()), "default")


def is_sampled(assume: Mapping[str, str]) -> bool:
    return all(assumptions()[name].area in SAMPLED for name in assume)


def cases() -> list[Any]:
    """List the worlds and pauses that run."""
    chosen = []
    for assume in single_worlds():
        name = name_of(assume)
        for pause_s in PAUSES_S:
            is_broken = name in BROKEN and not (pause_s and name in _ONLY_WITHOUT_PAUSE)
            if not (SOAK or (is_sampled(assume) and not is_broken)):
                continue
            marks = [pytest.mark.xfail(reason=BROKEN[name], strict=True)] if is_broken else []
            chosen.append(pytest.param(assume, pause_s, id=f"{name}-{pause_s:g}s", marks=marks))
    return chosen


@pytest.mark.parametrize(("assume", "pause_s"), cases())
def test_the_life_of_a_store(world: World, assume: dict[str, str], pause_s: float) -> None:
    world.reset(assume)

    life = live_of_a_store(world, pause_s)

    assert life.problems == []


def test_broken_worlds_are_worlds() -> None:
    assert BROKEN.keys() <= {name_of(assume) for assume in single_worlds()}
