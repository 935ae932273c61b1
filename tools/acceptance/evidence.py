"""What contributed runs on AWS have shown: it changes the grade of an assumption, not its code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from omics_components.emulator.assumptions import Assumption, Evidence, assumptions
from tools.acceptance.record import Record, read_record, redact

EVIDENCE = Path(__file__).resolve().parents[2] / "docs" / "evidence"

_NO_ACCOUNT = "<account>"


def read_evidence(folder: Path = EVIDENCE) -> Mapping[str, Record]:
    """Read the contributed records by the names of their files, oldest name first.

    Raises:
        ValueError: A file is not a record of AWS, names an assumption that does not exist, or is
            not redacted.
    """
    found = {}
    for path in sorted(folder.glob("*.json")):
        record = read_record(path)
        if record.service != "AWS":
            raise ValueError(f"{path} is of an {record.service}: evidence comes from AWS")
        unknown = sorted(record.results.keys() - assumptions().keys())
        if unknown:
            raise ValueError(f"{path}: there is no assumption {unknown[0]!r}")
        for name, result in record.results.items():
            for text in (result.seen, *result.calls):
                if redact(text, _NO_ACCOUNT) != text:
                    raise ValueError(f"{path}: {name} is not redacted: {text}")
        found[path.name] = record
    return found


def graded(
    known: Mapping[str, Assumption], evidence: Mapping[str, Record]
) -> Mapping[str, Assumption]:
    """Return the assumptions with the grades that the evidence gives them.

    What a record confirms, and none refutes, is ``confirmed``. What one refutes keeps its grade,
    and its evidence says so.

    Args:
        known: The assumptions, as the registry has them.
        evidence: The records, by the names of their files.
    """
    return {name: _graded(one, evidence) for name, one in known.items()}


def _graded(assumption: Assumption, evidence: Mapping[str, Record]) -> Assumption:
    decided = [
        (file, record.region, result)
        for file, record in evidence.items()
        if (result := record.results.get(assumption.id)) and result.verdict != "undetermined"
    ]
    refuting = [one for one in decided if one[2].verdict == "refuted"]
    if not decided:
        return assumption
    file, region, result = (refuting or decided)[-1]
    verb = "Refuted" if refuting else "Confirmed"
    text = f"{verb} on AWS in {region}, {result.on}: seen was `{result.seen}`."
    return replace(
        assumption,
        grade=assumption.grade if refuting else "confirmed",
        evidence=Evidence(text, f"evidence/{file}"),
    )
