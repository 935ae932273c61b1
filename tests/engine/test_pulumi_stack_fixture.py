"""The fixture ``pulumi_stack`` as users have it: their program, the real engine, plain boto3."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any, cast

import boto3
import pulumi
import pytest
from pulumi import automation

from omics_components import KmsKey, SequenceStore
from omics_components.emulator import Emulator, EmulatorServer
from omics_components.testing import StackFactory


def declare_reads() -> None:
    config = pulumi.Config()
    reads = SequenceStore(
        "reads",
        description=config.get("description"),
        e_tag_algorithm_family=cast("Any", config.get("family")),
        tags=config.get_object("tags"),
    )
    pulumi.export("arn", reads.arn)
    pulumi.export("id", reads.sequence_store_id)
    pulumi.export("token", config.get_secret("token"))


def declare_nothing() -> None:
    pass


def declare_one_name_for_two() -> None:
    KmsKey("reads")
    SequenceStore("reads", e_tag_algorithm_family=cast("Any", pulumi.Config().get("family")))
    SequenceStore("lab::others", name="others")


def test_a_function_goes_through_its_whole_life(pulumi_stack: StackFactory) -> None:
    lab = pulumi_stack(
        declare_reads,
        config={"aws:region": "eu-west-1", "tags": {"team": "genomics"}},
        secrets={"token": "geheim"},
    )
    omics = boto3.client("omics", region_name="eu-west-1")

    preview = lab.preview()
    assert preview.changes == {"reads": ["create"]}
    assert preview.calls == []

    created = lab.up()
    assert created.steps == {"reads": ["create"]}
    assert "omics:CreateSequenceStore" in [call.name for call in created.calls]
    assert lab.outputs["token"] == "geheim"  # noqa: S105 what the program was given
    assert "geheim" not in lab.cli("stack", "export")
    store = omics.get_sequence_store(id=lab.outputs["id"])
    tags = omics.list_tags_for_resource(resourceArn=store["arn"])["tags"]
    assert tags["team"] == "genomics"

    lab.set_config("description", "Reads")
    omics.update_sequence_store(id=lab.outputs["id"], description="Edited in the console")
    assert lab.refresh().steps == {"reads": ["update"]}
    assert lab.up().steps == {"reads": ["update"]}
    assert omics.get_sequence_store(id=lab.outputs["id"])["description"] == "Reads"
    assert lab.preview(expect_no_changes=True).steps == {"reads": ["same"]}

    omics.update_sequence_store(id=lab.outputs["id"], description="Edited again")
    with pytest.raises(automation.CommandError, match="no changes were expected"):
        lab.preview(refresh=True, expect_no_changes=True)
    with pytest.raises(automation.CommandError, match="no changes were expected"):
        lab.refresh(expect_no_changes=True)
    with pytest.raises(automation.CommandError, match="no changes were expected"):
        lab.up(expect_no_changes=True)

    lab.set_config("family", "SHA256up")
    replacement = lab.preview()
    assert replacement.steps == {"reads": ["create-replacement", "replace", "delete-replaced"]}
    assert replacement.replaces == {"reads": ["eTagAlgorithmFamily"]}

    lab.remove_config("family")
    omics.delete_sequence_store(id=lab.outputs["id"])
    assert lab.refresh().changes == {"reads": ["delete"]}
    assert lab.up(refresh=True).changes == {"reads": ["create"]}
    assert lab.destroy().steps == {"reads": ["delete"]}
    assert lab.outputs == {}
    assert not omics.list_sequence_stores()["sequenceStores"]


def export_environment() -> None:
    pulumi.export("seen", {name: os.environ.get(name) for name in ("STAGE", "TEAM", "HOME")})


def test_a_function_has_its_environment_while_it_runs(
    pulumi_stack: StackFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGE", "test")
    monkeypatch.delenv("TEAM", raising=False)
    lab = pulumi_stack(export_environment, environment={"STAGE": "dev", "TEAM": "genomics"})

    lab.up()

    assert lab.outputs["seen"] == {"STAGE": "dev", "TEAM": "genomics", "HOME": os.environ["HOME"]}
    assert (os.environ["STAGE"], "TEAM" in os.environ) == ("test", False)
    with pytest.raises(automation.CommandError):
        lab.up(fail)
    assert (os.environ["STAGE"], "TEAM" in os.environ) == ("test", False)


def fail() -> None:
    raise RuntimeError(os.environ["STAGE"])


def test_resources_of_one_name_are_told_apart(pulumi_stack: StackFactory) -> None:
    lab = pulumi_stack(declare_one_name_for_two)
    assert lab.up().steps == {
        "pulumi-python:dynamic/kms:Key::reads": ["create"],
        "pulumi-python:dynamic/omics:SequenceStore::reads": ["create"],
        "lab::others": ["create"],
    }

    lab.set_config("family", "SHA256up")
    preview = lab.preview()

    assert preview.replaces == {
        "pulumi-python:dynamic/omics:SequenceStore::reads": ["eTagAlgorithmFamily"]
    }
    assert list(preview.changes) == list(preview.replaces)


def test_it_is_one_aws_with_the_emulator_of_the_test(
    pulumi_stack: StackFactory, omics_emulator: Emulator
) -> None:
    made = pulumi_stack(declare_reads).up()

    assert [call.name for call in made.calls] == omics_emulator.calls.names()
    [store] = boto3.client("omics").list_sequence_stores()["sequenceStores"]
    assert store["name"] == "reads"


def test_a_folder_is_run_in_a_process_of_its_own_and_left_as_it_is(
    pulumi_stack: StackFactory, tmp_path: Path
) -> None:
    project = tmp_path / "lab"
    (project / "infrastructure").mkdir(parents=True)
    (project / "Pulumi.yaml").write_text(
        "name: lab\n"
        "main: infrastructure\n"
        "backend: {url: s3://the-state-of-real-stacks}\n"
        "runtime: {name: python, options: {toolchain: uv, virtualenv: not-made-yet}}\n"
        "config: {lab:description: {default: Reads}}\n"
    )
    (project / "infrastructure" / "stores.py").write_text(
        "import os\n"
        "import pulumi\n"
        "from omics_components import SequenceStore\n"
        "def declare():\n"
        "    description = pulumi.Config().require('description')\n"
        "    SequenceStore(os.environ['STORE'], description=description)\n"
    )
    (project / "infrastructure" / "__main__.py").write_text("import stores\nstores.declare()\n")
    before = {path: path.is_file() and path.read_text() for path in project.rglob("*")}

    lab = pulumi_stack(project, environment={"STORE": "reads", "PYTHONDONTWRITEBYTECODE": "1"})
    lab.up()

    [store] = boto3.client("omics").list_sequence_stores()["sequenceStores"]
    assert (store["name"], store["description"]) == ("reads", "Reads")
    assert {path: path.is_file() and path.read_text() for path in project.rglob("*")} == before
    with pytest.raises(ValueError, match="program: this stack runs the program of a folder"):
        lab.up(declare_nothing)


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the developer's plugins; the developer's first Python is none."""
    plugins, tools, shared = (tmp_path / name for name in ("home/plugins", "bin", "shared"))
    for folder in (plugins, tools, shared):
        folder.mkdir(parents=True)
    for python in ("python", "python3"):
        (tools / python).write_text("#!/bin/sh\nexit 1\n")
        (tools / python).chmod(0o755)
    (shared / "shared_by_the_lab.py").write_text("NAME = 'shared'\n")
    for variable, before in (("PATH", tools), ("PYTHONPATH", shared)):
        known = [os.fspath(before), *filter(None, [os.environ.get(variable)])]
        monkeypatch.setenv(variable, os.pathsep.join(known))
    monkeypatch.setenv("PULUMI_HOME", os.fspath(plugins.parent))
    monkeypatch.delenv("OMICS_COMPONENTS_TPS")
    return plugins


def test_a_folder_is_run_with_what_the_test_gives_and_has(
    plugins: Path, pulumi_stack: StackFactory, tmp_path: Path
) -> None:
    project = tmp_path / "lab"
    (project / "stacks").mkdir(parents=True)
    (project / "Pulumi.yml").write_text(
        "name: lab\nmain: app.py\nstackConfigDir: stacks\nruntime: python\n"
    )
    (project / "stacks" / "Pulumi.test.yaml").write_text(
        "config: {lab:description: The real one, lab:team: theirs}\n"
    )
    (project / "note.txt").write_text("Reads of the lab")
    (project / "beside.py").write_text("NAME = 'beside'\n")
    (project / "app.py").write_text(
        "import os, pathlib, sys\n"
        "import pulumi, beside, shared_by_the_lab\n"
        "config = pulumi.Config()\n"
        "pulumi.export('seen', {\n"
        "    'config': [config.get('description'), config.get('team')],\n"
        "    'note': pathlib.Path('note.txt').read_text(),\n"
        "    'plugins': str(pathlib.Path(os.environ['PULUMI_HOME'], 'plugins').resolve()),\n"
        "    'prefix': sys.prefix,\n"
        "    'modules': [beside.NAME, shared_by_the_lab.NAME],\n"
        "    'pace': os.environ['OMICS_COMPONENTS_TPS'],\n"
        "})\n"
    )

    lab = pulumi_stack(project, config={"description": "Given"})
    lab.up()

    assert lab.outputs["seen"] == {
        "config": ["Given", None],
        "note": "Reads of the lab",
        "plugins": os.fspath(plugins.resolve()),
        "prefix": sys.prefix,
        "modules": ["beside", "shared"],
        "pace": "*=inf",
    }


def test_assets_of_a_folder_are_those_beside_its_program(
    pulumi_stack: StackFactory, tmp_path: Path
) -> None:
    project = tmp_path / "lab"
    for folder in ("infrastructure", "data"):
        (project / folder).mkdir(parents=True)
    (project / "Pulumi.yaml").write_text("name: lab\nmain: infrastructure\nruntime: python\n")
    (project / "data" / "reads.txt").write_text("ACGT")
    (project / "infrastructure" / "note.txt").write_text("Reads of the lab")
    (project / "infrastructure" / "__main__.py").write_text(
        "import pathlib\n"
        "import pulumi\n"
        "def declare(name, note, data):\n"
        "    files = {'note': pulumi.FileAsset(note), 'data': pulumi.FileArchive(data)}\n"
        "    pulumi.ComponentResource('lab:index:Files', name, files)\n"
        "declare('relative', 'note.txt', '../data')\n"
        "here = pathlib.Path(__file__).resolve().parent\n"
        "declare('absolute', here / 'note.txt', str(here.parent / 'data'))\n"
        "declare('path', pathlib.Path('note.txt'), '../data/')\n"
    )

    lab = pulumi_stack(project)
    lab.up()

    made = json.loads(lab.cli("stack", "export"))["deployment"]["resources"]
    relative, absolute, path = (
        {key: value["hash"] for key, value in one["inputs"].items()}
        for one in made
        if one["type"] == "lab:index:Files"
    )
    assert relative == absolute == path
    assert relative["note"] == hashlib.sha256(b"Reads of the lab").hexdigest()


def test_a_failure_says_what_the_cli_printed(
    pulumi_stack: StackFactory, omics_emulator_server: EmulatorServer
) -> None:
    omics_emulator_server.emulator.faults.add(
        {"operation": "CreateSequenceStore", "code": "ServiceQuotaExceededException"}
    )
    lab = pulumi_stack(declare_nothing)

    with pytest.raises(automation.CommandError, match="ServiceQuotaExceededException"):
        lab.up(declare_reads)

    assert "omics:CreateSequenceStore" in omics_emulator_server.emulator.calls.names()


def test_two_stacks_of_one_name_are_refused(pulumi_stack: StackFactory) -> None:
    lab = pulumi_stack(declare_nothing, project="lab", stack="dev")
    assert (lab.name, lab.reference) == ("dev", "organization/lab/dev")

    with pytest.raises(
        ValueError, match="this test already has a stack 'dev' of the project 'lab'"
    ):
        pulumi_stack(declare_reads, project="lab", stack="dev")


def test_a_folder_without_a_python_project_is_refused(
    pulumi_stack: StackFactory, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError, match=r"program: .* has no Pulumi\.yaml"):
        pulumi_stack(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("runtime: python\n")
    with pytest.raises(ValueError, match=r"Pulumi\.yaml has no name"):
        pulumi_stack(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: lab\nruntime: nodejs\n")
    with pytest.raises(ValueError, match="is a project in nodejs, not in python"):
        pulumi_stack(str(tmp_path))
    (tmp_path / "json").mkdir()
    (tmp_path / "json" / "Pulumi.json").write_text('{"name": "lab", "runtime": "go"}')
    with pytest.raises(ValueError, match=r"Pulumi\.json is a project in go, not in python"):
        pulumi_stack(tmp_path / "json")
