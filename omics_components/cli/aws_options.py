"""How each command reaches AWS: ``--region``, ``--profile``, and else the environment."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from omics_components.aws.client import Aws

Command = TypeVar("Command", bound=Callable[..., Any])


def aws_options(command: Command) -> Command:
    """Add the options ``region`` and ``profile`` to a command."""
    region = click.option("--region", metavar="REGION", help="Default: that of the environment.")
    profile = click.option("--profile", metavar="PROFILE", help="A profile of the AWS files.")
    return region(profile(command))


def connect(
    region: str | None, profile: str | None, default_tags: Mapping[str, str] | None = None
) -> tuple[Aws, str]:
    """Open the way into AWS for one command, as a stack with these settings has it.

    Args:
        region: The option.
        profile: The option.
        default_tags: What the stack's ``aws:defaultTags`` say.

    Returns:
        The way into AWS, and the region of what is named without one.

    Raises:
        click.UsageError: Nothing names a region, or what does is none.
    """
    from omics_components.aws.client import Aws  # noqa: PLC0415 only where a command needs AWS
    from omics_components.aws.pacing import (  # noqa: PLC0415 as above
        TPS_VARIABLE,
        Pacing,
        quotas_from,
    )
    from omics_components.aws.settings import AwsSettings  # noqa: PLC0415 as above

    if region and (refusal := region_refusal(region)):
        raise click.UsageError(f"--region: {refusal}")
    config = {
        "aws:region": region or "",
        "aws:profile": profile or "",
        "aws:defaultTags": json.dumps({"tags": default_tags}) if default_tags else "",
    }
    quotas = quotas_from(os.environ.get(TPS_VARIABLE, ""))
    aws = Aws(AwsSettings.from_stack(config), pacing=Pacing(quotas=quotas))
    known = aws.default_region()
    if known is None:
        raise click.UsageError("nothing names a region: give --region, or set AWS_REGION")
    if refusal := region_refusal(known):
        raise click.UsageError(f"the environment's region: {refusal}")
    return aws, known


def region_refusal(region: str) -> str | None:
    """Return what is wrong with the name of a region; None if it could be one."""
    from omics_components.schema.lookup import RegionArgument, refusals  # noqa: PLC0415 as above

    refused = refusals(RegionArgument, {"region": region})
    return refused[0].removeprefix("region: ") if refused else None


def refused_reads(count: int) -> str:
    """Warn that some resources were skipped because their tags may not be read."""
    return (
        f"{count} could not be looked at: AWS refuses the caller to read their tags. Other teams' "
        "may be so; if some may be yours, ask as someone who may."
    )
