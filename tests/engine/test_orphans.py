"""``omics-components orphans`` on states of the real engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pulumi import ResourceOptions, automation

from omics_components.cli.root import root
from tests.engine.stack import Stack


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """Where a test exports its state to."""
    return tmp_path / "export.json"


def orphans(stack: Stack, exported: Path) -> list[dict[str, Any]]:
    """List them by an export, and see that the backend's own file tells the same."""
    exported.write_text(stack.cli("stack", "export"))
    by_file: list[list[dict[str, Any]]] = []
    for file in (exported, stack.state_file):
        result = CliRunner().invoke(
            root, ["orphans", str(file), "--output", "json"], env=stack.server.environment()
        )
        # The oldest click mixes what goes to stderr in, after the list.
        by_file.append(json.JSONDecoder().raw_decode(result.stdout)[0])
        assert result.exit_code == (3 if by_file[-1] else 0), result.output
    assert by_file[0] == by_file[1]
    return by_file[0]


def test_a_store_that_the_state_lost_is_found_until_it_is_adopted(
    stack: Stack, exported: Path
) -> None:
    stack.up({"kept": {}, "lost": {}})
    lost = stack.resource("lost")
    assert orphans(stack, exported) == []

    stack.cli("state", "delete", lost["urn"], "--yes")

    [orphan] = orphans(stack, exported)
    assert (orphan["arn"], orphan["name"], orphan["status"]) == (lost["id"], "lost", "ACTIVE")
    assert orphan["adopt"].endswith(f"pulumi config set omics-components:takeOver {lost['id']}")
    stack.set_config("omics-components:takeOver", lost["id"])
    imported = ResourceOptions(import_=lost["id"])
    stack.up({"kept": {}, "found": {"name": "lost", "opts": imported}})
    assert orphans(stack, exported) == []


def test_a_store_of_a_killed_update_is_found_until_the_next_one(
    stack: Stack, exported: Path
) -> None:
    stack.server.emulator.faults.add(
        {
            "operation": "CreateSequenceStore",
            "action": "crash",
            "when": "after",
            "ancestors": ["pulumi"],
        }
    )
    with pytest.raises(automation.CommandError):
        stack.up({"reads": {}})
    stack.server.emulator.faults.clear()
    stack.cli("cancel", "--yes")

    [orphan] = orphans(stack, exported)

    assert orphan["arn"].rpartition("/")[2] in stack.live_ids()
    assert orphan["made_for"].endswith("dynamic/omics:SequenceStore::reads")
    assert orphan["resume"] == "pulumi up"
    stack.up({"reads": {}})
    assert stack.resource("reads")["id"] == orphan["arn"]
    assert orphans(stack, exported) == []
