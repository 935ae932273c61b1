"""The permissions in ``iam.py`` of each kind are those of the calls made: no more, no less.

The emulator derives the permissions and resources of each call on its own, and is the reference.
"""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, get_args

import boto3
import pytest

from omics_components.aws.client import Aws
from omics_components.aws.settings import AwsSettings
from omics_components.emulator import Emulator
from omics_components.emulator.caller import Caller
from omics_components.emulator.iam_actions import Permission as Asked
from omics_components.emulator.permissions import Permissions
from omics_components.errors import OmicsComponentsError, ResourceConflict
from omics_components.kinds.kms_key.creation import KeyCreator
from omics_components.kinds.kms_key.handler import KmsKeyHandler
from omics_components.kinds.s3_access_policy.handler import S3AccessPolicyHandler
from omics_components.kinds.s3_bucket.creation import BucketCreator
from omics_components.kinds.s3_bucket.handler import S3BucketHandler
from omics_components.kinds.sequence_store.handler import SequenceStoreHandler
from omics_components.lifecycle.handler import EngineRequest
from omics_components.schema.iam import Circumstance, KindPermissions, Needed, Permission, merge
from tests.kinds.example import IDENTITY, REGION, World
from tests.unit.conftest import SharedClock

READER = "arn:aws:iam::123456789012:role/reader"
REQUEST = EngineRequest(IDENTITY)
HANDLERS: dict[str, type[Any]] = {
    "sequence_store": SequenceStoreHandler,
    "s3_access_policy": S3AccessPolicyHandler,
    "kms_key": KmsKeyHandler,
    "s3_bucket": S3BucketHandler,
}
STEPS = [field.name for field in dataclasses.fields(KindPermissions)]

Grants = set[tuple[str, str]]
"""Actions, each with one type of resource."""


def permissions_of(kind: str) -> KindPermissions:
    found: KindPermissions = import_module(f"omics_components.kinds.{kind}.iam").PERMISSIONS
    return found


def grants(needed: Iterable[Permission]) -> Grants:
    return {(one.action, kind) for one in needed for kind in one.resource_types or ("",)}


def type_of(arn: str) -> str:
    """Name the type of a resource as the service authorization reference does."""
    if arn == "*":
        return ""
    resource = arn.split(":", 5)[5]
    if ":s3:::" in arn:
        return "object" if "/" in resource else "bucket"
    return resource.split("/")[-2]


class Recorder:
    """Notes what the calls of each step need, by the circumstance that the step is tried in."""

    def __init__(self) -> None:
        self.seen: dict[str, dict[Circumstance | None, Grants]] = {step: {} for step in STEPS}
        self._noted: Grants = set()

    def note(self, asked: Iterable[Asked]) -> None:
        self._noted |= {(one.action, type_of(one.resource)) for one in asked}

    @contextmanager
    def during(self, step: str, circumstance: Circumstance | None = None) -> Iterator[None]:
        """Take what is called in the block for a step."""
        self._noted.clear()
        try:
            yield
        finally:
            self.seen[step].setdefault(circumstance, set()).update(self._noted)

    def by_circumstance(self, step: str) -> dict[Circumstance | None, Grants]:
        """What a step needs always, and what each circumstance needs beyond that."""
        always = self.seen[step].get(None, set())
        return {
            circumstance: noted - always if circumstance else noted
            for circumstance, noted in self.seen[step].items()
            if noted
        }


@pytest.fixture
def recorder(store_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    made = Recorder()
    refusal = Permissions.refusal

    def noted(
        self: Permissions, needed: Iterable[Asked] | None, caller: Caller, call: str
    ) -> str | None:
        asked = None if needed is None else list(needed)
        made.note(asked or ())
        return refusal(self, asked, caller, call)

    monkeypatch.setattr(Permissions, "refusal", noted)
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    store_emulator.allow_only({"Version": "2012-10-17", "Statement": [everything]})
    return made


class Trial:
    """Tries a kind in each step and circumstance.

    Args:
        world: The emulator, and who uses it.
        recorder: Notes what is needed.
        kind: The kind.
    """

    def __init__(self, world: World, recorder: Recorder, kind: str) -> None:
        self.world, self.emulator, self.recorder = world, world.emulator, recorder
        self.during = recorder.during
        self._kind = kind
        self._declared: list[EngineRequest] = []

    @property
    def handler(self) -> Any:
        """A handler that remembers nothing, as in a process of its own."""
        return HANDLERS[self._kind](
            Aws(AwsSettings(region=REGION, max_retries=0)), self.world.clock
        )

    def inputs(self, **values: Any) -> Any:
        validation = self.handler.check({}, values, ())
        assert validation.failures == ()
        return validation.inputs

    def create(
        self,
        circumstance: Circumstance | None = None,
        request: EngineRequest | None = None,
        **values: Any,
    ) -> Any:
        """Create a resource of another declaration, read it and write its owner."""
        desired = self.inputs(**values)
        request = request or EngineRequest(f"{IDENTITY}-{len(self._declared)}")
        self._declared.append(request)
        with self.during("create", circumstance):
            found = self.handler.create(desired, request)
        with self.during("read"):
            found = self.handler.read(found.id, found.state)
        with self.during("read_owner"):
            owner = self.handler.read_owner(found.id, found.state)
        with self.during("write_owner"):
            self.handler.write_owner(found.id, found.state, owner)
        with self.during("id_of"):
            self.handler.id_of(found.id, desired)
        return found

    def update(self, found: Any, **values: Any) -> Any:
        request = dataclasses.replace(REQUEST, owner=found.owner)
        with self.during("update"):
            return self.handler.update(found.id, found.state, self.inputs(**values), request)

    def delete(
        self, found: Any, circumstance: Circumstance | None = None, **recorded: object
    ) -> None:
        """Delete a resource whose state has further values."""
        state = found.state.model_copy(update=recorded)
        with self.during("delete", circumstance):
            self.handler.delete(found.id, state, REQUEST)

    def refuse_deletion(self, found: Any) -> None:
        with pytest.raises(ResourceConflict):
            self.delete(found)
        with self.during("check_replacement"), pytest.raises(ResourceConflict):
            self.handler.check_replacement(found.id, found.state, "region changes", REQUEST)


def try_sequence_store(trial: Trial) -> None:
    emulator, handler = trial.emulator, trial.handler
    found = trial.create(name="reads", tags={"a": "1"})
    busy = {"code": "ConflictException", "times": 1}
    emulator.faults.add({"operation": "ListTagsForResource", **busy})
    with trial.during("read_owner", "a busy store"):
        owner = handler.read_owner(found.id, found.state)
    emulator.faults.add({"operation": "TagResource", **busy})
    with trial.during("write_owner", "a busy store"):
        handler.write_owner(found.id, found.state, owner)
    emulator.configure(updating_s=5)
    trial.update(found, name="reads", description="Reads", tags={"b": "2"})
    emulator.put_read_sets(found.id.rpartition("/")[2], 1)
    trial.refuse_deletion(found)
    trial.delete(found, "force_destroy", force_destroy=True)
    trial.delete(trial.create(name="empty"))

    key = "arn:aws:kms:us-east-1:123456789012:key/a"
    trial.create("a KMS key", name="encrypted", sseConfig={"type": "KMS", "keyArn": key})
    trial.world.interrupt(SequenceStoreHandler, name="resumed", tags={"a": "1"})
    trial.create(
        "a resumed creation", REQUEST, name="resumed", description="Reads", tags={"b": "2"}
    )
    emulator.plan_status([("FAILED", "The key is not usable")])
    with pytest.raises(OmicsComponentsError, match="not usable"):
        trial.create("a failed creation", name="failed")


def try_s3_access_policy(trial: Trial) -> None:
    store = trial.world.store()
    values: dict[str, Any] = {"sequenceStoreArn": store.id}
    found = trial.create(None, REQUEST, **values, readers=[])
    with trial.during("id_of"):
        trial.handler.id_of(store.id, trial.inputs(**values, readers=[]))
    trial.update(found, **values, readers=[READER])
    managed = dataclasses.replace(REQUEST, recorded_owner=lambda _: store.owner)
    found = trial.create("a resumed creation", managed, **values, readers=[])
    with trial.during("check_replacement"):
        trial.handler.check_replacement(found.id, found.state, "the store changes", REQUEST)
    trial.delete(found)


def try_kms_key(trial: Trial) -> None:
    found = trial.create(alias="alias/reads", tags={"a": "1"}, enableKeyRotation=True)
    changes: dict[str, Any] = {"alias": "alias/other", "description": "Other", "users": [READER]}
    state = trial.update(found, **changes, tags={"b": "2"}, enableKeyRotation=False)
    found = dataclasses.replace(found, state=state)
    trial.update(found, alias="alias/other", enableKeyRotation=True)
    with trial.during("check_replacement"):
        trial.handler.check_replacement(found.id, found.state, "region changes", REQUEST)
    trial.delete(found)

    moved: Circumstance = "the alias of a key scheduled for deletion"
    _leave_alias("alias/left")
    trial.delete(trial.create(moved, alias="alias/left"))
    _leave_alias("alias/last")
    found = trial.create(alias="alias/first")
    with trial.during("update", moved):
        trial.handler.update(found.id, found.state, trial.inputs(alias="alias/last"), REQUEST)

    trial.world.interrupt(KmsKeyHandler, alias="alias/resumed", tags={"a": "1"})
    changes["alias"] = "alias/renamed"
    trial.create("a resumed creation", REQUEST, **changes, tags={"b": "2"}, enableKeyRotation=False)


def _leave_alias(alias: str) -> None:
    """Leave an alias with a key that is scheduled for deletion, as a console user may."""
    kms = boto3.client("kms", region_name=REGION)
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=alias, TargetKeyId=key_id)
    kms.schedule_key_deletion(KeyId=key_id)


def try_s3_bucket(trial: Trial) -> None:
    handler = trial.handler
    values: dict[str, Any] = {"bucket": "uploads", "writer": "health-omics"}
    found = trial.create(**values, tags={"a": "1"})
    unlocated = handler.state_type()
    with trial.during("read_owner", "a state without region or account"):
        owner = handler.read_owner(found.id, unlocated)
    with trial.during("write_owner", "a state without region or account"):
        handler.write_owner(found.id, unlocated, owner)
    drifted = {"public_access_block": "off", "object_ownership": "ObjectWriter"}
    found = dataclasses.replace(found, state=found.state.model_copy(update=drifted))
    key = "arn:aws:kms:us-east-1:123456789012:key/a"
    changes = {"versioning": False, "expirationDays": 3, "kmsKeyArn": key, "tags": {"b": "2"}}
    trial.update(found, bucket="uploads", **changes)

    s3 = boto3.client("s3")
    s3.delete_bucket_policy(Bucket="uploads")  # it refuses what comes without TLS
    s3.put_object(Bucket="uploads", Key="fallback/part", Body=b"ACGT")
    s3.create_multipart_upload(Bucket="uploads", Key="fallback/unfinished")
    trial.refuse_deletion(found)
    trial.delete(found, "force_destroy", force_destroy=True)
    trial.delete(trial.create(bucket="empty"))
    trial.world.interrupt(S3BucketHandler, bucket="resumed")
    trial.create("a resumed creation", REQUEST, bucket="resumed")


TRIALS: dict[str, Callable[[Trial], None]] = {
    "sequence_store": try_sequence_store,
    "s3_access_policy": try_s3_access_policy,
    "kms_key": try_kms_key,
    "s3_bucket": try_s3_bucket,
}


@pytest.mark.parametrize("kind", TRIALS)
def test_the_permissions_are_those_of_the_calls_made(
    kind: str, recorder: Recorder, store_emulator: Emulator, clock: SharedClock
) -> None:
    TRIALS[kind](Trial(World(store_emulator, clock), recorder, kind))

    for step in STEPS:
        needed: Needed = getattr(permissions_of(kind), step)
        stated: dict[Circumstance | None, Grants] = {}
        for one in needed:
            stated.setdefault(one.only_with, set()).update(grants([one]))
        assert recorder.by_circumstance(step) == stated, step


@pytest.mark.parametrize("kind", TRIALS)
def test_no_permission_is_listed_twice(kind: str) -> None:
    for step in STEPS:
        actions = [one.action for one in getattr(permissions_of(kind), step)]
        assert sorted(actions) == sorted(set(actions)), step


@pytest.mark.parametrize("kind", TRIALS)
def test_the_permission_that_errors_of_the_owner_name_reads_it(kind: str) -> None:
    assert HANDLERS[kind].owner_permission in {
        one.action for one in permissions_of(kind).read_owner
    }


@pytest.mark.parametrize(
    ("kind", "creator"), [("kms_key", KeyCreator), ("s3_bucket", BucketCreator)]
)
def test_the_permissions_that_errors_of_a_creation_name_are_needed(kind: str, creator: Any) -> None:
    named = set(re.findall(r"\w+:\w+", creator.find_permissions))

    assert named
    assert named <= {one.action for one in permissions_of(kind).create}


def test_every_circumstance_is_of_a_permission() -> None:
    lookups = import_module("omics_components.lookups.iam").PERMISSIONS
    needed = merge(*(permissions_of(kind).all for kind in TRIALS), *lookups.values())

    assert {one.only_with for one in needed} <= {None, *get_args(Circumstance)}


def test_a_permission_that_every_run_needs_is_not_repeated_for_a_circumstance() -> None:
    always = Permission("omics:GetSequenceStore", ("sequenceStore",))
    at_times = dataclasses.replace(always, only_with="a busy store")
    other = Permission("kms:DescribeKey", ("key",), "a KMS key")

    assert merge((at_times, other), (always,), (always,)) == (other, always)
    assert merge((at_times,), (at_times,)) == (at_times,)


def test_policies_and_permissions_need_no_docstrings_and_load_little() -> None:
    """``python -OO`` strips docstrings; programs and ``--help`` load no SDK for a policy."""
    program = """
import sys
from omics_components.permissions import deployer_policy, reader_policy
import omics_components.lookups.iam
policy = deployer_policy(
    "us-east-1", bucket_names=["reads"], own_key=True, access_policy=True, force_destroy=True
)
assert deployer_policy.__doc__ is None
assert not {"pydantic", "boto3", "botocore", "pulumi"} & set(sys.modules)
print(sum(len(statement["Action"]) for statement in policy["Statement"]))
"""
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONOPTIMIZE": "2"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (run.returncode, run.stderr) == (0, "")
    needed = merge(*(permissions_of(kind).all for kind in TRIALS))
    assert int(run.stdout) == len(grants(needed))
