"""The plugin's process: ``pulumi-resource-omics-components``, which the engine starts."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import gc
import signal
import sys
import threading

import grpc.aio
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import provider_pb2_grpc

from omics_components.engine.native.server import NativeServicer
from omics_components.engine.watchdog import end_when_idle, watch_engine
from omics_components.native.package import package


def main() -> None:
    """Serve the engine whose address is the first argument, until it ends this process."""
    addresses = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    engine = addresses[0] if addresses else ""
    atexit.register(gc.freeze)
    watch_engine(engine)
    asyncio.run(_serve(engine))


async def _serve(engine: str) -> None:
    from omics_components.native.schema import schema_json  # noqa: PLC0415

    server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
    servicer = NativeServicer(package(schema_json()), engine)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    # The engine ends a plugin by an interrupt, and kills it 5 s later: calls in flight may end.
    loop = asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError):  # not on Windows
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, _end_later)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await server.wait_for_termination()


def _end_later() -> None:
    threading.Thread(target=end_when_idle, name="omics-components-end", daemon=True).start()


if __name__ == "__main__":
    main()
