"""The ARNs of a sequence store, its S3 access point, a KMS key and a bucket.

All but the last are also Pulumi ids.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

_STORE_ARN = re.compile(
    r"arn:(?P<partition>[^: ]+):omics:(?P<region>[^: ]+):(?P<account>[0-9]{12})"
    r":sequenceStore/(?P<store_id>[0-9]{10,36})"
)
_ACCESS_POINT_ARN = re.compile(
    r"arn:(?P<partition>[^: ]+):s3:(?P<region>[^: ]+):(?P<service_account>[0-9]{12})"
    r":accesspoint/(?P<account>[0-9]{12})-(?P<store_id>[0-9]{10,36})"
)
_KEY_ARN = re.compile(
    r"arn:(?P<partition>[^:\s]+):kms:(?P<region>[^:\s]+):(?P<account>[0-9]{12})"
    r":key/(?P<key_id>[^:/\s]+)"
)

_PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
    "eu-isoe-": "aws-iso-e",
    "eusc-": "aws-eusc",
}


def partition_of(region: str) -> str:
    """Give the partition of a region, such as ``aws-cn``; pure, unlike the SDK's own."""
    return next((p for prefix, p in _PARTITIONS.items() if region.startswith(prefix)), "aws")


@dataclass(frozen=True)
class SequenceStoreArn:
    """``arn:{partition}:omics:{region}:{account}:sequenceStore/{store_id}`` (docs)."""

    partition: str
    region: str
    account: str
    store_id: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take an ARN apart.

        Raises:
            ValueError: If *text* is not the ARN of a sequence store.
        """
        match = _STORE_ARN.fullmatch(text)
        if match is None:
            message = f"{text!r} is not the ARN of a sequence store"
            raise ValueError(message)
        return cls(**match.groupdict())

    def __str__(self) -> str:
        return (
            f"arn:{self.partition}:omics:{self.region}:{self.account}:sequenceStore/{self.store_id}"
        )


@dataclass(frozen=True)
class AccessPointArn:
    """``arn:{partition}:s3:{region}:{service_account}:accesspoint/{account}-{store_id}`` (docs).

    The account in an ARN's usual place is the service's, not the owner's.
    """

    partition: str
    region: str
    service_account: str
    account: str
    store_id: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take an ARN apart.

        Raises:
            ValueError: If *text* is not the ARN of a sequence store's access point.
        """
        match = _ACCESS_POINT_ARN.fullmatch(text)
        if match is None:
            message = f"{text!r} is not the ARN of a sequence store's S3 access point"
            raise ValueError(message)
        return cls(**match.groupdict())

    @property
    def store(self) -> SequenceStoreArn:
        """The store behind the access point."""
        return SequenceStoreArn(self.partition, self.region, self.account, self.store_id)

    def __str__(self) -> str:
        return (
            f"arn:{self.partition}:s3:{self.region}:{self.service_account}"
            f":accesspoint/{self.account}-{self.store_id}"
        )


@dataclass(frozen=True)
class KmsKeyArn:
    """``arn:{partition}:kms:{region}:{account}:key/{key_id}`` (docs)."""

    partition: str
    region: str
    account: str
    key_id: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take an ARN apart.

        Raises:
            ValueError: If *text* is not the ARN of a key.
        """
        match = _KEY_ARN.fullmatch(text)
        if match is None:
            message = f"{text!r} is not the ARN of a KMS key"
            raise ValueError(message)
        return cls(**match.groupdict())

    def alias_arn(self, alias: str) -> str:
        """Give the ARN of an alias of the key."""
        return f"arn:{self.partition}:kms:{self.region}:{self.account}:{alias}"

    def __str__(self) -> str:
        return f"arn:{self.partition}:kms:{self.region}:{self.account}:key/{self.key_id}"


def bucket_arn(name: str, region: str) -> str:
    """Give the ARN of a bucket: neither account nor region are in it, but the partition is."""
    return f"arn:{partition_of(region)}:s3:::{name}"
