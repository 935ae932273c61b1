"""The S3 access policy of a store on the real engine: set, changed, drifted, lost, cleared."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi import automation

from omics_components import S3AccessPolicy, SequenceStore
from omics_components.kinds.s3_access_policy.model import split_owner
from tests.docs.pages import PROJECT, blocks_of
from tests.engine.stack import Stack

PAGE = PROJECT / "docs" / "s3_access_policy.md"

READER = "arn:aws:iam::111122223333:role/analysis"
OWNER = "arn:aws:iam::123456789012:root"


def program(store: dict[str, Any] | None = None, **policy: Any) -> Callable[[], None]:
    """A store and its policy, wired as users do."""

    def declare() -> None:
        reads = SequenceStore("reads", **(store or {}))
        if policy:
            access = S3AccessPolicy("access", sequence_store_arn=reads.arn, **policy)
            pulumi.export("document", access.policy)
            pulumi.export("readers", access.readers)

    return declare


def readers_in(policy: dict[str, Any]) -> set[str]:
    """Everyone whom a policy names."""
    names: set[str] = set()
    for statement in policy["Statement"]:
        named = statement["Principal"]["AWS"]
        names |= {named} if isinstance(named, str) else set(named)
    return names


def live_with_owner(stack: Stack) -> dict[str, Any]:
    """The policy in AWS, with the owner in its Id."""
    access_point = stack.live("reads")["s3Access"]["s3AccessPointArn"]
    answer = stack.aws().get_s3_access_policy(s3AccessPointArn=access_point)
    document: dict[str, Any] = json.loads(answer["s3AccessPolicy"])
    return document


def live(stack: Stack) -> dict[str, Any]:
    """The policy in AWS, as programs see it."""
    return split_owner(live_with_owner(stack))[0]


def test_lifecycle_is_quiet_unless_something_changes_or_drifts(stack: Stack) -> None:
    one = program(readers=[READER])
    assert not stack.preview(one).calls

    up = stack.up(one)
    assert up.steps["access"] == ["create"]
    assert readers_in(live(stack)) == {OWNER, READER}
    assert up.outputs["readers"] == [READER]
    assert readers_in(up.outputs["document"]) == {OWNER, READER}

    unchanged = stack.up(one, expect_no_changes=True)
    assert not unchanged.calls
    refreshed = stack.refresh(expect_no_changes=True)
    assert [call.operation for call in refreshed.calls].count("GetS3AccessPolicy") == 1

    # The store changes in place beside it: its ARN stays known, and the policy stays quiet.
    preview = stack.preview(program({"description": "New"}, readers=[READER]))
    assert (preview.steps["reads"], preview.steps["access"]) == (["update"], ["same"])

    changed = stack.up(program(readers=[f"{READER}2", READER]))
    assert changed.steps["access"] == ["update"]
    assert readers_in(live(stack)) == {OWNER, READER, f"{READER}2"}

    access_point = stack.resource("access")["id"]
    edited = live_with_owner(stack)
    edited["Statement"][0]["Principal"] = {"AWS": OWNER}
    text = json.dumps(edited)
    stack.aws().put_s3_access_policy(s3AccessPointArn=access_point, s3AccessPolicy=text)

    assert stack.refresh().steps["access"] == ["refresh"]
    inputs = stack.resource("access")["inputs"]
    assert (inputs["policy"], inputs.get("readers")) == (live(stack), None)

    assert stack.up(one).steps["access"] == ["update"]
    assert readers_in(live(stack)) == {OWNER, READER}

    stack.aws().delete_s3_access_policy(s3AccessPointArn=access_point)
    stack.refresh()
    assert [item["urn"].rpartition("::")[2] for item in stack.resources()] == ["reads"]
    assert stack.up(one).steps["access"] == ["create"]
    assert readers_in(live(stack)) == {OWNER, READER}

    destroyed = stack.destroy()
    operations = [call.operation for call in destroyed.calls]
    assert operations.index("DeleteS3AccessPolicy") < operations.index("DeleteSequenceStore")
    assert not stack.live_ids()


def test_a_policy_is_set_rewritten_changed_and_cleared(stack: Stack) -> None:
    stack.up(program())
    by_default = live(stack)
    stack.up(program(policy=by_default))

    rewritten = json.dumps({**by_default, "Statement": by_default["Statement"][::-1]}, indent=4)
    assert not stack.up(program(policy=rewritten), expect_no_changes=True).calls

    less = {**by_default, "Statement": by_default["Statement"][:1]}
    assert stack.up(program(policy=less)).steps["access"] == ["update"]
    assert live(stack) == less

    cleared = stack.up(program())
    assert cleared.steps["access"] == ["delete"]
    with pytest.raises(stack.aws().exceptions.ResourceNotFoundException):
        live(stack)


def test_a_replacement_leaves_the_policy_in_force(stack: Stack) -> None:
    """Of the store, and a forced one of the policy alone, where both are of one access point."""
    one = program(readers=[READER])
    stack.up(one)
    old = stack.resource("access")["id"]

    stack.up(one, replace=[stack.resource("access")["urn"]])
    assert stack.resource("access")["id"] == old
    assert readers_in(live(stack)) == {OWNER, READER}

    after = program({"e_tag_algorithm_family": "SHA256up"}, readers=[READER])
    run = stack.up(after)
    assert "replace" in run.steps["reads"]
    assert run.replaces["access"] == ["sequenceStoreArn"]
    assert stack.resource("access")["id"] != old
    assert readers_in(live(stack)) == {OWNER, READER}
    assert not stack.up(after, expect_no_changes=True).calls


def test_the_page_shows_how_readers_keep_their_access_if_the_store_is_not_deleted(
    stack: Stack,
) -> None:
    [shown] = [block.text for block in blocks_of(PAGE) if block.language == "python"]

    def declare(e_tags: str = "MD5up") -> None:
        old = 'SequenceStore("reads"'
        exec(shown.replace(old, f"{old}, e_tag_algorithm_family={e_tags!r}"), {})  # noqa: S102 our own page

    stack.up(declare)
    store_id = stack.store_id("reads")
    ids = [item["id"] for item in stack.server.emulator.put_read_sets(store_id, count=2)]

    with pytest.raises(automation.CommandError, match="it holds 2 read sets"):
        stack.destroy()
    assert readers_in(live(stack)) == {OWNER, READER}
    stack.up(declare)
    assert readers_in(live(stack)) == {OWNER, READER}
    stack.preview(declare, expect_no_changes=True)

    stack.aws().batch_delete_read_set(sequenceStoreId=store_id, ids=ids)
    stack.up(lambda: declare("SHA256up"))
    assert stack.live_ids() == {stack.store_id("reads")} != {store_id}
    assert readers_in(live(stack)) == {OWNER, READER}
    stack.preview(lambda: declare("SHA256up"), expect_no_changes=True)

    stack.destroy()
    assert stack.live_ids() == set()
    assert stack.resources() == []


def test_a_bad_policy_stops_the_preview_and_get_needs_one(stack: Stack) -> None:
    bad = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}}
    with pytest.raises(automation.CommandError, match=r"policy\.Statement\.Action: can allow"):
        stack.preview(program(policy=bad))

    stack.up(program())
    access_point = stack.live("reads")["s3Access"]["s3AccessPointArn"]

    def look() -> None:
        program()()
        pulumi.export("document", S3AccessPolicy.get("theirs", access_point).policy)

    assert stack.up(look).outputs["document"] == live(stack)
    stack.aws().delete_s3_access_policy(s3AccessPointArn=access_point)
    with pytest.raises(automation.CommandError, match="admits no one"):
        stack.up(look)
