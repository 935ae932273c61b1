"""A sequence store, and nothing else: encrypted with a key that AWS owns."""

import pulumi

from omics_components import SequenceStore

reads = SequenceStore("reads", description="Read sets of the sequencing lab")

pulumi.export("arn", reads.arn)
