"""The native classes as users type them; checked, never run."""

from __future__ import annotations

import pulumi

from omics_components.native import (
    EncryptedSequenceStore,
    KmsKey,
    Provider,
    S3AccessPolicy,
    S3Bucket,
    SequenceStore,
)


def declare() -> None:
    """Declare one of each."""
    there = Provider(
        "there",
        region="eu-west-1",
        assume_roles=[{"role_arn": "arn:aws:iam::222233334444:role/deployer"}],
        default_tags={"tags": {"team": "genomics"}},
    )
    options = pulumi.ResourceOptions(provider=there)
    key = KmsKey("key", alias="alias/reads", opts=options)
    bucket = S3Bucket("bucket", writer="health-omics", kms_key_arn=key.arn, opts=options)
    store = SequenceStore(
        "reads",
        sse_config={"type": "KMS", "key_arn": key.arn},
        fallback_location=pulumi.Output.concat("s3://", bucket.bucket),
        opts=options,
    )
    status: pulumi.Output[str] = store.status
    S3AccessPolicy("access", sequence_store_arn=store.arn, readers=[], opts=options)
    component = EncryptedSequenceStore("all", {"readers": []}, options)
    arn: pulumi.Output[str] = component.arn
    pulumi.export("known", [status, arn])
    theirs = SequenceStore.get("theirs", "arn:aws:omics:us-east-1:1:sequenceStore/1")
    pulumi.export("theirs", theirs.arn)
