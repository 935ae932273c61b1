"""The KMS key: what a program may say of it, and what AWS reports.

Limits and patterns are those of botocore's ``kms`` model 2014-11-01, or of the KMS guide (docs).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from omics_components.kinds.kms_key.key_policy import KeyPolicy, Owner
from omics_components.schema.arn import KmsKeyArn
from omics_components.schema.base import FieldSpec, Model, State
from omics_components.schema.fields import Flag, Region, TagMap, empty_as_absent
from omics_components.schema.policy import canonical_principal

DEFAULT_ROTATION_PERIOD_DAYS = 365
"""Rotation period of KMS if none is set (model)."""

DEFAULT_DELETION_WINDOW_DAYS = 30
"""Deletion window of KMS if none is set (model)."""

COMPUTED = ("tags_all", "policy")
"""Fields of the inputs that a program cannot set."""

MAX_POLICY_BYTES = 32_768
"""The quota of a key policy (docs)."""

_PRINCIPAL = re.compile(r"[0-9]{12}|arn:[^:\s]+:iam::[0-9]{12}:(root|(role|user)/[!-)+->@-~]+)")
_ALIAS = re.compile("alias/[a-zA-Z0-9/_-]+")

_Empty = BeforeValidator(empty_as_absent)


def _description(value: str) -> str:
    longest = 8192
    if len(value) > longest:
        message = f"must be at most {longest} characters long, not {len(value)}"
        raise ValueError(message)
    return value


def _alias(value: str) -> str:
    longest = 256
    if value.startswith("alias/aws/"):
        message = f'must not begin with "alias/aws/": such names belong to AWS, not {value!r}'
    elif len(value) > longest:
        message = f"must be at most {longest} characters long, not {len(value)}"
    elif _ALIAS.fullmatch(value):
        return value
    elif not value.startswith("alias/") and _ALIAS.fullmatch(f"alias/{value}"):
        message = f'must begin with "alias/": write "alias/{value}"'
    else:
        message = (
            'must be "alias/" and a name of letters, digits, slashes, underscores and hyphens, '
            f"not {value!r}"
        )
    raise ValueError(message)


def _principal(value: str) -> str:
    """Require a role, a user or an account.

    Source: docs, and stricter by choice: a key policy admits sessions and everyone too, but
    sessions come and go, and everyone is no one's intention.
    """
    if _PRINCIPAL.fullmatch(value):
        return value
    if value == "*":
        hint = "every AWS account there is could use the key"
    elif "*" in value or "?" in value:
        hint = "KMS reads wildcards inside of a principal as plain characters; name each one"
    elif ":assumed-role/" in value:
        hint = "a session ends; name its role, arn:aws:iam::…:role/…"
    elif re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?", value):
        hint = "services are none; HealthOmics has allow_health_omics"
    else:
        hint = ""
    message = (
        "must be the ARN of an IAM role or user, such as arn:aws:iam::111122223333:role/lab, or an "
        f"account's 12 digits or root ARN, not {value!r}{hint and f': {hint}'}"
    )
    raise ValueError(message)


def _principals(values: list[str]) -> list[str]:
    seen: set[str] = set()
    for value in values:
        canonical = canonical_principal(value)
        if canonical in seen:
            message = f"names {value!r} more than once"
            raise ValueError(message)
        seen.add(canonical)
    return sorted(values)


def _days(fewest: int, most: int) -> BeforeValidator:
    def check(value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, int) or not fewest <= value <= most:
            message = f"must be a whole number of days from {fewest} to {most}, not {value!r}"
            raise ValueError(message)
        return value

    return BeforeValidator(check)


KeyDescription = Annotated[str, AfterValidator(_description)]
"""Up to 8192 characters (model)."""

AliasName = Annotated[str, AfterValidator(_alias)]
"""``alias/`` and a name, at most 256 characters (docs; the model admits more characters)."""

Principals = Annotated[
    list[Annotated[str, AfterValidator(_principal)]], AfterValidator(_principals)
]
"""Roles, users and accounts (docs), each once, sorted."""


class KmsKeyInputs(Model):
    """What a program may say of a key."""

    description: Annotated[KeyDescription | None, _Empty, FieldSpec("model")] = Field(
        default=None,
        description="What the key is for, up to 8192 characters. Not for confidential information.",
    )
    alias: Annotated[AliasName | None, _Empty, FieldSpec("docs")] = Field(
        default=None,
        description="A name for the key, alias/…, unique in the account and region.",
    )
    administrators: Annotated[Principals | None, _Empty, FieldSpec("docs", unordered=True)] = Field(
        default=None,
        description="Roles, users or accounts that administer the key, without using it.",
    )
    users: Annotated[Principals | None, _Empty, FieldSpec("docs", unordered=True)] = Field(
        default=None,
        description="Roles, users or accounts that encrypt and decrypt with the key.",
    )
    allow_health_omics: Annotated[Flag, FieldSpec("ours", default="True")] = Field(
        default=True,
        description="HealthOmics may use the key, for stores and for their buckets.",
    )
    restrict_to_account: Annotated[Flag, FieldSpec("ours", default="True")] = Field(
        default=True,
        description="HealthOmics may use the key only for the account that the key is in.",
    )
    enable_key_rotation: Annotated[Flag, FieldSpec("ours", default="True")] = Field(
        default=True,
        description="KMS renews the key material by itself; what is encrypted stays readable.",
    )
    rotation_period_in_days: Annotated[
        int, _days(90, 2560), FieldSpec("model", default=str(DEFAULT_ROTATION_PERIOD_DAYS))
    ] = Field(
        default=DEFAULT_ROTATION_PERIOD_DAYS,
        description="How often, 90 to 2560 days; only with enable_key_rotation.",
    )
    deletion_window_in_days: Annotated[
        int, _days(7, 30), FieldSpec("docs", default=str(DEFAULT_DELETION_WINDOW_DAYS))
    ] = Field(
        default=DEFAULT_DELETION_WINDOW_DAYS,
        description="Days from destroy until KMS deletes the key for good, 7 to 30.",
    )
    tags: Annotated[TagMap | None, _Empty, FieldSpec("docs")] = Field(
        default=None,
        description="Up to 49 tags. Not for confidential information.",
    )
    tags_all: Annotated[TagMap | None, _Empty, FieldSpec("ours")] = Field(
        default=None,
        description="The tags together with those of aws:defaultTags. Computed; left out if equal.",
    )
    policy: Annotated[str | None, _Empty, FieldSpec("ours")] = Field(
        default=None,
        description="After a refresh: a live policy that this library did not write.",
    )
    region: Annotated[
        Region | None, _Empty, FieldSpec("ours", create_only=True, default="the stack's region")
    ] = Field(
        default=None,
        description="Region of the key. Defaults to aws:region, then to the SDK's own settings.",
    )

    @property
    def effective_tags(self) -> dict[str, str]:
        """The tags that the key carries in AWS."""
        return self.tags_all or self.tags or {}

    @property
    def key_policy(self) -> KeyPolicy:
        """The policy that the inputs ask for."""
        return KeyPolicy(
            administrators=tuple(self.administrators or ()),
            users=tuple(self.users or ()),
            allow_health_omics=self.allow_health_omics,
            restrict_to_account=self.restrict_to_account,
        )


class KmsKeyState(State):
    """What AWS reports of a key, and what of the program's inputs AWS does not keep.

    ``arn`` and ``key_id`` are not here: they are in the Pulumi id. ``region`` is in it, too; it is
    repeated, for else a replacement would be shown as if it were new.
    """

    description: str | None = None
    alias: str | None = None
    administrators: list[str] | None = None
    users: list[str] | None = None
    allow_health_omics: bool | None = None
    restrict_to_account: bool | None = None
    enable_key_rotation: bool = False
    rotation_period_in_days: int = DEFAULT_ROTATION_PERIOD_DAYS
    deletion_window_in_days: int = DEFAULT_DELETION_WINDOW_DAYS
    region: str | None = None
    policy: str | None = Field(default=None, description="The policy in force, as JSON.")
    key_state: str | None = None
    creation_date: str | None = Field(default=None, description="ISO 8601, UTC.")
    tags: dict[str, str] | None = None
    tags_all: dict[str, str] | None = Field(default=None, description="Left out if equal to tags.")


@dataclass(frozen=True)
class LiveKey:
    """What KMS says of a key, put together from its several answers.

    Args:
        description: What it is for.
        key_state: Such as ``Enabled``.
        creation_date: ISO 8601, UTC.
        policy: The key policy, as JSON.
        is_rotated: KMS renews the key material by itself.
        rotation_period_days: How often; None where KMS does not say.
        tags: Its tags.
        aliases: Names of the aliases that point to it, sorted.
    """

    description: str | None
    key_state: str | None
    creation_date: str | None
    policy: str
    is_rotated: bool
    rotation_period_days: int | None
    tags: Mapping[str, str]
    aliases: tuple[str, ...]


def inputs_from_state(state: KmsKeyState, arn: KmsKeyArn) -> KmsKeyInputs:
    """Return the inputs that describe *state*, without validation: live ones may break our rules.

    A policy that the other inputs do not compose to is told as it is.

    Args:
        state: A key as read or recorded.
        arn: The key.
    """
    same = KmsKeyInputs.model_fields.keys() - {"policy", "region"}
    inputs = KmsKeyInputs.model_construct(
        None,
        # None for lists, maps and texts that say nothing; False is a word.
        **{name: empty_as_absent(getattr(state, name)) for name in same},
        region=arn.region,
    )
    owner = Owner(arn.partition, arn.account)
    if state.policy and not inputs.key_policy.matches(state.policy, owner):
        return inputs.model_copy(update={"policy": state.policy})
    return inputs
