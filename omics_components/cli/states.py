"""What Pulumi states know: exports of ``pulumi stack export``, and checkpoint files of backends."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omics_components.engine.hidden_keys import IDENTITY_KEY
from omics_components.errors import InvalidRequest
from omics_components.schema.owner_tag import OwnerTag

_GZIP = b"\x1f\x8b"
"""How a compressed checkpoint begins (PULUMI_DIY_BACKEND_GZIP)."""

_CREATING = "creating"


@dataclass(frozen=True)
class Recorded:
    """A resource in a state.

    Args:
        entry: As the state has it.
        pending: It is no resource yet: its creation was interrupted.
    """

    entry: Mapping[str, Any]
    pending: bool = False

    @property
    def urn(self) -> str:
        """Its URN."""
        return str(self.entry["urn"])

    @property
    def names(self) -> frozenset[str]:
        """What it is: its id and, where its provider has one of that name, its ``arn``.

        Nothing where the state only reads it (``.get``), or it is no resource yet.
        """
        if self.pending or not self.entry.get("custom") or self.entry.get("external"):
            return frozenset()
        known = (self.entry.get("id"), _properties(self.entry, "outputs").get("arn"))
        return frozenset(name for name in known if isinstance(name, str))

    @property
    def identities(self) -> frozenset[str]:
        """Who declares it: today, and when it was made (a stack or a resource may be renamed)."""
        both = (_properties(self.entry, kind).get(IDENTITY_KEY) for kind in ("inputs", "outputs"))
        return frozenset(identity for identity in both if isinstance(identity, str))

    @property
    def owner(self) -> OwnerTag | None:
        """The owner tag that it records; None if it records none.

        Raises:
            InvalidRequest: What it records is not an owner tag.
        """
        from omics_components.engine.hidden_keys import OWNER_KEY  # noqa: PLC0415 only if a state is read

        text = _properties(self.entry, "outputs").get(OWNER_KEY)
        if text is None or self.pending:
            return None
        if (owner := OwnerTag.parse(str(text))) is None:
            raise InvalidRequest(
                f"the output {OWNER_KEY} of {self.urn} is not an owner tag: {text!r}",
                advice="Give the state as pulumi stack export prints it.",
            )
        return owner

    def mentions(self, id_: str) -> bool:
        """Return whether the id stands anywhere in what is recorded of the resource."""
        whole = rf"(?<![\w.-]){re.escape(id_)}(?![\w-])"
        return re.search(whole, json.dumps(self.entry, ensure_ascii=False)) is not None


class States:
    """All that the given states know, together.

    Args:
        resources: The resources of all of them.
    """

    def __init__(self, resources: Sequence[Recorded]) -> None:
        self._resources = resources
        self.names = frozenset(name for one in resources for name in one.names)

    def declaration_of(self, owner: OwnerTag | None) -> Recorded | None:
        """Find the declaration that an owner tag names; None if no state has it.

        An interrupted creation goes before a resource that is there.
        """
        found = (
            one
            for one in sorted(self._resources, key=lambda one: not one.pending)
            for identity in one.identities
            if owner and owner.is_of(identity)
        )
        return next(found, None)

    def mentioning(self, id_: str) -> list[str]:
        """List the URNs of what mentions a resource without being it."""
        return [one.urn for one in self._resources if id_ not in one.names and one.mentions(id_)]


def read_state(name: str, content: bytes) -> Iterator[Recorded]:
    """Read a state.

    Args:
        name: What the file is called, for errors.
        content: What is in it.

    Raises:
        InvalidRequest: It is no state of Pulumi, or not all of one.
    """
    try:
        text = gzip.decompress(content) if content.startswith(_GZIP) else content
        whole = json.loads(text)
    except (EOFError, OSError, ValueError, zlib.error) as error:
        raise _no_state(name, f"it is not JSON: truncated or encrypted ({error})") from None
    yield from _resources(name, _deployment(name, whole))


def _deployment(name: str, whole: object) -> Mapping[str, Any]:
    """Find the resources' place; a stack that was never updated has none of it."""
    if isinstance(whole, dict) and isinstance(whole.get("deployment"), dict):
        found = whole["deployment"]
    elif isinstance(whole, dict) and isinstance(whole.get("checkpoint"), dict):
        found = whole["checkpoint"].get("latest") or {}
    else:
        raise _no_state(name, "it has neither a deployment nor a checkpoint")
    if not isinstance(found, dict):
        raise _no_state(name, "its checkpoint is no JSON object")
    return found


def _resources(name: str, deployment: Mapping[str, Any]) -> Iterator[Recorded]:
    for entry in _list(name, deployment, "resources"):
        yield Recorded(_entry(name, entry))
    for operation in _list(name, deployment, "pending_operations"):
        if isinstance(operation, dict) and operation.get("type") == _CREATING:
            yield Recorded(_entry(name, operation.get("resource")), pending=True)


def _list(name: str, deployment: Mapping[str, Any], member: str) -> list[object]:
    found = deployment.get(member) or []
    if not isinstance(found, list):
        raise _no_state(name, f"its {member} are no list")
    return found


def _entry(name: str, entry: object) -> Mapping[str, Any]:
    if not isinstance(entry, dict) or not isinstance(entry.get("urn"), str):
        raise _no_state(name, "a resource in it has no URN")
    return entry


def _properties(entry: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    found = entry.get(kind)
    return found if isinstance(found, dict) else {}


def _no_state(name: str, why: str) -> InvalidRequest:
    return InvalidRequest(
        f"{name} is not a state of Pulumi: {why}",
        advice="Give what pulumi stack export prints, or a checkpoint file of a backend.",
    )
