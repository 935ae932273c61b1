"""The configuration of a native provider: that of ``AwsSettings``, in the package's namespace."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from omics_components.aws.settings import REFUSED, AwsSettings, nearest
from omics_components.errors import InvalidRequest

PACKAGE = "omics-components"
"""Name of the package, and the namespace of its configuration."""

KEYS = AwsSettings.names()
"""What a provider can be configured with."""

TAKE_OVER = "takeOver"
"""Comma-separated ids that may be adopted although others made them."""

_IGNORED = frozenset({"version", "pluginDownloadURL"})
"""What the SDKs add to a provider's inputs."""

_STACK_KEY = re.compile(rf"\baws:(?=({'|'.join(KEYS)})\b)")


def settings_from(config: Mapping[str, Any]) -> AwsSettings:
    """Read the configuration of a provider.

    Args:
        config: Values by key; objects and lists as JSON texts or as themselves.

    Raises:
        InvalidRequest: Naming the key that cannot be read.
    """
    texts = {f"aws:{key}": _text(value) for key, value in config.items() if key in KEYS}
    return AwsSettings.from_stack(texts)


def problems_of(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Check each key by itself, and yield (key, what is wrong with it)."""
    for key, value in config.items():
        if key in _IGNORED or key.startswith("__") or key == TAKE_OVER:
            continue
        if key not in KEYS:
            meant = nearest(key, (*KEYS, TAKE_OVER))
            hint = f": did you mean {meant}?" if meant else ""
            instead = f": {REFUSED[key]} instead" if key in REFUSED else hint
            yield key, f"is not a setting of {PACKAGE}{instead}"
            continue
        try:
            settings_from({key: value})
        except (InvalidRequest, ValueError) as error:
            yield key, in_own_words(str(error))


def in_own_words(text: str) -> str:
    """Name the configuration as native programs spell it: ``omics-components:region``."""
    return _STACK_KEY.sub(f"{PACKAGE}:", text)


def account_of(config: Mapping[str, Any]) -> str | None:
    """Return the account that a configuration leads to; None if it does not show.

    The last role's, or the only one that is allowed. An earlier version may have recorded what is
    invalid now.
    """
    try:
        settings = settings_from(config)
    except InvalidRequest:
        return None
    if settings.assume_roles:
        return settings.assume_roles[-1].role_arn.split(":")[4:5][0] or None
    allowed = settings.allowed_account_ids
    return allowed[0] if len(allowed) == 1 else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
