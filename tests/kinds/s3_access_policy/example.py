"""The S3 access policy of a store."""

from __future__ import annotations

import json
from typing import Any

from omics_components.kinds.s3_access_policy.handler import S3AccessPolicyHandler
from omics_components.schema.owner_tag import OWNER_TAG
from tests.kinds.example import Example, World


def _policy(world: World, access_point: str) -> dict[str, Any]:
    answer = world.omics.get_s3_access_policy(s3AccessPointArn=access_point)
    policy: dict[str, Any] = json.loads(answer["s3AccessPolicy"])
    return policy


def _ids(world: World) -> set[str]:
    answers = [world.omics.get_sequence_store(id=arn[-10:]) for arn in world.stores()]
    points = {answer["s3Access"]["s3AccessPointArn"] for answer in answers}
    return {point for point in points if _tag(world, point)}


def _tag(world: World, id_: str) -> str | None:
    return str(_policy(world, id_).get("Id") or "").rpartition("=")[2] or None


def _set_tag(world: World, id_: str, text: str) -> None:
    policy = {**_policy(world, id_), "Id": f"{OWNER_TAG}={text}"}
    world.omics.put_s3_access_policy(s3AccessPointArn=id_, s3AccessPolicy=json.dumps(policy))


def _remove_all(world: World) -> None:
    for id_ in _ids(world):
        _set_tag(world, id_, "")


EXAMPLE = Example(
    S3AccessPolicyHandler,
    {"readers": []},
    {"readers": ["arn:aws:iam::111122223333:root"]},
    create_call="omics:PutS3AccessPolicy",
    calls_after=("GetS3AccessPolicy", "GetS3AccessPolicy"),
    tag_read="omics:GetS3AccessPolicy",
    tag_write="PutS3AccessPolicy",
    ids=_ids,
    tag=_tag,
    set_tag=_set_tag,
    remove_all=_remove_all,
    needed=lambda world: {"sequenceStoreArn": world.base_store()},
    creates_in_one_call=True,
    is_alone=True,
)
