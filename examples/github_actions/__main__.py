"""A sequence store whose pull requests say what they mean for the genomes."""

import pulumi

from omics_components import EncryptedSequenceStore

reads = EncryptedSequenceStore(
    "reads",
    {
        "description": "Reads of the lab",
        "readers": ["arn:aws:iam::123456789012:role/analysis"],
    },
)

pulumi.export("store_arn", reads.arn)
pulumi.export("s3_uri", reads.s3_uri)
