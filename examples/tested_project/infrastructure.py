"""What the lab has in AWS."""

import pulumi

from omics_components import EncryptedSequenceStore


def declare() -> EncryptedSequenceStore:
    """Declare the lab's store, and export what others need of it."""
    config = pulumi.Config()
    reads = EncryptedSequenceStore(
        "reads",
        {
            "description": config.get("description") or "Read sets of the sequencing lab",
            "propagated_set_level_tags": ["sample"],
            "tags": {"team": "genomics", "stage": pulumi.get_stack()},
        },
    )
    pulumi.export("store_id", reads.sequence_store_id)
    pulumi.export("s3_uri", reads.s3_uri)
    return reads
