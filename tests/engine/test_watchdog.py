"""An engine that is killed in the middle of a creation: what becomes of its plugin."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from pulumi import automation

from tests.engine.stack import Stack

if TYPE_CHECKING:
    import pytest

NOTICED_AFTER_S = 5.0
"""So long after its engine's death the plugin knows of it, unless the machine is very busy."""


def _descendants(of: int) -> dict[int, str]:
    """Return the processes below one, by id, with their command lines."""
    text = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,command="], check=True, capture_output=True, text=True
    ).stdout
    rows = [line.split(None, 2) for line in text.splitlines()]
    commands = {int(row[0]): row[2] for row in rows if len(row) > 2}  # a dying one has none
    parents = {int(row[0]): int(row[1]) for row in rows}
    found: dict[int, str] = {}
    family = {of}
    while family:
        family = {pid for pid, parent in parents.items() if parent in family}
        found |= {pid: commands.get(pid, "") for pid in family}
    return found


def _find(part: str, *, below: int) -> list[int]:
    return [pid for pid, command in _descendants(below).items() if part in command]


def _is_running(pid: int) -> bool:
    # Not by its parent: an orphan has another one.
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _wait_until(true: Callable[[], object], within_s: float) -> None:
    deadline_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline_s
        time.sleep(0.1)


def test_the_plugin_of_a_killed_engine_finishes_its_creation_and_ends(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_answered = threading.Event()
    monkeypatch.setattr(stack.server.emulator.traffic, "_sleep", is_answered.wait)
    rule = {"operation": "CreateSequenceStore", "action": "delay", "delay_s": 50.0}
    stack.server.emulator.faults.add(rule)
    failures: list[automation.CommandError] = []

    def deploy() -> None:
        try:
            stack.up({"reads": {}})
        except automation.CommandError as error:
            failures.append(error)

    update = threading.Thread(target=deploy)
    update.start()
    plugins: list[int] = []
    try:
        calls = stack.server.emulator.calls
        _wait_until(lambda: "omics:CreateSequenceStore" in calls.names(), within_s=60)
        (cli,) = _find("pulumi --non-interactive up", below=os.getpid())
        parts = ("-m pulumi.dynamic", "/pulumi-resource-pulumi-python ")
        plugins = [pid for part in parts for pid in _find(part, below=cli)]
        assert len(plugins) == 2, "the plugin, and the shell that it was started through"

        os.kill(cli, signal.SIGKILL)
        update.join(30)

        assert failures
        time.sleep(NOTICED_AFTER_S)
        assert all(map(_is_running, plugins)), "the call was not let finish"
        is_answered.set()
        _wait_until(stack.live_ids, within_s=30)
        _wait_until(lambda: not any(map(_is_running, plugins)), within_s=15)
        plugins.clear()  # the ids may be other processes' by now
    finally:
        is_answered.set()
        for pid in plugins:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    assert {"omics:GetSequenceStore", "omics:ListTagsForResource"} <= {*calls.names()}
