"""The properties of an access policy."""

from __future__ import annotations

import json
from typing import Any

from omics_components import S3AccessPolicy
from omics_components.kinds.s3_access_policy.model import S3AccessPolicyInputs, split_owner
from tests.engine.stack import Stack
from tests.kinds.properties import (
    ACCOUNT,
    ADMIN,
    LAB,
    READER,
    ROOT,
    Drift,
    Kind,
    Row,
)


def look_at_policy(stack: Stack, access_point: str) -> dict[str, Any]:
    answer = stack.aws().get_s3_access_policy(s3AccessPointArn=access_point)
    policy = json.loads(answer["s3AccessPolicy"])
    named = {
        name
        for statement in policy["Statement"]
        for name in [statement["Principal"]["AWS"]]
        for name in ([name] if isinstance(name, str) else name)
    }
    return {
        "sequence_store_arn": store_arn(answer["storeId"]),
        "policy": split_owner(policy)[0],
        "readers": sorted(named - {ROOT}),
    }


def store_arn(store_id: str) -> str:
    return f"arn:aws:omics:us-east-1:{ACCOUNT}:sequenceStore/{store_id}"


def access_policy(store_id: str, reader: str) -> dict[str, Any]:
    """Compose a policy that lets a reader see the names of objects, and the owner nothing."""
    prefix = f"{ACCOUNT}/sequenceStore/{store_id}/*"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": reader},
                "Action": "s3:ListBucket",
                "Resource": access_point_arn(store_id),
                "Condition": {"StringLike": {"s3:prefix": prefix}},
            }
        ],
    }


def access_point_arn(store_id: str) -> str:
    return f"arn:aws:s3:us-east-1:222222222222:accesspoint/{ACCOUNT}-{store_id}"


def put_access_policy(reader: str) -> Drift:
    """Let someone put another reader's name into every statement of a store's policy."""

    def drift(omics: Any, access_point: str) -> None:
        answer = omics.get_s3_access_policy(s3AccessPointArn=access_point)
        policy = json.loads(answer["s3AccessPolicy"])
        for statement in policy["Statement"]:
            has_owner = ROOT in statement["Principal"]["AWS"]
            statement["Principal"] = {"AWS": [ROOT, reader] if has_owner else reader}
        omics.put_s3_access_policy(s3AccessPointArn=access_point, s3AccessPolicy=json.dumps(policy))

    return drift


def four_stores(stack: Stack) -> dict[str, str]:
    """Make the stores that the table speaks of."""
    omics = stack.aws()
    return {store: omics.create_sequence_store(name=store)["id"] for store in STORES}


STORES = ("9000000001", "9000000002", "9000000003", "9000000004")

PROPERTIES = Kind(
    "access",
    S3AccessPolicy,
    S3AccessPolicyInputs,
    "omics",
    look_at_policy,
    (
        Row("sequence_store_arn", first=store_arn(STORES[0]), changed=store_arn(STORES[1])),
        Row(
            "policy",
            first=access_policy(STORES[2], READER),
            changed=access_policy(STORES[2], LAB),
            drift=put_access_policy(ADMIN),
            drifted=access_policy(STORES[2], ADMIN),
            alone=True,
            instead={"readers": [READER]},
        ),
        Row(
            "readers",
            first=[READER],
            changed=[READER, LAB],
            drift=put_access_policy(ADMIN),
            drifted=[ADMIN],
            alone=True,
            instead={"policy": access_policy(STORES[3], LAB)},
        ),
    ),
    besides={
        "access-sequence-store-arn": {"readers": []},
        "access-policy": {"sequence_store_arn": store_arn(STORES[2])},
        "access-readers": {"sequence_store_arn": store_arn(STORES[3])},
    },
    prepare=four_stores,
)
