"""The same resources on the native provider: ``from omics_components.native import SequenceStore``.

They take the same arguments and have the same outputs as those of ``omics_components``. Natively,
further resource options work: ``provider``, ``import_`` as the engine means it,
``replace_on_changes``. A dynamic resource of the same name becomes a native one without a change in
AWS: its type is an alias.
"""

from omics_components.component import EncryptedSequenceStoreArgs
from omics_components.kinds.sequence_store.resource import SseConfig, SseConfigArgs
from omics_components.native.component import EncryptedSequenceStore
from omics_components.native.provider import Provider
from omics_components.native.resources import KmsKey, S3AccessPolicy, S3Bucket, SequenceStore

__all__ = [
    "EncryptedSequenceStore",
    "EncryptedSequenceStoreArgs",
    "KmsKey",
    "Provider",
    "S3AccessPolicy",
    "S3Bucket",
    "SequenceStore",
    "SseConfig",
    "SseConfigArgs",
]
