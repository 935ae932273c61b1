"""The ARNs of a sequence store, its S3 access point, a KMS key and a bucket.

All but the last are also Pulumi ids.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import ClassVar, Self

_PARTS = {
    "partition": r"[^:\s]+",
    "region": r"[^:\s]+",
    "account": r"[0-9]{12}",
    "service_account": r"[0-9]{12}",
    "store_id": r"[0-9]{10,36}",
    "key_id": r"[^:/\s]+",
}
"""The pattern of each part of a format."""

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
    """Return the partition of a region, such as ``aws-cn``, without loading the SDK."""
    return next((p for prefix, p in _PARTITIONS.items() if region.startswith(prefix)), "aws")


class Arn:
    """The base of the ARNs that kinds parse."""

    form: ClassVar[str]
    """Its format, with the names of its parts."""
    what: ClassVar[str]
    """The kind of resource, for errors."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse an ARN.

        Raises:
            ValueError: *text* is not such an ARN.
        """
        match = _pattern(cls.form).fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not the ARN of {cls.what}")
        return cls(**match.groupdict())

    def __str__(self) -> str:
        return self.form.format(**vars(self))


@functools.cache
def _pattern(form: str) -> re.Pattern[str]:
    return re.compile(form.format(**{name: f"(?P<{name}>{part})" for name, part in _PARTS.items()}))


@dataclass(frozen=True)
class SequenceStoreArn(Arn):
    """The ARN of a sequence store (docs)."""

    partition: str
    region: str
    account: str
    store_id: str

    form = "arn:{partition}:omics:{region}:{account}:sequenceStore/{store_id}"
    what = "a sequence store"


@dataclass(frozen=True)
class AccessPointArn(Arn):
    """The ARN of a sequence store's S3 access point (docs).

    Its fifth part is the account of the service, not of the owner.
    """

    partition: str
    region: str
    service_account: str
    account: str
    store_id: str

    form = "arn:{partition}:s3:{region}:{service_account}:accesspoint/{account}-{store_id}"
    what = "a sequence store's S3 access point"

    @property
    def store(self) -> SequenceStoreArn:
        """The store behind the access point."""
        return SequenceStoreArn(self.partition, self.region, self.account, self.store_id)


@dataclass(frozen=True)
class KmsKeyArn(Arn):
    """The ARN of a KMS key (docs)."""

    partition: str
    region: str
    account: str
    key_id: str

    form = "arn:{partition}:kms:{region}:{account}:key/{key_id}"
    what = "a KMS key"

    def alias_arn(self, alias: str) -> str:
        """Return the ARN of an alias of the key."""
        return f"arn:{self.partition}:kms:{self.region}:{self.account}:{alias}"


def bucket_arn(name: str, region: str) -> str:
    """Return the ARN of a bucket, which has a partition, but neither account nor region."""
    return f"arn:{partition_of(region)}:s3:::{name}"
