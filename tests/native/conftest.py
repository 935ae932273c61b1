"""The real Pulumi engine with the native plugin and the emulator behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omics_components.emulator import EmulatorServer
from omics_components.testing import inline_programs
from tests.engine.conftest import _SDK_LEAVINGS, pulumi_cli, running_server, server
from tests.native.stack import NativeStack

__all__ = ["pulumi_cli", "running_server", "server"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in this folder and runs the engine."""
    for item in items:
        is_here = item.path.is_relative_to(Path(__file__).parent)
        if is_here and "stack" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.engine)
            item.add_marker(_SDK_LEAVINGS)


@pytest.fixture
def stack(
    server: EmulatorServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> Iterator[NativeStack]:
    """An empty stack whose program declares native resources."""
    yield NativeStack(tmp_path, server)
    inline_programs.wait_for_programs()
    caplog.get_records("call").clear()
    inline_programs.collect_leavings()
