"""The filters of lists and the names of stores, as options and arguments of commands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

import click

from omics_components.errors import InvalidRequest

if TYPE_CHECKING:
    from omics_components.aws.client import Aws
    from omics_components.cli.aws_options import Access
    from omics_components.lookups.models.sequence_store import SequenceStoreKey
    from omics_components.schema.base import Model

Command = TypeVar("Command", bound=Callable[..., Any])
M = TypeVar("M", bound="Model")

_TIME_HELP = "than this, such as 2026-01-31 or 2026-01-31T12:00:00Z."


def text(name: str, help_: str) -> Callable[[Command], Command]:
    """Return a decorator that adds a text filter option to a command."""
    return click.option(f"--{name}", metavar="TEXT", help=help_)


def choice(name: str, words: Any, help_: str) -> Callable[[Command], Command]:
    """Return a decorator that adds a choice filter option to a command."""
    return click.option(f"--{name}", type=click.Choice(get_args(words)), help=help_)


def times(what: Literal["created", "updated"]) -> Callable[[Command], Command]:
    """Return a decorator that adds the two options of a time range to a command."""
    verb = "Created" if what == "created" else "Last changed"

    def both(command: Command) -> Command:
        after = click.option(f"--{what}-after", metavar="TIME", help=f"{verb} later {_TIME_HELP}")
        before = click.option(
            f"--{what}-before", metavar="TIME", help=f"{verb} earlier {_TIME_HELP}"
        )
        return after(before(command))

    return both


def given(model: type[M], spellings: Mapping[str, str] | None = None, /, **values: object) -> M:
    """Validate options as lookups validate their arguments.

    Args:
        model: The kind of filter or key.
        spellings: How values are spelled that are not the options of their names.
        **values: The values, by Python names; None is what was not given.

    Raises:
        click.UsageError: One sentence for each bad value.
    """
    from omics_components.schema.lookup import refusals  # noqa: PLC0415 loads pydantic

    spelled = spellings or {}
    reasons = []
    for reason in refusals(model, values):
        name, _, rest = reason.partition(": ")
        option = spelled.get(name, f"--{name.replace('_', '-')}")
        reasons.append(f"{option}: {rest}")
    if reasons:
        raise click.UsageError("; ".join(reasons))
    return model(**{name: value for name, value in values.items() if value is not None})


def connect_to_store(reference: str, access: Access) -> tuple[Aws, str, SequenceStoreKey]:
    """Open the way into AWS to a sequence store that is named by id, ARN or name.

    Ten or more digits are an id, and what begins with ``arn:`` is an ARN.

    Raises:
        click.UsageError: The ARN is none, or of another region than the option says.
    """
    from omics_components.lookups import find_store  # noqa: PLC0415 only where AWS is needed
    from omics_components.lookups.models.sequence_store import (  # noqa: PLC0415 as above
        SequenceStoreKey,
    )

    kind = "arn" if reference.startswith("arn:") else "name"
    if re.fullmatch("[0-9]{10,36}", reference):
        kind = "id"
    key = given(SequenceStoreKey, {kind: "STORE"}, **{kind: reference})
    try:
        own = find_store.region_of(key, access.region)
    except InvalidRequest as error:
        raise click.UsageError(f"--{error.message}") from None
    aws, known = access.connect(region=own)
    return aws, known, key
