"""The S3 access policy of a sequence store, as a program declares it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pulumi
from pulumi import Input, Output
from pulumi.dynamic import Resource

from omics_components.engine.dynamic.declaration import declared
from omics_components.providers import S3AccessPolicyProvider
from omics_components.schema.policy import policy_object

_OUTPUTS = ("updateTime",)


class S3AccessPolicy(Resource, module="omics", name="S3AccessPolicy"):
    """Who may read the objects of a sequence store through its S3 access point.

    The Pulumi id is the ARN of the access point. Changing ``sequence_store_arn`` replaces; all else
    is updated in place. Every store is made with a default policy that lets its owner read; this
    resource puts another one in its place, and a store has room for one.

    WARNING: deleting this resource removes the policy, and a store without a policy admits no one
    through S3, its owner included. AWS does not bring the default policy back. To let the
    owner alone read, declare ``readers=[]``; to leave the policy as it is, use the resource option
    ``retain_on_delete``.

    A replacement deletes first and creates then (unless ``delete_before_replace`` says otherwise):
    both may be of one store, and the deletion must not take away what was just put there.

    Args:
        resource_name: The resource's name in the program.
        sequence_store_arn: ARN of the store: ``store.arn``.
        policy: The whole policy, as a mapping or JSON text of at most 15 KB. Either this or
            *readers*.
        readers: ARNs of accounts, roles, users or role sessions that may list and read the store's
            objects and their tags. The owner's own access stays. Empty: the owner alone.
        opts: Resource options.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        sequence_store_arn: Input[str],
        policy: Input[str | Mapping[str, Any]] | None = None,
        readers: Input[Sequence[Input[str]]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        inputs = {
            "sequenceStoreArn": sequence_store_arn,
            "policy": policy,
            "readers": readers,
        }
        in_order = pulumi.ResourceOptions(delete_before_replace=True)
        opts = pulumi.ResourceOptions.merge(in_order, opts)
        properties, opts = declared(type(self), resource_name, inputs, _OUTPUTS, opts)
        super().__init__(S3AccessPolicyProvider(), resource_name, properties, opts)

    @classmethod
    def get(
        cls,
        resource_name: str,
        id: Input[str],  # noqa: A002 Pulumi's own name for it
        opts: pulumi.ResourceOptions | None = None,
    ) -> S3AccessPolicy:
        """Read the policy of a store without owning it.

        Args:
            resource_name: The resource's name in the program.
            id: ARN of the store's access point, ``store.s3_access_point_arn``, or of the store.
            opts: Resource options.
        """
        return cls(
            resource_name,
            sequence_store_arn="",  # read with the rest
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id)),
        )

    @property
    def s3_access_point_arn(self) -> Output[str]:
        """ARN of the access point; the Pulumi id."""
        return self.id

    @property
    @pulumi.getter(name="sequenceStoreArn")
    def sequence_store_arn(self) -> Output[str]:
        """ARN of the store."""
        return cast("Output[str]", pulumi.get(self, "sequenceStoreArn"))

    @property
    def policy(self) -> Output[dict[str, Any] | None]:
        """The policy in force, as a mapping; the one made of *readers*, too."""
        said: Output[str | Mapping[str, Any] | None] = pulumi.get(self, "policy")
        return said.apply(lambda known: None if known is None else policy_object(known))

    @property
    @pulumi.getter
    def readers(self) -> Output[list[str] | None]:
        """Who may read beside the owner; None if the policy is not made of readers."""
        return cast("Output[list[str] | None]", pulumi.get(self, "readers"))

    @property
    @pulumi.getter(name="updateTime")
    def update_time(self) -> Output[str]:
        """When the policy was last put: ISO 8601, UTC."""
        return cast("Output[str]", pulumi.get(self, "updateTime"))
