"""Contributed records change the grades of assumptions, if they are what they should be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from omics_components.emulator.assumptions import assumptions
from tools.acceptance.evidence import graded, read_evidence
from tools.acceptance.record import Record, Result, read_record, redact

NAME = "keyless-store-key"


def a_record(verdict: Any = "confirmed", **changes: Any) -> Record:
    result = Result(verdict=verdict, seen='["keyArn", "type"]', on="2027-01-31")
    given: dict[str, Any] = {"service": "AWS", "region": "eu-west-1", "results": {NAME: result}}
    return Record(**given | changes)


def test_what_is_confirmed_changes_its_grade_and_names_its_source(tmp_path: Path) -> None:
    a_record().save(tmp_path / "2027-01-31.json")

    found = graded(assumptions(), read_evidence(tmp_path))

    assert found[NAME].grade == "confirmed"
    assert found[NAME].evidence.source == "evidence/2027-01-31.json"
    assert found[NAME].evidence.text == (
        'Confirmed on AWS in eu-west-1, 2027-01-31: seen was `["keyArn", "type"]`.'
    )
    others = {name: one for name, one in found.items() if name != NAME}
    assert others == {name: one for name, one in assumptions().items() if name != NAME}


def test_one_that_refutes_outweighs_those_that_confirm() -> None:
    evidence = {"a.json": a_record(), "b.json": a_record("refuted"), "c.json": a_record()}

    found = graded(assumptions(), evidence)[NAME]

    assert found.grade == assumptions()[NAME].grade
    assert found.evidence.text.startswith("Refuted on AWS")
    assert found.evidence.source == "evidence/b.json"


def test_what_is_undetermined_changes_nothing() -> None:
    assert graded(assumptions(), {"a.json": a_record("undetermined")}) == assumptions()


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (a_record(service="emulator"), "is of an emulator: evidence comes from AWS"),
        (
            a_record(results={"x": Result(verdict="confirmed", seen="1", on="2027-01-31")}),
            "there is no assumption 'x'",
        ),
        (
            a_record(results={NAME: Result(verdict="refuted", seen="1234567890", on="2027-01-31")}),
            "keyless-store-key is not redacted: 1234567890",
        ),
        (
            a_record(
                results={
                    NAME: Result(
                        verdict="refuted", seen="", on="2027-01-31", calls=("in 123456789012",)
                    )
                }
            ),
            "is not redacted: in 123456789012",
        ),
    ],
)
def test_what_is_not_evidence_is_refused(tmp_path: Path, record: Record, text: str) -> None:
    record.save(tmp_path / "a.json")

    with pytest.raises(ValueError, match=text):
        read_evidence(tmp_path)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[]", "the file"),
        ('{"service": "AWS", "region": "us-east-1", "owner": "me"}', "owner: "),
        ('{"service": "AWS", "region": "us-east-1", "more": 1}', "more: Extra inputs"),
        (
            '{"service": "AWS", "region": "us-east-1", "results": {"a": {"verdict": "yes"}}}',
            "results.a.verdict: ",
        ),
    ],
)
def test_a_file_of_another_form_is_one_line(tmp_path: Path, text: str, wrong: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)

    with pytest.raises(ValueError, match="is not a record of make acceptance") as caught:
        read_record(path)

    assert wrong in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("arn:aws:omics:us-east-1:111122223333:sequenceStore/1234567890", "sequenceStore/<id>"),
        ("access point 111122223333-1234567890", "access point <account>-<id>"),
        ("key/1b2c3d4e-0000-1111-2222-333344445555", "key/<uuid>"),
        ("key/mrk-" + "0a" * 16, "key/<key>"),
        ("key of 999988887777", "key of <another account>"),
        ("User: arn:aws:sts::111122223333:assumed-role/Admin/me is not", "<principal> is not"),
        ("AKIA" + "ABCD" * 4, "<access key>"),
        ("(RequestId: 9XK2 , HostId: abc/+=)", "(RequestId: <request> , HostId: <request>)"),
        ("acceptance-00ff00ff00ff-3", "<owner>-3"),
        ("owner " + "0a" * 32, "owner <canonical user>"),
        ("s3://111122223333-abc-0a1b2c3duse1a-s3alias", "s3://<account>-<access point>"),
        ("1 read set, 30 s, 2026-11-28", "1 read set, 30 s, 2026-11-28"),
    ],
)
def test_names_are_removed(text: str, instead: str) -> None:
    found = redact(text, "111122223333")

    assert found.endswith(instead)
    assert "111122223333" not in found


def test_the_contributed_evidence_refutes_nothing() -> None:
    """If this fails, AWS answers otherwise than the emulator does by default: change that."""
    refuted = {
        (file, name)
        for file, record in read_evidence().items()
        for name, result in record.results.items()
        if result.verdict == "refuted"
    }

    assert refuted == set()
