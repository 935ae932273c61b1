"""The command in a process of its own: it asks, records, resumes, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from omics_components.emulator import EmulatorServer
from tests.acceptance.conftest import resources
from tools.acceptance.account import OWNER_TAG

ROOT = Path(__file__).resolve().parents[2]
Command = Callable[..., list[str]]


@pytest.fixture(scope="module")
def shared_server() -> Iterator[EmulatorServer]:
    with EmulatorServer() as server:
        yield server


@pytest.fixture
def server(shared_server: EmulatorServer) -> EmulatorServer:
    shared_server.reset()
    shared_server.emulator.configure(assume={})
    shared_server.emulator.faults.clear()
    return shared_server


@pytest.fixture
def command(server: EmulatorServer, tmp_path: Path) -> Command:
    """Compose the command line for the emulator, with a record of its own."""
    record = tmp_path / "acceptance.json"

    def compose(*more: str) -> list[str]:
        where = ["--endpoint-url", server.url, "--record", str(record), "--settle", "0"]
        return [sys.executable, "-m", "tools.acceptance", *where, *more]

    return compose


def client_of(server: EmulatorServer) -> Callable[[str, str], Any]:
    make: Any = boto3.client  # its stubs know services by literal names only

    def client(service: str, region: str) -> Any:
        return make(
            service,
            region_name=region,
            endpoint_url=server.url,
            aws_access_key_id="fake",
            aws_secret_access_key="fake",  # noqa: S106 not a secret
            config=Config(inject_host_prefix=False),
        )

    return client


def run(command: list[str], **given: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        **given,
    )


def only(*names: str) -> list[str]:
    return [part for name in names for part in ("--only", name)]


def test_a_run_prints_what_it_costs_and_records_what_it_found(
    command: Command, server: EmulatorServer, tmp_path: Path
) -> None:
    ended = run(command("--yes", *only("keyless-store-key", "new-keys", "bucket-creation-tags")))

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "USD at most" in ended.stdout.split("Owner tag")[0]
    assert 'confirmed    keyless-store-key: ["keyArn", "type"]' in ended.stdout
    record = json.loads((tmp_path / "acceptance.json").read_text())
    assert {name: one["verdict"] for name, one in record["results"].items()} == dict.fromkeys(
        ("keyless-store-key", "new-keys", "bucket-creation-tags"), "confirmed"
    )
    assert resources(client_of(server)) == []


def test_what_is_refuted_ends_with_1(command: Command, server: EmulatorServer) -> None:
    server.emulator.configure(assume={"keyless-store-key": "as-given"})

    ended = run(command("--yes", *only("keyless-store-key")))

    assert ended.returncode == 1
    assert "refuted      keyless-store-key as as-given: []" in ended.stdout


def test_a_second_run_tries_what_is_not_decided(command: Command, server: EmulatorServer) -> None:
    server.emulator.faults.add({"operation": "UpdateSequenceStore", "code": "X", "times": 1})
    first = run(command("--yes", *only("keyless-store-key", "update-answer")))
    second = run(command("--yes", *only("keyless-store-key", "update-answer")))
    third = run(command(*only("keyless-store-key", "update-answer")))

    assert "undetermined update-answer" in first.stdout
    assert "confirmed    update-answer" in second.stdout
    assert "keyless-store-key:" not in second.stdout
    assert (third.returncode, third.stdout.strip()[:12]) == (0, "2 confirmed,")


def test_without_a_terminal_it_wants_a_yes(command: Command, server: EmulatorServer) -> None:
    ended = run(command())

    assert ended.returncode == 2
    assert ended.stderr == "make acceptance: there is no terminal to ask on: say --yes\n"
    assert list(server.emulator.calls) == []


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (["--only", "x"], "there is no assumption 'x'; docs/assumptions.md lists them"),
        (["--sweep"], "name the owner: --owner acceptance-..."),
        (["--endpoint-url", "http://127.0.0.1:9"], "no emulator of this library answers at"),
    ],
)
def test_a_wrong_command_is_one_line(command: Command, more: list[str], text: str) -> None:
    ended = run(command("--yes", *more))

    assert ended.returncode == 2
    assert text in ended.stderr
    assert ended.stderr.count("\n") == 1


CHOSEN = only("keyless-store-key", "bad-key", "log-bucket-code", "key-alias", "reference-store-key")


@pytest.mark.parametrize(
    ("operation", "number"),
    [
        ("omics:CreateSequenceStore", signal.SIGINT),
        ("omics:CreateReferenceStore", signal.SIGTERM),
        ("omics:DeleteSequenceStore", signal.SIGINT),
        ("kms:CreateKey", signal.SIGINT),
        ("kms:CreateAlias", signal.SIGHUP),
        ("s3:CreateBucket", signal.SIGINT),
    ],
)
def test_interrupted_at_any_place_it_leaves_nothing(
    command: Command, server: EmulatorServer, operation: str, number: signal.Signals
) -> None:
    ended = _signalled_at(command("--yes", *CHOSEN), server, operation, number)

    assert ended.returncode == 130, ended.stdout
    assert "Interrupted.\n\nCleaning up." in ended.stdout
    assert resources(client_of(server)) == []


def test_an_interrupted_clean_up_goes_on(command: Command, server: EmulatorServer) -> None:
    chosen = command("--yes", *only("keyless-store-key"))

    ended = _signalled_at(chosen, server, "kms:ListAliases", signal.SIGINT)

    assert ended.returncode == 0, ended.stdout
    assert resources(client_of(server)) == []


def _signalled_at(
    command: list[str], server: EmulatorServer, operation: str, number: signal.Signals
) -> subprocess.CompletedProcess[str]:
    """Send a signal while the answer of an operation, carried out already, is on its way."""
    rule = server.emulator.faults.add(
        {"operation": operation, "action": "delay", "when": "after", "delay_s": 1, "times": 1}
    )
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        deadline = time.monotonic() + 60
        while not rule.seen and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.3)
        process.send_signal(number)
        text, _ = process.communicate(timeout=60)
    assert rule.seen, f"there was no {operation}"
    return subprocess.CompletedProcess(command, process.returncode, text)


def test_a_sweep_finds_what_a_killed_run_left_and_nothing_else(
    command: Command, server: EmulatorServer
) -> None:
    client = client_of(server)
    omics, kms = client("omics", "us-east-1"), client("kms", "us-east-1")
    other_tag = {OWNER_TAG: "acceptance-ffffffffffff"}
    omics.create_sequence_store(name="acceptance-ffffffffffff-1", tags=other_tag)
    omics.create_sequence_store(name="reads", tags={"team": "genomics"})
    tags = [{"TagKey": OWNER_TAG, "TagValue": "acceptance-ffffffffffff"}]
    key_id = kms.create_key(Tags=tags)["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/acceptance-ffffffffffff-1", TargetKeyId=key_id)
    client("s3", "us-east-1").create_bucket(Bucket="acceptance-ffffffffffff-1")
    of_colleagues = resources(client)
    killed = _signalled_at(command("--yes", *CHOSEN), server, "kms:CreateAlias", signal.SIGKILL)
    assert killed.returncode == -signal.SIGKILL
    assert len(resources(client)) > len(of_colleagues)

    swept = run(command("--sweep", "--yes"))
    again = run(command("--sweep"))

    assert (swept.returncode, swept.stderr) == (0, "")
    assert resources(client) == of_colleagues
    assert again.stdout.startswith("Nothing carries")


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (["--times", "0"], "--times: '0' is not a number from 1 on"),
        (["--times", "few"], "--times: 'few' is not a number from 1 on"),
        (["--settle", "-1"], "--settle: '-1' is not a number of seconds"),
        (["--settle", "nan"], "--settle: 'nan' is not a number of seconds"),
        (["--owner", "reads"], "--owner: 'reads' is not an owner: acceptance-..."),
    ],
)
def test_a_wrong_option_does_nothing(
    command: Command, server: EmulatorServer, more: list[str], text: str
) -> None:
    """No tries at all would confirm what takes time."""
    ended = run(command("--yes", *only("new-keys"), *more))

    assert ended.returncode == 2
    assert text in ended.stderr
    assert list(server.emulator.calls) == []


def test_a_record_that_cannot_be_read_is_one_line(command: Command, tmp_path: Path) -> None:
    ended = run(command("--yes", "--record", str(tmp_path)))

    assert ended.returncode == 2
    assert ended.stderr.startswith("make acceptance: ")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("\n", 2), ("n\n", 2), ("\x04", 2)])
def test_on_a_terminal_it_asks(
    command: Command, server: EmulatorServer, answer: str, status: int
) -> None:
    ours, its = pty.openpty()
    with subprocess.Popen(
        command(*only("keyless-store-key")),
        cwd=ROOT,
        stdin=its,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.write(ours, answer.encode())
        text, errors = process.communicate(timeout=60)
    os.close(ours)
    os.close(its)

    assert process.returncode == status, errors
    assert "Go ahead? [y/N]" in text
    assert errors == ("" if status == 0 else "make acceptance: nothing was done\n")
    assert bool([*server.emulator.calls]) == (status == 0)


def test_it_cleans_up_when_no_one_listens_any_more(
    command: Command, server: EmulatorServer, tmp_path: Path
) -> None:
    """As when it is piped into ``head``, or its terminal is closed."""
    with subprocess.Popen(
        command("--yes", *CHOSEN), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()

    assert (process.returncode, errors) == (0, b"")
    assert resources(client_of(server)) == []
    assert len(json.loads((tmp_path / "acceptance.json").read_text())["results"]) == 5


def test_credentials_that_expire_end_the_run_and_a_second_one_resumes(
    command: Command, server: EmulatorServer, tmp_path: Path
) -> None:
    """Nothing is tried or deleted without them for minutes, or taken for what AWS does."""
    expire = {"operation": "*", "code": "ExpiredTokenException", "status": 403}
    server.emulator.faults.add(expire | {"calls": [*range(16, 4000)]})

    ended = run(command("--yes", *CHOSEN))

    assert ended.returncode == 3, ended.stdout
    assert "ExpiredTokenException" in ended.stderr
    [advised] = re.findall(r'make sweep ARGS="(.*)"', ended.stdout)
    assert "ExpiredToken" not in (tmp_path / "acceptance.json").read_text()
    server.emulator.faults.clear()
    assert resources(client_of(server)) != []
    swept = run(
        [sys.executable, "-m", "tools.acceptance", "--sweep", "--yes", *shlex.split(advised)]
    )
    assert (swept.returncode, resources(client_of(server))) == (0, [])
    again = run(command("--yes", *CHOSEN))
    assert (again.returncode, again.stderr) == (0, "")
    assert "\n5 confirmed, 0 refuted" in again.stdout


def test_a_clean_up_that_fails_says_how_to_try_again(
    command: Command, server: EmulatorServer
) -> None:
    server.emulator.faults.add({"operation": "kms:ListAliases", "code": "AccessDeniedException"})

    ended = run(command("--yes", *only("keyless-store-key")))

    assert ended.returncode == 3
    assert "AccessDeniedException" in ended.stdout
    assert "make sweep" in ended.stdout


def test_its_policy_is_printed(command: Command) -> None:
    printed = json.loads(run(command("--policy", "--region", "eu-west-1")).stdout)

    resources_named = {one for statement in printed["Statement"] for one in statement["Resource"]}
    assert "arn:aws:omics:eu-west-1:*:sequenceStore/*" in resources_named
    assert "arn:aws:s3:::acceptance-*" in resources_named
