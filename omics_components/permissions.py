"""IAM policies that can be pasted: what a reader needs, and what a deployer needs.

The deployer's actions come from the handlers' own docstrings ("IAM: …"), so that what is documented
and what is handed out are one list.
"""

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any

from omics_components.schema.arn import partition_of

_STEPS = ("create", "read", "update", "delete")
_ACTION = re.compile(r"\b(omics|kms|s3|sts|tag):[A-Z]\w+")
_WITHOUT_RESOURCE = frozenset(
    {
        "kms:CreateKey",
        "kms:ListAliases",
        "omics:CreateSequenceStore",
        "omics:ListSequenceStores",
        "omics:ListTagsForResource",
        "tag:GetResources",
    }
)
"""Actions that IAM checks against no single resource, or before the resource has a name.

sts:GetCallerIdentity is in no policy here: it needs no permission (docs).
"""


def iam_actions(handler: type, *, with_optional: bool = True) -> dict[str, list[str]]:
    """List the IAM actions of each step of a handler, from its docstrings.

    Args:
        handler: The handler's class.
        with_optional: Also list those that only ``force_destroy`` needs.

    Raises:
        RuntimeError: Docstrings are stripped (``python -OO``).
    """
    steps = {}
    for step in _STEPS:
        text = inspect.getdoc(getattr(handler, step))
        if text is None:
            raise RuntimeError("the IAM actions are in the docstrings, which python -OO strips")
        section = text.partition("IAM:")[2]
        if not with_optional:
            section = section.partition("with force_destroy")[0]
        steps[step] = sorted({match.group(0) for match in _ACTION.finditer(section)})
    return steps


def reader_policy(access_point_arn: str, key_arn: str) -> dict[str, object]:
    """Compose what a reader's role needs: list and get through the access point, and decrypt.

    Source: docs (sharing through S3 access points needs kms:Decrypt on the store's key).
    """
    through_the_store = {"StringEquals": {"s3:DataAccessPointArn": access_point_arn}}
    return _document(
        {
            "Sid": "ListReadSets",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "*",
            "Condition": through_the_store,
        },
        {
            "Sid": "GetReadSets",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:GetObjectTagging"],
            "Resource": "*",
            "Condition": through_the_store,
        },
        {
            "Sid": "Decrypt",
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": key_arn,
        },
    )


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
    # ruff: noqa: PLC0415 handlers take long to load, and a program need not use a component
    from omics_components.kinds.kms_key.handler import KmsKeyHandler
    from omics_components.kinds.s3_access_policy.handler import S3AccessPolicyHandler
    from omics_components.kinds.s3_bucket.handler import S3BucketHandler
    from omics_components.kinds.sequence_store.handler import SequenceStoreHandler

    partition = partition_of(region)
    wanted: list[tuple[type, str, str]] = [(SequenceStoreHandler, "Stores", "omics")]
    if access_policy:
        wanted.append((S3AccessPolicyHandler, "AccessPolicies", "omics"))
    if own_key:
        wanted.append((KmsKeyHandler, "Keys", "kms"))
    if bucket_names:
        wanted.append((S3BucketHandler, "Buckets", "s3"))
    resources = {
        "Stores": [f"arn:{partition}:omics:{region}:*:sequenceStore/*"],
        "AccessPolicies": ["*"],
        "Keys": [f"arn:{partition}:kms:{region}:*:{kind}/*" for kind in ("key", "alias")],
        "Buckets": [
            arn
            for name in bucket_names
            for arn in (f"arn:{partition}:s3:::{name}", f"arn:{partition}:s3:::{name}/*")
        ],
    }
    statements = []
    anywhere = set() if own_key else {"kms:DescribeKey"}
    for handler, sid, service in wanted:
        steps = iam_actions(handler, with_optional=force_destroy)
        actions = {action for step in steps.values() for action in step}
        anywhere |= {action for action in actions if action in _WITHOUT_RESOURCE}
        on_resources = {
            action for action in actions - _WITHOUT_RESOURCE if action.startswith(f"{service}:")
        }
        statements.append(
            {
                "Sid": sid,
                "Effect": "Allow",
                "Action": sorted(on_resources),
                "Resource": resources[sid],
            }
        )
    whole = {
        "Sid": "WithoutResource",
        "Effect": "Allow",
        "Action": sorted(anywhere),
        "Resource": "*",
    }
    return _document(whole, *statements)


def statements_for_services(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the statements of a key's or bucket's policy that let a service in."""
    return [item for item in document["Statement"] if "Service" in item["Principal"]]


def _document(*statements: Mapping[str, object]) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": [dict(statement) for statement in statements]}
