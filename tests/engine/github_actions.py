"""GitHub's runner for the workflow of ``examples/github_actions``, as far as it needs one.

Every ``run:`` of a job is run by bash as GitHub runs it, in order, in a copy of the example. What
stands in for an action is said in ``STAND_INS``; for GitHub itself stands a ``gh`` that keeps the
comments of one pull request in a file.

``python -m tests.engine.github_actions`` rewrites the golden file, with the CLI on PATH.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

import yaml

from omics_components.emulator import EmulatorServer

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "github_actions"
GOLDEN = Path(__file__).parent / "golden" / "github_actions.md"

_NAME = "lab/reads"

STAND_INS = {
    "actions/checkout": "the copy of the example",
    "actions/setup-python": "the Python of the tests",
    "aws-actions/configure-aws-credentials": "the emulator, where the job updates",
    "pulumi/actions": "the CLI on PATH, with the command that the step names",
}

_GH = """#!{python}
# Stands in for GitHub's CLI: `gh api` for the comments of one pull request, made by one bot.
import json, pathlib, re, sys

file = pathlib.Path({comments!r})
comments = json.loads(file.read_text()) if file.exists() else {{}}
api, *arguments = sys.argv[1:]
assert api == "api", api
path = next(item for item in arguments if item.startswith("repos/"))
if "--method" not in arguments:
    marker = re.search(r'startswith\\("(.*)"\\)', arguments[arguments.index("--jq") + 1])[1]
    print(*(id for id, body in comments.items() if body.startswith(marker)), sep="\\n")
    sys.exit()
name, _, source = arguments[arguments.index("--field") + 1].partition("=@")
assert name == "body", name
posted = arguments[arguments.index("--method") + 1] == "POST"
id = str(len(comments) + 1) if posted else path.rpartition("/")[2]
assert posted or id in comments, id
comments[id] = pathlib.Path(source).read_text()
file.write_text(json.dumps(comments))
"""


class Context(dict[str, Any]):
    """A context of an expression: what is not there reads as ""."""

    def __getattr__(self, name: str) -> Any:
        value = self.get(name, "")
        return Context(value) if isinstance(value, dict) else value


@dataclass(frozen=True)
class StepRun:
    """What became of a step.

    Args:
        name: Its name, or the action it uses.
        result: How it ended, in words.
        is_failed: It failed, and the job with it.
    """

    name: str
    result: str
    is_failed: bool = False


@dataclass
class Repository:
    """A newcomer's repository on GitHub, with one pull request.

    Args:
        folder: Where everything lies.
        server: The emulator, which an update reaches; a preview reaches nothing.
        is_fork: It is itself a fork, as a company has one of a template.
        has_wheel: It holds the wheel that its requirements name.

    ``program`` is what the next checkout has as its program.
    """

    folder: Path
    server: EmulatorServer
    is_fork: bool = False
    has_wheel: bool = True
    work: Path = field(init=False)
    program: str = field(init=False)

    def __post_init__(self) -> None:
        self.work = self.folder / "work"
        self.program = (EXAMPLE / "__main__.py").read_text()
        for name in ("backend", "bin", "home", "temp"):
            (self.folder / name).mkdir()
        gh = self.folder / "bin" / "gh"
        comments = str(self.folder / "comments.json")
        gh.write_text(_GH.format(python=sys.executable, comments=comments))
        gh.chmod(0o755)

    @property
    def comments(self) -> list[str]:
        """The comments on the pull request."""
        file = self.folder / "comments.json"
        return list(json.loads(file.read_text()).values()) if file.exists() else []

    def run(self, event: str, *, is_foreign: bool = False) -> list[StepRun]:
        """Run the one job of the workflow that an event is for; until a step fails.

        Args:
            event: pull_request or push.
            is_foreign: The pull request comes from someone's fork of this repository, which gets
                neither secrets nor variables.
        """
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(EXAMPLE, self.work)
        (self.work / "__main__.py").write_text(self.program)
        if self.has_wheel:
            _write_wheel(self.work / "wheels")
        workflow = yaml.safe_load((self.work / ".github/workflows/pulumi.yml").read_text())
        contexts = self._contexts(event, is_foreign=is_foreign)
        [job] = [job for job in workflow["jobs"].values() if _holds(job["if"], contexts)]
        environment = {
            **self._runner(reaches_aws=event == "push"),
            **_filled(workflow["env"], contexts),
            **_filled(job.get("env", {}), contexts),
        }
        runs = []
        for step in job["steps"]:
            runs.append(self._step(step, contexts, environment))
            if runs[-1].is_failed:
                break
        return runs

    @property
    def summary(self) -> str:
        """What the steps of the last job have written to its summary."""
        return (self.folder / "summary").read_text()

    def _contexts(self, event: str, *, is_foreign: bool) -> dict[str, Any]:
        for file in ("summary", "output", "env"):
            (self.folder / file).write_text("")
        backend = (self.folder / "backend").as_uri()
        named = {"PULUMI_BACKEND_URL": backend}
        origin = "someone/reads" if is_foreign else _NAME
        head = {"repo": {"full_name": origin, "fork": is_foreign or self.is_fork}}
        return {
            "github": Context(
                event_name=event,
                event={"number": 7, "pull_request": {"head": head}},
                repository=_NAME,
                token="github's",  # noqa: S106 no secret: our own gh takes any
            ),
            "vars": Context({} if is_foreign else named),
            "secrets": Context({} if is_foreign else {"PULUMI_CONFIG_PASSPHRASE": "of the lab"}),
            "steps": Context(),
        }

    def _runner(self, *, reaches_aws: bool) -> dict[str, str]:
        """Return the environment of a fresh machine: nothing of AWS but by a step."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "PULUMI_", "OMICS_", "GITHUB_"))
        }
        own = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.folder / "home"),
            "AWS_EC2_METADATA_DISABLED": "true",
            # What is required is looked for, and the environment of the tests stays as it is.
            "PIP_DRY_RUN": "1",
            "PIP_NO_INDEX": "1",
            "PULUMI_HOME": str(self.folder / "home" / ".pulumi"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_ENV": str(self.folder / "env"),
            "RUNNER_TEMP": str(self.folder / "temp"),
        }
        return {**kept, **own, **(self.server.environment() if reaches_aws else {})}

    def _step(
        self, step: Mapping[str, Any], contexts: dict[str, Any], environment: dict[str, str]
    ) -> StepRun:
        action = str(step.get("uses", "")).partition("@")[0]
        name = step.get("name") or action
        condition = str(step.get("if", "true"))
        if not _holds(condition, contexts):
            return StepRun(name, "skipped")
        given = _filled(step.get("with", {}), contexts)
        if action and "command" not in given:
            return StepRun(name, f"in its place: {STAND_INS[action]}")
        script, more = str(step.get("run")), _filled(step.get("env", {}), contexts)
        if action:
            stack = given["stack-name"]
            script = f"pulumi stack select --create {stack} && pulumi {given['command']} --yes"
        done = subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=self.work,
            env={**environment, **more},
            check=False,
            capture_output=True,
            text=True,
        )
        contexts["steps"][step.get("id", "")] = {"outputs": self._said("output")}
        environment.update(self._said("env"))
        said = f": {done.stderr.strip()}" if done.returncode and done.stderr else ""
        return StepRun(name, f"exit {done.returncode}{said}", is_failed=done.returncode != 0)

    def _said(self, file: str) -> dict[str, str]:
        """Read and empty the file by which a step sets variables."""
        path = self.folder / file
        lines = path.read_text().splitlines()
        path.write_text("")
        return dict(line.partition("=")[::2] for line in lines)


def _write_wheel(folder: Path) -> None:
    """Write a wheel that has this library's name and version, and nothing in it."""
    folder.mkdir()
    number = version("omics-components")
    facts = f"Metadata-Version: 2.4\nName: omics-components\nVersion: {number}\n"
    about = f"omics_components-{number}.dist-info"
    kind = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with ZipFile(folder / f"omics_components-{number}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{about}/METADATA", f"{facts}Provides-Extra: cli\n")
        wheel.writestr(f"{about}/WHEEL", kind)
        wheel.writestr(f"{about}/RECORD", "")


def story(folder: Path, server: EmulatorServer) -> Iterator[str]:
    """Describe in Markdown what a new user sees: a fork's pull request, a push, and a risky one."""
    repository = Repository(folder, server)
    yield "# A pull request from a fork\n"
    yield from _told(repository.run("pull_request", is_foreign=True))
    yield f"\nThe job's summary:\n\n{repository.summary}"
    assert not repository.comments

    yield "\n# A push to main\n"
    yield from _told(repository.run("push"))

    yield "\n# A pull request that lets another account in\n"
    program = repository.program
    partner = '"arn:aws:iam::999922223333:role/partner"'
    repository.program = program.replace('analysis"]', f'analysis", {partner}]')
    yield from _told(repository.run("pull_request"))
    [comment] = repository.comments
    yield f"\nThe comment:\n\n{comment}"

    yield "\n# The same pull request, thought over\n"
    repository.program = program.replace("Reads of the lab", "Reads of all labs")
    yield from _told(repository.run("pull_request"))
    [comment] = repository.comments
    yield f"\nThe same comment, edited:\n\n{comment}"


def told(folder: Path, server: EmulatorServer) -> str:
    """Return the report with constant ids."""
    text = "\n".join(story(folder, server)) + "\n"
    text = re.sub(r"((?:sequenceStore/|123456789012-))[0-9]{10}", r"\g<1>0000000000", text)
    return re.sub(r"(alias/\S+-)[0-9a-f]{8}", r"\g<1>00000000", text)


def _told(runs: list[StepRun]) -> Iterator[str]:
    yield from (f"- {run.name}: {run.result}" for run in runs)


def _filled(values: Mapping[str, Any], contexts: Mapping[str, Any]) -> dict[str, str]:
    """Put the values of expressions in their places."""
    return {
        key: re.sub(r"\$\{\{(.*?)\}\}", lambda found: str(_value(found[1], contexts)), str(value))
        for key, value in values.items()
    }


def _holds(condition: str, contexts: Mapping[str, Any]) -> bool:
    expression = re.sub(r"^\$\{\{(.*)\}\}$", r"\1", condition)
    return bool(_value(expression, contexts))


def _value(expression: str, contexts: Mapping[str, Any]) -> Any:
    """Work out an expression of GitHub's, whose operators have other names in Python."""
    python = expression.replace("&&", " and ").replace("||", " or ")
    python = re.sub(r"!(?!=)", " not ", python)
    return eval(python.strip(), {"true": True}, dict(contexts))  # noqa: S307 our own workflow


if __name__ == "__main__":
    with TemporaryDirectory() as place, EmulatorServer() as running:
        GOLDEN.write_text(told(Path(place), running))
