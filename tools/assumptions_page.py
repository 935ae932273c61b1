"""Write docs/assumptions.md: what is assumed of AWS, from the emulator's registry."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import get_args

from omics_components.emulator.assumptions import Alternative, Area, Assumption, assumptions

HEADER = """\
# What is assumed of AWS

No one has run this library against AWS HealthOmics. Where no source says how AWS answers, the
emulator follows a rule that is listed here, with its evidence and with what else may be true. Code
that relies on a rule names it: `(assumed: get-lags-after-create)`.

This page is written by `make assumptions` from `omics_components/emulator/assumptions.py`.

The emulator acts out an alternative with `--assume ID=ALTERNATIVE`; [the emulator's
page](emulator.md#other-answers-of-aws) has the other ways. Alternatives marked † it cannot act out.

Grades: *assumed*: no source. *inferred*: drawn from public programs or other services.
*documented*: AWS writes it, but no answer was seen. *confirmed*: the service was seen to do so.

"""


def page() -> str:
    """Return the page."""
    return HEADER + "\n".join(_lines()).rstrip() + "\n"


def _lines() -> Iterator[str]:
    everything = assumptions().values()
    others = [other for one in everything for other in one.alternatives]
    acted_out = sum(other.acted_out for other in others)
    waiting = sum(one.decidable == "waiting" for one in everything)
    yield (
        f"{len(everything)} assumptions, {len(others)} alternatives; the emulator acts out "
        f"{acted_out}. One run on an account decides {len(everything) - waiting}, the others need "
        "days."
    )
    yield ""
    for area in get_args(Area):
        yield f"## {area.capitalize()}"
        yield ""
        for one in everything:
            if one.area == area:
                yield from _section(one)


def _section(one: Assumption) -> Iterator[str]:
    yield f"### {one.id}"
    yield ""
    yield f"{one.statement} *{one.grade.capitalize()}.*"
    yield ""
    source = "" if one.evidence.source == "none" else f" ({one.evidence.source})"
    yield f"- Evidence: {one.evidence.text}{source}"
    for other in one.alternatives:
        yield _alternative(other)
    yield f"- Rests on it: {', '.join(one.depends)}"
    needs = "; needs waiting" if one.decidable == "waiting" else ""
    yield f"- To try on AWS: {one.try_on_aws.removesuffix('.')}{needs}."
    yield ""


def _alternative(other: Alternative) -> str:
    mark = "" if other.acted_out else f" † ({other.reason})"
    return f"- `{other.id}`: {other.statement}{mark}"


if __name__ == "__main__":
    sys.stdout.write(page())
