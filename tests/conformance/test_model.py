"""Every emulated operation against botocore's model: inputs, outputs, errors, a random walk."""

import json
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from omics_components.emulator import Emulator, ManualClock
from omics_components.emulator.operations import OPERATIONS

KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
MODEL = ServiceModel(Loader().load_service_model("omics", "service-2"), "omics")
TIMES = {
    "createdAfter": "2020-01-01T00:00:00Z",
    "createdBefore": "2040-01-01T00:00:00Z",
}
UPDATE_TIMES = {
    "updatedAfter": "2020-01-01T00:00:00Z",
    "updatedBefore": "2040-01-01T00:00:00Z",
}


def full_calls(emulator: Emulator, call: Callable[..., Any]) -> dict[str, dict[str, Any]]:
    """Fill an emulator and return a valid call of every operation, with every member."""
    emulator.configure(reference_stores_max=None)
    store = call("CreateSequenceStore", name="held", tags={"a": "b"}).parsed
    empty = call("CreateSequenceStore", name="empty").parsed
    references = call("CreateReferenceStore", name="held").parsed
    empty_references = call("CreateReferenceStore", name="empty").parsed
    read_set = emulator.put_read_sets(store["id"], 3)[0]
    reference = emulator.put_references(references["id"], 3)[0]
    store_input = {
        "name": "store",
        "description": "d",
        "clientToken": "t",
        "fallbackLocation": "s3://bucket/a/",
        "propagatedSetLevelTags": ["a"],
        "s3AccessConfig": {"accessLogLocation": "s3://logs/"},
    }
    create_only = {
        "sseConfig": {"type": "KMS", "keyArn": KEY},
        "tags": {"a": "b"},
    }
    store_filter = {"name": "held", "status": "ACTIVE"} | TIMES | UPDATE_TIMES
    read_set_filter = TIMES | {
        "name": "r",
        "status": "ACTIVE",
        "referenceArn": "arn:aws:x",
        "sampleId": "s",
        "subjectId": "s",
        "generatedFrom": "g",
        "creationType": "UPLOAD",
    }
    point = {"s3AccessPointArn": store["s3Access"]["s3AccessPointArn"]}
    policy = call("GetS3AccessPolicy", **point).parsed["s3AccessPolicy"]
    in_store, in_references = (
        {"sequenceStoreId": store["id"]},
        {"referenceStoreId": references["id"]},
    )
    tagged = {"resourceArn": store["arn"]}
    return {
        "CreateSequenceStore": store_input | create_only | {"eTagAlgorithmFamily": "SHA256up"},
        "GetSequenceStore": {"id": store["id"]},
        "ListSequenceStores": {"maxResults": 1, "filter": store_filter},
        "UpdateSequenceStore": {"id": store["id"]} | store_input,
        "DeleteSequenceStore": {"id": empty["id"]},
        "TagResource": tagged | {"tags": {"x": ""}},
        "UntagResource": tagged | {"tagKeys": ["x", "y"]},
        "ListTagsForResource": tagged,
        "GetS3AccessPolicy": point,
        "PutS3AccessPolicy": point | {"s3AccessPolicy": policy},
        "DeleteS3AccessPolicy": point,
        "ListReadSets": in_store | {"maxResults": 1, "filter": read_set_filter},
        "GetReadSetMetadata": in_store | {"id": read_set["id"]},
        "BatchDeleteReadSet": in_store | {"ids": [read_set["id"], "0000000000"]},
        "CreateReferenceStore": {"name": "r", "description": "d", "clientToken": "t"} | create_only,
        "GetReferenceStore": {"id": references["id"]},
        "ListReferenceStores": {"maxResults": 1, "filter": {"name": "held"} | TIMES},
        "DeleteReferenceStore": {"id": empty_references["id"]},
        "ListReferences": in_references
        | {"maxResults": 1, "filter": {"name": "reference", "md5": "0"} | TIMES},
        "GetReferenceMetadata": in_references | {"id": reference["id"]},
    }


Path = tuple[Any, ...]


def breaches(operation: str, sample: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield calls of *operation* that each break one constraint, with a name of the breach."""
    shape: Any = MODEL.operation_model(operation).input_shape
    for path, member, required in _members(shape, sample):
        label = ".".join(map(str, path))
        location = shape.members[path[0]].serialization.get("location")
        limits = member.metadata
        for constraint, value in _broken_values(member, limits, in_body=location is None):
            if location == "uri" and value == "":
                continue  # no route has an empty label: it is another path
            yield f"{operation}:{label}:{constraint}", _replaced(sample, path, value)
        if required and location != "uri":
            yield f"{operation}:{label}:required", _replaced(sample, path, None)


def _members(shape: Any, value: Any, path: Path = ()) -> Iterator[tuple[Path, Any, bool]]:
    """Yield path, shape and requiredness of everything in *value*, at any depth."""
    if shape.type_name == "structure":
        for name, item in value.items():
            member = shape.members[name]
            yield (*path, name), member, name in shape.required_members
            yield from _members(member, item, (*path, name))
    elif shape.type_name == "list":
        yield (*path, 0), shape.member, False
        yield from _members(shape.member, value[0], (*path, 0))
    elif shape.type_name == "map":
        key = next(iter(value))
        yield (*path, key), shape.value, False
        yield (*path, "key of"), shape.key, False


def _broken_values(member: Any, limits: dict[str, Any], *, in_body: bool) -> Iterator[Any]:
    kind = member.type_name
    if in_body:
        yield "type", ["wrong"] if kind != "list" else {"wrong": "wrong"}
    if "enum" in limits:
        yield "enum", "wrong"
    if kind == "timestamp":
        yield "type", "yesterday"
    sized: dict[str, Callable[[int], Any]] = {
        "string": lambda n: "1" * n,
        "list": lambda n: [f"{i:010}" for i in range(n)],
        "map": lambda n: {f"k{i}": "v" for i in range(n)},
        "integer": lambda n: n,
    }
    if kind in sized and limits.get("max") is not None:
        yield "max", sized[kind](limits["max"] + 1)
    if kind in sized and limits.get("min"):
        yield "min", sized[kind](limits["min"] - 1)
    if "pattern" in limits:
        yield "pattern", "\n" * max(limits.get("min", 1), 1)


def _replaced(sample: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    changed = deepcopy(sample)
    place: Any = changed
    for step in path[:-1]:
        if path[-1] == "key of" and step == path[-2]:
            break
        place = place[step]
    if path[-1] == "key of":
        place[path[-2]] = {value if isinstance(value, str) else "k" * 129: "v"}
    elif value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return changed


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_valid_call_with_every_member_succeeds(
    operation: str, emulator: Emulator, call: Any, complaints: Any
) -> None:
    answer = call(operation, **full_calls(emulator, call)[operation])

    assert answer.status < 300, answer
    assert complaints(answer) == []


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_sample_call_uses_every_member_of_the_model(
    operation: str, emulator: Emulator, call: Any
) -> None:
    shape: Any = MODEL.operation_model(operation).input_shape
    sample = full_calls(emulator, call)[operation]

    assert set(shape.members) - set(sample) <= {"nextToken"}
    if "filter" in sample:
        assert set(shape.members["filter"].members) == set(sample["filter"])


@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_constraint_is_enforced(operation: str, emulator: Emulator, call: Any) -> None:
    sample = full_calls(emulator, call)[operation]
    broken = list(breaches(operation, sample))
    before = call("ListSequenceStores").parsed["sequenceStores"]

    accepted = []
    for name, parameters in broken:
        answer = call(operation, **parameters)
        if (answer.status, answer.code) != (400, "ValidationException"):
            accepted.append((name, answer.status))

    assert broken
    assert accepted == []
    assert call("ListSequenceStores").parsed["sequenceStores"] == before


def test_next_tokens_are_constrained(call: Any) -> None:
    for token in ("", "1" * 6145, "\n", "bm90IG91cnM=", "é"):
        answer = call("ListSequenceStores", nextToken=token)
        assert answer.code == "ValidationException", token


def test_every_operation_beyond_the_emulated_ones_is_refused(emulator: Emulator) -> None:
    unknown = [name for name in MODEL.operation_names if name not in OPERATIONS]
    for name in unknown:
        http = MODEL.operation_model(name).http
        path = http["requestUri"].partition("?")[0].replace("{", "").replace("}", "")
        headers = {"Authorization": "Credential=A/20260101/us-east-1/omics/aws4_request"}

        status, answered, _ = emulator.handle(http["method"], path, "", headers, b"{}")

        assert status == 405, name
        assert answered["x-amzn-ErrorType"] == "NotSupportedOperationException"
    assert len(unknown) + len(OPERATIONS) == len(MODEL.operation_names)


@pytest.mark.parametrize("operation", MODEL.operation_names)
def test_every_operation_routes_to_itself(operation: str, emulator: Emulator) -> None:
    http = MODEL.operation_model(operation).http
    path = http["requestUri"].partition("?")[0].replace("{", "").replace("}", "")

    emulator.handle(http["method"], path, "", {}, b"")

    assert emulator.calls[-1].operation == operation


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"name": "\\ud800"}', b"NaN"]
)
def test_a_body_that_is_no_json_object_is_refused(body: bytes, emulator: Emulator) -> None:
    headers = {"Authorization": "Credential=A/20260101/us-east-1/omics/aws4_request"}

    status, answered, _ = emulator.handle("POST", "/sequencestore", "", headers, body)

    assert (status, answered["x-amzn-ErrorType"]) == (400, "ValidationException")


def test_unknown_members_are_ignored_and_nulls_are_absent(emulator: Emulator) -> None:
    headers = {"Authorization": "Credential=A/20260101/us-east-1/omics/aws4_request"}
    document = {"name": "x", "new": 1, "description": None, "sseConfig": {"type": "KMS", "y": 2}}

    status, _, body = emulator.handle(
        "POST", "/sequencestore", "", headers, json.dumps(document).encode()
    )

    assert status == 200
    assert json.loads(body)["sseConfig"].keys() == {"type", "keyArn"}


def test_a_random_walk_of_2000_calls_never_violates_the_model(
    emulator: Emulator, call: Any, complaints: Any, clock: ManualClock
) -> None:
    chance = random.Random(7)  # noqa: S311 - repeatable, not secret
    emulator.configure(
        creating_s=0.5, updating_s=0.5, deleting_s=0.5, read_set_deleting_s=0.5,
        sequence_stores_max=60, assume={"deleted-read-sets": "kept"},
    )  # fmt: skip
    samples = full_calls(emulator, call)
    clock.advance(5)
    broken = {name: [p for _, p in breaches(name, sample)] for name, sample in samples.items()}
    seen: dict[str, set[str]] = {name: set() for name in OPERATIONS}

    for step in range(2000):
        operation = chance.choice(list(OPERATIONS))
        parameters = deepcopy(
            chance.choice(broken[operation]) if chance.random() < 0.3 else samples[operation]
        )
        _vary(parameters, call, chance)
        answer = call(operation, **parameters)
        assert complaints(answer) == [], (step, operation, parameters, answer)
        seen[operation].add(answer.code or "success")
        clock.advance(chance.choice([0, 0, 0.1, 1]))
        if chance.random() < 0.05:
            samples = full_calls(emulator, call) if len(_stores(call)) < 55 else samples

    assert all({"success", "ValidationException"} <= codes for codes in seen.values()), seen
    reached = set().union(*seen.values())
    assert {
        "ConflictException",
        "ResourceNotFoundException",
        "ServiceQuotaExceededException",
    } <= reached


def _stores(call: Any) -> list[dict[str, Any]]:
    stores: list[dict[str, Any]] = call("ListSequenceStores").parsed["sequenceStores"]
    return stores


def _vary(parameters: dict[str, Any], call: Any, chance: random.Random) -> None:
    """Drop optional members, use other tokens, and point at other stores."""
    for name in list(parameters):
        if name in ("filter", "clientToken", "tags", "maxResults", "name", "description"):
            if chance.random() < 0.3:
                del parameters[name]
        elif name in ("id", "sequenceStoreId") and chance.random() < 0.4:
            pool = [store["id"] for store in _stores(call)]
            parameters[name] = chance.choice([*pool, "1234567890"])
        elif name == "resourceArn" and chance.random() < 0.4:
            parameters[name] = chance.choice([*(s["arn"] for s in _stores(call)), "arn:x"])
    if parameters.get("clientToken") == "t" and chance.random() < 0.9:
        parameters["clientToken"] = str(chance.random())
    if isinstance(parameters.get("tags"), dict) and chance.random() < 0.3:
        parameters["tags"] = {f"{chance.random()}": "v" for _ in range(40)}
