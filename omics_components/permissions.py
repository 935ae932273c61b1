"""IAM policies that can be pasted: what a reader needs, and what a deployer needs.

Both derive from the permissions in ``kinds/<kind>/iam.py``: each action is allowed on the types of
resources that IAM authorizes it on, and on nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from omics_components.kinds.kms_key.iam import PERMISSIONS as KMS_KEY
from omics_components.kinds.s3_access_policy.iam import PERMISSIONS as S3_ACCESS_POLICY
from omics_components.kinds.s3_bucket.iam import PERMISSIONS as S3_BUCKET
from omics_components.kinds.sequence_store.iam import PERMISSIONS as SEQUENCE_STORE
from omics_components.kinds.sequence_store.iam import READER
from omics_components.schema.arn import partition_of
from omics_components.schema.iam import Needed, merge

Statements = Mapping[str, Mapping[str, object]]
"""Statements without Effect and Action, by the type of resources that they are about."""


def reader_policy(access_point_arn: str, key_arn: str) -> dict[str, object]:
    """Compose what a reader's role needs: list and get through the access point, and decrypt.

    Source: docs (sharing through S3 access points needs kms:Decrypt on the store's key).
    """
    through_the_store = {
        "Resource": "*",
        "Condition": {"StringEquals": {"s3:DataAccessPointArn": access_point_arn}},
    }
    by_type: Statements = {
        "accesspoint": {"Sid": "ListReadSets", **through_the_store},
        "accesspointobject": {"Sid": "GetReadSets", **through_the_store},
        "key": {"Sid": "Decrypt", "Resource": key_arn},
    }
    return _document(READER, by_type)


def deployer_policy(
    region: str,
    *,
    bucket_names: Sequence[str],
    own_key: bool,
    access_policy: bool,
    force_destroy: bool,
) -> dict[str, object]:
    """Compose what a role needs to run the program: preview, up, refresh and destroy.

    Made for pasting before the first update, so it names no account: an identity's policy reaches
    another account only where that account agrees.

    Args:
        region: Where the resources are; "*" for any region.
        bucket_names: Names of the component's own buckets, with wildcards.
        own_key: Whether the component makes the key, or is given one.
        access_policy: Whether it sets the store's S3 access policy.
        force_destroy: Whether it may empty its buckets.
    """
    kinds = [SEQUENCE_STORE]
    if access_policy:
        kinds.append(S3_ACCESS_POLICY)
    if own_key:
        kinds.append(KMS_KEY)
    if bucket_names:
        kinds.append(S3_BUCKET)
    needed = tuple(
        permission
        for permission in merge(*(kind.all for kind in kinds))
        if force_destroy or permission.only_with != "force_destroy"
    )
    partition = partition_of(region)
    omics, kms = (f"arn:{partition}:{service}:{region}:*" for service in ("omics", "kms"))
    buckets = [f"arn:{partition}:s3:::{name}" for name in bucket_names]
    by_type: Statements = {
        _NO_TYPE: {"Sid": "WithoutResource", "Resource": "*"},
        "sequenceStore": {"Sid": "Stores", "Resource": [f"{omics}:sequenceStore/*"]},
        "key": {"Sid": "Keys", "Resource": [f"{kms}:key/*"]},
        "alias": {"Sid": "Aliases", "Resource": [f"{kms}:alias/*"]},
        "bucket": {"Sid": "Buckets", "Resource": buckets},
        "object": {"Sid": "Objects", "Resource": [f"{bucket}/*" for bucket in buckets]},
    }
    return _document(needed, by_type)


def statements_for_services(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the statements of a key's or bucket's policy that let a service in."""
    return [item for item in document["Statement"] if "Service" in item["Principal"]]


_NO_TYPE = ""
"""Stands for the type of an action that IAM checks on ``*`` only."""


def _document(needed: Needed, by_type: Statements) -> dict[str, object]:
    """Compose a policy with one statement for each type of resource that an action needs.

    Args:
        needed: The permissions.
        by_type: The statement of each type, in the order of the policy.
    """
    actions: dict[str, set[str]] = {}
    for permission in needed:
        for resource_type in permission.resource_types or (_NO_TYPE,):
            actions.setdefault(resource_type, set()).add(permission.action)
    statements = []
    for resource_type in sorted(actions, key=list(by_type).index):
        allow = {"Effect": "Allow", "Action": sorted(actions[resource_type])}
        statement = by_type[resource_type]
        statements.append({"Sid": statement["Sid"], **allow, **statement})
    return {"Version": "2012-10-17", "Statement": statements}
