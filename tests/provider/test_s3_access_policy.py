"""The S3 access policy, as the engine asks for it."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from pulumi.dynamic.dynamic import serialize_provider

from omics_components import S3AccessPolicy
from omics_components.emulator import Emulator
from omics_components.providers import S3AccessPolicyProvider
from tests.provider.conftest import StartPlugin
from tests.provider.plugin import UNKNOWN, Plugin, PluginError, Resource

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

READER = "arn:aws:iam::111122223333:role/analysis"
STORE = "arn:aws:omics:us-east-1:123456789012:sequenceStore/1234567890"
ACCESS_POINT = "arn:aws:s3:us-east-1:222222222222:accesspoint/123456789012-1234567890"


@pytest.fixture
def policies(emulator: Emulator, start_plugin: StartPlugin) -> Plugin:  # noqa: ARG001 it must be empty
    """A plugin that is asked for S3 access policies."""
    return start_plugin(provider=S3AccessPolicyProvider)


@pytest.fixture
def store(emulator: Emulator, omics: "OmicsClient") -> dict[str, Any]:
    """A store, in AWS's words; the call log is empty afterwards."""
    made: Any = omics.get_sequence_store(id=omics.create_sequence_store(name="reads")["id"])
    emulator.calls.clear()
    described: dict[str, Any] = made
    return described


def _operations(emulator: Emulator) -> list[str]:
    return [call.operation for call in emulator.calls]


def _document(store: dict[str, Any]) -> dict[str, Any]:
    access_point = store["s3Access"]["s3AccessPointArn"]
    objects = f"123456789012/sequenceStore/{store['id']}/*"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": READER},
                "Action": ["s3:GetObject"],
                "Resource": f"{access_point}/object/{objects}",
                "Condition": {
                    "NumericGreaterThan": {"s3:TlsVersion": 1.2},
                    "NumericLessThan": {"s3:TlsVersion": 2},
                },
            }
        ],
    }


def test_the_provider_is_recorded_as_its_import_path() -> None:
    assert vars(S3AccessPolicyProvider()) == {}
    assert S3AccessPolicyProvider.serialize_as_secret_always is False
    assert serialize_provider(S3AccessPolicyProvider()) == (
        "gASVPAAAAAAAAACMGm9taWNzX2NvbXBvbmVudHMucHJvdmlkZXJzlIwWUzNBY2Nlc3NQb2xpY3lQcm92aWRlcpSTlCmBlC4="
    )


def test_the_type_token_is_fixed() -> None:
    assert S3AccessPolicy._resource_type_name == "dynamic/omics:S3AccessPolicy"


def test_the_id_is_the_access_point_and_the_outputs_say_all(
    policies: Plugin, emulator: Emulator, store: dict[str, Any]
) -> None:
    checked = policies.check({"sequenceStoreArn": store["arn"], "readers": [READER]})
    assert not checked.failures

    made = policies.create({**checked.inputs, "__identity": "born"})

    assert made.id == store["s3Access"]["s3AccessPointArn"]
    assert made.outputs.pop("updateTime").endswith("Z")
    assert [item["Principal"]["AWS"][1] for item in made.outputs.pop("policy")["Statement"]] == [
        READER,
        READER,
    ]
    assert made.visible == {
        "sequenceStoreArn": store["arn"],
        "readers": [READER],
        "__identity": "born",
    }
    assert _operations(emulator) == [
        "GetSequenceStore",
        "GetS3AccessPolicy",  # whose is it?
        "PutS3AccessPolicy",
        "GetS3AccessPolicy",
    ]


@pytest.mark.parametrize("form", ["mapping", "text", "readers", "the owner alone"])
def test_refresh_after_create_shows_nothing(
    policies: Plugin, emulator: Emulator, store: dict[str, Any], form: str
) -> None:
    forms: dict[str, dict[str, Any]] = {
        "mapping": {"policy": _document(store)},
        "text": {"policy": json.dumps(_document(store), indent=4)},
        "readers": {"readers": [READER]},
        "the owner alone": {"readers": []},
    }
    checked = policies.check({"sequenceStoreArn": store["arn"], **forms[form]})
    assert not checked.failures
    made = policies.create(checked.inputs)
    emulator.calls.clear()

    assert policies.read(made) == made
    assert policies.diff(made, checked.inputs).changes is False
    assert _operations(emulator) == ["GetS3AccessPolicy"]


def test_an_update_is_one_put(policies: Plugin, emulator: Emulator, store: dict[str, Any]) -> None:
    inputs = {"sequenceStoreArn": store["arn"], "readers": [READER]}
    made = policies.create(policies.check(inputs).inputs)
    emulator.calls.clear()
    changed = policies.check({**inputs, "readers": [f"{READER}2"]}, made.inputs).inputs

    assert policies.diff(made, changed).replaces == []
    updated = policies.update(made, changed)

    assert _operations(emulator) == [
        "GetS3AccessPolicy",  # the owner
        "PutS3AccessPolicy",
        "GetS3AccessPolicy",
    ]
    assert updated.outputs["readers"] == [f"{READER}2"]
    assert policies.read(updated) == updated


def test_unknown_values_pass_and_count_as_changed(
    policies: Plugin, emulator: Emulator, store: dict[str, Any]
) -> None:
    made = policies.create(policies.check({"sequenceStoreArn": store["arn"], "readers": []}).inputs)
    emulator.calls.clear()
    half = _document(store)
    half["Statement"][0]["Resource"] = UNKNOWN
    for news, replaces in (
        ({"sequenceStoreArn": UNKNOWN, "readers": [READER]}, ["sequenceStoreArn"]),
        ({"sequenceStoreArn": store["arn"], "readers": UNKNOWN}, []),
        ({"sequenceStoreArn": store["arn"], "readers": [READER, UNKNOWN]}, []),
        ({"sequenceStoreArn": store["arn"], "policy": half}, []),
    ):
        checked = policies.check(news)
        assert checked.failures == {}
        assert checked.inputs == news
        diff = policies.diff(made, checked.inputs)
        assert (diff.changes, diff.replaces) == (True, replaces)
    assert not _operations(emulator)


def test_failures_name_the_place(policies: Plugin) -> None:
    bad: dict[str, Any] = {"Statement": {"Effect": "Allow", "Principal": "*", "NotAction": "x"}}

    failures = policies.check({"sequenceStoreArn": STORE, "policy": bad}).failures

    assert [*failures] == ["policy.Statement.NotAction", "policy.Statement.Resource"]


def test_delete_takes_the_policy_and_then_finds_nothing_to_do(
    policies: Plugin, omics: "OmicsClient", store: dict[str, Any]
) -> None:
    inputs = policies.check({"sequenceStoreArn": store["arn"], "readers": []}).inputs
    made = policies.create(inputs)

    policies.delete(made)
    assert policies.read(made) == Resource("")
    policies.delete(made)
    omics.delete_sequence_store(id=store["id"])
    policies.delete(made)
    assert policies.read(made) == Resource("")


def test_get_finds_a_policy_and_fails_in_one_line_without(
    policies: Plugin, store: dict[str, Any]
) -> None:
    found = policies.get(store["s3Access"]["s3AccessPointArn"])
    assert found.outputs["sequenceStoreArn"] == store["arn"]

    with pytest.raises(PluginError, match="admits no one") as failure:
        policies.get(ACCESS_POINT)
    assert "\n" not in str(failure.value)


def test_wrong_credentials_empty_no_state(
    policies: Plugin, start_plugin: StartPlugin, store: dict[str, Any]
) -> None:
    made = policies.create(policies.check({"sequenceStoreArn": store["arn"], "readers": []}).inputs)
    other = start_plugin(
        {"aws:assumeRoles": '[{"roleArn":"arn:aws:iam::999999999999:role/other"}]'},
        provider=S3AccessPolicyProvider,
    )

    for step in (other.read, other.delete):
        with pytest.raises(PluginError, match="belongs to account 123456789012"):
            step(made)
