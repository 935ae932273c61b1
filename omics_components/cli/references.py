"""``references``: list reference stores and their references, and show one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from omics_components.cli import filters
from omics_components.cli.aws_options import Command, aws_options, connect
from omics_components.cli.output import output_option, write_list, write_one
from omics_components.errors import InvalidRequest, NotFound, error_context

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

_STORE_COLUMNS = ("id", "name", "creation_time", "description")
_COLUMNS = ("id", "name", "status", "md5", "creation_time")


def _store_option(wrapped: Command) -> Command:
    return click.option(
        "--store", metavar="ID", help="The reference store. Default: the region's only one."
    )(wrapped)


@click.group("references")
def command() -> None:
    """List reference stores and their references, and show one."""


@command.command("stores")
@filters.text("name", "Of this name, as a whole.")
@filters.times("created")
@output_option
@aws_options
def stores(output: str, region: str | None, profile: str | None, **criteria: str | None) -> None:
    """List the reference stores of an account and region that pass all filters."""
    from omics_components.lookups.api import references  # noqa: PLC0415 only where AWS is needed
    from omics_components.lookups.models.reference import (  # noqa: PLC0415 as above
        ReferenceStoreFilter,
        ReferenceStoreListItem,
    )

    wanted = filters.given(ReferenceStoreFilter, **criteria)
    aws, known = connect(region, profile)
    with error_context(f"listing reference stores in {known}"):
        items = references.iter_reference_stores(aws.omics(known), wanted)
        kind = ReferenceStoreListItem
        write_list(items, kind, output, columns=_STORE_COLUMNS, noun="reference stores")


@command.command("list")
@_store_option
@filters.text("name", "Of this name, as a whole.")
@filters.text("md5", "With this MD5 checksum.")
@filters.times("created")
@output_option
@aws_options
def list_(
    store: str | None, output: str, region: str | None, profile: str | None, **criteria: str | None
) -> None:
    """List the references of a reference store that pass all filters."""
    from omics_components.lookups.api import references  # noqa: PLC0415 only where AWS is needed
    from omics_components.lookups.models.reference import (  # noqa: PLC0415 as above
        ReferenceFilter,
        ReferenceListItem,
    )

    _check_id("--store", store)
    wanted = filters.given(ReferenceFilter, **criteria)
    aws, known = connect(region, profile)
    with error_context(f"listing references in {known}"):
        client = aws.omics(known)
        items = references.iter_references(client, store or _only_store(client), wanted)
        write_list(items, ReferenceListItem, output, columns=_COLUMNS, noun="references")


@command.command("show")
@click.argument("reference")
@_store_option
@output_option
@aws_options
def show(
    reference: str, store: str | None, output: str, region: str | None, profile: str | None
) -> None:
    """Show a reference and its files. REFERENCE is its id."""
    from omics_components.lookups.api import references  # noqa: PLC0415 only where AWS is needed

    _check_id("REFERENCE", reference)
    _check_id("--store", store)
    aws, known = connect(region, profile)
    with error_context(f"looking for reference {reference} in {known}"):
        client = aws.omics(known)
        found = references.describe_reference(client, store or _only_store(client), reference)
    write_one(found, output)


def _check_id(spelling: str, id_: str | None) -> None:
    from omics_components.schema.lookup import Id  # noqa: PLC0415 loads pydantic

    if id_ is not None:
        filters.given(Id, {"id": spelling}, id=id_)


def _only_store(client: OmicsClient) -> str:
    """Return the region's only reference store; more than one is beyond the quota (docs).

    Raises:
        NotFound: There is none.
        InvalidRequest: There are several after all.
    """
    from omics_components.lookups.api import references  # noqa: PLC0415 only where AWS is needed

    ids = [store.id for store in references.iter_reference_stores(client)]
    if not ids:
        raise NotFound("there is no reference store")
    if len(ids) > 1:
        raise InvalidRequest(
            f"there are several reference stores: {', '.join(ids)}", advice="Choose one by --store."
        )
    return ids[0]
