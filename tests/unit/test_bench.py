"""The arithmetic of the benchmark: its goals, its file, its tables and pictures."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from unittest import mock
from xml.etree import ElementTree as ET

import pytest

from bench import costs
from bench.drawing import bars, timeline
from bench.goals import FLOOR, OURS, Goal, goals
from bench.processes import Spent, total
from bench.report import PAGE, figures, write_page
from bench.samples import Measured, Part, Sample, Step
from bench.worlds import count_calls, count_stores
from tools.emulated import emulated, leave_the_developers_aws

AWS_20 = Part("aws", "stores", 20)
ZERO_300 = Part("zero", "stores", 300)


def sample(
    part: Part,
    contender: str,
    phase: str,
    wall_s: float = 1.0,
    *,
    calls: Mapping[str, int] | None = None,
    throttled: int = 0,
    rss_bytes: int | None = None,
) -> Sample:
    return Sample(
        part=part,
        contender=contender,
        phase=phase,
        wall_s=wall_s,
        cpu_s=wall_s,
        attempts=1,
        calls=calls or {},
        throttled=throttled,
        plugin_cpu_s=None,
        plugin_rss_bytes=rss_bytes,
        state_bytes=None,
    )


def judged(*samples: Sample, **taken: list[float]) -> dict[str, Goal]:
    measured = Measured(samples=list(samples), costs=taken)
    return {goal.what: goal for goal in goals(measured)}


def test_the_limit_of_an_up_is_quota_wait_and_floor() -> None:
    found = judged(sample(AWS_20, OURS, "up", wall_s=25.5), sample(AWS_20, FLOOR, "up", wall_s=1.5))
    goal = found["aws, 20 stores: up against the limit"]

    assert goal.limit == pytest.approx(1.05 * (20 / 1 + 3 + 1.5))
    assert goal.is_met
    assert not judged(
        sample(AWS_20, OURS, "up", wall_s=25.8), sample(AWS_20, FLOOR, "up", wall_s=1.5)
    )["aws, 20 stores: up against the limit"].is_met


def test_a_refresh_may_make_five_calls_a_second() -> None:
    found = judged(sample(AWS_20, OURS, "refresh", 5), sample(AWS_20, FLOOR, "refresh", 1.0))

    assert found["aws, 20 stores: refresh against the limit"].limit == pytest.approx(
        1.05 * (20 / 5 + 1)
    )


def test_the_best_script_counts() -> None:
    found = judged(
        sample(AWS_20, OURS, "destroy", 22),
        sample(AWS_20, FLOOR, "destroy", 1),
        sample(AWS_20, "script, sequential", "destroy", 30),
        sample(AWS_20, "script, threaded", "destroy", 20),
    )

    limit = found["aws, 20 stores: destroy against the best script"].limit
    assert limit == pytest.approx(1.05 * (20 + 1))


def test_without_quotas_the_floor_is_the_measure_and_medians_count() -> None:
    found = judged(
        *(sample(ZERO_300, OURS, "preview", seconds) for seconds in (2.2, 9.0, 2.1)),
        *(sample(ZERO_300, FLOOR, "preview", seconds) for seconds in (2.0, 2.0, 7.0)),
    )

    assert found["zero, 300 stores: preview"].value == pytest.approx(1.1)
    assert found["zero, 300 stores: preview"].is_met


def test_memory_is_compared_at_its_peak() -> None:
    found = judged(
        sample(ZERO_300, OURS, "preview", rss_bytes=60),
        sample(ZERO_300, OURS, "up", rss_bytes=90),
        sample(ZERO_300, FLOOR, "up", rss_bytes=50),
    )

    assert found["zero, 300 stores: peak memory of the plugin"].value == pytest.approx(1.8)


def test_calls_are_counted_by_store() -> None:
    made = {
        "omics:CreateSequenceStore": 300,
        "omics:GetSequenceStore": 300,
        "omics:ListSequenceStores": 3,
        "omics:ListTagsForResource": 300,
        "sts:GetCallerIdentity": 1,
    }
    found = judged(
        sample(ZERO_300, OURS, "up", calls=made),
        sample(ZERO_300, OURS, "preview", calls={"sts:GetCallerIdentity": 1}),
        sample(ZERO_300, OURS, "refresh", calls={"omics:GetSequenceStore": 601}),
    )

    assert found["zero, 300 stores: calls of a creation, without tags"].value == pytest.approx(2.01)
    assert not found["zero, 300 stores: calls of preview"].is_met
    assert not found["zero, 300 stores: calls of refresh"].is_met


def test_waiting_is_what_is_left_of_the_looks() -> None:
    made = {"omics:GetSequenceStore": 41, "omics:ListSequenceStores": 20}

    found = judged(sample(AWS_20, OURS, "up", calls=made))

    # 61 looks, less one for leftovers and one a store that reads it back, in 20 times 3 s
    assert found["aws, 20 stores: calls of waiting"].value == pytest.approx((61 - 1 - 20) / 60)


def test_one_call_turned_away_is_too_many() -> None:
    found = judged(sample(AWS_20, OURS, "up"), sample(AWS_20, OURS, "up", throttled=1))

    assert not found["aws, 20 stores: calls turned away"].is_met


def test_many_components_take_one_chain_and_the_quota() -> None:
    many, one = (Part("aws", "components", count) for count in (20, 1))
    found = judged(
        sample(many, OURS, "up", 30),
        sample(many, FLOOR, "up", 4),
        sample(one, OURS, "up", 8),
        sample(one, FLOOR, "up", 2),
    )

    limit = found["aws, 20 components: up against the slowest chain"].limit
    assert limit == pytest.approx(1.05 * (8 + 19 + 4 - 2))


def test_costs_are_compared_pair_by_pair() -> None:
    taken = {costs.BARE_IMPORT: [1.0, 4.0, 1.0], costs.IMPORT: [1.1, 4.4, 9.0]}

    found = judged(**taken)

    assert found[costs.IMPORT].value == pytest.approx(1.1)
    assert found[costs.IMPORT].is_met


def test_what_was_not_measured_is_not_judged() -> None:
    assert judged(sample(AWS_20, OURS, "no-change up")).keys() == {
        "aws, 20 stores: calls of no-change up",
        "aws, 20 stores: calls turned away",
    }


def test_a_part_that_is_measured_again_replaces_its_contenders_only(tmp_path: Path) -> None:
    file = tmp_path / "measured.json"
    other = sample(ZERO_300, OURS, "up")
    first = Measured({"cores": 2}, [sample(AWS_20, OURS, "up", 9), other], {"x": [1.0]})
    first.samples.append(sample(AWS_20, FLOOR, "up", 3))
    first.write(file)

    again = Measured.read(file)
    assert again == first
    again.replace(AWS_20, [OURS], [sample(AWS_20, OURS, "up", 8)])

    assert again.median(AWS_20, OURS, "up") == 8
    assert again.median(AWS_20, FLOOR, "up") == 3
    assert again.of(ZERO_300, OURS) == [other]


def test_attempts_are_added_up() -> None:
    failed = Spent(2.0, 1.0, 0.5, 70, 255, "throttled")
    done = Spent(3.0, 1.0, None, None, 0, "done")

    both = total([failed, done])

    assert (both.wall_s, both.cpu_s, both.plugin_cpu_s, both.plugin_rss_bytes) == (5, 2, 0.5, 70)
    assert (both.exit_code, both.text) == (0, "done")


def test_a_phase_that_was_given_up_counts_for_nothing() -> None:
    failed = dataclasses.replace(sample(AWS_20, OURS, "up", wall_s=99), gave_up=True)
    measured = Measured(samples=[failed, sample(AWS_20, OURS, "up", wall_s=25)])

    assert measured.median(AWS_20, OURS, "up") == 25
    assert "gave up" in figures(measured)


def test_pictures_are_well_formed() -> None:
    measured = Measured(samples=[sample(AWS_20, OURS, "up", 9), sample(AWS_20, FLOOR, "up", 3)])
    steps = [Step("reads-000-key", "pulumi-python:dynamic/kms:Key", 0.5, 1.5)]

    for picture in (bars(measured), timeline(steps)):
        assert ET.fromstring(picture).tag.endswith("svg")  # noqa: S314 our own text


def test_the_page_shows_what_was_measured(tmp_path: Path) -> None:
    measured = Measured.read(PAGE.parents[1] / "bench" / "measured.json")
    copy = tmp_path / PAGE.name
    copy.write_text(PAGE.read_text())

    write_page(measured, copy)

    assert measured.samples
    assert figures(measured) in PAGE.read_text(), "run make bench ARGS=--docs"
    for picture in tmp_path.glob("*.svg"):
        assert picture.read_text() == (PAGE.parent / picture.name).read_text()


def test_neither_a_profile_nor_a_proxy_of_the_developer_is_in_the_way() -> None:
    theirs = {"AWS_PROFILE": "production", "http_proxy": "http://127.0.0.1:9", "no_proxy": ""}
    with mock.patch.dict(os.environ, theirs):
        leave_the_developers_aws()
        with emulated() as aws:
            assert count_stores(aws) == 0
            assert count_calls(aws) == ({"omics:ListSequenceStores": 1}, 0)
            environment = aws.environment()

    assert "AWS_PROFILE" not in environment
    assert environment["AWS_ENDPOINT_URL"] == aws.url
    assert "127.0.0.1" in environment["no_proxy"]
