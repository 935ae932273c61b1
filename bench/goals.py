"""The goals, as ratios of measurements of one run."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from bench import costs
from bench.samples import Measured, Part, Sample
from bench.worlds import CREATING_S

OURS, FLOOR, TEXTBOOK = "ours", "floor", "textbook"
SCRIPTS = ("script, sequential", "script, threaded")

_CREATE_TPS = 1.0
_READ_TPS = 5.0
_MANY = 300
"""Of so many stores on, what is done once does not count."""
_TAGS = frozenset({"omics:ListTagsForResource"})
_LOOKS = ("omics:GetSequenceStore", "omics:ListSequenceStores")


@dataclass(frozen=True)
class Goal:
    """One goal.

    Args:
        what: The claim.
        value: What was measured.
        limit: What it may be at most.
        unit: Unit of both.
        how: How the limit comes about, with its numbers.
    """

    what: str
    value: float
    limit: float
    unit: str
    how: str = ""

    @property
    def is_met(self) -> bool:
        """Return whether the goal is reached."""
        return self.value <= self.limit


def goals(measured: Measured) -> Iterator[Goal]:
    """Evaluate all goals for which there are measurements."""
    for part in measured.parts():
        if part.kind == "components":
            yield from _chains(measured, part)
        elif part.world == "aws" and part.count > 1:
            yield from _on_the_quotas(measured, part)
        elif part.world == "zero" and part.count >= _MANY:
            yield from _near_the_floor(measured, part)
        if part.kind == "stores":
            yield from _calls(measured, part)
    yield from _alone(measured)


def _on_the_quotas(measured: Measured, part: Part) -> Iterator[Goal]:
    """With quotas, only the quotas and the engine take time."""
    n = part.count
    for phase, quota_s, words in (
        ("up", n / _CREATE_TPS + CREATING_S, f"{n} at 1 TPS + {CREATING_S:g} s"),
        ("destroy", n / _CREATE_TPS, f"{n} at 1 TPS"),
        ("refresh", n / _READ_TPS, f"{n} at 5 TPS"),
    ):
        ours, floor = (measured.median(part, who, phase) for who in (OURS, FLOOR))
        if ours is None or floor is None:
            continue
        yield Goal(
            f"{part}: {phase} against the limit",
            ours,
            1.05 * (quota_s + floor),
            "s",
            f"1.05 × ({words} + floor {floor:.1f} s)",
        )
        best = _best_script(measured, part, phase)
        if best is not None and phase in {"up", "destroy"}:
            yield Goal(
                f"{part}: {phase} against the best script",
                ours,
                1.05 * (best + floor),
                "s",
                f"1.05 × (script {best:.1f} s + floor {floor:.1f} s)",
            )


def _best_script(measured: Measured, part: Part, phase: str) -> float | None:
    """Return the wall time (s) of the faster script."""
    medians = [measured.median(part, who, phase) for who in SCRIPTS]
    return min((seconds for seconds in medians if seconds is not None), default=None)


def _near_the_floor(measured: Measured, part: Part) -> Iterator[Goal]:
    """Without latency and quotas, the time above the floor is the library's own."""
    for phase in ("up", "no-change up", "preview", "refresh"):
        ours, floor = (measured.median(part, who, phase) for who in (OURS, FLOOR))
        if ours is None or floor is None:
            continue
        script = _best_script(measured, part, phase)
        how = f"floor {floor:.1f} s" + (f", a script's calls {script:.1f} s" if script else "")
        yield Goal(f"{part}: {phase}", ours / floor, 1.15, "× floor", how)
    peaks = [
        max(
            (s.plugin_rss_bytes for s in measured.of(part, who) if s.plugin_rss_bytes is not None),
            default=0,
        )
        for who in (OURS, FLOOR)
    ]
    if all(peaks):
        yield Goal(f"{part}: peak memory of the plugin", peaks[0] / peaks[1], 1.5, "× floor")


def _calls(measured: Measured, part: Part) -> Iterator[Goal]:
    n = part.count
    for phase in ("first preview", "no-change up", "preview"):
        made = measured.median(part, OURS, phase, lambda sample: sum(sample.calls.values()))
        if made is not None:
            yield Goal(f"{part}: calls of {phase}", made, 0, "calls")
    reads = measured.median(part, OURS, "refresh", _omics_calls)
    if reads is not None:
        yield Goal(f"{part}: calls of refresh", reads / n, 2, "a store")
    if part.world == "zero":
        made = measured.median(
            part, OURS, "up", lambda s: _omics_calls(s) - _sum_of(s, tuple(_TAGS))
        )
        if made is not None:
            yield Goal(f"{part}: calls of a creation, without tags", made / n, 3, "a store")
    else:
        looks = measured.median(part, OURS, "up", lambda s: _sum_of(s, _LOOKS))
        if looks is not None:
            # One look for leftovers, and the last one of each store, which reads it back.
            waiting = (looks - 1 - n) / (n * CREATING_S)
            yield Goal(f"{part}: calls of waiting", waiting, 1, "a store and second")
    throttled = [sample.throttled for sample in measured.of(part, OURS)]
    if throttled:
        yield Goal(f"{part}: calls turned away", max(throttled), 0, "calls")


def _chains(measured: Measured, part: Part) -> Iterator[Goal]:
    """Many components take as long as one, plus the delay of the store quota."""
    one = Part(part.world, part.kind, 1)
    if part.count == 1 or part.world != "aws":
        return
    for phase in ("up", "destroy"):
        many_s, one_s = (measured.median(each, OURS, phase) for each in (part, one))
        floors = [measured.median(each, FLOOR, phase) for each in (part, one)]
        many_floor_s, one_floor_s = floors
        if many_s is None or one_s is None or many_floor_s is None or one_floor_s is None:
            continue
        more = part.count - 1
        yield Goal(
            f"{part}: {phase} against the slowest chain",
            many_s,
            1.05 * (one_s + more / _CREATE_TPS + many_floor_s - one_floor_s),
            "s",
            f"1.05 × (one chain {one_s:.1f} s + {more} at 1 TPS + floor "
            f"{many_floor_s - one_floor_s:.1f} s)",
        )


def _alone(measured: Measured) -> Iterator[Goal]:
    """The measurements without an engine."""
    for what, bare, limit in (
        (costs.START, costs.BARE_START, 1.3),
        (costs.IMPORT, costs.BARE_IMPORT, 1.2),
    ):
        pairs = list(zip(measured.costs.get(what, ()), measured.costs.get(bare, ()), strict=False))
        if pairs:
            ratio = statistics.median(ours / other for ours, other in pairs)
            yield Goal(what, ratio, limit, f"× {bare}")
    taken = measured.costs.get(costs.CHECK_AND_DIFF)
    if taken:
        yield Goal(costs.CHECK_AND_DIFF, 1000 * statistics.median(taken), 1, "ms")
    loaded = measured.costs.get(costs.LOADS_BOTO3)
    if loaded:
        yield Goal(costs.LOADS_BOTO3, max(loaded), 0, "times")


def _omics_calls(sample: Sample) -> float:
    return sum(number for name, number in sample.calls.items() if name.startswith("omics:"))


def _sum_of(sample: Sample, operations: tuple[str, ...]) -> float:
    return sum(sample.calls.get(name, 0) for name in operations)
