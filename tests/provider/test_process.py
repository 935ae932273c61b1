"""The plugin process itself: what a preview loads, and how many calls it answers at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from omics_components.emulator import Emulator
from tests.provider.conftest import MakeStore, StartPlugin
from tests.provider.plugin import Plugin, PluginError, Resource

RECORDED = Resource("arn:aws:omics:us-east-1:123456789012:sequenceStore/1234567890", {"name": "a"})


def _has_loaded(plugin: Plugin, module: str) -> bool:
    """Look for *module* in what PYTHONPROFILEIMPORTTIME made the process write."""
    lines = plugin.stderr.read_text().splitlines()
    return any(line.rpartition("|")[2].strip() == module for line in lines)


def test_a_preview_does_not_load_the_sdk(start_plugin: StartPlugin, emulator: Emulator) -> None:
    plugin = start_plugin({}, {"PYTHONPROFILEIMPORTTIME": "1"})

    checked = plugin.check({"name": "reads"})
    assert plugin.diff(RECORDED, checked.inputs).changes is True

    assert _has_loaded(plugin, "omics_components.providers")
    assert not _has_loaded(plugin, "boto3")
    assert not _has_loaded(plugin, "botocore")
    assert emulator.calls.names() == []

    plugin.create(checked.inputs)
    assert _has_loaded(plugin, "botocore")


def test_more_calls_are_answered_at_once_than_the_sdk_has_threads(
    plugin: Plugin, emulator: Emulator, a_store: MakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, number = a_store(), 12
    all_there = threading.Barrier(number)
    monkeypatch.setattr(emulator.traffic, "_wait", lambda _: all_there.wait(30))

    with ThreadPoolExecutor(number) as engine:
        read = list(engine.map(lambda _: plugin.read(store), range(number)))

    assert {resource.id for resource in read} == {store.id}


def test_a_number_of_threads_that_cannot_be_read_is_one_sentence(
    start_plugin: StartPlugin,
) -> None:
    plugin = start_plugin({}, {"OMICS_COMPONENTS_WORKERS": "many"})

    with pytest.raises(PluginError, match=r"^the environment variable OMICS_COMPONENTS_WORKERS"):
        plugin.check({"name": "reads"})


def test_only_the_kind_that_is_asked_for_is_loaded(start_plugin: StartPlugin) -> None:
    plugin = start_plugin({}, {"PYTHONPROFILEIMPORTTIME": "1", "OMICS_COMPONENTS_WORKERS": "8"})

    plugin.check({"name": "reads"})

    assert _has_loaded(plugin, "omics_components.kinds.sequence_store.model")
    assert not _has_loaded(plugin, "omics_components.kinds.kms_key.model")
    assert not _has_loaded(plugin, "omics_components.kinds.s3_bucket.model")
    assert not _has_loaded(plugin, "omics_components.kinds.s3_access_policy.model")
