"""Reference stores and references: create, get, list, delete, metadata, and putting them in."""

from collections.abc import Mapping
from typing import Any

from omics_components.emulator.clock import from_wire, to_wire
from omics_components.emulator.errors import ServiceError, conflict, invalid, not_found
from omics_components.emulator.operations.contents import Contents, put
from omics_components.emulator.operations.pages import (
    criteria_of,
    in_time_range,
    page,
    text_matches,
)
from omics_components.emulator.operations.service_keys import service_key_arn
from omics_components.emulator.operations.tags import check_new_tags
from omics_components.emulator.operations.tokens import once_per_token
from omics_components.emulator.records import Reference, ReferenceStore
from omics_components.emulator.world import Context

_METADATA_ONLY = ("files", "creationType", "creationJobId")
_OWN_MEMBERS = ("id", "creationTime", "updateTime", "name", "description", "status", "tags")


@once_per_token
def create_reference_store(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Make a reference store; a second one is ServiceQuotaExceeded (docs: 1, fixed).

    An sseConfig without keyArn is reported as it was given (assumed: reference-store-key).
    """
    tags = parameters.get("tags", {})
    check_new_tags(tags, context.settings)
    stores = context.region.reference_stores
    limit = context.settings.reference_stores_max
    if limit is not None and len(stores) >= limit:
        message = f"The account already has {len(stores)} reference store(s) in this Region"
        raise ServiceError("ServiceQuotaExceededException", message)
    context.check_resources(parameters)
    store_id = context.world.new_id(stores)
    store = ReferenceStore(
        serial=context.world.next_serial(),
        id=store_id,
        arn=context.arn(f"referenceStore/{store_id}"),
        name=parameters["name"],
        description=parameters.get("description"),
        creation_time_s=context.now_s,
        update_time_s=context.now_s,
        tags=dict(tags),
        sse_config=parameters.get("sseConfig"),
    )
    if context.assumes("reference-store-key") and not (store.sse_config or {}).get("keyArn"):
        store.sse_config = {"type": "KMS", "keyArn": service_key_arn(context.caller)}
    stores[store_id] = store
    return _describe_store(store)


def get_reference_store(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Describe one reference store."""
    return _describe_store(reference_store_with_id(context, parameters["id"]))


def list_reference_stores(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """List the reference stores that pass the filter (assumed: reference-store-filter)."""
    criteria, how = criteria_of(parameters), context.assumes("reference-store-filter")

    def keep(store: ReferenceStore) -> bool:
        return text_matches(criteria.get("name"), store.name, how) and in_time_range(
            store, criteria, context.settings
        )

    stores = context.region.reference_stores.values()
    shown, token = page(stores, keep, parameters, "reference stores", context.settings)
    return {"referenceStores": [_describe_store(store) for store in shown], "nextToken": token}


def delete_reference_store(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Delete a store that "does not contain any reference genomes" (model).

    Else it answers 409 (assumed: non-empty-reference-store-deletion).
    """
    store = reference_store_with_id(context, parameters["id"])
    held = [item for item in store.references.values() if item.status != "DELETED"]
    if held:
        text = f"Reference store {store.id} cannot be deleted: it contains {len(held)} reference(s)"
        otherwise = context.assumes("non-empty-reference-store-deletion")
        raise invalid(text) if otherwise else conflict(text)
    del context.region.reference_stores[store.id]
    return {}


def list_references(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """List the references that pass the filter (assumed: reference-store-filter)."""
    store = reference_store_with_id(context, parameters["referenceStoreId"])
    criteria, how = criteria_of(parameters), context.assumes("reference-store-filter")

    def keep(reference: Reference) -> bool:
        return (
            text_matches(criteria.get("name"), reference.name, how)
            and text_matches(criteria.get("md5"), reference.details["md5"], how)
            and in_time_range(reference, criteria, context.settings)
        )

    scope = f"references of {store.id}"
    shown, token = page(store.references.values(), keep, parameters, scope, context.settings)
    items = [_describe(store, reference) for reference in shown]
    for item in items:
        for name in _METADATA_ONLY:
            item.pop(name, None)
    return {"references": items, "nextToken": token}


def get_reference_metadata(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Describe one reference."""
    store = reference_store_with_id(context, parameters["referenceStoreId"])
    reference = store.references.get(parameters["id"])
    if reference is None:
        raise not_found("reference", parameters["id"])
    return _describe(store, reference)


def put_references(
    context: Context, store_id: str, items: list[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Put references into a store and return them as GetReferenceMetadata would.

    Args:
        context: Account and region of the store.
        store_id: The reference store.
        items: Members of GetReferenceMetadata's answer, and ``tags``; the rest is filled in.

    Raises:
        ServiceError: ResourceNotFoundException, there is no such store.
        ValueError: A reference would violate the model, or has the id of another.
    """
    store = reference_store_with_id(context, store_id)

    def make(reference_id: str, item: Mapping[str, Any]) -> Reference:
        return _new_reference(context, store, reference_id, item)

    def describe(reference: Reference) -> dict[str, Any]:
        return _describe(store, reference)

    contents = Contents(
        noun="reference",
        operation="GetReferenceMetadata",
        store_member="referenceStoreId",
        held=store.references,
        make=make,
        describe=describe,
    )
    return put(context, contents, items)


def reference_store_with_id(context: Context, store_id: str) -> ReferenceStore:
    """Return the reference store with *store_id* in the caller's account and region.

    Raises:
        ServiceError: ResourceNotFoundException.
    """
    try:
        return context.region.reference_stores[store_id]
    except KeyError:
        raise not_found("reference store", store_id) from None


def _new_reference(
    context: Context, store: ReferenceStore, reference_id: str, item: Mapping[str, Any]
) -> Reference:
    serial = context.world.next_serial()
    details: dict[str, Any] = {"md5": f"{serial:032x}", "creationType": "IMPORT"}
    details |= {name: value for name, value in item.items() if name not in _OWN_MEMBERS}
    created_s = from_wire(item["creationTime"]) if "creationTime" in item else context.now_s
    updated_s = from_wire(item["updateTime"]) if "updateTime" in item else created_s
    return Reference(
        serial=serial,
        id=reference_id,
        arn=f"{store.arn}/reference/{reference_id}",
        name=item.get("name", f"reference-{serial}"),
        description=item.get("description"),
        creation_time_s=created_s,
        update_time_s=updated_s,
        tags=dict(item.get("tags", {})),
        status=item.get("status", "ACTIVE"),
        details={name: value for name, value in details.items() if value is not None},
    )


def _describe_store(store: ReferenceStore) -> dict[str, Any]:
    members = {
        "id": store.id,
        "arn": store.arn,
        "name": store.name,
        "description": store.description,
        "sseConfig": store.sse_config,
        "creationTime": to_wire(store.creation_time_s),
    }
    return {name: value for name, value in members.items() if value is not None}


def _describe(store: ReferenceStore, reference: Reference) -> dict[str, Any]:
    members = {
        "id": reference.id,
        "arn": reference.arn,
        "referenceStoreId": store.id,
        "name": reference.name,
        "description": reference.description,
        "status": reference.status,
        "creationTime": to_wire(reference.creation_time_s),
        "updateTime": to_wire(reference.update_time_s),
    }
    return reference.details | {k: value for k, value in members.items() if value is not None}
