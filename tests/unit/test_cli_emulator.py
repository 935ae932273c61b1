"""``omics-components emulator``, and the completion of all commands, in processes of their own."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from click.testing import CliRunner

from omics_components.cli.emulator import command
from omics_components.cli.root import COMMANDS, root
from omics_components.emulator import __main__ as emulator_main

COMMAND = [sys.executable, "-m", "omics_components.cli"]


def options_of(arguments: list[str]) -> dict[str, Any]:
    """What the command makes of arguments."""
    return command.make_context("emulator", [*arguments]).params


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--port", "4566", "--state", "x.json", "--quotas", "--latency-ms", "2.5"],
        ["--no-key-checks", "--creating-s", "1", "--updating-s", "2", "--deleting-s", "3"],
    ],
)
def test_the_options_are_the_emulators_own(arguments: list[str]) -> None:
    assert argparse.Namespace(**options_of(arguments)) == emulator_main.parser().parse_args(
        arguments
    )


def test_it_serves_until_it_is_interrupted(tmp_path: Path) -> None:
    arguments = ["emulator", "--state", str(tmp_path / "state.json"), "--no-key-checks"]
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        omics = boto3.client("omics", endpoint_url=url, config=Config(inject_host_prefix=False))
        made = omics.create_sequence_store(name="reads")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert made["id"].encode() in (tmp_path / "state.json").read_bytes()


def test_a_port_that_is_none_is_one_line() -> None:
    ended = subprocess.run(
        [*COMMAND, "emulator", "--port", "99999"], check=False, capture_output=True, text=True
    )

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "cannot start the emulator: bind(): port must be 0-65535.\n"


def test_without_its_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulator_main, "find_spec", lambda name: name != "flask" or None)

    result = CliRunner().invoke(root, ["emulator"])

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "cannot start the emulator: it needs flask; "
        f"install it with: {sys.executable} -m pip install flask\n"
    )


def completed(*words: str) -> list[str]:
    """What bash would offer for the last of the words."""
    environment = {
        **os.environ,
        "_OMICS_COMPONENTS_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(["omics-components", *words]),
        "COMP_CWORD": str(len(words)),
    }
    ended = subprocess.run(COMMAND, check=True, capture_output=True, text=True, env=environment)
    return [line.partition(",")[2] for line in ended.stdout.splitlines()]


def test_commands_and_options_complete() -> None:
    assert completed("") == sorted(COMMANDS)
    assert completed("em") == ["emulator"]
    assert completed("emulator", "--no") == ["--no-key-checks"]
    assert completed("import-file", "--kind", "s3-") == ["s3-bucket", "s3-access-policy"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str) -> None:
    # click asks the shell for its version, where the shell is there at all.
    environment = {**os.environ, "_OMICS_COMPONENTS_COMPLETE": f"{shell}_source"}

    ended = subprocess.run(COMMAND, check=False, capture_output=True, text=True, env=environment)

    assert "_OMICS_COMPONENTS_COMPLETE" in ended.stdout
    assert "omics-components" in ended.stdout
