"""An update that fails half way: the engine records what is, so that the next preview tells it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from omics_components.emulator import Emulator, FaultRule
from omics_components.providers import KmsKeyProvider, S3AccessPolicyProvider, S3BucketProvider
from tests.provider.conftest import StartPlugin
from tests.provider.plugin import InitFailed, Plugin, PluginError, Resource

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

CONTRACTOR = "arn:aws:iam::123456789012:role/contractor"


def made(plugin: Plugin, inputs: dict[str, Any]) -> tuple[Resource, dict[str, Any]]:
    """Make a resource; give it with the inputs that describe it."""
    checked = plugin.check(inputs).inputs
    return plugin.create(checked), checked


def half_done(plugin: Plugin, resource: Resource, inputs: dict[str, Any]) -> Resource:
    """Fail to update a resource; give it as the engine records it then."""
    with pytest.raises(InitFailed) as failed:
        plugin.update(resource, plugin.check(inputs).inputs)
    assert failed.value.id == resource.id
    return replace(resource, outputs=failed.value.outputs)


def test_of_a_store(plugin: Plugin, emulator: Emulator) -> None:
    store, before = made(plugin, {"name": "reads", "description": "Reads"})
    after = {"name": "reads", "description": "Old", "tags": {"a": "b"}}
    emulator.faults.add(FaultRule("TagResource", code="AccessDeniedException", times=1))

    half = half_done(plugin, store, after)

    assert (half.outputs["description"], half.outputs.get("tags")) == ("Old", None)
    assert plugin.diff(half, before).changes  # a program that is put back
    plugin.next_command()
    left = f"omics-components: resumes the interrupted update of {store.id}"
    for wanted, differs in (
        (before, "description"),
        (after, "tags"),
        ({**after, "description": "New"}, "description, tags"),
        ({**before, "propagatedSetLevelTags": ["a"]}, "description, propagatedSetLevelTags"),
    ):
        plugin.diff(half, plugin.check({**wanted, "__identity": "lab"}).inputs)
        assert plugin.said()[-1] == f"{left}; still to update: {differs}"
    plugin.diff(
        half, plugin.check({"name": "reads", "description": "Old", "__identity": "lab"}).inputs
    )
    assert plugin.said()[-1] == left
    again = plugin.update(half, plugin.check(after).inputs)
    assert again.outputs["tags"] == {"a": "b"}
    back = plugin.update(again, before)
    assert back.outputs["description"] == "Reads"
    assert not plugin.diff(back, before).changes


def test_of_a_bucket(emulator: Emulator, start_plugin: StartPlugin) -> None:
    plugin = start_plugin(provider=S3BucketProvider)
    bucket, before = made(plugin, {"bucket": "reads-of-the-lab", "forceDestroy": True})
    emulator.faults.add(FaultRule("s3:PutBucketTagging", code="AccessDenied", status=403, times=1))

    half = half_done(plugin, bucket, {**before, "versioning": False, "tags": {"a": "b"}})

    assert half.outputs["versioning"] is False
    assert half.outputs["forceDestroy"] is True  # no look at AWS tells it
    assert plugin.diff(half, before).changes
    assert not plugin.diff(plugin.update(half, before), before).changes


def test_of_a_key(emulator: Emulator, start_plugin: StartPlugin) -> None:
    plugin = start_plugin(provider=KmsKeyProvider)
    key, before = made(plugin, {"description": "reads"})
    emulator.faults.add(FaultRule("kms:TagResource", code="AccessDeniedException", status=400))

    half = half_done(plugin, key, {**before, "users": [CONTRACTOR], "tags": {"a": "b"}})

    assert CONTRACTOR in half.outputs["policy"]
    assert plugin.diff(half, before).changes
    assert CONTRACTOR not in plugin.update(half, before).outputs["policy"]


def test_a_creation_of_a_policy_is_recorded_and_finished(
    emulator: Emulator, omics: OmicsClient, start_plugin: StartPlugin
) -> None:
    plugin = start_plugin(provider=S3AccessPolicyProvider)
    store = omics.create_sequence_store(name="reads")["arn"]
    checked = plugin.check({"sequenceStoreArn": store, "readers": [CONTRACTOR]}).inputs
    later = list(range(2, 20))  # the first one looks whose policy is there
    emulator.faults.add(FaultRule("GetS3AccessPolicy", code="AccessDeniedException", calls=later))

    with pytest.raises(InitFailed) as failed:
        plugin.create(checked)

    emulator.faults.clear()
    half = Resource(failed.value.id, failed.value.outputs, checked)
    assert half.outputs["readers"] == [CONTRACTOR]
    assert plugin.diff(half, checked).changes
    done = plugin.update(half, checked)
    assert done.outputs["updateTime"]
    assert not plugin.diff(done, checked).changes
    plugin.delete(done)
    assert plugin.read(done) == Resource("")


def test_a_key_whose_alias_is_taken_is_left_as_it_was(
    emulator: Emulator,  # noqa: ARG001 it must be empty
    start_plugin: StartPlugin,
) -> None:
    plugin = start_plugin(provider=KmsKeyProvider)
    made(plugin, {"alias": "alias/taken"})
    key, before = made(plugin, {"description": "reads"})
    wanted = {**before, "alias": "alias/taken", "users": [CONTRACTOR]}

    with pytest.raises(PluginError, match="already exists") as failed:
        plugin.update(key, plugin.check(wanted).inputs)

    assert not isinstance(failed.value, InitFailed)
    assert plugin.read(key).outputs["policy"] == key.outputs["policy"]


def test_what_changed_nothing_is_a_plain_error(plugin: Plugin, emulator: Emulator) -> None:
    store, before = made(plugin, {"name": "reads"})
    emulator.faults.add(FaultRule("UpdateSequenceStore", code="AccessDeniedException"))

    with pytest.raises(PluginError) as failed:
        plugin.update(store, plugin.check({**before, "description": "New"}).inputs)

    assert not isinstance(failed.value, InitFailed)
    assert "pulumi refresh" not in str(failed.value)


def test_what_cannot_be_looked_at_asks_for_a_refresh(plugin: Plugin, emulator: Emulator) -> None:
    store, before = made(plugin, {"name": "reads"})
    emulator.faults.add(FaultRule("TagResource", code="AccessDeniedException"))
    later = list(range(2, 20))  # the first one reads the owner tag
    emulator.faults.add(FaultRule("ListTagsForResource", code="AccessDeniedException", calls=later))
    wanted = plugin.check({**before, "description": "New", "tags": {"a": "b"}}).inputs

    with pytest.raises(PluginError) as told:
        plugin.update(store, wanted)

    assert not isinstance(told.value, InitFailed)
    text = str(told.value)
    assert text.startswith(f"updating sequence store (reads, {store.id}): AccessDeniedException")
    assert text.endswith(" Part of the update may have been done: run pulumi refresh.")


UNREAD = {"operation": "GetSequenceStore", "code": "ExpiredTokenException"}
NO_CHANGE = {
    "refused": {"operation": "UpdateSequenceStore", "code": "ValidationException"},
    "denied": {"operation": "UpdateSequenceStore", "code": "AccessDeniedException"},
    "busy": {"operation": "UpdateSequenceStore", "code": "ConflictException"},
}
PERHAPS = {
    "no answer": {"operation": "UpdateSequenceStore", "action": "drop", "when": "after"},
    "failed": {
        "operation": "UpdateSequenceStore",
        "code": "InternalServerException",
        "when": "after",
    },
}


@pytest.mark.parametrize("outcome", [*NO_CHANGE, *PERHAPS])
def test_a_refresh_is_advised_where_something_may_be_done(
    emulator: Emulator, start_plugin: StartPlugin, outcome: str
) -> None:
    plugin = start_plugin({"aws:maxRetries": "0"})
    store, before = made(plugin, {"name": "reads"})
    emulator.faults.add({**NO_CHANGE, **PERHAPS}[outcome])
    emulator.faults.add(UNREAD)

    with pytest.raises(PluginError) as told:
        plugin.update(store, plugin.check({**before, "description": "New"}).inputs)

    assert ("may have been done: run pulumi refresh." in str(told.value)) is (outcome in PERHAPS)


def test_a_resource_that_vanishes_during_its_update_asks_for_a_refresh(
    plugin: Plugin, emulator: Emulator
) -> None:
    store, before = made(plugin, {"name": "reads"})
    gone = "ResourceNotFoundException"
    emulator.faults.add(FaultRule("UpdateSequenceStore", code=gone))
    emulator.faults.add(FaultRule("GetSequenceStore", code=gone))

    with pytest.raises(PluginError) as told:
        plugin.update(store, plugin.check({**before, "description": "New"}).inputs)

    assert str(told.value).endswith(". Run pulumi refresh; the next update then creates it again.")


def test_what_was_unfinished_before_stays_so(plugin: Plugin, emulator: Emulator) -> None:
    checked = plugin.check({"name": "reads"}).inputs
    emulator.faults.add(FaultRule("ListTagsForResource", code="AccessDeniedException", times=1))
    with pytest.raises(InitFailed) as failed:
        plugin.create(checked)
    unfinished = Resource(failed.value.id, failed.value.outputs, checked)
    emulator.faults.add(FaultRule("TagResource", code="AccessDeniedException", times=1))
    wanted = {"name": "reads", "description": "New", "tags": {"a": "b"}}

    half = half_done(plugin, unfinished, wanted)

    assert plugin.diff(half, plugin.check(wanted).inputs).changes
    finished = plugin.update(half, plugin.check(wanted).inputs)
    assert not plugin.diff(finished, plugin.check(wanted).inputs).changes
