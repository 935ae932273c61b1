"""The plugin process itself: what a preview loads."""

from omics_components.emulator import Emulator
from tests.provider.conftest import StartPlugin
from tests.provider.plugin import Plugin, Resource

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
