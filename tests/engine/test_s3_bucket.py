"""Buckets on the real engine: what a program says is what a plain client finds in S3."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pytest
from botocore.exceptions import ClientError
from pulumi import ResourceOptions, automation

from omics_components import S3Bucket
from omics_components.models.ownership import without_owner
from tests.engine.stack import Run, Stack
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
CHANGED: dict[str, tuple[Any, list[str]]] = {
    "writer": ("s3-access-logs", ["PutBucketPolicy"]),
    "prefix": ("other/", ["PutBucketPolicy"]),
    "kms_key_arn": (OTHER_KEY, ["PutBucketEncryption"]),
    "restrict_to_account": (False, ["PutBucketPolicy"]),
    "abort_incomplete_multipart_upload_days": (4, ["PutBucketLifecycle"]),
    "noncurrent_expiration_days": (11, ["PutBucketLifecycle"]),
    "expiration_days": (91, ["PutBucketLifecycle"]),
    "force_destroy": (False, []),
    "tags": ({"team": "proteomics"}, ["PutBucketTagging"]),
}
"""Argument -> another value, and the calls of S3 that set it."""

CLEARED: dict[str, list[str]] = {
    "writer": ["PutBucketPolicy"],
    "prefix": ["PutBucketPolicy"],
    "kms_key_arn": ["PutBucketEncryption"],
    "abort_incomplete_multipart_upload_days": ["PutBucketLifecycle"],
    "noncurrent_expiration_days": ["PutBucketLifecycle"],
    "expiration_days": ["PutBucketLifecycle"],
    "tags": ["DeleteBucketTagging"],
}


def program(buckets: Buckets) -> Callable[[], None]:
    """A program that declares buckets: resource name -> keyword arguments."""

    def declare() -> None:
        for name, arguments in buckets.items():
            S3Bucket(name, **arguments)

    return declare


def plain(argument: str) -> str:
    """A resource's name that a bucket's can begin with as it is."""
    return argument.replace("_", "-")


def recorded(stack: Stack) -> dict[str, dict[str, Any]]:
    """Give all recorded resources by name: one look, for each starts the CLI."""
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
        "tags": without_owner({tag["Key"]: tag["Value"] for tag in tags})[0],
    }


def all_live(stack: Stack) -> dict[str, dict[str, Any]]:
    """Ask S3 about all recorded buckets."""
    return {name: live(stack, item["id"]) for name, item in recorded(stack).items()}


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


def sets(run: Run) -> list[str]:
    """The calls of S3 that changed something, in order; they do not tell of which bucket."""
    return [
        call.operation
        for call in run.calls
        if call.service == "s3" and call.operation.startswith(("Create", "Delete", "Put"))
    ]


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
                "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
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
                "Principal": {"Service": "logging.s3.amazonaws.com"},
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


def test_every_argument_is_changed_and_cleared_in_place(stack: Stack) -> None:
    fields = (*CHANGED, "versioning")
    stack.up(program(dict.fromkeys(map(plain, fields), EVERYTHING)))
    changed = {plain(field): {**EVERYTHING, field: value} for field, (value, _) in CHANGED.items()}
    off = {**EVERYTHING, "versioning": False, "noncurrent_expiration_days": None}
    changed["versioning"] = off

    preview = stack.preview(program(changed))
    assert not preview.calls
    run = stack.up(program(changed))

    assert {run.steps[name][0] for name in changed} == {"update"}
    calls = [call for _, operations in CHANGED.values() for call in operations]
    assert sorted(sets(run)) == sorted([*calls, "PutBucketVersioning", "PutBucketLifecycle"])
    buckets = all_live(stack)
    for field, (value, _) in CHANGED.items():
        found = buckets[plain(field)]
        refuse, allow = found["policy"]["Statement"]
        arn = refuse["Resource"][0]
        (encrypted,) = found["encryption"]
        (lifecycle,) = found["lifecycle"]
        seen = {
            "writer": {
                "omics.amazonaws.com": "health-omics",
                "logging.s3.amazonaws.com": "s3-access-logs",
            }[allow["Principal"]["Service"]],
            "prefix": allow["Resource"].removeprefix(f"{arn}/").removesuffix("*"),
            "kms_key_arn": encrypted["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"],
            "restrict_to_account": "Condition" in allow,
            "abort_incomplete_multipart_upload_days": lifecycle["AbortIncompleteMultipartUpload"][
                "DaysAfterInitiation"
            ],
            "noncurrent_expiration_days": lifecycle["NoncurrentVersionExpiration"][
                "NoncurrentDays"
            ],
            "expiration_days": lifecycle["Expiration"]["Days"],
            "tags": found["tags"],
        }
        said = {**EVERYTHING, field: value}
        assert seen == {name: said[name] for name in seen}, field
    assert buckets["versioning"]["versioning"] == "Suspended"
    assert buckets["versioning"]["lifecycle"] == [rule(abort=3, noncurrent=None, expiration=90)]
    stack.preview(program(changed), expect_no_changes=True)

    without = {
        plain(field): {name: value for name, value in EVERYTHING.items() if name != field}
        for field in CLEARED
    }
    run = stack.up(program(without))

    assert {run.steps[name][0] for name in without} == {"update"}
    buckets = all_live(stack)
    assert len(buckets["writer"]["policy"]["Statement"]) == 1
    refuse, allow = buckets["prefix"]["policy"]["Statement"]
    assert allow["Resource"] == refuse["Resource"][1]
    assert buckets["kms-key-arn"]["encryption"] == expected("")["encryption"]
    assert buckets[plain("abort_incomplete_multipart_upload_days")]["lifecycle"] == [
        rule(abort=7, noncurrent=10, expiration=90)
    ]
    assert buckets[plain("noncurrent_expiration_days")]["lifecycle"] == [
        rule(abort=3, noncurrent=30, expiration=90)
    ]
    assert buckets[plain("expiration_days")]["lifecycle"] == [rule(abort=3, noncurrent=10)]
    assert not buckets["tags"]["tags"]
    stack.preview(program(without), expect_no_changes=True)


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


DRIFT: dict[str, tuple[Callable[[Any, str], object], str]] = {
    "blocks": (lambda s3, name: s3.delete_public_access_block(Bucket=name), "publicAccessBlock"),
    "ownership": (
        lambda s3, name: s3.put_bucket_ownership_controls(
            Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
        ),
        "objectOwnership",
    ),
    "no-encryption": (lambda s3, name: s3.delete_bucket_encryption(Bucket=name), "encryption"),
    "key": (
        lambda s3, name: s3.put_bucket_encryption(
            Bucket=name,
            ServerSideEncryptionConfiguration={
                "Rules": [
                    {
                        "ApplyServerSideEncryptionByDefault": {
                            "SSEAlgorithm": "aws:kms",
                            "KMSMasterKeyID": OTHER_KEY,
                        },
                        "BucketKeyEnabled": True,
                    }
                ]
            },
        ),
        "kmsKeyArn",
    ),
    "versioning": (
        lambda s3, name: s3.put_bucket_versioning(
            Bucket=name, VersioningConfiguration={"Status": "Suspended"}
        ),
        "versioning",
    ),
    "lifecycle": (
        lambda s3, name: s3.put_bucket_lifecycle_configuration(
            Bucket=name,
            LifecycleConfiguration={
                "Rules": [
                    {
                        "ID": "theirs",
                        "Status": "Enabled",
                        "Filter": {"Prefix": "a/"},
                        "Expiration": {"Days": 1},
                    }
                ]
            },
        ),
        "lifecycle",
    ),
    "days": (lambda s3, name: s3.delete_bucket_lifecycle(Bucket=name), "expirationDays"),
    "no-policy": (lambda s3, name: s3.delete_bucket_policy(Bucket=name), "policy"),
    "writer": (
        lambda s3, name: s3.put_bucket_policy(
            Bucket=name, Policy=json.dumps(expected(name)["policy"])
        ),
        "writer",
    ),
    "tags": (
        lambda s3, name: s3.put_bucket_tagging(
            Bucket=name, Tagging={"TagSet": [{"Key": "alien", "Value": "yes"}]}
        ),
        "tags",
    ),
}


def test_drift_of_each_part_is_named_and_repaired(stack: Stack) -> None:
    buckets = program(dict.fromkeys(DRIFT, EVERYTHING))
    stack.up(buckets)
    before, buckets_before = recorded(stack), all_live(stack)
    for name, (change, _) in DRIFT.items():
        change(stack.aws(service="s3"), before[name]["id"])

    refreshed = stack.refresh()

    after = recorded(stack)
    for name, (_, wire) in DRIFT.items():
        assert refreshed.steps[name] == ["refresh"]
        said, found = before[name]["inputs"], after[name]["inputs"]
        differing = {key for key in {*said, *found} if said.get(key) != found.get(key)}
        all_days = {key for key in said if key.endswith("Days")}
        assert differing == (all_days if name == "days" else {wire}), name
    stack.refresh(expect_no_changes=True)

    repaired = stack.up(buckets)
    assert {repaired.steps[name][0] for name in DRIFT} == {"update"}
    assert all_live(stack) == buckets_before
    stack.preview(buckets, expect_no_changes=True)


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
        Bucket="theirs", Tagging={"TagSet": [{"Key": "owner", "Value": "somebody"}]}
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
    assert outputs["theirs"] == {"owner": "somebody"}
    stack.refresh(expect_no_changes=True)

    stack.destroy()
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["theirs"]

    with pytest.raises(automation.CommandError, match=r"NoSuchBucket.*Check the name") as failure:
        stack.up(_get_missing)
    assert "Traceback" not in str(failure.value)


def _get_missing() -> None:
    S3Bucket.get("missing", "no-such-bucket")
