"""``omics-components owner`` settles, on the real engine, what the errors of the fence name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from pulumi import automation

from omics_components.cli.root import root
from omics_components.schema.owner_tag import OWNER_TAG, OwnerTag
from tests.engine.stack import Stack


def follow(stack: Stack, error: Exception, folder: Path) -> None:
    """Run the command that an error names, with the stack's state."""
    found = re.search(r"run omics-components owner (release|take) ([^\s]+[^\s.])", str(error))
    assert found, error
    state = folder / "state.json"
    state.write_text(stack.cli("stack", "export"))
    result = CliRunner().invoke(
        root,
        ["owner", found[1], found[2], "--state", str(state), "--yes"],
        env=stack.server.environment(),
    )
    assert result.exit_code == 0, result.output


def owner_of(stack: Stack, arn: str) -> OwnerTag:
    """The owner tag in AWS."""
    owner = OwnerTag.parse(stack.aws().list_tags_for_resource(resourceArn=arn)["tags"][OWNER_TAG])
    assert owner
    return owner


def test_a_creation_that_was_finished_and_not_recorded_is_resumed(
    stack: Stack, tmp_path: Path
) -> None:
    """The engine dies between the last call of a creation and its record."""
    rule = {
        "operation": "TagResource",
        "action": "crash",
        "when": "after",
        "ancestors": ["pulumi"],
    }
    stack.server.emulator.faults.add(rule)
    with pytest.raises(automation.CommandError):
        stack.up({"reads": {}})
    stack.server.emulator.faults.clear()
    stack.cli("cancel", "--yes")
    [left] = stack.live_ids()
    with pytest.raises(automation.CommandError, match="is finished, and is not in this") as refused:
        stack.up({"reads": {}})
    assert stack.live_ids() == {left}

    follow(stack, refused.value, tmp_path)
    stack.up({"reads": {}})

    recorded = stack.resource("reads")
    assert recorded["id"].endswith(left)
    assert recorded["outputs"]["__owner"] == str(owner_of(stack, recorded["id"]))
    stack.preview({"reads": {}}, expect_no_changes=True)
    assert stack.live_ids() == {left}


def test_a_tag_that_was_edited_or_removed_is_taken_back(stack: Stack, tmp_path: Path) -> None:
    stack.up({"reads": {}})
    arn = stack.resource("reads")["id"]
    owner = owner_of(stack, arn)
    theirs = OwnerTag(owner.declaration, owner.creation, "other")
    for number, tags in enumerate(({OWNER_TAG: str(theirs)}, {})):
        stack.aws().untag_resource(resourceArn=arn, tagKeys=[OWNER_TAG])
        if tags:
            stack.aws().tag_resource(resourceArn=arn, tags=tags)
        change = {"reads": {"description": f"Change {number}"}}
        with pytest.raises(automation.CommandError) as refused:
            stack.up(change)

        follow(stack, refused.value, tmp_path)
        stack.up(change)

        assert owner_of(stack, arn) == owner
        assert stack.live("reads")["description"] == f"Change {number}"
    stack.destroy()
    assert not stack.live_ids()
