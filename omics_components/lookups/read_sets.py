"""Look up read sets."""

from pulumi import Input, Output

from omics_components.lookups.api import read_sets
from omics_components.lookups.call import Time, apply_async, client, lookup
from omics_components.lookups.models.read_set import (
    GetReadSetMetadataResult,
    InSequenceStore,
    ReadSetFilter,
    ReadSetKey,
    ReadSetListItem,
)
from omics_components.schema.enumerations import ReadSetCreationType, ReadSetStatus
from omics_components.schema.lookup import checked


@lookup
def get_read_sets(
    *,
    sequence_store_id: str,
    name: str | None = None,
    status: ReadSetStatus | None = None,
    reference_arn: str | None = None,
    created_after: Time | None = None,
    created_before: Time | None = None,
    sample_id: str | None = None,
    subject_id: str | None = None,
    generated_from: str | None = None,
    creation_type: ReadSetCreationType | None = None,
    region: str | None = None,
) -> list[ReadSetListItem]:
    """List the read sets of a store that pass all filters, as AWS orders them.

    A page has 100 items, and the quota is 5 pages per second: 10,000 read sets take 20 s.

    Args:
        sequence_store_id: The store's id, 10 to 36 digits.
        name: The name, as a whole.
        status: ARCHIVED, ACTIVATING, ACTIVE, DELETING, DELETED, PROCESSING_UPLOAD or UPLOAD_FAILED.
        reference_arn: ARN of the reference genome.
        created_after: Created later than this.
        created_before: Created earlier than this.
        sample_id: The source's sample.
        subject_id: The source's subject.
        generated_from: Where the sequence came from.
        creation_type: IMPORT or UPLOAD.
        region: Where to look. Defaults to that of the stack.

    Raises:
        NotFound: There is no such store.
        InvalidRequest: An argument is invalid.
    """
    place = checked(InSequenceStore, sequence_store_id=sequence_store_id)
    criteria = checked(
        ReadSetFilter,
        name=name,
        status=status,
        reference_arn=reference_arn,
        created_after=created_after,
        created_before=created_before,
        sample_id=sample_id,
        subject_id=subject_id,
        generated_from=generated_from,
        creation_type=creation_type,
    )
    return list(read_sets.iter_read_sets(client(region), place.sequence_store_id, criteria))


def get_read_sets_output(
    *,
    sequence_store_id: Input[str],
    name: Input[str | None] = None,
    status: Input[ReadSetStatus | None] = None,
    reference_arn: Input[str | None] = None,
    created_after: Input[Time | None] = None,
    created_before: Input[Time | None] = None,
    sample_id: Input[str | None] = None,
    subject_id: Input[str | None] = None,
    generated_from: Input[str | None] = None,
    creation_type: Input[ReadSetCreationType | None] = None,
    region: Input[str | None] = None,
) -> Output[list[ReadSetListItem]]:
    """Do as ``get_read_sets`` does, once all inputs are known."""
    return apply_async(get_read_sets, locals())


@lookup
def get_read_set_metadata(
    *,
    sequence_store_id: str,
    id: str,  # noqa: A002 AWS's own name for it
    region: str | None = None,
) -> GetReadSetMetadataResult:
    """Look up one read set, its files included; AWS does not give its tags with it.

    Args:
        sequence_store_id: The store's id, 10 to 36 digits.
        id: The read set's id, 10 to 36 digits.
        region: Where to look. Defaults to that of the stack.

    Raises:
        NotFound: There is no such read set, or no such store.
        InvalidRequest: An argument is invalid.
    """
    key = checked(ReadSetKey, sequence_store_id=sequence_store_id, id=id)
    return read_sets.describe_read_set(client(region), key.sequence_store_id, key.id)


def get_read_set_metadata_output(
    *,
    sequence_store_id: Input[str],
    id: Input[str],  # noqa: A002 AWS's own name for it
    region: Input[str | None] = None,
) -> Output[GetReadSetMetadataResult]:
    """Do as ``get_read_set_metadata`` does, once all inputs are known."""
    return apply_async(get_read_set_metadata, locals())
