"""The contenders: deployments on the real engine, and a script without it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from bench.processes import Spent, run, total

ROOT = Path(__file__).resolve().parent.parent
_STACK = "bench"
_PROJECT = "bench"
_ATTEMPTS_MAX = 25
"""So often a phase is begun until it succeeds, as a person would do it, if a patient one."""

_DESCRIPTIONS = {"update": "Reads of the 2026 cohort"}
"""What the program says from a phase on; before, it says something else."""


class Contender(Protocol):
    """Runs the phases one after the other."""

    phases: Sequence[str]

    def run(self, phase: str) -> tuple[Spent, int]:
        """Run a phase until it succeeds; return the total cost and the number of attempts.

        If it never does, the exit code says so.
        """
        ...

    def state_bytes(self) -> float | None:
        """Return the size of a resource in the state, in bytes; None if it is not recorded."""
        ...


class CannotBegin(Exception):
    """The engine cannot create a stack."""


class Deployment:
    """A program on the real engine.

    Args:
        program: Name of its folder in ``bench/programs``.
        count: How many stores or components it declares.
        environment: Environment of the CLI.
        scratch: An empty folder.
    """

    phases: Sequence[str] = (
        "first preview",
        "up",
        "no-change up",
        "preview",
        "refresh",
        "update",
        "destroy",
    )

    def __init__(
        self, program: str, count: int, environment: Mapping[str, str], scratch: Path
    ) -> None:
        self._project = scratch / "project"
        self._backend = scratch / "backend"
        shutil.copytree(ROOT / "bench" / "programs" / program, self._project)
        self._backend.mkdir()
        self._environment = {
            **environment,
            "BENCH_COUNT": str(count),
            "BENCH_DESCRIPTION": "Reads",
            "PYTHONPATH": str(ROOT),
            "PULUMI_BACKEND_URL": self._backend.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_DEBUG_COMMANDS": "true",  # --event-log counts as one
            "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
            "PULUMI_HOME": str(scratch / "home"),
            "PULUMI_PYTHON_CMD": sys.executable,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        self._events = scratch / "events.jsonl"
        if (spent := self._pulumi("stack", "init", _STACK)).exit_code:
            raise CannotBegin(spent.text)

    def run(self, phase: str) -> tuple[Spent, int]:
        """Run a phase until it succeeds; return the total cost and the number of attempts."""
        self._environment["BENCH_DESCRIPTION"] = _DESCRIPTIONS.get(
            phase, self._environment["BENCH_DESCRIPTION"]
        )
        if "preview" in phase:
            command = ["preview"]
        else:
            verb = phase if phase in {"refresh", "destroy"} else "up"
            command = [verb, "--yes", "--skip-preview", "--suppress-progress"]
        follow = None
        if phase == "up":
            follow = self._events
            command += ["--event-log", str(follow)]
        spent = [self._pulumi(*command, "--stack", _STACK, follow=follow)]
        while spent[-1].exit_code and len(spent) < _ATTEMPTS_MAX:
            spent.append(self._pulumi(*command, "--stack", _STACK))
        return total(spent), len(spent)

    def state_bytes(self) -> float | None:
        """Return the size of a resource in the state, in bytes; None if it is not recorded."""
        file = self._backend / ".pulumi" / "stacks" / _PROJECT / f"{_STACK}.json"
        resources = json.loads(file.read_text())["checkpoint"]["latest"].get("resources") or []
        ours = [item for item in resources if "pulumi-python:dynamic" in item["type"]]
        return sum(len(json.dumps(item)) for item in ours) / len(ours) if ours else None

    def _pulumi(self, *arguments: str, follow: Path | None = None) -> Spent:
        command = ["pulumi", *arguments, "--non-interactive"]
        return run(command, self._project, self._environment, follow)


class ScriptRun:
    """The script with boto3.

    Args:
        mode: ``sequential`` or ``threaded``.
        count: How many stores it makes.
        environment: Environment of the script.
        scratch: An empty folder.
    """

    phases: Sequence[str] = ("up", "refresh", "update", "destroy")

    def __init__(
        self, mode: str, count: int, environment: Mapping[str, str], scratch: Path
    ) -> None:
        self._mode = mode
        self._scratch = scratch
        self._environment = {
            **environment,
            "BENCH_COUNT": str(count),
            "BENCH_DESCRIPTION": "Reads",
            "PYTHONPATH": str(ROOT),
        }

    def run(self, phase: str) -> tuple[Spent, int]:
        """Run a phase once. A script cannot resume a phase that failed."""
        self._environment["BENCH_DESCRIPTION"] = _DESCRIPTIONS.get(phase, "Reads")
        file = self._scratch / "ids.json"
        command = [sys.executable, "-m", "bench.script", self._mode, phase, str(file)]
        return run(command, self._scratch, self._environment), 1

    def state_bytes(self) -> float | None:
        """A script records no state."""
        return None
