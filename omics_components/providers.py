"""What the engine asks: one provider class per kind of resource.

The import paths of these classes are part of every stack's state: a provider is recorded as the
path that it is imported from. Never move or rename one without leaving the old name here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omics_components.engine.dynamic.handler_provider import HandlerProvider

if TYPE_CHECKING:
    from omics_components.lifecycle.handler import Handler

__all__ = ["KmsKeyProvider", "S3AccessPolicyProvider", "S3BucketProvider", "SequenceStoreProvider"]

# ruff: noqa: PLC0415 a program records these classes, and loads no handler


class SequenceStoreProvider(HandlerProvider):
    """Sequence stores (``pulumi-python:dynamic/omics:SequenceStore``)."""

    @staticmethod
    def handler_type() -> type[Handler[Any, Any]]:
        """Load the kind of resource."""
        from omics_components.kinds.sequence_store.handler import SequenceStoreHandler

        return SequenceStoreHandler


class S3AccessPolicyProvider(HandlerProvider):
    """S3 access policies of stores (``pulumi-python:dynamic/omics:S3AccessPolicy``)."""

    @staticmethod
    def handler_type() -> type[Handler[Any, Any]]:
        """Load the kind of resource."""
        from omics_components.kinds.s3_access_policy.handler import S3AccessPolicyHandler

        return S3AccessPolicyHandler


class S3BucketProvider(HandlerProvider):
    """Buckets for failed uploads or access logs (``pulumi-python:dynamic/s3:Bucket``)."""

    @staticmethod
    def handler_type() -> type[Handler[Any, Any]]:
        """Load the kind of resource."""
        from omics_components.kinds.s3_bucket.handler import S3BucketHandler

        return S3BucketHandler


class KmsKeyProvider(HandlerProvider):
    """Symmetric KMS keys (``pulumi-python:dynamic/kms:Key``)."""

    @staticmethod
    def handler_type() -> type[Handler[Any, Any]]:
        """Load the kind of resource."""
        from omics_components.kinds.kms_key.handler import KmsKeyHandler

        return KmsKeyHandler
