"""The lookups as functions of the package, for programs in any language."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi import automation

from tests.native.stack import NativeStack


def _call(token: str, **arguments: Any) -> Any:
    def declare() -> None:
        found = pulumi.runtime.invoke(f"omics-components:index:{token}", arguments)
        pulumi.export("found", found.value)

    return declare


def test_a_store_is_looked_up_and_stores_are_listed(stack: NativeStack) -> None:
    made = stack.aws().create_sequence_store(name="reads", tags={"team": "x"})

    found = stack.up(_call("getSequenceStore", name="reads")).outputs["found"]
    assert (found["arn"], found["tags"]) == (made["arn"], {"team": "x"})

    found = stack.up(_call("getSequenceStores")).outputs["found"]
    assert [item["id"] for item in found["sequenceStores"]] == [made["id"]]


def test_a_lookup_that_finds_nothing_is_one_sentence(stack: NativeStack) -> None:
    with pytest.raises(automation.CommandError, match="no sequence store in us-east-1") as error:
        stack.preview(_call("getSequenceStore", name="reads"))
    assert "RpcError" not in str(error.value).partition("error:")[0]
