"""What is reported of a sequence store that was created without a key."""

from collections.abc import Callable
from typing import Any

import pytest

from omics_components.emulator import Emulator

OWN_KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
GIVEN: list[dict[str, Any]] = [{}, {"sseConfig": {"type": "KMS"}}]


def answers(omics: Any, **given: Any) -> list[Any]:
    """Return the sseConfig in the answers of Create, Get, Update and List."""
    made = omics.create_sequence_store(name="reads", **given)
    got = omics.get_sequence_store(id=made["id"])
    updated = omics.update_sequence_store(id=made["id"], description="Reads")
    listed = [
        store
        for page in omics.get_paginator("list_sequence_stores").paginate()
        for store in page["sequenceStores"]
        if store["id"] == made["id"]
    ]
    return [answer.get("sseConfig") for answer in (made, got, updated, *listed)]


@pytest.mark.parametrize("given", GIVEN)
def test_every_answer_reports_a_key_of_the_service(omics: Any, given: dict[str, Any]) -> None:
    first = answers(omics, **given)

    key_arn = first[0]["keyArn"]
    assert first == [{"type": "KMS", "keyArn": key_arn}] * 4
    assert key_arn.startswith("arn:aws:kms:us-east-1:559620149354:key/")
    assert answers(omics) == first  # the next store has the same one


@pytest.mark.parametrize("given", GIVEN)
def test_reporting_it_can_be_switched_off(
    omics: Any, emulator: Emulator, given: dict[str, Any]
) -> None:
    emulator.configure(assume={"keyless-store-key": "as-given"})

    assert answers(omics, **given) == [given.get("sseConfig")] * 4


@pytest.mark.parametrize("is_reported", [True, False])
def test_a_key_that_was_given_is_reported_as_it_is(
    omics: Any, emulator: Emulator, is_reported: bool
) -> None:
    emulator.configure(assume={} if is_reported else {"keyless-store-key": "as-given"})
    given = {"type": "KMS", "keyArn": OWN_KEY}

    assert answers(omics, sseConfig=given) == [given] * 4


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn"), ("eu-west-2", "aws")],
)
def test_the_key_is_in_the_partition_and_region_of_the_store(
    emulator: Emulator, make_client: Callable[..., Any], region: str, partition: str
) -> None:
    [key_arn] = {sse["keyArn"] for sse in answers(make_client(emulator, region=region))}

    assert key_arn.startswith(f"arn:{partition}:kms:{region}:559620149354:key/")


def test_the_key_is_never_the_callers_own(
    emulator: Emulator, make_client: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "559620149354")
    omics = make_client(emulator)

    store = omics.create_sequence_store(name="reads")

    assert store["arn"].split(":")[4] == "559620149354"
    assert store["sseConfig"]["keyArn"].split(":")[4] != "559620149354"
