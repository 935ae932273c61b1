"""AWS HealthOmics sequence stores for Pulumi programs: the public API, and nothing else.

The names are loaded on first use: the emulator and its pytest fixtures live below this package and
need no Pulumi.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from omics_components.kinds.registry import KINDS

if TYPE_CHECKING:
    from omics_components.component import (
        EncryptedSequenceStore,
        EncryptedSequenceStoreArgs,
    )
    from omics_components.errors import OmicsComponentsError
    from omics_components.kinds.kms_key.resource import KmsKey
    from omics_components.kinds.s3_access_policy.resource import S3AccessPolicy
    from omics_components.kinds.s3_bucket.resource import S3Bucket
    from omics_components.kinds.sequence_store.resource import (
        SequenceStore,
        SseConfig,
        SseConfigArgs,
    )
    from omics_components.lookups.models.read_set import (
        GetReadSetMetadataResult,
        ReadSetListItem,
    )
    from omics_components.lookups.models.reference import (
        GetReferenceMetadataResult,
        ReferenceListItem,
        ReferenceStoreListItem,
    )
    from omics_components.lookups.models.sequence_store import (
        GetS3AccessPolicyResult,
        GetSequenceStoreResult,
        SequenceStoreListItem,
    )
    from omics_components.lookups.read_sets import (
        get_read_set_metadata,
        get_read_set_metadata_output,
        get_read_sets,
        get_read_sets_output,
    )
    from omics_components.lookups.references import (
        get_reference_metadata,
        get_reference_metadata_output,
        get_reference_stores,
        get_reference_stores_output,
        get_references,
        get_references_output,
    )
    from omics_components.lookups.sequence_stores import (
        get_s3_access_policy,
        get_s3_access_policy_output,
        get_sequence_store,
        get_sequence_store_output,
        get_sequence_stores,
        get_sequence_stores_output,
    )

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
    **{kind.class_name: f"kinds.{kind.folder}.resource" for kind in KINDS},
    "EncryptedSequenceStore": "component",
    "EncryptedSequenceStoreArgs": "component",
    "GetReadSetMetadataResult": "lookups.models.read_set",
    "GetReferenceMetadataResult": "lookups.models.reference",
    "GetS3AccessPolicyResult": "lookups.models.sequence_store",
    "GetSequenceStoreResult": "lookups.models.sequence_store",
    "OmicsComponentsError": "errors",
    "ReadSetListItem": "lookups.models.read_set",
    "ReferenceListItem": "lookups.models.reference",
    "ReferenceStoreListItem": "lookups.models.reference",
    "SequenceStoreListItem": "lookups.models.sequence_store",
    "SseConfig": "kinds.sequence_store.resource",
    "SseConfigArgs": "kinds.sequence_store.resource",
    "get_read_set_metadata": "lookups.read_sets",
    "get_read_set_metadata_output": "lookups.read_sets",
    "get_read_sets": "lookups.read_sets",
    "get_read_sets_output": "lookups.read_sets",
    "get_reference_metadata": "lookups.references",
    "get_reference_metadata_output": "lookups.references",
    "get_reference_stores": "lookups.references",
    "get_reference_stores_output": "lookups.references",
    "get_references": "lookups.references",
    "get_references_output": "lookups.references",
    "get_s3_access_policy": "lookups.sequence_stores",
    "get_s3_access_policy_output": "lookups.sequence_stores",
    "get_sequence_store": "lookups.sequence_stores",
    "get_sequence_store_output": "lookups.sequence_stores",
    "get_sequence_stores": "lookups.sequence_stores",
    "get_sequence_stores_output": "lookups.sequence_stores",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
