"""The platform stack: owns an encrypted sequence store and hands out what teams need."""

import pulumi

from omics_components import EncryptedSequenceStore

config = pulumi.Config()

reads = EncryptedSequenceStore(
    "cohort",
    {
        "description": "Reads of the cohort study",
        "propagated_set_level_tags": ["sample"],
        "readers": config.get_object("readers") or [],
        "tags": {"owner": "platform"},
    },
)

pulumi.export("store_arn", reads.arn)
pulumi.export("s3_uri", reads.s3_uri)
pulumi.export("reader_policy_json", reads.reader_policy_json)
