"""Run the program of a project's folder from a copy of the project's settings.

This is the program that the engine starts in a test of a folder.
"""

import functools
import os
import runpy
from pathlib import Path
from typing import Any

from pulumi import FileArchive, FileAsset


def run(program: Path) -> None:
    """Run the program at *program*, a folder or a file, as if the engine had started it there."""
    home = program if program.is_dir() else program.parent
    os.chdir(home)
    for kind in (FileAsset, FileArchive):
        _look_from(home, kind)
    runpy.run_path(str(program), run_name="__main__")


def _look_from(home: Path, kind: type[Any]) -> None:
    """Let the files of assets of one *kind* be found from *home*.

    The engine looks from the folder where it started the program, which is the copy's. Links there
    would do for single files, but it leaves links out of archives.
    """
    begin = kind.__init__

    @functools.wraps(begin)
    def begin_at_home(self: Any, path: Any) -> None:
        # It stays what it is, for the SDK refuses a Path for an archive.
        if isinstance(path, str):
            path = str(home / path)
        elif isinstance(path, os.PathLike):
            path = home / path
        begin(self, path)

    kind.__init__ = begin_at_home
