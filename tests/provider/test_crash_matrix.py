"""Killed at any call, the next run ends with exactly one of each resource: every cell of a matrix.

The rows are the calls to AWS that a command makes; the columns are before and after the call takes
effect, and who is killed: the plugin, the engine and the plugin, or (between two steps that the
engine saves) the engine alone, while the plugin finishes what it is at. After each crash the
documented recovery is run: the same command again, and for ``--replace`` also ``up --refresh``
without it. (A plain ``up`` would not see that something was deleted which the state still has.)
A crash between a creation's last call and the state is named by an error, and settled by the
command that the error names.

Two cells are alike if the same has happened in AWS and the engine has saved the same: crashes after
calls that only read tell nothing new. One of each kind is run, with the victims taking turns, and
of phases that differ only in what the recovery is, or in what is replaced and how the engine came
to it, one of each kind, too. OMICS_COMPONENTS_SOAK=1 runs all cells (``make soak``).

The program is not changed between crash and recovery. One that changes create-only inputs, or
removes a resource whose creation was killed, may be left with a store that only its ownership tag
names.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from omics_components import EncryptedSequenceStore
from omics_components.emulator import Emulator, EmulatorServer
from omics_components.providers import (
    KmsKeyProvider,
    S3AccessPolicyProvider,
    S3BucketProvider,
    SequenceStoreProvider,
)
from tests.input_tables import KEY
from tests.provider.advice import follow
from tests.provider.conftest import Account, StartProcess
from tests.provider.fake_engine import (
    Declared,
    EngineKilled,
    FakeEngine,
    Outcome,
    Program,
    Ref,
)
from tests.provider.plugin import ForkServer, Process
from tests.unit.mocked_engine import ARN, mocked_engine, resolved

READER = "arn:aws:iam::111122223333:role/reader"
OTHER_READER = "arn:aws:iam::111122223333:role/other"

_ALL_CELLS = bool(os.environ.get("OMICS_COMPONENTS_SOAK"))
_BETWEEN_COMMANDS_S = 60.0
"""What is younger than a second or two may be looked for more often: the calls would not be the
same each time.
"""

_MUTATING = ("Create", "Put", "Enable", "Disable", "Update", "Delete", "Schedule", "Tag", "Untag")


def identity(type_: str, name: str) -> str:
    """Name a declaration as the resource classes do."""
    component = "omics-components:index:EncryptedSequenceStore"
    urn = f"urn:pulumi:dev::lab::{component}$pulumi-python:dynamic/{type_}::{name}"
    return f"|organization|{urn}"


def component(
    *,
    key: Mapping[str, Any] | None = None,
    bucket: Mapping[str, Any] | None = None,
    store: Mapping[str, Any] | None = None,
    access: Mapping[str, Any] | None = None,
    deleted_first: Collection[str] = (),
) -> Program:
    """Declare what the component ``EncryptedSequenceStore`` does, wired by ids as there.

    Args:
        key: The key's inputs in place of the usual ones; None for a property is to leave it out.
        bucket: The same for the bucket.
        store: The same for the store.
        access: The same for the access policy.
        deleted_first: What has the option ``delete_before_replace``.
    """
    tags = {"tags": {"team": "genomics"}}
    inputs: dict[str, tuple[Any, dict[str, Any], str]] = {
        "key": (
            KmsKeyProvider,
            {
                "description": "Encrypts the HealthOmics sequence store reads",
                "alias": "alias/lab/dev/reads",
                "allowHealthOmics": True,
                "restrictToAccount": True,
                "enableKeyRotation": True,
                "rotationPeriodInDays": 365,
                "deletionWindowInDays": 30,
                **tags,
                **(key or {}),
            },
            identity("kms:Key", "reads-key"),
        ),
        "bucket": (
            S3BucketProvider,
            {
                "writer": "health-omics",
                "prefix": "fallback/",
                "kmsKeyArn": Ref("key"),
                "restrictToAccount": True,
                "versioning": True,
                "forceDestroy": False,
                **tags,
                **(bucket or {}),
            },
            identity("s3:Bucket", "reads-fallback"),
        ),
        "store": (
            SequenceStoreProvider,
            {
                "name": "reads",
                "sseConfig": {"type": "KMS", "keyArn": Ref("key")},
                "fallbackLocation": Ref("bucket", "s3://{}/fallback/"),
                "description": "Reads",
                "forceDestroy": False,
                **tags,
                **(store or {}),
            },
            identity("omics:SequenceStore", "reads-store"),
        ),
        "access": (
            S3AccessPolicyProvider,
            {"sequenceStoreArn": Ref("store"), "readers": [READER], **(access or {})},
            identity("omics:S3AccessPolicy", "reads-access"),
        ),
    }
    return {
        name: Declared(
            provider,
            {key: value for key, value in given.items() if value is not None}
            | {"__identity": identity_},
            delete_before_replace=name in deleted_first,
        )
        for name, (provider, given, identity_) in inputs.items()
    }


@dataclass(frozen=True)
class Phase:
    """A command that is killed, and what was there before it.

    Args:
        program: What the command is run with; None for a destroy.
        before: What is deployed before; None for nothing.
        forced: Resources of ``--replace``.
        tainted: Resources that are tainted before.
        forces_again: Whether the recovery repeats ``--replace``.
        upgrades: Whether Python or the SDK are upgraded before the command.
        is_sampled: Whether a sample of its cells is run where not all are.
    """

    program: Program | None
    before: Program | None = None
    forced: tuple[str, ...] = ()
    tainted: tuple[str, ...] = ()
    forces_again: bool = True
    upgrades: bool = False
    is_sampled: bool = True

    def command(self, engine: FakeEngine) -> Outcome:
        """Run the command."""
        if self.program is None:
            return engine.destroy()
        return engine.up(self.program, forced=self.forced)

    def recovery(self, engine: FakeEngine, server: EmulatorServer) -> Outcome:
        """Run what is documented to be run after a crash, and what errors tell to run."""
        outcome = self._again(engine)
        while follow(outcome.error or "", server):
            outcome = self._again(engine)
        return outcome

    def _again(self, engine: FakeEngine) -> Outcome:
        if self.program is None:
            return engine.destroy()
        if self.forces_again:
            again = self.command(engine)
            # A store that no state knows yet may hold on to the key that is to be replaced again:
            # a refusal that changes nothing.
            if "it still encrypts" not in (again.error or ""):
                return again
        return engine.up(self.program, refresh=True)


CHANGED = component(
    key={"description": "Other", "alias": "alias/lab/dev/other", "users": [READER], "tags": {}},
    bucket={"expirationDays": 30, "versioning": False, "tags": {"team": "other"}},
    store={"description": "Other", "fallbackLocation": None, "tags": {"cohort": "1"}},
    access={"readers": [READER, OTHER_READER]},
)
OTHER_ETAGS = {"eTagAlgorithmFamily": "SHA256up"}
DELETED_FIRST = {
    name: component(deleted_first=[name]) for name in ("key", "bucket", "store", "access")
}
PHASES = {
    "create": Phase(component()),
    "update": Phase(CHANGED, component()),
    "replace": Phase(component(store=OTHER_ETAGS), component()),
    "replace, delete first": Phase(
        component(store=OTHER_ETAGS, deleted_first=["store"]), component(deleted_first=["store"])
    ),
    "destroy": Phase(None, component()),
    **{
        f"taint {name}": Phase(
            DELETED_FIRST[name],
            DELETED_FIRST[name],
            tainted=(name,),
            is_sampled=False,  # as --replace
        )
        for name in component()
    },
    **{
        f"--replace {name}{'' if again else ', then without'}": Phase(
            DELETED_FIRST[name],
            DELETED_FIRST[name],
            forced=(name,),
            forces_again=again,
            is_sampled=name == "store",
        )
        for name in component()
        for again in (True, False)
    },
    **{
        f"upgrade, --replace {name}": Phase(
            DELETED_FIRST[name],
            DELETED_FIRST[name],
            forced=(name,),
            upgrades=True,
            is_sampled=name == "store",
        )
        for name in component()
    },
}
"""Forced replacements are those with ``delete_before_replace``: the others are refused."""


@dataclass(frozen=True)
class Cell:
    """One crash.

    Args:
        call: At which call to AWS; for a kill of the engine alone after which save.
        when: ``before`` or ``after`` it takes effect.
        victims: ``plugin``, ``engine and plugin`` or ``engine``.
        kind: What has happened in AWS, and what the engine has saved.
        name: What it is called in a report.
    """

    call: int
    when: str
    victims: str
    kind: tuple[object, ...]
    name: str


@dataclass
class Recording:
    """What a command does when nothing goes wrong.

    Args:
        calls: Its calls to AWS.
        saves: How many calls there were before each time that the engine saved.
    """

    calls: list[str]
    saves: list[int]

    def cells(self) -> Iterator[Cell]:
        """Return all cells, in order."""
        for number, name in enumerate(self.calls, 1):
            saved = sum(save < number for save in self.saves)
            changed = sum(map(_mutates, self.calls[: number - 1]))
            for when, effect in (("before", 0), ("after", int(_mutates(name)))):
                for victims in ("plugin", "engine and plugin"):
                    kind = (changed + effect, saved)
                    yield Cell(number, when, victims, kind, f"{victims} {when} {number} {name}")
        for number, calls in enumerate(self.saves, 1):
            changed = sum(map(_mutates, self.calls[:calls]))
            alone = (changed, number - 1, "engine")
            yield Cell(number, "before", "engine", alone, f"engine before save {number}")

    def sample(self) -> Iterator[Cell]:
        """Return one cell of each kind; those of two kinds of victims take turns."""
        seen: set[object] = set()
        turn = 0
        for cell in self.cells():
            if cell.kind in seen:
                continue
            if cell.victims != "engine" and (cell.victims == "plugin") == bool(turn % 2):
                continue
            seen.add(cell.kind)
            turn += cell.victims != "engine"
            yield cell


def _mutates(call: str) -> bool:
    return call.partition(":")[2].startswith(_MUTATING)


class Theatre:
    """Runs one phase again and again from the same beginning.

    Args:
        phase: The phase.
        start: Starts a plugin process.
        account: The emulator's contents.
        emulator: The emulator.
    """

    def __init__(
        self, phase: Phase, start: StartProcess, account: Account, emulator: Emulator
    ) -> None:
        self._phase = phase
        self._account = account
        self._server = account.server
        self._emulator = emulator
        self._saves: list[int] = []
        self._dies_at_save: int | None = None
        self.engine = FakeEngine(start, self._listen)
        if phase.before is not None:
            assert self.engine.up(phase.before).error is None
            account.wait(_BETWEEN_COMMANDS_S)
        for name in phase.tainted:
            self.engine.taint(name)
        if phase.upgrades:
            self.engine.sdk = "newer"
        self._state, self._world = self.engine.state, account.save()

    def record(self) -> Recording:
        """Run the command without a crash."""
        self._reset()
        outcome = self._phase.command(self.engine)
        assert outcome.error is None, outcome.error
        recording = Recording(self._emulator.calls.names(), list(self._saves))
        problems = unsettled(self.engine, self._phase.program or {}, self._account, self._recorded)
        assert not problems, problems
        return recording

    def problems(self, cell: Cell) -> list[str]:
        """Crash in a cell, recover, and say what is not as it should be."""
        self._reset()
        self.engine.engine_dies = cell.victims == "engine and plugin"
        if cell.victims == "engine":
            self._dies_at_save = cell.call
        else:
            rule = {"operation": "*", "action": "crash", "when": cell.when, "calls": [cell.call]}
            self._emulator.faults.add(rule)
        crash = self._phase.command(self.engine)
        if "killed" not in (crash.error or ""):
            return [f"no crash: {crash}"]
        self._emulator.faults.clear()
        self._dies_at_save = None
        self.engine.cancel()
        seen = self._recorded | {record.id for record in self.engine.state}
        recovery = self._phase.recovery(self.engine, self._server)
        if recovery.error:
            return [f"no recovery: {recovery.error}"]
        return unsettled(self.engine, self._phase.program or {}, self._account, seen)

    @property
    def _recorded(self) -> set[str]:
        return {record.id for record in self._state}

    def _reset(self) -> None:
        self._account.load(self._world)
        self.engine.state = list(self._state)
        self._saves.clear()

    def _listen(self, call: str, _name: str) -> None:
        if call == "Save":
            self._saves.append(len(self._emulator.calls))
            if len(self._saves) == self._dies_at_save:
                raise EngineKilled


def unsettled(
    engine: FakeEngine,
    program: Program,
    account: Account,
    recorded: Collection[str],
    *,
    refresh: bool = True,
) -> list[str]:
    """Describe what is not as after an update that went well.

    Args:
        engine: The engine with its state.
        program: What should be there, and nothing else.
        account: What is there.
        recorded: Ids that the state has or had: their keys may wait for their deletion.
        refresh: Whether a refresh must show nothing.
    """
    found: list[str] = []
    records = {record.name: record for record in engine.state}
    if len(records) != len(engine.state) or records.keys() != program.keys():
        found.append(f"the state is {[(item.name, item.delete) for item in engine.state]}")
    if any(item.delete or item.pending_replacement or item.init_errors for item in engine.state):
        found.append("the state is not done with everything")
    by_kind: dict[object, set[str]] = {}
    for item in engine.state:
        by_kind.setdefault(item.provider, set()).add(item.id)
    there = {
        KmsKeyProvider: {arn for arn, state in account.keys().items() if state == "Enabled"},
        S3BucketProvider: account.buckets(),
        SequenceStoreProvider: set(account.stores()),
    }
    for provider, ids in there.items():
        if ids != by_kind.get(provider, set()):
            found.append(
                f"{provider.__name__}: AWS has {sorted(ids)}, the state has "
                f"{sorted(by_kind.get(provider, ()))}"
            )
    strangers = account.keys().keys() - there[KmsKeyProvider] - set(recorded)
    if strangers:
        found.append(f"keys were made and thrown away: {sorted(strangers)}")
    found.extend(
        f"store {store['id']} has no access policy"
        for store in account.stores().values()
        if not store["s3_access_policy"] and S3AccessPolicyProvider in by_kind
    )
    preview = engine.preview(program, refresh=refresh)
    if preview.error or preview.changes:
        found.append(f"a preview shows {preview.changes} {preview.error or ''}")
    return found


def _report(name: str, cells: Collection[Cell], failed: Mapping[str, list[str]]) -> str:
    lines = [f"{name}: {len(cells)} cells, {len(failed)} failed"]
    lines += [f"  {cell}: {'; '.join(problems)}" for cell, problems in failed.items()]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "phase",
    [
        pytest.param(phase, id=name)
        for name, phase in PHASES.items()
        if phase.is_sampled or _ALL_CELLS
    ],
)
def test_a_crash_leaves_one_of_each(
    phase: Phase,
    nursery: ForkServer,
    account: Account,
    emulator: Emulator,
    request: pytest.FixtureRequest,
) -> None:
    theatre = Theatre(phase, nursery.start, account, emulator)
    recording = theatre.record()

    cells = list(recording.cells() if _ALL_CELLS else recording.sample())
    found = {cell.name: theatre.problems(cell) for cell in cells}

    failed = {name: problems for name, problems in found.items() if problems}
    report = _report(request.node.callspec.id, cells, failed)
    print(report)  # noqa: T201 `pytest -rP` shows the size of the matrix
    assert not failed, report


@pytest.mark.parametrize("name", ["key", "bucket", "store"])
def test_a_forced_replacement_that_creates_first_is_refused(
    name: str, nursery: ForkServer, account: Account, emulator: Emulator
) -> None:
    """To the provider it is a first creation, and what it finds is what the state has.

    A policy is put again, for this state manages its store.
    """
    engine = FakeEngine(nursery.start)
    assert engine.up(component()).error is None
    account.wait(_BETWEEN_COMMANDS_S)
    before = account.save()[0]
    emulator.calls.clear()

    refused = engine.up(component(), forced=[name])

    assert engine.record(name).id in (refused.error or "")
    assert "set the resource option delete_before_replace" in (refused.error or "")
    assert not [call for call in emulator.calls.names() if _mutates(call)]
    assert account.save()[0] == before
    assert not unsettled(engine, component(), account, [record.id for record in engine.state])


def test_a_crash_of_real_processes_leaves_one_of_each(
    server: EmulatorServer, account: Account, emulator: Emulator, tmp_path: Path
) -> None:
    """The nursery is a shortcut: here each process is ``python -m pulumi.dynamic``."""
    environment = {**os.environ, **server.environment(), "OMICS_COMPONENTS_TPS": "*=inf"}
    count = itertools.count()

    def start() -> Process:
        return Process(environment, tmp_path / f"{next(count)}.log")

    theatre = Theatre(Phase(component()), start, account, emulator)
    call = "omics:CreateSequenceStore"
    number = theatre.record().calls.index(call) + 1
    assert theatre.problems(Cell(number, "after", "plugin", (), call)) == []


def test_the_program_is_what_the_component_declares() -> None:
    ids = {"key": KEY, "bucket": "a-bucket", "store": ARN}

    def filled(value: Any) -> Any:
        if isinstance(value, Ref):
            return value.text.format(ids[value.name])
        if isinstance(value, Mapping):
            return {key: filled(item) for key, item in value.items()}
        return value

    with mocked_engine() as engine:
        resolved(
            lambda: {
                "arn": EncryptedSequenceStore(
                    "reads",
                    {"description": "Reads", "tags": {"team": "genomics"}, "readers": [READER]},
                ).arn
            }
        )

    names = {"key": "reads-key", "bucket": "reads-fallback", "store": "reads-store"}
    names["access"] = "reads-access"
    for name, declared in component().items():
        registered = engine.inputs[names[name]]
        said = {key: value for key, value in declared.inputs.items() if not key.startswith("__")}
        said.pop("alias", None)  # the component leaves it to be derived
        assert {key: registered[key] for key in said} == filled(said)
        # What the component says besides are constants: nothing else is taken from its children.
        rest = [value for key, value in registered.items() if key not in said and key[:2] != "__"]
        assert not [text for text in ids.values() if text in str(rest)]
