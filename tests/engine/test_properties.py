"""Each property of each resource on the real engine: set, changed, drifted, repaired, cleared.

The tables in ``tests/kinds`` hold what a program writes and what plain boto3 does and finds.
Whether a change replaces the resource, and whether a value can be taken away, is the model's own
word: the documents' tables are made of the same facts.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from pulumi import automation

from omics_components import KmsKey, S3Bucket, SequenceStore
from omics_components.kinds import registry
from omics_components.schema.base import wire_name
from tests.engine.stack import Run, Stack
from tests.kinds.kms_key.properties import PROPERTIES as KMS_KEY
from tests.kinds.properties import Kind, Row, properties_of, users_own
from tests.kinds.s3_bucket.properties import PROPERTIES as S3_BUCKET
from tests.kinds.s3_bucket.properties import tag_bucket
from tests.kinds.sequence_store.properties import PROPERTIES as SEQUENCE_STORE

Phase = Literal["first", "changed", "cleared", "refused"]

KINDS = tuple(properties_of(kind) for kind in registry.KINDS)
"""All share a stack, for it is the engine's commands that take the time."""


@pytest.fixture(autouse=True)
def no_pacing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator admits as many calls a second as one likes."""
    monkeypatch.setenv("OMICS_COMPONENTS_TPS", "*=inf")


@pytest.mark.parametrize("kind", KINDS, ids=[kind.noun for kind in KINDS])
def test_the_table_covers_every_property(kind: Kind) -> None:
    """``tags_all`` comes from the stack's configuration and has a test of its own."""
    rows = [row.name for row in kind.rows]
    arguments = inspect.signature(kind.resource).parameters.keys() - {"resource_name", "opts"}

    assert sorted(rows) == sorted(kind.facts.keys() - {"tags_all"})
    assert {row.name for row in kind.rows if row.first is not None} == arguments


IN_WORDS: Mapping[str, Any] = {
    "the resource's name": "store",
    "the stack's region": "us-east-1",
    "a derived name": "second-name",  # but a bucket that is there keeps the name that it has
    "the whole bucket": "",
    "SSE-S3": None,
    "never": None,
    "30, with versioning": 30,
    "`policy` says it": None,
    "`readers` says it": None,
}
"""What the documents say of leaving a property out -> what is found then."""


@pytest.mark.parametrize("kind", KINDS, ids=[kind.noun for kind in KINDS])
def test_leaving_a_property_out_means_what_the_documents_say(kind: Kind) -> None:
    for row in kind.rows:
        default = kind.facts[row.name].default
        if default is None:
            assert not row.cleared, row.name
        else:
            assert row.cleared == IN_WORDS.get(default, row.cleared), row.name
            assert default in {*IN_WORDS, str(row.cleared)}, row.name


def test_each_property_is_set_changed_drifted_repaired_and_cleared(stack: Stack) -> None:
    lives = [Life(stack, kind) for kind in KINDS]

    stack.up(program(lives, "first"))
    for life in lives:
        life.assert_set()

    preview = stack.preview(program(lives, "changed"), diff=True)
    # Only what a replacement would delete is asked for.
    assert {call.operation for call in preview.calls} <= {"ListReadSets", "ListObjectVersions"}
    changed = stack.up(program(lives, "changed"))
    for life in lives:
        life.assert_changed(preview, changed)

    for life in lives:
        life.drift()
    refreshed = stack.refresh()
    for life in lives:
        life.assert_drifted(refreshed)
    repaired = stack.up(program(lives, "changed"), diff=True)
    for life in lives:
        life.assert_repaired(repaired)

    for life in lives:
        if life.kept:
            life.assert_refused()
    cleared = stack.up(program(lives, "cleared"), diff=True)
    for life in lives:
        life.assert_cleared(cleared)
    stack.preview(program(lives, "cleared"), refresh=True, expect_no_changes=True)


def program(lives: Iterable[Life], phase: Phase) -> Callable[[], None]:
    """A program of all kinds."""

    def declare() -> None:
        for life in lives:
            life.declare(phase)

    return declare


class Life:
    """What becomes of the resources of one kind.

    Args:
        stack: The stack that they are in.
        kind: The kind.
    """

    def __init__(self, stack: Stack, kind: Kind) -> None:
        self._stack = stack
        self._kind = kind
        self._facts = kind.facts
        self._real_ids = kind.prepare(stack)
        self._before: dict[str, dict[str, Any]] = {}
        self._told: dict[str, dict[str, Any]] = {}

    @property
    def kept(self) -> list[str]:
        """The properties that cannot be cleared."""
        return [row.name for row in self._kind.rows if not self._facts[row.name].clearable]

    def declare(self, phase: Phase) -> None:
        """Be the part of the program that is about this kind."""
        for resource, rows in self._kind.resources.items():
            arguments = dict(self._kind.besides.get(resource, {}))
            for row in rows:
                arguments |= self._arguments(row, phase)
            self._kind.resource(resource, **self._real(arguments))

    def drift(self) -> None:
        """Let someone change all that can be changed elsewhere."""
        client = self._stack.aws(service=self._kind.service)
        for resource, rows in self._kind.resources.items():
            for row in rows:
                if row.drift:
                    row.drift(client, self._before[resource]["id"])

    def assert_set(self) -> None:
        """What the program says is what boto3 finds."""
        self._assert_found("first")
        self._before = self._recorded()

    def assert_changed(self, preview: Run, run: Run) -> None:
        """Previews name what changes; what can be changed in place is."""
        for resource, rows in self._kind.resources.items():
            changed = [row for row in rows if row.first is not None]
            along = {name for row in changed for name in row.along}
            self._assert_told(preview, resource, changed, along)
            self._assert_steps(run, resource, changed)
        self._assert_found("changed")
        self._before, self._told = self._recorded(), self._live()

    def assert_drifted(self, run: Run) -> None:
        """A refresh names what drifted and nothing else, and records it as the inputs."""
        shown, after = named(run.text), self._recorded()
        for resource, rows in self._kind.resources.items():
            drifted = {self._wire(row.name): row.drifted for row in rows if row.drift}
            old, new = self._before[resource]["inputs"], after[resource]["inputs"]
            keys = {key for key in {*old, *new} if not key.startswith("__")}
            assert {key for key in keys if old.get(key) != new.get(key)} == set(drifted), resource
            assert {key: new.get(key) for key in drifted} == self._real(drifted), resource
            assert shown.get(resource, set()) == set(drifted), resource

    def assert_repaired(self, run: Run) -> None:
        """The next update names what drifted, and puts it back."""
        for resource, rows in self._kind.resources.items():
            drifted = [row for row in rows if row.drift]
            names = {self._wire(row.name) for row in drifted}
            assert marked(run.text).get(resource, set()) == names, resource
            self._assert_steps(run, resource, drifted)
        assert self._live() == self._told

    def assert_refused(self) -> None:
        """Taking away what cannot be cleared is refused by name, before anything is called."""
        with pytest.raises(automation.CommandError) as failure:
            self._stack.preview(lambda: self.declare("refused"))
        text = str(failure.value)
        assert "Traceback" not in text
        assert [name for name in self.kept if f"{name}: " not in text] == []
        assert not self._stack.server.emulator.calls

    def assert_cleared(self, run: Run) -> None:
        """What is left out is taken away, or what its absence means is there."""
        for resource, rows in self._kind.resources.items():
            cleared = [
                row
                for row in rows
                if row.name not in self.kept and (row.cleared != row.changed or row.instead)
            ]
            along = {name for row in cleared for name in (*row.along, *row.instead)}
            self._assert_told(run, resource, cleared, along)
            self._assert_steps(run, resource, cleared)
        self._assert_found("cleared")

    def _arguments(self, row: Row, phase: Phase) -> Mapping[str, Any]:
        """What the program says for a property."""
        if row.first is None:
            return {}
        if phase == "first":
            return {row.name: row.first}
        is_kept = row.name in self.kept
        if phase == "refused" and is_kept:
            return {row.name: None}
        if phase == "cleared" and not is_kept:
            return row.instead
        return {row.name: row.changed}

    def _assert_found(self, phase: Literal["first", "changed", "cleared"]) -> None:
        """Compare what boto3 finds with the table; where AWS keeps nothing, what is recorded."""
        for resource, recorded in self._recorded().items():
            live = self._kind.look(self._stack, recorded["id"])
            for row in self._kind.resources[resource]:
                expected = {row.name: getattr(row, phase), **self._arguments(row, phase)}
                if phase == "cleared" and row.instead:
                    del expected[row.name]
                for name, value in expected.items():
                    found = live[name] if row.in_aws else recorded["outputs"].get(self._wire(name))
                    if row.first is not None:
                        assert in_order(found) == in_order(self._real(value)), name

    def _assert_told(self, run: Run, resource: str, changed: list[Row], along: set[str]) -> None:
        """Compare what a preview or an update names with what the program changed."""
        names = {row.name for row in changed} | along
        replaces = {row.name for row in changed if self._facts[row.name].create_only}
        assert set(run.replaces.get(resource, ())) == {self._wire(name) for name in replaces}
        if not replaces:
            wires = {self._wire(name) for name in names}
            assert marked(run.text).get(resource, set()) == wires, resource

    def _assert_steps(self, run: Run, resource: str, changed: list[Row]) -> None:
        """Compare what became of a resource with the model's facts."""
        is_same = self._recorded()[resource]["id"] == self._before[resource]["id"]
        if any(self._facts[row.name].create_only for row in changed):
            assert "replace" in run.steps[resource], resource
            assert not is_same, resource
        else:
            assert run.steps[resource] == ["update" if changed else "same"], resource
            assert is_same, resource

    def _live(self) -> dict[str, dict[str, Any]]:
        """Ask AWS about all resources of this kind."""
        return {
            resource: self._kind.look(self._stack, recorded["id"])
            for resource, recorded in self._recorded().items()
        }

    def _wire(self, name: str) -> str:
        return wire_name(self._kind.model, name)

    def _recorded(self) -> dict[str, dict[str, Any]]:
        """Return the recorded resources of this kind by name."""
        recorded = {item["urn"].rpartition("::")[2]: item for item in self._stack.resources()}
        return {resource: recorded[resource] for resource in self._kind.resources}

    def _real(self, value: Any) -> Any:
        """Write the ids that there are in place of those in the table."""
        text = json.dumps(value)
        for written, real in self._real_ids.items():
            text = text.replace(written, real)
        return json.loads(text)


def marked(text: str) -> dict[str, set[str]]:
    """Read what ``--diff`` shows: resource name -> the properties on marked lines."""
    shown: dict[str, set[str]] = {}
    resource = ""
    for line in text.splitlines():
        if urn := re.search(r"\[urn=.*::(.+)\]$", line):
            resource = urn[1]
        elif line.strip() == "--outputs:--":
            resource = ""
        elif resource and (found := re.match(r" {6}[-+~] (\w+) *:", line)):
            shown.setdefault(resource, set()).add(found[1])
    return shown


def named(text: str) -> dict[str, set[str]]:
    """Read what is shown without ``--diff``: resource name -> the properties that are named."""
    lines = re.findall(r"dynamic/\S+ (\S+) .*\[diff: (.*)\]", text)
    return {resource: set(re.findall(r"\w+", properties)) for resource, properties in lines}


def in_order(value: Any) -> Any:
    """Lists of texts have no order here."""
    return sorted(value) if isinstance(value, list) else value


def test_the_preview_of_a_replacement_marks_no_input_that_stays(stack: Stack) -> None:
    def program(ordinal: str) -> Callable[[], None]:
        def declare() -> None:
            SequenceStore("store", replace_triggers={"generation": ordinal})
            S3Bucket("bucket", bucket=f"{ordinal}-name")

        return declare

    stack.up(program("first"))
    inputs = {name: set(stack.resource(name)["inputs"]) for name in ("store", "bucket")}

    preview = stack.preview(program("second"), diff=True)

    shown = {name: marked(preview.text)[name] & inputs[name] for name in inputs}
    assert shown == {"store": {"replaceTriggers"}, "bucket": {"bucket"}}


def test_tags_of_the_stack_and_what_only_the_state_knows(stack: Stack) -> None:
    """The computed input ``tagsAll``; and how a key, a bucket or a store shall be deleted."""
    kinds = {"key": KMS_KEY, "bucket": S3_BUCKET, "store": SEQUENCE_STORE}

    def program(*, window_days: int, force: bool) -> Callable[[], None]:
        def declare() -> None:
            KmsKey("key", deletion_window_in_days=window_days, tags={"team": "own"})
            S3Bucket("bucket", force_destroy=force, tags={"team": "own"})
            SequenceStore("store", force_destroy=force, tags={"team": "own"})

        return declare

    def configure(**tags: str) -> None:
        stack.set_config("aws:defaultTags", json.dumps({"tags": tags}))

    def tags_in_aws() -> list[dict[str, str]]:
        return [kind.look(stack, ids[name])["tags"] for name, kind in kinds.items()]

    def told(run: Run) -> dict[str, set[str]]:
        shown = marked(run.text)
        return {name: shown.get(name, set()) for name in kinds}

    configure(team="everyone", unit="lab")
    stack.up(program(window_days=7, force=False))
    ids = {name: stack.resource(name)["id"] for name in kinds}
    kms, s3 = stack.aws(service="kms"), stack.aws(service="s3")
    assert tags_in_aws() == [{"team": "own", "unit": "lab"}] * 3

    kms.tag_resource(KeyId=ids["key"], Tags=[{"TagKey": "unit", "TagValue": "drift"}])
    tag_bucket(s3, ids["bucket"], unit="drift")
    stack.aws().tag_resource(resourceArn=ids["store"], tags={"unit": "drift"})
    assert named(stack.refresh().text) == {name: {"tagsAll"} for name in kinds}
    for name in kinds:
        inputs = stack.resource(name)["inputs"]
        assert inputs["tags"] == {"team": "own"}
        assert users_own(inputs["tagsAll"]) == {"team": "own", "unit": "drift"}

    configure(team="everyone", unit="core")
    assert told(stack.up(program(window_days=14, force=True), diff=True)) == {
        "key": {"tagsAll", "deletionWindowInDays"},
        "bucket": {"tagsAll", "forceDestroy"},
        "store": {"tagsAll", "forceDestroy"},
    }
    assert tags_in_aws() == [{"team": "own", "unit": "core"}] * 3

    configure()
    cleared = stack.up(program(window_days=14, force=True), diff=True)
    assert told(cleared) == {name: {"tagsAll"} for name in kinds}
    assert tags_in_aws() == [{"team": "own"}] * 3

    s3.delete_bucket_policy(Bucket=ids["bucket"])  # moto takes its Deny for a Deny of everything
    s3.put_object(Bucket=ids["bucket"], Key="upload")
    stack.server.emulator.put_read_sets(stack.store_id("store"), 1)
    stack.destroy()
    deletion = kms.describe_key(KeyId=ids["key"])["KeyMetadata"]["DeletionDate"]
    assert (deletion - datetime.now(UTC)).days in {13, 14}
    assert not s3.list_buckets()["Buckets"]
    assert not stack.live_ids()
