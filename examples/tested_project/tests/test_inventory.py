"""The lab's own boto3 code, against the emulator in this process: no socket, no Pulumi."""

import boto3
from inventory import count_read_sets_by_sample

from omics_components.emulator import Emulator


def test_samples_are_counted(omics_emulator: Emulator) -> None:
    store = boto3.client("omics").create_sequence_store(name="reads")
    samples = ["NA12878", "NA12878", "NA12891"]
    omics_emulator.put_read_sets(store["id"], items=[{"sampleId": sample} for sample in samples])

    assert count_read_sets_by_sample(store["id"]) == {"NA12878": 2, "NA12891": 1}
