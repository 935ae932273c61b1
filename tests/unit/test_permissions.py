"""The deployer's policy is enough for all that the component's resources do, and no more."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from omics_components import EncryptedSequenceStore, EncryptedSequenceStoreArgs
from omics_components.aws.client import Aws
from omics_components.aws.settings import AwsSettings
from omics_components.emulator import Emulator
from omics_components.errors import AccessDenied, OmicsComponentsError, ResourceConflict
from omics_components.kinds.kms_key.handler import KmsKeyHandler
from omics_components.kinds.kms_key.iam import PERMISSIONS as KEY
from omics_components.kinds.s3_access_policy.handler import S3AccessPolicyHandler
from omics_components.kinds.s3_access_policy.iam import PERMISSIONS as ACCESS_POLICY
from omics_components.kinds.s3_bucket.handler import S3BucketHandler
from omics_components.kinds.s3_bucket.iam import PERMISSIONS as BUCKET
from omics_components.kinds.sequence_store.handler import SequenceStoreHandler
from omics_components.kinds.sequence_store.iam import PERMISSIONS as STORE
from omics_components.lifecycle.adoption import adopt
from omics_components.lifecycle.fence import require_owner
from omics_components.lifecycle.handler import EngineRequest
from omics_components.permissions import deployer_policy, reader_policy
from omics_components.schema.iam import merge
from omics_components.schema.owner_tag import OwnerTag
from tests.unit.conftest import SharedClock
from tests.unit.mocked_engine import resolved

REGION = "us-east-1"
REQUEST = EngineRequest(identity="|lab|urn:pulumi:dev::lab::type::reads-fallback")
POLICY = cast(
    "dict[str, Any]",
    deployer_policy(
        REGION, bucket_names=["reads-*"], own_key=True, access_policy=True, force_destroy=True
    ),
)
GRANTS = sorted((item["Sid"], action) for item in POLICY["Statement"] for action in item["Action"])
Policy = dict[str, Any]
READER = "arn:aws:iam::123456789012:role/reader"


def _life(handler: Any, first: dict[str, object], *changes: dict[str, object]) -> Iterator[Any]:
    """Create, read, change one after the other, rename, read again and, when asked, delete.

    Each change and the deletion begin with a look at the owner tag, as the adapter has it.
    """

    def inputs(values: dict[str, object]) -> Any:
        return handler.check({}, {"region": REGION, **values}, ()).inputs

    found = handler.create(inputs(first), REQUEST)
    state = handler.read(found.id, found.state).state
    for change in changes:
        owner = require_owner(handler, found.id, state, found.owner)
        request = dataclasses.replace(REQUEST, owner=owner)
        state = handler.update(found.id, state, inputs(change), request)
    renamed = OwnerTag.draw(found.owner.claim).finished
    handler.write_owner(found.id, state, renamed)
    yield found
    require_owner(handler, found.id, state, renamed)
    handler.delete(found.id, handler.read(found.id, state).state, REQUEST)
    yield None


def _run_everything(emulator: Emulator, policy: Policy) -> None:
    """Do all that an update, a refresh and a destroy of the component can do."""
    aws, clock = Aws(AwsSettings(max_retries=0)), SharedClock()
    tags, other_tags = {"a": "1", "b": "2"}, {"a": "3"}
    _leave_an_alias_behind(emulator, aws)
    emulator.allow_only(policy)
    key_life = _life(
        KmsKeyHandler(aws, clock),
        {"alias": "alias/reads", "tags": tags},
        {"alias": "alias/other", "tags": other_tags, "description": "other", "users": [READER]},
        {"enableKeyRotation": False},
    )
    key = next(key_life)
    bucket_life = _life(
        S3BucketHandler(aws, clock),
        {"writer": "health-omics", "kmsKeyArn": key.id, "tags": tags, "forceDestroy": True},
        {"tags": other_tags, "versioning": False, "expirationDays": 3, "forceDestroy": True},
        {"forceDestroy": True},
    )
    bucket = next(bucket_life)
    s3 = aws.s3(REGION)
    emulator.allow_only(None)  # others' upload
    s3.delete_bucket_policy(Bucket=bucket.id)
    s3.put_object(Bucket=bucket.id, Key="fallback/part", Body=b"ACGT")
    s3.create_multipart_upload(Bucket=bucket.id, Key="fallback/unfinished")
    emulator.allow_only(policy)
    store_life = _life(
        SequenceStoreHandler(aws, clock),
        {"name": "reads", "sseConfig": {"type": "KMS", "keyArn": key.id}, "tags": tags},
        {
            "name": "other",
            "sseConfig": {"type": "KMS", "keyArn": key.id},
            "tags": other_tags,
            "forceDestroy": True,
        },
    )
    store = next(store_life)
    policy_life = _life(
        S3AccessPolicyHandler(aws),
        {"sequenceStoreArn": store.id, "readers": [READER]},
        {"sequenceStoreArn": store.id, "readers": []},
    )
    next(policy_life)
    next(policy_life)
    _try_to_delete_with_read_sets(emulator, SequenceStoreHandler(aws, clock), store)
    for life in (store_life, bucket_life, key_life):
        next(life)
    keys = KmsKeyHandler(aws, clock)  # asks of an alias that no key has
    other = EngineRequest(identity="|lab|urn:pulumi:dev::lab::type::other")
    keys.create(keys.check({}, {"region": REGION, "alias": "alias/new"}, ()).inputs, other)


def _leave_an_alias_behind(emulator: Emulator, aws: Aws) -> None:
    """Leave the alias with a key that waits for its deletion, as a console user may."""
    emulator.allow_only(None)
    kms = aws.kms(REGION)
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/reads", TargetKeyId=key_id)
    kms.schedule_key_deletion(KeyId=key_id)


def _try_to_delete_with_read_sets(
    emulator: Emulator, handler: SequenceStoreHandler, store: Any
) -> None:
    emulator.put_read_sets(store.id.rpartition("/")[2], 1)
    with pytest.raises(ResourceConflict, match="holds 1 read set"):
        handler.delete(store.id, store.state, REQUEST)


def _without(action: str, sid: str | None = None) -> Policy:
    """Remove an action from the statement *sid*, or from all."""
    statements = [
        {
            **item,
            "Action": [
                other
                for other in item["Action"]
                if other != action or sid not in (None, item["Sid"])
            ],
        }
        for item in POLICY["Statement"]
    ]
    return {**POLICY, "Statement": [item for item in statements if item["Action"]]}


def test_the_policy_is_enough(omics_emulator: Emulator) -> None:
    _run_everything(omics_emulator, POLICY)


@pytest.mark.parametrize(("sid", "action"), GRANTS)
def test_nothing_in_it_can_be_left_out(omics_emulator: Emulator, sid: str, action: str) -> None:
    with pytest.raises(OmicsComponentsError):
        _run_everything(omics_emulator, _without(action, sid))


def test_the_policy_has_each_grant_of_the_kinds_and_no_other() -> None:
    """With one statement for each type of resource that their actions are authorized on."""
    types = {
        "WithoutResource": "",
        "Stores": "sequenceStore",
        "Keys": "key",
        "Aliases": "alias",
        "Buckets": "bucket",
        "Objects": "object",
    }
    needed = merge(KEY.all, ACCESS_POLICY.all, BUCKET.all, STORE.all)

    assert {(types[sid], action) for sid, action in GRANTS} == {
        (resource_type, one.action)
        for one in needed
        for resource_type in one.resource_types or ("",)
    }


def test_without_force_destroy_nothing_may_be_emptied() -> None:
    policy = cast(
        "dict[str, Any]",
        deployer_policy(
            REGION, bucket_names=["reads-*"], own_key=True, access_policy=True, force_destroy=False
        ),
    )
    emptying = {
        one.action
        for kind in (STORE, BUCKET)
        for one in kind.all
        if one.only_with == "force_destroy"
    }

    assert len(emptying) == 6
    assert not emptying & {action for item in policy["Statement"] for action in item["Action"]}
    assert "Objects" not in {item["Sid"] for item in policy["Statement"]}


def test_of_a_given_key_only_what_a_store_needs_is_allowed() -> None:
    policy = cast(
        "dict[str, Any]",
        deployer_policy(
            REGION, bucket_names=[], own_key=False, access_policy=False, force_destroy=True
        ),
    )

    assert {item["Sid"]: (item["Action"], item["Resource"]) for item in policy["Statement"]} == {
        "WithoutResource": (
            ["omics:CreateSequenceStore", "omics:ListSequenceStores", "omics:ListTagsForResource"],
            "*",
        ),
        "Stores": (
            [
                *("omics:BatchDeleteReadSet", "omics:DeleteSequenceStore"),
                *("omics:GetSequenceStore", "omics:ListReadSets", "omics:TagResource"),
                *("omics:UntagResource", "omics:UpdateSequenceStore"),
            ],
            ["arn:aws:omics:us-east-1:*:sequenceStore/*"],
        ),
        "Keys": (["kms:DescribeKey"], ["arn:aws:kms:us-east-1:*:key/*"]),
    }


def test_a_readers_policy_is_for_one_access_point_and_one_key() -> None:
    point = "arn:aws:s3:us-east-1:222222222222:accesspoint/111122223333-1234567890"
    key = "arn:aws:kms:us-east-1:111122223333:key/a"
    through = {"StringEquals": {"s3:DataAccessPointArn": point}}
    allow = {"Effect": "Allow", "Resource": "*", "Condition": through}

    assert reader_policy(point, key)["Statement"] == [
        {"Sid": "ListReadSets", "Action": ["s3:ListBucket"], **allow},
        {"Sid": "GetReadSets", "Action": ["s3:GetObject", "s3:GetObjectTagging"], **allow},
        {"Sid": "Decrypt", "Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": key},
    ]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (SequenceStoreHandler, {"name": "reads"}),
        (KmsKeyHandler, {"alias": "alias/reads"}),
        (S3BucketHandler, {"bucket": "reads-uploads", "writer": "health-omics"}),
    ],
)
def test_the_policy_is_enough_to_take_over(
    omics_emulator: Emulator, kind: Any, values: dict[str, object]
) -> None:
    """The claim of another declaration is written over, which no other step does."""
    handler = kind(Aws(AwsSettings(max_retries=0)), SharedClock())
    inputs = handler.check({}, {"region": REGION, **values}, ()).inputs
    made = handler.create(inputs, REQUEST)
    other = EngineRequest(identity="|other|urn:pulumi:dev::other::type::reads")
    omics_emulator.allow_only(POLICY)

    taken = adopt(handler, made.id, inputs, other, from_others=True)

    assert handler.read(taken.id, taken.state).owner.is_of(other.identity)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (SequenceStoreHandler, {"name": "reads"}),
        (KmsKeyHandler, {"alias": "alias/reads"}),
        (S3BucketHandler, {"bucket": "reads-uploads", "writer": "health-omics"}),
        (S3AccessPolicyHandler, {"readers": [READER]}),
    ],
)
def test_without_the_permission_to_read_the_owner_one_sentence_names_it(
    omics_emulator: Emulator, kind: Any, values: dict[str, object]
) -> None:
    """Updates and deletions begin with it, and change nothing then."""
    aws = Aws(AwsSettings(max_retries=0))
    handler = kind(aws, SharedClock())
    if kind is S3AccessPolicyHandler:
        store = aws.omics(REGION).create_sequence_store(name="reads")["arn"]
        values = {**values, "sequenceStoreArn": store}
    made = handler.create(handler.check({}, {"region": REGION, **values}, ()).inputs, REQUEST)
    omics_emulator.allow_only(_without(handler.owner_permission))

    with pytest.raises(AccessDenied) as caught:
        require_owner(handler, made.id, made.state, made.owner)

    assert str(caught.value).endswith(
        f"Give the caller's role {handler.owner_permission}. Nothing shows otherwise that this "
        "state still manages the resource, so nothing is changed or deleted."
    )


@pytest.mark.parametrize(
    "action", ["omics:ListTagsForResource", "kms:ListResourceTags", "s3:TagResource"]
)
def test_a_creation_without_a_permission_of_the_fence_names_it(
    omics_emulator: Emulator, action: str
) -> None:
    with pytest.raises(OmicsComponentsError) as caught:
        _run_everything(omics_emulator, _without(action))

    assert action in str(caught.value)
    assert "\n" not in str(caught.value)


def test_tags_of_stores_are_read_by_a_statement_without_a_resource() -> None:
    """The action has no resource type, so that it counts on ``*`` only."""
    allowed = {
        item["Resource"] if isinstance(item["Resource"], str) else tuple(item["Resource"])
        for item in POLICY["Statement"]
        if "omics:ListTagsForResource" in item["Action"]
    }

    assert allowed == {"*"}


@pytest.mark.parametrize(
    ("args", "of_the_stack", "region"),
    [
        ({"region": "eu-west-1"}, "us-west-2", "eu-west-1"),
        ({}, "us-west-2", "us-west-2"),
        ({}, None, "*"),
    ],
)
@pytest.mark.usefixtures("engine")
def test_the_components_policy_is_for_its_own_region(
    args: EncryptedSequenceStoreArgs,
    of_the_stack: str | None,
    region: str,
    stack_config: Callable[[dict[str, str]], None],
) -> None:
    stack_config({"aws:region": of_the_stack} if of_the_stack else {})

    policy = resolved(lambda: {"text": EncryptedSequenceStore("reads", args).deployer_policy_json})

    resources = {item["Sid"]: item["Resource"] for item in json.loads(policy["text"])["Statement"]}
    assert resources["Stores"] == [f"arn:aws:omics:{region}:*:sequenceStore/*"]
    assert {arn.split(":")[3] for arn in resources["Keys"]} == {region}
