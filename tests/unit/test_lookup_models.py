"""Results and filters of lookups have every member of botocore's model, and its limits."""

from __future__ import annotations

import dataclasses
import types
import typing
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from pydantic.alias_generators import to_camel

from omics_components.errors import InvalidRequest
from omics_components.lookups.models.read_set import (
    GetReadSetMetadataResult,
    ReadSetFilter,
    ReadSetKey,
    ReadSetListItem,
)
from omics_components.lookups.models.reference import (
    GetReferenceMetadataResult,
    ReferenceFilter,
    ReferenceListItem,
    ReferenceStoreFilter,
    ReferenceStoreListItem,
)
from omics_components.lookups.models.sequence_store import (
    GetS3AccessPolicyResult,
    GetSequenceStoreResult,
    SequenceStoreFilter,
    SequenceStoreListItem,
)
from omics_components.schema.base import Model, wire_name
from omics_components.schema.lookup import Result, checked
from omics_components.schema.times import moment_of, utc_text

SERVICE = ServiceModel(Loader().load_service_model("omics", "service-2"), "omics")

RESULTS: dict[str, tuple[type[Result], str, str | None]] = {
    "GetSequenceStore": (GetSequenceStoreResult, "GetSequenceStore", None),
    "ListSequenceStores": (SequenceStoreListItem, "ListSequenceStores", "sequenceStores"),
    "ListReadSets": (ReadSetListItem, "ListReadSets", "readSets"),
    "GetReadSetMetadata": (GetReadSetMetadataResult, "GetReadSetMetadata", None),
    "ListReferenceStores": (ReferenceStoreListItem, "ListReferenceStores", "referenceStores"),
    "ListReferences": (ReferenceListItem, "ListReferences", "references"),
    "GetReferenceMetadata": (GetReferenceMetadataResult, "GetReferenceMetadata", None),
    "GetS3AccessPolicy": (GetS3AccessPolicyResult, "GetS3AccessPolicy", None),
}
FILTERS: dict[str, type[Model]] = {
    "ListSequenceStores": SequenceStoreFilter,
    "ListReadSets": ReadSetFilter,
    "ListReferenceStores": ReferenceStoreFilter,
    "ListReferences": ReferenceFilter,
}
EXTRA = {"tags"}
"""Fields that come from another call."""

TYPES = {"string": str, "timestamp": str, "long": int, "integer": int}


def wire_fields(kind: type[Result]) -> dict[str, Any]:
    """Wire name -> the field's type, without Optional."""
    hints = typing.get_type_hints(kind)
    names = [item.name for item in dataclasses.fields(typing.cast(Any, kind))]
    return {to_camel(name): without_none(hints[name]) for name in names if name not in EXTRA}


def without_none(hint: Any) -> Any:
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        [hint] = [item for item in typing.get_args(hint) if item is not type(None)]
    return hint


def compare(kind: type[Result], shape: Any) -> None:
    """Fail unless a result has exactly the members of a shape, those of s3Access among its own."""
    members = dict(shape.members)
    if "s3Access" in members:
        members |= members.pop("s3Access").members
    fields = wire_fields(kind)
    assert fields.keys() == members.keys(), kind
    optional = {
        to_camel(item.name)
        for item in dataclasses.fields(typing.cast(Any, kind))
        if type(None) in typing.get_args(typing.get_type_hints(kind)[item.name])
    }
    assert not optional & set(shape.required_members), kind
    for name, member in members.items():
        if member.type_name == "structure":
            compare(fields[name], member)
        elif member.type_name == "list":
            assert fields[name] == list[str]
        else:
            assert fields[name] is TYPES[member.type_name], (kind, name)


@pytest.mark.parametrize("operation", RESULTS)
def test_a_result_has_every_member_of_the_answer(operation: str) -> None:
    kind, name, member = RESULTS[operation]
    shape: Any = SERVICE.operation_model(name).output_shape

    compare(kind, shape.members[member].member if member else shape)


def filter_members() -> list[Any]:
    return [
        pytest.param(kind, name, member, id=f"{operation}.{name}")
        for operation, kind in FILTERS.items()
        for name, member in typing.cast(Any, SERVICE.operation_model(operation).input_shape)
        .members["filter"]
        .members.items()
    ]


@pytest.mark.parametrize("operation", FILTERS)
def test_a_filter_has_every_member_of_the_request(operation: str) -> None:
    model, shape = FILTERS[operation], SERVICE.operation_model(operation).input_shape
    members = typing.cast(Any, shape).members["filter"].members

    assert {wire_name(model, name) for name in model.model_fields} == members.keys()


@pytest.mark.parametrize(("model", "name", "member"), filter_members())
def test_a_filter_admits_what_the_service_admits_and_no_more(
    model: type[Model], name: str, member: Any
) -> None:
    [field] = [field for field in model.model_fields if wire_name(model, field) == name]
    if member.type_name == "timestamp":
        good: list[object] = [datetime.now(UTC), date.today(), "2026-01-31", "2026-01-31T01:02:03Z"]  # noqa: DTZ011 any date
        bad: list[object] = [datetime(2026, 1, 1), "2026-01-31T01:02", "yesterday", "", 5, True]  # noqa: DTZ001 it shall be refused
    elif "enum" in member.metadata:
        good, bad = list(member.metadata["enum"]), ["", "active", 5, []]
    else:
        start = "arn:" if name == "referenceArn" else ""
        shortest, longest = max(1, member.metadata["min"]), member.metadata["max"]
        good = [start + "a" * (longest - len(start)), start + "a" * shortest]
        bad = [start + "a" * (longest + 1), "", 5, ["a"], {"a": "b"}]
        bad += ["a\nb", "a" * (shortest - 1)] if not start else ["omics"]
    for value in good:
        assert getattr(checked(model, **{field: value}), field) is not None
    for value in bad:
        with pytest.raises(InvalidRequest, match=f"^{field}: "):
            checked(model, **{field: value})


@pytest.mark.parametrize(
    ("model", "what"),
    [(SequenceStoreFilter, "updated"), *((model, "created") for model in FILTERS.values())],
)
def test_a_range_that_nothing_can_be_in_is_refused(model: type[Model], what: str) -> None:
    limits = {f"{what}_after": "2026-01-02", f"{what}_before": "2026-01-02"}

    with pytest.raises(InvalidRequest, match=f"{what}_before: must be later than {what}_after"):
        checked(model, **limits)


def test_every_bad_argument_is_named_at_once() -> None:
    with pytest.raises(InvalidRequest) as error:
        checked(ReadSetKey, id="12", sequence_store_id="reads")

    assert str(error.value) == (
        "sequence_store_id: must be an id of 10 to 36 digits, not 'reads'; "
        "id: must be an id of 10 to 36 digits, not '12'."
    )
    with pytest.raises(InvalidRequest, match=r"^id: is required"):
        checked(ReadSetKey, sequence_store_id="1234567890")


def test_a_date_is_its_first_moment_in_utc() -> None:
    first = datetime(2026, 1, 31, tzinfo=UTC)

    assert moment_of("2026-01-31") == moment_of(date(2026, 1, 31)) == first
    assert moment_of("2026-01-31T02:00:00+02:00") == first


def test_times_of_results_are_texts_in_utc() -> None:
    local = datetime(2026, 1, 31, 2, tzinfo=timezone(timedelta(hours=2)))

    assert utc_text(local) == "2026-01-31T00:00:00.000Z"
    policy = GetS3AccessPolicyResult(s3_access_policy="{}", update_time=typing.cast(Any, local))
    assert policy.update_time == "2026-01-31T00:00:00.000Z"


def test_results_are_frozen_and_become_dictionaries() -> None:
    store = GetSequenceStoreResult(
        id="1234567890",
        arn="arn:aws:omics:eu-west-1:123456789012:sequenceStore/1234567890",
        creation_time="2026-01-31T00:00:00.000Z",
        tags={"team": "lab"},
    )

    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(store, "name", "reads")  # noqa: B010 mypy would see it otherwise
    assert store.to_dict()["tags"] == {"team": "lab"}
    assert (store.sequence_store_id, store.region) == ("1234567890", "eu-west-1")
    assert "region" not in store.to_dict()
