"""What a state holds besides a resource's outputs, under the same hidden keys on both fronts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omics_components.engine.backend import former_backend
from omics_components.engine.core import Record
from omics_components.engine.hidden_keys import (
    GENERATION_KEY,
    IDENTITY_KEY,
    IMPORT_KEY,
    INCOMPLETE_KEY,
    OWNER_KEY,
    TIMEOUTS_KEY,
)
from omics_components.schema.owner_tag import OwnerTag


def record_of(outputs: Mapping[str, Any]) -> Record:
    """Read what hidden outputs record."""
    return Record(
        str(outputs.get(IDENTITY_KEY) or ""),
        OwnerTag.parse(str(outputs.get(OWNER_KEY) or "")),
        int(outputs.get(GENERATION_KEY) or 0),
        is_incomplete=INCOMPLETE_KEY in outputs,
        adopted_as=str(outputs.get(IMPORT_KEY) or ""),
    )


def outputs_of(state: Any, record: Record, declared: Mapping[str, Any]) -> dict[str, Any]:
    """Compose the outputs: what is there, and what the state records besides."""
    hidden: dict[str, Any] = {
        IDENTITY_KEY: record.identity,
        TIMEOUTS_KEY: declared.get(TIMEOUTS_KEY),
        GENERATION_KEY: record.generation,
        IMPORT_KEY: record.adopted_as,
        OWNER_KEY: str(record.owner or ""),
        INCOMPLETE_KEY: record.is_incomplete,
    }
    return {**state.to_wire(), **{key: value for key, value in hidden.items() if value}}


def former_identity(identity: str) -> str:
    """Return an identity as versions spelled it whose owner tags have two parts."""
    _, bar, declaration = identity.partition("|")
    return f"{former_backend()}|{declaration}" if bar else identity
