"""An emulator inside this process, and one clock for it and for what waits on it."""

from collections.abc import Callable, Iterator

import pulumi
import pytest
from moto import mock_aws

from omics_components.aws.client import Aws
from omics_components.aws.settings import AwsSettings
from omics_components.emulator import Emulator, ManualClock
from omics_components.kinds.sequence_store.handler import SequenceStoreHandler
from tests.unit.mocked_engine import Engine, mocked_engine


class SharedClock(ManualClock):
    """Waiting moves the emulator's time on, and takes none."""

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float, /) -> None:
        self.advance(seconds)


@pytest.fixture
def clock() -> SharedClock:
    return SharedClock()


@pytest.fixture
def store_emulator(clock: SharedClock) -> Iterator[Emulator]:
    emulator = Emulator(clock=clock, sleep=clock.advance, seed=1)
    with mock_aws(), emulator.in_process():
        yield emulator


@pytest.fixture
def handler(store_emulator: Emulator, clock: SharedClock) -> SequenceStoreHandler:  # noqa: ARG001 it must answer
    """A handler of a stack that retries nothing, so that no test waits."""
    return SequenceStoreHandler(Aws(AwsSettings(max_retries=0)), clock)


@pytest.fixture
def engine() -> Iterator[Engine]:
    """Pulumi's mocks in place of an engine."""
    with mocked_engine() as made:
        yield made


@pytest.fixture
def stack_config() -> Iterator[Callable[[dict[str, str]], None]]:
    """Set the stack's configuration, as the engine hands it to a program."""
    yield pulumi.runtime.set_all_config
    pulumi.runtime.set_all_config({})
