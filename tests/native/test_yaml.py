"""The examples in YAML through their lives: no Python but the plugin's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from omics_components.emulator import EmulatorServer
from tests.docs.pages import PROJECT
from tests.engine.stack import plain_client
from tools.language_hosts import HOSTS

HOST = HOSTS["yaml"]


class YamlStack:
    """A copy of an example, with a backend and a home of its own.

    Args:
        folder: Where they live.
        example: The example's folder.
        server: The emulator.
    """

    def __init__(self, folder: Path, example: str, server: EmulatorServer) -> None:
        self.server = server
        self.project = folder / "project" / "Pulumi.yaml"
        self.project.parent.mkdir()
        (folder / "backend").mkdir()
        self.write(yaml.safe_load((PROJECT / "examples" / example / "Pulumi.yaml").read_text()))
        host = shutil.which(HOST.name) or str(HOST.folder / HOST.name)
        self._environment = {
            **os.environ,
            **server.environment(),
            "PATH": os.pathsep.join([str(Path(host).parent), os.environ["PATH"]]),
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_BACKEND_URL": (folder / "backend").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        self.run("stack", "init", "test")
        self.run("config", "set", "omics-components:region", "us-east-1")

    def write(self, program: dict[str, Any]) -> None:
        """Write the program, with the plugin of this environment."""
        program["plugins"]["providers"][0]["path"] = str(Path(sys.executable).parent)
        self.program = program
        self.project.write_text(yaml.safe_dump(program))

    def run(self, *arguments: str) -> str:
        """Run a command of the CLI; return what it prints."""
        command = ["pulumi", *arguments, "--non-interactive"]
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            cwd=self.project.parent,
            env=self._environment,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs."""
        outputs: dict[str, Any] = json.loads(self.run("stack", "output", "--json"))
        return outputs


@pytest.fixture
def make(server: EmulatorServer, tmp_path: Path) -> Any:
    """Make a stack of an example."""
    if shutil.which(HOST.name) is None and not (HOST.folder / HOST.name).exists():
        pytest.skip(f"no {HOST.name}: python -m tools.language_hosts yaml")
    return lambda example: YamlStack(tmp_path, example, server)


@pytest.mark.engine
def test_two_accounts_a_lookup_and_an_import(make: Any) -> None:
    stack = make("yaml")
    stack.run("up", "--yes")
    outputs = stack.outputs()
    assert outputs["arn"].split(":")[3:5] == ["us-east-1", "123456789012"]
    assert outputs["farArn"].split(":")[3:5] == ["eu-west-1", "222233334444"]
    assert outputs["s3Uri"].startswith("s3://")
    stack.run("preview", "--expect-no-changes")

    stack.program["resources"]["reads"]["properties"]["description"] = "Other reads"
    stack.write(stack.program)
    text = stack.run("up", "--yes", "--diff")
    assert '~ description: "Reads of the lab" => "Other reads"' in text
    assert "1 updated" in text  # far takes the store's id, which stays known
    assert len(stack.outputs()["count"]) == 1

    omics = plain_client("omics", "us-east-1", stack.server.url)
    store_id = outputs["arn"].rpartition("/")[2]
    omics.update_sequence_store(id=store_id, description="drift")
    assert "1 updated" in stack.run("refresh", "--yes")
    assert '"drift" => "Other reads"' in stack.run("up", "--yes", "--diff")

    made = omics.create_sequence_store(name="theirs")
    stack.run(
        "import",
        "omics-components:index:SequenceStore",
        "theirs",
        made["id"],
        "--yes",
        "--protect=false",
        "--out",
        "imported.yaml",
    )
    imported = yaml.safe_load((stack.project.parent / "imported.yaml").read_text())
    assert imported["resources"]["theirs"]["properties"]["name"] == "theirs"

    stack.program["resources"]["reads"]["properties"]["eTagAlgorithmFamily"] = "MD5up"
    stack.program["resources"] |= imported["resources"]
    stack.write(stack.program)
    assert "1 replaced" in stack.run("up", "--yes")
    stack.run("destroy", "--yes")
    assert not omics.list_sequence_stores()["sequenceStores"]


@pytest.mark.engine
def test_the_component(make: Any) -> None:
    stack = make("yaml_component")
    assert "EncryptedSequenceStore" in stack.run("preview")
    stack.run("up", "--yes")
    outputs = stack.outputs()
    assert ":key/" in outputs["kmsKeyArn"]
    assert "kms:Decrypt" in outputs["readerPolicy"]
    stack.run("preview", "--expect-no-changes")
    stack.run("destroy", "--yes")
