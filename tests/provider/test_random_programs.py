"""Random programs under random mishaps end with a state that is what AWS has.

A machine writes and rewrites a program of the four kinds, runs it on the little engine, changes
things behind its back, kills and disturbs it at any call. A command that failed is run again, with
the program as it is, and with the command that its error names, until it succeeds; then there must
be one live resource for each in the state, none besides, and a preview without a change.

Now and then someone else with a stack of the same identity deploys the same program and destroys
it, a resource is destroyed by itself, one is renamed without an alias, and owner tags are edited or
removed. Nothing that this stack manages may change by what the other one does, nor by an update
under a tag that is not its own. One of the seeds runs with owner tags that read two minutes late.

A step is one thing that the machine does: a change of the program, a mishap that it prepares for
some call to come, or a command with its recovery.
OMICS_COMPONENTS_SOAK_STEPS sets how many there are for each seed, and OMICS_COMPONENTS_SOAK_SEED
the first seed (``make soak``).
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import boto3
import hypothesis
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from omics_components.emulator import Emulator, EmulatorServer, FaultRule
from tests.provider.advice import edit, follow, take
from tests.provider.conftest import Account
from tests.provider.fake_engine import (
    ENGINE_KILLED,
    Declared,
    EngineKilled,
    FakeEngine,
    Outcome,
    Program,
    Record,
    Ref,
)
from tests.provider.plugin import ForkServer
from tests.provider.stale_tags import LAG_S, stale_owner_tags
from tests.provider.test_crash_matrix import OTHER_READER, READER, component, unsettled

SEEDS = range(4)
FIRST_SEED = int(os.environ.get("OMICS_COMPONENTS_SOAK_SEED", "1"))
STEPS = int(os.environ.get("OMICS_COMPONENTS_SOAK_STEPS", "1000")) // len(SEEDS)
STEPS_IN_A_ROW = 40
STEPS_BEFORE_COMMAND = 2 if os.environ.get("OMICS_COMPONENTS_SOAK") else 5
"""How many steps come before each command: one that finds nothing to do shows little, and commands
are what takes time.
"""

TOGETHER = 2
"""How many mishaps are prepared at a time."""

RECOVERIES = 3
"""How often a command may fail before it succeeds, once nothing disturbs it any more."""

NAMES = tuple(component())
"""What a program can declare, each after those that it needs."""

OWNER_TAG = "omics-components:owner"

_EARLY_CALL, _LATEST_CALL = 6, 45
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
    """What goes wrong.

    Args:
        call: At which call to AWS from now; for a kill of the engine alone, at which save.
        victims: Who is killed: ``plugin``, ``engine and plugin``, ``engine``; "" for no one.
        fault: A fault rule where no one is killed.
        lasts: For how many calls, since the SDK tries some errors again.
    """

    call: int
    victims: str = ""
    fault: Mapping[str, Any] = field(default_factory=dict)
    lasts: int = 1


_BROKEN: tuple[Mapping[str, Any], ...] = (
    {"action": "error", "code": "InternalServerException", "status": 500},
    {"action": "body", "status": 502, "body": "<html>Bad gateway</html>"},
    {"action": "drop"},
)
"""What may strike before and after a call takes effect."""

_REFUSED: tuple[Mapping[str, Any], ...] = (
    {"action": "error", "code": "ThrottlingException", "status": 429},
    {"action": "error", "code": "ConflictException", "status": 409},
    {"action": "error", "code": "ServiceQuotaExceededException", "status": 402},
    {"action": "error", "code": "AccessDeniedException", "status": 403},
)
"""What says that a call has not taken effect."""

_when = st.sampled_from(["before", "after"])
_errors = st.sampled_from(
    [
        *({**fault, "when": when} for fault in _BROKEN for when in ("before", "after")),
        *({**fault, "when": "before"} for fault in _REFUSED),
    ]
)
_calls = st.integers(1, _EARLY_CALL) | st.integers(1, _LATEST_CALL)
_kills = st.builds(
    lambda call, when, victims: Mishap(call, victims, {"action": "crash", "when": when}),
    _calls,
    _when,
    st.sampled_from(["plugin", "engine and plugin", "engine"]),
)
_faults = st.builds(
    lambda call, fault, lasts: Mishap(call, "", fault, lasts),
    _calls,
    _errors,
    st.sampled_from([1, 8]),
)
_names = st.sampled_from(NAMES)

_command = precondition(lambda self: self._steps_since_command >= STEPS_BEFORE_COMMAND)


class Programs(RuleBasedStateMachine):
    """The machine.

    Args:
        nursery: Starts plugin processes.
        account: The emulator's contents.
        server: The emulator.
        counts: Counts the steps and commands of all machines.
        is_late: Whether owner tags read late: then an edited one is not seen, and not tried.
    """

    def __init__(
        self,
        nursery: ForkServer,
        account: Account,
        server: EmulatorServer,
        counts: Counter[str],
        *,
        is_late: bool = False,
    ) -> None:
        super().__init__()
        server.reset()
        self._account = account
        self._emulator: Emulator = server.emulator
        self._aws = _Hands(server)
        self._counts = counts
        self._server = server
        self._is_late = is_late
        self._engine = FakeEngine(nursery.start, self._listen)
        self._other = FakeEngine(nursery.start)
        """The stack of someone else, with the same identity, in another backend."""
        self._given: dict[str, dict[str, Any]] = {name: {} for name in NAMES}
        self._present = set(NAMES)
        self._deleted_first: set[str] = set()
        self._tainted: set[str] = set()
        self._renamed: Counter[str] = Counter()
        self._recorded: set[str] = set()
        self._drifted = False
        self._gone: set[str] = set()
        self._has_failed = False
        self._armed: list[FaultRule] = []
        self._saves_left: int | None = None
        self._steps_since_command = 0

    @rule(values=st.sampled_from(VALUES["key"]))
    def say_of_key(self, values: Mapping[str, Any]) -> None:
        """Set or clear a property of the key."""
        self._given["key"].update(values)
        self._step()

    @rule(values=st.sampled_from(VALUES["bucket"]))
    def say_of_bucket(self, values: Mapping[str, Any]) -> None:
        """Set or clear a property of the bucket."""
        self._given["bucket"].update(values)
        self._step()

    @rule(values=st.sampled_from(VALUES["store"]))
    def say_of_store(self, values: Mapping[str, Any]) -> None:
        """Set or clear a property of the store."""
        self._given["store"].update(values)
        self._step()

    @rule(values=st.sampled_from(VALUES["access"]))
    def say_of_access(self, values: Mapping[str, Any]) -> None:
        """Set a property of the access policy."""
        self._given["access"].update(values)
        self._step()

    @rule(values=st.lists(st.sampled_from([(n, v) for n in NAMES for v in VALUES[n]]), max_size=9))
    def rewrite(self, values: list[tuple[str, Mapping[str, Any]]]) -> None:
        """Change much at once."""
        for name, given in values:
            self._given[name].update(given)
        self._step()

    @rule(name=_names)
    def turn_around(self, name: str) -> None:
        """Switch the resource option delete_before_replace."""
        self._deleted_first ^= {name}
        self._step()

    @rule(name=_names)
    def remove_or_add(self, name: str) -> None:
        """Take a resource out of the program with what cannot be without it, or put it in again."""
        self._present ^= {name}
        if "store" not in self._present:
            self._present.discard("access")
        self._step()

    @rule(name=st.sampled_from(["store", "bucket"]))
    def rename(self, name: str) -> None:
        """Rename a resource without an alias: to the engine the old one goes, and a new one comes.

        Not the key, whose alias is taken until the old one has gone, nor a bucket with a name of
        its own.
        """
        if name == "bucket" and self._given["bucket"].get("bucket"):
            return
        self._renamed[name] += 1
        self._step()

    @rule()
    def upgrade(self) -> None:
        """Upgrade Python or the SDK: providers are recorded as other strings from now on."""
        self._engine.sdk += "+"
        self._step()

    @precondition(lambda self: self._engine.state)
    @rule(data=st.data())
    def taint(self, data: st.DataObject) -> None:
        """Mark a resource for replacement."""
        name = data.draw(st.sampled_from(self._recorded_names))
        self._engine.taint(name)
        self._tainted.add(_kind(name))
        self._step()

    @precondition(lambda self: set(self._recorded_names) - self._gone)
    @rule(data=st.data())
    def drift(self, data: st.DataObject) -> None:
        """Change or delete something behind the engine's back."""
        name = data.draw(st.sampled_from(sorted({*self._recorded_names} - self._gone)))
        change = data.draw(st.sampled_from(_Hands.changes[_kind(name)]))
        change(self._aws, self._engine.record(name).id)
        if change in _Hands.ends:
            self._gone |= {name, "access"} if _kind(name) == "store" else {name}
        self._drifted = True
        self._step()

    @precondition(lambda self: len(self._armed) < TOGETHER)
    @rule(mishap=_kills | _faults)
    def prepare(self, mishap: Mishap) -> None:
        """Prepare a mishap; it strikes in the command, or its recovery, that makes the call."""
        self._step()
        if mishap.victims == "engine":
            self._saves_left = mishap.call
            return
        self._engine.engine_dies = mishap.victims == "engine and plugin"
        calls = list(range(mishap.call, mishap.call + mishap.lasts))
        self._armed.append(FaultRule.from_json({**mishap.fault, "operation": "*", "calls": calls}))

    @_command
    @rule(refresh=st.booleans())
    def up(self, *, refresh: bool) -> None:
        """Deploy the program."""
        refresh = refresh or self._drifted
        self._run(lambda: self._engine.up(self._program, refresh=refresh))
        self._settle(refreshed=refresh)

    @_command
    @rule(forced=st.sets(_names, min_size=1, max_size=2))
    def replace(self, forced: set[str]) -> None:
        """Deploy the program and replace some resources, changed or not: the old ones first."""
        self._tainted |= forced
        self._run(
            lambda: self._engine.up(self._program, forced=[*map(self._name, forced)], refresh=True),
            # What is forced again may be refused: a store that no state knows yet may hold a key.
            lambda: self._engine.up(self._program, refresh=True),
        )
        self._settle(refreshed=True)

    @_command
    @precondition(lambda self: self._engine.state and not self._drifted)
    @rule(data=st.data())
    def destroy_one(self, data: st.DataObject) -> None:
        """Destroy a resource by itself, one that no other one needs; the others stay."""
        needed = {
            source
            for item in self._engine.state
            for sources in item.sources.values()
            for source in sources
        }
        names = sorted({item.name for item in self._engine.state} - needed)
        if not names or self._armed or self._saves_left is not None:
            return
        name = data.draw(st.sampled_from(names))
        before = self._managed()
        ended = self._engine.destroy([name])
        self._counts["destroyed alone"] += 1
        others = {one: what for one, what in self._managed().items() if one != name}
        expected = {one: what for one, what in before.items() if one != name}
        self._has_failed = others != expected or ended.error is not None
        assert not self._has_failed, ended
        self._run(lambda: self._engine.up(self._program, refresh=True))
        self._settle(refreshed=True)

    @_command
    @rule()
    def visit(self) -> None:
        """Let someone else deploy and destroy the same program, in a stack of the same identity.

        What this stack manages is in the way, or not seen at all; it stays as it is.
        """
        if self._armed or self._saves_left is not None:
            return
        before = self._managed()
        deployed = self._other.up(self._program)
        gone = self._other.destroy()
        self._recorded.update(item.id for item in self._other.state)
        self._counts["visits"] += 1
        self._counts["visits refused"] += deployed.error is not None
        self._has_failed = bool(gone.error or self._other.state or self._managed() != before)
        assert gone.error is None, (deployed, gone)
        assert self._managed() == before, deployed
        keys = self._account.keys().items()
        self._recorded |= {arn for arn, state in keys if state != "Enabled"}

    @_command
    @precondition(
        lambda self: (
            self._engine.state and not self._drifted and not self._armed and not self._is_late
        )
    )
    @rule(data=st.data(), removed=st.booleans(), deletes=st.booleans())
    def tamper(self, data: st.DataObject, *, removed: bool, deletes: bool) -> None:
        """Edit or remove an owner tag, try an update or a destroy, and take the resource back.

        An edited tag makes the resource someone else's: nothing of it may change.
        """
        names = sorted({*self._recorded_names} - {"access"})
        if not names or self._saves_left is not None:
            return
        name = data.draw(st.sampled_from(names))
        record = self._engine.record(name)
        state = [replace(item) for item in self._engine.state]
        edit(record.id, "" if removed else "someone/else/0123", self._server)
        before = self._managed()[name]
        ended = self._engine.destroy() if deletes else self._engine.up(self._program)
        self._counts["tampered"] += 1
        self._counts["tampered refused"] += ended.error is not None
        is_same = self._managed(state)[name] == before
        self._has_failed = not is_same
        assert is_same, ended
        self._recorded.update(item.id for item in self._engine.state)
        if not any(item.id == record.id for item in self._engine.state):
            # It was left as it is, and the state has forgotten it: as if that were imported again.
            is_replaced = any(item.name == name for item in self._engine.state)
            self._engine.state = [*self._engine.state, replace(record, delete=is_replaced)]
        take(record.id, str(record.outputs["__owner"]), self._server)
        self._run(lambda: self._engine.up(self._program, refresh=True))
        self._settle(refreshed=True)

    @_command
    @rule()
    def refresh(self) -> None:
        """Read everything back; without drift there is nothing to see."""
        outcome = self._run(self._engine.refresh)
        self._has_failed = bool(outcome.changes) and not self._drifted
        assert not self._has_failed, outcome
        self._forget_drift()

    @_command
    @rule()
    def destroy(self) -> None:
        """Delete everything."""
        self._run(self._engine.destroy)
        self._look({}, refresh=False)
        self._forget_drift()

    def teardown(self) -> None:
        """Deploy once more, look closely, and clear up."""
        if self._has_failed:
            return
        self._run(lambda: self._engine.up(self._program, refresh=True))
        self._look(self._program, refresh=True)
        self._run(self._engine.destroy)
        self._look({}, refresh=False)

    def _managed(self, state: Iterable[Record] | None = None) -> dict[str, Any]:
        """Describe what this stack manages and no one has deleted, as AWS has it."""
        return {
            item.name: self._account.describe(item.id)
            for item in (self._engine.state if state is None else state)
            if not item.delete and item.name not in self._gone
        }

    def _step(self) -> None:
        self._counts["steps"] += 1
        self._steps_since_command += 1

    @property
    def _recorded_names(self) -> list[str]:
        return [item.name for item in self._engine.state]

    @property
    def _program(self) -> Program:
        """The program as it is written now, without references to what it does not declare."""
        first = self._deleted_first | self._tainted
        whole = component(**self._given, deleted_first=first)
        absent = whole.keys() - self._present
        today = {name: self._name(name) for name in whole}
        return {
            today[name]: Declared(
                item.provider,
                {
                    k: f"{v}{today[name].removeprefix(name)}"
                    if k == "__identity"
                    else _to(v, today)
                    for k, v in item.inputs.items()
                    if not _refers(v, absent)
                },
                delete_before_replace=item.delete_before_replace,
            )
            for name, item in whole.items()
            if name in self._present
        }

    def _name(self, kind: str) -> str:
        """Return the name that a resource has today."""
        times = self._renamed[kind]
        return f"{kind}~{times}" if times else kind

    def _run(
        self, command: Callable[[], Outcome], recovery: Callable[[], Outcome] | None = None
    ) -> Outcome:
        """Run a command, again if it fails, and then *recovery* until it succeeds."""
        self._counts["steps"] += 1
        self._steps_since_command = 0
        undisturbed: list[Outcome] = []
        run = command
        while len(undisturbed) < RECOVERIES:
            outcome, was_disturbed = self._run_once(run)
            if outcome.error is None:
                self._tainted.clear()
                return outcome
            note(f"failed: {outcome}")
            if self._is_late:  # "run the update again" helps once the tags have caught up
                time.sleep(LAG_S)
            if follow(outcome.error, self._server):
                self._counts["released"] += 1
                continue
            if not was_disturbed:
                undisturbed.append(outcome)
                run = recovery or command
        self._has_failed = True
        raise AssertionError(undisturbed)

    def _run_once(self, command: Callable[[], Outcome]) -> tuple[Outcome, bool]:
        """Run a command under the prepared mishaps; say how it ended and whether one has struck."""
        for fault in self._armed:
            self._emulator.faults.add(fault)
        self._emulator.calls.clear()
        outcome = command()
        self._emulator.faults.clear()
        self._engine.cancel()
        self._recorded.update(item.id for item in self._engine.state)
        struck = [fault for fault in self._armed if fault.calls and fault.seen >= fault.calls[0]]
        self._armed = [fault for fault in self._armed if fault not in struck]
        is_engine_dead = outcome.error == ENGINE_KILLED
        self._saves_left = None if is_engine_dead else self._saves_left
        self._counts["commands"] += 1
        self._counts["killed"] += "killed" in (outcome.error or "")
        self._counts["disturbed"] += bool(struck)
        self._counts["failed"] += outcome.error is not None
        return outcome, bool(struck) or is_engine_dead

    def _settle(self, *, refreshed: bool) -> None:
        if refreshed:
            self._forget_drift()
        self._look(self._program, refresh=False)

    def _forget_drift(self) -> None:
        self._drifted = False
        self._gone.clear()

    def _look(self, program: Program, *, refresh: bool) -> None:
        """Require that there is what should be."""
        problems = unsettled(self._engine, program, self._account, self._recorded, refresh=refresh)
        self._has_failed = bool(problems)
        assert not problems, problems

    def _listen(self, call: str, _name: str) -> None:
        if call == "Save" and self._saves_left is not None:
            self._saves_left -= 1
            if self._saves_left == 0:
                raise EngineKilled


class _Hands:
    """Changes resources as someone at the console would; the ownership tag stays.

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
    ends = (condemn_key, delete_bucket, delete_store, forget_policy)


def _pairs(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def _kind(name: str) -> str:
    """Return what a resource is, whatever its name is today."""
    return name.partition("~")[0]


def _to(value: Any, today: Mapping[str, str]) -> Any:
    """Let references name resources as they are called today."""
    if isinstance(value, Mapping):
        return {key: _to(item, today) for key, item in value.items()}
    return replace(value, name=today[value.name]) if isinstance(value, Ref) else value


def _refers(value: Any, names: set[str]) -> bool:
    if isinstance(value, Mapping):
        return any(_refers(item, names) for item in value.values())
    return isinstance(value, Ref) and value.name in names


@pytest.mark.parametrize("seed", [FIRST_SEED + number for number in SEEDS])
def test_random_programs_end_with_what_they_say(
    seed: int, nursery: ForkServer, account: Account, server: EmulatorServer
) -> None:
    counts: Counter[str] = Counter()

    is_late = seed == FIRST_SEED
    # Each creation waits for its tags, so `make test` takes fewer steps of those.
    steps = STEPS // 3 if is_late and not os.environ.get("OMICS_COMPONENTS_SOAK") else STEPS
    late = stale_owner_tags() if is_late else contextlib.nullcontext()

    def machine() -> Programs:
        return Programs(nursery, account, server, counts, is_late=is_late)

    rounds = 0
    with late:
        while counts["steps"] < steps:
            seeded: Any = hypothesis.seed(f"{seed}/{rounds}")(machine)
            chosen = settings(
                max_examples=-(-(steps - counts["steps"]) // STEPS_IN_A_ROW),
                stateful_step_count=STEPS_IN_A_ROW,
                deadline=None,
                database=None,
                phases=[Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
            )
            run_state_machine_as_test(seeded, settings=chosen)
            rounds += 1

    print(f"seed {seed}{' (late owner tags)' * is_late}: {dict(counts)}")  # noqa: T201 `pytest -rP` shows the numbers
    assert counts["steps"] >= steps
    assert counts["disturbed"] or steps < STEPS, "no mishap ever struck"
    if steps > 5000:  # fewer may spare everyone, by chance
        assert counts["killed"], "no one was ever killed"
        assert counts["disturbed"] >= counts["commands"] / 20, "mishaps hardly ever strike"
