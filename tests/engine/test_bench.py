"""The benchmark runs: one store through all phases on the real engine."""

from __future__ import annotations

from bench.contenders import Deployment
from bench.goals import OURS
from bench.measuring import measure
from bench.samples import Part


def test_a_store_goes_through_all_phases() -> None:
    lines: list[str] = []
    part = Part("zero", "stores", 1)

    samples, steps = measure(part, [OURS], 1, lines.append)

    by_phase = {sample.phase: sample for sample in samples}
    assert list(by_phase) == [*Deployment.phases]
    assert by_phase["up"].calls["omics:CreateSequenceStore"] == 1
    assert by_phase["update"].calls == {
        "omics:ListTagsForResource": 1,  # the owner tag
        "omics:UpdateSequenceStore": 1,
    }
    assert by_phase["preview"].calls == {}
    assert by_phase["destroy"].calls["omics:DeleteSequenceStore"] == 1
    assert all(sample.attempts == 1 and not sample.throttled for sample in samples)
    assert [step.resource for step in steps] == ["store-000"]
