"""``omics-components doctor``: each check where all is well, and where it is not."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result

from omics_components.cli import machine_checks
from omics_components.cli.aws_options import stack_config
from omics_components.cli.finding import Finding, Status
from omics_components.cli.root import root
from omics_components.emulator import Emulator, EmulatorServer

Findings = dict[str, list[tuple[str, str]]]
"""Check -> status and text, advice included."""

PUBLIC, PRIVATE = "52.94.1.1", "10.0.0.7"
WITH_AWS = pytest.mark.usefixtures("store_emulator")
WITH_ADDRESSES = pytest.mark.usefixtures("store_emulator", "addresses")
CONTROL = "control-storage-omics.us-east-1.amazonaws.com"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, a Pulumi CLI that only tells its version, and no settings of a developer."""
    cli = tmp_path / "bin" / "pulumi"
    cli.parent.mkdir()
    write_cli(cli, "echo v3.255.0")
    folder = tmp_path / "program"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", f"{cli.parent}{os.pathsep}/usr/bin:/bin")
    for name in ("OMICS_COMPONENTS_TPS", "PULUMI_PYTHON_CMD"):
        monkeypatch.delenv(name, raising=False)
    for name in [name for name in os.environ if name.startswith("PULUMI_RUNTIME")]:
        monkeypatch.delenv(name)
    return folder


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What a name server knows: both hosts of HealthOmics, at public addresses."""
    known = {CONTROL: PUBLIC, "tags-omics.us-east-1.amazonaws.com": PUBLIC}

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        if host not in known:
            raise socket.gaierror(f"{host} is not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (known[host], port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


def write_cli(path: Path, *lines: str) -> None:
    path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    path.chmod(0o755)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(root, ["doctor", *arguments])


def findings(result: Result) -> Findings:
    found: Findings = {}
    for item in json.loads(result.stdout):
        text = str(Finding(item["check"], Status(item["status"]), item["text"], item["advice"]))
        found.setdefault(item["check"], []).append((item["status"], text))
    statuses = {status for both in found.values() for status, _ in both}
    assert result.exit_code == ("failed" in statuses)
    return found


def examine(*arguments: str) -> Findings:
    return findings(run("--output", "json", *arguments))


def checked(check: Callable[[], Iterator[Finding]]) -> list[tuple[str, str]]:
    """Make one check of this machine."""
    return [(finding.status, str(finding)) for finding in check()]


@pytest.mark.usefixtures("addresses")
def test_where_all_is_well_each_check_has_a_line(store_emulator: Emulator) -> None:
    for name in ("reads", "other"):
        boto3.client("omics").create_sequence_store(name=name)
    store_emulator.calls.clear()

    result = run()

    assert result.exit_code == 0
    lines = {line[9:25].strip(): line for line in result.stdout.splitlines()}
    assert list(lines) == [
        *("python", "omics-components", "boto3", "pulumi", "pydantic", "omics model"),
        *("pulumi CLI", "plugin", "variables", "region", "service", "endpoint"),
        *("credentials", "account", "read", "calls a second", "stores"),
    ]
    assert {line.split()[0] for check, line in lines.items() if check != "plugin"} == {"ok"}
    assert lines["plugin"].startswith("skipped  plugin            there is no Pulumi.yaml in this")
    assert "us-east-1 (from AWS_REGION)" in lines["region"]
    assert "https://omics.us-east-1.amazonaws.com, at public addresses" in lines["endpoint"]
    assert "found: env" in lines["credentials"]
    assert "123456789012, arn:aws:" in lines["account"]
    assert "ListSequenceStores answered in " in lines["read"]
    assert "2 in us-east-1; how many AWS admits today is not known" in lines["stores"]
    operations = {call.operation for call in store_emulator.calls}
    assert operations == {"GetCallerIdentity", "ListSequenceStores"}


@WITH_ADDRESSES
def test_a_machine_gets_a_list() -> None:
    result = run("--output", "json", "--region", "us-east-1")

    [region] = [item for item in json.loads(result.stdout) if item["check"] == "region"]
    assert region == {
        "check": "region",
        "status": "ok",
        "text": "us-east-1 (from --region or aws:region)",
        "advice": "",
    }


def test_without_a_region_there_is_no_word_about_aws(
    store_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    found = examine()

    advice = "no region is set. Give --region, or set aws:region or AWS_REGION."
    assert found["region"] == [("failed", advice)]
    assert "credentials" not in found
    assert not store_emulator.calls


def test_what_names_no_region_is_told_in_one_finding(
    store_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_aws(*arguments: str) -> Findings:
        found = examine(*arguments)
        later = {"region", "service", "endpoint", "credentials", "account", "read"}
        return {check: what for check, what in found.items() if check in later}

    words = "must be the name of a region, such as us-east-1, not 'us east'"
    result = CliRunner().invoke(root, ["doctor", "--region", "us east"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"Invalid value for '--region': {words}" in result.stderr
    monkeypatch.setenv("AWS_REGION", "us east")
    assert of_aws() == {"region": [("failed", f"{words} (from AWS_REGION). Correct it.")]}
    assert store_emulator.calls.names() == []


@WITH_AWS
def test_a_region_without_the_service() -> None:
    [(status, text)] = examine("--region", "eu-north-1")["service"]

    assert status == "warning"
    assert text.startswith("botocore does not list HealthOmics in eu-north-1. Choose another")


def test_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    found = examine()

    [(status, text)] = found["credentials"]
    assert (status, text[:14]) == ("failed", "there are none")
    assert "read" not in found


@WITH_AWS
@pytest.mark.parametrize("source", ["expired keys", "a code"])
def test_credentials_are_fine_only_if_aws_accepts_them(
    store_emulator: Emulator, place: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    if source == "expired keys":
        rule = {"operation": "sts:GetCallerIdentity", "code": "ExpiredToken", "status": 403}
        store_emulator.faults.add(rule)
    else:
        (place / "config").write_text(
            "[profile p]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = k\n"
            "mfa_serial = arn:aws:iam::111122223333:mfa/jo\n"
            "[profile k]\naws_access_key_id = AKIAFAKEKEYOFPROFIL0\naws_secret_access_key = x\n"
        )
        monkeypatch.setenv("AWS_CONFIG_FILE", str(place / "config"))
        monkeypatch.setenv("AWS_PROFILE", "p")
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")

    found = examine()

    [(status, text)] = found["credentials"]
    assert (status, "account" in found) == ("failed", False), text
    assert ("ExpiredToken" if source == "expired keys" else "MFA device") in text


def test_a_profile_that_is_not_there() -> None:
    [(status, text)] = examine("--profile", "absent", "--region", "us-east-1")["credentials"]

    assert status == "failed"
    assert text.startswith("The config profile (absent) could not be found. Check the credentials")


def test_settings_that_the_sdk_refuses_are_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nowhere")

    advice = "Correct the region, aws:endpoints or AWS_ENDPOINT_URL."
    assert examine()["endpoint"] == [
        ("failed", f"cannot call omics in 'us-east-1': Invalid endpoint: nowhere. {advice}")
    ]


def test_the_account_must_be_allowed(store_emulator: Emulator) -> None:
    allowed = examine("--allowed-account-id", "123456789012")
    refused = examine("--allowed-account-id", "111122223333", "--allowed-account-id", "4" * 12)

    assert allowed["account"][0][1].endswith("(one of aws:allowedAccountIds)")
    [(status, text)] = refused["account"]
    assert status == "failed"
    assert "aws:allowedAccountIds allows only 111122223333, 444444444444. Use cred" in text
    assert "read" not in refused
    assert store_emulator.calls


@WITH_ADDRESSES
def test_a_forbidden_account_is_told_as_such(place: Path) -> None:
    (place / "Pulumi.yaml").write_text("name: lab\nruntime: nodejs\n")
    stack = place / "Pulumi.dev.yaml"

    def examined(forbidden: str) -> Findings:
        stack.write_text(f'config:\n  aws:forbiddenAccountIds: ["{forbidden}"]\n')
        return examine("--stack", "dev")

    refused, other = examined("123456789012"), examined("111122223333")

    [(status, text)] = refused["account"]
    assert status == "failed"
    assert text.endswith(": aws:forbiddenAccountIds forbids that account. Use others.")
    assert refused["endpoint"][0][0] == "ok"
    assert "read" not in refused
    assert other["account"][0][0] == other["read"][0][0] == "ok"


@WITH_AWS
def test_a_stacks_configuration_counts(place: Path) -> None:
    (place / "Pulumi.yaml").write_text("name: lab\nruntime: nodejs\nstackConfigDir: stacks\n")
    (place / "stacks").mkdir()
    (place / "stacks" / "Pulumi.dev.yaml").write_text(
        """\
config:
  aws:region: eu-west-1
  aws:allowedAccountIds: [123456789012]
  aws:token: {secure: v1:abc}
  aws:assumeRoles: [{roleArn: "arn:aws:iam::123456789012:role/lab", externalId: {secure: v1:abc}}]
  lab:count: 3
"""
    )

    found = examine("--stack", "organization/lab/dev")

    assert found["region"] == [("ok", "eu-west-1 (from --region or aws:region)")]
    assert found["account"][0][1].endswith("(one of aws:allowedAccountIds)")
    advice = "Give --region or --profile, or set the environment, instead."
    left_out = f"is encrypted, and left out here. {advice}"
    assert found["stack"] == [
        ("warning", f"{key} {left_out}") for key in ("aws:token", "aws:assumeRoles")
    ]
    [(status, text)] = found["plugin"]
    assert (status, text) == (
        "failed",
        f"the runtime in {place}/Pulumi.yaml is nodejs. Dynamic resources in Python need python.",
    )
    region = examine("--stack", "dev", "--region", "eu-west-2")["region"]
    assert region[0][1].startswith("eu-west-2")


PYTHON = "name: lab\nruntime: {{name: python, options: {}}}\n"

ODD_PROJECTS = {
    "options that are a list": PYTHON.format("[a]"),
    "options that are a text": PYTHON.format("a"),
    "a toolchain that is a list": PYTHON.format("{toolchain: [a]}"),
    "a virtualenv that is a number": PYTHON.format("{virtualenv: 1}"),
    "a runtime that is a list": "name: lab\nruntime: [python]\n",
    "a main that is a mapping": "name: lab\nruntime: python\nmain: {a: b}\n",
    "a list": "- a\n",
    "nothing": "",
    "no YAML": "a: [",
    "not UTF-8": b"name: \xff\n",
    "nested": "a: " + "[" * 3000,
}


@pytest.mark.parametrize("text", ODD_PROJECTS.values(), ids=ODD_PROJECTS.keys())
def test_an_odd_project_is_a_finding(place: Path, text: str | bytes) -> None:
    content = text if isinstance(text, bytes) else text.encode()
    (place / "Pulumi.yaml").write_bytes(content)

    result = run("--output", "json")

    findings = json.loads(result.stdout)
    assert result.exit_code == 1
    assert "failed" in [one["status"] for one in findings if one["check"] == "plugin"]
    assert "the check itself failed" not in result.stdout


@pytest.mark.parametrize("command", ["/bin/true", "/bin/echo", "/bin/false", "/", "absent"])
def test_an_odd_interpreter_is_a_finding(
    monkeypatch: pytest.MonkeyPatch, place: Path, command: str
) -> None:
    (place / "Pulumi.yaml").write_text("name: lab\nruntime: python\n")
    monkeypatch.setenv("PULUMI_PYTHON_CMD", command)

    [(status, text)] = examine()["plugin"]

    assert status == "failed"
    assert "the check itself failed" not in text


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("aws:region: 2024-01-01", "aws:region in the stack's configuration must be the name of"),
        ("aws:region: [a]", "aws:region in the stack's configuration must be the name of"),
        ("aws:forbiddenAccountIds: [012345678901]", "must be an account ID, which has 12 digits"),
        ("aws:forbiddenAccountIds: [012345670123]", "must be an account ID, which has 12 digits"),
        ("aws:defaultTags: {tags: {a: true}}", "a must be text, not true or false"),
        ("aws:regoin: us-east-1", "Did you mean aws:region?"),
    ],
)
def test_odd_configuration_is_a_finding(place: Path, config: str, words: str) -> None:
    (place / "Pulumi.yaml").write_text("name: lab\nruntime: nodejs\n")
    (place / "Pulumi.dev.yaml").write_text(f"config:\n  {config}\n")

    [(status, text)] = examine("--stack", "dev")["settings"]

    assert status == "failed"
    assert words in text


def test_words_that_the_cli_reads_as_text_are_text(place: Path) -> None:
    (place / "Pulumi.yaml").write_text("name: lab\nruntime: nodejs\n")
    tags = "{tags: {a: yes, b: 'no', c: 2024-01-01, d: On}}"
    (place / "Pulumi.dev.yaml").write_text(f"config:\n  aws:defaultTags: {tags}\n")

    found = stack_config("dev")[0]["aws:defaultTags"]

    assert json.loads(found or "") == {
        "tags": {"a": "yes", "b": "no", "c": "2024-01-01", "d": "On"}
    }


def test_a_check_that_fails_itself_does_not_hide_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> None:
        raise KeyError("x")

    monkeypatch.setattr("omics_components.cli.machine_checks.check_packages", fail)

    found = examine()

    assert found["packages"][0][0] == "failed"
    assert "KeyError" in found["packages"][0][1]
    assert "pulumi CLI" in found


@WITH_AWS
def test_the_projects_configuration_counts_below_the_stacks(place: Path) -> None:
    (place / "Pulumi.yaml").write_text(
        """\
name: lab
runtime: nodejs
config:
  aws:region: eu-west-1
  aws:allowedAccountIds: {value: [999999999999]}
  aws:profile: {value: "no-such-profile"}
  readers: {type: integer, default: 3}
"""
    )
    (place / "Pulumi.dev.yaml").write_text(
        'config: {"aws:allowedAccountIds": [123456789012], "aws:profile": ""}'
    )

    found = examine("--stack", "dev")

    assert found["region"] == [("ok", "eu-west-1 (from --region or aws:region)")]
    assert found["account"][0][1].endswith("(one of aws:allowedAccountIds)")
    assert "stack" not in found


@WITH_AWS
def test_the_projects_configuration_is_enough(place: Path) -> None:
    (place / "Pulumi.yaml").write_text(
        "name: lab\nruntime: nodejs\nconfig: {'aws:region': eu-west-1}"
    )

    found = examine("--stack", "prod")

    assert found["region"] == [("ok", "eu-west-1 (from --region or aws:region)")]
    words = "only the configuration of Pulumi.yaml counts. Look whether prod is the stack's name."
    assert found["stack"] == [("warning", f"there is no {place}/Pulumi.prod.yaml: {words}")]


@WITH_AWS
def test_a_folder_that_the_project_names_as_its_configuration(place: Path) -> None:
    """The older name of stackConfigDir."""
    (place / "Pulumi.yaml").write_text("name: lab\nruntime: nodejs\nconfig: stacks\n")
    (place / "stacks").mkdir()
    (place / "stacks" / "Pulumi.dev.yaml").write_text("config: {'aws:region': eu-west-1}")

    found = examine("--stack", "dev")

    assert found["region"] == [("ok", "eu-west-1 (from --region or aws:region)")]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "'--stack': there is no Pulumi.yaml in this folder or above it"),
        ({"Pulumi.yaml": "name: lab"}, "'--stack': there is no "),
        (
            {"Pulumi.yaml": "name: lab\nconfig: {readers: 3}"},
            "Pulumi.dev.yaml, and no aws: configuration in ",
        ),
        (
            {"Pulumi.yaml": "name: lab\nconfig: {'aws:region': {default: eu-west-1}}"},
            "Pulumi.yaml gives aws:region no value, without which the CLI refuses it",
        ),
        ({"Pulumi.yaml": "name: lab\nconfig: [3]"}, "config in "),
        ({"Pulumi.yaml": "a: b: c"}, "Pulumi.yaml is not valid YAML: "),
        ({"Pulumi.yaml": "name: lab", "Pulumi.dev.yaml": "config: 3"}, " is no mapping"),
        (
            {"Pulumi.yaml": "name: lab", "Pulumi.dev.yaml": "- a"},
            "Pulumi.dev.yaml holds no mapping",
        ),
    ],
)
def test_a_stack_that_cannot_be_read(place: Path, files: dict[str, str], words: str) -> None:
    for name, text in files.items():
        (place / name).write_text(text)

    result = run("--stack", "dev")

    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr


def test_configuration_that_cannot_be_read_is_a_finding(place: Path) -> None:
    (place / "Pulumi.yaml").write_text("name: lab\nruntime: nodejs")
    (place / "Pulumi.dev.yaml").write_text("config: {'aws:endpoints': 'omics'}")

    [(status, text)] = examine("--stack", "dev")["settings"]

    assert status == "failed"
    assert text.startswith("aws:endpoints in the stack's configuration must be a mapping")


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({}, "ok", "https://omics.us-east-1.amazonaws.com, at public addresses"),
        (
            {CONTROL: PRIVATE, "tags-omics.us-east-1.amazonaws.com": PRIVATE},
            "ok",
            "at private addresses, as VPC endpoints have",
        ),
        ({CONTROL: PRIVATE}, "warning", f": {CONTROL} only is at private addresses. Make VPC"),
        ({CONTROL: ""}, "warning", f": no name server here knows {CONTROL}. Behind a proxy"),
    ],
)
@WITH_AWS
def test_the_services_own_endpoint(
    addresses: dict[str, str],
    changes: dict[str, str],
    status: str,
    words: str,
) -> None:
    addresses.update(changes)
    for host in [host for host, address in changes.items() if not address]:
        del addresses[host]

    [(found, text)] = examine()["endpoint"]

    assert found == status
    assert words in text


@WITH_AWS
def test_fips_is_told(addresses: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    for kind in ("control-storage", "tags"):
        addresses[f"{kind}-omics-fips.us-east-1.amazonaws.com"] = PUBLIC

    [(status, text)] = examine()["endpoint"]

    assert (status, text) == (
        "ok",
        "https://omics-fips.us-east-1.amazonaws.com (FIPS), at public addresses",
    )


def test_an_endpoint_of_ones_own(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    """Over HTTP, with the emulator's quotas in force."""
    with EmulatorServer(quotas=True) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        by_variable = examine()
        (place / "Pulumi.yaml").write_text("name: lab\nruntime: nodejs")
        config = {"aws:endpoints": [{"omics": server.url, "sts": server.url}]}
        (place / "Pulumi.dev.yaml").write_text(json.dumps({"config": config}))
        monkeypatch.delenv("AWS_ENDPOINT_URL")
        by_stack = examine("--stack", "dev")
        operations = [call.operation for call in server.emulator.calls]

    said = f"{server_url(by_variable)}, instead of the service's own (from AWS_ENDPOINT_URL)"
    assert by_variable["endpoint"] == [("ok", said)]
    assert by_variable["stores"][0][1].startswith("0 in us-east-1")
    assert by_stack["endpoint"][0][1].endswith("(from aws:endpoints)")
    assert by_stack["read"][0][0] == "ok"
    assert set(operations) == {"GetCallerIdentity", "ListSequenceStores"}


def server_url(found: Findings) -> str:
    return found["endpoint"][0][1].partition(",")[0]


@WITH_AWS
def test_plain_http_to_elsewhere_is_doubtful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_OMICS", "http://omics.lab.example")

    [(status, text)] = examine()["endpoint"]

    assert status == "warning"
    assert "(from AWS_ENDPOINT_URL_OMICS). Names and tags would cross the network" in text


def test_an_endpoint_where_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    found = examine()

    [(status, text)] = found["account"]
    assert status == "failed"
    assert text.startswith('Could not connect to the endpoint URL: "http://127.0.0.1:9/". Check')
    assert "read" not in found


def test_a_refused_call_fails(store_emulator: Emulator) -> None:
    store_emulator.allow_only({"Version": "2012-10-17", "Statement": []})

    found = examine()

    [(status, text)] = found["read"]
    assert status == "failed"
    assert text.startswith("AccessDeniedException: ")
    assert "omics:ListSequenceStores" in text
    assert "stores" not in found


@pytest.mark.parametrize(
    ("quotas", "status", "words"),
    [
        ("", "ok", "as documented: 1 for each kind of change, 5 to get, list or tag"),
        ("CreateSequenceStore=5", "ok", "CreateSequenceStore 5 (OMICS_COMPONENTS_TPS), others"),
        ("*=inf", "warning", "not limited here: all inf. AWS has quotas: unset"),
        ("nonsense", "ok", "as documented"),
    ],
)
@WITH_AWS
def test_the_quotas_in_force(
    monkeypatch: pytest.MonkeyPatch,
    quotas: str,
    status: str,
    words: str,
) -> None:
    monkeypatch.setenv("OMICS_COMPONENTS_TPS", quotas)

    [(found, text)] = examine()["calls a second"]

    assert found == status
    assert words in text


def test_variables_are_read_as_the_library_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    known = "OMICS_COMPONENTS_TPS, OMICS_COMPONENTS_WORKERS"
    assert checked(machine_checks.check_variables) == [("ok", f"none of {known} is set")]

    monkeypatch.setenv("OMICS_COMPONENTS_TPS", "CreateSequenceStore=5")
    monkeypatch.setenv("OMICS_COMPONENTS_TSP", "1")
    monkeypatch.setenv("OMICS_COMPONENTS_RESUME_HOURS", "24")
    monkeypatch.setenv("OMICS_COMPONENTS_WORKERS", "all")

    assert checked(machine_checks.check_variables) == [
        ("warning", f"OMICS_COMPONENTS_RESUME_HOURS=24: nothing reads it. Use {known}."),
        ("ok", "OMICS_COMPONENTS_TPS=CreateSequenceStore=5"),
        ("warning", f"OMICS_COMPONENTS_TSP=1: nothing reads it. Use {known}."),
        (
            "failed",
            (
                "the environment variable OMICS_COMPONENTS_WORKERS is invalid: 'all'. "
                "Write a number of threads up to 1024, or 0 for the SDK's own four."
            ),
        ),
    ]
    monkeypatch.setenv("OMICS_COMPONENTS_TPS", "Nonsense=5")
    assert ("failed", "the environment variable OMICS_COMPONENTS_TPS is invalid") in [
        (status, text.partition(": ")[0])
        for status, text in checked(machine_checks.check_variables)
    ]


@pytest.mark.parametrize(
    ("lines", "status", "words"),
    [
        (("echo v3.255.0",), "ok", "v3.255.0 ("),
        (("echo v3.100.0",), "warning", "v3.100.0 ("),
        (("echo no library >&2", "exit 127"), "failed", "pulumi version says: no library"),
        (("true",), "failed", "pulumi version says: nothing"),
    ],
)
def test_the_cli_tells_its_version(
    place: Path, lines: tuple[str, ...], status: str, words: str
) -> None:
    write_cli(place.parent / "bin" / "pulumi", *lines)

    [(found, text)] = checked(machine_checks.check_pulumi_cli)

    assert found == status
    assert words in text


def test_without_a_cli(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)

    assert checked(machine_checks.check_pulumi_cli) == [
        (
            "failed",
            "there is no pulumi on PATH. Install it: https://www.pulumi.com/docs/install/",
        ),
    ]


def test_a_service_model_without_stores(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = place / "omics" / "2099-01-01"
    folder.mkdir(parents=True)
    model = {"metadata": {"apiVersion": "2099-01-01"}, "operations": {}, "shapes": {}}
    (folder / "service-2.json").write_text(json.dumps(model))
    monkeypatch.setenv("AWS_DATA_PATH", str(place))

    [(status, text)] = checked(machine_checks.check_service_model)

    assert status == "failed"
    assert text.startswith("2099-01-01 of botocore ")
    assert "lacks BatchDeleteReadSet, CreateReferenceStore" in text


class TestPlugin:
    """The interpreter that dynamic resources get."""

    @pytest.mark.parametrize(
        "options",
        [{"virtualenv": "venv"}, {"toolchain": "uv"}, {"toolchain": "poetry"}, None],
        ids=["virtualenv", "uv", "poetry", "PULUMI_PYTHON_CMD"],
    )
    def test_it_is_found_as_the_launcher_finds_it(
        self, place: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, str] | None
    ) -> None:
        name = "venv" if options == {"virtualenv": "venv"} else ".venv"
        (place / name / "bin").mkdir(parents=True)
        python = place / name / "bin" / "python"
        write_cli(python, f'exec {sys.executable} "$@"')
        write_cli(place.parent / "bin" / "poetry", f"echo {place / '.venv'}")
        runtime = {"name": "python", "options": options} if options else "python"
        (place / "Pulumi.yaml").write_text(json.dumps({"name": "lab", "runtime": runtime}))
        if not options:
            monkeypatch.setenv("PULUMI_PYTHON_CMD", str(python))
        inner = place / "inner"
        inner.mkdir()
        monkeypatch.chdir(inner)

        [(status, text)] = checked(machine_checks.check_plugin)

        assert (status, text.partition(":")[0]) == ("ok", str(python))
        assert "omics-components 0." in text

    def test_a_virtualenv_that_is_not_there(self, place: Path) -> None:
        (place / "app").mkdir()
        runtime = "{name: python, options: {virtualenv: .venv}}"
        (place / "Pulumi.yaml").write_text(f"name: lab\nmain: app\nruntime: {runtime}\n")

        [(status, text)] = checked(machine_checks.check_plugin)

        python = f"{place}/app/.venv/bin/python"
        assert status == "failed"
        assert text.startswith(f"the project's virtualenv is .venv, and there is no {python}. Make")

    def test_one_that_lacks_this_library(
        self, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        python = place.parent / "bin" / "python3"
        write_cli(python, f'exec {sys.executable} -S -E "$@"')
        (place / "Pulumi.yaml").write_text("name: lab\nruntime: python\n")
        monkeypatch.chdir(place)

        [(status, text)] = checked(machine_checks.check_plugin)

        assert status == "failed"
        assert text.startswith(f"{python} cannot load the providers: ModuleNotFoundError: ")
        assert text.endswith("Install this library there, too, from where it was installed here.")

    def test_none_at_all(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (place / "Pulumi.yaml").write_text("name: lab\nruntime: python\n")
        monkeypatch.setenv("PULUMI_PYTHON_CMD", "no-such-python")

        [(status, text)] = checked(machine_checks.check_plugin)

        assert (status, text[:38]) == ("failed", "there is no no-such-python on PATH. Na")

    def test_a_project_that_cannot_be_read(self, place: Path) -> None:
        (place / "Pulumi.yaml").write_text("a: b: c")

        [(status, text)] = examine()["plugin"]

        assert status == "failed"
        assert text.startswith(f"{place / 'Pulumi.yaml'} is not valid YAML: ")
