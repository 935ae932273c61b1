"""Two stacks of one identity, whatever they do and whatever interrupts it: no one loses anything.

Alice and Bob have a backend each, of which the plugins see nothing, and equal project, stack and
resource names. Each step of a sequence is a command of one of them: ``up``, ``up`` with another
create-only input (a replacement), ``up --replace``, ``destroy``; or data arrives in a store. Each
command runs undisturbed, and is killed before and after each call to AWS, and fails at each call
with and without effect, and loses its engine before each save of the state.

The sequences form a tree; where two of them lead to the same contents of AWS and the same two
states, or to those with Alice and Bob changing places, one of them goes on. A kill before a call is
the kill after the one before; a call that only reads has no effect to lose. So all sequences of a
length are covered. ``make test`` runs those of three steps, ``make soak`` those of four.

After each step:

- nothing that was live in the other's state is gone or has lost data;
- what is live in one's own state is there.

After each sequence each of them runs ``up --refresh`` until it succeeds, and does what the error
says. Then each state has what it declares. What AWS has and neither state, ``omics-components
orphans`` lists, with the deletion that settles it.
"""

from __future__ import annotations

import copy
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from moto import mock_aws

from omics_components.aws.client import Aws
from omics_components.aws.settings import AwsSettings
from omics_components.cli.orphans import FOUND as ORPHANS_FOUND
from omics_components.cli.root import root
from omics_components.emulator import Emulator
from omics_components.providers import SequenceStoreProvider
from omics_components.schema.arn import SequenceStoreArn
from omics_components.schema.owner_tag import OWNER_TAG, OwnerTag
from tests.provider.fake_engine import (
    Declared,
    EngineKilled,
    FakeEngine,
    Outcome,
    Program,
    Record,
)
from tests.provider.in_this_process import Calls, Plugin, Process, Trouble
from tests.unit.conftest import SharedClock

LENGTH = 4 if os.environ.get("OMICS_COMPONENTS_SOAK") else 3
PEOPLE = ("alice", "bob")
REGION = "us-east-1"
IDENTITY = "|organization|urn:pulumi:dev::lab::pulumi-python:dynamic/omics:SequenceStore"
FAMILIES = ("MD5up", "SHA256up")

COMMANDS = ("up", "replace", "--replace", "destroy")
MAX_UPS = 6


@dataclass(frozen=True)
class Step:
    """One step of a sequence.

    Args:
        person: Whose command it is.
        command: What is run; ``data`` is what arrives in the store of that person.
        trouble: What happens to it; ``engine`` is the engine that dies before a save.
    """

    person: str
    command: str
    trouble: Trouble = field(default_factory=Trouble)

    def __str__(self) -> str:
        trouble = f" ({self.trouble.kind} {self.trouble.call})" if self.trouble.call else ""
        return f"{self.person} {self.command}{trouble}"


@dataclass
class Place:
    """All that there is between two steps.

    Args:
        world: The emulator's contents.
        states: The state of each person.
        family: The create-only input of each person's program.
        names: The resource's name in each person's program.
        path: The steps that led here.
    """

    world: Any
    states: dict[str, list[Record]]
    family: dict[str, str]
    names: dict[str, str]
    path: tuple[Step, ...] = ()

    def key(self) -> str:
        """Spell it so that two places are equal where nothing in them can make a difference."""
        return min(self._key(PEOPLE), self._key(PEOPLE[::-1]))

    def _key(self, people: tuple[str, ...]) -> str:
        names: dict[str, str] = {}

        def symbol(kind: str, text: str) -> str:
            return names.setdefault(f"{kind}{text}", f"{kind}{len(names)}")

        stores = [
            [
                symbol("store", store["arn"]),
                store["status"],
                store["e_tag_algorithm_family"],
                _owner_symbols(store["tags"].get(OWNER_TAG, ""), symbol),
                len(store["read_sets"]),
            ]
            for store in sorted(_stores(self.world), key=lambda store: store["serial"])
        ]
        states = [
            [
                [
                    symbol("store", item.id),
                    item.outputs.get("eTagAlgorithmFamily"),
                    _owner_symbols(str(item.outputs.get("__owner") or ""), symbol),
                    item.outputs.get("__generation"),
                    bool(item.outputs.get("__incomplete")),
                    item.delete,
                    item.pending_replacement,
                    bool(item.init_errors),
                ]
                for item in self.states[person]
            ]
            for person in people
        ]
        return json.dumps([stores, states, [self.family[person] for person in people]])


def _owner_symbols(text: str, symbol: Any) -> list[object]:
    tag = OwnerTag.parse(text)
    if tag is None:
        return []
    return [symbol("claim", f"{tag.claim}"), symbol("serial", tag.serial), tag.is_unfinished]


def _stores(world: Any) -> list[dict[str, Any]]:
    return [
        store
        for region in world["regions"].values()
        for store in region["sequence_stores"].values()
        if store["status"] != "DELETING"
    ]


class Model:
    """Runs steps from any place.

    Args:
        emulator: The emulator, in this process.
        clock: Its time.
        plugin: Speaks to a process.
    """

    def __init__(self, emulator: Emulator, clock: SharedClock, plugin: Any = Plugin) -> None:
        self.emulator, self.clock, self.plugin = emulator, clock, plugin
        self.calls = Calls()
        self.aws = Aws(AwsSettings(region=REGION, max_retries=0))
        for client in (self.aws.omics(REGION), self.aws.kms(REGION)):
            self.calls.hook(client)
        self.aws.account_id(REGION)
        self.saves = 0
        self.dies_at_save = 0
        self.commands = 0

    def start(self) -> Place:
        """Return the place where nothing is."""
        return Place(
            self.emulator._world.to_json(),
            {person: [] for person in PEOPLE},
            dict.fromkeys(PEOPLE, FAMILIES[0]),
            dict.fromkeys(PEOPLE, "reads"),
        )

    def run(self, place: Place, step: Step) -> tuple[Place, Outcome]:
        """Run a step from a place."""
        self.emulator._world.load_json(copy.deepcopy(place.world))
        family = dict(place.family)
        engine = FakeEngine(
            lambda: Process(self.aws, self.clock, self.calls), self._listen, self.plugin
        )
        engine.state = copy.deepcopy(place.states[step.person])
        self.calls.begin(Trouble() if step.trouble.kind == "engine" else step.trouble)
        self.saves = 0
        self.dies_at_save = step.trouble.call if step.trouble.kind == "engine" else 0
        outcome = Outcome()
        if step.command == "data":
            for item in engine.state:
                if not item.delete and any(s["arn"] == item.id for s in _stores(place.world)):
                    self.emulator.put_read_sets(SequenceStoreArn.parse(item.id).store_id, count=1)
        else:
            if step.command == "replace":
                family[step.person] = FAMILIES[family[step.person] == FAMILIES[0]]
            program = _program(place.names[step.person], family[step.person])
            outcome = self._command(engine, step, program)
            self.commands += 1
        self.clock.advance(120.0)
        engine.cancel()
        states = {**place.states, step.person: engine.state}
        world, path = self.emulator._world.to_json(), (*place.path, step)
        return Place(world, states, family, place.names, path), outcome

    def _command(self, engine: FakeEngine, step: Step, program: Program) -> Outcome:
        if step.command == "destroy":
            return engine.destroy()
        forced = list(program) if step.command == "--replace" else []
        return engine.up(program, forced=forced, refresh=step.command == "up --refresh")

    def _listen(self, call: str, _name: str) -> None:
        if call == "Save":
            self.saves += 1
            if self.saves == self.dies_at_save:
                raise EngineKilled

    def troubles(self, place: Place, step: Step) -> Iterator[Step]:
        """List a step without trouble, and with each."""
        yield step
        if step.command == "data":
            return
        self.run(place, step)
        calls, saves = list(self.calls.names), self.saves
        for number, name in enumerate(calls, 1):
            is_read = name.startswith(("Get", "List"))
            kinds = ["fail"] if is_read else ["fail", "lose", "kill after"]
            kinds += ["kill before"] if number == 1 else []
            yield from (replace(step, trouble=Trouble(number, kind)) for kind in kinds)
        for save in range(1, saves + 1):
            yield replace(step, trouble=Trouble(save, "engine"))


def _program(name: str, family: str) -> Program:
    inputs = {
        "name": "reads",
        "eTagAlgorithmFamily": family,
        "forceDestroy": True,
        "__identity": f"{IDENTITY}::{name}",
    }
    return {name: Declared(SequenceStoreProvider, inputs)}


def losses(before: Place, after: Place, step: Step) -> Iterator[str]:
    """List what a step has lost that was live in a state."""
    there = {store["arn"]: store for store in _stores(after.world)}
    was_there = {store["arn"]: store for store in _stores(before.world)}
    for person in PEOPLE:
        of_others = person != step.person
        if step.command == "destroy" and not of_others:
            continue  # that is what was asked for, whatever of it came to the state
        for item in (before if of_others else after).states[person]:
            if item.delete or item.pending_replacement or item.id not in was_there:
                continue
            if item.id not in there:
                yield f"{person} lost {item.id}"
            elif len(there[item.id]["read_sets"]) < len(was_there[item.id]["read_sets"]):
                yield f"{person} lost data in {item.id}"


def settle(model: Model, place: Place) -> tuple[Place, Counter[str], list[str]]:
    """Let each person run ``up``, and do what its error says, until it succeeds.

    Returns:
        Where that leads, how often each way was taken, and what is wrong then.
    """
    ways: Counter[str] = Counter()
    problems: list[str] = []
    for person in PEOPLE:
        outcome = Outcome()
        for _ in range(MAX_UPS):
            before = place
            step = Step(person, "up --refresh")
            place, outcome = model.run(place, step)
            problems += losses(before, place, step)
            if outcome.error is None:
                break
            place, way = _advised(model, place, person, outcome.error)
            ways[way] += 1
        else:
            problems.append(f"{person}: no end of errors: {outcome.error}")
    recorded = {item.id for person in PEOPLE for item in place.states[person]}
    for person in PEOPLE:
        mine = [item for item in place.states[person] if not item.delete]
        if len(mine) != 1 or len(place.states[person]) != 1 or mine[0].init_errors:
            problems.append(f"{person} has {[(i.id, i.delete) for i in place.states[person]]}")
    leftovers = {store["arn"] for store in _stores(place.world)} - recorded
    if leftovers:
        place, listed = _without_orphans(model, place)
        ways["omics-components orphans"] += len(listed)
        if listed != leftovers:
            problems.append(f"orphans lists {listed}, and left are {leftovers}")
    there = {store["arn"] for store in _stores(place.world)}
    if there != recorded:
        problems.append(f"there is {there}, and the states have {recorded}")
    return place, ways, problems


def _without_orphans(model: Model, place: Place) -> tuple[Place, set[str]]:
    """Do what ``omics-components orphans`` says to delete what it lists; return that, too."""
    model.emulator._world.load_json(copy.deepcopy(place.world))
    deployments = [
        {"resources": [_exported(item) for item in place.states[person]]} for person in PEOPLE
    ]
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(folder, f"{person}.json")) for person in PEOPLE]
        for file, deployment in zip(files, deployments, strict=True):
            Path(file).write_text(json.dumps({"version": 3, "deployment": deployment}))
        command = ["orphans", *files, "--region", REGION, "--output", "json"]
        result = CliRunner().invoke(root, command, catch_exceptions=False)
    assert result.exit_code == ORPHANS_FOUND, result.output
    client = model.aws.omics(REGION)
    listed = json.loads(result.stdout)
    for orphan in listed:
        *words, store_id, _, region = orphan["delete"].split()
        assert (words, region) == (["aws", "omics", "delete-sequence-store", "--id"], REGION)
        client.delete_sequence_store(id=store_id)
    return replace(place, world=model.emulator._world.to_json()), {one["arn"] for one in listed}


def _exported(item: Record) -> dict[str, Any]:
    """Return a record as ``pulumi stack export`` has it."""
    return {
        "urn": f"urn:pulumi:dev::lab::pulumi-python:dynamic/omics:SequenceStore::{item.name}",
        "type": "pulumi-python:dynamic/omics:SequenceStore",
        "custom": True,
        "id": item.id,
        "inputs": item.inputs,
        "outputs": item.outputs,
        "delete": item.delete,
    }


def _advised(model: Model, place: Place, person: str, error: str) -> tuple[Place, str]:
    """Do what an error says."""
    client = model.aws.omics(REGION)
    if found := re.search(r"omics-components owner release (\S+)", error):
        holders = [
            other for other in PEOPLE if any(item.id == found[1] for item in place.states[other])
        ]
        if holders:  # "If another stack of this name manages it, give the resource another name."
            names = {**place.names, person: f"reads of {person}"}
            return replace(place, names=names), "another name"
        model.emulator._world.load_json(copy.deepcopy(place.world))
        tags = client.list_tags_for_resource(resourceArn=found[1])["tags"]
        tag = OwnerTag.parse(tags[OWNER_TAG])
        assert tag is not None
        client.tag_resource(resourceArn=found[1], tags={OWNER_TAG: str(tag.unfinished)})
        return replace(place, world=model.emulator._world.to_json()), "owner release"
    if "pulumi state delete" in error:
        found = re.search(r"updating (?:sequence store \([^)]*, )?(arn:\S+?)[):]", error)
        assert found, error
        states = {
            **place.states,
            person: [item for item in place.states[person] if item.id != found[1]],
        }
        return replace(place, states=states), "pulumi state delete"
    if "Run the update again" in error or "pulumi refresh" in error:
        return place, "again"
    raise AssertionError(f"no advice in: {error}")


def test_nobody_loses_anything() -> None:
    require_no_loss(Plugin, LENGTH)


def require_no_loss(plugin: Any, length: int) -> None:
    """Run all sequences of a length.

    Args:
        plugin: Speaks to a process: the dynamic front, or the native one.
        length: How many steps they have.
    """
    clock = SharedClock()
    emulator = Emulator(clock=clock, sleep=clock.advance, seed=1)
    with pytest.MonkeyPatch.context() as patch, mock_aws(), emulator.in_process():
        patch.setenv("OMICS_COMPONENTS_TPS", "*=inf")
        model = Model(emulator, clock, plugin)
        counts: Counter[str] = Counter()
        ways: Counter[str] = Counter()
        problems: list[str] = []
        places = {model.start().key(): model.start()}
        seen = set(places)
        for _ in range(length):
            following: dict[str, Place] = {}
            for place in places.values():
                steps = [Step(p, c) for p in PEOPLE for c in (*COMMANDS, "data")]
                for plain in steps:
                    for step in model.troubles(place, plain):
                        after, outcome = model.run(place, step)
                        counts["steps"] += 1
                        counts["failed"] += outcome.error is not None
                        lost = list(losses(place, after, step))
                        problems += [f"{_spelled(after)}: {loss}" for loss in lost]
                        if (key := after.key()) not in seen:
                            seen.add(key)
                            following[key] = after
            places = following
            counts["places"] += len(places)
            for place in places.values():
                _, taken, wrong = settle(model, place)
                ways += taken
                problems += [f"{_spelled(place)}: {one}" for one in wrong]
            print(dict(counts), dict(ways), len(problems))  # noqa: T201 `pytest -rP` shows the counts
    assert not problems, "\n".join(problems[:20])


def _spelled(place: Place) -> str:
    return "; ".join(map(str, place.path))
