"""The commands ``omics-components …``: one module for each command, click loaded when one is run.

Importing this package loads neither click nor an SDK. The commands need the extra ``cli``.
"""

from __future__ import annotations

import io
import sys
from importlib.util import find_spec

_NEEDED = ("click", "rich")


def main() -> None:
    """Run the command that the arguments name, and end the process with its exit status.

    0: done; 1: it failed, and one line on stderr says why; 2: the arguments are invalid.
    """
    if not all(find_spec(name) for name in _NEEDED):
        sys.exit(
            f"omics-components: its commands need {' and '.join(_NEEDED)}: "
            "install the extra cli of omics-components"
        )
    from omics_components.cli.root import root  # noqa: PLC0415 the extra may be missing

    _write_any_letter()
    root(prog_name="omics-components")


def _write_any_letter() -> None:
    """Let stdout take letters that the locale's encoding lacks, as cp1252 does of many names.

    Machines that read a pipe or a file expect UTF-8; a terminal shows what its own encoding has.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        encoding = None if sys.stdout.isatty() else "utf-8"
        sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")
