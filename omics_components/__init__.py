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
    from omics_components.lookups import (
        get_read_set_metadata,
        get_read_set_metadata_output,
        get_read_sets,
        get_read_sets_output,
        get_reference_metadata,
        get_reference_metadata_output,
        get_reference_stores,
        get_reference_stores_output,
        get_references,
        get_references_output,
        get_s3_access_policy,
        get_s3_access_policy_output,
        get_sequence_store,
        get_sequence_store_output,
        get_sequence_stores,
        get_sequence_stores_output,
    )
    from omics_components.models.read_set import (
        GetReadSetMetadataResult,
        ReadSetListItem,
    )
    from omics_components.models.reference import (
        GetReferenceMetadataResult,
        ReferenceListItem,
        ReferenceStoreListItem,
    )
    from omics_components.models.sequence_store_result import (
        GetS3AccessPolicyResult,
        GetSequenceStoreResult,
        SequenceStoreListItem,
    )
    from omics_components.resources.kms_key import KmsKey
    from omics_components.resources.s3_access_policy import S3AccessPolicy
    from omics_components.resources.s3_bucket import S3Bucket
    from omics_components.resources.sequence_store import SequenceStore, SseConfig, SseConfigArgs

__all__ = [
    "EncryptedSequenceStore",
    "EncryptedSequenceStoreArgs",
    "GetReadSetMetadataResult",
    "GetReferenceMetadataResult",
    "GetS3AccessPolicyResult",
    "GetSequenceStoreResult",
    "KmsKey",
    "OmicsComponentsError",
    "ReadSetListItem",
    "ReferenceListItem",
    "ReferenceStoreListItem",
    "S3AccessPolicy",
    "S3Bucket",
    "SequenceStore",
    "SequenceStoreListItem",
    "SseConfig",
    "SseConfigArgs",
    "get_read_set_metadata",
    "get_read_set_metadata_output",
    "get_read_sets",
    "get_read_sets_output",
    "get_reference_metadata",
    "get_reference_metadata_output",
    "get_reference_stores",
    "get_reference_stores_output",
    "get_references",
    "get_references_output",
    "get_s3_access_policy",
    "get_s3_access_policy_output",
    "get_sequence_store",
    "get_sequence_store_output",
    "get_sequence_stores",
    "get_sequence_stores_output",
]

_HOMES = {
    "EncryptedSequenceStore": "components.encrypted_sequence_store",
    "EncryptedSequenceStoreArgs": "components.encrypted_sequence_store",
    "GetReadSetMetadataResult": "models.read_set",
    "GetReferenceMetadataResult": "models.reference",
    "GetS3AccessPolicyResult": "models.sequence_store_result",
    "GetSequenceStoreResult": "models.sequence_store_result",
    "KmsKey": "resources.kms_key",
    "OmicsComponentsError": "errors",
    "ReadSetListItem": "models.read_set",
    "ReferenceListItem": "models.reference",
    "ReferenceStoreListItem": "models.reference",
    "S3AccessPolicy": "resources.s3_access_policy",
    "S3Bucket": "resources.s3_bucket",
    "SequenceStore": "resources.sequence_store",
    "SequenceStoreListItem": "models.sequence_store_result",
    "SseConfig": "resources.sequence_store",
    "SseConfigArgs": "resources.sequence_store",
    **dict.fromkeys((name for name in __all__ if name.startswith("get_")), "lookups"),
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
