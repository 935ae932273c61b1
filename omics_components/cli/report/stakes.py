"""Count the read sets at stake: the only request that a report can make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from omics_components.cli.report.kinds import Kind
from omics_components.cli.report.preview import Preview, Step
from omics_components.cli.report.values import Hidden
from omics_components.errors import OmicsComponentsError
from omics_components.kinds.sequence_store.read_sets import count_read_sets
from omics_components.schema.arn import SequenceStoreArn

if TYPE_CHECKING:
    from omics_components.aws.client import Aws

COUNTED_MAX = 10_000
"""Read sets that are counted in one store: 100 calls, 20 s at the quota."""


def stores_at_stake(preview: Preview) -> tuple[SequenceStoreArn, ...]:
    """Return the stores that are deleted or replaced, or that may get ``force_destroy``."""
    return tuple(dict.fromkeys(_stores(preview)))


def _stores(preview: Preview) -> Iterator[SequenceStoreArn]:
    for step in preview.steps:
        if step.kind is Kind.SEQUENCE_STORE and step.before is not None and _is_at_stake(step):
            with suppress(ValueError):  # an ID that no store has
                yield SequenceStoreArn.parse(step.before.id)


def _is_at_stake(step: Step) -> bool:
    declared = step.after.inputs.get("forceDestroy") if step.after else None
    gets_force_destroy = declared is True or isinstance(declared, Hidden)
    return step.verb in {"delete", "replace"} or (step.verb == "update" and gets_force_destroy)


def count_contents(stores: tuple[SequenceStoreArn, ...], aws: Aws) -> Mapping[str, str]:
    """Return the contents of each store in words, by its ARN, or why they are not known.

    IAM: omics:ListReadSets (quota: 5 calls a second; docs).
    """
    return {str(store): _contents(store, aws) for store in stores}


def _contents(store: SequenceStoreArn, aws: Aws) -> str:
    try:
        counts = count_read_sets(aws.omics(store.region), store.store_id, at_most=COUNTED_MAX + 1)
    except OmicsComponentsError as error:
        return f"its contents are not known: {error}"
    number = counts.total()
    if number > COUNTED_MAX:
        return f"it holds more than {COUNTED_MAX:,} read sets"
    if not number:
        return "it holds no read sets"
    by_status = ", ".join(f"{count:,} {status}" for status, count in sorted(counts.items()))
    return f"it holds {number:,} read set{'' if number == 1 else 's'} ({by_status})"
