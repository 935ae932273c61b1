"""No state of the standard streams ends a command in a traceback."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = {
    "help": ["--help"],
    "version": ["--version"],
    "policy": ["policy", "deployer", "--region", "us-east-1"],
    "lines": ["plugin", "lines"],
    "report": ["report", "preview.json"],
}
READERS = {
    "report": ["report", "-"],
    "owner": ["owner", "show", "--state", "-", "a-bucket"],
    "orphans": ["orphans", "-"],
}
PREVIEW = '{"config": {}, "steps": [], "changeSummary": {"same": 1}}'


def run(
    folder: Path, arguments: list[str], redirection: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command with redirected streams."""
    (folder / "preview.json").write_text(PREVIEW)
    words = shlex.join([sys.executable, "-m", "omics_components.cli", *arguments])
    return subprocess.run(
        ["/bin/sh", "-c", f"exec {words} {redirection}"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "AWS_REGION": "us-east-1", **environment},
        timeout=60,
    )


@pytest.mark.parametrize("redirection", [">/dev/full", ">&-", ">&- 2>/dev/full", ">&- 2>&- <&-"])
@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS.keys())
def test_stdout_that_takes_nothing(tmp_path: Path, arguments: list[str], redirection: str) -> None:
    done = run(tmp_path, arguments, redirection)

    assert done.returncode == 1, done.stderr
    if "2>" not in redirection:
        assert done.stderr.startswith("omics-components: cannot read or write")
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("redirection", ["<&-", "</dev/null"])
@pytest.mark.parametrize("arguments", READERS.values(), ids=READERS.keys())
def test_stdin_that_has_nothing(tmp_path: Path, arguments: list[str], redirection: str) -> None:
    done = run(tmp_path, arguments, redirection)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS.keys())
def test_streams_of_another_encoding(tmp_path: Path, arguments: list[str]) -> None:
    done = run(tmp_path, arguments, "", PYTHONIOENCODING="ascii:strict", LC_ALL="C")

    assert (done.returncode, done.stderr) == (0, "")


def test_input_that_is_nested_too_deeply(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("[" * 200_000)
    done = run(tmp_path, ["owner", "show", "--state", "state.json", "a-bucket"], "")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1


def test_a_reader_that_has_enough(tmp_path: Path) -> None:
    done = run(tmp_path, COMMANDS["policy"], "| true")

    assert (done.returncode, done.stderr) == (0, "")
