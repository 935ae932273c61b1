"""``emulator``: the same as ``python -m omics_components.emulator``, with the same options."""

from __future__ import annotations

import argparse
from typing import Any

import click

from omics_components.emulator.__main__ import parser, serve


def _options() -> list[click.Parameter]:
    """Make click's options of the emulator's own."""
    actions = parser()._actions  # noqa: SLF001 argparse has no public list of them
    return [_option(action) for action in actions if action.dest != "help"]


def _option(action: argparse.Action) -> click.Option:
    names = [*action.option_strings, action.dest]
    if action.nargs == 0:
        return click.Option(
            names, default=action.default, flag_value=action.const, is_flag=True, help=action.help
        )
    kind: Any = action.type or str
    is_repeatable = isinstance(action.default, list)
    shown = action.default is not None and not is_repeatable
    return click.Option(
        names,
        type=kind,
        default=action.default,
        show_default=shown,
        help=action.help,
        multiple=is_repeatable,
        callback=(lambda _context, _option, values: [*values]) if is_repeatable else None,
        metavar=action.metavar,
    )


def _serve(**options: Any) -> None:
    click.get_current_context().exit(serve(argparse.Namespace(**options)))


command = click.Command(
    "emulator",
    params=_options(),
    callback=_serve,
    help="""Stand in for HealthOmics, with KMS, S3 and STS, on 127.0.0.1.

    Prints its URL on one line when it is ready, and serves until it is interrupted.
    """,
)
