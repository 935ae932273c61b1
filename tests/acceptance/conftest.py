"""An account of an emulator, and what is left in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance.emulated_account import Emulated, emulated_account


@pytest.fixture(scope="module")
def shared_account() -> Iterator[Emulated]:
    with emulated_account() as made:
        yield made


@pytest.fixture
def account(shared_account: Emulated) -> Emulated:
    """An empty account."""
    shared_account.begin_again()
    return shared_account


def resources(client: Any) -> list[str]:
    """List what is in an account and is not waiting for its deletion.

    Args:
        client: Makes the client of a service in a Region.
    """
    omics = client("omics", "us-east-1")
    stores = omics.list_sequence_stores()["sequenceStores"]
    found = [store["arn"] for store in stores if store["status"] != "DELETING"]
    found += [store["arn"] for store in omics.list_reference_stores()["referenceStores"]]
    found += [
        f"s3:{bucket['Name']}" for bucket in client("s3", "us-east-1").list_buckets()["Buckets"]
    ]
    for region in ("us-east-1", "eu-west-1"):
        kms = client("kms", region)
        found += [
            one["AliasName"]
            for one in kms.list_aliases()["Aliases"]
            if not one["AliasName"].startswith("alias/aws/")
        ]
        for key in kms.list_keys()["Keys"]:
            told = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
            if told["KeyState"] != "PendingDeletion" and told["KeyManager"] == "CUSTOMER":
                found.append(told["Arn"])
    return found
