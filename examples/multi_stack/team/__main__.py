"""A team's stack: reads the platform's store by reference, and owns nothing of it."""

import pulumi

from omics_components import SequenceStore

platform = pulumi.StackReference(pulumi.Config().require("platform"))
reads = SequenceStore.get("cohort", platform.require_output("store_arn"))

pulumi.export("store_name", reads.name)
pulumi.export("store_status", reads.status)
pulumi.export("s3_uri", reads.s3_uri)
pulumi.export("role_policy", platform.require_output("reader_policy_json"))
