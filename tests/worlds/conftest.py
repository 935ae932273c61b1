"""One AWS in this process for all worlds, with a clock that waiting moves on."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from omics_components.emulator import Emulator
from tests.unit.conftest import SharedClock
from tests.worlds.world import World


@pytest.fixture(scope="session")
def shared_world() -> Iterator[World]:
    """To enter moto's mock takes a third of a second."""
    clock = SharedClock()
    emulator = Emulator(clock=clock, sleep=clock.advance, seed=1, check_keys=True)
    with mock_aws(), emulator.in_process():
        yield World(emulator, clock)


@pytest.fixture
def world(shared_world: World) -> World:
    shared_world.reset()
    return shared_world
