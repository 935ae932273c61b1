"""Parse the stack's ``aws:`` configuration as pulumi-aws does.

Pure: no SDK, no network. ``client`` finds the credentials later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from omics_components.errors import InvalidRequest
from omics_components.schema.duration import duration_s


class _Setting(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        extra="ignore",
        coerce_numbers_to_str=True,  # pulumi config set writes account ids as numbers
    )


_OLD_ASSUME_ROLE = "aws:assumeRole"

_IN_THE_ENVIRONMENT = {
    "aws:accessKey": "AWS_ACCESS_KEY_ID",
    "aws:secretKey": "AWS_SECRET_ACCESS_KEY",
    "aws:token": "AWS_SESSION_TOKEN",
    "aws:assumeRoleWithWebIdentity": "AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE",
    "aws:sharedConfigFiles": "AWS_CONFIG_FILE",
    "aws:sharedCredentialsFiles": "AWS_SHARED_CREDENTIALS_FILE",
    "aws:useFipsEndpoint": "AWS_USE_FIPS_ENDPOINT",
    "aws:useDualstackEndpoint": "AWS_USE_DUALSTACK_ENDPOINT",
    "aws:customCaBundle": "AWS_CA_BUNDLE",
}
"""Keys of pulumi-aws that are not supported, with the environment variable that the SDK reads
instead. They are refused: ignoring one could use another account or endpoint than intended."""

_UNSET = ("", "false", "[]", "{}")

Pairs = tuple[tuple[str, str], ...]
"""A hashable mapping: sorted (name, text) pairs."""


def _decoded(value: object) -> object:
    """Parse objects and lists, which arrive as JSON text."""
    return json.loads(value) if isinstance(value, str) else value


def _pairs(value: object) -> Pairs:
    if not isinstance(value, dict):
        message = f"expected a mapping, not {value!r}"
        raise ValueError(message)  # noqa: TRY004 pydantic reports ValueErrors
    texts = {k: v if isinstance(v, str) else json.dumps(v) for k, v in value.items()}
    return tuple(sorted(texts.items()))


def _tag_pairs(value: object) -> object:
    """Parse ``{"tags": {…}}``."""
    decoded = _decoded(value)
    if not isinstance(decoded, dict) or decoded.keys() != {"tags"}:
        message = f'expected {{"tags": {{…}}}}, not {decoded!r}'
        raise ValueError(message)
    return _pairs(decoded["tags"])


def _endpoint_pairs(value: object) -> object:
    """Parse a list of mappings from service to URL, or a single mapping."""
    decoded = _decoded(value)
    entries = decoded if isinstance(decoded, list) else [decoded]
    return tuple(sorted(pair for entry in entries for pair in _pairs(entry)))


def _roles(value: object) -> object:
    """Parse a list of roles, or the older form with a single role."""
    decoded = _decoded(value)
    return [decoded] if isinstance(decoded, dict) else decoded


def _seconds(text: object) -> object:
    return int(duration_s(text)) if isinstance(text, str) else text


class AssumeRole(_Setting):
    """One role to assume, in a chain of them (``aws:assumeRoles``).

    Unknown keys are refused: ignoring one that restricts a session would widen it.
    """

    model_config = ConfigDict(extra="forbid")

    role_arn: str
    session_name: str | None = None
    external_id: str | None = None
    duration_s: Annotated[int | None, BeforeValidator(_seconds)] = Field(
        default=None,
        alias="duration",
        description='Seconds (s); a duration such as "1h" in the stack.',
    )
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    tags: Annotated[Pairs, BeforeValidator(_pairs)] = ()
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str | None = None


class AwsSettings(_Setting):
    """The supported ``aws:`` configuration. Hashable.

    ``aws:region``, ``aws:profile``, ``aws:assumeRoles`` (and the older ``aws:assumeRole``),
    ``aws:allowedAccountIds``, ``aws:forbiddenAccountIds``, ``aws:defaultTags``, ``aws:endpoints``
    and ``aws:maxRetries``. For what is not set, the SDK reads its environment and files.
    """

    region: str | None = None
    profile: str | None = None
    assume_roles: Annotated[tuple[AssumeRole, ...], BeforeValidator(_roles)] = ()
    allowed_account_ids: Annotated[tuple[str, ...], BeforeValidator(_decoded)] = ()
    forbidden_account_ids: Annotated[tuple[str, ...], BeforeValidator(_decoded)] = ()
    default_tags: Annotated[Pairs, BeforeValidator(_tag_pairs)] = ()
    endpoints: Annotated[Pairs, BeforeValidator(_endpoint_pairs)] = ()
    max_retries: int | None = None

    @classmethod
    def stack_keys(cls) -> tuple[str, ...]:
        """Return all keys to read from the stack's configuration, unsupported ones included."""
        names = [field.alias for field in cls.model_fields.values()]
        return (*(f"aws:{name}" for name in names), _OLD_ASSUME_ROLE, *_IN_THE_ENVIRONMENT)

    @classmethod
    def from_stack(cls, config: Mapping[str, str]) -> Self:
        """Parse the stack's configuration.

        Args:
            config: Such as ``{"aws:region": "us-east-1"}``; objects and lists are JSON texts.

        Raises:
            InvalidRequest: A key is invalid or not supported.
        """
        for key, variable in _IN_THE_ENVIRONMENT.items():
            if config.get(key, "") not in _UNSET:
                raise InvalidRequest(
                    f"{key} in the stack's configuration is not supported by omics-components",
                    advice=f"Remove it, and set {variable} in the environment instead.",
                )
        given = {key: text for key in cls.stack_keys() if (text := config.get(key))}
        old = given.pop(_OLD_ASSUME_ROLE, None)
        if old:
            given.setdefault("aws:assumeRoles", old)
        try:
            return cls.model_validate({k.removeprefix("aws:"): v for k, v in given.items()})
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            raise InvalidRequest(
                f"aws:{key} in the stack's configuration is invalid: {first['msg']}",
                advice="Correct it with pulumi config set.",
            ) from None

    def endpoint(self, service: str) -> str | None:
        """Return the configured endpoint of a service, if there is one."""
        return dict(self.endpoints).get(service)
