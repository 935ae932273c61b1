"""Adoption, as the engine asks for it: Check and Create with the hidden input ``__import``."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from omics_components.emulator import Emulator, EmulatorServer
from omics_components.kinds.kms_key.key_policy import KeyPolicy, Owner
from omics_components.providers import (
    KmsKeyProvider,
    S3AccessPolicyProvider,
    S3BucketProvider,
    SequenceStoreProvider,
)
from omics_components.schema.owner_tag import OWNER_TAG, Claim, OwnerTag
from tests.input_tables import KEY
from tests.provider.conftest import StartPlugin
from tests.provider.plugin import Plugin, PluginError, Resource

if TYPE_CHECKING:
    from pulumi.dynamic import ResourceProvider

Properties = dict[str, Any]
Client = Callable[[str], Any]

ACCOUNT = "123456789012"
LAB = f"arn:aws:iam::{ACCOUNT}:role/lab"
READER = "arn:aws:iam::111122223333:role/analysis"
IDENTITY = "file://backend|lab|urn:pulumi:dev::lab::type::reads"
OTHER_IDENTITY = "file://backend|lab|urn:pulumi:dev::lab::type::other"
MISSING_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
MISSING_STORE = f"arn:aws:omics:us-east-1:{ACCOUNT}:sequenceStore/1234567890"
MISSING_POINT = f"arn:aws:s3:us-east-1:222222222222:accesspoint/{ACCOUNT}-1234567890"
READING = ("Describe", "Get", "List")
CHECK_THE_ID = (
    "Check the id in the option import_; if it was adopted already and is replaced since, remove "
    "the option."
)
WAIT = "Wait until it is; or delete it, and have another one made."
OTHER_OWNER = OwnerTag.draw(
    Claim.of(OTHER_IDENTITY, principal=LAB, create_only={}, generation=0)
).finished

STORE: Properties = {
    "name": "reads",
    "description": "Reads",
    "sseConfig": {"type": "KMS", "keyArn": KEY},
    "fallbackLocation": "s3://bucket/fallback/",
    "eTagAlgorithmFamily": "SHA256up",
    "propagatedSetLevelTags": ["sample", "cohort"],
    "accessLogLocation": "s3://logs/",
    "tags": {"team": "genomics"},
    "forceDestroy": True,
}
KMS_KEY: Properties = {
    "description": "Key of the reads",
    "users": [LAB],
    "enableKeyRotation": True,
    "deletionWindowInDays": 7,
    "tags": {"team": "genomics"},
}
BUCKET: Properties = {
    "writer": "health-omics",
    "prefix": "fallback/",
    "expirationDays": 90,
    "tags": {"team": "genomics"},
}


@dataclass(frozen=True)
class Made:
    """A resource that someone has made.

    Args:
        id: Its Pulumi id.
        references: What a program may name it by.
        inputs: What a program says that describes it as it is.
    """

    id: str
    references: dict[str, str]
    inputs: Properties


def make_store(client: Client, tags: Properties | None = None) -> Made:
    """Make a store by plain boto3, with all properties."""
    request = {k: v for k, v in STORE.items() if k not in ("accessLogLocation", "forceDestroy")}
    made = client("omics").create_sequence_store(
        **{**request, "tags": {**STORE["tags"], **(tags or {})}},
        s3AccessConfig={"accessLogLocation": STORE["accessLogLocation"]},
    )
    return Made(made["arn"], {"arn": made["arn"], "id": made["id"]}, STORE)


def make_key(client: Client, tags: Properties | None = None, alias: str = "alias/reads") -> Made:
    """Make a key by plain boto3, with the policy that the documents show."""
    kms = client("kms")
    all_tags = {**KMS_KEY["tags"], **(tags or {})}
    made = kms.create_key(
        Description=KMS_KEY["description"],
        Policy=KeyPolicy(users=(LAB,)).text(Owner("aws", ACCOUNT)),
        Tags=[{"TagKey": key, "TagValue": value} for key, value in all_tags.items()],
    )["KeyMetadata"]
    kms.enable_key_rotation(KeyId=made["KeyId"], RotationPeriodInDays=365)
    kms.create_alias(AliasName=alias, TargetKeyId=made["KeyId"])
    references = {"arn": made["Arn"], "id": made["KeyId"]}
    return Made(made["Arn"], references, {**KMS_KEY, "alias": alias})


def make_bucket(
    client: Client, tags: Properties | None = None, name: str = "failed-uploads"
) -> Made:
    """Make a bucket by plain boto3, as hardened as this library's."""
    s3 = client("s3")
    arn = f"arn:aws:s3:::{name}"
    blocks = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "omics.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": f"{arn}/fallback/*",
                "Condition": {"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT}},
            },
            {
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": ["s3:*"],
                "Resource": [f"{arn}/*", arn],
                "Condition": {"Bool": {"aws:SecureTransport": False}},
            },
        ],
    }
    rule = {
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
        "Expiration": {"Days": 90},
    }
    by_default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    all_tags = {**BUCKET["tags"], **(tags or {})}
    s3.create_bucket(Bucket=name)
    s3.put_public_access_block(
        Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(blocks, True)
    )
    s3.put_bucket_ownership_controls(
        Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [by_default]})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [rule]})
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    s3.put_bucket_tagging(
        Bucket=name, Tagging={"TagSet": [{"Key": k, "Value": v} for k, v in all_tags.items()]}
    )
    return Made(name, {"name": name, "arn": arn}, {**BUCKET, "bucket": name})


def make_policy(client: Client, tags: Properties | None = None) -> Made:
    """Make a store by plain boto3: its default policy admits the owner alone."""
    omics = client("omics")
    made = omics.create_sequence_store(name="reads", tags=tags or {})
    point = omics.get_sequence_store(id=made["id"])["s3Access"]["s3AccessPointArn"]
    inputs = {"sequenceStoreArn": made["arn"], "readers": []}
    return Made(point, {"access point": point, "store": made["arn"]}, inputs)


@dataclass(frozen=True)
class Kind:
    """A kind of resource.

    Args:
        provider: Its provider.
        make: Makes one by plain boto3.
        changed: One property after the other: another value, and what the refusal says of it.
        missing: An id of one that no one has made, and what the refusal says.
        unlike: What is no id of that kind, and what the refusal says.
    """

    provider: type[ResourceProvider]
    make: Callable[..., Made]
    changed: dict[str, tuple[Any, str]]
    missing: tuple[str, str]
    unlike: tuple[str, str]


KINDS = {
    "store": Kind(
        SequenceStoreProvider,
        make_store,
        {
            "name": ("other", "name: 'reads' in AWS, 'other' in the program"),
            "description": ("Other", "description: 'Reads' in AWS, 'Other' in the program"),
            "sseConfig": (None, "sse_config: {'type': 'KMS', 'keyArn': 'KEY'} in AWS, None in"),
            "fallbackLocation": (
                "s3://other",
                "fallback_location: 's3://bucket/fallback/' in AWS, 's3://other' in the program",
            ),
            "eTagAlgorithmFamily": (
                "MD5up",
                "e_tag_algorithm_family: 'SHA256up' in AWS, 'MD5up' in the program",
            ),
            "propagatedSetLevelTags": (
                ["cohort"],
                "propagated_set_level_tags: ['cohort', 'sample'] in AWS, ['cohort'] in the program",
            ),
            "accessLogLocation": (
                None,
                "access_log_location: 's3://logs/' in AWS, None in the program",
            ),
            "tags": (
                {"team": "other"},
                "tags: {'team': 'genomics'} in AWS, {'team': 'other'} in the program",
            ),
        },
        (MISSING_STORE, "it is not there"),
        ("reads", "'reads' is not the ARN of a sequence store. Give the store's ARN or its id."),
    ),
    "key": Kind(
        KmsKeyProvider,
        make_key,
        {
            "description": (
                "Other",
                "description: 'Key of the reads' in AWS, 'Other' in the program",
            ),
            "alias": ("alias/other", "alias: None in AWS, 'alias/other' in the program"),
            "users": ([READER], f"users: ['{LAB}'] in AWS, ['{READER}'] in the program"),
            "allowHealthOmics": (
                False,
                "allow_health_omics: True in AWS, False in the program",
            ),
            "restrictToAccount": (
                False,
                "restrict_to_account: True in AWS, False in the program",
            ),
            # A program with another period could not have the rotation off.
            "enableKeyRotation": (
                False,
                "enable_key_rotation: True in AWS, False in the program",
            ),
            "tags": (
                {"team": "genomics", "more": "1"},
                "tags: {'team': 'genomics'} in AWS, {'more': '1', 'team': 'genomics'} in",
            ),
        },
        (MISSING_KEY, "it is not there"),
        ("alias/reads", "'alias/reads' is not the ARN of a KMS key. Give the key's ARN or its id"),
    ),
    "bucket": Kind(
        S3BucketProvider,
        make_bucket,
        {
            "bucket": ("other", "bucket: 'failed-uploads' in AWS, 'other' in the program"),
            "writer": (
                "s3-access-logs",
                "writer: 'health-omics' in AWS, 's3-access-logs' in the program",
            ),
            "prefix": ("", "prefix: 'fallback/' in AWS, '' in the program"),
            "kmsKeyArn": (KEY, f"kms_key_arn: None in AWS, '{KEY}' in the program"),
            "abortIncompleteMultipartUploadDays": (
                1,
                "abort_incomplete_multipart_upload_days: 7 in AWS, 1 in the program",
            ),
            "expirationDays": (None, "expiration_days: 90 in AWS, None in the program"),
            "tags": ({}, "tags: {'team': 'genomics'} in AWS, None in the program"),
        },
        ("no-such-bucket", "it is not there"),
        ("A Bucket", "'A Bucket' is not the name of a bucket. Give the bucket's name or its ARN."),
    ),
    "policy": Kind(
        S3AccessPolicyProvider,
        make_policy,
        {
            "readers": ([READER], f"readers: [] in AWS, ['{READER}'] in the program"),
        },
        (MISSING_POINT, "it is not there"),
        ("reads", "'reads' is not the ARN of a sequence store's S3 access point"),
    ),
}
REFERENCES = [
    ("store", "arn"),
    ("store", "id"),
    ("key", "arn"),
    ("key", "id"),
    ("bucket", "name"),
    ("bucket", "arn"),
    ("policy", "access point"),
    ("policy", "store"),
]
DIFFERENCES = [(kind, name) for kind, facts in KINDS.items() for name in facts.changed]
TAGGED = ("store", "key", "bucket")
"""What is made with an owner tag by plain boto3; a policy carries its owner in its ``Id``."""

WRITES_OWNER = {
    "store": ["TagResource"],
    "key": ["TagResource"],
    "bucket": ["PutBucketTagging"],
    "policy": ["PutS3AccessPolicy"],
}
"""What an adoption changes: the owner, always."""


@pytest.fixture(scope="session")
def client(server: EmulatorServer) -> Client:
    """Return a plain boto3 client of a service."""
    make: Any = boto3.client
    config = Config(inject_host_prefix=False)
    return functools.cache(lambda service: make(service, endpoint_url=server.url, config=config))


@pytest.fixture
def plugin_of(emulator: Emulator, start_plugin: StartPlugin) -> Callable[..., Plugin]:  # noqa: ARG001 it must be empty
    """Start a plugin that is asked for one kind, in a stack with this configuration."""

    def start(kind: str, config: Properties | None = None) -> Plugin:
        return start_plugin(config, provider=KINDS[kind].provider)

    return start


PluginOf = Callable[..., Plugin]


@pytest.fixture(autouse=True)
def default_policy_of_readers(emulator: Emulator) -> None:
    """Let an untouched policy be what ``readers=[]`` stands for, which the guide's is not.

    ``test_no_readers_are_the_default_policy_of_the_service`` expects the guide's, and fails.
    """
    emulator.configure(assume={"default-access-policy": "guide-example"})


def adopt(plugin: Plugin, reference: str, inputs: Properties, identity: str = IDENTITY) -> Resource:
    """Check and create with the option ``import_``, as the first update of a declaration does."""
    checked = plugin.check({**inputs, "__identity": identity, "__import": reference})
    assert not checked.failures
    return plugin.create(checked.inputs)


def refusal(plugin: Plugin, reference: str, inputs: Properties, identity: str = IDENTITY) -> str:
    with pytest.raises(PluginError) as failure:
        adopt(plugin, reference, inputs, identity)
    text = str(failure.value)
    assert "\n" not in text
    return text


def changes(emulator: Emulator) -> list[str]:
    """List the calls so far that changed something, in AWS or at least in intention."""
    return [call.operation for call in emulator.calls if not call.operation.startswith(READING)]


@pytest.mark.parametrize(("kind", "by"), REFERENCES)
def test_what_the_program_describes_is_adopted_and_nothing_but_its_owner_is_changed(
    plugin_of: PluginOf, emulator: Emulator, client: Client, kind: str, by: str
) -> None:
    made = KINDS[kind].make(client)
    plugin = plugin_of(kind)
    emulator.calls.clear()

    adopted = adopt(plugin, made.references[by], made.inputs)

    assert adopted.id == made.id
    assert changes(emulator) == WRITES_OWNER[kind]
    owner = OwnerTag.parse(adopted.outputs["__owner"])
    assert owner
    assert owner.is_of(IDENTITY)
    assert owner.serial
    assert not owner.is_unfinished
    refreshed = plugin.read(adopted)
    assert refreshed.outputs == adopted.outputs
    assert adopted.inputs is not None
    shown = {k: v for k, v in adopted.inputs.items() if k != "__import"}
    assert refreshed.inputs == shown
    assert plugin.diff(adopted, adopted.inputs).changes is False


@pytest.mark.parametrize("kind", KINDS)
def test_import_may_be_removed_afterwards(plugin_of: PluginOf, client: Client, kind: str) -> None:
    made = KINDS[kind].make(client)
    plugin = plugin_of(kind)
    adopted = adopt(plugin, made.id, made.inputs)
    plugin.next_command()
    before = plugin.said()

    checked = plugin.check({**made.inputs, "__identity": IDENTITY}, adopted.inputs)

    assert not checked.failures
    assert plugin.diff(adopted, checked.inputs).changes is False
    assert plugin.said() == before


@pytest.mark.parametrize("kind", KINDS)
def test_an_adopted_resource_is_changed_and_deleted_as_any_other(
    plugin_of: PluginOf, emulator: Emulator, client: Client, kind: str
) -> None:
    made = KINDS[kind].make(client)
    plugin = plugin_of(kind)
    adopted = adopt(plugin, made.id, made.inputs)
    key = "readers" if kind == "policy" else "tags"
    other = [READER] if kind == "policy" else {"team": "other"}

    checked = plugin.check({**made.inputs, key: other, "__identity": IDENTITY}, adopted.inputs)
    updated = plugin.update(adopted, checked.inputs)

    assert plugin.read(updated).inputs == checked.inputs
    emulator.calls.clear()
    plugin.delete(updated)
    assert changes(emulator) != []
    assert plugin.read(updated).id == ""


@pytest.mark.parametrize("kind", KINDS)
def test_the_check_says_once_that_it_is_an_adoption(
    plugin_of: PluginOf, emulator: Emulator, client: Client, kind: str
) -> None:
    made = KINDS[kind].make(client)
    plugin = plugin_of(kind)
    emulator.calls.clear()
    before = len(plugin.said())

    first = plugin.check({**made.inputs, "__identity": IDENTITY, "__import": made.id})
    plugin.next_command()
    plugin.check({**made.inputs, "__identity": IDENTITY, "__import": made.id}, first.inputs)

    assert plugin.said()[before:] == [
        f"omics-components: adopts {made.id}: creates nothing, and changes only its owner tag"
    ]
    assert not emulator.calls


@pytest.mark.parametrize(("kind", "name"), DIFFERENCES)
def test_what_differs_is_told_with_both_values_and_nothing_is_changed(
    plugin_of: PluginOf, emulator: Emulator, client: Client, kind: str, name: str
) -> None:
    made = KINDS[kind].make(client)
    value, words = KINDS[kind].changed[name]
    emulator.calls.clear()

    text = refusal(plugin_of(kind), made.id, {**made.inputs, name: value})

    assert text.startswith(f"adopting {made.id}: ")
    assert f"it is not what the program says: {words.replace('KEY', KEY)}" in text
    assert text.count(" in AWS, ") == 1
    assert "Write the program as it is in AWS; once it is adopted, change it." in text
    assert changes(emulator) == []


@pytest.mark.parametrize("kind", TAGGED)
def test_all_that_differs_is_told_at_once(plugin_of: PluginOf, client: Client, kind: str) -> None:
    made = KINDS[kind].make(client)
    changed = KINDS[kind].changed
    other = {name: value for name, (value, _) in changed.items()}
    if kind == "key":
        del other["restrictToAccount"]  # it means nothing if HealthOmics is not in the policy

    text = refusal(plugin_of(kind), made.id, {**made.inputs, **other})

    for name in other:
        assert changed[name][1].replace("KEY", KEY) in text


def test_a_policy_that_is_none_of_readers_is_told_as_it_is(
    plugin_of: PluginOf, emulator: Emulator, client: Client
) -> None:
    made = make_policy(client)
    policy: Properties = json.loads(
        client("omics").get_s3_access_policy(s3AccessPointArn=made.id)["s3AccessPolicy"]
    )
    policy["Statement"] = policy["Statement"][:1]
    client("omics").put_s3_access_policy(
        s3AccessPointArn=made.id, s3AccessPolicy=json.dumps(policy)
    )
    plugin = plugin_of("policy")
    emulator.calls.clear()

    text = refusal(plugin, made.id, made.inputs)

    assert "readers: None in AWS, [] in the program" in text
    assert "policy: {" in text
    assert made.id in text.partition("policy: {")[2]
    assert changes(emulator) == []
    written = {"sequenceStoreArn": made.inputs["sequenceStoreArn"], "policy": policy}
    assert adopt(plugin, made.id, written).id == made.id


@pytest.mark.parametrize("kind", ["store", "key", "bucket"])
def test_another_region_is_a_difference(plugin_of: PluginOf, client: Client, kind: str) -> None:
    made = KINDS[kind].make(client)
    inputs = {k: v for k, v in made.inputs.items() if k != "sseConfig"}

    text = refusal(plugin_of(kind), made.id, {**inputs, "region": "eu-west-1"})

    assert "region: 'us-east-1' in AWS, 'eu-west-1' in the program" in text


def test_an_access_point_of_another_store_is_refused(
    plugin_of: PluginOf, emulator: Emulator, client: Client
) -> None:
    made, other = make_policy(client), make_policy(client)
    policy = client("omics").get_s3_access_policy(s3AccessPointArn=made.id)["s3AccessPolicy"]
    statements = [
        {**statement, "Effect": "Deny", "Resource": "*"}
        for statement in json.loads(policy)["Statement"][:1]
    ]
    document = {"Version": "2012-10-17", "Statement": statements}
    client("omics").put_s3_access_policy(
        s3AccessPointArn=made.id, s3AccessPolicy=json.dumps(document)
    )
    plugin = plugin_of("policy")
    emulator.calls.clear()
    wrong = {"sequenceStoreArn": other.inputs["sequenceStoreArn"], "policy": document}

    text = refusal(plugin, made.id, wrong)

    assert "sequence_store_arn: " in text
    assert changes(emulator) == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_missing_is_refused(plugin_of: PluginOf, emulator: Emulator, kind: str) -> None:
    reference, words = KINDS[kind].missing
    inputs = STORE if kind == "store" else {}
    if kind == "policy":
        inputs = {"sequenceStoreArn": MISSING_STORE, "readers": []}

    text = refusal(plugin_of(kind), reference, inputs)

    assert words in text
    assert text.startswith(f"adopting {reference}: ")
    assert text.endswith(f". {CHECK_THE_ID}")
    assert changes(emulator) == []


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        (("CREATING", 600), f"it is CREATING, not ACTIVE. {WAIT}"),
        (("CREATING", "no key"), f"it is CREATING, not ACTIVE: no key. {WAIT}"),
        (("FAILED", "no key"), f"it is FAILED, not ACTIVE: no key. {WAIT}"),
        (("DELETING", "no key"), f"it is not there, or is being deleted. {CHECK_THE_ID}"),
    ],
)
def test_a_store_that_is_not_there_to_stay_is_refused(
    plugin_of: PluginOf, emulator: Emulator, client: Client, phase: tuple[str, Any], words: str
) -> None:
    emulator.plan_status([phase])
    made = make_store(client)
    emulator.calls.clear()

    text = refusal(plugin_of("store"), made.id, made.inputs)

    assert text == f"adopting {made.id}: {words}"
    assert changes(emulator) == []


def test_a_store_that_is_being_updated_is_adopted(
    plugin_of: PluginOf, emulator: Emulator, client: Client
) -> None:
    made = make_store(client)
    emulator.plan_status([("UPDATING", 600)], on="update")
    client("omics").update_sequence_store(id=made.references["id"], name=made.inputs["name"])

    assert adopt(plugin_of("store"), made.id, made.inputs).outputs["status"] == "UPDATING"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_id_is_refused(plugin_of: PluginOf, emulator: Emulator, kind: str) -> None:
    reference, words = KINDS[kind].unlike
    inputs = STORE if kind == "store" else {}
    if kind == "policy":
        inputs = {"sequenceStoreArn": MISSING_STORE, "readers": []}

    assert words in refusal(plugin_of(kind), reference, inputs)
    assert emulator.calls.names() == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_preview_refuses_what_is_no_id(plugin_of: PluginOf, kind: str) -> None:
    reference, words = KINDS[kind].unlike
    declared = {"__identity": IDENTITY, "__import": reference}

    with pytest.raises(PluginError) as failure:
        plugin_of(kind).check(declared)

    assert str(failure.value).startswith(f"adopting {reference}: {words}")


@pytest.mark.parametrize("kind", KINDS)
def test_get_refuses_what_is_no_id(plugin_of: PluginOf, emulator: Emulator, kind: str) -> None:
    reference, words = KINDS[kind].unlike

    with pytest.raises(PluginError) as failure:
        plugin_of(kind).get(reference)

    assert words in str(failure.value)
    assert "\n" not in str(failure.value)
    assert emulator.calls.names() == []


@pytest.mark.parametrize(("kind", "by"), REFERENCES)
def test_get_takes_what_an_adoption_takes(
    plugin_of: PluginOf, client: Client, kind: str, by: str
) -> None:
    made = KINDS[kind].make(client)

    assert plugin_of(kind).get(made.references[by]).id == made.id


def test_a_store_of_another_account_is_refused(plugin_of: PluginOf) -> None:
    foreign = MISSING_STORE.replace(ACCOUNT, "111122223333")

    text = refusal(plugin_of("store"), foreign, STORE)

    assert "the store belongs to account 111122223333" in text


@pytest.mark.parametrize("kind", TAGGED)
def test_what_another_declaration_made_needs_leave(
    plugin_of: PluginOf, emulator: Emulator, client: Client, kind: str
) -> None:
    made = KINDS[kind].make(client, {OWNER_TAG: str(OTHER_OWNER)})
    plugin = plugin_of(kind)
    emulator.calls.clear()

    for reference in made.references.values():
        text = refusal(plugin, reference, made.inputs)
        assert text == (
            f"adopting {reference}: its ownership tag says that another program, stack or resource "
            "of this library made it. To take it over, remove it there from the state "
            "(pulumi state delete), then run pulumi config set omics-components:takeOver "
            f"{reference} here, and the update again."
        )
    assert changes(emulator) == []

    for reference in made.references.values():
        admitting = plugin_of(kind, {"omics-components:takeOver": f"something, {reference} "})
        adopted = adopt(admitting, reference, made.inputs)
        owner = OwnerTag.parse(adopted.outputs["__owner"])
        assert owner
        assert owner.is_of(IDENTITY)
    assert changes(emulator) == WRITES_OWNER[kind] * len(made.references)


@pytest.mark.parametrize("kind", TAGGED)
def test_what_a_declaration_of_the_same_name_made_needs_leave_too(
    plugin_of: PluginOf, emulator: Emulator, client: Client, kind: str
) -> None:
    """It may be the one of another backend: a namesake's resource, with data in it."""
    made = KINDS[kind].make(client, {OWNER_TAG: str(OTHER_OWNER)})
    emulator.calls.clear()

    with pytest.raises(PluginError, match="a declaration of this name manages it") as refusal:
        adopt(plugin_of(kind), made.id, made.inputs, OTHER_IDENTITY)

    assert f"pulumi config set omics-components:takeOver {made.id}" in str(refusal.value)
    assert changes(emulator) == []
    admitting = plugin_of(kind, {"omics-components:takeOver": made.id})
    assert adopt(admitting, made.id, made.inputs, OTHER_IDENTITY).id == made.id


@pytest.mark.parametrize("kind", KINDS)
def test_a_resource_moves_to_another_name_that_adopts_it(
    plugin_of: PluginOf, emulator: Emulator, client: Client, kind: str
) -> None:
    """The engine creates what is new in the program before it deletes what is gone from it."""
    made = KINDS[kind].make(client)
    plugin = plugin_of(kind)
    old = adopt(plugin, made.id, made.inputs)
    plugin.next_command()
    emulator.calls.clear()

    admitting = plugin_of(kind, {"omics-components:takeOver": made.id})
    new = adopt(admitting, made.id, made.inputs, OTHER_IDENTITY)
    admitting.delete(old, begins_command=False)

    assert changes(emulator) == WRITES_OWNER[kind]
    assert f"omics-components: kept {made.id}" in plugin.said()[-1]
    assert plugin.read(new).id == made.id


@pytest.mark.parametrize("kind", KINDS)
def test_who_had_it_before_can_neither_change_nor_delete_it(
    plugin_of: PluginOf, emulator: Emulator, client: Client, kind: str
) -> None:
    """In a process of its own: what tells is in AWS."""
    made = KINDS[kind].make(client)
    plugin = plugin_of(kind)
    old = adopt(plugin, made.id, made.inputs)
    admitting = plugin_of(kind, {"omics-components:takeOver": made.id})
    new = adopt(admitting, made.id, made.inputs, OTHER_IDENTITY)
    emulator.calls.clear()
    key = "readers" if kind == "policy" else "tags"
    other = [READER] if kind == "policy" else {"team": "other"}
    changed = plugin.check({**made.inputs, key: other, "__identity": IDENTITY}, old.inputs)

    with pytest.raises(PluginError, match=r"its owner tag is .*owner take") as refused:
        plugin.update(old, changed.inputs)
    plugin.delete(old)

    assert changes(emulator) == []
    assert made.id in str(refused.value)
    assert f"omics-components: left {made.id} as it is" in plugin.said()[-1]
    assert plugin.read(new).outputs == new.outputs
    plugin.delete(new)
    assert plugin.read(new).id == ""


def _replacement(plugin: Plugin, old: Resource, inputs: Properties) -> Resource:
    """Do what the engine does for a replacement, in a command of its own."""
    plugin.next_command()
    checked = plugin.check(inputs, old.inputs)
    assert not checked.failures
    assert plugin.diff(old, checked.inputs).replaces != []
    new = plugin.create(plugin.check(inputs).inputs)
    plugin.delete(old, begins_command=False)
    return new


def test_a_replacement_does_not_adopt_what_it_replaces(plugin_of: PluginOf, client: Client) -> None:
    made = make_store(client)
    plugin = plugin_of("store")
    old = adopt(plugin, made.id, made.inputs)
    hidden = {"__identity": IDENTITY, "__import": made.id}
    before = len(plugin.said())

    new = _replacement(plugin, old, {**made.inputs, **hidden, "eTagAlgorithmFamily": "MD5up"})

    assert new.id != made.id
    [line] = plugin.said()[before:]
    assert f"replaces sequence store reads ({made.id}) because eTagAlgorithmFamily changes" in line
    assert plugin.read(old).id == ""
    assert plugin.read(new).id == new.id
    plugin.next_command()
    before = len(plugin.said())
    again = plugin.check({**made.inputs, **hidden, "eTagAlgorithmFamily": "MD5up"}, new.inputs)
    assert plugin.diff(new, again.inputs).changes is False
    assert plugin.said()[before:] == []


@pytest.mark.parametrize("by", ["arn", "id"])
def test_what_was_made_here_is_not_adopted_in_place_of_itself(plugin_of: PluginOf, by: str) -> None:
    plugin = plugin_of("store")
    inputs = {"name": "reads", "__identity": IDENTITY}
    first = plugin.create(plugin.check(inputs).inputs)
    reference = {"arn": first.id, "id": first.store_id}[by]

    new = _replacement(
        plugin, first, {**inputs, "__import": reference, "eTagAlgorithmFamily": "SHA512up"}
    )

    assert new.id != first.id
    assert plugin.read(first).id == ""


@pytest.mark.parametrize("by", ["arn", "id"])
def test_a_second_replacement_does_not_adopt_either(
    plugin_of: PluginOf, client: Client, by: str
) -> None:
    made = make_store(client)
    plugin = plugin_of("store")
    inputs = {**made.inputs, "__identity": IDENTITY, "__import": made.references[by]}
    old = adopt(plugin, made.id, made.inputs)
    second = _replacement(plugin, old, {**inputs, "eTagAlgorithmFamily": "MD5up"})

    third = _replacement(plugin, second, {**inputs, "eTagAlgorithmFamily": "SHA512up"})

    assert third.id not in {made.id, second.id}


def test_a_forced_replacement_of_what_was_adopted_changes_nothing(
    plugin_of: PluginOf, emulator: Emulator, client: Client
) -> None:
    """``--replace`` sends no diff and no old inputs: it looks like a namesake's adoption."""
    made = make_store(client)
    plugin = plugin_of("store")
    adopt(plugin, made.id, made.inputs)
    plugin.next_command()
    emulator.calls.clear()

    with pytest.raises(PluginError, match="a declaration of this name manages it"):
        adopt(plugin, made.id, made.inputs)

    assert changes(emulator) == []


def test_import_of_one_resource_in_place_of_another_adopts_it_with_a_replacement(
    plugin_of: PluginOf, client: Client
) -> None:
    plugin = plugin_of("store")
    first = plugin.create(plugin.check({"name": "reads", "__identity": IDENTITY}).inputs)
    made = make_store(client)

    before = len(plugin.said())

    new = _replacement(plugin, first, {**made.inputs, "__identity": IDENTITY, "__import": made.id})

    assert new.id == made.id
    replaces, adopts = plugin.said()[before:]
    assert f"replaces sequence store reads ({first.id}) because" in replaces
    assert f"adopts {made.id}: creates nothing" in adopts
    assert plugin.read(first).id == ""


def test_import_beside_a_resource_that_is_there_changes_nothing_and_says_so(
    plugin_of: PluginOf, client: Client
) -> None:
    """It says how the resource comes to be, and it is already."""
    plugin = plugin_of("store")
    hidden = {"__identity": IDENTITY}
    first = plugin.create(plugin.check({"name": "reads", **hidden}).inputs)
    made = make_store(client)

    def lines(reference: str) -> list[str]:
        plugin.next_command()
        before = len(plugin.said())
        news = {"name": "reads", **hidden, "__import": reference}
        checked = plugin.check(news, first.inputs)
        assert plugin.diff(first, checked.inputs).changes is False
        return plugin.said()[before:]

    [line] = lines(made.id)
    assert f"ignores import_ of {made.id}: the state already has {first.id} here. " in line
    assert len(lines(made.references["id"])) == 1
    assert lines(first.id) == lines(first.store_id) == []


def test_the_old_name_does_not_go_on_with_what_another_took_over(plugin_of: PluginOf) -> None:
    plugin = plugin_of("store")
    old = plugin.create(plugin.check({"name": "reads", "__identity": IDENTITY}).inputs)
    admitting = plugin_of("store", {"omics-components:takeOver": old.id})
    moved = adopt(admitting, old.id, {"name": "reads"}, OTHER_IDENTITY)
    admitting.delete(old, begins_command=False)
    plugin.next_command()

    again = plugin.create(plugin.check({"name": "reads", "__identity": IDENTITY}).inputs)

    assert again.id != moved.id


def test_default_tags_of_the_stack_must_be_there(plugin_of: PluginOf, client: Client) -> None:
    made = make_store(client)
    config = {"aws:defaultTags": '{"tags":{"unit":"lab"}}'}

    text = refusal(plugin_of("store", config), made.id, made.inputs)

    assert (
        "tags_all: {'team': 'genomics'} in AWS, {'team': 'genomics', 'unit': 'lab'} in the program"
    ) in text
    assert "; tags: " not in text
    client("omics").tag_resource(resourceArn=made.id, tags={"unit": "lab"})
    adopted = adopt(plugin_of("store", config), made.id, made.inputs)
    assert adopted.outputs["tags"] == {"team": "genomics"}
