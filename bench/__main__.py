"""Command line: ``python -m bench`` measures, prints tables and evaluates the goals."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from bench import costs
from bench.contenders import ROOT, CannotBegin
from bench.measuring import CONTENDERS, measure
from bench.report import figures, write_page
from bench.samples import Measured, Part, this_machine
from bench.worlds import WORLDS
from tools.emulated import leave_the_developers_aws

_PARTS = [
    *(Part(world, "stores", count) for world in WORLDS for count in (1, 20, 100, 300)),
    *(Part(world, "components", count) for world in WORLDS for count in (1, 20)),
]
_FILE = ROOT / "bench" / "measured.json"
_QUICK = [Part("zero", "stores", 20), Part("aws", "stores", 20)]
_QUICK_CONTENDERS = ("ours", "floor")
_LONG = 300
"""From so many stores on, the world of quotas is run once: it takes over an hour."""


def main(arguments: list[str] | None = None) -> int:
    """Run the selected measurements; return 0, or 2 if they could not run."""
    options = _parser().parse_args(arguments)
    file: Path | None = options.file or (None if options.quick else _FILE)
    measured = Measured.read(file) if file else Measured()
    if options.docs:
        write_page(measured)
        return 0
    if not shutil.which("pulumi"):
        print("There is no pulumi on PATH: run it as make bench.", file=sys.stderr)
        return 2
    leave_the_developers_aws()
    measured.machine = this_machine(
        subprocess.check_output(["pulumi", "version"], text=True).strip()
    )
    parts = _chosen(options)
    try:
        if not options.no_costs:
            measured.costs = costs.measure(max(9, options.repeat or 0))
            if file:
                measured.write(file)
        for part in parts:
            _measure(measured, part, options)
            if file:
                measured.write(file)  # what there is so far is worth keeping
    except CannotBegin as error:
        print(error, file=sys.stderr)
        return 2
    shown = Measured(
        measured.machine,
        [sample for sample in measured.samples if sample.part in parts],
        measured.costs,
    )
    print(f"\n{figures(shown)}")
    if file:
        print(f"\nKept in {file}.")
    return 0


def _measure(measured: Measured, part: Part, options: argparse.Namespace) -> None:
    names = options.contender or (_QUICK_CONTENDERS if options.quick else CONTENDERS[part.kind])
    once = part.world == "aws" and part.count >= _LONG
    repeat = options.repeat or (1 if options.quick or once else 3)
    samples, steps = measure(part, names, repeat, lambda line: print(line, flush=True))
    measured.replace(part, names, samples)
    if part == Part("aws", "components", 20) and steps:
        measured.timeline = steps


def _chosen(options: argparse.Namespace) -> list[Part]:
    if options.only_costs:
        return []
    if options.quick:
        return _QUICK
    return [
        part
        for part in _PARTS
        if part.world in (options.world or WORLDS)
        and part.kind in (options.kind or CONTENDERS)
        and (not options.count or part.count in options.count)
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure the library beside what people would use instead. A part that is "
        "measured again replaces what the file holds of it, so parts can be run one by one.",
    )
    parser.add_argument(
        "--quick", action="store_true", help="20 stores, ours and floor, once: two minutes"
    )
    parser.add_argument("--world", action="append", choices=list(WORLDS), help="only this world")
    parser.add_argument("--kind", action="append", choices=list(CONTENDERS), help="only this kind")
    parser.add_argument(
        "--count", action="append", type=int, help="only this number of stores or components"
    )
    names = list(CONTENDERS["stores"])
    parser.add_argument("--contender", action="append", choices=names, help="only this contender")
    parser.add_argument("--repeat", type=int, help="runs of each; 3, or 1 where one takes long")
    parser.add_argument("--only-costs", action="store_true", help="imports, start and checks only")
    parser.add_argument("--no-costs", action="store_true", help="skip imports, start and checks")
    parser.add_argument(
        "--file", type=Path, help=f"where the samples are kept; {_FILE.name}, with --quick nowhere"
    )
    parser.add_argument(
        "--docs", action="store_true", help="measure nothing, rewrite docs/performance.*"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
