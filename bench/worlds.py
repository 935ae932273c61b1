"""The two worlds, each an emulator in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

CREATING_S = 3.0
"""How long a store stays CREATING in the world ``aws``, in seconds (s): assumed."""


@dataclass(frozen=True)
class World:
    """How the emulated AWS behaves.

    Args:
        name: Its name in the tables.
        options: Options of the emulator.
        environment: What a deployment in it sets.
    """

    name: str
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


WORLDS: Mapping[str, World] = {
    "zero": World("zero", environment={"OMICS_COMPONENTS_TPS": "*=inf"}),
    "aws": World(
        "aws",
        options=("--quotas", "--latency-ms", "30", "--creating-s", str(CREATING_S)),
    ),
}
"""``zero`` answers at once and admits everything; ``aws`` takes 30 ms a call, has the documented
quotas, and a new store takes 3 s."""


class Emulated:
    """A running emulator.

    Args:
        url: Where it listens.
        pid: Its process.
    """

    def __init__(self, url: str, pid: int) -> None:
        self.url = url
        self.pid = pid

    def environment(self) -> dict[str, str]:
        """Give the environment of a process that shall reach this emulator, and nothing else."""
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("AWS_", "PULUMI_", "OMICS_COMPONENTS_"))
        }
        return kept | {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def forget_calls(self) -> None:
        """Empty the call log."""
        self._control("DELETE", "calls")

    def calls(self) -> tuple[dict[str, int], int]:
        """Count the calls since ``forget_calls``: by operation, and those turned away."""
        calls = self._control("GET", "calls")
        by_operation = Counter(f"{call['service']}:{call['operation']}" for call in calls)
        throttled = sum(call["errorCode"] == "ThrottlingException" for call in calls)
        return dict(sorted(by_operation.items())), throttled

    def count_stores(self) -> int:
        """Count the stores that there are."""
        client = boto3.client(
            "omics",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="bench",
            aws_secret_access_key="bench",  # noqa: S106 no secret: the emulator takes any
            config=Config(inject_host_prefix=False),
        )
        pages = client.get_paginator("list_sequence_stores").paginate()
        return sum(len(page["sequenceStores"]) for page in pages)

    def reset(self) -> None:
        """Forget everything, what a failed run left included."""
        self._control("POST", "reset")

    def _control(self, method: str, what: str) -> Any:
        request = urllib.request.Request(f"{self.url}/_emulator/{what}", method=method)  # noqa: S310 the emulator's own URL
        with urllib.request.urlopen(request) as answer:  # noqa: S310 likewise
            return json.loads(answer.read() or b"null")


@contextmanager
def emulated(world: World) -> Iterator[Emulated]:
    """Run an emulator for as long as the context lasts."""
    command = [sys.executable, "-m", "omics_components.emulator", "--port", "0", *world.options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line.strip():
                raise RuntimeError("the emulator did not start")
            yield Emulated(line.strip(), process.pid)
        finally:
            process.terminate()
