"""The closed sets of values that inputs and results have, as types.

A light module: programs name them in signatures and commands offer them as choices, without
pydantic.
Source: botocore's ``omics`` model 2022-11-28, which a test compares.
"""

from typing import Literal

SequenceStoreStatus = Literal["CREATING", "ACTIVE", "UPDATING", "DELETING", "FAILED"]

ReadSetStatus = Literal[
    "ARCHIVED",
    "ACTIVATING",
    "ACTIVE",
    "DELETING",
    "DELETED",
    "PROCESSING_UPLOAD",
    "UPLOAD_FAILED",
]

ETagAlgorithmFamily = Literal["MD5up", "SHA256up", "SHA512up"]
"""How the ETags of read sets are computed."""

ReadSetCreationType = Literal["IMPORT", "UPLOAD"]

BucketWriter = Literal["health-omics", "s3-access-logs"]
"""Services that may write to a bucket of this library; its own words, not AWS's."""
