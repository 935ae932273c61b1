"""What users type. Checked by mypy, never run.

An ignored error that is none is reported (warn_unused_ignores), so each proves that it is one.
"""

from collections.abc import Mapping
from typing import assert_type

import pulumi

from omics_components import OmicsComponentsError, SequenceStore, SseConfig, SseConfigArgs

ARN = "arn:aws:omics:us-east-1:123456789012:sequenceStore/1234567890"


def right(key_arn: pulumi.Output[str], tags: Mapping[str, str]) -> None:
    SequenceStore("reads")
    SequenceStore("reads", sse_config={"type": "KMS"})
    SequenceStore("reads", sse_config={"type": "KMS", "key_arn": key_arn}, tags=tags)
    encryption: SseConfigArgs = {"type": "KMS", "key_arn": "arn:aws:kms:us-east-1:1:key/a"}
    store = SequenceStore(
        "reads",
        name=key_arn,
        description="Reads",
        sse_config=encryption,
        fallback_location=key_arn.apply(lambda arn: f"s3://{arn}"),
        e_tag_algorithm_family="SHA256up",
        propagated_set_level_tags=["sample", key_arn],
        access_log_location="s3://logs/",
        tags={"team": "genomics", "key": key_arn},
        region="us-east-1",
        replace_triggers={"run": key_arn},
        opts=pulumi.ResourceOptions(protect=True),
    )
    SequenceStore("reads", description=None, tags=None, propagated_set_level_tags=("a", "b"))
    assert_type(SequenceStore.get("reads", ARN), SequenceStore)
    assert_type(SequenceStore.get("reads", store.arn), SequenceStore)

    assert_type(store.arn, pulumi.Output[str])
    assert_type(store.sequence_store_id, pulumi.Output[str])
    assert_type(store.region, pulumi.Output[str])
    assert_type(store.name, pulumi.Output[str])
    assert_type(store.description, pulumi.Output[str | None])
    assert_type(store.sse_config, pulumi.Output[SseConfig | None])
    assert_type(
        store.sse_config.apply(lambda sse: sse.key_arn if sse else None), pulumi.Output[str | None]
    )
    assert_type(store.fallback_location, pulumi.Output[str | None])
    assert_type(store.e_tag_algorithm_family, pulumi.Output[str])
    assert_type(store.propagated_set_level_tags, pulumi.Output[list[str] | None])
    assert_type(store.access_log_location, pulumi.Output[str | None])
    assert_type(store.s3_uri, pulumi.Output[str])
    assert_type(store.s3_access_point_arn, pulumi.Output[str])
    assert_type(store.status, pulumi.Output[str])
    assert_type(store.status_message, pulumi.Output[str | None])
    assert_type(store.creation_time, pulumi.Output[str])
    assert_type(store.update_time, pulumi.Output[str | None])
    assert_type(store.tags, pulumi.Output[dict[str, str] | None])
    assert_type(store.tags_all, pulumi.Output[dict[str, str] | None])
    assert_type(store.replace_triggers, pulumi.Output[dict[str, str] | None])
    pulumi.export("arn", store.arn)


def wrong(store: SequenceStore) -> None:
    SequenceStore()  # type: ignore[call-arg]
    SequenceStore("reads", "Reads")  # type: ignore[call-arg]
    SequenceStore("reads", colour="blue")  # type: ignore[call-arg]
    SequenceStore("reads", name=5)  # type: ignore[arg-type]
    SequenceStore("reads", tags={"team": 5})  # type: ignore[dict-item]
    SequenceStore("reads", propagated_set_level_tags=[5])  # type: ignore[list-item]
    SequenceStore("reads", sse_config="KMS")  # type: ignore[arg-type]
    SequenceStore("reads", force=True)  # type: ignore[call-arg]
    SequenceStore.get("reads")  # type: ignore[call-arg]
    misspelt: SseConfigArgs = {"type": "AES256"}  # type: ignore[typeddict-item]
    incomplete: SseConfigArgs = {"key_arn": "a"}  # type: ignore[typeddict-item]
    store.s3_url  # type: ignore[attr-defined] # noqa: B018
    store.arn = "arn"  # type: ignore[misc, assignment]
    print(misspelt, incomplete)  # noqa: T201 they are used


def caught() -> str:
    try:
        return ""
    except OmicsComponentsError as error:
        assert_type(error.code, str | None)
        assert_type(error.request_id, str | None)
        return error.advice
