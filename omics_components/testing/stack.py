"""Stacks of a program under test: the real Pulumi engine with the emulator behind it."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import yaml  # a dependency of the Pulumi SDK
from pulumi import automation

from omics_components.emulator import Call, EmulatorServer
from omics_components.testing import inline_programs

Program = Callable[[], Awaitable[None] | None]
"""A Pulumi program as a function: it declares resources and exports outputs."""

_NOT_OF_THE_PROGRAM = ("pulumi:pulumi:Stack", "pulumi:providers:")
_PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")
# The places that a test must not use: the state of real stacks, and their configuration.
_LEFT_OUT_OF_PROJECT = ("backend", "stackConfigDir")


@dataclass(frozen=True)
class Result:
    """The result of a Pulumi command, or of a preview.

    Args:
        steps: The steps of each resource by name, in Pulumi's terms: ``create``, ``update``,
            ``same``, ``delete``, ``read``; a replacement is ``create-replacement``, ``replace``,
            ``delete-replaced``. A refresh is ``same``, ``update`` where it finds drift, and
            ``delete`` where it finds nothing. The stack itself and providers are left out. Where
            resources share a name, each goes by the end of its URN, its types and its name:
            ``pulumi-python:dynamic/omics:SequenceStore::reads``.
        replaces: The properties that force a replacement, by the same names of the resources, as
            the AWS API spells them.
        calls: The calls to the emulator during the command, in order, of all services.
        stdout: What the CLI printed.
    """

    steps: dict[str, list[str]] = field(default_factory=dict)
    replaces: dict[str, list[str]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    stdout: str = ""

    @property
    def changes(self) -> dict[str, list[str]]:
        """The steps of the resources that change."""
        quiet = {"same", "read"}
        return {name: steps for name, steps in self.steps.items() if not quiet.issuperset(steps)}


class Stack:
    """A stack of a program that runs against the emulator; created by ``StackFactory``.

    Every command raises ``pulumi.automation.CommandError`` if Pulumi fails, with the output of the
    CLI as its text.

    Args:
        workspace: Where the program, its settings and the backend are.
        name: Name of the stack.
        server: The emulator.
        environment: Environment variables of the program, in addition to those of the workspace.
    """

    def __init__(
        self,
        workspace: automation.LocalWorkspace,
        name: str,
        server: EmulatorServer,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._workspace = workspace
        self._server = server
        self._environment = dict(environment or {})
        self._stack = automation.Stack.create(name, workspace)
        # After a command the SDK asks the CLI twice for outputs and once for the history.
        self._stack.outputs = dict  # type: ignore[method-assign]
        self._stack.info = _no_summary  # type: ignore[method-assign]
        self._outputs: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        """Name of the stack."""
        return self._stack.name

    @property
    def reference(self) -> str:
        """The name for ``pulumi.StackReference`` in another program of the same test."""
        return f"organization/{self._workspace.project_settings().name}/{self.name}"

    @property
    def outputs(self) -> dict[str, Any]:
        """The stack's outputs as they are now, secret ones in plain text."""
        if self._outputs is None:
            self._outputs = json.loads(self.cli("stack", "output", "--json", "--show-secrets"))
        return self._outputs

    def preview(
        self,
        program: Program | None = None,
        *,
        expect_no_changes: bool = False,
        refresh: bool = False,
    ) -> Result:
        """Show what ``up`` would do.

        Args:
            program: Replaces the stack's program, from now on.
            expect_no_changes: Whether a change is an error.
            refresh: Whether to read every resource first.
        """
        self._replace(program)
        command = functools.partial(self._stack.preview, refresh=refresh)
        return self._run(command, expect_no_changes=expect_no_changes)

    def up(
        self,
        program: Program | None = None,
        *,
        expect_no_changes: bool = False,
        refresh: bool = False,
    ) -> Result:
        """Deploy the program without a preview; arguments as for ``preview``."""
        self._replace(program)
        command = functools.partial(self._stack.up, refresh=refresh)
        return self._run(command, expect_no_changes=expect_no_changes)

    def refresh(self, *, expect_no_changes: bool = False) -> Result:
        """Read every resource and record its state.

        Args:
            expect_no_changes: Whether drift is an error.
        """
        return self._run(self._stack.refresh, expect_no_changes=expect_no_changes)

    def destroy(self) -> Result:
        """Delete every resource."""
        return self._run(self._stack.destroy)

    def set_config(self, key: str, value: str, *, secret: bool = False) -> None:
        """Set one value of the configuration.

        Args:
            key: ``aws:region``, or a key of the project alone: ``readers``.
            value: The value.
            secret: Whether it is stored encrypted.
        """
        self._stack.set_config(key, automation.ConfigValue(value, secret))

    def remove_config(self, key: str) -> None:
        """Remove one value of the configuration."""
        self._stack.remove_config(key)

    def cli(self, *arguments: str) -> str:
        """Run any command of the CLI on this stack, as ``stack.cli("stack", "export")``.

        Returns:
            Its output.
        """
        self._outputs = None
        command = [*arguments, "--stack", self.name]
        workspace = self._workspace
        environment = {"PULUMI_HOME": str(workspace.pulumi_home), **workspace.env_vars}
        return workspace.pulumi_command.run(command, workspace.work_dir, environment).stdout

    def _replace(self, program: Program | None) -> None:
        if program is None:
            return
        if self._workspace.program is None:
            raise ValueError(
                "program: this stack runs the program of a folder, which cannot be replaced"
            )
        self._workspace.program = program

    def _run(self, command: Callable[..., Any], **options: bool) -> Result:
        self._outputs = None
        events: list[automation.EngineEvent] = []
        calls_before = len(self._server.emulator.calls)
        try:
            with self._environment_of_program():
                done = command(on_event=events.append, **options)
        finally:
            inline_programs.forget_callbacks()
        calls = list(self._server.emulator.calls)[calls_before:]
        result = Result(calls=calls, stdout=done.stdout)
        steps = list(_steps(events))
        names = _names(step.urn for step in steps)
        for step in steps:
            name = names[step.urn]
            result.steps.setdefault(name, []).append(step.op.value)
            if step.keys:
                result.replaces[name] = list(step.keys)
        return result

    @contextmanager
    def _environment_of_program(self) -> Iterator[None]:
        """Run a function with the environment that a separate process would have."""
        is_function = self._workspace.program is not None
        with mock.patch.dict(os.environ, self._environment if is_function else {}):
            yield


def _names(urns: Iterable[str]) -> dict[str, str]:
    """Name each URN: the resource's name, or all after the project if two share a name."""
    ends = {urn: urn.split("::", 2)[2] for urn in urns}
    own = {urn: end.partition("::")[2] for urn, end in ends.items()}
    shared = Counter(own.values())
    return {urn: own[urn] if shared[own[urn]] == 1 else end for urn, end in ends.items()}


def _steps(events: Iterable[automation.EngineEvent]) -> Iterator[automation.StepEventMetadata]:
    """Yield the engine's steps for the resources that the program declares."""
    refreshed: set[str] = set()
    for event in events:
        if event.resource_pre_event:
            step = event.resource_pre_event.metadata
            if step.op == automation.OpType.REFRESH:
                refreshed.add(step.urn)
        elif event.res_outputs_event and event.res_outputs_event.metadata.urn in refreshed:
            # The result of a refresh is known when it is done.
            step = event.res_outputs_event.metadata
            refreshed.remove(step.urn)
        else:
            continue
        of_the_program = not step.type.startswith(_NOT_OF_THE_PROGRAM)
        if of_the_program and step.op != automation.OpType.REFRESH:
            yield step


class StackFactory:
    """Creates the stacks of one test; the fixture ``pulumi_stack``.

    Args:
        folder: Where backend, home and settings of the stacks live.
        server: The emulator behind them.
    """

    def __init__(self, folder: Path, server: EmulatorServer) -> None:
        self._folder = folder
        self._server = server
        self._made: set[tuple[str, str]] = set()
        (folder / "backend").mkdir()
        self._home = _home(folder / "home")

    def __call__(
        self,
        program: Program | str | os.PathLike[str],
        *,
        project: str | None = None,
        stack: str = "test",
        config: Mapping[str, object] | None = None,
        secrets: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Stack:
        """Create an empty stack.

        Args:
            program: A function, which runs in the test's process; or the folder of a project with
                its ``Pulumi.yaml``, whose program runs in a process of its own. Either way the
                Python is the one that runs the tests, whatever environment the project names.
            project: Name of the project. Defaults to the one in ``Pulumi.yaml``, and to
                ``program`` for a function.
            stack: Name of the stack.
            config: The configuration, as in ``Pulumi.<stack>.yaml``; lists and mappings, too. A key
                without a namespace belongs to the project.
            secrets: Configuration that is stored encrypted.
            environment: Environment variables of the program, beside those of the test; a function
                has them while a command runs.

        Raises:
            FileNotFoundError: The folder has no ``Pulumi.yaml``.
            ValueError: It is not a Python project, or the test already has this stack.
        """
        settings = {"name": "program"} if callable(program) else _project_of(Path(program))
        if project is not None:
            settings["name"] = project
        key = (settings["name"], stack)
        if key in self._made:
            raise ValueError(
                f"stack: this test already has a stack {stack!r} of the project {key[0]!r}"
            )
        self._made.add(key)
        folder = self._folder / "projects" / key[0] / stack
        folder.mkdir(parents=True)
        main = settings.pop("main", None)
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump({**settings, "runtime": "python"}))
        workspace = automation.LocalWorkspace(
            work_dir=str(folder),
            pulumi_home=str(self._home),
            program=program if callable(program) else None,
            stack_settings={
                stack: automation.StackSettings(
                    config={
                        _full_key(name, key[0]): value for name, value in (config or {}).items()
                    }
                )
            },
            pulumi_command=_command(),
            env_vars={
                **self._server.environment(),
                **(_run_elsewhere(Path(main), folder) if main else {}),
                "PULUMI_BACKEND_URL": (self._folder / "backend").as_uri(),
                "PULUMI_CONFIG_PASSPHRASE": "",
                "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
                "PULUMI_PYTHON_CMD": sys.executable,
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                **(environment or {}),
            },
        )
        made = Stack(workspace, stack, self._server, environment)
        for name, value in (secrets or {}).items():
            made.set_config(_full_key(name, key[0]), value, secret=True)
        return made


def _full_key(name: str, project: str) -> str:
    return name if ":" in name else f"{project}:{name}"


def _project_of(folder: Path) -> dict[str, Any]:
    """Read the settings of a project, without those that would lead out of the test.

    The CLI gets a copy of them, so that the project's own folder stays as it is.
    """
    found = next((path for name in _PROJECT_FILES if (path := folder / name).is_file()), None)
    if found is None:
        raise FileNotFoundError(f"program: {folder} has no Pulumi.yaml")
    settings = yaml.safe_load(found.read_text())
    if not isinstance(settings, dict) or "name" not in settings:
        raise ValueError(f"program: {found} has no name, so it is not a Pulumi project")
    runtime = settings.get("runtime")
    language = runtime.get("name") if isinstance(runtime, dict) else runtime
    if language != "python":
        raise ValueError(f"program: {found} is a project in {language}, not in python")
    kept = {name: value for name, value in settings.items() if name not in _LEFT_OUT_OF_PROJECT}
    return {**kept, "main": str(folder.resolve() / settings.get("main", "."))}


def _run_elsewhere(main: Path, folder: Path) -> dict[str, str]:
    """Write a program into *folder* that runs the one at *main* in its own folder.

    With ``main`` in the copy of Pulumi.yaml, some releases of the language host would find the
    project's own file, and the environment that it names.

    Returns:
        Environment variables with which the project and its own dynamic providers find its modules.
    """
    home = main if main.is_dir() else main.parent
    (folder / "__main__.py").write_text(
        "import pathlib\n"
        "from omics_components.testing import folder_programs\n"
        f"folder_programs.run(pathlib.Path({str(main)!r}))\n"
    )
    paths = [str(home), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(paths)}


def _home(home: Path) -> Path:
    """Create a home for the CLI that shares the installed plugins."""
    home.mkdir()
    plugins = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi") / "plugins"
    if plugins.is_dir():
        (home / "plugins").symlink_to(plugins, target_is_directory=True)
    return home


@functools.cache
def _command() -> automation.PulumiCommand:
    """Return the CLI on PATH, which is asked for its version once per process."""
    return automation.PulumiCommand()


def _no_summary(show_secrets: bool = True) -> automation.UpdateSummary:  # noqa: ARG001 the SDK's
    return automation.UpdateSummary("update", datetime.now(UTC), "", {}, {}, "succeeded")
