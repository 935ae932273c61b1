"""The kinds of resources of this library, and the type tokens that the engine gives them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class Kind(Enum):
    """A kind of resource of this library."""

    SEQUENCE_STORE = "sequence store"
    S3_ACCESS_POLICY = "S3 access policy"
    KMS_KEY = "KMS key"
    S3_BUCKET = "S3 bucket"


KIND_BY_TOKEN: Mapping[str, Kind] = {
    "pulumi-python:dynamic/omics:SequenceStore": Kind.SEQUENCE_STORE,
    "pulumi-python:dynamic/omics:S3AccessPolicy": Kind.S3_ACCESS_POLICY,
    "pulumi-python:dynamic/kms:Key": Kind.KMS_KEY,
    "pulumi-python:dynamic/s3:Bucket": Kind.S3_BUCKET,
    "omics-components:index:SequenceStore": Kind.SEQUENCE_STORE,
    "omics-components:index:S3AccessPolicy": Kind.S3_ACCESS_POLICY,
    "omics-components:index:KmsKey": Kind.KMS_KEY,
    "omics-components:index:S3Bucket": Kind.S3_BUCKET,
}
"""Type tokens of dynamic and native resources."""

PROVIDER_TOKEN = "pulumi:providers:omics-components"  # noqa: S105 a type token
"""An explicit provider: where, as whom and with which guards its resources are managed."""
