"""The pytest fixtures as pytest loads them: cheap to have, isolated, and clear when they cannot."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def _pytest(folder: Path, test: str, *options: str, **environment: str) -> str:
    """Run one test as a user would, with the fixtures that the entry points bring."""
    (folder / "test_it.py").write_text(test)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        *options,
        str(folder),
    ]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        check=False,
        capture_output=True,
        text=True,
    )
    return done.stdout


@pytest.mark.parametrize("plugin", ["emulator.pytest_plugin", "testing.pytest_plugin"])
def test_to_load_a_plugin_costs_nothing(plugin: str) -> None:
    heavy = {"boto3", "botocore", "moto", "flask", "werkzeug", "pulumi", "grpc", "yaml"}
    program = f"import sys, omics_components.{plugin}; print(*{heavy} & set(sys.modules))"

    printed = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout

    assert printed.split() == []


def test_without_the_cli_it_says_so_in_one_sentence(tmp_path: Path) -> None:
    shown = _pytest(
        tmp_path, "def test_it(pulumi_stack): pass", PATH=os.fspath(tmp_path / "nothing")
    )

    [failure] = [line for line in shown.splitlines() if line.startswith("pulumi_stack needs")]
    assert "there is no pulumi on PATH: https://www.pulumi.com/docs/install" in failure
    assert "1 error" in shown
    assert "Traceback" not in shown


def test_it_needs_no_capture_of_logs(tmp_path: Path) -> None:
    cli = tmp_path / "bin" / "pulumi"
    cli.parent.mkdir()
    cli.touch(0o755)  # it is looked for, and not asked for anything

    test = "def test_it(pulumi_stack): pass"
    shown = _pytest(tmp_path, test, "-p", "no:logging", PATH=os.fspath(cli.parent))

    assert "1 passed" in shown, shown


@pytest.mark.parametrize("fixture", ["omics_emulator", "omics_emulator_server", "pulumi_stack"])
def test_without_the_extra_it_says_so_in_one_sentence(tmp_path: Path, fixture: str) -> None:
    (tmp_path / "conftest.py").write_text("import sys\nsys.modules['moto'] = None\n")

    shown = _pytest(tmp_path, f"def test_it({fixture}): pass")

    sentence = "the emulator needs moto, which is not installed: it comes with the extra em"
    assert sentence in shown
    assert "1 error" in shown
    assert "Traceback" not in shown


def test_nothing_of_the_developers_own_aws_settings_is_left(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(
        "[default]\nregion = eu-central-1\nservices = theirs\n"
        "[services theirs]\nomics =\n  endpoint_url = http://127.0.0.1:9\n"
    )
    test = (
        "import boto3, os\n"
        "def test_it(omics_emulator_server):\n"
        "    assert boto3.client('omics').list_sequence_stores()['sequenceStores'] == []\n"
        "    assert boto3.client('omics').meta.region_name == 'us-east-1'\n"
        "    assert 'AWS_PROFILE' not in os.environ\n"
        "    assert omics_emulator_server.emulator.calls.names() == ['omics:ListSequenceStores']\n"
    )

    shown = _pytest(
        tmp_path,
        test,
        AWS_PROFILE="production",
        AWS_CONFIG_FILE=os.fspath(tmp_path / "config"),
        AWS_ENDPOINT_URL_OMICS="http://127.0.0.1:9",
        AWS_ACCESS_KEY_ID="AKIAOFTHEDEVELOPER00",
    )

    assert "1 passed" in shown, shown


def test_the_two_emulators_together_leave_nothing_behind(tmp_path: Path) -> None:
    test = (
        "import boto3, os\n"
        "def test_it(omics_emulator, omics_emulator_server):\n"
        "    assert boto3.client('omics').list_sequence_stores()['sequenceStores'] == []\n"
        "def test_after_it():\n"
        "    assert boto3.DEFAULT_SESSION is None\n"
        "    assert 'AWS_ENDPOINT_URL' not in os.environ\n"
        "    assert os.environ['AWS_ACCESS_KEY_ID'] == 'AKIAOFTHEDEVELOPER00'\n"
    )

    shown = _pytest(tmp_path, test, AWS_ACCESS_KEY_ID="AKIAOFTHEDEVELOPER00")

    assert "2 passed" in shown, shown
