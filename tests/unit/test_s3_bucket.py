"""What a bucket's arguments mean in S3, what S3's configuration means in arguments, and names."""

import inspect
import json
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any

import boto3
import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from omics_components import S3Bucket
from omics_components.aws.client import Aws
from omics_components.aws.settings import AwsSettings
from omics_components.emulator import Emulator
from omics_components.errors import (
    AlreadyExists,
    InitFailed,
    ResourceConflict,
    ServiceInternalError,
)
from omics_components.kinds.s3_bucket.configuration import (
    ALL_BLOCKED,
    ENFORCED,
    Configuration,
    Place,
    bucket_policy,
    encryption_rule,
    from_live,
    inputs_from_state,
    lifecycle_rules,
    policy_like,
    policy_of,
)
from omics_components.kinds.s3_bucket.defaults import derived_name, derived_name_pattern
from omics_components.kinds.s3_bucket.handler import S3BucketHandler
from omics_components.kinds.s3_bucket.model import (
    COMPUTED,
    S3BucketInputs,
    S3BucketState,
)
from omics_components.lifecycle.handler import EngineRequest
from omics_components.schema.arn import bucket_arn, partition_of
from omics_components.schema.validation import validate
from tests.input_tables import KEY
from tests.unit.conftest import SharedClock

ACCOUNT = "123456789012"
PLACE = Place("uploads", "us-east-1", ACCOUNT)
IDENTITY = (
    "file:///state|organization|urn:pulumi:dev::lab::pulumi-python:dynamic/s3:Bucket::uploads"
)
DEFAULTS: dict[str, Any] = {
    "prefix": "",
    "restrictToAccount": True,
    "versioning": True,
    "abortIncompleteMultipartUploadDays": 7,
    "noncurrentExpirationDays": 30,
    "forceDestroy": False,
    "region": "us-east-1",
}
TLS_ONLY = {
    "Sid": "DenyWithoutTls",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::uploads", "arn:aws:s3:::uploads/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def state(**values: Any) -> S3BucketState:
    """A state as a creation with the defaults records it, but for these values."""
    made = S3BucketState.from_wire({**DEFAULTS, "accountId": ACCOUNT, **values})
    return made.model_copy(update={"policy": policy_of(PLACE, made)})


def configuration(said: S3BucketState, **changes: Any) -> Configuration:
    """What S3 has after everything in *said* was set, but for these changes."""
    ours: dict[str, Any] = {
        "public_access_block": ALL_BLOCKED,
        "object_ownership": ENFORCED,
        "encryption": encryption_rule(said.kms_key_arn),
        "versioning": said.versioning,
        "lifecycle_rules": lifecycle_rules(said),
        "policy": said.policy,
        "tags": {},
    }
    return Configuration(**{**ours, **changes})


def shown(found: S3BucketState) -> dict[str, object]:
    """The inputs of a state that are not the defaults: what a preview would show as drift."""
    inputs = inputs_from_state(found, PLACE.name).to_wire()
    differing = {name: value for name, value in inputs.items() if DEFAULTS.get(name) != value}
    return {**differing, **{name: None for name in DEFAULTS if name not in inputs}}


# Names.


@pytest.mark.parametrize(
    "name", ["abc", "b" * 63, "a-b-c", "0uploads9", "sthree", "xn-a", "team--logs", "human"]
)
def test_a_name_that_s3_admits_is_admitted(name: str) -> None:
    assert validate(S3BucketInputs, {"bucket": name}).failures == ()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ab", "3 to 63 lower-case letters"),
        ("b" * 64, "3 to 63 lower-case letters"),
        ("Uploads", "3 to 63 lower-case letters"),
        ("failed_uploads", "3 to 63 lower-case letters"),
        ("-uploads", "beginning and ending with a letter or digit"),
        ("uploads-", "beginning and ending with a letter or digit"),
        pytest.param("uploads\n", "3 to 63 lower-case letters", id="line break"),
        ("my.uploads", "must not contain a dot"),
        ("192.168.5.4", "must not contain a dot"),
        ("xn--uploads", "must not begin with"),
        ("sthree-uploads", "must not begin with"),
        ("amzn-s3-demo-uploads", "must not begin with"),
        ("uploads-s3alias", "must not end with"),
        ("uploads--ol-s3", "must not end with"),
        ("uploads--x-s3", "must not end with"),
        ("uploads--table-s3", "must not end with"),
        ("uploads-an", "must not end with"),
    ],
)
def test_a_name_that_s3_refuses_is_refused_with_its_reason(name: str, words: str) -> None:
    (failure,) = validate(S3BucketInputs, {"bucket": name}).failures

    assert failure.property_path == "bucket"
    assert failure.reason.startswith("bucket: ")
    assert words in failure.reason


@given(name=st.text(), region=st.sampled_from(["us-east-1", "ap-southeast-1", "us-isob-east-1"]))
def test_every_derived_name_is_one_that_s3_admits(name: str, region: str) -> None:
    derived = derived_name(f"{IDENTITY}::{name}", ACCOUNT, region)

    assert validate(S3BucketInputs, {"bucket": derived}).failures == ()


@pytest.mark.parametrize(
    "name",
    ["sthree", "xn--a", "amzn-s3-demo", "Sthree_logs", pytest.param("日本", id="kanji"), "", "-"],
)
def test_a_derived_name_keeps_clear_of_what_is_reserved(name: str) -> None:
    derived = derived_name(f"urn::{name}", ACCOUNT, "us-east-1")

    assert validate(S3BucketInputs, {"bucket": derived}).failures == ()


@given(
    name=st.text(max_size=80) | st.text("aB_-9", max_size=80),
    region=st.sampled_from(["us-east-1", "ap-southeast-1", "us-isob-east-1"]),
)
def test_a_pattern_made_of_the_name_alone_fits_every_derived_name(name: str, region: str) -> None:
    derived = derived_name(f"{IDENTITY}::{name}", ACCOUNT, region)

    assert fnmatchcase(derived, derived_name_pattern(name))


def test_a_pattern_names_more_than_the_beginning_where_it_can() -> None:
    assert derived_name_pattern("My_Reads-fallback") == "my-reads-fallback-*"


def test_a_derived_name_tells_where_it_comes_from_and_is_the_same_each_time() -> None:
    name = derived_name(IDENTITY, ACCOUNT, "us-east-1")

    assert name == derived_name(IDENTITY, ACCOUNT, "us-east-1")
    assert name.startswith(f"uploads-{ACCOUNT}-us-east-1-")
    others = {
        derived_name(f"other{IDENTITY}", ACCOUNT, "us-east-1"),
        derived_name(IDENTITY, "111122223333", "us-east-1"),
        derived_name(IDENTITY, ACCOUNT, "eu-west-1"),
    }
    assert len(others | {name}) == 4


def test_the_algorithm_of_derived_names_is_fixed() -> None:
    """Another one would orphan what interrupted creations of earlier versions left behind."""
    assert derived_name(IDENTITY, ACCOUNT, "us-east-1") == (
        "uploads-123456789012-us-east-1-49e0f6bf"
    )


def test_partitions_are_those_of_the_sdk() -> None:
    session = botocore.session.Session()
    regions = [
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("s3", partition)
    ]

    assert len(regions) > 30
    assert {region: partition_of(region) for region in regions} == {
        region: session.get_partition_for_region(region) for region in regions
    }
    assert bucket_arn("uploads", "cn-north-1") == "arn:aws-cn:s3:::uploads"


# Policies.


def test_without_a_writer_the_policy_only_refuses_plain_http() -> None:
    assert bucket_policy(PLACE, None, "x/", restrict_to_account=True) == {
        "Version": "2012-10-17",
        "Statement": [TLS_ONLY],
    }


@pytest.mark.parametrize(
    ("writer", "sid", "service"),
    [
        ("health-omics", "AllowHealthOmics", "omics.amazonaws.com"),
        (
            "s3-access-logs",
            "AllowS3AccessLogs",
            ["logging.s3.amazonaws.com", "omics.amazonaws.com"],
        ),
    ],
)
@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("prefix", ["", "fallback/"])
def test_a_writer_may_put_objects_where_it_is_told(
    writer: str, sid: str, service: str | list[str], prefix: str, *, restricted: bool
) -> None:
    policy = bucket_policy(PLACE, writer, prefix, restrict_to_account=restricted)

    condition = {"Condition": {"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT}}}
    allow = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::uploads/{prefix}*",
        **(condition if restricted else {}),
    }
    assert policy["Statement"] == [TLS_ONLY, allow]


SAID: tuple[dict[str, Any], ...] = (
    {},
    {"writer": "health-omics"},
    {"writer": "health-omics", "prefix": "fallback/", "restrictToAccount": False},
    {"writer": "s3-access-logs", "prefix": "logs/2026/"},
    {"prefix": "kept/", "restrictToAccount": False},
    {"kmsKeyArn": KEY},
    {"versioning": False, "noncurrentExpirationDays": None},
    {"versioning": False, "noncurrentExpirationDays": None, "expirationDays": 3},
    {"abortIncompleteMultipartUploadDays": 1, "noncurrentExpirationDays": 2, "expirationDays": 3},
)


@pytest.mark.parametrize("values", SAID)
def test_what_was_set_is_read_back_as_it_was_said(values: dict[str, Any]) -> None:
    said = state(**values)

    assert from_live(configuration(said), PLACE, said) == said


@pytest.mark.parametrize("values", SAID)
def test_a_bucket_is_understood_by_its_configuration_alone(values: dict[str, Any]) -> None:
    said = state(**values)

    found = from_live(configuration(said), PLACE, S3BucketState())

    untold = {} if said.writer else {"prefix": "", "restrict_to_account": True}
    assert found == said.model_copy(update=untold)


def test_a_policy_of_the_same_meaning_is_ours() -> None:
    said = state(writer="health-omics", prefix="fallback/")
    policy = json.loads(said.policy or "")
    deny, allow = policy["Statement"]
    allow.update(Sid="Other", Action=["S3:putobject"], Resource=[allow["Resource"]])
    deny["Principal"] = {"AWS": "*"}
    deny["Condition"] = {"Bool": {"AWS:SecureTransport": False}}
    text = json.dumps({**policy, "Id": "x", "Statement": [allow, deny]}, indent=2)

    assert from_live(configuration(said, policy=text), PLACE, said) == said


EARLIER: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "failed uploads": (
        {"writer": "health-omics", "prefix": "fallback/"},
        "omics.amazonaws.com",
        {"Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}},
    ),
    "access logs": (
        {"writer": "s3-access-logs", "prefix": "logs/"},
        "logging.s3.amazonaws.com",
        {"Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}},
    ),
    "access logs for any account": (
        {"writer": "s3-access-logs", "prefix": "logs/", "restrictToAccount": False},
        "logging.s3.amazonaws.com",
        {},
    ),
}
"""Policies that earlier versions wrote: the arguments, the service and the condition."""


@pytest.mark.parametrize(("values", "service", "condition"), EARLIER.values(), ids=EARLIER.keys())
def test_a_policy_of_an_earlier_version_is_ours_and_stays(
    values: dict[str, Any], service: str, condition: dict[str, Any]
) -> None:
    said = state(**values)
    policy = json.loads(said.policy or "")
    allow = policy["Statement"][1]
    allow.pop("Condition", None)
    allow.update(Principal={"Service": service}, **condition)
    text = json.dumps(policy, separators=(",", ":"))
    recorded = said.model_copy(update={"policy": text})

    assert from_live(configuration(said, policy=text), PLACE, said) == recorded
    assert inputs_from_state(recorded, PLACE.name) == inputs_from_state(said, PLACE.name)
    assert policy_like(PLACE, said, text) == text
    other = said.model_copy(update={"prefix": "other/"})
    assert policy_like(PLACE, other, text) == policy_of(PLACE, other)


def _policy(said: S3BucketState, change: Callable[[list[Any]], None]) -> str:
    policy = json.loads(said.policy or "")
    change(policy["Statement"])
    return json.dumps(policy)


DRIFT_OF_POLICIES: dict[str, tuple[Callable[[list[Any]], None], set[str]]] = {
    "the writer gone": (lambda statements: statements.pop(), {"writer"}),
    "another folder": (
        lambda statements: statements[1].update(Resource="arn:aws:s3:::uploads/other/*"),
        {"prefix"},
    ),
    "no condition": (lambda statements: statements[1].pop("Condition"), {"restrictToAccount"}),
    "another writer": (
        lambda statements: statements[1].update(
            Principal={"Service": ["omics.amazonaws.com", "logging.s3.amazonaws.com"]}
        ),
        {"writer"},
    ),
    "plain HTTP": (lambda statements: statements.pop(0), {"policy"}),
    "an open door": (lambda statements: statements[1].update(Principal="*"), {"policy"}),
    "another account": (
        lambda statements: statements[1]["Condition"]["StringEqualsIfExists"].update(
            {"aws:SourceAccount": "111122223333"}
        ),
        {"policy"},
    ),
    "another bucket": (
        lambda statements: statements[1].update(Resource="arn:aws:s3:::others/*"),
        {"policy"},
    ),
    "one more statement": (
        lambda statements: statements.append({**statements[1], "Action": "s3:GetObject"}),
        {"policy"},
    ),
}


@pytest.mark.parametrize(
    ("change", "fields"), DRIFT_OF_POLICIES.values(), ids=DRIFT_OF_POLICIES.keys()
)
def test_drift_of_a_policy_shows_where_it_can_be_named(
    change: Callable[[list[Any]], None], fields: set[str]
) -> None:
    said = state(writer="health-omics", prefix="fallback/")
    live = _policy(said, change)

    found = from_live(configuration(said, policy=live), PLACE, said)

    before, after = shown(said), shown(found)
    drifted = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    assert drifted == fields
    if fields == {"policy"}:
        assert found.policy == after["policy"] == live


@pytest.mark.parametrize("text", ["not JSON", "{}", '{"Statement": 5}', ""])
def test_a_policy_that_is_none_is_shown_as_it_is(text: str) -> None:
    found = from_live(configuration(state(), policy=text), PLACE, state())

    assert shown(found)["policy"] == (text or "none")


def test_a_missing_policy_shows() -> None:
    found = from_live(configuration(state(), policy=None), PLACE, state())

    assert found.policy is None
    assert shown(found) == {"policy": "none"}


# The lifecycle.


def test_the_lifecycle_is_one_rule_for_the_whole_bucket() -> None:
    assert lifecycle_rules(state(expirationDays=90)) == [
        {
            "ID": "omics-components",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
            "Expiration": {"Days": 90},
        }
    ]


def test_a_delete_marker_with_nothing_behind_it_goes_although_objects_stay() -> None:
    (rule,) = lifecycle_rules(state())
    assert rule["Expiration"] == {"ExpiredObjectDeleteMarker": True}

    (rule,) = lifecycle_rules(state(versioning=False, noncurrentExpirationDays=None))
    assert "Expiration" not in rule


DRIFT_OF_LIFECYCLES: dict[str, tuple[Callable[[dict[str, Any]], object], set[str]]] = {
    "other days": (
        lambda rule: rule["AbortIncompleteMultipartUpload"].update(DaysAfterInitiation=1),
        {"abortIncompleteMultipartUploadDays"},
    ),
    "no abort": (
        lambda rule: rule.pop("AbortIncompleteMultipartUpload"),
        {"abortIncompleteMultipartUploadDays"},
    ),
    "objects expire": (lambda rule: rule.update(Expiration={"Days": 1}), {"expirationDays"}),
    "old versions stay": (
        lambda rule: [rule.pop("NoncurrentVersionExpiration"), rule.pop("Expiration")],
        {"noncurrentExpirationDays"},
    ),
    "turned off": (lambda rule: rule.update(Status="Disabled"), {"lifecycle"}),
    "one folder only": (lambda rule: rule.update(Filter={"Prefix": "a/"}), {"lifecycle"}),
    "a transition": (
        lambda rule: rule.update(Transitions=[{"Days": 1, "StorageClass": "GLACIER"}]),
        {"lifecycle"},
    ),
    "newer versions kept": (
        lambda rule: rule["NoncurrentVersionExpiration"].update(NewerNoncurrentVersions=2),
        {"lifecycle"},
    ),
    "another name": (lambda rule: rule.update(ID="mine"), set()),
    "the whole bucket in other words": (lambda rule: rule.update(Filter={}), set()),
    "the whole bucket in old words": (
        lambda rule: [rule.pop("Filter"), rule.update(Prefix="")],
        set(),
    ),
}


@pytest.mark.parametrize(
    ("change", "fields"), DRIFT_OF_LIFECYCLES.values(), ids=DRIFT_OF_LIFECYCLES.keys()
)
def test_drift_of_the_lifecycle_shows_where_it_can_be_named(
    change: Callable[[dict[str, Any]], object], fields: set[str]
) -> None:
    rules: list[Any] = lifecycle_rules(state())
    change(rules[0])

    found = from_live(configuration(state(), lifecycle_rules=rules), PLACE, state())

    assert shown(found).keys() == fields


def test_a_foreign_rule_beside_ours_shows() -> None:
    more = {
        "ID": "more",
        "Status": "Enabled",
        "Filter": {"Prefix": "a/"},
        "Expiration": {"Days": 1},
    }
    rules = [*lifecycle_rules(state()), more]

    found = from_live(configuration(state(), lifecycle_rules=rules), PLACE, state())

    assert shown(found) == {"lifecycle": found.lifecycle}
    assert json.loads(found.lifecycle or "")[1] == more


def test_a_missing_lifecycle_shows() -> None:
    found = from_live(configuration(state(), lifecycle_rules=[]), PLACE, state())

    assert shown(found) == {
        "abortIncompleteMultipartUploadDays": None,
        "noncurrentExpirationDays": None,
    }


# The rest of the hardening.


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"public_access_block": {}}, {"publicAccessBlock": dict.fromkeys(ALL_BLOCKED, False)}),
        (
            {"public_access_block": {**ALL_BLOCKED, "blockPublicAcls": False}},
            {"publicAccessBlock": {**ALL_BLOCKED, "blockPublicAcls": False}},
        ),
        ({"object_ownership": "ObjectWriter"}, {"objectOwnership": "ObjectWriter"}),
        ({"encryption": {}}, {"encryption": "none"}),
        ({"encryption": encryption_rule(KEY)}, {"kmsKeyArn": KEY}),
        (
            {"encryption": {**encryption_rule(KEY), "BucketKeyEnabled": False}},
            {
                "encryption": '{"ApplyServerSideEncryptionByDefault":{"KMSMasterKeyID":'
                f'"{KEY}","SSEAlgorithm":"aws:kms"}},"BucketKeyEnabled":false}}'
            },
        ),
        (
            {"encryption": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}},
            {"encryption": '{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms"}}'},
        ),
        ({"encryption": {**encryption_rule(None), "BucketKeyEnabled": False}}, {}),
        ({"versioning": False}, {"versioning": False}),
    ],
)
def test_drift_of_the_hardening_shows_under_its_name(
    changes: dict[str, Any], expected: dict[str, object]
) -> None:
    assert shown(from_live(configuration(state(), **changes), PLACE, state())) == expected


def test_a_bucket_that_loses_its_key_shows_that() -> None:
    said = state(kmsKeyArn=KEY)

    found = from_live(configuration(said, encryption=encryption_rule(None)), PLACE, said)

    assert shown(found) == {}
    assert shown(said) == {"kmsKeyArn": KEY}


# Check.


@pytest.fixture
def bucket_handler(clock: SharedClock) -> S3BucketHandler:
    return S3BucketHandler(Aws(AwsSettings(max_retries=0)), clock)


BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "writer": ({"writer": "everyone"}, "writer", "must be 'health-omics' or 's3-access-logs'"),
    "prefix without a slash": (
        {"prefix": "a"},
        "prefix",
        'must end with "/" or be empty: write "a/"',
    ),
    "prefix with a pattern and no slash last": ({"prefix": "a*"}, "prefix", "must not contain *"),
    "prefix with a slash first": ({"prefix": "/a/"}, "prefix", 'must not begin with "/"'),
    "prefix with a pattern": ({"prefix": "a*/"}, "prefix", "must not contain *"),
    "prefix with a variable": ({"prefix": "${aws:userid}/"}, "prefix", "must not contain *"),
    "prefix with a line break": ({"prefix": "a\nb/"}, "prefix", "or control characters"),
    "prefix of 1025 bytes": (
        {"prefix": f"{'ä' * 512}/"},
        "prefix",
        "at most 1024 bytes long, not 1025",
    ),
    "key": ({"kmsKeyArn": "alias/uploads"}, "kmsKeyArn", "must be the ARN of a symmetric KMS key"),
    "key elsewhere": (
        {"kmsKeyArn": KEY, "region": "eu-west-1"},
        "kmsKeyArn",
        "must be a key in the bucket's region eu-west-1, not in us-east-1",
    ),
    "no days": (
        {"expirationDays": 0},
        "expirationDays",
        "a whole number of days, 1 or more, not 0",
    ),
    "half a day": ({"expirationDays": 0.5}, "expirationDays", "a whole number of days"),
    "days as text": ({"expirationDays": "7"}, "expirationDays", "a whole number of days"),
    "days as a truth": ({"noncurrentExpirationDays": True}, "noncurrentExpirationDays", "days"),
    "negative days": (
        {"abortIncompleteMultipartUploadDays": -1},
        "abortIncompleteMultipartUploadDays",
        "abort_incomplete_multipart_upload_days: must be a whole number of days, 1 or more",
    ),
    "old versions without versioning": (
        {"versioning": False, "noncurrentExpirationDays": 30},
        "noncurrentExpirationDays",
        "there are no old versions without versioning",
    ),
    "versioning as text": ({"versioning": "yes"}, "versioning", "must be True or False, not 'yes'"),
    "restriction as a number": ({"restrictToAccount": 1}, "restrictToAccount", "True or False"),
    "force as text": ({"forceDestroy": "no"}, "forceDestroy", "must be True or False"),
    "region": ({"region": "Frankfurt"}, "region", "must be the name of a region"),
    "tag": ({"tags": {"aws:x": "y"}}, 'tags["aws:x"]', "reserved"),
    "50 tags": ({"tags": {f"k{n}": "v" for n in range(50)}}, "tags", "at most 49 tags"),
    "an unknown property": ({"acl": "public-read"}, "acl", "is not a known property"),
}


@pytest.mark.parametrize(("inputs", "path", "words"), BAD.values(), ids=BAD.keys())
def test_bad_inputs_are_named_before_any_call(
    bucket_handler: S3BucketHandler, inputs: dict[str, Any], path: str, words: str
) -> None:
    (failure,) = bucket_handler.check({}, inputs, []).failures

    assert failure.property_path == path
    assert words in failure.reason


def test_defaults_are_filled_in(bucket_handler: S3BucketHandler) -> None:
    validation = bucket_handler.check({}, {}, [])

    assert validation.failures == ()
    assert validation.inputs.to_wire() == DEFAULTS


def test_without_versioning_no_days_of_old_versions_are_filled_in(
    bucket_handler: S3BucketHandler,
) -> None:
    validation = bucket_handler.check({}, {"versioning": False}, [])

    assert validation.failures == ()
    assert validation.inputs.noncurrent_expiration_days is None


@pytest.mark.parametrize(
    ("inputs", "unknown", "expected"),
    [
        ({}, "versioning", {"versioning", "noncurrent_expiration_days"}),
        ({"noncurrentExpirationDays": 5}, "versioning", {"versioning"}),
        ({"versioning": False}, "noncurrentExpirationDays", {"noncurrent_expiration_days"}),
        ({"kmsKeyArn": KEY}, "region", {"region"}),
        ({"region": "eu-west-1"}, "kmsKeyArn", {"kms_key_arn"}),
        ({}, "bucket", {"bucket"}),
        ({}, "tags", {"tags"}),
    ],
)
def test_what_is_unknown_is_not_judged(
    bucket_handler: S3BucketHandler, inputs: dict[str, Any], unknown: str, expected: set[str]
) -> None:
    validation = bucket_handler.check({}, inputs, [(unknown,)])

    assert validation.failures == ()
    assert validation.unknown == expected


def test_what_check_gives_passes_check_unchanged(bucket_handler: S3BucketHandler) -> None:
    first = bucket_handler.check({}, {"tags": {"b": "1", "a": "2"}, "writer": ""}, []).inputs

    assert bucket_handler.check({}, first.to_wire(), []).inputs == first


def test_markers_of_drift_are_no_inputs(bucket_handler: S3BucketHandler) -> None:
    drifted = {**DEFAULTS, "policy": "none", "objectOwnership": "ObjectWriter"}

    assert bucket_handler.check(drifted, drifted, []).inputs.to_wire() == DEFAULTS


# Diff.


def changes(said: S3BucketState, unknown: tuple[str, ...] = (), **inputs: Any) -> tuple[str, ...]:
    desired = S3BucketInputs.model_validate({**DEFAULTS, **inputs})
    handler = S3BucketHandler(Aws(AwsSettings()))
    return handler.diff(PLACE.name, said, desired, unknown).changed


def test_a_name_that_is_not_told_is_no_change() -> None:
    assert changes(state()) == ()
    assert changes(state(bucket="uploads")) == ()
    assert changes(state(), bucket="uploads") == ()
    assert changes(state(), bucket="other") == ("bucket",)
    assert changes(state(), ("bucket",)) == ("bucket",)


def test_only_name_and_region_replace() -> None:
    desired = S3BucketInputs.model_validate(
        {
            "bucket": "other",
            "writer": "health-omics",
            "prefix": "a/",
            "kmsKeyArn": KEY,
            "restrictToAccount": False,
            "versioning": False,
            "expirationDays": 1,
            "forceDestroy": True,
            "tags": {"a": "b"},
            "region": "eu-west-1",
        }
    )
    delta = S3BucketHandler(Aws(AwsSettings())).diff(PLACE.name, state(), desired, ())

    assert delta.replaces == ("bucket", "region")
    assert len(delta.changed) == 13


# What S3 may do meanwhile.


@pytest.fixture
def emulator(store_emulator: Emulator) -> Iterator[Emulator]:
    with mock_aws():
        yield store_emulator


def create(handler: S3BucketHandler, **inputs: Any) -> str:
    validation = handler.check({}, {"bucket": "uploads", **inputs}, [])
    assert validation.failures == ()
    return handler.create(validation.inputs, EngineRequest(IDENTITY)).id


def buckets() -> list[str]:
    return [str(bucket["Name"]) for bucket in boto3.client("s3").list_buckets()["Buckets"]]


@pytest.mark.parametrize("code", ["NoSuchBucket", "OperationAborted"])
@pytest.mark.parametrize(
    "operation", ["PutPublicAccessBlock", "PutBucketPolicy", "GetBucketPolicy"]
)
def test_a_bucket_that_is_not_known_everywhere_yet_is_waited_for(
    bucket_handler: S3BucketHandler, emulator: Emulator, operation: str, code: str
) -> None:
    status = {"NoSuchBucket": 404, "OperationAborted": 409}[code]
    emulator.faults.add(
        {"operation": f"s3:{operation}", "code": code, "status": status, "times": 2}
    )

    assert create(bucket_handler) == "uploads"


def test_a_configuration_that_is_not_told_back_yet_is_asked_for_again(
    bucket_handler: S3BucketHandler, emulator: Emulator
) -> None:
    fault = {"operation": "s3:GetBucketPolicy", "code": "NoSuchBucketPolicy", "status": 404}
    emulator.faults.add({**fault, "times": 3})
    desired = bucket_handler.check({}, {"bucket": "uploads"}, []).inputs

    found = bucket_handler.create(desired, EngineRequest(IDENTITY))

    assert found.inputs == desired.model_copy(update={"bucket": "uploads"})


def test_a_configuration_that_is_never_told_back_is_recorded_as_it_is(
    bucket_handler: S3BucketHandler, emulator: Emulator, clock: SharedClock
) -> None:
    emulator.faults.add(
        {"operation": "s3:GetBucketPolicy", "code": "NoSuchBucketPolicy", "status": 404}
    )
    desired = bucket_handler.check({}, {"bucket": "uploads"}, []).inputs
    begin = clock.monotonic()

    found = bucket_handler.create(desired, EngineRequest(IDENTITY))

    assert found.inputs.policy == "none"
    assert 60 <= clock.monotonic() - begin < 65


PARTS = (
    "PutPublicAccessBlock",
    "PutBucketOwnershipControls",
    "PutBucketEncryption",
    "PutBucketVersioning",
    "PutBucketLifecycle",
    "PutBucketTagging",
    "PutBucketPolicy",
    "GetPublicAccessBlock",
)


@pytest.mark.parametrize("operation", PARTS)
def test_a_bucket_that_cannot_be_configured_is_handed_to_the_state(
    bucket_handler: S3BucketHandler, emulator: Emulator, operation: str
) -> None:
    emulator.faults.add({"operation": f"s3:{operation}", "code": "AccessDenied", "status": 403})

    with pytest.raises(InitFailed) as failure:
        create(bucket_handler, tags={"team": "genomics"})

    assert str(failure.value).startswith("creating S3 bucket (uploads): AccessDenied: ")
    found = failure.value.found
    assert (found.id, found.inputs.bucket, found.inputs.tags) == (
        "uploads",
        "uploads",
        {"team": "genomics"},
    )
    assert buckets() == ["uploads"]


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_bucket_that_is_there_already_is_not_touched(
    bucket_handler: S3BucketHandler, emulator: Emulator, region: str
) -> None:
    """In us-east-1 S3 would answer that the creation went well."""
    elsewhere: Any = {"LocationConstraint": region}
    extra = {} if region == "us-east-1" else {"CreateBucketConfiguration": elsewhere}
    client = boto3.client("s3", region_name=region)
    client.create_bucket(Bucket="uploads", **extra)
    client.put_object(Bucket="uploads", Key="theirs")
    emulator.calls.clear()

    with pytest.raises(
        AlreadyExists, match=f"of this name already \\(it is in {region}, and no creation"
    ):
        create(bucket_handler, region=region)

    assert [name for name in emulator.calls.names() if "Put" in name or "Delete" in name] == []


def test_a_name_that_another_account_has_is_told(
    bucket_handler: S3BucketHandler, emulator: Emulator
) -> None:
    emulator.faults.add(
        {"operation": "s3:GetBucketLocation", "code": "AccessDenied", "status": 403}
    )

    with pytest.raises(AlreadyExists, match="it belongs to another account, or the caller may not"):
        create(bucket_handler)


def test_a_404_of_a_proxy_is_no_free_name(
    bucket_handler: S3BucketHandler, emulator: Emulator
) -> None:
    fault = {"operation": "s3:GetBucketLocation", "action": "body", "status": 404}
    emulator.faults.add({**fault, "body": "not here"})

    with pytest.raises(ServiceInternalError):
        create(bucket_handler)

    assert buckets() == []


@pytest.fixture
def five_objects(bucket_handler: S3BucketHandler, emulator: Emulator) -> str:
    """A bucket with five objects in it."""
    name = create(bucket_handler)
    client = boto3.client("s3")
    client.delete_bucket_policy(Bucket=name)  # moto takes its Deny for a Deny of everything
    for key in "abcde":
        client.put_object(Bucket=name, Key=key)
    emulator.calls.clear()
    return name


def test_a_bucket_with_very_much_in_it_is_not_counted_to_the_end(
    bucket_handler: S3BucketHandler, five_objects: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omics_components.kinds.s3_bucket.deletion._MAX_COUNTED", 2)

    with pytest.raises(ResourceConflict, match="it holds more than 5 objects"):
        bucket_handler.delete(five_objects, state(), EngineRequest())


def test_objects_are_deleted_in_batches(
    bucket_handler: S3BucketHandler,
    emulator: Emulator,
    five_objects: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("omics_components.kinds.s3_bucket.api._BATCH", 2)

    bucket_handler.delete(five_objects, state(forceDestroy=True), EngineRequest())

    assert emulator.calls.names().count("s3:DeleteObjects") == 3
    assert buckets() == []


def test_an_upload_that_ended_meanwhile_is_no_failure(
    bucket_handler: S3BucketHandler, emulator: Emulator, five_objects: str
) -> None:
    boto3.client("s3").create_multipart_upload(Bucket=five_objects, Key="unfinished")
    emulator.faults.add(
        {"operation": "s3:AbortMultipartUpload", "code": "NoSuchUpload", "status": 404}
    )

    bucket_handler.delete(five_objects, state(forceDestroy=True), EngineRequest())

    assert buckets() == []


# The resource class.


def test_every_argument_is_documented_and_a_keyword() -> None:
    first, *others = inspect.signature(S3Bucket).parameters.values()
    text = inspect.getdoc(S3Bucket) or ""

    assert first.name == "resource_name"
    assert {parameter.kind for parameter in others} == {inspect.Parameter.KEYWORD_ONLY}
    assert [p.name for p in (first, *others) if f"\n    {p.name}: " not in text] == []


def test_every_field_that_a_program_sets_is_an_argument() -> None:
    fields = set(S3BucketInputs.model_fields) - set(COMPUTED)

    assert set(inspect.signature(S3Bucket).parameters) == {*fields, "resource_name", "opts"}
