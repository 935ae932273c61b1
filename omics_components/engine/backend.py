"""Determine the backend of the stack, as far as a plugin can.

The engine does not pass the backend to a plugin. This module reads what the CLI reads, in the same
order: ``PULUMI_BACKEND_URL``, the project file, the login. A backend that an Automation API program
sets itself is not visible, and a login may change while a command runs. So the result distinguishes
most owners, but nothing may depend on it (docs/adr/0018).
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_PULUMI_CLOUD = "https://api.pulumi.com"
_PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")
_DIGEST_LENGTH = 16

_FORMER_CREDENTIALS = re.compile(r"(?<=://)[^/?#]*@|(?<=[?&])password=[^&#]*&?")


@functools.cache
def backend_digest() -> str:
    """Return a digest of the stack's backend; "" if it is unknown.

    A digest, because a URL may contain a password and the result is part of each resource's state.
    """
    url = next(_backend_urls(), "")
    return hashlib.sha256(_normalized(url).encode()).hexdigest()[:_DIGEST_LENGTH] if url else ""


def former_backend() -> str:
    """Return the backend in the form of versions whose owner tags have two parts."""
    return _FORMER_CREDENTIALS.sub("", os.environ.get("PULUMI_BACKEND_URL", ""))


def _backend_urls() -> Iterator[str]:
    """Yield the backends that are set, in order of precedence."""
    if url := os.environ.get("PULUMI_BACKEND_URL", ""):
        yield url
    if url := _project_backend():
        yield url
    if url := _login():
        yield url
    if os.environ.get("PULUMI_ACCESS_TOKEN"):
        yield _PULUMI_CLOUD


def _project_backend() -> str:
    """Return ``backend.url`` of the project file in the working directory or above it."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        for name in _PROJECT_FILES:
            if (folder / name).is_file():
                return _text_in(_read(folder / name), "backend", "url")
    return ""


def _login() -> str:
    """Return the backend of the last ``pulumi login``."""
    home = os.environ.get("PULUMI_CREDENTIALS_PATH") or os.environ.get("PULUMI_HOME")
    folder = Path(home) if home else Path.home() / ".pulumi"
    return _text_in(_read(folder / "credentials.json"), "current")


def _read(path: Path) -> Any:
    """Parse a JSON or YAML file; None if that fails."""
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            return json.loads(text)
        import yaml  # noqa: PLC0415 the SDK brings it, and few commands need it

        return yaml.safe_load(text)
    except Exception:  # noqa: BLE001 a file that cannot be read names no backend
        return None


def _text_in(content: Any, *keys: str) -> str:
    for key in keys:
        content = content.get(key) if isinstance(content, dict) else None
    return content if isinstance(content, str) else ""


def _normalized(url: str) -> str:
    """Return the canonical URL of a backend.

    Without credentials, query and trailing slash; a folder is an absolute path without links.
    """
    scheme, _, rest = url.strip().partition("://")
    place = re.split("[?#]", rest)[0]
    if scheme.lower() == "file":
        folder = os.path.expanduser(place)  # noqa: PTH111 text in, text out
        return f"file://{os.path.realpath(folder)}"
    # A password may contain a slash: remove everything before the last @.
    host, _, path = re.sub("^[^/]*:.*@|^[^/]*@", "", place).partition("/")
    return f"{scheme.lower()}://{host.lower()}/{path}".rstrip("/")
