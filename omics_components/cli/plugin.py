"""``plugin``: let the Pulumi CLI find the native provider of this environment."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from omics_components.errors import InvalidRequest, NotFound

EXECUTABLE = "pulumi-resource-omics-components"
"""What the engine starts; the console script of the same name is next to the interpreter."""

_MODULE = "omics_components.native.plugin"


@click.group(name="plugin")
def command() -> None:
    """Let the Pulumi CLI find the native provider of this environment."""


@command.command()
def install() -> None:
    """Install the native provider into the CLI's plugin folder.

    The plugin starts this environment's interpreter: install it again after the environment moves
    or is upgraded. Needs `pulumi` on PATH; PULUMI_HOME names another folder than ~/.pulumi.
    """
    from omics_components.native.base import DISTRIBUTION, package_version  # noqa: PLC0415

    pulumi = shutil.which("pulumi")
    if pulumi is None:
        raise NotFound("there is no pulumi on PATH", advice="Install the Pulumi CLI.")
    version = package_version()
    with tempfile.TemporaryDirectory() as folder:
        write_launcher(Path(folder))
        arguments = ["plugin", "install", "resource", DISTRIBUTION, version, "--file", folder]
        done = subprocess.run(  # noqa: S603 the CLI on PATH, with arguments of ours
            [pulumi, *arguments, "--reinstall"], check=False, capture_output=True, text=True
        )
    if done.returncode:
        what = " ".join((done.stderr or done.stdout).split())
        raise InvalidRequest(f"pulumi {shlex.join(arguments[:3])} failed: {what}")
    click.echo(f"installed {DISTRIBUTION} {version}; it runs {sys.executable}")


@command.command()
def lines() -> None:
    """Print the lines of Pulumi.yaml that name this environment's folder instead."""
    folder = Path(sys.executable).parent
    click.echo(
        f"plugins:\n  providers:\n    - name: omics-components\n      path: {folder.as_posix()}"
    )


def write_launcher(folder: Path) -> Path:
    """Write the executable that starts the plugin with this interpreter.

    Args:
        folder: Where to.

    Returns:
        The file.
    """
    if os.name == "nt":
        launcher = folder / f"{EXECUTABLE}.cmd"
        launcher.write_text(f'@"{sys.executable}" -m {_MODULE} %*\n', encoding="utf-8")
        return launcher
    launcher = folder / EXECUTABLE
    start = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m {_MODULE} "$@"\n'
    launcher.write_text(start, encoding="utf-8")
    launcher.chmod(0o755)
    return launcher
