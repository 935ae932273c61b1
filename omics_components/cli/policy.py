"""``policy``: print the policies that this library writes, as JSON to paste.

They are composed by the same functions as those of a program. Nothing is called, and no credentials
are needed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from omics_components.cli.account_ids import account_ids
from omics_components.kinds.s3_bucket.defaults import derived_name_pattern

if TYPE_CHECKING:
    from omics_components.schema.arn import SequenceStoreArn
    from omics_components.schema.base import Model

Command = TypeVar("Command", bound=Callable[..., Any])
Callback = Callable[[click.Context, click.Parameter, Any], Any]

_ANY_REGION = "*"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_BUCKETS = re.compile(r"[a-z0-9][a-z0-9.*?-]{2,62}")


def _ruled(kind: str, field: str) -> Callback:
    """Require what a program may say in a field of a resource; give it as the resource has it.

    Args:
        kind: ``key`` or ``bucket``.
        field: Name of the field.
    """

    def check(_context: click.Context, _option: click.Parameter, value: Any) -> Any:
        from omics_components.kinds.kms_key.model import KmsKeyInputs  # noqa: PLC0415 as above
        from omics_components.kinds.s3_bucket.model import S3BucketInputs  # noqa: PLC0415 as above
        from omics_components.schema.validation import validate  # noqa: PLC0415 loads pydantic

        said = list(value) if isinstance(value, tuple) else value
        models: dict[str, type[Model]] = {"key": KmsKeyInputs, "bucket": S3BucketInputs}
        validation = validate(models[kind], {field: said})
        for failure in validation.failures:
            raise click.BadParameter(failure.reason.partition(": ")[2])
        return getattr(validation.inputs, field)

    return check


def _region(context: click.Context, option: click.Parameter, value: str) -> str:
    return value if value == _ANY_REGION else str(_ruled("key", "region")(context, option, value))


def _arn(kind: str) -> Callback:
    """Take the ARN of a store, of its access point or of a key apart."""

    def check(_context: click.Context, _option: click.Parameter, value: str | None) -> Any:
        from omics_components.schema import arn  # noqa: PLC0415 only if there is one

        try:
            return value and getattr(arn, kind).parse(value)
        except ValueError as error:
            hint = ""
            if kind == "AccessPointArn" and ":sequenceStore/" in str(value):
                hint = "; a store's access point is its output s3_access_point_arn"
            raise click.BadParameter(f"{error}{hint}") from None

    return check


def _bucket_name(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if not _BUCKET.fullmatch(value):
        raise click.BadParameter(
            "a bucket's name is 3 to 63 lower-case letters, digits, dots and hyphens, not "
            f"{value!r}"
        )
    return value


def _bucket_patterns(
    _context: click.Context, _option: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    for value in values:
        if not _BUCKETS.fullmatch(value):
            raise click.BadParameter(
                "a bucket's name is lower-case letters, digits, dots and hyphens, with * and ? "
                f"after the first, not {value!r}"
            )
    return values


def _place_options(command: Command) -> Command:
    """Add the options for the account and region of a key or bucket to a command."""
    store = click.option(
        "--store", callback=_arn("SequenceStoreArn"), metavar="ARN", help="A store of the account."
    )
    account = click.option(
        "--account",
        callback=account_ids,
        metavar="ID",
        help="The account, before there is a store.",
    )
    region = click.option(
        "--region",
        default="us-east-1",
        callback=_ruled("key", "region"),
        metavar="REGION",
        help="With --account: only the partition counts, such as aws-cn.  [default: us-east-1]",
    )
    any_account = click.option(
        "--any-account",
        is_flag=True,
        help="The service may act for other accounts, too: no condition on aws:SourceAccount.",
    )
    statements = click.option(
        "--statements",
        "statements_only",
        is_flag=True,
        help="Only what lets the service in, to add to a policy of your own.",
    )
    return store(account(region(any_account(statements(command)))))


def _place(store: SequenceStoreArn | None, account: str | None, region: str) -> tuple[str, str]:
    """Return account and region.

    Raises:
        click.UsageError: Neither or both of ``--store`` and ``--account`` are given.
    """
    if (store is None) == (account is None):
        raise click.UsageError("say whose it is by --store or --account, one of them")
    return (store.account, store.region) if store else (account or "", region)


def _print(document: Mapping[str, Any], *, statements_only: bool = False) -> None:
    if not statements_only:
        click.echo(json.dumps(document, indent=2))
        return
    from omics_components.permissions import (  # noqa: PLC0415 loads much
        statements_for_services,
    )

    click.echo(json.dumps(statements_for_services(document), indent=2))


@click.group("policy")
def command() -> None:
    """Print a policy to paste: of a deployer, a reader, a key or a bucket.

    Nothing is called, and no credentials are needed.
    """


@command.command("deployer")
@click.option(
    "--region",
    default=_ANY_REGION,
    show_default=True,
    callback=_region,
    metavar="REGION",
    help="Where the resources are; * is any.",
)
@click.option(
    "--component",
    "components",
    multiple=True,
    metavar="NAME",
    help="Name of an EncryptedSequenceStore in the program, for its bucket of failed uploads.",
)
@click.option("--access-logs", is_flag=True, help="Components make buckets for access logs, too.")
@click.option(
    "--bucket",
    "buckets",
    multiple=True,
    callback=_bucket_patterns,
    metavar="NAME",
    help="Name of another bucket that the program makes or adopts; may have wildcards.",
)
@click.option("--given-key", is_flag=True, help="The program makes no keys, but is given them.")
@click.option("--access-policy", is_flag=True, help="It sets S3 access policies of stores.")
@click.option("--force-destroy", is_flag=True, help="It may empty what it destroys.")
def deployer(
    *,
    region: str,
    components: tuple[str, ...],
    access_logs: bool,
    buckets: tuple[str, ...],
    given_key: bool,
    access_policy: bool,
    force_destroy: bool,
) -> None:
    """Print the IAM policy of the role that runs a program.

    For preview, up, refresh and destroy. The same as the component's output deployer_policy_json,
    before the first update. Without --component and --bucket it is for a program that makes no
    buckets.
    """
    from omics_components.permissions import deployer_policy  # noqa: PLC0415 loads much

    if access_logs and not components:
        raise click.UsageError("--access-logs is about components: name them by --component")
    kinds = ("fallback", "logs") if access_logs else ("fallback",)
    own = [derived_name_pattern(f"{name}-{kind}") for name in components for kind in kinds]
    _print(
        deployer_policy(
            region,
            bucket_names=[*own, *buckets],
            own_key=not given_key,
            access_policy=access_policy,
            force_destroy=force_destroy,
        )
    )


@command.command("reader")
@click.option(
    "--access-point",
    required=True,
    callback=_arn("AccessPointArn"),
    metavar="ARN",
    help="The store's access point, its output s3_access_point_arn.",
)
@click.option(
    "--key",
    required=True,
    callback=_arn("KmsKeyArn"),
    metavar="ARN",
    help="The key that encrypts the store; not an alias.",
)
def reader(*, access_point: Any, key: Any) -> None:
    """Print the IAM policy of a role that reads a store through S3.

    The same as the component's output reader_policy_json. The store's S3 access policy must name
    the role, too, if it is of another account.
    """
    from omics_components.permissions import reader_policy  # noqa: PLC0415 loads much

    if (key.partition, key.region) != (access_point.partition, access_point.region):
        raise click.BadParameter(
            f"a key encrypts stores of its own region, and {key.region} is not the access point's "
            f"{access_point.region}",
            param_hint="'--key'",
        )
    _print(reader_policy(str(access_point), str(key)))


@command.command("key")
@_place_options
@click.option(
    "--administrator",
    "administrators",
    multiple=True,
    callback=_ruled("key", "administrators"),
    metavar="ARN",
    help="A role, user or account that administers the key, without using it.",
)
@click.option(
    "--user",
    "users",
    multiple=True,
    callback=_ruled("key", "users"),
    metavar="ARN",
    help="A role, user or account that encrypts and decrypts with it, such as a reader.",
)
def key(
    *,
    store: SequenceStoreArn | None,
    account: str | None,
    region: str,
    any_account: bool,
    statements_only: bool,
    administrators: list[str] | None,
    users: list[str] | None,
) -> None:
    """Print the policy of a key that encrypts stores, as KmsKey has it."""
    from omics_components.kinds.kms_key.key_policy import KeyPolicy, Owner  # noqa: PLC0415 as above
    from omics_components.schema.arn import partition_of  # noqa: PLC0415 only if the command runs

    owner_account, owner_region = _place(store, account, region)
    if statements_only and (administrators or users):
        raise click.UsageError("--statements is about the service: name no principals with it")
    policy = KeyPolicy(
        administrators=tuple(administrators or ()),
        users=tuple(users or ()),
        restrict_to_account=not any_account,
    )
    owner = Owner(partition_of(owner_region), owner_account)
    _print(policy.document(owner), statements_only=statements_only)


@command.command("bucket")
@click.option(
    "--bucket", required=True, callback=_bucket_name, metavar="NAME", help="Name of the bucket."
)
@_place_options
@click.option(
    "--writer",
    type=click.Choice(("health-omics", "s3-access-logs")),
    default="health-omics",
    show_default=True,
    help="Who may put objects: HealthOmics those of failed uploads, or S3 its access logs.",
)
@click.option(
    "--prefix",
    default="",
    callback=_ruled("bucket", "prefix"),
    metavar="FOLDER/",
    help="Where in the bucket. Default: anywhere.",
)
def bucket(
    *,
    bucket: str,
    store: SequenceStoreArn | None,
    account: str | None,
    region: str,
    any_account: bool,
    statements_only: bool,
    writer: str,
    prefix: str,
) -> None:
    """Print the policy of a bucket for failed uploads or access logs, as S3Bucket has it."""
    from omics_components.kinds.s3_bucket.configuration import (  # noqa: PLC0415 loads pydantic
        Place,
        bucket_policy,
    )

    owner_account, owner_region = _place(store, account, region)
    place = Place(bucket, owner_region, owner_account)
    document = bucket_policy(place, writer, prefix, restrict_to_account=not any_account)
    _print(document, statements_only=statements_only)
