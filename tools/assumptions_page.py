"""Write docs/assumptions.md: what is assumed of AWS, from the emulator's registry."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from typing import get_args

from omics_components.emulator.assumptions import Alternative, Area, Assumption, assumptions
from tools.acceptance.evidence import graded, read_evidence

HEADER = """\
# What is assumed of AWS

Where no source says how AWS HealthOmics answers, the emulator follows a rule that is listed here,
with its evidence and with what else may be true. Code that relies on a rule names it:
`(assumed: get-lags-after-create)`.

What [make acceptance](acceptance.md) saw on AWS is evidence as soon as its record is in
[evidence](evidence/README.md); the grade changes by that alone.

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
    everything = graded(assumptions(), read_evidence()).values()
    others = [other for one in everything for other in one.alternatives]
    acted_out = sum(other.acted_out for other in others)
    decided = Counter(one.decidable for one in everything)
    yield (
        f"{len(everything)} assumptions, {len(others)} alternatives; the emulator acts out "
        f"{acted_out}. One run of [make acceptance](acceptance.md) on an account tries "
        f"{decided['one run']}; {decided['by hand']} are left to try by hand, and "
        f"{decided['waiting']} need days. Confirmed so far: "
        f"{sum(one.grade == 'confirmed' for one in everything) or 'none'}."
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
    needs = {"one run": "", "by hand": "; by hand", "waiting": "; needs days"}[one.decidable]
    yield f"- To try on AWS: {one.try_on_aws.removesuffix('.')}{needs}."
    yield ""


def _alternative(other: Alternative) -> str:
    mark = "" if other.acted_out else f" † ({other.reason})"
    return f"- `{other.id}`: {other.statement}{mark}"


if __name__ == "__main__":
    sys.stdout.write(page())
