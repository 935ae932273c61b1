"""KMS keys as the engine asks for them: over gRPC, with the emulator behind."""

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from pulumi.dynamic.dynamic import serialize_provider

from omics_components import KmsKey
from omics_components.emulator import Emulator, EmulatorServer
from omics_components.providers import KmsKeyProvider
from omics_components.schema.owner_tag import split_owner_tag
from tests.provider.conftest import StartPlugin
from tests.provider.plugin import UNKNOWN, Plugin, PluginError, Resource

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

LAB = "arn:aws:iam::123456789012:role/lab"
ADMIN = "arn:aws:iam::123456789012:role/admin"
OTHER_ACCOUNT = "111122223333"
MISSING = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
IDENTITY = "file://backend|lab|urn:pulumi:dev::lab::type::reads"
DEFAULT_TAGS = {"aws:defaultTags": '{"tags":{"team":"genomics","cost":"4711"}}'}
FULL: dict[str, Any] = {
    "description": "Reads",
    "alias": "alias/reads",
    "administrators": [ADMIN],
    "users": [OTHER_ACCOUNT, LAB],
    "allowHealthOmics": True,
    "restrictToAccount": True,
    "enableKeyRotation": True,
    "rotationPeriodInDays": 180,
    "deletionWindowInDays": 7,
    "tags": {"team": "genomics", "env": "test"},
}
PROGRAMS: dict[str, dict[str, Any]] = {
    "minimal": {},
    "full": FULL,
    "empty values": {"description": "", "alias": "", "users": [], "tags": {}},
    "hidden keys": {"__identity": IDENTITY, "__timeouts": {"create": "5m"}},
    "another region": {"region": "eu-west-1"},
    "no rotation": {"enableKeyRotation": False},
    "without HealthOmics, and a guard of nothing": {
        "allowHealthOmics": False,
        "restrictToAccount": False,
    },
    "an account's root ARN": {"users": [f"arn:aws:iam::{OTHER_ACCOUNT}:root"]},
    "a default tag, said too": {"tags": {"team": "genomics", "env": "test"}},
    "a default tag, overridden": {"tags": {"team": "other"}},
}


@pytest.fixture
def plugin(emulator: Emulator, start_plugin: StartPlugin) -> Plugin:  # noqa: ARG001 it must be empty
    return start_plugin(provider=KmsKeyProvider)


@pytest.fixture(scope="session")
def kms(server: EmulatorServer) -> "KMSClient":
    return boto3.client("kms", endpoint_url=server.url)


def _created(plugin: Plugin, inputs: dict[str, Any]) -> Resource:
    checked = plugin.check(inputs)
    assert checked.failures == {}
    return plugin.create(checked.inputs)


def _updated(plugin: Plugin, key: Resource, inputs: dict[str, Any]) -> Resource:
    checked = plugin.check(inputs, key.inputs)
    assert checked.failures == {}
    return plugin.update(key, checked.inputs)


def _key_id(key: Resource) -> str:
    """Return what moto's DisableKey knows a key by; KMS takes the ARN, too."""
    return key.id.rpartition("/")[2]


def _changes(emulator: Emulator) -> list[str]:
    """List the calls so far that changed something."""
    reading = ("Describe", "Get", "List")
    return [call.operation for call in emulator.calls if not call.operation.startswith(reading)]


def test_the_provider_is_recorded_as_its_import_path() -> None:
    assert vars(KmsKeyProvider()) == {}
    assert KmsKeyProvider.serialize_as_secret_always is False
    assert serialize_provider(KmsKeyProvider()) == (
        "gASVNAAAAAAAAACMGm9taWNzX2NvbXBvbmVudHMucHJvdmlkZXJzlIwOS21zS2V5UHJvdmlkZXKUk5QpgZQu"
    )


def test_the_type_token_is_fixed() -> None:
    assert KmsKey._resource_type_name == "dynamic/kms:Key"


def test_create_makes_the_calls_in_this_order(plugin: Plugin, emulator: Emulator) -> None:
    key = _created(plugin, {**FULL, "__identity": IDENTITY})

    # The look at all keys that comes first serves all creations of half a minute.
    looks = ("sts:GetCallerIdentity", "tagging:GetResources")
    assert [name for name in emulator.calls.names() if name not in looks] == [
        "kms:DescribeKey",  # whose is the alias?
        "kms:CreateKey",
        "kms:EnableKeyRotation",
        "kms:CreateAlias",
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "kms:GetKeyRotationStatus",
        "kms:ListResourceTags",
        "kms:ListAliases",
        "kms:TagResource",  # the last call
        "kms:DescribeKey",
        "kms:ListResourceTags",
    ]
    outputs = key.visible
    policy, created = json.loads(outputs.pop("policy")), outputs.pop("creationDate")
    known = {"keyState": "Enabled", "region": "us-east-1", "__identity": IDENTITY}
    assert outputs == {**FULL, **known}
    assert created.endswith("Z")
    assert [statement["Sid"] for statement in policy["Statement"]] == [
        *("AccountAdmin", "KeyAdministrators", "KeyUsers", "HealthOmicsStorage")
    ]


def test_a_preview_calls_nothing_and_needs_no_credentials(
    start_plugin: StartPlugin, emulator: Emulator
) -> None:
    no_keys = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    plugin = start_plugin({"aws:region": "us-east-1"}, no_keys, KmsKeyProvider)
    recorded = Resource(MISSING, {**FULL, "policy": "{}"})

    checked = plugin.check(FULL)

    assert checked.failures == {}
    assert plugin.diff(recorded, checked.inputs).changes is True
    assert len(emulator.calls) == 0


def test_unknown_values_pass(plugin: Plugin) -> None:
    inputs = {
        "alias": UNKNOWN,
        "users": [UNKNOWN, LAB],
        "enableKeyRotation": UNKNOWN,
        "rotationPeriodInDays": UNKNOWN,
        "region": UNKNOWN,
    }
    checked = plugin.check(inputs)

    assert checked.failures == {}
    assert {name: checked.inputs[name] for name in inputs} == inputs


def test_bad_values_are_named_where_they_stand(plugin: Plugin) -> None:
    checked = plugin.check({"users": [LAB, "*"], "alias": "reads", "tags": {"aws:x": "y"}})

    assert checked.failures.keys() == {"users[1]", "alias", 'tags["aws:x"]'}


@pytest.mark.parametrize("config", [{}, DEFAULT_TAGS], ids=["plain", "default tags"])
@pytest.mark.parametrize("inputs", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_refresh_after_create_shows_nothing(
    start_plugin: StartPlugin,
    emulator: Emulator,  # noqa: ARG001 it must be empty
    config: dict[str, str],
    inputs: dict[str, Any],
) -> None:
    plugin = start_plugin(config, provider=KmsKeyProvider)
    key = _created(plugin, inputs)

    assert plugin.read(key) == key
    assert plugin.diff(key, key.inputs or {}).changes is False


def test_default_tags_are_set_and_recorded_apart(
    start_plugin: StartPlugin, emulator: Emulator, kms: "KMSClient"
) -> None:
    emulator.reset()
    plugin = start_plugin(DEFAULT_TAGS, provider=KmsKeyProvider)
    key = _created(plugin, {"tags": {"env": "test"}})

    live = {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key.id)["Tags"]}
    tags, claim = split_owner_tag(live)
    assert str(claim) == key.outputs["__owner"]
    assert tags == {"team": "genomics", "cost": "4711", "env": "test"}
    assert key.outputs["tags"] == {"env": "test"}
    assert key.outputs["tagsAll"] == tags


UPDATES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": ({}, []),
    "order and spelling of principals": (
        {"users": [LAB, f"arn:aws:iam::{OTHER_ACCOUNT}:root"]},
        [],
    ),
    "description": ({"description": "New"}, ["UpdateKeyDescription"]),
    "description cleared": ({"description": ""}, ["UpdateKeyDescription"]),
    "alias": ({"alias": "alias/new"}, ["CreateAlias", "DeleteAlias"]),
    "alias cleared": ({"alias": ""}, ["DeleteAlias"]),
    "administrators": ({"administrators": [LAB]}, ["PutKeyPolicy"]),
    "administrators cleared": ({"administrators": []}, ["PutKeyPolicy"]),
    "users": ({"users": [ADMIN]}, ["PutKeyPolicy"]),
    "health omics": ({"allowHealthOmics": False}, ["PutKeyPolicy"]),
    "account": ({"restrictToAccount": False}, ["PutKeyPolicy"]),
    "rotation off": (
        {"enableKeyRotation": False, "rotationPeriodInDays": 365},
        ["DisableKeyRotation"],
    ),
    "period": ({"rotationPeriodInDays": 90}, ["EnableKeyRotation"]),
    "window": ({"deletionWindowInDays": 30}, []),
    "tags cleared": ({"tags": {}}, ["UntagResource"]),
    "one tag added, one changed, one removed": (
        {"tags": {"team": "new", "more": "1"}},
        ["UntagResource", "TagResource"],
    ),
    "everything": (
        {
            "description": "New",
            "alias": "alias/new",
            "users": [],
            "rotationPeriodInDays": 90,
            "tags": {"team": "new", "env": "test"},
        },
        [
            *("CreateAlias", "PutKeyPolicy", "UpdateKeyDescription", "EnableKeyRotation"),
            *("DeleteAlias", "TagResource"),
        ],
    ),
}


@pytest.mark.parametrize(("change", "expected"), UPDATES.values(), ids=UPDATES.keys())
def test_update_sends_only_what_changed(
    plugin: Plugin,
    emulator: Emulator,
    kms: "KMSClient",
    change: dict[str, Any],
    expected: list[str],
) -> None:
    key = _created(plugin, FULL)
    emulator.calls.clear()

    updated = _updated(plugin, key, {**FULL, **change})

    assert _changes(emulator) == expected
    assert plugin.read(updated) == updated
    assert plugin.diff(updated, updated.inputs or {}).changes is False
    policy = kms.get_key_policy(KeyId=key.id, PolicyName="default")["Policy"]
    assert '"arn:aws:iam::123456789012:root"' in policy


def test_rotation_is_turned_on_again(plugin: Plugin, kms: "KMSClient") -> None:
    key = _created(plugin, {"enableKeyRotation": False})

    updated = _updated(plugin, key, {"rotationPeriodInDays": 100})

    assert kms.get_key_rotation_status(KeyId=key.id)["KeyRotationEnabled"] is True
    assert updated.outputs["rotationPeriodInDays"] == 100


def test_only_the_region_replaces(plugin: Plugin) -> None:
    key = _created(plugin, FULL)
    other: dict[str, Any] = {
        **{name: change[name] for change, _ in UPDATES.values() for name in change},
        "rotationPeriodInDays": 365,
        "enableKeyRotation": False,
    }

    assert plugin.diff(key, plugin.check(other).inputs).replaces == []
    moved = plugin.check({**FULL, "region": "eu-west-1"}).inputs
    assert plugin.diff(key, moved).replaces == ["region"]


def test_update_keeps_the_identity_of_birth(plugin: Plugin) -> None:
    key = _created(plugin, {"__identity": "born"})

    updated = _updated(plugin, key, {"description": "New", "__identity": "renamed"})

    assert updated.outputs["__identity"] == "born"


def test_refresh_shows_drift_in_the_inputs(plugin: Plugin, kms: "KMSClient") -> None:
    key = _created(plugin, FULL)
    statements = json.loads(key.outputs["policy"])["Statement"]
    changed = json.dumps({"Version": "2012-10-17", "Statement": [statements[0], statements[2]]})
    kms.put_key_policy(KeyId=key.id, PolicyName="default", Policy=changed)
    kms.update_key_description(KeyId=key.id, Description="Drift")
    kms.disable_key_rotation(KeyId=key.id)
    kms.delete_alias(AliasName="alias/reads")
    kms.create_alias(AliasName="alias/theirs", TargetKeyId=key.id)
    kms.untag_resource(KeyId=key.id, TagKeys=["env"])

    refreshed = plugin.read(key)

    assert key.inputs is not None
    drifted = {
        **key.inputs,
        "description": "Drift",
        "allowHealthOmics": False,
        "enableKeyRotation": False,
        "tags": {"team": "genomics"},
    }
    del drifted["administrators"], drifted["alias"]
    assert refreshed.inputs == drifted
    repaired = plugin.update(refreshed, key.inputs)
    assert plugin.read(repaired) == repaired
    assert repaired.outputs == key.outputs
    aliases = {alias["AliasName"] for alias in kms.list_aliases(KeyId=key.id)["Aliases"]}
    assert aliases == {"alias/reads", "alias/theirs"}


def test_a_foreign_policy_is_shown_and_replaced_by_ours(plugin: Plugin, kms: "KMSClient") -> None:
    key = _created(plugin, FULL)
    foreign = json.loads(key.outputs["policy"])
    foreign["Statement"][2]["Action"].append("kms:CreateGrant")
    kms.put_key_policy(KeyId=key.id, PolicyName="default", Policy=json.dumps(foreign))

    refreshed = plugin.read(key)

    assert key.inputs is not None
    assert refreshed.inputs == {**key.inputs, "policy": json.dumps(foreign)}
    checked = plugin.check(FULL, refreshed.inputs)
    assert checked.inputs == key.inputs
    assert plugin.diff(refreshed, checked.inputs).changes is True
    repaired = plugin.update(refreshed, checked.inputs)
    assert plugin.read(repaired) == repaired == key


def test_a_policy_in_other_words_is_no_drift(plugin: Plugin, kms: "KMSClient") -> None:
    key = _created(plugin, FULL)
    policy = json.loads(key.outputs["policy"])
    for statement in policy["Statement"]:
        del statement["Sid"]
    names = [LAB, f"arn:aws:iam::{OTHER_ACCOUNT}:root"]
    policy["Statement"][2]["Principal"]["AWS"] = names
    kms.put_key_policy(KeyId=key.id, PolicyName="default", Policy=json.dumps(policy, indent=1))

    assert plugin.read(key) == key


def test_delete_schedules_the_key_and_takes_the_alias(
    plugin: Plugin, emulator: Emulator, kms: "KMSClient"
) -> None:
    key = _created(plugin, FULL)
    kms.disable_key(KeyId=_key_id(key))
    emulator.calls.clear()

    plugin.delete(key)

    assert _changes(emulator) == ["ScheduleKeyDeletion", "DeleteAlias"]
    described = kms.describe_key(KeyId=key.id)["KeyMetadata"]
    assert described["KeyState"] == "PendingDeletion"
    assert round((described["DeletionDate"] - described["CreationDate"]).total_seconds()) in range(
        7 * 86_400 - 5, 7 * 86_400 + 60
    )
    assert plugin.read(key) == Resource("")
    plugin.delete(key)


def test_a_disabled_key_is_there(plugin: Plugin, kms: "KMSClient") -> None:
    key = _created(plugin, FULL)
    kms.disable_key(KeyId=_key_id(key))

    refreshed = plugin.read(key)

    assert refreshed.outputs["keyState"] == "Disabled"
    assert refreshed.inputs == key.inputs


def test_a_key_that_is_gone(plugin: Plugin) -> None:
    gone = Resource(MISSING, {**FULL, "policy": "{}"})

    assert plugin.read(gone) == Resource("")
    plugin.delete(gone)


@pytest.mark.parametrize("method", ["read", "delete"])
def test_a_key_of_another_account_is_not_taken_for_gone(plugin: Plugin, method: str) -> None:
    theirs = Resource(MISSING.replace("123456789012", OTHER_ACCOUNT), FULL)

    with pytest.raises(PluginError, match=f"belongs to account {OTHER_ACCOUNT}.*123456789012"):
        getattr(plugin, method)(theirs)


@pytest.mark.parametrize("inputs", [{}, FULL], ids=["minimal", "full"])
def test_get_finds_a_key(plugin: Plugin, inputs: dict[str, Any]) -> None:
    key = _created(plugin, inputs)
    found = plugin.get(key.id)

    # The window is no property of a key.
    assert found.outputs == {**key.visible, "deletionWindowInDays": 30}


@pytest.mark.parametrize(
    ("id_", "words"),
    [
        (MISSING, "Check the ARN."),
        ("alias/reads", "'alias/reads' is not the ARN of a KMS key. Give the key's ARN."),
        (MISSING.rpartition("/")[2], "Check the ARN."),
    ],
)
def test_get_of_a_missing_key_fails_in_one_line(plugin: Plugin, id_: str, words: str) -> None:
    with pytest.raises(PluginError, match=words) as failure:
        plugin.get(id_)

    assert "\n" not in str(failure.value)
