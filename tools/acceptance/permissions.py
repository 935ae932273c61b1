"""The IAM policy with which a run suffices, from the permissions of the library's kinds.

What a run needs beside them is listed here: to sweep, to make reference stores and read sets.
"""

from __future__ import annotations

from collections.abc import Mapping

from omics_components.kinds.kms_key.iam import PERMISSIONS as KMS_KEY
from omics_components.kinds.s3_access_policy.iam import PERMISSIONS as S3_ACCESS_POLICY
from omics_components.kinds.s3_bucket.iam import PERMISSIONS as S3_BUCKET
from omics_components.kinds.sequence_store.iam import PERMISSIONS as SEQUENCE_STORE
from omics_components.schema.arn import partition_of
from omics_components.schema.iam import Needed, merge, on

_STORE = ("sequenceStore",)
_REFERENCE_STORE = ("referenceStore",)

_NOT_CALLED = {
    "kms:DisableKeyRotation",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
}
"""What the library may call and a run does not."""

_OF_A_BUCKET = {
    "s3:CreateBucket",
    "s3:DeleteBucket",
    "s3:GetBucketLocation",
    "s3:GetBucketTagging",
    "s3:PutBucketVersioning",
    "s3:TagResource",
}
"""What a run calls of what the library does with buckets."""

_BESIDE: Needed = (
    *on("kms", "ListKeys"),
    *on("s3", "ListAllMyBuckets"),
    *on("omics", "CreateReferenceStore", "ListReferenceStores"),
    *on("omics", "DeleteReferenceStore", "TagResource", types=_REFERENCE_STORE),
    *on("omics", "CreateMultipartReadSetUpload", "UploadReadSetPart", types=_STORE),
    *on("omics", "CompleteMultipartReadSetUpload", types=_STORE),
)


def policy(regions: tuple[str, str], account: str = "*") -> dict[str, object]:
    """Compose the policy.

    Args:
        regions: The Region of the stores, and the one of a key and a bucket that are elsewhere.
        account: The account's number.
    """
    kinds = merge(
        SEQUENCE_STORE.all,
        S3_ACCESS_POLICY.all,
        tuple(one for one in KMS_KEY.all if one.action not in _NOT_CALLED),
        tuple(one for one in S3_BUCKET.all if one.action in _OF_A_BUCKET),
        _BESIDE,
    )
    partition = partition_of(regions[0])
    own = [f"arn:{partition}:omics:{regions[0]}:{account}"]
    keys = [f"arn:{partition}:kms:{region}:{account}" for region in regions]
    resources: Mapping[str, list[str]] = {
        "": ["*"],
        "sequenceStore": [f"{begin}:sequenceStore/*" for begin in own],
        "referenceStore": [f"{begin}:referenceStore/*" for begin in own],
        "key": [f"{begin}:key/*" for begin in keys],
        "alias": [f"{begin}:alias/acceptance-*" for begin in keys],
        "bucket": [f"arn:{partition}:s3:::acceptance-*"],
    }
    actions: dict[str, set[str]] = {}
    for permission in kinds:
        for resource_type in permission.resource_types or ("",):
            actions.setdefault(resource_type, set()).add(permission.action)
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": sorted(actions[kind]), "Resource": resources[kind]}
            for kind in resources
        ],
    }
