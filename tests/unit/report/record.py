"""Record previews of each kind anew: ``python -m tests.unit.report.record``.

A real engine, the CLI on PATH, previews small programs against the emulator. Ids and times are made
constant, and the paths of this machine are left out; the rest is as the CLI printed it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
from botocore.config import Config

from omics_components.emulator import EmulatorServer

PREVIEWS = Path(__file__).parent / "previews"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-{:012}"
PARTNER = "arn:aws:iam::999922223333:role/analysis"

_BEGIN = f"""
import pulumi
from omics_components import *

def store(name, number=1, protect=None, first=None, import_=None, **arguments):
    arguments.setdefault("sse_config", {{"type": "KMS", "key_arn": "{KEY}".format(number)}})
    opts = pulumi.ResourceOptions(protect=protect, delete_before_replace=first, import_=import_)
    return SequenceStore(name, **arguments, opts=opts)
"""
_STORES = """
store("kept", protect=True)
store("reads", description="Reads of the lab", tags={"team": "lab", "token": pulumi.Output.secret("hush")})
"""
_COMPONENT = """
EncryptedSequenceStore("cohort", {"readers": ["arn:aws:iam::123456789012:role/lab"]})
"""

PROGRAMS = {
    "unchanged": _STORES,
    "create": _STORES + _COMPONENT,
    "update": """
store("kept", protect=True)
store("reads", description="Reads | of <b>all</b> labs", tags={"team": "core", "token": pulumi.Output.secret("hush!")})
""",
    "replace-create-first": """
store("kept")
store("reads", 2, description="Reads of the lab", tags={"team": "lab", "token": pulumi.Output.secret("hush")})
""",
    "replace-delete-first": """
store("kept", protect=True)
store("reads", 2, first=True, description="Reads of the lab", tags={"team": "lab", "token": pulumi.Output.secret("hush")})
""",
    "delete": """
store("kept", protect=True)
""",
    "check-failure": """
store("kept", protect=True, tags={"aws:team": "lab"})
store("reads", description="Reads of the lab", e_tag_algorithm_family="MD6")
""",
    "protected": "",
    "adopt": _STORES
    + """
store("old", import_="ARN", sse_config=None)
""",
    "broken": "store(",
}
"""Programs of a stack that has ``_STORES``."""


@dataclass
class Recorder:
    """The CLI in a project of its own.

    Args:
        folder: Where project, backend and home lie.
        server: The emulator.
    """

    folder: Path
    server: EmulatorServer

    def pulumi(self, program: str, *arguments: str, **environment: str) -> str:
        (self.folder / "__main__.py").write_text(_BEGIN + program)
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.folder,
            env={
                **os.environ,
                **self.server.environment(),
                "PULUMI_BACKEND_URL": "file://backend",
                "PULUMI_CONFIG_PASSPHRASE": "",
                "PULUMI_HOME": str(self.folder / "home"),
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                **environment,
            },
            check=False,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def record(self, name: str, program: str, *arguments: str, stream: bool = False) -> None:
        environment = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"} if stream else {}
        printed = self.pulumi(program, "preview", "--json", *arguments, **environment)
        documents = [json.loads(line) for line in printed.splitlines()] if stream else [printed]
        if not stream:
            text = json.dumps(_kept(json.loads(printed)), indent=1, ensure_ascii=False)
        else:
            text = "\n".join(
                json.dumps(_kept(event), ensure_ascii=False)
                for event in documents
                if "debug" not in json.dumps(event.get("diagnosticEvent", ""))
            )
        suffix = "jsonl" if stream else "json"
        (PREVIEWS / f"{name}.{suffix}").write_text(_constant(text) + "\n")


def record() -> None:
    """Write the files."""
    with TemporaryDirectory() as folder, EmulatorServer(check_keys=False) as server:
        recorder = Recorder(Path(folder), server)
        (recorder.folder / "backend").mkdir()
        (recorder.folder / "Pulumi.yaml").write_text("name: lab\nruntime: python\n")
        recorder.pulumi("", "stack", "init", "dev")
        recorder.pulumi("", "config", "set", "aws:region", "us-east-1")
        recorder.record("create", PROGRAMS["create"])
        recorder.pulumi(_STORES, "up", "--yes", "--skip-preview")
        omics = _client(server)
        arn = omics.create_sequence_store(name="old")["arn"]
        for name, program in PROGRAMS.items():
            if name != "create":
                recorder.record(name, program.replace("ARN", arn))
        recorder.record("update", PROGRAMS["update"], stream=True)
        recorder.record("broken", PROGRAMS["broken"], stream=True)
        [reads, kept] = (_id_of(omics, name) for name in ("reads", "kept"))
        omics.update_sequence_store(id=reads, description="Changed by hand")
        recorder.record("drift", _STORES, "--refresh")
        omics.delete_sequence_store(id=kept)
        recorder.record("gone", _STORES, "--refresh")


def _client(server: EmulatorServer) -> Any:
    client: Callable[..., Any] = boto3.client
    return client(
        "omics",
        region_name="us-east-1",
        endpoint_url=server.url,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 no secret: the emulator takes any
        config=Config(inject_host_prefix=False),
    )


def _id_of(omics: Any, name: str) -> str:
    stores = omics.list_sequence_stores()["sequenceStores"]
    return str(next(store["id"] for store in stores if store["name"] == name))


_LEFT_OUT = {
    "stackTrace",
    "sourcePosition",
    "propertyDependencies",
    "dependencies",
    "created",
    "modified",
    "duration",
    "timestamp",
}


def _kept(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _kept(item) for key, item in value.items() if key not in _LEFT_OUT}
    if isinstance(value, list):
        return [_kept(item) for item in value]
    return value


def _constant(text: str) -> str:
    """Make ids, times and paths constant; what was equal stays equal."""
    text = re.sub(r'File \\"[^"]*/', r'File \\"/', text)
    text = re.sub(r"[0-9-]{10}T[0-9:.]+Z", "2026-01-01T00:00:00Z", text)
    text = re.sub(r"(?<=default::)[0-9a-f-]{36}", "00000000-0000-0000-0000-000000000000", text)
    text = re.sub(r"[0-9a-f]{32}/[0-9a-f]{32}", f"{'0' * 32}/{'0' * 32}", text)
    text = re.sub(r"(?<=-)[0-9]{7}-[0-9a-f]+-s3alias", "0000000-0-s3alias", text)
    ids = dict.fromkeys(re.findall(r"(?:sequenceStore/|123456789012-)([0-9]{10})", text))
    for number, id_ in enumerate(ids, 1):
        text = text.replace(id_, f"{number:010}")
    return text


if __name__ == "__main__":
    record()
