"""Two people with equal project, stack and resource names in one account: no one loses anything.

Alice and Bob work on machines and backends of their own, on the real engine. Whether a plugin can
tell their backends apart depends on how they name them, so each way is tried; and then each way in
which a resource passes from one declaration, stack or person to another, or is replaced, or left
behind by a killed engine. ``pytest -rP | grep '^|'`` prints the table: scenario, what happened,
what was held to.

What is held to: whatever one of them does, what the other's state has is there as it was, read
sets, objects and tags included, and the other's next preview shows no change.
"""

from __future__ import annotations

import copy
import io
import json
import logging
import re
import subprocess
import tarfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest
from click.testing import CliRunner
from pulumi import ResourceOptions, automation

from omics_components import KmsKey, S3AccessPolicy, S3Bucket, SequenceStore
from omics_components.cli.root import root
from omics_components.emulator import EmulatorServer
from omics_components.testing import inline_programs
from tests.engine.people import READER, Person, Refused, Snapshot, put_data
from tests.engine.stack import Stack, cli_version

TAKE_OVER = "omics-components:takeOver"

LAB = f"""
from omics_components import EncryptedSequenceStore, SequenceStore

SequenceStore("reads", force_destroy=True)
EncryptedSequenceStore(
    "lab", {{"access_logs": True, "force_destroy": True, "readers": [{READER!r}]}}
)
"""
"""A store, and a component: a key, two buckets, a store with its access policy."""

STORE = """
from omics_components import SequenceStore
SequenceStore("reads", force_destroy=True)
"""

KINDS = 6
"""Resources of this library in LAB."""


def show(*cells: str) -> None:
    """Print a row of the table of scenarios."""
    print("|", " | ".join(cells), "|")  # noqa: T201 `pytest -rP` shows it


# How a backend is named.


class User(Protocol):
    """What Alice and Bob do, whatever tool they use."""

    def up(self) -> str:
        """Deploy the program; Refused if that fails."""

    def preview(self) -> str:
        """Preview it; Refused if something would change."""

    def destroy(self) -> str:
        """Destroy it; Refused if that fails."""

    def managed(self) -> list[str]:
        """Return the ids of this library's resources in the state."""


@dataclass
class Inline:
    """A user whose program is a function of the Automation API.

    Args:
        stack: The stack.
    """

    stack: Stack

    def up(self) -> str:
        return _inline(lambda: self.stack.up(self._program).text)

    def preview(self) -> str:
        return _inline(lambda: self.stack.preview(self._program, expect_no_changes=True).text)

    def destroy(self) -> str:
        return _inline(lambda: self.stack.destroy().text)

    def managed(self) -> list[str]:
        return sorted(item["id"] for item in self.stack.resources())

    @staticmethod
    def _program() -> None:
        exec(LAB, {})  # noqa: S102 our own program


def _inline(command: Callable[[], str]) -> str:
    try:
        return command()
    except automation.CommandError as error:
        raise Refused(str(error)) from error


@dataclass(frozen=True)
class Place:
    """Where a scenario is played.

    Args:
        folder: A folder of its own.
        server: The emulator.
    """

    folder: Path
    server: EmulatorServer

    def person(self, name: str, backend: Path | None = None, **options: Any) -> Person:
        """Return someone with the CLI, who has written the program."""
        backend = backend or self.folder / f"backend-of-{name}"
        person = Person(self.folder / name, self.server, backend, **options)
        person.write(LAB)
        return person

    def uri(self, name: str) -> str:
        """Return the URL of a person's backend."""
        return (self.folder / f"backend-of-{name}").as_uri()


def by_variable(place: Place, name: str) -> User:
    return place.person(name, environment={"PULUMI_BACKEND_URL": place.uri(name)})


def by_project(place: Place, name: str) -> User:
    return place.person(name, project={"backend": {"url": place.uri(name)}})


def by_project_of_a_program_elsewhere(place: Place, name: str) -> Person:
    main = str(place.folder / f"program-of-{name}")
    return place.person(name, project={"backend": {"url": place.uri(name)}, "main": main})


def by_login(place: Place, name: str) -> User:
    person = place.person(name)
    person.log_in(place.uri(name))
    return person


def by_login_in_one_home(place: Place, name: str) -> User:
    return place.person(name, home=place.folder / "home", login=place.uri(name))


def by_env_vars(place: Place, name: str) -> User:
    return Inline(Stack(place.folder / name, place.server))


def by_project_settings(place: Place, name: str) -> User:
    return Inline(Stack(place.folder / name, place.server, hides_backend=True))


def up(place: Place, person: User) -> None:
    del place
    person.up()


def up_while_the_login_changes(place: Place, person: User) -> None:
    """The engine has opened Alice's backend; her plugin begins after a login to Bob's."""
    assert isinstance(person, Person)
    place.person("bob")
    person.write(f"""
import pathlib, time
pathlib.Path("running").touch()
while not pathlib.Path("go").exists():
    time.sleep(0.05)
{LAB}""")
    person.log_in(place.uri("alice"))
    finish = person.start("up", "--yes", "--skip-preview")
    _wait_until((person.folder / "running").exists)
    person.log_in(place.uri("bob"))
    (person.folder / "go").touch()
    finish()


def up_while_a_store_is_created_and_the_login_changes(place: Place, person: User) -> None:
    """Her plugin has begun, too."""
    assert isinstance(person, Person)
    place.person("bob")
    place.server.emulator.configure(creating_s=3)
    calls = place.server.emulator.calls
    calls.clear()
    person.log_in(place.uri("alice"))
    finish = person.start("up", "--yes", "--skip-preview")
    _wait_until(lambda: "omics:CreateSequenceStore" in calls.names())
    person.log_in(place.uri("bob"))
    finish()
    place.server.emulator.configure(creating_s=0)


def _wait_until(true: Callable[[], object], within_s: float = 60) -> None:
    deadline_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


@dataclass(frozen=True)
class Way:
    """A way to name a backend.

    Args:
        how: In words.
        user: Makes Alice or Bob.
        is_seen: Whether a plugin can tell their backends apart.
        first: How Alice deploys.
    """

    how: str
    user: Callable[[Place, str], User]
    is_seen: bool
    first: Callable[[Place, User], None] = up


WAYS = {
    "variable": Way("PULUMI_BACKEND_URL", by_variable, True),
    "env_vars": Way("`env_vars` of an inline program", by_env_vars, True),
    "Pulumi.yaml": Way("`backend.url` in Pulumi.yaml", by_project, True),
    "project_settings": Way(
        "`project_settings.backend` of an inline program", by_project_settings, False
    ),
    "Pulumi.yaml, main elsewhere": Way(
        "`backend.url` in Pulumi.yaml, whose `main` is in another folder",
        by_project_of_a_program_elsewhere,
        False,
    ),
    "login": Way("`pulumi login`, a home each", by_login, True),
    "login in one home": Way("`pulumi login`, one home", by_login_in_one_home, True),
    "login changes before the plugin begins": Way(
        "`pulumi login`, one home; Bob logs in while Alice's program runs",
        by_login_in_one_home,
        False,
        up_while_the_login_changes,
    ),
    "login changes during a creation": Way(
        "`pulumi login`, one home; Bob logs in while Alice's store is created",
        by_login_in_one_home,
        True,
        up_while_a_store_is_created_and_the_login_changes,
    ),
}


@pytest.fixture
def server(server: EmulatorServer) -> EmulatorServer:
    """The emulator; stores must have usable keys."""
    server.emulator.configure(check_keys=True)
    return server


@pytest.fixture
def place(
    server: EmulatorServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> Iterator[Place]:
    """A folder and an empty account."""
    # The SDK's host of inline programs logs that an engine which was killed is gone.
    caplog.set_level(logging.CRITICAL, "grpc._server")
    yield Place(tmp_path, server)
    inline_programs.wait_for_programs()
    caplog.get_records("call").clear()  # errors in them hold on to what the SDK left behind
    inline_programs.collect_leavings()


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_equal_names_on_two_backends_never_meet(way: Way, place: Place) -> None:
    alice = way.user(place, "alice")
    way.first(place, alice)
    hers = alice.managed()
    assert len(hers) == KINDS
    put_data(place.server, hers)
    before = Snapshot.take(place.server.url)
    bob = way.user(place, "bob")

    if way.is_seen:
        bob.up()
        happened = "Bob gets his own"
        assert len(bob.managed()) == KINDS
    else:
        with pytest.raises(Refused) as refused:
            bob.up()
        happened = "Bob's up fails and names hers"
        require_named(str(refused.value), hers)
    assert not {*bob.managed()} & {*hers}
    bob.destroy()

    after = Snapshot.take(place.server.url)
    assert after == before, "only Alice's is left, as it was"
    alice.preview()
    alice.destroy()
    assert not Snapshot.take(place.server.url).things
    show(way.how, happened, "his destroy leaves hers; her preview is clean; her destroy works")


def test_one_backend_under_other_spellings_is_one_stack(place: Place) -> None:
    alice = place.person("alice", environment={"PULUMI_BACKEND_URL": place.uri("alice")})
    alice.up()
    hers = alice.managed()
    put_data(place.server, hers)
    before = Snapshot.take(place.server.url)

    spellings = ("/./", "?no_tmp_dir=true")
    for number, spelling in enumerate(spellings):
        url = place.uri("alice") + spelling
        environment = {"PULUMI_BACKEND_URL": url}
        bob = place.person(f"bob-{number}", backend=alice.backend, environment=environment)
        bob.preview()
        bob.up()
        assert bob.managed() == hers
        assert Snapshot.take(place.server.url) == before
    alice.preview()
    show(
        f"`file:///x`, then with {' and '.join(spellings)}",
        "Bob's up changes nothing",
        "it is one stack: no second store, no loss",
    )


def require_named(text: str, ids: list[str]) -> None:
    """Require that each error is one sentence that names a resource among *ids*.

    A program that the engine stops while it registers a resource may print a traceback of the SDK;
    an error that was a traceback of the plugin would begin with that word.
    """
    engines_own = "update failed|Resource monitor has terminated"
    errors = re.findall(f"^ *error: (?!{engines_own})(.*)$", text, re.MULTILINE)
    assert errors, text
    for error in errors:
        assert any(id_ in error for id_ in ids), f"{error}\n{text}"


# What passes from one to another, is replaced, or is left behind.


@dataclass
class Two:
    """Alice and Bob with stacks of one identity: no plugin can tell their backends apart.

    Args:
        alice: Alice's stack.
        bob: Bob's.
        folder: A folder for files.
        data: What someone could lose: read sets by store and objects by bucket.
        programs: What each of them deployed last; nothing after a destroy.
    """

    alice: Stack
    bob: Stack
    folder: Path
    data: dict[str, object] = field(default_factory=dict)
    programs: dict[int, Callable[[], None]] = field(default_factory=dict)

    def up(self, stack: Stack, program: Callable[[], None], **options: Any) -> str:
        """Deploy a program, which then is that stack's."""
        text = stack.up(program, **options).text
        self.programs[id(stack)] = program
        return text

    def begin(self, program: Callable[[], None]) -> dict[str, str]:
        """Let Alice deploy a program, and put data into what it made; return ids by kind."""
        self.up(self.alice, program)
        made = ids_by_kind(self.alice)
        self.put_data(made.values())
        return made

    def put_data(self, ids: Iterable[str]) -> None:
        """Put data into stores and buckets; from here on no one may lose it."""
        ids = list(ids)
        put_data(self.alice.server, ids)
        self.data |= self._contents(ids)

    def give_up(self, *ids: str) -> None:
        """Note that the data of these was deleted by the stack that manages them, on request."""
        for id_ in ids:
            self.data.pop(id_, None)

    def snapshot(self) -> Snapshot:
        """Look at everything in the account."""
        return Snapshot.take(self.alice.server.url)

    def owner(self, verb: str, id_: str) -> str:
        """Run ``omics-components owner`` with the states of both, and return what it prints."""
        arguments = ["owner", verb, id_]
        for number, stack in enumerate((self.alice, self.bob)):
            state = self.folder / f"{number}.json"
            state.write_text(stack.cli("stack", "export"))
            arguments += ["--state", str(state)]
        environment = self.alice.server.environment()
        return CliRunner().invoke(root, arguments, input="y\n", env=environment).output

    def require_nothing_lost(self) -> None:
        """Require that all that is in a state is there with its data, and that previews are clean.

        Pending deletions are not what a state has.
        """
        live = self.snapshot().things
        for stack in (self.alice, self.bob):
            kept = {item["id"] for item in stack.resources() if not item.get("delete")}
            assert kept <= live.keys(), "what a state has is gone"
        assert self._contents(self.data) == self.data
        for stack in (self.alice, self.bob):
            if program := self.programs.get(id(stack)):
                stack.preview(program, expect_no_changes=True)

    def _contents(self, ids: Iterable[str]) -> dict[str, object]:
        live = self.snapshot().of(ids)
        return {
            id_: (thing or {}).get("readSets" if ":" in id_ else "objects")
            for id_, thing in live.items()
            if ":sequenceStore/" in id_ or ":" not in id_
        }


@pytest.fixture
def two(place: Place) -> Two:
    """Alice and Bob."""
    alice, bob = (
        Stack(place.folder / name, place.server, hides_backend=True) for name in ("alice", "bob")
    )
    return Two(alice, bob, place.folder)


def lab(
    name: str = "reads",
    *,
    note: str = "Reads",
    imported: Mapping[str, str] | None = None,
    kinds: Collection[str] = ("key", "bucket", "store", "policy"),
    policy: str | None = None,
    reader: str = "one",
    **options: Any,
) -> Callable[[], None]:
    """Return a program with one resource of each kind.

    Args:
        name: The name of each.
        note: What can be updated of each, but for the policy.
        imported: What ``import_`` names, by kind.
        kinds: Which kinds there are.
        policy: Another name for the policy.
        reader: What can be updated of the policy.
        **options: Resource options of all of them.
    """

    def opts(kind: str) -> ResourceOptions:
        return ResourceOptions(import_=(imported or {}).get(kind), **options)

    def declare() -> None:
        if "key" in kinds:
            KmsKey(name, description=note, deletion_window_in_days=7, opts=opts("key"))
        if "bucket" in kinds:
            S3Bucket(name, tags={"note": note}, force_destroy=True, opts=opts("bucket"))
        if "store" in kinds:
            store = SequenceStore(
                name, name="reads", description=note, force_destroy=True, opts=opts("store")
            )
            if "policy" in kinds:
                S3AccessPolicy(
                    policy or name,
                    sequence_store_arn=store.arn,
                    readers=[f"{READER}-{reader}"],
                    opts=opts("policy"),
                )

    return declare


_TOKENS = {
    "key": "kms:Key",
    "bucket": "s3:Bucket",
    "store": "omics:SequenceStore",
    "policy": "omics:S3AccessPolicy",
}


def ids_by_kind(stack: Stack, name: str = "") -> dict[str, str]:
    """Return the ids of a stack's resources by kind, or of those of one name."""
    return {
        kind: item["id"]
        for kind, token in _TOKENS.items()
        for item in stack.resources()
        if item["type"].endswith(f"dynamic/{token}") and item["urn"].endswith(name)
    }


def urns(stack: Stack, name: str) -> list[str]:
    """Return the URNs of a stack's resources of one name."""
    found = [item["urn"] for item in stack.resources()]
    return [urn for urn in found if urn.endswith(f"::{name}")]


def refused(command: Callable[..., object], *arguments: Any, **options: Any) -> str:
    """Run a command that must fail with errors in one sentence each; return its text."""
    with pytest.raises(automation.CommandError) as error:
        command(*arguments, **options)
    text = str(error.value)
    assert "Traceback" not in text
    return text


def is_left(text: str, ids: Iterable[str]) -> bool:
    """Return whether a destroy reports that it left each of these as it is."""
    return all(f"left {id_} as it is, and removed it from this state" in text for id_ in ids)


def taken_over_by_another_declaration(two: Two) -> str:
    made = two.begin(lab("old"))
    old = urns(two.alice, "old")
    two.alice.set_config(TAKE_OVER, ",".join(made.values()))
    new = lab("new", imported=made)
    two.up(two.alice, new, target=[re.sub("::old$", "::new", urn) for urn in old])
    assert ids_by_kind(two.alice, "::new") == made

    text = two.alice.destroy(target=old).text

    assert is_left(text, made.values())
    assert ids_by_kind(two.alice) == made
    return "the destroy of the old one leaves all four, and says so"


def renamed_without_an_alias(two: Two) -> str:
    made = two.begin(lab("old"))
    old = urns(two.alice, "old")
    two.up(two.alice, lab("new"), target=[re.sub("::old$", "::new", urn) for urn in old])
    others = ids_by_kind(two.alice, "::new")
    assert not {*others.values()} & {*made.values()}
    two.put_data(others.values())

    two.alice.destroy(target=old)

    two.give_up(*made.values())
    assert ids_by_kind(two.alice) == others
    assert not {*made.values()} & {*two.snapshot().things}
    return "the new name makes its own four; the destroy of the old one deletes the old ones alone"


def policy_renamed_without_an_alias(two: Two) -> str:
    made = two.begin(lab(policy="old"))
    before = two.snapshot()
    [old] = urns(two.alice, "old")
    new = lab(policy="new")

    for options in ({"target": [re.sub("::old$", "::new", old)]}, {}):
        text = refused(two.alice.up, new, **options)
        assert "another declaration manages the policy of this store" in text
        assert "give the resource an alias of its old name" in text
        assert two.snapshot() == before
    two.alice.set_config(TAKE_OVER, made["policy"])
    adopted = lab(policy="new", imported={"policy": made["policy"]})
    two.up(two.alice, adopted, target=[re.sub("::old$", "::new", old)])
    text = two.alice.destroy(target=[old]).text

    assert is_left(text, [made["policy"]])
    assert READER in json.dumps(two.snapshot().things[made["policy"]])
    return "its creation fails and names alias and import_; adopted, it outlives the old one"


def taken_over_by_another_stack(two: Two) -> str:
    made = two.begin(lab())
    two.bob.set_config(TAKE_OVER, ",".join(made.values()))
    two.up(two.bob, lab("theirs", imported=made))
    before = two.snapshot()

    text = refused(two.alice.up, lab(note="New"), continue_on_error=True)
    text += refused(two.alice.up, lab(reader="new"))  # the engine spares it what its store fails
    for id_ in made.values():
        assert f"{id_}): its owner tag is" in text
        assert f"run omics-components owner take {id_}" in text
    assert "pulumi state delete" in text
    destroyed = two.alice.destroy().text

    assert is_left(destroyed, made.values())
    assert two.alice.resources() == []
    assert two.snapshot() == before
    two.programs.pop(id(two.alice))
    return "Alice's up fails and names the ways; her destroy succeeds, leaves all four, says so"


def replaced_by_force(two: Two) -> str:
    made = two.begin(lab())
    before = two.snapshot()

    text = refused(two.alice.up, lab(), replace=urns(two.alice, "reads"), continue_on_error=True)

    for kind in ("key", "bucket", "store"):
        assert made[kind] in text
    assert "do not use --replace or taint" in text
    assert "delete_before_replace" in text
    assert two.snapshot() == before
    assert ids_by_kind(two.alice) == made
    return "refused: the error names delete_before_replace; nothing changes"


def tainted(two: Two) -> str:
    made = two.begin(lab())
    before = two.snapshot()
    marked = urns(two.alice, "reads")
    two.alice.cli("state", "taint", *marked, "--yes")

    text = refused(two.alice.up, lab(), continue_on_error=True)

    assert "do not use --replace or taint" in text
    assert two.snapshot() == before
    two.alice.cli("state", "untaint", *marked, "--yes")
    two.up(two.alice, lab(), expect_no_changes=True)
    assert ids_by_kind(two.alice) == made
    return "refused as --replace; after `pulumi state untaint` nothing changes"


def pending_deletion_names_what_is_live(two: Two) -> str:
    """So earlier versions left the state after a `--replace` that was killed."""
    made = two.begin(lab())

    def repeat(resources: list[dict[str, Any]]) -> None:
        mine = [item for item in resources if "dynamic/" in item["type"]]
        resources.extend({**item, "delete": True} for item in copy.deepcopy(mine))

    two.alice.change_state(repeat)
    before = two.snapshot()

    text = two.up(two.alice, lab())

    assert all(f"kept {id_}: the program still has it" in text for id_ in made.values())
    assert not [item for item in two.alice.resources() if item.get("delete")]
    assert two.snapshot() == before
    return "the next plain up keeps all four, and says so"


ALONE = lab(kinds=["store"], delete_before_replace=True)


def replaced_by_force_deleting_first(two: Two) -> str:
    made = two.begin(ALONE)

    two.up(two.alice, ALONE, replace=urns(two.alice, "reads"))

    two.give_up(made["store"])
    assert {*two.snapshot().things} >= {*ids_by_kind(two.alice).values()}
    assert made["store"] not in two.snapshot().things
    return "replaced, as asked"


def forced_deletion_is_troubled(
    trouble: Mapping[str, Any], *, is_deleted: bool
) -> Callable[[Two], str]:
    def play(two: Two) -> str:
        two.up(two.alice, ALONE)
        made = ids_by_kind(two.alice)
        faults = two.alice.server.emulator.faults
        faults.add({"operation": "DeleteSequenceStore", **trouble})
        with pytest.raises(automation.CommandError):
            two.alice.up(ALONE, replace=urns(two.alice, "reads"))
        faults.clear()
        if "ancestors" in trouble:
            two.alice.cli("cancel", "--yes")
        assert (made["store"] not in two.snapshot().things) == is_deleted

        two.up(two.alice, ALONE, refresh=is_deleted)

        assert (ids_by_kind(two.alice) == made) != is_deleted
        assert stores(two) == [*ids_by_kind(two.alice).values()]
        return (
            "the next up with --refresh makes the new store"
            if is_deleted
            else "the next plain up keeps the store"
        )

    return play


def stores(two: Two) -> list[str]:
    """List the stores there are."""
    return [id_ for id_ in two.snapshot().things if ":sequenceStore/" in id_]


def triggered(trigger: str) -> Callable[[], None]:
    """Return a program whose store is replaced when *trigger* changes."""

    def declare() -> None:
        SequenceStore("reads", replace_triggers={"number": trigger}, force_destroy=True)

    return declare


def replacement_whose_deletion_is_troubled(trouble: Mapping[str, Any]) -> Callable[[Two], str]:
    def play(two: Two) -> str:
        two.up(two.alice, triggered("1"))
        old = ids_by_kind(two.alice)["store"]
        faults = two.alice.server.emulator.faults
        faults.add({"operation": "DeleteSequenceStore", **trouble})
        with pytest.raises(automation.CommandError):
            two.alice.up(triggered("2"))
        faults.clear()
        if "ancestors" in trouble:
            two.alice.cli("cancel", "--yes")
        [new] = [item["id"] for item in two.alice.resources() if not item.get("delete")]
        two.put_data([new])

        two.up(two.alice, triggered("2"))

        assert [item["id"] for item in two.alice.resources()] == [new]
        assert stores(two) == [new] != [old]
        return "the next plain up deletes the old store, and the new one keeps its data"

    return play


KILL = {"action": "crash", "ancestors": ["pulumi"]}
_LAST_CALLS = {"store": "TagResource", "key": "kms:TagResource", "bucket": "s3:PutBucketTagging"}


def creation_is_killed(kind: str, when: str) -> Callable[[Two], str]:
    """Kill Alice's engine before or after the last call of a creation; then comes Bob."""

    def play(two: Two) -> str:
        program = lab(kinds=[kind])
        faults = two.alice.server.emulator.faults
        faults.add({"operation": _LAST_CALLS[kind], **KILL, "when": when})
        with pytest.raises(automation.CommandError):
            two.alice.up(program)
        faults.clear()
        two.alice.cli("cancel", "--yes")
        [left] = [id_ for id_ in two.snapshot().things if ":accesspoint/" not in id_]

        if when == "after":
            for stack in (two.bob, two.alice):
                text = refused(stack.up, program)
                assert left in text
                if kind != "bucket":
                    assert f"run omics-components owner release {left}" in text
            assert f"{left} is marked as unfinished" in two.owner("release", left)
        two.up(two.bob, program)
        assert [*ids_by_kind(two.bob).values()] == [left]
        two.put_data([left])
        before = two.snapshot()

        assert left in refused(two.alice.up, program)
        assert "so that stack manages it" in two.owner("release", left)
        assert two.snapshot() == before
        two.up(two.alice, lab("others", kinds=[kind]))
        two.alice.destroy()
        two.programs.pop(id(two.alice))
        assert two.snapshot() == before
        resumed = "after `owner release` " if when == "after" else ""
        return f"{resumed}Bob's up resumes it; Alice's fails, and makes her own by another name"

    return play


@dataclass(frozen=True)
class Scenario:
    """Something that two people do.

    Args:
        how: In words.
        play: Does it, and returns what happened.
    """

    how: str
    play: Callable[[Two], str]


SCENARIOS = {
    "taken over by another declaration": Scenario(
        "take-over by another declaration, targeted destroy of the old one",
        taken_over_by_another_declaration,
    ),
    "renamed": Scenario(
        "rename without alias, targeted destroy of the old one", renamed_without_an_alias
    ),
    "policy renamed": Scenario(
        "rename of an access policy without alias, targeted destroy of the old one",
        policy_renamed_without_an_alias,
    ),
    "taken over by another stack": Scenario(
        "take-over by Bob's stack, then Alice's up and destroy", taken_over_by_another_stack
    ),
    "replace": Scenario("`up --replace`", replaced_by_force),
    "taint": Scenario("`pulumi state taint`", tainted),
    "replace, delete first": Scenario(
        "`up --replace` with delete_before_replace", replaced_by_force_deleting_first
    ),
    "replace, delete fails": Scenario(
        "`up --replace` with delete_before_replace, the deletion fails",
        forced_deletion_is_troubled({"code": "AccessDeniedException"}, is_deleted=False),
    ),
    "replace, killed before delete": Scenario(
        "`up --replace` with delete_before_replace, killed before the deletion",
        forced_deletion_is_troubled({**KILL, "when": "before"}, is_deleted=False),
    ),
    "replace, killed after delete": Scenario(
        "`up --replace` with delete_before_replace, killed after the deletion",
        forced_deletion_is_troubled({**KILL, "when": "after"}, is_deleted=True),
    ),
    "pending deletion": Scenario(
        "a state that names live ids for deletion", pending_deletion_names_what_is_live
    ),
    "replacement, delete fails": Scenario(
        "a replacement by replace_triggers, the deletion fails",
        replacement_whose_deletion_is_troubled({"code": "AccessDeniedException"}),
    ),
    "replacement, killed before delete": Scenario(
        "a replacement by replace_triggers, killed before the deletion",
        replacement_whose_deletion_is_troubled({**KILL, "when": "before"}),
    ),
    **{
        f"{kind} killed {when} the last call": Scenario(
            f"Alice's creation of a {kind} is killed {when} its last call; then Bob's up",
            creation_is_killed(kind, when),
        )
        for kind in _LAST_CALLS
        for when in ("before", "after")
    },
}


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_nobody_loses_anything(scenario: Scenario, two: Two) -> None:
    happened = scenario.play(two)

    two.require_nothing_lost()
    show(scenario.how, happened, "no one loses anything; the next previews are clean")


def test_two_ups_at_once_make_one_store_with_one_owner(place: Place) -> None:
    """Bob's up takes Alice's store for an interrupted creation, while her plugin still waits."""
    alice, bob = (by_project_of_a_program_elsewhere(place, name) for name in ("alice", "bob"))
    for person in (alice, bob):
        person.write(STORE)
    place.server.emulator.configure(creating_s=5)
    calls = place.server.emulator.calls
    calls.clear()

    finish = alice.start("up", "--yes", "--skip-preview")
    _wait_until(lambda: "omics:CreateSequenceStore" in calls.names())
    bob.up()
    with pytest.raises(Refused) as refused:
        finish()

    [his] = bob.managed()
    require_named(str(refused.value), [his])
    assert "another stack or process resumed the creation" in str(refused.value)
    assert alice.managed() == []
    put_data(place.server, [his])
    before = Snapshot.take(place.server.url)
    with pytest.raises(Refused) as refused:
        alice.up()
    require_named(str(refused.value), [his])
    alice.destroy()
    assert Snapshot.take(place.server.url) == before
    bob.preview()
    bob.destroy()
    assert not Snapshot.take(place.server.url).things
    show(
        "Alice's and Bob's up at the same time",
        "Bob's resumes Alice's unfinished store; hers fails and names it",
        "one store, which one of them has; his preview is clean",
    )


# What passes from stack to stack, and what an earlier version makes of it.


def test_a_store_moves_to_another_stack(place: Place) -> None:
    variable = {"PULUMI_BACKEND_URL": place.uri("alice")}
    alice = place.person("alice", environment=variable)
    alice.write(STORE)
    alice.up()
    [moved] = alice.managed()
    put_data(place.server, [moved])
    contents = Snapshot.take(place.server.url).things[moved]["readSets"]
    prod = place.person("prod", backend=alice.backend, environment=variable, stack="prod")
    prod.write("")
    prod.up()

    alice.move(alice.urn("reads"), "prod")
    prod.write(STORE)
    with pytest.raises(Refused) as refused:  # its owner tag still names this declaration
        alice.up()
    require_named(str(refused.value), [moved])
    prod.up()
    alice.up()
    others = alice.managed()
    alice.destroy()

    assert prod.managed() == [moved] != others
    assert Snapshot.take(place.server.url).things[moved]["readSets"] == contents
    prod.preview()
    prod.destroy()
    assert not Snapshot.take(place.server.url).things
    show(
        "`state move` to another stack, then an up of the former one",
        "it fails and names the store; after the other stack's up it makes its own",
        "its destroy leaves the moved one, whose preview is clean",
    )


def test_a_new_stack_has_the_old_name_of_a_renamed_one(place: Place) -> None:
    variable = {"PULUMI_BACKEND_URL": place.uri("alice")}
    alice = place.person("alice", environment=variable)
    alice.up()
    hers = alice.managed()
    put_data(place.server, hers)
    alice.pulumi("stack", "rename", "archive")
    alice.stack = "archive"
    before = Snapshot.take(place.server.url)
    bob = place.person("bob", backend=alice.backend, environment=variable)

    with pytest.raises(Refused) as refused:  # the owner tags still name these declarations
        bob.up()
    require_named(str(refused.value), hers)
    bob.destroy()
    assert Snapshot.take(place.server.url) == before
    alice.up()
    renamed = Snapshot.take(place.server.url)
    bob.up()
    assert len(bob.managed()) == KINDS
    assert not {*bob.managed()} & {*hers}
    bob.destroy()

    assert Snapshot.take(place.server.url) == renamed
    assert alice.managed() == hers
    alice.preview()
    alice.destroy()
    assert not Snapshot.take(place.server.url).things
    show(
        "`stack rename`, then a new stack of the old name",
        "its up fails and names hers; after her up under the new name it makes its own",
        "its destroy leaves hers; her preview is clean",
    )


FORMER_VERSION = "ae26fbd"
"""The last commit before the owner tag had a serial."""


@pytest.fixture
def former_version(server: EmulatorServer, tmp_path: Path) -> dict[str, str]:
    """Return the environment of a program and plugin of the former version."""
    # That version replaces a store for which AWS reports a key of its own.
    server.emulator.configure(assume={"keyless-store-key": "as-given"})
    archive = subprocess.run(
        ["git", "archive", FORMER_VERSION, "omics_components"],
        cwd=Path(__file__).parents[2],
        check=False,
        capture_output=True,
    )
    if archive.returncode:
        pytest.fail(
            f"the commit {FORMER_VERSION} is needed, and git archive does not find it: fetch the "
            f"whole history (git fetch --unshallow). {archive.stderr.decode()}"
        )
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(tmp_path / "former", filter="data")
    return {"PYTHONPATH": str(tmp_path / "former")}


def colleague(place: Place, name: str, environment: Mapping[str, str]) -> Person:
    """Return someone whose backend neither version sees: all have one identity."""
    person = by_project_of_a_program_elsewhere(place, name)
    person.environment = environment
    return person


def test_a_colleague_with_the_former_version_leaves_what_this_one_made(
    place: Place, former_version: dict[str, str]
) -> None:
    alice = colleague(place, "alice", {})
    place.server.emulator.faults.add(
        {"operation": "TagResource", **KILL, "when": "before", "times": 1}
    )
    alice.write(STORE)
    with pytest.raises(Refused):
        alice.up()
    place.server.emulator.faults.clear()
    alice.pulumi("cancel", "--yes")
    unfinished = Snapshot.take(place.server.url)
    bob = colleague(place, "bob", former_version)
    bob.write(STORE)
    bob.up()
    bob.destroy()
    assert Snapshot.take(place.server.url) == unfinished

    for person in (alice, bob):
        person.write(LAB)
    alice.up()
    hers = alice.managed()
    assert {id_ for id_ in unfinished.things if ":sequenceStore/" in id_} < {*hers}
    put_data(place.server, hers)
    before = Snapshot.take(place.server.url)
    bob.pulumi("preview")
    bob.up()
    assert len(bob.managed()) == KINDS
    assert not any(map(_serial, bob.resources()))
    assert not {*bob.managed()} & {*hers}
    bob.pulumi("refresh", "--yes", "--skip-preview")
    bob.destroy()

    assert Snapshot.take(place.server.url) == before
    alice.preview()
    alice.destroy()
    assert not Snapshot.take(place.server.url).things
    show(
        f"this version writes; a colleague's {FORMER_VERSION} previews, ups, refreshes, destroys",
        "it makes its own, beside an unfinished store as well",
        "nothing of Alice's is resumed, changed or deleted; her preview is clean",
    )


def test_this_version_manages_what_the_former_one_made_and_takes_nobodys(
    place: Place, former_version: dict[str, str]
) -> None:
    bob = colleague(place, "bob", former_version)
    bob.up()
    his = bob.managed()
    assert not any(map(_serial, bob.resources()))
    put_data(place.server, his)
    before = Snapshot.take(place.server.url)

    alice = colleague(place, "alice", {})
    with pytest.raises(Refused) as refused:
        alice.up("--continue-on-error")
    errors = str(refused.value)
    if cli_version() < (3, 276):  # it continues with what depends on the store that failed
        errors = "\n".join(line for line in errors.splitlines() if "'lab-access'" not in line)
    require_named(errors, his)
    ids = {item["urn"].rpartition("::")[2]: item.get("id") for item in bob.resources()}
    for name in ("reads", "lab-key"):  # all others but one bucket need the key
        assert f"{ids[name]} of this declaration is finished" in str(refused.value)
    assert f"creating S3 bucket ({ids['lab-logs']}): there is a bucket" in str(refused.value)
    assert not {*alice.managed()} & {*his}
    alice.destroy()
    assert Snapshot.take(place.server.url) == before
    bob.pulumi("preview", "--expect-no-changes")

    bob.environment = {}
    bob.preview()
    bob.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    assert Snapshot.take(place.server.url) == before
    bob.write(LAB.replace('"access_logs"', '"description": "New", "access_logs"'))
    bob.up()
    bob.preview()
    assert bob.managed() == his
    bob.destroy()
    assert not Snapshot.take(place.server.url).things
    show(
        f"{FORMER_VERSION} writes; another state's up by this version; then Bob upgrades",
        "the other's up fails and names his; his preview and refresh show no change",
        "nothing of his is taken; he updates and destroys it by this version",
    )


def _serial(resource: Mapping[str, Any]) -> str:
    """Return the serial that a state records; "" if none."""
    tag = str(resource.get("outputs", {}).get("__owner") or "")
    return "/".join(tag.split("/")[2:])
