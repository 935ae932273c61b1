"""The KMS key, as a program declares it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import pulumi
from pulumi import Input, Output
from pulumi.dynamic import Resource

from omics_components.engine.dynamic.declaration import declared
from omics_components.providers import KmsKeyProvider
from omics_components.schema.arn_text import name_of, region_of, sibling

_OUTPUTS = ("policy", "keyState", "creationDate", "tagsAll")


class KmsKey(Resource, module="kms", name="Key"):
    """A symmetric KMS key for sequence stores: policy, rotation and alias in one resource.

    The Pulumi id is the key's ARN. Changing ``region`` makes a new key and then schedules the old
    one for deletion; all else is updated in place. Deleting the resource schedules the key for
    deletion: what it encrypts can never be read again after that.

    Args:
        resource_name: The resource's name in the program.
        description: What the key is for, up to 8192 characters. Not for confidential information.
        alias: A name for the key, ``alias/…``, unique in the account and region.
        administrators: Roles, users or accounts that administer the key, without using it.
        users: Roles, users or accounts that encrypt and decrypt with the key.
        allow_health_omics: HealthOmics may use the key, for stores and for their buckets.
        restrict_to_account: HealthOmics may use it only on behalf of the key's own account.
        enable_key_rotation: KMS renews the key material; what is encrypted stays readable.
        rotation_period_in_days: How often, 90 to 2560 days; only with ``enable_key_rotation``.
        deletion_window_in_days: Days from destroy until KMS deletes the key for good, 7 to 30.
        tags: Up to 49 tags, aws:defaultTags included. Not for confidential information.
        region: Region of the key. Defaults to aws:region, then to the SDK's own settings.
        opts: Resource options.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        description: Input[str] | None = None,
        alias: Input[str] | None = None,
        administrators: Input[Sequence[Input[str]]] | None = None,
        users: Input[Sequence[Input[str]]] | None = None,
        allow_health_omics: Input[bool] | None = True,
        restrict_to_account: Input[bool] | None = True,
        enable_key_rotation: Input[bool] | None = True,
        rotation_period_in_days: Input[int] | None = 365,
        deletion_window_in_days: Input[int] | None = 30,
        tags: Input[Mapping[str, Input[str]]] | None = None,
        region: Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        inputs = {
            "description": description,
            "alias": alias,
            "administrators": administrators,
            "users": users,
            "allowHealthOmics": allow_health_omics,
            "restrictToAccount": restrict_to_account,
            "enableKeyRotation": enable_key_rotation,
            "rotationPeriodInDays": rotation_period_in_days,
            "deletionWindowInDays": deletion_window_in_days,
            "tags": tags,
            "region": region,
        }
        properties, opts = declared(type(self), resource_name, inputs, _OUTPUTS, opts)
        super().__init__(KmsKeyProvider(), resource_name, properties, opts)

    @classmethod
    def get(
        cls,
        resource_name: str,
        id: Input[str],  # noqa: A002 Pulumi's own name for it
        opts: pulumi.ResourceOptions | None = None,
    ) -> KmsKey:
        """Read an existing key without owning it.

        Args:
            resource_name: The resource's name in the program.
            id: The key's ARN, or its id.
            opts: Resource options.
        """
        return cls(
            resource_name,
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id)),
        )

    @property
    def arn(self) -> Output[str]:
        """ARN of the key; the Pulumi id."""
        return self.id

    @property
    def key_id(self) -> Output[str]:
        """The key's id, the last part of its ARN."""
        return self.id.apply(name_of)

    @property
    def region(self) -> Output[str]:
        """Region of the key."""
        return self.id.apply(region_of)

    @property
    @pulumi.getter
    def description(self) -> Output[str | None]:
        """What the key is for."""
        return cast("Output[str | None]", pulumi.get(self, "description"))

    @property
    @pulumi.getter
    def alias(self) -> Output[str | None]:
        """The key's alias."""
        return cast("Output[str | None]", pulumi.get(self, "alias"))

    @property
    def alias_arn(self) -> Output[str | None]:
        """ARN of the alias; None without one."""
        return Output.all(self.id, self.alias).apply(
            lambda both: sibling(both[0], both[1]) if both[1] else None
        )

    @property
    @pulumi.getter
    def administrators(self) -> Output[list[str] | None]:
        """Who administers the key."""
        return cast("Output[list[str] | None]", pulumi.get(self, "administrators"))

    @property
    @pulumi.getter
    def users(self) -> Output[list[str] | None]:
        """Who encrypts and decrypts with the key."""
        return cast("Output[list[str] | None]", pulumi.get(self, "users"))

    @property
    @pulumi.getter(name="allowHealthOmics")
    def allow_health_omics(self) -> Output[bool | None]:
        """HealthOmics may use the key; None if the key was only read and its policy is foreign."""
        return cast("Output[bool | None]", pulumi.get(self, "allowHealthOmics"))

    @property
    @pulumi.getter(name="restrictToAccount")
    def restrict_to_account(self) -> Output[bool | None]:
        """HealthOmics may use it only on behalf of the key's own account; the same if None."""
        return cast("Output[bool | None]", pulumi.get(self, "restrictToAccount"))

    @property
    @pulumi.getter(name="enableKeyRotation")
    def enable_key_rotation(self) -> Output[bool]:
        """KMS renews the key material."""
        return cast("Output[bool]", pulumi.get(self, "enableKeyRotation"))

    @property
    @pulumi.getter(name="rotationPeriodInDays")
    def rotation_period_in_days(self) -> Output[int]:
        """How often KMS renews the key material, in days."""
        return cast("Output[int]", pulumi.get(self, "rotationPeriodInDays"))

    @property
    @pulumi.getter(name="deletionWindowInDays")
    def deletion_window_in_days(self) -> Output[int]:
        """How long KMS will wait before it deletes the key for good, in days."""
        return cast("Output[int]", pulumi.get(self, "deletionWindowInDays"))

    @property
    @pulumi.getter
    def policy(self) -> Output[str]:
        """The key policy in force, as JSON."""
        return cast("Output[str]", pulumi.get(self, "policy"))

    @property
    @pulumi.getter(name="keyState")
    def key_state(self) -> Output[str]:
        """Such as Enabled or Disabled."""
        return cast("Output[str]", pulumi.get(self, "keyState"))

    @property
    @pulumi.getter(name="creationDate")
    def creation_date(self) -> Output[str]:
        """When the key was made: ISO 8601, UTC."""
        return cast("Output[str]", pulumi.get(self, "creationDate"))

    @property
    @pulumi.getter
    def tags(self) -> Output[dict[str, str] | None]:
        """The key's tags, without the stack's default tags."""
        return cast("Output[dict[str, str] | None]", pulumi.get(self, "tags"))

    @property
    def tags_all(self) -> Output[dict[str, str] | None]:
        """All of the key's tags, aws:defaultTags included."""
        recorded: Output[dict[str, str] | None] = pulumi.get(self, "tagsAll")
        return Output.all(recorded, self.tags).apply(lambda both: both[0] or both[1])
