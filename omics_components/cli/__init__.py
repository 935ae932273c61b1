"""The commands ``omics-components …``: one module for each command, click loaded when one is run.

Importing this package loads neither click nor an SDK. The commands need the extra ``cli``.
"""

from __future__ import annotations

import errno
import io
import os
import shlex
import sys
from importlib.metadata import requires
from importlib.util import find_spec
from pathlib import Path

_DISTRIBUTION = "omics-components"
_NEEDED = ("click", "rich")


def main() -> None:
    """Run the command that the arguments name, and end the process with its exit status.

    0: done; 1: it failed, and one line on stderr says why; 2: the arguments are invalid.
    """
    if not all(find_spec(name) for name in _NEEDED):
        sys.exit(
            f"omics-components: the commands need {' and '.join(_NEEDED)}; install them with: "
            f"{install_command('cli')}"
        )
    from omics_components.cli.root import root  # noqa: PLC0415 the extra may be missing

    try:
        _prepare_streams()
        try:
            root(prog_name="omics-components")
        finally:
            sys.stdout.flush()  # a full disk shows here at the latest
    except OSError as error:
        _abandon_stdout()
        if error.errno == errno.EPIPE:  # the reader, such as head, has enough
            sys.exit(1)
        place = f" {error.filename}" if error.filename else ""
        sys.exit(f"omics-components: cannot read or write{place}: {error.strerror or error}")
    except RecursionError:
        sys.exit("omics-components: the input is nested too deeply")


def install_command(extra: str) -> str:
    """Return the command that installs what an extra needs into this environment."""
    marker = f'extra == "{extra}"'
    needed = [
        text.partition(";")[0].strip()
        for text in requires(_DISTRIBUTION) or ()
        if marker in text.replace("'", '"')
    ]
    return shlex.join([sys.executable, "-m", "pip", "install", *needed])


def _prepare_streams() -> None:
    """Let stdout take letters that the locale's encoding lacks, as cp1252 does of many names.

    Machines that read a pipe or a file expect UTF-8; a terminal shows what its own encoding has.
    Where the caller closed stdin or stderr, nothing is read or written there.

    Raises:
        OSError: stdout is closed: the next file that is opened would be taken for it.
    """
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 for the process's life
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 as above
    if sys.stdout is None:
        raise OSError(errno.EBADF, "it is closed", "standard output")
    if isinstance(sys.stdout, io.TextIOWrapper):
        encoding = None if sys.stdout.isatty() else "utf-8"
        sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="backslashreplace")


def _abandon_stdout() -> None:
    """Drop what is not written yet: the interpreter would try to write it once more."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
