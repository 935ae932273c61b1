"""The properties of a bucket."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from omics_components import S3Bucket
from omics_components.kinds.s3_bucket.model import S3BucketInputs
from tests.engine.stack import Stack
from tests.input_tables import KEY
from tests.kinds.properties import (
    FOR_THIS_ACCOUNT,
    OTHER_KEY,
    THIRD_KEY,
    Drift,
    Kind,
    Row,
    users_own,
)


def look_at_bucket(stack: Stack, bucket: str) -> dict[str, Any]:
    s3 = stack.aws(service="s3")
    (encryption,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"][
        "Rules"
    ]
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    allow = next((item for item in policy["Statement"] if item["Effect"] == "Allow"), None)
    ownership = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
    writers = {
        "AllowHealthOmics": "health-omics",
        "AllowS3AccessLogs": "s3-access-logs",
    }
    return {
        "bucket": bucket,
        "writer": allow and writers[allow["Sid"]],
        "prefix": allow and allow["Resource"].removeprefix(f"arn:aws:s3:::{bucket}/")[:-1],
        "kms_key_arn": encryption["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID"),
        "restrict_to_account": allow and "Condition" in allow,
        "versioning": s3.get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled",
        "abort_incomplete_multipart_upload_days": rule["AbortIncompleteMultipartUpload"][
            "DaysAfterInitiation"
        ],
        "noncurrent_expiration_days": rule.get("NoncurrentVersionExpiration", {}).get(
            "NoncurrentDays"
        ),
        "expiration_days": rule.get("Expiration", {}).get("Days"),
        "tags": users_own(bucket_tags(s3, bucket)),
        "region": s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] or "us-east-1",
        "public_access_block": s3.get_public_access_block(Bucket=bucket)[
            "PublicAccessBlockConfiguration"
        ],
        "object_ownership": ownership["Rules"],
        "encryption": encryption,
        "lifecycle": rule,
        "policy": policy,
    }


def bucket_tags(s3: Any, bucket: str) -> dict[str, str]:
    try:
        tags = s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchTagSet":
            raise
        return {}
    return {tag["Key"]: tag["Value"] for tag in tags}


def tag_bucket(s3: Any, bucket: str, **more: str) -> None:
    tags = {**bucket_tags(s3, bucket), **more}
    s3.put_bucket_tagging(
        Bucket=bucket,
        Tagging={"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]},
    )


def with_bucket_policy(change: Callable[[str, dict[str, Any]], object]) -> Drift:
    """Let someone change the writer's statement in a bucket policy."""

    def drift(s3: Any, bucket: str) -> None:
        policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
        change(bucket, next(item for item in policy["Statement"] if item["Effect"] == "Allow"))
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

    return drift


def with_lifecycle(**changes: Any) -> Drift:
    """Let someone change elements of a bucket's one lifecycle rule."""

    def drift(s3: Any, bucket: str) -> None:
        (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
        s3.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": [{**rule, **changes}]}
        )

    return drift


def encrypt_bucket(s3: Any, bucket: str) -> None:
    rule = {
        "ApplyServerSideEncryptionByDefault": {
            "SSEAlgorithm": "aws:kms",
            "KMSMasterKeyID": THIRD_KEY,
        },
        "BucketKeyEnabled": True,
    }
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


PROPERTIES = Kind(
    "bucket",
    S3Bucket,
    S3BucketInputs,
    "s3",
    look_at_bucket,
    (
        Row("bucket", first="first-name", changed="second-name", cleared="second-name"),
        Row(
            "writer",
            first="health-omics",
            changed="s3-access-logs",
            drift=with_bucket_policy(
                lambda _, allow: allow.update(Principal={"Service": "omics.amazonaws.com"})
            ),
            drifted="health-omics",
            alone=True,
        ),
        Row(
            "prefix",
            first="first/",
            changed="second/",
            cleared="",
            drift=with_bucket_policy(
                lambda bucket, allow: allow.update(Resource=f"arn:aws:s3:::{bucket}/drift/*")
            ),
            drifted="drift/",
        ),
        Row(
            "kms_key_arn",
            first=KEY,
            changed=OTHER_KEY,
            drift=encrypt_bucket,
            drifted=THIRD_KEY,
        ),
        Row(
            "restrict_to_account",
            first=True,
            changed=False,
            cleared=True,
            drift=with_bucket_policy(lambda _, allow: allow.update(Condition=FOR_THIS_ACCOUNT)),
            drifted=True,
        ),
        Row(
            "versioning",
            first=True,
            changed=False,
            cleared=True,
            drift=lambda s3, bucket: s3.put_bucket_versioning(
                Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
            ),
            drifted=True,
            alone=True,
            along=("noncurrent_expiration_days",),
        ),
        Row(
            "abort_incomplete_multipart_upload_days",
            first=3,
            changed=4,
            cleared=7,
            drift=with_lifecycle(AbortIncompleteMultipartUpload={"DaysAfterInitiation": 5}),
            drifted=5,
        ),
        Row(
            "noncurrent_expiration_days",
            first=10,
            changed=11,
            cleared=30,
            drift=with_lifecycle(NoncurrentVersionExpiration={"NoncurrentDays": 12}),
            drifted=12,
        ),
        Row(
            "expiration_days",
            first=90,
            changed=91,
            drift=with_lifecycle(Expiration={"Days": 92}),
            drifted=92,
        ),
        Row("force_destroy", first=False, changed=True, cleared=False, in_aws=False),
        Row(
            "tags",
            first={"team": "genomics", "stage": "test"},
            changed={"team": "proteomics", "run": "7"},
            cleared={},
            drift=lambda s3, bucket: tag_bucket(s3, bucket, alien="yes"),
            drifted={"alien": "yes", "run": "7", "team": "proteomics"},
        ),
        Row("region", first="us-east-1", changed="eu-west-1", cleared="us-east-1"),
        Row(
            "public_access_block",
            drift=lambda s3, bucket: s3.put_public_access_block(
                Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True}
            ),
            drifted={
                "blockPublicAcls": True,
                "ignorePublicAcls": False,
                "blockPublicPolicy": False,
                "restrictPublicBuckets": False,
            },
        ),
        Row(
            "object_ownership",
            drift=lambda s3, bucket: s3.put_bucket_ownership_controls(
                Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
            ),
            drifted="ObjectWriter",
        ),
        Row(
            "encryption",
            drift=lambda s3, bucket: s3.delete_bucket_encryption(Bucket=bucket),
            drifted="none",
        ),
        Row(
            "lifecycle",
            drift=with_lifecycle(ID="theirs", Status="Disabled"),
            drifted=json.dumps(
                [
                    {
                        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                        "Expiration": {"ExpiredObjectDeleteMarker": True},
                        "Filter": {"Prefix": ""},
                        "ID": "theirs",
                        "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
                        "Status": "Disabled",
                    }
                ],
                separators=(",", ":"),
            ),
        ),
        Row(
            "policy",
            drift=lambda s3, bucket: s3.delete_bucket_policy(Bucket=bucket),
            drifted="none",
        ),
    ),
    besides={"bucket": {"writer": "health-omics"}},
)
