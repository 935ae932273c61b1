"""A declaration that is renamed or moved: who comes by its old name makes something of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from omics_components.emulator import Emulator, EmulatorServer
from omics_components.providers import (
    KmsKeyProvider,
    S3AccessPolicyProvider,
    S3BucketProvider,
    SequenceStoreProvider,
)
from tests.provider.advice import release
from tests.provider.conftest import StartPlugin
from tests.provider.plugin import Plugin, PluginError, Resource

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient
    from pulumi.dynamic import ResourceProvider

OLD = "file://state|lab|urn:pulumi:dev::lab::type::reads"
NEW = "file://state|lab|urn:pulumi:dev::lab::type::archive"

KINDS: dict[str, tuple[type[ResourceProvider], dict[str, Any]]] = {
    "store": (SequenceStoreProvider, {"name": "reads"}),
    "key": (KmsKeyProvider, {"description": "reads"}),
    "bucket": (S3BucketProvider, {"bucket": "reads-of-the-lab"}),
}
WRITES = ("Create", "Update", "Put", "Tag", "Untag")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def plugin(kind: str, emulator: Emulator, start_plugin: StartPlugin) -> Plugin:  # noqa: ARG001 it must be empty
    return start_plugin(provider=KINDS[kind][0])


def checked(
    plugin: Plugin, kind: str, identity: str, olds: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    answer = plugin.check({**KINDS[kind][1], "__identity": identity, **more}, olds)
    assert not answer.failures
    return dict(answer.inputs)


@pytest.fixture
def made(plugin: Plugin, kind: str) -> Resource:
    return plugin.create(checked(plugin, kind, OLD))


def renamed(plugin: Plugin, kind: str, made: Resource) -> Resource:
    """Run the update after a renaming."""
    plugin.next_command()
    inputs = checked(plugin, kind, NEW, made.inputs)
    assert plugin.diff(made, inputs).changes
    return plugin.update(made, inputs)


def test_the_tag_follows_by_one_update(
    plugin: Plugin, kind: str, made: Resource, emulator: Emulator
) -> None:
    emulator.calls.clear()

    after = renamed(plugin, kind, made)

    calls = [name.partition(":")[2] for name in emulator.calls.names()]
    writes = [name for name in calls if name.startswith(WRITES)]
    assert writes == ["PutBucketTagging" if kind == "bucket" else "TagResource"]
    assert after.outputs["__identity"] == NEW
    assert after.outputs["__owner"] == plugin.read(after).outputs["__owner"]
    assert after.outputs["__owner"] != made.outputs["__owner"]
    assert not plugin.diff(after, checked(plugin, kind, NEW, made.inputs)).changes


def test_a_new_declaration_by_the_old_name_gets_a_resource_of_its_own(
    plugin: Plugin, kind: str, made: Resource
) -> None:
    renamed(plugin, kind, made)
    plugin.next_command()
    if kind != "bucket":
        assert plugin.create(checked(plugin, kind, OLD)).id != made.id
        return

    with pytest.raises(PluginError, match=r"bucket of this name already \(its owner tag is"):
        plugin.create(checked(plugin, kind, OLD))


def test_not_even_before_the_tag_has_followed(plugin: Plugin, kind: str, made: Resource) -> None:
    """Both in one command: the program keeps the one, so the other cannot have left it."""
    plugin.next_command()
    plugin.diff(made, checked(plugin, kind, NEW, made.inputs))
    inputs = checked(plugin, kind, OLD)
    if kind != "bucket":
        assert plugin.create(inputs).id != made.id
        return

    with pytest.raises(PluginError, match="bucket of this name already"):
        plugin.create(inputs)


def test_a_forced_replacement_finds_what_was_renamed_and_is_refused(
    plugin: Plugin, kind: str, made: Resource, start_plugin: StartPlugin, emulator: Emulator
) -> None:
    after = renamed(plugin, kind, made)
    another_process = start_plugin(environment={"LANG": "C"}, provider=KINDS[kind][0])
    inputs = checked(another_process, kind, NEW)
    emulator.calls.clear()

    with pytest.raises(PluginError, match=f"{made.id} of this declaration is finished"):
        another_process.create(inputs)

    calls = [name.partition(":")[2] for name in emulator.calls.names()]
    assert not [name for name in calls if name.startswith(WRITES)]
    assert plugin.read(after).outputs == after.outputs


def test_an_update_goes_on_where_one_was_killed_between_tag_and_state(
    plugin: Plugin, kind: str, made: Resource
) -> None:
    renamed(plugin, kind, made)  # of which no state knows

    again = renamed(plugin, kind, made)

    assert again.outputs["__identity"] == NEW
    plugin.delete(again)
    assert plugin.read(again).id == ""


def test_what_another_declaration_wrote_is_not_taken_for_that(
    plugin: Plugin, kind: str, made: Resource
) -> None:
    renamed(plugin, kind, made)
    plugin.next_command()
    other = checked(plugin, kind, NEW.replace("archive", "other"), made.inputs)

    with pytest.raises(PluginError, match="its owner tag is"):
        plugin.update(made, other)


def test_the_same_state_from_another_machine_is_no_renaming(
    plugin: Plugin, kind: str, made: Resource
) -> None:
    elsewhere = OLD.replace("file://state", "")

    assert not plugin.diff(made, checked(plugin, kind, elsewhere, made.inputs)).changes


def test_the_owner_of_a_policy_follows_in_its_id(
    start_plugin: StartPlugin, emulator: Emulator
) -> None:
    plugin = start_plugin()
    store = plugin.create(plugin.check({"name": "reads", "__identity": OLD}).inputs)
    policies = start_plugin(provider=S3AccessPolicyProvider)
    said = {"sequenceStoreArn": store.id, "readers": ["arn:aws:iam::111122223333:role/r"]}
    policy = policies.create(policies.check({**said, "__identity": OLD}).inputs)
    emulator.calls.clear()

    inputs = policies.check({**said, "__identity": NEW}, policy.inputs).inputs

    assert policies.diff(policy, inputs).changes
    after = policies.update(policy, inputs)
    assert after.outputs["__owner"] != policy.outputs["__owner"]
    assert policies.read(after) == after
    policies.delete(policy)
    assert policies.read(after) == after
    policies.delete(after)
    assert policies.read(after).id == ""


def test_a_bucket_that_is_deleted_first_is_replaced_under_its_name(
    emulator: Emulator,  # noqa: ARG001 it must be empty
    server: EmulatorServer,
    start_plugin: StartPlugin,
) -> None:
    """After a crash in the creation, diff keeps what is deleted; then the creation goes on."""
    plugin = start_plugin(provider=S3BucketProvider)
    inputs = plugin.check({"__identity": OLD}).inputs
    old = plugin.create(inputs)
    plugin.delete(old)
    release(plugin.create(inputs).id, server)  # it was interrupted, and no state knows of it
    plugin.next_command()
    assert not plugin.diff(old, plugin.check({"__identity": OLD}, old.inputs).inputs).changes

    assert plugin.create(inputs).id == old.id


def test_the_owner_of_a_policy_follows(start_plugin: StartPlugin, omics: OmicsClient) -> None:
    """It names no region: the store that it belongs to does."""
    store = omics.create_sequence_store(name="reads")
    plugin = start_plugin(provider=S3AccessPolicyProvider)
    inputs = {"sequenceStoreArn": store["arn"], "readers": []}
    made = plugin.create(plugin.check({**inputs, "__identity": OLD}).inputs)
    plugin.next_command()
    again = plugin.check({**inputs, "__identity": NEW}, made.inputs)
    assert plugin.diff(made, again.inputs).changes

    after = plugin.update(made, again.inputs)

    assert after.outputs["__owner"] != made.outputs["__owner"]
    assert after.outputs["__owner"] in str(
        omics.get_s3_access_policy(s3AccessPointArn=made.id)["s3AccessPolicy"]
    )
    assert not plugin.diff(after, again.inputs).changes
