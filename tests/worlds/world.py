"""A world: an AWS that answers as some alternatives say, and an engine that runs programs in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import boto3
from moto.moto_api._internal.models import moto_api_backend

from omics_components.aws.client import Aws
from omics_components.aws.settings import AwsSettings
from omics_components.emulator import Emulator
from omics_components.emulator.assumptions import assumptions
from tests.provider.fake_engine import FakeEngine, Outcome, Program
from tests.provider.in_this_process import Calls, Plugin, Process
from tests.unit.conftest import SharedClock

REGION = "us-east-1"
BUCKETS = ("lab", "lab-logs")
"""Buckets of someone else that the programs name."""

LONG_S = 600.0
"""Longer than any alternative lags (s)."""

SHORT_S = 0.1
"""Less than two commands in a row take (s): no two updates have the same time."""


class World:
    """The world of one test.

    Args:
        emulator: The emulator, in this process.
        clock: Its time, which waiting moves on.
    """

    def __init__(self, emulator: Emulator, clock: SharedClock) -> None:
        self.emulator, self.clock = emulator, clock
        self.aws = Aws(AwsSettings(region=REGION), clock=clock)
        self.omics: Any = boto3.client("omics", region_name=REGION)
        self.assume: Mapping[str, str] = {}

    def reset(self, assume: Mapping[str, str] | None = None) -> None:
        """Empty it, and let it answer as *assume* says."""
        self.emulator.reset()
        moto_api_backend.reset()
        self.emulator.configure(assume={})
        for bucket in BUCKETS:
            self._make_bucket(bucket)
        self.clock.advance(LONG_S)
        self.assume = dict(assume or {})
        self.emulator.configure(assume=self.assume)

    def _make_bucket(self, name: str) -> None:
        """Make a bucket where HealthOmics and S3 may write."""
        s3: Any = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket=name)
        allow = {
            "Effect": "Allow",
            "Principal": {"Service": ["omics.amazonaws.com", "logging.s3.amazonaws.com"]},
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{name}/*",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        s3.put_bucket_policy(Bucket=name, Policy=policy)

    def engine(self) -> FakeEngine:
        """Return an engine with an empty state; each of its commands has a process of its own."""
        calls = Calls()
        return FakeEngine(lambda: Process(self.aws, self.clock, calls), plugin=Plugin)

    def stores(self) -> list[dict[str, Any]]:
        """List the stores as they are, past whatever lags."""
        document = self.emulator._world.to_json()
        return [
            store
            for region in document["regions"].values()
            for store in region["sequence_stores"].values()
        ]


class Life:
    """A life of resources in a world, and what went wrong in it.

    Args:
        world: The world.
        pause_s: How long a person waits before each command (s).
    """

    def __init__(self, world: World, pause_s: float) -> None:
        self.world, self.pause_s = world, pause_s
        self.engine = world.engine()
        self.problems: list[str] = []
        self.steps = 0

    def up(self, label: str, program: Program, expected: list[tuple[str, str]]) -> Outcome:
        """Run an update that does what is expected, and nothing on a second run.

        Both after a refresh and without one.
        """
        outcome = self._run(label, lambda: self.engine.up(program), expected)
        self._run(f"{label}, again", lambda: self.engine.up(program), [])
        self._run(f"{label}, refreshed", self.engine.refresh, [])
        self._run(f"{label}, again after the refresh", lambda: self.engine.up(program), [])
        return outcome

    def refuses_to_clear(self, label: str, program: Program) -> bool:
        """Return whether AWS has no way to remove a value, which one clear error must say.

        Only where a world says so; else the command is not run. A refresh may then show that AWS
        took the update for one: its time.
        """
        if "cleared-by-empty" not in self.world.assume:
            return False
        self._wait()
        error = str(self.engine.up(program).error or "")
        if "If AWS has no way to remove" not in error or "ignore_changes=" not in error:
            self.problems.append(f"{label}: {error or 'it was not refused'}")
        refreshed = self.engine.refresh()
        if refreshed.error:
            self.problems.append(f"{label}, refreshed: {refreshed.error}")
        return True

    def adopt(self, label: str, program: Program, adopted: Program) -> None:
        """Run an update that adopts, then the program without the option."""
        self._run(label, lambda: self.engine.up(adopted), [("create", name) for name in adopted])
        self._run(f"{label}, again", lambda: self.engine.up(program), [])
        self._run(f"{label}, refreshed", self.engine.refresh, [])
        self._run(f"{label}, again after the refresh", lambda: self.engine.up(program), [])

    def refuse_destroy(self, label: str, text: str) -> None:
        """Run a destroy that is refused in one error with *text*."""
        self._wait()
        outcome = self.engine.destroy()
        if text not in str(outcome.error):
            self.problems.append(f"{label}: {outcome.error or 'it was not refused'}")

    def destroy(self, label: str) -> None:
        """Run a destroy that leaves nothing in the state."""
        self._wait()
        outcome = self.engine.destroy()
        if outcome.error or self.engine.state:
            self.problems.append(f"{label}: {outcome.error or 'something is left in the state'}")

    def expect(self, label: str, seen: object, expected: object) -> None:
        """Note what is not as expected."""
        if seen != expected:
            self.problems.append(f"{label}: {seen!r}, not {expected!r}")

    def _wait(self) -> None:
        self.steps += 1
        self.world.clock.advance(self.pause_s)

    def _run(
        self, label: str, command: Callable[[], Outcome], expected: list[tuple[str, str]]
    ) -> Outcome:
        self._wait()
        outcome = command()
        if outcome.error:
            self.problems.append(f"{label}: {outcome.error}")
        elif outcome.changes != expected:
            self.problems.append(f"{label}: {outcome.changes}, not {expected}")
        return outcome


def single_worlds() -> list[dict[str, str]]:
    """List the worlds with one alternative each, after the one with none."""
    return [
        {},
        *(
            {name: other.id}
            for name, one in assumptions().items()
            for other in one.alternatives
            if other.acted_out
        ),
    ]
