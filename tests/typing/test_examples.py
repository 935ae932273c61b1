"""What users type in whole programs: mypy --strict, run where each example lives."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"


def _mypy(folder: Path) -> str:
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml")]
    command += ["--cache-dir", str(ROOT / ".mypy_cache"), "."]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    return done.stdout + done.stderr


def test_the_examples_are_strictly_typed_and_a_wrong_one_is_not(tmp_path: Path) -> None:
    """One test, so that only one worker fills mypy's cache."""
    projects = sorted(
        path.parent
        for path in EXAMPLES.rglob("Pulumi.yaml")
        if "runtime: python" in path.read_text() or "name: python" in path.read_text()
    )
    assert len(projects) > 7

    shown = {project.name: _mypy(project) for project in projects}

    assert [text for text in shown.values() if not text.startswith("Success")] == []

    wrong = tmp_path / "minimal"
    shutil.copytree(EXAMPLES / "minimal", wrong)
    program = wrong / "__main__.py"
    program.write_text(program.read_text().replace("description=", "descripton="))
    assert 'Unexpected keyword argument "descripton"' in _mypy(wrong)
