"""Replacements, as the engine orders them: what a provider remembers of the predecessors."""

from __future__ import annotations

from typing import Any

from omics_components.emulator import Emulator
from tests.provider.plugin import Plugin, Resource

IDENTITY = "file://state|organization|urn:pulumi:dev::lab::type::reads"


def checked(plugin: Plugin, family: str, olds: dict[str, Any] | None = None) -> dict[str, Any]:
    """Check a store's inputs, as all commands begin."""
    news = {"name": "reads", "eTagAlgorithmFamily": family, "__identity": IDENTITY}
    answer = plugin.check(news, olds)
    assert not answer.failures
    return dict(answer.inputs)


def replaced(plugin: Plugin, old: Resource, family: str) -> Resource:
    """Make another store in the place of one, which is retained."""
    plugin.next_command()
    inputs = checked(plugin, family, old.inputs)
    assert plugin.diff(old, inputs).replaces
    return plugin.create(inputs)


def test_a_replacement_never_gets_a_predecessor_back(plugin: Plugin, emulator: Emulator) -> None:
    made = [plugin.create(checked(plugin, "MD5up"))]
    for family in ("SHA256up", "MD5up", "SHA256up", "MD5up"):
        made.append(replaced(plugin, made[-1], family))

    assert len({store.id for store in made}) == len(made)
    assert [store.outputs.get("__generation") for store in made] == [None, 1, 2, 3, 4]
    assert emulator.calls.names().count("omics:CreateSequenceStore") == len(made)


def test_after_a_deletion_in_the_same_command_another_one_is_made(plugin: Plugin) -> None:
    """The resource option delete_before_replace, with an old one that is slow to go."""
    old = plugin.create(checked(plugin, "MD5up"))
    plugin.next_command()
    inputs = checked(plugin, "MD5up", old.inputs)
    plugin.delete(old, begins_command=False)

    new = plugin.create(inputs)

    assert new.id != old.id
    assert new.outputs["__generation"] == 1


def test_what_a_command_keeps_it_does_not_delete(plugin: Plugin) -> None:
    """A deletion that a crash left pending may name what the state has again."""
    store = plugin.create(checked(plugin, "MD5up"))
    plugin.next_command()
    assert not plugin.diff(store, checked(plugin, "MD5up", store.inputs)).changes

    plugin.delete(store, begins_command=False)
    assert plugin.read(store).id == store.id

    plugin.delete(store)
    assert plugin.read(store).id == ""


def test_what_a_refresh_looks_at_is_none_that_the_program_keeps(plugin: Plugin) -> None:
    """Only a check shows that the program declares a resource."""
    store = plugin.create(checked(plugin, "MD5up"))
    plugin.next_command()
    assert store.inputs is not None
    assert not plugin.diff(store, store.inputs).changes

    plugin.delete(store, begins_command=False)

    assert plugin.read(store).id == ""
