"""Sequence stores: create, get, list, update, delete."""

import hashlib
import uuid
from typing import Any

from omics_components.emulator.caller import Caller
from omics_components.emulator.clock import to_wire
from omics_components.emulator.errors import ServiceError, conflict, invalid, not_found
from omics_components.emulator.lifecycle import StatusStep, begin
from omics_components.emulator.operations.access_policy import default_policy
from omics_components.emulator.operations.pages import criteria_of, in_time_range, page
from omics_components.emulator.operations.tags import check_new_tags, check_tag_keys
from omics_components.emulator.operations.tokens import once_per_token
from omics_components.emulator.records import SequenceStore
from omics_components.emulator.world import Context

PROPAGATED_TAGS_MAX = 5
"""Propagated tag keys of a store (docs, fixed quota; the model's shape would allow 50)."""

_SERVICE_ACCOUNTS = ("222222222222", "333333333333")
_KEY_ACCOUNTS = ("559620149354", "333333333333")
"""Accounts of the service that own keys. The first one was seen in us-east-1: see _sse_config."""

_ALIAS_NAME_LENGTH, _ALIAS_RANDOM_LENGTH = 20, 34


@once_per_token
def create_sequence_store(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Make a store with its default S3 access policy.

    Names need not be unique: the operation declares no ConflictException (model). It answers
    CREATING (assumed), and no updateTime (model). One store too many is ServiceQuotaExceeded
    (model); that those in DELETING and FAILED count is assumed.
    """
    tags = parameters.get("tags", {})
    check_new_tags(tags)
    _check_propagated_tags(parameters.get("propagatedSetLevelTags", []))
    stores = context.region.sequence_stores
    limit = context.settings.sequence_stores_max
    if limit is not None and len(stores) >= limit:
        message = f"The account already has {len(stores)} sequence stores in this Region"
        raise ServiceError("ServiceQuotaExceededException", message)
    context.check_resources(parameters)
    store_id = context.world.new_id(stores)
    store = SequenceStore(
        serial=context.world.next_serial(),
        id=store_id,
        arn=context.arn(f"sequenceStore/{store_id}"),
        name=parameters["name"],
        description=parameters.get("description"),
        creation_time_s=context.now_s,
        update_time_s=context.now_s,
        tags=dict(tags),
        status="CREATING",
        sse_config=parameters.get("sseConfig"),
        fallback_location=parameters.get("fallbackLocation") or None,
        # "The default value is MD5up" (model).
        e_tag_algorithm_family=parameters.get("eTagAlgorithmFamily", "MD5up"),
        propagated_set_level_tags=list(parameters.get("propagatedSetLevelTags", [])),
        access_log_location=_access_log_location(parameters) or None,
        s3_uri=_s3_uri(context.caller, store_id),
        s3_access_point_arn=_access_point_arn(context.caller, store_id),
        s3_access_policy_time_s=context.now_s,
    )
    store.s3_access_policy = default_policy(store, context.caller.account, context.caller.partition)
    stores[store_id] = store
    usual = [StatusStep("CREATING", context.settings.creating_s), StatusStep("ACTIVE")]
    begin(store, "create", usual, context.plans, context.now_s)
    output = _describe(context, store)
    del output["updateTime"]
    return output


def get_sequence_store(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Describe one store, without its tags (model). updateTime is always there (assumed)."""
    return _describe(context, store_with_id(context, parameters["id"]))


def list_sequence_stores(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """List the stores that pass the filter, in creation order (assumed).

    A name must be equal as a whole (assumed).
    """
    criteria = criteria_of(parameters)

    def keep(store: SequenceStore) -> bool:
        return (
            criteria.get("name") in (None, store.name)
            and criteria.get("status") in (None, store.status)
            and in_time_range(store, criteria)
        )

    stores = context.region.sequence_stores.values()
    shown, token = page(stores, keep, parameters, "sequence stores")
    return {"sequenceStores": [_summarise(context, store) for store in shown], "nextToken": token}


@once_per_token
def update_sequence_store(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Change the members that are given; those absent stay as they are (assumed from PATCH).

    ``""`` clears the two locations and ``[]`` the propagated keys (assumed: their patterns and
    minimum allow it). A store that is not ACTIVE answers ConflictException (assumed, from the
    exception's text; a FAILED store too, since nothing can make it ACTIVE again).
    """
    store = store_with_id(context, parameters["id"])
    if store.status != "ACTIVE":
        raise conflict(f"Sequence store {store.id} is {store.status}; it must be ACTIVE")
    _check_propagated_tags(parameters.get("propagatedSetLevelTags", []))
    context.check_resources(parameters)
    keys_before = store.propagated_set_level_tags
    if "name" in parameters:
        store.name = parameters["name"]
    if "description" in parameters:
        store.description = parameters["description"]
    if "fallbackLocation" in parameters:
        store.fallback_location = parameters["fallbackLocation"] or None
    if "propagatedSetLevelTags" in parameters:
        store.propagated_set_level_tags = list(parameters["propagatedSetLevelTags"])
    access_log_location = _access_log_location(parameters)
    if access_log_location is not None:
        store.access_log_location = access_log_location or None
    store.update_time_s = context.now_s
    # "If there is data already in the store, updating the keys may take time" (docs).
    keys_change = set(keys_before) != set(store.propagated_set_level_tags)
    takes_time = context.settings.updating_s > 0 or (keys_change and bool(store.read_sets))
    usual = [StatusStep("UPDATING", context.settings.updating_s), StatusStep("ACTIVE")]
    begin(store, "update", usual if takes_time else usual[1:], context.plans, context.now_s)
    return _describe(context, store)


def delete_sequence_store(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Delete an empty store; its tags go with it (model).

    "You can only delete a sequence store when it does not contain any read sets" (model); the
    409 for it is assumed, as is the one for a store in CREATING or UPDATING. A store already in
    DELETING answers success (idempotent: model).
    """
    store = store_with_id(context, parameters["id"])
    if store.status == "DELETING":
        return {}
    held = [read_set for read_set in store.read_sets.values() if read_set.status != "DELETED"]
    if held:
        raise conflict(
            f"Sequence store {store.id} cannot be deleted: it contains {len(held)} read set(s)"
        )
    if store.status in ("CREATING", "UPDATING"):
        raise conflict(f"Sequence store {store.id} is {store.status} and cannot be deleted yet")
    begin(
        store,
        "delete",
        [StatusStep("DELETING", context.settings.deleting_s)],
        context.plans,
        context.now_s,
    )
    return {}


def store_with_id(context: Context, store_id: str) -> SequenceStore:
    """Return the store with *store_id* in the caller's account and region.

    Raises:
        ServiceError: ResourceNotFoundException.
    """
    try:
        return context.region.sequence_stores[store_id]
    except KeyError:
        raise not_found("sequence store", store_id) from None


def _check_propagated_tags(keys: list[str]) -> None:
    if len(keys) > PROPAGATED_TAGS_MAX:
        raise invalid(
            f"A sequence store can have at most {PROPAGATED_TAGS_MAX} propagated set level tags,"
            f" not {len(keys)}"
        )
    check_tag_keys(keys)  # they name tags, so the rules of tag keys hold (assumed)


def _access_log_location(parameters: dict[str, Any]) -> str | None:
    location: str | None = (parameters.get("s3AccessConfig") or {}).get("accessLogLocation")
    return location


def _s3_uri(caller: Caller, store_id: str) -> str:
    """Return the store's S3 URI: access point alias, account, store (docs)."""
    name = f"{caller.account}-{store_id}"[:_ALIAS_NAME_LENGTH]
    unique = hashlib.sha256(f"{caller.region}/{caller.account}/{store_id}".encode()).hexdigest()
    alias = f"{name}-{unique[:_ALIAS_RANDOM_LENGTH]}-s3alias"
    return f"s3://{alias}/{caller.account}/sequenceStore/{store_id}/"


def _access_point_arn(caller: Caller, store_id: str) -> str:
    """Return the access point's ARN: its account is the service's, not the owner's (docs)."""
    service_account = next(a for a in _SERVICE_ACCOUNTS if a != caller.account)
    return (
        f"arn:{caller.partition}:s3:{caller.region}:{service_account}"
        f":accesspoint/{caller.account}-{store_id}"
    )


def _sse_config(context: Context, store: SequenceStore) -> dict[str, str] | None:
    """Return the encryption of *store* as every answer reports it.

    A store that was created without a key reports a key of the service, in an account of the
    service: inferred. A notebook of aws-samples
    (``genomic-language-model-pretraining-with-healthomics-seq-store``) creates a store with a name
    and a description only, and reads ``sseConfig.keyArn`` of GetSequenceStore into an IAM policy;
    public notes show an object of a store whose ``SSEKMSKeyId`` is a key of account 559620149354.
    That there is one key for each Region is assumed. ``report_service_keys`` off: ``sseConfig`` is
    reported as it was given, an empty one without ``keyArn`` included (assumed).
    """
    given = store.sse_config or {}
    if given.get("keyArn") or not context.settings.report_service_keys:
        return store.sse_config
    return {"type": "KMS", **given, "keyArn": _service_key_arn(context.caller)}


def _service_key_arn(caller: Caller) -> str:
    """Return the ARN of the key that the service uses in the caller's Region (inferred)."""
    account = next(a for a in _KEY_ACCOUNTS if a != caller.account)
    key_id = uuid.uuid5(uuid.NAMESPACE_DNS, f"omics.{caller.region}.amazonaws.com")
    return f"arn:{caller.partition}:kms:{caller.region}:{account}:key/{key_id}"


def _summarise(context: Context, store: SequenceStore) -> dict[str, Any]:
    """Describe *store* as a list does: without s3Access and propagatedSetLevelTags (model)."""
    members = {
        "arn": store.arn,
        "id": store.id,
        "name": store.name,
        "description": store.description,
        "sseConfig": _sse_config(context, store),
        "creationTime": to_wire(store.creation_time_s),
        "updateTime": to_wire(store.update_time_s),
        "fallbackLocation": store.fallback_location,
        "eTagAlgorithmFamily": store.e_tag_algorithm_family,
        "status": store.status,
        "statusMessage": store.status_message,
    }
    # What is not set is absent: samples show null, and clients drop nulls (docs).
    return {name: value for name, value in members.items() if value is not None}


def _describe(context: Context, store: SequenceStore) -> dict[str, Any]:
    s3_access = {
        "s3Uri": store.s3_uri,
        "s3AccessPointArn": store.s3_access_point_arn,
        "accessLogLocation": store.access_log_location,
    }
    return _summarise(context, store) | {
        "propagatedSetLevelTags": list(store.propagated_set_level_tags),
        "s3Access": {name: value for name, value in s3_access.items() if value is not None},
    }
