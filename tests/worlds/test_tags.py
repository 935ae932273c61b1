"""What a tag that AWS does not show may not lead to."""

from __future__ import annotations

from omics_components.emulator.assumptions import assumptions
from omics_components.schema.owner_tag import OWNER_TAG
from tests.worlds.lives import store_program
from tests.worlds.world import World


def test_a_deletion_compares_the_owner_tag_though_it_is_not_found_at_first(world: World) -> None:
    """Each new store answers 404 to ListTagsForResource for a while."""
    assert "not-found" in {one.id for one in assumptions()["tags-lag-after-create"].alternatives}
    world.reset({"tags-lag-after-create": "not-found"})
    engine = world.engine()
    engine.up(store_program("reads", name="reads"))
    [record] = engine.state
    others = f"{'a' * 32}/{'b' * 32}/{'c' * 20}"
    taken = world.omics.create_sequence_store(name="theirs", tags={OWNER_TAG: others})
    record.id = taken["arn"]

    outcome = engine.destroy()

    assert outcome.error is None
    assert taken["id"] in {store["id"] for store in world.stores()}


def test_a_refresh_keeps_a_store_whose_tags_are_not_found(world: World) -> None:
    world.reset({"tags-lag-after-create": "not-found"})
    engine = world.engine()
    program = store_program("reads", name="reads")
    engine.up(program)

    assert engine.refresh().changes == []
    assert engine.up(program).changes == []
    assert len(world.stores()) == 1
