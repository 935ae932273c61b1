"""``orphans``: find what this library made and no given state has. Nothing is ever deleted."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC
from typing import IO, TYPE_CHECKING, Any

import click

from omics_components.cli.aws_options import aws_options, connect, refused_reads
from omics_components.errors import AccessDenied, NotFound, error_context
from omics_components.kinds.registry import SEQUENCE_STORE

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

    from omics_components.aws.client import Aws
    from omics_components.cli.states import States
    from omics_components.schema.owner_tag import OwnerTag

FOUND = 3
"""The exit status where there are some."""

KEY, BUCKET = "kms-key", "s3-bucket"
_DELETIONS = {
    SEQUENCE_STORE: "aws omics delete-sequence-store --id {name} --region {region}",
    KEY: "aws kms schedule-key-deletion --key-id {name} --region {region}",
    BUCKET: "aws s3 rb s3://{name} --region {region}",
}


@dataclass(frozen=True)
class Orphan:
    """A resource with the ownership tag, which no given state has.

    Args:
        kind: As ``--kind`` names it.
        arn: Its ARN.
        region: Where it is.
        name: A store's name, a key's aliases, a bucket's name.
        owner: Its owner tag; None if it cannot be read.
        created: When it was made, ISO 8601 in UTC; None where AWS does not tell with the rest.
        status: Its status; None for a bucket.
        read_sets: How many it holds; None if no one asked.
    """

    kind: str
    arn: str
    region: str
    name: str
    owner: OwnerTag | None
    created: str | None = None
    status: str | None = None
    read_sets: int | None = None

    @property
    def id(self) -> str:
        """Its id in a state, which is what ``import_`` takes."""
        return self.name if self.kind == BUCKET else self.arn

    @property
    def _adoption(self) -> str:
        config = f"pulumi config set omics-components:takeOver {self.id}"
        return f"import_={self.id!r} in the program, and {config}"

    def described(self, states: States) -> dict[str, Any]:
        """Return all of it, and what can be done next, as machine-readable data."""
        declaration = states.declaration_of(self.owner)
        has = declaration.entry.get("id") if declaration and not declaration.pending else None
        last = self.arn.rpartition("/")[2].rpartition(":")[2]
        return {
            "kind": self.kind,
            "arn": self.arn,
            "name": self.name,
            "creation_time": self.created,
            "status": self.status,
            "read_sets": self.read_sets,
            "made_for": declaration.urn if declaration else None,
            "made_for_has": has,
            "owner": str(self.owner) if self.owner else None,
            "finished": not self.owner.is_unfinished if self.owner else None,
            "mentioned_by": states.mentioning(self.id),
            "resume": None if has or not self.owner else self._resumption(self.owner),
            "adopt": None if self.status == "FAILED" else self._adoption,
            "delete": _DELETIONS[self.kind].format(name=last, region=self.region),
        }

    def _resumption(self, owner: OwnerTag) -> str | None:
        """Return how an update of its declaration can go on with it; None if it cannot."""
        if self.read_sets or self.status == "FAILED":
            return None
        if owner.is_unfinished:
            return "pulumi up"
        return f"omics-components owner release {self.id} --state STATE, and pulumi up"


@click.command("orphans")
@click.argument("files", nargs=-1, metavar="STATE...", type=click.File("rb"))
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice((SEQUENCE_STORE, KEY, BUCKET)),
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
    region: str | None,
    profile: str | None,
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
    aws, known_region = connect(region, profile)
    search = _Search(aws, known_region, states)
    looks: dict[str, Callable[[], Iterator[Orphan]]] = {
        SEQUENCE_STORE: lambda: search.stores(count_read_sets=read_sets),
        KEY: search.keys,
        BUCKET: search.buckets,
    }
    with error_context(f"looking for orphans in {known_region}"):
        orphans = [orphan for kind in dict.fromkeys(kinds) for orphan in looks[kind]()]
    _FORMATS[output]([orphan.described(states) for orphan in orphans])
    for line in search.remarks(orphans):
        click.echo(line, err=True)
    context.exit(FOUND if orphans else 0)


class _Search:
    """Looks for orphans, and counts what is none.

    Args:
        aws: The way into AWS.
        region: Where.
        states: What is known.
    """

    def __init__(self, aws: Aws, region: str, states: States) -> None:
        self._aws = aws
        self._region = region
        self._states = states
        self._counts: Counter[str] = Counter()
        self._unread = 0
        self._uncounted = 0

    def stores(self, *, count_read_sets: bool) -> Iterator[Orphan]:
        """Find stores; the tags are read of those only that are in no state.

        IAM: omics:ListSequenceStores, omics:ListTagsForResource; omics:ListReadSets to count.
        """
        from omics_components.aws import sequence_stores  # noqa: PLC0415 only where a command needs AWS
        from omics_components.schema.owner_tag import OWNER_TAG, split_owner_tag  # noqa: PLC0415

        client = self._aws.omics(self._region)
        stores = [s for s in sequence_stores.list_all(client) if s.status != "DELETING"]
        unknown = [store for store in stores if store.arn not in self._states.names]
        self._counts["in the states"] += len(stores) - len(unknown)
        refused: list[AccessDenied] = []
        with _progress(sorted(unknown, key=lambda one: (one.created, one.arn))) as candidates:
            for store in candidates:
                try:
                    tags = sequence_stores.list_tags(client, store.arn)
                    if OWNER_TAG not in tags:
                        self._counts["without the tag"] += 1
                        continue
                    held = self._held(client, store.arn) if count_read_sets else None
                except NotFound:
                    continue  # it was deleted meanwhile
                except AccessDenied as denied:
                    refused.append(denied)
                    continue
                yield Orphan(
                    *(SEQUENCE_STORE, store.arn, self._region, store.name),
                    owner=split_owner_tag(tags)[1],
                    created=store.created.astimezone(UTC).isoformat(timespec="seconds"),
                    status=store.status,
                    read_sets=held,
                )
        if refused and len(refused) == len(unknown):  # the permission has no resource type
            raise refused[0]
        self._unread += len(refused)

    def _held(self, client: OmicsClient, arn: str) -> int | None:
        """Count the read sets of a store; None if that is refused."""
        from omics_components.kinds.sequence_store import read_sets  # noqa: PLC0415 only where AWS is needed
        from omics_components.schema.arn import SequenceStoreArn  # noqa: PLC0415 as above

        store_id = SequenceStoreArn.parse(arn).store_id
        try:
            return read_sets.count_read_sets(client, store_id, at_most=sys.maxsize).total()
        except AccessDenied:
            self._uncounted += 1
            return None

    def keys(self) -> Iterator[Orphan]:
        """Find keys by the index of tags; those that wait for their deletion are gone.

        IAM: tag:GetResources; for each that is in no state kms:DescribeKey, kms:GetKeyPolicy,
            kms:GetKeyRotationStatus, kms:ListResourceTags, kms:ListAliases.
        """
        from omics_components.kinds.kms_key import api as kms  # noqa: PLC0415 only where a command needs AWS
        from omics_components.schema.owner_tag import OWNER_TAG, split_owner_tag  # noqa: PLC0415

        for arn in self._tagged("kms:key"):
            try:
                key = kms.find_key(self._aws.kms(self._region), arn)
            except NotFound:
                continue
            except AccessDenied:
                self._unread += 1
                continue
            if OWNER_TAG in key.tags:  # the index lags behind
                yield Orphan(
                    *(KEY, arn, self._region, ", ".join(key.aliases)),
                    owner=split_owner_tag(key.tags)[1],
                    created=key.creation_date,
                    status=key.key_state,
                )

    def buckets(self) -> Iterator[Orphan]:
        """Find buckets by the index of tags.

        IAM: tag:GetResources; s3:GetBucketTagging for each that is in no state.
        """
        from omics_components.kinds.s3_bucket import api as s3  # noqa: PLC0415 only where a command needs AWS
        from omics_components.schema.owner_tag import OWNER_TAG, split_owner_tag  # noqa: PLC0415

        client = self._aws.s3(self._region)
        for arn in self._tagged("s3:bucket"):
            name = arn.rpartition(":")[2]
            account = self._aws.account_id(self._region)
            try:
                tags = s3.all_tags(s3.Bucket(client, name, account))
            except NotFound:
                continue
            except AccessDenied:
                self._unread += 1
                continue
            if OWNER_TAG in tags:
                owner = split_owner_tag(tags)[1]
                yield Orphan(BUCKET, arn, self._region, name, owner=owner)

    def _tagged(self, resource_type: str) -> Iterator[str]:
        """List the ARNs of what has the ownership tag and is in no state."""
        from omics_components.aws.tagging import list_tagged  # noqa: PLC0415 only with AWS
        from omics_components.schema.owner_tag import OWNER_TAG  # noqa: PLC0415 as above

        client = self._aws.tagging(self._region)
        for arn in sorted(list_tagged(client, OWNER_TAG, resource_type)):
            if {arn, arn.rpartition(":::")[2]} & self._states.names:
                self._counts["in the states"] += 1
            else:
                yield arn

    def remarks(self, orphans: Sequence[Orphan]) -> Iterator[str]:
        """Report what was examined, and what makes the finding doubtful."""
        counted = sorted(item for item in self._counts.items() if item[1])
        counts = ", ".join(f"{count} {what}" for what, count in counted)
        some = f"{len(orphans)} orphan{'' if len(orphans) == 1 else 's'}"
        yield f"{some} in {self._region}" + (f"; no orphans: {counts}" if counts else "")
        if orphans and not self._counts["in the states"]:
            yield (
                f"Nothing in {self._region} is in the states: do they belong to this account and "
                "region?"
            )
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
