"""How what was found is shown: tables for people, JSON and CSV for machines, while it arrives.

Nothing is kept but a page at a time, so that long lists take no memory. A list that breaks off
leaves JSON that does not parse, never one that looks whole.
"""

from __future__ import annotations

import csv
import dataclasses
import json
import shutil
import sys
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from omics_components.schema.lookup import Result

Command = TypeVar("Command", bound=Callable[..., Any])
T = TypeVar("T")

_FORMATS = ("table", "json", "csv")
_CHUNK = 100
"""Rows that are laid out together: what a page of HealthOmics holds."""

_GAP = 2
_NARROWEST = 4


def output_option(command: Command) -> Command:
    """Add the option ``output`` to a command."""
    return click.option(
        "--output",
        type=click.Choice(_FORMATS),
        default="table",
        show_default=True,
        help="A table for people; a JSON array, one object a line, or CSV for machines.",
    )(command)


def write_list(
    items: Iterator[Any], kind: type[Result], output: str, *, columns: Sequence[str], noun: str
) -> None:
    """Write items to stdout as they come.

    Args:
        items: The items.
        kind: What they are; its fields are the columns of CSV, those of parts with dots.
        output: ``table``, ``json`` or ``csv``.
        columns: The fields that a table shows.
        noun: What the items are, in the plural, for the progress.
    """
    arriving = _counted(items, noun)
    if output == "json":
        _write_json(arriving)
    elif output == "csv":
        _write_csv(arriving, kind)
    elif not _write_table(arriving, columns):
        click.echo(f"no {noun}", err=True)


def write_one(item: Result, output: str) -> None:
    """Write one thing to stdout with all of its fields: a table shows those that are set."""
    if output == "json":
        click.echo(json.dumps(item.to_dict(), indent=2, ensure_ascii=False))
    elif output == "csv":
        _write_csv(iter([item]), type(item))
    else:
        cells = {name: _cell(item, name) for name in leaves(type(item))}
        _print_rows([(name, text) for name, text in cells.items() if text], ("field", "value"))


def leaves(kind: Any) -> tuple[str, ...]:
    """List the fields of a kind of result; those of its parts with dots: ``etag.algorithm``."""
    names: list[str] = []
    hints = typing.get_type_hints(kind)
    for item in dataclasses.fields(kind):
        parts = [
            part for part in typing.get_args(hints[item.name]) if dataclasses.is_dataclass(part)
        ]
        if parts:
            names += [f"{item.name}.{leaf}" for leaf in leaves(parts[0])]
        else:
            names.append(item.name)
    return tuple(names)


def _write_json(items: Iterator[Result]) -> None:
    start = "["
    for item in items:
        sys.stdout.write(f"{start}\n{json.dumps(item.to_dict(), ensure_ascii=False)}")
        start = ","
    sys.stdout.write("[]\n" if start == "[" else "\n]\n")


def _write_csv(items: Iterator[Result], kind: type[Result]) -> None:
    names = leaves(kind)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    for item in items:
        writer.writerow([_cell(item, name) for name in names])


def _write_table(items: Iterator[Result], columns: Sequence[str]) -> bool:
    """Write rows in chunks of equal layout, that of the first; say whether there were any."""
    widths: Sequence[int] | None = None
    while chunk := list(islice(items, _CHUNK)):
        rows = [tuple(_cell(item, name) for name in columns) for item in chunk]
        widths = _print_rows(rows, columns, widths)
    return widths is not None


def _print_rows(
    rows: Sequence[Sequence[str]], columns: Sequence[str], widths: Sequence[int] | None = None
) -> Sequence[int]:
    """Print a part of a table, with its head if it is the first; give the widths of the columns."""
    from rich.cells import cell_len  # noqa: PLC0415 only where a table is shown

    lines = rows if widths else [columns, *rows]
    if widths is None:
        widths = [max(map(cell_len, texts)) for texts in zip(*lines, strict=True)]
        widths = _fitted(widths, shutil.get_terminal_size().columns) if _is_seen() else widths
    if _is_seen():
        _print_folded(rows, columns, widths, with_head=lines is not rows)
        return widths
    for line in lines:
        # A longer cell of a later chunk shifts its line: nothing is folded where no one looks.
        padded = [
            text + " " * (size - cell_len(text)) for text, size in zip(line, widths, strict=True)
        ]
        sys.stdout.write((" " * _GAP).join(padded).rstrip() + "\n")
    return widths


def _print_folded(
    rows: Sequence[Sequence[str]], columns: Sequence[str], widths: Sequence[int], *, with_head: bool
) -> None:
    from rich.console import Console  # noqa: PLC0415 only where there is a terminal
    from rich.table import Table  # noqa: PLC0415 as above
    from rich.text import Text  # noqa: PLC0415 as above

    table = Table(box=None, pad_edge=False, show_header=with_head)
    for name, size in zip(columns, widths, strict=True):
        table.add_column(name, width=size, overflow="fold")
    for row in rows:
        # Text, since brackets in a name are no markup.
        table.add_row(*(Text(text) for text in row))
    Console(file=sys.stdout).print(table)


def _is_seen() -> bool:
    return sys.stdout.isatty()


def _fitted(widths: Sequence[int], room: int) -> Sequence[int]:
    """Narrow the widest columns until a line fits; ids, in the first one, stay whole."""
    fitted = list(widths)
    while sum(fitted) + _GAP * (len(fitted) - 1) > room and max(fitted[1:]) > _NARROWEST:
        fitted[1 + fitted[1:].index(max(fitted[1:]))] -= 1
    return fitted


def _cell(item: Any, path: str) -> str:
    """Return a field, or a part's field, as text; what is absent is empty."""
    for name in path.split("."):
        item = None if item is None else getattr(item, name)
    if item is None:
        return ""
    if isinstance(item, Mapping | list):
        return json.dumps(item, ensure_ascii=False) if item else ""
    return str(item)


def _counted(items: Iterator[T], noun: str) -> Iterator[T]:
    """Show on stderr how many have come, if that is a terminal and shows nothing else meanwhile."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console  # noqa: PLC0415 only where there is a terminal

    with Console(stderr=True).status(f"looking for {noun}") as status:
        for number, item in enumerate(items, start=1):
            if _is_seen():
                status.stop()
            elif number % _CHUNK == 0:
                status.update(f"{number:,} {noun}")
            yield item
