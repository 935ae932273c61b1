"""The owner tag: which declaration manages a resource, and whether its creation was finished.

Every resource carries the tag from the call that creates it. It is what fences deletions, updates
and interrupted creations: see docs/adr/0018.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

OWN_TAGS_PREFIX = "omics-components:"
"""Tag keys that belong to this library; programs cannot use them, and do not see them."""

OWNER_TAG = f"{OWN_TAGS_PREFIX}owner"
"""Key of the tag whose value is an ``OwnerTag``."""

_DIGEST_LENGTH = 32
_SERIAL_BYTES = 10
_UNFINISHED = "unfinished"
"""Last part of an unfinished tag's value. Of letters only: tag values take few symbols (docs)."""


@dataclass(frozen=True)
class Claim:
    """What one creation writes on what it creates, and can compute again after a crash.

    It says where to look. Two declarations may share a claim, so it permits neither to take over
    nor to delete a resource.

    Args:
        declaration: Digest of the identity: backend, organization and URN.
        creation: Digest of all that makes one creation differ from another.
    """

    declaration: str
    creation: str

    @classmethod
    def of(
        cls,
        identity: str,
        *,
        principal: str,
        create_only: Mapping[str, object],
        generation: int,
    ) -> Claim:
        """Compose the claim of a creation.

        Args:
            identity: Who declares the resource.
            principal: Who calls AWS: a role or a user, without the name of a session.
            create_only: The create-only inputs, in JSON values.
            generation: How many resources of this declaration came before.
        """
        whole = json.dumps([identity, principal, create_only, generation], sort_keys=True)
        return cls(declaration_of(identity), _digest(f"creation|{whole}"))

    @classmethod
    def former(
        cls,
        identity: str,
        *,
        principal: str,
        create_only: Mapping[str, object],
        generation: int,
    ) -> Claim:
        """Compose the claim as versions wrote it whose tags have two parts; see ``get``."""
        whole = json.dumps([identity, principal, create_only, generation], sort_keys=True)
        return cls(_digest(identity), _digest(whole))


@dataclass(frozen=True)
class OwnerTag:
    """The value of the owner tag: ``declaration/creation/serial``, and ``/unfinished`` at first.

    Tags of earlier versions have two parts: no serial. They count as finished.

    Args:
        declaration: See ``Claim``.
        creation: See ``Claim``.
        serial: Random text. The state that has the same one manages the resource.
        is_unfinished: Whether the creation has not made its last call yet.
    """

    declaration: str
    creation: str
    serial: str = ""
    is_unfinished: bool = False

    @classmethod
    def draw(cls, claim: Claim) -> Self:
        """Return the unfinished tag of a creation, with a new serial."""
        return cls(claim.declaration, claim.creation, secrets.token_hex(_SERIAL_BYTES), True)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read a tag's value; None if it is not an owner tag."""
        declaration, creation, serial, mark, *rest = *text.split("/"), *[""] * 4
        if not declaration or not creation or mark not in {"", _UNFINISHED} or any(rest):
            return None
        return cls(declaration, creation, serial, mark == _UNFINISHED)

    def __str__(self) -> str:
        parts = [self.declaration, self.creation]
        if self.serial or self.is_unfinished:
            parts.append(self.serial)
        if self.is_unfinished:
            parts.append(_UNFINISHED)
        return "/".join(parts)

    @property
    def claim(self) -> Claim:
        """The part that the declaration can compute."""
        return Claim(self.declaration, self.creation)

    @property
    def finished(self) -> Self:
        """The tag after the creation's last call."""
        return dataclasses.replace(self, is_unfinished=False)

    @property
    def unfinished(self) -> Self:
        """The tag before the creation's last call."""
        return dataclasses.replace(self, is_unfinished=True)

    def is_of(self, *identities: str) -> bool:
        """Return whether one of the identities is the declaration's, in either spelling."""
        digests = {declaration_of(one) for one in identities}
        return self.declaration in digests | {_digest(one) for one in identities}

    def is_same_owner(self, other: OwnerTag | None) -> bool:
        """Return whether both name one owner: all parts are equal, the mark aside."""
        return other is not None and self.finished == other.finished


def declaration_of(identity: str) -> str:
    """Return the digest of an identity, as the first part of an owner tag has it.

    Earlier versions wrote another digest, and took a bucket whose tag begins with theirs for one
    of their own: they must not recognize what this version creates.
    """
    return _digest(f"declaration|{identity}")


def split_owner_tag(tags: Mapping[str, str]) -> tuple[dict[str, str], OwnerTag | None]:
    """Split the tags that programs see from the owner tag."""
    visible = {key: text for key, text in tags.items() if not key.startswith(OWN_TAGS_PREFIX)}
    return visible, OwnerTag.parse(tags.get(OWNER_TAG, ""))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]
