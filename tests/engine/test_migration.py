"""A store passes from another provider's resource to ours, as docs/migrating.md says."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from pulumi import ResourceOptions, automation

from omics_components import SequenceStore
from tests.docs.pages import PROJECT, blocks_of
from tests.engine.foreign import ForeignStore
from tests.engine.stack import Stack
from tests.engine.test_adoption import changes_in

GUIDE = PROJECT / "docs" / "migrating.md"


@pytest.fixture
def arn(stack: Stack) -> str:
    """A store with a read set in it, of a stack whose plugins can import the other provider."""
    stack.set_environment(PYTHONPATH=str(PROJECT))
    made = stack.aws().create_sequence_store(name="reads")
    stack.server.emulator.put_read_sets(made["id"], count=1)
    return str(made["arn"])


def theirs(arn: str, *, retained: bool) -> Callable[[], None]:
    def declare() -> None:
        ForeignStore("old", arn, ResourceOptions(retain_on_delete=retained))

    return declare


def ours(arn: str) -> Callable[[], None]:
    def declare() -> None:
        SequenceStore("new", name="reads", opts=ResourceOptions(import_=arn))

    return declare


def test_a_retained_store_passes_in_one_update(stack: Stack, arn: str) -> None:
    stack.up(theirs(arn, retained=False))
    stack.up(theirs(arn, retained=True))

    run = stack.up(ours(arn))

    assert (run.steps["new"], run.steps["old"]) == (["create"], ["delete"])
    assert changes_in(run) == ["omics:TagResource"]  # its owner tag
    assert [item["id"] for item in stack.resources()] == [arn]
    stack.preview(ours(arn), expect_no_changes=True)


def test_a_store_that_was_not_retained_is_saved_by_its_read_sets_only(
    stack: Stack, arn: str
) -> None:
    stack.up(theirs(arn, retained=False))

    with pytest.raises(automation.CommandError, match="ConflictException"):
        stack.up(ours(arn))

    assert {item["id"] for item in stack.resources()} == {arn}
    assert len(stack.resources()) == len(("old", "new"))
    stack.cli("state", "delete", stack.resource("old")["urn"], "--yes")
    assert not stack.preview(ours(arn), expect_no_changes=True).calls
    assert stack.live("new")["name"] == "reads"


def test_a_store_passes_into_a_component_as_the_guide_shows(stack: Stack) -> None:
    [program] = [block.text for block in blocks_of(GUIDE) if "transforms=" in block.text]
    [key_arn] = re.findall('"(arn:aws:kms:.*)"', program)
    made = stack.aws().create_sequence_store(
        name="reads",
        sseConfig={"type": "KMS", "keyArn": key_arn},
        fallbackLocation="s3://failed-uploads/fallback/",
    )

    def declare() -> None:
        exec(program.replace('"1234567890"', repr(made["id"])), {})  # noqa: S102 our own page

    run = stack.up(declare)

    assert changes_in(run) == ["omics:TagResource"]
    assert stack.resource("reads-store")["id"] == made["arn"]
