"""Record the previews again: ``python -m tests.unit.report.record``.

A real engine, the CLI on PATH, previews small programs against the emulator. IDs and times are made
constant, and local paths are left out; the rest is as the CLI printed it. With ``--reports`` only
the reports on the recordings are written, which needs no engine.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from omics_components.emulator import EmulatorServer
from tests.engine.stack import plain_client
from tests.unit.report.recordings import PREVIEWS, recorded_previews, report_on

KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-{:012}"

_BEGIN = f"""
import pulumi
from omics_components import *

def store(name, number=1, protect=None, first=None, import_=None, **arguments):
    arguments.setdefault("sse_config", {{"type": "KMS", "key_arn": "{KEY}".format(number)}})
    opts = pulumi.ResourceOptions(protect=protect, delete_before_replace=first, import_=import_)
    return SequenceStore(name, **arguments, opts=opts)

def reads(number=1, first=None, description="Reads of the lab", team="lab", token="hush"):
    tags = {{"team": team, "token": pulumi.Output.secret(token)}}
    return store("reads", number, first=first, description=description, tags=tags)

"""
_OPTIONS = ("--show-sames", "--show-replacement-steps")
"""Options without which the document does not list every step."""

_KEPT = 'store("kept", protect=True)\n'
_STORES = _KEPT + "reads()\n"

PROGRAMS = {
    "unchanged": _STORES,
    "create": f"""{_STORES}
EncryptedSequenceStore("cohort", {{"readers": ["arn:aws:iam::123456789012:role/lab"]}})
""",
    "update": f"""{_KEPT}
reads(description="Reads | of <b>all</b> labs", team="core", token="hush!")
""",
    "replace-create-first": 'store("kept")\nreads(2)\n',
    "replace-delete-first": f"{_KEPT}reads(2, first=True)\n",
    "delete": _KEPT,
    "check-failure": """
store("kept", protect=True, tags={"aws:team": "lab"})
store("reads", description="Reads of the lab", e_tag_algorithm_family="MD6")
""",
    "protected": "",
    "adopt": f'{_STORES}store("old", import_="ARN", sse_config=None)\n',
    "broken": "store(",
}
"""Programs of a stack that has ``_STORES``."""


_ALL_KINDS = """
key = KmsKey("key", users=["{user}"]{key})
bucket = S3Bucket("uploads", writer="health-omics"{bucket})
reads = SequenceStore("reads", sse_config={{"type": "KMS", "key_arn": key.arn}}{store})
S3AccessPolicy("access", sequence_store_arn=reads.arn, readers=["{reader}"])
"""
_LAB, _PARTNER = "arn:aws:iam::123456789012:role/lab", "arn:aws:iam::999922223333:role/partner"


def _kinds(
    user: str = _LAB, reader: str = _LAB, key: str = "", bucket: str = "", store: str = ""
) -> str:
    return _ALL_KINDS.format(user=user, reader=reader, key=key, bucket=bucket, store=store)


KIND_PROGRAMS = {
    "kinds-update": _kinds(
        user=_PARTNER,
        reader=_PARTNER,
        key=", restrict_to_account=False",
        bucket=", versioning=False",
        store=", force_destroy=True",
    ),
    "kinds-replace": _kinds(
        key=', region="eu-west-1"',
        bucket=', bucket="another-name"',
        store=', e_tag_algorithm_family="SHA256up"',
    ),
    "kinds-delete": "",
}
"""Programs of a stack that has a resource of each kind."""

_SECRET = {
    has_changed: _kinds(
        key=', alias=pulumi.Output.secret("alias/hunter1"), '
        "restrict_to_account=pulumi.Output.secret(False)",
        bucket=", force_destroy=pulumi.Output.secret(True), "
        'tags={"a": pulumi.Output.secret("hunter2")}',
        store=', name=pulumi.Output.secret("hunter3")'
        + has_changed * ', e_tag_algorithm_family="SHA256up"',
    )
    for has_changed in (False, True)
}
"""A program with secret inputs, before and after a change that replaces the store."""


@dataclass
class Recorder:
    """The CLI in a project of its own.

    Args:
        folder: Where project, backend and home lie.
        server: The emulator.
        numbers: What became of the ids of stores.
    """

    folder: Path
    server: EmulatorServer
    numbers: dict[str, str] = field(default_factory=dict)

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

    def record(self, name: str, program: str, *arguments: str) -> None:
        """Record the document that the CLI prints at the end."""
        printed = self.pulumi(program, "preview", "--json", *arguments)
        text = json.dumps(_kept(json.loads(printed)), indent=1, ensure_ascii=False)
        (PREVIEWS / f"{name}.json").write_text(_constant(text, self.numbers) + "\n")

    def record_stream(self, name: str, program: str) -> None:
        """Record the stream of events that the CLI prints on request, without debug messages."""
        printed = self.pulumi(
            program, "preview", "--json", PULUMI_ENABLE_STREAMING_JSON_PREVIEW="true"
        )
        events = [json.loads(line) for line in printed.splitlines()]
        lines = [
            json.dumps(_kept(event), ensure_ascii=False)
            for event in events
            if event.get("diagnosticEvent", {}).get("severity") != "debug"
        ]
        (PREVIEWS / f"{name}.jsonl").write_text(_constant("\n".join(lines), self.numbers) + "\n")


def record() -> None:
    """Record every preview."""
    with EmulatorServer(check_keys=False) as server:
        with TemporaryDirectory() as folder:
            _record_stores(_recorder(folder, server), server)
        with TemporaryDirectory() as folder:
            _record_kinds(_recorder(folder, server))


def _recorder(folder: str, server: EmulatorServer) -> Recorder:
    recorder = Recorder(Path(folder), server)
    (recorder.folder / "backend").mkdir()
    (recorder.folder / "Pulumi.yaml").write_text("name: lab\nruntime: python\n")
    recorder.pulumi("", "stack", "init", "dev")
    recorder.pulumi("", "config", "set", "aws:region", "us-east-1")
    return recorder


def _record_stores(recorder: Recorder, server: EmulatorServer) -> None:
    recorder.record("create", PROGRAMS["create"], *_OPTIONS)
    recorder.pulumi(_STORES, "up", "--yes", "--skip-preview")
    omics = plain_client("omics", "us-east-1", server.url)
    arn = omics.create_sequence_store(name="old")["arn"]
    for name, program in PROGRAMS.items():
        if name != "create":
            recorder.record(name, program.replace("ARN", arn), *_OPTIONS)
    recorder.record("replace-without-options", PROGRAMS["replace-create-first"])
    recorder.record("unchanged-without-options", PROGRAMS["unchanged"])
    recorder.record_stream("unchanged", PROGRAMS["unchanged"])
    recorder.record_stream("update", PROGRAMS["update"])
    recorder.record_stream("replace", PROGRAMS["replace-create-first"])
    recorder.record_stream("broken", PROGRAMS["broken"])
    _record_leftover(recorder, server)
    [reads, kept] = (_id_of(omics, name) for name in ("reads", "kept"))
    omics.update_sequence_store(id=reads, description="Changed by hand")
    recorder.record("drift", _KEPT + "reads(2)\n", *_OPTIONS, "--refresh")
    omics.delete_sequence_store(id=kept)
    recorder.record("gone", _KEPT + "reads(2)\n", *_OPTIONS, "--refresh")


def _record_leftover(recorder: Recorder, server: EmulatorServer) -> None:
    """Interrupt a replacement at its deletion, and then a refresh."""
    program = _KEPT + "reads(2)\n"
    faults = server.emulator.faults
    faults.add({"operation": "DeleteSequenceStore", "code": "AccessDeniedException"})
    recorder.pulumi(program, "up", "--yes", "--skip-preview")
    faults.clear()
    recorder.record("leftover", program, *_OPTIONS)
    recorder.record("leftover-without-options", program)
    recorder.record_stream("leftover", program)
    faults.add({"operation": "GetSequenceStore", "code": "AccessDeniedException"})
    recorder.record("refresh-failed", program, *_OPTIONS, "--refresh")
    faults.clear()
    recorder.pulumi(program, "up", "--yes", "--skip-preview")  # deletes it


def _record_kinds(recorder: Recorder) -> None:
    retained = "\nSequenceStore('old', opts=pulumi.ResourceOptions(retain_on_delete=True))\n"
    recorder.pulumi(_kinds() + retained, "up", "--yes", "--skip-preview")
    for name, program in KIND_PROGRAMS.items():
        recorder.record(name, program + retained, *_OPTIONS)
    recorder.record("retain-removed", f"{_kinds()}\nSequenceStore('old')\n", *_OPTIONS)
    recorder.record("retain-removed-without-options", f"{_kinds()}\nSequenceStore('old')\n")
    recorder.record("target", "", *_OPTIONS, "--target", f"{_URN}key")
    _record_secrets(recorder)


def _record_secrets(recorder: Recorder) -> None:
    recorder.pulumi(_SECRET[False], "up", "--yes", "--skip-preview")
    recorder.record("kinds-secret", _SECRET[True], *_OPTIONS)
    recorder.record_stream("kinds-secret", _SECRET[True])


_URN = "urn:pulumi:dev::lab::pulumi-python:dynamic/kms:Key::"


def _id_of(omics: Any, name: str) -> str:
    stores = omics.list_sequence_stores()["sequenceStores"]
    return str(next(store["id"] for store in stores if store["name"] == name))


_LEFT_OUT = {
    "config",
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


def _constant(text: str, numbers: dict[str, str]) -> str:
    """Make IDs, times and paths constant; equal ones stay equal.

    Args:
        text: The CLI's output.
        numbers: The constant for each store ID; new ones are added.
    """
    text = re.sub(r'File \\"[^"]*/', r'File \\"/', text)
    text = re.sub(r"[0-9-]{10}T[0-9:.]+Z", "2026-01-01T00:00:00Z", text)
    text = re.sub(r"(?<=default::)[0-9a-f-]{36}", "00000000-0000-0000-0000-000000000000", text)
    text = re.sub(r"[0-9a-f]{32}/[0-9a-f]{32}", f"{'0' * 32}/{'0' * 32}", text)
    for number, id_ in enumerate(dict.fromkeys(re.findall("(?<=:key/)[0-9a-f-]{36}", text))):
        if not id_.startswith("1234abcd"):
            text = text.replace(id_, f"00000000-0000-0000-0000-{number:012}")
    text = re.sub(r"(?<=us-east-1-)[0-9a-f]{8}\b", "0" * 8, text)
    text = re.sub(r"(?<=-)[0-9]{7}-[0-9a-f]+-s3alias", "0000000-0-s3alias", text)
    for id_ in re.findall(r"(?:sequenceStore/|123456789012-)([0-9]{10})", text):
        text = text.replace(id_, numbers.setdefault(id_, f"{len(numbers) + 1:010}"))
    return text


if __name__ == "__main__":
    if "--reports" not in sys.argv:
        record()
    for path in recorded_previews():
        path.with_name(f"{path.name}.md").write_text(report_on(path))
