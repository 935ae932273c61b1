"""A plugin process whose engine goes away: it finishes what it does, and ends itself."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct
from pulumi.dynamic import ConfigureRequest, CreateResult, ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from omics_components.engine.watchdog import in_flight, watch_engine

REPOSITORY = Path(__file__).parents[2]
NOTICED_WITHIN_S = 15.0
"""A dead engine is noticed in 3 s; a busy machine takes longer for everything."""

THIRD_REFUSAL_AFTER_S = 2.0
"""Sooner there cannot be three refusals, for there is one look a second."""

LONG_ENOUGH_S = 5.5
"""Longer than it takes to notice, and done half-way between two of the looks, one a second: an
answer on its way to an engine that is not there is not waited for.
"""


class Idle(ResourceProvider):
    """Watches the engine, as the library's providers do."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:  # noqa: ARG002 the SDK's
        watch_engine()

    def create(self, props: dict[str, Any]) -> CreateResult:  # noqa: ARG002 as above
        return CreateResult("1", {})


class Busy(Idle):
    """Takes its time, and counts its calls."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        with in_flight():
            _work(props)
        return CreateResult("1", {})


class Foreign(Idle):
    """Takes its time as a provider of someone else's, which counts nothing."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        _work(props)
        return CreateResult("1", {})


class Detached(Idle):
    """Goes on after its call has ended."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        begun = threading.Event()

        def work() -> None:
            with in_flight():
                begun.set()
                _work(props)

        threading.Thread(target=work, daemon=True).start()
        begun.wait()
        return CreateResult("1", {})


def _work(props: dict[str, Any]) -> None:
    note = Path(props["note"])
    note.with_suffix(".begun").touch()
    time.sleep(LONG_ENOUGH_S)
    note.write_text("finished")


class Engine:
    """All that a plugin sees of an idle engine: a server that it can connect to."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0), backlog=100, reuse_port=True)
        self.port: int = self._server.getsockname()[1]

    def was_looked_at(self) -> None:
        """Wait for a plugin's first look; one that never saw its engine does not miss it."""
        self._server.settimeout(30)
        self._server.accept()[0].close()

    def await_look(self) -> None:
        """Wait for a plugin's next look."""
        self._server.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                self._server.accept()[0].close()
        self.was_looked_at()

    def die(self) -> None:
        self._server.close()

    def go_away(self) -> None:
        """Refuse connections; no one else gets the port meanwhile."""
        away = socket.socket()
        away.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        away.bind(("127.0.0.1", self.port))
        self._server.close()
        self._server = away

    def come_back(self) -> None:
        self._server.listen(100)


class Plugin:
    """A plugin process of an engine at some address, with one provider in it."""

    def __init__(self, provider: type[ResourceProvider], address: str | None, note: Path) -> None:
        self.note = note
        self._provider = serialize_provider(provider())
        arguments = [] if address is None else [address]
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "pulumi.dynamic", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PULUMI_PROJECT": "lab", "PYTHONPATH": str(REPOSITORY)},
        )
        assert self.process.stdout is not None
        port = int(self.process.stdout.readline())
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def begin_to_create(self) -> Any:
        """Begin a call, and give what becomes of it."""
        properties = Struct()
        properties.update({"__provider": self._provider, "note": str(self.note)})
        self._stub.Configure(provider_pb2.ConfigureRequest(), timeout=60)
        request = provider_pb2.CreateRequest(urn="urn:pulumi:a::b::c::d", properties=properties)
        return self._stub.Create.future(request)

    def lose_its_reader(self) -> None:
        """Close the pipe that an engine reads the plugin's words from, as its death does."""
        assert self.process.stderr is not None
        assert self.process.stdout is not None
        self.process.stderr.close()
        self.process.stdout.close()

    def close(self) -> None:
        self._channel.close()
        self.process.kill()
        self.process.communicate()


StartPlugin = Callable[[type[ResourceProvider], "str | None"], Plugin]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartPlugin]:
    running: list[Plugin] = []

    def make(provider: type[ResourceProvider], address: str | None) -> Plugin:
        running.append(Plugin(provider, address, tmp_path / f"{len(running)}.txt"))
        return running[-1]

    yield make
    for plugin in running:
        plugin.close()


def _wait_for(path: Path) -> None:
    deadline_s = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline_s, path
        time.sleep(0.05)


def test_an_orphan_finishes_its_calls_and_ends(start: StartPlugin) -> None:
    engines = [Engine() for _ in range(4)]
    idle, *working = (
        start(provider, f"127.0.0.1:{engine.port}")
        for provider, engine in zip((Idle, Busy, Foreign, Detached), engines, strict=True)
    )
    idle.begin_to_create().result(timeout=30)
    calls = [plugin.begin_to_create() for plugin in working]
    for plugin in working:
        _wait_for(plugin.note.with_suffix(".begun"))
    for engine in engines:
        engine.was_looked_at()

    for engine in engines:
        engine.die()
    for plugin in (idle, *working):
        plugin.lose_its_reader()

    assert idle.process.wait(NOTICED_WITHIN_S) == 0
    for plugin in working:
        assert plugin.process.wait(LONG_ENOUGH_S + NOTICED_WITHIN_S) == 0
        assert plugin.note.read_text() == "finished"
    assert calls[0].exception(timeout=1) is None


def test_whoever_is_no_orphan_goes_on(start: StartPlugin) -> None:
    engine, flapping = Engine(), Engine()
    plugins = {
        "its engine lives": start(Idle, f"127.0.0.1:{engine.port}"),
        "its engine was away for a moment, again and again": start(
            Idle, f"127.0.0.1:{flapping.port}"
        ),
        "its engine was never there": start(Idle, "127.0.0.1:1"),
        "its address is none": start(Idle, "nonsense"),
        "it has no address": start(Idle, None),
    }
    for plugin in plugins.values():
        plugin.begin_to_create().result(timeout=30)

    engine.was_looked_at()
    for _ in range(3):
        flapping.await_look()
        went_s = time.monotonic()
        flapping.go_away()
        time.sleep(1.2)  # time for one refusal
        flapping.come_back()
        if time.monotonic() - went_s >= THIRD_REFUSAL_AFTER_S:
            # This machine stood still for so long that it was more than a moment.
            del plugins["its engine was away for a moment, again and again"]
            break
    time.sleep(1)

    ended = [what for what, plugin in plugins.items() if plugin.process.poll() is not None]
    assert ended == []
    for plugin in plugins.values():
        plugin.begin_to_create().result(timeout=30)
    engine.die()
    flapping.die()
    for what, plugin in plugins.items():
        if what.startswith(("its engine lives", "its engine was away")):
            assert plugin.process.wait(NOTICED_WITHIN_S) == 0


def test_a_process_that_is_no_plugin_is_not_watched() -> None:
    before = threading.active_count()

    watch_engine()

    assert threading.active_count() == before
