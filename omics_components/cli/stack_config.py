"""The ``aws:`` configuration of a stack, read from its files as an update reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from omics_components.cli.machine_checks import project_file, read_yaml

_OURS = "aws:"

Config = dict[str, str | None]
"""Key -> what a provider gets, objects and lists as JSON text; None is what is encrypted."""


def read_config(folder: Path, stack: str) -> tuple[Config, Path | None]:
    """Read the stack's own configuration, and below it what the project gives to every stack.

    Args:
        folder: Where the program is.
        stack: The stack's name, with or without organization and project.

    Returns:
        The configuration, and the stack's own file if that does not exist: an update can do
        without, but so it is, too, where the name is misspelt.

    Raises:
        ValueError: Neither file has any, or one cannot be read.
    """
    project_yaml = project_file(folder)
    if project_yaml is None:
        raise ValueError("there is no Pulumi.yaml in this folder or above it")
    project = read_yaml(project_yaml)
    config = project.get("config")
    older = config if isinstance(config, str) else ""  # of stackConfigDir
    place = project_yaml.parent / str(project.get("stackConfigDir") or older)
    stack_yaml = place / f"Pulumi.{stack.rpartition('/')[2]}.yaml"
    given = {} if older else _of_project(project_yaml, config)
    if stack_yaml.is_file():
        return {**given, **_of_stack(stack_yaml)}, None
    if not given:
        raise ValueError(f"there is no {stack_yaml}, and no aws: configuration in {project_yaml}")
    return given, stack_yaml


def _of_project(file: Path, config: object) -> Config:
    """Take the values, which stand alone or beside a description; a default is not for ``aws:``."""
    values: dict[str, object] = {}
    for key, said in _ours(file, config).items():
        values[key] = said.get("value") if isinstance(said, Mapping) else said
        if values[key] is None:
            raise ValueError(f"{file} gives {key} no value, without which the CLI refuses it")
    return {key: _text(value) for key, value in values.items()}


def _of_stack(file: Path) -> Config:
    config = read_yaml(file).get("config")
    return {key: _text(value) for key, value in _ours(file, config).items()}


def _ours(file: Path, config: object) -> dict[str, object]:
    entries = config or {}
    if not isinstance(entries, Mapping):
        raise ValueError(f"config in {file} is no mapping")  # noqa: TRY004 the file is wrong
    return {key: value for key, value in entries.items() if str(key).startswith(_OURS)}


def _text(value: object) -> str | None:
    text = value if isinstance(value, str) else json.dumps(value)
    return None if not isinstance(value, str) and '{"secure": ' in text else text
