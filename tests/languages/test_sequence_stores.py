"""The life of a sequence store by the AWS CLI, the JavaScript SDK v3 and the Go SDK v2.

Each test runs once for each of them, against the emulator as a command. The SDKs' own serializers,
parsers, paginators and error types decide whether an answer is one of AWS.
"""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from omics_components.emulator.operations import OPERATIONS
from omics_components.emulator.service_model import error_statuses, operation_model
from tests.languages.conftest import Connect
from tests.languages.sdk_clients import SdkClient, SdkError
from tools.emulated import Emulated

ACCOUNT = "123456789012"
ACTIVE_LIMIT_S = 60
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:*",
            "Resource": "*",
        },
        {
            "Effect": "Allow",
            "Principal": {"Service": "omics.amazonaws.com"},
            "Action": ["kms:DescribeKey", "kms:Decrypt", "kms:GenerateDataKey*"],
            "Resource": "*",
        },
    ],
}
TAGS = {"Team": "genomics", "cost:center": "a/b=c+1", "empty": "", "Größe": "été"}


@pytest.fixture
def key_arn(sdk: SdkClient) -> str:
    """Create a KMS key that HealthOmics may use."""
    key = sdk.call("kms:CreateKey", Description="reads", Policy=json.dumps(KEY_POLICY))
    arn: str = key["KeyMetadata"]["Arn"]
    return arn


Make = Callable[..., Any]


@pytest.fixture
def make_store(sdk: SdkClient) -> Make:
    """Create a store, wait until it is ACTIVE and return GetSequenceStore's answer."""

    def make(**members: Any) -> Any:
        return wait_active(sdk, sdk.call("CreateSequenceStore", **{"name": "reads", **members}))

    return make


def wait_active(sdk: SdkClient, created: Any) -> Any:
    """Poll until a store is ACTIVE: no SDK has a waiter for sequence stores."""
    limit_s = time.monotonic() + ACTIVE_LIMIT_S
    while True:
        store = sdk.call("GetSequenceStore", id=created["id"])
        if store["status"] == "ACTIVE":
            return store
        assert store["status"] == "CREATING"
        assert time.monotonic() < limit_s
        time.sleep(0.1)


def refusal(sdk: SdkClient, operation: str, **members: Any) -> SdkError:
    """Return the error of a call that is refused; of its own type, where the SDK has types."""
    with pytest.raises(SdkError) as caught:
        sdk.call(operation, **members)
    error = caught.value
    assert error.message
    if sdk.has_error_types:
        assert error.type == error.code
        assert error.status == error_statuses()[error.code]
    return error


def test_each_emulated_operation_is_called() -> None:
    called = Path(__file__).read_text()

    assert not [name for name in OPERATIONS if f'"{name}"' not in called]


def test_create_with_everything(sdk: SdkClient, key_arn: str) -> None:
    sdk.call("s3:CreateBucket", Bucket="reads-fallback")
    sdk.wait("BucketExists", Bucket="reads-fallback")
    declared = {
        "name": "reads",
        "description": "Reads of the first cohort, Größe £5",
        "sseConfig": {"type": "KMS", "keyArn": key_arn},
        "fallbackLocation": "s3://reads-fallback/failed/",
        "eTagAlgorithmFamily": "SHA256up",
        "propagatedSetLevelTags": ["sample", "cohort"],
        "s3AccessConfig": {"accessLogLocation": "s3://reads-logs/"},
    }

    created = sdk.call("CreateSequenceStore", **declared, tags=TAGS, clientToken="once")
    again = sdk.call("CreateSequenceStore", **declared, tags=TAGS, clientToken="once")
    store = wait_active(sdk, created)

    assert created["status"] == "CREATING"
    assert again == created
    echoed = {name: declared[name] for name in declared.keys() - {"s3AccessConfig"}}
    assert echoed.items() <= store.items()
    assert echoed.items() <= created.items()
    assert store["arn"] == f"arn:aws:omics:us-east-1:{ACCOUNT}:sequenceStore/{store['id']}"
    assert store["s3Access"]["accessLogLocation"] == "s3://reads-logs/"
    assert store["s3Access"]["s3Uri"].startswith("s3://")
    age = datetime.now(UTC) - datetime.fromisoformat(store["creationTime"])
    assert timedelta(0) < age < timedelta(minutes=5)
    assert sdk.call("ListTagsForResource", resourceArn=store["arn"])["tags"] == TAGS


def test_a_token_of_other_parameters(sdk: SdkClient) -> None:
    sdk.call("CreateSequenceStore", name="reads", clientToken="once")

    error = refusal(sdk, "CreateSequenceStore", name="other", clientToken="once")

    assert error.code == "ValidationException"


def test_lists_with_filters_and_pages(sdk: SdkClient, emulator: Emulated, make_store: Make) -> None:
    stores = [make_store(name=f"reads-{number}", description="é") for number in range(3)]
    ids = [store["id"] for store in stores]
    created = datetime.fromisoformat(stores[1]["creationTime"])
    earlier = (created - timedelta(milliseconds=1)).isoformat()
    emulator.forget_calls()

    pages = sdk.pages("ListSequenceStores", 2)
    tokens = [call["parameters"].get("nextToken") for call in emulator.calls()]
    by_name = sdk.pages("ListSequenceStores", 2, filter={"name": "reads-1", "status": "ACTIVE"})
    by_time = sdk.call("ListSequenceStores", filter={"createdAfter": earlier})

    assert [item["id"] for page in pages for item in page["sequenceStores"]] == ids
    assert len(tokens) == 2
    assert tokens[0] is None
    assert tokens[1]
    assert [item["id"] for page in by_name for item in page["sequenceStores"]] == ids[1:2]
    assert [item["id"] for item in by_time["sequenceStores"]] == ids[1:]
    assert by_time["sequenceStores"][0] == {
        name: value
        for name, value in stores[1].items()
        if name not in ("s3Access", "propagatedSetLevelTags")
    }


@pytest.mark.parametrize(
    ("member", "value", "cleared"),
    [
        ("name", "renamed", None),
        ("description", "described", None),
        ("fallbackLocation", "s3://fallback/prefix/", ""),
        ("propagatedSetLevelTags", ["sample"], []),
        ("s3AccessConfig", {"accessLogLocation": "s3://logs/"}, {"accessLogLocation": ""}),
    ],
)
def test_each_update_and_each_clearing(
    sdk: SdkClient, make_store: Make, member: str, value: Any, cleared: Any
) -> None:
    before = make_store(description="first")

    updated = sdk.call("UpdateSequenceStore", id=before["id"], **{member: value})

    def shown(store: Any) -> Any:
        if member == "s3AccessConfig":
            found = store["s3Access"].get("accessLogLocation")
            return found and {"accessLogLocation": found}
        return store.get(member)

    assert shown(updated) == value
    assert updated == wait_active(sdk, before)
    if cleared is None:
        return  # the model asks for one character
    sdk.call("UpdateSequenceStore", id=before["id"], **{member: cleared})
    after = wait_active(sdk, before)
    assert not shown(after)
    assert {**after, "updateTime": None} == {**before, "updateTime": None}


def test_tags(sdk: SdkClient, make_store: Make) -> None:
    arn = make_store(tags={"Team": "genomics"})["arn"]

    sdk.call("TagResource", resourceArn=arn, tags={**TAGS, "Team": "reads"})
    tagged = sdk.call("ListTagsForResource", resourceArn=arn)["tags"]
    sdk.call("UntagResource", resourceArn=arn, tagKeys=["Team", "Größe", "cost:center", "absent"])
    left = sdk.call("ListTagsForResource", resourceArn=arn)["tags"]
    sdk.call("UntagResource", resourceArn=arn, tagKeys=["empty"])
    none = sdk.call("ListTagsForResource", resourceArn=arn)["tags"]
    reserved = refusal(sdk, "TagResource", resourceArn=arn, tags={"aws:x": "y"})

    assert tagged == {**TAGS, "Team": "reads"}
    assert left == {"empty": ""}
    assert none == {}
    assert reserved.code == "ValidationException"
    unknown = f"{arn.rpartition('/')[0]}/1234567890"
    error = refusal(sdk, "ListTagsForResource", resourceArn=unknown)
    assert error.code == "ResourceNotFoundException"


def test_s3_access_policy(sdk: SdkClient, make_store: Make) -> None:
    store = make_store()
    point = store["s3Access"]["s3AccessPointArn"]
    prefix = f"{ACCOUNT}/sequenceStore/{store['id']}/*"
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                "Action": ["s3:GetObject", "s3:GetObjectTagging"],
                "Resource": f"{point}/object/{prefix}",
            }
        ],
    }

    default = sdk.call("GetS3AccessPolicy", s3AccessPointArn=point)
    put = sdk.call("PutS3AccessPolicy", s3AccessPointArn=point, s3AccessPolicy=json.dumps(policy))
    found = sdk.call("GetS3AccessPolicy", s3AccessPointArn=point)
    bad = refusal(sdk, "PutS3AccessPolicy", s3AccessPointArn=point, s3AccessPolicy="{}")
    sdk.call("DeleteS3AccessPolicy", s3AccessPointArn=point)
    gone = refusal(sdk, "GetS3AccessPolicy", s3AccessPointArn=point)

    assert f"arn:aws:iam::{ACCOUNT}:root" in default["s3AccessPolicy"]
    assert put["storeId"] == found["storeId"] == store["id"]
    assert found["s3AccessPointArn"] == point
    assert json.loads(found["s3AccessPolicy"]) == policy
    assert datetime.fromisoformat(found["updateTime"]) > datetime(2020, 1, 1, tzinfo=UTC)
    assert bad.code == "ValidationException"
    assert gone.code == "ResourceNotFoundException"


def test_read_sets(sdk: SdkClient, emulator: Emulated, make_store: Make) -> None:
    store_id = make_store()["id"]
    items = [
        {"name": "a", "fileType": "BAM", "subjectId": "subject", "sampleId": "sample"},
        {"name": "b", "fileType": "FASTQ", "description": "zwölf"},
        {"name": "c", "status": "ARCHIVED", "statusMessage": "cold"},
    ]
    put = emulator.post("read-sets", {"sequenceStoreId": store_id, "items": items})["readSets"]
    ids = [read_set["id"] for read_set in put]

    pages = sdk.pages("ListReadSets", 2, sequenceStoreId=store_id)
    archived = {"status": "ARCHIVED"}
    filtered = sdk.call("ListReadSets", sequenceStoreId=store_id, filter=archived)
    metadata = sdk.call("GetReadSetMetadata", sequenceStoreId=store_id, id=ids[0])
    listed = [item for page in pages for item in page["readSets"]]

    assert [item["id"] for item in listed] == ids
    assert [item["name"] for item in filtered["readSets"]] == ["c"]
    assert listed[2]["statusMessage"] == "cold"
    assert listed[1]["description"] == "zwölf"
    assert listed[0]["sequenceInformation"] == {"totalReadCount": 1000, "totalBaseCount": 150_000}
    assert metadata["etag"] == put[0]["etag"]
    assert metadata["files"] == put[0]["files"]
    tags = sdk.call("ListTagsForResource", resourceArn=metadata["arn"])["tags"]
    assert tags == {}


def test_a_store_with_read_sets_is_not_deleted(
    sdk: SdkClient, emulator: Emulated, make_store: Make
) -> None:
    store_id = make_store()["id"]
    put = emulator.post("read-sets", {"sequenceStoreId": store_id, "count": 2})["readSets"]
    ids = [read_set["id"] for read_set in put]

    kept = refusal(sdk, "DeleteSequenceStore", id=store_id)
    deleted = sdk.call("BatchDeleteReadSet", sequenceStoreId=store_id, ids=[*ids, "1234567890"])
    empty = sdk.call("ListReadSets", sequenceStoreId=store_id)
    quiet = refusal(sdk, "GetReadSetMetadata", sequenceStoreId=store_id, id=ids[0])
    sdk.call("DeleteSequenceStore", id=store_id)
    gone = refusal(sdk, "GetSequenceStore", id=store_id)

    assert kept.code == "ConflictException"
    (missing,) = deleted["errors"]
    # The code is empty in the example that the AWS CLI documents.
    assert (missing["id"], missing["code"]) == ("1234567890", "")
    assert empty["readSets"] == []
    assert quiet.code == "ResourceNotFoundException"
    assert gone.code == "ResourceNotFoundException"
    assert store_id in gone.message


def test_read_sets_are_deleted_without_errors(
    sdk: SdkClient, emulator: Emulated, make_store: Make
) -> None:
    store_id = make_store()["id"]
    put = emulator.post("read-sets", {"sequenceStoreId": store_id, "count": 1})["readSets"]

    deleted = sdk.call("BatchDeleteReadSet", sequenceStoreId=store_id, ids=[put[0]["id"]])

    assert not deleted.get("errors")


def test_reference_stores(sdk: SdkClient, emulator: Emulated) -> None:
    empty = sdk.call("CreateReferenceStore", name="none")
    second = refusal(sdk, "CreateReferenceStore", name="genomes")
    sdk.call("DeleteReferenceStore", id=empty["id"])
    gone = refusal(sdk, "GetReferenceStore", id=empty["id"])
    created = sdk.call("CreateReferenceStore", name="genomes", clientToken="once", tags=TAGS)
    store_id = created["id"]
    put = emulator.post("references", {"referenceStoreId": store_id, "count": 3})["references"]

    store = sdk.call("GetReferenceStore", id=store_id)
    stores = sdk.call("ListReferenceStores", filter={"name": "genomes"})["referenceStores"]
    pages = sdk.pages("ListReferences", 2, referenceStoreId=store_id)
    metadata = sdk.call("GetReferenceMetadata", referenceStoreId=store_id, id=put[0]["id"])
    kept = refusal(sdk, "DeleteReferenceStore", id=store_id)

    assert second.code == "ServiceQuotaExceededException"
    assert store["arn"] == created["arn"]
    assert stores == [store]
    references = [item["id"] for page in pages for item in page["references"]]
    assert references == [item["id"] for item in put]
    assert metadata["md5"] == put[0]["md5"]
    assert kept.code == "ConflictException"
    assert gone.code == "ResourceNotFoundException"


def test_what_is_not_emulated_is_refused(sdk: SdkClient, make_store: Make) -> None:
    error = refusal(
        sdk,
        "CreateMultipartReadSetUpload",
        sequenceStoreId=make_store()["id"],
        sourceFileType="FASTQ",
        subjectId="subject",
        sampleId="sample",
        name="reads",
    )

    assert error.code == "NotSupportedOperationException"
    assert "CreateMultipartReadSetUpload" in error.message


def test_each_modelled_error_has_its_type(sdk: SdkClient, emulator: Emulated) -> None:
    members = {
        "CreateSequenceStore": {"name": "reads"},
        "DeleteSequenceStore": {"id": "1234567890"},
    }
    operations = {
        shape.name: operation
        for operation in members
        for shape in operation_model(operation).error_shapes
    }
    for code, operation in operations.items():
        emulator.post("faults", {"operation": operation, "code": code, "times": 1})
        error = refusal(sdk, operation, **members[operation])
        assert error.code == code
        assert error.message.startswith("Injected by a fault rule")
        emulator.reset()

    assert {"ConflictException", "ResourceNotFoundException", "ThrottlingException"} <= set(
        operations
    )


def test_a_policy_denies_calls_to_each_service(sdk: SdkClient, emulator: Emulated) -> None:
    nothing = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}],
    }
    emulator.post("policy", nothing)
    codes = {}
    for operation, members in {
        "ListSequenceStores": {},
        "kms:DescribeKey": {"KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab"},
        "s3:ListObjectsV2": {"Bucket": "reads"},
    }.items():
        with pytest.raises(SdkError) as caught:
            sdk.call(operation, **members)
        codes[operation] = caught.value.code

    assert sdk.call("sts:GetCallerIdentity")["Account"] == ACCOUNT
    assert codes == {
        "ListSequenceStores": "AccessDeniedException",
        "kms:DescribeKey": "AccessDeniedException",
        "s3:ListObjectsV2": "AccessDenied",
    }


def test_errors_of_keys_and_buckets(sdk: SdkClient, emulator: Emulated) -> None:
    emulator.post("faults", {"operation": "kms:CreateKey", "code": "LimitExceededException"})
    emulator.post("faults", {"operation": "s3:ListBuckets", "code": "SlowDown", "status": 503})
    found = []
    for operation, members in (
        ("kms:CreateKey", {}),
        ("kms:DescribeKey", {"KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab"}),
        ("s3:ListBuckets", {}),
        ("s3:ListObjectsV2", {"Bucket": "absent-bucket"}),
    ):
        with pytest.raises(SdkError) as caught:
            sdk.call(operation, **members)
        found.append((caught.value.code, caught.value.type))

    types = sdk.has_error_types
    assert found == [
        ("LimitExceededException", "LimitExceededException" if types else None),
        ("NotFoundException", "NotFoundException" if types else None),
        ("SlowDown", None),
        ("NoSuchBucket", "NoSuchBucket" if types else None),
    ]


def test_keys_and_buckets_of_the_component(sdk: SdkClient, emulator: Emulated) -> None:
    """Run the calls of a deployment around a store, and see what the service puts there."""
    key_tag = {"TagKey": "a", "TagValue": "b"}
    key = sdk.call("kms:CreateKey", Policy=json.dumps(KEY_POLICY), Tags=[key_tag])
    key_id = key["KeyMetadata"]["KeyId"]
    sdk.call("kms:CreateAlias", AliasName="alias/reads", TargetKeyId=key_id)
    sdk.call("kms:EnableKeyRotation", KeyId=key_id, RotationPeriodInDays=180)
    rotation = sdk.call("kms:GetKeyRotationStatus", KeyId=key_id)
    key_tags = sdk.call("kms:ListResourceTags", KeyId=key_id)
    described = sdk.call("kms:DescribeKey", KeyId="alias/reads")
    sdk.call("s3:CreateBucket", Bucket="fallback")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "omics.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::fallback/*",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    sdk.call("s3:PutBucketPolicy", Bucket="fallback", Policy=json.dumps(policy))
    tag = {"Key": "a", "Value": "b"}
    sdk.call("s3:PutBucketTagging", Bucket="fallback", Tagging={"TagSet": [tag]})
    block = {"BlockPublicAcls": True, "BlockPublicPolicy": True}
    access = {"Bucket": "fallback", "PublicAccessBlockConfiguration": block}
    sdk.call("s3:PutPublicAccessBlock", **access)
    created = sdk.call("CreateSequenceStore", name="reads", fallbackLocation="s3://fallback/f/")
    stored = emulator.post("fallback-uploads", {"sequenceStoreId": created["id"]})
    objects = sdk.call("s3:ListObjectsV2", Bucket="fallback")["Contents"]
    wait_active(sdk, created)

    assert rotation["RotationPeriodInDays"] == 180
    assert key_tags["Tags"] == [key_tag]
    assert described["KeyMetadata"]["KeyId"] == key_id
    assert [item["Key"] for item in objects] == [stored["key"]]
    assert json.loads(sdk.call("s3:GetBucketPolicy", Bucket="fallback")["Policy"]) == policy
    assert sdk.call("s3:GetBucketTagging", Bucket="fallback")["TagSet"] == [tag]


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerException"])
def test_sdks_retry(language: str, connect: Connect, emulator: Emulated, code: str) -> None:
    emulator.post("faults", {"operation": "ListSequenceStores", "code": code, "times": 2})

    found = connect(language, attempts=3).call("ListSequenceStores")

    assert found["sequenceStores"] == []
    assert len(emulator.calls()) == 3


def test_sdks_retry_a_dropped_connection(
    language: str, connect: Connect, emulator: Emulated
) -> None:
    emulator.post(
        "faults",
        {"operation": "CreateSequenceStore", "action": "drop", "when": "after", "times": 1},
    )

    created = connect(language, attempts=3).call("CreateSequenceStore", name="r", clientToken="t")

    stores = connect(language).call("ListSequenceStores")["sequenceStores"]
    assert [store["id"] for store in stores] == [created["id"]]


@pytest.mark.parametrize("prefixing", ["javascript", "go"])
def test_host_prefixes(connect: Connect, emulator: Emulated, prefixing: str) -> None:
    """The emulator answers whatever the host: a client may keep the prefix if it resolves."""
    sdk = connect(prefixing, keep_host_prefix=True)

    created = sdk.call("CreateSequenceStore", name="reads")

    assert wait_active(sdk, created)["id"] == created["id"]
    with suppress(SdkError):
        sdk.call("GetReadSetMetadata", sequenceStoreId=created["id"], id="1234567890")
    names = [call["operation"] for call in emulator.calls()]
    assert names[0] == "CreateSequenceStore"
    assert names[-1] == "GetReadSetMetadata"
