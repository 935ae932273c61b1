"""The properties of a sequence store."""

from __future__ import annotations

from typing import Any

from omics_components import SequenceStore
from omics_components.kinds.sequence_store.model import SequenceStoreInputs
from tests.engine.stack import Stack
from tests.input_tables import KEY
from tests.kinds.properties import (
    OTHER_KEY,
    Drift,
    Kind,
    Row,
    users_own,
)


def look_at_store(stack: Stack, arn: str) -> dict[str, Any]:
    region = arn.split(":")[3]
    omics = stack.aws(region)
    store = omics.get_sequence_store(id=arn.rpartition("/")[2])
    sse = store.get("sseConfig")
    if sse and sse["keyArn"].split(":")[4] != arn.split(":")[4]:
        sse = None  # AWS chose it, for a store without a key
    return {
        "name": store["name"],
        "description": store.get("description"),
        "sse_config": sse and {"type": sse["type"], "key_arn": sse["keyArn"]},
        "fallback_location": store.get("fallbackLocation"),
        "e_tag_algorithm_family": store["eTagAlgorithmFamily"],
        "propagated_set_level_tags": store.get("propagatedSetLevelTags"),
        "access_log_location": store["s3Access"].get("accessLogLocation"),
        "tags": users_own(omics.list_tags_for_resource(resourceArn=arn)["tags"]),
        "region": region,
    }


def with_update(**changes: Any) -> Drift:
    """Let someone update a store."""
    return lambda omics, arn: omics.update_sequence_store(id=arn.rpartition("/")[2], **changes)


PROPERTIES = Kind(
    "store",
    SequenceStore,
    SequenceStoreInputs,
    "omics",
    look_at_store,
    (
        Row(
            "name",
            first="first name",
            changed="second name",
            cleared="store",
            drift=with_update(name="drift"),
            drifted="drift",
        ),
        Row(
            "description",
            first="First words",
            changed="Other words",
            drift=with_update(description="Drift"),
            drifted="Drift",
        ),
        Row(
            "sse_config",
            first={"type": "KMS", "key_arn": KEY},
            changed={"type": "KMS", "key_arn": OTHER_KEY},
        ),
        Row(
            "fallback_location",
            first="s3://first-bucket/failed/",
            changed="s3://second-bucket",
            drift=with_update(fallbackLocation="s3://drift-bucket"),
            drifted="s3://drift-bucket",
        ),
        Row("e_tag_algorithm_family", first="SHA256up", changed="SHA512up", cleared="MD5up"),
        Row(
            "propagated_set_level_tags",
            first=["cohort", "sample"],
            changed=["run", "sample"],
            cleared=[],
            drift=with_update(propagatedSetLevelTags=["drift"]),
            drifted=["drift"],
        ),
        Row(
            "access_log_location",
            first="s3://first-logs/",
            changed="s3://second-logs/reads/",
            drift=with_update(s3AccessConfig={"accessLogLocation": "s3://drift-logs/"}),
            drifted="s3://drift-logs/",
        ),
        Row(
            "tags",
            first={"team": "genomics", "stage": "test"},
            changed={"team": "proteomics", "run": "7"},
            cleared={},
            drift=lambda omics, arn: omics.tag_resource(resourceArn=arn, tags={"alien": "yes"}),
            drifted={"alien": "yes", "run": "7", "team": "proteomics"},
        ),
        Row("force_destroy", first=False, changed=True, cleared=False, in_aws=False),
        Row("region", first="us-east-1", changed="eu-west-1", cleared="us-east-1"),
        Row(
            "replace_triggers",
            first={"generation": "1"},
            changed={"generation": "2"},
            in_aws=False,
        ),
    ),
)
