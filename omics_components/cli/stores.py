"""``stores``: show a sequence store with its tags, by its name too."""

from __future__ import annotations

import click

from omics_components.cli import filters
from omics_components.cli.aws_options import Access, aws_options
from omics_components.cli.output import output_option, write_one
from omics_components.errors import error_context


@click.group("stores")
def command() -> None:
    """Show a sequence store with its tags, by its name too."""


@command.command("show")
@click.argument("store")
@output_option
@aws_options
def show(store: str, output: str, access: Access) -> None:
    """Show a sequence store and its tags. STORE is its id, its ARN or its name."""
    from omics_components.lookups import find_store  # noqa: PLC0415 only where AWS is needed

    aws, known, key = filters.connect_to_store(store, access)
    with error_context(f"looking for sequence store {store}"):
        found = find_store.find_sequence_store(aws, known, key)
    write_one(found, output)
