"""Each property of each resource on the real engine: set, changed, drifted, repaired, cleared.

The tables hold what a program writes and what plain boto3 does and finds. Whether a change replaces
the resource, and whether a value can be taken away, is the model's own word: the documents' tables
are made of the same facts.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from botocore.exceptions import ClientError
from pulumi import automation

from omics_components import KmsKey, S3AccessPolicy, S3Bucket, SequenceStore
from omics_components.models.base import Fact, Model, facts_of, wire_name
from omics_components.models.kms_key import KmsKeyInputs
from omics_components.models.s3_access_policy import S3AccessPolicyInputs
from omics_components.models.s3_bucket import S3BucketInputs
from omics_components.models.sequence_store import SequenceStoreInputs
from tests.engine.stack import Run, Stack
from tests.input_tables import KEY

ACCOUNT = "123456789012"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ADMIN = f"arn:aws:iam::{ACCOUNT}:role/admin"
LAB = f"arn:aws:iam::{ACCOUNT}:role/lab"
READER = "arn:aws:iam::111122223333:role/reader"
OTHER_KEY = KEY.replace("1234abcd", "abcd1234")
THIRD_KEY = KEY.replace("1234abcd", "ffff0000")

Phase = Literal["first", "changed", "cleared", "refused"]
Drift = Callable[[Any, str], object]
"""What somebody does with a plain client of the service, to the resource of this id."""


@dataclass(frozen=True)
class Row:
    """One property.

    Args:
        name: Its Python name.
        first: What the program says first; None for a property that no program sets.
        changed: What it says then.
        cleared: What is there once the program leaves the property out.
        drift: What somebody does to it behind Pulumi's back; None where nobody can.
        drifted: What a refresh then tells as the input.
        alone: Its changes do not go together with those of others.
        along: Properties without a word of their own that change with it.
        instead: What the program must say in its place, to leave it out.
        in_aws: Whether AWS keeps it; else only the state tells.
    """

    name: str
    first: Any = None
    changed: Any = None
    cleared: Any = None
    drift: Drift | None = None
    drifted: Any = None
    alone: bool = False
    along: tuple[str, ...] = ()
    instead: Mapping[str, Any] = field(default_factory=dict)
    in_aws: bool = True


@dataclass(frozen=True)
class Kind:
    """One kind of resource.

    Args:
        noun: What it is called here. The resource of that name has all properties whose changes go
            together; those that a refresh may find, but no program sets, are on ``<noun>-foreign``.
        resource: Its class.
        model: What a program may say of it.
        service: Where plain boto3 finds it.
        look: Asks AWS about one, and answers by the names of the properties.
        rows: Its properties.
        besides: What a program must say besides, by the name of the resource.
        prepare: Makes what must be there before; real ids for those that the table writes.
    """

    noun: str
    resource: Callable[..., object]
    model: type[Model]
    service: str
    look: Callable[[Stack, str], dict[str, Any]]
    rows: tuple[Row, ...]
    besides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    prepare: Callable[[Stack], Mapping[str, str]] = lambda _: {}

    @property
    def facts(self) -> dict[str, Fact]:
        """What the model says of its properties."""
        return {name: fact for name, _, fact in facts_of(self.model)}

    @property
    def resources(self) -> dict[str, list[Row]]:
        """Resource name -> the properties that are shown on it."""
        resources: dict[str, list[Row]] = {}
        for row in self.rows:
            name = self.noun
            if row.first is None:
                name = f"{self.noun}-foreign"
            elif row.alone or self.facts[row.name].create_only:
                name = f"{self.noun}-{row.name.replace('_', '-')}"
            resources.setdefault(name, []).append(row)
        return resources


def users_own(tags: Mapping[str, str]) -> dict[str, str]:
    """Leave out the tags by which the library knows what it made."""
    return {key: tags[key] for key in tags if not key.startswith("omics-components:")}


def look_at_key(stack: Stack, arn: str) -> dict[str, Any]:
    region = arn.split(":")[3]
    kms = stack.aws(region, service="kms")
    aliases = [alias["AliasName"] for alias in kms.list_aliases(KeyId=arn)["Aliases"]]
    rotation = kms.get_key_rotation_status(KeyId=arn)
    policy = kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"]
    statements = {item.get("Sid"): item for item in json.loads(policy)["Statement"]}
    tags = kms.list_resource_tags(KeyId=arn)["Tags"]

    def principals(sid: str) -> list[str] | None:
        named = statements.get(sid, {}).get("Principal", {}).get("AWS")
        return [named] if isinstance(named, str) else named

    return {
        "description": kms.describe_key(KeyId=arn)["KeyMetadata"]["Description"],
        "alias": aliases[0] if aliases else None,
        "administrators": principals("KeyAdministrators"),
        "users": principals("KeyUsers"),
        "allow_health_omics": "HealthOmicsStorage" in statements,
        "restrict_to_account": "Condition" in statements.get("HealthOmicsStorage", {}),
        "enable_key_rotation": rotation["KeyRotationEnabled"],
        "rotation_period_in_days": rotation.get("RotationPeriodInDays"),
        "tags": users_own({tag["TagKey"]: tag["TagValue"] for tag in tags}),
        "policy": statements,
        "region": region,
    }


def with_key_policy(change: Callable[[dict[str, Any]], object]) -> Drift:
    """Let somebody change the statements of a key policy."""

    def drift(kms: Any, arn: str) -> None:
        policy = json.loads(kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"])
        statements = {item["Sid"]: item for item in policy["Statement"]}
        change(statements)
        policy["Statement"] = list(statements.values())
        kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=json.dumps(policy))

    return drift


FOR_THIS_ACCOUNT = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
FOREIGN_KEY_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"AWS": LAB}, "Action": "kms:*", "Resource": "*"},
        ],
    }
)
HEALTH_OMICS = {
    "Sid": "HealthOmicsStorage",
    "Effect": "Allow",
    "Principal": {"Service": "omics.amazonaws.com"},
    "Action": ["kms:DescribeKey", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*"],
    "Resource": "*",
    "Condition": FOR_THIS_ACCOUNT,
}

KMS_KEY = Kind(
    "key",
    KmsKey,
    KmsKeyInputs,
    "kms",
    look_at_key,
    (
        Row(
            "description",
            first="First words",
            changed="Other words",
            cleared="",
            drift=lambda kms, arn: kms.update_key_description(KeyId=arn, Description="Drift"),
            drifted="Drift",
        ),
        Row(
            "alias",
            first="alias/lab/first",
            changed="alias/lab/second",
            drift=lambda kms, _: kms.delete_alias(AliasName="alias/lab/second"),
        ),
        Row(
            "administrators",
            first=[ADMIN],
            changed=[ADMIN, LAB],
            drift=with_key_policy(
                lambda statements: statements["KeyAdministrators"].update(Principal={"AWS": LAB})
            ),
            drifted=[LAB],
        ),
        Row(
            "users",
            first=[LAB],
            changed=[READER, LAB],
            drift=with_key_policy(
                lambda statements: statements["KeyUsers"].update(Principal={"AWS": [ADMIN]})
            ),
            drifted=[ADMIN],
        ),
        Row(
            "allow_health_omics",
            first=True,
            changed=False,
            cleared=True,
            drift=with_key_policy(
                lambda statements: statements.update(HealthOmicsStorage=HEALTH_OMICS)
            ),
            drifted=True,
            alone=True,
        ),
        Row(
            "restrict_to_account",
            first=True,
            changed=False,
            cleared=True,
            drift=with_key_policy(
                lambda statements: statements["HealthOmicsStorage"].update(
                    Condition=FOR_THIS_ACCOUNT
                )
            ),
            drifted=True,
        ),
        Row(
            "enable_key_rotation",
            first=True,
            changed=False,
            cleared=True,
            drift=lambda kms, arn: kms.enable_key_rotation(KeyId=arn),
            drifted=True,
            alone=True,
        ),
        Row(
            "rotation_period_in_days",
            first=180,
            changed=90,
            cleared=365,
            drift=lambda kms, arn: kms.enable_key_rotation(KeyId=arn, RotationPeriodInDays=200),
            drifted=200,
        ),
        Row("deletion_window_in_days", first=7, changed=14, cleared=30, in_aws=False),
        Row(
            "tags",
            first={"team": "genomics", "stage": "test"},
            changed={"team": "proteomics", "run": "7"},
            cleared={},
            drift=lambda kms, arn: kms.tag_resource(
                KeyId=arn, Tags=[{"TagKey": "alien", "TagValue": "yes"}]
            ),
            drifted={"alien": "yes", "run": "7", "team": "proteomics"},
        ),
        Row("region", first="us-east-1", changed="eu-west-1", cleared="us-east-1"),
        Row(
            "policy",
            drift=lambda kms, arn: kms.put_key_policy(
                KeyId=arn, PolicyName="default", Policy=FOREIGN_KEY_POLICY
            ),
            drifted=FOREIGN_KEY_POLICY,
        ),
    ),
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
        "omics.amazonaws.com": "health-omics",
        "logging.s3.amazonaws.com": "s3-access-logs",
    }
    return {
        "bucket": bucket,
        "writer": allow and writers[allow["Principal"]["Service"]],
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
    """Let somebody change the writer's statement in a bucket policy."""

    def drift(s3: Any, bucket: str) -> None:
        policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
        change(bucket, next(item for item in policy["Statement"] if item["Effect"] == "Allow"))
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

    return drift


def with_lifecycle(**changes: Any) -> Drift:
    """Let somebody change elements of a bucket's one lifecycle rule."""

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


S3_BUCKET = Kind(
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


def look_at_policy(stack: Stack, access_point: str) -> dict[str, Any]:
    answer = stack.aws().get_s3_access_policy(s3AccessPointArn=access_point)
    policy = json.loads(answer["s3AccessPolicy"])
    named = {
        name
        for statement in policy["Statement"]
        for name in [statement["Principal"]["AWS"]]
        for name in ([name] if isinstance(name, str) else name)
    }
    return {
        "sequence_store_arn": store_arn(answer["storeId"]),
        "policy": policy,
        "readers": sorted(named - {ROOT}),
    }


def store_arn(store_id: str) -> str:
    return f"arn:aws:omics:us-east-1:{ACCOUNT}:sequenceStore/{store_id}"


def access_policy(store_id: str, reader: str) -> dict[str, Any]:
    """Compose a policy that lets a reader see the names of objects, and the owner nothing."""
    prefix = f"{ACCOUNT}/sequenceStore/{store_id}/*"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": reader},
                "Action": "s3:ListBucket",
                "Resource": access_point_arn(store_id),
                "Condition": {"StringLike": {"s3:prefix": prefix}},
            }
        ],
    }


def access_point_arn(store_id: str) -> str:
    return f"arn:aws:s3:us-east-1:222222222222:accesspoint/{ACCOUNT}-{store_id}"


def put_access_policy(reader: str) -> Drift:
    """Let somebody put another reader's name into every statement of a store's policy."""

    def drift(omics: Any, access_point: str) -> None:
        answer = omics.get_s3_access_policy(s3AccessPointArn=access_point)
        policy = json.loads(answer["s3AccessPolicy"])
        for statement in policy["Statement"]:
            has_owner = ROOT in statement["Principal"]["AWS"]
            statement["Principal"] = {"AWS": [ROOT, reader] if has_owner else reader}
        omics.put_s3_access_policy(s3AccessPointArn=access_point, s3AccessPolicy=json.dumps(policy))

    return drift


def four_stores(stack: Stack) -> dict[str, str]:
    """Make the stores that the table speaks of."""
    omics = stack.aws()
    return {store: omics.create_sequence_store(name=store)["id"] for store in STORES}


STORES = ("9000000001", "9000000002", "9000000003", "9000000004")

S3_ACCESS_POLICY = Kind(
    "access",
    S3AccessPolicy,
    S3AccessPolicyInputs,
    "omics",
    look_at_policy,
    (
        Row("sequence_store_arn", first=store_arn(STORES[0]), changed=store_arn(STORES[1])),
        Row(
            "policy",
            first=access_policy(STORES[2], READER),
            changed=access_policy(STORES[2], LAB),
            drift=put_access_policy(ADMIN),
            drifted=access_policy(STORES[2], ADMIN),
            alone=True,
            instead={"readers": [READER]},
        ),
        Row(
            "readers",
            first=[READER],
            changed=[READER, LAB],
            drift=put_access_policy(ADMIN),
            drifted=[ADMIN],
            alone=True,
            instead={"policy": access_policy(STORES[3], LAB)},
        ),
    ),
    besides={
        "access-sequence-store-arn": {"readers": []},
        "access-policy": {"sequence_store_arn": store_arn(STORES[2])},
        "access-readers": {"sequence_store_arn": store_arn(STORES[3])},
    },
    prepare=four_stores,
)


def look_at_store(stack: Stack, arn: str) -> dict[str, Any]:
    region = arn.split(":")[3]
    omics = stack.aws(region)
    store = omics.get_sequence_store(id=arn.rpartition("/")[2])
    sse = store.get("sseConfig")
    return {
        "name": store["name"],
        "description": store.get("description"),
        "sse_config": sse and {"type": sse["type"], "key_arn": sse["keyArn"]},
        "fallback_location": store.get("fallbackLocation"),
        "e_tag_algorithm_family": store["eTagAlgorithmFamily"],
        "propagated_set_level_tags": store.get("propagatedSetLevelTags"),
        "access_log_location": store["s3Access"].get("accessLogLocation"),
        "tags": users_own(omics.list_tags_for_resource(resourceArn=arn)["tags"]),
        "region": region,
    }


def with_update(**changes: Any) -> Drift:
    """Let somebody update a store."""
    return lambda omics, arn: omics.update_sequence_store(id=arn.rpartition("/")[2], **changes)


SEQUENCE_STORE = Kind(
    "store",
    SequenceStore,
    SequenceStoreInputs,
    "omics",
    look_at_store,
    (
        Row(
            "name",
            first="first name",
            changed="second name",
            cleared="store",
            drift=with_update(name="drift"),
            drifted="drift",
        ),
        Row(
            "description",
            first="First words",
            changed="Other words",
            drift=with_update(description="Drift"),
            drifted="Drift",
        ),
        Row(
            "sse_config",
            first={"type": "KMS", "key_arn": KEY},
            changed={"type": "KMS", "key_arn": OTHER_KEY},
        ),
        Row(
            "fallback_location",
            first="s3://first-bucket/failed/",
            changed="s3://second-bucket",
            drift=with_update(fallbackLocation="s3://drift-bucket"),
            drifted="s3://drift-bucket",
        ),
        Row("e_tag_algorithm_family", first="SHA256up", changed="SHA512up", cleared="MD5up"),
        Row(
            "propagated_set_level_tags",
            first=["cohort", "sample"],
            changed=["run", "sample"],
            cleared=[],
            drift=with_update(propagatedSetLevelTags=["drift"]),
            drifted=["drift"],
        ),
        Row(
            "access_log_location",
            first="s3://first-logs/",
            changed="s3://second-logs/reads/",
            drift=with_update(s3AccessConfig={"accessLogLocation": "s3://drift-logs/"}),
            drifted="s3://drift-logs/",
        ),
        Row(
            "tags",
            first={"team": "genomics", "stage": "test"},
            changed={"team": "proteomics", "run": "7"},
            cleared={},
            drift=lambda omics, arn: omics.tag_resource(resourceArn=arn, tags={"alien": "yes"}),
            drifted={"alien": "yes", "run": "7", "team": "proteomics"},
        ),
        Row("force_destroy", first=False, changed=True, cleared=False, in_aws=False),
        Row("region", first="us-east-1", changed="eu-west-1", cleared="us-east-1"),
        Row(
            "replace_triggers",
            first={"generation": "1"},
            changed={"generation": "2"},
            in_aws=False,
        ),
    ),
)

KINDS = (KMS_KEY, S3_BUCKET, SEQUENCE_STORE, S3_ACCESS_POLICY)
"""All share a stack, for it is the engine's commands that take the time."""


@pytest.fixture(autouse=True)
def no_pacing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator admits as many calls a second as one likes."""
    monkeypatch.setenv("OMICS_COMPONENTS_TPS", "*=inf")


@pytest.mark.parametrize("kind", KINDS, ids=[kind.noun for kind in KINDS])
def test_the_table_covers_every_property(kind: Kind) -> None:
    """``tags_all`` comes from the stack's configuration and has a test of its own."""
    rows = [row.name for row in kind.rows]
    arguments = inspect.signature(kind.resource).parameters.keys() - {"resource_name", "opts"}

    assert sorted(rows) == sorted(kind.facts.keys() - {"tags_all"})
    assert {row.name for row in kind.rows if row.first is not None} == arguments


IN_WORDS: Mapping[str, Any] = {
    "the resource's name": "store",
    "the stack's region": "us-east-1",
    "a derived name": "second-name",  # but a bucket that is there keeps the name that it has
    "the whole bucket": "",
    "SSE-S3": None,
    "never": None,
    "30, with versioning": 30,
    "`policy` says it": None,
    "`readers` says it": None,
}
"""What the documents say of leaving a property out -> what is found then."""


@pytest.mark.parametrize("kind", KINDS, ids=[kind.noun for kind in KINDS])
def test_leaving_a_property_out_means_what_the_documents_say(kind: Kind) -> None:
    for row in kind.rows:
        default = kind.facts[row.name].default
        if default is None:
            assert not row.cleared, row.name
        else:
            assert row.cleared == IN_WORDS.get(default, row.cleared), row.name
            assert default in {*IN_WORDS, str(row.cleared)}, row.name


def test_each_property_is_set_changed_drifted_repaired_and_cleared(stack: Stack) -> None:
    lives = [Life(stack, kind) for kind in KINDS]

    stack.up(program(lives, "first"))
    for life in lives:
        life.assert_set()

    preview = stack.preview(program(lives, "changed"), diff=True)
    # Only what a replacement would delete is asked for.
    assert {call.operation for call in preview.calls} <= {"ListReadSets", "ListObjectVersions"}
    changed = stack.up(program(lives, "changed"))
    for life in lives:
        life.assert_changed(preview, changed)

    for life in lives:
        life.drift()
    refreshed = stack.refresh()
    for life in lives:
        life.assert_drifted(refreshed)
    repaired = stack.up(program(lives, "changed"), diff=True)
    for life in lives:
        life.assert_repaired(repaired)

    for life in lives:
        if life.kept:
            life.assert_refused()
    cleared = stack.up(program(lives, "cleared"), diff=True)
    for life in lives:
        life.assert_cleared(cleared)
    stack.preview(program(lives, "cleared"), refresh=True, expect_no_changes=True)


def program(lives: Iterable[Life], phase: Phase) -> Callable[[], None]:
    """A program of all kinds."""

    def declare() -> None:
        for life in lives:
            life.declare(phase)

    return declare


class Life:
    """What becomes of the resources of one kind.

    Args:
        stack: The stack that they are in.
        kind: The kind.
    """

    def __init__(self, stack: Stack, kind: Kind) -> None:
        self._stack = stack
        self._kind = kind
        self._facts = kind.facts
        self._real_ids = kind.prepare(stack)
        self._before: dict[str, dict[str, Any]] = {}
        self._told: dict[str, dict[str, Any]] = {}

    @property
    def kept(self) -> list[str]:
        """The properties that cannot be cleared."""
        return [row.name for row in self._kind.rows if not self._facts[row.name].clearable]

    def declare(self, phase: Phase) -> None:
        """Be the part of the program that is about this kind."""
        for resource, rows in self._kind.resources.items():
            arguments = dict(self._kind.besides.get(resource, {}))
            for row in rows:
                arguments |= self._arguments(row, phase)
            self._kind.resource(resource, **self._real(arguments))

    def drift(self) -> None:
        """Let somebody change all that can be changed elsewhere."""
        client = self._stack.aws(service=self._kind.service)
        for resource, rows in self._kind.resources.items():
            for row in rows:
                if row.drift:
                    row.drift(client, self._before[resource]["id"])

    def assert_set(self) -> None:
        """What the program says is what boto3 finds."""
        self._assert_found("first")
        self._before = self._recorded()

    def assert_changed(self, preview: Run, run: Run) -> None:
        """Previews name what changes; what can be changed in place is."""
        for resource, rows in self._kind.resources.items():
            changed = [row for row in rows if row.first is not None]
            along = {name for row in changed for name in row.along}
            self._assert_told(preview, resource, changed, along)
            self._assert_steps(run, resource, changed)
        self._assert_found("changed")
        self._before, self._told = self._recorded(), self._live()

    def assert_drifted(self, run: Run) -> None:
        """A refresh names what drifted and nothing else, and records it as the inputs."""
        shown, after = named(run.text), self._recorded()
        for resource, rows in self._kind.resources.items():
            drifted = {self._wire(row.name): row.drifted for row in rows if row.drift}
            old, new = self._before[resource]["inputs"], after[resource]["inputs"]
            keys = {key for key in {*old, *new} if not key.startswith("__")}
            assert {key for key in keys if old.get(key) != new.get(key)} == set(drifted), resource
            assert {key: new.get(key) for key in drifted} == self._real(drifted), resource
            assert shown.get(resource, set()) == set(drifted), resource

    def assert_repaired(self, run: Run) -> None:
        """The next update names what drifted, and puts it back."""
        for resource, rows in self._kind.resources.items():
            drifted = [row for row in rows if row.drift]
            names = {self._wire(row.name) for row in drifted}
            assert marked(run.text).get(resource, set()) == names, resource
            self._assert_steps(run, resource, drifted)
        assert self._live() == self._told

    def assert_refused(self) -> None:
        """Taking away what cannot be cleared is refused by name, before anything is called."""
        with pytest.raises(automation.CommandError) as failure:
            self._stack.preview(lambda: self.declare("refused"))
        text = str(failure.value)
        assert "Traceback" not in text
        assert [name for name in self.kept if f"{name}: " not in text] == []
        assert not self._stack.server.emulator.calls

    def assert_cleared(self, run: Run) -> None:
        """What is left out is taken away, or what its absence means is there."""
        for resource, rows in self._kind.resources.items():
            cleared = [
                row
                for row in rows
                if row.name not in self.kept and (row.cleared != row.changed or row.instead)
            ]
            along = {name for row in cleared for name in (*row.along, *row.instead)}
            self._assert_told(run, resource, cleared, along)
            self._assert_steps(run, resource, cleared)
        self._assert_found("cleared")

    def _arguments(self, row: Row, phase: Phase) -> Mapping[str, Any]:
        """What the program says for a property."""
        if row.first is None:
            return {}
        if phase == "first":
            return {row.name: row.first}
        is_kept = row.name in self.kept
        if phase == "refused" and is_kept:
            return {row.name: None}
        if phase == "cleared" and not is_kept:
            return row.instead
        return {row.name: row.changed}

    def _assert_found(self, phase: Literal["first", "changed", "cleared"]) -> None:
        """Compare what boto3 finds with the table; where AWS keeps nothing, what is recorded."""
        for resource, recorded in self._recorded().items():
            live = self._kind.look(self._stack, recorded["id"])
            for row in self._kind.resources[resource]:
                expected = {row.name: getattr(row, phase), **self._arguments(row, phase)}
                if phase == "cleared" and row.instead:
                    del expected[row.name]
                for name, value in expected.items():
                    found = live[name] if row.in_aws else recorded["outputs"].get(self._wire(name))
                    if row.first is not None:
                        assert in_order(found) == in_order(self._real(value)), name

    def _assert_told(self, run: Run, resource: str, changed: list[Row], along: set[str]) -> None:
        """Compare what a preview or an update names with what the program changed."""
        names = {row.name for row in changed} | along
        replaces = {row.name for row in changed if self._facts[row.name].create_only}
        assert set(run.replaces.get(resource, ())) == {self._wire(name) for name in replaces}
        if not replaces:
            wires = {self._wire(name) for name in names}
            assert marked(run.text).get(resource, set()) == wires, resource

    def _assert_steps(self, run: Run, resource: str, changed: list[Row]) -> None:
        """Compare what became of a resource with the model's facts."""
        is_same = self._recorded()[resource]["id"] == self._before[resource]["id"]
        if any(self._facts[row.name].create_only for row in changed):
            assert "replace" in run.steps[resource], resource
            assert not is_same, resource
        else:
            assert run.steps[resource] == ["update" if changed else "same"], resource
            assert is_same, resource

    def _live(self) -> dict[str, dict[str, Any]]:
        """Ask AWS about all resources of this kind."""
        return {
            resource: self._kind.look(self._stack, recorded["id"])
            for resource, recorded in self._recorded().items()
        }

    def _wire(self, name: str) -> str:
        return wire_name(self._kind.model, name)

    def _recorded(self) -> dict[str, dict[str, Any]]:
        """Give the recorded resources of this kind by name."""
        recorded = {item["urn"].rpartition("::")[2]: item for item in self._stack.resources()}
        return {resource: recorded[resource] for resource in self._kind.resources}

    def _real(self, value: Any) -> Any:
        """Write the ids that there are in place of those in the table."""
        text = json.dumps(value)
        for written, real in self._real_ids.items():
            text = text.replace(written, real)
        return json.loads(text)


def marked(text: str) -> dict[str, set[str]]:
    """Read what ``--diff`` shows: resource name -> the properties on marked lines."""
    shown: dict[str, set[str]] = {}
    resource = ""
    for line in text.splitlines():
        if urn := re.search(r"\[urn=.*::(.+)\]$", line):
            resource = urn[1]
        elif line.strip() == "--outputs:--":
            resource = ""
        elif resource and (found := re.match(r" {6}[-+~] (\w+) *:", line)):
            shown.setdefault(resource, set()).add(found[1])
    return shown


def named(text: str) -> dict[str, set[str]]:
    """Read what is shown without ``--diff``: resource name -> the properties that are named."""
    lines = re.findall(r"dynamic/\S+ (\S+) .*\[diff: (.*)\]", text)
    return {resource: set(re.findall(r"\w+", properties)) for resource, properties in lines}


def in_order(value: Any) -> Any:
    """Lists of texts have no order here."""
    return sorted(value) if isinstance(value, list) else value


def test_the_preview_of_a_replacement_marks_no_input_that_stays(stack: Stack) -> None:
    def program(ordinal: str) -> Callable[[], None]:
        def declare() -> None:
            SequenceStore("store", replace_triggers={"generation": ordinal})
            S3Bucket("bucket", bucket=f"{ordinal}-name")

        return declare

    stack.up(program("first"))
    inputs = {name: set(stack.resource(name)["inputs"]) for name in ("store", "bucket")}

    preview = stack.preview(program("second"), diff=True)

    shown = {name: marked(preview.text)[name] & inputs[name] for name in inputs}
    assert shown == {"store": {"replaceTriggers"}, "bucket": {"bucket"}}


def test_tags_of_the_stack_and_what_only_the_state_knows(stack: Stack) -> None:
    """The computed input ``tagsAll``; and how a key, a bucket or a store shall be deleted."""
    kinds = {"key": KMS_KEY, "bucket": S3_BUCKET, "store": SEQUENCE_STORE}

    def program(*, window_days: int, force: bool) -> Callable[[], None]:
        def declare() -> None:
            KmsKey("key", deletion_window_in_days=window_days, tags={"team": "own"})
            S3Bucket("bucket", force_destroy=force, tags={"team": "own"})
            SequenceStore("store", force_destroy=force, tags={"team": "own"})

        return declare

    def configure(**tags: str) -> None:
        stack.set_config("aws:defaultTags", json.dumps({"tags": tags}))

    def tags_in_aws() -> list[dict[str, str]]:
        return [kind.look(stack, ids[name])["tags"] for name, kind in kinds.items()]

    def told(run: Run) -> dict[str, set[str]]:
        shown = marked(run.text)
        return {name: shown.get(name, set()) for name in kinds}

    configure(team="everybody", unit="lab")
    stack.up(program(window_days=7, force=False))
    ids = {name: stack.resource(name)["id"] for name in kinds}
    kms, s3 = stack.aws(service="kms"), stack.aws(service="s3")
    assert tags_in_aws() == [{"team": "own", "unit": "lab"}] * 3

    kms.tag_resource(KeyId=ids["key"], Tags=[{"TagKey": "unit", "TagValue": "drift"}])
    tag_bucket(s3, ids["bucket"], unit="drift")
    stack.aws().tag_resource(resourceArn=ids["store"], tags={"unit": "drift"})
    assert named(stack.refresh().text) == {name: {"tagsAll"} for name in kinds}
    for name in kinds:
        inputs = stack.resource(name)["inputs"]
        assert inputs["tags"] == {"team": "own"}
        assert users_own(inputs["tagsAll"]) == {"team": "own", "unit": "drift"}

    configure(team="everybody", unit="core")
    assert told(stack.up(program(window_days=14, force=True), diff=True)) == {
        "key": {"tagsAll", "deletionWindowInDays"},
        "bucket": {"tagsAll", "forceDestroy"},
        "store": {"tagsAll", "forceDestroy"},
    }
    assert tags_in_aws() == [{"team": "own", "unit": "core"}] * 3

    configure()
    cleared = stack.up(program(window_days=14, force=True), diff=True)
    assert told(cleared) == {name: {"tagsAll"} for name in kinds}
    assert tags_in_aws() == [{"team": "own"}] * 3

    s3.delete_bucket_policy(Bucket=ids["bucket"])  # moto takes its Deny for a Deny of everything
    s3.put_object(Bucket=ids["bucket"], Key="upload")
    stack.server.emulator.put_read_sets(stack.store_id("store"), 1)
    stack.destroy()
    deletion = kms.describe_key(KeyId=ids["key"])["KeyMetadata"]["DeletionDate"]
    assert (deletion - datetime.now(UTC)).days in {13, 14}
    assert not s3.list_buckets()["Buckets"]
    assert not stack.live_ids()
