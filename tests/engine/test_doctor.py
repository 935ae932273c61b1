"""``omics-components doctor`` beside a real CLI, over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from omics_components.cli.stack_config import read_config
from omics_components.emulator import EmulatorServer


def test_all_is_well_where_programs_run(server: EmulatorServer, tmp_path: Path) -> None:
    """The interpreter of these tests is the plugin's."""
    runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
    (tmp_path / "Pulumi.yaml").write_text(json.dumps({"name": "lab", "runtime": runtime}))
    environment = {k: v for k, v in os.environ.items() if k != "OMICS_COMPONENTS_TPS"}

    ended = subprocess.run(
        [sys.executable, "-m", "omics_components.cli", "doctor", "--output", "json"],
        cwd=tmp_path,
        env={**environment, **server.environment()},
        check=True,
        capture_output=True,
        text=True,
    )

    assert ended.stderr == ""
    found = {item["check"]: item for item in json.loads(ended.stdout)}
    assert {item["status"] for item in found.values()} == {"ok"}
    assert found["pulumi CLI"]["text"].startswith("v3.")
    assert found["plugin"]["text"].startswith(str(Path(sys.prefix, "bin", "python")))
    assert server.url in found["endpoint"]["text"]


PROJECTS = {
    "values": {"aws:region": "us-west-2", "aws:maxRetries": 3, "aws:allowedAccountIds": [1, "2"]},
    "described": {
        "aws:region": {"value": "us-west-2", "secret": True},
        "aws:defaultTags": {"value": {"tags": {"team": "genomics", "lab": "one"}}},
        "count": {"type": "integer", "default": 3},
    },
}
STACKS = {
    "none": None,
    "own": {"aws:region": "eu-west-1", "aws:defaultTags": {"tags": {"team": "other"}}, "lab:a": 1},
}


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("project", PROJECTS)
def test_a_stack_is_read_as_the_cli_reads_it(tmp_path: Path, project: str, stack: str) -> None:
    written = {"name": "lab", "runtime": "python", "config": PROJECTS[project]}
    (tmp_path / "Pulumi.yaml").write_text(json.dumps(written))
    environment = {
        **os.environ,
        "PULUMI_BACKEND_URL": tmp_path.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }

    def pulumi(*arguments: str) -> str:
        return subprocess.run(
            ["pulumi", *arguments],
            cwd=tmp_path,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    pulumi("stack", "init", "dev")
    file = tmp_path / "Pulumi.dev.yaml"
    file.unlink()
    if STACKS[stack]:
        file.write_text(json.dumps({"config": STACKS[stack]}))

    config, missing = read_config(tmp_path, "dev")

    theirs = json.loads(pulumi("config", "--json", "--stack", "dev"))
    assert missing == (None if STACKS[stack] else file)
    assert _decoded({key: item["value"] for key, item in theirs.items()}) == _decoded(config)


def _decoded(config: Mapping[str, str | None]) -> dict[str, object]:
    """Return what the texts of the ``aws:`` keys say; spaces in JSON do not count."""
    return {
        key: json.loads(text) if text and text[0] in "[{" else text
        for key, text in config.items()
        if key.startswith("aws:")
    }
