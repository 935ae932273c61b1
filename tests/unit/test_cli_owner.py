"""``omics-components owner``: what it shows, and that it settles what the fence refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from omics_components.aws.client import Aws
from omics_components.aws.settings import AwsSettings
from omics_components.cli.root import root
from omics_components.emulator import Emulator
from omics_components.errors import AlreadyExists, OwnershipConflict, ResourceConflict
from omics_components.kinds.registry import KIND_NAMES, kind_named
from omics_components.lifecycle.fence import require_owner
from omics_components.lifecycle.handler import EngineRequest, Handler, LiveResource
from omics_components.schema.delta import create_only_values
from omics_components.schema.owner_tag import OWNER_TAG, Claim, OwnerTag
from tests.kinds.example import World, example_of
from tests.unit.conftest import SharedClock

ACCOUNT = "123456789012"
REGION = "us-east-1"
STACK = "urn:pulumi:dev::lab"
OTHER = OwnerTag.draw(Claim.of("other", principal="", create_only={}, generation=0)).finished
every_kind = pytest.mark.parametrize("kind", KIND_NAMES)


@dataclass(frozen=True)
class Made:
    """A resource that a program of this library created.

    Args:
        kind: Its kind.
        handler: The handler of its kind.
        desired: What the program declares.
        origin: Who declares it.
        found: The resource.
    """

    kind: str
    handler: Handler[Any, Any]
    desired: Any
    request: EngineRequest
    found: LiveResource[Any, Any]

    @property
    def id(self) -> str:
        return self.found.id

    @property
    def owner(self) -> OwnerTag:
        """The owner tag that a state records."""
        assert self.found.owner
        return self.found.owner

    @property
    def urn(self) -> str:
        return f"{STACK}::{kind_named(self.kind).token}::reads"

    def live(self) -> OwnerTag | None:
        """The owner tag in AWS."""
        return self.handler.read_owner(self.id, self.found.state)

    def write(self, owner: OwnerTag) -> None:
        """Take it over, or edit its tag."""
        self.handler.write_owner(self.id, self.found.state, owner)

    def create_again(self) -> LiveResource[Any, Any]:
        """Run the update of its declaration in another process, whose state does not have it."""
        found: LiveResource[Any, Any] = handler_of(self.kind).create(self.desired, self.request)
        return found

    def require(self, recorded: OwnerTag | None = None) -> None:
        """Ask the fence, as an update or a deletion of the state does."""
        require_owner(self.handler, self.id, self.found.state, recorded or self.owner)

    def state(self, **more: Any) -> str:
        """A state that has it."""
        return export(self.entry(**more))

    def entry(self, **more: Any) -> dict[str, Any]:
        """It, as a state has it; *owner* is another one that the state records."""
        owner = more.pop("owner", str(self.owner))
        hidden = {"__identity": self.request.identity, "__owner": owner}
        outputs = {**self.found.state.to_wire(), **hidden}
        return {
            "urn": self.urn,
            "custom": True,
            "id": self.id,
            "type": kind_named(self.kind).token,
            "outputs": {name: value for name, value in outputs.items() if value is not None},
            **more,
        }


Make = Callable[[str], Made]
Run = Callable[..., Result]
Refused = Callable[..., str]


def export(*entries: dict[str, Any]) -> str:
    """What ``pulumi stack export`` prints."""
    return json.dumps({"version": 3, "deployment": {"resources": entries}})


def handler_of(kind: str) -> Handler[Any, Any]:
    """The handler of a kind, as another process has it."""
    handler: Any = kind_named(kind).handler
    aws = Aws(AwsSettings(region=REGION, max_retries=0))
    made: Handler[Any, Any] = handler(aws, SharedClock())
    return made


@pytest.fixture
def make(omics_emulator: Emulator) -> Make:
    """Create one resource of a kind, as a program does."""

    def create(kind: str) -> Made:
        example = example_of(kind_named(kind))
        declared = example.declared(World(omics_emulator, SharedClock()))
        handler = handler_of(kind)
        desired = handler.check({}, {**declared, **example.other_inputs}, ()).inputs
        request = EngineRequest(identity=f"|organization|{STACK}::{kind_named(kind).token}::reads")
        return Made(kind, handler, desired, request, handler.create(desired, request))

    return create


@pytest.fixture
def run(omics_emulator: Emulator, tmp_path: Path) -> Run:
    """Run a command: its arguments, then the texts of states, which follow as options."""

    def invoke(*arguments: str, states: tuple[str, ...] = (), answer: str | None = None) -> Result:
        omics_emulator.calls.clear()
        options: list[str] = []
        for number, state in enumerate(states):
            file = tmp_path / f"{number}.json"
            file.write_text(state)
            options += ["--state", str(file)]
        return CliRunner().invoke(root, ["owner", *arguments, *options], input=answer)

    return invoke


@pytest.fixture
def refused(run: Run, omics_emulator: Emulator) -> Refused:
    """Run a command that fails and changes nothing; return its one line."""

    def invoke(*arguments: str, states: tuple[str, ...] = ()) -> str:
        result = run(*arguments, states=states)
        assert (result.exit_code, result.stdout) == (1, ""), result.output
        assert not changing(omics_emulator)
        return result.stderr.strip().splitlines()[-1]

    return invoke


def changing(emulator: Emulator) -> list[str]:
    """The calls that changed something."""
    reads = ("Get", "List", "Describe", "Head")
    return [call.name for call in emulator.calls if not call.operation.startswith(reads)]


@every_kind
@pytest.mark.parametrize("front", ["token", "native_token"])
class TestBothFronts:
    """States of the dynamic and of the native provider have other types for the same resources."""

    def test_show_finds_who_manages_it(self, make: Make, run: Run, kind: str, front: str) -> None:
        made = make(kind)
        state = made.state(type=getattr(kind_named(kind), front))

        [one] = json.loads(run("show", made.id, "--output", "json", states=(state,)).stdout)

        assert [entry["status"] for entry in one["recorded"]] == ["managed"]

    def test_take_finds_the_recorded_owner(
        self, make: Make, run: Run, kind: str, front: str
    ) -> None:
        made = make(kind)
        made.write(OTHER)
        state = made.state(type=getattr(kind_named(kind), front))

        assert run("take", made.id, "--yes", states=(state,)).exit_code == 0
        made.require()

    def test_release_refuses_what_a_state_has(
        self, make: Make, refused: Refused, kind: str, front: str
    ) -> None:
        made = make(kind)
        state = made.state(type=getattr(kind_named(kind), front), owner=str(OTHER))

        assert "has it, with another owner tag" in refused("release", made.id, states=(state,))


class TestShow:
    @every_kind
    def test_the_parts_of_the_tag_and_who_manages_it(
        self, make: Make, run: Run, kind: str, tmp_path: Path
    ) -> None:
        made = make(kind)
        owner = made.owner

        result = run("show", made.id, states=(made.state(),))

        file = tmp_path / "0.json"
        assert result.stdout.splitlines() == [
            made.id,
            f"  {kind.replace('-', ' ')}, finished",
            f"  declaration  {owner.declaration}",
            f"  creation     {owner.creation}",
            f"  serial       {owner.serial}",
            f"  declared by  {made.urn}",
            f"  state        {file}: {made.urn} manages it",
        ]

    def test_it_changes_nothing_and_needs_no_state(
        self, make: Make, run: Run, omics_emulator: Emulator
    ) -> None:
        made = make("sequence-store")

        [one] = json.loads(run("show", made.id, "--output", "json").stdout)

        assert [call.operation for call in omics_emulator.calls] == ["ListTagsForResource"]
        assert one == {
            "id": made.id,
            "kind": "sequence-store",
            "exists": True,
            "owner": str(made.owner),
            "declaration": made.owner.declaration,
            "creation": made.owner.creation,
            "serial": made.owner.serial,
            "finished": True,
            "declared_by": None,
            "recorded": [],
        }

    @every_kind
    @pytest.mark.parametrize("status", ["managed", "other_owner", "not_recorded"])
    def test_each_state_is_compared_as_the_fence_compares(
        self, make: Make, run: Run, kind: str, status: str
    ) -> None:
        made = make(kind)
        recorded = {"managed": str(made.owner), "other_owner": str(OTHER), "not_recorded": None}
        entry = made.entry(owner=recorded[status])

        [one] = json.loads(
            run("show", made.id, "--output", "json", states=(export(), export(entry))).stdout
        )

        [found] = one["recorded"]
        assert found["state"].endswith("1.json")
        assert (found["urn"], found["owner"]) == (made.urn, recorded[status])
        assert found["status"] == status
        if status != "managed":
            owner = OwnerTag.parse(recorded[status] or "")
            with pytest.raises(OwnershipConflict):
                require_owner(made.handler, made.id, made.found.state, owner)

    def test_a_tag_that_is_missing_and_one_of_an_earlier_version(
        self, make: Make, run: Run, omics_emulator: Emulator
    ) -> None:
        del omics_emulator
        made = make("sequence-store")
        earlier = OwnerTag("1" * 32, "2" * 32)
        made.write(earlier)
        assert (
            "  serial       none: an earlier version wrote the tag" in run("show", made.id).stdout
        )

        Aws(AwsSettings()).omics(REGION).untag_resource(resourceArn=made.id, tagKeys=[OWNER_TAG])

        result = run("show", made.id, states=(made.state(),))
        assert "  sequence store, without an owner tag" in result.stdout
        assert f"records the owner {made.owner}, but the resource has no owner tag" in result.stdout

    def test_unfinished_and_pending_deletion_are_told(self, make: Make, run: Run) -> None:
        made = make("kms-key")
        made.write(made.owner.unfinished)

        result = run("show", made.id, states=(made.state(delete=True),))

        assert "  kms key, unfinished\n" in result.stdout
        assert result.stdout.endswith(f"{made.urn} manages it, to delete it\n")

    def test_one_that_is_gone_does_not_hide_the_others(self, make: Make, run: Run) -> None:
        made = make("s3-bucket")
        gone = f"arn:aws:omics:{REGION}:{ACCOUNT}:sequenceStore/9999999999"

        result = run("show", gone, made.id)

        assert (result.exit_code, result.stdout.splitlines()[:2]) == (
            *(0, [gone, "  sequence store, gone"]),
        )
        assert "  s3 bucket, finished\n" in result.stdout

    def test_another_account_is_not_gone(self, refused: Refused) -> None:
        elsewhere = f"arn:aws:omics:{REGION}:999999999999:sequenceStore/9999999999"

        line = refused("show", elsewhere)

        assert elsewhere in line

    @pytest.mark.parametrize("value", ["alias/reads", "Reads", "arn:aws:s3:::reads", "x"])
    def test_what_is_not_an_id_is_refused(
        self, run: Run, omics_emulator: Emulator, value: str
    ) -> None:
        result = run("show", value)

        assert result.exit_code == 2
        assert f"{value!r} is not an id of a state" in result.stderr
        assert not omics_emulator.calls

    @every_kind
    def test_without_the_permission_one_line_names_it(
        self, make: Make, refused: Refused, omics_emulator: Emulator, kind: str
    ) -> None:
        made = make(kind)
        others = {"Effect": "Allow", "NotAction": made.handler.owner_permission, "Resource": "*"}
        omics_emulator.allow_only({"Version": "2012-10-17", "Statement": others})

        line = refused("show", made.id)

        assert line.endswith(f"Give the caller's role {made.handler.owner_permission}.")


class TestRelease:
    @every_kind
    def test_the_next_update_of_the_declaration_resumes_it(
        self, make: Make, run: Run, kind: str
    ) -> None:
        made = make(kind)
        with pytest.raises(AlreadyExists, match=f"run omics-components owner release {made.id} "):
            made.create_again()

        result = run("release", made.id, "--yes", states=(export(),))

        assert result.exit_code == 0, result.output
        assert result.stdout == (
            f"{made.id} is marked as unfinished: the next pulumi up of the declaration that "
            "created it resumes it. What was adopted is adopted again, with the resource option "
            "import_.\n"
        )
        assert made.live() == made.owner.unfinished
        resumed = made.create_again()
        assert resumed.id == made.id
        assert resumed.owner == made.live()
        assert resumed.owner
        assert not resumed.owner.is_same_owner(made.owner)

    @every_kind
    def test_a_tag_of_an_earlier_version_can_be_released(
        self, make: Make, run: Run, kind: str
    ) -> None:
        made = make(kind)
        aws = Aws(AwsSettings())
        former = Claim.former(
            made.request.identity,
            principal=aws.principal(REGION),
            create_only=create_only_values(made.desired),
            generation=0,
        )
        made.write(OwnerTag(former.declaration, former.creation))

        assert run("release", made.id, "--yes", states=(export(),)).exit_code == 0

        assert str(made.live()) == f"{former.declaration}/{former.creation}//unfinished"
        assert made.create_again().id == made.id
        live = made.live()
        assert live
        assert live.serial

    def test_one_that_is_unfinished_is_left_as_it_is(
        self, make: Make, run: Run, omics_emulator: Emulator
    ) -> None:
        made = make("sequence-store")
        made.write(made.owner.unfinished)

        result = run("release", made.id, states=(export(),))

        assert result.exit_code == 0
        assert "is marked as unfinished already" in result.stdout
        assert not changing(omics_emulator)

    @every_kind
    @pytest.mark.parametrize("pending_deletion", [False, True])
    def test_what_a_state_manages_is_refused(
        self, make: Make, refused: Refused, kind: str, pending_deletion: bool
    ) -> None:
        made = make(kind)
        entry = made.entry(delete=pending_deletion)

        line = refused("release", made.id, "--yes", states=(export(), export(entry)))

        assert line.endswith(
            "1.json records its owner tag, so that stack manages it. Run pulumi up there."
        )
        assert made.urn in line

    def test_the_owner_counts_not_the_name_of_the_resource(
        self, make: Make, refused: Refused
    ) -> None:
        """A state of a later engine may spell an id otherwise."""
        made = make("s3-bucket")
        entry = {**made.entry(), "id": "other", "urn": "urn:other"}

        assert "urn:other in " in refused("release", made.id, states=(export(entry),))

    def test_what_cannot_be_read_counts_for_this_resource_only(
        self, make: Make, run: Run, refused: Refused
    ) -> None:
        made = make("sequence-store")
        strange = made.entry(owner="of another provider")

        line = refused("release", made.id, states=(export(strange),))
        assert "the output __owner of" in line
        other = {**strange, "id": "other", "outputs": {"__owner": "of another provider"}}
        assert run("release", made.id, "--yes", states=(export(other),)).exit_code == 0

    @every_kind
    def test_what_is_finished_is_asked_for_although_the_given_states_do_not_have_it(
        self, make: Make, refused: Refused, kind: str
    ) -> None:
        """One's own state says nothing about that of a namesake, who may have the resource."""
        made = make(kind)

        line = refused("release", made.id, states=(export(),))

        assert "it was left as it is" in line
        assert made.live() == made.owner

    def test_what_a_state_has_with_another_owner_is_refused(
        self, make: Make, refused: Refused
    ) -> None:
        made = make("sequence-store")
        made.write(OTHER)

        line = refused("release", made.id, states=(made.state(),))

        assert "has it, with another owner tag" in line
        assert f"omics-components owner take {made.id}" in line

    @pytest.mark.parametrize("kind", ["sequence-store", "s3-bucket"])
    def test_what_holds_data_is_refused(
        self, make: Make, refused: Refused, omics_emulator: Emulator, kind: str
    ) -> None:
        made = make(kind)
        if kind == "sequence-store":
            omics_emulator.put_read_sets(made.id.rpartition("/")[2], 1)
        else:
            s3 = Aws(AwsSettings()).s3(REGION)
            s3.delete_bucket_policy(Bucket=made.id)  # moto takes its calls for plain HTTP
            s3.put_object(Bucket=made.id, Key="part", Body=b"ACGT")

        line = refused("release", made.id, states=(export(),))

        held = {"sequence-store": "read sets", "s3-bucket": "objects"}[kind]
        assert f"releasing {made.id}: it holds {held}, so it is not left over" in line
        assert line.endswith("Adopt it with the resource option import_.")
        assert made.live() == made.owner

    def test_what_has_no_owner_tag_is_refused(self, refused: Refused) -> None:
        arn = Aws(AwsSettings()).omics(REGION).create_sequence_store(name="reads")["arn"]

        line = refused("release", arn, states=(export(),))

        assert "it has no owner tag, so no creation of this library left it" in line

    def test_what_is_gone_is_refused(self, refused: Refused) -> None:
        gone = f"arn:aws:omics:{REGION}:{ACCOUNT}:sequenceStore/9999999999"

        line = refused("release", gone, states=(export(),))

        assert line.endswith("Give the id as pulumi stack export shows it.")

    def test_it_needs_a_state_or_a_yes_with_a_warning(
        self, make: Make, run: Run, omics_emulator: Emulator
    ) -> None:
        made = make("sequence-store")

        refused = run("release", made.id)

        assert refused.exit_code == 2
        assert "give the states of all stacks that may have it by --state" in refused.stderr
        assert not omics_emulator.calls
        forced = run("release", made.id, "--yes")
        assert forced.exit_code == 0
        assert forced.stderr.startswith("Warning: no state was read. ")
        assert made.live() == made.owner.unfinished


class TestTake:
    @every_kind
    def test_a_state_takes_back_what_another_owner_has(
        self, make: Make, run: Run, omics_emulator: Emulator, kind: str
    ) -> None:
        made = make(kind)
        made.write(OTHER)
        with pytest.raises(OwnershipConflict, match=f"run omics-components owner take {made.id}"):
            made.require()

        result = run("take", made.id, "--yes", states=(made.state(),))

        assert result.exit_code == 0, result.output
        assert result.stdout == f"{made.id} is managed by {made.urn} now\n"
        read_back = made.handler.owner_permission.partition(":")[2]
        written = changing(omics_emulator)[-1].partition(":")[2]
        operations = [call.operation for call in omics_emulator.calls]
        assert read_back in operations[operations.index(written) :]
        assert made.live() == made.owner
        made.require()
        with pytest.raises(OwnershipConflict):
            made.require(OTHER)

    @every_kind
    def test_a_tag_that_was_removed_is_written_without_a_question(
        self, make: Make, run: Run, kind: str
    ) -> None:
        made = make(kind)
        remove_owner(made, run)
        with pytest.raises(ResourceConflict, match=f"run omics-components owner take {made.id}"):
            made.require()

        result = run("take", made.id, states=(made.state(),))

        assert result.exit_code == 0, result.output
        made.require()

    @every_kind
    def test_nothing_else_of_the_resource_changes(self, make: Make, run: Run, kind: str) -> None:
        made = make(kind)
        remove_owner(made, run)

        run("take", made.id, states=(made.state(),))

        found = made.handler.read(made.id, made.found.state)
        assert found
        assert not made.handler.diff(made.id, found.state, made.desired, ())

    def test_an_unfinished_mark_goes_and_what_is_taken_already_stays(
        self, make: Make, run: Run, omics_emulator: Emulator
    ) -> None:
        made = make("sequence-store")
        made.write(made.owner.unfinished)

        first = run("take", made.id, states=(made.state(),))
        assert (first.exit_code, made.live()) == (0, made.owner)

        second = run("take", made.id, states=(made.state(),))
        assert second.stdout == f"{made.id} is managed by {made.urn} already\n"
        assert not changing(omics_emulator)

    @pytest.mark.parametrize("answer", ["n\n", ""])
    def test_another_owner_is_asked_about(
        self, make: Make, run: Run, omics_emulator: Emulator, answer: str
    ) -> None:
        made = make("sequence-store")
        made.write(OTHER)

        result = run("take", made.id, states=(made.state(),), answer=answer)

        assert f"has the owner tag {OTHER} of another stack or resource" in result.stderr
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.endswith("To take it without a question, give --yes.\n")
        assert (made.live(), changing(omics_emulator)) == (OTHER, [])
        agreed = run("take", made.id, states=(made.state(),), answer="y\n")
        assert (agreed.exit_code, made.live()) == (0, made.owner)

    @every_kind
    def test_a_state_that_records_none_has_the_tag_removed(
        self, make: Make, run: Run, kind: str
    ) -> None:
        """Such a state manages only what has no owner tag."""
        made = make(kind)
        entry = made.entry(owner=None)

        asked = run("take", made.id, states=(export(entry),), answer="n\n")
        assert "The state records none: it is removed" in asked.stderr
        assert made.live() == made.owner
        result = run("take", made.id, "--yes", states=(export(entry),))

        assert result.exit_code == 0, result.output
        assert made.live() is None
        found = made.handler.read(made.id, made.found.state)
        assert found
        assert not made.handler.diff(made.id, found.state, made.desired, ())

    def test_several_and_stdin(self, make: Make, omics_emulator: Emulator) -> None:
        del omics_emulator
        several = [make(kind) for kind in ("sequence-store", "kms-key", "s3-bucket")]
        for made in several:
            made.write(OTHER)

        ids = [made.id for made in several]
        result = CliRunner().invoke(
            root,
            ["owner", "take", *ids, "--state", "-", "--yes"],
            input=export(*(made.entry() for made in several)),
        )

        assert result.exit_code == 0, result.output
        assert [made.live() for made in several] == [made.owner for made in several]

    @every_kind
    @pytest.mark.parametrize("why", ["absent", "external", "another provider", "pending creation"])
    def test_what_the_state_does_not_have_is_refused(
        self, make: Make, refused: Refused, kind: str, why: str
    ) -> None:
        made = make(kind)
        made.write(OTHER)
        entries = {
            "absent": [],
            "external": [made.entry(external=True)],
            "another provider": [made.entry(type="aws-native:omics:SequenceStore")],
            "pending creation": [],
        }
        state = export(*entries[why])
        if why == "pending creation":
            operation = {"type": "creating", "resource": made.entry()}
            deployment = {"resources": [], "pending_operations": [operation]}
            state = json.dumps({"version": 3, "deployment": deployment})

        line = refused("take", made.id, "--yes", states=(state,))

        assert f"taking {made.id}: the state has no {kind.replace('-', ' ')} of this" in line
        assert made.live() == OTHER

    def test_one_that_is_refused_leaves_the_others_as_they_are(
        self, make: Make, refused: Refused
    ) -> None:
        store, key = make("sequence-store"), make("kms-key")
        store.write(OTHER)

        refused("take", store.id, key.id, "--yes", states=(store.state(),))

        assert store.live() == OTHER

    def test_one_that_waits_for_its_deletion_counts_where_nothing_else_has_it(
        self, make: Make, run: Run
    ) -> None:
        made = make("sequence-store")
        old = made.entry(delete=True, owner=str(OTHER))

        both = run("take", made.id, "--yes", states=(export(old, made.entry()),))
        assert both.stdout.endswith("already\n")

        alone = run("take", made.id, "--yes", states=(export(old),))
        assert (alone.exit_code, made.live()) == (0, OTHER)

    def test_two_that_have_it_with_different_owners_are_refused(
        self, make: Make, refused: Refused
    ) -> None:
        made = make("sequence-store")
        second = {**made.entry(owner=str(OTHER)), "urn": f"{made.urn}-2"}

        line = refused("take", made.id, "--yes", states=(export(made.entry(), second),))

        assert f"{made.urn} and {made.urn}-2 have it, with different owners" in line

    @pytest.mark.parametrize("recorded", [{"4dabf18193072939515e22adb298388d": "x"}, "?", ""])
    def test_an_owner_that_cannot_be_read_is_not_taken_for_none(
        self, make: Make, refused: Refused, recorded: object
    ) -> None:
        made = make("sequence-store")
        state = made.state(owner=recorded)

        line = refused("take", made.id, "--yes", states=(state,))

        assert "the output __owner of" in line
        assert made.live() == made.owner

    def test_what_is_gone_is_refused(self, make: Make, refused: Refused) -> None:
        made = make("sequence-store")
        made.handler.delete(made.id, made.found.state, made.request)

        line = refused("take", made.id, states=(made.state(),))

        assert line.startswith(f"Error: taking {made.id}: ")


def remove_owner(made: Made, run: Run) -> None:
    """Remove the owner tag, as a tidy colleague does."""
    entry = made.entry(owner=None)
    assert run("take", made.id, "--yes", states=(export(entry),)).exit_code == 0
    assert made.live() is None
