"""``stores``: list sequence stores, and show one."""

from __future__ import annotations

import click

from omics_components.cli import filters
from omics_components.cli.aws_options import aws_options, connect
from omics_components.cli.output import output_option, write_list, write_one
from omics_components.errors import error_context
from omics_components.schema.enumerations import SequenceStoreStatus

_COLUMNS = ("id", "name", "status", "creation_time", "update_time", "description")


@click.group("stores")
def command() -> None:
    """List sequence stores, and show one."""


@command.command("list")
@filters.text("name", "Of this name, as a whole.")
@filters.choice("status", SequenceStoreStatus, "In this status.")
@filters.times("created")
@filters.times("updated")
@output_option
@aws_options
def list_(output: str, region: str | None, profile: str | None, **criteria: str | None) -> None:
    """List the sequence stores of an account and region that pass all filters."""
    from omics_components.lookups.api import sequence_stores  # noqa: PLC0415 only where AWS is needed
    from omics_components.lookups.models.sequence_store import (  # noqa: PLC0415 as above
        SequenceStoreFilter,
        SequenceStoreListItem,
    )

    wanted = filters.given(SequenceStoreFilter, **criteria)
    aws, known = connect(region, profile)
    with error_context(f"listing sequence stores in {known}"):
        items = sequence_stores.iter_sequence_stores(aws.omics(known), wanted)
        kind = SequenceStoreListItem
        write_list(items, kind, output, columns=_COLUMNS, noun="sequence stores")


@command.command("show")
@click.argument("store")
@output_option
@aws_options
def show(store: str, output: str, region: str | None, profile: str | None) -> None:
    """Show a sequence store and its tags. STORE is its id, its ARN or its name."""
    from omics_components.lookups import find_store  # noqa: PLC0415 only where AWS is needed

    aws, known, key = filters.connect_to_store(store, region, profile)
    with error_context(f"looking for sequence store {store}"):
        found = find_store.find_sequence_store(aws, known, key)
    write_one(found, output)
