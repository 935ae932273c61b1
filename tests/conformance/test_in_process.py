"""The emulator inside a process: beside mock_aws, attached, through the fixtures, on disk."""

import json
import os
import sqlite3
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from botocore.session import Session
from moto import mock_aws

from omics_components.emulator import Emulator, EmulatorServer, ManualClock

KEYS = {
    "aws_access_key_id": "AKIAFAKE",
    "aws_secret_access_key": "fake",
    "region_name": "us-east-1",
}


def test_plain_clients_are_caught_and_moto_answers_the_rest(omics_emulator: Emulator) -> None:
    omics, kms = boto3.client("omics"), boto3.client("kms")
    omics_emulator.faults.add({"operation": "kms:ListKeys", "code": "ThrottlingException"})
    made = omics.create_sequence_store(name="x")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    with pytest.raises(ClientError, match="Throttling"):
        boto3.client("kms", config=_one_attempt()).list_keys()

    account = boto3.client("sts").get_caller_identity()["Account"]
    assert made["arn"].split(":")[4] == key.split(":")[4] == account
    assert omics_emulator.calls.names() == [
        "omics:CreateSequenceStore",
        "kms:CreateKey",
        "kms:ListKeys",
        "sts:GetCallerIdentity",
    ]
    assert [call.status for call in omics_emulator.calls] == [200, 200, 400, 200]


def _one_attempt() -> Any:
    from botocore.config import Config  # noqa: PLC0415 - used here only

    return Config(retries={"total_max_attempts": 1})


def test_an_assumed_role_acts_in_its_own_account(omics_emulator: Emulator) -> None:
    role = "arn:aws:iam::999988887777:role/r"
    keys = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    omics = boto3.client(
        "omics",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    assert omics.create_sequence_store(name="x")["arn"].split(":")[4] == "999988887777"
    assert len(omics_emulator.calls) == 2


def test_a_call_beside_omics_takes_effect_once_or_not_at_all(omics_emulator: Emulator) -> None:
    kms = boto3.client("kms", config=_one_attempt())
    kms.create_key()
    assert len(kms.list_keys()["Keys"]) == 1
    for rule in (
        {"action": "error", "times": 1},
        {"action": "drop", "calls": [1]},
        {"action": "drop", "when": "after", "calls": [1]},
    ):
        omics_emulator.faults.clear()
        omics_emulator.faults.add({"operation": "kms:CreateKey"} | rule)
        with pytest.raises((ClientError, ConnectionClosedError)):
            kms.create_key()
    assert len(kms.list_keys()["Keys"]) == 2


def test_a_call_beside_omics_takes_time_too() -> None:
    clock = ManualClock()
    start = clock()
    with mock_aws(), Emulator(clock=clock, sleep=clock.advance, latency_s=0.5).in_process():
        boto3.client("kms", **KEYS).list_keys()  # type: ignore[call-overload] # keys by name

    assert clock() - start == 0.5


def test_objects_pass_beside_omics_whole(omics_emulator: Emulator) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="a/b", Body=b"content")

    assert s3.get_object(Bucket="bucket", Key="a/b")["Body"].read() == b"content"
    assert s3.head_object(Bucket="bucket", Key="a/b")["ContentLength"] == 7
    assert omics_emulator.calls.names()[2:] == ["s3:GetObject", "s3:HeadObject"]


def test_the_innermost_emulator_answers_and_nothing_leaks_out() -> None:
    outer, inner = Emulator(), Emulator()
    with outer.in_process():
        omics = boto3.client("omics", **KEYS)  # type: ignore[call-overload] # keys by name
        omics.create_sequence_store(name="outer")
        with inner.in_process():
            assert omics.list_sequence_stores()["sequenceStores"] == []
        assert len(omics.list_sequence_stores()["sequenceStores"]) == 1
    with pytest.raises(RuntimeError, match="has ended"):
        omics.list_sequence_stores()


@pytest.mark.parametrize("kind", ["client", "boto3 session", "botocore session"])
def test_an_emulator_can_be_attached(kind: str) -> None:
    emulator = Emulator()
    session = boto3.Session(**KEYS)  # type: ignore[arg-type] # keys by name
    if kind == "client":
        client: Any = session.client("omics")
        emulator.attach(client)
    elif kind == "boto3 session":
        emulator.attach(session)
        client = session.client("omics")
    else:
        core = Session()
        core.set_credentials("AKIAFAKE", "fake")
        emulator.attach(core)
        client = core.create_client("omics", region_name="us-east-1")

    client.create_sequence_store(name="x")

    assert emulator.calls.names() == ["omics:CreateSequenceStore"]


def test_the_servers_fixtures_lead_plain_clients_to_it(
    omics_emulator_server: EmulatorServer, omics_emulator_url: str
) -> None:
    assert boto3.client("sts").get_caller_identity()["Account"] == "123456789012"
    boto3.client("s3").create_bucket(Bucket="theirs")
    boto3.client("omics").create_sequence_store(name="reads")

    assert omics_emulator_server.emulator.calls.names() == [
        "sts:GetCallerIdentity",
        "s3:CreateBucket",
        "omics:CreateSequenceStore",
    ]
    assert os.environ["AWS_ENDPOINT_URL"] == omics_emulator_url == omics_emulator_server.url


def test_a_server_beside_the_emulator_serves_it(
    omics_emulator: Emulator, omics_emulator_server: EmulatorServer
) -> None:
    assert_one_aws(omics_emulator, omics_emulator_server)


def test_the_order_of_the_two_fixtures_does_not_matter(
    omics_emulator_server: EmulatorServer, omics_emulator: Emulator
) -> None:
    assert_one_aws(omics_emulator, omics_emulator_server)


def assert_one_aws(emulator: Emulator, server: EmulatorServer) -> None:
    """Let clients of both kinds see the same, and the log have each call once."""
    assert server.emulator is emulator
    assert os.environ["AWS_ENDPOINT_URL"] == server.url
    inside, served = _clients("https://{}.us-east-1.amazonaws.com"), _clients(server.url)

    store = inside["omics"].create_sequence_store(name="reads")
    key = served["kms"].create_key()["KeyMetadata"]["Arn"]

    assert served["omics"].get_sequence_store(id=store["id"])["name"] == "reads"
    assert inside["kms"].describe_key(KeyId=key)["KeyMetadata"]["Arn"] == key
    assert emulator.calls.names() == [
        "omics:CreateSequenceStore",
        "kms:CreateKey",
        "omics:GetSequenceStore",
        "kms:DescribeKey",
    ]


def _clients(url: str) -> dict[str, Any]:
    make: Any = boto3.client  # its stubs know services by literal names only
    return {name: make(name, endpoint_url=url.format(name)) for name in ("omics", "kms")}


@pytest.fixture
def their_bucket(omics_emulator: Emulator) -> str:  # noqa: ARG001 - it is there first
    boto3.client("s3").create_bucket(Bucket="theirs")
    return "theirs"


def test_a_server_finds_what_was_there_before_it(
    their_bucket: str, omics_emulator_server: EmulatorServer
) -> None:
    [bucket] = boto3.client("s3").list_buckets()["Buckets"]
    assert bucket["Name"] == their_bucket
    assert omics_emulator_server.emulator.calls.names() == ["s3:CreateBucket", "s3:ListBuckets"]


def test_the_state_file_holds_everything(tmp_path: Path, make_client: Any) -> None:
    path, clock = tmp_path / "state.json", ManualClock()
    first = Emulator(state_file=path, clock=clock, creating_s=10, read_set_deleting_s=10)
    omics = make_client(first)
    store = omics.create_sequence_store(
        name="é",
        tags={"a": "b"},
        sseConfig={"type": "KMS"},
        propagatedSetLevelTags=["a"],
        s3AccessConfig={"accessLogLocation": "s3://logs/"},
    )
    point = store["s3Access"]["s3AccessPointArn"]
    read_sets = first.put_read_sets(store["id"], 3)
    references = omics.create_reference_store(name="r", clientToken="t")
    first.put_references(references["id"], 1)
    omics.batch_delete_read_set(sequenceStoreId=store["id"], ids=[read_sets[0]["id"]])
    clock.advance(1)
    policy = json.loads(omics.get_s3_access_policy(s3AccessPointArn=point)["s3AccessPolicy"])
    omics.put_s3_access_policy(
        s3AccessPointArn=point, s3AccessPolicy=json.dumps({**policy, "Id": "mine"})
    )

    again = make_client(Emulator(state_file=path, clock=clock))

    for client in (omics, again):
        assert client.get_sequence_store(id=store["id"])["status"] == "CREATING"
    for operation, parameters in (
        ("get_sequence_store", {"id": store["id"]}),
        ("get_s3_access_policy", {"s3AccessPointArn": point}),
        ("list_tags_for_resource", {"resourceArn": store["arn"]}),
        ("list_read_sets", {"sequenceStoreId": store["id"]}),
        ("list_references", {"referenceStoreId": references["id"]}),
        ("list_reference_stores", {}),
    ):
        answers = [getattr(client, operation)(**parameters) for client in (omics, again)]
        for answer in answers:
            del answer["ResponseMetadata"]
        assert answers[0] == answers[1]
    repeated = again.create_reference_store(name="r", clientToken="t")
    assert repeated["id"] == references["id"]
    clock.advance(10)
    assert again.get_sequence_store(id=store["id"])["status"] == "ACTIVE"
    assert len(again.list_read_sets(sequenceStoreId=store["id"])["readSets"]) == 2


def test_the_state_file_has_at_once_what_a_test_puts_in(tmp_path: Path, make_client: Any) -> None:
    path = tmp_path / "state.json"
    emulator = Emulator(state_file=path)
    omics = make_client(emulator)
    store = omics.create_sequence_store(name="x")["id"]
    references = omics.create_reference_store(name="r")["id"]

    emulator.put_read_sets(store, 1)
    again = make_client(Emulator(state_file=path))
    assert len(again.list_read_sets(sequenceStoreId=store)["readSets"]) == 1
    emulator.put_references(references, 1)
    again = make_client(Emulator(state_file=path))
    assert len(again.list_references(referenceStoreId=references)["references"]) == 1
    emulator.reset()
    again = make_client(Emulator(state_file=path))
    assert again.list_sequence_stores()["sequenceStores"] == []


def _store_names(emulator: Emulator, make_client: Any) -> set[str]:
    return {one["name"] for one in make_client(emulator).list_sequence_stores()["sequenceStores"]}


def test_the_state_file_is_whole_at_every_moment(tmp_path: Path, make_client: Any) -> None:
    path = tmp_path / "state"
    path.write_text("")
    omics = make_client(Emulator(state_file=path))
    seen: list[int] = []

    with ThreadPoolExecutor(4) as pool:
        making = [pool.submit(omics.create_sequence_store, name=str(i)) for i in range(40)]
        while not all(future.done() for future in making):
            seen.append(len(_store_names(Emulator(state_file=path), make_client)))

    assert seen == sorted(seen)
    assert len(_store_names(Emulator(state_file=path), make_client)) == 40
    assert [child.name for child in tmp_path.iterdir()] == ["state"]


WRITER = """
import sys
import boto3
from omics_components.emulator import Emulator
with Emulator(state_file=sys.argv[1]).in_process():
    omics = boto3.client("omics", region_name="us-east-1", aws_access_key_id="x",
                         aws_secret_access_key="y")
    for number in range(int(sys.argv[3])):
        omics.create_sequence_store(name=f"{sys.argv[2]}{number}")
        print(number, flush=True)
"""


def _writer(path: Path, name: str, count: int) -> "subprocess.Popen[str]":
    arguments = [sys.executable, "-c", WRITER, str(path), name, str(count)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def test_two_emulators_on_one_file_lose_nothing(tmp_path: Path, make_client: Any) -> None:
    path = tmp_path / "state"
    running = [_writer(path, name, 25) for name in "ab"]
    here = Emulator(state_file=path)
    for process in running:
        process.communicate(timeout=60)
        assert process.returncode == 0

    expected = {f"{name}{number}" for name in "ab" for number in range(25)}
    assert _store_names(here, make_client) == expected
    again = Emulator(state_file=path)
    [first, *_] = make_client(again).list_sequence_stores()["sequenceStores"]
    make_client(again).delete_sequence_store(id=first["id"])
    assert _store_names(here, make_client) == expected - {first["name"]}


def test_a_killed_emulator_leaves_a_whole_file_and_no_other(
    tmp_path: Path, make_client: Any
) -> None:
    path = tmp_path / "state"
    for name in "abc":
        process = _writer(path, name, 10_000)
        assert process.stdout is not None
        answered = [process.stdout.readline() for _ in range(7)]
        process.kill()
        rest = process.communicate()[0].splitlines()
        names = _store_names(Emulator(state_file=path), make_client)
        made = [one for one in names if one.startswith(name)]
        # The last one may be written and not yet answered.
        assert len(made) - len(answered) - len(rest) in (0, 1)
        assert [child.name for child in tmp_path.iterdir()] == ["state"]


def test_the_state_file_keeps_its_link_and_its_mode(tmp_path: Path, make_client: Any) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.touch(mode=0o644)
    target.chmod(0o644)
    link.symlink_to(target)

    make_client(Emulator(state_file=link)).create_sequence_store(name="x")

    assert link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o644
    assert _store_names(Emulator(state_file=target), make_client) == {"x"}


@pytest.mark.parametrize("place", ["", "file/state", "/proc/state"])
def test_a_state_file_that_cannot_be_written_is_refused_at_once(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="cannot be used as a state file: "):
        Emulator(state_file=tmp_path / place if place else tmp_path)


def test_a_write_costs_little_beside_many_read_sets(tmp_path: Path, make_client: Any) -> None:
    emulator = Emulator(state_file=tmp_path / "state")
    omics = make_client(emulator)
    store = omics.create_sequence_store(name="x")
    emulator.put_read_sets(store["id"], 5000)
    started = time.process_time()
    for number in range(5):
        omics.tag_resource(resourceArn=store["arn"], tags={"a": str(number)})
    each_s = (time.process_time() - started) / 5

    assert each_s < 0.3  # 0.04 here; all records as one document took 0.9
    again = make_client(Emulator(state_file=tmp_path / "state"))
    assert again.list_tags_for_resource(resourceArn=store["arn"])["tags"] == {"a": "4"}


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 1, "regions": {}}', "x" * 5000])
def test_a_foreign_state_file_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_text(text)
    with pytest.raises(ValueError, match="is not a state file of this emulator: "):
        Emulator(state_file=path)
    assert path.read_text() == text


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state"
    with closing(sqlite3.connect(path)) as file:
        file.execute("CREATE TABLE records (a)")
    with pytest.raises(ValueError, match="it has version 0, not 2"):
        Emulator(state_file=path)


def test_a_reset_forgets_everything_but_the_settings(
    omics: Any, emulator: Emulator, a_store: Any
) -> None:
    emulator.configure(creating_s=1)
    emulator.faults.add({"operation": "kms:*"})
    a_store()

    emulator.reset()

    assert (list(emulator.calls), list(emulator.faults)) == ([], [])
    assert omics.list_sequence_stores()["sequenceStores"] == []
    assert emulator.settings.creating_s == 1


def test_a_reset_forgets_plans_and_how_often_was_called(
    make_client: Any, clock: ManualClock
) -> None:
    emulator = Emulator(clock=clock, quotas=True)
    omics = make_client(emulator)
    emulator.plan_status([("CREATING", 60), ("FAILED",)], times=None)
    omics.create_sequence_store(name="x")

    emulator.reset()

    made = omics.create_sequence_store(name="x")["id"]
    assert omics.get_sequence_store(id=made)["status"] == "ACTIVE"
