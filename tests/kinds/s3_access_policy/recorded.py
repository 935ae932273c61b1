"""The record of this kind in states."""

from __future__ import annotations

from tests.kinds.recorded import ADMIN, READER, STORE_ID, RecordedKind

RECORDED = RecordedKind(
    "s3-access-policy",
    "omics:S3AccessPolicy",
    {
        "sequenceStoreArn": f"arn:aws:omics:us-east-1:123456789012:sequenceStore/{STORE_ID}",
        "readers": [READER],
    },
    {"readers": [READER, ADMIN]},
    ["omics:PutS3AccessPolicy"],
    STORE_ID,
    lambda id_: id_.rpartition("-")[2],
)
