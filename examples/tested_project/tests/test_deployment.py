"""The whole program by a real ``pulumi up``, with the emulator in the place of AWS."""

from pathlib import Path

import boto3
from inventory import count_read_sets_by_sample

from omics_components.testing import StackFactory

PROJECT = Path(__file__).parent.parent


def test_a_new_description_keeps_the_store(pulumi_stack: StackFactory) -> None:
    lab = pulumi_stack(PROJECT)
    lab.up()
    store_id = lab.outputs["store_id"]
    assert not count_read_sets_by_sample(store_id)

    lab.set_config("description", "Reads of the 2026 cohort")
    change = lab.up()

    assert change.changes == {"reads-store": ["update"]}
    store = boto3.client("omics").get_sequence_store(id=store_id)
    assert store["description"] == "Reads of the 2026 cohort"
