"""The emulator as a server: boto3 over a socket, moto beside it, control API, command line."""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
import botocore
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from omics_components.emulator import Emulator, EmulatorServer, ManualClock
from tests.conformance.conftest import AUTHORIZATION


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with EmulatorServer() as running:
        yield running
        running.reset()


Connect = Callable[..., Any]


@pytest.fixture
def connect(session: boto3.Session, server: EmulatorServer) -> Iterator[Connect]:
    clients = []

    def make(service: str, attempts: int = 1, **keys: str) -> Any:
        config = Config(
            inject_host_prefix=False, retries={"mode": "standard", "total_max_attempts": attempts}
        )
        client = session.client(service, endpoint_url=server.url, config=config, **keys)  # type: ignore[call-overload] # any service
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


def control(url: str, method: str, path: str, document: Any = None, **headers: str) -> Any:
    body = None if document is None else json.dumps(document).encode()
    request = Request(f"{url}/_emulator/{path}", body, headers, method=method)  # noqa: S310 - http, ours
    with urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
        return json.load(answer)


def refusal(url: str, method: str, path: str, document: Any = None, **headers: str) -> int:
    with pytest.raises(HTTPError) as caught:
        control(url, method, path, document, **headers)
    with caught.value as answer:
        assert json.load(answer)["message"]
        return answer.code


def test_a_store_lives_through_http(connect: Connect) -> None:
    omics = connect("omics")
    made = omics.create_sequence_store(name="é", tags={"a": "b"}, fallbackLocation="s3://bucket")
    point = made["s3Access"]["s3AccessPointArn"]

    assert omics.list_tags_for_resource(resourceArn=made["arn"])["tags"] == {"a": "b"}
    omics.untag_resource(resourceArn=made["arn"], tagKeys=["a", "b"])
    assert omics.get_s3_access_policy(s3AccessPointArn=point)["storeId"] == made["id"]
    updated = omics.update_sequence_store(id=made["id"], fallbackLocation="")
    assert "fallbackLocation" not in updated
    omics.delete_sequence_store(id=made["id"])
    with pytest.raises(omics.exceptions.ResourceNotFoundException):
        omics.get_sequence_store(id=made["id"])


def test_every_answer_has_one_date_and_it_is_the_emulators() -> None:
    connect: Any = boto3.client  # its stubs know services by literal names only
    with EmulatorServer(Emulator(clock=ManualClock(1_000_000_000))) as server:
        config = Config(inject_host_prefix=False)
        omics, kms = (
            connect(
                name,
                endpoint_url=server.url,
                region_name="us-east-1",
                aws_access_key_id="x",
                aws_secret_access_key="y",  # noqa: S106 no secret: the emulator takes any
                config=config,
            )
            for name in ("omics", "kms")
        )
        for answer in (omics.list_sequence_stores(), kms.list_keys()):
            headers = answer["ResponseMetadata"]["HTTPHeaders"]
            assert headers["date"] == "Sun, 09 Sep 2001 01:46:40 GMT"


def test_a_short_answer_arrives_at_once(server: EmulatorServer) -> None:
    """The Go SDK may close a connection after the head: what came with the head it still reads."""
    host, port = server.url.removeprefix("http://").split(":")
    request = f"GET /_emulator/health HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    for _ in range(20):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(request)
            head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
        assert f"Content-Length: {len(body)}".encode() in head


def test_a_body_that_waits_to_be_asked_for(server: EmulatorServer) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    head = (
        f"POST /_emulator/settings HTTP/1.1\r\nHost: {host}\r\n"
        "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(head.encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.sendall(b"{}")
        with connection.makefile("rb") as answer:
            assert b"HTTP/1.1 200 OK\r\n" in answer.read()


def test_a_client_that_leaves_before_its_answer(capfd: pytest.CaptureFixture[str]) -> None:
    arrived, gone = threading.Event(), threading.Event()

    def wait(_: float) -> None:
        arrived.set()
        gone.wait(10)

    with EmulatorServer(Emulator(sleep=wait, latency_s=1)) as server:
        host, port = server.url.removeprefix("http://").split(":")
        head = f"GET /sequencestore HTTP/1.1\r\nHost: {host}\r\n"
        signed = f"Authorization: {AUTHORIZATION.format(region='us-east-1')}\r\n\r\n"
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(f"{head}{signed}".encode())
            assert arrived.wait(10)
            # Closed so, it refuses what still comes.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        answering = [item for item in threading.enumerate() if "process_request" in item.name]
        gone.set()
        for thread in answering:
            thread.join(10)

    assert answering
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_urls_of_either_version_name_their_caller(
    session: boto3.Session, connect: Connect, server: EmulatorServer, version: str
) -> None:
    connect("s3").create_bucket(Bucket="reads")
    connect("s3").put_object(Bucket="reads", Key="a b", Body=b"x")
    config = Config(signature_version=version)
    signer = session.client("s3", endpoint_url=server.url, config=config)

    url = signer.generate_presigned_url("get_object", Params={"Bucket": "reads", "Key": "a b"})

    with urlopen(url, timeout=10) as answer:  # noqa: S310 - http, ours
        assert answer.read() == b"x"
    assert server.emulator.calls.names()[-1] == "s3:GetObject"
    signer.close()


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_form_names_its_caller(
    session: boto3.Session, connect: Connect, server: EmulatorServer, version: str
) -> None:
    connect("s3").create_bucket(Bucket="reads")
    config = Config(signature_version=version)
    signer = session.client("s3", endpoint_url=server.url, config=config)
    form = signer.generate_presigned_post("reads", "a b")
    fields = {**form["fields"], "file": "content"}
    body = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    post = Request(form["url"], f"{body}--x--\r\n".encode(), headers)  # noqa: S310 - http, ours

    with urlopen(post, timeout=10) as answer:  # noqa: S310 - http, ours
        assert answer.status in (200, 204)

    assert connect("s3").get_object(Bucket="reads", Key="a b")["Body"].read() == b"content"
    signer.close()


@pytest.mark.parametrize(
    "host", ["localhost", "host.docker.internal", "s3.us-east-1.amazonaws.com"]
)
def test_a_bucket_in_the_host_name_evades_neither_permissions_nor_faults(
    connect: Connect, server: EmulatorServer, host: str
) -> None:
    connect("s3").create_bucket(Bucket="reads")
    signed = "Authorization: AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/s3/aws4_request"
    hosts = f"Host: reads.{host}", signed

    assert raw(server, "PUT", *hosts, "Content-Length: 1", path="/a", body=b"x")[0] == 200
    assert raw(server, "GET", *hosts, path="/a")[::2] == (200, b"x")
    assert server.emulator.calls.names()[-2:] == ["s3:PutObject", "s3:GetObject"]

    server.emulator.faults.add({"operation": "s3:PutObject", "code": "SlowDown", "status": 503})
    assert raw(server, "PUT", *hosts, "Content-Length: 1", path="/b", body=b"x")[0] == 503
    statement = {"Effect": "Allow", "Action": "s3:CreateBucket", "Resource": "*"}
    server.emulator.faults.clear()
    server.emulator.allow_only({"Version": "2012-10-17", "Statement": [statement]})
    status, _, body = raw(server, "PUT", *hosts, "Content-Length: 1", path="/b", body=b"x")
    assert status == 403
    assert b"s3:PutObject on resource: arn:aws:s3:::reads/b" in body


def test_a_service_that_is_not_there_is_told_in_one_sentence(
    connect: Connect, server: EmulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(_: Any) -> None:
        raise ModuleNotFoundError("No module named 'openapi_spec_validator'", name="openapi_x")

    monkeypatch.setattr(server._moto, "answer", load)
    for service, call in (("cloudformation", "list_stacks"), ("lambda", "list_functions")):
        with pytest.raises(ClientError) as caught:
            getattr(connect(service), call)()
        answer = caught.value.response
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 501
        assert answer["Error"]["Code"] == "NotImplemented"
        assert answer["Error"]["Message"] == (
            f"The service {service} is not part of this emulator: the Python package openapi_x is "
            "not installed"
        )


def test_an_anonymous_request_of_s3_is_refused_as_s3_does(server: EmulatorServer) -> None:
    anonymous = boto3.client(
        "s3", endpoint_url=server.url, config=Config(signature_version=botocore.UNSIGNED)
    )
    with pytest.raises(ClientError, match=r"AccessDenied.* not signed"):
        anonymous.get_object(Bucket="reads", Key="a")
    anonymous.close()


@pytest.mark.parametrize("service", ["omics", "s3", "kms"])
def test_a_host_that_is_someone_elses_is_refused_signed_or_not(
    service: str, server: EmulatorServer
) -> None:
    signed = f"Authorization: Credential=AKIA/20260101/us-east-1/{service}/aws4_request"
    for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1"):
        assert raw(server, "GET", f"Host: {host}", signed)[0] == 403
    for host in ("control-storage-127.0.0.1:1", "localhost:1", "[::1]:1", "omics.a.amazonaws.com"):
        assert raw(server, "GET", f"Host: {host}", signed)[0] != 403


def test_calls_beside_omics_take_their_time_too(session: boto3.Session) -> None:
    clock = ManualClock()
    start = clock()
    emulator = Emulator(clock=clock, sleep=clock.advance, latency_s=0.5)
    with EmulatorServer(emulator) as server:
        session.client("kms", endpoint_url=server.url).list_keys()

    assert clock() - start == 0.5


def test_moto_answers_the_other_services_and_the_log_names_all_operations(
    connect: Connect, server: EmulatorServer
) -> None:
    omics, kms, s3, sts = (connect(name) for name in ("omics", "kms", "s3", "sts"))
    omics.list_sequence_stores()
    kms.create_key()
    s3.create_bucket(Bucket="sequencestores")
    s3.put_bucket_encryption(
        Bucket="sequencestores",
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
    )
    s3.put_object(Bucket="sequencestores", Key="a/b", Body=b"x")
    s3.copy_object(Bucket="sequencestores", Key="c", CopySource="sequencestores/a/b")
    assert s3.get_object(Bucket="sequencestores", Key="a/b")["Body"].read() == b"x"
    assert s3.head_object(Bucket="sequencestores", Key="c")["ContentLength"] == 1
    s3.list_objects_v2(Bucket="sequencestores")
    assert sts.get_caller_identity()["Account"] == "123456789012"
    with pytest.raises(ClientError):
        kms.describe_key(KeyId="00000000-0000-0000-0000-000000000000")

    assert server.emulator.calls.names() == [
        "omics:ListSequenceStores",
        "kms:CreateKey",
        "s3:CreateBucket",
        "s3:PutBucketEncryption",
        "s3:PutObject",
        "s3:CopyObject",
        "s3:GetObject",
        "s3:HeadObject",
        "s3:ListObjectsV2",
        "sts:GetCallerIdentity",
        "kms:DescribeKey",
    ]
    last = control(server.url, "GET", "calls")[-1]
    assert (last["status"], last["errorCode"]) == (400, "NotFoundException")
    assert (last["region"], last["account"]) == ("us-east-1", "123456789012")
    assert last["userAgent"].startswith("Boto3/")
    assert last["time"].endswith("Z")


def test_an_assumed_role_acts_in_its_own_account(connect: Connect) -> None:
    role = "arn:aws:iam::999988887777:role/r"
    keys = connect("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    there = {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretAccessKey"],
        "aws_session_token": keys["SessionToken"],
    }

    made = connect("omics", **there).create_sequence_store(name="x")

    assert connect("sts", **there).get_caller_identity()["Account"] == "999988887777"
    assert made["arn"].split(":")[4] == "999988887777"
    assert connect("omics").list_sequence_stores()["sequenceStores"] == []


def test_a_test_controls_the_emulator_over_http(connect: Connect, server: EmulatorServer) -> None:
    omics, url = connect("omics"), server.url
    assert control(url, "GET", "health")["status"] == "ok"
    plan = {"steps": [["CREATING", 0], ["FAILED", "no key"]], "name": "planned"}
    control(url, "POST", "status-plans", plan)
    failed = omics.create_sequence_store(name="planned")["id"]
    assert omics.get_sequence_store(id=failed)["statusMessage"] == "no key"

    store_id = omics.create_sequence_store(name="x")["id"]
    made = control(url, "POST", "read-sets", {"sequenceStoreId": store_id, "count": 2})
    items = {"sequenceStoreId": store_id, "items": [{"name": "mine"}]}
    control(url, "POST", "read-sets", items)
    listed = omics.list_read_sets(sequenceStoreId=store_id)["readSets"]
    assert [item["id"] for item in listed[:2]] == [item["id"] for item in made["readSets"]]
    assert listed[2]["name"] == "mine"
    reference_store = omics.create_reference_store(name="r")["id"]
    put = {"referenceStoreId": reference_store, "count": 1}
    assert len(control(url, "POST", "references", put)["references"]) == 1

    rules = [{"operation": "ListSequenceStores", "code": "ConflictException"}, {"times": 0}]
    control(url, "POST", "faults", rules)
    with pytest.raises(omics.exceptions.ConflictException):
        omics.list_sequence_stores()
    assert [rule["seen"] for rule in control(url, "GET", "faults")] == [1, 1]
    control(url, "DELETE", "faults")
    control(url, "DELETE", "calls")
    omics.list_sequence_stores()
    assert [call["name"] for call in control(url, "GET", "calls")] == ["omics:ListSequenceStores"]
    control(url, "POST", "settings", {"creating_s": 60})
    assert control(url, "GET", "settings")["creating_s"] == 60


def test_a_reset_forgets_motos_services_too(connect: Connect, server: EmulatorServer) -> None:
    omics, kms = connect("omics"), connect("kms")
    omics.create_sequence_store(name="x")
    kms.create_key()

    control(server.url, "POST", "reset")

    assert control(server.url, "GET", "calls") == []
    assert omics.list_sequence_stores()["sequenceStores"] == []
    assert kms.list_keys()["Keys"] == []


def test_a_reset_forgets_what_another_server_of_this_process_put_into_moto(
    connect: Connect,
) -> None:
    kms = connect("kms")
    kms.create_key()

    with EmulatorServer() as another:
        another.reset()

    assert kms.list_keys()["Keys"] == []


def test_the_fixture_is_fresh_whatever_another_server_left(
    connect: Connect, request: pytest.FixtureRequest
) -> None:
    connect("s3").create_bucket(Bucket="left-behind")

    request.getfixturevalue("omics_emulator_server")

    assert boto3.client("s3").list_buckets()["Buckets"] == []


def test_the_control_api_refuses_web_pages_and_nonsense(server: EmulatorServer) -> None:
    url = server.url
    assert refusal(url, "GET", "calls", Origin="http://evil.example") == 403
    assert refusal(url, "POST", "reset", {}, Host="evil.example") == 403
    assert refusal(url, "GET", "nothing") == 404
    assert refusal(url, "PUT", "calls", {}) == 405
    assert refusal(url, "POST", "faults", {"action": "explode"}) == 400
    assert refusal(url, "POST", "faults", 3) == 400
    assert refusal(url, "POST", "faults", {"calls": 1}) == 400
    assert refusal(url, "POST", "settings", {"oops": 1}) == 400
    assert refusal(url, "POST", "settings", {"creating_s": "2"}) == 400
    assert refusal(url, "POST", "deletion-refusals", {"ids": 5}) == 400
    assert refusal(url, "POST", "status-plans", {"steps": [["ACTIVE"]], "times": "1"}) == 400
    step = {"status": "CREATING", "seconds": "1"}
    assert refusal(url, "POST", "status-plans", {"steps": [step]}) == 400
    assert refusal(url, "POST", "read-sets", {"count": 1}) == 400
    missing = {"sequenceStoreId": "0000000000", "count": 1}
    assert refusal(url, "POST", "read-sets", missing) == 404


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("status-plans", {"steps": [["ACTIVE"]], "store_id": "x"}),
        ("fallback-uploads", {"sequenceStoreId": "x", "location": "s3://bucket/"}),
        ("read-sets", {"sequenceStoreId": "x", "count": 1, "item": []}),
        ("references", {"referenceStoreId": "x", "count": 1, "item": []}),
    ],
)
def test_the_control_api_refuses_members_that_it_does_not_know(
    path: str, document: dict[str, Any], connect: Connect, server: EmulatorServer
) -> None:
    omics = connect("omics")
    for name, operation in (("sequenceStoreId", "sequence"), ("referenceStoreId", "reference")):
        if name in document:
            create = getattr(omics, f"create_{operation}_store")
            document = {**document, name: create(name="x")["id"]}

    assert refusal(server.url, "POST", path, document) == 400
    assert server.emulator._plans == []


def test_a_failure_of_the_emulator_is_told_as_json(
    connect: Connect,
    server: EmulatorServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def break_down(*_: Any, **__: Any) -> None:
        raise RuntimeError("no disk")

    monkeypatch.setattr(server.emulator, "handle", break_down)
    with pytest.raises(ClientError) as caught:
        connect("omics").list_sequence_stores()

    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert answer["Error"]["Message"] == "The emulator failed: RuntimeError: no disk"
    assert "the emulator failed" in caplog.text


@pytest.mark.parametrize("bad", [{"operation": 5}, {"operatoin": "*"}, 7])
def test_rules_come_into_force_all_or_none(server: EmulatorServer, bad: Any) -> None:
    good = {"operation": "ListSequenceStores"}

    assert refusal(server.url, "POST", "faults", [good, bad]) == 400
    assert control(server.url, "GET", "faults") == []


def test_read_sets_are_put_all_or_none(connect: Connect, server: EmulatorServer) -> None:
    omics = connect("omics")
    store = omics.create_sequence_store(name="x")["id"]
    items = [{"name": "good"}, {"name": 5}]

    document = {"sequenceStoreId": store, "items": items}
    assert refusal(server.url, "POST", "read-sets", document) == 400
    assert omics.list_read_sets(sequenceStoreId=store)["readSets"] == []


def test_an_unsigned_request_gets_a_clear_error(server: EmulatorServer) -> None:
    with pytest.raises(HTTPError) as caught:
        urlopen(Request(f"{server.url}/sequencestores", b"{}"), timeout=10)  # noqa: S310 - http, ours
    with caught.value as answer:
        assert answer.status == 403
        assert "not signed" in json.load(answer)["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example"},
    ],
    ids=["origin", "site", "host"],
)
def test_a_web_page_cannot_reset_moto(
    headers: dict[str, str], connect: Connect, server: EmulatorServer
) -> None:
    connect("s3").create_bucket(Bucket="theirs")
    url = f"{server.url}/moto-api/reset"

    with pytest.raises(HTTPError) as caught:
        urlopen(Request(url, b"", headers, method="POST"), timeout=10)  # noqa: S310 - http, ours
    with caught.value as answer:
        assert answer.code == 403

    assert len(connect("s3").list_buckets()["Buckets"]) == 1
    with urlopen(Request(url, b"", method="POST"), timeout=10) as answer:  # noqa: S310 - as above
        assert answer.status == 200
    assert connect("s3").list_buckets()["Buckets"] == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-origin", "Host": "evil.example"},
    ],
    ids=["origin", "image", "rebinding"],
)
@pytest.mark.parametrize("service", ["omics", "s3"])
def test_a_web_page_cannot_pretend_to_sign(
    service: str, headers: dict[str, str], server: EmulatorServer
) -> None:
    """Signatures are not verified, so any page could write one into its URLs."""
    path = "sequencestores" if service == "omics" else ""
    credential = f"AKIA/20260101/us-east-1/{service}/aws4_request"
    url = f"{server.url}/{path}?X-Amz-Credential={credential}"
    method = "POST" if service == "omics" else "GET"

    with pytest.raises(HTTPError) as caught:
        urlopen(Request(url, headers=headers, method=method), timeout=10)  # noqa: S310 - ours
    with caught.value as answer:
        assert answer.code == 403

    typed = Request(url, headers={"Sec-Fetch-Site": "none"}, method=method)  # noqa: S310 - ours
    with urlopen(typed, timeout=10) as answer:  # noqa: S310 - as above
        assert answer.status == 200


def raw(
    server: EmulatorServer, method: str, *headers: str, body: bytes = b"", path: str = ""
) -> Any:
    """Send a request as no client would; return status, headers and body as they came."""
    path = path or ("/_emulator/calls" if method == "POST" else "/bucket")
    lines = [f"{method} {path} HTTP/1.1", "Connection: close", *headers]
    if not any(line.startswith("Host:") for line in lines):
        lines.append("Host: 127.0.0.1")
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), 5) as wire:
        wire.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        with wire.makefile("rb") as answer:
            head, _, content = answer.read().partition(b"\r\n\r\n")
    status, *fields = head.decode().split("\r\n")
    return int(status.split()[1]), dict(line.split(": ", 1) for line in fields), content


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("Content-Length: -1", b""),
        ("Content-Length: abc", b""),
        ("Content-Length: +1", b"x"),
        ("Content-Length: 1, 1", b"x"),
        ("Transfer-Encoding: chunked", b"no length\r\n"),
        ("Transfer-Encoding: chunked", b"-1\r\n"),
        ("Transfer-Encoding: chunked", b"1\r\nxy\r\n"),
    ],
)
def test_a_body_of_no_known_length_is_a_bad_request(
    header: str, body: bytes, server: EmulatorServer, caplog: pytest.LogCaptureFixture
) -> None:
    status, _, answer = raw(server, "POST", header, body=body)

    assert status == 400
    assert "body" in json.loads(answer)["message"]
    assert caplog.text == ""


def test_a_host_that_is_none_is_not_this_one(server: EmulatorServer) -> None:
    assert raw(server, "POST", "Host: [")[0] == 403
    assert raw(server, "GET", "Host: [")[0] == 403


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Authorization: Credential=AKIA/20260101/us-east-1/s3/aws4_request", 503),
        ("Accept: */*", 403),
    ],
    ids=["injected", "unsigned"],
)
def test_the_answer_to_head_has_no_body(header: str, status: int, server: EmulatorServer) -> None:
    server.emulator.faults.add({"operation": "s3:HeadBucket", "code": "SlowDown", "status": 503})

    head_status, headers, body = raw(server, "HEAD", header)

    assert (head_status, body) == (status, b"")
    assert int(headers["Content-Length"]) > 0
    assert [call.error_code for call in server.emulator.calls] in ([], ["SlowDown"])


def test_faults_reach_the_services_beside_omics(connect: Connect, server: EmulatorServer) -> None:
    faults = server.emulator.faults
    faults.add({"operation": "kms:CreateKey", "code": "LimitExceededException", "times": 1})
    faults.add({"operation": "s3:*", "code": "SlowDown", "status": 503, "times": 1})
    faults.add({"operation": "sts:*", "code": "ExpiredToken", "status": 403, "times": 1})
    faults.add({"operation": "tagging:*", "code": "InternalServiceException", "status": 500})
    faults.add({"operation": "kms:ListKeys", "action": "drop"})
    kms = connect("kms")

    for code, request in (
        ("LimitExceededException", kms.create_key),
        ("SlowDown", connect("s3").list_buckets),
        ("ExpiredToken", connect("sts").get_caller_identity),
        ("InternalServiceException", connect("resourcegroupstaggingapi").get_resources),
    ):
        with pytest.raises(ClientError) as caught:
            request()
        assert caught.value.response["Error"]["Code"] == code
    with pytest.raises(ConnectionClosedError):
        kms.list_keys()
    kms.create_key()
    logged = [(call.status, call.error_code) for call in server.emulator.calls]
    assert logged[:3] == [(400, "LimitExceededException"), (503, "SlowDown"), (403, "ExpiredToken")]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_dropped_connection_is_retried_into_one_store(
    when: str, connect: Connect, server: EmulatorServer
) -> None:
    omics = connect("omics", attempts=3)
    rule = {"operation": "CreateSequenceStore", "action": "drop", "when": when, "calls": [1]}
    server.emulator.faults.add(rule)

    made = omics.create_sequence_store(name="x")

    listed = omics.list_sequence_stores()["sequenceStores"]
    assert [store["id"] for store in listed] == [made["id"]]


CALLER = """
import boto3
boto3.client("omics").create_sequence_store(name="x")
"""


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="finds the caller through /proc")
@pytest.mark.parametrize(("when", "stores"), [("before", 0), ("after", 1)])
def test_a_crash_kills_the_process_at_the_other_end(
    when: str, stores: int, connect: Connect, server: EmulatorServer
) -> None:
    rule = {"operation": "CreateSequenceStore", "action": "crash", "when": when, "times": 1}
    server.emulator.faults.add(rule)

    ended = subprocess.run(
        [sys.executable, "-c", CALLER], check=False, env=os.environ | server.environment()
    )

    assert ended.returncode == -signal.SIGKILL
    assert len(connect("omics").list_sequence_stores()["sequenceStores"]) == stores


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY"])
def test_a_proxy_does_not_stand_between(
    name: str, server: EmulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:9")  # no one listens there

    subprocess.run(
        [sys.executable, "-c", CALLER], check=True, env=os.environ | server.environment()
    )

    assert server.emulator.calls.names() == ["omics:CreateSequenceStore"]


def test_what_would_lead_to_real_aws_does_not_stay(
    server: EmulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # no one listens there
    environment = os.environ | server.environment()

    ended = subprocess.run([sys.executable, "-c", CALLER], check=False, env=environment)

    assert ended.returncode == 0
    assert server.emulator.calls.names() == ["omics:CreateSequenceStore"]
    assert environment["AWS_SESSION_TOKEN"] == "fake"  # noqa: S105 no secret


CALLERS_PARENT = """
import pathlib, subprocess, sys
pathlib.Path("/proc/self/comm").write_text("an-engine")
subprocess.run([sys.executable, "-c", sys.argv[1]])
"""


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="finds the caller through /proc")
@pytest.mark.parametrize(("programs", "status"), [(["an-engine"], -signal.SIGKILL), (["x"], 0)])
def test_a_crash_kills_the_callers_engine_too(
    programs: list[str], status: int, server: EmulatorServer
) -> None:
    server.emulator.faults.add({"action": "crash", "ancestors": programs})

    ended = subprocess.run(
        [sys.executable, "-c", CALLERS_PARENT, CALLER],
        check=False,
        env=os.environ | server.environment(),
    )

    assert ended.returncode == status
    assert [call.fault for call in server.emulator.calls] == ["crash"]


def test_sixteen_threads_over_http(connect: Connect) -> None:
    omics = connect("omics")

    def work(number: int) -> str:
        made: str = omics.create_sequence_store(name=str(number))["id"]
        assert omics.get_sequence_store(id=made)["name"] == str(number)
        return made

    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(work, range(48)))
    listed = omics.list_sequence_stores()["sequenceStores"]
    assert {store["id"] for store in listed} == set(made)


def test_a_taken_port_is_an_error_and_stopping_twice_is_none(server: EmulatorServer) -> None:
    port = int(server.url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        EmulatorServer(port=port).start()
    other = EmulatorServer()
    with pytest.raises(RuntimeError):
        _ = other.url
    other.stop()


def test_a_server_is_started_once(server: EmulatorServer) -> None:
    url = server.url

    with pytest.raises(RuntimeError, match="is running already"):
        server.start()

    assert control(url, "GET", "health")["status"] == "ok"
    server.stop()
    server.start()
    assert control(server.url, "GET", "health")["status"] == "ok"


def _start(*arguments: str) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "omics_components.emulator", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_command_prints_its_url_keeps_its_state_and_ends_cleanly(
    ending: signal.Signals, tmp_path: Path, session: boto3.Session
) -> None:
    state = tmp_path / "deep" / "state.json"
    store_id, counts = "", []
    for _ in range(2):
        process, url = _start("--state", str(state), "--creating-s", "60", "--latency-ms", "1")
        config = Config(inject_host_prefix=False)
        omics = session.client("omics", endpoint_url=url, config=config)
        if not store_id:
            store_id = omics.create_sequence_store(name="x", clientToken="t")["id"]
        counts.append(len(omics.list_sequence_stores()["sequenceStores"]))
        assert omics.get_sequence_store(id=store_id)["status"] == "CREATING"
        assert omics.create_sequence_store(name="x", clientToken="t")["id"] == store_id
        omics.close()
        process.send_signal(ending)
        assert process.communicate(timeout=10) == ("", "")
        assert process.returncode == 0
    assert counts == [1, 1]


def test_the_command_says_why_it_cannot_start(tmp_path: Path, server: EmulatorServer) -> None:
    state = tmp_path / "state.json"
    state.write_text('{"version": 99}')
    port = server.url.rpartition(":")[2]
    for arguments, reason in (
        (("--state", str(state)), "is not a state file of this emulator"),
        (("--state", str(tmp_path)), "cannot be used as a state file"),
        (("--port", port), "in use"),
    ):
        process, url = _start(*arguments)
        _, text = process.communicate(timeout=10)
        assert (url, process.returncode) == ("", 1)
        assert reason in text
