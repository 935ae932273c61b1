"""Read sets: list, metadata, batch delete, and the way tests put them in.

There is no upload or import: a test puts read sets into a store directly.
"""

from collections.abc import Mapping
from typing import Any

from omics_components.emulator.clock import from_wire, to_wire
from omics_components.emulator.errors import not_found
from omics_components.emulator.operations.contents import Contents, put
from omics_components.emulator.operations.pages import (
    criteria_of,
    in_time_range,
    page,
    text_matches,
)
from omics_components.emulator.operations.sequence_stores import store_with_id
from omics_components.emulator.records import ReadSet, SequenceStore
from omics_components.emulator.wire import NoBody
from omics_components.emulator.world import Context

_METADATA_ONLY = ("files", "creationJobId")
_UNDELETABLE = ("ACTIVATING", "PROCESSING_UPLOAD")
_OWN_MEMBERS = ("id", "creationTime", "name", "description", "status", "tags")
_FILE_BYTES = 1_048_576


def list_read_sets(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """List the read sets that pass all filters (assumed: read-set-filter).

    An empty referenceArn, which the model allows, filters nothing (assumed:
    empty-reference-filter).
    """
    store = store_with_id(context, parameters["sequenceStoreId"])
    criteria, how = criteria_of(parameters), context.assumes("read-set-filter")

    def keep(read_set: ReadSet) -> bool:
        if not criteria:
            return True  # describing thousands for each page takes its time
        facts = _describe(store, read_set)
        facts["generatedFrom"] = facts.get("sequenceInformation", {}).get("generatedFrom")
        texts = ("name", "status", "sampleId", "subjectId", "generatedFrom", "creationType")
        reference = criteria.get("referenceArn")
        if reference == "":
            if context.assumes("empty-reference-filter") and facts.get("referenceArn"):
                return False
            reference = None
        return (
            all(text_matches(criteria.get(name), facts.get(name), how) for name in texts)
            and reference in (None, facts.get("referenceArn"))
            and in_time_range(read_set, criteria, context.settings)
        )

    scope = f"read sets of {store.id}"
    shown, token = page(store.read_sets.values(), keep, parameters, scope, context.settings)
    items = [_describe(store, read_set) for read_set in shown]
    for item in items:
        for name in _METADATA_ONLY:
            item.pop(name, None)
    return {"readSets": items, "nextToken": token}


def get_read_set_metadata(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Describe one read set. "This operation does not return tags" (model)."""
    store = store_with_id(context, parameters["sequenceStoreId"])
    read_set = store.read_sets.get(parameters["id"])
    if read_set is None:
        raise not_found("read set", parameters["id"])
    return _describe(store, read_set)


def batch_delete_read_set(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Delete read sets; those that cannot be deleted are listed in an answer with HTTP 200 (model).

    "If the operation is successful, it returns a response with no body" (model): here that is
    ``{}``, in which a client finds no errors, either (assumed: batch-delete-answer). The codes of
    the single errors are free text in the model (assumed: read-set-error-codes). One that is not
    there has an empty code (assumed: unknown-read-set). Read sets being activated or uploaded
    cannot be deleted (assumed: undeletable-read-sets). One already in DELETING is no error.
    """
    store = store_with_id(context, parameters["sequenceStoreId"])
    problems: list[dict[str, str]] = []
    undeletable = _undeletable(context)
    for read_set_id in dict.fromkeys(parameters["ids"]):
        read_set = store.read_sets.get(read_set_id)
        if read_set is None or read_set.status == "DELETED":
            problems += _unknown(context, read_set_id)
        elif read_set.status in undeletable:
            text = f"The read set is {read_set.status} and cannot be deleted"
            code = "" if context.assumes("read-set-error-codes") else "ConflictException"
            problems.append({"id": read_set_id, "code": code, "message": text})
        elif read_set.status == "DELETING":
            continue
        elif refusal := next((r for r in context.refusals if r.takes(read_set_id)), None):
            problem = {"id": read_set_id, "code": refusal.code, "message": refusal.message}
            problems.append(problem)
        else:
            read_set.status = "DELETING"
            lasts_s = context.settings.read_set_deleting_s
            read_set.gone_at_s = context.now_s + context.seconds("read-set-deletion-time", lasts_s)
    otherwise = None if problems else context.assumes("batch-delete-answer")
    if otherwise == "no-body":
        return NoBody()
    return {"errors": problems or ([] if otherwise else None)}


def _undeletable(context: Context) -> tuple[str, ...]:
    otherwise = context.assumes("undeletable-read-sets")
    if otherwise == "none":
        return ()
    return (*_UNDELETABLE, "ARCHIVED") if otherwise else _UNDELETABLE


def _unknown(context: Context, read_set_id: str) -> list[dict[str, str]]:
    otherwise = context.assumes("unknown-read-set")
    if otherwise == "no-error":
        return []
    code = "ResourceNotFoundException" if otherwise else ""
    text = "The specified readset does not exist."
    return [{"id": read_set_id, "code": code, "message": text}]


def put_read_sets(
    context: Context, store_id: str, items: list[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Put read sets into a store and return them as GetReadSetMetadata would.

    Args:
        context: Account and region of the store.
        store_id: The store; it need not be ACTIVE.
        items: Members of GetReadSetMetadata's answer, and ``tags``; the rest is filled in.

    Raises:
        ServiceError: ResourceNotFoundException, there is no such store.
        ValueError: A read set would violate the model, or has the id of another.
    """
    store = store_with_id(context, store_id)

    def make(read_set_id: str, item: Mapping[str, Any]) -> ReadSet:
        return _new_read_set(context, store, read_set_id, item)

    def describe(read_set: ReadSet) -> dict[str, Any]:
        return _describe(store, read_set)

    contents = Contents(
        noun="read set",
        operation="GetReadSetMetadata",
        store_member="sequenceStoreId",
        held=store.read_sets,
        make=make,
        describe=describe,
    )
    return put(context, contents, items)


def _new_read_set(
    context: Context,
    store: SequenceStore,
    read_set_id: str,
    item: Mapping[str, Any],
) -> ReadSet:
    serial = context.world.next_serial()
    file_type = str(item.get("fileType", "FASTQ"))
    # uBAM files use the BAM algorithm (docs).
    algorithm_type = "BAM" if file_type == "UBAM" else file_type
    details: dict[str, Any] = {
        "fileType": file_type,
        "sampleId": f"sample-{serial}",
        "subjectId": f"subject-{serial}",
        "creationType": "UPLOAD",
        "sequenceInformation": {"totalReadCount": 1000, "totalBaseCount": 150_000},
        "etag": {
            "algorithm": f"{algorithm_type}_{store.e_tag_algorithm_family}",
            "source1": f"{serial:032x}",
        },
        "files": {
            "source1": {
                "totalParts": 1,
                "partSize": _FILE_BYTES,
                "contentLength": _FILE_BYTES,
                "s3Access": {"s3Uri": f"{store.s3_uri}readSet/{read_set_id}/source1"},
            }
        },
    }
    details |= {name: value for name, value in item.items() if name not in _OWN_MEMBERS}
    created_s = from_wire(item["creationTime"]) if "creationTime" in item else context.now_s
    return ReadSet(
        serial=serial,
        id=read_set_id,
        arn=f"{store.arn}/readSet/{read_set_id}",
        name=item.get("name", f"read-set-{serial}"),
        description=item.get("description"),
        creation_time_s=created_s,
        update_time_s=created_s,
        tags=dict(item.get("tags", {})),
        status=item.get("status", "ACTIVE"),
        details={name: value for name, value in details.items() if value is not None},
    )


def _describe(store: SequenceStore, read_set: ReadSet) -> dict[str, Any]:
    members = {
        "id": read_set.id,
        "arn": read_set.arn,
        "sequenceStoreId": store.id,
        "name": read_set.name,
        "description": read_set.description,
        "status": read_set.status,
        "creationTime": to_wire(read_set.creation_time_s),
    }
    return read_set.details | {k: value for k, value in members.items() if value is not None}
