"""What the engine asks: one provider class per kind of resource.

The import paths of these classes are part of every stack's state: a provider is recorded as the
path that it is imported from. Never move or rename one without leaving the old name here.
"""

from __future__ import annotations

from omics_components.handlers.kms_key import KmsKeyHandler
from omics_components.handlers.s3_access_policy import S3AccessPolicyHandler
from omics_components.handlers.s3_bucket import S3BucketHandler
from omics_components.handlers.sequence_store import SequenceStoreHandler
from omics_components.providers.adapter import HandlerProvider

__all__ = ["KmsKeyProvider", "S3AccessPolicyProvider", "S3BucketProvider", "SequenceStoreProvider"]


class SequenceStoreProvider(HandlerProvider):
    """Sequence stores (``pulumi-python:dynamic/omics:SequenceStore``)."""

    handler_type = SequenceStoreHandler


class S3AccessPolicyProvider(HandlerProvider):
    """S3 access policies of stores (``pulumi-python:dynamic/omics:S3AccessPolicy``)."""

    handler_type = S3AccessPolicyHandler


class S3BucketProvider(HandlerProvider):
    """Buckets for failed uploads or access logs (``pulumi-python:dynamic/s3:Bucket``)."""

    handler_type = S3BucketHandler


class KmsKeyProvider(HandlerProvider):
    """Symmetric KMS keys (``pulumi-python:dynamic/kms:Key``)."""

    handler_type = KmsKeyHandler
