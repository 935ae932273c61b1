"""Fixtures for tests of programs that use HealthOmics; loaded by pytest through an entry point.

Importing this module must stay cheap: every pytest run in the environment does it.
"""

from __future__ import annotations

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
}
"""Credentials that no AWS account has, and a region."""


def _fake_account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in FAKE_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    # A profile would win over the keys, and an endpoint would leave the process.
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_OMICS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def omics_emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """A fresh emulator that answers every boto3 client the test makes, without a socket.

    Other services are moto's (``mock_aws``); credentials and region in the environment are fake.
    A store's KMS key must be one of moto's; ``omics_emulator.configure(check_keys=False)`` admits
    any.
    """
    from moto import mock_aws  # noqa: PLC0415 - see the module docstring

    from omics_components.emulator.core import Emulator  # noqa: PLC0415 - likewise

    _fake_account(monkeypatch)
    with mock_aws(), Emulator(check_keys=True).in_process() as emulator:
        yield emulator


@pytest.fixture
def omics_emulator_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmulatorServer]:
    """A fresh emulator over HTTP, in a thread of this process, moto's services beside it.

    ``server.environment()`` is what another process needs to use it.
    """
    from omics_components.emulator.http_server import EmulatorServer  # noqa: PLC0415 - likewise

    _fake_account(monkeypatch)
    with EmulatorServer() as server:
        yield server
        server.reset()  # moto's state belongs to the process, not to the server


@pytest.fixture
def omics_emulator_url(omics_emulator_server: EmulatorServer) -> str:
    """URL of a fresh emulator over HTTP."""
    return omics_emulator_server.url
