"""Which addresses are this machine's own, and how to reach them past a proxy."""

import ipaddress
import os
from urllib.parse import urlsplit

_NO_PROXY = {"NO_PROXY": "no_proxy", "no_proxy": "NO_PROXY"}
"""Both are read: Go looks for the first one first, Python for the second."""


def is_loopback(url: str) -> bool:
    """Return whether *url* leads to this machine: localhost, a name below it, 127.0.0.1, ::1."""
    host = urlsplit(url).hostname or ""
    # S3 has the bucket in the host name, and omics a prefix: ``bucket.localhost``.
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def past_proxies() -> dict[str, str]:
    """Return the environment variables with which no proxy stands before this machine's servers.

    What this process goes to without a proxy stays so.
    """
    found = {
        name: os.environ.get(name) or os.environ.get(other) for name, other in _NO_PROXY.items()
    }
    return {name: _with_loopback(hosts or "") for name, hosts in found.items()}


def _with_loopback(hosts: str) -> str:
    named = [host.strip() for host in hosts.split(",") if host.strip()]
    if named == ["*"]:  # it counts alone only
        return "*"
    return ",".join([*named, *(host for host in ("127.0.0.1", "localhost") if host not in named)])
