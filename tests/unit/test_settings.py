"""The aws: configuration, in the forms in which Pulumi hands it to a provider."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import boto3
import pytest

from omics_components.aws.settings import (
    EXAMPLES,
    LAST_UPDATE,
    REFUSED,
    WITHOUT_EFFECT,
    AssumeRole,
    AwsSettings,
)
from omics_components.errors import InvalidRequest
from omics_components.kinds.registry import KINDS
from omics_components.schema.base import Model
from omics_components.schema.lookup import RegionArgument
from omics_components.schema.validation import validate

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
            "aws:s3UsePathStyle": "true",
        }
    )

    assert (settings.region, settings.profile, settings.max_retries) == ("eu-west-1", "lab", 7)
    assert settings.assume_roles == (
        AssumeRole.model_validate(
            {"roleArn": ROLE, "sessionName": "ci", "externalId": "x", "duration": "1h30m"}
        ),
    )
    assert settings.allowed_account_ids == ("123456789012", "012345678901")
    assert settings.forbidden_account_ids == ("999999999999",)
    assert settings.default_tags == (("cost", "4711"), ("team", "genomics"))
    assert settings.endpoint("omics") == "http://localhost:5000"
    assert settings.endpoint("sts") == "http://localhost:5001"
    assert settings.skip_metadata_api_check
    assert settings.s3_use_path_style


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_key_that_would_lead_elsewhere_is_refused_with_what_does_it(name: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        AwsSettings.from_stack({f"aws:{name}": "s3cret"})

    text = str(error.value)
    assert text.startswith(f"aws:{name} in the stack's configuration is not supported")
    assert f"Remove it with `pulumi config rm aws:{name}`, and {REFUSED[name]} instead." in text
    assert text.endswith(f"Then {LAST_UPDATE}")
    assert "s3cret" not in text


def test_a_refused_key_that_is_switched_off_is_accepted() -> None:
    off = {"aws:useFipsEndpoint": "false", "aws:sharedConfigFiles": "[]", "aws:token": ""}
    assert AwsSettings.from_stack(off) == AwsSettings()


@pytest.mark.parametrize("name", sorted(WITHOUT_EFFECT))
@pytest.mark.parametrize("value", ["true", "false"])
def test_a_key_that_turns_off_a_check_that_is_not_made_is_accepted(name: str, value: str) -> None:
    assert AwsSettings.from_stack({f"aws:{name}": value}) == AwsSettings()


KEYS_OF_PULUMI_AWS = [
    "accessKey",
    "allowedAccountIds",
    "assumeRole",
    "assumeRoles",
    "assumeRoleWithWebIdentity",
    "customCaBundle",
    "defaultTags",
    "ec2MetadataServiceEndpoint",
    "ec2MetadataServiceEndpointMode",
    "endpoints",
    "forbiddenAccountIds",
    "httpProxy",
    "httpsProxy",
    "ignoreTags",
    "insecure",
    "maxRetries",
    "noProxy",
    "profile",
    "region",
    "retryMode",
    "s3ForcePathStyle",
    "s3UsEast1RegionalEndpoint",
    "s3UsePathStyle",
    "secretKey",
    "sharedConfigFiles",
    "sharedCredentialsFile",
    "sharedCredentialsFiles",
    "skipCredentialsValidation",
    "skipGetEc2Platforms",
    "skipMetadataApiCheck",
    "skipRegionValidation",
    "skipRequestingAccountId",
    "stsRegion",
    "tagPolicyCompliance",
    "token",
    "tokenBucketRateLimiterCapacity",
    "useDualstackEndpoint",
    "useFipsEndpoint",
    "userAgents",
]
"""Of its versions 4 to 7 (docs: the reference of its configuration)."""


def test_each_key_of_pulumi_aws_works_or_is_refused() -> None:
    found = [*AwsSettings.names(), "assumeRole", *REFUSED, *WITHOUT_EFFECT]

    assert sorted(found) == sorted(KEYS_OF_PULUMI_AWS)


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("aws:regoin", "aws:region"),
        ("aws:Region", "aws:region"),
        ("aws:allowedAccountId", "aws:allowedAccountIds"),
        ("aws:allowed_account_ids", "aws:allowedAccountIds"),
        ("aws:defaulttags", "aws:defaultTags"),
        ("aws:endpoint", "aws:endpoints"),
        ("aws:prfile", "aws:profile"),
        ("aws:httpProxi", "aws:httpProxy"),
        ("aws:colour", None),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(key: str, meant: str | None) -> None:
    with pytest.raises(InvalidRequest) as failure:
        AwsSettings.from_stack({key: "x"})

    text = str(failure.value)
    assert text.startswith(f"{key} in the stack's configuration is not a key of pulumi-aws.")
    assert (f"Did you mean {meant}?" in text) is (meant is not None)
    assert ("Did you mean" in text) is (meant is not None)
    assert f"pulumi config rm {key}" in text


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


LOST_FORMS = ["4711", "true", "1.1", "null", "[]", '"2024-01-01 00:00:00 +0000 UTC"']
"""What YAML makes of an octal number, of yes, of 1.10, of ~ and of a date, without quotes."""

TEXTS: dict[str, list[object]] = {
    "aws:defaultTags": [{"tags": {"team": ...}}],
    "aws:endpoints": [{"omics": ...}, [{"sts": ...}]],
    "aws:assumeRole": [{"roleArn": ROLE, "externalId": ...}],
    "aws:assumeRoles": [
        [{"roleArn": ...}],
        [{"roleArn": ROLE, "sessionName": ...}],
        [{"roleArn": ROLE, "externalId": ...}],
        [{"roleArn": ROLE, "duration": ...}],
        [{"roleArn": ROLE, "policy": ...}],
        [{"roleArn": ROLE, "policyArns": [...]}],
        [{"roleArn": ROLE, "tags": {"team": ...}}],
        [{"roleArn": ROLE, "transitiveTagKeys": [...]}],
        [{"roleArn": ROLE, "sourceIdentity": ...}],
    ],
    "aws:allowedAccountIds": [[...]],
    "aws:forbiddenAccountIds": [[...], ["123456789012", ...]],
}
"""Where a text stands in each key that is not a text itself; the ellipsis is its place."""

OPTIONAL = {"sessionName", "externalId", "duration", "policy", "sourceIdentity"}


def _with(place: object, value: object) -> object:
    if isinstance(place, dict):
        return {key: _with(item, value) for key, item in place.items()}
    if isinstance(place, list):
        return [_with(item, value) for item in place]
    return value if place is ... else place


@pytest.mark.parametrize(
    ("key", "place", "value"),
    [
        (key, place, value)
        for key, places in TEXTS.items()
        for place in places
        for value in LOST_FORMS
        # null leaves out what may be left out
        if not (value == "null" and any(name in str(place) for name in OPTIONAL))
    ],
)
def test_a_value_that_lost_its_form_in_yaml_is_refused(key: str, place: object, value: str) -> None:
    text = json.dumps(_with(place, json.loads(value)))

    with pytest.raises(InvalidRequest, match="in the stack's configuration") as failure:
        AwsSettings.from_stack({key: text})

    assert "`pulumi config set --path" in str(failure.value)


def test_every_key_that_holds_texts_is_in_the_table() -> None:
    scalars = {"region", "profile", "maxRetries", "s3UsePathStyle", "skipMetadataApiCheck"}

    assert {f"aws:{name}" for name in {*AwsSettings.names(), "assumeRole"} - scalars} == set(TEXTS)


@pytest.mark.parametrize("key", ["aws:allowedAccountIds", "aws:forbiddenAccountIds"])
@pytest.mark.parametrize(
    "value",
    [
        "[12345678901]",
        '["1234-5678-9012"]',
        '["12345678901"]',
        '["1234567890123"]',
        '[" 123456789012"]',
        f'["{chr(0x661)}23456789012"]',
        '["123456789012\\n"]',
        "[-12345678901]",
        "[123456789012.0]",
    ],
)
def test_only_twelve_digits_are_an_account(key: str, value: str) -> None:
    with pytest.raises(InvalidRequest, match=r"Ids\[0\] .* must be an account ID"):
        AwsSettings.from_stack({key: value})


@pytest.mark.parametrize("key", ["allowedAccountIds", "forbiddenAccountIds"])
def test_an_account_that_is_no_list_shows_the_command(key: str) -> None:
    with pytest.raises(InvalidRequest) as failure:
        AwsSettings.from_stack({f"aws:{key}": "111122223333"})

    assert str(failure.value) == (
        f"aws:{key} in the stack's configuration must be a list. Set it with "
        f"`pulumi config set --path 'aws:{key}[0]' 111122223333`. Then {LAST_UPDATE}"
    )


@pytest.mark.parametrize("region", ["us-esat-1", "su-east-1", "us-east", "US-EAST-1", "2024-01-01"])
def test_a_region_that_is_not_one_is_refused(region: str) -> None:
    with pytest.raises(InvalidRequest, match="aws:region in the stack's configuration must be"):
        AwsSettings.from_stack({"aws:region": region})


@pytest.mark.parametrize("region", ["us-esat-1", "su-east-1"])
@pytest.mark.parametrize(
    "model", [kind.inputs for kind in KINDS if "region" in kind.inputs.model_fields]
)
def test_a_resource_and_a_lookup_refuse_it_too(model: type[Model], region: str) -> None:
    for one in (model, RegionArgument):
        reasons = [failure.reason for failure in validate(one, {"region": region}).failures]
        assert f"region: must be the name of a region, such as us-east-1, not {region!r}" in reasons


def test_each_region_that_the_sdk_knows_is_one() -> None:
    session = boto3.Session()
    regions = [
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("sts", partition, allow_non_regional=False)
    ]

    assert len(regions) > 30
    for region in regions:
        assert AwsSettings.from_stack({"aws:region": region}).region == region


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
        ("aws:assumeRoles", '[{"roleArn":"arn:aws:iam::111122223333:user/deployer"}]'),
        ("aws:assumeRoles", f'[{{"roleArn":"{ROLE}","duration":"10m"}}]'),
        ("aws:assumeRoles", f'[{{"roleArn":"{ROLE}","duration":"13h"}}]'),
        ("aws:assumeRoles", f'["{ROLE}"]'),
        ("aws:allowedAccountIds", "123456789012"),
        ("aws:endpoints", '[{"omics":"localhost:5000"}]'),
        ("aws:endpoints", '[{"omics":"http://localhost:port"}]'),
        ("aws:endpoints", '[{"omcs":"http://localhost:5000"}]'),
        ("aws:maxRetries", "many"),
        ("aws:maxRetries", "-1"),
        ("aws:maxRetries", "1_0"),
        ("aws:maxRetries", "1.5"),
        ("aws:skipMetadataApiCheck", "yes"),
        ("aws:s3UsePathStyle", "1"),
    ],
)
def test_an_invalid_value_is_named_with_the_command(key: str, value: str) -> None:
    with pytest.raises(InvalidRequest, match=key) as failure:
        AwsSettings.from_stack({key: value})

    assert "`pulumi config set " in str(failure.value)
    assert str(failure.value).endswith(f"Then {LAST_UPDATE}")


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

    with pytest.raises(InvalidRequest, match=r"aws:assumeRoles\[0\]\.polcy .* did you mean policy"):
        AwsSettings.from_stack(config)


def test_default_tags_without_their_level_are_refused_rather_than_ignored() -> None:
    with pytest.raises(InvalidRequest, match="aws:defaultTags"):
        AwsSettings.from_stack({"aws:defaultTags": '{"env":"prod"}'})


def test_the_page_lists_each_key() -> None:
    page = (Path(__file__).parents[2] / "docs/operating.md").read_text()

    for name in AwsSettings.names():
        assert f"| `{EXAMPLES[name]}` |" in page
    for name in WITHOUT_EFFECT:
        assert f"`aws:{name}`" in page
    for name, instead in REFUSED.items():
        assert f"| `aws:{name}` | {instead} |" in page


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_the_command_in_the_advice_sets_what_is_valid(name: str) -> None:
    *_, place, value = shlex.split(EXAMPLES[name])
    found: Any = value
    for part in reversed(re.findall(r"[\w]+|\[0\]", place.removeprefix("aws:"))[1:]):
        found = [found] if part == "[0]" else {part: found}
    text = found if isinstance(found, str) else json.dumps(found)

    assert AwsSettings.from_stack({f"aws:{name}": text}) != AwsSettings()
