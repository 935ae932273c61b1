"""An AWS in this process, with a clock that waiting moves on."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from omics_components.emulator import Emulator
from tests.unit.conftest import SharedClock
from tests.worlds.world import World


@pytest.fixture
def world() -> Iterator[World]:
    """One for each test: a world that outlives its test would answer the tests of other folders."""
    clock = SharedClock()
    emulator = Emulator(clock=clock, sleep=clock.advance, seed=1, check_keys=True)
    with mock_aws(), emulator.in_process():
        yield World(emulator, clock)
