"""Look up reference stores and references."""

from pulumi import Input, Output

from omics_components.lookups.api import references
from omics_components.lookups.call import Time, apply_async, client, lookup
from omics_components.lookups.models.reference import (
    GetReferenceMetadataResult,
    InReferenceStore,
    ReferenceFilter,
    ReferenceKey,
    ReferenceListItem,
    ReferenceStoreFilter,
    ReferenceStoreListItem,
)
from omics_components.schema.lookup import checked


@lookup
def get_reference_stores(
    *,
    name: str | None = None,
    created_after: Time | None = None,
    created_before: Time | None = None,
    region: str | None = None,
) -> list[ReferenceStoreListItem]:
    """List the reference stores of an account and region that pass all filters: one at most.

    Args:
        name: The name, as a whole.
        created_after: Created later than this.
        created_before: Created earlier than this.
        region: Where to look. Defaults to that of the stack.

    Raises:
        InvalidRequest: A filter is invalid.
    """
    criteria = checked(
        ReferenceStoreFilter,
        name=name,
        created_after=created_after,
        created_before=created_before,
    )
    return list(references.iter_reference_stores(client(region), criteria))


def get_reference_stores_output(
    *,
    name: Input[str | None] = None,
    created_after: Input[Time | None] = None,
    created_before: Input[Time | None] = None,
    region: Input[str | None] = None,
) -> Output[list[ReferenceStoreListItem]]:
    """Do as ``get_reference_stores`` does, once all inputs are known."""
    return apply_async(get_reference_stores, locals())


@lookup
def get_references(
    *,
    reference_store_id: str,
    name: str | None = None,
    md5: str | None = None,
    created_after: Time | None = None,
    created_before: Time | None = None,
    region: str | None = None,
) -> list[ReferenceListItem]:
    """List the references of a reference store that pass all filters, as AWS orders them.

    Args:
        reference_store_id: The reference store's id, 10 to 36 digits.
        name: The name, as a whole, 3 to 255 characters.
        md5: The MD5 checksum.
        created_after: Created later than this.
        created_before: Created earlier than this.
        region: Where to look. Defaults to that of the stack.

    Raises:
        NotFound: There is no such reference store.
        InvalidRequest: An argument is invalid.
    """
    place = checked(InReferenceStore, reference_store_id=reference_store_id)
    criteria = checked(
        ReferenceFilter,
        name=name,
        md5=md5,
        created_after=created_after,
        created_before=created_before,
    )
    return list(references.iter_references(client(region), place.reference_store_id, criteria))


def get_references_output(
    *,
    reference_store_id: Input[str],
    name: Input[str | None] = None,
    md5: Input[str | None] = None,
    created_after: Input[Time | None] = None,
    created_before: Input[Time | None] = None,
    region: Input[str | None] = None,
) -> Output[list[ReferenceListItem]]:
    """Do as ``get_references`` does, once all inputs are known."""
    return apply_async(get_references, locals())


@lookup
def get_reference_metadata(
    *,
    reference_store_id: str,
    id: str,  # noqa: A002 AWS's own name for it
    region: str | None = None,
) -> GetReferenceMetadataResult:
    """Look up one reference, its files included.

    Args:
        reference_store_id: The reference store's id, 10 to 36 digits.
        id: The reference's id, 10 to 36 digits.
        region: Where to look. Defaults to that of the stack.

    Raises:
        NotFound: There is no such reference, or no such store.
        InvalidRequest: An argument is invalid.
    """
    key = checked(ReferenceKey, reference_store_id=reference_store_id, id=id)
    return references.describe_reference(client(region), key.reference_store_id, key.id)


def get_reference_metadata_output(
    *,
    reference_store_id: Input[str],
    id: Input[str],  # noqa: A002 AWS's own name for it
    region: Input[str | None] = None,
) -> Output[GetReferenceMetadataResult]:
    """Do as ``get_reference_metadata`` does, once all inputs are known."""
    return apply_async(get_reference_metadata, locals())
