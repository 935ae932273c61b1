"""The owner tag: which declaration manages a resource, and whether its creation is finished.

The call that creates a resource sets the tag. Deletions, updates and the resumption of interrupted
creations check it: see docs/adr/0018.
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
"""Prefix of the tag keys reserved for this library; programs neither set nor see them."""

OWNER_TAG = f"{OWN_TAGS_PREFIX}owner"
"""Key of the tag whose value is an ``OwnerTag``."""

_DIGEST_LENGTH = 32
_SERIAL_BYTES = 10
_UNFINISHED = "unfinished"
"""Last part of an unfinished tag's value. Letters only: tag values allow few symbols (docs)."""


@dataclass(frozen=True)
class Claim:
    """The part of an owner tag that a creation can compute again after a crash.

    It serves to find a resource. Two declarations may share a claim, so it permits neither a
    takeover nor a deletion.

    Args:
        declaration: Digest of the identity: backend, organization and URN.
        creation: Digest of everything that distinguishes one creation from another.
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
        """Compute the claim of a creation.

        Args:
            identity: Identity of the declaration.
            principal: ARN of the calling role or user, without the role session name.
            create_only: The create-only inputs, as JSON values.
            generation: Number of earlier resources of this declaration.
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
        """Compute the claim in the form of versions whose tags have two parts; see ``of``."""
        whole = json.dumps([identity, principal, create_only, generation], sort_keys=True)
        return cls(_digest(identity), _digest(whole))


@dataclass(frozen=True)
class OwnerTag:
    """The value of the owner tag: ``declaration/creation/serial``, and ``/unfinished`` at first.

    Tags of earlier versions have two parts and no serial. They count as finished.

    Args:
        declaration: See ``Claim``.
        creation: See ``Claim``.
        serial: Random text. The state that records the same serial manages the resource.
        is_unfinished: Whether the creation has yet to make its last call.
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
        """Parse a tag's value; return None if it is not an owner tag."""
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

    def renamed(self, claim: Claim) -> Self:
        """Return the tag after a rename of the declaration.

        Its serial follows from this tag: an update that was killed recognizes what it wrote, and no
        state with another serial writes or recognizes the same.
        """
        origin = json.dumps([str(self.finished), claim.declaration, claim.creation])
        serial = _digest(f"renamed|{origin}")[: 2 * _SERIAL_BYTES]
        return dataclasses.replace(
            self,
            declaration=claim.declaration,
            creation=claim.creation,
            serial=serial,
            is_unfinished=False,
        )

    @property
    def finished(self) -> Self:
        """The tag after the creation's last call."""
        return dataclasses.replace(self, is_unfinished=False)

    @property
    def unfinished(self) -> Self:
        """The tag before the creation's last call."""
        return dataclasses.replace(self, is_unfinished=True)

    def is_of(self, *identities: str) -> bool:
        """Return whether the declaration has one of the identities, in either form."""
        digests = {declaration_of(one) for one in identities}
        return self.declaration in digests | {_digest(one) for one in identities}

    def is_same_owner(self, other: OwnerTag | None) -> bool:
        """Return whether both tags are equal apart from ``is_unfinished``."""
        return other is not None and self.finished == other.finished


def declaration_of(identity: str) -> str:
    """Return the digest of an identity, the first part of an owner tag.

    Earlier versions use another digest, and treat a bucket whose tag begins with it as their own:
    they must not recognize what this version creates.
    """
    return _digest(f"declaration|{identity}")


def split_owner_tag(tags: Mapping[str, str]) -> tuple[dict[str, str], OwnerTag | None]:
    """Split tags into those that programs see and the owner tag.

    A value that no version of this library writes is the tag of an unknown owner, not none.
    """
    visible = {key: text for key, text in tags.items() if not key.startswith(OWN_TAGS_PREFIX)}
    text = tags.get(OWNER_TAG, "")
    return visible, OwnerTag.parse(text) or (OwnerTag(text, "") if text else None)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]
