"""The resources, declared with the native provider."""

from __future__ import annotations

from omics_components.kinds.kms_key import resource as kms_key
from omics_components.kinds.s3_access_policy import resource as s3_access_policy
from omics_components.kinds.s3_bucket import resource as s3_bucket
from omics_components.kinds.sequence_store import resource as sequence_store
from omics_components.native.base import NativeResource

# ruff: noqa: D101 the documentation is that of the dynamic classes


class SequenceStore(
    sequence_store.SequenceStore, NativeResource, module="omics", name="SequenceStore"
):
    __doc__ = sequence_store.SequenceStore.__doc__
    _native_type = "omics-components:index:SequenceStore"


class S3AccessPolicy(
    s3_access_policy.S3AccessPolicy, NativeResource, module="omics", name="S3AccessPolicy"
):
    __doc__ = s3_access_policy.S3AccessPolicy.__doc__
    _native_type = "omics-components:index:S3AccessPolicy"


class KmsKey(kms_key.KmsKey, NativeResource, module="kms", name="Key"):
    __doc__ = kms_key.KmsKey.__doc__
    _native_type = "omics-components:index:KmsKey"


class S3Bucket(s3_bucket.S3Bucket, NativeResource, module="s3", name="Bucket"):
    __doc__ = s3_bucket.S3Bucket.__doc__
    _native_type = "omics-components:index:S3Bucket"
