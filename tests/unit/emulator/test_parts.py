"""Small parts of the emulator by themselves."""

import gzip
import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import botocore
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from omics_components import emulator as package
from omics_components.emulator.caller import Caller, find_caller
from omics_components.emulator.clock import from_wire, to_wire
from omics_components.emulator.core import EmulatorArgs
from omics_components.emulator.error_shapes import error_of
from omics_components.emulator.loopback import past_proxies
from omics_components.emulator.operation_names import operation_name
from omics_components.emulator.patterns import compile_pattern
from omics_components.emulator.settings import Settings, SettingsArgs

PRINT = r"[\p{L}||\p{M}||\p{Z}||\p{S}||\p{N}||\p{P}]+"
FALLBACK = r"$|^s3://([a-z0-9][a-z0-9-.]{1,61}[a-z0-9])/?((.{1,1024})/)?"


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (PRINT, ["a", "é 🧬|", "日本"], ["", "a\n", "\t", "a\u200db", "\x00"]),
        (r"[\p{L}||\p{N}]+", ["aé1|"], ["-", " "]),
        (r"[\p{L}\p{M}\t\n\r]+", ["a\n\t"], ["1", "|"]),
        (r"sha[\p{L}||\p{N}]+", ["sha1"], ["sha", "x1"]),
        (r"[0-9]+", ["12"], ["12x", "12\n", ""]),
        (FALLBACK, ["", "s3://abc", "s3://abc/", "s3://abc/d/e/"], ["s3://abc/d", "s3://A_c", "x"]),
        (r"$|^arn:.+", ["", "arn:x"], ["x", "arn:", "\n"]),
    ],
)
def test_patterns_are_full_matches(pattern: str, good: list[str], bad: list[str]) -> None:
    matches = compile_pattern(pattern)
    assert [text for text in good if not matches(text)] == []
    assert [text for text in bad if matches(text)] == []


def test_an_unknown_form_of_pattern_is_an_error() -> None:
    with pytest.raises(ValueError, match="cannot compile"):
        compile_pattern(r"(\p{L}-)+")


def test_every_pattern_of_the_model_compiles() -> None:
    description = Loader().load_service_model("omics", "service-2")
    patterns = {shape["pattern"] for shape in description["shapes"].values() if "pattern" in shape}
    assert len(patterns) > 20
    for pattern in patterns:
        compile_pattern(pattern)("x")


@pytest.mark.parametrize(
    ("found", "upper", "lower"),
    [
        ({}, "127.0.0.1,localhost", "127.0.0.1,localhost"),
        ({"NO_PROXY": "a"}, "a,127.0.0.1,localhost", "a,127.0.0.1,localhost"),
        (
            {"NO_PROXY": "a", "no_proxy": "b, localhost"},
            "a,127.0.0.1,localhost",
            "b,localhost,127.0.0.1",
        ),
        ({"no_proxy": "*"}, "*", "*"),
    ],
)
def test_this_machine_is_reached_past_proxies(
    found: dict[str, str], upper: str, lower: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, hosts in found.items():
        monkeypatch.setenv(name, hosts)

    assert past_proxies() == {"NO_PROXY": upper, "no_proxy": lower}


def test_times_round_trip_in_milliseconds() -> None:
    assert to_wire(1657742966.038) == "2022-07-13T20:09:26.038Z"
    assert from_wire("2022-07-13T20:09:26.038Z") == 1657742966.038
    assert from_wire("2022-07-13T22:09:26+02:00") == 1657742966
    for text in ("2022-07-13", "2022-07-13T20:09:26", "2022-13-13T20:09:26Z", "now", ""):
        with pytest.raises(ValueError, match=r"\w"):
            from_wire(text)


def _s3_requests() -> list[tuple[str, str, str, str, dict[str, str]]]:
    service = ServiceModel(Loader().load_service_model("s3", "service-2"), "s3")
    requests = []
    for name in service.operation_names:
        operation = service.operation_model(name)
        path, _, query = operation.http["requestUri"].partition("?")
        parts, headers = [query] if query else [], {}
        shape: Any = operation.input_shape
        for member in shape.required_members if shape else ():
            serialization = shape.members[member].serialization
            if serialization.get("location") == "querystring":
                parts.append(f"{serialization['name']}=x")
            elif serialization.get("location") == "header":
                headers[serialization["name"]] = "x"
        path = re.sub(r"\{[^}]+\}", "x", path)
        requests.append((name, operation.http["method"], path, "&".join(parts), headers))
    return requests


@pytest.mark.parametrize(
    "query",
    [
        "X-Amz-Credential=",
        "X-Amz-Credential=x",
        "a=X-Amz-Credential",
        "AWSAccessKeyId=x",
        "AWSAccessKeyId=x&Signature=",
        "AWSAccessKeyId=&Signature=x",
    ],
)
def test_a_request_with_half_a_credential_is_not_signed(query: str) -> None:
    assert find_caller({}, query) is None
    signed = find_caller({}, "X-Amz-Credential=AKIA%2F20260101%2Feu-west-1%2Fs3%2Faws4_request")
    assert signed == Caller("123456789012", "eu-west-1", "s3")


SLOW_MOTO = """
from gate import entered, leave
entered.set()
leave.wait(10)
def get_account_id_from(access_key):
    return "999988887777"
"""

CALLS_MEANWHILE = """
import importlib, threading
from gate import entered, leave
from omics_components.emulator.caller import find_caller
threading.Thread(target=importlib.import_module, args=("moto.iam.models",)).start()
entered.wait(10)
threading.Timer(0.2, leave.set).start()
print(find_caller({}, "X-Amz-Credential=AKIA%2F20260101%2Feu-west-1%2Fs3%2Faws4_request").account)
"""


def test_a_caller_waits_for_a_moto_that_another_thread_is_loading(tmp_path: Path) -> None:
    slow = tmp_path / "moto" / "iam" / "models.py"
    slow.parent.mkdir(parents=True)
    (tmp_path / "moto" / "__init__.py").touch()
    slow.write_text(SLOW_MOTO)
    gate = "import threading\nentered, leave = threading.Event(), threading.Event()\n"
    (tmp_path / "gate.py").write_text(gate)
    path = os.pathsep.join([str(tmp_path), str(Path(package.__file__).parents[2])])

    ended = subprocess.run(
        [sys.executable, "-c", CALLS_MEANWHILE],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.stdout, ended.stderr) == ("999988887777\n", "")


def _all_metadata() -> Iterator[tuple[str, dict[str, Any]]]:
    """Read what the newest model of each service says of itself, without parsing the rest."""
    for folder in (Path(botocore.__file__).parent / "data").iterdir():
        models = sorted(folder.glob("*/service-2.json*"))
        if models:
            read = gzip.open if models[-1].suffix == ".gz" else open
            with read(models[-1], "rt", encoding="utf-8") as lines:
                text = lines.read()
            begin = re.search(r'"metadata"\s*:\s*', text)
            assert begin, folder
            yield folder.name, json.JSONDecoder().raw_decode(text, begin.end())[0]


def test_services_of_two_names_get_errors_in_their_own_protocol() -> None:
    models = dict(_all_metadata())
    of_two_names = {
        service: {metadata["protocol"], *metadata.get("protocols", ())}
        for metadata in models.values()
        if (service := metadata.get("signingName") or metadata["endpointPrefix"]) not in models
    }
    assert {"states", "monitoring", "elasticloadbalancing", "tagging"} <= of_two_names.keys()
    for service, protocols in of_two_names.items():
        if protocols != {"smithy-rpc-v2-cbor"}:  # there is no such form here
            form = error_of(service, "Code", "Text").headers["Content-Type"]
            speaks_json = not protocols.isdisjoint({"json", "rest-json"})
            assert ("json" in form) is speaks_json, service


OF_ONE_REQUEST = {
    "GetBucketLifecycleConfiguration": "GetBucketLifecycle",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "ListDirectoryBuckets": "ListBuckets",
    "PutBucketLifecycleConfiguration": "PutBucketLifecycle",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
}
"""Pairs with one and the same request: new and old names, and an operation of another host."""


def test_s3_operations_are_told_apart() -> None:
    told = {
        name: operation_name("s3", method, path, query, headers=headers, body=b"")
        for name, method, path, query, headers in _s3_requests()
    }

    assert {name: found for name, found in told.items() if found != name} == OF_ONE_REQUEST


def test_other_services_name_their_operation() -> None:
    target = {"X-Amz-Target": "TrentService.CreateKey"}
    assert operation_name("kms", "POST", "/", "", headers=target, body=b"{}") == "CreateKey"
    form = b"Action=AssumeRole&Version=1"
    assert operation_name("sts", "POST", "/", "", headers={}, body=form) == "AssumeRole"
    assert operation_name("sts", "GET", "/", "", headers={}, body=b"") == "Unknown"
    assert operation_name("s3", "BREW", "/", "", headers={}, body=b"") == "Unknown"


def test_the_public_names_all_exist() -> None:
    assert [name for name in package.__all__ if not hasattr(package, name)] == []
    with pytest.raises(AttributeError):
        _ = package.nothing


def test_a_random_seed_makes_ids_repeatable() -> None:
    def ids(seed: int) -> list[str]:
        world = package.Emulator(seed=seed)._world
        return [world.new_id({}) for _ in range(3)]

    assert ids(1) == ids(1) != ids(2)


def test_the_keyword_arguments_for_type_checkers_are_the_real_ones() -> None:
    settings = get_type_hints(Settings)
    arguments = inspect.signature(package.Emulator).parameters.keys() - {"settings"}

    assert get_type_hints(SettingsArgs) == settings
    assert get_type_hints(EmulatorArgs).keys() == arguments | settings.keys()


def test_settings_beside_an_emulator_are_refused() -> None:
    with pytest.raises(ValueError, match="the emulator has settings of its own: creating_s"):
        package.EmulatorServer(package.Emulator(), creating_s=2)
