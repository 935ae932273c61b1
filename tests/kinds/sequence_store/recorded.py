"""The record of this kind in states."""

from __future__ import annotations

from tests.input_tables import KEY
from tests.kinds.recorded import STORE_ID, RecordedKind

RECORDED = RecordedKind(
    "sequence-store",
    "omics:SequenceStore",
    {
        "name": "reads",
        "description": "Reads",
        "sseConfig": {"type": "KMS", "keyArn": KEY},
        "fallbackLocation": "s3://bucket/fallback/",
        "eTagAlgorithmFamily": "SHA256up",
        "propagatedSetLevelTags": ["sample", "cohort"],
        "accessLogLocation": "s3://logs/",
        "tags": {"team": "genomics", "env": "test"},
        "region": "us-east-1",
        "forceDestroy": True,
        "replaceTriggers": {"run": "1"},
    },
    {"description": "New"},
    ["omics:UpdateSequenceStore"],
    STORE_ID,
    lambda id_: id_.rpartition("/")[2],
    {"create": "20m", "update": "10m", "delete": "5m"},
)
