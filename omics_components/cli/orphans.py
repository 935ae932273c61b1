"""``orphans``: find what this library made and no given state has. Nothing is ever deleted."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import click

from omics_components.cli.aws_options import Access, aws_options, refused_reads
from omics_components.errors import AccessDenied, NotFound, error_context
from omics_components.kinds.registry import KINDS, SEQUENCE_STORE, Kind, kind_named

if TYPE_CHECKING:
    from omics_components.aws.client import Aws
    from omics_components.cli.states import States
    from omics_components.lifecycle.inventory import ListedResource
    from omics_components.schema.owner_tag import OwnerTag

FOUND = 3
"""The exit status where there are some."""

_READ_SETS = "read sets"


@dataclass(frozen=True)
class Orphan:
    """A resource with the ownership tag, which no given state has.

    Args:
        kind: Its kind.
        resource: The resource, with its owner tag.
        region: Its region.
        read_sets: How many it holds; None if they were not counted.
    """

    kind: Kind
    resource: ListedResource
    region: str
    read_sets: int | None = None

    def described(self, states: States, *, is_certain: bool) -> dict[str, Any]:
        """Return all that is known of it and what can be done next, in JSON values.

        Args:
            states: The states.
            is_certain: Whether the states seem to be those of this account and region. If not, how
                to delete it is left out.
        """
        found = self.resource
        declaration = states.declaration_of(found.owner)
        has = declaration.entry.get("id") if declaration and not declaration.pending else None
        adopt = (
            f"import_={found.id!r} in the program, and "
            f"pulumi config set omics-components:takeOver {found.id}"
        )
        return {
            "kind": self.kind.name,
            "arn": found.arn,
            "name": found.name,
            "creation_time": found.created,
            "status": found.status,
            "read_sets": self.read_sets,
            "made_for": declaration.urn if declaration else None,
            "made_for_has": has,
            "owner": str(found.owner) if found.owner else None,
            "finished": not found.owner.is_unfinished if found.owner else None,
            "mentioned_by": states.mentioning(found.id),
            "resume": None if has or not found.owner else self._resumption(found.owner),
            "adopt": None if found.status == "FAILED" else adopt,
            "delete": (
                self.kind.listed_inventory.deletion_command(found, self.region)
                if is_certain
                else None
            ),
        }

    def _resumption(self, owner: OwnerTag) -> str | None:
        """Return how an update of its declaration can resume its creation; None if it cannot."""
        if self.read_sets or self.resource.status == "FAILED":
            return None
        if owner.is_unfinished:
            return "pulumi up"
        return f"omics-components owner release {self.resource.id} --state STATE, and pulumi up"


@click.command("orphans")
@click.argument("files", nargs=-1, metavar="STATE...", type=click.File("rb"))
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([kind.name for kind in KINDS if kind.is_listed]),
    default=(SEQUENCE_STORE,),
    show_default=True,
    help="What is looked for; several times for several kinds.",
)
@click.option("--read-sets", is_flag=True, help="Count the read sets of each store that is found.")
@click.option(
    "--output",
    type=click.Choice(("text", "json", "csv")),
    default="text",
    show_default=True,
    help="How they are listed.",
)
@aws_options
@click.pass_context
def command(
    context: click.Context,
    *,
    files: tuple[IO[bytes], ...],
    kinds: tuple[str, ...],
    read_sets: bool,
    output: str,
    access: Access,
) -> None:
    """List what this library made in a region, and none of the STATEs has.

    A STATE is what pulumi stack export prints, or a checkpoint file of a backend; - is stdin. Give
    those of all stacks that have resources in the account: what only a missing one has would be
    listed, too. Nothing is changed or deleted.

    Exit status: 0 there are none, 3 there are some, 1 it failed, 2 the arguments are invalid.
    """
    if not files:
        raise click.UsageError(
            "give the states of all stacks, as pulumi stack export prints them: without any, "
            "everything would be an orphan"
        )
    from omics_components.cli.states import States, read_state  # noqa: PLC0415 loads Pulumi

    named = [(getattr(file, "name", "stdin"), file) for file in files]
    states = States([one for name, file in named for one in read_state(name, file.read())])
    aws, known_region = access.connect()
    search = _Search(aws, known_region, states, count_read_sets=read_sets)
    with error_context(f"looking for orphans in {known_region}"):
        orphans = [
            orphan for name in dict.fromkeys(kinds) for orphan in search.orphans(kind_named(name))
        ]
    if doubt := search.doubt(orphans):
        click.echo(f"Warning: {doubt}", err=True)
    _FORMATS[output]([orphan.described(states, is_certain=not doubt) for orphan in orphans])
    for line in search.remarks(orphans):
        click.echo(line, err=True)
    context.exit(FOUND if orphans else 0)


class _Search:
    """Finds orphans, and counts the resources that are not.

    Args:
        aws: The connection to AWS.
        region: The region to search.
        states: The states.
        count_read_sets: Whether the read sets of stores are counted.
    """

    def __init__(self, aws: Aws, region: str, states: States, *, count_read_sets: bool) -> None:
        self._aws = aws
        self._region = region
        self._states = states
        self._count_read_sets = count_read_sets
        self._counts: Counter[str] = Counter()
        self._unread = 0
        self._uncounted = 0

    def orphans(self, kind: Kind) -> Iterator[Orphan]:
        """Find the orphans of a kind; the tags of resources in a state are not read."""
        inventory = kind.listed_inventory
        listed = inventory.list_candidates(self._aws, self._region)
        unknown = [one for one in listed if not {one.id, one.arn} & self._states.names]
        self._counts["in the states"] += len(listed) - len(unknown)
        refused: list[AccessDenied] = []
        with _progress(unknown) as candidates:
            for candidate in candidates:
                try:
                    resource = inventory.describe(self._aws, self._region, candidate)
                    if resource is None:
                        self._counts["without the tag"] += 1
                        continue
                    read_sets = self._count(kind, resource)
                except NotFound:
                    continue  # it was deleted meanwhile
                except AccessDenied as denied:
                    refused.append(denied)
                    continue
                yield Orphan(kind, resource, self._region, read_sets)
        if inventory.TAGS_ARE_ALL_OR_NONE and refused and len(refused) == len(unknown):
            raise refused[0]
        self._unread += len(refused)

    def _count(self, kind: Kind, resource: ListedResource) -> int | None:
        """Count the read sets of a store; None if they are not asked for, or AWS refuses it."""
        inventory = kind.inventory
        if not self._count_read_sets or inventory.CONTENTS != _READ_SETS:
            return None
        try:
            return inventory.count_contents(self._aws, resource.id, at_most=sys.maxsize)
        except AccessDenied:
            self._uncounted += 1
            return None

    def doubt(self, orphans: Sequence[Orphan]) -> str:
        """Return what makes the whole finding doubtful; "" if nothing does."""
        owners = (orphan.resource.owner for orphan in orphans)
        is_known = any(self._states.declaration_of(owner) for owner in owners)
        if not orphans or is_known or self._counts["in the states"]:
            return ""
        return (
            f"the states have nothing of {self._region}: they may be those of another account or "
            "region, and all of this may be in use. How to delete it is left out"
        )

    def remarks(self, orphans: Sequence[Orphan]) -> Iterator[str]:
        """Report what was examined, and what was not."""
        counted = sorted(item for item in self._counts.items() if item[1])
        counts = ", ".join(f"{count} {what}" for what, count in counted)
        some = f"{len(orphans)} orphan{'' if len(orphans) == 1 else 's'}"
        yield f"{some} in {self._region}" + (f"; no orphans: {counts}" if counts else "")
        if self._uncounted:
            yield f"The read sets of {self._uncounted} could not be counted: AWS refuses it."
        if self._unread:
            yield refused_reads(self._unread)


def _progress(items: Sequence[Any]) -> AbstractContextManager[Any]:
    """Show on a terminal how far a slow look has come."""
    if not sys.stderr.isatty():
        return nullcontext(items)
    return click.progressbar(items, label="Reading tags", file=sys.stderr)


def _write_text(orphans: Sequence[dict[str, Any]]) -> None:
    for orphan in orphans:
        held = orphan["read_sets"]
        facts = [
            orphan["kind"].replace("-", " "),
            orphan["name"],
            orphan["creation_time"] and f"created {orphan['creation_time']}",
            orphan["status"],
            orphan["finished"] is False and "unfinished",
            held is not None and f"{held} read set{'' if held == 1 else 's'}",
        ]
        click.echo(orphan["arn"])
        click.echo("  " + ", ".join(fact for fact in facts if fact))
        if orphan["made_for"]:
            has = orphan["made_for_has"]
            now = f"which has {has} now" if has else "whose creation was interrupted"
            click.echo(f"  made for  {orphan['made_for']}, {now}")
        for urn in orphan["mentioned_by"]:
            click.echo(f"  used by   {urn}")
        if orphan["resume"]:
            click.echo(f"  resume    {orphan['resume']}")
        if orphan["adopt"]:
            click.echo(f"  adopt     {orphan['adopt']}")
        if orphan["delete"]:
            click.echo(f"  delete    {orphan['delete']}")


def _write_json(orphans: Sequence[dict[str, Any]]) -> None:
    click.echo(json.dumps(orphans, indent=2, ensure_ascii=False))


def _write_csv(orphans: Sequence[dict[str, Any]]) -> None:
    columns = ("kind", "arn", "name", "creation_time", "status", "read_sets", "made_for")
    writer = csv.DictWriter(sys.stdout, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(orphans)


_FORMATS: dict[str, Callable[[Sequence[dict[str, Any]]], None]] = {
    "text": _write_text,
    "json": _write_json,
    "csv": _write_csv,
}
