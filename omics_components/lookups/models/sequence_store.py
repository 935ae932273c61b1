"""Sequence stores: results, keys and filters."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from omics_components.schema.arn import AccessPointArn, SequenceStoreArn
from omics_components.schema.base import Model
from omics_components.schema.enumerations import SequenceStoreStatus
from omics_components.schema.fields import StoreName
from omics_components.schema.lookup import CreatedFilter, ResourceId, Result, later_than, result
from omics_components.schema.times import Moment, TimeText


def _store_arn(value: str) -> str:
    SequenceStoreArn.parse(value)
    return value


def _access_point_arn(value: str) -> str:
    AccessPointArn.parse(value)
    return value


class SequenceStoreKey(Model):
    """The key of one sequence store: exactly one of the fields."""

    id: ResourceId | None = None
    arn: Annotated[str, AfterValidator(_store_arn)] | None = None
    name: StoreName | None = None


class S3AccessPolicyKey(Model):
    """The key of a store's S3 access policy."""

    s3_access_point_arn: Annotated[str, AfterValidator(_access_point_arn)]


class SequenceStoreFilter(CreatedFilter):
    """Which sequence stores a list shows; the name must be equal (assumed: name-filter)."""

    name: StoreName | None = Field(default=None, description="The name.")
    status: SequenceStoreStatus | None = Field(default=None, description="The status.")
    updated_after: Moment | None = Field(default=None, description="Last changed after this time.")
    updated_before: Moment | None = Field(
        default=None, description="Last changed before this time."
    )

    @field_validator("updated_before")
    @classmethod
    def _is_no_empty_range(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        return later_than(value, "updated_after", info)


@result
class SseConfigResult(Result):
    """Server-side encryption."""

    type: str = Field(description="The type of encryption, `KMS`.")
    key_arn: str | None = Field(default=None, description="ARN of the key, if AWS reports one.")


@result
class SequenceStoreListItem(Result):
    """A sequence store in a list: without S3 access, propagated tags and tags."""

    id: str = Field(description="The store's id.")
    arn: str = Field(description="Its ARN.")
    creation_time: TimeText = Field(description="When it was made.")
    name: str | None = Field(default=None, description="Its name.")
    description: str | None = Field(default=None, description="What it is for.")
    sse_config: SseConfigResult | None = Field(
        default=None,
        description="Its encryption. Without a key of yours: None, or a key that AWS owns.",
    )
    fallback_location: str | None = Field(
        default=None, description="Where failed direct uploads go."
    )
    e_tag_algorithm_family: str | None = Field(
        default=None, description="How ETags of read sets are computed."
    )
    status: str | None = Field(default=None, description="Its status.")
    status_message: str | None = Field(default=None, description="What AWS says about the status.")
    update_time: TimeText | None = Field(default=None, description="When it was last changed.")

    _arn_can_be_read = field_validator("arn")(_store_arn)

    @property
    def sequence_store_id(self) -> str:
        """The store's id, under the name that the resource has for it."""
        return self.id

    @property
    def region(self) -> str:
        """The store's region, from its ARN."""
        return SequenceStoreArn.parse(self.arn).region


@result
class GetSequenceStoreResult(SequenceStoreListItem):
    """A sequence store with all fields and its tags."""

    propagated_set_level_tags: list[str] = Field(
        default_factory=list, description="Keys of read set tags that are copied to S3 objects."
    )
    s3_uri: str | None = Field(default=None, description="Where S3 clients find the read sets.")
    s3_access_point_arn: str | None = Field(
        default=None, description="ARN of the access point; its account is the service's."
    )
    access_log_location: str | None = Field(default=None, description="Where S3 access logs go.")
    tags: dict[str, str] = Field(
        default_factory=dict, description="Its tags, default tags included."
    )


@result
class GetS3AccessPolicyResult(Result):
    """The S3 access policy of a store."""

    s3_access_policy: str = Field(description="The policy, as JSON text.")
    s3_access_point_arn: str | None = Field(default=None, description="ARN of the access point.")
    store_id: str | None = Field(default=None, description="The store's id.")
    store_type: str | None = Field(
        default=None, description="`SEQUENCE_STORE` or `REFERENCE_STORE`."
    )
    update_time: TimeText | None = Field(default=None, description="When it was last changed.")
