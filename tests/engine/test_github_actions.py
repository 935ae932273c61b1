"""The example of a pull request's report, through every step of its workflow."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from omics_components.emulator import EmulatorServer
from tests.engine.github_actions import EXAMPLE, GOLDEN, Repository, told

PROJECT = Path(__file__).resolve().parents[2]
WORKFLOWS = [
    folder / ".github" / "workflows" / name
    for folder, name in ((PROJECT, "check.yml"), (EXAMPLE, "pulumi.yml"))
]
PINNED = r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+"


def test_a_newcomers_pull_requests(server: EmulatorServer, tmp_path: Path) -> None:
    # Rewritten by: python -m tests.engine.github_actions
    assert told(tmp_path, server) == GOLDEN.read_text()


def test_a_repository_that_is_itself_a_fork_previews_with_its_state(
    server: EmulatorServer, tmp_path: Path
) -> None:
    repository = Repository(tmp_path, server, is_fork=True)
    repository.run("push")

    runs = {run.name: run.result for run in repository.run("pull_request")}

    assert runs["Begin with an empty state"] == "skipped"
    assert runs["Read the state"] != "skipped"
    [comment] = repository.comments
    assert "to create" not in comment


def test_no_index_is_asked_for_what_the_repository_does_not_hold(
    server: EmulatorServer, tmp_path: Path
) -> None:
    repository = Repository(tmp_path, server, has_wheel=False)

    *_, last = repository.run("push")

    assert (last.name, last.is_failed) == ("Install", True)
    assert "No such file or directory" in last.result


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_named_by_commits_beside_their_versions(workflow: Path) -> None:
    used = re.findall("uses: (.*)", workflow.read_text())

    assert used
    assert [text for text in used if not re.fullmatch(PINNED, text)] == []


def test_the_golden_file_tells_of_what_shall_be() -> None:
    """A file that is rewritten would hold a broken workflow just as well."""
    fork, push, risky, harmless = re.split("^# ", GOLDEN.read_text(), flags=re.MULTILINE)[1:]

    assert re.findall(r": exit (.*)", fork) == ["0"] * 5
    assert re.findall(r": exit (.*)", push) == ["0"] * 2
    assert re.findall(r": exit (.*)", risky) == ["0"] * 4 + ["3"]
    assert re.findall(r": exit (.*)", harmless) == ["0"] * 5
    assert "Cross-account access" in risky
    assert "No risk found" in harmless
