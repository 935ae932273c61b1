"""A resource that names a region lives there from first to last, wherever the stack is."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from pulumi.dynamic import Config, ConfigureRequest

from omics_components.aws.client import Aws
from omics_components.aws.settings import AwsSettings
from omics_components.emulator import Emulator
from omics_components.errors import InvalidCredentials, ResourceConflict
from omics_components.kinds.kms_key.handler import KmsKeyHandler
from omics_components.kinds.s3_access_policy.handler import S3AccessPolicyHandler
from omics_components.kinds.s3_bucket.handler import S3BucketHandler
from omics_components.kinds.s3_bucket.model import S3BucketState
from omics_components.kinds.sequence_store.handler import SequenceStoreHandler
from omics_components.lifecycle.handler import EngineRequest
from omics_components.lookups.find_store import find_sequence_store
from omics_components.lookups.models.sequence_store import SequenceStoreKey
from omics_components.providers import SequenceStoreProvider
from omics_components.schema.owner_tag import Claim, OwnerTag
from tests.unit.conftest import SharedClock

HOME, AWAY = "us-east-1", "eu-west-1"
ACCOUNT, STRANGER = "123456789012", "999999999999"
READER = "arn:aws:iam::111122223333:role/reader"
OTHERS = OwnerTag.draw(Claim.of("other", principal="p", create_only={}, generation=0))


@pytest.fixture
def aws() -> Aws:
    return Aws(AwsSettings(region=HOME, max_retries=0))


def made(handler: Any, **inputs: object) -> Any:
    """Create a resource away from home."""
    desired = handler.check({}, {"region": AWAY, **inputs}, ()).inputs
    return handler.create(desired, EngineRequest("reads"))


def live_through(handler: Any, found: Any, reference: str, **changes: object) -> None:
    """Name, read, tag, change and replace a resource, and in the end delete it."""
    desired = handler.check({}, {"region": AWAY, **changes}, ()).inputs
    assert handler.id_of(reference, desired) == found.id
    handler.write_owner(found.id, found.state, OTHERS)
    assert handler.read_owner(found.id, found.state) == OTHERS
    seen = handler.read(found.id, found.state)
    assert seen.owner == OTHERS
    state = handler.update(found.id, seen.state, desired, EngineRequest("reads"))
    handler.check_replacement(found.id, state, "of a test", EngineRequest("reads"))
    handler.delete(found.id, handler.read(found.id, state).state, EngineRequest("reads"))


def require_not_taken_for_gone(handler: Any, found: Any, foreign: str, what: str) -> None:
    """Another account's resource is not there for us, and that says nothing about it."""
    steps: tuple[Callable[[], object], ...] = (
        lambda: handler.read(foreign, found.state),
        lambda: handler.delete(foreign, found.state, EngineRequest("reads")),
    )
    for step in steps:
        with pytest.raises(InvalidCredentials) as error:
            step()
        said = f"{what} belongs to account {STRANGER}, but the credentials to account {ACCOUNT}"
        assert said in str(error.value)


def require_all_were_away(emulator: Emulator) -> None:
    assert emulator.calls
    seen = {(call.name, call.region) for call in emulator.calls}
    assert {region for _, region in seen} == {AWAY}, seen


def test_a_key(store_emulator: Emulator, clock: SharedClock, aws: Aws) -> None:
    handler = KmsKeyHandler(aws, clock)
    found = made(handler, alias="alias/reads")

    foreign = f"arn:aws:kms:{AWAY}:{STRANGER}:key/00000000-1111-2222-3333-444444444444"
    require_not_taken_for_gone(handler, found, foreign, "the key")
    live_through(handler, found, found.id.rpartition("/")[2], alias="alias/other", tags={"a": "1"})

    require_all_were_away(store_emulator)


def test_a_key_that_a_store_there_needs(
    store_emulator: Emulator, clock: SharedClock, aws: Aws
) -> None:
    handler = KmsKeyHandler(aws, clock)
    key = made(handler)
    sse = {"type": "KMS", "keyArn": key.id}
    made(SequenceStoreHandler(aws, clock), name="reads", sseConfig=sse)

    with pytest.raises(ResourceConflict, match="reads"):
        handler.delete(key.id, key.state, EngineRequest("reads"))

    require_all_were_away(store_emulator)


def test_a_store(store_emulator: Emulator, clock: SharedClock, aws: Aws) -> None:
    handler = SequenceStoreHandler(aws, clock)
    store_emulator.configure(creating_s=3)
    found = made(handler, name="reads")
    number = found.id.rpartition("/")[2]

    busy = {"code": "ConflictException", "status": 409, "calls": [1]}
    store_emulator.faults.add({"operation": "UpdateSequenceStore", **busy})
    foreign = found.id.replace(ACCOUNT, STRANGER).replace(number, number[::-1])
    require_not_taken_for_gone(handler, found, foreign, "the store")
    live_through(handler, found, number, name="other", tags={"a": "1"})

    require_all_were_away(store_emulator)


def test_a_bucket(store_emulator: Emulator, clock: SharedClock, aws: Aws) -> None:
    handler = S3BucketHandler(aws, clock)
    found = made(handler, bucket="uploads")

    live_through(handler, found, "arn:aws:s3:::uploads", bucket="uploads", tags={"a": "1"})

    # Where a bucket is must be asked somewhere, and at home it can be.
    asking = {"s3:GetBucketLocation", "sts:GetCallerIdentity"}
    seen = {(call.name, call.region) for call in store_emulator.calls}
    assert {region for name, region in seen if name not in asking} == {AWAY}, seen


def test_an_access_policy(store_emulator: Emulator, clock: SharedClock, aws: Aws) -> None:
    store = made(SequenceStoreHandler(aws, clock), name="reads")
    handler = S3AccessPolicyHandler(aws)
    desired = handler.check({}, {"sequenceStoreArn": store.id, "readers": [READER]}, ()).inputs
    found = handler.create(desired, EngineRequest("reads"))

    changed = handler.check({}, {"sequenceStoreArn": store.id, "readers": []}, ()).inputs
    foreign = found.id.replace(ACCOUNT, STRANGER)
    theirs = found.state.model_copy(update={"sequence_store_arn": None})
    others = dataclasses.replace(found, state=theirs)
    require_not_taken_for_gone(handler, others, foreign, "the sequence store")
    handler.write_owner(found.id, found.state, OTHERS)
    assert handler.read_owner(found.id, found.state) == OTHERS
    state = handler.update(found.id, found.state, changed, EngineRequest("reads", owner=OTHERS))
    seen = handler.read(found.id, state)
    assert seen is not None
    assert seen.owner == OTHERS
    handler.delete(found.id, seen.state, EngineRequest("reads"))

    require_all_were_away(store_emulator)


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Aws]:
    """Return ways into AWS that know of no region, and have called nothing yet."""
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(variable)
    return lambda: Aws(AwsSettings(max_retries=0))


def test_the_owner_of_a_bucket_is_written_where_it_is_whatever_the_stack_says(
    store_emulator: Emulator,  # noqa: ARG001 it must answer
    clock: SharedClock,
    aws: Aws,
    nowhere: Callable[[], Aws],
) -> None:
    found = made(S3BucketHandler(aws, clock), bucket="uploads")
    handler = S3BucketHandler(nowhere(), clock)

    handler.write_owner(found.id, S3BucketState(), OTHERS)

    assert handler.read_owner(found.id, S3BucketState()) == OTHERS
    assert handler.read_owner(found.id, found.state) == OTHERS


@pytest.mark.parametrize(
    ("kind", "bare"),
    [(KmsKeyHandler, "00000000-1111-2222-3333-444444444444"), (SequenceStoreHandler, "1234567890")],
)
def test_a_bare_id_is_one_of_the_region_that_the_program_names(
    store_emulator: Emulator, nowhere: Callable[[], Aws], kind: type[Any], bare: str
) -> None:
    handler = kind(nowhere())
    desired = handler.check({}, {"region": AWAY, "name": "reads"}, ()).inputs

    assert f":{AWAY}:{ACCOUNT}:" in handler.id_of(bare, desired)

    require_all_were_away(store_emulator)


@pytest.mark.parametrize(
    ("kind", "foreign", "what"),
    [
        (KmsKeyHandler, "kms:{}:key/00000000-1111-2222-3333-444444444444", "the key"),
        (SequenceStoreHandler, "omics:{}:sequenceStore/1234567890", "the store"),
    ],
)
def test_whose_it_is_is_asked_where_it_is(
    store_emulator: Emulator, nowhere: Callable[[], Aws], kind: type[Any], foreign: str, what: str
) -> None:
    arn = f"arn:aws:{foreign.format(f'{AWAY}:{STRANGER}')}"

    with pytest.raises(InvalidCredentials, match=f"{what} belongs to account {STRANGER}"):
        kind(nowhere()).read(arn, kind.state_type(arn=arn))

    require_all_were_away(store_emulator)


def test_a_lookup_asks_where_the_store_is(
    store_emulator: Emulator, nowhere: Callable[[], Aws]
) -> None:
    arn = f"arn:aws:omics:{AWAY}:{STRANGER}:sequenceStore/1234567890"

    with pytest.raises(InvalidCredentials, match=f"the store belongs to account {STRANGER}"):
        find_sequence_store(nowhere(), AWAY, SequenceStoreKey(arn=arn))

    require_all_were_away(store_emulator)


def test_a_bucket_of_another_account_is_not_taken_for_gone(
    store_emulator: Emulator,  # noqa: ARG001 it must answer
    clock: SharedClock,
    aws: Aws,
    nowhere: Callable[[], Aws],
) -> None:
    found = made(S3BucketHandler(aws, clock), bucket="uploads")
    theirs = found.state.model_copy(update={"account_id": STRANGER})
    others = dataclasses.replace(found, state=theirs)

    handler = S3BucketHandler(nowhere(), clock)
    require_not_taken_for_gone(handler, others, "not-there", "the bucket")


@pytest.mark.usefixtures("nowhere")
def test_a_renaming_is_written_where_the_store_is(
    store_emulator: Emulator, clock: SharedClock, aws: Aws
) -> None:
    found = made(SequenceStoreHandler(aws, clock), name="reads")
    bag = {**found.state.to_wire(), "__owner": str(found.owner)}
    store_emulator.calls.clear()
    provider = SequenceStoreProvider()
    provider.configure(ConfigureRequest(Config({}, "lab")))

    inputs = {"region": AWAY, "name": "reads", "__identity": "s|lab|urn:new"}
    after = provider.update(found.id, {**bag, "__identity": "s|lab|urn:old"}, inputs).outs

    assert after is not None
    assert after["__owner"] != str(found.owner)
    require_all_were_away(store_emulator)
