"""The command: files, streams and exit statuses."""

from __future__ import annotations

import re
from pathlib import Path

import boto3
import click
import pytest
from click.testing import CliRunner, Result

from omics_components.cli.report.command import command
from omics_components.cli.report.kinds import KIND_BY_TOKEN
from omics_components.cli.report.rules import RULES, rules_table
from omics_components.cli.root import root
from omics_components.emulator import Emulator
from omics_components.kinds.registry import KINDS
from tests.unit.report.making import (
    ACCESS,
    LAB,
    PARTNER,
    STORE,
    STORE_ARN,
    create,
    delete,
    streamed,
    update,
)
from tests.unit.report.recordings import PREVIEWS

DOCS = Path(__file__).resolve().parents[3] / "docs" / "report.md"
DELETED = streamed(delete(STORE))
MOVED = streamed(update(STORE, {"fallbackLocation": "s3://a/"}, {"fallbackLocation": "s3://b/"}))
QUIET = streamed(update(STORE, {"description": "a"}, {"description": "b"}))


def run(*arguments: str, given: str | bytes = "") -> Result:
    return CliRunner().invoke(root, ["report", *arguments], input=given)


@pytest.mark.parametrize(
    ("given", "fail_on", "status"),
    [
        (DELETED, "never", 0),
        (DELETED, "high", 3),
        (DELETED, "low", 3),
        (MOVED, "medium", 0),
        (MOVED, "low", 3),
        (QUIET, "low", 0),
        ((PREVIEWS / "protected.json").read_text(), "never", 1),
        ((PREVIEWS / "broken.jsonl").read_text(), "high", 1),
        ("", "never", 1),
        (DELETED, "awful", 2),
    ],
)
def test_the_status_says_how_it_went(given: str, fail_on: str, status: int) -> None:
    assert run("--fail-on", fail_on, given=given).exit_code == status


def test_a_threshold_that_is_reached_is_named() -> None:
    done = run("--fail-on", "medium", given=DELETED)

    assert done.stderr == "omics-components: the risk is high, and --fail-on is medium\n"
    assert done.stdout.startswith("<!-- omics-components report lab/dev -->\n### Preview of")


def test_files_are_read_and_written(tmp_path: Path) -> None:
    report = tmp_path / "report.md"

    done = run(str(PREVIEWS / "update.json"), "--output", str(report))

    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
    assert report.read_text() == (PREVIEWS / "update.json.md").read_text()


def test_a_failed_preview_is_reported_all_the_same() -> None:
    done = run(str(PREVIEWS / "check-failure.json"))

    assert done.exit_code == 1
    assert "**The preview failed**" in done.stdout
    assert done.stderr == "Error: the preview failed; the report shows the error\n"


def test_what_is_no_preview_is_one_line() -> None:
    done = run(given="error: no stack selected\n")

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(
        "Error: reading <stdin>: is not the output of pulumi preview --json"
    )
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("name", ["update.json", "broken.jsonl"])
def test_a_preview_is_read_as_shells_write_it(tmp_path: Path, name: str, encoding: str) -> None:
    """Redirection in Windows PowerShell writes UTF-16, with a mark in front."""
    preview = (PREVIEWS / name).read_text()
    file = tmp_path / "preview.json"
    file.write_bytes(preview.encode(encoding))

    report = (PREVIEWS / f"{name}.md").read_text()
    assert run(str(file)).stdout == run(given=file.read_bytes()).stdout == report


def test_what_is_no_text_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "preview.json"
    file.write_bytes('{"steps": "Łódź"}'.encode("cp1250"))

    done = run(str(file))

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(
        f"Error: reading {file}: is not the output of pulumi preview --json"
    )
    assert done.stderr.count("\n") == 1


def test_own_accounts_are_given_by_their_digits() -> None:
    made = streamed(create(ACCESS, readers=[LAB, PARTNER]))

    own = run("--own-account", "123456789012", given=made).stdout
    wrong = run("--own-account", "lab", given=made)

    assert "Cross-account access" in own
    assert wrong.exit_code == 2
    assert "an account ID has 12 digits, not 'lab'" in wrong.stderr


def test_read_sets_at_stake_are_counted_on_request(store_emulator: Emulator) -> None:
    arn = boto3.client("omics").create_sequence_store(name="reads")["arn"]
    store_id = arn.rpartition("/")[2]
    made = DELETED.replace(STORE_ARN, arn)

    empty = run("--count-read-sets", given=made)
    store_emulator.put_read_sets(store_id, 101)
    store_emulator.calls.clear()
    full = run("--count-read-sets", given=made)
    calls = [call.operation for call in store_emulator.calls]
    silent = run(given=made)

    assert "it holds no read sets" in empty.stdout
    assert "it holds 101 read sets (101 ACTIVE)" in full.stdout
    assert calls == ["ListReadSets", "ListReadSets"]
    assert "101" not in silent.stdout
    assert len(store_emulator.calls) == len(calls)


def test_a_store_that_cannot_be_asked_is_reported_all_the_same(store_emulator: Emulator) -> None:
    done = run("--count-read-sets", given=DELETED)

    assert done.exit_code == 0
    assert "its contents are not known: " in done.stdout
    assert [call.operation for call in store_emulator.calls] == ["ListReadSets"]


def test_types_are_the_librarys_own() -> None:
    classes = {kind.token: kind.resource.__name__ for kind in KINDS}
    native = {f"omics-components:index:{name}" for name in classes.values()}

    assert classes.keys() | native == KIND_BY_TOKEN.keys()


def test_the_page_has_the_table_of_all_risks() -> None:
    page = DOCS.read_text()

    assert rules_table() in page
    assert len(RULES) == len(re.findall(r"^\| (?:high|medium|low) \|", page, re.MULTILINE))


def test_the_page_names_every_option_and_status() -> None:
    page = DOCS.read_text()

    for option in command.params:
        assert isinstance(option, click.Argument) or f"`{option.opts[0]}" in page, option.name
    for status in ("0", "1", "2", "3"):
        assert re.search(rf"^\| {status} \|", page, re.MULTILINE)
