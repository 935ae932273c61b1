"""How to reach AWS: the stack's ``aws:`` configuration, read as pulumi-aws reads it.

Pure: no SDK, no network. Credentials are found later, by ``client``.
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
"""Keys of pulumi-aws that do not count here, with what the SDK reads in their place. They are
refused: to leave them out would be to act elsewhere, or as somebody else, than the stack says."""

_UNSET = ("", "false", "[]", "{}")

Pairs = tuple[tuple[str, str], ...]
"""A mapping that can be hashed: (name, text), sorted."""


def _decoded(value: object) -> object:
    """Read objects and lists, which arrive as JSON text."""
    return json.loads(value) if isinstance(value, str) else value


def _pairs(value: object) -> Pairs:
    if not isinstance(value, dict):
        message = f"expected a mapping, not {value!r}"
        raise ValueError(message)  # noqa: TRY004 pydantic reports ValueErrors
    texts = {k: v if isinstance(v, str) else json.dumps(v) for k, v in value.items()}
    return tuple(sorted(texts.items()))


def _tag_pairs(value: object) -> object:
    """Read ``{"tags": {…}}``."""
    decoded = _decoded(value)
    if not isinstance(decoded, dict) or decoded.keys() != {"tags"}:
        message = f'expected {{"tags": {{…}}}}, not {decoded!r}'
        raise ValueError(message)
    return _pairs(decoded["tags"])


def _endpoint_pairs(value: object) -> object:
    """Read a list of mappings from service to URL; a single mapping is read too."""
    decoded = _decoded(value)
    entries = decoded if isinstance(decoded, list) else [decoded]
    return tuple(sorted(pair for entry in entries for pair in _pairs(entry)))


def _roles(value: object) -> object:
    """Read a list of roles; the older single role is read too."""
    decoded = _decoded(value)
    return [decoded] if isinstance(decoded, dict) else decoded


def _seconds(text: object) -> object:
    return int(duration_s(text)) if isinstance(text, str) else text


class AssumeRole(_Setting):
    """One role to assume, in a chain of them (``aws:assumeRoles``).

    A key that is not known here is refused: to leave out what narrows a session would widen it.
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
    """The ``aws:`` keys that count here. Hashable: one value is one way into AWS.

    ``aws:region``, ``aws:profile``, ``aws:assumeRoles`` (and the older ``aws:assumeRole``),
    ``aws:allowedAccountIds``, ``aws:forbiddenAccountIds``, ``aws:defaultTags``, ``aws:endpoints``
    and ``aws:maxRetries``. What is not set is left to the SDK's own environment and files.
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
        """List the keys of a stack's configuration that count."""
        names = [field.alias for field in cls.model_fields.values()]
        return (*(f"aws:{name}" for name in names), _OLD_ASSUME_ROLE, *_IN_THE_ENVIRONMENT)

    @classmethod
    def from_stack(cls, config: Mapping[str, str]) -> Self:
        """Read the stack's configuration.

        Args:
            config: Such as ``{"aws:region": "us-east-1"}``; objects and lists are JSON texts.

        Raises:
            InvalidRequest: Naming the key that cannot be read, or that does not count here.
        """
        for key, variable in _IN_THE_ENVIRONMENT.items():
            if config.get(key, "") not in _UNSET:
                raise InvalidRequest(
                    f"{key} in the stack's configuration does not count for omics-components",
                    advice=f"Take it out, and set {variable} in the environment.",
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
                f"aws:{key} in the stack's configuration cannot be read: {first['msg']}",
                advice="Correct it with pulumi config set.",
            ) from None

    def endpoint(self, service: str) -> str | None:
        """Give the configured endpoint of a service, if there is one."""
        return dict(self.endpoints).get(service)
