"""The examples, run by the CLI or as users test them, on the Python that runs these tests."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from pulumi.automation import CommandError

from omics_components.emulator import EmulatorServer
from omics_components.testing import StackFactory
from tests.engine.stack import plain_client

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
Pulumi = Callable[..., str]


@pytest.fixture
def pulumi(server: EmulatorServer, tmp_path: Path) -> Pulumi:
    """The CLI in a copy of an example, with a backend that all examples of a test share."""
    (tmp_path / "backend").mkdir()
    environment = {
        **os.environ,
        **server.environment(),
        "OMICS_COMPONENTS_TPS": "*=inf",
        "PULUMI_BACKEND_URL": (tmp_path / "backend").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_SKIP_CONFIRMATIONS": "true",
    }

    def run(example: str, *arguments: str) -> str:
        folder = tmp_path / example
        if not folder.exists():
            _copy(EXAMPLES / example, folder)
            run(example, "stack", "init", "test")
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=folder,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def _copy(example: Path, folder: Path) -> None:
    """Copy an example, and let it name the environment of these tests for its own."""
    shutil.copytree(example, folder, ignore=shutil.ignore_patterns("Pulumi.*.yaml"))
    file = folder / "Pulumi.yaml"
    settings = yaml.safe_load(file.read_text())
    settings["runtime"]["options"]["virtualenv"] = sys.prefix
    file.write_text(yaml.safe_dump(settings))


def _outputs(pulumi: Pulumi, example: str) -> dict[str, Any]:
    outputs: dict[str, Any] = json.loads(pulumi(example, "stack", "output", "--json"))
    return outputs


def test_a_team_uses_the_platforms_store_without_owning_it(
    pulumi: Pulumi, server: EmulatorServer
) -> None:
    platform, team = "multi_stack/platform", "multi_stack/team"
    reader = "arn:aws:iam::111122223333:role/variant-calling"
    pulumi(platform, "config", "set", "--path", "readers[0]", reader)
    pulumi(platform, "up", "--skip-preview")
    owned = _outputs(pulumi, platform)

    pulumi(team, "config", "set", "platform", "organization/genomics-platform/test")
    pulumi(team, "up", "--skip-preview")

    used = _outputs(pulumi, team)
    assert used["store_name"] == "cohort"
    assert used["s3_uri"] == owned["s3_uri"]
    assert used["role_policy"] == owned["reader_policy_json"]

    pulumi(team, "destroy", "--skip-preview")
    omics = plain_client("omics", "us-east-1", server.url)
    [store] = omics.list_sequence_stores()["sequenceStores"]
    assert store["arn"] == owned["store_arn"]
    pulumi(platform, "destroy", "--skip-preview")
    assert not omics.list_sequence_stores()["sequenceStores"]


def test_a_given_key_and_bucket_are_used_and_left_alone(
    pulumi: Pulumi, server: EmulatorServer
) -> None:
    example = "bring_your_own"
    kms = plain_client("kms", "us-east-1", server.url)
    s3 = plain_client("s3", "us-east-1", server.url)
    key_arn = kms.create_key()["KeyMetadata"]["Arn"]
    s3.create_bucket(Bucket="theirs")
    pulumi(example, "config", "set", "kmsKeyArn", key_arn)
    pulumi(example, "config", "set", "fallbackBucket", "theirs")

    shown = pulumi(example, "up", "--skip-preview")

    assert "The key is your own and stays as it is" in shown
    outputs = _outputs(pulumi, example)
    [statement] = outputs["bucket_policy_must_contain"]
    assert statement["Resource"] == "arn:aws:s3:::theirs/failed-uploads/*"
    assert outputs["key_policy_must_contain"][0]["Principal"]["Service"] == "omics.amazonaws.com"
    pulumi(example, "destroy", "--skip-preview")
    assert kms.describe_key(KeyId=key_arn)["KeyMetadata"]["Enabled"]
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["theirs"]


def test_the_least_that_a_program_can_say(pulumi_stack: StackFactory) -> None:
    lab = pulumi_stack(EXAMPLES / "minimal")

    lab.up()

    assert [store["arn"] for store in _stores()] == [lab.outputs["arn"]]


def test_the_component_lets_readers_in_and_writes_logs(pulumi_stack: StackFactory) -> None:
    reader = "arn:aws:iam::111122223333:role/variant-calling"
    lab = pulumi_stack(EXAMPLES / "component", config={"readers": [reader]})

    lab.up()

    omics = boto3.client("omics")
    store = omics.get_sequence_store(id=lab.outputs["arn"].rpartition("/")[2])
    point = store["s3Access"]["s3AccessPointArn"]
    assert reader in omics.get_s3_access_policy(s3AccessPointArn=point)["s3AccessPolicy"]
    assert store["s3Access"]["accessLogLocation"] == lab.outputs["access_log_location"]
    buckets = boto3.client("s3").list_buckets()["Buckets"]
    locations = (store["fallbackLocation"], lab.outputs["access_log_location"])
    assert {bucket["Name"] for bucket in buckets} == {text.split("/")[2] for text in locations}
    assert point in lab.outputs["reader_policy"]


def test_an_existing_store_is_adopted_and_only_its_owner_tag_is_changed(
    pulumi_stack: StackFactory,
) -> None:
    omics = boto3.client("omics")
    made = omics.create_sequence_store(
        name="cohort",
        description="Reads of the cohort study",
        propagatedSetLevelTags=["sample"],
        tags={"team": "transcriptomics"},
    )
    lab = pulumi_stack(EXAMPLES / "adopting", config={"adopt": made["arn"]})
    with pytest.raises(CommandError, match="transcriptomics"):
        lab.up()
    omics.tag_resource(resourceArn=made["arn"], tags={"team": "genomics"})

    adopted = lab.up()

    assert lab.outputs["arn"] == made["arn"]
    changing = ("Create", "Update", "Delete", "Tag", "Untag", "Put")
    changes = [call.operation for call in adopted.calls if call.operation.startswith(changing)]
    assert changes == ["TagResource"]  # its owner tag
    lab.remove_config("adopt")
    lab.preview(expect_no_changes=True)


def test_each_entry_of_a_file_becomes_a_store(pulumi_stack: StackFactory, tmp_path: Path) -> None:
    lab = pulumi_stack(EXAMPLES / "many_stores")

    lab.up()

    omics = boto3.client("omics")
    stores = [omics.get_sequence_store(id=item["id"]) for item in _stores()]
    own = {key["KeyArn"] for key in boto3.client("kms").list_keys()["Keys"]}
    assert {store["name"]: store["sseConfig"]["keyArn"] in own for store in stores} == {
        "exomes": True,
        "rna": True,
        "instrument-tests": False,
    }
    assert {store["name"]: store["arn"] for store in stores} == lab.outputs["arns"]
    tags = omics.list_tags_for_resource(resourceArn=lab.outputs["arns"]["exomes"])["tags"]
    assert {"team": "genetics", "study": "rare-disease"}.items() <= tags.items()

    for readers in ("[arn:aws:iam::111122223333:role/variant-calling]", "[]"):
        file = tmp_path / "readers.yaml"
        file.write_text(f"stores: [{{name: exomes, description: Exomes, readers: {readers}}}]")
        lab.set_config("file", str(file))
        lab.up()
        arn = lab.outputs["arns"]["exomes"]
        access = omics.get_sequence_store(id=arn.rpartition("/")[2])["s3Access"]
        policy = omics.get_s3_access_policy(s3AccessPointArn=access["s3AccessPointArn"])
        assert ("role/variant-calling" in policy["s3AccessPolicy"]) is (readers != "[]")
        assert "123456789012" in policy["s3AccessPolicy"]  # the owner

    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("stores: [{name: exomes, description: 5}, {name: RNA, descripton: RNA}]")
    lab.set_config("file", str(wrong))
    with pytest.raises(CommandError) as refusal:
        lab.preview()
    text = str(refusal.value)
    assert "wrong.yaml is not right" in text
    for place in ("stores.0.description", "stores.1.name", "stores.1.descripton"):
        assert place in text
    assert "Traceback" not in text


def test_a_project_is_tested_as_its_team_would() -> None:
    assert "3 passed in" in _pytest(EXAMPLES / "tested_project")


def test_the_blocks_of_the_page_on_testing_pass(tmp_path: Path) -> None:
    page = (EXAMPLES.parent / "docs" / "testing.md").read_text()
    blocks = re.findall(r"```python\n# (test_\w+\.py)\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == page.count("```python")
    for name, text in blocks:
        (tmp_path / name).write_text(text)

    assert f"{len(blocks)} passed in" in _pytest(tmp_path)


def _pytest(folder: Path) -> str:
    """Run the tests of a folder as a user would; give what was printed."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _stores() -> list[Any]:
    stores: list[Any] = boto3.client("omics").list_sequence_stores()["sequenceStores"]
    return stores
