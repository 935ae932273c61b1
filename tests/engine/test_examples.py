"""The examples, run as they are by the CLI: their own Pulumi.yaml, their own program."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from omics_components.emulator import EmulatorServer
from tests.engine.stack import plain_client

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
Pulumi = Callable[..., str]


@pytest.fixture
def pulumi(server: EmulatorServer, tmp_path: Path) -> Iterator[Pulumi]:
    """The CLI in the folder of an example, with a backend that all examples of a test share."""
    server.reset()
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
    stack = f"test-{tmp_path.name}"
    folders: set[Path] = set()

    def run(example: str, *arguments: str) -> str:
        folder = EXAMPLES / example
        if folder not in folders:
            folders.add(folder)
            run(example, "stack", "init", stack)
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

    yield run
    for folder in folders:
        (folder / f"Pulumi.{stack}.yaml").unlink(missing_ok=True)


def _outputs(pulumi: Pulumi, example: str) -> dict[str, Any]:
    outputs: dict[str, Any] = json.loads(pulumi(example, "stack", "output", "--json"))
    return outputs


def test_a_team_uses_the_platforms_store_without_owning_it(
    pulumi: Pulumi, server: EmulatorServer, tmp_path: Path
) -> None:
    platform, team = "multi_stack/platform", "multi_stack/team"
    reader = "arn:aws:iam::111122223333:role/variant-calling"
    pulumi(platform, "config", "set", "--path", "readers[0]", reader)
    pulumi(platform, "up", "--skip-preview")
    owned = _outputs(pulumi, platform)

    reference = f"organization/genomics-platform/test-{tmp_path.name}"
    pulumi(team, "config", "set", "platform", reference)
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
