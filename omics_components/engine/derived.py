"""Derive unique names for the resources of a component.

Key aliases are unique in an account and Region, but two components may share a name, below
different parents or in two backends. Their identities differ, so a derived name ends with a digest
of the identity.
"""

from __future__ import annotations

import hashlib
from typing import Any

from omics_components.engine.hidden_keys import DERIVED_KEY, IDENTITY_KEY

_DIGEST_LENGTH = 8

SUFFIX_LENGTH = len("-") + _DIGEST_LENGTH
"""Length of the suffix that a derived name has after its stem, in characters."""


def derived_properties(olds: dict[str, Any], news: dict[str, Any]) -> dict[str, str]:
    """Return the derived properties, by wire names.

    A recorded name is kept while the declaration has the same URN: earlier versions derived other
    names, and a backend has several spellings. A renamed or moved declaration derives another name,
    because a new declaration may use the old one.

    Args:
        olds: The recorded inputs; empty for a creation.
        news: The program's inputs.
    """
    stems: dict[str, str] = news.get(DERIVED_KEY) or {}
    is_renamed = _urn(olds) not in {"", _urn(news)}
    return {
        wire: str((not is_renamed and olds.get(wire)) or _derived(stem, news))
        for wire, stem in stems.items()
    }


def _derived(stem: str, news: dict[str, Any]) -> str:
    digest = hashlib.sha256(str(news.get(IDENTITY_KEY)).encode()).hexdigest()
    return f"{stem}-{digest[:_DIGEST_LENGTH]}"


def _urn(bag: dict[str, Any]) -> str:
    """Return the part of the identity that is the same on every machine."""
    return str(bag.get(IDENTITY_KEY) or "").partition("|urn:")[2]
