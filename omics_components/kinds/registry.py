"""The kinds of resources, as commands speak of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi.dynamic import Resource

    from omics_components.engine.dynamic.handler_provider import HandlerProvider
    from omics_components.lifecycle.handler import LiveResource

SEQUENCE_STORE = "sequence-store"
KIND_NAMES = (SEQUENCE_STORE, "kms-key", "s3-bucket", "s3-access-policy")
"""What ``--kind`` may say."""


@dataclass(frozen=True)
class Kind:
    """One kind of resource.

    Args:
        resource: The class that a program declares.
        provider: Its provider.
        title: Gives what a live one is called.
    """

    resource: type[Resource]
    provider: type[HandlerProvider]
    title: Callable[[LiveResource[Any, Any]], str]

    @property
    def token(self) -> str:
        """Its type, as the engine spells it."""
        return f"pulumi-python:{self.resource._resource_type_name}"  # noqa: SLF001 the SDK's own spelling

    @property
    def recorded_provider(self) -> str:
        """What the SDK records of the provider in every resource."""
        from pulumi.dynamic.dynamic import serialize_provider  # noqa: PLC0415 it takes a while

        text: str = serialize_provider(self.provider())
        return text


def kind_of(name: str) -> Kind:
    """Return the kind that ``--kind`` names; loads Pulumi."""
    from omics_components import providers  # noqa: PLC0415 it takes a while
    from omics_components.kinds.kms_key.resource import KmsKey  # noqa: PLC0415 as above
    from omics_components.kinds.s3_access_policy.resource import S3AccessPolicy  # noqa: PLC0415
    from omics_components.kinds.s3_bucket.resource import S3Bucket  # noqa: PLC0415
    from omics_components.kinds.sequence_store.resource import SequenceStore  # noqa: PLC0415

    kinds = {
        SEQUENCE_STORE: Kind(
            SequenceStore, providers.SequenceStoreProvider, lambda found: found.state.name or ""
        ),
        "kms-key": Kind(
            KmsKey,
            providers.KmsKeyProvider,
            lambda found: (found.state.alias or "").removeprefix("alias/"),
        ),
        "s3-bucket": Kind(S3Bucket, providers.S3BucketProvider, lambda found: found.id),
        "s3-access-policy": Kind(
            S3AccessPolicy, providers.S3AccessPolicyProvider, lambda _: "access-policy"
        ),
    }
    return kinds[name]
