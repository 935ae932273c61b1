"""Programs in YAML, TypeScript and Go through their lives: the only Python is the plugin's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from omics_components.emulator import EmulatorServer
from tests.engine.conftest import pulumi_cli, running_server, server
from tests.engine.stack import plain_client
from tests.languages.native_sdks import PROJECT, generate, link_go, link_nodejs
from tools.language_hosts import HOSTS

__all__ = ["pulumi_cli", "running_server", "server"]

pytestmark = pytest.mark.engine

_UNKNOWN = ("output<", "[unknown]")
"""How the CLI spells values that a preview does not know."""

OTHER_ACCOUNT = "222233334444"
EXAMPLE_OF = {"yaml": "yaml", "nodejs": "typescript", "go": "go"}
FILE_OF = {"yaml": "Pulumi.yaml", "nodejs": "index.ts", "go": "main.go"}


@dataclass
class NativeProgram:
    """A copy of an example, with a backend and a home of its own.

    Args:
        host: The language host that runs it, as in ``HOSTS``.
        project: Where the copy is.
        backend: Where its states go.
        server: The emulator.
    """

    host: str
    project: Path
    backend: Path
    server: EmulatorServer

    def begin(self) -> None:
        """Name the plugin of this environment, and make a stack."""
        settings = yaml.safe_load((self.project / "Pulumi.yaml").read_text())
        settings["plugins"]["providers"][0]["path"] = str(Path(sys.executable).parent)
        (self.project / "Pulumi.yaml").write_text(yaml.safe_dump(settings))
        self.backend.mkdir()
        self.run("stack", "init", "test")
        self.run("config", "set", "omics-components:region", "us-east-1")

    def edit(self, old: str, new: str) -> None:
        """Change the program's text."""
        path = self.project / FILE_OF[self.host]
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def run(self, *arguments: str) -> str:
        """Run a command of the CLI; return what it prints."""
        host = HOSTS[self.host]
        found = shutil.which(host.name)
        folder = Path(found).parent if found else host.folder
        assert (folder / host.name).exists(), "run `make setup-languages`"
        environment = {
            **os.environ,
            **self.server.environment(),
            "GOFLAGS": "-mod=mod -modcacherw",
            "GOWORK": "off",
            "PATH": os.pathsep.join([str(folder), os.environ["PATH"]]),
            "PULUMI_HOME": str(self.backend / "home"),
            "PULUMI_BACKEND_URL": self.backend.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            check=False,
            capture_output=True,
            text=True,
            cwd=self.project,
            env=environment,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs."""
        outputs: dict[str, Any] = json.loads(self.run("stack", "output", "--json"))
        return outputs

    def stores(self) -> list[dict[str, Any]]:
        """List the stores of the stack's own account."""
        omics = plain_client("omics", "us-east-1", self.server.url)
        stores: list[dict[str, Any]] = omics.list_sequence_stores()["sequenceStores"]
        return stores


@pytest.fixture(scope="session")
def sdks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated SDKs, one folder a language."""
    return generate(tmp_path_factory.mktemp("sdks"))


@pytest.fixture
def start(
    request: pytest.FixtureRequest, server: EmulatorServer, tmp_path: Path
) -> Callable[[str, str], NativeProgram]:
    """Start a copy of an example."""
    link: Mapping[str, Callable[[Path, Path], None]] = {"nodejs": link_nodejs, "go": link_go}

    def copy(host: str, example: str) -> NativeProgram:
        project = tmp_path / "project"
        shutil.copytree(PROJECT / "examples" / example, project)
        if host in link:
            link[host](request.getfixturevalue("sdks"), project)
        program = NativeProgram(host, project, tmp_path / "backend", server)
        program.begin()
        return program

    return copy


@pytest.mark.parametrize("host", EXAMPLE_OF)
def test_the_life_of_stores_in_two_accounts(start: Any, host: str) -> None:
    program: NativeProgram = start(host, EXAMPLE_OF[host])
    program.run("up", "--yes")
    outputs = program.outputs()
    assert outputs["arn"].split(":")[3:5] == ["us-east-1", "123456789012"]
    assert outputs["farArn"].split(":")[3:5] == ["eu-west-1", OTHER_ACCOUNT]
    program.run("preview", "--expect-no-changes")

    program.edit("Reads of the lab", "Other reads")
    preview = program.run("preview", "--diff")
    assert '~ description: "Reads of the lab" => "Other reads"' in preview
    assert not [spelling for spelling in _UNKNOWN if spelling in preview]
    program.run("up", "--yes")
    assert program.outputs()["arn"] == outputs["arn"]

    omics = plain_client("omics", "us-east-1", program.server.url)
    store_id = outputs["arn"].rpartition("/")[2]
    omics.update_sequence_store(id=store_id, description="drift")
    assert "1 updated" in program.run("refresh", "--yes")
    assert '"drift" => "Other reads"' in program.run("up", "--yes", "--diff")
    program.run("refresh", "--yes", "--expect-no-changes")

    program.edit("SHA256up", "MD5up")
    assert "1 replaced" in program.run("up", "--yes")

    made = omics.create_sequence_store(name="theirs")
    resource_type = "omics-components:index:SequenceStore"
    arguments = ["theirs", made["id"], "--yes", "--protect=false"]
    if host == "yaml":
        program.run("import", resource_type, *arguments, "--out", "imported.yaml")
        imported = yaml.safe_load((program.project / "imported.yaml").read_text())
        assert imported["resources"]["theirs"]["properties"]["name"] == "theirs"
    else:  # the newest hosts that are published as Go modules cannot write programs
        program.run("import", resource_type, *arguments, "--generate-code=false")
    program.run("destroy", "--yes")
    assert not program.stores()


def test_the_component_in_yaml(start: Any) -> None:
    program: NativeProgram = start("yaml", "yaml_component")
    assert "EncryptedSequenceStore" in program.run("preview")
    program.run("up", "--yes")
    outputs = program.outputs()
    assert ":key/" in outputs["kmsKeyArn"]
    assert "kms:Decrypt" in outputs["readerPolicy"]
    program.run("preview", "--expect-no-changes")
    program.run("destroy", "--yes")
    assert not program.stores()
