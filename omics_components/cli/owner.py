"""``owner``: show which state manages a resource, and settle what the errors of the fence name.

The owner tag in AWS decides who may change or delete a resource: see docs/adr/0018.
"""

from __future__ import annotations

# ruff: noqa: PLC0415 each command loads what it needs when it is run
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any

import click

from omics_components.cli.aws_options import Access, Command, aws_options
from omics_components.errors import (
    AccessDenied,
    InvalidRequest,
    NotFound,
    ResourceConflict,
    error_context,
)
from omics_components.kinds.registry import Kind, kind_of_id

if TYPE_CHECKING:
    from omics_components.aws.client import Aws
    from omics_components.cli.states import Recorded
    from omics_components.lifecycle.handler import Handler
    from omics_components.lifecycle.inventory import Location
    from omics_components.schema.owner_tag import OwnerTag

_MANAGED = "managed"
_OTHER_OWNER = "other_owner"
_TAG_MISSING = "tag_missing"
_NOT_RECORDED = "not_recorded"
_GONE = "gone"

_SENTENCES = {
    _MANAGED: "manages it",
    _OTHER_OWNER: "does not manage it: it records another owner, {owner}",
    _TAG_MISSING: "records the owner {owner}, but the resource has no owner tag",
    _NOT_RECORDED: "does not manage it: it records no owner, but the resource has one",
    _GONE: "records it",
}


@dataclass(frozen=True)
class _Target:
    """A resource that a command is about.

    Args:
        id: Its id, as Pulumi states hold it.
        kind: Its kind.
        location: What the id says of the place.
    """

    id: str
    kind: Kind
    location: Location

    @classmethod
    def parse(cls, id_: str) -> _Target:
        """Find the kind of a resource by its id.

        Raises:
            click.BadParameter: It is not an id that states hold.
        """
        try:
            kind = kind_of_id(id_)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None
        return cls(id_, kind, kind.inventory.parse_id(id_))

    def is_entry(self, one: Recorded) -> bool:
        """Return whether an entry of a state is this resource, managed by this library."""
        return (
            self.id in one.names
            and one.entry.get("id") == self.id
            and one.entry.get("type") in self.kind.tokens
        )


def _targets(
    _context: click.Context, _argument: click.Parameter, values: tuple[str, ...]
) -> tuple[_Target, ...]:
    return tuple(_Target.parse(value) for value in dict.fromkeys(values))


def _ids(command: Command) -> Command:
    """Add the argument ``targets`` to a command."""
    return click.argument("targets", nargs=-1, required=True, callback=_targets, metavar="ID...")(
        command
    )


def _state_option(text: str) -> Callable[[Command], Command]:
    """Return a command the option ``--state``, once or several times, as ``files``."""
    return click.option(
        "--state", "files", multiple=True, type=click.File("rb"), metavar="FILE", help=text
    )


@click.group("owner")
def command() -> None:
    """Show which state manages a resource, release an interrupted creation, or take it back.

    An ID is the resource's id in a state: the name of a bucket, and the ARN of anything else.
    """


@command.command("show")
@_ids
@_state_option("What pulumi stack export prints; - is stdin. Repeatable")
@click.option(
    "--output",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="How they are listed.",
)
@aws_options
def show(
    *,
    targets: tuple[_Target, ...],
    files: tuple[IO[bytes], ...],
    output: str,
    access: Access,
) -> None:
    """Show the owner tags of resources, and which of the states manages each. Changes nothing."""
    states = _read(files)
    aws = _connect(targets, access)
    described = [_describe(_Live(aws, target), states) for target in targets]
    if output == "json":
        click.echo(json.dumps(described, indent=2, ensure_ascii=False))
    else:
        for one in described:
            _write_text(one)


@command.command("release")
@_ids
@_state_option(
    "A state that must not have it, as pulumi stack export prints it; - is stdin. Repeatable"
)
@click.option("--yes", is_flag=True, help="No stack has it: do without states and questions.")
@aws_options
def release(
    *,
    targets: tuple[_Target, ...],
    files: tuple[IO[bytes], ...],
    yes: bool,
    access: Access,
) -> None:
    """Mark the creation of a resource as unfinished: the next pulumi up resumes it.

    For what an interrupted update created and no state has. The declaration that created it must
    run that update. Give the states of all stacks of that name. Refused are resources that one of
    them manages, and those that hold data.
    """
    if not files and not yes:
        raise click.UsageError(
            "give the states of all stacks that may have it by --state, or --yes if none has it"
        )
    states = _read(files)
    aws = _connect(targets, access)
    if not files:
        click.echo(
            "Warning: no state was read. If a stack has the resource after all, another stack of "
            "the same project, stack and resource names can take it over.",
            err=True,
        )
    for target in targets:
        with error_context(f"releasing {target.id}"):
            _release(_Live(aws, target), states, yes=yes)


@command.command("take")
@_ids
@click.option(
    "--state",
    "file",
    required=True,
    type=click.File("rb"),
    metavar="FILE",
    help="The state that is to manage it, as pulumi stack export prints it; - is stdin",
)
@click.option("--yes", is_flag=True, help="Take it from another owner without a question.")
@aws_options
def take(
    *,
    targets: tuple[_Target, ...],
    file: IO[bytes],
    yes: bool,
    access: Access,
) -> None:
    """Write the owner tag that a state records: that state manages the resource again.

    After a state was restored or imported, or a tag removed or edited, or to undo a take-over.
    A stack that records another owner of the resource can no longer change or delete it.
    """
    recorded = [one for _, one in _read((file,))]
    chosen = [(target, _recorded(recorded, target)) for target in targets]
    aws = _connect(targets, access)
    for target, one in chosen:
        with error_context(f"taking {target.id}"):
            _take(_Live(aws, target), one, yes=yes)


def _read(files: Sequence[IO[bytes]]) -> list[tuple[str, Recorded]]:
    """Read states; each resource comes with the name of its state."""
    from omics_components.cli.states import read_state

    named = [(getattr(file, "name", "stdin"), file) for file in files]
    return [(name, one) for name, file in named for one in read_state(name, file.read())]


def _connect(targets: Sequence[_Target], access: Access) -> Aws:
    known = next((one.location.region for one in targets if one.location.region), None)
    return access.connect(region=access.region or known)[0]


class _Live:
    """A resource in AWS.

    Args:
        aws: The connection to AWS.
        target: Which one.
    """

    def __init__(self, aws: Aws, target: _Target) -> None:
        self._aws = aws
        self.target = target

    @cached_property
    def _handler(self) -> Handler[Any, Any]:
        return self.target.kind.handler(self._aws)

    @cached_property
    def _nothing_recorded(self) -> Any:
        return self._handler.state_type()

    def owner(self) -> OwnerTag | None:
        """Read the owner tag.

        Raises:
            NotFound: The resource is gone.
            InvalidCredentials: It is not there, and the caller is of another account.
            AccessDenied: The caller may not read its tag.
        """
        from omics_components.lifecycle.same_account import require_same_account

        try:
            return self._handler.read_owner(self.target.id, self._nothing_recorded)
        except AccessDenied as denied:
            permission = self._handler.owner_permission
            if denied.operation == permission.partition(":")[2]:
                denied.needs(permission)
            raise
        except NotFound as gone:
            account, region = self.target.location.account, self.target.location.region
            if account and region:
                require_same_account(self._aws, account=account, region=region, what="the resource")
            gone.advice = "Give the id as pulumi stack export shows it."
            raise

    def set_owner(self, owner: OwnerTag | None, *, before: OwnerTag | None) -> None:
        """Write the owner tag, or remove it, and wait until that reads back.

        Raises:
            OwnershipConflict: Someone else wrote theirs at the same time.
        """
        from omics_components.lifecycle.fence import wait_for_owner, wait_until_unowned

        if owner is None:
            self.target.kind.inventory.remove_owner(self._aws, self.target.id)
            wait_until_unowned(self.owner)
            return
        self._handler.write_owner(self.target.id, self._nothing_recorded, owner)
        wait_for_owner(self.owner, owner, before=before)

    def contents(self) -> str:
        """Return what is in it, in words; "" if it is empty or can hold nothing."""
        inventory = self.target.kind.inventory
        held = inventory.count_contents(self._aws, self.target.id, at_most=1)
        return inventory.CONTENTS if held else ""


def _describe(live: _Live, states: Sequence[tuple[str, Recorded]]) -> dict[str, Any]:
    """Return all that is known of the owner of a resource, as machines get it."""
    from omics_components.cli.states import States

    id_ = live.target.id
    try:
        with error_context(f"reading the owner of {id_}"):
            owner, exists = live.owner(), True
    except NotFound:
        owner, exists = None, False
    declaration = States([one for _, one in states]).declaration_of(owner)
    return {
        "id": id_,
        "kind": live.target.kind.name,
        "exists": exists,
        "owner": str(owner) if owner else None,
        "declaration": owner.declaration if owner else None,
        "creation": owner.creation if owner else None,
        "serial": (owner.serial or None) if owner else None,
        "finished": (not owner.is_unfinished) if owner else None,
        "declared_by": declaration.urn if declaration else None,
        "recorded": [
            {
                "state": name,
                "urn": one.urn,
                "owner": str(one.owner) if one.owner else None,
                "pending_deletion": bool(one.entry.get("delete")),
                "status": _status(owner, one.owner) if exists else _GONE,
            }
            for name, one in states
            if live.target.is_entry(one)
        ],
    }


def _status(live: OwnerTag | None, recorded: OwnerTag | None) -> str:
    """Compare a live owner tag with a recorded one, as updates and deletions do."""
    if live is None:
        return _MANAGED if recorded is None else _TAG_MISSING
    if recorded is None:
        return _NOT_RECORDED
    return _MANAGED if live.is_same_owner(recorded) else _OTHER_OWNER


def _write_text(one: dict[str, Any]) -> None:
    kind = one["kind"].replace("-", " ")
    click.echo(one["id"])
    if not one["exists"]:
        click.echo(f"  {kind}, gone")
    elif one["owner"] is None:
        click.echo(f"  {kind}, without an owner tag")
    else:
        click.echo(f"  {kind}, {'finished' if one['finished'] else 'unfinished'}")
        for part in ("declaration", "creation", "serial"):
            click.echo(f"  {part:<12} {one[part] or 'none: an earlier version wrote the tag'}")
    if one["declared_by"]:
        click.echo(f"  {'declared by':<12} {one['declared_by']}")
    for entry in one["recorded"]:
        sentence = _SENTENCES[entry["status"]].format(owner=entry["owner"])
        pending = ", to delete it" if entry["pending_deletion"] else ""
        click.echo(f"  {'state':<12} {entry['state']}: {entry['urn']} {sentence}{pending}")


def _release(live: _Live, states: Sequence[tuple[str, Recorded]], *, yes: bool) -> None:
    """Mark the owner tag as unfinished.

    Raises:
        ResourceConflict: It has no owner tag, a state manages it, or it holds data.
        InvalidRequest: No one said yes.
    """
    id_ = live.target.id
    owner = live.owner()
    if owner is None:
        raise ResourceConflict(
            "it has no owner tag, so no creation of this library left it",
            advice="Adopt it with the resource option import_.",
        )
    for name, one in states:
        if owner.is_same_owner(_owner_of(one, live.target)):
            raise ResourceConflict(
                f"{one.urn} in {name} records its owner tag, so that stack manages it",
                advice="Run pulumi up there.",
            )
        if live.target.is_entry(one):
            raise ResourceConflict(
                f"{one.urn} in {name} has it, with another owner tag",
                advice="To have that stack manage it, run omics-components owner take "
                f"{id_} with its state; if not, remove it there with pulumi state delete first.",
            )
    if contents := live.contents():
        raise ResourceConflict(
            f"it holds {contents}, so it is not left over from an interrupted creation",
            advice="Adopt it with the resource option import_.",
        )
    if owner.is_unfinished:
        click.echo(f"{id_} is marked as unfinished already: the next pulumi up resumes it")
        return
    if not yes:
        _ask(
            f"{id_} is finished, and the given states do not have it. If another stack of the same "
            "project, stack and resource names has it, that stack loses it.",
            "Release it?",
            advice="To release it without a question, give --yes.",
        )
    live.set_owner(owner.unfinished, before=owner)
    click.echo(
        f"{id_} is marked as unfinished: the next pulumi up of the declaration that created it "
        "resumes it. What was adopted is adopted again, with the resource option import_."
    )


def _owner_of(one: Recorded, target: _Target) -> OwnerTag | None:
    """Return the owner that an entry records; what other providers record so named is not one.

    Raises:
        InvalidRequest: It is the target, and what it records cannot be read.
    """
    try:
        return one.owner
    except InvalidRequest:
        if target.id in one.names:
            raise
        return None


def _recorded(states: Sequence[Recorded], target: _Target) -> Recorded:
    """Find a resource in a state; what waits for its deletion counts only if nothing else has it.

    Raises:
        NotFound: The state does not have it.
        ResourceConflict: Several resources of the state have it, with different owners.
    """
    with error_context(f"taking {target.id}"):
        having = [one for one in states if target.is_entry(one)]
        if not having:
            raise NotFound(
                f"the state has no {target.kind.noun} of this library with this id",
                advice="To have this stack manage it, adopt it with the resource option import_.",
            )
        kept = [one for one in having if not one.entry.get("delete")] or having
        if len({one.owner for one in kept}) > 1:
            urns = " and ".join(one.urn for one in kept)
            raise ResourceConflict(
                f"{urns} have it, with different owners",
                advice="Remove all but one from the state with pulumi state delete, then run this "
                "again.",
            )
    return kept[0]


def _take(live: _Live, recorded: Recorded, *, yes: bool) -> None:
    """Write the recorded owner tag, or remove the live one if none is recorded."""
    id_ = live.target.id
    owner, wanted = live.owner(), recorded.owner and recorded.owner.finished
    if owner == wanted:
        click.echo(f"{id_} is managed by {recorded.urn} already")
        return
    if owner is not None and not owner.is_same_owner(wanted) and not yes:
        _confirm(id_, owner, wanted)
    live.set_owner(wanted, before=owner)
    click.echo(f"{id_} is managed by {recorded.urn} now")


def _confirm(id_: str, owner: OwnerTag, wanted: OwnerTag | None) -> None:
    """Ask before a resource is taken from another owner.

    Raises:
        InvalidRequest: No one said yes.
    """
    instead = f"It is replaced by {wanted}" if wanted else "The state records none: it is removed"
    _ask(
        f"{id_} has the owner tag {owner} of another stack or resource. {instead}, and a "
        "stack that records that owner can no longer change or delete the resource.",
        "Take it?",
        advice="To take it without a question, give --yes.",
    )


def _ask(what: str, question: str, *, advice: str) -> None:
    """Ask before someone may lose a resource.

    Raises:
        InvalidRequest: No one said yes.
    """
    click.echo(what, err=True)
    try:
        if click.confirm(question, err=True):
            return
    except click.Abort:
        pass
    raise InvalidRequest("it was left as it is", advice=advice)
