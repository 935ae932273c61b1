"""The four kinds of resources side by side, and processes that create them one after the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest

from omics_components.aws.client import Aws
from omics_components.aws.settings import AwsSettings
from omics_components.emulator import Emulator
from omics_components.kinds.kms_key.handler import KmsKeyHandler
from omics_components.kinds.s3_access_policy.handler import S3AccessPolicyHandler
from omics_components.kinds.s3_bucket.handler import S3BucketHandler
from omics_components.kinds.sequence_store.handler import SequenceStoreHandler
from omics_components.lifecycle.handler import EngineRequest, LiveResource
from omics_components.schema.owner_tag import OWNER_TAG, OwnerTag
from tests.unit.conftest import SharedClock

REGION = "us-east-1"
IDENTITY = "0123456789abcdef|organization|urn:pulumi:dev::lab::type::reads"

Hook = Callable[..., Any]


class Killed(BaseException):
    """The process ends where it is."""


def kill() -> None:
    raise Killed


class World:
    """The emulator, and one process after the other that uses it."""

    def __init__(self, emulator: Emulator, clock: SharedClock) -> None:
        self.emulator = emulator
        self.clock = clock
        self.said: list[str] = []
        self.omics = Aws(AwsSettings(region=REGION)).omics(REGION)

    def create(
        self,
        kind: type[Any],
        *,
        identity: str = IDENTITY,
        former_identity: str = "",
        generation: int = 0,
        retries: int = 0,
        require_engine: Callable[[], None] = lambda: None,
        hooks: Mapping[str, Hook] | None = None,
        **inputs: Any,
    ) -> LiveResource[Any, Any]:
        """Create a resource, in a process of its own.

        Args:
            kind: Its handler.
            identity: Who declares it.
            former_identity: The same, as earlier versions spelled it.
            generation: How many came before.
            retries: How often the SDK repeats a call.
            require_engine: Raises if the engine has died.
            hooks: Handlers of botocore's events, by event, for this process alone.
            inputs: What the program declares.
        """
        aws = Aws(AwsSettings(region=REGION, max_retries=retries))
        for event, hook in (hooks or {}).items():
            for client in (aws.omics(REGION), aws.kms(REGION), aws.s3(REGION)):
                client.meta.events.register(event, hook)
        handler = kind(aws, self.clock)
        validation = handler.check({}, inputs, ())
        assert validation.failures == ()
        request = EngineRequest(
            identity,
            generation=generation,
            info=self.said.append,
            require_engine=require_engine,
            former_identity=former_identity,
        )
        found: LiveResource[Any, Any] = handler.create(validation.inputs, request)
        return found

    def store(self, **inputs: Any) -> LiveResource[Any, Any]:
        """Create a store, in a process of its own."""
        return self.create(SequenceStoreHandler, **{"name": "reads", **inputs})

    def interrupt(self, kind: type[Any], **inputs: Any) -> str:
        """Create a resource in a process that is killed before its last call; return its id."""
        before = self.ids(kind)
        with pytest.raises(Killed):
            self.create(kind, require_engine=kill, **inputs)
        [left] = self.ids(kind) - before
        return left

    def interrupt_store(self, **inputs: Any) -> str:
        """Create a store in a process that is killed before its last call."""
        return self.interrupt(SequenceStoreHandler, **{"name": "reads", **inputs})

    def ids(self, kind: type[Any]) -> set[str]:
        """Ids of all resources of a kind."""
        if kind is SequenceStoreHandler:
            return set(self.stores())
        if kind is KmsKeyHandler:
            return set(keys())
        return {item["Name"] for item in boto3.client("s3").list_buckets()["Buckets"]}

    def owner(self, arn: str) -> OwnerTag:
        """The owner tag of a store."""
        tag = OwnerTag.parse(self.omics.list_tags_for_resource(resourceArn=arn)["tags"][OWNER_TAG])
        assert tag is not None
        return tag

    def stores(self) -> list[str]:
        """All stores, by ARN."""
        pages = self.omics.get_paginator("list_sequence_stores").paginate()
        return [store["arn"] for page in pages for store in page["sequenceStores"]]

    def base_store(self) -> str:
        """The store that has the policies."""
        stores = self.omics.list_sequence_stores(filter={"name": "base"})["sequenceStores"]
        return stores[0]["arn"] if stores else self.omics.create_sequence_store(name="base")["arn"]

    def later(self, hours: float) -> None:
        """Let time pass."""
        self.clock.advance(hours * 3600)


def keys() -> list[str]:
    """All keys, by ARN."""
    return [key["KeyArn"] for key in boto3.client("kms", region_name=REGION).list_keys()["Keys"]]


@dataclass(frozen=True)
class Kind:
    """One kind, and how its owner is read and written without this library.

    Args:
        handler: Its handler.
        inputs: What a program declares.
        other_inputs: Another declaration of the same creation: only an update away.
        create_call: The call that creates it.
        calls_after: A call that a creation makes after that, and one that a resume makes.
        tag_read: The call that reads the owner tag.
        no_tags: An answer of that without a tag, as members of a fault rule.
    """

    handler: type[Any]
    inputs: Mapping[str, Any]
    other_inputs: Mapping[str, Any]
    create_call: str
    calls_after: tuple[str, str]
    tag_read: str
    no_tags: Mapping[str, Any] = field(default_factory=dict)

    @property
    def service(self) -> str:
        """The AWS service."""
        return self.create_call.partition(":")[0]

    def event(self, call: str) -> str:
        """Name botocore's event before a call."""
        return f"before-call.{self.service}.{call}"

    def ids(self, world: World) -> set[str]:
        """Ids of all resources of the kind."""
        if self.handler is not S3AccessPolicyHandler:
            return world.ids(self.handler)
        answers = [world.omics.get_sequence_store(id=arn[-10:]) for arn in world.stores()]
        points = {answer["s3Access"]["s3AccessPointArn"] for answer in answers}
        return {point for point in points if self.tag(world, point)}

    def create(self, world: World, **options: Any) -> LiveResource[Any, Any]:
        """Create one, in a process of its own."""
        if self.handler is S3AccessPolicyHandler:
            options["sequenceStoreArn"] = world.base_store()
        return world.create(self.handler, **{**self.inputs, **options})

    def interrupt(self, world: World) -> str:
        """Leave an unfinished one; return its id."""
        if self.handler is not S3AccessPolicyHandler:
            return world.interrupt(self.handler, **self.inputs)
        left = self.create(world)  # in one call: only a command marks it as unfinished
        assert left.owner is not None
        self.set_tag(world, left.id, str(left.owner.unfinished))
        return left.id

    def tag(self, world: World, id_: str) -> str | None:
        """Read the text of the owner tag."""
        if self.handler is SequenceStoreHandler:
            return world.omics.list_tags_for_resource(resourceArn=id_)["tags"].get(OWNER_TAG)
        if self.handler is KmsKeyHandler:
            tags = boto3.client("kms", region_name=REGION).list_resource_tags(KeyId=id_)["Tags"]
            return {tag["TagKey"]: tag["TagValue"] for tag in tags}.get(OWNER_TAG)
        if self.handler is S3BucketHandler:
            tag_set = boto3.client("s3").get_bucket_tagging(Bucket=id_)["TagSet"]
            return {tag["Key"]: tag["Value"] for tag in tag_set}.get(OWNER_TAG)
        return str(self._policy(world, id_).get("Id") or "").rpartition("=")[2] or None

    def set_tag(self, world: World, id_: str, text: str) -> None:
        """Write the text of the owner tag."""
        if self.handler is SequenceStoreHandler:
            world.omics.tag_resource(resourceArn=id_, tags={OWNER_TAG: text})
        elif self.handler is KmsKeyHandler:
            tag = {"TagKey": OWNER_TAG, "TagValue": text}
            boto3.client("kms", region_name=REGION).tag_resource(KeyId=id_, Tags=[tag])  # type: ignore[list-item]
        elif self.handler is S3BucketHandler:
            tags: Any = {"TagSet": [{"Key": OWNER_TAG, "Value": text}]}
            boto3.client("s3").put_bucket_tagging(Bucket=id_, Tagging=tags)
        else:
            policy = {**self._policy(world, id_), "Id": f"{OWNER_TAG}={text}"}
            world.omics.put_s3_access_policy(
                s3AccessPointArn=id_, s3AccessPolicy=json.dumps(policy)
            )

    def owner(self, world: World, id_: str) -> OwnerTag:
        """Read the owner tag."""
        owner = OwnerTag.parse(self.tag(world, id_) or "")
        assert owner is not None
        return owner

    @staticmethod
    def _policy(world: World, access_point: str) -> dict[str, Any]:
        answer = world.omics.get_s3_access_policy(s3AccessPointArn=access_point)
        policy: dict[str, Any] = json.loads(answer["s3AccessPolicy"])
        return policy


STORE = Kind(
    SequenceStoreHandler,
    {"name": "reads"},
    {"name": "reads", "description": "Reads", "tags": {"team": "genomics"}},
    "omics:CreateSequenceStore",
    ("GetSequenceStore", "UpdateSequenceStore"),
    "omics:ListTagsForResource",
    {"action": "body", "status": 200, "body": '{"tags": {}}', "content_type": "application/json"},
)
KEY = Kind(
    KmsKeyHandler,
    {"alias": "alias/reads", "enableKeyRotation": True},
    {"alias": "alias/reads", "enableKeyRotation": True, "description": "Of reads"},
    "kms:CreateKey",
    ("EnableKeyRotation", "UpdateKeyDescription"),
    "kms:ListResourceTags",
    {
        "action": "body",
        "status": 200,
        "body": '{"Tags": []}',
        "content_type": "application/x-amz-json-1.1",
    },
)
BUCKET = Kind(
    S3BucketHandler,
    {"bucket": "uploads"},
    {"bucket": "uploads", "tags": {"team": "genomics"}},
    "s3:CreateBucket",
    ("PutBucketPolicy", "PutBucketPolicy"),
    "s3:GetBucketTagging",
    {"code": "NoSuchTagSet", "status": 404},
)
POLICY = Kind(
    S3AccessPolicyHandler,
    {"readers": []},
    {"readers": ["arn:aws:iam::111122223333:root"]},
    "omics:PutS3AccessPolicy",
    ("GetS3AccessPolicy", "GetS3AccessPolicy"),
    "omics:GetS3AccessPolicy",
)

KINDS = {"store": STORE, "key": KEY, "bucket": BUCKET, "policy": POLICY}
CREATED_IN_STEPS = {name: kind for name, kind in KINDS.items() if kind is not POLICY}
