"""The example of a pull request's report, through every step of its workflow."""

from __future__ import annotations

from pathlib import Path

from omics_components.emulator import EmulatorServer
from tests.engine.github_actions import GOLDEN, told


def test_a_newcomers_pull_requests(server: EmulatorServer, tmp_path: Path) -> None:
    server.reset()

    # Written anew by: python -m tests.engine.github_actions
    assert told(tmp_path, server) == GOLDEN.read_text()
