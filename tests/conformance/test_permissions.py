"""One IAM policy for all callers: what it does not allow is refused."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws

from omics_components.emulator import Emulator, EmulatorServer
from tests.conformance.conftest import World
from tests.conformance.test_http import control
from tests.conformance.test_http import refusal as refused

STORES = "arn:aws:omics:us-east-1:123456789012:sequenceStore/*"

Client = Callable[..., Any]


def allowing(*actions: str, resource: Any = "*", **elements: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource, **elements}
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.fixture
def client(world: World) -> Client:
    """Return clients of an empty emulator."""
    return world.client


@pytest.fixture
def emulator(world: World) -> Emulator:
    return world.emulator


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with EmulatorServer() as running:
        yield running
        running.reset()


def denial(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
    """The code of the refusal, and which permission is missing on what."""
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    error = raised.value.response["Error"]
    missing = error["Message"].partition("perform: ")[2].partition(" because")[0]
    return error["Code"], missing


def test_everything_is_allowed_without_a_policy(client: Client) -> None:
    client("omics").create_sequence_store(name="reads")
    client("kms").create_key()
    client("s3").create_bucket(Bucket="bucket")


def test_each_service_refuses_in_its_own_words(client: Client, emulator: Emulator) -> None:
    emulator.allow_only(allowing("ec2:*"))
    omics, kms, s3 = client("omics"), client("kms"), client("s3")

    assert denial(omics.list_sequence_stores) == (
        "AccessDeniedException",
        "omics:ListSequenceStores on resource: *",
    )
    assert denial(kms.create_key) == ("AccessDeniedException", "kms:CreateKey on resource: *")
    assert denial(s3.create_bucket, Bucket="bucket") == (
        "AccessDenied",
        "s3:CreateBucket on resource: arn:aws:s3:::bucket",
    )
    assert denial(s3.head_bucket, Bucket="bucket")[0] == "403"
    role = "arn:aws:iam::123456789012:role/r"
    assert denial(client("sts").assume_role, RoleArn=role, RoleSessionName="me") == (
        "AccessDenied",
        f"sts:AssumeRole on resource: {role}",
    )
    client("sts").get_caller_identity()
    assert [call.error_code for call in emulator.calls][:3] == [
        "AccessDeniedException",
        "AccessDeniedException",
        "AccessDenied",
    ]

    emulator.allow_only(None)
    assert omics.list_sequence_stores()["sequenceStores"] == []
    assert kms.list_keys()["Keys"] == []
    assert s3.list_buckets()["Buckets"] == []


def test_a_new_store_needs_what_its_inputs_need(client: Client, emulator: Emulator) -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd"
    create = client("omics").create_sequence_store
    encrypted = {"type": "KMS", "keyArn": key}
    emulator.configure(check_keys=False)
    emulator.allow_only(allowing("omics:CreateSequenceStore"))

    create(name="plain")
    assert denial(create, name="tagged", tags={"a": "b"})[1].startswith("omics:TagResource on")
    assert denial(create, name="encrypted", sseConfig=encrypted) == (
        "AccessDeniedException",
        f"kms:DescribeKey on resource: {key}",
    )
    both = allowing("omics:CreateSequenceStore")
    both["Statement"] += allowing("omics:TagResource", resource=STORES)["Statement"]
    both["Statement"] += allowing("kms:DescribeKey", resource=[key])["Statement"]
    emulator.allow_only(json.dumps(both))
    create(name="all", tags={"a": "b"}, sseConfig=encrypted)
    # Creation is on no store (docs: the action has no resource type).
    emulator.allow_only(allowing("omics:*", resource=STORES))
    assert denial(create, name="plain")[1] == "omics:CreateSequenceStore on resource: *"


def test_a_policy_can_be_about_one_store(client: Client, emulator: Emulator) -> None:
    omics = client("omics")
    mine, theirs = (omics.create_sequence_store(name=name) for name in ("mine", "theirs"))
    points = [
        omics.get_sequence_store(id=store["id"])["s3Access"]["s3AccessPointArn"]
        for store in (mine, theirs)
    ]
    emulator.put_read_sets(mine["id"], 1)
    (read_set,) = omics.list_read_sets(sequenceStoreId=mine["id"])["readSets"]
    emulator.allow_only(allowing("omics:*", resource=[mine["arn"], f"{mine['arn']}/*"]))

    allowed = (
        (omics.get_sequence_store, {"id": mine["id"]}),
        (omics.update_sequence_store, {"id": mine["id"], "description": "New"}),
        (omics.tag_resource, {"resourceArn": mine["arn"], "tags": {"a": "b"}}),
        (omics.untag_resource, {"resourceArn": mine["arn"], "tagKeys": ["a"]}),
        (omics.get_s3_access_policy, {"s3AccessPointArn": points[0]}),
        (omics.delete_s3_access_policy, {"s3AccessPointArn": points[0]}),
        (omics.list_read_sets, {"sequenceStoreId": mine["id"]}),
        (omics.get_read_set_metadata, {"sequenceStoreId": mine["id"], "id": read_set["id"]}),
        (omics.batch_delete_read_set, {"sequenceStoreId": mine["id"], "ids": [read_set["id"]]}),
    )
    for call, arguments in allowed:
        call(**arguments)
    others = {mine["id"]: theirs["id"], mine["arn"]: theirs["arn"], points[0]: points[1]}
    for call, arguments in allowed:
        swapped = {name: others.get(str(value), value) for name, value in arguments.items()}
        code, missing = denial(call, **swapped)
        assert code == "AccessDeniedException"
        assert theirs["arn"] in missing
    assert denial(omics.list_sequence_stores)[1] == "omics:ListSequenceStores on resource: *"
    omics.delete_sequence_store(id=mine["id"])


def test_tags_are_listed_by_a_permission_on_everything_or_not_at_all(
    client: Client, emulator: Emulator
) -> None:
    """The action has no resource type (service authorization reference)."""
    omics = client("omics")
    arn = omics.create_sequence_store(name="mine", tags={"a": "b"})["arn"]
    emulator.allow_only(allowing("omics:ListTagsForResource", resource=[arn]))

    code, missing = denial(omics.list_tags_for_resource, resourceArn=arn)

    assert (code, "omics:ListTagsForResource" in missing) == ("AccessDeniedException", True)
    emulator.allow_only(allowing("omics:ListTagsForResource", resource=["*"]))
    assert omics.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "b"}


def test_a_policy_can_be_about_one_key(client: Client, emulator: Emulator) -> None:
    kms = client("kms")
    mine, theirs = (kms.create_key()["KeyMetadata"] for _ in range(2))
    kms.create_alias(AliasName="alias/mine", TargetKeyId=mine["KeyId"])
    kms.create_alias(AliasName="alias/theirs", TargetKeyId=theirs["KeyId"])
    alias = "arn:aws:kms:us-east-1:123456789012:alias/mine"
    emulator.allow_only(allowing("kms:*", resource=mine["Arn"]))

    for name in (mine["KeyId"], mine["Arn"], "alias/mine", alias):
        kms.describe_key(KeyId=name)
    for name in (theirs["KeyId"], theirs["Arn"], "alias/theirs"):
        assert denial(kms.describe_key, KeyId=name)[1].endswith(theirs["Arn"])
    # An alias is changed with permission for both, the alias and the key (docs).
    assert denial(kms.delete_alias, AliasName="alias/mine") == (
        "AccessDeniedException",
        f"kms:DeleteAlias on resource: {alias}",
    )
    emulator.allow_only(allowing("kms:*", resource=[mine["Arn"], alias]))
    kms.delete_alias(AliasName="alias/mine")
    kms.create_alias(AliasName="alias/mine", TargetKeyId=mine["Arn"])

    emulator.allow_only(allowing("kms:CreateKey", "kms:List*"))
    kms.create_key()
    kms.list_aliases()
    tags = [{"TagKey": "a", "TagValue": "b"}]
    assert denial(kms.create_key, Tags=tags)[1].startswith("kms:TagResource on resource: arn:")
    tagging = allowing("kms:TagResource", resource="arn:aws:kms:*:123456789012:key/*")
    statements = [*allowing("kms:CreateKey")["Statement"], *tagging["Statement"]]
    emulator.allow_only({"Version": "2012-10-17", "Statement": statements})
    kms.create_key(Tags=tags)


def test_a_bucket_with_tags_needs_the_permission_to_tag(client: Client, emulator: Emulator) -> None:
    """Also where the caller may replace a bucket's tags afterwards (docs: s3:TagResource)."""
    emulator.allow_only(allowing("s3:CreateBucket", "s3:PutBucketTagging", "s3:ListAllMyBuckets"))
    s3, tags = client("s3"), {"Tags": [{"Key": "a", "Value": "b"}]}

    assert denial(s3.create_bucket, Bucket="bucket", CreateBucketConfiguration=tags) == (
        "AccessDenied",
        "s3:TagResource on resource: arn:aws:s3:::bucket",
    )
    assert s3.list_buckets()["Buckets"] == []
    s3.create_bucket(Bucket="untagged")
    both = allowing("s3:CreateBucket", "s3:TagResource", resource="arn:aws:s3:::bucket")
    emulator.allow_only(both)
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration=tags)


BUCKET_CALLS: list[tuple[str, dict[str, Any], str]] = [
    ("create_bucket", {}, "CreateBucket"),
    ("create_bucket", {"ObjectOwnership": "BucketOwnerEnforced"}, "CreateBucket"),
    ("head_bucket", {}, "ListBucket"),
    ("list_objects_v2", {}, "ListBucket"),
    ("list_objects", {}, "ListBucket"),
    ("list_object_versions", {}, "ListBucketVersions"),
    ("list_multipart_uploads", {}, "ListBucketMultipartUploads"),
    (
        "put_bucket_encryption",
        {
            "ServerSideEncryptionConfiguration": {
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            }
        },
        "PutEncryptionConfiguration",
    ),
    ("get_bucket_encryption", {}, "GetEncryptionConfiguration"),
    ("delete_bucket_encryption", {}, "PutEncryptionConfiguration"),
    (
        "put_bucket_lifecycle_configuration",
        {
            "LifecycleConfiguration": {
                "Rules": [
                    {"Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
                ]
            }
        },
        "PutLifecycleConfiguration",
    ),
    ("get_bucket_lifecycle_configuration", {}, "GetLifecycleConfiguration"),
    ("delete_bucket_lifecycle", {}, "PutLifecycleConfiguration"),
    (
        "put_public_access_block",
        {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}},
        "PutBucketPublicAccessBlock",
    ),
    ("get_public_access_block", {}, "GetBucketPublicAccessBlock"),
    ("delete_public_access_block", {}, "PutBucketPublicAccessBlock"),
    (
        "put_bucket_ownership_controls",
        {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
        "PutBucketOwnershipControls",
    ),
    ("get_bucket_ownership_controls", {}, "GetBucketOwnershipControls"),
    (
        "put_bucket_tagging",
        {"Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}},
        "PutBucketTagging",
    ),
    ("get_bucket_tagging", {}, "GetBucketTagging"),
    ("delete_bucket_tagging", {}, "PutBucketTagging"),
    (
        "put_bucket_versioning",
        {"VersioningConfiguration": {"Status": "Enabled"}},
        "PutBucketVersioning",
    ),
    ("get_bucket_versioning", {}, "GetBucketVersioning"),
    ("put_bucket_policy", {"Policy": '{"Statement": []}'}, "PutBucketPolicy"),
    ("get_bucket_policy", {}, "GetBucketPolicy"),
    ("delete_bucket_policy", {}, "DeleteBucketPolicy"),
    ("get_bucket_location", {}, "GetBucketLocation"),
    ("get_bucket_logging", {}, "GetBucketLogging"),
    ("get_bucket_acl", {}, "GetBucketAcl"),
    ("delete_bucket", {}, "DeleteBucket"),
]


@pytest.mark.parametrize(
    ("method", "arguments", "action"), BUCKET_CALLS, ids=[case[0] for case in BUCKET_CALLS]
)
def test_a_call_to_a_bucket_needs_one_action(
    client: Client, emulator: Emulator, method: str, arguments: dict[str, Any], action: str
) -> None:
    s3 = client("s3")
    call = getattr(s3, method)
    emulator.allow_only(allowing("s3:*", resource="arn:aws:s3:::other"))
    code, missing = denial(call, Bucket="bucket", **arguments)
    assert code in ("AccessDenied", "403")
    assert missing in ("", f"s3:{action} on resource: arn:aws:s3:::bucket")

    emulator.allow_only(None)
    if method != "create_bucket":
        s3.create_bucket(Bucket="bucket")
    actions = [f"s3:{action}", "s3:PutBucketOwnershipControls"]
    emulator.allow_only(allowing(*actions, resource="arn:aws:s3:::bucket"))
    try:
        call(Bucket="bucket", **arguments)
    except ClientError as error:
        # What is not configured is not found, but no one is refused.
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 404  # noqa: PT017 may pass


def test_a_call_to_an_object_needs_the_action_on_it(client: Client, emulator: Emulator) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    objects = "arn:aws:s3:::bucket/mine/*"
    emulator.allow_only(allowing("s3:PutObject", "s3:GetObject", "s3:Delete*", resource=objects))

    made = s3.put_object(Bucket="bucket", Key="mine/a b", Body=b"x")
    assert s3.get_object(Bucket="bucket", Key="mine/a b")["Body"].read() == b"x"
    assert denial(s3.put_object, Bucket="bucket", Key="theirs", Body=b"x") == (
        "AccessDenied",
        "s3:PutObject on resource: arn:aws:s3:::bucket/theirs",
    )
    assert denial(s3.put_object, Bucket="bucket", Key="mine/t", Body=b"", Tagging="a=b")[1] == (
        "s3:PutObjectTagging on resource: arn:aws:s3:::bucket/mine/t"
    )
    version = {"Key": "mine/a b", "VersionId": made["VersionId"]}
    assert denial(s3.get_object, Bucket="bucket", **version)[1].startswith("s3:GetObjectVersion")
    emulator.allow_only(allowing("s3:DeleteObject", resource=objects))
    s3.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": "mine/a b"}]})
    assert denial(s3.delete_objects, Bucket="bucket", Delete={"Objects": [version]})[1] == (
        "s3:DeleteObjectVersion on resource: arn:aws:s3:::bucket/mine/a b"
    )


def test_what_needs_an_unknown_permission_is_refused(client: Client, emulator: Emulator) -> None:
    client("s3").create_bucket(Bucket="bucket")
    emulator.allow_only(allowing("*"))

    with pytest.raises(ClientError, match="does not know which permission s3:GetBucketCors needs"):
        client("s3").get_bucket_cors(Bucket="bucket")


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"StringEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}}, True),
        ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, False),
        ({"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}, True),
        ({"StringEquals": {"aws:ResourceAccount": "123456789012"}}, True),
        ({"StringLike": {"aws:ResourceAccount": "1111*"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
    ],
)
def test_conditions_that_hold_for_a_call(
    client: Client, emulator: Emulator, condition: dict[str, Any], allowed: bool
) -> None:
    emulator.allow_only(allowing("omics:*", Condition=condition))

    if allowed:
        client("omics").list_sequence_stores()
    else:
        assert denial(client("omics").list_sequence_stores)[0] == "AccessDeniedException"


def test_a_principal_is_of_the_account_that_it_acts_in(session: boto3.Session) -> None:
    with mock_aws(), Emulator().in_process() as emulator:
        sts: Any = session.client("sts")
        role = {"RoleArn": "arn:aws:iam::999988887777:role/r", "RoleSessionName": "test"}
        keys = sts.assume_role(**role)["Credentials"]
        make: Any = boto3.client  # its stubs know services by literal names only
        there = make(
            "omics",
            region_name="us-east-1",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )
        here: Any = session.client("omics")
        condition = {"StringEquals": {"aws:PrincipalAccount": "999988887777"}}
        emulator.allow_only(allowing("omics:*", Condition=condition))

        there.list_sequence_stores()
        assert denial(here.list_sequence_stores)[0] == "AccessDeniedException"


def test_a_deny_beats_every_allow(client: Client, emulator: Emulator) -> None:
    policy = allowing("omics:*")
    deny = {"Effect": "Deny", "NotAction": "omics:List*", "Resource": "*"}
    emulator.allow_only({**policy, "Statement": [*policy["Statement"], deny]})

    client("omics").list_sequence_stores()
    with pytest.raises(ClientError, match="with an explicit deny in an identity-based policy"):
        client("omics").create_sequence_store(name="reads")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("{", "is not valid JSON"),
        ("[]", "no JSON object with a Statement"),
        ({"Statement": [{"Effect": "allow"}]}, "no JSON object with Effect Allow or Deny"),
        ({"Statement": [{"Effect": "Allow", "Resource": "*"}]}, "either Action or NotAction"),
        ({"Statement": [{"Effect": "Allow", "Action": "*"}]}, "either Resource or NotResource"),
        (allowing("*", NotAction="s3:*"), "either Action or NotAction"),
        (allowing("*", NotResource="x"), "either Resource or NotResource"),
        (allowing("*", Principal="*"), "of a caller names no Principal"),
        (allowing("*", NotPrincipal={"AWS": "*"}), "of a caller names no NotPrincipal"),
        (allowing("*", Resources="x", Conditions={}), "no element Conditions, Resources"),
        ({**allowing("*"), "Statements": []}, "no element Statements"),
        ({**allowing("*"), "Version": "bogus"}, "Version cannot be 'bogus'"),
        ({**allowing("*"), "Version": None}, "Version cannot be None"),
        (allowing(), "Action of a Statement is no text"),
        (allowing("*", resource=[]), "Resource of a Statement is no text"),
        (allowing("*", resource=[5]), "Resource of a Statement is no text"),
        (allowing("*", Condition={"Null": {"aws:RequestedRegion": []}}), "has no value"),
        (
            allowing("*", Condition={"Null": {"aws:RequestedRegion": "yes"}}),
            "neither true nor false",
        ),
        (allowing("*", Condition={"NullIfExists": {"aws:a": "true"}}), "condition nullifexists"),
        (allowing("*", Condition={"Bool": {"aws:SecureTransport": []}}), "has no value"),
        (allowing("*", Condition={"Bool": {"aws:SecureTransport": [{}]}}), "has no value"),
        (allowing("*", Condition={"StringEquals": "x"}), "no JSON object of JSON objects"),
        (allowing("*", Condition={"NumericLessThan": {"a:b": 1}}), "condition numericlessthan"),
        (allowing("*", Condition={"StringEquals": {"aws:RequestTag/a": "b"}}), "requesttag/a"),
        (
            allowing("*", Condition={"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}),
            "condition forallvalues:stringequals",
        ),
        (allowing("*", resource="arn:aws:s3:::${aws:username}"), "policy variable"),
    ],
)
def test_a_policy_that_cannot_be_evaluated_is_refused(document: Any, words: str) -> None:
    emulator = Emulator(allowed_policy=allowing("omics:*"))

    with pytest.raises(ValueError, match=words):
        emulator.allow_only(document)
    with pytest.raises(ValueError, match=words):
        Emulator(allowed_policy=document)

    assert emulator.allowed_policy == allowing("omics:*")


def test_a_reset_goes_back_to_the_first_policy() -> None:
    emulator = Emulator(allowed_policy=allowing("omics:*"))
    emulator.allow_only(None)

    emulator.reset()

    assert emulator.allowed_policy == allowing("omics:*")


def test_the_policy_is_set_over_the_control_api(server: EmulatorServer) -> None:
    assert control(server.url, "GET", "policy") == {}
    control(server.url, "POST", "policy", allowing("kms:*"))
    assert control(server.url, "GET", "policy") == allowing("kms:*")
    config = Config(inject_host_prefix=False)
    omics = boto3.client("omics", endpoint_url=server.url, config=config)
    assert denial(omics.list_sequence_stores)[0] == "AccessDeniedException"
    assert refused(server.url, "POST", "policy", {"Statement": "x"}) == 400
    assert refused(server.url, "POST", "policy", {}) == 400

    control(server.url, "DELETE", "policy")

    omics.list_sequence_stores()
