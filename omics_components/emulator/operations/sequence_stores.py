"""Sequence stores: create, get, list, update, delete."""

import hashlib
from typing import Any

from omics_components.emulator.caller import Caller
from omics_components.emulator.clock import to_wire
from omics_components.emulator.errors import (
    KeyRefused,
    ServiceError,
    conflict,
    invalid,
    not_found,
)
from omics_components.emulator.lags import remember, visible
from omics_components.emulator.lifecycle import StatusStep, begin
from omics_components.emulator.operations.access_policy import default_policy
from omics_components.emulator.operations.pages import (
    criteria_of,
    in_time_range,
    page,
    text_matches,
)
from omics_components.emulator.operations.service_keys import service_key_arn
from omics_components.emulator.operations.tags import check_new_tags, check_tag_keys
from omics_components.emulator.operations.tokens import once_per_token
from omics_components.emulator.records import SequenceStore
from omics_components.emulator.world import Context

PROPAGATED_TAGS_MAX = 5
"""Propagated tag keys of a store (docs, fixed quota; the model's shape would allow 50)."""

_SERVICE_ACCOUNTS = ("222222222222", "333333333333")

_STATUS_MESSAGE_MAX = 127
_ALIAS_NAME_LENGTH, _ALIAS_RANDOM_LENGTH = 20, 34


@once_per_token
def create_sequence_store(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Make a store with its default S3 access policy.

    Names need not be unique: the operation declares no ConflictException (model). It answers
    CREATING (assumed: create-answers-creating), and no updateTime (model). One store too many is
    ServiceQuotaExceeded (model), those in DELETING and FAILED included (assumed: store-quota).
    """
    tags = parameters.get("tags", {})
    check_new_tags(tags, context.settings)
    _check_propagated_tags(context, parameters.get("propagatedSetLevelTags", []))
    stores = context.region.sequence_stores
    _check_quota(context)
    failure = _check_resources(context, parameters)
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
    as_example = context.assumes("default-access-policy") is not None
    store.s3_access_policy = default_policy(
        store, context.caller.account, context.caller.partition, as_example=as_example
    )
    stores[store_id] = store
    begin(store, "create", _steps_of_creation(context, failure), context.plans, context.now_s)
    output = _describe(context, store)
    output.pop("updateTime", None)
    if context.assumes("access-point-before-active") == "not-in-create":
        del output["s3Access"]
    return output


def _check_quota(context: Context) -> None:
    limit, stores = context.settings.sequence_stores_max, context.region.sequence_stores
    active_only = context.assumes("store-quota") == "active-only"
    uncounted = ("DELETING", "FAILED") if active_only else ()
    counted = sum(store.status not in uncounted for store in stores.values())
    if limit is not None and counted >= limit:
        message = f"The account already has {counted} sequence stores in this Region"
        raise ServiceError("ServiceQuotaExceededException", message)


def _check_resources(context: Context, parameters: dict[str, Any]) -> str | None:
    """Refuse keys and buckets that cannot be used (assumed: bad-key).

    Returns:
        Why the store fails later, if that is how the service refuses keys.
    """
    try:
        context.check_resources(parameters)
    except KeyRefused as refused:
        if context.assumes("bad-key") != "failed-later":
            raise
        return refused.message[:_STATUS_MESSAGE_MAX]
    return None


def _steps_of_creation(context: Context, failure: str | None) -> list[StatusStep]:
    """Return what becomes of a new store (assumed: creating-time)."""
    creating_s = context.seconds("creating-time", context.settings.creating_s)
    if failure is not None:
        creating_s = context.seconds("bad-key", creating_s)
        return [StatusStep("CREATING", creating_s), StatusStep("FAILED", message=failure)]
    steps = [StatusStep("CREATING", creating_s), StatusStep("ACTIVE")]
    return steps[1:] if context.assumes("create-answers-creating") else steps


def get_sequence_store(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Describe one store, without its tags (model).

    It is known, and shows what was changed, at once (assumed: get-lags-after-create,
    get-lags-after-update, get-lags-after-delete).
    """
    store = store_with_id(context, parameters["id"])
    if context.now_s < store.creation_time_s + context.seconds("get-lags-after-create"):
        raise not_found("sequence store", store.id)
    shown = _describe(context, store)
    for verb in ("update", "delete"):
        lag_s = context.seconds(f"get-lags-after-{verb}")
        shown = visible(store, f"before {verb}", shown, context.now_s, lag_s)
    return dict(shown)


def list_sequence_stores(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """List the stores that pass the filter.

    A name must be equal as a whole (assumed: name-filter). A store is listed at once (assumed:
    list-lags-after-create), as GetSequenceStore describes it (assumed: list-lags-after-change).
    """
    criteria, how = criteria_of(parameters), context.assumes("name-filter")
    listed_after_s = context.seconds("list-lags-after-create")

    def keep(store: SequenceStore) -> bool:
        if context.now_s < store.creation_time_s + listed_after_s:
            return False
        if not criteria:
            return True
        shown = _listed(context, store)
        return (
            text_matches(criteria.get("name"), shown["name"], how)
            and criteria.get("status") in (None, shown["status"])
            and in_time_range(store, criteria, context.settings)
        )

    stores = context.region.sequence_stores.values()
    shown, token = page(stores, keep, parameters, "sequence stores", context.settings)
    return {"sequenceStores": [_listed(context, store) for store in shown], "nextToken": token}


@once_per_token
def update_sequence_store(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Change the members that are given; those absent stay (assumed: update-keeps-absent).

    ``""`` clears the two locations and ``[]`` the propagated keys (assumed: cleared-by-empty). A
    store that is not ACTIVE answers ConflictException (assumed: busy-store-update); it becomes
    UPDATING where read sets get other keys (assumed: updating-status). The answer is the whole
    store (assumed: update-answer).
    """
    store = store_with_id(context, parameters["id"])
    if store.status != "ACTIVE":
        _refuse_busy(context, "busy-store-update", f"{store.id} is {store.status}, not ACTIVE")
    parameters = _as_cleared(context, parameters)
    _check_propagated_tags(context, parameters.get("propagatedSetLevelTags", []))
    context.check_resources(parameters)
    before = _describe(context, store)
    _remember(context, store, "update", before)
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
    store.update_time_s, store.is_updated = context.now_s, True
    # "If there is data already in the store, updating the keys may take time" (docs).
    keys_change = set(keys_before) != set(store.propagated_set_level_tags)
    updating_s = context.seconds("updating-status", context.settings.updating_s)
    takes_time = updating_s > 0 or (keys_change and bool(store.read_sets))
    usual = [StatusStep("UPDATING", updating_s), StatusStep("ACTIVE")]
    begin(store, "update", usual if takes_time else usual[1:], context.plans, context.now_s)
    answer = before if context.assumes("update-answer") == "old-values" else None
    answer = answer or _describe(context, store)
    if context.assumes("update-answer") == "required-only":
        return {name: answer[name] for name in ("id", "arn", "creationTime")}
    return answer


def _as_cleared(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of an update as the service understands empty and absent ones."""
    access = parameters.get("s3AccessConfig") or {}
    clearable: tuple[str, ...] = ("fallbackLocation", "propagatedSetLevelTags")
    empty = [name for name in clearable if name in parameters and not parameters[name]]
    if access.get("accessLogLocation") == "":
        empty.append("s3AccessConfig")
    how = context.assumes("cleared-by-empty")
    if empty and how == "refused":
        raise invalid(f"{', '.join(empty)} must not be empty")
    if how == "ignored":
        parameters = {name: value for name, value in parameters.items() if name not in empty}
    if context.assumes("update-keeps-absent") == "cleared":
        cleared: dict[str, Any] = {
            "description": None,
            "fallbackLocation": "",
            "propagatedSetLevelTags": [],
            "s3AccessConfig": {"accessLogLocation": ""},
        }
        parameters = cleared | parameters
    return parameters


def _remember(context: Context, store: SequenceStore, verb: str, before: dict[str, Any]) -> None:
    """Keep how a store was, for readers that lag."""
    if context.settings.assume:
        remember(store, f"before {verb}", before, context.now_s)
        remember(store, "listed", _summarise(context, store), context.now_s)
        remember(store, "status", store.status, context.now_s)


def _refuse_busy(context: Context, assumption: str, state: str) -> None:
    """Refuse a call on a store that is in the wrong state, as the alternative in force does."""
    otherwise = context.assumes(assumption)
    if otherwise == "accepted":
        return
    text = f"Sequence store {state}"
    raise invalid(text) if otherwise else conflict(text)


def delete_sequence_store(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Delete an empty store; its tags go with it (model).

    "You can only delete a sequence store when it does not contain any read sets" (model): else it
    is 409 (assumed: non-empty-deletion), as for a store in CREATING or UPDATING (assumed:
    busy-store-deletion). It counts as empty at once (assumed: emptied-store-deletion). A store
    already in DELETING answers success (idempotent: model).
    """
    store = store_with_id(context, parameters["id"])
    if store.status == "DELETING":
        return {}
    steps = _refuse_non_empty(context, store)
    if store.status in ("CREATING", "UPDATING"):
        state = f"{store.id} is {store.status} and cannot be deleted yet"
        _refuse_busy(context, "busy-store-deletion", state)
    _remember(context, store, "delete", _describe(context, store))
    deleting_s = context.seconds("deleting-time", context.settings.deleting_s)
    # A store that readers still see is there.
    deleting_s = context.seconds("get-lags-after-delete", deleting_s)
    steps = steps or [StatusStep("DELETING", deleting_s)]
    begin(store, "delete", steps, context.plans, context.now_s)
    return {}


def _refuse_non_empty(context: Context, store: SequenceStore) -> list[StatusStep]:
    """Refuse to delete a store that holds read sets.

    Returns:
        What becomes of the store, if the service accepts the call and refuses later.
    """
    held = sum(read_set.status != "DELETED" for read_set in store.read_sets.values())
    lag_s = context.seconds("emptied-store-deletion")
    emptied = store.emptied_at_s is not None and context.now_s < store.emptied_at_s + lag_s
    if not held and not emptied:
        return []
    otherwise = context.assumes("non-empty-deletion")
    if otherwise == "failed":
        lasts_s = context.seconds("non-empty-deletion")
        return [StatusStep("DELETING", lasts_s), StatusStep("ACTIVE")]
    if otherwise == "validation-terse":
        raise invalid("Invalid request")
    text = f"Sequence store {store.id} cannot be deleted: it contains {held} read set(s)"
    raise invalid(text) if otherwise else conflict(text)


def store_with_id(context: Context, store_id: str) -> SequenceStore:
    """Return the store with *store_id* in the caller's account and region.

    Raises:
        ServiceError: ResourceNotFoundException.
    """
    try:
        return context.region.sequence_stores[store_id]
    except KeyError:
        raise not_found("sequence store", store_id) from None


def _check_propagated_tags(context: Context, keys: list[str]) -> None:
    if len(keys) > PROPAGATED_TAGS_MAX:
        raise invalid(
            f"A sequence store can have at most {PROPAGATED_TAGS_MAX} propagated set level tags,"
            f" not {len(keys)}"
        )
    if not context.assumes("propagated-key-rules"):
        check_tag_keys(keys)  # they name tags (assumed: propagated-key-rules)


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
    service (assumed: keyless-store-key, service-key-per-region).
    """
    given = store.sse_config or {}
    otherwise = context.assumes("keyless-store-key")
    if given.get("keyArn") or otherwise == "as-given":
        return store.sse_config
    if otherwise == "type-only":
        return {"type": "KMS"}
    of = store.id if context.assumes("service-key-per-region") else ""
    return {"type": "KMS", **given, "keyArn": service_key_arn(context.caller, of)}


def _status_message(context: Context, store: SequenceStore) -> str | None:
    """Return why a store failed (assumed: failed-store-message)."""
    if store.status != "FAILED" or store.status_message is None:
        return store.status_message
    how = context.assumes("failed-store-message")
    if how == "absent":
        return None
    return "INTERNAL_FAILURE" if how else store.status_message


def _listed(context: Context, store: SequenceStore) -> dict[str, Any]:
    """Describe *store* as a list shows it now."""
    summary, lag_s = _summarise(context, store), context.seconds("list-lags-after-change")
    if not lag_s:
        return summary
    shown = visible(store, "listed", summary, context.now_s, lag_s)
    status = visible(store, "status", store.status, context.now_s, lag_s)
    return {**shown, "status": status}


def _summarise(context: Context, store: SequenceStore) -> dict[str, Any]:
    """Describe *store* as a list does: without s3Access and propagatedSetLevelTags (model).

    updateTime is always there (assumed: update-time).
    """
    has_update_time = store.is_updated or not context.assumes("update-time")
    members = {
        "arn": store.arn,
        "id": store.id,
        "name": store.name,
        "description": store.description,
        "sseConfig": _sse_config(context, store),
        "creationTime": to_wire(store.creation_time_s),
        "updateTime": to_wire(store.update_time_s) if has_update_time else None,
        "fallbackLocation": store.fallback_location,
        "eTagAlgorithmFamily": store.e_tag_algorithm_family,
        "status": store.status,
        "statusMessage": _status_message(context, store),
    }
    # What is not set is absent: samples show null, and clients drop nulls (docs).
    return {name: value for name, value in members.items() if value is not None}


def _describe(context: Context, store: SequenceStore) -> dict[str, Any]:
    """Describe *store*.

    s3Access is there from the first answer on (assumed: access-point-before-active).
    """
    s3_access = {
        "s3Uri": store.s3_uri,
        "s3AccessPointArn": store.s3_access_point_arn,
        "accessLogLocation": store.access_log_location,
    }
    shown = {name: value for name, value in s3_access.items() if value is not None}
    if not _has_access_point(context, store):
        shown = {}
    return _summarise(context, store) | {
        "propagatedSetLevelTags": list(store.propagated_set_level_tags),
        "s3Access": shown or None,
    }


def _has_access_point(context: Context, store: SequenceStore) -> bool:
    if context.assumes("access-point-before-active") == "when-active":
        return store.status != "CREATING"
    late_s = context.seconds("access-point-before-active")
    return context.now_s >= store.creation_time_s + late_s
