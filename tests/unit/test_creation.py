"""What is particular to the creation of each kind; what all kinds share is in ``test_fence``."""

from typing import Any

import boto3
import pytest

from omics_components.aws.client import Aws
from omics_components.aws.settings import AwsSettings
from omics_components.emulator import Emulator
from omics_components.errors import (
    AccessDenied,
    AlreadyExists,
    InitFailed,
    NetworkFailure,
    NotStabilized,
    OmicsComponentsError,
    OwnershipConflict,
    ResourceConflict,
)
from omics_components.kinds.kms_key.handler import KmsKeyHandler
from omics_components.kinds.s3_bucket.creation import reserve_name
from omics_components.kinds.s3_bucket.handler import S3BucketHandler
from omics_components.kinds.sequence_store.handler import SequenceStoreHandler
from omics_components.kinds.sequence_store.model import SequenceStoreInputs
from omics_components.lifecycle.adoption import adopt
from omics_components.lifecycle.fence import require_owner
from omics_components.lifecycle.handler import EngineRequest
from omics_components.schema.owner_tag import OWNER_TAG
from tests.kinds.example import IDENTITY, REGION, Example, Killed, World, kill
from tests.kinds.kms_key.example import EXAMPLE as KEY
from tests.kinds.kms_key.example import keys
from tests.kinds.s3_bucket.example import EXAMPLE as BUCKET
from tests.kinds.sequence_store.example import EXAMPLE as STORE
from tests.unit.conftest import SharedClock


@pytest.fixture
def world(store_emulator: Emulator, clock: SharedClock) -> World:
    return World(store_emulator, clock)


def killed_at(world: World, kind: Example, call: str, **inputs: Any) -> str:
    """Leave what a creation has done that is killed before a call; return its id."""
    before = kind.ids(world)
    with pytest.raises(Killed):
        kind.create(world, hooks={kind.event(call): lambda **_: kill()}, **inputs)
    [left] = kind.ids(world) - before
    return left


def test_one_that_is_still_being_made_is_waited_for(world: World) -> None:
    left = world.interrupt_store()
    world.emulator.plan_status([("UPDATING", 3600), ("ACTIVE",)], on="update")
    world.omics.update_sequence_store(id=left.rpartition("/")[2], description="x")

    with pytest.raises(InitFailed, match="it is still UPDATING") as caught:
        world.store()

    assert caught.value.found.id == left


def test_one_that_is_still_being_created_is_waited_for(world: World) -> None:
    world.emulator.configure(creating_s=30)
    left = killed_at(world, STORE, "GetSequenceStore")

    found = world.store()

    assert (found.id, found.state.status) == (left, "ACTIVE")
    assert world.stores() == [left]


def test_one_that_does_not_become_active_in_time_is_handed_to_the_state(world: World) -> None:
    world.emulator.configure(creating_s=3600)
    left = killed_at(world, STORE, "GetSequenceStore")

    with pytest.raises(InitFailed, match="still CREATING") as incomplete:
        world.store()

    assert incomplete.value.found.id == left
    assert incomplete.value.found.owner == world.owner(left).finished


def test_one_whose_name_was_changed_meanwhile_is_not_found_and_stays_unfinished(
    world: World,
) -> None:
    """The look is bounded: stores of other names are not asked. Commands see that it is left."""
    left = world.interrupt_store()

    found = world.store(name="renamed")

    assert found.id != left
    assert world.owner(left).is_unfinished


def test_only_stores_of_the_name_are_asked_for_their_tags(world: World) -> None:
    for name in ("old", "reads", "Reads"):
        world.omics.create_sequence_store(name=name)
    world.later(1)
    world.emulator.calls.clear()

    made = world.store()

    asked = {
        call.parameters["resourceArn"]
        for call in world.emulator.calls
        if call.operation == "ListTagsForResource"
    }
    stores = world.omics.list_sequence_stores()["sequenceStores"]
    assert made.id in asked
    assert sorted(store["name"] for store in stores if store["arn"] in asked) == ["reads", "reads"]


def test_the_tag_of_a_listed_store_is_read_once(world: World, clock: SharedClock) -> None:
    theirs = world.omics.create_sequence_store(name="reads")["arn"]
    world.later(1)
    handler = SequenceStoreHandler(Aws(AwsSettings()), clock)
    world.emulator.calls.clear()

    for identity in ("one", "two"):
        inputs = SequenceStoreInputs(name="reads", region="us-east-1")
        handler.create(inputs, EngineRequest(identity))

    asked = [
        call.parameters["resourceArn"]
        for call in world.emulator.calls
        if call.operation == "ListTagsForResource"
    ]
    assert asked.count(theirs) == 1


def test_the_response_for_a_store_that_is_gone_is_not_given_again(world: World) -> None:
    """A client token gives the store for ever that was first created with it: each is new."""
    gone = world.store()
    world.later(1)
    world.omics.delete_sequence_store(id=gone.id.rpartition("/")[2])
    world.later(1)

    found = world.store()

    assert world.stores() == [found.id] != [gone.id]
    tokens = [
        call.parameters["clientToken"]
        for call in world.emulator.calls
        if call.operation == "CreateSequenceStore"
    ]
    assert len(set(tokens)) == 2


def test_without_an_identity_each_creation_is_one_of_its_own(world: World) -> None:
    assert world.store(identity="").id != world.store(identity="").id


def test_an_unfinished_store_that_failed_is_deleted_and_another_is_created(world: World) -> None:
    world.emulator.plan_status([("CREATING", 1), ("FAILED", "no key")])
    world.emulator.faults.add({"operation": "DeleteSequenceStore", "code": "AccessDeniedException"})
    world.emulator.faults.add({"operation": "TagResource", "code": "AccessDeniedException"})
    with pytest.raises(InitFailed, match="FAILED: no key") as caught:
        world.store()
    world.emulator.faults.clear()

    found = world.store()

    assert world.stores() == [found.id] != [caught.value.found.id]


def test_a_store_that_fails_each_time_is_an_error_each_time(world: World) -> None:
    for _ in range(2):
        world.emulator.plan_status([("CREATING", 1), ("FAILED", "no key")])
        world.later(1)
        with pytest.raises(NotStabilized, match=r"FAILED: no key\. It was deleted again"):
            world.store()

    assert world.stores() == []


UNSEEN = {"code": "ResourceNotFoundException", "status": 404}


@pytest.mark.parametrize("times", [1, 12])
def test_a_new_store_that_is_not_seen_yet_is_waited_for(world: World, times: int) -> None:
    world.emulator.faults.add({"operation": "GetSequenceStore", **UNSEEN, "times": times})

    found = world.store()

    assert found.generation == 0
    assert world.stores() == [found.id]


def test_a_new_store_that_is_never_seen_is_handed_to_the_state(world: World) -> None:
    world.emulator.faults.add({"operation": "GetSequenceStore", **UNSEEN})

    with pytest.raises(InitFailed) as caught:
        world.store()

    assert world.stores() == [caught.value.found.id]


def test_of_several_unfinished_generations_the_last_is_resumed(world: World) -> None:
    """Of what a forced replacement replaces, or a creation left that came further, no one knows."""
    left = [world.interrupt_store(generation=number) for number in (0, 1, 3)]

    found = world.store()

    assert (found.id, found.generation) == (left[2], 3)
    assert sorted(world.stores()) == sorted(left)


def test_a_finished_one_of_a_later_generation_is_named(world: World) -> None:
    world.interrupt_store()
    later = world.store(generation=2)

    with pytest.raises(AlreadyExists, match=f"{later.id} of this declaration is finished"):
        world.store()


def test_a_store_that_could_not_be_finished_knows_its_generation(world: World) -> None:
    world.emulator.faults.add({"operation": "ListTagsForResource", "code": "AccessDeniedException"})

    with pytest.raises(InitFailed) as caught:
        world.store(generation=3)

    assert caught.value.found.generation == 3


def test_a_description_that_the_program_took_away_meanwhile_is_named(world: World) -> None:
    left = world.interrupt_store(description="Old words")

    with pytest.raises(
        InitFailed, match=r"cannot be removed once it is set \(it is 'Old words'\)"
    ) as e:
        world.store()

    assert e.value.found.id == left
    assert "omics:UpdateSequenceStore" not in world.emulator.calls.names()


def test_an_error_after_the_store_was_made_hands_it_over(world: World) -> None:
    world.emulator.faults.add({"operation": "ListTagsForResource", "code": "AccessDeniedException"})

    with pytest.raises(InitFailed) as caught:
        world.store(tags={"team": "genomics"})

    text = str(caught.value)
    assert world.stores() == [caught.value.found.id]
    assert caught.value.found.state.tags == {"team": "genomics"}
    assert caught.value.found.owner
    assert text.startswith(
        f"creating sequence store (reads, {caught.value.found.id}): AccessDenied"
    )
    assert "It exists, and the next update resumes it. Give the caller's role" in text


@pytest.fixture
def kms(world: World) -> Any:  # noqa: ARG001 it must answer
    return boto3.client("kms", region_name=REGION)


@pytest.mark.parametrize("alias", ["alias/reads", None], ids=["by its alias", "by its tag"])
def test_a_key_is_found_again(world: World, kms: Any, alias: str | None) -> None:
    left = world.interrupt(KmsKeyHandler, alias=alias)
    if alias:
        world.emulator.faults.add(
            {
                "operation": "tagging:GetResources",
                "action": "body",
                "body": '{"ResourceTagMappingList": []}',
                "content_type": "application/x-amz-json-1.1",
                "status": 200,
            }
        )

    found = world.create(KmsKeyHandler, alias=alias, description="Of reads")

    world.emulator.faults.clear()
    assert found.id == left
    assert keys() == [left]
    assert kms.describe_key(KeyId=left)["KeyMetadata"]["Description"] == "Of reads"


def test_a_key_without_its_alias_gets_it(world: World, kms: Any) -> None:
    left = world.interrupt(KmsKeyHandler, alias="alias/reads")
    kms.delete_alias(AliasName="alias/reads")

    found = world.create(KmsKeyHandler, alias="alias/reads")

    assert keys() == [found.id] == [left]
    assert [item["AliasName"] for item in kms.list_aliases(KeyId=found.id)["Aliases"]] == [
        "alias/reads"
    ]
    assert world.said == [f"resuming the interrupted creation of KMS key {found.id}"]


def test_a_key_that_no_index_shows_yet_is_not_found_and_stays_unfinished(world: World) -> None:
    """Where the look ends; commands see that it is left."""
    left = killed_at(world, KEY, "CreateAlias")
    nothing = {"body": '{"ResourceTagMappingList": []}', "status": 200, "action": "body"}
    content_type = "application/x-amz-json-1.1"
    world.emulator.faults.add(
        {"operation": "tagging:GetResources", **nothing, "content_type": content_type}
    )

    found = KEY.create(world)

    assert found.id != left
    assert KEY.owner(world, left).is_unfinished


def test_a_key_whose_alias_another_key_has_is_not_created(world: World) -> None:
    theirs = KEY.create(world, identity="theirs")

    with pytest.raises(AlreadyExists, match=f"alias/reads points to {theirs.id}"):
        KEY.create(world)

    assert keys() == [theirs.id]


@pytest.mark.parametrize("is_finished", [True, False])
def test_a_key_that_is_scheduled_for_deletion_is_passed_over(
    world: World, kms: Any, *, is_finished: bool
) -> None:
    gone = world.create(KmsKeyHandler).id if is_finished else world.interrupt(KmsKeyHandler)
    kms.schedule_key_deletion(KeyId=gone.rpartition("/")[2])

    found = world.create(KmsKeyHandler)

    assert sorted(keys()) == sorted([gone, found.id])


def test_a_key_that_another_declaration_took_over_is_left_to_it(world: World) -> None:
    taken = world.interrupt(KmsKeyHandler)
    handler = KmsKeyHandler(Aws(AwsSettings(region=REGION)), world.clock)
    inputs = handler.check({}, {}, ()).inputs
    adopt(
        handler,
        taken,
        inputs,
        EngineRequest(f"{IDENTITY}/new"),
        from_others=True,
    )

    found = handler.create(inputs, EngineRequest(IDENTITY, info=world.said.append))

    assert sorted(keys()) == sorted([taken, found.id])
    assert world.said == []


def test_a_key_that_lost_its_owner_tag_meanwhile_is_nobodys(world: World, kms: Any) -> None:
    left = world.interrupt(KmsKeyHandler)
    handler = KmsKeyHandler(Aws(AwsSettings(region=REGION)), world.clock)
    inputs = handler.check({}, {}, ()).inputs
    handler.create(inputs, EngineRequest(f"{IDENTITY}/seen"))
    kms.untag_resource(KeyId=left, TagKeys=[OWNER_TAG])

    assert handler.create(inputs, EngineRequest(IDENTITY)).id != left
    assert KEY.tag(world, left) is None


def test_a_key_that_is_listed_but_not_seen_yet_is_waited_for(world: World) -> None:
    """It has no alias, so no call looks at the alias."""
    world.emulator.faults.add({"operation": "kms:CreateKey", "action": "drop", "when": "after"})
    unseen = {"code": "NotFoundException", "status": 400, "times": 2}
    world.emulator.faults.add({"operation": "kms:DescribeKey", **unseen})

    found = world.create(KmsKeyHandler, retries=5)

    assert (found.generation, keys()) == (0, [found.id])


def test_a_key_whose_deletion_is_refused_keeps_its_alias(world: World, kms: Any) -> None:
    key = world.create(KmsKeyHandler, alias="alias/reads")
    denied = {"code": "AccessDeniedException", "status": 400, "times": 1}
    world.emulator.faults.add({"operation": "kms:ScheduleKeyDeletion", **denied})
    handler = KmsKeyHandler(Aws(AwsSettings(region=REGION)), world.clock)

    with pytest.raises(AccessDenied):
        handler.delete(key.id, key.state, EngineRequest(IDENTITY))
    assert kms.list_aliases(KeyId=key.id)["Aliases"]

    handler.delete(key.id, key.state, EngineRequest(IDENTITY))
    assert not kms.list_aliases(KeyId=key.id)["Aliases"]


def test_create_key_that_never_arrived_is_an_error(world: World) -> None:
    world.emulator.faults.add({"operation": "kms:CreateKey", "action": "drop"})

    with pytest.raises(NetworkFailure):
        world.create(KmsKeyHandler)

    assert keys() == []


def test_a_key_that_encrypts_a_store_is_kept(world: World, kms: Any) -> None:
    key = world.create(KmsKeyHandler, alias="alias/reads", users=["111122223333"])
    handler = KmsKeyHandler(Aws(AwsSettings(region=REGION)), world.clock)
    for used in (key.id, key.id.replace(f"key/{key.id.rpartition('/')[2]}", "alias/reads")):
        sse: Any = {"type": "KMS", "keyArn": used}
        store = world.omics.create_sequence_store(name="theirs", sseConfig=sse)

        with pytest.raises(OmicsComponentsError, match=r"still encrypts theirs \(arn"):
            handler.delete(key.id, key.state, EngineRequest(IDENTITY))

        assert kms.describe_key(KeyId=key.id)["KeyMetadata"]["KeyState"] == "Enabled"
        assert kms.list_aliases(KeyId=key.id)["Aliases"]
        world.later(1)
        world.omics.delete_sequence_store(id=store["id"])
        world.later(1)

    handler.delete(key.id, key.state, EngineRequest(IDENTITY))
    assert kms.describe_key(KeyId=key.id)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_a_key_that_encrypts_many_stores_names_a_few_of_them(world: World, kms: Any) -> None:
    key = world.create(KmsKeyHandler, alias="alias/reads")
    kept = kms.describe_key(KeyId=key.id)["KeyMetadata"]["Arn"]
    world.omics.create_sequence_store(name="unencrypted")
    sse: Any = {"type": "KMS", "keyArn": kept}
    stores = [
        f"s{number} ({world.omics.create_sequence_store(name=f's{number}', sseConfig=sse)['arn']})"
        for number in range(5)
    ]
    handler = KmsKeyHandler(Aws(AwsSettings(region=REGION)), world.clock)

    with pytest.raises(OmicsComponentsError) as error:
        handler.delete(key.id, key.state, EngineRequest(IDENTITY))

    assert str(error.value) == (
        f"deleting KMS key (alias/reads, {key.id}): it still encrypts {', '.join(stores[:3])} and "
        "2 more. Delete those first, or keep the key with the resource option retain_on_delete: "
        "without it, nothing in them can be read again."
    )


def test_a_key_is_let_go_by_stores_that_are_let_go(world: World, kms: Any) -> None:
    key = world.create(KmsKeyHandler)
    world.omics.create_sequence_store(name="unencrypted")
    sse: Any = {"type": "KMS", "keyArn": key.id}
    going = world.omics.create_sequence_store(name="going", sseConfig=sse)
    world.later(1)
    world.emulator.configure(deleting_s=3600)
    world.omics.delete_sequence_store(id=going["id"])
    handler = KmsKeyHandler(Aws(AwsSettings(region=REGION)), world.clock)

    handler.delete(key.id, key.state, EngineRequest(IDENTITY))

    assert kms.describe_key(KeyId=key.id)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_a_new_key_is_read_back_once_kms_shows_it(world: World) -> None:
    """Not seen at first, and then without its alias."""
    unseen = {"code": "NotFoundException", "status": 400, "times": 2}
    world.emulator.faults.add({"operation": "kms:GetKeyPolicy", **unseen})
    world.emulator.faults.add(
        {
            "operation": "kms:ListAliases",
            "action": "body",
            "status": 200,
            "body": '{"Aliases": []}',
            "content_type": "application/x-amz-json-1.1",
            "times": 2,
        }
    )

    found = world.create(KmsKeyHandler, alias="alias/reads")

    assert found.state.alias == "alias/reads"
    assert found.inputs.alias == "alias/reads"


def test_a_key_that_could_not_be_finished_is_recorded_as_it_was_made(world: World) -> None:
    fault = {"code": "KMSInternalException", "status": 500}
    world.emulator.faults.add({"operation": "kms:EnableKeyRotation", **fault})

    with pytest.raises(InitFailed) as incomplete:
        world.create(
            KmsKeyHandler,
            alias="alias/reads",
            description="Of reads",
            enableKeyRotation=True,
            users=["111122223333"],
        )

    state = incomplete.value.found.state
    assert (state.description, state.key_state) == ("Of reads", "Enabled")
    assert (state.alias, state.enable_key_rotation) == ("alias/reads", False)
    assert state.users == ["111122223333"]
    assert "HealthOmicsStorage" in state.policy
    assert str(incomplete.value).startswith(
        f"creating KMS key (alias/reads, {state_id(incomplete)}"
    )


def state_id(incomplete: pytest.ExceptionInfo[InitFailed]) -> str:
    return str(incomplete.value.found.id)


@pytest.mark.parametrize(("region", "is_deleted"), [("us-east-1", False), ("sa-east-1", True)])
def test_a_key_is_deleted_unasked_only_where_there_are_no_stores(
    world: World, region: str, is_deleted: bool
) -> None:
    key = world.create(KmsKeyHandler, region=region)
    world.emulator.faults.add({"operation": "ListSequenceStores", "action": "drop"})
    handler = KmsKeyHandler(Aws(AwsSettings(max_retries=0)), world.clock)

    try:
        handler.delete(key.id, key.state, EngineRequest(IDENTITY))
    except NetworkFailure:
        assert not is_deleted
    else:
        assert is_deleted


@pytest.fixture
def s3(world: World) -> Any:  # noqa: ARG001 it must answer
    return boto3.client("s3", region_name=REGION)


@pytest.mark.parametrize("tags", [{}, {"team": "theirs"}], ids=["bare", "tagged"])
def test_a_bucket_that_no_creation_of_this_library_left_is_left_alone(
    world: World, s3: Any, tags: dict[str, str]
) -> None:
    s3.create_bucket(Bucket="uploads")
    if tags:
        s3.put_bucket_tagging(
            Bucket="uploads", Tagging={"TagSet": [{"Key": k, "Value": v} for k, v in tags.items()]}
        )
    world.emulator.calls.clear()

    with pytest.raises(AlreadyExists, match="there is a bucket of this name already"):
        world.create(S3BucketHandler, bucket="uploads")

    assert all(":Get" in call for call in world.emulator.calls.names())


def test_a_bucket_half_configured_is_resumed(world: World, s3: Any) -> None:
    left = killed_at(world, BUCKET, "PutBucketPolicy")

    found = BUCKET.create(world, tags={"team": "genomics"})

    tags = {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket=left)["TagSet"]}
    assert found.id == left
    assert tags == {"team": "genomics", OWNER_TAG: str(found.owner)}
    assert "DenyWithoutTls" in s3.get_bucket_policy(Bucket=left)["Policy"]
    assert s3.get_bucket_versioning(Bucket=left)["Status"] == "Enabled"


def test_a_bucket_of_another_region_is_not_resumed(world: World) -> None:
    left = BUCKET.interrupt(world)
    before = BUCKET.tag(world, left)

    with pytest.raises(AlreadyExists, match=f"it is in {REGION}"):
        BUCKET.create(world, region="eu-west-1")

    assert BUCKET.tag(world, left) == before


def test_a_bucket_of_another_declaration_is_left_alone(world: World, s3: Any) -> None:
    world.create(S3BucketHandler, bucket="uploads", identity="theirs")
    before = s3.get_bucket_tagging(Bucket="uploads")["TagSet"]

    with pytest.raises(AlreadyExists, match="there is a bucket of this name already"):
        world.create(S3BucketHandler, bucket="uploads")

    assert s3.get_bucket_tagging(Bucket="uploads")["TagSet"] == before


NOT_YET = {"operation": "s3:GetBucketLocation", "code": "NoSuchBucket", "status": 404, "times": 1}
"""What S3 says of a bucket that is made a moment later."""

PUTS = ("s3:PutBucketTagging", "s3:PutBucketPolicy", "s3:PutPublicAccessBlock")


@pytest.mark.parametrize("region", [REGION, "eu-west-1"])
def test_two_resources_of_one_program_cannot_make_one_bucket(world: World, region: str) -> None:
    aws = Aws(AwsSettings(max_retries=0))
    handler = S3BucketHandler(aws, world.clock)
    desired = handler.check({}, {"bucket": "uploads", "region": region}, ()).inputs
    world.emulator.calls.clear()

    with reserve_name(aws, EngineRequest("theirs")) as reserve:
        reserve("uploads")
        with pytest.raises(AlreadyExists, match="another resource of this program makes the"):
            handler.create(desired, EngineRequest(IDENTITY))

    assert not {"s3:CreateBucket", *PUTS} & {*world.emulator.calls.names()}
    assert handler.create(desired, EngineRequest(IDENTITY)).id == "uploads"


@pytest.mark.parametrize("region", [REGION, "eu-west-1"])
def test_a_bucket_that_another_process_makes_meanwhile_is_left_alone(
    world: World, region: str
) -> None:
    """In us-east-1, S3 answers 200 to the second creation."""
    world.create(S3BucketHandler, bucket="uploads", identity="theirs", region=region)
    world.emulator.faults.add(NOT_YET)
    world.emulator.calls.clear()

    with pytest.raises(OwnershipConflict, match="made a bucket of this name at the same time"):
        world.create(S3BucketHandler, bucket="uploads", region=region)

    assert "s3:CreateBucket" in world.emulator.calls.names()
    assert not {*PUTS} & {*world.emulator.calls.names()}


def test_a_bucket_without_a_tag_that_another_process_makes_meanwhile_is_left_alone(
    world: World, s3: Any
) -> None:
    """In us-east-1, S3 answers 200 to the second creation, and does not name the owner."""

    def overtake(**_event: Any) -> None:
        s3.create_bucket(Bucket="uploads")
        s3.put_object(Bucket="uploads", Key="theirs")

    with pytest.raises(InitFailed, match="its owner tag does not read back") as incomplete:
        BUCKET.create(world, hooks={"before-call.s3.CreateBucket": overtake})

    assert "omics-components owner take uploads" in str(incomplete.value)
    assert not {*PUTS} & {*world.emulator.calls.names()}
    known = incomplete.value.found
    handler = S3BucketHandler(Aws(AwsSettings(region=REGION)), world.clock)
    with pytest.raises(ResourceConflict, match="it has no owner tag"):
        require_owner(handler, known.id, known.state, known.owner)


def test_a_lost_answer_to_create_bucket_is_no_matter(world: World) -> None:
    world.emulator.faults.add(
        {"operation": "s3:CreateBucket", "action": "drop", "when": "after", "times": 1}
    )

    assert world.create(S3BucketHandler, bucket="uploads", region="eu-west-1", retries=2).id


BROKEN = {"code": "InternalServerException", "status": 500}


def test_a_store_that_cannot_be_resumed_is_handed_to_the_state(world: World) -> None:
    left = world.interrupt_store()
    world.emulator.faults.add({"operation": "UpdateSequenceStore", **BROKEN})

    with pytest.raises(InitFailed) as incomplete:
        world.store(description="Other words")

    assert incomplete.value.found.id == left
    assert "InternalServerException" in str(incomplete.value)
    assert world.stores() == [left]


def test_a_store_that_is_gone_when_it_is_looked_at_is_made_again(world: World) -> None:
    left = world.interrupt_store()
    gone = {"code": "ResourceNotFoundException", "status": 404, "calls": [1]}
    world.emulator.faults.add({"operation": "GetSequenceStore", **gone})

    assert world.store().id != left


@pytest.mark.parametrize("is_finished", [True, False], ids=["finished", "unfinished"])
def test_a_store_that_is_being_deleted_is_passed_over(world: World, *, is_finished: bool) -> None:
    """It still has its tags; a `destroy` that was killed leaves such a one."""
    left = world.store().id if is_finished else world.interrupt_store()
    world.later(1)
    world.emulator.configure(deleting_s=3600)
    world.omics.delete_sequence_store(id=left.rpartition("/")[2])

    found = world.store()

    assert found.id != left
    assert found.state.status == "ACTIVE"
    assert world.said == []


def test_a_key_that_cannot_be_resumed_is_handed_to_the_state(world: World) -> None:
    left = world.interrupt(KmsKeyHandler)
    fault = {"code": "KMSInternalException", "status": 500}
    world.emulator.faults.add({"operation": "kms:UpdateKeyDescription", **fault})

    with pytest.raises(InitFailed) as incomplete:
        world.create(KmsKeyHandler, description="Other words")

    assert incomplete.value.found.id == left


def test_a_key_that_was_resumed_is_what_the_program_says(world: World) -> None:
    left = world.interrupt(KmsKeyHandler)

    found = world.create(KmsKeyHandler, description="Other words", alias="alias/reads")

    assert found.id == left
    assert (found.state.description, found.state.alias) == ("Other words", "alias/reads")
    assert (found.inputs.description, found.inputs.alias) == ("Other words", "alias/reads")


def test_a_bucket_that_is_anothers_after_all_is_an_error(world: World) -> None:
    taken = {"code": "BucketAlreadyExists", "status": 409}
    world.emulator.faults.add({"operation": "s3:CreateBucket", **taken})

    with pytest.raises(AlreadyExists):
        world.create(S3BucketHandler, bucket="uploads")


def _keyed(world: World, key_arn: str) -> Any:
    config = {"type": "KMS", "keyArn": key_arn}
    return STORE.create(world, sseConfig=config)


def test_a_store_waits_for_the_key_that_was_created_just_now(world: World) -> None:
    world.emulator.configure(check_keys=True, assume={"new-keys": "ten-seconds"})
    key = KEY.create(world).id

    store = _keyed(world, key)

    assert store.state.sse_config.key_arn == key
    names = world.emulator.calls.names()
    assert names.count("omics:CreateSequenceStore") > 1
    assert len(world.omics.list_sequence_stores()["sequenceStores"]) == 1


def test_a_key_that_stays_unknown_and_other_errors_are_not_waited_for(world: World) -> None:
    world.emulator.configure(check_keys=True)
    other = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    key = KEY.create(world).id
    refused = {"operation": "CreateSequenceStore", "code": "ValidationException"}

    for key_arn, rule in (
        (other, None),
        (key, {**refused, "message": "the name is taken"}),
        (key, {**refused, "code": "ServiceQuotaExceededException", "message": "too many per key"}),
    ):
        world.emulator.faults.clear()
        if rule:
            world.emulator.faults.add(rule)
        world.emulator.calls.clear()
        with pytest.raises(OmicsComponentsError):
            _keyed(world, key_arn)
        assert world.emulator.calls.names().count("omics:CreateSequenceStore") == 1


def test_a_new_key_that_never_lets_the_service_in_is_an_error_in_the_end(world: World) -> None:
    world.emulator.configure(check_keys=True)
    key = KEY.create(world, allowHealthOmics=False).id

    with pytest.raises(AccessDenied, match="key policy") as denied:
        _keyed(world, key)

    assert denied.value.advice.startswith("Add to the key's policy the statements")
    assert world.emulator.calls.names().count("omics:CreateSequenceStore") < 60
