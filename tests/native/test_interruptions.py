"""Creations that end early: too slow, cancelled, killed."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest
from pulumi import CustomTimeouts, ResourceOptions, automation

from omics_components.native import SequenceStore
from tests.engine.test_watchdog import _find, _is_running, _wait_until
from tests.native.stack import NativeStack


def test_a_creation_that_takes_too_long_is_resumed(stack: NativeStack) -> None:
    def declare() -> None:
        limits = CustomTimeouts(create="1s")
        SequenceStore("reads", opts=ResourceOptions(custom_timeouts=limits))

    stack.server.emulator.configure(creating_s=4)
    with pytest.raises(automation.CommandError, match="is still CREATING"):
        stack.up(declare)
    made = stack.resource("reads")
    assert made["initErrors"]
    assert made["outputs"]["__incomplete"]

    time.sleep(4)
    run = stack.up(declare)

    assert run.steps["reads"] == ["update"]
    assert stack.resource("reads")["id"] == made["id"]
    assert "__incomplete" not in stack.resource("reads")["outputs"]
    stack.preview(declare, expect_no_changes=True)


def test_cancel_ends_a_creation_within_a_second(stack: NativeStack) -> None:
    stack.server.emulator.configure(creating_s=120)
    failures: list[automation.CommandError] = []

    def deploy() -> None:
        try:
            stack.up({"reads": {}})
        except automation.CommandError as error:
            failures.append(error)

    update = threading.Thread(target=deploy)
    update.start()
    calls = stack.server.emulator.calls
    _wait_until(lambda: "omics:GetSequenceStore" in calls.names(), within_s=60)
    (cli,) = _find("pulumi --non-interactive up", below=os.getpid())
    started_s = time.monotonic()
    os.kill(cli, signal.SIGINT)
    update.join(60)
    took_s = time.monotonic() - started_s

    assert failures
    assert "was cancelled" in str(failures[0])
    assert took_s < 5
    assert stack.resource("reads")["initErrors"]
    state = stack.state_file.read_text()
    assert '"pending_operations"' not in state

    stack.server.emulator.configure(creating_s=0)
    assert stack.live_ids() == {stack.store_id("reads")}


def test_a_creation_whose_plugin_is_killed_is_resumed(stack: NativeStack) -> None:
    rule = {"operation": "CreateSequenceStore", "action": "crash", "when": "after"}
    stack.server.emulator.faults.add(rule)
    with pytest.raises(automation.CommandError, match=r"EOF|closing|Unavailable|exited"):
        stack.up({"reads": {}})
    stack.server.emulator.faults.clear()
    (left,) = stack.live_ids()

    run = stack.up({"reads": {}})

    assert "resuming the interrupted creation" in run.text
    assert stack.live_ids() == {left} == {stack.store_id("reads")}


def test_the_plugin_of_a_killed_engine_ends(stack: NativeStack) -> None:
    stack.server.emulator.configure(creating_s=8)
    update = threading.Thread(target=lambda: _fails(stack))
    update.start()
    calls = stack.server.emulator.calls
    _wait_until(lambda: "omics:GetSequenceStore" in calls.names(), within_s=60)
    (cli,) = _find("pulumi --non-interactive up", below=os.getpid())
    plugins = _find("pulumi-resource-omics-components", below=cli)
    assert plugins
    os.kill(cli, signal.SIGKILL)
    update.join(30)

    _wait_until(lambda: not any(map(_is_running, plugins)), within_s=40)


def _fails(stack: NativeStack) -> None:
    with pytest.raises(automation.CommandError):
        stack.up({"reads": {}})
