"""An explicit provider: another account, Region or set of default tags for some resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import pulumi
from pulumi import Input, Output

from omics_components.native.base import DISTRIBUTION, package_version


class AssumeRoleArgs(TypedDict, total=False):
    """A role to assume; ``role_arn`` is required."""

    role_arn: Input[str]
    session_name: Input[str]
    external_id: Input[str]
    duration: Input[str]
    policy: Input[str]
    policy_arns: Input[Sequence[Input[str]]]
    tags: Input[Mapping[str, Input[str]]]
    transitive_tag_keys: Input[Sequence[Input[str]]]
    source_identity: Input[str]


class DefaultTagsArgs(TypedDict):
    """Tags of every resource of a provider."""

    tags: Input[Mapping[str, Input[str]]]


class Provider(pulumi.ProviderResource):
    """Reaches one account and Region: ``ResourceOptions(provider=Provider("there", …))``.

    Args:
        resource_name: The provider's name in the program.
        region: Region of resources that name none.
        profile: Profile of the shared configuration files.
        assume_roles: Roles to assume, one after the other.
        allowed_account_ids: Accounts that may be reached; others are refused.
        forbidden_account_ids: Accounts that must not be reached.
        default_tags: Tags of every resource, as ``{"tags": {…}}``.
        endpoints: URLs by service, as ``[{"omics": "https://…"}]``.
        max_retries: How often a call that fails is repeated.
        s3_use_path_style: Whether S3 is called without the bucket in the host name.
        skip_metadata_api_check: Whether credentials of an EC2 instance's role are not used.
        opts: Resource options.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        region: Input[str] | None = None,
        profile: Input[str] | None = None,
        assume_roles: Input[Sequence[Input[AssumeRoleArgs]]] | None = None,
        allowed_account_ids: Input[Sequence[Input[str]]] | None = None,
        forbidden_account_ids: Input[Sequence[Input[str]]] | None = None,
        default_tags: Input[DefaultTagsArgs] | None = None,
        endpoints: Input[Sequence[Input[Mapping[str, Input[str]]]]] | None = None,
        max_retries: Input[int] | None = None,
        s3_use_path_style: Input[bool] | None = None,
        skip_metadata_api_check: Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        settings = {
            "region": region,
            "profile": profile,
            "assumeRoles": _json(assume_roles, spell=_camel_case),
            "allowedAccountIds": _json(allowed_account_ids),
            "forbiddenAccountIds": _json(forbidden_account_ids),
            "defaultTags": _json(default_tags),
            "endpoints": _json(endpoints),
            "maxRetries": _json(max_retries),
            "s3UsePathStyle": _json(s3_use_path_style),
            "skipMetadataApiCheck": _json(skip_metadata_api_check),
        }
        own = pulumi.ResourceOptions(version=package_version())
        super().__init__(
            DISTRIBUTION, resource_name, settings, pulumi.ResourceOptions.merge(own, opts)
        )


def _json(value: Any, *, spell: Any = None) -> Output[str] | None:
    """Spell a value as the engine passes it to providers: as JSON text."""
    if value is None:
        return None
    known = Output.from_input(value)
    return Output.json_dumps(known.apply(spell) if spell else known)


def _camel_case(roles: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{_spelled(key): value for key, value in role.items()} for role in roles]


def _spelled(name: str) -> str:
    head, *words = name.split("_")
    return head + "".join(word.capitalize() for word in words)
