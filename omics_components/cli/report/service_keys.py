"""Keys that AWS chose for sequence stores: recorded, but not declared by any program (ADR 17)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from omics_components.kinds.sequence_store.model import SseConfigState
from omics_components.schema.arn import SequenceStoreArn

ValueT = TypeVar("ValueT")


def without_service_key(
    arn: object, recorded: Mapping[str, ValueT], declared: Mapping[str, ValueT]
) -> Mapping[str, ValueT]:
    """Return the recorded inputs of a store without a key that AWS chose.

    The provider takes it for no difference, so a report must not show it as one. It is in states
    of earlier versions and of providers that record what AWS reports.

    Args:
        arn: The store's ARN, if it is known.
        recorded: The inputs before, in wire names.
        declared: The inputs after.
    """
    after = declared.get("sseConfig")
    if after is not None and not (isinstance(after, Mapping) and after.get("keyArn") is None):
        return recorded
    try:
        account = SequenceStoreArn.parse(str(arn)).account
        encryption = SseConfigState.model_validate(recorded.get("sseConfig"))
    except ValueError:
        return recorded
    if not encryption.is_chosen_by_aws(account):
        return recorded
    others = {name: value for name, value in recorded.items() if name != "sseConfig"}
    return others if after is None else {**others, "sseConfig": after}
