"""Format the measurements as tables, for the terminal and ``docs/performance.md``."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bench import costs
from bench.contenders import ROOT, Deployment
from bench.drawing import bars, timeline
from bench.goals import goals
from bench.measuring import CONTENDERS
from bench.samples import Measured, Part, Sample

PAGE = ROOT / "docs" / "performance.md"
_BEGIN, _END = "<!-- figures: begin (make bench ARGS=--docs) -->", "<!-- figures: end -->"
_MEGA = 1e6


def figures(measured: Measured) -> str:
    """Return all measurements in Markdown: machine, goals, phases, calls, costs."""
    machine = ", ".join(f"{name} {value}" for name, value in measured.machine.items())
    parts = "\n".join(_part(measured, part) for part in measured.parts())
    return "\n".join(
        [f"Measured on: {machine}.\n", _goals(measured), _alone(measured), parts]
    ).rstrip()


def write_page(measured: Measured, page: Path = PAGE) -> None:
    """Write the figures and images into the docs page."""
    before, _, rest = page.read_text().partition(_BEGIN)
    _, _, after = rest.partition(_END)
    page.write_text(f"{before}{_BEGIN}\n\n{figures(measured)}\n\n{_END}{after}")
    page.with_suffix(".svg").write_text(bars(measured))
    if measured.timeline:
        page.with_name(f"{page.stem}-timeline.svg").write_text(timeline(measured.timeline))


def _goals(measured: Measured) -> str:
    rows = [
        (
            goal.what,
            _number(goal.value),
            f"{_number(goal.limit)} {goal.unit}",
            "met" if goal.is_met else "**not met**",
            goal.how,
        )
        for goal in goals(measured)
    ]
    heads = ("goal", "measured", "at most", "", "how the limit comes about")
    return f"### Goals\n\n{_table(heads, rows)}"


def _part(measured: Measured, part: Part) -> str:
    found = {name: measured.of(part, name) for name in CONTENDERS[part.kind]}
    names = [name for name, samples in found.items() if samples]
    phases = Deployment.phases
    walls = [(name, *(_wall(measured, part, name, phase) for phase in phases)) for name in names]
    cpus = [(name, *(_cpu(measured, part, name, phase) for phase in phases)) for name in names]
    calls = [row for name in names for row in _calls(part, name, found[name])]
    sizes = [(name, *_sizes(found[name])) for name in names]
    wall_title = "Wall time in seconds: median, and the shortest to the longest."
    cpu_title = "Processor time in seconds: the command's, the plugin's part of it; the emulator's."
    call_heads = ("", "phase", "calls to AWS", "turned away", "attempts", "stores left behind")
    tables: list[tuple[str, Sequence[str], Sequence[Sequence[str]]]] = [
        (wall_title, ("", *phases), walls),
        (cpu_title, ("", *phases), cpus),
        ("Calls, of the run with the most.", call_heads, calls),
        ("Sizes.", ("", "plugin's peak memory", "state of a resource"), sizes),
    ]
    return f"### {part}\n\n" + "\n".join(
        f"{title}\n\n{_table(heads, rows)}" for title, heads, rows in tables if rows
    )


def _wall(measured: Measured, part: Part, name: str, phase: str) -> str:
    median, spread = measured.median(part, name, phase), measured.spread(part, name, phase)
    if any(sample.gave_up for sample in measured.of(part, name, phase)):
        return "gave up"
    if median is None or spread is None:
        return "–"
    once = spread[0] == spread[1]
    return f"{median:.1f}" if once else f"{median:.1f} ({spread[0]:.1f}–{spread[1]:.1f})"


def _cpu(measured: Measured, part: Part, name: str, phase: str) -> str:
    medians = [
        measured.median(part, name, phase, of)
        for of in (lambda s: s.cpu_s, lambda s: s.plugin_cpu_s, lambda s: s.aws_cpu_s)
    ]
    command, plugin, aws = ("–" if value is None else f"{value:.1f}" for value in medians)
    return f"{command} ({plugin}); {aws}"


def _calls(part: Part, name: str, samples: Sequence[Sample]) -> Iterator[tuple[str, ...]]:
    """Return a row for each phase that called AWS; of the runs, the one with the most calls."""
    for phase in dict.fromkeys(sample.phase for sample in samples):
        most = max(
            (sample for sample in samples if sample.phase == phase),
            key=lambda sample: sum(sample.calls.values()),
        )
        if most.calls:
            calls = ", ".join(
                f"{number} {operation.partition(':')[2]}"
                for operation, number in most.calls.items()
                if part.kind == "stores" or operation.startswith("omics:")
            )
            left = "" if most.left_behind is None else str(most.left_behind)
            yield name, phase, calls, str(most.throttled), str(most.attempts), left


def _sizes(samples: Iterable[Sample]) -> tuple[str, str]:
    peaks = [sample.plugin_rss_bytes for sample in samples if sample.plugin_rss_bytes]
    sizes = [sample.state_bytes for sample in samples if sample.state_bytes]
    return (
        f"{max(peaks) / _MEGA:.0f} MB" if peaks else "–",
        f"{max(sizes):.0f} bytes" if sizes else "–",
    )


def _alone(measured: Measured) -> str:
    if not measured.costs:
        return ""
    rows = [
        (name, f"{1000 * statistics.median(taken):.1f} ms")
        for name, taken in measured.costs.items()
        if name != costs.LOADS_BOTO3
    ]
    return f"### Without an engine\n\n{_table(('', 'median'), rows)}"


def _number(value: float) -> str:
    return f"{value:g}" if value == round(value) else f"{value:.2f}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[i]) for row in (heads, *rows)) for i in range(len(heads))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in (heads, *rows)
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines) + "\n"
