"""The worked example: a store with its key and buckets. ``make demo`` runs it on the emulator."""

import pulumi

from omics_components import EncryptedSequenceStore

config = pulumi.Config()

reads = EncryptedSequenceStore(
    "reads",
    description=config.get("description") or "Read sets of the sequencing lab",
    e_tag_algorithm_family="SHA256up",
    propagated_set_level_tags=["sample", "cohort"],
    access_logs=True,
    tags={"team": "genomics", **(config.get_object("tags") or {})},
)

pulumi.export("arn", reads.arn)
pulumi.export("s3_uri", reads.s3_uri)
pulumi.export("kms_key_arn", reads.kms_key_arn)
pulumi.export("fallback_location", reads.fallback_location)
