"""Which addresses are this machine's own."""

import ipaddress
from urllib.parse import urlsplit


def is_loopback(url: str) -> bool:
    """Say whether *url* leads to this machine: localhost, a name below it, 127.0.0.1, ::1."""
    host = urlsplit(url).hostname or ""
    # S3 has the bucket in the host name, and omics a prefix: ``bucket.localhost``.
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
