"""``omics-components import-file`` and ``pulumi import --file``, on the real engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pulumi import automation

from omics_components.cli.root import root
from tests.engine.stack import Run, Stack
from tests.engine.test_adoption import changes_in, client
from tests.provider.test_adoption import LAB, make_bucket, make_key, make_policy, make_store

__all__ = ["client"]  # a fixture

IMPORT = ("--generate-code=false", "--protect=false", "--yes")


def import_file(stack: Stack, *arguments: str) -> None:
    """Run the command in this process."""
    environment = stack.server.environment()
    result = CliRunner().invoke(root, ["import-file", *arguments], env=environment)
    assert result.exit_code == 0, result.output


def test_after_the_import_the_program_shows_no_change(
    stack: Stack, client: Callable[[str], Any], tmp_path: Path
) -> None:
    """Three stores with all properties, chosen by a tag, and one resource of each other kind."""
    stores = [make_store(client) for _ in range(3)]
    key, bucket, policy = make_key(client), make_bucket(client), make_policy(client)
    choices = {
        "sequence-store": ("--tag", "team=genomics"),
        "kms-key": ("--id", key.references["id"], "--name", "key"),
        "s3-bucket": ("--id", bucket.id),
        "s3-access-policy": ("--id", policy.references["store"], "--name", "policy"),
    }
    resources: list[dict[str, Any]] = []
    programs: list[str] = []
    stack.server.emulator.calls.clear()
    for kind, choice in choices.items():
        file, program = tmp_path / f"{kind}.json", tmp_path / f"{kind}.py"
        files = ("--output", str(file), "--program", str(program))
        import_file(stack, "--kind", kind, *choice, *files)
        resources += json.loads(file.read_text())["resources"]
        programs.append(program.read_text())
    whole = tmp_path / "import.json"
    whole.write_text(json.dumps({"resources": resources}))

    stack.cli("import", "--file", str(whole), *IMPORT)

    assert changes_in(Run(list(stack.server.emulator.calls))) == []
    recorded = {item["urn"].rpartition("::")[2]: item["id"] for item in stack.resources()}
    assert set(recorded) == {"reads", "reads-2", "reads-3", "key", bucket.id, "policy"}
    assert set(recorded.values()) == {made.id for made in (*stores, key, bucket, policy)}
    assert not any(item.get("protect") for item in stack.resources())

    def declare() -> None:
        for program in programs:
            exec(program, {})  # noqa: S102 what the command wrote

    assert not stack.preview(declare, expect_no_changes=True).calls
    assert changes_in(stack.refresh(expect_no_changes=True)) == []
    assert LAB in programs[1]
    programs[1] = programs[1].replace(LAB, f"{LAB}-2")
    run = stack.up(declare)
    assert {name for name, steps in run.steps.items() if steps != ["same"]} == {"key"}
    stack.destroy()
    assert stack.live_ids() == {policy.references["store"].rpartition("/")[2]}
    assert stack.aws(service="s3").list_buckets()["Buckets"] == []


def test_what_is_taken_over_is_managed_once_its_owner_is_written(
    stack: Stack, tmp_path: Path
) -> None:
    """Until then the former stack manages it: an update fails, a destroy leaves it alone."""
    stack.up({"reads": {}})
    former = stack.resource("reads")
    exported, file = tmp_path / "state.json", tmp_path / "import.json"
    stack.cli("state", "delete", former["urn"], "--yes")
    import_file(stack, "--id", former["id"], "--take-over", "--output", str(file))

    stack.cli("import", "--file", str(file), *IMPORT)

    recorded = stack.resource("reads")["outputs"]["__owner"]
    assert recorded != former["outputs"]["__owner"]
    stack.preview({"reads": {}}, expect_no_changes=True)
    with pytest.raises(automation.CommandError, match="omics-components owner take"):
        stack.up({"reads": {"description": "Mine"}})
    exported.write_text(stack.cli("stack", "export"))
    taken = CliRunner().invoke(
        root,
        ["owner", "take", former["id"], "--yes", "--state", str(exported)],
        env=stack.server.environment(),
    )
    assert taken.exit_code == 0, taken.output
    stack.up({"reads": {"description": "Mine"}})
    assert stack.live("reads")["description"] == "Mine"
    assert stack.resource("reads")["outputs"]["__owner"] == recorded
    stack.destroy()
    assert not stack.live_ids()


def test_a_destroy_before_its_owner_is_written_leaves_it_alone(
    stack: Stack, tmp_path: Path
) -> None:
    stack.up({"reads": {}})
    former, file = stack.resource("reads"), tmp_path / "import.json"
    stack.cli("state", "delete", former["urn"], "--yes")
    import_file(stack, "--id", former["id"], "--take-over", "--output", str(file))
    stack.cli("import", "--file", str(file), *IMPORT)

    stack.destroy()

    assert stack.live_ids() == {former["id"].rpartition("/")[2]}
