"""Properties as the engine sends them to a native plugin, and as it takes them back.

The engine wraps what is secret, and sends a marker where a value is not known yet. Handlers get
plain values; where the marks stood is kept beside them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import rpc

from omics_components.schema.validation import Path

UNKNOWN: str = rpc.UNKNOWN
"""What the engine takes for a value that only an update will know."""

_SIGNATURE: str = rpc._special_sig_key  # noqa: SLF001 the wire's own constants; a test holds them
_SECRET: str = rpc._special_secret_sig  # noqa: SLF001
_OUTPUT: str = rpc._special_output_value_sig  # noqa: SLF001
_RESOURCE: str = rpc._special_resource_sig  # noqa: SLF001

_NOTHING = object()

_REVEALED_BY = {
    "tags": ("tagsAll",),
    "readers": ("policy",),
    "administrators": ("policy",),
    "users": ("policy",),
}
"""Inputs whose values appear in further outputs: where they are secret, so are those."""


@dataclass(frozen=True)
class Properties:
    """Decoded properties of a resource.

    Args:
        values: What is known, by wire names; without hidden keys.
        hidden: Values of keys that begin with ``__``.
        unknown: Where values stand that only an update will know.
        secret: Names of properties that are secret, wholly or in part.
        raw: Everything as it was sent.
    """

    values: dict[str, Any] = field(default_factory=dict)
    hidden: dict[str, Any] = field(default_factory=dict)
    unknown: tuple[Path, ...] = ()
    secret: frozenset[str] = frozenset()
    raw: dict[str, Any] = field(default_factory=dict)


def decode(struct: Struct) -> Properties:
    """Read properties."""
    raw: dict[str, Any] = MessageToDict(struct)
    unknown: list[Path] = []
    secret: set[str] = set()
    plain = _plain(raw, (), unknown, secret)
    known: dict[str, Any] = plain if isinstance(plain, dict) else {}
    return Properties(
        {key: value for key, value in known.items() if not key.startswith("__")},
        {key: value for key, value in known.items() if key.startswith("__")},
        tuple(path for path in unknown if not str(path[0]).startswith("__")),
        frozenset(secret),
        raw,
    )


def encode(values: Mapping[str, Any], *, secret: Collection[str] = ()) -> Struct:
    """Write properties; those in *secret*, and what reveals them, are wrapped as secrets."""
    names = {*secret, *(other for name in secret for other in _REVEALED_BY.get(name, ()))}
    struct = Struct()
    struct.update(
        {key: _wrapped(value) if key in names else value for key, value in values.items()}
    )
    return struct


def unwrapped(value: Any) -> Any:
    """Return a value as it was sent, without the marks of what is secret; unknown ones stay."""
    if isinstance(value, Mapping):
        if _SIGNATURE in value:
            return unwrapped(_unwrapped(value, (), set()))
        return {key: unwrapped(item) for key, item in value.items()}
    return [unwrapped(item) for item in value] if isinstance(value, list) else value


def _wrapped(value: Any) -> Any:
    if isinstance(value, Mapping) and value.get(_SIGNATURE) == _SECRET:
        return value
    return {_SIGNATURE: _SECRET, "value": value}


def _plain(value: object, at: Path, unknown: list[Path], secret: set[str]) -> object:
    if isinstance(value, Mapping):
        if _SIGNATURE in value:
            return _plain(_unwrapped(value, at, secret), at, unknown, secret)
        items = {key: _plain(item, (*at, key), unknown, secret) for key, item in value.items()}
        return {key: item for key, item in items.items() if item is not _NOTHING}
    if isinstance(value, list):
        listed = [_plain(item, (*at, index), unknown, secret) for index, item in enumerate(value)]
        return [item for item in listed if item is not _NOTHING]
    if value == UNKNOWN:
        unknown.append(at)
        return _NOTHING
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _unwrapped(value: Mapping[str, Any], at: Path, secret: set[str]) -> object:
    """Return what is wrapped, and note where it is secret."""
    kind = value[_SIGNATURE]
    if kind == _RESOURCE:
        return value.get("id", UNKNOWN)
    if kind == _SECRET or (kind == _OUTPUT and value.get("secret")):
        secret.update(str(part) for part in at[:1])
    return value.get("value", UNKNOWN if kind == _OUTPUT else None)
