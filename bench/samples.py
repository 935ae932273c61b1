"""The measurements, stored as JSON: one sample for each phase of each run."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Part:
    """What is measured in one go, contenders in turn, and replaced as a whole when it is repeated.

    Args:
        world: ``zero`` or ``aws``.
        kind: ``stores`` or ``components``.
        count: How many of them.
    """

    world: str
    kind: str
    count: int

    def __str__(self) -> str:
        return f"{self.world}, {self.count} {self.kind}"


@dataclass(frozen=True)
class Sample:
    """One phase of one run.

    Args:
        part: What it belongs to.
        contender: Who ran.
        phase: Such as ``up``.
        wall_s: From start to end, in seconds (s).
        cpu_s: Processor time (s) of the command and what it waited for.
        attempts: How often it was begun until it succeeded.
        calls: Calls to AWS by ``service:operation``.
        throttled: How many of them were turned away.
        plugin_cpu_s: Processor time (s) of the plugin process; None without one.
        plugin_rss_bytes: The most memory that it had at once.
        state_bytes: Size of what is recorded of a resource after the phase; None without any.
        aws_cpu_s: Processor time (s) of the emulated AWS, on the same machine.
        gave_up: The last attempt failed, too; what comes after it was not run.
        left_behind: Stores that are still there after ``destroy``; None after other phases.
    """

    part: Part
    contender: str
    phase: str
    wall_s: float
    cpu_s: float
    attempts: int
    calls: Mapping[str, int]
    throttled: int
    plugin_cpu_s: float | None
    plugin_rss_bytes: int | None
    state_bytes: float | None
    aws_cpu_s: float | None = None
    gave_up: bool = False
    left_behind: int | None = None


@dataclass(frozen=True)
class Step:
    """What the engine did to one resource, for the timeline.

    Args:
        resource: Name of the resource.
        kind: Its type token.
        from_s: When it began, in seconds (s) from the start of the command.
        to_s: When it was done.
    """

    resource: str
    kind: str
    from_s: float
    to_s: float


@dataclass
class Measured:
    """All samples, with what was measured without an engine.

    Args:
        machine: On what.
        samples: The phases.
        costs: Name of a cost -> what each repetition took, see ``costs``.
        timeline: The steps of the last ``up`` of the most components in the world ``aws``.
    """

    machine: dict[str, Any] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    costs: dict[str, list[float]] = field(default_factory=dict)
    timeline: list[Step] = field(default_factory=list)

    @classmethod
    def read(cls, file: Path) -> Measured:
        """Read a file that ``write`` wrote; a missing file has no samples."""
        if not file.exists():
            return cls()
        raw = json.loads(file.read_text())
        samples = [Sample(**{**item, "part": Part(**item["part"])}) for item in raw["samples"]]
        steps = [Step(**item) for item in raw["timeline"]]
        return cls(raw["machine"], samples, raw["costs"], steps)

    def write(self, file: Path) -> None:
        """Write all measurements as JSON, one sample per line."""
        raw = dataclasses.asdict(self)
        texts = {key: json.dumps(raw[key], indent=1) for key in ("machine", "costs")}
        for key in ("samples", "timeline"):
            texts[key] = "[\n" + ",\n".join(json.dumps(item) for item in raw[key]) + "\n]"
        file.write_text("{\n" + ",\n".join(f'"{k}": {text}' for k, text in texts.items()) + "\n}\n")

    def replace(self, part: Part, contenders: Iterable[str], samples: Iterable[Sample]) -> None:
        """Replace the samples of a part and some contenders."""
        names = set(contenders)
        kept = [item for item in self.samples if item.part != part or item.contender not in names]
        self.samples = [*kept, *samples]

    def parts(self) -> list[Part]:
        """List the parts that have samples."""
        found = {sample.part: None for sample in self.samples}
        return sorted(found, key=lambda part: (part.kind, part.world, part.count))

    def of(self, part: Part, contender: str, phase: str | None = None) -> list[Sample]:
        """List the samples of a part, a contender and, unless None, a phase."""
        return [
            sample
            for sample in self.samples
            if sample.part == part
            and sample.contender == contender
            and phase in (None, sample.phase)
        ]

    def median(
        self,
        part: Part,
        contender: str,
        phase: str,
        of: Callable[[Sample], float | None] = lambda sample: sample.wall_s,
    ) -> float | None:
        """Return the median of a figure, by default the wall time (s); None if there is none.

        A phase that was given up has no part in it.
        """
        done = [sample for sample in self.of(part, contender, phase) if not sample.gave_up]
        values = [of(sample) for sample in done]
        known = [value for value in values if value is not None]
        return statistics.median(known) if known else None

    def spread(self, part: Part, contender: str, phase: str) -> tuple[float, float] | None:
        """Return the shortest and the longest wall time (s) of a phase."""
        done = [sample for sample in self.of(part, contender, phase) if not sample.gave_up]
        values = [sample.wall_s for sample in done]
        return (min(values), max(values)) if values else None


def this_machine(pulumi_version: str) -> dict[str, Any]:
    """Describe the machine that the measurements are made on."""
    return {
        "cores": os.cpu_count(),
        "load average at the start": round(os.getloadavg()[0], 1),
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "pulumi CLI": pulumi_version,
        "pulumi SDK": version("pulumi"),
        "boto3": version("boto3"),
    }
