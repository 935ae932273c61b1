"""A store without a key on the real engine, whether AWS reports its own key for it or nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi import ResourceOptions, automation

from omics_components import SequenceStore
from tests.engine.stack import Stack
from tests.engine.test_import_file import IMPORT, import_file

KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
READ = {"GetSequenceStore", "ListTagsForResource"}


@pytest.fixture(params=[True, False], ids=["AWS reports its key", "AWS reports nothing"])
def stack(stack: Stack, request: pytest.FixtureRequest) -> Stack:
    """A stack in each of the worlds that may be the real one."""
    stack.server.emulator.configure(
        assume={} if request.param else {"keyless-store-key": "as-given"}
    )
    return stack


def assert_quiet(stack: Stack, program: Any, name: str) -> None:
    """Preview, up and refresh show no change and make no call that writes, twice."""
    for _ in range(2):
        for command in (stack.preview, stack.up):
            run = command(program, expect_no_changes=True)
            assert run.steps[name] == ["same"]
            assert not run.calls
        refreshed = stack.refresh(expect_no_changes=True)
        assert {call.operation for call in refreshed.calls} <= READ
        recorded = stack.resource(name)
        assert "sseConfig" not in {**recorded["inputs"], **recorded["outputs"]}


def test_a_store_without_a_key_is_never_replaced(stack: Stack) -> None:
    """With read sets in it, too; a key that the program names then is a replacement."""
    program: dict[str, dict[str, Any]] = {"reads": {}, "typed": {"sse_config": {"type": "KMS"}}}
    stack.up(program)
    ids = stack.live_ids()
    stack.server.emulator.put_read_sets(stack.store_id("reads"), 1)

    assert_quiet(stack, program, "reads")
    assert_quiet(stack, program, "typed")
    changed: dict[str, dict[str, Any]] = {**program, "reads": {"description": "Reads"}}
    assert stack.up(changed).steps["reads"] == ["update"]
    assert_quiet(stack, changed, "reads")

    assert stack.live_ids() == ids
    with_key = {"sse_config": {"type": "KMS", "key_arn": KEY}}
    preview = stack.preview({**changed, "typed": with_key})
    assert preview.replaces["typed"] == ["sseConfig"]
    with pytest.raises(automation.CommandError, match="it holds 1 read set"):
        stack.preview({**program, "reads": {"description": "Reads", **with_key}})


def test_a_store_of_others_is_adopted_and_imported_without_a_key(
    stack: Stack, tmp_path: Path
) -> None:
    adopted, imported = (
        stack.aws().create_sequence_store(name=name)["arn"] for name in ("adopted", "imported")
    )

    def adopt() -> None:
        SequenceStore("adopted", opts=ResourceOptions(import_=adopted))

    stack.up(adopt)
    assert stack.resource("adopted")["id"] == adopted
    assert_quiet(stack, {"adopted": {}}, "adopted")

    file, program = tmp_path / "import.json", tmp_path / "program.py"
    import_file(stack, "--id", imported, "--output", str(file), "--program", str(program))
    [resource] = json.loads(file.read_text())["resources"]
    assert "sseConfig" not in {**resource["inputs"], **resource["outputs"]}
    assert "sse_config" not in program.read_text()
    stack.cli("import", "--file", str(file), *IMPORT)
    assert_quiet(stack, {"adopted": {}, "imported": {}}, "imported")
    assert len(stack.live_ids()) == 2
