"""The record of this kind in states."""

from __future__ import annotations

from tests.input_tables import KEY
from tests.kinds.recorded import BUCKET, RecordedKind

RECORDED = RecordedKind(
    "s3-bucket",
    "s3:Bucket",
    {
        "bucket": BUCKET,
        "writer": "health-omics",
        "prefix": "fallback/",
        "kmsKeyArn": KEY,
        "restrictToAccount": False,
        "versioning": True,
        "abortIncompleteMultipartUploadDays": 3,
        "noncurrentExpirationDays": 10,
        "expirationDays": 90,
        "forceDestroy": True,
        "tags": {"team": "genomics", "env": "test"},
        "region": "us-east-1",
    },
    {"expirationDays": 91},
    ["s3:PutBucketLifecycle"],
    BUCKET,
    str,
)
