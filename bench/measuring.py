"""Run the parts one after the other, with a separate emulator for each contender."""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.contenders import Contender, Deployment, ScriptRun
from bench.goals import FLOOR, OURS, SCRIPTS, TEXTBOOK
from bench.processes import Spent, processor_time_s
from bench.samples import Part, Sample, Step
from bench.worlds import WORLDS, count_calls, count_stores, environment_in
from tools.emulated import Emulated, emulated

_SEQUENTIAL, _THREADED = SCRIPTS
_Make = Callable[[int, Mapping[str, str], Path], Contender]

CONTENDERS: Mapping[str, Mapping[str, _Make]] = {
    "stores": {
        OURS: functools.partial(Deployment, "ours"),
        TEXTBOOK: functools.partial(Deployment, "textbook"),
        _SEQUENTIAL: functools.partial(ScriptRun, "sequential"),
        _THREADED: functools.partial(ScriptRun, "threaded"),
        FLOOR: functools.partial(Deployment, "floor"),
    },
    "components": {
        OURS: functools.partial(Deployment, "components"),
        FLOOR: functools.partial(Deployment, "floor_components"),
    },
}
"""Kind -> who is measured, in the order of the tables."""


def measure(
    part: Part, contenders: Collection[str], repeat: int, say: Callable[[str], None]
) -> tuple[list[Sample], list[Step]]:
    """Run all phases of the contenders in turn, *repeat* times.

    Args:
        part: What is measured.
        contenders: Who takes part.
        repeat: How often.
        say: Tells the user how far it is.

    Returns:
        The samples, and the steps of our last ``up``.
    """
    samples: list[Sample] = []
    steps: list[Step] = []
    world = WORLDS[part.world]
    with emulated(*world.options) as aws:
        for turn in range(1, repeat + 1):
            for name, make in CONTENDERS[part.kind].items():
                if name not in contenders:
                    continue
                aws.reset()
                say(f"{part}: {name} ({turn} of {repeat})")
                environment = environment_in(world, aws)
                with tempfile.TemporaryDirectory(prefix="omics-bench-") as scratch:
                    contender = make(part.count, environment, Path(scratch))
                    for sample, spent in _phases(part, name, contender, aws):
                        say(f"    {sample.phase:14} {sample.wall_s:7.2f} s{_noted(sample)}")
                        samples.append(sample)
                        if name == OURS and sample.phase == "up":
                            steps = list(_steps(spent))
    return samples, steps


def _phases(
    part: Part, name: str, contender: Contender, aws: Emulated
) -> Iterator[tuple[Sample, Spent]]:
    for phase in contender.phases:
        aws.forget_calls()
        before_s = processor_time_s(aws.pid)
        spent, attempts = contender.run(phase)
        after_s = processor_time_s(aws.pid)
        calls, throttled = count_calls(aws)
        yield (
            Sample(
                part=part,
                contender=name,
                phase=phase,
                wall_s=round(spent.wall_s, 3),
                cpu_s=round(spent.cpu_s, 3),
                attempts=attempts,
                calls=calls,
                throttled=throttled,
                plugin_cpu_s=spent.plugin_cpu_s,
                plugin_rss_bytes=spent.plugin_rss_bytes,
                state_bytes=contender.state_bytes(),
                aws_cpu_s=None if before_s is None or after_s is None else after_s - before_s,
                gave_up=spent.exit_code != 0,
                left_behind=count_stores(aws) if phase == "destroy" else None,
            ),
            spent,
        )
        if spent.exit_code:
            return  # what comes after it would measure something else


def _noted(sample: Sample) -> str:
    notes = [f"{sum(sample.calls.values())} calls"] if sample.calls else []
    if sample.throttled:
        notes.append(f"{sample.throttled} turned away")
    if sample.attempts > 1:
        notes.append(f"{sample.attempts} attempts")
    if sample.gave_up:
        notes.append("gave up")
    if sample.left_behind:
        notes.append(f"{sample.left_behind} stores left behind")
    return f"   ({', '.join(notes)})" if notes else ""


def _steps(spent: Spent) -> Iterator[Step]:
    """Read the start and end of each resource from the engine's event log."""
    begun: dict[str, float] = {}
    for at_s, line in spent.lines:
        event: dict[str, Any] = json.loads(line)
        if "resourcePreEvent" in event:
            begun[event["resourcePreEvent"]["metadata"]["urn"]] = at_s
        elif "resOutputsEvent" in event:
            urn = event["resOutputsEvent"]["metadata"]["urn"]
            *_, types, name = urn.split("::")
            if urn in begun and "dynamic/" in types:
                kind = types.rpartition("$")[2]
                yield Step(name, kind, round(begun[urn], 2), round(at_s, 2))
