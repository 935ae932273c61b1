"""Buckets, spoken of to the plugin process over gRPC."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from omics_components import S3Bucket
from omics_components.emulator import Emulator, EmulatorServer
from omics_components.providers import S3BucketProvider
from tests.input_tables import KEY
from tests.provider.conftest import StartPlugin
from tests.provider.plugin import UNKNOWN, InitFailed, Plugin, PluginError, Resource

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

IDENTITY = (
    "file:///state|organization|urn:pulumi:dev::lab::pulumi-python:dynamic/s3:Bucket::uploads"
)
NAME = "uploads-123456789012-us-east-1-49e0f6bf"
OTHER_ACCOUNT = "111122223333"
ROLE = json.dumps([{"roleArn": f"arn:aws:iam::{OTHER_ACCOUNT}:role/deployer"}])
DEFAULT_TAGS = {"aws:defaultTags": '{"tags":{"team":"genomics","cost":"4711"}}'}
CHECKED = {
    "prefix": "",
    "restrictToAccount": True,
    "versioning": True,
    "abortIncompleteMultipartUploadDays": 7,
    "noncurrentExpirationDays": 30,
    "forceDestroy": False,
    "region": "us-east-1",
    "__identity": IDENTITY,
}
FULL: dict[str, Any] = {
    "bucket": "failed-uploads",
    "writer": "health-omics",
    "prefix": "fallback/",
    "kmsKeyArn": KEY,
    "expirationDays": 90,
    "tags": {"team": "genomics", "env": "test"},
}
READS = [
    "GetPublicAccessBlock",
    "GetBucketOwnershipControls",
    "GetBucketEncryption",
    "GetBucketVersioning",
    "GetBucketLifecycle",
    "GetBucketPolicy",
    "GetBucketTagging",
]
PARTS = ["PutPublicAccessBlock", "PutBucketOwnershipControls", "PutBucketEncryption"]


@pytest.fixture
def plugin(emulator: Emulator, start_plugin: StartPlugin) -> Plugin:  # noqa: ARG001 it must be empty
    return start_plugin(provider=S3BucketProvider)


@pytest.fixture(scope="session")
def s3(server: EmulatorServer) -> "S3Client":
    return boto3.client("s3", endpoint_url=server.url)


def made(plugin: Plugin, **inputs: Any) -> Resource:
    checked = plugin.check({"__identity": IDENTITY, **inputs})
    assert not checked.failures
    return plugin.create(checked.inputs)


def updated(plugin: Plugin, old: Resource, /, **inputs: Any) -> Resource:
    news = plugin.check({"__identity": IDENTITY, **inputs}, old.inputs)
    assert not news.failures
    assert plugin.diff(old, news.inputs).replaces == []
    return plugin.update(old, news.inputs)


def operations(emulator: Emulator) -> list[str]:
    return [call.operation for call in emulator.calls if call.service == "s3"]


def test_the_provider_is_recorded_as_its_import_path() -> None:
    assert vars(S3BucketProvider()) == {}
    assert S3BucketProvider.serialize_as_secret_always is False
    assert (S3BucketProvider.__module__, S3BucketProvider.__qualname__) == (
        "omics_components.providers",
        "S3BucketProvider",
    )
    assert S3Bucket._resource_type_name == "dynamic/s3:Bucket"


def test_check_and_diff_call_nothing(plugin: Plugin, emulator: Emulator) -> None:
    bucket = made(plugin)
    emulator.calls.clear()

    checked = plugin.check({"__identity": IDENTITY, **FULL}, bucket.inputs)

    assert plugin.diff(bucket, {**checked.inputs, "bucket": None}).changes is True
    assert emulator.calls.names() == []


def test_a_replacement_asks_whether_the_bucket_is_empty(plugin: Plugin, emulator: Emulator) -> None:
    bucket = made(plugin)
    emulator.calls.clear()

    checked = plugin.check({"__identity": IDENTITY, **FULL}, bucket.inputs)

    assert plugin.diff(bucket, checked.inputs).replaces == ["bucket"]
    assert operations(emulator) == ["ListObjectVersions"]


def test_a_replacement_tells_how_much_force_destroy_deletes(
    plugin: Plugin, emulator: Emulator, s3: "S3Client"
) -> None:
    bucket = made(plugin, forceDestroy=True)
    s3.delete_bucket_policy(Bucket=bucket.id)  # moto takes its Deny for a Deny of everything
    for _ in range(2):
        s3.put_object(Bucket=bucket.id, Key="part")
    already = len(plugin.stderr.read_text())
    checked = plugin.check({"__identity": IDENTITY, **FULL, "forceDestroy": True}, bucket.inputs)

    assert plugin.diff(bucket, checked.inputs).replaces == ["bucket"]
    line = (
        f"omics-components: replaces S3 bucket {bucket.id} because bucket changes: objects do not "
        "pass to the new one; force_destroy deletes the old one with 1 objects, 1 old versions"
    )
    assert plugin.stderr.read_text()[already:].strip() == line
    emulator.faults.add({"operation": "s3:ListObjectVersions", "code": "AccessDenied"})
    plugin.diff(bucket, checked.inputs)
    told = plugin.stderr.read_text()[already:].strip().removeprefix(line)
    assert "the contents of the old one are unknown, and force_destroy deletes all of it: " in told


def test_defaults_are_filled_in_and_numbers_stay_numbers(plugin: Plugin) -> None:
    assert plugin.check({"__identity": IDENTITY}).inputs == CHECKED
    assert plugin.check({"expirationDays": 3.0}).inputs["expirationDays"] == 3
    assert plugin.check({"expirationDays": 3.5}).failures.keys() == {"expirationDays"}


@pytest.mark.parametrize("name", [*FULL, "versioning", "noncurrentExpirationDays", "region"])
def test_an_unknown_value_comes_back_unknown_and_counts_as_a_change(
    plugin: Plugin, name: str
) -> None:
    bucket = made(plugin)

    checked = plugin.check({"__identity": IDENTITY, name: UNKNOWN}, bucket.inputs)

    assert checked.failures == {}
    assert checked.inputs[name] == UNKNOWN
    diff = plugin.diff(bucket, checked.inputs)
    assert (diff.changes, diff.replaces) == (True, [name] if name in ("bucket", "region") else [])


def test_days_of_old_versions_are_as_unknown_as_versioning(plugin: Plugin) -> None:
    assert plugin.check({"versioning": UNKNOWN}).inputs["noncurrentExpirationDays"] == UNKNOWN


def test_a_bucket_is_made_in_the_safe_order_and_read_back(
    plugin: Plugin, emulator: Emulator
) -> None:
    bucket = made(plugin)

    policy = bucket.outputs.pop("policy")
    assert bucket.id == NAME
    assert bucket.visible == {**CHECKED, "accountId": "123456789012"}
    assert "aws:SecureTransport" in policy
    assert operations(emulator) == [
        "GetBucketLocation",
        "CreateBucket",
        "GetBucketTagging",  # whose is it?
        *PARTS,
        "PutBucketVersioning",
        "PutBucketLifecycle",
        "PutBucketPolicy",
        *READS,
        "GetBucketTagging",
        "PutBucketTagging",  # the last call
        "GetBucketTagging",
    ]


PROGRAMS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "everything": FULL,
    "plain": {"versioning": False, "restrictToAccount": False, "writer": "s3-access-logs"},
    "elsewhere": {"region": "eu-west-1", "prefix": "kept/"},
    "a default tag of its own": {"tags": {"cost": "4711"}},
}


@pytest.mark.parametrize("config", [{}, DEFAULT_TAGS], ids=["plain", "default tags"])
@pytest.mark.parametrize("inputs", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_refresh_after_create_shows_nothing(
    start_plugin: StartPlugin,
    emulator: Emulator,
    config: dict[str, str],
    inputs: dict[str, Any],
) -> None:
    plugin = start_plugin(config, provider=S3BucketProvider)
    bucket = made(plugin, **inputs)
    emulator.calls.clear()

    assert plugin.read(bucket) == bucket
    assert operations(emulator) == ["GetBucketLocation", *READS]


UPDATES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": ({}, []),
    "force_destroy": ({"forceDestroy": True}, []),
    "writer": ({"writer": "s3-access-logs"}, ["PutBucketPolicy"]),
    "prefix": ({"prefix": "other/"}, ["PutBucketPolicy"]),
    "restriction": ({"restrictToAccount": False}, ["PutBucketPolicy"]),
    "key": ({"kmsKeyArn": None}, ["PutBucketEncryption"]),
    "versioning": ({"versioning": False}, ["PutBucketVersioning", "PutBucketLifecycle"]),
    "days": ({"expirationDays": 1}, ["PutBucketLifecycle"]),
    "no days": ({"expirationDays": None}, ["PutBucketLifecycle"]),
    "tags": ({"tags": {"team": "new"}}, ["GetBucketTagging", "PutBucketTagging"]),
    "no tags": ({"tags": {}}, ["GetBucketTagging", "PutBucketTagging"]),
    "a name that is not told any more": ({"bucket": None}, []),
}


@pytest.mark.parametrize(("change", "expected"), UPDATES.values(), ids=UPDATES.keys())
def test_update_sets_only_what_changed(
    plugin: Plugin, emulator: Emulator, change: dict[str, Any], expected: list[str]
) -> None:
    bucket = made(plugin, **FULL)
    emulator.calls.clear()

    new = {name: value for name, value in {**FULL, **change}.items() if value is not None}
    after = updated(plugin, bucket, **new)

    assert operations(emulator) == ["GetBucketTagging", *expected]  # the owner tag comes first
    assert plugin.read(after) == after
    assert plugin.diff(after, after.inputs or {}).changes is False


def test_tags_that_aws_set_itself_are_kept_and_are_no_drift(
    plugin: Plugin, emulator: Emulator
) -> None:
    bucket = made(plugin, tags={"team": "genomics"})
    tags = {
        "aws:cloudformation:stack-name": "x",
        "team": "genomics",
        "omics-components:owner": bucket.outputs["__owner"],
    }
    sets = "".join(f"<Tag><Key>{k}</Key><Value>{v}</Value></Tag>" for k, v in tags.items())
    emulator.faults.add(
        {
            "operation": "s3:GetBucketTagging",
            "action": "body",
            "body": f"<Tagging><TagSet>{sets}</TagSet></Tagging>",
            "content_type": "text/xml",
        }
    )

    assert plugin.read(bucket) == bucket
    with pytest.raises(PluginError, match="System tags cannot be added"):  # moto does not know it
        updated(plugin, bucket, tags={"team": "new"})


DRIFT: dict[str, tuple[Callable[["S3Client"], object], dict[str, Any], list[str]]] = {
    "public access block": (
        lambda s3: s3.delete_public_access_block(Bucket=NAME),
        {
            "publicAccessBlock": {
                "blockPublicAcls": False,
                "ignorePublicAcls": False,
                "blockPublicPolicy": False,
                "restrictPublicBuckets": False,
            }
        },
        ["PutPublicAccessBlock"],
    ),
    "ownership": (
        lambda s3: s3.delete_bucket_ownership_controls(Bucket=NAME),
        {"objectOwnership": "ObjectWriter"},
        ["PutBucketOwnershipControls"],
    ),
    "encryption": (
        lambda s3: s3.delete_bucket_encryption(Bucket=NAME),
        {"encryption": "none"},
        ["PutBucketEncryption"],
    ),
    "versioning": (
        lambda s3: s3.put_bucket_versioning(
            Bucket=NAME, VersioningConfiguration={"Status": "Suspended"}
        ),
        {"versioning": False},
        ["PutBucketVersioning"],
    ),
    "lifecycle": (
        lambda s3: s3.delete_bucket_lifecycle(Bucket=NAME),
        {"abortIncompleteMultipartUploadDays": None, "noncurrentExpirationDays": None},
        ["PutBucketLifecycle"],
    ),
    "policy": (
        lambda s3: s3.delete_bucket_policy(Bucket=NAME),
        {"policy": "none"},
        ["PutBucketPolicy"],
    ),
    "tags": (
        lambda s3: s3.put_bucket_tagging(
            Bucket=NAME, Tagging={"TagSet": [{"Key": "alien", "Value": "yes"}, _owner(s3)]}
        ),
        {"tags": {"alien": "yes"}},
        ["GetBucketTagging", "PutBucketTagging"],
    ),
}


def _owner(s3: "S3Client") -> Any:
    tags = s3.get_bucket_tagging(Bucket=NAME)["TagSet"]
    return next(tag for tag in tags if tag["Key"] == "omics-components:owner")


@pytest.mark.parametrize(("change", "shown", "repair"), DRIFT.values(), ids=DRIFT.keys())
def test_drift_shows_in_the_inputs_and_is_repaired(  # noqa: PLR0917 all are fixtures
    plugin: Plugin,
    emulator: Emulator,
    s3: "S3Client",
    change: Callable[["S3Client"], object],
    shown: dict[str, Any],
    repair: list[str],
) -> None:
    bucket = made(plugin)
    change(s3)

    drifted = plugin.read(bucket)

    expected = {name: value for name, value in {**CHECKED, **shown}.items() if value is not None}
    assert drifted.inputs == expected
    assert plugin.diff(drifted, bucket.inputs or {}).changes is True
    assert plugin.diff(drifted, drifted.inputs or {}).changes is False

    emulator.calls.clear()
    repaired = updated(plugin, drifted)
    assert operations(emulator) == ["GetBucketTagging", *repair]
    assert repaired == bucket
    assert plugin.read(repaired) == bucket


def test_refresh_of_a_bucket_that_is_gone_says_so(plugin: Plugin, s3: "S3Client") -> None:
    bucket = made(plugin)
    s3.delete_bucket(Bucket=bucket.id)

    assert plugin.read(bucket) == Resource("")
    plugin.delete(bucket)


def test_an_update_of_a_bucket_that_is_gone_says_what_to_do(plugin: Plugin, s3: "S3Client") -> None:
    bucket = made(plugin)
    s3.delete_bucket(Bucket=bucket.id)

    with pytest.raises(PluginError, match=r"updating S3 bucket .*NoSuchBucket.*pulumi refresh"):
        updated(plugin, bucket, writer="health-omics")


def test_credentials_of_another_account_do_not_empty_a_state(
    plugin: Plugin, start_plugin: StartPlugin, s3: "S3Client"
) -> None:
    bucket = made(plugin)
    s3.delete_bucket(Bucket=bucket.id)
    foreign = start_plugin({"aws:assumeRoles": ROLE}, provider=S3BucketProvider)

    for step in (foreign.read, foreign.delete):
        with pytest.raises(PluginError, match=f"credentials to account {OTHER_ACCOUNT}"):
            step(bucket)


def test_a_bucket_that_is_not_ours_any_more_is_not_touched(
    plugin: Plugin, emulator: Emulator
) -> None:
    """Every call names the owner, so S3 refuses it if the name has another one now."""
    bucket = made(plugin, forceDestroy=True)
    emulator.faults.add({"operation": "s3:*", "code": "AccessDenied", "status": 403})

    for step in (plugin.read, plugin.delete):
        with pytest.raises(PluginError, match="AccessDenied"):
            step(bucket)


@pytest.mark.parametrize("refreshed", [False, True], ids=["at once", "after a refresh"])
def test_what_could_not_be_finished_is_finished_by_the_next_update(
    plugin: Plugin, emulator: Emulator, s3: "S3Client", *, refreshed: bool
) -> None:
    denied = {"action": "error", "code": "AccessDenied", "status": 403}
    emulator.faults.add({**denied, "operation": "s3:PutBucketTagging"})
    with pytest.raises(InitFailed) as failed:
        made(plugin, tags={"team": "genomics"})
    emulator.faults.clear()
    bucket = Resource(failed.value.id, failed.value.outputs, {"tags": {"team": "genomics"}})
    if refreshed:
        bucket = plugin.read(bucket)
        assert plugin.diff(bucket, bucket.inputs or {}).changes

    after = updated(plugin, bucket, tags={"team": "genomics"})

    tags = {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket=NAME)["TagSet"]}
    assert tags == {"team": "genomics", "omics-components:owner": after.outputs["__owner"]}
    assert "unfinished" not in after.outputs["__owner"]
    assert not plugin.diff(after, after.inputs or {}).changes


def test_get_finds_a_bucket_in_any_region(plugin: Plugin) -> None:
    bucket = made(plugin, **{**FULL, "kmsKeyArn": None}, region="eu-west-1", forceDestroy=True)

    found = plugin.get(bucket.id)

    unknowable = {"bucket", "forceDestroy", "__identity"}
    known = {name: value for name, value in bucket.visible.items() if name not in unknowable}
    assert (found.id, found.outputs) == (bucket.id, {**known, "forceDestroy": False})


@pytest.mark.parametrize(
    ("id_", "words"),
    [
        ("no-such-bucket", r"reading S3 bucket \(no-such-bucket\): NoSuchBucket: .*Check the name"),
        ("arn:aws:s3:::uploads", r"reading S3 bucket \(uploads\): NoSuchBucket: .*Check the name"),
        ("Uploads", "is not the name of a bucket"),
    ],
    ids=["missing", "ARN", "no name"],
)
def test_get_of_a_missing_bucket_fails_in_one_line(plugin: Plugin, id_: str, words: str) -> None:
    with pytest.raises(PluginError, match=words) as failure:
        plugin.get(id_)

    assert "\n" not in str(failure.value)


def test_a_bucket_that_exists_is_not_taken_over(
    plugin: Plugin, emulator: Emulator, s3: "S3Client"
) -> None:
    s3.create_bucket(Bucket=NAME)
    s3.put_object(Bucket=NAME, Key="theirs")
    emulator.calls.clear()

    with pytest.raises(PluginError, match=r"already .*it was left as it is.*delete_before_replace"):
        made(plugin)

    assert [name for name in operations(emulator) if not name.startswith(("Get", "List"))] == []


@pytest.fixture
def full_bucket(plugin: Plugin, s3: "S3Client") -> Resource:
    """A bucket with 3 objects, 1 old version, 1 delete marker and an unfinished upload in it."""
    bucket = made(plugin)
    policy = s3.get_bucket_policy(Bucket=bucket.id)["Policy"]
    s3.delete_bucket_policy(Bucket=bucket.id)  # moto takes its Deny for a Deny of everything
    for key in "aabcd":
        s3.put_object(Bucket=bucket.id, Key=key)
    s3.delete_object(Bucket=bucket.id, Key="d")
    s3.create_multipart_upload(Bucket=bucket.id, Key="unfinished")
    s3.put_bucket_policy(Bucket=bucket.id, Policy=policy)
    return bucket


def test_a_bucket_that_is_not_empty_is_kept_and_counted(
    plugin: Plugin, full_bucket: Resource
) -> None:
    with pytest.raises(PluginError) as failure:
        plugin.delete(full_bucket)

    text = str(failure.value)
    assert text.startswith(f"deleting S3 bucket ({NAME}): BucketNotEmpty: it holds ")
    assert "3 objects, 2 old versions, 1 delete markers" in text
    assert "force_destroy" in text
    assert "retain_on_delete" in text
    assert "\n" not in text
    assert plugin.read(full_bucket) == full_bucket


def test_force_destroy_deletes_all_that_is_in_it(
    plugin: Plugin, emulator: Emulator, full_bucket: Resource
) -> None:
    forced = updated(plugin, full_bucket, forceDestroy=True)
    emulator.calls.clear()

    plugin.delete(forced)

    assert plugin.read(forced) == Resource("")
    assert operations(emulator)[:9] == [
        "GetBucketTagging",
        "DeleteBucket",
        "DeleteBucketPolicy",
        "ListObjectVersions",
        "DeleteObjects",
        "ListObjectVersions",
        "ListMultipartUploads",
        "AbortMultipartUpload",
        "DeleteBucket",
    ]


def test_objects_that_cannot_be_deleted_are_named(
    plugin: Plugin, emulator: Emulator, full_bucket: Resource
) -> None:
    forced = updated(plugin, full_bucket, forceDestroy=True)
    errors = "".join(
        f"<Error><Key>key{n}</Key><Code>AccessDenied</Code><Message>Locked</Message></Error>"
        for n in range(7)
    )
    emulator.faults.add(
        {
            "operation": "s3:DeleteObjects",
            "action": "body",
            "body": f"<DeleteResult>{errors}</DeleteResult>",
            "content_type": "text/xml",
        }
    )

    with pytest.raises(PluginError) as failure:
        plugin.delete(forced)

    text = str(failure.value)
    assert "7 objects could not be deleted: key0 (AccessDenied: Locked); key1" in text
    assert "key4 (AccessDenied: Locked) and 2 more" in text
    assert "key5" not in text


def test_a_stack_that_names_localhost_as_the_endpoint_is_served(
    start_plugin: StartPlugin, server: EmulatorServer, emulator: Emulator
) -> None:
    url = server.url.replace("127.0.0.1", "localhost")
    endpoints = json.dumps([{"s3": url, "sts": url}])
    plugin = start_plugin(
        {"aws:endpoints": endpoints}, {"AWS_ENDPOINT_URL": None}, provider=S3BucketProvider
    )
    bucket = made(plugin)

    assert plugin.read(bucket) == bucket
    assert "CreateBucket" in operations(emulator)


@pytest.mark.parametrize("body", ["", "{}", "<html>Log in</html>"], ids=["empty", "{}", "html"])
@pytest.mark.parametrize(
    "operation",
    # A bucket that was never versioned answers with an empty document, and a policy is any text.
    ["GetBucketLocation", *(name for name in READS if name[9:] not in ("Versioning", "Policy"))],
)
def test_an_answer_that_is_none_says_nothing_of_a_bucket(
    plugin: Plugin, emulator: Emulator, operation: str, body: str
) -> None:
    bucket = made(plugin)
    emulator.faults.add({"operation": f"s3:{operation}", "action": "body", "body": body})

    with pytest.raises(PluginError) as failure:
        plugin.read(bucket)

    assert "\n" not in str(failure.value)
