"""A hardened bucket, as a program declares it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import pulumi
from pulumi import Input, Output
from pulumi.dynamic import Resource

from omics_components.engine.dynamic.declaration import declared
from omics_components.kinds.s3_bucket.defaults import DEFAULT_ABORT_DAYS
from omics_components.providers import S3BucketProvider
from omics_components.schema.arn import bucket_arn
from omics_components.schema.enumerations import BucketWriter

_OUTPUTS = ("policy", "tagsAll", "accountId")


class S3Bucket(Resource, module="s3", name="Bucket"):
    """A bucket for failed uploads or for access logs, and for nothing else.

    The Pulumi id is the bucket's name. Always: nothing in it is public, access control lists are
    off, plain HTTP is refused, new objects are encrypted, and parts of uploads that never ended are
    removed. Whatever someone changes of that is found by a refresh and put right by the next
    update. Changing ``bucket`` or ``region`` makes a new bucket and then deletes the old one; all
    else is updated in place. A bucket that is not empty is never deleted, unless ``force_destroy``
    is set. A bucket that exists already is never taken over unasked: the
    option ``import_`` does it, by name or ARN.

    Args:
        resource_name: The resource's name in the program.
        bucket: Name of the bucket, 3 to 63 lower-case letters, digits and hyphens. Left out:
            derived from *resource_name*, the account, the region and who declares it.
        writer: Who may put objects: ``health-omics`` or ``s3-access-logs``. Left out: no service.
        prefix: Where the writer may put them: ``folder/``, ending with a slash. "" is everywhere.
        kms_key_arn: ARN of the KMS key that encrypts new objects, in the bucket's region. Left out:
            keys of S3 (SSE-S3), which is the safe choice for access logs.
        restrict_to_account: Whether the writer may only act for the bucket's own account
            (``aws:SourceAccount``), if it says for whom it acts.
        versioning: Whether overwritten and deleted objects are kept as old versions.
        abort_incomplete_multipart_upload_days: Days after which the parts of an upload that never
            ended are removed. Defaults to 7.
        noncurrent_expiration_days: Days after which old versions are removed. Defaults to 30 with
            versioning; without, it must be left out.
        expiration_days: Days after which objects are removed. Left out: never.
        force_destroy: Whether deleting the bucket deletes all that is in it. It counts once an
            update has recorded it.
        tags: Up to 49 tags, aws:defaultTags included. Not for personal health information.
        region: Region of the bucket. Defaults to aws:region, then to the SDK's own settings.
        opts: Resource options.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        bucket: Input[str] | None = None,
        writer: Input[BucketWriter] | None = None,
        prefix: Input[str] = "",
        kms_key_arn: Input[str] | None = None,
        restrict_to_account: Input[bool] = True,
        versioning: Input[bool] = True,
        abort_incomplete_multipart_upload_days: Input[int] = DEFAULT_ABORT_DAYS,
        noncurrent_expiration_days: Input[int] | None = None,
        expiration_days: Input[int] | None = None,
        force_destroy: Input[bool] = False,
        tags: Input[Mapping[str, Input[str]]] | None = None,
        region: Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        inputs = {
            "bucket": bucket,
            "writer": writer,
            "prefix": prefix,
            "kmsKeyArn": kms_key_arn,
            "restrictToAccount": restrict_to_account,
            "versioning": versioning,
            "abortIncompleteMultipartUploadDays": abort_incomplete_multipart_upload_days,
            "noncurrentExpirationDays": noncurrent_expiration_days,
            "expirationDays": expiration_days,
            "forceDestroy": force_destroy,
            "tags": tags,
            "region": region,
        }
        properties, opts = declared(type(self), resource_name, inputs, _OUTPUTS, opts)
        super().__init__(S3BucketProvider(), resource_name, properties, opts)

    @classmethod
    def get(
        cls,
        resource_name: str,
        id: Input[str],  # noqa: A002 Pulumi's own name for it
        opts: pulumi.ResourceOptions | None = None,
    ) -> S3Bucket:
        """Read an existing bucket of the caller's account without owning it.

        Args:
            resource_name: The resource's name in the program.
            id: The bucket's name, or its ARN.
            opts: Resource options.
        """
        return cls(
            resource_name,
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id)),
        )

    @property
    def bucket(self) -> Output[str]:
        """Name of the bucket; the Pulumi id."""
        return self.id

    @property
    def arn(self) -> Output[str]:
        """ARN of the bucket."""
        # Users' own mocks need not give a region.
        return Output.all(self.id, self.region).apply(
            lambda both: bucket_arn(both[0], both[1] or "")
        )

    @property
    @pulumi.getter
    def region(self) -> Output[str]:
        """Region of the bucket."""
        return cast("Output[str]", pulumi.get(self, "region"))

    @property
    @pulumi.getter(name="accountId")
    def account_id(self) -> Output[str]:
        """The account that owns the bucket."""
        return cast("Output[str]", pulumi.get(self, "accountId"))

    @property
    @pulumi.getter
    def writer(self) -> Output[str | None]:
        """Who may put objects; None for no service."""
        return cast("Output[str | None]", pulumi.get(self, "writer"))

    @property
    @pulumi.getter
    def prefix(self) -> Output[str]:
        """Where the writer may put them; "" is everywhere."""
        return cast("Output[str]", pulumi.get(self, "prefix"))

    @property
    @pulumi.getter(name="kmsKeyArn")
    def kms_key_arn(self) -> Output[str | None]:
        """ARN of the key that encrypts new objects; None for keys of S3."""
        return cast("Output[str | None]", pulumi.get(self, "kmsKeyArn"))

    @property
    @pulumi.getter(name="restrictToAccount")
    def restrict_to_account(self) -> Output[bool]:
        """Whether the writer may only act for the bucket's own account."""
        return cast("Output[bool]", pulumi.get(self, "restrictToAccount"))

    @property
    @pulumi.getter
    def versioning(self) -> Output[bool]:
        """Whether old versions are kept."""
        return cast("Output[bool]", pulumi.get(self, "versioning"))

    @property
    @pulumi.getter(name="abortIncompleteMultipartUploadDays")
    def abort_incomplete_multipart_upload_days(self) -> Output[int | None]:
        """Days after which the parts of an upload that never ended are removed."""
        return cast("Output[int | None]", pulumi.get(self, "abortIncompleteMultipartUploadDays"))

    @property
    @pulumi.getter(name="noncurrentExpirationDays")
    def noncurrent_expiration_days(self) -> Output[int | None]:
        """Days after which old versions are removed."""
        return cast("Output[int | None]", pulumi.get(self, "noncurrentExpirationDays"))

    @property
    @pulumi.getter(name="expirationDays")
    def expiration_days(self) -> Output[int | None]:
        """Days after which objects are removed; None for never."""
        return cast("Output[int | None]", pulumi.get(self, "expirationDays"))

    @property
    @pulumi.getter(name="forceDestroy")
    def force_destroy(self) -> Output[bool]:
        """Whether deleting the bucket deletes all that is in it."""
        return cast("Output[bool]", pulumi.get(self, "forceDestroy"))

    @property
    @pulumi.getter
    def policy(self) -> Output[str | None]:
        """The bucket policy in effect, as JSON text."""
        return cast("Output[str | None]", pulumi.get(self, "policy"))

    @property
    @pulumi.getter
    def tags(self) -> Output[dict[str, str] | None]:
        """The bucket's tags, without the stack's default tags."""
        return cast("Output[dict[str, str] | None]", pulumi.get(self, "tags"))

    @property
    def tags_all(self) -> Output[dict[str, str] | None]:
        """All of the bucket's tags, aws:defaultTags included."""
        recorded: Output[dict[str, str] | None] = pulumi.get(self, "tagsAll")
        return Output.all(recorded, self.tags).apply(lambda both: both[0] or both[1])
