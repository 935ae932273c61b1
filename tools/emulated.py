"""Run an emulator in a separate process, with environments that reach no other AWS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config

from omics_components.emulator.loopback import past_proxies

_NOT_KEPT = ("AWS_", "PULUMI_", "OMICS_COMPONENTS_")
_FAKE = {
    "AWS_ACCESS_KEY_ID": "fake",
    "AWS_SECRET_ACCESS_KEY": "fake",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""Keys that no account has, and no way to find others."""


def leave_the_developers_aws() -> None:
    """Remove the developer's AWS and proxy settings from the environment of this process.

    A profile that is in no file would end the first client, and a proxy knows no 127.0.0.1.
    """
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(_FAKE | past_proxies())


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
        """Return the environment of a process that reaches this emulator and no other AWS."""
        kept = {key: text for key, text in os.environ.items() if not key.startswith(_NOT_KEPT)}
        return kept | _FAKE | past_proxies() | {"AWS_ENDPOINT_URL": self.url}

    def client(self, service: str) -> Any:
        """Return a boto3 client of the emulator, created without the library."""
        client: Any = boto3.client  # its stubs know services by literal names only
        return client(
            service,
            endpoint_url=self.url,
            region_name=_FAKE["AWS_REGION"],
            aws_access_key_id=_FAKE["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=_FAKE["AWS_SECRET_ACCESS_KEY"],
            config=Config(inject_host_prefix=False),
        )

    def forget_calls(self) -> None:
        """Empty the call log."""
        self._control("DELETE", "calls")

    def calls(self) -> list[dict[str, Any]]:
        """List the calls since ``forget_calls``, as the emulator's control API does."""
        calls: list[dict[str, Any]] = self._control("GET", "calls")
        return calls

    def reset(self) -> None:
        """Delete everything in the emulator."""
        self._control("POST", "reset")

    def post(self, what: str, document: Any) -> Any:
        """Send a document to the control API, such as ``post("read-sets", {…})``."""
        return self._control("POST", what, json.dumps(document).encode())

    def _control(self, method: str, what: str, body: bytes | None = None) -> Any:
        request = urllib.request.Request(f"{self.url}/_emulator/{what}", body, method=method)  # noqa: S310 the emulator's own URL
        with urllib.request.urlopen(request) as answer:  # noqa: S310 the same
            return json.loads(answer.read() or b"null")


@contextmanager
def emulated(*options: str) -> Iterator[Emulated]:
    """Run an emulator with these options for as long as the context lasts."""
    command = [sys.executable, "-m", "omics_components.emulator", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line.strip():
                raise RuntimeError("the emulator did not start")
            yield Emulated(line.strip(), process.pid)
        finally:
            process.terminate()
