"""The S3 bucket: what a program may say of it, and what AWS reports of it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from omics_components.kinds.s3_bucket.defaults import (
    DEFAULT_ABORT_DAYS,
    DEFAULT_NONCURRENT_DAYS,
    RESERVED_PREFIXES,
)
from omics_components.schema.base import FieldSpec, Model, State
from omics_components.schema.enumerations import BucketWriter
from omics_components.schema.fields import Flag, KeyArn, Region, TagMap, empty_as_absent

_MAX_PREFIX_BYTES = 1024
_MAX_DAYS = 2**31 - 1

DRIFT_ONLY = ("public_access_block", "object_ownership", "encryption", "lifecycle", "policy")
"""Fields that no program sets: what is found in AWS there and is not what this library made."""

COMPUTED = ("tags_all", *DRIFT_ONLY)
"""Fields of the inputs that a program cannot set."""

_RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", "--x-s3", "--table-s3", "-an")


def _bucket_name(value: str) -> str:
    """Require the name of a general purpose bucket.

    Source: docs (bucket naming rules), and stricter by choice: no dots, for the certificate of
    ``*.s3.<region>.amazonaws.com`` does not cover them, so HTTPS to the bucket's own host fails.
    """
    if "." in value:
        message = (
            "must not contain a dot, because HTTPS to the bucket would fail (S3's certificate): "
            f"{value!r}"
        )
    elif not re.fullmatch("[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", value):
        message = (
            "must be 3 to 63 lower-case letters, digits and hyphens, beginning and ending with a "
            f"letter or digit, not {value!r}"
        )
    elif value.startswith(RESERVED_PREFIXES):
        message = f"must not begin with {', '.join(RESERVED_PREFIXES)} (reserved): {value!r}"
    elif value.endswith(_RESERVED_SUFFIXES):
        message = f"must not end with {', '.join(_RESERVED_SUFFIXES)} (reserved): {value!r}"
    else:
        return value
    raise ValueError(message)


def _prefix(value: str) -> str:
    """Require "" or a prefix that ends with a slash and means itself in a policy's Resource.

    Source: ours. Asterisks, question marks and ``${`` are patterns and variables there (docs: IAM),
    so they would let the writer write elsewhere, too.
    """
    ended = value if value.endswith("/") else f"{value}/"
    if not value:
        return value
    if value.startswith("/"):
        message = (
            f'must not begin with "/": the bucket\'s name is separated from it already: {value!r}'
        )
    elif re.search(r"[*?$\x00-\x1f]", value):
        message = f"must not contain *, ?, $ or control characters: {value!r}"
    elif len(ended.encode()) > _MAX_PREFIX_BYTES:
        message = f"must be at most {_MAX_PREFIX_BYTES} bytes long, not {len(ended.encode())}"
    elif value != ended:
        message = f'must end with "/" or be empty: write "{ended}"'
    else:
        return value
    raise ValueError(message)


def _whole_days(value: object) -> object:
    """Require 1 or more whole days (docs: a non-zero positive integer)."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MAX_DAYS:
        message = f"must be a whole number of days, 1 or more, not {value!r}"
        raise ValueError(message)
    return value


_Empty = BeforeValidator(empty_as_absent)
BucketName = Annotated[str, AfterValidator(_bucket_name)]
"""3 to 63 lower-case letters, digits and hyphens (docs; no dots: ours)."""

Prefix = Annotated[str, AfterValidator(_prefix)]
"""A folder in the bucket, ending with ``/``; "" is the whole bucket (ours)."""

Days = Annotated[int, BeforeValidator(_whole_days)]
"""A number of days, 1 or more (docs)."""


class S3BucketInputs(Model):
    """What a program may say of a bucket, and what a refresh finds there beside it."""

    bucket: Annotated[
        BucketName | None, _Empty, FieldSpec("docs", create_only=True, default="a derived name")
    ] = Field(
        default=None,
        description="Name of the bucket. Left out: derived from the resource's name, the account, "
        "the region and who declares it.",
    )
    writer: Annotated[BucketWriter | None, _Empty, FieldSpec("docs")] = Field(
        default=None,
        description="Who may put objects: health-omics or s3-access-logs. Left out: no service.",
    )
    prefix: Annotated[Prefix, FieldSpec("ours", default="the whole bucket")] = Field(
        default="",
        description="Where the writer may put them: a folder in the bucket, ending with /.",
    )
    kms_key_arn: Annotated[KeyArn | None, _Empty, FieldSpec("docs", default="SSE-S3")] = Field(
        default=None,
        description="ARN of the KMS key that encrypts new objects. Left out: keys of S3 (SSE-S3).",
    )
    restrict_to_account: Annotated[Flag, FieldSpec("ours", default="True")] = Field(
        default=True,
        description="Whether the writer may only act for the bucket's own account.",
    )
    versioning: Annotated[Flag, FieldSpec("docs", default="True")] = Field(
        default=True,
        description="Whether overwritten and deleted objects are kept as old versions.",
    )
    abort_incomplete_multipart_upload_days: Annotated[
        Days | None, FieldSpec("docs", default=str(DEFAULT_ABORT_DAYS))
    ] = Field(
        default=None,
        description="Days after which the parts of an upload that never ended are removed.",
    )
    noncurrent_expiration_days: Annotated[
        Days | None, FieldSpec("docs", default=f"{DEFAULT_NONCURRENT_DAYS}, with versioning")
    ] = Field(
        default=None,
        description="Days after which old versions are removed. Only with versioning.",
    )
    expiration_days: Annotated[Days | None, FieldSpec("docs", default="never")] = Field(
        default=None,
        description="Days after which objects are removed. Left out: never.",
    )
    force_destroy: Annotated[Flag, FieldSpec("ours", default="False")] = Field(
        default=False,
        description="Whether deleting the bucket deletes all that is in it.",
    )
    tags: Annotated[TagMap | None, _Empty, FieldSpec("docs")] = Field(
        default=None,
        description="Up to 49 tags of the bucket, aws:defaultTags included.",
    )
    tags_all: Annotated[TagMap | None, _Empty, FieldSpec("ours")] = Field(
        default=None,
        description="The tags together with those of aws:defaultTags. Computed; left out if equal.",
    )
    region: Annotated[
        Region | None, _Empty, FieldSpec("ours", create_only=True, default="the stack's region")
    ] = Field(
        default=None,
        description="Region of the bucket. Defaults to aws:region, then to the SDK's own settings.",
    )
    public_access_block: Annotated[dict[str, bool] | None, FieldSpec("ours")] = None
    object_ownership: Annotated[str | None, FieldSpec("ours")] = None
    encryption: Annotated[str | None, FieldSpec("ours")] = None
    lifecycle: Annotated[str | None, FieldSpec("ours")] = None
    policy: Annotated[str | None, FieldSpec("ours")] = None

    @property
    def effective_tags(self) -> dict[str, str]:
        """The tags that the bucket carries in AWS."""
        return self.tags_all or self.tags or {}


class S3BucketState(State):
    """What AWS reports of a bucket, and what of the program's inputs AWS does not keep.

    The fields of ``DRIFT_ONLY`` are there only where AWS has something else than this library made;
    ``policy`` is there always, as an output.
    """

    bucket: str | None = Field(default=None, description="There only if the program names it.")
    writer: str | None = None
    prefix: str = ""
    kms_key_arn: str | None = None
    restrict_to_account: bool = True
    versioning: bool = True
    abort_incomplete_multipart_upload_days: int | None = None
    noncurrent_expiration_days: int | None = None
    expiration_days: int | None = None
    force_destroy: bool = False
    tags: dict[str, str] | None = None
    tags_all: dict[str, str] | None = Field(default=None, description="Left out if equal to tags.")
    region: str = ""
    account_id: str = Field(default="", description="The owner: tells gone from not mine.")
    public_access_block: dict[str, bool] | None = None
    object_ownership: str | None = None
    encryption: str | None = None
    lifecycle: str | None = None
    policy: str | None = None
