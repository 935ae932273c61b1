"""What each operation does. An operation that is not in ``OPERATIONS`` is not emulated."""

from dataclasses import dataclass

from omics_components.emulator.operations import (
    access_policy,
    read_sets,
    references,
    sequence_stores,
    tags,
)
from omics_components.emulator.operations.tokens import Handler


@dataclass(frozen=True)
class Operation:
    """One emulated operation.

    Args:
        handler: Takes valid parameters, answers the output's members or raises a ServiceError.
        tps: Calls per second of an account in a region (docs, quotas per API operation).
        mutates: Whether it can change state.
    """

    handler: Handler
    tps: int
    mutates: bool = False


OPERATIONS: dict[str, Operation] = {
    "CreateSequenceStore": Operation(sequence_stores.create_sequence_store, 1, mutates=True),
    "GetSequenceStore": Operation(sequence_stores.get_sequence_store, 5),
    "ListSequenceStores": Operation(sequence_stores.list_sequence_stores, 5),
    "UpdateSequenceStore": Operation(sequence_stores.update_sequence_store, 1, mutates=True),
    "DeleteSequenceStore": Operation(sequence_stores.delete_sequence_store, 1, mutates=True),
    "TagResource": Operation(tags.tag_resource, 5, mutates=True),
    "UntagResource": Operation(tags.untag_resource, 5, mutates=True),
    "ListTagsForResource": Operation(tags.list_tags_for_resource, 5),
    "GetS3AccessPolicy": Operation(access_policy.get_s3_access_policy, 1),
    "PutS3AccessPolicy": Operation(access_policy.put_s3_access_policy, 1, mutates=True),
    "DeleteS3AccessPolicy": Operation(access_policy.delete_s3_access_policy, 1, mutates=True),
    "ListReadSets": Operation(read_sets.list_read_sets, 5),
    "GetReadSetMetadata": Operation(read_sets.get_read_set_metadata, 5),
    "BatchDeleteReadSet": Operation(read_sets.batch_delete_read_set, 1, mutates=True),
    "CreateReferenceStore": Operation(references.create_reference_store, 1, mutates=True),
    # Not in the guide's table, which has its siblings at 5 (assumed: unlisted-rates).
    "GetReferenceStore": Operation(references.get_reference_store, 5),
    "ListReferenceStores": Operation(references.list_reference_stores, 5),
    "DeleteReferenceStore": Operation(references.delete_reference_store, 1, mutates=True),
    "ListReferences": Operation(references.list_references, 5),
    "GetReferenceMetadata": Operation(references.get_reference_metadata, 5),
}
