"""What the CLI shows of each kind of change, word for word: ``tests/engine/previews`` holds it.

OMICS_COMPONENTS_WRITE_PREVIEWS=1 rewrites the files; read the difference before it is committed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pulumi import ResourceOptions

from omics_components import S3AccessPolicy, SequenceStore
from omics_components.emulator import EmulatorServer
from tests.engine.stack import Stack, plain_client

GOLDEN = Path(__file__).parent / "previews"
_WRITES = bool(os.environ.get("OMICS_COMPONENTS_WRITE_PREVIEWS"))

# Each resource waits for the one before, else the engine shows them in whatever order they come.
PROGRAM = """\
import pulumi
from omics_components import KmsKey, S3AccessPolicy, S3Bucket, SequenceStore

key = KmsKey("reads-key", alias="alias/reads"{key})
store = SequenceStore(
    "reads", sse_config={{"type": "KMS", "key_arn": key.arn}}, tags={{"team": "genomics"}}{store}
)
policy = S3AccessPolicy("readers", sequence_store_arn=store.arn, readers={readers})
after_it = pulumi.ResourceOptions(depends_on=policy)
S3Bucket("uploads", writer="health-omics"{bucket}, opts=after_it)
pulumi.export("s3_uri", store.s3_uri)
"""
LAB, CLINIC = "arn:aws:iam::111122223333:role/lab", "arn:aws:iam::111122223333:role/clinic"


def _program(
    key: str = "", store: str = "", bucket: str = "", readers: tuple[str, ...] = ()
) -> str:
    return PROGRAM.format(key=key, store=store, bucket=bucket, readers=[LAB, *readers])


DEPLOYED = _program()
UPDATED = _program(
    key=", rotation_period_in_days=180",
    store=', description="Reads of the lab", propagated_set_level_tags=["sample"]',
    bucket=", expiration_days=90",
    readers=(CLINIC,),
)
REPLACED = _program(
    key=', region="us-west-2"',
    store=', e_tag_algorithm_family="SHA256up"',
    bucket=', bucket="other-name"',
)
REMOVED = "import pulumi\n"

CASES: dict[str, tuple[str, str]] = {
    "update": ("preview", UPDATED),
    "replace": ("preview", REPLACED),
    "delete": ("preview", REMOVED),
    "refresh": ("refresh --preview-only", DEPLOYED),
}
"""What is changed -> the command that shows it, and its program. A creation has its own stack."""

VARYING: tuple[tuple[str, str], ...] = (
    (r'(?<=")[0-9a-f]{16}(?=\|)', "<backend>"),
    (r'("__provider": )"[^"]*"', r'\1"<pickle>"'),
    (r'("__owner": )"[^"]*"', r'\1"<owner>"'),
    (r"(?<=:key/)[0-9a-f-]{36}", "<key>"),
    (r"\b\d{12}-\d{7}-\w+-s3alias", "<alias>"),
    (r"(?<=sequenceStore/)\d{10}\b", "<store>"),
    (r"(?<=accesspoint/)\d{12}-\d{10}\b", "<account>-<store>"),
    (r"(?<=us-east-1-)[0-9a-f]{8}\b", "<suffix>"),
    (r"\b(123456789012|222222222222)\b", "<account>"),
    (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "<time>"),
)
"""What differs from run to run, and what stands for it."""


@dataclass(frozen=True)
class Shown:
    """What a command printed."""

    stdout: str
    stderr: str


@dataclass(frozen=True)
class Project:
    """A program in a folder, its stack and the CLI."""

    folder: Path
    environment: dict[str, str]

    def run(self, program: str, *arguments: str) -> Shown:
        """Run a command of the CLI with a program in place."""
        (self.folder / "__main__.py").write_text(program)
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.folder,
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return Shown(done.stdout, done.stderr)


@pytest.fixture(scope="module")
def new_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Project]]:
    """Make projects whose stacks are empty, on an emulator of this module's own."""
    with EmulatorServer(check_keys=False, seed=1) as server:
        server.reset()  # keys and buckets are those of the process

        def make() -> Project:
            folder = tmp_path_factory.mktemp("previews")
            (folder / "backend").mkdir()
            (folder / "Pulumi.yaml").write_text("name: genomics\nruntime: python\n")
            environment = {
                **os.environ,
                **server.environment(),
                "OMICS_COMPONENTS_TPS": "*=inf",
                "PULUMI_BACKEND_URL": (folder / "backend").as_uri(),
                "PULUMI_CONFIG_PASSPHRASE": "",
                "PULUMI_HOME": str(folder / "home"),
                "PULUMI_SKIP_UPDATE_CHECK": "true",
            }
            project = Project(folder, environment)
            project.run(REMOVED, "stack", "init", "dev")
            return project

        yield make


@pytest.fixture(scope="module")
def empty(new_project: Callable[[], Project]) -> Project:
    """A project of which nothing was deployed."""
    return new_project()


@pytest.fixture(scope="module")
def deployed(new_project: Callable[[], Project]) -> Project:
    """A project whose store was changed by another hand since it was deployed."""
    project = new_project()
    project.run(DEPLOYED, "up", "--yes", "--skip-preview")
    omics = plain_client("omics", "us-east-1", project.environment["AWS_ENDPOINT_URL"])
    [store] = omics.list_sequence_stores()["sequenceStores"]
    omics.update_sequence_store(id=store["id"], description="Changed by another hand")
    return project


def _compare(name: str, text: str) -> None:
    """Compare what was shown with what is on file, but for what differs from run to run."""
    for pattern, placeholder in VARYING:
        text = re.sub(pattern, placeholder, text)
    path = GOLDEN / f"{name}.txt"
    if _WRITES:
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()


def _lines(text: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines() if line.strip())


def _told(step: dict[str, Any]) -> dict[str, Any]:
    """Leave out of a step where the program and the provider are, and when it was recorded.

    The engine gives its reasons in any order.
    """
    left_out = {"created", "modified", "propertyDependencies", "provider"}
    left_out |= {"sourcePosition", "stackTrace"}
    told = {
        key: _told(value) if isinstance(value, dict) else value
        for key, value in step.items()
        if key not in left_out
    }
    for reasons in told.keys() & {"replaceReasons", "diffReasons"}:
        told[reasons] = sorted(told[reasons])
    return told


def _changes(document: str) -> str:
    """Return the JSON of a preview in its own order, with the steps that change something."""
    shown = json.loads(document)
    shown.pop("duration")
    steps = [_told(step) for step in shown["steps"]]
    shown["steps"] = [
        step
        for step in steps
        if step["op"] != "same" and step.get("oldState") != step.get("newState")
    ]
    return json.dumps(shown, indent=1) + "\n"


def _compare_both_forms(project: Project, name: str, command: str, program: str) -> None:
    diff = project.run(program, *command.split(), "--diff")
    _compare(f"{name}.diff", _lines(diff.stdout) + _lines(diff.stderr))
    for hidden in ("__provider", "__identity", "__owner", "__generation", "__timeouts"):
        assert hidden not in diff.stdout + diff.stderr
    _compare(f"{name}.json", _changes(project.run(program, *command.split(), "--json").stdout))


def test_a_creation_is_shown(empty: Project) -> None:
    _compare_both_forms(empty, "create", "preview", DEPLOYED)


@pytest.mark.parametrize("name", CASES)
def test_a_change_is_shown(deployed: Project, name: str) -> None:
    _compare_both_forms(deployed, name, *CASES[name])


def test_what_a_replacement_loses_is_shown_beside_its_steps(deployed: Project) -> None:
    """Without ``--diff``, the CLI prints each message when it comes, and once more at the end."""
    shown = deployed.run(REPLACED, "preview").stdout
    steps, _, diagnostics = shown.partition("Diagnostics:")

    lines = [f"replaces {kind}" for kind in ("KMS key", "sequence store", "S3 bucket")]
    lines += ["may replace S3 access policy"]  # the store's ARN is known to the update only
    assert [diagnostics.count(f"omics-components: {line}") for line in lines] == [1] * 4
    assert [steps.count(f"omics-components: {line}") for line in lines] == [1] * 4
    for forced in ("~region", "~eTagAlgorithmFamily,sseConfig", "~sequenceStoreArn", "+bucket"):
        assert f" replace [diff: {forced}]" in steps
    _compare("replace.messages", _lines(diagnostics))


def test_an_import_beside_a_resource_in_the_state_is_not_ignored_in_silence(stack: Stack) -> None:
    other = stack.aws().create_sequence_store(name="other")["arn"]
    stack.up({"reads": {"force_destroy": True}})
    arn = stack.resource("reads")["id"]

    def declare() -> None:
        SequenceStore("reads", force_destroy=True, opts=ResourceOptions(import_=other))

    preview = stack.preview(declare, expect_no_changes=True)

    line = f"omics-components: ignores import_ of {other}: the state already has {arn} here."
    assert preview.text.partition("Diagnostics:")[2].count(line) == 1


@pytest.mark.parametrize("deletes_first", [False, True], ids=["creates first", "deletes first"])
def test_an_update_says_once_what_its_replacement_loses(
    stack: Stack, *, deletes_first: bool
) -> None:
    """What is replaced because something before it is deleted first is never asked about."""

    def program(**changes: Any) -> Callable[[], None]:
        opts = ResourceOptions(delete_before_replace=deletes_first)

        def declare() -> None:
            store = SequenceStore("reads", force_destroy=True, **changes, opts=opts)
            S3AccessPolicy("readers", sequence_store_arn=store.arn, readers=[LAB])

        return declare

    stack.up(program())
    stack.server.emulator.put_read_sets(stack.store_id("reads"), 3)
    arn, access_point = (stack.resource(name)["id"] for name in ("reads", "readers"))

    run = stack.up(program(replace_triggers={"run": "2"}))

    diagnostics = run.text.partition("Diagnostics:")[2]
    of_the_store = (
        f"omics-components: replaces sequence store reads ({arn}) because replaceTriggers "
        "changes: read sets, ARN and S3 URI do not pass to the new one; "
        "force_destroy deletes the old one with 3 read sets (3 ACTIVE)"
    )
    of_the_policy = (
        f"omics-components: replaces S3 access policy ({access_point}) because sequenceStoreArn "
        f"changes: the policy of {arn} is deleted, and then no one, its owner included, can read "
        "that store through S3"
    )
    assert diagnostics.count(of_the_store) == 1
    assert diagnostics.count(of_the_policy) == (0 if deletes_first else 1)
    assert run.steps["readers"].count("replace") == 1
