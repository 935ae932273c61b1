"""How the CLI finds the plugin."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import yaml

from omics_components.cli.plugin import EXECUTABLE
from tests.native.stack import NativeStack


def _command(stack: NativeStack, *arguments: str) -> str:
    home = str(stack.folder / "home")
    return subprocess.run(
        [sys.executable, "-m", "omics_components.cli", *arguments],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PULUMI_HOME": home},
    ).stdout


def test_the_command_installs_the_plugin(stack: NativeStack) -> None:
    stack.name_plugin_folder(None)
    folders = os.environ["PATH"].split(os.pathsep)
    others = [folder for folder in folders if not (Path(folder) / EXECUTABLE).exists()]
    stack.set_environment(PATH=os.pathsep.join(others))

    assert "installed omics-components" in _command(stack, "plugin", "install")

    installed = list((stack.folder / "home" / "plugins").glob(f"*/{EXECUTABLE}"))
    assert len(installed) == 1
    run = stack.up({"reads": {}})
    assert run.steps["reads"] == ["create"]
    assert "warning" not in run.text


def test_the_lines_of_the_project_name_the_environment(stack: NativeStack) -> None:
    named = yaml.safe_load(_command(stack, "plugin", "lines"))
    (plugin,) = named["plugins"]["providers"]

    stack.name_plugin_folder(Path(plugin["path"]))

    run = stack.preview({"reads": {}})
    assert run.steps["reads"] == ["create"]
    assert "warning" not in run.text
