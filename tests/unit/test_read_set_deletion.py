"""Emptying a store, on an emulator that limits calls a second and whose clock waiting turns."""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from omics_components.aws.client import Aws
from omics_components.aws.pacing import Pacing
from omics_components.aws.settings import AwsSettings
from omics_components.emulator import DeletionRefusal, Emulator
from omics_components.errors import (
    AccessDenied,
    NotFound,
    NotStabilized,
    ResourceConflict,
    ServiceInternalError,
)
from omics_components.kinds.sequence_store import read_set_deletion
from omics_components.kinds.sequence_store.iam import PERMISSIONS
from omics_components.kinds.sequence_store.read_sets import Refusal, list_read_sets
from omics_components.schema.arn import SequenceStoreArn
from tests.unit.conftest import SharedClock

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient


class Store:
    """A store, the messages while it is emptied, and what is left in it."""

    def __init__(self, emulator: Emulator, clock: SharedClock) -> None:
        self.emulator = emulator
        self.clock = clock
        # Nothing is repeated: a call that is turned away would fail the test.
        aws = Aws(AwsSettings(max_retries=0), pacing=Pacing(clock))
        self.client: OmicsClient = aws.omics("us-east-1")
        made = self.client.create_sequence_store(name="reads")
        self.arn = SequenceStoreArn.parse(made["arn"])
        self.said: list[str] = []

    def put(self, count: int, **members: Any) -> list[str]:
        items = self.emulator.put_read_sets(self.arn.store_id, items=[members] * count)
        return [str(item["id"]) for item in items]

    def empty(
        self, timeout_s: float = 900.0, require_owner: Callable[[], None] = lambda: None
    ) -> int:
        self.emulator.calls.clear()
        return read_set_deletion.empty_sequence_store(
            self.client,
            self.arn,
            timeout_s=timeout_s,
            clock=self.clock,
            info=self.said.append,
            require_owner=require_owner,
        )

    def left(self) -> Counter[str]:
        read_sets = list_read_sets(self.client, self.arn.store_id)
        return Counter(item.status for item in read_sets)

    def batches(self) -> list[int]:
        calls = self.emulator.calls
        return [len(c.parameters["ids"]) for c in calls if c.operation == "BatchDeleteReadSet"]


@pytest.fixture
def store(store_emulator: Emulator, clock: SharedClock) -> Store:
    store_emulator.configure(quotas=True)
    return Store(store_emulator, clock)


def test_an_empty_store_costs_one_call(store: Store) -> None:
    assert store.empty() == 0
    assert store.emulator.calls.names() == ["omics:ListReadSets"]
    assert store.said == []


def test_a_thousand_read_sets_go_in_batches_of_a_hundred(store: Store) -> None:
    store.put(1050)

    assert store.empty() == 1050

    assert store.left() == {}
    assert store.batches() == [100] * 10 + [50]
    assert store.said[2] == (
        f"deleting read sets of sequence store {store.arn.store_id}: 300 of 1,050"
    )
    assert len(store.said) == 11
    assert {call.status for call in store.emulator.calls} == {200}


def test_the_calls_come_as_fast_as_the_quota_admits(store: Store) -> None:
    store.put(1050)
    began_s = store.clock()

    store.empty()

    # 11 batches at one a second, 11 pages at five a second before and one after.
    assert 12 <= store.clock() - began_s <= 15


def test_a_success_without_a_body_is_one(store: Store) -> None:
    """If the operation is successful, "it returns a response with no body" (model)."""
    store.put(3)
    no_body = {"operation": "BatchDeleteReadSet", "action": "body", "body": "", "when": "after"}
    store.emulator.faults.add(no_body)

    assert store.empty() == 3
    assert store.left() == {}


def test_what_fails_at_first_is_tried_again_and_nothing_else_is(store: Store) -> None:
    ids = store.put(1050)
    store.emulator.refuse_deletion(DeletionRefusal(ids[::50], times=3))
    store.emulator.refuse_deletion(DeletionRefusal(ids[7:10], "ThrottlingException", times=1))

    assert store.empty() == 1050

    assert store.left() == {}
    assert store.batches() == [100] * 10 + [50] + [24, 21, 21]
    assert store.said[10].endswith(": 1,026 of 1,050")
    assert store.said[-1].endswith(": 1,050 of 1,050")
    assert {call.status for call in store.emulator.calls} == {200}


def test_deletion_that_takes_time_is_waited_for(store: Store) -> None:
    store.emulator.configure(read_set_deleting_s=30)
    store.put(150)
    began_s = store.clock()

    assert store.empty() == 150

    assert store.left() == {}
    assert store.batches() == [100, 50]
    assert 30 <= store.clock() - began_s <= 45


def test_read_sets_that_stay_listed_as_deleted_do_not_count(store: Store) -> None:
    store.emulator.configure(assume={"deleted-read-sets": "kept"})
    store.put(5)
    assert store.empty() == 5
    store.put(2)

    assert store.empty() == 2
    assert store.left() == {"DELETED": 7}
    assert store.batches() == [2]


def test_what_somebody_else_deletes_is_waited_for_and_not_counted(store: Store) -> None:
    store.emulator.configure(read_set_deleting_s=60)
    (theirs, *_) = store.put(3)
    store.client.batch_delete_read_set(sequenceStoreId=store.arn.store_id, ids=[theirs])

    assert store.empty() == 2
    assert store.left() == {}
    assert store.batches() == [2]


@pytest.mark.parametrize("choice", [None, "exception-name", "no-error"])
def test_what_is_gone_before_its_batch_is_no_refusal(store: Store, choice: str | None) -> None:
    """Someone else deletes all of it between the listing and the batch."""
    store.emulator.configure(assume={"unknown-read-set": choice} if choice else {})
    ids = store.put(3)

    def delete_first() -> None:
        store.client.batch_delete_read_set(sequenceStoreId=store.arn.store_id, ids=ids)
        store.clock.advance(60)

    gone = store.empty(require_owner=delete_first)

    assert gone == 3
    assert store.said == [f"deleting read sets of sequence store {store.arn.store_id}: 3 of 3"]


def test_an_empty_code_with_another_message_is_a_refusal() -> None:
    assert Refusal("1", "", "The specified readset does not exist.").is_absent
    assert not Refusal("1", "", "The read set is being activated.").is_absent
    assert not Refusal("1", "ConflictException", "It does not exist yet.").is_absent


@pytest.mark.parametrize("status", ["ARCHIVED", "UPLOAD_FAILED"])
def test_any_status_that_the_service_deletes_is_deleted(store: Store, status: str) -> None:
    store.put(3, status=status)

    assert store.empty() == 3
    assert store.left() == {}


def test_what_cannot_be_deleted_is_named_with_its_status_and_the_rest_is_deleted(
    store: Store,
) -> None:
    uploads = store.put(4, status="PROCESSING_UPLOAD")
    (activating,) = store.put(1, status="ACTIVATING")
    store.put(1045)
    began_s = store.clock()

    with pytest.raises(ResourceConflict) as failure:
        store.empty()

    text = str(failure.value)
    assert text.startswith("1,045 read sets were deleted, but 5 cannot be: ")
    for id_ in uploads[:3]:
        assert f"{id_}, which is PROCESSING_UPLOAD (ConflictException: The read set is" in text
    assert "; 2 more. Wait until uploads and activations have ended" in text
    assert store.left() == {"PROCESSING_UPLOAD": 4, "ACTIVATING": 1}
    assert store.batches() == [100] * 10 + [50] + [5] * 5
    assert store.clock() - began_s < 60
    assert activating not in text


def test_a_failure_that_lasts_ends_with_the_services_own_words(store: Store) -> None:
    (id_, *_) = store.put(3)
    refusal = DeletionRefusal([id_], "AccessDeniedException", "No, by policy", times=None)
    store.emulator.refuse_deletion(refusal)

    with pytest.raises(ResourceConflict) as failure:
        store.empty()

    assert str(failure.value).startswith(
        f"2 read sets were deleted, but 1 cannot be: {id_}, which is ACTIVE "
        "(AccessDeniedException: No, by policy). "
    )


def test_the_next_run_goes_on(store: Store) -> None:
    ids = store.put(3)
    store.emulator.refuse_deletion(DeletionRefusal(ids[:1], times=6))
    with pytest.raises(ResourceConflict):
        store.empty()

    assert store.empty() == 1
    assert store.left() == {}


def test_a_timeout_stops_between_batches_and_says_how_far_it_came(store: Store) -> None:
    store.put(1050)

    # 11 pages are listed in 2 s; then each batch takes one.
    with pytest.raises(NotStabilized) as failure:
        store.empty(timeout_s=4)

    assert store.batches() == [100] * 3
    assert "waited 4 s for the read sets of sequence store" in str(failure.value)
    assert "still not empty: 300 of 1,050 are deleted or on their way. Run it again" in str(
        failure.value
    )
    assert store.left() == {"ACTIVE": 750}


def test_a_huge_store_is_emptied_while_it_is_listed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_set_deletion, "_ROUND_MAX", 250)
    store.put(600)

    assert store.empty() == 600

    assert store.left() == {}
    assert store.said[0].endswith(": 100 of more than 250")
    assert store.said[-1].endswith(": 600 of 600")
    first = store.emulator.calls.names()[:4]
    assert first == ["omics:ListReadSets"] * 3 + ["omics:BatchDeleteReadSet"]


def test_a_store_that_is_not_there_is_not_found(store: Store) -> None:
    store.client.delete_sequence_store(id=store.arn.store_id)

    with pytest.raises(NotFound):
        store.empty()


def test_an_answer_that_is_none_is_an_error(store: Store) -> None:
    store.put(1)
    store.emulator.faults.add({"operation": "ListReadSets", "action": "body", "body": "{}"})

    with pytest.raises(ServiceInternalError, match="returned no 'readSets'"):
        store.empty()


def test_the_stated_permissions_are_enough_and_needed(store: Store) -> None:
    actions = ["omics:ListReadSets", "omics:BatchDeleteReadSet"]
    assert {one.action for one in PERMISSIONS.delete} > set(actions)
    for missing in actions:
        store.put(1)
        allowed = [action for action in actions if action != missing]
        _allow(store, allowed)
        with pytest.raises(AccessDenied, match=missing):
            store.empty()
    _allow(store, actions)

    assert store.empty() == 2


def _allow(store: Store, actions: list[str]) -> None:
    statement = {"Effect": "Allow", "Action": actions, "Resource": str(store.arn)}
    store.emulator.allow_only({"Version": "2012-10-17", "Statement": [statement]})
