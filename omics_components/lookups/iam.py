"""IAM permissions of the lookups, by name.

Source of the types: the service authorization reference (docs). Metadata is authorized on the read
set or reference and on the store that holds it.
"""

from __future__ import annotations

from collections.abc import Mapping

from omics_components.schema.iam import Needed, Permission, on, only_with

_STORE = ("sequenceStore",)

PERMISSIONS: Mapping[str, Needed] = {
    "get_sequence_store": (
        Permission("omics:GetSequenceStore", _STORE),
        *on("omics", "ListTagsForResource"),
        *only_with("a name", *on("omics", "ListSequenceStores")),
    ),
    "get_sequence_stores": on("omics", "ListSequenceStores"),
    "get_s3_access_policy": on("omics", "GetS3AccessPolicy", types=_STORE),
    "get_read_sets": on("omics", "ListReadSets", types=_STORE),
    "get_read_set_metadata": on("omics", "GetReadSetMetadata", types=("readSet", "sequenceStore")),
    "get_reference_stores": on("omics", "ListReferenceStores"),
    "get_references": on("omics", "ListReferences", types=("referenceStore",)),
    "get_reference_metadata": on(
        "omics", "GetReferenceMetadata", types=("reference", "referenceStore")
    ),
}
