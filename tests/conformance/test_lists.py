"""Filters one by one, and pages while others insert and delete."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from omics_components.emulator import Emulator, ManualClock


def _at(clock: ManualClock) -> datetime:
    return datetime.fromtimestamp(clock(), UTC)


@pytest.mark.parametrize(
    ("criteria", "names"),
    [
        ({"name": "b"}, ["b"]),
        ({"name": "B"}, []),
        ({"status": "ACTIVE"}, ["a", "b"]),
        ({"status": "CREATING"}, ["c"]),
        ({"createdAfter": 0}, ["b", "c"]),
        ({"createdBefore": 10}, ["a"]),
        ({"updatedAfter": 10}, ["a", "c"]),
        ({"updatedBefore": 20}, ["b"]),
        ({"createdAfter": 0, "createdBefore": 20}, ["b"]),
        ({}, ["a", "b", "c"]),
    ],
)
def test_the_filters_of_sequence_stores(
    criteria: dict[str, Any], names: list[str], omics: Any, emulator: Emulator, clock: ManualClock
) -> None:
    start = clock()
    first = omics.create_sequence_store(name="a")
    clock.advance(10)
    omics.create_sequence_store(name="b")
    clock.advance(10)
    omics.update_sequence_store(id=first["id"], description="later")
    emulator.configure(creating_s=60)
    omics.create_sequence_store(name="c")
    clock.advance(5)
    wanted = {
        key: datetime.fromtimestamp(start + value, UTC) if isinstance(value, int) else value
        for key, value in criteria.items()
    }

    listed = omics.list_sequence_stores(filter=wanted)["sequenceStores"]

    assert [store["name"] for store in listed] == names
    assert all("s3Access" not in store for store in listed)


@pytest.mark.parametrize(
    ("criteria", "names"),
    [
        ({"name": "two"}, ["two"]),
        ({"status": "ARCHIVED"}, ["one"]),
        ({"referenceArn": "arn:aws:omics:r"}, ["two"]),
        ({"referenceArn": ""}, ["one", "two"]),
        ({"sampleId": "S1"}, ["one"]),
        ({"subjectId": "P2"}, ["two"]),
        ({"generatedFrom": "lab"}, ["one"]),
        ({"creationType": "IMPORT"}, ["two"]),
        ({"createdAfter": datetime(2026, 1, 1, tzinfo=UTC)}, ["two"]),
        ({"createdBefore": datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)}, ["one"]),
        ({"name": "one", "sampleId": "S2"}, []),
    ],
)
def test_the_filters_of_read_sets(
    criteria: dict[str, Any], names: list[str], omics: Any, emulator: Emulator, a_store: Any
) -> None:
    store_id = a_store()["id"]
    one = {
        "name": "one",
        "status": "ARCHIVED",
        "sampleId": "S1",
        "subjectId": "P1",
        "sequenceInformation": {"generatedFrom": "lab"},
        "creationTime": "2026-01-01T00:00:00.000Z",
    }
    two = {
        "name": "two",
        "fileType": "BAM",
        "referenceArn": "arn:aws:omics:r",
        "sampleId": "S2",
        "subjectId": "P2",
        "creationType": "IMPORT",
        "creationTime": "2026-01-02T00:00:00.000Z",
    }
    emulator.put_read_sets(store_id, items=[one, two])

    listed = omics.list_read_sets(sequenceStoreId=store_id, filter=criteria)["readSets"]

    assert [read_set["name"] for read_set in listed] == names
    assert all("files" not in read_set for read_set in listed)


@pytest.mark.parametrize(
    ("criteria", "names"),
    [({"name": "ref-a"}, ["ref-a"]), ({"md5": "bb"}, ["ref-b"]), ({"name": "ref"}, [])],
)
def test_the_filters_of_references(
    criteria: dict[str, Any], names: list[str], omics: Any, emulator: Emulator
) -> None:
    store_id = omics.create_reference_store(name="r")["id"]
    items = [{"name": "ref-a", "md5": "aa"}, {"name": "ref-b", "md5": "bb"}]
    emulator.put_references(store_id, items=items)

    listed = omics.list_references(referenceStoreId=store_id, filter=criteria)["references"]

    assert [reference["name"] for reference in listed] == names


def test_the_filters_of_reference_stores(
    omics: Any, emulator: Emulator, clock: ManualClock
) -> None:
    emulator.configure(reference_stores_max=None)
    omics.create_reference_store(name="a")
    clock.advance(1)
    middle = _at(clock)
    clock.advance(1)
    omics.create_reference_store(name="b")

    def names(**criteria: Any) -> list[str]:
        found = omics.list_reference_stores(filter=criteria)["referenceStores"]
        return [store["name"] for store in found]

    assert names(name="b") == names(createdAfter=middle) == ["b"]
    assert names(createdBefore=middle) == ["a"]


def test_pages_neither_repeat_nor_skip_while_stores_come_and_go(omics: Any, a_store: Any) -> None:
    stores = [a_store(name=f"s{i}") for i in range(7)]
    first = omics.list_sequence_stores(maxResults=3)
    omics.delete_sequence_store(id=stores[0]["id"])
    omics.delete_sequence_store(id=stores[2]["id"])
    a_store(name="s7")

    second = omics.list_sequence_stores(maxResults=3, nextToken=first["nextToken"])
    third = omics.list_sequence_stores(maxResults=3, nextToken=second["nextToken"])

    names = [s["name"] for page in (first, second, third) for s in page["sequenceStores"]]
    assert names == [f"s{i}" for i in range(8)]
    assert "nextToken" not in third


def test_the_paginators_work(omics: Any, emulator: Emulator, a_store: Any) -> None:
    store_id = a_store()["id"]
    emulator.put_read_sets(store_id, 250)

    pages = list(omics.get_paginator("list_read_sets").paginate(sequenceStoreId=store_id))

    assert [len(page["readSets"]) for page in pages] == [100, 100, 50]


def test_a_token_is_good_for_its_own_list_and_filter_only(
    omics: Any, emulator: Emulator, a_store: Any
) -> None:
    for store in (a_store(name="a"), a_store(name="b")):
        emulator.put_read_sets(store["id"], 2)
    token = omics.list_sequence_stores(maxResults=1)["nextToken"]

    foreign_uses: list[Callable[[], Any]] = [
        lambda: omics.list_read_sets(sequenceStoreId=store["id"], nextToken=token),
        lambda: omics.list_sequence_stores(filter={"name": "a"}, nextToken=token),
        lambda: omics.list_sequence_stores(nextToken="nonsense"),
    ]
    for foreign in foreign_uses:
        with pytest.raises(omics.exceptions.ValidationException, match="nextToken"):
            foreign()


def test_what_a_test_puts_in_must_fit_the_model(emulator: Emulator, a_store: Any) -> None:
    store_id = a_store()["id"]
    for item in ({"name": "a\nb"}, {"status": "NEW"}, {"arn": "x"}, {"tags": {"a": 1}}):
        with pytest.raises(ValueError, match="read set"):
            emulator.put_read_sets(store_id, items=[{}, item])
    with pytest.raises(ValueError, match="either"):
        emulator.put_read_sets(store_id)
    assert emulator.put_read_sets(store_id, 1)[0]["status"] == "ACTIVE"
