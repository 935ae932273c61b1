"""What ``make setup-languages`` says where a toolchain is missing or too old."""

import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "language_sdks.py"


def complaint(tmp_path: Path, **programs: str) -> str:
    """Run the tool with nothing but *programs* on PATH, each of which prints its text."""
    for name, text in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\necho '{text}'\n")
        (tmp_path / name).chmod(0o755)
    environment = {"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, TOOL], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line.removeprefix("language-sdks: ")


@pytest.mark.parametrize(
    ("programs", "words"),
    [
        ({}, "there is no `node` on PATH. Put Node.js 20 or newer with npm"),
        ({"node": "v20.1.0"}, "there is no `npm` on PATH. Put Node.js 20"),
        ({"node": "v20.1.0", "npm": "11"}, "there is no `go` on PATH. Put Node.js 20"),
        ({"node": "v18.2.0", "npm": "11", "go": "go1.24.1"}, "`node` is 18.2.0. Put Node.js 20"),
        ({"node": "v20.1.0", "npm": "11", "go": "go1.23"}, "`go` is 1.23. Put Node.js 20"),
        ({"node": "what", "npm": "11", "go": "go1.24.1"}, "`node --version` prints no version"),
    ],
)
def test_one_sentence_says_what_is_missing(
    tmp_path: Path, programs: dict[str, str], words: str
) -> None:
    assert complaint(tmp_path, **programs).startswith(words)
