"""``doctor``: check one by one what a program of this library needs, and say what to do."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import click

from omics_components.cli.aws_options import (
    Access,
    aws_options,
    region_refusal,
    stack_config,
)
from omics_components.cli.finding import Finding, Status
from omics_components.errors import OmicsComponentsError

if TYPE_CHECKING:
    from omics_components.cli.aws_checks import Place

_COLOURS = {
    Status.OK: "green",
    Status.WARNING: "yellow",
    Status.FAILED: "red",
    Status.SKIPPED: "blue",
}
_FEW_RETRIES = "1"
"""Of a call that fails: here an answer is wanted soon, and a failure is one."""


@click.command("doctor")
@click.option(
    "--allowed-account-id",
    "allowed_account_ids",
    multiple=True,
    metavar="ID",
    help="As aws:allowedAccountIds: an account that the credentials may belong to.",
)
@click.option(
    "--output",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="How the findings are listed.",
)
@aws_options
@click.pass_context
def command(
    context: click.Context,
    *,
    allowed_account_ids: tuple[str, ...],
    output: str,
    access: Access,
) -> None:
    """Check what a program needs: versions, the CLI, its plugin, credentials, endpoint, quotas.

    Run it in the program's folder and environment. It changes nothing; of AWS it asks whose the
    credentials are, and for a list of the stores.

    Exit status: 0 nothing failed, 1 something did, 2 the arguments are invalid.
    """
    config, of_stack = _of_stack(access.stack) if access.stack else ({}, [])
    if allowed_account_ids:
        config = {**config, "aws:allowedAccountIds": json.dumps(allowed_account_ids)}
    if access.region and (refusal := region_refusal(access.region)):
        raise click.BadParameter(refusal, param_hint="'--region'")
    findings = []
    for finding in _findings(access, {"aws:maxRetries": _FEW_RETRIES, **config}, of_stack):
        findings.append(finding)
        if output == "text":
            status = click.style(f"{finding.status:7}", fg=_COLOURS[finding.status])
            click.echo(f"{status}  {finding.check:16}  {finding}")
    if output == "json":
        columns = ("check", "status", "text", "advice")
        table = [{name: getattr(finding, name) for name in columns} for finding in findings]
        click.echo(json.dumps(table, indent=2, ensure_ascii=False))
    context.exit(any(finding.status is Status.FAILED for finding in findings))


def _of_stack(stack: str) -> tuple[dict[str, str], list[Finding]]:
    """Read the configuration of a stack, as far as it can be, and say what is left out.

    Raises:
        click.UsageError: There is none, or it cannot be read.
    """
    config, missing = stack_config(stack)
    findings = []
    if missing:
        text = f"there is no {missing}: only the configuration of Pulumi.yaml counts"
        advice = f"Look whether {stack} is the stack's name."
        findings.append(Finding("stack", Status.WARNING, text, advice))
    for key in [key for key, text in config.items() if text is None]:
        text = f"{key} is encrypted, and left out here"
        advice = "Give --region or --profile, or set the environment, instead."
        findings.append(Finding("stack", Status.WARNING, text, advice))
    return {key: text for key, text in config.items() if text is not None}, findings


def _findings(
    access: Access, config: Mapping[str, str], of_stack: Iterable[Finding]
) -> Iterator[Finding]:
    """Make one check after the other, as long as none has failed that the next ones need."""
    from omics_components.cli import aws_checks, machine_checks  # noqa: PLC0415 only if it runs

    places: list[Place] = []

    def find_place() -> Iterator[Finding]:
        place = _place(access, config)
        if isinstance(place, Finding):
            yield place
        else:
            places.append(place)

    def there(check: Callable[[Place], Iterable[Finding]]) -> Callable[[], Iterable[Finding]]:
        return lambda: check(places[0])

    checks: tuple[tuple[str, Callable[[], Iterable[Finding]], bool], ...] = (
        # name, check, whether the next ones need it
        ("python", machine_checks.check_python, False),
        ("packages", machine_checks.check_packages, False),
        ("omics model", machine_checks.check_service_model, False),
        ("pulumi CLI", machine_checks.check_pulumi_cli, False),
        ("plugin", machine_checks.check_plugin, False),
        ("variables", machine_checks.check_variables, False),
        ("stack", lambda: of_stack, False),
        ("settings", find_place, True),
        ("region", there(aws_checks.check_region), False),
        ("endpoint", there(aws_checks.check_endpoint), False),
        ("credentials", there(aws_checks.check_credentials), True),
        ("account", there(aws_checks.check_account), True),
        ("read", there(aws_checks.check_read), True),
        ("quotas", there(aws_checks.check_quotas), True),
    )
    for name, check, is_needed in checks:
        found = list(_found_by(name, check))
        yield from found
        if is_needed and any(finding.status is Status.FAILED for finding in found):
            return


def _found_by(name: str, check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """Make a check; one that ends in an error has failed."""
    from omics_components.aws.client import translated_errors  # noqa: PLC0415 only if it runs

    try:
        with translated_errors(name):
            yield from check()
    except OmicsComponentsError as error:
        yield Finding.of_error(name, error)
    except (OSError, ValueError) as error:
        yield Finding(name, Status.FAILED, " ".join(str(error).split()))
    except Exception as error:  # noqa: BLE001 the others must still be made
        text = f"the check itself failed: {type(error).__name__}: {error}"
        yield Finding(name, Status.FAILED, " ".join(text.split()), "Report this as a fault.")


def _place(access: Access, config: Mapping[str, str]) -> Place | Finding:
    """Return the way into AWS and the region, or what is wrong with the region.

    Raises:
        InvalidRequest: The configuration is invalid.
    """
    from omics_components.aws.client import Aws  # noqa: PLC0415 only if the command runs
    from omics_components.aws.pacing import (  # noqa: PLC0415 as above
        QUOTAS_TPS,
        TPS_VARIABLE,
        Pacing,
        quotas_from,
    )
    from omics_components.cli.aws_checks import Place, region_source  # noqa: PLC0415 as above

    try:
        quotas = quotas_from(os.environ.get(TPS_VARIABLE, ""))
    except OmicsComponentsError:
        quotas = QUOTAS_TPS  # the variable is a finding of its own
    settings = access.settings(config)
    allowed, forbidden = settings.allowed_account_ids, settings.forbidden_account_ids
    anyones = settings.model_copy(update={"allowed_account_ids": (), "forbidden_account_ids": ()})
    aws = Aws(anyones, pacing=Pacing(quotas=quotas))
    region = aws.default_region()
    if region is None:
        advice = "Give --region, or set aws:region or AWS_REGION."
        return Finding("region", Status.FAILED, "no region is set", advice)
    place = Place(aws, region, allowed, forbidden, quotas)
    if refusal := region_refusal(region):
        text = f"{refusal} (from {region_source(place)})"
        return Finding("region", Status.FAILED, text, "Correct it.")
    return place
