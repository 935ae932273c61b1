"""What a creation does about what earlier ones left: each handler stands for a new process."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from omics_components.api.client import Aws
from omics_components.api.settings import AwsSettings
from omics_components.emulator import Emulator
from omics_components.errors import (
    AccessDenied,
    AlreadyExists,
    Incomplete,
    InvalidRequest,
    NetworkFailure,
    NotStabilized,
    OmicsComponentsError,
)
from omics_components.handlers.adoption import adopt
from omics_components.handlers.base import Found, Origin
from omics_components.handlers.kms_key import KmsKeyHandler
from omics_components.handlers.s3_bucket import S3BucketHandler
from omics_components.handlers.s3_bucket_creation import reserving
from omics_components.handlers.sequence_store import SequenceStoreHandler
from omics_components.models.ownership import OWNER_TAG, Claim, OwnerTag, declaration_of
from tests.unit.conftest import SharedClock

REGION = "us-east-1"
IDENTITY = "file://state|organization|urn:pulumi:dev::lab::type::reads"


class Killed(BaseException):
    """The process ends where it is."""


def _kill() -> None:
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
        generation: int = 0,
        retries: int = 0,
        require_engine: Callable[[], None] = lambda: None,
        **inputs: Any,
    ) -> Found[Any, Any]:
        """Create a resource, in a process of its own."""
        handler = kind(Aws(AwsSettings(region=REGION, max_retries=retries)), self.clock)
        judgement = handler.check({}, inputs, ())
        assert judgement.failures == ()
        origin = Origin(
            identity, generation=generation, say=self.said.append, require_engine=require_engine
        )
        found: Found[Any, Any] = handler.create(judgement.inputs, origin)
        return found

    def store(self, **inputs: Any) -> Found[Any, Any]:
        """Create a store, in a process of its own."""
        return self.create(SequenceStoreHandler, **{"name": "reads", **inputs})

    def interrupt(self, kind: type[Any], **inputs: Any) -> str:
        """Create a resource in a process that is killed before its last call; return its id."""
        before = self.ids(kind)
        with pytest.raises(Killed):
            self.create(kind, require_engine=_kill, **inputs)
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
            return set(_keys(boto3.client("kms", region_name=REGION)))
        return {item["Name"] for item in boto3.client("s3").list_buckets()["Buckets"]}

    def owner(self, arn: str) -> OwnerTag:
        """The owner tag of a store."""
        tag = OwnerTag.parse(self.omics.list_tags_for_resource(resourceArn=arn)["tags"][OWNER_TAG])
        assert tag is not None
        return tag

    def stores(self) -> list[str]:
        """All stores, by ARN."""
        return [store["arn"] for store in self.omics.list_sequence_stores()["sequenceStores"]]

    def later(self, hours: float) -> None:
        """Let time pass."""
        self.clock.advance(hours * 3600)


@pytest.fixture
def world(store_emulator: Emulator, clock: SharedClock) -> World:
    return World(store_emulator, clock)


def test_the_claim_of_a_creation_is_the_same_each_time_and_no_other_has_it() -> None:
    def claim(identity: str = "a", principal: str = "p", key: str = "k", number: int = 0) -> Claim:
        values: dict[str, object] = {"key": key}
        return Claim.of(identity, principal=principal, create_only=values, generation=number)

    claims = [claim(), claim("b"), claim(principal="q"), claim(key="l"), claim(number=1)]

    assert claim() == claims[0]
    assert len({str(one) for one in claims}) == len(claims)
    assert [one.is_of("a") for one in claims] == [True, False, True, True, True]
    assert [Claim.read(str(one)) for one in claims] == claims
    assert [Claim.read(text) for text in ("", "me", "/x", "x/")] == [None] * 4


def test_an_interrupted_creation_is_gone_on_with(world: World) -> None:
    left = world.store()
    world.later(1)

    found = world.store(tags={"team": "genomics"}, description="Reads")

    assert (found.id, found.claim) == (left.id, left.claim)
    assert found.state.description == "Reads"
    assert found.state.tags == {"team": "genomics"}
    assert (found.inputs.description, found.inputs.region) == ("Reads", REGION)
    assert world.stores() == [left.id]
    assert world.said == [
        f"going on with sequence store {left.id}, which this declaration made before"
    ]


def test_one_whose_name_was_changed_meanwhile_is_found_too(world: World) -> None:
    left = world.store()

    found = world.store(name="renamed")

    assert (found.id, found.state.name) == (left.id, "renamed")


def test_one_that_is_still_being_made_is_waited_for(world: World) -> None:
    world.emulator.configure(creating_s=3600)
    with pytest.raises(Incomplete) as caught:
        world.store()

    with pytest.raises(Incomplete) as again:
        world.store()

    assert again.value.found.id == caught.value.found.id
    world.later(1)
    assert world.store().id == caught.value.found.id


def test_an_old_one_is_named_and_left_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    left = world.store()
    world.later(25)

    with pytest.raises(AlreadyExists) as error:
        world.store()

    assert str(error.value) == (
        "creating sequence store (reads): there is a sequence store already that was made for this "
        f"declaration: {left.id}. If the stack's state has it, this is a forced replacement of it: "
        "run pulumi state untaint, or leave --replace away. If not, the resource option import_ "
        "with that id goes on with it. To have another one beside it, change replace_triggers or "
        "the resource's name."
    )
    assert world.stores() == [left.id]
    monkeypatch.setenv(RESUME_HOURS_VARIABLE, "48")
    assert world.store().id == left.id


@pytest.mark.parametrize("text", ["a day", "-1", "nan", "inf", "1e9"])
@pytest.mark.parametrize(
    ("kind", "inputs"), [(SequenceStoreHandler, {"name": "reads"}), (KmsKeyHandler, {})]
)
def test_hours_that_cannot_be_read_are_an_error_before_anything_is_made(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[Any],
    inputs: dict[str, Any],
    text: str,
) -> None:
    monkeypatch.setenv(RESUME_HOURS_VARIABLE, text)

    with pytest.raises(InvalidRequest, match=f"creating .*{RESUME_HOURS_VARIABLE} .*{text!r}"):
        world.create(kind, **inputs)

    assert set(world.emulator.calls.names()) <= {"sts:GetCallerIdentity"}


@pytest.mark.parametrize(
    "different",
    [
        {"identity": f"{IDENTITY}2"},
        {"generation": 1},  # the creation of a replacement, and this is its predecessor
        {"eTagAlgorithmFamily": "SHA256up"},
        {"replaceTriggers": {"run": "2"}},
    ],
    ids=["declaration", "generation", "create-only input", "trigger"],
)
def test_what_another_creation_made_is_none_of_it(world: World, different: dict[str, Any]) -> None:
    theirs = world.store()

    ours = world.store(**different)

    assert sorted(world.stores()) == sorted([theirs.id, ours.id])
    assert world.said == []


def test_without_an_identity_each_creation_is_one_of_its_own(world: World) -> None:
    assert world.store(identity="").id != world.store(identity="").id


def test_only_stores_that_may_be_it_are_looked_at(world: World) -> None:
    for name in ("old", "reads"):
        world.omics.create_sequence_store(name=name)
    world.later(25)
    world.omics.create_sequence_store(name="young")
    world.emulator.calls.clear()

    made = world.store()

    looked_at = [
        call.parameters["resourceArn"]
        for call in world.emulator.calls
        if call.operation == "ListTagsForResource"
    ]
    names = {
        store["arn"]: store["name"]
        for store in world.omics.list_sequence_stores()["sequenceStores"]
    }
    assert [names[arn] for arn in looked_at] == ["reads", "young", "reads"]
    assert looked_at[-1] == made.id


def test_creations_that_run_together_share_one_look(world: World) -> None:
    handler = SequenceStoreHandler(Aws(AwsSettings(region=REGION)), world.clock)
    inputs = handler.check({}, {"name": "reads"}, ()).inputs
    world.emulator.calls.clear()

    for number in range(5):
        handler.create(inputs, Origin(f"{IDENTITY}{number}"))

    names = world.emulator.calls.names()
    assert names.count("omics:ListSequenceStores") == 1
    assert names.count("omics:ListTagsForResource") == 5  # each reads back its own


def test_a_look_takes_as_few_pages_as_the_service_admits(world: World) -> None:
    for number in range(101):
        world.omics.create_sequence_store(name=f"s{number}")
    world.emulator.calls.clear()

    world.store()

    looks = [c.parameters for c in world.emulator.calls if c.operation == "ListSequenceStores"]
    assert [look["maxResults"] for look in looks] == [100, 100]


def test_what_a_process_made_itself_is_none_that_was_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not asked for its tags again, and does not hide what another process left."""
    monkeypatch.setattr("omics_components.handlers.creation._LISTING_AGE_S", -1)
    handler = SequenceStoreHandler(Aws(AwsSettings(region=REGION)), world.clock)
    inputs = handler.check({}, {"name": "reads"}, ()).inputs
    handler.create(inputs, Origin(f"{IDENTITY}0"))
    left = world.store(identity=f"{IDENTITY}1")
    world.emulator.calls.clear()

    found = handler.create(inputs, Origin(f"{IDENTITY}1"))

    assert found.id == left.id
    asked = [call for call in world.emulator.calls if call.operation == "ListTagsForResource"]
    assert [call.parameters["resourceArn"] for call in asked] == [left.id, left.id]


def test_a_failed_leftover_is_deleted_and_another_is_made(world: World) -> None:
    world.emulator.plan_status([("CREATING", 1), ("FAILED", "no key")])
    world.emulator.faults.add({"operation": "DeleteSequenceStore", "code": "AccessDeniedException"})
    with pytest.raises(Incomplete, match="FAILED: no key") as caught:
        world.store()
    world.emulator.faults.clear()

    found = world.store()

    assert found.generation == 1
    assert world.stores() == [found.id] != [caught.value.found.id]


def test_a_store_that_fails_each_time_is_an_error_each_time(world: World) -> None:
    for _ in range(2):
        world.emulator.plan_status([("CREATING", 1), ("FAILED", "no key")])
        world.later(1)
        with pytest.raises(NotStabilized, match=r"FAILED: no key\. It was deleted again"):
            world.store()

    assert world.stores() == []


def test_the_answer_for_a_store_that_is_gone_is_not_believed(world: World) -> None:
    """The emulator answers a token for ever with the store that it first made for it."""
    gone = world.store()
    world.later(1)
    world.omics.delete_sequence_store(id=gone.id.rpartition("/")[2])
    world.later(1)

    found = world.store()

    assert found.generation == 1
    assert world.stores() == [found.id] != [gone.id]


UNSEEN = {"code": "ResourceNotFoundException", "status": 404}


@pytest.mark.parametrize("seconds", [0, 0.999])
def test_a_new_store_that_is_not_seen_yet_is_waited_for(world: World, seconds: float) -> None:
    world.emulator.faults.add({"operation": "GetSequenceStore", **UNSEEN, "times": 12})
    world.clock.advance(seconds)  # the listing's time is cut to the second

    found = world.store()

    assert found.generation == 0
    assert world.stores() == [found.id]


def test_a_new_store_that_is_never_seen_is_handed_to_the_state(world: World) -> None:
    world.emulator.faults.add({"operation": "GetSequenceStore", **UNSEEN})

    with pytest.raises(Incomplete) as caught:
        world.store()

    assert world.stores() == [caught.value.found.id]


def test_of_several_generations_the_last_is_gone_on_with(world: World) -> None:
    """Of what a forced replacement replaces, or a creation left that came further, nobody knows."""
    left = [world.store(generation=number).id for number in (0, 1, 3)]

    found = world.store()

    assert (found.id, found.generation) == (left[2], 3)
    assert sorted(world.stores()) == sorted(left)


def test_a_store_that_could_not_be_finished_knows_its_generation(world: World) -> None:
    world.emulator.faults.add({"operation": "ListTagsForResource", "code": "AccessDeniedException"})

    with pytest.raises(Incomplete) as caught:
        world.store(generation=3)

    assert caught.value.found.generation == 3


def test_stores_whose_tags_may_not_be_read_are_somebody_elses(world: World) -> None:
    world.omics.create_sequence_store(name="reads")
    denied = {"code": "AccessDeniedException", "status": 403, "calls": [1]}
    world.emulator.faults.add({"operation": "ListTagsForResource", **denied})

    assert len({world.store().id, *world.stores()}) == 2


def test_a_description_that_the_program_took_away_meanwhile_is_named(world: World) -> None:
    left = world.store(description="Old words")

    with pytest.raises(
        Incomplete, match=r"cannot be removed once it is set \(it is 'Old words'\)"
    ) as e:
        world.store()

    assert e.value.found.id == left.id
    assert "omics:UpdateSequenceStore" not in world.emulator.calls.names()


def test_an_error_after_the_store_was_made_hands_it_over(world: World) -> None:
    world.emulator.faults.add({"operation": "ListTagsForResource", "code": "AccessDeniedException"})

    with pytest.raises(Incomplete) as caught:
        world.store(tags={"team": "genomics"})

    text = str(caught.value)
    assert world.stores() == [caught.value.found.id]
    assert caught.value.found.state.tags == {"team": "genomics"}
    assert caught.value.found.claim
    assert text.startswith(
        f"creating sequence store (reads, {caught.value.found.id}): AccessDenied"
    )
    assert "It is there, and the next update goes on with it. Give the caller's role" in text


@pytest.fixture
def kms(world: World) -> Any:  # noqa: ARG001 it must answer
    return boto3.client("kms", region_name=REGION)


def _keys(kms: Any) -> list[str]:
    return [key["KeyArn"] for key in kms.list_keys()["Keys"]]


KEY_LOOKS = {
    "by alias": ("tagging:GetResources", "kms:ListKeys"),
    "by tag": ("kms:ListKeys",),
    "by a look at all": ("tagging:GetResources",),
}


@pytest.mark.parametrize("silenced", KEY_LOOKS.values(), ids=KEY_LOOKS.keys())
def test_a_key_is_found_again(world: World, kms: Any, silenced: tuple[str, ...]) -> None:
    left = world.create(KmsKeyHandler, alias="alias/reads")
    nothing = {
        "tagging:GetResources": '{"ResourceTagMappingList": []}',
        "kms:ListKeys": '{"Keys": []}',
    }
    for operation in silenced:
        world.emulator.faults.add(
            {
                "operation": operation,
                "action": "body",
                "body": nothing[operation],
                "content_type": "application/x-amz-json-1.1",
                "status": 200,
            }
        )

    found = world.create(KmsKeyHandler, alias="alias/reads", description="Of reads")

    world.emulator.faults.clear()
    assert found.id == left.id
    assert _keys(kms) == [left.id]
    assert kms.describe_key(KeyId=left.id)["KeyMetadata"]["Description"] == "Of reads"


def test_a_key_without_its_alias_gets_it(world: World, kms: Any) -> None:
    world.emulator.faults.add({"operation": "kms:CreateAlias", "action": "drop"})
    with pytest.raises(Incomplete):
        world.create(KmsKeyHandler, alias="alias/reads")
    world.emulator.faults.clear()

    found = world.create(KmsKeyHandler, alias="alias/reads")

    assert _keys(kms) == [found.id]
    assert [item["AliasName"] for item in kms.list_aliases(KeyId=found.id)["Aliases"]] == [
        "alias/reads"
    ]
    assert world.said == [f"going on with KMS key {found.id}, which this declaration made before"]


def test_a_key_that_waits_for_its_end_is_let_go(world: World, kms: Any) -> None:
    gone = world.create(KmsKeyHandler)
    kms.schedule_key_deletion(KeyId=gone.id.rpartition("/")[2])

    found = world.create(KmsKeyHandler)

    assert found.generation == 1
    assert sorted(_keys(kms)) == sorted([gone.id, found.id])


def test_a_key_that_another_declaration_took_over_is_left_to_it(world: World, kms: Any) -> None:
    """This process has read the claim that was on it before."""
    taken = world.create(KmsKeyHandler)
    handler = KmsKeyHandler(Aws(AwsSettings(region=REGION)), world.clock)
    inputs = handler.check({}, {}, ()).inputs
    handler.create(inputs, Origin(f"{IDENTITY}/seen"))
    adopt(handler, taken.id, inputs, Origin(f"{IDENTITY}/new"), from_others=True)

    found = handler.create(inputs, Origin(IDENTITY, say=world.said.append))

    assert (found.id != taken.id, found.generation) == (True, 1)
    assert len(_keys(kms)) == 3
    assert world.said == []


def test_a_key_that_lost_its_ownership_tag_meanwhile_is_gone_on_with(
    world: World, kms: Any
) -> None:
    left = world.create(KmsKeyHandler)
    handler = KmsKeyHandler(Aws(AwsSettings(region=REGION)), world.clock)
    inputs = handler.check({}, {}, ()).inputs
    handler.create(inputs, Origin(f"{IDENTITY}/seen"))
    kms.untag_resource(KeyId=left.id, TagKeys=[OWNER_TAG])

    assert handler.create(inputs, Origin(IDENTITY)).id == left.id


def test_a_lost_answer_to_create_key_makes_no_second_key(world: World, kms: Any) -> None:
    world.emulator.faults.add({"operation": "kms:CreateKey", "action": "drop", "when": "after"})

    found = world.create(KmsKeyHandler, retries=5)

    assert _keys(kms) == [found.id]


def test_a_key_that_is_listed_but_not_seen_yet_is_waited_for(world: World, kms: Any) -> None:
    """It has no alias, so the look at the alias is none of the calls."""
    world.emulator.faults.add({"operation": "kms:CreateKey", "action": "drop", "when": "after"})
    unseen = {"code": "NotFoundException", "status": 400, "times": 2}
    world.emulator.faults.add({"operation": "kms:DescribeKey", **unseen})

    found = world.create(KmsKeyHandler, retries=5)

    assert (found.generation, _keys(kms)) == (0, [found.id])


def test_a_key_whose_deletion_is_refused_keeps_its_alias(world: World, kms: Any) -> None:
    key = world.create(KmsKeyHandler, alias="alias/reads")
    denied = {"code": "AccessDeniedException", "status": 400, "times": 1}
    world.emulator.faults.add({"operation": "kms:ScheduleKeyDeletion", **denied})
    handler = KmsKeyHandler(Aws(AwsSettings(region=REGION)), world.clock)

    with pytest.raises(AccessDenied):
        handler.delete(key.id, key.state, Origin(IDENTITY))
    assert kms.list_aliases(KeyId=key.id)["Aliases"]

    handler.delete(key.id, key.state, Origin(IDENTITY))
    assert not kms.list_aliases(KeyId=key.id)["Aliases"]


def test_an_old_key_is_named_with_what_gives_another(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = world.create(KmsKeyHandler)
    monkeypatch.setenv(RESUME_HOURS_VARIABLE, "0")

    with pytest.raises(AlreadyExists, match=f"{left.id}.* change the resource's name.$"):
        world.create(KmsKeyHandler)


def test_create_key_that_never_arrived_is_an_error(world: World, kms: Any) -> None:
    world.emulator.faults.add({"operation": "kms:CreateKey", "action": "drop"})

    with pytest.raises(NetworkFailure):
        world.create(KmsKeyHandler)

    assert _keys(kms) == []


def test_a_key_that_encrypts_a_store_is_kept(world: World, kms: Any) -> None:
    key = world.create(KmsKeyHandler, alias="alias/reads", users=["111122223333"])
    handler = KmsKeyHandler(Aws(AwsSettings(region=REGION)), world.clock)
    for used in (key.id, key.id.replace(f"key/{key.id.rpartition('/')[2]}", "alias/reads")):
        sse: Any = {"type": "KMS", "keyArn": used}
        store = world.omics.create_sequence_store(name="theirs", sseConfig=sse)

        with pytest.raises(OmicsComponentsError, match=r"still encrypts theirs \(arn"):
            handler.delete(key.id, key.state, Origin(IDENTITY))

        assert kms.describe_key(KeyId=key.id)["KeyMetadata"]["KeyState"] == "Enabled"
        assert kms.list_aliases(KeyId=key.id)["Aliases"]
        world.later(1)
        world.omics.delete_sequence_store(id=store["id"])
        world.later(1)

    handler.delete(key.id, key.state, Origin(IDENTITY))
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
        handler.delete(key.id, key.state, Origin(IDENTITY))

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

    handler.delete(key.id, key.state, Origin(IDENTITY))

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

    with pytest.raises(Incomplete) as incomplete:
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


def state_id(incomplete: pytest.ExceptionInfo[Incomplete]) -> str:
    return str(incomplete.value.found.id)


@pytest.mark.parametrize(("region", "is_deleted"), [("us-east-1", False), ("sa-east-1", True)])
def test_a_key_is_deleted_unasked_only_where_there_are_no_stores(
    world: World, region: str, is_deleted: bool
) -> None:
    key = world.create(KmsKeyHandler, region=region)
    world.emulator.faults.add({"operation": "ListSequenceStores", "action": "drop"})
    handler = KmsKeyHandler(Aws(AwsSettings(max_retries=0)), world.clock)

    try:
        handler.delete(key.id, key.state, Origin(IDENTITY))
    except NetworkFailure:
        assert not is_deleted
    else:
        assert is_deleted


@pytest.fixture
def s3(world: World) -> Any:  # noqa: ARG001 it must answer
    return boto3.client("s3", region_name=REGION)


def test_a_bucket_that_was_never_configured_is_gone_on_with(world: World, s3: Any) -> None:
    s3.create_bucket(Bucket="uploads")

    found = world.create(S3BucketHandler, bucket="uploads", tags={"team": "genomics"})

    tags = {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket="uploads")["TagSet"]}
    assert found.id == "uploads"
    assert tags == {"team": "genomics", OWNER_TAG: str(found.claim)}
    assert s3.get_bucket_versioning(Bucket="uploads")["Status"] == "Enabled"
    assert world.said == [
        "going on with S3 bucket uploads, which is empty and as bare as S3 makes them"
    ]


LIFECYCLE: dict[str, Any] = {
    "Rules": [{"ID": "x", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 9}}]
}
KMS_BY_DEFAULT: dict[str, Any] = {
    "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
}
OF_OTHERS: dict[str, Callable[[Any], object]] = {
    "a tag": lambda s3: s3.put_bucket_tagging(
        Bucket="uploads", Tagging={"TagSet": [{"Key": "team", "Value": "theirs"}]}
    ),
    "old versions": lambda s3: s3.put_bucket_versioning(
        Bucket="uploads", VersioningConfiguration={"Status": "Enabled"}
    ),
    "a lifecycle": lambda s3: s3.put_bucket_lifecycle_configuration(
        Bucket="uploads", LifecycleConfiguration=LIFECYCLE
    ),
    "an encryption": lambda s3: s3.put_bucket_encryption(
        Bucket="uploads", ServerSideEncryptionConfiguration=KMS_BY_DEFAULT
    ),
    "a policy": lambda s3: s3.put_bucket_policy(
        Bucket="uploads", Policy='{"Version": "2012-10-17", "Statement": []}'
    ),
    "an upload": lambda s3: s3.create_multipart_upload(Bucket="uploads", Key="part"),
    "an object": lambda s3: s3.put_object(Bucket="uploads", Key="reads"),
}


@pytest.mark.parametrize("given", OF_OTHERS.values(), ids=OF_OTHERS.keys())
def test_an_empty_bucket_that_somebody_has_configured_is_left_alone(
    world: World, s3: Any, given: Callable[[Any], object]
) -> None:
    s3.create_bucket(Bucket="uploads")
    given(s3)
    world.emulator.calls.clear()

    with pytest.raises(AlreadyExists, match="there is a bucket of this name already"):
        world.create(S3BucketHandler, bucket="uploads")

    assert all(":Get" in call or ":List" in call for call in world.emulator.calls.names())


def test_a_bucket_half_configured_is_gone_on_with(world: World, s3: Any) -> None:
    world.emulator.faults.add({"operation": "s3:PutBucketPolicy", "action": "drop"})
    with pytest.raises(Incomplete):
        world.create(S3BucketHandler, bucket="uploads")
    world.emulator.faults.clear()
    s3.put_object(Bucket="uploads", Key="part")

    found = world.create(S3BucketHandler, bucket="uploads")

    assert "DenyWithoutTls" in s3.get_bucket_policy(Bucket="uploads")["Policy"]
    assert without_owner({OWNER_TAG: str(found.claim)}) == ({}, found.claim)


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

    with reserving(aws, Origin("theirs")) as reserve:
        reserve("uploads")
        with pytest.raises(AlreadyExists, match="another resource of this program makes the"):
            handler.create(desired, Origin(IDENTITY))

    assert not {"s3:CreateBucket", *PUTS} & {*world.emulator.calls.names()}
    assert handler.create(desired, Origin(IDENTITY)).id == "uploads"


@pytest.mark.parametrize("region", [REGION, "eu-west-1"])
def test_a_bucket_that_another_process_makes_meanwhile_is_left_alone(
    world: World, region: str
) -> None:
    """In us-east-1, S3 answers 200 to the second creation."""
    world.create(S3BucketHandler, bucket="uploads", identity="theirs", region=region)
    world.emulator.faults.add(NOT_YET)
    world.emulator.calls.clear()

    with pytest.raises(AlreadyExists, match="another declaration made a bucket of this name"):
        world.create(S3BucketHandler, bucket="uploads", region=region)

    assert "s3:CreateBucket" in world.emulator.calls.names()
    assert not {*PUTS} & {*world.emulator.calls.names()}


def test_of_two_processes_that_write_their_claims_at_once_the_first_gives_up(
    world: World, s3: Any
) -> None:
    aws = Aws(AwsSettings(max_retries=0))
    handler = S3BucketHandler(aws, world.clock)
    theirs = Claim.of("theirs", principal="", create_only={}, generation=0)
    tags = {"TagSet": [{"Key": OWNER_TAG, "Value": str(theirs)}]}

    def overtake(**_event: Any) -> None:
        s3.put_bucket_tagging(Bucket="uploads", Tagging=tags)

    aws.s3(REGION).meta.events.register("before-call.s3.PutBucketPolicy", overtake)
    desired = handler.check({}, {"bucket": "uploads", "tags": {"a": "b"}}, ()).inputs
    begin = world.clock.monotonic()

    with pytest.raises(AlreadyExists, match="another declaration made a bucket of this name"):
        handler.create(desired, Origin(IDENTITY))

    assert world.clock.monotonic() == begin
    assert s3.get_bucket_tagging(Bucket="uploads")["TagSet"] == tags["TagSet"]


def test_a_lost_answer_to_create_bucket_is_no_matter(world: World) -> None:
    world.emulator.faults.add(
        {"operation": "s3:CreateBucket", "action": "drop", "when": "after", "times": 1}
    )

    assert world.create(S3BucketHandler, bucket="uploads", region="eu-west-1", retries=2).id


BROKEN = {"code": "InternalServerException", "status": 500}


def test_a_store_that_cannot_be_gone_on_with_is_handed_to_the_state(world: World) -> None:
    left = world.store()
    world.emulator.faults.add({"operation": "UpdateSequenceStore", **BROKEN})

    with pytest.raises(Incomplete) as incomplete:
        world.store(description="Other words")

    assert incomplete.value.found.id == left.id
    assert "InternalServerException" in str(incomplete.value)
    assert world.stores() == [left.id]


def test_a_store_that_is_gone_when_it_is_looked_at_is_made_again(world: World) -> None:
    left = world.store()
    gone = {"code": "ResourceNotFoundException", "status": 404, "calls": [1]}
    world.emulator.faults.add({"operation": "GetSequenceStore", **gone})

    assert world.store().id != left.id


def test_a_store_whose_tags_are_not_told_is_found_by_the_token_of_its_creation(
    world: World,
) -> None:
    left = world.store()
    gone = {"code": "ResourceNotFoundException", "status": 404, "calls": [1]}
    world.emulator.faults.add({"operation": "ListTagsForResource", **gone})

    assert world.store().id == left.id


def test_a_key_that_cannot_be_gone_on_with_is_handed_to_the_state(world: World) -> None:
    left = world.create(KmsKeyHandler)
    fault = {"code": "KMSInternalException", "status": 500}
    world.emulator.faults.add({"operation": "kms:UpdateKeyDescription", **fault})

    with pytest.raises(Incomplete) as incomplete:
        world.create(KmsKeyHandler, description="Other words")

    assert incomplete.value.found.id == left.id
    assert incomplete.value.found.claim == left.claim


def test_a_key_that_was_gone_on_with_is_what_the_program_says(world: World) -> None:
    left = world.create(KmsKeyHandler)

    found = world.create(KmsKeyHandler, description="Other words", alias="alias/reads")

    assert (found.id, found.claim) == (left.id, left.claim)
    assert (found.state.description, found.state.alias) == ("Other words", "alias/reads")
    assert (found.inputs.description, found.inputs.alias) == ("Other words", "alias/reads")


def test_a_bucket_that_is_anothers_after_all_is_an_error(world: World) -> None:
    taken = {"code": "BucketAlreadyExists", "status": 409}
    world.emulator.faults.add({"operation": "s3:CreateBucket", **taken})

    with pytest.raises(AlreadyExists):
        world.create(S3BucketHandler, bucket="uploads")


def test_the_claim_of_an_adoption_never_changes() -> None:
    """It is in tags and states: another text would make each adopted resource a stranger."""
    claim = Claim.of(IDENTITY, principal="", create_only={"adopted": "arn"}, generation=0)
    assert str(claim) == "4b383900ecf390ca4fa119b82b7c74e0/d4a2e331576e8781f130dcd87da0ef9b"
