"""The handler on an emulator whose clock it turns by waiting."""

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from omics_components.aws.client import Aws
from omics_components.aws.settings import AwsSettings
from omics_components.emulator import Emulator
from omics_components.errors import (
    InitFailed,
    InvalidRequest,
    NotFound,
    NotStabilized,
    OmicsComponentsError,
    ResourceConflict,
    ServiceInternalError,
    Throttling,
)
from omics_components.kinds.sequence_store.handler import SequenceStoreHandler
from omics_components.kinds.sequence_store.model import SequenceStoreInputs, SequenceStoreState
from omics_components.lifecycle.handler import EngineRequest, LiveResource
from omics_components.schema.duration import Timeouts
from omics_components.schema.validation import validate
from tests.unit.conftest import SharedClock
from tests.unit.strategies import programs

Store = LiveResource[SequenceStoreInputs, SequenceStoreState]

AGAIN = r"\. Run the update again; it resumes from here\."
REQUEST = EngineRequest(timeouts=Timeouts(create_s=60, update_s=60, delete_s=60))


def inputs(**wire: Any) -> SequenceStoreInputs:
    validation = validate(SequenceStoreInputs, {"name": "reads", "region": "us-east-1", **wire})
    assert validation.failures == ()
    return validation.inputs


def store_id(store: Store) -> str:
    return store.id.rpartition("/")[2]


@given(program=programs())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_created_is_read_back_as_it_was_said(
    handler: SequenceStoreHandler, program: dict[str, Any]
) -> None:
    desired = handler.check({}, program, ()).inputs

    made = handler.create(desired, REQUEST)
    read = handler.read(made.id, made.state)

    assert made.inputs == desired
    assert read == made
    assert not handler.diff(made.id, made.state, desired, ())


@given(before=programs(), after=programs())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_update_in_place_ends_where_the_program_says(
    handler: SequenceStoreHandler, before: dict[str, Any], after: dict[str, Any]
) -> None:
    for name in ("sseConfig", "eTagAlgorithmFamily", "replaceTriggers"):
        after.pop(name, None)
        after |= {name: before[name]} if name in before else {}
    if "description" in before:
        after.setdefault("description", before["description"])
    made = handler.create(handler.check({}, before, ()).inputs, REQUEST)
    desired = handler.check({}, after, ()).inputs

    assert handler.diff(made.id, made.state, desired, ()).replaces == ()
    state = handler.update(made.id, made.state, desired, REQUEST)
    read = handler.read(made.id, state)

    assert read is not None
    assert read.inputs == desired
    assert not handler.diff(made.id, state, desired, ())


def test_create_waits_as_long_as_the_creation_takes(
    handler: SequenceStoreHandler, store_emulator: Emulator, clock: SharedClock
) -> None:
    store_emulator.configure(creating_s=30)
    began_s = clock()

    assert handler.create(inputs(), REQUEST).state.status == "ACTIVE"
    assert 30 <= clock() - began_s <= 36


def test_create_gives_up_in_time_and_says_what_is_left_behind(
    handler: SequenceStoreHandler, store_emulator: Emulator, clock: SharedClock
) -> None:
    store_emulator.configure(creating_s=3600)
    began_s = clock()

    with pytest.raises(InitFailed, match=r"waited 60 s .* still CREATING.*resumes it") as caught:
        handler.create(inputs(), REQUEST)

    assert caught.value.found.state.status == "CREATING"
    assert clock() - began_s == pytest.approx(60, abs=0.1)


def test_update_waits_before_and_after(
    handler: SequenceStoreHandler, store_emulator: Emulator, clock: SharedClock
) -> None:
    made = handler.create(inputs(), REQUEST)
    store_emulator.configure(updating_s=10)
    handler._aws.omics("us-east-1").update_sequence_store(id=store_id(made), description="Other")
    began_s = clock()

    state = handler.update(made.id, made.state, inputs(description="Mine"), REQUEST)

    assert (state.status, state.description) == ("ACTIVE", "Mine")
    assert 20 <= clock() - began_s <= 32


@pytest.mark.parametrize("status", ["CREATING", "UPDATING"])
def test_an_update_waits_for_a_store_that_was_left_busy(
    handler: SequenceStoreHandler, store_emulator: Emulator, clock: SharedClock, status: str
) -> None:
    """Also where nothing is to be sent: what is recorded next is then true for longer."""
    made = handler.create(inputs(), REQUEST)
    store_emulator.configure(updating_s=10)
    handler._aws.omics("us-east-1").update_sequence_store(id=store_id(made), description="Mine")
    busy = made.state.model_copy(update={"status": status, "description": "Mine"})
    began_s = clock()

    desired = inputs(description="Mine", forceDestroy=True)
    state = handler.update(made.id, busy, desired, REQUEST)

    assert (state.status, state.force_destroy) == ("ACTIVE", True)
    assert 10 <= clock() - began_s <= 16
    store_emulator.configure(updating_s=3600)
    handler._aws.omics("us-east-1").update_sequence_store(id=store_id(made), description="Mine")
    with pytest.raises(NotStabilized, match=f"waited 60 s .* still UPDATING{AGAIN}"):
        handler.update(made.id, busy, desired, REQUEST)


def test_tags_of_a_busy_store_wait_until_it_is_idle(
    handler: SequenceStoreHandler, store_emulator: Emulator, clock: SharedClock
) -> None:
    made = handler.create(inputs(), REQUEST)
    store_emulator.configure(updating_s=10)
    handler._aws.omics("us-east-1").update_sequence_store(id=store_id(made), name="reads")
    busy = {"operation": "TagResource", "code": "ConflictException", "status": 409}
    store_emulator.faults.add({**busy, "calls": [1]})
    began_s = clock()

    handler.update(made.id, made.state, inputs(tags={"a": "b"}), REQUEST)

    assert 10 <= clock() - began_s <= 16
    read = handler.read(made.id, made.state)
    assert read is not None
    assert read.state.tags == {"a": "b"}
    store_emulator.configure(updating_s=3600)
    handler._aws.omics("us-east-1").update_sequence_store(id=store_id(made), name="reads")
    store_emulator.faults.add(busy)
    with pytest.raises(NotStabilized, match=r"waited 60 s .* still UPDATING"):
        handler.update(made.id, read.state, inputs(tags={"a": "c"}), REQUEST)


def test_a_change_that_is_the_programs_own_calls_nothing(
    handler: SequenceStoreHandler, store_emulator: Emulator
) -> None:
    made = handler.create(inputs(), REQUEST)
    store_emulator.calls.clear()

    assert handler.update(made.id, made.state, inputs(forceDestroy=True), REQUEST).force_destroy

    assert not store_emulator.calls


def test_delete_waits_for_an_update_in_hand(
    handler: SequenceStoreHandler, store_emulator: Emulator
) -> None:
    made = handler.create(inputs(), REQUEST)
    store_emulator.configure(updating_s=10, deleting_s=10)
    client = handler._aws.omics("us-east-1")
    client.update_sequence_store(id=store_id(made), description="Other")

    handler.delete(made.id, made.state, REQUEST)

    assert client.list_sequence_stores()["sequenceStores"] == []


def test_delete_gives_up_in_time(
    handler: SequenceStoreHandler, store_emulator: Emulator, clock: SharedClock
) -> None:
    made = handler.create(inputs(), REQUEST)
    store_emulator.configure(deleting_s=3600)
    began_s = clock()

    with pytest.raises(NotStabilized, match="still DELETING"):
        handler.delete(made.id, made.state, REQUEST)

    assert clock() - began_s == pytest.approx(60, abs=0.1)


def test_delete_goes_on_where_an_earlier_one_was_interrupted(
    handler: SequenceStoreHandler, store_emulator: Emulator
) -> None:
    made = handler.create(inputs(), REQUEST)
    store_emulator.configure(deleting_s=10)
    client = handler._aws.omics("us-east-1")
    client.delete_sequence_store(id=store_id(made))
    # Whether the service answers a second delete with success or with a conflict is not known.
    store_emulator.faults.add(
        {"operation": "DeleteSequenceStore", "code": "ConflictException", "times": 1}
    )

    handler.delete(made.id, made.state, REQUEST)

    assert client.list_sequence_stores()["sequenceStores"] == []


def test_a_store_that_fails_while_its_creation_is_waited_for_is_deleted(
    handler: SequenceStoreHandler, store_emulator: Emulator
) -> None:
    store_emulator.plan_status([("CREATING", 70.0), ("FAILED", "KMS key not usable")])
    with pytest.raises(InitFailed) as caught:
        handler.create(inputs(), REQUEST)
    left = caught.value.found

    handler.delete(left.id, left.state, REQUEST)

    assert handler._aws.omics("us-east-1").list_sequence_stores()["sequenceStores"] == []


def test_a_store_that_fails_in_an_update_is_deleted(
    handler: SequenceStoreHandler, store_emulator: Emulator
) -> None:
    made = handler.create(inputs(), REQUEST)
    store_emulator.plan_status([("UPDATING", 5.0), ("FAILED", "no key")], on="update")
    client = handler._aws.omics("us-east-1")
    client.update_sequence_store(id=store_id(made), description="Other")

    handler.delete(made.id, made.state, REQUEST)

    assert client.list_sequence_stores()["sequenceStores"] == []


@pytest.mark.parametrize("deleting_s", [0, 30])
def test_a_store_that_another_hand_deletes_meanwhile_is_waited_for(
    handler: SequenceStoreHandler,
    store_emulator: Emulator,
    clock: SharedClock,
    monkeypatch: pytest.MonkeyPatch,
    deleting_s: float,
) -> None:
    made = handler.create(inputs(), REQUEST)
    store_emulator.configure(updating_s=10, deleting_s=deleting_s)
    client = handler._aws.omics("us-east-1")
    client.update_sequence_store(id=store_id(made), description="Other")
    idle_s, theirs = clock.now_s + 10, iter([store_id(made)])

    def sleep(seconds: float) -> None:
        clock.advance(seconds)
        if clock.now_s >= idle_s:
            for id_ in theirs:
                client.delete_sequence_store(id=id_)

    monkeypatch.setattr(clock, "sleep", sleep)
    began_s = clock.now_s

    handler.delete(made.id, made.state, REQUEST)

    assert client.list_sequence_stores()["sequenceStores"] == []
    assert 10 + deleting_s <= clock.now_s - began_s <= 20 + deleting_s
    deletions = store_emulator.calls.names().count("omics:DeleteSequenceStore")
    assert deletions == (2 if deleting_s else 3)  # theirs is one


def test_a_store_that_never_becomes_idle_is_an_error_of_its_deletion(
    handler: SequenceStoreHandler, store_emulator: Emulator
) -> None:
    made = handler.create(inputs(), REQUEST)
    store_emulator.configure(updating_s=3600)
    handler._aws.omics("us-east-1").update_sequence_store(id=store_id(made), description="Other")

    with pytest.raises(NotStabilized, match=r"deleting .* still UPDATING"):
        handler.delete(made.id, made.state, REQUEST)


@pytest.mark.parametrize("status", ["CREATING", "UPDATING"])
def test_the_status_of_before_may_be_shown_after_a_deletion(
    handler: SequenceStoreHandler, store_emulator: Emulator, status: str
) -> None:
    made = handler.create(inputs(), REQUEST)
    store_emulator.plan_status([(status, 2.0), ("DELETING", 2.0)], on="delete")

    handler.delete(made.id, made.state, REQUEST)

    assert handler._aws.omics("us-east-1").list_sequence_stores()["sequenceStores"] == []


def test_a_store_that_was_emptied_is_deleted_once_the_service_sees_it(
    handler: SequenceStoreHandler, store_emulator: Emulator
) -> None:
    made = handler.create(inputs(forceDestroy=True), REQUEST)
    store_emulator.put_read_sets(store_id(made), 3)
    store_emulator.faults.add(
        {"operation": "DeleteSequenceStore", "code": "ConflictException", "calls": [2, 3]}
    )
    said: list[str] = []

    handler.delete(made.id, made.state, EngineRequest(timeouts=REQUEST.timeouts, info=said.append))

    assert handler.read(made.id, made.state) is None
    assert said == [f"deleting read sets of sequence store {store_id(made)}: 3 of 3"]


def test_a_store_that_cannot_be_emptied_in_time_is_kept(
    handler: SequenceStoreHandler, store_emulator: Emulator
) -> None:
    made = handler.create(inputs(forceDestroy=True), REQUEST)
    store_emulator.put_read_sets(store_id(made), 3)
    store_emulator.configure(read_set_deleting_s=3600)

    with pytest.raises(NotStabilized, match="waited 60 s for the read sets of sequence store"):
        handler.delete(made.id, made.state, REQUEST)

    assert handler.read(made.id, made.state)


def test_what_a_store_holds_is_named_when_it_is_not_deleted(
    handler: SequenceStoreHandler, store_emulator: Emulator
) -> None:
    made = handler.create(inputs(), REQUEST)
    store_emulator.put_read_sets(store_id(made), 3)

    with pytest.raises(ResourceConflict) as error:
        handler.delete(made.id, made.state, REQUEST)

    assert error.value.request_id
    assert str(error.value) == (
        f"deleting sequence store (reads, {made.id}): ConflictException: it holds 3 read sets "
        f"(3 ACTIVE) [request {error.value.request_id}]. Delete them first, set force_destroy and "
        "run an update to have all of them deleted, or keep the store with the resource option "
        "retain_on_delete."
    )


def test_a_store_that_refuses_its_deletion_for_ever_is_an_error_in_the_services_words(
    handler: SequenceStoreHandler, store_emulator: Emulator, clock: SharedClock
) -> None:
    made = handler.create(inputs(), REQUEST)
    refusal = {"code": "ConflictException", "message": "A share of it is in use"}
    store_emulator.faults.add({"operation": "DeleteSequenceStore", **refusal})
    began_s = clock.now_s

    with pytest.raises(ResourceConflict, match="ConflictException: A share of it is in use"):
        handler.delete(made.id, made.state, EngineRequest())

    assert clock.now_s - began_s == pytest.approx(60, abs=1)


def test_encryption_without_a_key_is_none_whatever_the_service_says_of_it(
    handler: SequenceStoreHandler, store_emulator: Emulator
) -> None:
    """Whether it tells the type of encryption where no key was given is not documented."""
    made = handler.create(inputs(), REQUEST)
    told = handler._aws.omics("us-east-1").get_sequence_store(id=store_id(made))
    body = json.dumps({**told, "sseConfig": {"type": "KMS"}}, default=datetime.isoformat)
    store_emulator.faults.add(
        {"operation": "GetSequenceStore", "action": "body", "when": "after", "body": body}
    )

    read = handler.read(made.id, made.state)

    assert read is not None
    assert "sseConfig" not in read.state.to_wire()
    assert read.inputs == made.inputs


def test_a_look_without_ownership_needs_an_arn(handler: SequenceStoreHandler) -> None:
    with pytest.raises(
        InvalidRequest, match=r"'1234567890' is not the ARN .*\. Give the store's ARN\."
    ):
        handler.read("1234567890", None)


def test_a_store_that_is_being_deleted_counts_as_gone(
    handler: SequenceStoreHandler, store_emulator: Emulator, clock: SharedClock
) -> None:
    made = handler.create(inputs(), REQUEST)
    store_emulator.configure(deleting_s=30)
    handler._aws.omics("us-east-1").delete_sequence_store(id=store_id(made))

    assert handler.read(made.id, made.state) is None
    with pytest.raises(NotFound, match=r"reading .*: the store is being deleted\. Check the ARN"):
        handler.read(made.id, None)

    began_s = clock.now_s
    handler.delete(made.id, made.state, REQUEST)  # a destroy that was interrupted goes on
    assert clock.now_s - began_s >= 30


def test_what_counts_as_gone_makes_room_for_another_one(
    handler: SequenceStoreHandler, store_emulator: Emulator
) -> None:
    request = EngineRequest("someone", timeouts=REQUEST.timeouts)
    made = handler.create(inputs(), request)
    store_emulator.configure(deleting_s=3600)
    handler._aws.omics("us-east-1").delete_sequence_store(id=store_id(made))
    next_process = SequenceStoreHandler(Aws(AwsSettings(max_retries=0)), handler.clock)

    again = next_process.create(inputs(), request)

    assert (again.id != made.id, again.state.status) == (True, "ACTIVE")


def test_a_store_that_failed_is_still_there(
    handler: SequenceStoreHandler, store_emulator: Emulator
) -> None:
    made = handler.create(inputs(), REQUEST)
    store_emulator.plan_status([("FAILED", "no key")], on="update")
    handler._aws.omics("us-east-1").update_sequence_store(id=store_id(made), description="Other")

    found = handler.read(made.id, made.state)

    assert found is not None
    assert (found.state.status, found.state.status_message) == ("FAILED", "no key")


def test_an_update_may_repair_a_store_that_failed(handler: SequenceStoreHandler) -> None:
    made = handler.create(inputs(), REQUEST)
    failed = made.state.model_copy(update={"status": "FAILED"})

    state = handler.update(made.id, failed, inputs(description="Other words"), REQUEST)

    assert (state.status, state.description) == ("ACTIVE", "Other words")


def test_a_failed_creation_leaves_no_store(
    handler: SequenceStoreHandler, store_emulator: Emulator
) -> None:
    store_emulator.plan_status([("CREATING", 5.0), ("FAILED", "KMS key not usable")])

    with pytest.raises(NotStabilized, match="FAILED: KMS key not usable"):
        handler.create(inputs(), REQUEST)

    assert handler._aws.omics("us-east-1").list_sequence_stores()["sequenceStores"] == []


def test_a_quota_of_calls_is_an_error_that_says_so(
    handler: SequenceStoreHandler, store_emulator: Emulator
) -> None:
    store_emulator.configure(quotas=True)
    handler.create(inputs(), REQUEST)

    with pytest.raises(Throttling, match="Rate exceeded"):
        handler.create(inputs(), REQUEST)


def test_an_answer_without_tags_is_no_answer(
    handler: SequenceStoreHandler, store_emulator: Emulator
) -> None:
    made = handler.create(inputs(tags={"a": "b"}), REQUEST)
    store_emulator.faults.add({"operation": "ListTagsForResource", "action": "body", "body": "{}"})

    with pytest.raises(ServiceInternalError, match="returned no 'tags'"):
        handler.read(made.id, made.state)


def test_every_failure_of_every_call_is_an_error_of_ours(
    handler: SequenceStoreHandler, store_emulator: Emulator
) -> None:
    made = handler.create(inputs(tags={"a": "b"}), REQUEST)
    store_emulator.faults.add({"operation": "*", "code": "InternalServerException"})
    steps = (
        lambda: handler.create(inputs(), REQUEST),
        lambda: handler.read(made.id, made.state),
        lambda: handler.update(made.id, made.state, inputs(name="new"), REQUEST),
        lambda: handler.update(made.id, made.state, inputs(tags={"a": "c"}), REQUEST),
        lambda: handler.update(made.id, made.state, inputs(), REQUEST),
        lambda: handler.delete(made.id, made.state, REQUEST),
    )

    for step in steps:
        with pytest.raises(OmicsComponentsError, match=r"^\w+ing sequence store \("):
            step()


def test_a_check_needs_no_way_into_aws(clock: SharedClock) -> None:
    handler = SequenceStoreHandler(Aws(AwsSettings(region="us-east-1", profile="absent")), clock)

    assert handler.check({}, {"name": "reads"}, ()).failures == ()
