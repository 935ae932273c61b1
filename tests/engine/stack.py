"""A Pulumi stack of sequence stores, driven through the Automation API."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import boto3
from botocore.config import Config
from pulumi import automation
from pulumi.automation._stack import StackInitMode  # the SDK does not export it

from omics_components import SequenceStore
from omics_components.emulator import Call, EmulatorServer
from omics_components.schema.owner_tag import split_owner_tag
from omics_components.testing import inline_programs
from tests.engine import vault

Program = Mapping[str, Mapping[str, Any]] | Callable[[], None]
"""Resource name -> keyword arguments of SequenceStore; or a program as a user would write it."""

_MUTATING = ("Create", "Update", "Delete", "Tag", "Untag", "Put")


@dataclass
class Run:
    """What one command of the engine did.

    Args:
        calls: The calls that reached the emulator meanwhile.
        steps: What the engine did to each resource, by name, in its own words.
        replaces: Which properties forced a replacement, by name.
        outputs: The stack's outputs.
        text: What the CLI printed.
    """

    calls: list[Call]
    steps: dict[str, list[str]] = field(default_factory=dict)
    replaces: dict[str, list[str]] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    text: str = ""

    def changes_of(self, store_id: str) -> list[tuple[str, dict[str, Any]]]:
        """List the calls that changed one store, as (operation, parameters)."""
        return [
            (call.operation, call.parameters)
            for call in self.calls
            if call.operation.startswith(_MUTATING) and store_id in json.dumps(call.parameters)
        ]


class _Deployed(automation.Stack):
    """A stack that runs one command of the CLI where the SDK would run four.

    After each update the SDK asks the CLI twice for outputs and once for the history; the state
    file tells all that the tests want to know.
    """

    def outputs(self) -> automation.OutputMap:
        return {}

    def info(self, show_secrets: bool = True) -> automation.UpdateSummary:  # noqa: ARG002 the SDK's
        return automation.UpdateSummary("update", datetime.now(UTC), "", {}, {}, "succeeded")


class _Workspace(automation.LocalWorkspace):
    """A workspace whose new stack is a copy of the first one: the CLI takes long to make one.

    Args:
        backend: The folder of the state.
        **options: Those of the SDK's own class.
    """

    _new: ClassVar[dict[Path, bytes]] = {}

    def __init__(self, backend: Path, **options: Any) -> None:
        super().__init__(**options)
        self._backend = backend

    def create_stack(self, stack_name: str) -> None:
        """Make a stack, or copy what the CLI made of the first one of this process."""
        if not self._new:
            super().create_stack(stack_name)
            files = (path for path in self._backend.rglob("*") if path.is_file())
            self._new.update({path.relative_to(self._backend): path.read_bytes() for path in files})
        for path, content in self._new.items():
            (self._backend / path).parent.mkdir(parents=True, exist_ok=True)
            (self._backend / path).write_bytes(content)


@functools.cache
def _command() -> automation.PulumiCommand:
    """The CLI on PATH; it is asked for its version once."""
    return automation.PulumiCommand(skip_version_check=True)


def cli_version() -> tuple[int, int, int]:
    """Return the version of the CLI on PATH."""
    version = _command().version
    assert version is not None
    return version.major, version.minor, version.patch


@functools.cache
def plain_client(service: str, region: str, url: str) -> Any:
    """Return a boto3 client of the emulator that owes nothing to this library."""
    client: Any = boto3.client  # its stubs know services by literal names only
    return client(
        service,
        region_name=region,
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 no secret: the emulator takes any
        config=Config(inject_host_prefix=False),
    )


class Stack:
    """One stack with a backend and a home of its own.

    Args:
        folder: Where backend, home and project live.
        server: The emulator behind it.
        hides_backend: Whether only the project's settings name the backend, in a folder that is
            not the program's: a plugin cannot see it, so stacks of one name share an identity.
    """

    def __init__(
        self, folder: Path, server: EmulatorServer, *, hides_backend: bool = False
    ) -> None:
        self.server = server
        self._program: Program = {}
        backend, project = folder / "backend", folder / "project"
        settings = folder / "settings" if hides_backend else project
        for each in {backend, project, settings}:
            each.mkdir(parents=True)
        self.state_file = backend / ".pulumi" / "stacks" / "stores" / "test.json"
        workspace = _Workspace(
            backend,
            work_dir=str(settings),
            pulumi_home=str(folder / "home"),
            program=self._declare,
            project_settings=automation.ProjectSettings(
                "stores",
                "python",
                main=str(project),
                backend=automation.ProjectBackend(backend.as_uri()) if hides_backend else None,
            ),
            pulumi_command=_command(),
            env_vars={
                **server.environment(),
                **vault.environment(),
                "OMICS_COMPONENTS_TPS": "*=inf",  # the emulator has no quotas here
                **({} if hides_backend else {"PULUMI_BACKEND_URL": backend.as_uri()}),
                "PULUMI_CONFIG_PASSPHRASE": "",
                "PULUMI_PYTHON_CMD": sys.executable,
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
            },
        )
        self._stack = _Deployed("test", workspace, StackInitMode.CREATE)
        self._config = {"aws:region": "us-east-1"}
        self._write_config()

    def set_config(self, key: str, value: str) -> None:
        """Set one value of the stack's configuration."""
        self._config[key] = value
        self._write_config()

    def unset_config(self, key: str) -> None:
        """Take one value out of the stack's configuration."""
        del self._config[key]
        self._write_config()

    def unset_environment(self, *names: str) -> None:
        """Take variables out of the engine's environment."""
        kept = {k: v for k, v in self._stack.workspace.env_vars.items() if k not in names}
        self._stack.workspace.env_vars = kept

    def set_environment(self, **variables: str) -> None:
        """Set variables of the engine's environment, which its plugins get."""
        self._stack.workspace.env_vars = {**self._stack.workspace.env_vars, **variables}

    def up(self, program: Program, **options: Any) -> Run:
        """Deploy *program*."""
        self._program = program
        return self._run(self._stack.up, **options)

    def preview(self, program: Program, **options: Any) -> Run:
        """Preview *program*."""
        self._program = program
        return self._run(self._stack.preview, **options)

    def refresh(self, **options: Any) -> Run:
        """Read every resource back."""
        return self._run(self._stack.refresh, **options)

    def destroy(self, **options: Any) -> Run:
        """Delete every resource."""
        return self._run(self._stack.destroy, **options)

    def resource(self, name: str) -> dict[str, Any]:
        """Return the recorded resource, as the state spells it."""
        for resource in self.resources():
            if resource["urn"].endswith(f"::{name}"):
                return resource
        raise KeyError(name)

    def resources(self) -> list[dict[str, Any]]:
        """List the recorded resources of this library."""
        return [item for item in self._recorded() if "pulumi-python:dynamic/" in item["type"]]

    def store_id(self, name: str) -> str:
        """Return the id of the store that is recorded under *name*."""
        return str(self.resource(name)["id"]).rpartition("/")[2]

    def aws(self, region: str = "us-east-1", service: str = "omics") -> Any:
        """Return a plain boto3 client: the hand behind Pulumi's back, and the witness."""
        return plain_client(service, region, self.server.url)

    def live(self, name: str) -> dict[str, Any]:
        """Ask AWS about the store that is recorded under *name*, tags included."""
        arn = self.resource(name)["id"]
        client = self.aws(arn.split(":")[3])
        store: dict[str, Any] = client.get_sequence_store(id=arn.rpartition("/")[2])
        tags = client.list_tags_for_resource(resourceArn=arn)["tags"]
        return {**store, "tags": split_owner_tag(tags)[0]}

    def live_ids(self, region: str = "us-east-1") -> set[str]:
        """List the ids of all stores there are."""
        pages = self.aws(region).get_paginator("list_sequence_stores").paginate()
        return {store["id"] for page in pages for store in page["sequenceStores"]}

    def cli(self, *arguments: str) -> str:
        """Run a command of the CLI that the Automation API lacks; give what it prints."""
        workspace = self._stack.workspace
        command = [*arguments, "--stack", self._stack.name, "--non-interactive"]
        environment = {"PULUMI_HOME": str(workspace.pulumi_home), **workspace.env_vars}
        return _command().run(command, workspace.work_dir, environment).stdout

    def change_state(self, change: Callable[[list[dict[str, Any]]], None]) -> None:
        """Change the recorded resources by hand: export, edit, import."""
        deployment = self._stack.export_stack()
        assert deployment.deployment is not None
        change(deployment.deployment["resources"])
        self._stack.import_stack(deployment)

    def _write_config(self) -> None:
        """Write the configuration; the CLI would take a third of a second."""
        self._stack.workspace.save_stack_settings("test", vault.settings(self._config))

    def _declare(self) -> None:
        if callable(self._program):
            self._program()
            return
        for name, arguments in self._program.items():
            SequenceStore(name, **arguments)

    def _run(self, command: Callable[..., Any], **options: Any) -> Run:
        events: list[Any] = []
        self.server.emulator.calls.clear()
        try:
            result = command(on_event=events.append, **options)
        finally:
            inline_programs.forget_callbacks()
        run = Run(calls=list(self.server.emulator.calls), text=result.stdout)
        for event in events:
            step = event.resource_pre_event
            if step is None:
                continue
            name = step.metadata.urn.rpartition("::")[2]
            run.steps.setdefault(name, []).append(str(step.metadata.op.value))
            if step.metadata.keys:
                run.replaces[name] = list(step.metadata.keys)
        run.outputs = next(
            (item.get("outputs", {}) for item in self._recorded() if "Stack" in item["type"]), {}
        )
        return run

    def _recorded(self) -> list[dict[str, Any]]:
        state = json.loads(self.state_file.read_text())
        resources: list[dict[str, Any]] = state["checkpoint"]["latest"].get("resources") or []
        return resources
