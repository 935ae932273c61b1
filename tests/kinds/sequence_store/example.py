"""A sequence store."""

from __future__ import annotations

from omics_components.kinds.sequence_store.handler import SequenceStoreHandler
from omics_components.schema.owner_tag import OWNER_TAG
from tests.kinds.example import Example, World


def _tag(world: World, id_: str) -> str | None:
    return world.omics.list_tags_for_resource(resourceArn=id_)["tags"].get(OWNER_TAG)


def _remove_all(world: World) -> None:
    for arn in world.stores():
        world.later(1)
        world.omics.delete_sequence_store(id=arn.rpartition("/")[2])
    world.later(1)


EXAMPLE = Example(
    SequenceStoreHandler,
    {"name": "reads"},
    {"name": "reads", "description": "Reads", "tags": {"team": "genomics"}},
    create_call="omics:CreateSequenceStore",
    calls_after=("GetSequenceStore", "UpdateSequenceStore"),
    tag_read="omics:ListTagsForResource",
    tag_write="TagResource",
    ids=lambda world: set(world.stores()),
    tag=_tag,
    set_tag=lambda world, id_, text: world.omics.tag_resource(
        resourceArn=id_, tags={OWNER_TAG: text}
    ),
    remove_all=_remove_all,
    no_tags={
        "action": "body",
        "status": 200,
        "body": '{"tags": {}}',
        "content_type": "application/json",
    },
)
