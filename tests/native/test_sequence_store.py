"""A native sequence store through its life, on the real engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pytest
from click.testing import CliRunner
from pulumi import ResourceOptions, automation

from omics_components import native
from omics_components.cli.root import root
from omics_components.native import SequenceStore
from omics_components.schema.owner_tag import OWNER_TAG
from tests.native.stack import NativeStack

DESCRIBED = {"reads": {"description": "a", "tags": {"team": "x"}}}


def test_a_store_is_created_kept_changed_and_destroyed(stack: NativeStack) -> None:
    assert stack.up(DESCRIBED).steps["reads"] == ["create"]
    assert stack.live("reads")["name"] == "reads"

    assert stack.preview(DESCRIBED, expect_no_changes=True).calls == []

    run = stack.up({"reads": {"description": "b", "tags": {"team": "y"}}})
    assert run.steps["reads"] == ["update"]
    assert "[diff: ~description,tags]" in run.text
    live = stack.live("reads")
    assert (live["description"], live["tags"]) == ("b", {"team": "y"})

    stack.refresh(expect_no_changes=True)
    stack.destroy()
    assert not stack.live_ids()


def test_an_update_preview_knows_the_outputs_that_stay(stack: NativeStack) -> None:
    def program(description: str) -> Any:
        def declare() -> None:
            store = SequenceStore("reads", description=description)
            for name in ("status", "s3_uri", "creation_time", "update_time"):
                pulumi.export(name, getattr(store, name))
            SequenceStore("other", description=store.status)

        return declare

    stack.up(program("a"))
    run = stack.preview(program("b"))

    assert run.steps["reads"] == ["update"]
    assert run.steps["other"] == ["same"]  # it depends on an output that stays


def test_a_replacement_is_refused_while_the_store_holds_read_sets(stack: NativeStack) -> None:
    stack.up(DESCRIBED)
    store_id = stack.store_id("reads")
    stack.server.emulator.put_read_sets(store_id, count=3)

    with pytest.raises(automation.CommandError, match="3 read sets"):
        stack.preview({"reads": {"replace_triggers": {"a": "1"}}})

    assert stack.live_ids() == {store_id}


def test_an_empty_store_is_replaced(stack: NativeStack) -> None:
    stack.up(DESCRIBED)
    before = stack.store_id("reads")

    run = stack.up({"reads": {**DESCRIBED["reads"], "replace_triggers": {"a": "1"}}})

    assert run.replaces["reads"] == ["replaceTriggers"]
    assert stack.live_ids() == {stack.store_id("reads")} != {before}


def test_a_refresh_shows_drift_and_the_next_update_repairs_it(stack: NativeStack) -> None:
    stack.up(DESCRIBED)
    stack.aws().update_sequence_store(id=stack.store_id("reads"), description="other")

    stack.refresh()
    assert stack.resource("reads")["outputs"]["description"] == "other"

    run = stack.up(DESCRIBED)
    assert "[diff: ~description]" in run.text
    assert stack.live("reads")["description"] == "a"


def test_a_store_that_is_gone_is_created_again(stack: NativeStack) -> None:
    stack.up(DESCRIBED)
    stack.aws().delete_sequence_store(id=stack.store_id("reads"))

    run = stack.up(DESCRIBED, refresh=True)

    assert "create" in run.steps["reads"]
    assert stack.live_ids() == {stack.store_id("reads")}


@pytest.mark.parametrize("by", ["arn", "id"])
def test_the_command_import_takes_a_store_by_arn_and_by_id(stack: NativeStack, by: str) -> None:
    made = stack.aws().create_sequence_store(name="reads", description="a")
    stack.up({})

    stack.cli(
        "import",
        "omics-components:index:SequenceStore",
        "reads",
        made[by],
        "--yes",
        "--generate-code=false",
        "--protect=false",
    )

    assert stack.resource("reads")["id"] == made["arn"]
    assert stack.up({"reads": {"description": "b"}}).steps["reads"] == ["update"]
    assert stack.live("reads")["description"] == "b"
    tags = stack.aws().list_tags_for_resource(resourceArn=made["arn"])["tags"]
    assert tags[OWNER_TAG] == stack.resource("reads")["outputs"]["__owner"]
    stack.destroy()
    assert not stack.live_ids()


def test_a_file_of_the_command_imports_a_store_of_another_owner(
    stack: NativeStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = {OWNER_TAG: f"{'a' * 32}/{'b' * 32}/{'c' * 20}"}
    made = stack.aws().create_sequence_store(name="reads", tags=owner)
    stack.up({})
    monkeypatch.setenv("AWS_ENDPOINT_URL", stack.server.url)

    def command(*arguments: str) -> None:
        assert CliRunner().invoke(root, arguments).exit_code == 0

    file, state = str(tmp_path / "import.json"), str(tmp_path / "state.json")
    command("import-file", "--id", made["arn"], "--take-over", "--native", "--output", file)
    stack.cli("import", "--file", file, "--yes", "--generate-code=false", "--protect=false")
    stack.cli("stack", "export", "--file", state)
    command("owner", "take", made["arn"], "--state", state, "--yes")

    assert stack.up({"reads": {"description": "mine"}}).steps["reads"] == ["update"]
    assert stack.live("reads")["description"] == "mine"


def test_an_imported_store_of_another_owner_is_left_alone(stack: NativeStack) -> None:
    owner = {OWNER_TAG: f"{'a' * 32}/{'b' * 32}/{'c' * 20}"}
    made = stack.aws().create_sequence_store(name="reads", tags=owner)

    def program(**changes: Any) -> Any:
        def declare() -> None:
            SequenceStore("reads", **changes, opts=ResourceOptions(import_=made["arn"]))

        return declare

    assert "owner take" in stack.up(program()).text
    with pytest.raises(automation.CommandError, match="its owner tag is"):
        stack.up(program(description="mine"))
    assert "left" in stack.destroy().text
    assert stack.live_ids() == {made["id"]}


def test_the_option_import_takes_a_store(stack: NativeStack) -> None:
    made = stack.aws().create_sequence_store(name="reads")

    def declare() -> None:
        SequenceStore("reads", name="reads", opts=ResourceOptions(import_=made["id"]))

    assert stack.up(declare).steps["reads"] == ["import"]
    assert stack.resource("reads")["id"] == made["arn"]


def test_get_reads_a_store_without_owning_it(stack: NativeStack) -> None:
    made = stack.aws().create_sequence_store(name="theirs", description="shared")

    def declare() -> None:
        store = SequenceStore.get("theirs", made["arn"])
        pulumi.export("description", store.description)

    assert stack.up(declare).outputs["description"] == "shared"
    stack.destroy()
    assert stack.live_ids() == {made["id"]}


def test_two_providers_reach_two_accounts_and_regions(stack: NativeStack) -> None:
    def declare() -> None:
        there = native.Provider(
            "there",
            region="eu-west-1",
            assume_roles=[{"role_arn": "arn:aws:iam::222233334444:role/deployer"}],
            allowed_account_ids=["222233334444"],
            default_tags={"tags": {"from": "there"}},
        )
        SequenceStore("here")
        SequenceStore("far", opts=ResourceOptions(provider=there))

    stack.up(declare)

    assert stack.resource("here")["id"].split(":")[3:5] == ["us-east-1", "123456789012"]
    assert stack.resource("far")["id"].split(":")[3:5] == ["eu-west-1", "222233334444"]
    assert stack.resource("far")["outputs"]["tagsAll"] == {"from": "there"}
    stack.destroy()


def test_an_unknown_setting_of_a_provider_is_refused(stack: NativeStack) -> None:
    def declare() -> None:
        native.Provider("there", default_tags={"tag": {"a": "b"}})  # type: ignore[arg-type]

    with pytest.raises(automation.CommandError, match="omics-components:defaultTags"):
        stack.preview(declare)


def test_secret_inputs_stay_secret(stack: NativeStack) -> None:
    def declare() -> None:
        tags = {"team": pulumi.Output.secret("hidden")}
        SequenceStore("reads", description=pulumi.Output.secret("quiet"), tags=tags)

    stack.up(declare)

    text = stack.state_file.read_text()
    assert "quiet" not in text
    assert "hidden" not in text
    stack.preview(declare, expect_no_changes=True)


def test_replace_on_changes_replaces(stack: NativeStack) -> None:
    def program(description: str) -> Any:
        def declare() -> None:
            options = ResourceOptions(replace_on_changes=["description"])
            SequenceStore("reads", description=description, opts=options)

        return declare

    stack.up(program("a"))
    before = stack.store_id("reads")
    run = stack.up(program("b"))
    assert "create-replacement" in run.steps["reads"]
    assert stack.live_ids() == {stack.store_id("reads")} != {before}

    stack.server.emulator.put_read_sets(stack.store_id("reads"), count=1)
    with pytest.raises(automation.CommandError, match="1 read set"):
        stack.preview(program("c"))


def test_a_forced_replacement_is_refused_by_the_fence(stack: NativeStack) -> None:
    stack.up(DESCRIBED)
    store_id, urn = stack.store_id("reads"), stack.resource("reads")["urn"]

    with pytest.raises(automation.CommandError, match="is finished"):
        stack.up(DESCRIBED, replace=[urn])

    assert stack.live_ids() == {store_id}
    stack.preview(DESCRIBED, expect_no_changes=True)


def test_a_changed_provider_with_a_forced_replacement_loses_nothing(stack: NativeStack) -> None:
    def program(tag: str) -> Any:
        def declare() -> None:
            there = native.Provider(f"p{tag}", region="us-east-1")
            SequenceStore("reads", opts=ResourceOptions(provider=there))

        return declare

    stack.up(program("1"))
    store_id, urn = stack.store_id("reads"), stack.resource("reads")["urn"]

    with pytest.raises(automation.CommandError, match="is finished"):
        stack.up(program("2"), replace=[urn])

    assert stack.live_ids() == {store_id}
