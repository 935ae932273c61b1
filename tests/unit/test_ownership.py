"""The owner tag, and what the fence makes of a recorded and a live one."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omics_components.errors import (
    AccessDenied,
    NotFound,
    NotStabilized,
    OwnershipConflict,
    ResourceConflict,
)
from omics_components.kinds.s3_access_policy.model import (
    POLICY_BYTES_MAX,
    policy_problems,
    split_owner,
    with_owner,
)
from omics_components.lifecycle.fence import require_owner, wait_for_owner
from omics_components.schema.base import State
from omics_components.schema.owner_tag import (
    OWNER_TAG,
    Claim,
    OwnerTag,
    declaration_of,
    split_owner_tag,
)
from omics_components.schema.policy import policy_text
from tests.unit.conftest import SharedClock

CLAIM = Claim("d" * 32, "c" * 32)
PARTS = st.text(string.hexdigits, min_size=1, max_size=32)
TAGS = st.builds(OwnerTag, PARTS, PARTS, PARTS, st.booleans())


def claim(identity: str = "a", principal: str = "p", key: str = "k", number: int = 0) -> Claim:
    values: dict[str, object] = {"key": key}
    return Claim.of(identity, principal=principal, create_only=values, generation=number)


# Claims


def test_the_claim_of_a_creation_is_the_same_each_time_and_no_other_has_it() -> None:
    claims = [claim(), claim("b"), claim(principal="q"), claim(key="l"), claim(number=1)]

    assert claim() == claims[0]
    assert len(set(claims)) == len(claims)
    assert len({one.creation for one in claims}) == len(claims)
    assert [OwnerTag.draw(one).is_of("a") for one in claims] == [True, False, True, True, True]


def test_versions_whose_tags_have_two_parts_do_not_know_the_claims_of_this_one() -> None:
    """They take a bucket whose tag begins with their digest for one of their own."""
    former = Claim.former("a", principal="p", create_only={"key": "k"}, generation=0)

    assert former.declaration != claim().declaration
    assert former.creation != claim().creation


def test_the_claims_of_tags_in_aws_never_change() -> None:
    """They are in tags and states: another text would make each resource a stranger."""
    values: dict[str, Any] = {"principal": "", "create_only": {"adopted": "arn"}, "generation": 0}
    identity = "file://state|organization|urn:pulumi:dev::lab::type::reads"

    assert Claim.former(identity, **values) == Claim(
        "4b383900ecf390ca4fa119b82b7c74e0", "d4a2e331576e8781f130dcd87da0ef9b"
    )
    assert Claim.of(identity, **values) == Claim(
        "f3ab1f98a5480bb40360275e4814cacb", "4129bbd82c5267f2b06e4c8e0e4d7c83"
    )


def test_a_declaration_is_known_by_its_digest_of_this_version_and_of_earlier_ones() -> None:
    former = Claim.former("a", principal="", create_only={}, generation=0)

    for one in (OwnerTag.draw(claim()), OwnerTag(former.declaration, former.creation)):
        assert one.is_of("a")
        assert one.is_of("x", "a")
        assert not one.is_of("b")
        assert not one.is_of()
    assert OwnerTag.draw(claim()).declaration == declaration_of("a")


# The text


@given(TAGS)
def test_a_tag_reads_back_as_it_was_written(tag: OwnerTag) -> None:
    assert OwnerTag.parse(str(tag)) == tag


def test_the_texts_of_tags() -> None:
    tag = OwnerTag("d", "c", "s")

    assert str(tag) == "d/c/s"
    assert str(tag.unfinished) == "d/c/s/unfinished"
    assert str(tag.unfinished.finished) == "d/c/s"
    assert str(OwnerTag("d", "c")) == "d/c"
    assert OwnerTag.parse("d/c") == OwnerTag("d", "c")
    assert tag.claim == Claim("d", "c")


@pytest.mark.parametrize("serial", ["", "s"])
def test_a_tag_that_was_marked_without_a_serial_is_unfinished(serial: str) -> None:
    """What `owner release` makes of a tag of an earlier version."""
    tag = OwnerTag("d", "c", serial).unfinished

    assert OwnerTag.parse(str(tag)) == tag
    assert tag.is_unfinished
    assert tag.is_same_owner(OwnerTag("d", "c", serial))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "me",
            "/",
            "//",
            "///",
            "/c",
            "d/",
            "/c/s",
            "d//s",
            "//s/unfinished",
            "///unfinished",
        ),
        *("d/c/s/x", "d/c/s/Unfinished", "d/c/s/unfinished/x", "d/c/s/unfinished/unfinished"),
        *("d/c/s/t", "d/c/s/?"),
    ],
)
def test_what_is_no_owner_tag_is_none(text: str) -> None:
    assert OwnerTag.parse(text) is None


@given(st.text())
def test_any_text_can_be_asked_for_an_owner(text: str) -> None:
    tag = OwnerTag.parse(text)

    assert tag is None or (tag.declaration and tag.creation)


def test_a_tag_is_valid_in_all_services() -> None:
    """Values of tags take letters, digits, spaces and `_.:/=+-@` (docs), at most 256 of them."""
    text = str(OwnerTag.draw(claim()))

    assert set(text) <= {*string.ascii_letters, *string.digits, *" _.:/=+-@"}
    assert len(text) <= 256


def test_serials_are_random_and_begin_unfinished() -> None:
    drawn = [OwnerTag.draw(CLAIM) for _ in range(100)]

    assert len({tag.serial for tag in drawn}) == 100
    assert all(tag.is_unfinished and tag.claim == CLAIM for tag in drawn)


def test_owners_are_the_same_if_all_but_the_mark_is() -> None:
    tag = OwnerTag("d", "c", "s")

    assert tag.is_same_owner(tag.unfinished)
    assert tag.unfinished.is_same_owner(tag)
    others = [OwnerTag("e", "c", "s"), OwnerTag("d", "e", "s"), OwnerTag("d", "c", "t"), None]
    assert not any(tag.is_same_owner(other) for other in [*others, OwnerTag("d", "c")])


def test_programs_do_not_see_the_owner_tag() -> None:
    tags = {"team": "a", OWNER_TAG: "d/c/s", "omics-components:other": "x"}

    assert split_owner_tag(tags) == ({"team": "a"}, OwnerTag("d", "c", "s"))
    assert split_owner_tag({}) == ({}, None)


# The Id of a policy


@pytest.mark.parametrize("policy_id", [None, "ours", "two words", "", f"{OWNER_TAG}=odd"])
def test_the_id_of_a_policy_carries_the_owner_after_its_own(policy_id: str | None) -> None:
    policy = {"Version": "2012-10-17", "Statement": []}
    if policy_id is not None:
        policy["Id"] = policy_id
    owner = OwnerTag.draw(CLAIM)

    owned = with_owner(policy, owner)

    assert isinstance(owned, dict)
    assert str(owned["Id"]).endswith(f"{OWNER_TAG}={owner}")
    rest, found = split_owner(owned)
    assert found == owner
    assert rest == {name: value for name, value in policy.items() if (name, value) != ("Id", "")}


def test_another_owner_takes_the_place_of_the_one_that_is_there() -> None:
    first, second = OwnerTag.draw(CLAIM), OwnerTag.draw(CLAIM)
    policy = with_owner(with_owner({"Id": "ours", "Statement": []}, first), second)

    assert policy == {"Id": f"ours {OWNER_TAG}={second}", "Statement": []}


def test_a_policy_without_an_owner_stays_as_it_is() -> None:
    policy = {"Id": "ours", "Statement": []}

    assert with_owner(policy, None) == policy
    assert split_owner(policy) == (policy, None)
    assert split_owner({"Id": 5}) == ({"Id": 5}, None)
    assert with_owner('{"Id": "ours"}', None) == '{"Id": "ours"}'


def test_the_longest_policy_has_room_for_its_owner() -> None:
    def problems(size: int) -> list[str]:
        policy = {"Version": "2012-10-17", "Id": "x" * size, "Statement": []}
        return [one.sentence for one in policy_problems(policy, None) if "bytes" in one.sentence]

    longest = next(size for size in range(POLICY_BYTES_MAX, 0, -1) if not problems(size))
    policy = {"Version": "2012-10-17", "Id": "x" * longest, "Statement": []}
    assert len(policy_text(with_owner(policy, OwnerTag.draw(claim()))).encode()) <= POLICY_BYTES_MAX


# The fence

SERIAL = OwnerTag("d", "c", "s")
RENAMED = Claim("r", "r")
TWO_PARTS = OwnerTag("d", "c")


class Tagged:
    """A handler that knows the live tag, or fails."""

    owner_permission = "x:ReadTags"

    def __init__(self, live: OwnerTag | Exception | None) -> None:
        self.live = live

    def read_owner(self, _id: str, _state: State) -> OwnerTag | None:
        if isinstance(self.live, Exception):
            raise self.live
        return self.live


OUTCOMES: dict[str, tuple[OwnerTag | None, OwnerTag | Exception | None, Any]] = {
    "the recorded one": (SERIAL, SERIAL, SERIAL),
    "unfinished": (SERIAL, SERIAL.unfinished, SERIAL.unfinished),
    "two parts": (TWO_PARTS, TWO_PARTS, TWO_PARTS),
    "two parts, released": (TWO_PARTS, TWO_PARTS.unfinished, TWO_PARTS.unfinished),
    "neither": (None, None, None),
    "another serial": (SERIAL, OwnerTag("d", "c", "t"), OwnershipConflict),
    "another creation": (SERIAL, OwnerTag("d", "x", "s"), OwnershipConflict),
    "another declaration": (SERIAL, OwnerTag("x", "c", "s"), OwnershipConflict),
    "a serial since": (TWO_PARTS, SERIAL, OwnershipConflict),
    "no serial since": (SERIAL, TWO_PARTS, OwnershipConflict),
    "none recorded": (None, SERIAL, OwnershipConflict),
    "none recorded, unfinished": (None, SERIAL.unfinished, OwnershipConflict),
    "none there": (SERIAL, None, ResourceConflict),
    "none there, two parts": (TWO_PARTS, None, ResourceConflict),
    "may not be read": (SERIAL, AccessDenied("no"), AccessDenied),
    "may not be read, none recorded": (None, AccessDenied("no"), AccessDenied),
    "gone": (SERIAL, NotFound("no"), NotFound),
}


@pytest.mark.parametrize(("recorded", "live", "outcome"), OUTCOMES.values(), ids=OUTCOMES.keys())
def test_the_live_tag_must_be_the_recorded_one(
    recorded: OwnerTag | None, live: OwnerTag | Exception | None, outcome: Any
) -> None:
    handler: Any = Tagged(live)
    if not isinstance(outcome, type):
        assert require_owner(handler, "id", State(), recorded) == outcome
        return
    with pytest.raises(outcome) as error:
        require_owner(handler, "id", State(), recorded)
    assert type(error.value) is outcome
    text = str(error.value)
    if outcome is OwnershipConflict:
        assert f"its owner tag is {live}" in text
        assert f"records {recorded or 'none'}" in text
        assert "pulumi state delete" in text
    if issubclass(outcome, ResourceConflict):
        assert "omics-components owner take id" in text
    if outcome is AccessDenied:
        assert "x:ReadTags" in text


@pytest.mark.parametrize("recorded", [SERIAL, TWO_PARTS])
def test_a_rename_admits_what_the_same_update_wrote_before_it_was_killed(
    recorded: OwnerTag,
) -> None:
    renamed = recorded.renamed(RENAMED)

    assert renamed.claim == RENAMED
    assert renamed.serial not in ("", recorded.serial)
    assert recorded.renamed(RENAMED) == renamed
    handler: Any = Tagged(renamed)
    assert require_owner(handler, "id", State(), recorded, renamed=renamed) == renamed


@pytest.mark.parametrize(
    "live",
    [
        OwnerTag("r", "r", "t"),
        OwnerTag("r", "r"),
        OwnerTag("d", "c", "of another state").renamed(RENAMED),
        OwnerTag("r", "c", "t"),
        OwnerTag("d", "r", "t"),
    ],
    ids=str,
)
@pytest.mark.parametrize("recorded", [SERIAL, TWO_PARTS])
def test_a_rename_admits_nothing_that_another_state_wrote(
    recorded: OwnerTag, live: OwnerTag
) -> None:
    handler: Any = Tagged(live)

    with pytest.raises(OwnershipConflict):
        require_owner(handler, "id", State(), recorded, renamed=recorded.renamed(RENAMED))


def test_a_value_that_no_version_writes_is_the_tag_of_an_unknown_owner() -> None:
    assert split_owner_tag({OWNER_TAG: "hello", "a": "b"}) == ({"a": "b"}, OwnerTag("hello", ""))
    assert split_owner_tag({OWNER_TAG: ""}) == ({}, None)


# Waiting for a tag


@pytest.mark.parametrize(
    ("before", "seen"),
    [
        (TWO_PARTS, [TWO_PARTS, None, TWO_PARTS, SERIAL]),
        (None, [None, None, SERIAL]),
        (SERIAL, [SERIAL]),
        (SERIAL.unfinished, [SERIAL.unfinished, SERIAL]),
    ],
)
def test_a_tag_is_waited_for_until_it_reads_back(
    clock: SharedClock, before: OwnerTag | None, seen: list[OwnerTag | None]
) -> None:
    answers = iter(seen)

    wait_for_owner(lambda: next(answers), SERIAL, before=before, clock=clock)

    assert list(answers) == []


@pytest.mark.parametrize("other", [OwnerTag("d", "c", "t"), OwnerTag("x", "c", "s"), TWO_PARTS])
def test_a_third_tag_is_somebody_elses(clock: SharedClock, other: OwnerTag) -> None:
    answers = iter([None, other])

    with pytest.raises(OwnershipConflict, match=str(other)):
        wait_for_owner(lambda: next(answers), SERIAL, before=SERIAL.unfinished, clock=clock)

    assert list(answers) == []


@pytest.mark.parametrize("shown", [None, TWO_PARTS])
def test_a_tag_that_never_reads_back_is_an_error(
    clock: SharedClock, shown: OwnerTag | None
) -> None:
    begin_s = clock.monotonic()

    with pytest.raises(NotStabilized, match="does not read back after 180 s"):
        wait_for_owner(lambda: shown, SERIAL, before=TWO_PARTS, clock=clock)

    assert clock.monotonic() - begin_s == pytest.approx(180, abs=1)
