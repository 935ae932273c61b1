"""Random programs under random mishaps end with a state that is what AWS has.

A machine writes and rewrites a program of the four kinds, runs it on the little engine, changes
things behind its back, kills and disturbs it at any call. After each command that failed it runs
``up`` again, with the program as it is, and then there must be one live resource for each in the
state, none besides, and a preview without a change.

A step is one thing that the machine does: a change of the program, or a command with its recovery.
OMICS_COMPONENTS_SOAK_STEPS sets how many there are for each seed, and OMICS_COMPONENTS_SOAK_SEED
the first seed (``make soak``).
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
import hypothesis
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from omics_components.emulator import Emulator, EmulatorServer
from tests.provider.conftest import Account
from tests.provider.little_engine import Declared, EngineKilled, LittleEngine, Outcome, Program, Ref
from tests.provider.plugin import Nursery
from tests.provider.test_crash_matrix import OTHER_READER, READER, component, unsettled

SEEDS = range(4)
FIRST_SEED = int(os.environ.get("OMICS_COMPONENTS_SOAK_SEED", "1"))
STEPS = int(os.environ.get("OMICS_COMPONENTS_SOAK_STEPS", "2000")) // len(SEEDS)
STEPS_IN_A_ROW = 40
EXAMPLES = 3
RECOVERIES = 3

NAMES = tuple(component())
"""What a program can declare, each after those that it needs."""

OWNER_TAG = "omics-components:owner"

_LATEST_CALL = 45
_TAGS: tuple[Mapping[str, str] | None, ...] = (None, {"team": "genomics"}, {"a": "1", "b": "2"})
_WORDS = ("Reads", "Other words", "Ünïcode “¿”")

VALUES: dict[str, tuple[Mapping[str, Any], ...]] = {
    "key": (
        *({"description": text} for text in (None, *_WORDS)),
        *({"alias": alias} for alias in (None, "alias/lab/dev/reads", "alias/another")),
        *({"administrators": names} for names in (None, ["111122223333"], [READER])),
        *({"users": names} for names in (None, [READER, OTHER_READER])),
        {"allowHealthOmics": True, "restrictToAccount": False},
        {"allowHealthOmics": True, "restrictToAccount": True},
        {"enableKeyRotation": False, "rotationPeriodInDays": None},
        *({"enableKeyRotation": None, "rotationPeriodInDays": days} for days in (None, 90, 2560)),
        *({"deletionWindowInDays": days} for days in (None, 7)),
        *({"tags": tags} for tags in _TAGS),
    ),
    "bucket": (
        *({"writer": writer} for writer in (None, "health-omics", "s3-access-logs")),
        *({"prefix": prefix} for prefix in (None, "fallback/", "other/")),
        *({"restrictToAccount": flag} for flag in (None, False)),
        *({"versioning": flag, "noncurrentExpirationDays": None} for flag in (None, False)),
        {"versioning": True, "noncurrentExpirationDays": 5},
        *({"abortIncompleteMultipartUploadDays": days} for days in (None, 3)),
        *({"expirationDays": days} for days in (None, 1, 400)),
        *({"forceDestroy": flag} for flag in (None, True)),
        *({"tags": tags} for tags in _TAGS),
        *({"kmsKeyArn": arn} for arn in (None, Ref("key"))),
        *({"bucket": name} for name in (None, "a-name-of-its-own")),
    ),
    "store": (
        *({"name": name} for name in ("reads", "renamed")),
        *({"description": text} for text in _WORDS),  # the API cannot remove one
        *(
            {"fallbackLocation": place}
            for place in (None, "s3://somewhere", Ref("bucket", "s3://{}/x/"))
        ),
        *({"propagatedSetLevelTags": keys} for keys in (None, ["sample"], ["cohort", "sample"])),
        *({"accessLogLocation": place} for place in (None, "s3://logs/reads/")),
        *({"tags": tags} for tags in _TAGS),
        *({"eTagAlgorithmFamily": name} for name in (None, "SHA256up", "SHA512up")),
        *(
            {"sseConfig": sse}
            for sse in (None, {"type": "KMS"}, {"type": "KMS", "keyArn": Ref("key")})
        ),
        *({"replaceTriggers": triggers} for triggers in (None, {"batch": "1"}, {"batch": "2"})),
    ),
    "access": tuple({"readers": names} for names in ([], [READER], [READER, OTHER_READER])),
}
"""Properties and values of each kind; those that belong together change together."""


@dataclass(frozen=True)
class Mishap:
    """What goes wrong in a command.

    Args:
        call: At which call to AWS; for a kill of the engine alone, at which save.
        victims: Who is killed: ``plugin``, ``engine and plugin``, ``engine``; "" for nobody.
        fault: A fault rule where nobody is killed.
        lasts: For how many calls, since the SDK tries some errors again.
    """

    call: int
    victims: str = ""
    fault: Mapping[str, Any] = field(default_factory=dict)
    lasts: int = 1


_errors = st.sampled_from(
    [
        {"action": "error", "code": "ThrottlingException", "status": 429},
        {"action": "error", "code": "InternalServerException", "status": 500},
        {"action": "error", "code": "ConflictException", "status": 409},
        {"action": "error", "code": "ServiceQuotaExceededException", "status": 402},
        {"action": "error", "code": "AccessDeniedException", "status": 403},
        {"action": "body", "status": 502, "body": "<html>Bad gateway</html>"},
        {"action": "drop"},
    ]
)
_when = st.sampled_from(["before", "after"])
_calls = st.integers(1, _LATEST_CALL)
_kills = st.builds(
    lambda call, when, victims: Mishap(call, victims, {"action": "crash", "when": when}),
    _calls,
    _when,
    st.sampled_from(["plugin", "engine and plugin", "engine"]),
)
_faults = st.builds(
    lambda call, when, fault, lasts: Mishap(call, "", {**fault, "when": when}, lasts),
    _calls,
    _when,
    _errors,
    st.sampled_from([1, 8]),
)
_mishaps = st.lists(_kills | _faults, max_size=2)
_names = st.sampled_from(NAMES)


class Programs(RuleBasedStateMachine):
    """The machine.

    Args:
        nursery: Starts plugin processes.
        account: The emulator's contents.
        server: The emulator.
        counts: Counts the steps and commands of all machines.
    """

    def __init__(
        self, nursery: Nursery, account: Account, server: EmulatorServer, counts: Counter[str]
    ) -> None:
        super().__init__()
        server.reset()
        self._account = account
        self._emulator: Emulator = server.emulator
        self._aws = _Hands(server)
        self._counts = counts
        self._engine = LittleEngine(nursery.start, self._listen)
        self._given: dict[str, dict[str, Any]] = {name: {} for name in NAMES}
        self._present = set(NAMES)
        self._deleted_first: set[str] = set()
        self._recorded: set[str] = set()
        self._drifted = False
        self._has_failed = False
        self._saves_left: int | None = None

    @rule(values=st.sampled_from([(n, v) for n in NAMES for v in VALUES[n]]))
    def say(self, values: tuple[str, Mapping[str, Any]]) -> None:
        """Set or clear a property."""
        name, given = values
        self._given[name].update(given)
        self._counts["steps"] += 1

    @rule(values=st.lists(st.sampled_from([(n, v) for n in NAMES for v in VALUES[n]]), max_size=9))
    def rewrite(self, values: list[tuple[str, Mapping[str, Any]]]) -> None:
        """Change much at once."""
        for name, given in values:
            self._given[name].update(given)
        self._counts["steps"] += 1

    @rule(name=_names)
    def turn_around(self, name: str) -> None:
        """Switch the resource option delete_before_replace."""
        self._deleted_first ^= {name}
        self._counts["steps"] += 1

    @rule(name=_names)
    def remove_or_add(self, name: str) -> None:
        """Take a resource out of the program with what cannot be without it, or put it in again."""
        self._present ^= {name}
        if "store" not in self._present:
            self._present.discard("access")
        self._counts["steps"] += 1

    @precondition(lambda self: self._engine.state)
    @rule(data=st.data())
    def taint(self, data: st.DataObject) -> None:
        """Mark a resource for replacement."""
        self._engine.taint(data.draw(st.sampled_from(self._recorded_names)))
        self._counts["steps"] += 1

    @precondition(lambda self: self._engine.state)
    @rule(data=st.data())
    def drift(self, data: st.DataObject) -> None:
        """Change something behind the engine's back."""
        name = data.draw(st.sampled_from(self._recorded_names))
        change = data.draw(st.sampled_from(_Hands.changes[name]))
        change(self._aws, self._engine.record(name).id)
        self._drifted = True
        self._counts["steps"] += 1

    @rule(mishaps=_mishaps, refresh=st.booleans())
    def up(self, mishaps: list[Mishap], *, refresh: bool) -> None:
        """Deploy the program."""
        refresh = refresh or self._drifted
        self._run(mishaps, lambda: self._engine.up(self._program, refresh=refresh))
        self._settle(refreshed=refresh)

    @rule(mishaps=_mishaps, forced=st.sets(_names, min_size=1, max_size=2))
    def replace(self, mishaps: list[Mishap], forced: set[str]) -> None:
        """Deploy the program and replace some resources, changed or not."""
        self._run(mishaps, lambda: self._engine.up(self._program, forced=forced, refresh=True))
        self._settle(refreshed=True)

    @rule()
    def refresh(self) -> None:
        """Read everything back; without drift there is nothing to see."""
        outcome = self._run([], self._engine.refresh)
        self._has_failed = bool(outcome.changes) and not self._drifted
        assert not self._has_failed, outcome
        self._drifted = False

    @rule(mishaps=_mishaps)
    def destroy(self, mishaps: list[Mishap]) -> None:
        """Delete everything."""
        self._run(mishaps, self._engine.destroy)
        self._look({}, refresh=False)
        self._drifted = False

    def teardown(self) -> None:
        """Deploy once more, look closely, and clear up."""
        if self._has_failed:
            return
        self._run([], lambda: self._engine.up(self._program, refresh=True))
        self._look(self._program, refresh=True)
        self._run([], self._engine.destroy)
        self._look({}, refresh=False)

    @property
    def _recorded_names(self) -> list[str]:
        return [item.name for item in self._engine.state]

    @property
    def _program(self) -> Program:
        """The program as it is written now, without references to what it does not declare."""
        whole = component(**self._given, deleted_first=self._deleted_first)
        absent = whole.keys() - self._present
        return {
            name: Declared(
                item.provider,
                {k: v for k, v in item.inputs.items() if not _refers(v, absent)},
                delete_before_replace=item.delete_before_replace,
            )
            for name, item in whole.items()
            if name in self._present
        }

    def _run(self, mishaps: list[Mishap], command: Callable[[], Outcome]) -> Outcome:
        """Run a command; while it fails, run it again, the first times with the next mishaps."""
        self._counts["steps"] += 1
        outcomes: list[Outcome] = []
        for attempt in range(len(mishaps) + RECOVERIES):
            self._counts["commands"] += 1
            if attempt < len(mishaps):
                self._arm(mishaps[attempt])
            outcomes.append(command())
            self._recorded.update(item.id for item in self._engine.state)
            self._emulator.faults.clear()
            self._saves_left = None
            self._engine.cancel()
            self._counts["killed"] += "killed" in (outcomes[-1].error or "")
            if outcomes[-1].error is None:
                return outcomes[-1]
            self._counts["failed"] += 1
            note(f"failed: {outcomes[-1]}")
        self._has_failed = True
        raise AssertionError(outcomes)

    def _settle(self, *, refreshed: bool) -> None:
        self._drifted = self._drifted and not refreshed
        self._look(self._program, refresh=False)

    def _look(self, program: Program, *, refresh: bool) -> None:
        """Require that there is what should be."""
        problems = unsettled(self._engine, program, self._account, self._recorded, refresh=refresh)
        self._has_failed = bool(problems)
        assert not problems, problems

    def _arm(self, mishap: Mishap) -> None:
        self._emulator.calls.clear()
        self._engine.engine_dies = mishap.victims == "engine and plugin"
        if mishap.victims == "engine":
            self._saves_left = mishap.call
        else:
            calls = list(range(mishap.call, mishap.call + mishap.lasts))
            self._emulator.faults.add({**mishap.fault, "operation": "*", "calls": calls})

    def _listen(self, call: str, _name: str) -> None:
        if call == "Save" and self._saves_left is not None:
            self._saves_left -= 1
            if self._saves_left == 0:
                raise EngineKilled


class _Hands:
    """Changes resources as somebody at the console would; the ownership tag stays.

    Args:
        server: The emulator.
    """

    def __init__(self, server: EmulatorServer) -> None:
        make: Any = boto3.client
        config = Config(inject_host_prefix=False, s3={"addressing_style": "path"})
        self._omics, self._kms, self._s3 = (
            make(service, endpoint_url=server.url, region_name=Account.region, config=config)
            for service in ("omics", "kms", "s3")
        )

    def describe_key(self, arn: str) -> None:
        """Change a key's description."""
        self._kms.update_key_description(KeyId=arn, Description="by hand")

    def stop_rotation(self, arn: str) -> None:
        """Stop a key's rotation."""
        self._kms.disable_key_rotation(KeyId=arn)

    def tag_key(self, arn: str) -> None:
        """Add a tag to a key and take one away."""
        self._kms.tag_resource(KeyId=arn, Tags=[{"TagKey": "hand", "TagValue": "1"}])
        self._kms.untag_resource(KeyId=arn, TagKeys=["team"])

    def suspend_versioning(self, name: str) -> None:
        """Suspend a bucket's versioning."""
        suspended = {"Status": "Suspended"}
        self._s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=suspended)

    def open_bucket(self, name: str) -> None:
        """Take away what keeps a bucket private."""
        self._s3.delete_public_access_block(Bucket=name)

    def forget_lifecycle(self, name: str) -> None:
        """Delete a bucket's lifecycle."""
        self._s3.delete_bucket_lifecycle(Bucket=name)

    def tag_bucket(self, name: str) -> None:
        """Add a tag to a bucket."""
        tags: dict[str, str] = {}
        with contextlib.suppress(ClientError):  # there are none
            tags = _pairs(self._s3.get_bucket_tagging(Bucket=name)["TagSet"])
        tag_set = [{"Key": key, "Value": text} for key, text in (tags | {"hand": "1"}).items()]
        self._s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tag_set})

    def describe_store(self, arn: str) -> None:
        """Change a store's description and locations."""
        store_id = arn.rpartition("/")[2]
        self._omics.update_sequence_store(
            id=store_id, description="by hand", fallbackLocation="", propagatedSetLevelTags=["hand"]
        )

    def tag_store(self, arn: str) -> None:
        """Add a tag to a store and take one away."""
        self._omics.tag_resource(resourceArn=arn, tags={"hand": "1"})
        self._omics.untag_resource(resourceArn=arn, tagKeys=["team"])

    def delete_store(self, arn: str) -> None:
        """Delete a store."""
        self._omics.delete_sequence_store(id=arn.rpartition("/")[2])

    def delete_bucket(self, name: str) -> None:
        """Delete a bucket."""
        self._s3.delete_bucket(Bucket=name)

    def condemn_key(self, arn: str) -> None:
        """Schedule a key for deletion."""
        self._kms.schedule_key_deletion(KeyId=arn.rpartition("/")[2], PendingWindowInDays=7)

    def forget_policy(self, access_point: str) -> None:
        """Delete a store's access policy."""
        self._omics.delete_s3_access_policy(s3AccessPointArn=access_point)

    changes: Mapping[str, tuple[Callable[[Any, str], None], ...]] = {
        "key": (describe_key, stop_rotation, tag_key, condemn_key),
        "bucket": (suspend_versioning, open_bucket, forget_lifecycle, tag_bucket, delete_bucket),
        "store": (describe_store, tag_store, delete_store),
        "access": (forget_policy,),
    }


def _pairs(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def _refers(value: Any, names: set[str]) -> bool:
    if isinstance(value, Mapping):
        return any(_refers(item, names) for item in value.values())
    return isinstance(value, Ref) and value.name in names


@pytest.mark.parametrize("seed", [FIRST_SEED + number for number in SEEDS])
def test_random_programs_end_with_what_they_say(
    seed: int, nursery: Nursery, account: Account, server: EmulatorServer
) -> None:
    counts: Counter[str] = Counter()
    chosen = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS_IN_A_ROW,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )

    def machine() -> Programs:
        return Programs(nursery, account, server, counts)

    rounds = 0
    while counts["steps"] < STEPS:
        seeded: Any = hypothesis.seed(f"{seed}/{rounds}")(machine)
        run_state_machine_as_test(seeded, settings=chosen)
        rounds += 1

    print(f"seed {seed}: {dict(counts)}")  # noqa: T201 `pytest -rP` shows the numbers
    assert counts["steps"] >= STEPS
    assert counts["killed"], "no mishap ever struck"
