"""Plain values of secret inputs: found in a preview, and redacted from every text of a report.

The CLI masks a secret property where it is marked as one. The same value may stand in plain text
elsewhere: in an output, in the inputs before the change that marks it, in an ID or in a message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

from omics_components.cli.report.values import Hidden, Properties, Value

REDACTED = "[secret]"

_ABSENT: Value = None


def hides_secret(value: Value | Properties) -> bool:
    """Return whether a value is secret, wholly or in part."""
    if isinstance(value, dict):
        return any(hides_secret(item) for item in value.values())
    if isinstance(value, list):
        return any(hides_secret(item) for item in value)
    return value is Hidden.SECRET


def plain_texts(masked: Value, other: Value) -> Iterator[str]:
    """Yield the texts of *other* at the places where *masked* is secret."""
    if masked is Hidden.SECRET:
        yield from _texts(other)
    elif isinstance(masked, dict) and isinstance(other, dict):
        for key, item in masked.items():
            yield from plain_texts(item, other.get(key, _ABSENT))
    elif isinstance(masked, list) and isinstance(other, list):
        for item, another in zip(masked, other, strict=False):
            yield from plain_texts(item, another)


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, str) and value.strip():
        yield value
        yield value.removeprefix("alias/") or value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def redactor(secrets: Collection[str]) -> Callable[[str], str]:
    """Return a function that replaces every secret in a text, as a whole word, by a mask."""
    if not secrets:
        return lambda text: text
    longest_first = sorted(secrets, key=len, reverse=True)
    words = "|".join(re.escape(secret) for secret in longest_first)
    pattern = re.compile(rf"(?<![A-Za-z0-9])(?:{words})(?![A-Za-z0-9])")
    return lambda text: pattern.sub(REDACTED, text)
