"""``report``: the command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, TYPE_CHECKING

import click

from omics_components.cli.account_ids import account_ids
from omics_components.cli.aws_options import aws_options, connect

if TYPE_CHECKING:
    from omics_components.cli.report.preview import Preview

_LEVELS = ("low", "medium", "high")
_NEVER = "never"
_RISKY = 3
"""The exit status of a report whose risk is as grave as --fail-on says."""


@click.command("report")
@click.argument("preview", type=click.File("rb"), default="-", metavar="[FILE]")
@click.option(
    "--fail-on",
    type=click.Choice((*_LEVELS, _NEVER)),
    default=_NEVER,
    show_default=True,
    help="End with 3 if the gravest risk is at least that.",
)
@click.option(
    "--own-account",
    "own_accounts",
    multiple=True,
    callback=account_ids,
    metavar="ACCOUNT",
    help="An account whose principals are not foreign; several: all of them.",
)
@click.option(
    "--count-read-sets", is_flag=True, help="Ask AWS what the stores hold that are at stake."
)
@click.option(
    "--output",
    type=click.File("w", encoding="utf-8", lazy=True),
    default="-",
    metavar="FILE",
    help="Where the report goes. Default: stdout.",
)
@aws_options
def command(
    *,
    preview: IO[bytes],
    fail_on: str,
    own_accounts: tuple[str, ...],
    count_read_sets: bool,
    output: IO[str],
    region: str | None,
    profile: str | None,
) -> None:
    """Write Markdown for a pull request from what pulumi preview --json printed.

    FILE is what it printed; - or none is stdin. Only --count-read-sets asks AWS anything, and
    needs credentials.

    Exit status: 0 done; 1 the preview failed, or FILE is no preview; 2 the arguments are invalid;
    3 the risk is at least --fail-on.
    """
    from omics_components.cli.report.judging import judge, level_of  # noqa: PLC0415 loads models
    from omics_components.cli.report.markdown import write_report  # noqa: PLC0415 as above
    from omics_components.cli.report.preview import (  # noqa: PLC0415 as above
        decode_preview,
        read_preview,
    )
    from omics_components.cli.report.rules import Level  # noqa: PLC0415 as above
    from omics_components.errors import error_context  # noqa: PLC0415 as above

    # Not every stream of bytes that stands for stdin has a name.
    with error_context(f"reading {getattr(preview, 'name', '<stdin>')}"):
        found = read_preview(decode_preview(preview.read()))
    held = _held(found, region, profile) if count_read_sets else {}
    risks = judge(found, own_accounts, held)
    output.write(write_report(found, risks))
    if found.has_failed:
        raise click.ClickException("the preview failed; the report says why")
    level = level_of(risks)
    if fail_on != _NEVER and level >= Level[fail_on.upper()]:
        click.echo(f"omics-components: the risk is {level}, and --fail-on is {fail_on}", err=True)
        raise click.exceptions.Exit(_RISKY)


def _held(preview: Preview, region: str | None, profile: str | None) -> Mapping[str, str]:
    """Ask what the stores at stake hold, each in its own region."""
    from omics_components.cli.report import stakes  # noqa: PLC0415 loads the SDK

    stores = stakes.stores_at_stake(preview)
    if not stores:
        return {}
    aws, _ = connect(region or stores[0].region, profile)
    return stakes.held_by(stores, aws)
