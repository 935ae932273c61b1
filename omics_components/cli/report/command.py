"""``report``: the command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, TYPE_CHECKING

import click

from omics_components.cli.account_ids import account_ids
from omics_components.cli.aws_options import Access, aws_options

if TYPE_CHECKING:
    from omics_components.cli.report.preview import Preview

_LEVELS = ("low", "medium", "high")
_NEVER = "never"
_RISKY = 3
"""The exit status if the risk reaches --fail-on, or for changes that --strict does not accept."""


@click.command("report")
@click.argument("preview", type=click.File("rb"), default="-", metavar="[FILE]")
@click.option(
    "--fail-on",
    type=click.Choice((*_LEVELS, _NEVER)),
    default=_NEVER,
    show_default=True,
    help="Exit with 3 if a risk has at least this level.",
)
@click.option(
    "--own-account",
    "own_accounts",
    multiple=True,
    callback=account_ids,
    metavar="ACCOUNT",
    help="An account to treat as yours; repeatable.",
)
@click.option(
    "--strict",
    is_flag=True,
    help="Exit with 3 if resources of other providers change, which are not judged.",
)
@click.option(
    "--count-read-sets", is_flag=True, help="Ask AWS for the contents of the stores at stake."
)
@click.option(
    "--output",
    type=click.File("w", encoding="utf-8", lazy=True),
    default="-",
    metavar="FILE",
    help="File to write the report to. Default: stdout.",
)
@aws_options
def command(
    *,
    preview: IO[bytes],
    fail_on: str,
    own_accounts: tuple[str, ...],
    strict: bool,
    count_read_sets: bool,
    output: IO[str],
    access: Access,
) -> None:
    """Write Markdown for a pull request from the output of pulumi preview --json.

    FILE is that output, made with --show-sames and --show-replacement-steps; - or none is stdin.
    Only --count-read-sets calls AWS and needs credentials.

    Exit status: 0 done; 1 the preview failed, or FILE is not a preview; 2 invalid arguments;
    3 a risk has at least the level of --fail-on, or --strict found changes that are not judged.
    """
    from omics_components.cli.report.assessment import (  # noqa: PLC0415 loads models
        find_risks,
        level_of,
    )
    from omics_components.cli.report.markdown import write_report  # noqa: PLC0415 as above
    from omics_components.cli.report.not_judged import not_judged_changes  # noqa: PLC0415 as above
    from omics_components.cli.report.preview import (  # noqa: PLC0415 as above
        decode_preview,
        read_preview,
    )
    from omics_components.cli.report.rules import Level  # noqa: PLC0415 as above
    from omics_components.errors import error_context  # noqa: PLC0415 as above

    # A stream that replaces stdin may have no name.
    with error_context(f"reading {getattr(preview, 'name', '<stdin>')}"):
        found = read_preview(decode_preview(preview.read()))
    contents = _contents(found, access) if count_read_sets else {}
    risks = find_risks(found, own_accounts, contents)
    output.write(write_report(found, risks))
    if found.has_failed:
        raise click.ClickException("the preview failed; the report shows the error")
    level, not_judged = level_of(risks), len(not_judged_changes(found)) if strict else 0
    if fail_on != _NEVER and level >= Level[fail_on.upper()]:
        click.echo(f"omics-components: the risk is {level}, and --fail-on is {fail_on}", err=True)
        raise click.exceptions.Exit(_RISKY)
    if not_judged:
        click.echo(
            f"omics-components: {not_judged} {'change is' if not_judged == 1 else 'changes are'} "
            "not judged, and --strict accepts none",
            err=True,
        )
        raise click.exceptions.Exit(_RISKY)


def _contents(preview: Preview, access: Access) -> Mapping[str, str]:
    """Return the contents of the stores at stake, each asked in its own Region."""
    from omics_components.cli.report import stakes  # noqa: PLC0415 loads the SDK

    stores = stakes.stores_at_stake(preview)
    if not stores:
        return {}
    aws, _ = access.connect(region=access.region or stores[0].region)
    return stakes.count_contents(stores, aws)
