"""What users type. Checked by mypy, never run.

An unnecessary ignore is reported (warn_unused_ignores), so each proves that it is one.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, assert_type

import pulumi

from omics_components import (
    EncryptedSequenceStore,
    EncryptedSequenceStoreArgs,
    GetReadSetMetadataResult,
    GetSequenceStoreResult,
    KmsKey,
    OmicsComponentsError,
    ReadSetListItem,
    S3AccessPolicy,
    S3Bucket,
    SequenceStore,
    SequenceStoreListItem,
    SseConfig,
    SseConfigArgs,
    get_read_set_metadata_output,
    get_read_sets,
    get_sequence_store,
    get_sequence_store_output,
    get_sequence_stores,
)

ARN = "arn:aws:omics:us-east-1:123456789012:sequenceStore/1234567890"
KEY_ARN = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
ACCESS_POINT = "arn:aws:s3:us-east-1:222222222222:accesspoint/123456789012-1234567890"


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
        force_destroy=key_arn.apply(bool),
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
    assert_type(store.force_destroy, pulumi.Output[bool])
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
    SequenceStore("reads", sse_config={"type": "KMS", "keyarn": KEY_ARN})  # type: ignore[arg-type]
    SequenceStore("reads", e_tag_algorithm_family="MD5")  # type: ignore[arg-type]
    S3Bucket("logs", writer="s3")  # type: ignore[arg-type]
    SequenceStore("reads", force=True)  # type: ignore[call-arg]
    SequenceStore.get("reads")  # type: ignore[call-arg]
    misspelt: SseConfigArgs = {"type": "AES256"}  # type: ignore[typeddict-item]
    incomplete: SseConfigArgs = {"key_arn": "a"}  # type: ignore[typeddict-item]
    store.s3_url  # type: ignore[attr-defined] # noqa: B018
    store.arn = "arn"  # type: ignore[misc, assignment]
    print(misspelt, incomplete)  # noqa: T201 they are used


def right_keys(text: pulumi.Output[str], number: pulumi.Output[int]) -> None:
    KmsKey("key")
    key = KmsKey(
        "key",
        description=text,
        alias="alias/reads",
        administrators=["111122223333", text],
        users=text.apply(lambda arn: [arn]),
        allow_health_omics=True,
        restrict_to_account=text.apply(bool),
        enable_key_rotation=True,
        rotation_period_in_days=number,
        deletion_window_in_days=7,
        tags={"team": "genomics", "key": text},
        region="us-east-1",
        opts=pulumi.ResourceOptions(protect=True),
    )
    KmsKey("key", description=None, alias=None, administrators=None, users=("111122223333",))
    SequenceStore("reads", sse_config={"type": "KMS", "key_arn": key.arn})
    assert_type(KmsKey.get("key", KEY_ARN), KmsKey)
    assert_type(KmsKey.get("key", key.arn), KmsKey)

    assert_type(key.arn, pulumi.Output[str])
    assert_type(key.key_id, pulumi.Output[str])
    assert_type(key.region, pulumi.Output[str])
    assert_type(key.description, pulumi.Output[str | None])
    assert_type(key.alias, pulumi.Output[str | None])
    assert_type(key.alias_arn, pulumi.Output[str | None])
    assert_type(key.administrators, pulumi.Output[list[str] | None])
    assert_type(key.users, pulumi.Output[list[str] | None])
    assert_type(key.allow_health_omics, pulumi.Output[bool | None])
    assert_type(key.restrict_to_account, pulumi.Output[bool | None])
    assert_type(key.enable_key_rotation, pulumi.Output[bool])
    assert_type(key.rotation_period_in_days, pulumi.Output[int])
    assert_type(key.deletion_window_in_days, pulumi.Output[int])
    assert_type(key.policy, pulumi.Output[str])
    assert_type(key.key_state, pulumi.Output[str])
    assert_type(key.creation_date, pulumi.Output[str])
    assert_type(key.tags, pulumi.Output[dict[str, str] | None])
    assert_type(key.tags_all, pulumi.Output[dict[str, str] | None])


def wrong_keys(key: KmsKey) -> None:
    KmsKey()  # type: ignore[call-arg]
    KmsKey("key", "Reads")  # type: ignore[call-arg]
    KmsKey("key", colour="blue")  # type: ignore[call-arg]
    KmsKey("key", policy="{}")  # type: ignore[call-arg]
    KmsKey("key", alias=5)  # type: ignore[arg-type]
    KmsKey("key", users=[5])  # type: ignore[list-item]
    KmsKey("key", allow_health_omics="yes")  # type: ignore[arg-type]
    KmsKey("key", rotation_period_in_days="180")  # type: ignore[arg-type]
    KmsKey("key", deletion_window_in_days=7.5)  # type: ignore[arg-type]
    KmsKey("key", tags={"team": 5})  # type: ignore[dict-item]
    KmsKey.get("key")  # type: ignore[call-arg]
    key.key_arn  # type: ignore[attr-defined] # noqa: B018
    key.alias = "alias/reads"  # type: ignore[misc, assignment]


def right_buckets(text: pulumi.Output[str], number: pulumi.Output[int]) -> None:
    S3Bucket("uploads")
    bucket = S3Bucket(
        "uploads",
        bucket="failed-uploads",
        writer="health-omics",
        prefix="fallback/",
        kms_key_arn=text,
        restrict_to_account=True,
        versioning=text.apply(bool),
        abort_incomplete_multipart_upload_days=number,
        noncurrent_expiration_days=30,
        expiration_days=90,
        force_destroy=True,
        tags={"team": "genomics", "key": text},
        region=text,
        opts=pulumi.ResourceOptions(retain_on_delete=True),
    )
    S3Bucket("uploads", bucket=None, writer=None, kms_key_arn=None, expiration_days=None, tags=None)
    location = bucket.bucket.apply(lambda name: f"s3://{name}/fallback/")
    SequenceStore("reads", fallback_location=location)
    assert_type(S3Bucket.get("uploads", "failed-uploads"), S3Bucket)
    assert_type(S3Bucket.get("uploads", bucket.bucket), S3Bucket)

    assert_type(bucket.bucket, pulumi.Output[str])
    assert_type(bucket.arn, pulumi.Output[str])
    assert_type(bucket.region, pulumi.Output[str])
    assert_type(bucket.account_id, pulumi.Output[str])
    assert_type(bucket.writer, pulumi.Output[str | None])
    assert_type(bucket.prefix, pulumi.Output[str])
    assert_type(bucket.kms_key_arn, pulumi.Output[str | None])
    assert_type(bucket.restrict_to_account, pulumi.Output[bool])
    assert_type(bucket.versioning, pulumi.Output[bool])
    assert_type(bucket.abort_incomplete_multipart_upload_days, pulumi.Output[int | None])
    assert_type(bucket.noncurrent_expiration_days, pulumi.Output[int | None])
    assert_type(bucket.expiration_days, pulumi.Output[int | None])
    assert_type(bucket.force_destroy, pulumi.Output[bool])
    assert_type(bucket.policy, pulumi.Output[str | None])
    assert_type(bucket.tags, pulumi.Output[dict[str, str] | None])
    assert_type(bucket.tags_all, pulumi.Output[dict[str, str] | None])


def wrong_buckets(bucket: S3Bucket) -> None:
    S3Bucket()  # type: ignore[call-arg]
    S3Bucket("uploads", "failed-uploads")  # type: ignore[call-arg]
    S3Bucket("uploads", acl="private")  # type: ignore[call-arg]
    S3Bucket("uploads", public_access_block={})  # type: ignore[call-arg]
    S3Bucket("uploads", writer=5)  # type: ignore[arg-type]
    S3Bucket("uploads", prefix=None)  # type: ignore[arg-type]
    S3Bucket("uploads", kms_key_arn=True)  # type: ignore[arg-type]
    S3Bucket("uploads", versioning="Enabled")  # type: ignore[arg-type]
    S3Bucket("uploads", expiration_days="90")  # type: ignore[arg-type]
    S3Bucket("uploads", tags=["team"])  # type: ignore[arg-type]
    S3Bucket.get("uploads")  # type: ignore[call-arg]
    bucket.name  # type: ignore[attr-defined] # noqa: B018
    bucket.bucket = "failed-uploads"  # type: ignore[misc, assignment]


def right_policies(store: SequenceStore, document: Mapping[str, Any]) -> None:
    policy = S3AccessPolicy("access", sequence_store_arn=store.arn, readers=["111122223333"])
    S3AccessPolicy("access", sequence_store_arn=ARN, readers=(store.arn, "111122223333"))
    S3AccessPolicy("access", sequence_store_arn=ARN, readers=None, policy=document)
    S3AccessPolicy("access", sequence_store_arn=ARN, policy={"Statement": [{"Sid": "Read"}]})
    S3AccessPolicy(
        "access",
        sequence_store_arn=store.arn,
        policy=store.s3_access_point_arn.apply(lambda arn: f'{{"Statement": "{arn}"}}'),
        opts=pulumi.ResourceOptions(retain_on_delete=True),
    )
    assert_type(S3AccessPolicy.get("access", ACCESS_POINT), S3AccessPolicy)
    assert_type(S3AccessPolicy.get("access", store.s3_access_point_arn), S3AccessPolicy)

    assert_type(policy.s3_access_point_arn, pulumi.Output[str])
    assert_type(policy.sequence_store_arn, pulumi.Output[str])
    assert_type(policy.policy, pulumi.Output[dict[str, Any] | None])
    assert_type(policy.readers, pulumi.Output[list[str] | None])
    assert_type(policy.update_time, pulumi.Output[str])


def wrong_policies(policy: S3AccessPolicy, store: SequenceStore) -> None:
    S3AccessPolicy()  # type: ignore[call-arg]
    S3AccessPolicy("access")  # type: ignore[call-arg]
    S3AccessPolicy("access", store.arn)  # type: ignore[call-arg]
    S3AccessPolicy("access", sequence_store_arn=store)  # type: ignore[arg-type]
    S3AccessPolicy("access", sequence_store_arn=None)  # type: ignore[arg-type]
    S3AccessPolicy("access", sequence_store_arn=ARN, policy=["Statement"])  # type: ignore[arg-type]
    S3AccessPolicy("access", sequence_store_arn=ARN, readers=[5])  # type: ignore[list-item]
    S3AccessPolicy("access", sequence_store_arn=ARN, region="us-east-1")  # type: ignore[call-arg]
    S3AccessPolicy.get("access")  # type: ignore[call-arg]
    policy.arn  # type: ignore[attr-defined] # noqa: B018
    policy.readers = []  # type: ignore[misc, assignment]


def right_components(text: pulumi.Output[str], number: pulumi.Output[int]) -> None:
    EncryptedSequenceStore("reads")
    EncryptedSequenceStore("reads", None, pulumi.ResourceOptions(protect=True))
    EncryptedSequenceStore("reads", {"readers": [text], "tags": {"team": text}})
    args: EncryptedSequenceStoreArgs = {
        "store_name": text,
        "description": "Reads of the lab",
        "e_tag_algorithm_family": "SHA256up",
        "propagated_set_level_tags": ["sample", text],
        "tags": {"team": "genomics"},
        "region": text,
        "force_destroy": True,
        "kms_key_arn": text,
        "key_administrators": ["111122223333"],
        "key_users": [text],
        "key_deletion_window_in_days": number,
        "key_rotation_period_in_days": 365,
        "fallback_bucket": text,
        "fallback_prefix": "fallback/",
        "fallback_expiration_days": 90,
        "access_logs": True,
        "access_log_bucket": text,
        "s3_access_policy": {"Statement": []},
        "readers": ["111122223333"],
    }
    reads = EncryptedSequenceStore("reads", args, opts=pulumi.ResourceOptions(protect=True))

    assert_type(reads.arn, pulumi.Output[str])
    assert_type(reads.sequence_store_id, pulumi.Output[str])
    assert_type(reads.s3_uri, pulumi.Output[str])
    assert_type(reads.s3_access_point_arn, pulumi.Output[str])
    assert_type(reads.kms_key_arn, pulumi.Output[str])
    assert_type(reads.fallback_bucket, pulumi.Output[str])
    assert_type(reads.fallback_location, pulumi.Output[str])
    assert_type(reads.access_log_location, pulumi.Output[str | None])
    assert_type(reads.reader_policy_json, pulumi.Output[str])
    assert_type(reads.deployer_policy_json, pulumi.Output[str])
    assert_type(reads.required_key_policy_statements, pulumi.Output[list[dict[str, Any]]])
    assert_type(reads.required_bucket_policy_statements, pulumi.Output[list[dict[str, Any]]])
    assert_type(reads.store, SequenceStore)
    assert_type(reads.key, KmsKey | None)
    assert_type(reads.bucket, S3Bucket | None)
    assert_type(reads.log_bucket, S3Bucket | None)
    assert_type(reads.access_policy, S3AccessPolicy | None)


def wrong_components(reads: EncryptedSequenceStore) -> None:
    EncryptedSequenceStore()  # type: ignore[call-arg]
    EncryptedSequenceStore("reads", colour="blue")  # type: ignore[call-arg]
    EncryptedSequenceStore("reads", e_tag_algorithm_family="MD5")  # type: ignore[arg-type]
    EncryptedSequenceStore("reads", pulumi.ResourceOptions())  # type: ignore[arg-type]
    EncryptedSequenceStore("reads", {"colour": "blue"})  # type: ignore[arg-type]
    EncryptedSequenceStore("reads", {"tags": 5})  # type: ignore[arg-type]
    unknown: EncryptedSequenceStoreArgs = {"colour": "blue"}  # type: ignore[typeddict-unknown-key]
    number: EncryptedSequenceStoreArgs = {"store_name": 5}  # type: ignore[typeddict-item]
    hidden: EncryptedSequenceStoreArgs = {"access_logs": reads.arn}  # type: ignore[typeddict-item]
    reads.key.arn  # type: ignore[union-attr] # noqa: B018
    reads.readers  # type: ignore[attr-defined] # noqa: B018
    print(unknown, number, hidden)  # noqa: T201 they are used


def caught() -> str:
    try:
        return ""
    except OmicsComponentsError as error:
        assert_type(error.code, str | None)
        assert_type(error.request_id, str | None)
        return error.advice


def right_lookups(store: SequenceStore, now: datetime) -> None:
    found = get_sequence_store(name="reads")
    assert_type(found, GetSequenceStoreResult)
    assert_type(found.s3_uri, str | None)
    assert_type(found.tags, dict[str, str])
    assert_type(found.region, str)
    assert_type(
        get_sequence_stores(status="ACTIVE", created_after=now), list[SequenceStoreListItem]
    )
    assert_type(
        get_read_sets(sequence_store_id=found.id, created_before="2026-01-31"),
        list[ReadSetListItem],
    )
    described = get_read_set_metadata_output(sequence_store_id=store.sequence_store_id, id="1")
    assert_type(described, pulumi.Output[GetReadSetMetadataResult])
    assert_type(
        get_sequence_store_output(id=store.sequence_store_id, region=store.region),
        pulumi.Output[GetSequenceStoreResult],
    )
    pulumi.export("found", found)


def wrong_lookups(store: SequenceStore, found: GetSequenceStoreResult) -> None:
    get_sequence_store("reads")  # type: ignore[call-arg]
    get_sequence_store(name=store.name)  # type: ignore[arg-type]
    get_sequence_stores(status="active")  # type: ignore[arg-type]
    get_read_sets()  # type: ignore[call-arg]
    get_sequence_store_output(identity=store.arn)  # type: ignore[call-arg]
    found.name = "reads"  # type: ignore[misc]
    found.s3_url  # type: ignore[attr-defined] # noqa: B018
    SequenceStore("reads", sse_config=found.sse_config)  # type: ignore[arg-type]
