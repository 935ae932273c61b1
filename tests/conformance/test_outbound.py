"""Clients that would leave this machine: too old for the emulator, or with other endpoints."""

from collections.abc import Iterator
from threading import Thread
from typing import Any

import botocore.handlers
import pytest
from boto3 import client as make_client
from botocore.config import Config
from botocore.httpsession import URLLib3Session
from botocore.session import Session

from omics_components.emulator import Emulator
from omics_components.emulator.outbound import no_network


def a_client(service: str, **arguments: Any) -> Any:
    """Make a client of a session of its own, with keys that an account may have."""
    core = Session()
    core.set_credentials("AKIAOFTHEDEVELOPER00", "secret")
    config = Config(retries={"total_max_attempts": 1})
    return core.create_client(service, region_name="us-east-1", config=config, **arguments)


@pytest.fixture(autouse=True, scope="module")
def no_other_endpoint() -> Iterator[None]:
    """Leave out what leads clients to this machine: plugins in this process set it (coverage)."""
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv("AWS_ENDPOINT_URL", raising=False)
        yield


@pytest.fixture(scope="module")
def older(no_other_endpoint: None) -> Iterator[Any]:  # noqa: ARG001 it comes first
    """Make clients as they are where neither moto nor the emulator was there before them."""
    with pytest.MonkeyPatch.context() as patched:
        plain = [item for item in botocore.handlers.BUILTIN_HANDLERS if item[0] != "before-send"]
        patched.setattr(botocore.handlers, "BUILTIN_HANDLERS", plain)
        made = {name: a_client(name) for name in ("omics", "kms", "s3")}
    yield made
    for client in made.values():
        client.close()


def test_an_older_omics_client_is_answered(older: Any, omics_emulator: Emulator) -> None:
    store = older["omics"].create_sequence_store(name="reads")

    assert make_client("omics").get_sequence_store(id=store["id"])["name"] == "reads"
    assert omics_emulator.calls.names() == ["omics:CreateSequenceStore", "omics:GetSequenceStore"]


@pytest.mark.parametrize("fixture", ["omics_emulator", "omics_emulator_server"])
def test_another_older_client_is_told_what_to_do(
    older: Any, fixture: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(fixture)
    with pytest.raises(RuntimeError, match=r"^a call to kms was .* for kms\.us-east-1\.amazonaws"):
        older["kms"].list_keys()
    with pytest.raises(
        RuntimeError, match=r"^a call to s3 .* is older than the emulator's fixture"
    ):
        older["s3"].put_object(Bucket="theirs", Key="reads.bam", Body=b"ACGT")


@pytest.mark.usefixtures("omics_emulator_server")
def test_beside_a_server_an_older_omics_client_is_told_too(older: Any) -> None:
    with pytest.raises(RuntimeError, match=r"^a call to omics .* make the client inside"):
        older["omics"].create_sequence_store(name="reads")


@pytest.mark.parametrize("fixture", ["omics_emulator", "omics_emulator_server"])
def test_an_endpoint_of_its_own_is_not_reached(
    fixture: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(fixture)
    kms = make_client("kms", endpoint_url="https://kms.example.invalid")
    with pytest.raises(RuntimeError, match=r"^a call to kms .* for kms\.example\.invalid: "):
        kms.list_keys()


def test_what_is_not_signed_is_not_sent_either() -> None:
    core = Session()
    config = Config(signature_version=botocore.UNSIGNED)
    sts: Any = core.create_client("sts", region_name="us-east-1", config=config)
    with (
        no_network(),
        pytest.raises(RuntimeError, match=r"^an unsigned request .* for sts"),
    ):
        sts.assume_role_with_web_identity(
            RoleArn="arn:aws:iam::123456789012:role/r",
            RoleSessionName="tests",
            WebIdentityToken="token",
        )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "theirs.localhost"])
def test_this_machine_is_within_reach(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = []
    monkeypatch.setattr(URLLib3Session, "send", lambda _, request: sent.append(request.url))
    kms = a_client("kms", endpoint_url=f"http://{host}:9")
    with no_network(), pytest.raises(AttributeError):  # the answer is none
        kms.list_keys()
    assert sent == [f"http://{host}:9/"]


def test_of_nested_emulators_the_innermost_answers_an_older_client(older: Any) -> None:
    before, outer, inner = URLLib3Session.send, Emulator(), Emulator()
    with outer.in_process():
        with inner.in_process():
            older["omics"].create_sequence_store(name="inner")
        older["omics"].create_sequence_store(name="outer")

    for emulator in (outer, inner):
        assert emulator.calls.names() == ["omics:CreateSequenceStore"]
    assert URLLib3Session.send is before


def test_what_an_emulator_answers_does_not_leave(older: Any) -> None:
    with Emulator().in_process() as emulator, no_network():
        older["omics"].list_sequence_stores()

    assert emulator.calls.names() == ["omics:ListSequenceStores"]


def test_an_older_client_is_answered_in_a_thread(older: Any) -> None:
    with Emulator().in_process() as emulator:
        thread = Thread(target=older["omics"].list_sequence_stores)
        thread.start()
        thread.join()

    assert emulator.calls.names() == ["omics:ListSequenceStores"]


def test_contexts_may_end_in_the_order_in_which_they_began() -> None:
    before = URLLib3Session.send
    first, second = no_network(), no_network()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    with pytest.raises(RuntimeError, match="was about to leave this machine"):
        a_client("kms").list_keys()
    second.__exit__(None, None, None)
    assert URLLib3Session.send is before
