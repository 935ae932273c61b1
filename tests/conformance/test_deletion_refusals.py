"""Batches of read sets that are deleted in part: HTTP 200, and the rest by name in ``errors``."""

from typing import Any

import pytest

from omics_components.emulator import DeletionRefusal, Emulator, EmulatorServer
from tests.conformance.conftest import Call
from tests.conformance.test_http import control


def _ids(emulator: Emulator, store_id: str, count: int) -> list[str]:
    return [str(item["id"]) for item in emulator.put_read_sets(store_id, count)]


def test_a_refused_read_set_is_named_and_the_others_are_deleted(
    call: Call, omics: Any, emulator: Emulator, a_store: Any
) -> None:
    store_id = a_store()["id"]
    ids = _ids(emulator, store_id, 3)
    emulator.refuse_deletion(DeletionRefusal([ids[1]], "ThrottlingException", "later", times=2))

    answer = call("BatchDeleteReadSet", sequenceStoreId=store_id, ids=ids)

    assert answer.status == 200
    assert answer.parsed["errors"] == [
        {"id": ids[1], "code": "ThrottlingException", "message": "later"}
    ]
    listed = omics.list_read_sets(sequenceStoreId=store_id)["readSets"]
    assert [item["id"] for item in listed] == [ids[1]]
    assert "errors" in omics.batch_delete_read_set(sequenceStoreId=store_id, ids=[ids[1]])
    assert "errors" not in omics.batch_delete_read_set(sequenceStoreId=store_id, ids=[ids[1]])
    assert omics.list_read_sets(sequenceStoreId=store_id)["readSets"] == []


def test_a_refusal_of_any_read_set_counts_each_for_itself(
    omics: Any, emulator: Emulator, a_store: Any
) -> None:
    store_id = a_store()["id"]
    ids = _ids(emulator, store_id, 2)
    emulator.refuse_deletion(DeletionRefusal())

    def refused(*wanted: str) -> list[str]:
        answer = omics.batch_delete_read_set(sequenceStoreId=store_id, ids=list(wanted))
        return [error["id"] for error in answer.get("errors", [])]

    assert refused(ids[0]) == [ids[0]]
    assert refused(*ids) == [ids[1]]
    assert refused(*ids) == [ids[0]]  # it is gone: not found


def test_what_cannot_be_deleted_anyway_does_not_use_a_refusal_up(
    omics: Any, emulator: Emulator, a_store: Any
) -> None:
    emulator.configure(read_set_deleting_s=60)
    store_id = a_store()["id"]
    (made,) = emulator.put_read_sets(store_id, items=[{"status": "ACTIVATING"}])
    (going,) = _ids(emulator, store_id, 1)
    omics.batch_delete_read_set(sequenceStoreId=store_id, ids=[going])
    refusal = DeletionRefusal()
    emulator.refuse_deletion(refusal)

    wanted = [made["id"], going, "0000000000"]
    errors = omics.batch_delete_read_set(sequenceStoreId=store_id, ids=wanted)["errors"]

    assert [error["code"] for error in errors] == ["ConflictException", ""]
    assert refusal.refused == {}


def test_a_refusal_for_ever_ends_with_a_reset(omics: Any, emulator: Emulator, a_store: Any) -> None:
    emulator.refuse_deletion(DeletionRefusal(times=None))
    store_id = a_store()["id"]
    ids = _ids(emulator, store_id, 1)
    for _ in range(5):
        assert omics.batch_delete_read_set(sequenceStoreId=store_id, ids=ids)["errors"]

    emulator.reset()

    store_id = a_store()["id"]
    ids = _ids(emulator, store_id, 1)
    assert "errors" not in omics.batch_delete_read_set(sequenceStoreId=store_id, ids=ids)


def test_a_refusal_over_http() -> None:
    with EmulatorServer() as server:
        made = control(server.url, "POST", "deletion-refusals", {"ids": ["1"], "times": 3})

    assert made["ids"] == ["1"]
    assert made["times"] == 3


def test_malformed_refusals_are_not_taken() -> None:
    for ids in ("1234567890", [1]):
        with pytest.raises(ValueError, match="ids"):
            DeletionRefusal(ids)  # type: ignore[arg-type] # that is the point
