"""The aws: configuration, in the forms in which Pulumi hands it to a provider."""

import json

import pytest

from omics_components.aws.settings import AssumeRole, AwsSettings
from omics_components.errors import InvalidRequest

ROLE = "arn:aws:iam::111122223333:role/deployer"


def test_nothing_configured_leaves_all_to_the_sdk() -> None:
    assert AwsSettings.from_stack({}) == AwsSettings()
    assert AwsSettings.from_stack({"lab:region": "eu-west-1"}) == AwsSettings()


def test_all_keys_are_read_as_the_engine_writes_them() -> None:
    settings = AwsSettings.from_stack(
        {
            "aws:region": "eu-west-1",
            "aws:profile": "lab",
            "aws:assumeRoles": json.dumps(
                [{"roleArn": ROLE, "sessionName": "ci", "externalId": "x", "duration": "1h30m"}]
            ),
            "aws:allowedAccountIds": '["123456789012","012345678901"]',
            "aws:forbiddenAccountIds": '["999999999999"]',
            "aws:defaultTags": '{"tags":{"team":"genomics","cost":"4711"}}',
            "aws:endpoints": '[{"omics":"http://localhost:5000","sts":"http://localhost:5001"}]',
            "aws:maxRetries": "7",
            "aws:skipMetadataApiCheck": "true",
        }
    )

    assert (settings.region, settings.profile, settings.max_retries) == ("eu-west-1", "lab", 7)
    assert settings.assume_roles == (
        AssumeRole(role_arn=ROLE, session_name="ci", external_id="x", duration=5400),
    )
    assert settings.allowed_account_ids == ("123456789012", "012345678901")
    assert settings.forbidden_account_ids == ("999999999999",)
    assert settings.default_tags == (("cost", "4711"), ("team", "genomics"))
    assert settings.endpoint("omics") == "http://localhost:5000"
    assert settings.endpoint("sts") == "http://localhost:5001"


ELSEWHERE = {
    "aws:accessKey": "AKIAIOSFODNN7EXAMPLE",
    "aws:secretKey": "wJalrXUtnFEMI",
    "aws:token": "IQoJb3JpZ2lu",
    "aws:assumeRoleWithWebIdentity": json.dumps({"roleArn": ROLE}),
    "aws:sharedConfigFiles": '["config"]',
    "aws:sharedCredentialsFiles": '["credentials"]',
    "aws:useFipsEndpoint": "true",
    "aws:useDualstackEndpoint": "true",
    "aws:customCaBundle": "bundle.pem",
}
"""What pulumi-aws reads and this library does not, although it says as whom to act, or where."""


@pytest.mark.parametrize(("key", "value"), ELSEWHERE.items())
def test_what_would_lead_elsewhere_is_refused_rather_than_ignored(key: str, value: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        AwsSettings.from_stack({key: value})

    sentence = f"{key} in the stack's configuration is not supported by omics-components. Remove it"
    assert str(error.value).startswith(sentence)
    assert "AWS_" in str(error.value)
    assert value not in str(error.value) or value == "true"


def test_what_is_switched_off_is_no_matter() -> None:
    off = {"aws:useFipsEndpoint": "false", "aws:sharedConfigFiles": "[]", "aws:token": ""}
    assert AwsSettings.from_stack(off) == AwsSettings()


def test_every_key_that_is_read_is_asked_of_the_stack() -> None:
    assert set(AwsSettings.stack_keys()) == {
        "aws:region",
        "aws:profile",
        "aws:assumeRoles",
        "aws:assumeRole",
        "aws:allowedAccountIds",
        "aws:forbiddenAccountIds",
        "aws:defaultTags",
        "aws:endpoints",
        "aws:maxRetries",
        *ELSEWHERE,
    }


def test_one_role_may_be_written_without_a_list() -> None:
    settings = AwsSettings.from_stack({"aws:assumeRole": json.dumps({"roleArn": ROLE})})

    assert settings.assume_roles == (AssumeRole(role_arn=ROLE),)


def test_the_list_of_roles_wins_over_the_older_key() -> None:
    settings = AwsSettings.from_stack(
        {
            "aws:assumeRole": json.dumps({"roleArn": f"{ROLE}-old"}),
            "aws:assumeRoles": json.dumps([{"roleArn": ROLE}]),
        }
    )

    assert [role.role_arn for role in settings.assume_roles] == [ROLE]


def test_an_account_id_that_the_cli_wrote_as_a_number_is_read() -> None:
    # What `pulumi config set --path 'aws:allowedAccountIds[0]' 123456789012` writes.
    settings = AwsSettings.from_stack({"aws:allowedAccountIds": "[123456789012]"})

    assert settings.allowed_account_ids == ("123456789012",)


@pytest.mark.parametrize(("value", "text"), [("true", "true"), ("4711", "4711"), ('"a"', "a")])
def test_a_default_tag_that_the_cli_wrote_as_another_type_is_text(value: str, text: str) -> None:
    # What `pulumi config set --path aws:defaultTags.tags.audited true` writes.
    settings = AwsSettings.from_stack({"aws:defaultTags": f'{{"tags":{{"key":{value}}}}}'})

    assert settings.default_tags == (("key", text),)


def test_endpoints_may_be_one_mapping_or_several() -> None:
    one = AwsSettings.from_stack({"aws:endpoints": '{"omics":"http://a"}'})
    two = AwsSettings.from_stack({"aws:endpoints": '[{"omics":"http://a"},{"sts":"http://b"}]'})

    assert one.endpoint("omics") == two.endpoint("omics") == "http://a"
    assert (one.endpoint("sts"), two.endpoint("sts")) == (None, "http://b")


def test_equal_settings_are_one_key() -> None:
    config = {"aws:region": "eu-west-1", "aws:defaultTags": '{"tags":{"a":"b"}}'}

    assert hash(AwsSettings.from_stack(config)) == hash(AwsSettings.from_stack(dict(config)))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("aws:defaultTags", "{"),
        ("aws:defaultTags", "team"),
        ("aws:defaultTags", '["team"]'),
        ("aws:defaultTags", '{"tags":"team"}'),
        ("aws:endpoints", "http://localhost"),
        ("aws:endpoints", "[1]"),
        ("aws:assumeRoles", '[{"sessionName":"no role"}]'),
        ("aws:assumeRoles", f'[{{"roleArn":"{ROLE}","duration":"long"}}]'),
        ("aws:assumeRoles", ROLE),
        ("aws:allowedAccountIds", "123456789012"),
        ("aws:maxRetries", "many"),
    ],
)
def test_what_cannot_be_read_is_named(key: str, value: str) -> None:
    with pytest.raises(InvalidRequest, match=key) as failure:
        AwsSettings.from_stack({key: value})

    assert str(failure.value).endswith("Correct it with pulumi config set.")


def test_what_narrows_an_assumed_role_is_kept() -> None:
    role = {
        "roleArn": "arn:aws:iam::111122223333:role/lab",
        "policyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
        "tags": {"team": "lab"},
        "transitiveTagKeys": ["team"],
    }
    [read] = AwsSettings.from_stack({"aws:assumeRoles": json.dumps([role])}).assume_roles

    assert read.policy_arns == ("arn:aws:iam::aws:policy/ReadOnlyAccess",)
    assert read.tags == (("team", "lab"),)
    assert read.transitive_tag_keys == ("team",)


def test_an_unknown_key_of_a_role_is_refused_rather_than_ignored() -> None:
    config = {"aws:assumeRoles": '[{"roleArn":"arn:aws:iam::111122223333:role/lab","polcy":"{}"}]'}

    with pytest.raises(InvalidRequest, match=r"aws:assumeRoles\.0\.polcy"):
        AwsSettings.from_stack(config)


def test_default_tags_without_their_level_are_refused_rather_than_ignored() -> None:
    with pytest.raises(InvalidRequest, match="aws:defaultTags"):
        AwsSettings.from_stack({"aws:defaultTags": '{"env":"prod"}'})
