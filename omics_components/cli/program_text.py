"""A Python program that declares live resources as they are."""

from __future__ import annotations

import inspect
import keyword
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from omics_components.schema.base import Model

if TYPE_CHECKING:
    from omics_components.kinds.registry import Kind
    from omics_components.lifecycle.handler import LiveResource

_INDENT = "    "
_NOT_WRITTEN = frozenset({"tags_all"})
"""Inputs that the stack's configuration gives."""


def program_text(
    kind: Kind, resources: Iterable[tuple[str, LiveResource[Any, Any]]], *, native: bool = False
) -> str:
    """Write a program, formatted as ruff and black do.

    Args:
        kind: The kind of the resources.
        resources: Resource names, and what AWS reports.
        native: Whether the program is for the native provider.
    """
    taken: set[str] = set()
    package = "omics_components.native" if native else "omics_components"
    parts = [f"from {package} import {kind.class_name}\n"]
    for name, found in resources:
        variable = _variable(name, taken)
        arguments = "".join(_arguments(kind.resource, name, found))
        call = (
            f"(\n{_INDENT}{_literal(name)},\n{arguments})" if arguments else f"({_literal(name)})"
        )
        parts.append(f"{variable} = {kind.class_name}{call}\n")
    return "\n".join(parts)


def _arguments(resource: type[Any], name: str, found: LiveResource[Any, Any]) -> Iterator[str]:
    """Write the arguments that say more than their defaults do, each in lines of its own."""
    parameters = inspect.signature(resource).parameters
    inputs: Model = found.inputs
    said: dict[str, Any] = inputs.model_dump(exclude_none=True)
    if "bucket" in parameters:
        said = {"bucket": found.id, **said}
    for argument, value in said.items():
        if argument in _NOT_WRITTEN:
            continue
        if argument not in parameters:
            yield f"{_INDENT}# {argument} in AWS is what no argument says: an update resets it.\n"
            continue
        defaults = (parameters[argument].default, type(inputs).model_fields[argument].default)
        is_named_so = argument == "name" and value == name
        if value not in defaults and not is_named_so:
            yield f"{_INDENT}{argument}={_literal(value, 1)},\n"


def _variable(name: str, taken: set[str]) -> str:
    """Make a variable's name of a resource's; no two are equal."""
    letters = (letter if f"_{letter}".isidentifier() else "_" for letter in name.lower())
    plain = re.sub("_+", "_", "".join(letters)).strip("_") or "resource"
    if not plain.isidentifier() or keyword.iskeyword(plain):
        plain = f"r_{plain}"
    variable, number = plain, 1
    while variable in taken:
        number += 1
        variable = f"{plain}_{number}"
    taken.add(variable)
    return variable


def _literal(value: object, depth: int = 0) -> str:
    """Write a JSON value in Python; what holds others takes a line for each."""
    if isinstance(value, str):
        text = repr(value)
        return f'"{text[1:-1]}"' if text[0] == "'" and '"' not in value else text
    if isinstance(value, Mapping):
        lines = (f"{_literal(k)}: {_literal(item, depth + 1)}" for k, item in value.items())
        return _lines("{", list(lines), "}", depth)
    if isinstance(value, list):
        return _lines("[", [_literal(item, depth + 1) for item in value], "]", depth)
    return repr(value)


def _lines(begin: str, items: Collection[str], end: str, depth: int) -> str:
    if not items:
        return begin + end
    inner = _INDENT * (depth + 1)
    return f"{begin}\n" + "".join(f"{inner}{item},\n" for item in items) + _INDENT * depth + end
