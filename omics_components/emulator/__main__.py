"""Command line: ``python -m omics_components.emulator --port 0`` prints its URL and serves."""

import argparse
import signal
import sys
import threading

from omics_components.emulator.http_server import EmulatorServer


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; return the exit status.

    Prints the URL on one line as soon as it answers.
    """
    options = _parser().parse_args(arguments)
    try:
        server = EmulatorServer(
            port=options.port,
            state_file=options.state,
            quotas=options.quotas,
            latency_s=options.latency_ms / 1000,
            creating_s=options.creating_s,
            updating_s=options.updating_s,
            deleting_s=options.deleting_s,
            check_keys=options.key_checks,
        )
        ended = threading.Event()
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signal_number, lambda *_: ended.set())
        with server:
            print(server.url, flush=True)  # noqa: T201 - the URL is this command's output
            ended.wait()
    except (OSError, ValueError) as error:
        print(f"cannot start the emulator: {error}", file=sys.stderr)  # noqa: T201 - as above
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m omics_components.emulator",
        description="Emulate AWS HealthOmics, with moto's kms, s3 and sts, on 127.0.0.1.",
    )
    parser.add_argument("--port", type=int, default=0, help="TCP port; 0 picks a free one")
    parser.add_argument("--state", help="JSON file that keeps the omics state over restarts")
    parser.add_argument("--quotas", action="store_true", help="enforce AWS's calls per second")
    parser.add_argument("--latency-ms", type=float, default=0, help="time each call takes (ms)")
    parser.add_argument(
        "--no-key-checks",
        dest="key_checks",
        action="store_false",
        help="admit stores with any key ARN, of keys that do not exist too",
    )
    for verb in ("creating", "updating", "deleting"):
        text = f"time a store stays {verb.upper()} (s)"
        parser.add_argument(f"--{verb}-s", type=float, default=0, help=text)
    return parser


if __name__ == "__main__":
    sys.exit(main())
