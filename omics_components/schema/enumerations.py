"""The enumerations of HealthOmics, as types.

A separate module, because the commands offer them as choices and must not load pydantic for that.
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

ReadSetCreationType = Literal["IMPORT", "UPLOAD"]
