"""Run the program of a project folder from a copy of the project's settings.

The engine starts this program in a test of a folder.
"""

import functools
import os
import runpy
from pathlib import Path
from typing import Any

from pulumi import FileArchive, FileAsset


def run(program: Path) -> None:
    """Run *program*, a folder or a file, as if the engine had started it there."""
    home = program if program.is_dir() else program.parent
    os.chdir(home)
    for kind in (FileAsset, FileArchive):
        _look_from(home, kind)
    runpy.run_path(str(program), run_name="__main__")


def _look_from(home: Path, kind: type[Any]) -> None:
    """Resolve the paths of assets of one *kind* relative to *home*.

    The engine resolves them relative to the copy, where it started the program. Links there would
    work for single files, but the engine omits links from archives.
    """
    begin = kind.__init__

    @functools.wraps(begin)
    def begin_at_home(self: Any, path: Any) -> None:
        # Keep the type: the SDK refuses a Path for an archive.
        if isinstance(path, str):
            path = str(home / path)
        elif isinstance(path, os.PathLike):
            path = home / path
        begin(self, path)

    kind.__init__ = begin_at_home
