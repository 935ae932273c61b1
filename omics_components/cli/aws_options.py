"""How each command reaches AWS: ``--region``, ``--profile``, ``--stack``, the environment."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from omics_components.aws.client import Aws
    from omics_components.aws.settings import AwsSettings

Command = TypeVar("Command", bound=Callable[..., Any])

STACK_KEY = "omics_components.stack"
"""Where click's context holds the stack whose configuration a command reads."""


@dataclass(frozen=True)
class Access:
    """What the options say of the way into AWS.

    Args:
        region: ``--region``.
        profile: ``--profile``.
        stack: ``--stack``.
    """

    region: str | None = None
    profile: str | None = None
    stack: str | None = None

    def settings(self, config: Mapping[str, str] | None = None) -> AwsSettings:
        """Validate the stack's configuration; the options go before it.

        Args:
            config: The configuration, if it is read already.

        Raises:
            click.UsageError: An option is invalid, or the stack's files cannot be read.
            InvalidRequest: The configuration is invalid.
        """
        from omics_components.aws.settings import AwsSettings  # noqa: PLC0415 only to reach AWS

        if self.region and (refusal := region_refusal(self.region)):
            raise click.BadParameter(refusal, param_hint="'--region'")
        settings = AwsSettings.from_stack(self._config() if config is None else config)
        given = {"region": self.region, "profile": self.profile}
        return settings.model_copy(update={name: text for name, text in given.items() if text})

    def _config(self) -> dict[str, str]:
        if not self.stack:
            return {}
        config, missing = stack_config(self.stack)
        click.get_current_context().meta[STACK_KEY] = self.stack
        if encrypted := [key for key, text in config.items() if text is None]:
            raise click.BadParameter(
                f"{', '.join(encrypted)} of {self.stack} is encrypted, and this command does not "
                "decrypt it: give --region and --profile, or set the environment, instead",
                param_hint="'--stack'",
            )
        if missing:
            click.echo(
                f"Warning: there is no {missing}: only the configuration of Pulumi.yaml is read",
                err=True,
            )
        return {key: text for key, text in config.items() if text is not None}

    def connect(
        self, *, region: str | None = None, default_tags: Mapping[str, str] | None = None
    ) -> tuple[Aws, str]:
        """Open the way into AWS for one command.

        Args:
            region: The region of what the arguments name, if that has one.
            default_tags: What the stack's ``aws:defaultTags`` say, in place of its files.

        Returns:
            The way into AWS, and the region of what is named without one.

        Raises:
            click.UsageError: No region is set, or it is invalid, or ``settings`` raises it.
            InvalidRequest: As ``settings`` raises it.
        """
        from omics_components.aws.client import Aws  # noqa: PLC0415 only to reach AWS
        from omics_components.aws.pacing import (  # noqa: PLC0415 as above
            TPS_VARIABLE,
            Pacing,
            quotas_from,
        )

        settings = self.settings()
        if default_tags:
            pairs = tuple(sorted(default_tags.items()))
            settings = settings.model_copy(update={"default_tags": pairs})
        quotas = quotas_from(os.environ.get(TPS_VARIABLE, ""))
        aws = Aws(settings, pacing=Pacing(quotas=quotas))
        known = region or aws.default_region()
        if known is None:
            raise click.UsageError("no region is set: give --region or --stack, or set AWS_REGION")
        if refusal := region_refusal(known):
            raise click.UsageError(f"the environment's region: {refusal}")
        return aws, known


def aws_options(command: Command) -> Callable[..., Any]:
    """Add the options of the way into AWS to a command, which gets them as ``access``."""

    @functools.wraps(command)
    def with_access(
        *args: Any, region: str | None, profile: str | None, stack: str | None, **options: Any
    ) -> Any:
        return command(*args, access=Access(region, profile, stack), **options)

    region_option = click.option(
        "--region", metavar="REGION", help="Default: that of the stack or the environment."
    )
    profile_option = click.option(
        "--profile", metavar="PROFILE", help="A profile of the AWS files."
    )
    stack_option = click.option(
        "--stack",
        metavar="NAME",
        help="Use the aws: configuration of this stack: its Pulumi.NAME.yaml and Pulumi.yaml.",
    )
    return region_option(profile_option(stack_option(with_access)))


def stack_config(stack: str) -> tuple[dict[str, str | None], Path | None]:
    """Read the configuration of a stack of the program in this folder.

    Returns:
        The configuration, in which None is what is encrypted; and the stack's own file, if that
        does not exist.

    Raises:
        click.BadParameter: There is no configuration, or it cannot be read.
    """
    from omics_components.cli.stack_config import read_config  # noqa: PLC0415 loads YAML

    try:
        return read_config(Path.cwd(), stack)
    except (OSError, ValueError) as error:
        raise click.BadParameter(str(error), param_hint="'--stack'") from None


def region_refusal(region: str) -> str | None:
    """Return what is wrong with the name of a region; None if it could be one."""
    from omics_components.schema.lookup import (  # noqa: PLC0415 loads pydantic
        RegionArgument,
        refusals,
    )

    refused = refusals(RegionArgument, {"region": region})
    return refused[0].removeprefix("region: ") if refused else None


def refused_reads(count: int) -> str:
    """Warn that some resources were skipped because their tags may not be read."""
    return (
        f"{count} could not be looked at: AWS refuses the caller to read their tags. Other teams' "
        "may be so; if some may be yours, ask as someone who may."
    )
