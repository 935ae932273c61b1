"""The life of a plain store, and of what the component declares, from creation to the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omics_components.providers import SequenceStoreProvider
from tests.provider.fake_engine import Declared, Program
from tests.worlds.world import LONG_S, Life, World

_IDENTITY = "file://backend|lab|urn:pulumi:dev::lab::pulumi-python:dynamic/omics:SequenceStore::"
CHANGES: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("name", {"name": "renamed"}),
    ("description", {"description": "Other words"}),
    ("fallback location", {"fallbackLocation": "s3://lab/other/"}),
    ("fallback bucket", {"fallbackLocation": "s3://lab"}),
    ("access log location", {"accessLogLocation": "s3://lab-logs/other/"}),
    ("propagated keys", {"propagatedSetLevelTags": ["cohort", "sample"]}),
    ("tags", {"tags": {"team": "other", "b": "2"}}),
    ("no fallback location", {"fallbackLocation": None}),
    ("no access log location", {"accessLogLocation": None}),
    ("no propagated keys", {"propagatedSetLevelTags": None}),
    ("no tags", {"tags": None}),
)
FULL: Mapping[str, Any] = {
    "name": "reads",
    "description": "Reads",
    "fallbackLocation": "s3://lab/fallback/",
    "accessLogLocation": "s3://lab-logs/reads/",
    "propagatedSetLevelTags": ["sample"],
    "tags": {"team": "genomics"},
}


def store_program(of: str, /, **inputs: Any) -> Program:
    """Declare a store."""
    given = {"__identity": f"{_IDENTITY}{of}", **inputs}
    return {of: Declared(SequenceStoreProvider, given)}


def live_of_a_store(world: World, pause_s: float) -> Life:
    """Live through everything that may become of a store, and return what went wrong."""
    life = Life(world, pause_s)
    life.up("creation, minimal", store_program("plain", name="plain"), [("create", "plain")])
    life.destroy("destroy, minimal")
    _change(life)
    _keep(life)
    _adopt(life)
    return life


def _change(life: Life) -> None:
    given = dict(FULL)
    life.up("creation", store_program("reads", **given), [("create", "reads")])
    for what, change in CHANGES:
        said = {name: value for name, value in {**given, **change}.items() if value is not None}
        clears = None in change.values() and "tags" not in change
        if clears and life.refuses_to_clear(what, store_program("reads", **said)):
            continue  # the program keeps the value
        given |= change
        life.up(what, store_program("reads", **said), [("update", "reads")])


def _keep(life: Life) -> None:
    """Refuse to delete a store that holds read sets, then delete it with them."""
    record = next(iter(life.engine.state), None)
    if record is None:
        life.problems.append("destroy: there is no store to destroy")
        return
    store_id = record.id.rpartition("/")[2]
    life.world.emulator.put_read_sets(store_id, 3)
    life.refuse_destroy("destroy of a store with read sets", "3 read sets")
    life.world.clock.advance(LONG_S)
    life.world.omics.list_sequence_stores()  # brings the emulator up to date
    kept = [store for store in life.world.stores() if store["id"] == store_id]
    life.expect("kept", [len(store["read_sets"]) for store in kept], [3])
    inputs = {key: value for key, value in record.inputs.items() if not key.startswith("__")}
    forced = store_program("reads", **{**inputs, "forceDestroy": True})
    life.up("force_destroy", forced, [("update", "reads")])
    life.destroy("destroy with force_destroy")
    _expect_nothing(life)


def _adopt(life: Life) -> None:
    life.engine = life.world.engine()
    given = {name: value for name, value in FULL.items() if name != "accessLogLocation"}
    made = life.world.omics.create_sequence_store(
        **given, s3AccessConfig={"accessLogLocation": FULL["accessLogLocation"]}
    )
    life.world.clock.advance(LONG_S)
    program = store_program("reads", **FULL)
    adopted = store_program("reads", **FULL, __import=made["arn"])
    life.adopt("adoption", program, adopted)
    life.destroy("destroy of an adopted store")
    _expect_nothing(life)


def _expect_nothing(life: Life) -> None:
    life.world.clock.advance(LONG_S)
    life.world.omics.list_sequence_stores()
    life.expect("left", [store["name"] for store in life.world.stores()], [])
