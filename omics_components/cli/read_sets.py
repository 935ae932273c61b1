"""``read-sets``: list the read sets of a sequence store, as CSV too."""

from __future__ import annotations

import click

from omics_components.cli import filters
from omics_components.cli.aws_options import Access, aws_options
from omics_components.cli.output import output_option, write_list
from omics_components.errors import error_context
from omics_components.schema.enumerations import ReadSetCreationType, ReadSetStatus

_COLUMNS = ("id", "name", "status", "file_type", "sample_id", "subject_id", "creation_time")


@click.group("read-sets")
def command() -> None:
    """List the read sets of a sequence store, as CSV too."""


@command.command("list")
@click.argument("store")
@filters.text("name", "Of this name, as a whole.")
@filters.choice("status", ReadSetStatus, "In this status.")
@filters.text("reference-arn", "Aligned to the reference with this ARN.")
@filters.text("sample-id", "Of this sample of the source.")
@filters.text("subject-id", "Of this subject of the source.")
@filters.text("generated-from", "From this origin.")
@filters.choice("creation-type", ReadSetCreationType, "That came into the store this way.")
@filters.times("created")
@output_option
@aws_options
def list_(store: str, output: str, access: Access, **criteria: str | None) -> None:
    """List the read sets of a store that pass all filters. STORE is an id, an ARN or a name.

    A hundred come with a call, and five calls a second are made: 10,000 take twenty seconds.
    """
    from omics_components.lookups import find_store  # noqa: PLC0415 as above
    from omics_components.lookups.api import read_sets  # noqa: PLC0415 only where AWS is needed
    from omics_components.lookups.models.read_set import (  # noqa: PLC0415 as above
        ReadSetFilter,
        ReadSetListItem,
    )

    wanted = filters.given(ReadSetFilter, **criteria)
    aws, known, key = filters.connect_to_store(store, access)
    with error_context(f"listing read sets of sequence store {store}"):
        store_id = find_store.store_id_of(aws, known, key)
        items = read_sets.iter_read_sets(aws.omics(known), store_id, wanted)
        write_list(items, ReadSetListItem, output, columns=_COLUMNS, noun="read sets")
