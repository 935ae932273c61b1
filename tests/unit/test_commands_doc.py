"""docs/commands.md lists the options that each command has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest

from omics_components.cli.root import COMMANDS

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "commands.md").read_text()
HEADER = "| option | what it is |\n|---|---|\n"
SECTIONS = dict(re.findall(r"(?ms)^#+ `omics-components ([a-z -]+)`$\n(.*?)(?=^##|\Z)", DOCUMENT))


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield the commands that the page is about, those of groups one by one."""
    for name in COMMANDS:
        if not any(section.split()[0] == name for section in SECTIONS):
            continue
        command: click.Command = import_module(COMMANDS[name]).command
        if isinstance(command, click.Group):
            for inner, inner_command in command.commands.items():
                yield f"{name} {inner}", inner_command
        else:
            yield name, command


def row(option: click.Option) -> str:
    """Write one option as the page has it."""
    value = "" if option.is_flag else f" {option.make_metavar(click.Context(click.Command('x')))}"
    text = (option.help or "").partition("  [default")[0].rstrip(".")
    if option.required:
        text += ". Required"
    elif option.show_default and not option.is_flag:
        default = option.default
        shown = ", ".join(default) if isinstance(default, tuple) else default
        text += f". Default: `{shown}`"
    escaped = f"{option.opts[0]}{value}".replace("|", "\\|")
    return f"| `{escaped}` | {text} |\n"


@pytest.mark.parametrize(("name", "command"), [pytest.param(*one, id=one[0]) for one in commands()])
def test_the_options_of_a_command_are_all_there(name: str, command: click.Command) -> None:
    options = [one for one in command.params if isinstance(one, click.Option)]
    table = HEADER + "".join(row(one) for one in options)

    assert table in SECTIONS[name], f"write this under {name}:\n{table}"


def test_each_of_the_commands_here_has_a_section() -> None:
    assert {name.split()[0] for name in SECTIONS} >= {"doctor", "emulator", "orphans", "policy"}


def test_the_first_table_has_every_command() -> None:
    overview = DOCUMENT.partition("\n## ")[0]
    rows = re.findall(r"(?m)^\| \[?(`.*?)(?:\]\(.*?)? \|", overview)

    assert {name for row in rows for name in re.findall("`([a-z-]+)`", row)} == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_knows_each_status_of_its_own(name: str) -> None:
    """Those of a command's help that are more than done, failed and refused."""
    command: click.Command = import_module(COMMANDS[name]).command
    own = re.findall(r"\b([3-9]) [a-z]", (command.help or "").partition("Exit status:")[2])

    for status in own:
        assert re.search(rf"(?m)^\| {status} \|.*`{name}`", DOCUMENT)
