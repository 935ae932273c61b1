"""Resource options that the engine has recorded: one that changes alone is no update."""

from __future__ import annotations

from dataclasses import replace

import pytest

from omics_components.emulator import Emulator
from tests.provider.conftest import MakeStore
from tests.provider.plugin import Plugin, PluginError, Resource

SHA256 = {"name": "reads", "eTagAlgorithmFamily": "SHA256up"}


def recorded(store: Resource, **hidden: object) -> Resource:
    """Return a store as it is after an update that changed nothing but options."""
    return replace(store, inputs={**(store.inputs or {}), **hidden})


def test_a_changed_timeout_counts_for_the_deletion(
    plugin: Plugin, emulator: Emulator, a_store: MakeStore
) -> None:
    store = a_store(__timeouts={"delete": "0s"})
    emulator.plan_status([("DELETING", 1.0)], on="delete")

    plugin.delete(recorded(store, __timeouts={"delete": "5m"}))

    assert plugin.read(store).id == ""


def test_a_timeout_that_was_taken_away_does_not(
    plugin: Plugin, emulator: Emulator, a_store: MakeStore
) -> None:
    store = a_store(__timeouts={"delete": "0s"})
    emulator.plan_status([("DELETING", 1.0)], on="delete")
    inputs = {k: v for k, v in (store.inputs or {}).items() if k != "__timeouts"}

    plugin.delete(replace(store, inputs=inputs))

    assert plugin.read(store).id == ""


def test_what_is_retained_is_replaced_with_all_that_it_holds(
    plugin: Plugin, emulator: Emulator, a_store: MakeStore
) -> None:
    store = recorded(a_store(), __retain=True)
    emulator.put_read_sets(store.store_id, 2)
    emulator.calls.clear()

    diffed = plugin.diff(store, plugin.check(SHA256, store.inputs).inputs)

    assert diffed.replaces == ["eTagAlgorithmFamily"]
    assert emulator.calls.names() == []
    told = plugin.stderr.read_text().splitlines()[-1]
    assert told.endswith(
        "stays in AWS with its contents, because it has the resource option retain_on_delete"
    )


def test_an_option_that_the_state_does_not_know_yet_keeps_nothing(
    plugin: Plugin, emulator: Emulator, a_store: MakeStore
) -> None:
    store = a_store()
    emulator.put_read_sets(store.store_id, 2)

    with pytest.raises(PluginError, match="it holds 2 read sets"):
        plugin.diff(store, plugin.check({**SHA256, "__retain": True}, store.inputs).inputs)


def test_a_refresh_keeps_them(plugin: Plugin, a_store: MakeStore) -> None:
    hidden = {"__retain": True, "__timeouts": {"delete": "5m"}, "__identity": "renamed"}
    store = recorded(a_store(__timeouts={"delete": "1s"}), **hidden)

    inputs = plugin.read(store).inputs or {}

    assert {key: inputs[key] for key in hidden} == hidden
