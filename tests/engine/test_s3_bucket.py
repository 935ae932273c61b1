"""Buckets on the real engine: what a program says is what a plain client finds in S3.

Each property's change and drift is in ``test_properties``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pytest
from botocore.exceptions import ClientError
from pulumi import ResourceOptions, automation

from omics_components import S3Bucket
from omics_components.schema.owner_tag import split_owner_tag
from tests.engine.stack import Stack
from tests.input_tables import KEY

ACCOUNT = "123456789012"
OTHER_KEY = KEY.replace("1234abcd", "abcd1234")
Buckets = Mapping[str, Mapping[str, Any]]

EVERYTHING: dict[str, Any] = {
    "writer": "health-omics",
    "prefix": "fallback/",
    "kms_key_arn": KEY,
    "restrict_to_account": True,
    "versioning": True,
    "abort_incomplete_multipart_upload_days": 3,
    "noncurrent_expiration_days": 10,
    "expiration_days": 90,
    "force_destroy": True,
    "tags": {"team": "genomics", "stage": "test"},
}


def program(buckets: Buckets) -> Callable[[], None]:
    """A program that declares buckets: resource name -> keyword arguments."""

    def declare() -> None:
        for name, arguments in buckets.items():
            S3Bucket(name, **arguments)

    return declare


def recorded(stack: Stack) -> dict[str, dict[str, Any]]:
    """Return all recorded resources by name: one look, for each starts the CLI."""
    return {item["urn"].rpartition("::")[2]: item for item in stack.resources()}


def live(stack: Stack, bucket: str) -> dict[str, Any]:
    """Ask S3 about a bucket, with a plain client."""
    s3 = stack.aws(service="s3")
    try:
        tags = s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    except ClientError as error:
        assert error.response["Error"]["Code"] == "NoSuchTagSet"  # noqa: PT017 the other half of the answer
        tags = []
    encryption = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    return {
        "region": s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] or "us-east-1",
        "blocks": s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"],
        "ownership": s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"],
        "encryption": encryption["Rules"],
        "versioning": s3.get_bucket_versioning(Bucket=bucket).get("Status"),
        "lifecycle": s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"],
        "policy": json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]),
        "tags": split_owner_tag({tag["Key"]: tag["Value"] for tag in tags})[0],
    }


def expected(bucket: str, **changes: Any) -> dict[str, Any]:
    """What S3 tells of a bucket whose program says nothing, but for these changes."""
    arn = f"arn:aws:s3:::{bucket}"
    plain_http = {
        "Sid": "DenyWithoutTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {
        "region": "us-east-1",
        "blocks": {
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
        "ownership": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "encryption": [
            {
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                "BucketKeyEnabled": False,
            }
        ],
        "versioning": "Enabled",
        "lifecycle": [rule(abort=7, noncurrent=30)],
        "tags": {},
        **{name: value for name, value in changes.items() if name != "allow"},
        "policy": {"Version": "2012-10-17", "Statement": [plain_http, *changes.get("allow", [])]},
    }


def rule(*, abort: int, noncurrent: int | None, expiration: int | None = None) -> dict[str, Any]:
    """The one rule of a bucket's lifecycle."""
    made: dict[str, Any] = {
        "ID": "omics-components",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": abort},
    }
    if noncurrent:
        made["NoncurrentVersionExpiration"] = {"NoncurrentDays": noncurrent}
        made["Expiration"] = {"ExpiredObjectDeleteMarker": True}
    if expiration:
        made["Expiration"] = {"Days": expiration}
    return made


def test_a_preview_needs_no_credentials_and_calls_nothing(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    stack.unset_environment(*keys)
    for key in keys:
        monkeypatch.delenv(key, raising=False)

    run = stack.preview(program({"bare": {}, "full": EVERYTHING}))

    assert run.steps["bare"] == run.steps["full"] == ["create"]
    assert not run.calls


def test_what_the_program_says_is_what_a_plain_client_finds(stack: Stack) -> None:
    buckets: Buckets = {
        "bare": {},
        "full": {**EVERYTHING, "bucket": "full-of-everything"},
        "Access_Logs": {"writer": "s3-access-logs", "restrict_to_account": False},
        "plain": {"versioning": False, "expiration_days": 5},
        "elsewhere": {"region": "eu-west-1"},
    }
    stack.up(program(buckets))

    before = recorded(stack)
    ids = {name: item["id"] for name, item in before.items()}
    found = {name: live(stack, bucket) for name, bucket in ids.items()}
    assert ids["full"] == "full-of-everything"
    assert ids["bare"].startswith(f"bare-{ACCOUNT}-us-east-1-")
    assert ids["Access_Logs"].startswith(f"access-logs-{ACCOUNT}-us-east-1-")
    assert found["bare"] == expected(ids["bare"])
    assert found["full"] == expected(
        ids["full"],
        allow=[
            {
                "Sid": "AllowHealthOmics",
                "Effect": "Allow",
                "Principal": {"Service": "omics.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": "arn:aws:s3:::full-of-everything/fallback/*",
                "Condition": {"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT}},
            }
        ],
        encryption=[
            {
                "ApplyServerSideEncryptionByDefault": {
                    "SSEAlgorithm": "aws:kms",
                    "KMSMasterKeyID": KEY,
                },
                "BucketKeyEnabled": True,
            }
        ],
        lifecycle=[rule(abort=3, noncurrent=10, expiration=90)],
        tags={"team": "genomics", "stage": "test"},
    )
    assert found["Access_Logs"] == expected(
        ids["Access_Logs"],
        allow=[
            {
                "Sid": "AllowS3AccessLogs",
                "Effect": "Allow",
                "Principal": {"Service": ["logging.s3.amazonaws.com", "omics.amazonaws.com"]},
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::{ids['Access_Logs']}/*",
            }
        ],
    )
    assert found["plain"] == expected(
        ids["plain"], versioning=None, lifecycle=[rule(abort=7, noncurrent=None, expiration=5)]
    )
    assert found["elsewhere"] == expected(ids["elsewhere"], region="eu-west-1")

    assert not stack.up(program(buckets), expect_no_changes=True).calls
    stack.refresh(expect_no_changes=True)
    after = recorded(stack)
    assert {name: item["outputs"] for name, item in after.items()} == {
        name: item["outputs"] for name, item in before.items()
    }

    stack.destroy()
    assert not stack.aws(service="s3").list_buckets()["Buckets"]


def test_name_and_region_replace(stack: Stack) -> None:
    before: Buckets = {"bucket": {"bucket": "old-name"}, "region": {}, "none": {"bucket": "kept"}}
    after: Buckets = {
        "bucket": {"bucket": "new-name"},
        "region": {"region": "eu-west-1"},
        "none": {},
    }
    stack.up(program(before))
    old = recorded(stack)["region"]["id"]

    preview = stack.preview(program(after))
    assert {call.operation for call in preview.calls} == {"ListObjectVersions"}  # is nothing lost?
    run = stack.up(program(after))

    for name in ("bucket", "region"):
        assert run.steps[name] == ["create-replacement", "replace", "delete-replaced"]
        assert preview.replaces[name] == [name]
    assert run.steps["none"] == ["same"]
    names = [bucket["Name"] for bucket in stack.aws(service="s3").list_buckets()["Buckets"]]
    ids = {name: item["id"] for name, item in recorded(stack).items()}
    assert sorted(names) == sorted(ids.values())
    assert ids["bucket"] == "new-name"
    assert ids["region"] != old
    assert live(stack, ids["region"])["region"] == "eu-west-1"
    stack.preview(program(after), expect_no_changes=True)


def test_what_is_in_a_bucket_survives_unless_force_destroy_is_set(stack: Stack) -> None:
    buckets: dict[str, Any] = {"precious": {}, "scratch": {"force_destroy": True}, "lost": {}}
    stack.up(program(buckets))
    s3 = stack.aws(service="s3")
    ids = {name: item["id"] for name, item in recorded(stack).items()}
    for bucket in (ids["precious"], ids["scratch"]):
        policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
        s3.delete_bucket_policy(Bucket=bucket)  # moto takes its Deny for a Deny of everything
        for key in "aab":
            s3.put_object(Bucket=bucket, Key=key)
        s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    s3.delete_bucket(Bucket=ids["lost"])

    with pytest.raises(automation.CommandError) as failure:
        stack.destroy()

    assert "it holds 2 objects, 1 old versions" in str(failure.value)
    assert "Traceback" not in str(failure.value)
    assert [*recorded(stack)] == ["precious"]

    buckets = {"precious": {"force_destroy": True}}
    assert stack.up(program(buckets)).steps["precious"] == ["update"]
    stack.destroy()
    assert not s3.list_buckets()["Buckets"]


def test_outputs_reach_the_program_and_others_buckets_are_only_read(stack: Stack) -> None:
    stack.set_config("aws:defaultTags", json.dumps({"tags": {"unit": "lab"}}))
    s3 = stack.aws(service="s3")
    s3.create_bucket(Bucket="theirs")
    s3.put_bucket_tagging(
        Bucket="theirs", Tagging={"TagSet": [{"Key": "owner", "Value": "someone"}]}
    )

    def declare() -> None:
        mine = S3Bucket("mine", **EVERYTHING)
        for output in ("bucket", "arn", "region", "account_id", "policy", "tags_all", *EVERYTHING):
            pulumi.export(output, getattr(mine, output))
        pulumi.export("days", mine.expiration_days.apply(lambda days: type(days).__name__))
        pulumi.export("theirs", S3Bucket.get("theirs", "theirs").tags)
        child = ResourceOptions(parent=mine)
        S3Bucket("beside", prefix=mine.bucket.apply(lambda name: f"{name}/"), opts=child)

    assert stack.preview(declare).steps["beside"] == ["create"]
    outputs = stack.up(declare).outputs

    name = stack.resource("mine")["id"]
    assert {field: outputs[field] for field in EVERYTHING} == EVERYTHING
    assert outputs["bucket"] == name
    assert outputs["arn"] == f"arn:aws:s3:::{name}"
    assert (outputs["region"], outputs["account_id"]) == ("us-east-1", ACCOUNT)
    assert json.loads(outputs["policy"]) == live(stack, name)["policy"]
    assert (
        outputs["tags_all"]
        == live(stack, name)["tags"]
        == {
            "stage": "test",
            "team": "genomics",
            "unit": "lab",
        }
    )
    assert outputs["days"] == "int"
    assert outputs["theirs"] == {"owner": "someone"}
    stack.refresh(expect_no_changes=True)

    stack.destroy()
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["theirs"]

    with pytest.raises(automation.CommandError, match=r"NoSuchBucket.*Check the name") as failure:
        stack.up(_get_missing)
    assert "Traceback" not in str(failure.value)


def _get_missing() -> None:
    S3Bucket.get("missing", "no-such-bucket")
