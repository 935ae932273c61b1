"""The record of this kind in states."""

from __future__ import annotations

from tests.kinds.recorded import ADMIN, KEY_ID, READER, RecordedKind

RECORDED = RecordedKind(
    "kms-key",
    "kms:Key",
    {
        "description": "Reads",
        "alias": "alias/reads",
        "administrators": [ADMIN],
        "users": [READER],
        "allowHealthOmics": True,
        "restrictToAccount": False,
        "enableKeyRotation": True,
        "rotationPeriodInDays": 180,
        "deletionWindowInDays": 7,
        "tags": {"team": "genomics", "env": "test"},
        "region": "us-east-1",
    },
    {"description": "New"},
    ["kms:UpdateKeyDescription"],
    KEY_ID,
    lambda id_: id_.rpartition("/")[2],
)
