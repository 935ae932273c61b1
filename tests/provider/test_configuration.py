"""The stack's aws: configuration and the SDK's own environment."""

import itertools
import json
from pathlib import Path

import pytest

from omics_components.emulator import Emulator, EmulatorServer
from tests.provider.conftest import StartPlugin, created
from tests.provider.plugin import PluginError, Resource

pytestmark = pytest.mark.usefixtures("emulator")

OTHER_ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/deployer"
NO_REGION = {"AWS_REGION": None, "AWS_DEFAULT_REGION": None}
NO_KEYS = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}


_serials = itertools.count()


def a_role(key: str = "aws:assumeRoles", **more: str) -> dict[str, str]:
    """Configure a role that no other test has: an emulator that was reset forgets old sessions."""
    role = {"roleArn": ROLE, "sessionName": f"ci-{next(_serials)}", **more}
    return {key: json.dumps([role] if key == "aws:assumeRoles" else role)}


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A home without any AWS file."""
    return str(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where the SDK finds a file with one profile."""
    file = tmp_path_factory.mktemp("aws") / "config"
    file.write_text(
        "[profile lab]\nregion = eu-central-1\n"
        "aws_access_key_id = AKIAFAKEKEYOFPROFIL0\naws_secret_access_key = fake\n"
    )
    return {"AWS_CONFIG_FILE": str(file)}


def test_the_stacks_region_wins_over_the_environments(start_plugin: StartPlugin) -> None:
    plugin = start_plugin({"aws:region": "eu-west-1"})

    assert plugin.check({"name": "reads"}).inputs["region"] == "eu-west-1"


def test_the_resources_region_wins_over_the_stacks(start_plugin: StartPlugin) -> None:
    store = created(start_plugin({"aws:region": "eu-west-1"}), {"region": "us-west-2"})

    assert store.id.startswith("arn:aws:omics:us-west-2:")


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_the_region_comes_from_the_environment(start_plugin: StartPlugin, name: str) -> None:
    plugin = start_plugin({}, {**NO_REGION, name: "eu-west-2"})

    assert plugin.check({"name": "reads"}).inputs["region"] == "eu-west-2"


@pytest.mark.parametrize(
    ("config", "environment"),
    [({"aws:profile": "lab"}, {}), ({}, {"AWS_PROFILE": "lab"})],
    ids=["aws:profile", "AWS_PROFILE"],
)
def test_the_region_comes_from_the_profile(
    start_plugin: StartPlugin,
    profiles: dict[str, str],
    config: dict[str, str],
    environment: dict[str, str],
) -> None:
    plugin = start_plugin(config, {**NO_REGION, **NO_KEYS, **profiles, **environment})

    assert plugin.check({"name": "reads"}).inputs["region"] == "eu-central-1"


def test_a_missing_region_is_asked_for(
    start_plugin: StartPlugin, home: str, emulator: Emulator
) -> None:
    plugin = start_plugin({}, {**NO_REGION, "HOME": home})

    checked = plugin.check({"name": "reads"})

    assert checked.failures.keys() == {"region"}
    assert "aws:region" in checked.failures["region"]
    assert "AWS_REGION" in checked.failures["region"]
    assert emulator.calls.names() == []


def test_an_unknown_region_is_not_asked_for(start_plugin: StartPlugin, home: str) -> None:
    plugin = start_plugin({}, {**NO_REGION, "HOME": home})

    assert plugin.check({"name": "reads", "region": "eu-west-1"}).failures == {}


def test_a_profile_that_is_not_there_is_reported_in_one_sentence(start_plugin: StartPlugin) -> None:
    plugin = start_plugin({"aws:profile": "absent"}, NO_REGION)

    with pytest.raises(PluginError, match=r"\(absent\).*aws:profile") as failure:
        plugin.check({"name": "reads"})

    assert "\n" not in str(failure.value)


ROLE_OF_NOBODY = "role_arn = arn:aws:iam::111122223333:role/x"
UNREADABLE = {
    "a helper that fails": "[profile p]\ncredential_process = /bin/false\n",
    "no source": f"[profile p]\n{ROLE_OF_NOBODY}\nsource_profile = absent\n",
    "no session": "[profile p]\nsso_session = absent\nsso_account_id = 1\nsso_role_name = x\n",
    "no token": f"[profile p]\n{ROLE_OF_NOBODY}\nweb_identity_token_file = /nowhere\n",
    "no sense": "[profile p\n[[[",
}


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_credentials_that_cannot_be_read_are_reported_in_one_sentence(
    start_plugin: StartPlugin, tmp_path: Path, text: str
) -> None:
    (tmp_path / "config").write_text(text)
    files = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_PROFILE": "p"}
    plugin = start_plugin({}, {**NO_KEYS, **files})

    with pytest.raises(PluginError, match="Check the credentials in the environment") as failure:
        created(plugin, {})

    assert "\n" not in str(failure.value)


def test_missing_credentials_are_reported_in_one_sentence(
    start_plugin: StartPlugin, home: str
) -> None:
    plugin = start_plugin({}, {**NO_KEYS, "HOME": home})

    with pytest.raises(PluginError, match="Check the credentials") as failure:
        created(plugin, {})

    assert "\n" not in str(failure.value)


def test_a_role_without_credentials_to_assume_it_is_reported_in_one_sentence(
    start_plugin: StartPlugin, home: str
) -> None:
    config = {"aws:assumeRoles": json.dumps([{"roleArn": ROLE}])}
    plugin = start_plugin(config, {**NO_KEYS, "HOME": home})

    with pytest.raises(PluginError, match="redentials") as failure:
        created(plugin, {})

    assert "\n" not in str(failure.value)


@pytest.mark.parametrize("key", ["aws:assumeRoles", "aws:assumeRole"])
def test_a_store_is_made_in_the_account_of_the_assumed_role(
    start_plugin: StartPlugin, key: str
) -> None:
    plugin = start_plugin(a_role(key, externalId="lab", duration="1h"))
    store = created(plugin, {})

    assert f":{OTHER_ACCOUNT}:" in store.id
    assert plugin.read(store) == store


def test_what_the_sdk_refuses_itself_is_reported_in_one_sentence(start_plugin: StartPlugin) -> None:
    with pytest.raises(PluginError, match="ExternalId") as failure:
        created(start_plugin(a_role(externalId="x")), {})

    assert "\n" not in str(failure.value)


def test_a_chain_of_roles_ends_in_the_last_ones_account(
    start_plugin: StartPlugin, emulator: Emulator
) -> None:
    roles = [{"roleArn": ROLE}, {"roleArn": "arn:aws:iam::444455556666:role/last"}]
    plugin = start_plugin({"aws:assumeRoles": json.dumps(roles)})

    assert ":444455556666:" in created(plugin, {}).id
    assert emulator.calls.names()[:2] == ["sts:AssumeRole", "sts:AssumeRole"]
    assert emulator.calls[1].account == OTHER_ACCOUNT


def test_refresh_with_another_accounts_credentials_does_not_empty_the_state(
    start_plugin: StartPlugin,
) -> None:
    store = created(start_plugin(), {})
    foreign = start_plugin(a_role())

    with pytest.raises(PluginError) as failure:
        foreign.read(store)

    text = str(failure.value)
    assert "belongs to account 123456789012" in text
    assert f"credentials to account {OTHER_ACCOUNT}" in text
    assert "\n" not in text


def test_delete_with_another_accounts_credentials_is_no_success(start_plugin: StartPlugin) -> None:
    store = created(start_plugin(), {})
    foreign = start_plugin(a_role())

    with pytest.raises(PluginError, match=OTHER_ACCOUNT):
        foreign.delete(store)


def test_only_an_allowed_account_is_touched(start_plugin: StartPlugin, emulator: Emulator) -> None:
    plugin = start_plugin({"aws:allowedAccountIds": json.dumps([OTHER_ACCOUNT])})

    with pytest.raises(PluginError) as failure:
        created(plugin, {})

    text = str(failure.value)
    assert "belong to account 123456789012" in text
    assert f"aws:allowedAccountIds allows only {OTHER_ACCOUNT}" in text
    assert "refresh and destroy use the configuration of the last pulumi up" in text
    assert "\n" not in text
    assert emulator.calls.names() == ["sts:GetCallerIdentity"]


def test_an_allowed_account_is_asked_for_once(
    start_plugin: StartPlugin, emulator: Emulator
) -> None:
    config = {"aws:allowedAccountIds": json.dumps(["123456789012", OTHER_ACCOUNT])}
    plugin = start_plugin(config)

    plugin.read(created(plugin, {}))

    assert emulator.calls.names().count("sts:GetCallerIdentity") == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("aws:region", "us-esat-1"),
        ("aws:allowedAccountIds", OTHER_ACCOUNT),
        ("aws:forbiddenAccountIds", "[12345678901]"),
        ("aws:defaultTags", '{"tags":'),
        ("aws:defaultTags", "team=genomics"),
        ("aws:maxRetries", "many"),
    ],
)
def test_configuration_that_cannot_be_read_is_named(
    start_plugin: StartPlugin, key: str, value: str
) -> None:
    with pytest.raises(PluginError, match=key) as failure:
        start_plugin({key: value}).check({"name": "reads"})

    text = str(failure.value)
    assert "pulumi config set" in text
    assert "refresh and destroy use the configuration of the last pulumi up" in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("aws:regoin", r"Did you mean aws:region\?"),
        ("aws:httpsProxy", "set HTTPS_PROXY in the environment"),
    ],
)
@pytest.mark.parametrize("inputs", [{}, {"region": "us-east-1"}], ids=["of stack", "of resource"])
def test_a_key_that_is_not_supported_fails_the_preview(
    start_plugin: StartPlugin, emulator: Emulator, key: str, words: str, inputs: dict[str, str]
) -> None:
    plugin = start_plugin({"aws:region": "us-east-1", key: "x"})

    with pytest.raises(PluginError, match=words) as failure:
        plugin.check({"name": "reads", **inputs})

    assert f"{key} in the stack's configuration" in str(failure.value)
    assert emulator.calls.names() == []


def test_the_stacks_endpoint_is_used_without_a_host_prefix(
    start_plugin: StartPlugin, server: EmulatorServer, emulator: Emulator
) -> None:
    endpoints = json.dumps([{"omics": server.url, "sts": server.url}])
    plugin = start_plugin({"aws:endpoints": endpoints}, {"AWS_ENDPOINT_URL": None})
    store = created(plugin, {})
    plugin.delete(store)

    assert plugin.read(store) == Resource("")
    assert "sts:GetCallerIdentity" in emulator.calls.names()


def test_every_call_says_who_makes_it(start_plugin: StartPlugin, emulator: Emulator) -> None:
    created(start_plugin(), {})

    assert all("omics-components/" in (call.user_agent or "") for call in emulator.calls)
