"""``import-file``: write what ``pulumi import --file`` takes, from live resources.

The engine's own import never reaches a dynamic provider's code, but it records what a file says.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import click

from omics_components.cli.aws_options import Access, aws_options, refused_reads
from omics_components.errors import AccessDenied, NotFound, ResourceConflict, error_context
from omics_components.kinds.registry import KIND_NAMES, SEQUENCE_STORE, Kind, kind_named

if TYPE_CHECKING:
    from omics_components.aws.client import Aws
    from omics_components.lifecycle.handler import Handler, LiveResource

_STDOUT = "-"
"""Name that click gives to standard output instead of a file."""


@dataclass(frozen=True)
class Chosen:
    """A live resource that shall be imported.

    Args:
        name: The resource's name in the program.
        found: What AWS reports.
    """

    name: str
    found: LiveResource[Any, Any]


def _pairs(
    _context: click.Context, _option: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    for value in values:
        if not value.partition("=")[0] or "=" not in value:
            raise click.BadParameter(f"{value!r} is not KEY=VALUE")
    return {key: text for key, _, text in (value.partition("=") for value in values)}


@click.command("import-file")
@click.option(
    "--kind",
    "kind_name",
    type=click.Choice(KIND_NAMES),
    default=SEQUENCE_STORE,
    show_default=True,
    help="What is imported; all but stores are chosen by --id.",
)
@click.option("--store-name", "store_names", multiple=True, metavar="NAME", help="Stores named so.")
@click.option(
    "--tag",
    "tags",
    multiple=True,
    callback=_pairs,
    metavar="KEY=VALUE",
    help="Stores that have this tag, of those named so; several: that have all of them.",
)
@click.option(
    "--id", "references", multiple=True, metavar="ID", help="By ARN or id; any kind, any region."
)
@click.option(
    "--name", metavar="NAME", help="The one resource's name in the program. Default: what it is."
)
@click.option(
    "--default-tag",
    "default_tags",
    multiple=True,
    callback=_pairs,
    metavar="KEY=VALUE",
    help="A tag in the stack's aws:defaultTags, which is not the program's own.",
)
@click.option(
    "--take-over", is_flag=True, help="Also what a program of this library made, by its tag."
)
@click.option("--native", is_flag=True, help="For a program that imports omics_components.native.")
@click.option(
    "--output",
    type=click.File("w", encoding="utf-8", lazy=True),
    default="-",
    metavar="FILE",
    help="Where the file goes. Default: stdout.",
)
@click.option(
    "--program",
    type=click.File("w", encoding="utf-8", lazy=True),
    metavar="FILE",
    help="Also write a program that declares what is imported; - is stdout.",
)
@aws_options
def command(
    *,
    kind_name: str,
    store_names: tuple[str, ...],
    tags: dict[str, str],
    references: tuple[str, ...],
    name: str | None,
    default_tags: dict[str, str],
    take_over: bool,
    native: bool,
    output: IO[str],
    program: IO[str] | None,
    access: Access,
) -> None:
    """Write the file for pulumi import --file, from live resources.

    Then run: pulumi import --file FILE --generate-code=false --protect=false --yes
    """
    if not (store_names or tags or references):
        raise click.UsageError("choose what to import by --id, --store-name or --tag")
    if kind_name != SEQUENCE_STORE and (store_names or tags):
        raise click.UsageError(f"a {kind_name} is chosen by --id")
    if program is not None and program.name == output.name:
        raise click.UsageError(
            "--program - needs --output FILE: the file goes to stdout, too"
            if output.name == _STDOUT
            else f"--output and --program both name {output.name}"
        )
    aws, known_region = access.connect(default_tags=default_tags)
    kind = kind_named(kind_name)
    handler = kind.handler(aws)
    ids = [_id_of(handler, reference, known_region) for reference in references]
    unread = 0
    if store_names or tags:
        matching, unread = _matching(aws, known_region, store_names, tags)
        ids += matching
    found = [_look(handler, id_, take_over=take_over) for id_ in dict.fromkeys(ids)]
    if name is not None and len(found) > 1:
        raise click.UsageError(f"--name names one resource, but {len(found)} are chosen")
    titles = (
        [name] if name is not None else [kind.inventory.title(one) or kind_name for one in found]
    )
    chosen = [Chosen(*both) for both in zip(unique_names(titles), found, strict=True)]
    output.write(import_file(kind, chosen, native=native))
    if program is not None:
        from omics_components.cli.program_text import program_text  # noqa: PLC0415 loads Pulumi

        declared = [(one.name, one.found) for one in chosen]
        program.write(program_text(kind, declared, native=native))
    for line in _next_steps(chosen, output.name, unread):
        click.echo(line, err=True)


def _next_steps(chosen: Sequence[Chosen], file: str, unread: int) -> Iterator[str]:
    """Return what to do with the file, and what is not in it."""
    if file != _STDOUT:
        yield (
            f"{file} has {len(chosen)}; now run: pulumi import --file {file} "
            "--generate-code=false --protect=false --yes"
        )
    if taken := [one.found.id for one in chosen if one.found.owner]:
        yield (
            "The stack manages what it takes over after you have run, once that is imported: "
            "pulumi stack export | omics-components owner take --yes --state - "
            f"{' '.join(taken)}"
        )
    if unread:
        yield refused_reads(unread)


def import_file(kind: Kind, chosen: Iterable[Chosen], *, native: bool = False) -> str:
    """Write the file: inputs as a refresh would give them, outputs as the provider records them.

    The native provider reads what is imported itself.
    """
    if native:
        named = [
            {"type": kind.native_token, "name": one.name, "id": one.found.id} for one in chosen
        ]
        return json.dumps({"resources": named}, indent=2, ensure_ascii=False) + "\n"
    from omics_components.engine.hidden_keys import OWNER_KEY  # noqa: PLC0415 loads the SDKs

    provider = {"__provider": kind.recorded_provider}
    resources = [
        {
            "type": kind.token,
            "name": one.name,
            "id": one.found.id,
            "inputs": {**one.found.inputs.to_wire(), **provider},
            "outputs": {
                **one.found.state.to_wire(),
                **({OWNER_KEY: str(one.found.owner)} if one.found.owner else {}),
                **provider,
            },
        }
        for one in chosen
    ]
    return json.dumps({"resources": resources}, indent=2, ensure_ascii=False) + "\n"


def unique_names(titles: Iterable[str]) -> Iterator[str]:
    """Make resource names of what things are called: no two are equal."""
    taken: set[str] = set()
    for title in titles:
        plain = re.sub(r"[^\w.-]+", "-", title).strip("-") or "resource"
        name, number = plain, 1
        while name in taken:
            number += 1
            name = f"{plain}-{number}"
        taken.add(name)
        yield name


def _id_of(handler: Handler[Any, Any], reference: str, region: str) -> str:
    place = {"region": region} if "region" in handler.inputs_type.model_fields else {}
    return handler.id_of(reference, handler.inputs_type.model_validate(place))


def _matching(
    aws: Aws, region: str, names: Sequence[str], tags: dict[str, str]
) -> tuple[list[str], int]:
    """Find the stores of these names that have all of these tags.

    Returns:
        Their ARNs in stable order, and of how many the tags may not be read.

    Raises:
        NotFound: There are none with a name, or none at all.
    """
    from omics_components.aws import sequence_stores  # noqa: PLC0415 only where a command needs AWS

    with error_context(f"looking for sequence stores in {region}"):
        client = aws.omics(region)
        stores = sequence_stores.list_all(client)
        for name in names:
            if name not in {store.name for store in stores}:
                raise NotFound(f"there is none with the name {name!r}")
        named = sorted(
            (store.name, store.created, store.arn)
            for store in stores
            if not names or store.name in names
        )
        arns, unread = [], 0
        for _, _, arn in named:
            try:
                if not tags or tags.items() <= sequence_stores.list_tags(client, arn).items():
                    arns.append(arn)
            except AccessDenied:
                unread += 1
            except NotFound:
                continue  # it was deleted meanwhile
        if not arns:
            wanted = ", ".join(f"{key}={value}" for key, value in tags.items())
            advice = refused_reads(unread) if unread else ""
            raise NotFound(f"none of them has {wanted}", advice=advice)
    return arns, unread


def _look(handler: Handler[Any, Any], id_: str, *, take_over: bool) -> LiveResource[Any, Any]:
    """Read a resource as a refresh would, if it can be imported.

    One that is taken over gets an owner tag in the file that no one has yet: as long as it is not
    in AWS, the stack that has the resource manages it, and after that only the new one does.

    Raises:
        NotFound: It is not there.
        ResourceConflict: It is being made or FAILED, or a program of this library made it.
    """
    from omics_components.lifecycle.adoption import require_idle  # noqa: PLC0415 as above
    from omics_components.schema.owner_tag import Claim, OwnerTag  # noqa: PLC0415 as above

    with error_context(f"importing {id_}"):
        found = handler.read(id_, None)
        if found is None:
            raise NotFound("it is not there")
        require_idle(found.state)
        if found.owner and not take_over:
            raise ResourceConflict(
                "its ownership tag says that a program of this library made it",
                advice="To take it from the stack that manages it, give --take-over.",
            )
        if found.owner is None:
            return found
        claim = Claim.of("import-file", principal="", create_only={"imported": id_}, generation=0)
        return dataclasses.replace(found, owner=OwnerTag.draw(claim).finished)
