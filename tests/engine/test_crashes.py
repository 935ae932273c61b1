"""Killed in the middle, the next command of the real engine ends with one of each resource.

Every call of every phase is killed on a model of the engine (``tests/provider``, the crash matrix).
Here the engine is real, for calls that matter most, and the model is compared with it in the states
that crashes leave. OMICS_COMPONENTS_SOAK=1 adds more such calls, a plugin killed at each call of a
creation and of a destruction, and more states.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Collection
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pulumi import Input, ResourceOptions, automation
from pulumi.dynamic import DiffResult, Resource
from pulumi.output import Unknown

from omics_components import EncryptedSequenceStore, EncryptedSequenceStoreArgs, SequenceStore
from omics_components.emulator import EmulatorServer
from tests.engine.recording import HIDDEN, RECORD_VARIABLE, Record, RecordingProvider
from tests.engine.stack import Program, Run, Stack, cli_version
from tests.provider.advice import follow
from tests.provider.fake_engine import Declared, FakeEngine, Ref
from tests.provider.plugin import Process

READER = "arn:aws:iam::111122223333:role/reader"
ENGINE = ["pulumi"]
"""Programs that are killed along with the plugin, where the engine is."""

KINDS = {
    "kms:Key": "reads-key",
    "s3:Bucket": "reads-fallback",
    "omics:SequenceStore": "reads-store",
    "omics:S3AccessPolicy": "reads-access",
}
_ALL = bool(os.environ.get("OMICS_COMPONENTS_SOAK"))
_CHUNKS = 8


def _component(**changes: Any) -> Program:
    args: EncryptedSequenceStoreArgs = {
        "description": "Reads of the lab",
        "tags": {"team": "genomics"},
        "readers": [READER],
    }

    def declare() -> None:
        merged: Any = {**args, **changes}
        EncryptedSequenceStore("reads", merged)

    return declare


def _alone(**changes: Any) -> Program:
    def declare() -> None:
        SequenceStore("reads-store", **changes, opts=ResourceOptions(delete_before_replace=True))

    return declare


COMPONENT, OTHER_COMPONENT = _component(), _component(e_tag_algorithm_family="SHA512up")
STORE, OTHER_STORE = _alone(), _alone(e_tag_algorithm_family="SHA512up")


@dataclass(frozen=True)
class Crash:
    """A command and the call at which something is killed.

    Args:
        operation: The call, as fault rules name it.
        program: What the command is run with; None for a destroy.
        before: What is deployed before; None for nothing.
        forced: The resource of ``--replace``.
        engine: Whether the engine is killed, too.
    """

    operation: str
    program: Program | None
    before: Program | None = None
    forced: str = ""
    engine: bool = False


CRASHES = {
    "create, store, with the engine": Crash("CreateSequenceStore", COMPONENT, engine=True),
    "--replace, delete first, with the engine": Crash(
        "CreateSequenceStore", STORE, STORE, forced="reads-store", engine=True
    ),
    "destroy": Crash("DeleteSequenceStore", None, COMPONENT),
}
if _ALL:
    CRASHES |= {
        "create, store": Crash("CreateSequenceStore", COMPONENT),
        "create, key": Crash("kms:CreateKey", COMPONENT),
        "create, bucket": Crash("s3:CreateBucket", COMPONENT),
        "replace": Crash("CreateSequenceStore", OTHER_COMPONENT, COMPONENT),
        "replace, with the engine": Crash(
            "DeleteSequenceStore", OTHER_COMPONENT, COMPONENT, engine=True
        ),
        "replace, delete first": Crash("CreateSequenceStore", OTHER_STORE, STORE),
    }


@pytest.fixture
def stack(stack: Stack) -> Stack:
    """An empty stack; the keys of its stores must be usable."""
    stack.server.emulator.configure(check_keys=True)
    return stack


@pytest.mark.parametrize("crash", CRASHES.values(), ids=CRASHES.keys())
def test_a_crash_leaves_one_of_each(crash: Crash, stack: Stack) -> None:
    if crash.before:
        stack.up(crash.before)
    stack.server.emulator.faults.add(
        {
            "operation": crash.operation,
            "action": "crash",
            "when": "after",
            "ancestors": ENGINE if crash.engine else [],
        }
    )
    with pytest.raises(automation.CommandError) as error:
        _run(stack, crash)
    assert ("EOF" in str(error.value)) is not crash.engine, "the engine tells of a plugin's end"
    stack.server.emulator.faults.clear()
    if crash.engine:
        stack.cli("cancel", "--yes")

    _run(stack, crash)

    _require_one_of_each(stack, crash.program)


def _run(stack: Stack, crash: Crash) -> Run:
    if crash.program is None:
        return stack.destroy()
    forced = [stack.resource(crash.forced)["urn"]] if crash.forced else None
    return stack.up(crash.program, replace=forced)


def _require_one_of_each(stack: Stack, program: Program | None) -> None:
    """Compare the state with what there is, and see that nothing is left to do."""
    recorded = {kind: _recorded(stack, kind) for kind in KINDS}
    assert len(stack.resources()) == sum(map(len, recorded.values()))
    assert not [item for item in stack.resources() if item.get("delete")]
    assert {store_id.rpartition("/")[2] for store_id in recorded["omics:SequenceStore"]} == (
        stack.live_ids()
    )
    s3, kms = stack.aws(service="s3"), stack.aws(service="kms")
    buckets = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    assert buckets == recorded["s3:Bucket"]
    keys = [kms.describe_key(KeyId=key["KeyId"]) for key in kms.list_keys()["Keys"]]
    enabled = {key["KeyMetadata"]["Arn"] for key in keys if key["KeyMetadata"]["Enabled"]}
    assert enabled == recorded["kms:Key"]
    for access_point in recorded["omics:S3AccessPolicy"]:
        policy = stack.aws().get_s3_access_policy(s3AccessPointArn=access_point)
        assert READER in policy["s3AccessPolicy"]
    if program is not None:
        stack.up(program, refresh=True, expect_no_changes=True)


def _recorded(stack: Stack, kind: str) -> set[str]:
    return {item["id"] for item in stack.resources() if item["type"].endswith(f"dynamic/{kind}")}


class RecordingUnknowns(RecordingProvider):
    """Writes down what is not known, too: the engine asks about a change to it."""

    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        known = {k: "?" if isinstance(v, Unknown) else v for k, v in news.items()}
        return super().diff(id_, olds, known)


class Recorded(Resource, module="test", name="Recorded"):
    """A resource whose provider writes down what is asked of it."""

    def __init__(
        self,
        name: str,
        key: Input[str] = "k",
        text: Input[str] = "a",
        opts: ResourceOptions | None = None,
    ) -> None:
        props = {"called": name, "key": key, "text": text, **HIDDEN}
        super().__init__(RecordingUnknowns(), name, props, opts)


class BothEngines:
    """The real engine and the model of it, with the same program and the same state.

    The program: *replaced* has its id from a, and is replaced with it; *updated* is updated.

    Args:
        stack: The stack of the real engine.
        folder: A folder for files.
    """

    def __init__(self, stack: Stack, folder: Path) -> None:
        self._stack = stack
        self._records = Record(folder / "real.jsonl"), Record(folder / "little.jsonl")
        path = {"PYTHONPATH": str(Path(__file__).parents[2])}
        stack.set_environment(**path, **{RECORD_VARIABLE: str(self._records[0].path)})
        environment = {**os.environ, **path, RECORD_VARIABLE: str(self._records[1].path)}
        count = itertools.count()
        self._little = FakeEngine(
            lambda: Process(environment, folder / f"{next(count)}.log"),
            deletes_twice=cli_version() < (3, 274),
        )

    def up(
        self,
        key: str,
        *,
        first: bool = False,
        forced: Collection[str] = (),
        without: str = "",
        refresh: bool = False,
    ) -> None:
        """Run an update on both, and require the same calls to each resource and the same state.

        Args:
            key: The create-only property of a.
            first: The option delete_before_replace of a.
            forced: Resources of ``--replace``.
            without: A resource that is not declared.
            refresh: Whether to refresh.
        """
        urns = [self._stack.resource(name)["urn"] for name in forced]

        def declare() -> None:
            a = Recorded("a", key, opts=ResourceOptions(delete_before_replace=first or None))
            if without != "replaced":
                Recorded("replaced", a.id)
            if without != "updated":
                Recorded("updated", text=a.id)

        program: dict[str, Declared] = {
            "a": _declared("a", key=key, delete_before_replace=first),
            "replaced": _declared("replaced", key=Ref("a")),
            "updated": _declared("updated", text=Ref("a")),
        }
        program.pop(without, None)
        self._stack.up(declare, parallel=1, refresh=refresh, replace=urns or None)
        assert self._little.up(program, forced=forced, refresh=refresh).error is None
        self._compare()

    def destroy(self) -> None:
        """Destroy everything on both."""
        self._stack.destroy()
        assert self._little.destroy().error is None
        self._compare()

    def await_replacement(self, name: str) -> None:
        """Set what a crash leaves between a deletion and the replacement after it."""

        def change(resources: list[dict[str, Any]]) -> None:
            for item in resources:
                if item["urn"].endswith(f"::{name}"):
                    item["pendingReplacement"] = True

        self._stack.change_state(change)
        self._little.record(name).pending_replacement = True

    def await_deletions(self) -> None:
        """Set what a crash leaves between a replacement that kept its id and the deletion."""

        def change(resources: list[dict[str, Any]]) -> None:
            mine = [item for item in resources if "dynamic/" in item["type"]]
            resources.extend({**item, "delete": True} for item in deepcopy(mine))

        self._stack.change_state(change)
        again = deepcopy(self._little.state)
        for item in again:
            item.delete = True
        self._little.state.extend(again)

    def taint(self, *names: str) -> None:
        """Taint resources."""
        urns = [self._stack.resource(name)["urn"] for name in names]
        self._stack.cli("state", "taint", *urns, "--yes")
        for name in names:
            self._little.taint(name)

    def _compare(self) -> None:
        real, little = (record.new_calls() for record in self._records)
        assert real == little
        state = [
            (
                item["urn"].rpartition("::")[2],
                item["id"],
                item.get("delete", False),
                item.get("pendingReplacement", False),
            )
            for item in self._stack.resources()
        ]
        assert sorted(state) == sorted(
            (item.name, item.id, item.delete, item.pending_replacement)
            for item in self._little.state
        )


def _declared(
    name: str, *, key: str | Ref = "k", text: str | Ref = "a", delete_before_replace: bool = False
) -> Declared:
    inputs = {"called": name, "key": key, "text": text, **HIDDEN}
    return Declared(RecordingUnknowns, inputs, delete_before_replace=delete_before_replace)


def test_the_little_engine_calls_as_the_real_one(stack: Stack, tmp_path: Path) -> None:
    both = BothEngines(stack, tmp_path)
    both.up("k1")
    both.up("k2", first=True)
    both.await_replacement("a")
    both.up("k3", first=True)
    both.await_replacement("replaced")
    both.up("k3")
    both.await_deletions()
    both.up("k4", first=True)
    both.await_replacement("a")
    both.up("k4", forced=["a"], first=True)
    if not _ALL:
        return
    both.up("k5")
    both.await_replacement("a")
    both.up("k5")
    both.await_replacement("a")
    both.up("k5", first=True)
    both.await_replacement("replaced")
    both.up("k6", first=True)
    both.await_replacement("updated")
    both.up("k6", refresh=True)
    both.await_replacement("updated")
    both.up("k6", without="updated")
    both.up("k6")
    both.await_deletions()
    both.up("k7")
    both.await_deletions()
    both.up("k7", refresh=True)
    both.up("k7", forced=["a"])
    both.up("k7", forced=["a"], first=True)
    both.await_replacement("a")
    both.up("k7", forced=["a"])
    both.up("k7", forced=["a", "replaced"])
    both.taint("a", "updated")
    both.up("k7")
    both.await_deletions()
    both.destroy()


if _ALL:

    @pytest.mark.parametrize("chunk", range(_CHUNKS))
    @pytest.mark.parametrize("phase", ["create", "destroy"])
    def test_a_plugin_killed_at_any_call_leaves_one_of_each(
        phase: str, chunk: int, server: EmulatorServer, tmp_path: Path
    ) -> None:
        program = COMPONENT if phase == "create" else None

        def begin(name: str) -> Stack:
            server.reset()
            (tmp_path / name).mkdir()
            begun = Stack(tmp_path / name, server)
            if phase == "destroy":
                begun.up(COMPONENT)
            return begun

        server.emulator.configure(check_keys=True)
        first = begin("first")
        count = len(_command(first, program)().calls)
        cells = [(number, when) for number in range(1, count + 1) for when in ("before", "after")]
        mine = cells[chunk::_CHUNKS]
        released = 0
        for number, when in mine:
            stack = begin(f"{number}-{when}")
            # Creations run in parallel, so the same number is not always the same call.
            rule = {"operation": "*", "action": "crash", "when": when, "calls": [number]}
            stack.server.emulator.faults.add(rule)
            with pytest.raises(automation.CommandError, match="EOF"):
                _command(stack, program)()
            stack.server.emulator.faults.clear()
            released += _run_as_told(stack, program)
            _require_one_of_each(stack, program)
        print(f"{phase}, chunk {chunk}: {len(mine)} of {len(cells)} cells, {released} released")  # noqa: T201 `pytest -rP` shows it

    def _run_as_told(stack: Stack, program: Program | None) -> int:
        """Run the command again; release what its error says was finished, and not recorded.

        Returns:
            How many resources were released: at most one of each kind.
        """
        for released in range(len(KINDS)):
            try:
                _command(stack, program)()
            except automation.CommandError as error:
                if not follow(str(error), stack.server):
                    raise
            else:
                return released
        _command(stack, program)()
        return len(KINDS)

    def _command(stack: Stack, program: Program | None) -> Callable[[], Run]:
        return stack.destroy if program is None else lambda: stack.up(program)
