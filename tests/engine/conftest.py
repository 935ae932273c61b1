"""The real Pulumi engine with the emulator behind it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from omics_components.emulator import EmulatorServer, Settings
from omics_components.testing import inline_programs
from tests.engine.stack import Stack

# The SDK's host of inline programs leaves its event loop, sockets and coroutines behind when an
# update fails. The stack collects them in the test that made them.
_SDK_LEAVINGS = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in this folder."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.engine)
            item.add_marker(_SDK_LEAVINGS)


@pytest.fixture(scope="session", autouse=True)
def pulumi_cli() -> str:
    """The path of the Pulumi CLI. Without one the suite fails, unless PULUMI_TESTS=skip."""
    found = shutil.which("pulumi")
    if found is None:
        if os.environ.get("PULUMI_TESTS") == "skip":
            pytest.skip("PULUMI_TESTS=skip")
        pytest.fail("no pulumi on PATH: run make test, or set PULUMI_TESTS=skip to do without")
    return found


@pytest.fixture(scope="session")
def running_server() -> Iterator[EmulatorServer]:
    """One emulator for all tests of this worker."""
    with EmulatorServer() as server:
        yield server


@pytest.fixture
def server(running_server: EmulatorServer) -> EmulatorServer:
    """The emulator, empty and as it was at first, whatever a test set."""
    running_server.reset()
    # Most tests of stores name keys that no one made; a test that creates them enables the check.
    running_server.emulator.configure(**asdict(Settings(check_keys=False)))
    return running_server


@pytest.fixture
def stack(
    server: EmulatorServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> Iterator[Stack]:
    """An empty stack whose program is a mapping from resource names to arguments of stores."""
    yield Stack(tmp_path, server)
    inline_programs.wait_for_programs()
    caplog.get_records("call").clear()  # errors in them hold on to what the SDK left behind
    inline_programs.collect_leavings()
