"""``omics-components doctor`` beside a real CLI, over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

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
