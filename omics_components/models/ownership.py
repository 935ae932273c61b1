"""Who made a resource: the tag that tells an interrupted creation from somebody else's work.

A creation that was cut short leaves a resource that no state knows. Its tag, set by the very call
that makes it, says which declaration it was made for, so that the next creation finds it again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

OWN_TAGS_PREFIX = "omics-components:"
"""Tag keys that belong to this library; programs cannot use them, and do not see them."""

OWNER_TAG = f"{OWN_TAGS_PREFIX}owner"
"""Key of the tag whose value is a ``Claim``'s text."""

_DIGEST_LENGTH = 32


@dataclass(frozen=True)
class Claim:
    """What one creation writes on what it makes.

    The text of a claim is the same each time that the same declaration is created anew, by the same
    principal, with the same create-only inputs, in the same generation.

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
        return cls(_digest(identity), _digest(whole))

    @classmethod
    def read(cls, text: str) -> Claim | None:
        """Read a tag's value; None if it is no claim."""
        declaration, _, creation = text.partition("/")
        return cls(declaration, creation) if declaration and creation else None

    def __str__(self) -> str:
        return f"{self.declaration}/{self.creation}"

    def is_of(self, identity: str) -> bool:
        """Say whether the claim was made for a declaration."""
        return self.declaration == _digest(identity)


def without_owner(tags: Mapping[str, str]) -> tuple[dict[str, str], Claim | None]:
    """Part the tags that programs see from the claim."""
    visible = {key: text for key, text in tags.items() if not key.startswith(OWN_TAGS_PREFIX)}
    return visible, Claim.read(tags.get(OWNER_TAG, ""))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]
