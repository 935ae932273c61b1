"""What a replacement says that it loses, or why it is refused, word for word."""

from typing import Any

import boto3
import pytest

from omics_components.aws.client import Aws
from omics_components.aws.settings import AwsSettings
from omics_components.emulator import Emulator
from omics_components.errors import AlreadyExists, InvalidRequest, ResourceConflict
from omics_components.kinds.kms_key.handler import KmsKeyHandler
from omics_components.kinds.s3_access_policy.handler import S3AccessPolicyHandler
from omics_components.kinds.s3_bucket.handler import S3BucketHandler
from omics_components.kinds.sequence_store.handler import SequenceStoreHandler
from omics_components.kinds.sequence_store.model import SequenceStoreInputs
from omics_components.lifecycle.handler import EngineRequest
from tests.unit.conftest import SharedClock

REGION = "us-east-1"
BECAUSE = "region changes"
TO_DO_FIRST = (
    "Delete them first, set force_destroy and run an update to have all of them deleted, or keep "
    "the {} with the resource option retain_on_delete."
)


class Guarded:
    """One resource that is about to be replaced."""

    def __init__(self, handler: Any, **inputs: object) -> None:
        desired = handler.check({}, {"region": REGION, **inputs}, ()).inputs
        self.handler = handler
        self.found = handler.create(desired, EngineRequest("reads"))

    def said(self, because: str = BECAUSE, *, is_certain: bool = True) -> str:
        """Ask whether it may be replaced; give the one line that the user reads."""
        lines: list[str] = []
        request = EngineRequest("reads", info=lines.append)
        self.handler.check_replacement(
            self.found.id, self.found.state, because, request, is_certain=is_certain
        )
        (line,) = lines
        return line

    def refused(self) -> str:
        """Ask whether it may be replaced; give the error."""
        with pytest.raises(ResourceConflict) as error:
            self.said()
        return str(error.value)


@pytest.fixture
def aws() -> Aws:
    return Aws(AwsSettings(region=REGION, max_retries=0))


@pytest.fixture
def bucket(store_emulator: Emulator, clock: SharedClock, aws: Aws) -> Guarded:  # noqa: ARG001 it must answer
    return Guarded(S3BucketHandler(aws, clock), bucket="uploads")


@pytest.fixture
def precious_bucket(store_emulator: Emulator, clock: SharedClock, aws: Aws) -> Guarded:  # noqa: ARG001 as above
    return Guarded(S3BucketHandler(aws, clock), bucket="uploads", forceDestroy=True)


def put(key: str) -> None:
    """Put an object into the bucket, past its policy, which admits no plain HTTP."""
    s3 = boto3.client("s3", region_name=REGION)
    s3.delete_bucket_policy(Bucket="uploads")
    s3.put_object(Bucket="uploads", Key=key, Body=b"ACGT")


def test_a_key(store_emulator: Emulator, clock: SharedClock, aws: Aws) -> None:  # noqa: ARG001 it must answer
    key = Guarded(KmsKeyHandler(aws, clock), alias="alias/reads", deletionWindowInDays=9)

    assert key.said() == (
        f"replaces KMS key (alias/reads, {key.found.id}) because {BECAUSE}: what the old key has "
        "encrypted can be read only until its deletion window ends, 9 days after it is deleted; a "
        "key that still encrypts a sequence store is not deleted"
    )


def test_a_key_without_an_alias(store_emulator: Emulator, clock: SharedClock, aws: Aws) -> None:  # noqa: ARG001 it must answer
    key = Guarded(KmsKeyHandler(aws, clock))

    assert key.said().startswith(f"replaces KMS key ({key.found.id}) because {BECAUSE}: ")


def test_an_access_policy(store_emulator: Emulator, clock: SharedClock, aws: Aws) -> None:  # noqa: ARG001 it must answer
    store = Guarded(SequenceStoreHandler(aws, clock), name="reads").found.id
    policy = Guarded(S3AccessPolicyHandler(aws), sequenceStoreArn=store, readers=[])

    assert policy.said() == (
        f"replaces S3 access policy ({policy.found.id}) because {BECAUSE}: the policy of {store} "
        "is deleted, and then no one, its owner included, can read that store through S3"
    )


def test_an_empty_bucket(bucket: Guarded) -> None:
    assert bucket.said() == (
        f"replaces S3 bucket uploads because {BECAUSE}: objects do not pass to the new one; the "
        "old one is empty"
    )


def test_a_bucket_that_is_not_empty(bucket: Guarded) -> None:
    put("one")

    refused = bucket.refused()

    assert refused == (
        "replacing S3 bucket (uploads): it holds 1 objects. " + TO_DO_FIRST.format("bucket")
    )


def test_a_bucket_that_is_emptied(precious_bucket: Guarded) -> None:
    put("one")
    put("one")

    assert precious_bucket.said().endswith(
        "; force_destroy deletes the old one with 1 objects, 1 old versions"
    )


@pytest.mark.parametrize("most", [2, 3])
def test_a_bucket_that_holds_too_much_to_count(
    precious_bucket: Guarded, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr("omics_components.kinds.s3_bucket.deletion._MAX_COUNTED", most)
    put("one")
    put("two")

    count = "more than 2 objects" if most == 2 else "2 objects"
    assert precious_bucket.said().endswith(f"; force_destroy deletes the old one with {count}")


@pytest.mark.parametrize("is_emptied", [False, True])
def test_a_bucket_that_cannot_be_looked_into(
    request: pytest.FixtureRequest, store_emulator: Emulator, is_emptied: bool
) -> None:
    guarded = request.getfixturevalue("precious_bucket" if is_emptied else "bucket")
    refusal = {"code": "AccessDenied", "status": 403}
    store_emulator.faults.add({"operation": "s3:ListObjectVersions", **refusal})

    then = (
        "force_destroy deletes all of it"
        if is_emptied
        else "a bucket that is not empty is not deleted"
    )
    told = (
        f"objects do not pass to the new one; the contents of the old one are unknown, and {then}:"
    )
    assert told in guarded.said()


def test_a_bucket_that_only_says_that_it_is_not_empty(
    store_emulator: Emulator, clock: SharedClock, aws: Aws
) -> None:
    """What fills it may be gone when it is counted; the service's own words stay."""
    handler = S3BucketHandler(aws, clock)
    found = Guarded(handler, bucket="uploads").found
    conflict = {"code": "BucketNotEmpty", "status": 409}
    store_emulator.faults.add({"operation": "s3:DeleteBucket", **conflict})

    with pytest.raises(ResourceConflict) as error:
        handler.delete(found.id, found.state, EngineRequest("reads"))

    assert str(error.value).startswith(
        "deleting S3 bucket (uploads): BucketNotEmpty: it is not empty. Delete "
    )


def test_a_bucket_whose_tags_nobody_may_read_is_not_taken_for_ours(
    store_emulator: Emulator, clock: SharedClock, aws: Aws
) -> None:
    boto3.client("s3", region_name=REGION).create_bucket(Bucket="uploads")
    refusal = {"code": "AccessDenied", "status": 403}
    store_emulator.faults.add({"operation": "s3:GetBucketTagging", **refusal})

    with pytest.raises(AlreadyExists, match="it was left as it is"):
        Guarded(S3BucketHandler(aws, clock), bucket="uploads")


def test_a_store_that_holds_read_sets(
    store_emulator: Emulator, clock: SharedClock, aws: Aws
) -> None:
    store = Guarded(SequenceStoreHandler(aws, clock), name="reads")
    for count in ("1 read set (1 ACTIVE)", "2 read sets (2 ACTIVE)"):
        store_emulator.put_read_sets(store.found.id.rpartition("/")[2], 1)
        assert store.refused() == (
            f"replacing sequence store (reads, {store.found.id}): it holds {count}. "
            + TO_DO_FIRST.format("store")
        )


@pytest.mark.parametrize("is_emptied", [False, True])
def test_a_store_that_cannot_be_looked_into(
    store_emulator: Emulator, clock: SharedClock, aws: Aws, is_emptied: bool
) -> None:
    store = Guarded(SequenceStoreHandler(aws, clock), name="reads", forceDestroy=is_emptied)
    refusal = {"code": "AccessDeniedException", "status": 403}
    store_emulator.faults.add({"operation": "ListReadSets", **refusal})

    then = (
        "force_destroy deletes all of it"
        if is_emptied
        else "a store that holds read sets is not deleted"
    )
    assert (
        f"replaces sequence store reads ({store.found.id}) because {BECAUSE}: read sets, ARN and "
        f"S3 URI do not pass to the new one; the contents of the old one are unknown, and {then}:"
    ) in store.said()


@pytest.mark.parametrize("count", [0, 3])
def test_a_store_that_is_emptied(
    store_emulator: Emulator, clock: SharedClock, aws: Aws, count: int
) -> None:
    store = Guarded(SequenceStoreHandler(aws, clock), name="reads", forceDestroy=True)
    if count:
        store_emulator.put_read_sets(store.found.id.rpartition("/")[2], count)

    held = "force_destroy deletes the old one with 3 read sets (3 ACTIVE)"
    assert store.said().endswith(f"; {held if count else 'the old one holds no read sets'}")


@pytest.mark.parametrize("most", [2, 3])
def test_a_store_that_holds_too_much_to_count(
    store_emulator: Emulator,
    clock: SharedClock,
    aws: Aws,
    monkeypatch: pytest.MonkeyPatch,
    most: int,
) -> None:
    monkeypatch.setattr("omics_components.kinds.sequence_store.deletion._MAX_COUNTED", most)
    store = Guarded(SequenceStoreHandler(aws, clock), name="reads", forceDestroy=True)
    store_emulator.put_read_sets(store.found.id.rpartition("/")[2], 2)

    count = "at least 2" if most == 2 else "2"
    assert f"with {count} read sets (" in store.said()


def test_a_bucket_that_is_busy_is_not_emptied(
    store_emulator: Emulator, clock: SharedClock, aws: Aws
) -> None:
    handler = S3BucketHandler(aws, clock)
    found = Guarded(handler, bucket="uploads", forceDestroy=True).found
    put("one")
    busy = {"code": "OperationAborted", "status": 409}
    store_emulator.faults.add({"operation": "s3:DeleteBucket", **busy})

    with pytest.raises(ResourceConflict, match="OperationAborted"):
        handler.delete(found.id, found.state, EngineRequest("reads"))

    assert "s3:DeleteObjects" not in store_emulator.calls.names()


def test_without_a_region_nothing_is_made(aws: Aws) -> None:
    with pytest.raises(InvalidRequest, match=r"has no region\. Set aws:region\."):
        SequenceStoreHandler(aws).create(SequenceStoreInputs(name="reads"), EngineRequest("reads"))


def test_with_credentials_of_another_account_no_store_is_gone(
    store_emulator: Emulator,  # noqa: ARG001 it must answer
    clock: SharedClock,
    aws: Aws,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = Guarded(SequenceStoreHandler(aws, clock), name="reads")
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "999922223333")
    store.handler = SequenceStoreHandler(Aws(AwsSettings(region=REGION)), clock)

    assert store.said().endswith(
        "; the contents of the old one are unknown, and a store that holds read sets is not "
        "deleted: the store belongs to account 123456789012, but the credentials to account "
        "999922223333: whether it exists is unknown. Check the credentials in the environment, or "
        "aws:profile and aws:assumeRoles of the stack."
    )


MAY = "sseConfig may change"
SO = ", so the update will fail if it would replace it"


def test_a_store_that_may_be_replaced_is_told_of_and_not_refused(
    store_emulator: Emulator, clock: SharedClock, aws: Aws
) -> None:
    store = Guarded(SequenceStoreHandler(aws, clock), name="reads")
    store_emulator.put_read_sets(store.found.id.rpartition("/")[2], 3)

    assert store.said(MAY, is_certain=False) == (
        f"may replace sequence store reads ({store.found.id}) because {MAY}: read sets, ARN and "
        f"S3 URI do not pass to the new one; it holds 3 read sets (3 ACTIVE){SO}"
    )


def test_a_bucket_that_may_be_replaced_is_told_of_and_not_refused(bucket: Guarded) -> None:
    put("one")

    assert bucket.said(MAY, is_certain=False) == (
        f"may replace S3 bucket uploads because {MAY}: objects do not pass to the new one; "
        f"it holds 1 objects{SO}"
    )


def test_a_key_and_a_policy_that_may_be_replaced_say_so(
    store_emulator: Emulator,  # noqa: ARG001 it must answer
    clock: SharedClock,
    aws: Aws,
) -> None:
    key = Guarded(KmsKeyHandler(aws, clock))
    store = Guarded(SequenceStoreHandler(aws, clock), name="reads").found.id
    policy = Guarded(S3AccessPolicyHandler(aws), sequenceStoreArn=store, readers=[])

    assert key.said(MAY, is_certain=False).startswith("may replace KMS key (")
    assert policy.said(MAY, is_certain=False).startswith("may replace S3 access policy (")


@pytest.mark.parametrize("is_certain", [True, False])
@pytest.mark.parametrize(
    "fault",
    [
        {"code": "AccessDeniedException", "status": 403},
        {"code": "ExpiredTokenException", "status": 403},
        {"code": "ThrottlingException", "status": 429},
        {"code": "InternalServerException", "status": 500},
        {"code": "ConflictException", "status": 409},
        {"code": "ValidationException", "status": 400},
        {"action": "drop"},
        {"action": "body", "body": "[]"},
        {"action": "body", "body": '{"message": null}', "status": 403},
    ],
    ids=str,
)
def test_what_keeps_aws_from_answering_is_told_and_refuses_nothing(
    store_emulator: Emulator,
    clock: SharedClock,
    aws: Aws,
    fault: dict[str, Any],
    is_certain: bool,
) -> None:
    store = Guarded(SequenceStoreHandler(aws, clock), name="reads")
    bucket = Guarded(S3BucketHandler(aws, clock), bucket="uploads")
    store_emulator.faults.add({"operation": "ListReadSets", **fault})
    store_emulator.faults.add({"operation": "s3:ListObjectVersions", **fault})

    for guarded in (store, bucket):
        told = guarded.said(is_certain=is_certain)
        assert "; the contents of the old one are unknown, and a " in told
        assert "\n" not in told
