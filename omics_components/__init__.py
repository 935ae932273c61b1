"""AWS HealthOmics sequence stores for Pulumi programs: the public API, and nothing else.

The names are loaded on first use: the emulator and its pytest fixtures live below this package and
need no Pulumi.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omics_components.components.encrypted_sequence_store import (
        EncryptedSequenceStore,
        EncryptedSequenceStoreArgs,
    )
    from omics_components.errors import OmicsComponentsError
    from omics_components.resources.kms_key import KmsKey
    from omics_components.resources.s3_access_policy import S3AccessPolicy
    from omics_components.resources.s3_bucket import S3Bucket
    from omics_components.resources.sequence_store import SequenceStore, SseConfig, SseConfigArgs

__all__ = [
    "EncryptedSequenceStore",
    "EncryptedSequenceStoreArgs",
    "KmsKey",
    "OmicsComponentsError",
    "S3AccessPolicy",
    "S3Bucket",
    "SequenceStore",
    "SseConfig",
    "SseConfigArgs",
]

_HOMES = {
    "EncryptedSequenceStore": "components.encrypted_sequence_store",
    "EncryptedSequenceStoreArgs": "components.encrypted_sequence_store",
    "KmsKey": "resources.kms_key",
    "OmicsComponentsError": "errors",
    "S3AccessPolicy": "resources.s3_access_policy",
    "S3Bucket": "resources.s3_bucket",
    "SequenceStore": "resources.sequence_store",
    "SseConfig": "resources.sequence_store",
    "SseConfigArgs": "resources.sequence_store",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
