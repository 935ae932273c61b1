"""Record the states of this version: ``python -m tests.provider.states.record``.

A real engine, the CLI on PATH, makes one resource of each kind against the emulator, and exports
what it recorded. Ids and times are made constant; the rest is as it is, but that the paths of this
machine (``stackTrace``) are left out.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
import pulumi
from botocore.config import Config
from pulumi import automation

from omics_components.emulator import EmulatorServer
from tests.kinds.recorded import STORE_ID, RecordedKind
from tests.provider.plugin import Resource
from tests.provider.test_state import KINDS, STATES, VERSION, normalised

BACKEND = "file://backend"
"""Relative to the project's folder: it is part of what is recorded, as ``__identity``."""


def record() -> None:
    """Write the files."""
    os.environ["PULUMI_BACKEND_URL"] = BACKEND
    with TemporaryDirectory() as folder, EmulatorServer(check_keys=False) as server:
        resources = _recorded(Path(folder), server)
    for name, kind in KINDS.items():
        found = resources[f"pulumi-python:dynamic/{kind.token}"]
        state = normalised(kind, Resource(found["id"], found["outputs"], found["inputs"]))
        text = json.dumps(state, indent=2, sort_keys=True)
        (STATES / f"{VERSION}-{name}.json").write_text(f"{text}\n")


def _recorded(folder: Path, server: EmulatorServer) -> dict[str, dict[str, Any]]:
    """Let the engine make everything, and give what it exports by type."""
    client = boto3.client(
        "omics",
        region_name="us-east-1",
        endpoint_url=server.url,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 no secret: the emulator takes any
        config=Config(inject_host_prefix=False),
    )
    store_id = client.create_sequence_store(name="reads")["id"]

    def program() -> None:
        for kind in KINDS.values():
            timeouts = pulumi.CustomTimeouts(**kind.timeouts) if kind.timeouts else None
            opts = pulumi.ResourceOptions(custom_timeouts=timeouts)
            kind.resource("reads", **_arguments(kind, store_id), opts=opts)

    (folder / "backend").mkdir()
    workspace = automation.LocalWorkspace(
        work_dir=str(folder),
        pulumi_home=str(folder / "home"),
        program=program,
        project_settings=automation.ProjectSettings("lab", "python", main=str(folder)),
        stack_settings={"dev": automation.StackSettings(config={"aws:region": "us-east-1"})},
        env_vars={
            **server.environment(),
            "PULUMI_BACKEND_URL": BACKEND,
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_PYTHON_CMD": sys.executable,
        },
    )
    stack = automation.Stack.create("dev", workspace)
    stack.up()
    exported = stack.export_stack().deployment or {}
    return {item["type"]: item for item in exported["resources"]}


def _arguments(kind: RecordedKind, store_id: str) -> dict[str, Any]:
    """Return the program's words as keyword arguments."""
    program = json.loads(json.dumps(kind.program).replace(STORE_ID, store_id))
    arguments = {_snake(name): value for name, value in program.items()}
    if "sse_config" in arguments:
        sse = arguments["sse_config"]
        arguments["sse_config"] = {_snake(name): value for name, value in sse.items()}
    return arguments


def _snake(name: str) -> str:
    return re.sub("([A-Z])", r"_\1", name).lower()


if __name__ == "__main__":
    record()
