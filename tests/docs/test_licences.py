"""docs/licences.md says what the metadata of an installation says."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def test_the_page_is_what_the_tool_writes() -> None:
    done = subprocess.run(
        [sys.executable, "tools/licences.py"],
        cwd=PROJECT,
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout == (PROJECT / "docs" / "licences.md").read_text(), "run make licences"
