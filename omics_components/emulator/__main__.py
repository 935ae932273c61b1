"""Command line: ``python -m omics_components.emulator --port 0`` prints its URL and serves."""

import argparse
import signal
import sys
import threading
from importlib.util import find_spec

_NEEDED = ("moto", "flask", "flask_cors")
"""What the extra ``emulator`` brings, and the server imports only when it is called."""


def main(arguments: list[str] | None = None) -> int:
    """Serve as the arguments say; return the exit status."""
    return serve(parser().parse_args(arguments))


def serve(options: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; return the exit status.

    Prints the URL on one line as soon as it answers.

    Args:
        options: What ``parser`` makes of arguments.
    """
    missing = [name for name in _NEEDED if not find_spec(name)]
    if missing:
        packages = " ".join(name.replace("_", "-") for name in missing)
        return _failed(
            f"it needs {', '.join(missing)}; install it with: {sys.executable} -m pip install "
            f"{packages}"
        )
    # Here, so that asking for the options needs no extra.
    from omics_components.emulator.assumptions import parse_assumed  # noqa: PLC0415 see above
    from omics_components.emulator.http_server import EmulatorServer  # noqa: PLC0415 see above

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
            assume=dict(map(parse_assumed, options.assume)),
        )
        ended = threading.Event()
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signal_number, lambda *_: ended.set())
        with server:
            print(server.url, flush=True)  # noqa: T201 - the URL is this command's output
            ended.wait()
    except (OSError, OverflowError, ValueError) as error:  # an invalid port overflows
        return _failed(str(error))
    return 0


def _failed(why: str) -> int:
    print(f"cannot start the emulator: {why}", file=sys.stderr)  # noqa: T201 - a command's words
    return 1


def parser() -> argparse.ArgumentParser:
    """Return the parser of the options; the command ``omics-components emulator`` has the same."""
    made = argparse.ArgumentParser(
        prog="python -m omics_components.emulator",
        description="Emulate AWS HealthOmics, with moto's kms, s3 and sts, on 127.0.0.1.",
    )
    made.add_argument("--port", type=int, default=0, help="TCP port; 0 picks a free one")
    made.add_argument("--state", help="file that keeps the omics state over restarts")
    made.add_argument("--quotas", action="store_true", help="enforce AWS's calls per second")
    made.add_argument("--latency-ms", type=float, default=0, help="time each call takes (ms)")
    made.add_argument(
        "--no-key-checks",
        dest="key_checks",
        action="store_false",
        help="admit stores with any key ARN, of keys that do not exist too",
    )
    for verb in ("creating", "updating", "deleting"):
        text = f"time a store stays {verb.upper()} (s)"
        made.add_argument(f"--{verb}-s", type=float, default=0, help=text)
    made.add_argument(
        "--assume",
        action="append",
        default=[],
        metavar="ID=ALTERNATIVE",
        help="act out an alternative to an assumption of docs/assumptions.md; repeatable",
    )
    return made


if __name__ == "__main__":
    sys.exit(main())
