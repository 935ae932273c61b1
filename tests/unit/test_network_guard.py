"""The guard in tests/conftest.py."""

import os
import re
import socket

import boto3
import pytest


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "example.invalid"])
def test_no_test_reaches_the_network(host: str) -> None:
    with pytest.raises(PermissionError, match=f"tried to connect to {re.escape(host)}"):
        socket.create_connection((host, 443), timeout=0.1)


def test_no_socket_reaches_the_network_either() -> None:
    with socket.socket() as connection, pytest.raises(PermissionError, match="tried to connect"):
        connection.connect(("192.0.2.1", 443))


def test_no_test_uses_the_developers_own_credentials() -> None:
    credentials = boto3.Session().get_credentials()

    assert credentials is not None
    assert credentials.access_key == os.environ["AWS_ACCESS_KEY_ID"] == "AKIAFAKEKEYFORTESTS0"
