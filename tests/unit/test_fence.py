"""The rules of the fence for each kind: what a creation does about what earlier ones left.

Each creation stands for a process of its own (docs/adr/0018).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from moto.s3.models import s3_backends

from omics_components.aws.client import Aws
from omics_components.aws.settings import AwsSettings
from omics_components.emulator import Emulator
from omics_components.engine.watchdog import require_engine
from omics_components.errors import (
    AccessDenied,
    AlreadyExists,
    InitFailed,
    NetworkFailure,
    OmicsComponentsError,
    OwnershipConflict,
)
from omics_components.kinds.registry import KINDS
from omics_components.lifecycle.handler import EngineRequest
from omics_components.schema.delta import create_only_values
from omics_components.schema.owner_tag import Claim, OwnerTag
from tests.kinds.example import IDENTITY, REGION, Example, World, example_of
from tests.kinds.kms_key.example import EXAMPLE as KEY
from tests.kinds.s3_access_policy.example import EXAMPLE as POLICY
from tests.kinds.s3_bucket.example import EXAMPLE as BUCKET
from tests.kinds.sequence_store.example import EXAMPLE as STORE
from tests.unit.conftest import SharedClock

EXAMPLES = {kind.name: example_of(kind) for kind in KINDS}
IN_SEVERAL_CALLS = {name: one for name, one in EXAMPLES.items() if not one.creates_in_one_call}
ALL = pytest.mark.parametrize("kind", EXAMPLES.values(), ids=EXAMPLES)
IN_STEPS = pytest.mark.parametrize("kind", IN_SEVERAL_CALLS.values(), ids=IN_SEVERAL_CALLS)

WRITES = ("Create", "Put", "Tag", "Untag", "Update", "Enable", "Disable", "Delete", "Schedule")


@pytest.fixture
def world(store_emulator: Emulator, clock: SharedClock) -> World:
    return World(store_emulator, clock)


def writes(world: World) -> list[str]:
    """Names of the calls that change something."""
    return [one for one in world.emulator.calls.names() if one.partition(":")[2].startswith(WRITES)]


# The unfinished mark


@IN_STEPS
def test_the_call_that_creates_writes_an_unfinished_tag_and_the_last_call_finishes_it(
    world: World, kind: Example
) -> None:
    seen: list[tuple[OwnerTag, list[str]]] = []

    def look() -> None:
        world_calls = writes(world)
        [id_] = kind.ids(world)
        seen.append((kind.owner(world, id_), world_calls))

    found = kind.create(world, require_engine=look)

    [(before, calls)] = seen
    assert before.is_unfinished
    assert len(before.serial) >= 20
    assert calls[0] == kind.create_call
    assert not [call for call in calls if "Tag" in call]
    assert found.owner == before.finished == kind.owner(world, found.id)
    assert [call for call in writes(world)[len(calls) :] if "Tag" in call] == [
        f"{kind.service}:{kind.tag_write}"
    ]


def test_a_policy_is_created_and_finished_in_one_call(world: World) -> None:
    found = POLICY.create(world)

    assert writes(world)[1:] == [POLICY.create_call]
    assert found.owner == POLICY.owner(world, found.id)
    assert found.owner.serial
    assert not found.owner.is_unfinished


# What an interrupted creation left


@ALL
def test_an_unfinished_resource_of_the_same_declaration_is_resumed(
    world: World, kind: Example
) -> None:
    left = kind.interrupt(world)
    before = kind.owner(world, left)

    found = kind.create(world, **kind.other_inputs)

    after = kind.owner(world, left)
    assert found.id == left
    assert kind.ids(world) == {left}
    assert found.owner == after
    assert after.claim == before.claim
    assert after.serial != before.serial
    assert not after.is_unfinished
    assert world.said == [f"resuming the interrupted creation of {kind.handler.kind} {left}"]
    for name, value in kind.other_inputs.items():
        assert found.inputs.to_wire()[name] == value


@ALL
def test_a_finished_resource_that_this_state_does_not_have_is_named_and_left_alone(
    world: World, kind: Example
) -> None:
    theirs = kind.create(world)
    world.emulator.calls.clear()

    with pytest.raises(AlreadyExists) as error:
        kind.create(world, **kind.other_inputs)

    text = str(error.value)
    assert f"{kind.handler.kind} {theirs.id} of this declaration is finished, and is not in" in text
    assert f"omics-components owner release {theirs.id}" in text
    assert "resource option import_" in text
    assert "do not use --replace or taint" in text
    assert writes(world) == []
    assert kind.owner(world, theirs.id) == theirs.owner
    assert world.said == []


@ALL
def test_the_command_that_the_error_names_lets_the_next_update_resume_it(
    world: World, kind: Example
) -> None:
    theirs = kind.create(world)
    assert theirs.owner is not None
    kind.set_tag(world, theirs.id, str(theirs.owner.unfinished))

    found = kind.create(world)

    assert found.id == theirs.id
    assert found.owner is not None
    assert not found.owner.is_same_owner(theirs.owner)


def fill_store(world: World, id_: str) -> None:
    world.emulator.put_read_sets(id_.rpartition("/")[2], 1)


def fill_bucket(_world: World, id_: str) -> None:
    """Put an object past the API: the policy of the bucket refuses calls without TLS."""
    s3_backends["123456789012"]["aws"].put_object(id_, "reads", b"x")


def leave_old_versions(world: World, id_: str) -> None:
    fill_bucket(world, id_)
    s3_backends["123456789012"]["aws"].delete_object(id_, "reads")


@pytest.mark.parametrize(
    ("kind", "fill"),
    [(STORE, fill_store), (BUCKET, fill_bucket), (BUCKET, leave_old_versions)],
    ids=["read set", "object", "old version"],
)
def test_an_unfinished_resource_that_holds_data_is_left_alone(
    world: World, kind: Example, fill: Callable[[World, str], None]
) -> None:
    left = kind.interrupt(world)
    fill(world, left)
    before = kind.tag(world, left)
    world.emulator.calls.clear()

    with pytest.raises(AlreadyExists) as error:
        kind.create(world)

    text = str(error.value)
    assert f"{left} of this declaration holds data, and is not in this state" in text
    assert "owner release" not in text
    assert "resource option import_" in text
    assert writes(world) == []
    assert kind.tag(world, left) == before


@ALL
def test_a_two_part_tag_of_this_declaration_counts_as_finished(world: World, kind: Example) -> None:
    theirs = kind.create(world)
    aws = Aws(AwsSettings(region=REGION))
    inputs = kind.handler(aws, world.clock).check({}, kind.declared(world), ()).inputs
    former = Claim.former(
        "file://~|organization|urn:x",
        principal=aws.principal(REGION),
        create_only=create_only_values(inputs),
        generation=0,
    )
    text = f"{former.declaration}/{former.creation}"
    kind.set_tag(world, theirs.id, text)

    with pytest.raises(AlreadyExists, match="of this declaration is finished, and is not in this"):
        kind.create(world, former_identity="file://~|organization|urn:x")

    assert kind.tag(world, theirs.id) == text
    assert len(kind.ids(world)) == 1


DIFFERENT: dict[str, dict[str, Any]] = {
    "declaration": {"identity": f"{IDENTITY}2"},
    "generation": {"generation": 1},
    "no owner": {"identity": ""},
}


@pytest.mark.parametrize("options", DIFFERENT.values(), ids=DIFFERENT.keys())
@pytest.mark.parametrize("is_finished", [True, False], ids=["finished", "unfinished"])
@ALL
def test_different_creations_do_not_meet(
    world: World, kind: Example, options: dict[str, Any], *, is_finished: bool
) -> None:
    """Two stores and keys live side by side; of a bucket's or policy's place there is one."""
    options = dict(options)
    if kind is KEY:
        options["alias"] = None
    theirs = kind.create(world).id if is_finished else kind.interrupt(world)
    if kind is KEY:
        boto3.client("kms", region_name=REGION).delete_alias(AliasName="alias/reads")
    before = kind.tag(world, theirs)

    if kind.is_alone:
        with pytest.raises(AlreadyExists, match="it was left as it is"):
            kind.create(world, **options)
    else:
        assert kind.create(world, **options).id != theirs

    assert kind.tag(world, theirs) == before
    assert world.said == []


@pytest.mark.parametrize(
    "different",
    [{"eTagAlgorithmFamily": "SHA256up"}, {"replaceTriggers": {"run": "2"}}],
    ids=["create-only input", "trigger"],
)
def test_another_create_only_input_makes_another_creation(
    world: World, different: dict[str, Any]
) -> None:
    theirs = STORE.interrupt(world)

    assert STORE.create(world, **different).id != theirs


def test_another_caller_makes_another_creation(world: World) -> None:
    theirs = STORE.interrupt(world)
    arn = "arn:aws:sts::123456789012:assumed-role/other/session"
    told = f"<Arn>{arn}</Arn><UserId>U:x</UserId><Account>123456789012</Account>"
    result = f"<GetCallerIdentityResult>{told}</GetCallerIdentityResult>"
    world.emulator.faults.add(
        {
            "operation": "sts:GetCallerIdentity",
            "action": "body",
            "status": 200,
            "body": f"<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>",
            "content_type": "text/xml",
        }
    )

    assert STORE.create(world).id != theirs


def test_a_name_of_the_same_declaration_by_another_role_is_told(world: World) -> None:
    BUCKET.create(world, generation=1)

    with pytest.raises(AlreadyExists, match="it was left as it is"):
        BUCKET.create(world, generation=5)


# Two processes at once


def overtaken(world: World, kind: Example) -> tuple[Callable[..., None], list[Any]]:
    """Return a hook by which another process finishes the creation, and what that found."""
    theirs: list[Any] = []

    def overtake(**_event: Any) -> None:
        if not theirs:
            theirs.append(None)
            theirs[0] = kind.create(world)

    return overtake, theirs


@IN_STEPS
def test_a_creation_that_another_process_resumed_meanwhile_gives_up(
    world: World, kind: Example
) -> None:
    overtake, theirs = overtaken(world, kind)

    with pytest.raises(OwnershipConflict, match=r"resumed the creation|at the same time") as error:
        kind.create(world, hooks={kind.event(kind.calls_after[0]): overtake})

    [found] = theirs
    assert not isinstance(error.value, InitFailed)
    assert kind.ids(world) == {found.id}
    assert kind.owner(world, found.id) == found.owner


@IN_STEPS
def test_a_resume_that_another_process_overtook_gives_up(world: World, kind: Example) -> None:
    left = kind.interrupt(world)
    overtake, theirs = overtaken(world, kind)

    with pytest.raises(OwnershipConflict, match="resumed the creation"):
        kind.create(world, **kind.other_inputs, hooks={kind.event(kind.calls_after[1]): overtake})

    [found] = theirs
    assert found.id == left
    assert kind.owner(world, left) == found.owner


@IN_STEPS
def test_a_creation_that_failed_after_it_was_overtaken_is_not_recorded(
    world: World, kind: Example
) -> None:
    """Else a state would have what another one has; it could do nothing with it."""
    overtake, theirs = overtaken(world, kind)

    def overtake_and_fail(**event: Any) -> None:
        overtake(**event)
        raise AttributeError("odd")

    with pytest.raises(OwnershipConflict):
        kind.create(world, hooks={kind.event(kind.calls_after[0]): overtake_and_fail})

    [found] = theirs
    assert kind.owner(world, found.id) == found.owner


@ALL
def test_of_two_that_resume_at_once_one_has_it(world: World, kind: Example) -> None:
    left = kind.interrupt(world)
    before = kind.owner(world, left)
    another = OwnerTag.draw(before.claim)
    overtakes = itertools.count()

    def overtake(**_event: Any) -> None:
        if not next(overtakes):
            kind.set_tag(world, left, str(another))

    event = f"after-call.{kind.service}.{kind.tag_write}"
    with pytest.raises(OwnershipConflict, match="at the same time"):
        kind.create(world, hooks={event: overtake})

    assert kind.owner(world, left) == another


# What fails after AWS accepted the creation


@IN_STEPS
def test_a_creation_whose_engine_has_died_stays_unfinished(world: World, kind: Example) -> None:
    def die() -> None:
        raise NetworkFailure("the Pulumi engine has ended", advice="The next update resumes it.")

    with pytest.raises(InitFailed, match="the Pulumi engine has ended") as incomplete:
        kind.create(world, require_engine=die)

    left = incomplete.value.found.id
    before = kind.owner(world, left)
    assert before.is_unfinished
    found = kind.create(world)
    assert found.id == left
    assert found.owner is not None
    assert not found.owner.is_same_owner(before)


def test_without_a_plugin_process_there_is_no_engine_to_miss() -> None:
    require_engine()


def calls_of_a_creation(world: World, kind: Example) -> list[str]:
    """List the calls of an undisturbed creation, from the creating one on."""
    names: list[str] = []
    kind.create(world, hooks={"before-call": lambda model, **_: names.append(model.name)})
    return names[names.index(kind.create_call.partition(":")[2]) :]


@ALL
def test_whatever_is_raised_after_the_creation_hands_it_to_the_state(
    world: World, kind: Example
) -> None:
    """An AttributeError at each call after the one that creates it: three times, then once."""
    creating = kind.create_call.partition(":")[2]
    count = len(calls_of_a_creation(world, kind)) - 1
    assert count >= 1
    for number, is_lasting in itertools.product(range(1, count + 1), [True, False]):
        kind.remove_all(world)
        seen: list[str] = []

        def fail(
            model: Any,
            *,
            seen: list[str] = seen,
            number: int = number,
            lasts: bool = is_lasting,
            **_: Any,
        ) -> None:
            if seen or model.name == creating:
                seen.append(model.name)
            if len(seen) == number + 1 or (lasts and len(seen) > number):
                raise AttributeError("'NoneType' object has no attribute 'get'")

        with pytest.raises(InitFailed) as incomplete:
            kind.create(world, generation=3, hooks={"before-call": fail})

        known = incomplete.value.found
        assert kind.ids(world) == {known.id}
        live = kind.owner(world, known.id)
        assert known.owner == live.finished, (number, seen)
        assert known.generation == 3
        assert live.is_unfinished <= is_lasting, (number, seen)
        assert "AttributeError" in str(incomplete.value)
        assert "next update resumes it" in str(incomplete.value)


FAULTS: dict[str, dict[str, Any]] = {
    "access denied": {"code": "AccessDeniedException", "status": 403},
    "an error of the service": {"code": "InternalServerException", "status": 500},
    "a web page": {"action": "body", "status": 200, "body": "<html></html>"},
    "an empty object": {
        "action": "body",
        "status": 200,
        "body": "{}",
        "content_type": "application/json",
    },
    "a list": {"action": "body", "status": 200, "body": "[]", "content_type": "application/json"},
    "no answer": {"action": "drop"},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
@IN_STEPS
def test_whatever_is_answered_after_the_creation_hands_it_to_the_state(
    world: World, kind: Example, fault: dict[str, Any]
) -> None:
    """The answer comes to each call after the one that creates it, of one name after the other."""
    names = sorted(set(calls_of_a_creation(world, kind)[1:]))
    for name in names:
        kind.remove_all(world)
        is_created: list[bool] = []

        def begin(*, is_created: list[bool] = is_created, name: str = name, **_: Any) -> None:
            if not is_created:
                is_created.append(True)
                world.emulator.faults.add({"operation": f"{kind.service}:{name}", **fault})

        event = f"after-call.{kind.service}.{kind.create_call.partition(':')[2]}"
        try:
            known = kind.create(world, generation=3, hooks={event: begin})
        except InitFailed as incomplete:
            known = incomplete.found
        world.emulator.faults.clear()

        assert kind.ids(world) == {known.id}, name
        assert known.owner == kind.owner(world, known.id).finished, name
        assert known.generation == 3


# Lost and odd answers of the call that creates


@ALL
def test_a_creation_whose_answer_was_lost_is_found_by_its_serial(
    world: World, kind: Example
) -> None:
    world.emulator.faults.add(
        {"operation": kind.create_call, "action": "drop", "when": "after", "times": 1}
    )

    found = kind.create(world)

    assert kind.ids(world) == {found.id}
    assert found.owner == kind.owner(world, found.id)
    assert found.owner is not None
    assert not found.owner.is_unfinished
    assert world.said == []


@ALL
def test_a_creation_that_never_arrived_is_an_error(world: World, kind: Example) -> None:
    world.emulator.faults.add({"operation": kind.create_call, "action": "drop"})

    with pytest.raises(NetworkFailure):
        kind.create(world)

    world.emulator.faults.clear()
    assert kind.ids(world) == set()


ODD_ANSWERS = {
    "no members": "{}",
    "a list": "[]",
    "null": "null",
    "a number for an ARN": '{"arn": 5, "id": "1", "KeyMetadata": {"Arn": 5, "KeyId": "x"}}',
    "no ARN": '{"arn": "odd", "id": "odd", "KeyMetadata": {"Arn": "odd", "KeyId": "odd"}}',
    "another kind's": '{"arn": "arn:aws:s3:::x", "KeyMetadata": {"Arn": "arn:aws:s3:::x"}}',
    "null for an ARN": '{"arn": null, "KeyMetadata": {"Arn": null}}',
    "null for all of it": '{"arn": null, "KeyMetadata": null}',
    "a web page": "<html></html>",
    "nothing": "",
}


@pytest.mark.parametrize("body", ODD_ANSWERS.values(), ids=ODD_ANSWERS.keys())
@pytest.mark.parametrize("kind", [STORE, KEY], ids=["store", "key"])
def test_an_answer_that_is_none_is_not_believed(world: World, kind: Example, body: str) -> None:
    content_type = "application/json" if kind is STORE else "application/x-amz-json-1.1"
    world.emulator.faults.add(
        {
            "operation": kind.create_call,
            "action": "body",
            "when": "after",
            "status": 200,
            "body": body,
            "content_type": content_type,
            "times": 1,
        }
    )

    found = kind.create(world)

    assert kind.ids(world) == {found.id}
    assert found.owner == kind.owner(world, found.id)


# Tags that read back late


@pytest.mark.parametrize("times", [1, 2, 5])
@IN_STEPS
def test_a_tag_that_is_not_seen_at_first_is_waited_for(
    world: World, kind: Example, times: int
) -> None:
    fault = {"operation": kind.tag_read, **kind.no_tags, "times": times}
    event = f"after-call.{kind.service}.{kind.create_call.partition(':')[2]}"

    def begin(**_: Any) -> None:
        world.emulator.faults.add(fault)

    found = kind.create(world, hooks={event: begin})

    assert kind.ids(world) == {found.id}
    assert found.owner == kind.owner(world, found.id)
    assert found.owner is not None
    assert not found.owner.is_unfinished


@IN_STEPS
def test_a_tag_that_reads_as_before_for_a_while_is_waited_for(world: World, kind: Example) -> None:
    """Also while a creation is resumed: its own old serial is no other process's."""
    left = kind.interrupt(world)
    stale = str(kind.tag(world, left))
    reads = 0

    def show_old(parsed: dict[str, Any], **_: Any) -> None:
        nonlocal reads
        reads += 1
        if reads > 5:
            return
        if kind is STORE:
            parsed["tags"]["omics-components:owner"] = stale
        for tag in parsed.get("Tags", parsed.get("TagSet", ())):
            name = "TagKey" if kind is KEY else "Key"
            if tag[name] == "omics-components:owner":
                tag[name.replace("Key", "Value")] = stale

    event = f"after-call.{kind.service}.{kind.tag_read.partition(':')[2]}"
    began_s = world.clock.monotonic()

    found = kind.create(world, hooks={event: show_old})

    assert reads > 5
    assert found.id == left
    assert found.owner == kind.owner(world, left)
    assert world.clock.monotonic() - began_s < 60


# The look is bounded


def calls_of(world: World, create: Callable[[], object]) -> list[Any]:
    world.emulator.calls.clear()
    create()
    return list(world.emulator.calls)


def test_a_creation_among_many_stores_of_other_names_costs_one_call_more(world: World) -> None:
    alone = len(calls_of(world, lambda: STORE.create(world)))
    STORE.remove_all(world)
    for number in range(500):
        world.omics.create_sequence_store(
            name=f"theirs{number}", tags={"omics-components:owner": f"d{number}/c/s"}
        )

    calls = calls_of(world, lambda: STORE.create(world))

    assert len(calls) <= alone + 1
    lists = [call.parameters for call in calls if call.operation == "ListSequenceStores"]
    assert [one["maxResults"] for one in lists] == [100, 100]
    assert lists[1]["filter"] == {"name": "reads"}


def test_a_creation_among_many_stores_of_its_name_reads_few_of_them(world: World) -> None:
    for _ in range(500):
        world.omics.create_sequence_store(name="reads")
    world.later(1)
    created: list[str] = []

    calls = calls_of(world, lambda: created.append(STORE.create(world).id))

    names = [call.operation for call in calls]
    assert names.count("ListSequenceStores") <= 3
    tag_reads = [c.parameters["resourceArn"] for c in calls if c.operation == "ListTagsForResource"]
    assert len({*tag_reads} - {*created}) <= 3


def test_a_key_among_many_keys_of_others_asks_none_of_them(world: World) -> None:
    kms = boto3.client("kms", region_name=REGION)
    for number in range(500):
        tag = {"TagKey": "omics-components:owner", "TagValue": f"d{number}/c/s"}
        kms.create_key(Tags=[tag])  # type: ignore[list-item]
    asked: list[str] = []

    def note(model: Any, params: dict[str, Any], **_: Any) -> None:
        if model.name == "ListResourceTags":
            asked.append(str(params["body"]))

    world.emulator.calls.clear()
    found = KEY.create(world, hooks={"before-call.kms": note})
    names = world.emulator.calls.names()

    assert names.count("tagging:GetResources") <= 2
    assert asked
    assert all(found.id.rpartition("/")[2] in body for body in asked)
    assert "kms:ListKeys" not in names


def test_creations_that_run_together_share_one_look(world: World) -> None:
    aws = Aws(AwsSettings(region=REGION))
    handlers = [(STORE, STORE.handler(aws, world.clock)), (KEY, KEY.handler(aws, world.clock))]
    world.emulator.calls.clear()

    for (kind, handler), number in itertools.product(handlers, range(5)):
        said = {"name": "reads"} if kind is STORE else {}
        inputs = handler.check({}, said, ()).inputs
        handler.create(inputs, EngineRequest(f"{IDENTITY}{number}"))

    names = world.emulator.calls.names()
    assert names.count("omics:ListSequenceStores") == 1
    assert names.count("tagging:GetResources") == 1


@pytest.mark.parametrize(
    "error",
    [
        {"code": "ConflictException", "status": 409},
        {"code": "ResourceNotFoundException", "status": 404},
    ],
    ids=["busy", "gone"],
)
def test_a_store_of_others_that_does_not_answer_blocks_nobody(
    world: World, error: dict[str, Any]
) -> None:
    theirs = world.omics.create_sequence_store(name="reads")["arn"]
    world.later(1)
    world.emulator.faults.add({"operation": "ListTagsForResource", **error, "calls": [1]})

    found = STORE.create(world)

    assert sorted(world.stores()) == sorted([theirs, found.id])


def test_an_unfinished_store_that_is_busy_for_a_moment_is_resumed(world: World) -> None:
    left = STORE.interrupt(world)
    busy = {"code": "ConflictException", "status": 409, "calls": [1, 2]}
    world.emulator.faults.add({"operation": "ListTagsForResource", **busy})

    assert STORE.create(world).id == left


# Permissions


DENIED = {"code": "AccessDeniedException", "status": 403}


def test_without_the_permission_to_read_tags_no_store_is_created(world: World) -> None:
    world.omics.create_sequence_store(name="reads")
    world.emulator.faults.add({"operation": "ListTagsForResource", **DENIED})

    with pytest.raises(AccessDenied) as error:
        STORE.create(world)

    assert "omics:ListTagsForResource" in error.value.advice
    assert "\n" not in str(error.value)
    assert len(world.stores()) == 1


def test_without_the_permission_to_search_by_tag_no_key_is_created(world: World) -> None:
    world.emulator.faults.add({"operation": "tagging:GetResources", **DENIED})

    with pytest.raises(AccessDenied) as error:
        KEY.create(world)

    assert "tag:GetResources" in error.value.advice
    assert KEY.ids(world) == set()


@IN_STEPS
def test_without_the_permission_to_finish_it_the_state_has_it(world: World, kind: Example) -> None:
    """The next update finishes it, or says again which permission is missing."""
    write = f"{kind.service}:{kind.tag_write}"
    world.emulator.faults.add({"operation": write, **DENIED})

    with pytest.raises(InitFailed, match="AccessDenied") as incomplete:
        kind.create(world)

    known = incomplete.value.found
    assert kind.ids(world) == {known.id}
    assert kind.owner(world, known.id) == known.owner.unfinished


def test_errors_of_the_look_are_errors_of_the_creation(world: World) -> None:
    world.emulator.faults.add({"operation": "ListSequenceStores", "action": "drop"})

    with pytest.raises(OmicsComponentsError, match=r"^creating sequence store \(reads\): "):
        STORE.create(world)

    assert "omics:CreateSequenceStore" not in world.emulator.calls.names()
