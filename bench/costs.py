"""Measure without an engine: imports, the start of the plugin, check and diff.

Each cost is taken in a process of its own, in turn with what it is compared with, so that both see
the same machine.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dill
import grpc
from google.protobuf.struct_pb2 import Struct
from pulumi.dynamic import CheckResult, ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from bench.contenders import ROOT
from omics_components.providers import SequenceStoreProvider

IMPORT, BARE_IMPORT = "import of the library", "import of pulumi"
START, BARE_START = "plugin ready", "bare plugin ready"
PYDANTIC_START = "bare plugin with pydantic ready"
CHECK_AND_DIFF = "check and diff of a store"
LOADS_BOTO3 = "boto3 is loaded in a preview"

_IMPORTS = {
    BARE_IMPORT: "import pulumi",
    IMPORT: "from omics_components import EncryptedSequenceStore, SequenceStore",
}

_CHECK_AND_DIFF = """
import json, sys, time
from pulumi.dynamic import Config, ConfigureRequest
from omics_components.providers import SequenceStoreProvider

provider = SequenceStoreProvider()
provider.configure(ConfigureRequest(Config({"aws:region": "us-east-1"}, "bench")))
arn = "arn:aws:omics:us-east-1:111122223333:sequenceStore/1234567890"
base = {"description": "Reads", "tags": {"team": "genomics", "stage": "production"},
        "forceDestroy": False}
best = float("inf")
for _ in range(5):
    began = time.process_time()
    for number in range(300):
        name = f"store-{number:03}"
        news = {**base, "name": name, "__identity": f"|o|urn:pulumi:s::p::t::{name}"}
        inputs = provider.check(news, news).inputs
        olds = {**inputs, "status": "ACTIVE", "creationTime": "2026-01-01T00:00:00Z"}
        assert not provider.diff(arn, olds, inputs).changes
    best = min(best, (time.process_time() - began) / 300)
print(json.dumps([best, "boto3" in sys.modules or "botocore" in sys.modules]))
"""


class _Trivial(ResourceProvider):
    """Takes any inputs, as the SDK's own class does."""


class _WithPydantic(ResourceProvider):
    """Takes any inputs, after a model that it does nothing with."""

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Declare a model."""
        from pydantic import BaseModel  # noqa: PLC0415 what it takes is what is measured

        type("Inputs", (BaseModel,), {})
        return CheckResult(news, [])


def measure(repeat: int) -> dict[str, list[float]]:
    """Measure all costs, in seconds (s), *repeat* times each; and whether a preview loads boto3."""
    costs: dict[str, list[float]] = {}
    providers = {
        BARE_START: _recorded_by_value(_Trivial),
        PYDANTIC_START: _recorded_by_value(_WithPydantic),
        START: serialize_provider(SequenceStoreProvider()),
    }
    for turn in range(repeat + 1):  # the first warms the disk's cache up
        taken = {name: _python_s(code) for name, code in _IMPORTS.items()}
        taken |= {name: _first_check_s(recorded) for name, recorded in providers.items()}
        answer = subprocess.run(
            [sys.executable, "-c", _CHECK_AND_DIFF], check=True, capture_output=True, env=_clean()
        )
        taken[CHECK_AND_DIFF], taken[LOADS_BOTO3] = json.loads(answer.stdout)
        for name, value in taken.items():
            if turn:
                costs.setdefault(name, []).append(float(value))
    return costs


def _recorded_by_value(provider: type[ResourceProvider]) -> str:
    """Record a provider as if its class were defined in a program."""
    module, provider.__module__ = provider.__module__, "__main__"
    try:
        return base64.b64encode(dill.dumps(provider(), byref=False, recurse=True)).decode()
    finally:
        provider.__module__ = module


def _python_s(code: str) -> float:
    """Run a single-threaded program and return its CPU time (s), unaffected by other load."""
    process = subprocess.Popen([sys.executable, "-c", code], env=_clean())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{code} failed")
    return usage.ru_utime + usage.ru_stime


def _first_check_s(provider: str) -> float:
    """Start a plugin process and wait for the answer to a first Check."""
    began_s = time.perf_counter()
    # As the engine starts it, but without the address of an engine.
    command = [sys.executable, "-u", "-m", "pulumi.dynamic", "127.0.0.1:1"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=_clean()
    ) as process:
        try:
            port = process.stdout.readline().strip() if process.stdout else ""
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                stub = provider_pb2_grpc.ResourceProviderStub(channel)
                stub.Configure(
                    provider_pb2.ConfigureRequest(args=_struct({"aws:region": "us-east-1"}))
                )
                news = _struct({"__provider": provider, "name": "reads", "__identity": "bench"})
                stub.Check(provider_pb2.CheckRequest(urn="urn:pulumi:s::p::t::reads", news=news))
                return time.perf_counter() - began_s
        finally:
            process.kill()


def _struct(properties: Mapping[str, str]) -> Struct:
    struct = Struct()
    struct.update(properties)
    return struct


def _clean() -> dict[str, str]:
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PULUMI_"))
    }
    return kept | {"PYTHONPATH": str(Path(ROOT))}
