"""Validate the stack's ``aws:`` configuration, with the keys and forms of pulumi-aws.

Pure: no SDK, no network. ``client`` finds the credentials later.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from omics_components.errors import InvalidRequest
from omics_components.schema.duration import duration_s
from omics_components.schema.fields import Region

PREFIX = "aws:"
"""The namespace of the configuration, which pulumi-aws reads too."""

LAST_UPDATE = "run pulumi up: refresh and destroy use the configuration of the last pulumi up."
"""What makes a change of the configuration effective: the state records it."""

_OLD_ASSUME_ROLE = "aws:assumeRole"

REFUSED = {
    "accessKey": "set AWS_ACCESS_KEY_ID in the environment",
    "assumeRoleWithWebIdentity": "set AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE in the "
    "environment",
    "customCaBundle": "set AWS_CA_BUNDLE in the environment",
    "ec2MetadataServiceEndpoint": "set AWS_EC2_METADATA_SERVICE_ENDPOINT in the environment",
    "ec2MetadataServiceEndpointMode": "set AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE in the "
    "environment",
    "httpProxy": "set HTTP_PROXY in the environment",
    "httpsProxy": "set HTTPS_PROXY in the environment",
    "ignoreTags": 'give the resources the option ignore_changes=["tags"]',
    "insecure": "set AWS_CA_BUNDLE in the environment to the file of the certificate authority",
    "noProxy": "set NO_PROXY in the environment",
    "retryMode": "set aws:maxRetries",
    "s3UsEast1RegionalEndpoint": "set AWS_S3_US_EAST_1_REGIONAL_ENDPOINT in the environment",
    "secretKey": "set AWS_SECRET_ACCESS_KEY in the environment",
    "sharedConfigFiles": "set AWS_CONFIG_FILE in the environment",
    "sharedCredentialsFile": "set AWS_SHARED_CREDENTIALS_FILE in the environment",
    "sharedCredentialsFiles": "set AWS_SHARED_CREDENTIALS_FILE in the environment",
    "stsRegion": "set the URL of that region's STS as sts in aws:endpoints",
    "tagPolicyCompliance": "enforce the tag policy in AWS Organizations",
    "token": "set AWS_SESSION_TOKEN in the environment",
    "tokenBucketRateLimiterCapacity": "set OMICS_COMPONENTS_TPS in the environment",
    "useDualstackEndpoint": "set AWS_USE_DUALSTACK_ENDPOINT in the environment",
    "useFipsEndpoint": "set AWS_USE_FIPS_ENDPOINT in the environment",
    "userAgents": "set AWS_SDK_UA_APP_ID in the environment",
}
"""Keys of pulumi-aws that are not supported, with what to do instead. They are refused: ignoring
one could use another account, endpoint or proxy than intended."""

WITHOUT_EFFECT = frozenset(
    {
        "s3ForcePathStyle",
        "skipCredentialsValidation",
        "skipGetEc2Platforms",
        "skipRegionValidation",
        "skipRequestingAccountId",
    }
)
"""Keys of pulumi-aws that are accepted and change nothing: they turn off checks that this library
does not make, or turn on what it does anyway where an endpoint is configured."""

_UNSET = ("", "false", "[]", "{}", "null")

EXAMPLES = {
    "allowedAccountIds": "--path 'aws:allowedAccountIds[0]' 111122223333",
    "assumeRole": "--path aws:assumeRole.roleArn arn:aws:iam::111122223333:role/deployer",
    "assumeRoles": "--path 'aws:assumeRoles[0].roleArn' arn:aws:iam::111122223333:role/deployer",
    "defaultTags": "--path --type string aws:defaultTags.tags.team genomics",
    "endpoints": "--path 'aws:endpoints[0].omics' https://omics.example.com",
    "forbiddenAccountIds": "--path 'aws:forbiddenAccountIds[0]' 111122223333",
    "maxRetries": "aws:maxRetries 5",
    "profile": "aws:profile lab",
    "region": "aws:region us-east-1",
    "s3UsePathStyle": "aws:s3UsePathStyle true",
    "skipMetadataApiCheck": "aws:skipMetadataApiCheck true",
}
"""The arguments of ``pulumi config set`` that set each supported key."""

_ACCOUNT_DIGITS = 12
_SESSION_S = range(900, 43_200 + 1)
"""How long a role's session may last: 15 minutes to 12 hours (docs: AssumeRole)."""

_ROLE = re.compile(r"arn:[a-z0-9-]+:iam::[0-9]{12}:role/\S+")

# go-yaml, with which the CLI reads a stack's file, prints a date without quotes like this.
_DATE_OF_YAML = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4} \S+")

_SERVICES = {
    "omics": "omics",
    "kms": "kms",
    "s3": "s3",
    "sts": "sts",
    "sso": "sso",
    "resourcegroupstagging": "resourcegroupstaggingapi",
    "resourcegroupstaggingapi": "resourcegroupstaggingapi",
}
"""The services that this library calls, by their names in ``aws:endpoints``."""

Pairs = tuple[tuple[str, str], ...]
"""A hashable mapping: sorted (name, text) pairs."""


def _text(value: object) -> str:
    """Require text: YAML reads other types where quotes are missing, and changes their digits."""
    kinds: dict[type, str] = {bool: "true or false", int: "a number", float: "a number"}
    found = kinds.get(type(value), "a list or a mapping")
    if isinstance(value, str):
        if not _DATE_OF_YAML.fullmatch(value):
            return value
        found = "a date"
    message = f"must be text, not {found}: without quotes, YAML changes what is written"
    raise ValueError(message)


def _account_id(value: object) -> str:
    """Require an account ID; a number of twelve digits is one that lost nothing."""
    text = str(value) if type(value) is int else value
    if isinstance(text, str) and re.fullmatch(f"[0-9]{{{_ACCOUNT_DIGITS}}}", text):
        return text
    hint = ": quote it, since YAML removes leading zeros" if type(value) in (int, float) else ""
    message = f"must be an account ID, which has 12 digits{hint}"
    raise ValueError(message)


def _decoded(value: object) -> object:
    """Parse objects and lists, which arrive as JSON text; other text stays as it is."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value


def _list(value: object) -> object:
    decoded = _decoded(value)
    if not isinstance(decoded, list | tuple):
        message = "must be a list"
        raise ValueError(message)  # noqa: TRY004 pydantic reports ValueErrors
    return decoded


def _pairs(value: object) -> Pairs:
    if not isinstance(value, dict):
        message = "must be a mapping"
        raise ValueError(message)  # noqa: TRY004 pydantic reports ValueErrors
    return tuple(sorted((name, _text_of(name, text)) for name, text in value.items()))


def _text_of(name: str, value: object) -> str:
    try:
        return _text(value)
    except ValueError as error:
        message = f"{name} {error}"
        raise ValueError(message) from None


def _tag_pairs(value: object) -> object:
    """Parse ``{"tags": {…}}``."""
    decoded = _decoded(value)
    if not isinstance(decoded, dict) or decoded.keys() != {"tags"}:
        message = "must be a mapping with the one key tags"
        raise ValueError(message)
    return _pairs(decoded["tags"])


def _endpoint_pairs(value: object) -> Pairs:
    """Parse a list of mappings from service to URL, or a single mapping."""
    decoded = _decoded(value)
    entries = decoded if isinstance(decoded, list) else [decoded]
    given = {}
    for service, url in (pair for entry in entries for pair in _pairs(entry)):
        near = difflib.get_close_matches(service, _SERVICES, 1, 0.75)
        if service not in _SERVICES and near:
            message = f"{service} is not a service that is called: did you mean {near[0]}?"
            raise ValueError(message)
        if url and not _is_url(url):
            message = f"{service} must be a URL, which begins with https:// or http://"
            raise ValueError(message)
        if url:
            given[_SERVICES.get(service, service)] = url
    return tuple(sorted(given.items()))


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # of the port or an IPv6 address
        return False


def _roles(value: object) -> object:
    """Parse a list of roles, or the older form with a single role."""
    decoded = _decoded(value)
    return [decoded] if isinstance(decoded, dict) else _list(decoded)


def _role_arn(value: str) -> str:
    if not _ROLE.fullmatch(value):
        message = "must be the ARN of a role, such as arn:aws:iam::111122223333:role/deployer"
        raise ValueError(message)
    return value


def _session_s(value: object) -> int:
    seconds = int(duration_s(value))
    if seconds not in _SESSION_S:
        message = "must be 15m to 12h"
        raise ValueError(message)
    return seconds


def _flag(value: object) -> object:
    if value not in ("true", "false") and not isinstance(value, bool):
        message = "must be true or false"
        raise ValueError(message)
    return value in ("true", True)


def _count(value: object) -> int:
    if isinstance(value, str) and re.fullmatch("[0-9]{1,4}", value):
        return int(value)
    if type(value) is not int or value < 0:
        message = "must be a whole number, 0 or more"
        raise ValueError(message)
    return value


Text = Annotated[str, BeforeValidator(_text)]
AccountIds = Annotated[
    tuple[Annotated[str, BeforeValidator(_account_id)], ...], BeforeValidator(_list)
]
Flag = Annotated[bool, BeforeValidator(_flag)]


class _Setting(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid"
    )


class AssumeRole(_Setting):
    """One role to assume, in a chain of them (``aws:assumeRoles``).

    Unknown keys are refused: ignoring one that restricts a session would widen it.
    """

    role_arn: Annotated[Text, AfterValidator(_role_arn)]
    session_name: Text | None = None
    external_id: Text | None = None
    duration_s: Annotated[int | None, BeforeValidator(_session_s)] = Field(
        default=None,
        alias="duration",
        description='Seconds (s); a duration such as "1h" in the stack.',
    )
    policy: Text | None = None
    policy_arns: tuple[Text, ...] = ()
    tags: Annotated[Pairs, BeforeValidator(_pairs)] = ()
    transitive_tag_keys: tuple[Text, ...] = ()
    source_identity: Text | None = None


class AwsSettings(_Setting):
    """The supported ``aws:`` configuration. Hashable.

    For what is not set, the SDK reads its environment and files.
    """

    region: Annotated[Region, BeforeValidator(_text)] | None = None
    profile: Text | None = None
    assume_roles: Annotated[tuple[AssumeRole, ...], BeforeValidator(_roles)] = ()
    allowed_account_ids: AccountIds = ()
    forbidden_account_ids: AccountIds = ()
    default_tags: Annotated[Pairs, BeforeValidator(_tag_pairs)] = ()
    endpoints: Annotated[Pairs, BeforeValidator(_endpoint_pairs)] = ()
    max_retries: Annotated[int | None, BeforeValidator(_count)] = None
    s3_use_path_style: Flag = False
    skip_metadata_api_check: Flag = Field(
        default=False, description="Whether credentials of an EC2 instance's role are not used."
    )

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of all supported keys, without their namespace."""
        return tuple(str(field.alias) for field in cls.model_fields.values())

    @classmethod
    def from_stack(cls, config: Mapping[str, str]) -> Self:
        """Validate the stack's configuration.

        Args:
            config: Such as ``{"aws:region": "us-east-1"}``; objects and lists are JSON texts.
                Keys of other namespaces are ignored.

        Raises:
            InvalidRequest: A key is unknown, invalid or not supported.
        """
        given = {
            key.removeprefix(PREFIX): value
            for key, value in config.items()
            if key.startswith(PREFIX) and value not in ("", None)
        }
        _require_supported(given, cls.names())
        if old := given.pop(_OLD_ASSUME_ROLE.removeprefix(PREFIX), None):
            given.setdefault("assumeRoles", old)
        given = {key: value for key, value in given.items() if key in cls.names()}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            first = error.errors()[0]
            top = str(first["loc"][0])
            raise InvalidRequest(
                f"{PREFIX}{_path(first['loc'])} in the stack's configuration {_reason(first)}",
                advice=f"Set it with `pulumi config set {EXAMPLES[top]}`. Then {LAST_UPDATE}",
            ) from None

    def endpoint(self, service: str) -> str | None:
        """Return the configured endpoint of a service, if there is one."""
        return dict(self.endpoints).get(service)


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the name that *name* may be a misspelling of; None if none is near."""
    by_lower = {one.lower(): one for one in names}
    found = difflib.get_close_matches(name.lower(), by_lower, 1, 0.7)
    return by_lower[found[0]] if found else None


def _require_supported(given: Mapping[str, str], supported: Iterable[str]) -> None:
    known = {*supported, _OLD_ASSUME_ROLE.removeprefix(PREFIX), *WITHOUT_EFFECT, *REFUSED}
    for name, value in given.items():
        key = f"{PREFIX}{name}"
        if name not in known:
            meant = nearest(name, known)
            hint = f"Did you mean {PREFIX}{meant}? " if meant else ""
            raise InvalidRequest(
                f"{key} in the stack's configuration is not a key of pulumi-aws",
                advice=f"{hint}Remove it with `pulumi config rm {key}`. Then {LAST_UPDATE}",
            )
        if name in REFUSED and value not in _UNSET:
            raise InvalidRequest(
                f"{key} in the stack's configuration is not supported by omics-components",
                advice=f"Remove it with `pulumi config rm {key}`, and {REFUSED[name]} instead. "
                f"Then {LAST_UPDATE}",
            )


def _path(parts: Iterable[int | str]) -> str:
    """Return a place in the configuration as ``pulumi config set --path`` spells it."""
    texts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return "".join(texts).removeprefix(".")


def _reason(error: Any) -> str:
    kind = error["type"]
    if kind == "value_error":
        reason = str(error["ctx"]["error"])
        return reason if reason.startswith("must") else f"is invalid: {reason}"
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        names = [str(field.alias) for field in AssumeRole.model_fields.values()]
        meant = nearest(str(error["loc"][-1]), names)
        return f"is unknown: did you mean {meant}?" if meant else "is unknown"
    types = {"tuple_type": "must be a list", "model_type": "must be a mapping"}
    return types.get(kind, f"is invalid: {error['msg']}")
