"""Fixtures for tests of programs that use HealthOmics; loaded by pytest through an entry point.

Importing this module must stay cheap: every pytest run in the environment does it.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from omics_components.emulator.core import Emulator
    from omics_components.emulator.http_server import EmulatorServer

FAKE_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIAFAKEKEYFORTESTS0",
    "AWS_SECRET_ACCESS_KEY": "fake",
    "AWS_SESSION_TOKEN": "fake",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""Credentials that no AWS account has, a region, and no way to find others."""


def _fake_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the fake environment in place of everything that AWS SDKs read, endpoints included."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in FAKE_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def _require_the_extra() -> None:
    for module in ("moto", "flask", "flask_cors"):
        if find_spec(module) is None:
            pytest.fail(
                f"the emulator needs {module}, which is not installed: it comes with the extra"
                " emulator of omics-components",
                pytrace=False,
            )


@pytest.fixture
def omics_assume() -> dict[str, str]:
    """Alternatives to assumptions that the emulator acts out: none.

    A test sets them: ``@pytest.mark.parametrize("omics_assume", [{"deleting-time":
    "half-a-minute"}])``; docs/assumptions.md lists them.
    """
    return {}


@pytest.fixture
def omics_emulator(
    monkeypatch: pytest.MonkeyPatch, omics_assume: dict[str, str]
) -> Iterator[Emulator]:
    """A fresh emulator that answers every boto3 client of the test's process, without a socket.

    Other services are moto's (``mock_aws``); credentials and region in the environment are fake.
    A call of boto3 that neither answers raises instead of leaving this machine.
    A store's KMS key must be one of moto's; ``omics_emulator.configure(check_keys=False)`` admits
    any.
    """
    _require_the_extra()
    from moto import mock_aws  # noqa: PLC0415 - see the module docstring

    from omics_components.emulator.core import Emulator  # noqa: PLC0415 - as above
    from omics_components.emulator.outbound import no_network  # noqa: PLC0415 - as above

    _fake_account(monkeypatch)
    made = Emulator(check_keys=True, assume=omics_assume)
    with no_network(), mock_aws(), made.in_process() as emulator:
        yield emulator


@pytest.fixture
def omics_emulator_server(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    omics_assume: dict[str, str],
) -> Iterator[EmulatorServer]:
    """A fresh emulator over HTTP, in a thread of this process, moto's services beside it.

    The environment leads to it: plain boto3 clients of the test find it, and so do the processes
    that the test starts. ``server.environment()`` is what any other process needs to use it.
    A call of boto3 in the test's process that would leave this machine raises instead.

    In a test that has ``omics_emulator``, too, it serves that one.
    """
    _require_the_extra()
    import boto3  # noqa: PLC0415 - see the module docstring

    from omics_components.emulator.http_server import EmulatorServer  # noqa: PLC0415 - as above
    from omics_components.emulator.outbound import no_network  # noqa: PLC0415 - as above

    # It comes first, so that the environment leads here in the end.
    shares = "omics_emulator" in request.fixturenames
    emulator = request.getfixturevalue("omics_emulator") if shares else None
    _fake_account(monkeypatch)
    serving = EmulatorServer(emulator) if emulator else EmulatorServer(assume=omics_assume)
    with pytest.MonkeyPatch.context() as patched, no_network(), serving as server:
        # boto3.client() uses one session per process, which may remember other credentials.
        patched.setattr(boto3, "DEFAULT_SESSION", None)
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        # moto's state belongs to the process: what another server left, and what this one leaves.
        # What the test has put into the other fixture's emulator stays.
        if not shares:
            server.reset()
        yield server
        if not shares:
            server.reset()


@pytest.fixture
def omics_emulator_url(omics_emulator_server: EmulatorServer) -> str:
    """URL of a fresh emulator over HTTP."""
    return omics_emulator_server.url
