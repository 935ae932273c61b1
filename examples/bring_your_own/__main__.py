"""A sequence store with a key and a bucket that someone else owns.

The key's ARN and the bucket's name come from the stack's configuration here; they could as well be
outputs of other resources, of pulumi_aws for instance.
"""

import pulumi

from omics_components import EncryptedSequenceStore

config = pulumi.Config()

reads = EncryptedSequenceStore(
    "reads",
    {
        "kms_key_arn": config.require("kmsKeyArn"),
        "fallback_bucket": config.require("fallbackBucket"),
        "fallback_prefix": "failed-uploads/",
    },
)

pulumi.export("arn", reads.arn)
pulumi.export("key_policy_must_contain", reads.required_key_policy_statements)
pulumi.export("bucket_policy_must_contain", reads.required_bucket_policy_statements)
