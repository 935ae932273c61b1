"""A store with its key, a bucket for failed uploads, one for access logs, and an access policy."""

import pulumi

from omics_components import EncryptedSequenceStore

config = pulumi.Config()

reads = EncryptedSequenceStore(
    "reads",
    description="Read sets of the sequencing lab",
    propagated_set_level_tags=["sample"],
    readers=config.require_object("readers"),
    access_logs=True,
    tags={"team": "genomics"},
)

pulumi.export("arn", reads.arn)
pulumi.export("access_log_location", reads.access_log_location)
pulumi.export("reader_policy", reads.reader_policy_json)
