"""The commands that list and show, in this process, with the emulator behind them."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import weakref
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest

from omics_components.cli import main, output, read_sets
from omics_components.emulator import Emulator
from omics_components.lookups.api.read_sets import iter_read_sets
from omics_components.lookups.models.read_set import ReadSetFilter
from tests.unit.test_cli import Run, omics, run

if TYPE_CHECKING:
    from click.testing import Result
    from mypy_boto3_omics import OmicsClient

__all__ = ["omics", "run"]  # fixtures

ARN = "arn:aws:omics:us-east-1:123456789012:sequenceStore/1234567890"


def snake(value: Any) -> Any:
    """Spell an item of a plain paginator as the commands do, s3Access dissolved."""
    if isinstance(value, dict):
        parts = {_snake(key): snake(part) for key, part in value.items() if key != "s3Access"}
        return parts | (snake(value["s3Access"]) if "s3Access" in value else {})
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


def _snake(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(part) for key, part in value.items() if part is not None}
    return value


def printed(result: Result) -> str:
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def everything(omics: OmicsClient, operation: str, member: str, **request: str) -> list[Any]:
    """List with nothing but boto3's paginator."""
    paginator: Any = omics.get_paginator(operation)  # type: ignore[call-overload] # any of them
    return [snake(item) for page in paginator.paginate(**request) for item in page[member]]


def test_lists_are_a_plain_paginators_item_for_item(
    run: Run, omics: OmicsClient, store_emulator: Emulator
) -> None:
    store_id = omics.create_sequence_store(name="reads")["id"]
    store_emulator.put_read_sets(store_id, 1050)
    for reference, extra in ((store_id, 0), ("reads", 1)):
        command = ("read-sets", "list", reference)
        expected = everything(omics, "list_read_sets", "readSets", sequenceStoreId=store_id)

        as_json = json.loads(printed(run(*command, "--output", "json")))
        calls = len(store_emulator.calls)
        as_csv = list(csv.DictReader(io.StringIO(printed(run(*command, "--output", "csv")))))
        as_table = printed(run(*command)).splitlines()

        assert [without_nulls(item) for item in as_json] == expected
        assert [row["id"] for row in as_csv] == [item["id"] for item in expected]
        assert [line.split()[0] for line in as_table] == ["id", *(item["id"] for item in expected)]
        assert calls == -(-len(expected) // 100) + extra


def test_only_one_page_is_in_memory(omics: OmicsClient, store_emulator: Emulator) -> None:
    store_id = omics.create_sequence_store(name="reads")["id"]
    store_emulator.put_read_sets(store_id, 250)
    store_emulator.calls.clear()

    items = iter_read_sets(omics, store_id)
    first = weakref.ref(next(items))
    calls = [len(store_emulator.calls)]
    for _ in range(100):
        next(items)

    assert [*calls, len(store_emulator.calls)] == [1, 2]
    assert first() is None


def test_every_filter_is_an_option() -> None:
    params = read_sets.list_.params
    options = {item.name: item.help for item in params if isinstance(item, click.Option)}

    others = {"output", "region", "profile", "stack"}
    assert options.keys() - others == ReadSetFilter.model_fields.keys()
    assert all(options.values())


def test_the_page_names_every_filter() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "commands.md").read_text()
    [row] = re.findall(
        r"^\| `read-sets list STORE` \| .* \| (.*) \| omics:.* \|$", page, re.MULTILINE
    )
    options = {
        option for item in read_sets.list_.params for option in item.opts if option[0] == "-"
    }

    others = {"--output", "--region", "--profile", "--stack"}
    assert set(re.findall(r"`(.*?)`", row)) == options - others


def test_read_sets_are_filtered(run: Run, omics: OmicsClient, store_emulator: Emulator) -> None:
    store_id = omics.create_sequence_store(name="reads")["id"]
    facts = {
        "name": "one",
        "status": "ARCHIVED",
        "sampleId": "S1",
        "subjectId": "P1",
        "sequenceInformation": {"generatedFrom": "lab"},
        "creationType": "IMPORT",
        "referenceArn": "arn:aws:omics:r",
        "creationTime": "2020-01-01T00:00:00.000Z",
    }
    store_emulator.put_read_sets(store_id, items=[facts, {}])

    def names(*arguments: str) -> list[str]:
        found = json.loads(printed(run(*arguments, "--output", "json")))
        return [item["name"] for item in found]

    for option, text in {
        "--name": "one",
        "--status": "ARCHIVED",
        "--sample-id": "S1",
        "--subject-id": "P1",
        "--generated-from": "lab",
        "--creation-type": "IMPORT",
        "--reference-arn": "arn:aws:omics:r",
        "--created-before": "2021-01-01",
    }.items():
        assert names("read-sets", "list", "reads", option, text) == ["one"], option
    assert len(names("read-sets", "list", store_id, "--created-after", "2021-01-01")) == 1


def test_a_store_is_shown_by_id_arn_or_name(run: Run, omics: OmicsClient) -> None:
    made = omics.create_sequence_store(name="reads", tags={"team": "lab"}, description="[b]all[/b]")
    live = snake(omics.get_sequence_store(id=made["id"]))
    del live["_response_metadata"]

    for reference in (made["id"], made["arn"], "reads"):
        shown = json.loads(printed(run("stores", "show", reference, "--output", "json")))
        assert without_nulls(shown) == {**live, "tags": {"team": "lab"}}
    lines = printed(run("stores", "show", "reads")).splitlines()
    assert lines[0].split() == ["field", "value"]
    fields = dict(line.split(maxsplit=1) for line in lines[1:])
    assert fields["description"].strip() == "[b]all[/b]"
    assert fields["tags"].strip() == '{"team": "lab"}'
    assert "fallback_location" not in fields


def test_an_empty_list_is_one_for_machines_and_a_word_for_people(
    run: Run, omics: OmicsClient
) -> None:
    command = ("read-sets", "list", omics.create_sequence_store(name="reads")["id"])

    assert printed(run(*command, "--output", "json")) == "[]\n"
    assert printed(run(*command, "--output", "csv")).startswith("id,arn,sequence_store_id,")
    result = run(*command)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "no read sets\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("read-sets", "list", ARN, "--status", "active"), "'active' is not one of"),
        (("read-sets", "list", ARN, "--name", ""), "--name: must be 1 to 127 characters long"),
        (("read-sets", "list", ARN, "--created-after", "soon"), "--created-after: must be a time"),
        (("stores", "show", ARN, "--output", "yaml"), "'yaml' is not one of 'table', 'json',"),
        (("stores", "show", "arn:aws:s3:::b"), "STORE: 'arn:aws:s3:::b' is not the ARN of a"),
        (("stores", "show", ""), "STORE: must be 1 to 127 characters long, not 0"),
        (("stores", "show", ARN, "--region", "eu-west-1"), "--region is eu-west-1, but the ARN"),
        (("read-sets", "list"), "Missing argument 'STORE'"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    run: Run, store_emulator: Emulator, arguments: tuple[str, ...], words: str
) -> None:
    result = run(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert not store_emulator.calls


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("stores", "show", "reads"), "looking for sequence store reads: no sequence store in"),
        (("stores", "show", ARN), f"looking for sequence store {ARN}: ResourceNotFoundException: "),
        (("read-sets", "list", ARN), f"listing read sets of sequence store {ARN}: Resource"),
        (
            ("read-sets", "list", ARN, "--profile", "absent"),
            f"listing read sets of sequence store {ARN}: The config profile (absent) could not",
        ),
    ],
)
def test_what_is_not_there_is_one_line(run: Run, arguments: tuple[str, ...], words: str) -> None:
    result = run(*arguments)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith(f"Error: {words}")


def test_several_stores_of_a_name_are_listed(run: Run, omics: OmicsClient) -> None:
    ids = [omics.create_sequence_store(name="reads")["id"] for _ in range(2)]

    result = run("read-sets", "list", "reads")

    assert result.exit_code == 1
    assert all(f"{id_} (created " in result.stderr for id_ in ids)


def test_a_list_that_breaks_off_is_no_whole_json(
    run: Run, omics: OmicsClient, store_emulator: Emulator
) -> None:
    store_id = omics.create_sequence_store(name="reads")["id"]
    store_emulator.put_read_sets(store_id, 150)
    store_emulator.faults.add(
        {
            "operation": "ListReadSets",
            "action": "error",
            "calls": [2],
            "code": "AccessDeniedException",
        }
    )

    result = run("read-sets", "list", store_id, "--output", "json")

    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: listing read sets of sequence store {store_id}: Acc")
    assert result.stdout.count("\n{") == 100
    with pytest.raises(json.JSONDecodeError):
        json.loads(result.stdout)


class Terminal(io.StringIO):
    """What a terminal would show."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("is_terminal", [True, False])
def test_the_progress_is_for_terminals(monkeypatch: pytest.MonkeyPatch, is_terminal: bool) -> None:
    shown = Terminal() if is_terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("TERM", "xterm")

    def items() -> Iterator[int]:
        yield from range(200)

    assert list(output._counted(items(), "read sets")) == list(range(200))

    assert ("200 read sets" in shown.getvalue()) == is_terminal


def test_a_terminal_cuts_nothing_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wide cells are folded, in all chunks alike, and ids stay whole."""
    shown = Terminal()
    monkeypatch.setattr(sys, "stdout", shown)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")

    widths = output._print_rows([("1234567890", "x" * 60, "y" * 20)], ("id", "name", "words"))
    output._print_rows([("1234567891", "x", "y" * 200)], ("id", "name", "words"), widths)

    lines = shown.getvalue().splitlines()[1:]
    assert list(widths) == [10, 13, 13]
    assert max(map(len, lines)) <= 40
    assert [shown.getvalue().count(letter) for letter in "xy"] == [61, 220]
    assert {line.index("y") for line in lines if "y" in line} == {27}
    assert [line[:10] for line in lines if line.strip() and line[0] == "1"] == [
        *("1234567890", "1234567891"),
    ]


class EncodedTerminal(io.TextIOWrapper):
    """A terminal of the locale's encoding."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("form", ["table", "json", "csv"])
@pytest.mark.parametrize(
    ("stream", "shown"),
    [(io.TextIOWrapper, "Łódź".encode()), (EncodedTerminal, b"\\u0141\xf3d\\u017a")],
)
def test_names_are_written_where_the_locale_lacks_their_letters(
    omics: OmicsClient,
    monkeypatch: pytest.MonkeyPatch,
    stream: type[io.TextIOWrapper],
    shown: bytes,
    form: str,
) -> None:
    """A pipe or a file gets UTF-8, as machines expect; a terminal what it can show."""
    made = omics.create_sequence_store(name="Łódź")
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", stream(written, encoding="cp1252"))
    monkeypatch.setattr(sys, "argv", ["", "stores", "show", made["id"], "--output", form])
    monkeypatch.setenv("COLUMNS", "200")

    with pytest.raises(SystemExit) as ended:
        main()

    sys.stdout.flush()
    assert ended.value.code == 0
    assert shown in written.getvalue()
