"""How many read sets are at stake: the one thing that a report can ask AWS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from omics_components.cli.report.kinds import STORES
from omics_components.cli.report.preview import Preview, Step
from omics_components.errors import OmicsComponentsError
from omics_components.kinds.sequence_store.read_sets import count_read_sets
from omics_components.schema.arn import SequenceStoreArn

if TYPE_CHECKING:
    from omics_components.aws.client import Aws

COUNTED_MAX = 10_000
"""Read sets that are counted in one store: 100 calls, 20 s at the quota. A million are possible."""


def stores_at_stake(preview: Preview) -> tuple[SequenceStoreArn, ...]:
    """List the stores that are deleted or replaced, or that get ``force_destroy``."""
    return tuple(dict.fromkeys(_stores(preview)))


def _stores(preview: Preview) -> Iterator[SequenceStoreArn]:
    for step in preview.steps:
        if step.type in STORES and step.before is not None and _is_at_stake(step):
            try:
                yield SequenceStoreArn.parse(step.before.id)
            except ValueError:
                continue  # another provider's id


def _is_at_stake(step: Step) -> bool:
    gets_force_destroy = step.after is not None and step.after.inputs.get("forceDestroy") is True
    return step.verb in {"delete", "replace"} or (step.verb == "update" and gets_force_destroy)


def held_by(stores: tuple[SequenceStoreArn, ...], aws: Aws) -> Mapping[str, str]:
    """Report for each store, by its ARN, what it holds now, or why that is unknown."""
    return {str(store): _holds(store, aws) for store in stores}


def _holds(store: SequenceStoreArn, aws: Aws) -> str:
    try:
        counts = count_read_sets(aws.omics(store.region), store.store_id, at_most=COUNTED_MAX + 1)
    except OmicsComponentsError as error:
        return f"its contents are unknown: {error}"
    number = counts.total()
    if number > COUNTED_MAX:
        return f"it holds more than {COUNTED_MAX:,} read sets"
    if not number:
        return "it holds no read sets"
    by_status = ", ".join(f"{count:,} {status}" for status, count in sorted(counts.items()))
    return f"it holds {number:,} read set{'' if number == 1 else 's'} ({by_status})"
