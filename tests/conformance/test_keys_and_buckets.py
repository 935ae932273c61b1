"""Keys of stores, and buckets for failed uploads, judged on moto's."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from omics_components.emulator import Emulator, EmulatorServer
from tests.conformance.conftest import World
from tests.conformance.test_http import control
from tests.conformance.test_http import refusal as refused

ACCOUNT = "123456789012"
ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
OMICS = {"Service": "omics.amazonaws.com"}
SERVICE_ACTIONS = ["kms:DescribeKey", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*"]

Client = Callable[..., Any]


def allow(principal: Any, actions: Any, **elements: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*"}
    return statement | elements


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


ADMIN = allow(ROOT, "kms:*")
RIGHT = policy(ADMIN, allow(OMICS, SERVICE_ACTIONS))


def source(operator: str, **keys: str) -> dict[str, Any]:
    """A condition on the keys of confused-deputy protection."""
    return {"Condition": {operator: {f"aws:{name}": value for name, value in keys.items()}}}


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


def make_key(client: Client, key_policy: str = RIGHT, **arguments: Any) -> str:
    made = client("kms").create_key(Policy=key_policy, **arguments)
    return str(made["KeyMetadata"]["Arn"])


def id_of(key_arn: str) -> str:
    """The id in an ARN."""
    return key_arn.rpartition("/")[2]


def make_store(client: Client, key_arn: str | None = None, **arguments: Any) -> str:
    sse = {"sseConfig": {"type": "KMS", "keyArn": key_arn}} if key_arn else {}
    return str(client("omics").create_sequence_store(name="reads", **sse, **arguments)["id"])


def test_the_period_of_a_rotation_is_remembered(client: Client) -> None:
    kms = client("kms")
    key_arn, other = make_key(client), make_key(client)
    kms.enable_key_rotation(KeyId=key_arn, RotationPeriodInDays=180)
    kms.enable_key_rotation(KeyId=id_of(other))

    def told(key: str) -> tuple[bool, int | None]:
        status = kms.get_key_rotation_status(KeyId=key)
        return status["KeyRotationEnabled"], status.get("RotationPeriodInDays")

    assert told(id_of(key_arn)) == told(key_arn) == (True, 180)
    assert told(other) == (True, 365)
    kms.disable_key_rotation(KeyId=key_arn)
    assert told(key_arn) == (False, None)
    kms.enable_key_rotation(KeyId=key_arn)
    assert told(key_arn) == (True, 365)
    with pytest.raises(ClientError, match="NotFoundException"):
        kms.get_key_rotation_status(KeyId=key_arn[:-1] + "x")


OWN = f"arn:aws:kms:us-east-1:{ACCOUNT}"
NO_KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
SIGNING = {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}
HASHING = {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}
GRANT = {"GranteePrincipal": ROOT["AWS"], "Operations": ["Decrypt"]}

BY_ID_OR_ARN: dict[str, dict[str, Any]] = {
    "schedule_key_deletion": {"PendingWindowInDays": 7},
    "cancel_key_deletion": {},
    "enable_key": {},
    "disable_key": {},
    "tag_resource": {"Tags": [{"TagKey": "a", "TagValue": "b"}]},
    "untag_resource": {"TagKeys": ["a"]},
    "list_resource_tags": {},
    "enable_key_rotation": {"RotationPeriodInDays": 180},
    "get_key_rotation_status": {},
    "disable_key_rotation": {},
    "rotate_key_on_demand": {},
    "list_key_rotations": {},
    "put_key_policy": {"Policy": RIGHT},
    "get_key_policy": {},
    "list_key_policies": {},
    "list_aliases": {},
    "update_key_description": {"Description": "x"},
    "create_grant": GRANT,
    "list_grants": {},
    "replicate_key": {"ReplicaRegion": "eu-west-1"},
}
BY_ALIAS_TOO: dict[str, dict[str, Any]] = {
    "describe_key": {},
    "encrypt": {"Plaintext": b"x"},
    "generate_data_key": {"KeySpec": "AES_256"},
    "generate_data_key_without_plaintext": {"KeySpec": "AES_256"},
    "generate_mac": {"Message": b"x", "MacAlgorithm": "HMAC_SHA_256"},
    "get_public_key": {},
    "sign": {"Message": b"x", "SigningAlgorithm": "RSASSA_PSS_SHA_256"},
}
KEYS: dict[str, dict[str, Any]] = {
    "generate_mac": HASHING,
    "get_public_key": SIGNING,
    "sign": SIGNING,
    "replicate_key": {"MultiRegion": True},
}


@pytest.mark.parametrize(("operation", "arguments"), [*BY_ID_OR_ARN.items(), *BY_ALIAS_TOO.items()])
def test_a_key_is_named_in_each_way_that_kms_admits_and_in_no_other(
    client: Client, operation: str, arguments: dict[str, Any]
) -> None:
    kms = client("kms")
    arn = make_key(client, **KEYS.get(operation, {}))
    kms.create_alias(AliasName="alias/reads", TargetKeyId=arn)
    plain = [id_of(arn), arn]
    aliases = ["alias/reads", f"{OWN}:alias/reads"]
    foreign = [
        arn.replace("us-east-1", "eu-west-1"),
        arn.replace(ACCOUNT, "111122223333"),
        aliases[1].replace("us-east-1", "eu-west-1"),
        aliases[1].replace(ACCOUNT, "111122223333"),
    ]
    missing = [NO_KEY, f"{OWN}:key/{NO_KEY}", "alias/none", f"{OWN}:alias/none", "mist"]
    by_alias = operation in BY_ALIAS_TOO

    def call(name: str) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(kms, operation)(KeyId=name, **arguments)
        return answer

    for name in [*foreign, *missing, *([] if by_alias else aliases)]:
        with pytest.raises(ClientError) as caught:
            call(name)
        assert caught.value.response["Error"]["Code"] == "NotFoundException", name
    for name in [*plain, *(aliases if by_alias else [])]:
        assert call(name).get("KeyId", arn) == arn


def test_what_is_done_by_arn_is_done(client: Client) -> None:
    kms = client("kms")
    arn = make_key(client)

    def state() -> str:
        return str(kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"])

    kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
    assert state() == "PendingDeletion"
    kms.cancel_key_deletion(KeyId=arn)
    assert state() == "Disabled"
    kms.enable_key(KeyId=arn)
    assert state() == "Enabled"
    kms.put_key_policy(KeyId=arn, Policy=policy(ADMIN))
    assert kms.get_key_policy(KeyId=arn)["Policy"] == policy(ADMIN)
    kms.tag_resource(KeyId=arn, Tags=[{"TagKey": "a", "TagValue": "b"}])
    assert kms.list_resource_tags(KeyId=id_of(arn))["Tags"] == [{"TagKey": "a", "TagValue": "b"}]
    kms.create_alias(AliasName="alias/reads", TargetKeyId=arn)
    assert [one["AliasName"] for one in kms.list_aliases(KeyId=arn)["Aliases"]] == ["alias/reads"]


def test_an_alias_is_of_a_key_of_its_own_region_and_account(client: Client) -> None:
    kms = client("kms")
    arn = make_key(client)
    kms.create_alias(AliasName="alias/reads", TargetKeyId=arn)

    for make in (kms.create_alias, kms.update_alias):
        for target in (arn.replace("us-east-1", "eu-west-1"), arn.replace(ACCOUNT, "111122223333")):
            with pytest.raises(ClientError, match="NotFoundException"):
                make(AliasName="alias/reads", TargetKeyId=target)
    with pytest.raises(ClientError, match="Aliases must refer to keys"):
        kms.create_alias(AliasName="alias/more", TargetKeyId="alias/reads")


def test_a_bucket_does_not_begin_with_the_tags_of_a_deleted_one(client: Client) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="reads")
    s3.put_bucket_tagging(Bucket="reads", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    s3.delete_bucket(Bucket="reads")
    s3.create_bucket(Bucket="reads")

    with pytest.raises(ClientError, match="NoSuchTagSet"):
        s3.get_bucket_tagging(Bucket="reads")


def test_a_deleted_bucket_takes_no_tags_of_another_with_it(client: Client) -> None:
    s3 = client("s3")
    for name in ("kept", "deleted"):
        s3.create_bucket(Bucket=name)
    s3.put_object(Bucket="kept", Key="run:1/reads:a.bam", Tagging="sample=NA12878")

    s3.delete_bucket(Bucket="deleted")

    tags = s3.get_object_tagging(Bucket="kept", Key="run:1/reads:a.bam")["TagSet"]
    assert tags == [{"Key": "sample", "Value": "NA12878"}]


def refusal(client: Client, key_arn: str) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        make_store(client, key_arn)
    assert client("omics").list_sequence_stores()["sequenceStores"] == []
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.parametrize(
    "statement",
    [
        allow(OMICS, SERVICE_ACTIONS),
        allow(OMICS, "kms:*"),
        allow(OMICS, "*"),
        allow(OMICS, ["kms:describekey", "KMS:GenerateDataKey", "kms:GenerateDataKeyWith*"]),
        allow("*", "kms:*"),
        allow({"AWS": "*"}, "kms:*", **source("StringEquals", SourceAccount=ACCOUNT)),
        allow(OMICS, SERVICE_ACTIONS, **source("StringEquals", SourceAccount=ACCOUNT)),
        allow(OMICS, "kms:*", **source("StringEquals", SourceAccount=["1" * 12, ACCOUNT])),  # type: ignore[arg-type] # a list
        allow(OMICS, "kms:*", **source("ArnLike", SourceArn=f"arn:aws:omics:*:{ACCOUNT}:*")),
        allow(
            OMICS, "kms:*", **source("ArnEquals", SourceArn=f"arn:aws:omics:us-east-1:{ACCOUNT}:*")
        ),
        allow(OMICS, "kms:*", Condition={"Bool": {"aws:SecureTransport": True}}),
        allow(OMICS, "kms:*", Condition={"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}),
        allow(OMICS, "kms:*", Condition={"Null": {"aws:PrincipalOrgID": "true"}}),
        {"Effect": "Allow", "Principal": OMICS, "NotAction": "kms:Sign", "Resource": "*"},
    ],
)
def test_a_key_that_the_service_may_use(client: Client, statement: dict[str, Any]) -> None:
    make_store(client, make_key(client, policy(ADMIN, statement)))


@pytest.mark.parametrize(
    "statements",
    [
        [],
        [allow({"Service": "logging.s3.amazonaws.com"}, "kms:*")],
        [allow(OMICS, ["kms:GenerateDataKey*"])],
        [allow(OMICS, ["kms:DescribeKey"])],
        # The service calls GenerateDataKeyWithoutPlaintext, too (docs).
        [allow(OMICS, ["kms:DescribeKey", "kms:GenerateDataKey"])],
        [allow(OMICS, "kms:*", **source("StringEquals", SourceAccount="111122223333"))],
        [allow(OMICS, "kms:*", **source("ArnLike", SourceArn="arn:aws:omics:eu-west-1:*:*"))],
        # Each of the six parts of an ARN is compared by itself (docs).
        [allow(OMICS, "kms:*", **source("ArnLike", SourceArn="arn:aws:omics:us-east-1:*"))],
        [allow(OMICS, "kms:*", **source("ArnEquals", SourceArn="arn:aws:omics:*"))],
        [allow(OMICS, "kms:*", **source("ArnLike", SourceArn="*"))],
        [allow(OMICS, "kms:*", **source("StringNotEquals", SourceAccount=ACCOUNT))],
        [allow(OMICS, "kms:*", **source("StringEquals", PrincipalOrgID="o-1"))],
        [allow(OMICS, "kms:*", Condition={"StringEquals": {"kms:ViaService": "omics"}})],
        [allow(OMICS, "kms:*"), {**allow(OMICS, "kms:GenerateDataKey*"), "Effect": "Deny"}],
        [
            allow(OMICS, "kms:*"),
            {**allow("*", "kms:*"), "Effect": "Deny"}
            | source("StringNotEquals", SourceAccount="111122223333"),
        ],
        [{"Effect": "Allow", "NotPrincipal": OMICS, "Action": "kms:*", "Resource": "*"}],
        # What the emulator cannot evaluate lets no one in.
        [allow(OMICS, "kms:*", Condition={"DateGreaterThan": {"aws:CurrentTime": "2020-01-01"}})],
        [allow(OMICS, "kms:*", Resource="${aws:PrincipalAccount}")],
        # What KMS would not take as a policy does not, either.
        [allow(OMICS, "kms:*"), {"Effect": "Allow", "Action": "*", "Resource": "*"}],
        [{"Effect": "Allow", "Principal": OMICS, "Action": "kms:*"}],
    ],
)
def test_a_key_whose_policy_keeps_the_service_out(
    client: Client, statements: list[dict[str, Any]]
) -> None:
    code, message = refusal(client, make_key(client, policy(ADMIN, *statements)))

    assert code == "AccessDeniedException"
    assert "does not let omics.amazonaws.com do kms:" in message


def test_a_key_of_moto_without_a_policy_of_its_own_keeps_the_service_out(client: Client) -> None:
    arn = client("kms").create_key()["KeyMetadata"]["Arn"]

    assert refusal(client, arn)[0] == "AccessDeniedException"


def test_a_key_that_does_not_exist(client: Client) -> None:
    arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    client("kms").create_alias(AliasName="alias/reads", TargetKeyId=make_key(client))

    assert refusal(client, arn) == ("ValidationException", f"KMS key {arn} was not found")
    assert "not found" in refusal(client, arn.replace(ACCOUNT, "111122223333"))[1]
    assert "not found" in refusal(client, arn.replace("us-east-1", "mars-1"))[1]
    assert "not found" in refusal(client, f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/reads")[1]


def test_a_key_that_cannot_encrypt(client: Client) -> None:
    kms = client("kms")
    disabled, doomed = make_key(client), make_key(client)
    kms.disable_key(KeyId=disabled)
    kms.schedule_key_deletion(KeyId=doomed, PendingWindowInDays=7)
    signing = make_key(client, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    asymmetric = make_key(client, KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    hashing = make_key(client, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")

    for arn, words in (
        (disabled, "it is Disabled"),
        (doomed, "it is PendingDeletion"),
        (signing, "not a symmetric encryption key but RSA_2048"),
        (asymmetric, "not a symmetric encryption key but RSA_2048"),
        (hashing, "not a symmetric encryption key but HMAC_256"),
    ):
        code, message = refusal(client, arn)
        assert code == "ValidationException"
        assert words in message
    kms.enable_key(KeyId=disabled)
    kms.cancel_key_deletion(KeyId=doomed)
    kms.enable_key(KeyId=doomed)
    make_store(client, disabled)
    make_store(client, doomed)


def test_a_key_of_another_region(client: Client) -> None:
    elsewhere = client("kms", "eu-west-1").create_key(Policy=RIGHT)["KeyMetadata"]["Arn"]

    assert refusal(client, elsewhere) == (
        "ValidationException",
        f"KMS key {elsewhere} is not in the Region us-east-1",
    )


def test_a_reference_store_needs_such_a_key_too(client: Client) -> None:
    make = client("omics").create_reference_store
    sse = {"type": "KMS", "keyArn": make_key(client, policy(ADMIN))}

    with pytest.raises(ClientError, match="does not let"):
        make(name="genomes", sseConfig=sse)
    make(name="genomes", sseConfig={"type": "KMS", "keyArn": make_key(client)})


def test_a_store_that_is_there_is_not_judged_again(client: Client) -> None:
    arn = make_key(client)
    store_id = make_store(client, arn)
    client("kms").disable_key(KeyId=arn)

    client("omics").update_sequence_store(id=store_id, description="New")
    make_store(client)


def logs_to(bucket: str) -> dict[str, Any]:
    return {"s3AccessConfig": {"accessLogLocation": f"s3://{bucket}/logs/"}}


@pytest.mark.parametrize(
    ("region", "account"), [("eu-west-1", ACCOUNT), ("us-east-1", "111122223333")]
)
def test_access_logs_go_to_the_region_and_account_of_the_store(
    client: Client, region: str, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    omics, where = client("omics"), {"CreateBucketConfiguration": {"LocationConstraint": region}}
    with monkeypatch.context() as theirs:
        theirs.setenv("MOTO_ACCOUNT_ID", account)
        client("s3", region).create_bucket(
            Bucket="elsewhere", **({} if region == "us-east-1" else where)
        )
    client("s3").create_bucket(Bucket="here")

    store_id = omics.create_sequence_store(name="reads", **logs_to("here"))["id"]
    for call, parameters in (
        (omics.create_sequence_store, {"name": "x"}),
        (omics.update_sequence_store, {"id": store_id}),
    ):
        with pytest.raises(ClientError, match="same region and account") as caught:
            call(**parameters, **logs_to("elsewhere"))
        assert caught.value.response["Error"]["Code"] == "ValidationException"
        assert f"it is in {region} of {account}" in str(caught.value)

    omics.update_sequence_store(id=store_id, **logs_to("made-by-no-one"))
    omics.update_sequence_store(id=store_id, s3AccessConfig={"accessLogLocation": ""})
    [store] = omics.list_sequence_stores()["sequenceStores"]
    assert store["id"] == store_id


def test_the_check_can_be_switched_off(client: Client, emulator: Emulator) -> None:
    arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/made-by-no-one"
    where = {"LocationConstraint": "eu-west-1"}
    client("s3", "eu-west-1").create_bucket(Bucket="elsewhere", CreateBucketConfiguration=where)

    emulator.configure(check_keys=False)

    make_store(client, arn, **logs_to("elsewhere"))


def make_bucket(
    client: Client, *statements: dict[str, Any], key_id: str | None = None, kms: bool = False
) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="fallback")
    if statements:
        s3.put_bucket_policy(Bucket="fallback", Policy=policy(*statements))
    if key_id or kms:
        default = {"SSEAlgorithm": "aws:kms"} | ({"KMSMasterKeyID": key_id} if key_id else {})
        rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
        s3.put_bucket_encryption(Bucket="fallback", ServerSideEncryptionConfiguration=rules)


PUT = allow(OMICS, "s3:PutObject", Resource="arn:aws:s3:::fallback/failed/*")
TLS_ONLY = {
    **allow("*", "s3:*", Condition={"Bool": {"aws:SecureTransport": "false"}}),
    "Effect": "Deny",
}
DENY_OMICS = {**allow("*", "s3:PutObject"), "Effect": "Deny"} | source(
    "StringEquals", SourceAccount=ACCOUNT
)


def upload(client: Client, emulator: Emulator, location: str = "s3://fallback/failed/") -> Any:
    store_id = make_store(client, fallbackLocation=location)
    return emulator.put_fallback_object(store_id)


@pytest.mark.parametrize(
    "statements",
    [
        [PUT],
        [{**PUT, **source("StringEquals", SourceAccount=ACCOUNT)}],
        [
            {
                **PUT,
                **source("ArnLike", SourceArn=f"arn:aws:omics:us-east-1:{ACCOUNT}:sequenceStore/*"),
            }
        ],
        [TLS_ONLY, {**PUT, "Resource": "arn:aws:s3:::fallback/*"}],
    ],
)
def test_a_failed_upload_falls_back(
    client: Client, emulator: Emulator, statements: list[dict[str, Any]]
) -> None:
    make_bucket(client, *statements)

    answer = upload(client, emulator)

    s3 = client("s3")
    (found,) = s3.list_objects_v2(Bucket="fallback")["Contents"]
    assert answer == {"stored": True, "bucket": "fallback", "key": found["Key"]}
    assert found["Key"].startswith("failed/")
    assert found["Size"] > 0


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        ([], "has no policy that lets omics.amazonaws.com put objects"),
        ([allow(ROOT, "s3:*")], "does not allow it to omics.amazonaws.com"),
        ([allow(OMICS, "s3:PutObject", Resource="arn:aws:s3:::fallback/other/*")], "not allow it"),
        ([allow(OMICS, "s3:GetObject")], "does not allow it"),
        ([{**PUT, **source("StringEquals", SourceAccount="111122223333")}], "does not allow it"),
        ([PUT, DENY_OMICS], "denies it to omics.amazonaws.com"),
        (
            [{**PUT, "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}],
            "cannot be evaluated: the emulator cannot evaluate the condition ipaddress",
        ),
    ],
)
def test_an_upload_that_the_bucket_keeps_out(
    client: Client, emulator: Emulator, statements: list[dict[str, Any]], words: str
) -> None:
    make_bucket(client, *statements)

    answer = upload(client, emulator)

    assert answer["stored"] is False
    assert words in answer["reason"]
    assert "Contents" not in client("s3").list_objects_v2(Bucket="fallback")


def test_an_upload_without_a_place_to_go(client: Client, emulator: Emulator) -> None:
    assert upload(client, emulator, "") == {
        "stored": False,
        "reason": f"sequence store {_only(client)} has no fallback location",
    }
    assert "does not exist" in upload(client, emulator, "s3://made-by-no-one")["reason"]
    with pytest.raises(Exception, match="ResourceNotFoundException"):
        emulator.put_fallback_object("1234567890")


def _only(client: Client) -> str:
    (store,) = client("omics").list_sequence_stores()["sequenceStores"]
    return str(store["id"])


def test_an_upload_to_an_encrypted_bucket_needs_the_key_too(
    client: Client, emulator: Emulator
) -> None:
    right, wrong = make_key(client), make_key(client, policy(ADMIN))
    make_bucket(client, PUT, key_id=right)
    assert upload(client, emulator)["stored"] is True

    def encrypt(default: dict[str, str]) -> None:
        rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
        client("s3").put_bucket_encryption(
            Bucket="fallback", ServerSideEncryptionConfiguration=rules
        )

    encrypt({"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": right.rpartition("/")[2]})
    assert upload(client, emulator)["stored"] is True
    encrypt({"SSEAlgorithm": "AES256"})
    assert upload(client, emulator)["stored"] is True
    encrypt({"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": wrong})
    assert "does not let omics.amazonaws.com do kms:Decrypt" in upload(client, emulator)["reason"]
    encrypt({"SSEAlgorithm": "aws:kms"})
    assert "the key aws/s3" in upload(client, emulator)["reason"]
    encrypt({"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": right.replace("key/", "key/0")})
    assert "was not found" in upload(client, emulator)["reason"]
    encrypt({"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": right})
    client("kms").disable_key(KeyId=right)
    assert "it is Disabled" in upload(client, emulator)["reason"]


def test_an_upload_is_tried_over_the_control_api(server: EmulatorServer) -> None:
    config = Config(inject_host_prefix=False)
    omics = boto3.client("omics", endpoint_url=server.url, config=config)
    s3 = boto3.client("s3", endpoint_url=server.url)
    s3.create_bucket(Bucket="fallback")
    s3.put_bucket_policy(Bucket="fallback", Policy=policy(PUT))
    store = omics.create_sequence_store(name="a", fallbackLocation="s3://fallback/failed/")

    answer = control(server.url, "POST", "fallback-uploads", {"sequenceStoreId": store["id"]})

    assert answer["stored"] is True
    unknown = {"sequenceStoreId": "1234567890"}
    assert refused(server.url, "POST", "fallback-uploads", unknown) == 404
    assert refused(server.url, "POST", "fallback-uploads", {}) == 400


def tags_of(client: Client, bucket: str, region: str = "us-east-1") -> dict[str, str]:
    answer = client("s3", region).get_bucket_tagging(Bucket=bucket)
    return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}


def with_tags(region: str = "us-east-1", **tags: str) -> dict[str, Any]:
    """Arguments of CreateBucket."""
    listed = [{"Key": key, "Value": text} for key, text in tags.items()]
    where = {} if region == "us-east-1" else {"LocationConstraint": region}
    return {"CreateBucketConfiguration": {"Tags": listed, **where}}


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_bucket_has_the_tags_that_it_is_created_with(client: Client, region: str) -> None:
    s3 = client("s3", region)

    s3.create_bucket(Bucket="tagged", **with_tags(region, team="a & <b>", owner="d/c/s/unfinished"))

    assert tags_of(client, "tagged", region) == {"team": "a & <b>", "owner": "d/c/s/unfinished"}


def test_a_bucket_that_is_there_already_keeps_its_tags(client: Client) -> None:
    """In us-east-1, S3 answers its owner 200 (docs); elsewhere with an error."""
    client("s3").create_bucket(Bucket="first", **with_tags(team="first"))
    client("s3").create_bucket(Bucket="first", **with_tags(team="second"))
    away = client("s3", "eu-west-1")
    away.create_bucket(Bucket="elsewhere", **with_tags("eu-west-1", team="first"))
    with pytest.raises(ClientError, match="BucketAlreadyOwnedByYou"):
        away.create_bucket(Bucket="elsewhere", **with_tags("eu-west-1", team="second"))

    assert tags_of(client, "first") == {"team": "first"}
    assert tags_of(client, "elsewhere", "eu-west-1") == {"team": "first"}


def test_a_bucket_without_tags_that_is_there_already_gets_none(client: Client) -> None:
    client("s3").create_bucket(Bucket="bare")
    client("s3").create_bucket(Bucket="bare", **with_tags(team="second"))

    with pytest.raises(ClientError, match="NoSuchTagSet"):
        tags_of(client, "bare")


def test_a_bucket_of_the_name_of_a_deleted_one_has_its_own_tags(client: Client) -> None:
    client("s3").create_bucket(Bucket="again", **with_tags(team="first"))
    client("s3").delete_bucket(Bucket="again")
    client("s3").create_bucket(Bucket="again", **with_tags(crew="second"))

    assert tags_of(client, "again") == {"crew": "second"}
