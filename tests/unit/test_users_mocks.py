"""Programs under mocks of their own, whose ids are no ARNs: each output has a value."""

from collections.abc import Iterator
from typing import Any

import pulumi
import pytest

from omics_components import (
    EncryptedSequenceStore,
    EncryptedSequenceStoreArgs,
    KmsKey,
    S3AccessPolicy,
    S3Bucket,
    SequenceStore,
)
from tests.input_tables import KEY
from tests.unit.mocked_engine import UsersEngine, mocked_engine, resolved

Outputs = dict[str, pulumi.Output[Any]]


@pytest.fixture(autouse=True)
def engine() -> Iterator[None]:
    with mocked_engine(UsersEngine):
        yield


def _outputs(resource: pulumi.Resource) -> Outputs:
    names = (name for name in dir(type(resource)) if not name.startswith("_"))
    values = {name: getattr(resource, name) for name in names}
    return {name: value for name, value in values.items() if isinstance(value, pulumi.Output)}


def test_every_output_of_a_resource_has_a_value() -> None:
    def program() -> Outputs:
        found: Outputs = {}
        for resource in (
            SequenceStore("store"),
            KmsKey("key", alias="alias/reads"),
            S3Bucket("bucket"),
            S3AccessPolicy("policy", sequence_store_arn="store-id", readers=[]),
        ):
            kind = resource.pulumi_resource_name
            found |= {f"{kind}.{name}": output for name, output in _outputs(resource).items()}
        return found

    values = resolved(program)

    assert values["store.sequence_store_id"] == "store-id"
    assert values["store.region"] == ""
    assert values["key.key_id"] == "key-id"
    assert values["key.region"] == ""
    assert values["key.alias_arn"] == "alias/reads"
    assert values["bucket.arn"] == "arn:aws:s3:::bucket-id"


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"fallback_bucket": "failed-uploads"},
        {"kms_key_arn": KEY, "access_logs": True},
        {"kms_key_arn": "a-key", "fallback_bucket": "theirs", "readers": []},
    ],
)
def test_every_output_of_the_component_has_a_value(args: EncryptedSequenceStoreArgs) -> None:
    def program() -> Outputs:
        reads = EncryptedSequenceStore("reads", args)
        return {name: getattr(reads, name) for name in EncryptedSequenceStore.__annotations__}

    values = resolved(program)

    assert values["arn"] == "reads-store-id"
    statements = {
        "kms_key_arn": values["required_key_policy_statements"],
        "fallback_bucket": values["required_bucket_policy_statements"],
    }
    for given, required in statements.items():
        services = [statement["Principal"] for statement in required]
        assert services == ([{"Service": "omics.amazonaws.com"}] if given in args else [])
