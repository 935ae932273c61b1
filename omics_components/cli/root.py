"""The group of all commands: where each is found, and how errors of ours are shown."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from omics_components.cli.aws_options import STACK_KEY
from omics_components.errors import (
    InvalidCredentials,
    OmicsComponentsError,
    ServiceInternalError,
    Throttling,
)

COMMANDS = {
    "doctor": "omics_components.cli.doctor",
    "emulator": "omics_components.cli.emulator",
    "import-file": "omics_components.cli.import_file",
    "orphans": "omics_components.cli.orphans",
    "owner": "omics_components.cli.owner",
    "plugin": "omics_components.cli.plugin",
    "policy": "omics_components.cli.policy",
    "read-sets": "omics_components.cli.read_sets",
    "report": "omics_components.cli.report.command",
    "stores": "omics_components.cli.stores",
}
"""Command -> the module that has it as ``command``.

Such a module imports click and what is cheap; the SDKs are imported when the command runs, so that
``--help`` answers at once.
"""


_ADVICE: dict[type[OmicsComponentsError], str] = {
    InvalidCredentials: "Check --profile and the credentials in the environment.",
    ServiceInternalError: "Run the command again.",
    Throttling: "Run the command again when other programs of the account make fewer calls.",
}
"""What to do instead of the advice for programs, which names a stack and its update."""


class Commands(click.Group):
    """Loads a command when it is asked for, and ends with one line where it fails."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's
        """List the names of the commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 click's
        """Load a command; None if there is no such."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name]).command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error of ours is one line and the exit status 1."""
        try:
            return super().invoke(ctx)
        except OmicsComponentsError as error:
            if error.advice == error.default_advice and not ctx.meta.get(STACK_KEY):
                error.advice = _ADVICE.get(type(error), error.advice)
            raise click.ClickException(str(error)) from error


@click.group(cls=Commands)
@click.version_option(package_name="omics-components")
def root() -> None:
    """AWS HealthOmics sequence stores for Pulumi programs: what a program cannot do itself."""
