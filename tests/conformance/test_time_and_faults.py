"""Status over time, calls per second, latency, faults and the call log, all with a driven clock."""

import math
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from omics_components.emulator import DeletionRefusal, Emulator, FaultRule, ManualClock


def _status(omics: Any, store_id: str) -> str:
    status: str = omics.get_sequence_store(id=store_id)["status"]
    return status


def test_a_store_is_creating_updating_and_deleting_for_a_while(
    omics: Any, emulator: Emulator, clock: ManualClock
) -> None:
    emulator.configure(creating_s=3, updating_s=2, deleting_s=1)
    store_id = omics.create_sequence_store(name="x")["id"]
    conflict = omics.exceptions.ConflictException

    clock.advance(2.9)
    assert _status(omics, store_id) == "CREATING"
    for call in (omics.update_sequence_store, omics.delete_sequence_store):
        with pytest.raises(conflict):
            call(id=store_id)
    clock.advance(0.1)
    assert _status(omics, store_id) == "ACTIVE"

    assert omics.update_sequence_store(id=store_id, name="y")["status"] == "UPDATING"
    with pytest.raises(conflict):
        omics.update_sequence_store(id=store_id, name="z")
    clock.advance(2)
    assert _status(omics, store_id) == "ACTIVE"

    omics.delete_sequence_store(id=store_id)
    omics.delete_sequence_store(id=store_id)
    assert _status(omics, store_id) == "DELETING"
    with pytest.raises(conflict):
        omics.update_sequence_store(id=store_id)
    arn = omics.get_sequence_store(id=store_id)["arn"]
    with pytest.raises(conflict):
        omics.tag_resource(resourceArn=arn, tags={"a": "b"})
    clock.advance(1)
    with pytest.raises(omics.exceptions.ResourceNotFoundException):
        omics.get_sequence_store(id=store_id)


def test_changing_propagated_keys_takes_time_only_with_read_sets(
    omics: Any, emulator: Emulator, a_store: Any
) -> None:
    store_id = a_store()["id"]

    def update(*keys: str) -> str:
        answer = omics.update_sequence_store(id=store_id, propagatedSetLevelTags=list(keys))
        status: str = answer["status"]
        return status

    assert update("a", "b") == "ACTIVE"
    emulator.put_read_sets(store_id, 1)
    assert update("b", "a") == "ACTIVE"
    assert update("c") == "UPDATING"
    assert _status(omics, store_id) == "ACTIVE"


def test_a_plan_makes_a_store_fail(omics: Any, emulator: Emulator, clock: ManualClock) -> None:
    steps = [("CREATING", 1.0), ("FAILED", "KMS key not usable")]
    emulator.plan_status(steps, name="planned")
    other = omics.create_sequence_store(name="other")["id"]
    store_id = omics.create_sequence_store(name="planned")["id"]
    clock.advance(1)

    failed = omics.get_sequence_store(id=store_id)
    assert (failed["status"], failed["statusMessage"]) == ("FAILED", "KMS key not usable")
    assert _status(omics, other) == "ACTIVE"
    with pytest.raises(omics.exceptions.ConflictException):
        omics.update_sequence_store(id=store_id, name="x")
    again = omics.create_sequence_store(name="planned")["id"]
    assert _status(omics, again) == "ACTIVE"
    omics.delete_sequence_store(id=store_id)
    with pytest.raises(omics.exceptions.ResourceNotFoundException):
        omics.get_sequence_store(id=store_id)


def test_plans_for_updates_and_deletes(
    omics: Any, emulator: Emulator, a_store: Any, clock: ManualClock
) -> None:
    store_id = a_store()["id"]
    emulator.plan_status([("UPDATING", 5), ("FAILED", "x")], store_id=store_id, on="update")
    emulator.plan_status([("DELETING", 5)], on="delete", times=None)

    assert omics.update_sequence_store(id=store_id)["status"] == "UPDATING"
    clock.advance(5)
    assert _status(omics, store_id) == "FAILED"
    omics.delete_sequence_store(id=store_id)
    assert _status(omics, store_id) == "DELETING"
    clock.advance(5)
    assert omics.list_sequence_stores()["sequenceStores"] == []


@pytest.mark.parametrize("steps", [[], [("GONE",)], [()], ["ACTIVE"], [("FAILED", "a\nb")], [{}]])
def test_malformed_plans_are_refused(steps: Any, emulator: Emulator) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        emulator.plan_status(steps)


def test_nothing_lasts_or_happens_less_than_not_at_all(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="seconds of a step cannot be -1"):
        emulator.plan_status([("CREATING", -1), ("ACTIVE",)])
    with pytest.raises(ValueError, match="times of a plan cannot be -1"):
        emulator.plan_status([("ACTIVE",)], times=-1)
    with pytest.raises(ValueError, match="times of a deletion refusal cannot be -1"):
        DeletionRefusal(times=-1)


def test_read_sets_are_deleting_for_a_while_and_can_stay_as_deleted(
    omics: Any, emulator: Emulator, a_store: Any, clock: ManualClock
) -> None:
    emulator.configure(read_set_deleting_s=5, assume={"deleted-read-sets": "kept"})
    store_id = a_store()["id"]
    read_set = emulator.put_read_sets(store_id, 1)[0]

    def statuses() -> list[str]:
        found = omics.list_read_sets(sequenceStoreId=store_id)["readSets"]
        return [item["status"] for item in found]

    answer = omics.batch_delete_read_set(sequenceStoreId=store_id, ids=[read_set["id"]])
    assert "errors" not in answer
    assert statuses() == ["DELETING"]
    with pytest.raises(omics.exceptions.ConflictException):
        omics.delete_sequence_store(id=store_id)
    clock.advance(5)
    assert statuses() == ["DELETED"]
    omics.delete_sequence_store(id=store_id)


def test_calls_beyond_the_documented_rate_are_throttled(
    make_client: Any, clock: ManualClock
) -> None:
    omics = make_client(Emulator(clock=clock, quotas=True))
    throttled = omics.exceptions.ThrottlingException
    omics.create_sequence_store(name="a")
    with pytest.raises(throttled) as caught:
        omics.create_sequence_store(name="b")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429

    for _ in range(5):
        omics.list_sequence_stores()
    with pytest.raises(throttled):
        omics.list_sequence_stores()
    clock.advance(0.2)
    omics.list_sequence_stores()
    for name in "cde":
        clock.advance(1)
        omics.create_sequence_store(name=name)
    clock.advance(10)
    omics.create_sequence_store(name="f")
    with pytest.raises(throttled):
        omics.create_sequence_store(name="g")


def test_a_refused_call_counts_for_the_rate(emulator: Emulator, call: Any) -> None:
    emulator.configure(quotas=True)

    assert call("CreateSequenceStore", name="").code == "ValidationException"
    assert call("CreateSequenceStore", name="x").code == "ThrottlingException"


def test_a_client_that_retries_gets_through_a_throttle(
    make_client: Any, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: clock.advance(1))
    omics = make_client(Emulator(clock=clock, quotas=True), attempts=4)
    for name in "abc":
        omics.create_sequence_store(name=name)
    assert len(omics.list_sequence_stores()["sequenceStores"]) == 3


def test_latency_and_delays_pass_time(omics: Any, emulator: Emulator, clock: ManualClock) -> None:
    start = clock()
    emulator.configure(latency_s=0.5)
    emulator.faults.add({"operation": "GetSequenceStore", "action": "delay", "delay_s": 2})

    omics.list_sequence_stores()
    assert clock() - start == 0.5
    with pytest.raises(omics.exceptions.ResourceNotFoundException):
        omics.get_sequence_store(id="0000000000")
    assert clock() - start == 3


@pytest.mark.parametrize("delay_first", [True, False])
def test_a_delay_goes_with_another_fault_and_the_first_of_two_others_counts(
    delay_first: bool, omics: Any, emulator: Emulator, clock: ManualClock
) -> None:
    delay = FaultRule(action="delay", delay_s=2)
    others = [FaultRule(code=f"{name}Exception") for name in ("Conflict", "AccessDenied")]
    for rule in (delay, *others) if delay_first else (*others, delay):
        emulator.faults.add(rule)
    start = clock()

    with pytest.raises(omics.exceptions.ConflictException):
        omics.list_sequence_stores()

    assert clock() - start == 2


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("InternalServerException", 500),
        ("ServiceQuotaExceededException", 402),
        ("ThrottlingException", 429),
        ("ValidationException", 400),
        ("ConflictException", 409),
        ("ResourceNotFoundException", 404),
        ("AccessDeniedException", 403),
        ("RequestTimeoutException", 408),
        ("NotSupportedOperationException", 405),
    ],
)
def test_injected_errors_are_typed_exceptions(
    code: str, status: int, omics: Any, emulator: Emulator
) -> None:
    emulator.faults.add(FaultRule("CreateSequenceStore", "error", code=code, times=1))

    with pytest.raises(getattr(omics.exceptions, code)) as caught:
        omics.create_sequence_store(name="x")

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert omics.list_sequence_stores()["sequenceStores"] == []
    omics.create_sequence_store(name="x")
    assert [(call.status, call.error_code, call.fault) for call in emulator.calls] == [
        (status, code, "error"),
        (200, None, None),
        (200, None, None),
    ]


@pytest.mark.parametrize("when", ["before", "after"])
def test_after_a_lost_answer_the_retry_makes_one_store(
    when: str, emulator: Emulator, make_client: Any
) -> None:
    omics = make_client(emulator, attempts=3)
    rule = {"operation": "CreateSequenceStore", "action": "drop", "when": when, "calls": [1]}
    emulator.faults.add(rule)

    made = omics.create_sequence_store(name="x")

    listed = omics.list_sequence_stores()["sequenceStores"]
    assert [store["id"] for store in listed] == [made["id"]]
    tokens = [call.parameters["clientToken"] for call in emulator.calls if "Create" in call.name]
    assert len(tokens) == 2
    assert tokens[0] == tokens[1]
    assert emulator.calls[0].status is None


def test_without_a_retry_a_drop_after_the_effect_leaves_a_store(
    omics: Any, emulator: Emulator
) -> None:
    emulator.faults.add(FaultRule("omics:Create*", "drop", when="after"))
    with pytest.raises(ConnectionClosedError):
        omics.create_sequence_store(name="x")
    emulator.faults.clear()
    assert len(omics.list_sequence_stores()["sequenceStores"]) == 1


def test_a_body_fault_answers_anything(omics: Any, emulator: Emulator) -> None:
    emulator.faults.add(FaultRule("*", "body", when="after", status=200, times=1))
    emulator.faults.add(FaultRule("*", "body", status=503, body="<html>", calls=[2]))

    assert "id" not in omics.create_sequence_store(name="x")
    with pytest.raises(ClientError) as caught:
        omics.list_sequence_stores()
    assert caught.value.response["Error"]["Code"] == "503"
    assert len(omics.list_sequence_stores()["sequenceStores"]) == 1


@pytest.mark.parametrize(
    ("rule", "member"),
    [
        ({"action": "explode"}, "action of a fault rule cannot be 'explode': .*'error', 'drop'"),
        ({"action": ["error"]}, "action"),
        ({"when": "later"}, "when"),
        ({"oops": 1}, "a fault rule has no oops"),
        ({"calls": 1}, "calls of a fault rule cannot be 1: Input should be a valid list"),
        ({"calls": ["1"]}, "calls"),
        ({"times": True}, "times"),
        ({"status": "503"}, "status"),
        ({"body": {}}, "body"),
        ({"delay_s": "2"}, "delay_s of a fault rule cannot be '2': Input should be a valid number"),
        ({"delay_s": math.nan}, "delay_s of a fault rule cannot be nan"),
        ({"ancestors": "pulumi"}, "ancestors"),
        ({"seen": None}, "seen"),
        (
            {"delay_s": -0.1},
            "delay_s of a fault rule cannot be -0.1: .* greater than or equal to 0",
        ),
        ({"times": -1}, "times"),
        ({"calls": [1, 0]}, "calls"),
        ({"pid": -1}, "pid"),
        ({"seen": -1}, "seen"),
    ],
)
def test_malformed_rules_are_refused(rule: dict[str, Any], member: str, emulator: Emulator) -> None:
    with pytest.raises(ValueError, match=f"^{member}"):
        emulator.faults.add(rule)
    assert list(emulator.faults) == []


@pytest.mark.parametrize(
    ("settings", "member"),
    [
        ({"creating_s": "2"}, "creating_s of the settings cannot be '2'"),
        ({"latency_s": None}, "latency_s"),
        ({"latency_s": math.inf}, "latency_s"),
        ({"quotas": 1}, "quotas"),
        ({"sequence_stores_max": 1.5}, "sequence_stores_max"),
        ({"creating_s": -1}, "creating_s of the settings cannot be -1: .* greater than or equal"),
        ({"updating_s": -1}, "updating_s"),
        ({"deleting_s": -1}, "deleting_s"),
        ({"read_set_deleting_s": -1}, "read_set_deleting_s"),
        ({"latency_s": -1}, "latency_s"),
        ({"sequence_stores_max": -1}, "sequence_stores_max"),
        ({"reference_stores_max": -1}, "reference_stores_max"),
    ],
)
def test_malformed_settings_are_refused(
    settings: dict[str, Any], member: str, emulator: Emulator
) -> None:
    with pytest.raises(ValueError, match=f"^{member}"):
        emulator.configure(**settings)
    with pytest.raises(ValueError, match=f"^{member}"):
        Emulator(**settings)
    emulator.configure(creating_s=2, sequence_stores_max=None)


CRASHING = """
import sys
import boto3
from omics_components.emulator import Emulator
emulator = Emulator(state_file=sys.argv[1])
emulator.faults.add({"operation": "CreateSequenceStore", "action": "crash", "when": sys.argv[2]})
with emulator.in_process():
    boto3.client("omics", region_name="us-east-1", aws_access_key_id="x",
                 aws_secret_access_key="y").create_sequence_store(name="x")
"""


@pytest.mark.parametrize(("when", "stores"), [("before", 0), ("after", 1)])
def test_a_crash_kills_the_caller_before_or_after_the_effect(
    when: str, stores: int, tmp_path: Path, make_client: Any
) -> None:
    state = tmp_path / "state.json"

    ended = subprocess.run(
        [sys.executable, "-c", CRASHING, str(state), when], check=False, env=dict(os.environ)
    )

    assert ended.returncode == -signal.SIGKILL
    omics = make_client(Emulator(state_file=state))
    assert len(omics.list_sequence_stores()["sequenceStores"]) == stores


def test_sixteen_threads_make_and_delete_stores_without_losing_one(
    emulator: Emulator, make_client: Any
) -> None:
    omics = make_client(emulator)
    barrier = threading.Barrier(16)

    def work(number: int) -> list[str]:
        barrier.wait(10)
        made = [omics.create_sequence_store(name=f"{number}-{i}")["id"] for i in range(8)]
        omics.delete_sequence_store(id=made.pop())
        return made

    with ThreadPoolExecutor(16) as pool:
        kept = [store_id for made in pool.map(work, range(16)) for store_id in made]

    pages = omics.get_paginator("list_sequence_stores").paginate()
    listed = [store["id"] for page in pages for store in page["sequenceStores"]]
    assert sorted(listed) == sorted(kept)
    assert len(set(kept)) == 16 * 7
