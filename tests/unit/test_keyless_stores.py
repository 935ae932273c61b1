"""Stores that were created without a key: AWS may report its own key, or nothing (ADR 17)."""

from collections.abc import Callable
from typing import Any

import pytest

from omics_components.aws.client import Aws
from omics_components.aws.settings import AwsSettings
from omics_components.emulator import Emulator
from omics_components.errors import ResourceConflict
from omics_components.kinds.sequence_store.handler import SequenceStoreHandler
from omics_components.kinds.sequence_store.model import SequenceStoreInputs, SequenceStoreState
from omics_components.lifecycle.adoption import adopt
from omics_components.lifecycle.handler import EngineRequest
from omics_components.schema.owner_tag import OWNER_TAG
from tests.unit.conftest import SharedClock

ACCOUNT = "123456789012"
KEY_ID = "11111111-2222-3333-4444-555555555555"
SERVICE_KEY = f"arn:aws:kms:us-east-1:559620149354:key/{KEY_ID}"
OWN_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{KEY_ID}"
OTHER_OWN_KEY = f"{OWN_KEY}6"
CENTRAL_KEY = f"arn:aws:kms:us-east-1:111122223333:key/{KEY_ID}"
"""A key of the user's own, in another account of theirs."""

DIFFS: dict[str, tuple[str | None, str | None, bool]] = {
    "AWS reports nothing": (None, None, False),
    "AWS chose a key": (SERVICE_KEY, None, False),
    "AWS calls its key by another word": ("AWS_OWNED_KMS_KEY", None, False),
    "AWS reports an alias of its own": (SERVICE_KEY.replace(":key/", ":alias/"), None, False),
    "an AWS managed key": (f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/aws/omics", None, False),
    "an alias of the account": (f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/lab", None, True),
    "the program names the key that AWS chose": (SERVICE_KEY, SERVICE_KEY, False),
    "a key where AWS chose one": (SERVICE_KEY, OWN_KEY, True),
    "a key of another account where AWS chose one": (SERVICE_KEY, CENTRAL_KEY, True),
    "a key where nothing is recorded": (None, OWN_KEY, True),
    "a key of another account where nothing is recorded": (None, CENTRAL_KEY, True),
    "an own key": (OWN_KEY, OWN_KEY, False),
    "an own key removed": (OWN_KEY, None, True),
    "another own key": (OWN_KEY, OTHER_OWN_KEY, True),
    "a key of another account": (CENTRAL_KEY, CENTRAL_KEY, False),
    "an own key in place of one of another account": (CENTRAL_KEY, OWN_KEY, True),
    "a key of another account in place of an own one": (OWN_KEY, CENTRAL_KEY, True),
    "a key of another account removed": (CENTRAL_KEY, None, False),  # in doubt, keep the store
}
PARTITIONS = {"us-east-1": "aws", "us-gov-west-1": "aws-us-gov", "cn-north-1": "aws-cn"}


@pytest.fixture(params=[True, False], ids=["AWS reports its key", "AWS reports nothing"])
def either_emulator(request: pytest.FixtureRequest, store_emulator: Emulator) -> Emulator:
    """The emulator with each of the answers that AWS may give."""
    store_emulator.configure(assume={} if request.param else {"keyless-store-key": "as-given"})
    return store_emulator


MakeHandler = Callable[[], SequenceStoreHandler]


@pytest.fixture
def new_process(clock: SharedClock) -> MakeHandler:
    """Make a handler that remembers nothing of the others."""
    return lambda: SequenceStoreHandler(Aws(AwsSettings(max_retries=0)), clock)


def encryption(key_arn: str | None) -> dict[str, Any]:
    return {"sseConfig": {"type": "KMS", "keyArn": key_arn}} if key_arn else {}


def checked(handler: SequenceStoreHandler, **wire: Any) -> SequenceStoreInputs:
    validation = handler.check({}, {"name": "reads", "region": "us-east-1", **wire}, ())
    assert validation.failures == ()
    return validation.inputs


@pytest.mark.parametrize("region", PARTITIONS)
@pytest.mark.parametrize(("recorded", "declared", "replaces"), DIFFS.values(), ids=DIFFS.keys())
def test_only_a_key_that_somebody_named_is_a_difference(
    recorded: str | None, declared: str | None, replaces: bool, region: str
) -> None:
    handler = SequenceStoreHandler(Aws(AwsSettings()))  # a diff calls nothing

    def there(key_arn: str | None) -> dict[str, Any]:
        text = key_arn and key_arn.replace("arn:aws:", f"arn:{PARTITIONS[region]}:")
        return encryption(text and text.replace("us-east-1", region))

    arn = f"arn:{PARTITIONS[region]}:omics:{region}:{ACCOUNT}:sequenceStore/1234567890"
    state = SequenceStoreState.from_wire({"name": "reads", "region": region, **there(recorded)})
    desired = checked(handler, region=region, **there(declared))

    found = handler.diff(arn, state, desired, ())

    assert found.changed == found.replaces == (("sse_config",) if replaces else ())


def test_another_change_beside_the_key_that_aws_chose_is_the_only_one() -> None:
    handler = SequenceStoreHandler(Aws(AwsSettings()))
    state = SequenceStoreState.from_wire(
        {"name": "reads", "region": "us-east-1", **encryption(SERVICE_KEY)}
    )
    arn = f"arn:aws:omics:us-east-1:{ACCOUNT}:sequenceStore/1234567890"

    found = handler.diff(arn, state, checked(handler, description="Reads"), ())

    assert (found.changed, found.replaces) == (("description",), ())


@pytest.mark.parametrize("declared", [{}, {"sseConfig": {"type": "KMS"}}, {"sseConfig": {}}])
def test_a_store_without_a_key_is_the_same_in_both_worlds(
    handler: SequenceStoreHandler,
    either_emulator: Emulator,  # noqa: ARG001 its answers differ
    declared: dict[str, Any],
) -> None:
    desired = checked(handler, **declared)
    made = handler.create(desired, EngineRequest())
    read, looked_at = handler.read(made.id, made.state), handler.read(made.id, None)

    assert made.inputs == desired
    assert made.state.sse_config is None
    assert read == made
    assert looked_at is not None
    assert looked_at.inputs == desired
    assert looked_at.state == made.state
    assert not handler.diff(made.id, made.state, desired, ())
    changed = checked(handler, description="Reads", **declared)
    state = handler.update(made.id, made.state, changed, EngineRequest())
    assert (state.description, state.sse_config) == ("Reads", None)


def test_a_state_that_holds_the_key_of_aws_is_no_change_and_an_update_corrects_it(
    handler: SequenceStoreHandler,
) -> None:
    desired = checked(handler)
    made = handler.create(desired, EngineRequest())
    reported = handler._aws.omics("us-east-1").get_sequence_store(id=made.id[-10:])["sseConfig"]
    assert reported["keyArn"].split(":")[4] != ACCOUNT
    recorded = SequenceStoreState.from_wire({**made.state.to_wire(), "sseConfig": reported})

    refreshed = handler.read(made.id, recorded)

    assert not handler.diff(made.id, recorded, desired, ())
    assert refreshed is not None
    assert not handler.diff(made.id, refreshed.state, desired, ())
    state = handler.update(
        made.id, recorded, checked(handler, description="Reads"), EngineRequest()
    )
    assert state.sse_config is None


@pytest.mark.parametrize("key_arn", [OWN_KEY, CENTRAL_KEY])
def test_a_key_that_the_program_names_is_recorded_refreshed_and_compared(
    handler: SequenceStoreHandler,
    either_emulator: Emulator,  # noqa: ARG001 its answers differ
    key_arn: str,
) -> None:
    desired = checked(handler, **encryption(key_arn))
    made = handler.create(desired, EngineRequest())

    refreshed = handler.read(made.id, made.state)

    assert refreshed == made
    assert made.inputs == desired
    assert made.state.to_wire()["sseConfig"] == {"type": "KMS", "keyArn": key_arn}
    assert not handler.diff(made.id, made.state, desired, ())
    other = checked(handler, **encryption(OTHER_OWN_KEY))
    assert handler.diff(made.id, made.state, other, ()).replaces == ("sse_config",)


def test_adoption_takes_a_store_without_a_key_for_what_it_is(
    handler: SequenceStoreHandler, either_emulator: Emulator
) -> None:
    theirs = handler._aws.omics("us-east-1").create_sequence_store(name="reads")["arn"]
    either_emulator.calls.clear()

    adopted = adopt(handler, theirs, checked(handler), EngineRequest("me"), from_others=False)

    assert adopted.state.sse_config is None
    assert "CreateSequenceStore" not in [call.operation for call in either_emulator.calls]
    wrong = checked(handler, **encryption(CENTRAL_KEY))
    with pytest.raises(ResourceConflict, match=f"sse_config: .*'{CENTRAL_KEY}'.* in the program"):
        adopt(handler, theirs, wrong, EngineRequest("me"), from_others=True)


@pytest.mark.parametrize("key_arn", [OWN_KEY, CENTRAL_KEY])
def test_adoption_compares_a_named_key(handler: SequenceStoreHandler, key_arn: str) -> None:
    theirs = handler._aws.omics("us-east-1").create_sequence_store(
        name="reads", sseConfig={"type": "KMS", "keyArn": key_arn}
    )["arn"]
    desired = checked(handler, **encryption(key_arn))

    adopted = adopt(handler, theirs, desired, EngineRequest("me"), from_others=False)

    assert adopted.inputs == desired
    other = checked(handler, **encryption(OTHER_OWN_KEY))
    with pytest.raises(ResourceConflict, match=rf"'{key_arn}'}} in AWS, .*'{OTHER_OWN_KEY}'"):
        adopt(handler, theirs, other, EngineRequest("me"), from_others=True)


def test_a_store_with_an_own_key_is_not_adopted_as_one_without(
    handler: SequenceStoreHandler,
) -> None:
    theirs = handler._aws.omics("us-east-1").create_sequence_store(
        name="reads", sseConfig={"type": "KMS", "keyArn": OWN_KEY}
    )["arn"]

    with pytest.raises(ResourceConflict, match=f"'{OWN_KEY}'}} in AWS, None in the program"):
        adopt(handler, theirs, checked(handler), EngineRequest("me"), from_others=False)


def test_an_interrupted_creation_is_resumed_and_makes_no_second_store(
    handler: SequenceStoreHandler,
    either_emulator: Emulator,  # noqa: ARG001 its answers differ
    new_process: MakeHandler,
) -> None:
    request = EngineRequest("file://state|organization|urn:pulumi:dev::lab::type::reads")
    omics = handler._aws.omics("us-east-1")
    left = handler.create(checked(handler), request)
    assert left.owner is not None
    omics.tag_resource(resourceArn=left.id, tags={OWNER_TAG: str(left.owner.unfinished)})

    found = new_process().create(checked(handler), request)

    assert found.id == left.id
    assert found.state.sse_config is None
    stores = omics.list_sequence_stores()["sequenceStores"]
    assert [store["arn"] for store in stores] == [found.id]
