"""Keeps out what a browser sends for some web page: everything on this machine can reach a port."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

_OWN_HOST = re.compile(
    r"(.+[.-])?(127\.0\.0\.1|localhost|host\.docker\.internal)|::1|"
    r".+\.(amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|api\.aws)"
)
"""Names of this machine, and those of AWS that a client may be led here with.

In front may stand a bucket (S3) or a prefix (``control-storage-``). None of them can be someone
else's: top-level domains are not registered like that, and AWS's are its own.
"""


def is_from_a_web_page(headers: Mapping[str, str]) -> bool:
    """Return whether a browser sent a request for some web page.

    Browsers name the page's origin, and say how it relates to what is asked; ``none`` is what a
    user typed. No AWS SDK outside a browser sends either header.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    return "origin" in lowered or lowered.get("sec-fetch-site", "none") != "none"


def is_for_this_host(headers: Mapping[str, str]) -> bool:
    """Return whether a request names this machine, and no host that was made to point here.

    By such a name (DNS rebinding) a web page asks what counts as its own host.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    try:
        host = urlsplit(f"//{lowered.get('host', '')}").hostname
    except ValueError:
        return False  # half an IPv6 address
    return host is not None and _OWN_HOST.fullmatch(host) is not None
