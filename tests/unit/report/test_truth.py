"""A report never says that there is no risk where the preview hides one, and quotes no secret."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from click.testing import CliRunner, Result

from omics_components.cli.root import root
from tests.unit.report.making import (
    ACCESS,
    ACCESS_POINT_ARN,
    BUCKET,
    KEY,
    KEY_ARN,
    LAB,
    NATIVE,
    OTHER_KEY_ARN,
    PARTNER,
    STORE,
    STORE_ARN,
    UNKNOWN,
    Step,
    allow,
    create,
    delete,
    leftover,
    policy,
    printed,
    recorded,
    replace,
    side,
    step,
    streamed,
    update,
)
from tests.unit.report.recordings import PREVIEWS

NO_RISK = "No risk found"
VENDOR = "arn:aws:sns:us-east-1:999922223333:alerts:1234"
OTHER_STORE = STORE_ARN.replace("1234567890", "9876543210")


def report(text: str, *arguments: str) -> Result:
    return CliRunner().invoke(root, ["report", *arguments], input=text)


def risks(text: str, *arguments: str) -> list[str]:
    """Return the rows of the risks: level, resource, title and reason."""
    rows = report(text, *arguments).stdout.partition("#### Risks")[2].partition("\n####")[0]
    return [line for line in rows.splitlines() if "&nbsp;" in line]


def same(type_: str, before: dict[str, Any], after: dict[str, Any]) -> Step:
    return step(
        "same", type_, oldState=recorded(type_, {}, **before), newState=side(type_, {}, **after)
    )


# Deletions that an interrupted replacement left over


@pytest.mark.parametrize(
    ("type_", "title"),
    [
        (STORE, "Sequence store deleted"),
        (KEY, "Key deletion scheduled"),
        (BUCKET, "Bucket deleted"),
        (ACCESS, "S3 access policy removed"),
    ],
)
@pytest.mark.parametrize("is_native", [False, True])
@pytest.mark.parametrize("write", [printed, streamed])
def test_a_leftover_of_a_replacement_is_a_deletion(
    type_: str, title: str, *, is_native: bool, write: Any
) -> None:
    made = leftover(type_)
    if is_native:
        made["urn"] = made["urn"].replace(type_, NATIVE[type_])

    done = report(write(made), "--fail-on", "medium")

    assert title in done.stdout
    assert "left over from an interrupted replacement" in done.stdout
    assert done.exit_code == 3


def test_a_leftover_beside_another_replacement_of_its_urn_is_a_deletion() -> None:
    new = replace(STORE, {}, {"eTagAlgorithmFamily": "SHA256up"}, "eTagAlgorithmFamily")
    its_own = {**new, "op": "delete-replaced", "newState": None}
    old = leftover(STORE)
    old["oldState"]["id"] = OTHER_STORE

    [deleted, replaced] = risks(streamed(new, its_own, old))

    assert "Sequence store deleted" in deleted
    assert OTHER_STORE in deleted
    assert "Sequence store replaced" in replaced


def test_a_leftover_that_is_retained_is_left_behind() -> None:
    made = step("delete-replaced", STORE, oldState=recorded(STORE, {}, retainOnDelete=True))

    [risk] = risks(streamed(made))

    assert "Left behind" in risk


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("leftover.json", "high"),
        ("leftover.jsonl", "high"),
        ("leftover-without-options.json", "medium"),
        ("retain-removed.json", "medium"),
        ("retain-removed-without-options.json", "medium"),
        ("replace-without-options.json", "high"),
    ],
)
def test_a_recording_is_never_without_the_risk_that_it_may_hide(name: str, level: str) -> None:
    done = report((PREVIEWS / name).read_text())

    assert f"**{level.capitalize()} risk**" in done.stdout
    assert NO_RISK not in done.stdout


@pytest.mark.parametrize("name", ["retain-removed-without-options", "replace-without-options"])
def test_a_file_made_without_the_options_is_said_to_be_so(name: str) -> None:
    done = report((PREVIEWS / f"{name}.json").read_text())

    assert "Steps not listed" in done.stdout
    assert "--show-sames --show-replacement-steps" in done.stdout


def test_only_a_stream_shows_that_nothing_is_left_over() -> None:
    stream, document = (
        report((PREVIEWS / f"unchanged.{suffix}").read_text()).stdout
        for suffix in ("jsonl", "json")
    )

    assert "**No risk found in this library's resources**" in stream
    assert NO_RISK not in document
    assert "Steps perhaps not listed" in document


# Accounts


@pytest.mark.parametrize("other", ["update", "replace", "same"])
def test_ids_of_other_resources_say_nothing_of_own_accounts(other: str) -> None:
    subscription = step(
        other,
        "aws:sns/topicSubscription:TopicSubscription",
        oldState={"custom": True, "id": VENDOR, "inputs": {}, "outputs": {}},
        newState={"custom": True, "inputs": {}},
    )
    made = streamed(subscription, create(ACCESS, name="access", readers=[PARTNER]))

    assert any("Cross-account access" in row for row in risks(made, "--own-account", LAB[13:25]))
    assert any("Possible cross-account access" in row for row in risks(made))


def test_arns_of_this_librarys_resources_say_which_accounts_are_own() -> None:
    made = streamed(same(KEY, {}, {}), create(ACCESS, name="access", readers=[LAB, PARTNER]))

    [risk] = risks(made)

    assert "Cross-account access" in risk
    assert PARTNER in risk
    assert LAB not in risk


# Secret and unknown values

HIDDEN = {"secret": "[secret]", "unknown": UNKNOWN}
FLAGS: list[tuple[str, str, Any, str]] = [
    (STORE, "forceDestroy", False, "force_destroy switched on"),
    (STORE, "accessLogLocation", "s3://logs/", "Access no longer logged"),
    (STORE, "fallbackLocation", "s3://failed/", "Failed uploads elsewhere"),
    (STORE, "propagatedSetLevelTags", ["cohort"], "Other tags on objects"),
    (STORE, "sseConfig", {"type": "KMS", "keyArn": KEY_ARN}, "Encrypted with another key"),
    (KEY, "restrictToAccount", True, "Service access for any account"),
    (KEY, "allowHealthOmics", True, "HealthOmics locked out"),
    (KEY, "enableKeyRotation", True, "Key rotation switched off"),
    (KEY, "rotationPeriodInDays", 365, "Key rotated less often"),
    (KEY, "deletionWindowInDays", 30, "Shorter deletion window"),
    (KEY, "users", [LAB], "Policy not known"),
    (KEY, "administrators", [LAB], "Policy not known"),
    (BUCKET, "forceDestroy", False, "force_destroy switched on for a bucket"),
    (BUCKET, "restrictToAccount", True, "Service access for any account"),
    (BUCKET, "versioning", True, "Versioning switched off"),
    (BUCKET, "expirationDays", 90, "Objects removed sooner"),
    (BUCKET, "noncurrentExpirationDays", 90, "Objects removed sooner"),
    (BUCKET, "kmsKeyArn", KEY_ARN, "Encrypted with another key"),
    (BUCKET, "writer", "health-omics", "Policy not known"),
    (BUCKET, "prefix", "a/", "Policy not known"),
    (ACCESS, "readers", [LAB], "Policy not known"),
    (ACCESS, "policy", policy(), "Policy not known"),
]
ALWAYS = {BUCKET: {"writer": "health-omics"}}


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize(("type_", "name", "known", "title"), FLAGS)
def test_a_hidden_value_is_as_bad_as_it_could_be(
    type_: str, name: str, known: Any, title: str, hidden: str
) -> None:
    always = ALWAYS.get(type_, {})
    before = {**always, name: known}
    after = {**always, name: HIDDEN[hidden]}

    changed = risks(streamed(update(type_, before, after)))
    kept = risks(streamed(update(type_, after, {**after, "description": "b"})))

    assert any(title in row for row in changed), changed
    assert any(title in row for row in kept), kept


@pytest.mark.parametrize(("type_", "name", "known", "title"), FLAGS)
def test_a_hidden_value_that_does_not_change_is_no_risk(
    type_: str, name: str, known: Any, title: str
) -> None:
    inputs = {**ALWAYS.get(type_, {}), name: "[secret]"}
    unchanged = step("same", type_, oldState=recorded(type_, inputs), newState=side(type_, inputs))

    assert risks(streamed(unchanged)) == [], (known, title)


def test_a_detailed_diff_settles_what_changes() -> None:
    hidden = {"forceDestroy": "[secret]", "description": "a"}
    made = update(STORE, hidden, {**hidden, "description": "b"})

    assert risks(streamed({**made, "detailedDiff": {"description": {"kind": "UPDATE"}}})) == []
    [risk] = risks(streamed({**made, "detailedDiff": {"forceDestroy": {"kind": "UPDATE"}}}))
    assert "assumed, because the value is secret or not known yet" in risk


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize(
    ("type_", "inputs", "title"),
    [
        (STORE, {"forceDestroy": "?"}, "Created with force_destroy"),
        (KEY, {"restrictToAccount": "?"}, "Service access for any account"),
        (KEY, {"users": "?"}, "Policy not known"),
        (BUCKET, {"restrictToAccount": "?", "writer": "health-omics"}, "Service access for any"),
        (BUCKET, {"writer": "?"}, "Policy not known"),
        (ACCESS, {"readers": "?"}, "Policy not known"),
    ],
)
def test_a_hidden_value_of_a_new_resource_is_as_bad_as_it_could_be(
    type_: str, inputs: dict[str, Any], title: str, hidden: str
) -> None:
    filled = {name: HIDDEN[hidden] if item == "?" else item for name, item in inputs.items()}

    assert any(title in row for row in risks(streamed(create(type_, **filled))))


@pytest.mark.parametrize(
    ("type_", "title"), [(STORE, "ALL READ SETS"), (BUCKET, "Bucket deleted with its objects")]
)
def test_a_deletion_with_a_secret_force_destroy_empties(type_: str, title: str) -> None:
    [risk] = risks(streamed(delete(type_, forceDestroy="[secret]")))

    assert title in risk


# Policies


@pytest.mark.parametrize("new_store", [OTHER_STORE, UNKNOWN, "[secret]"])
@pytest.mark.parametrize("form", ["readers", "policy"])
def test_a_policy_moved_to_another_store_is_new_there(new_store: str, form: str) -> None:
    grants: dict[str, Any] = (
        {"readers": [LAB, PARTNER]}
        if form == "readers"
        else {"readers": None, "policy": policy(allow({"AWS": [LAB, PARTNER]}))}
    )
    moved = replace(
        ACCESS, grants, {**grants, "sequenceStoreArn": new_store}, by="sequenceStoreArn"
    )

    found = risks(streamed(moved))

    assert any("Cross-account access" in row and PARTNER in row for row in found)
    assert any("Policy widened" in row and LAB in row for row in found)
    assert not any("Policy narrowed" in row or "Deny removed" in row for row in found)


def test_the_version_of_a_policy_decides_what_a_variable_is() -> None:
    resource = f"{ACCESS_POINT_ARN}/object/${{aws:username}}/*"
    content = policy(allow({"AWS": LAB}, Resource=resource))
    before = {"readers": None, "policy": {**content, "Version": "2008-10-17"}}

    made = streamed(update(ACCESS, before, {"readers": None, "policy": content}))

    assert any("Policy widened" in row for row in risks(made))
    assert "| Version | `2008-10-17` | `2012-10-17` |" in report(made).stdout


# Files that are odd


def test_a_preview_without_a_change_summary_is_a_failed_one() -> None:
    document = json.loads(printed(update(STORE, {}, {"description": "b"})))
    del document["changeSummary"]
    document["diagnostics"] = [{"severity": "error", "message": "error: preview failed"}]

    done = report(json.dumps(document))

    assert "The file has no change summary" in done.stdout
    assert "error: preview failed" in done.stdout
    assert done.exit_code == 1
    assert done.stderr == "Error: the preview failed; the report shows the error\n"


def test_patterns_take_no_longer_than_their_length() -> None:
    many = "*a" * 14
    text = "a" * 40 + "b"
    before = {"readers": None, "policy": policy(allow({"AWS": LAB}, Action=f"s3:{many}"))}
    after = {"readers": None, "policy": policy(allow({"AWS": LAB}, Action=f"s3:{text}"))}
    started = time.monotonic()

    assert any("Policy widened" in row for row in risks(streamed(update(ACCESS, before, after))))
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("depth", [100, 900, 5_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("place", ["file", "property", "policy"])
def test_what_is_nested_too_deeply_is_one_sentence(
    place: str, opening: str, closing: str, depth: int
) -> None:
    deep = opening * depth + "1" + closing * depth
    made = printed(update(STORE, {}, {"description": "DEEP"}))
    if place == "file":
        made = deep
    elif place == "property":
        made = made.replace('"DEEP"', deep)
    else:
        text = f'{{"Version": "2012-10-17", "Statement": {deep}}}'
        made = printed(update(ACCESS, {}, {"readers": None, "policy": text}))

    done = report(made)

    if place == "policy":
        assert (done.exit_code, done.stderr) == (0, "")
        assert "Policy not known" in done.stdout
    else:
        assert done.exit_code == 1
        assert done.stdout == ""
        assert done.stderr.startswith("Error: reading <stdin>: is not the output of pulumi preview")
        assert done.stderr.count("\n") == 1


# Secrets

REPLACES = "omics-components: replaces sequence store hunter4 ({}) because eTagAlgorithmFamily"


@pytest.mark.parametrize("is_native", [False, True])
def test_no_line_quotes_a_secret_input(*, is_native: bool) -> None:
    made = replace(
        STORE,
        {"name": "[secret]", "description": "hunter6"},
        {"name": "[secret]", "description": "[secret]"},
        by="eTagAlgorithmFamily",
    )
    if is_native:  # outputs are not masked there
        made["oldState"]["outputs"]["name"] = "hunter4"
    messages = [
        {"severity": "info#err", "message": REPLACES.format(STORE_ARN)},
        {"severity": "info#err", "message": "omics-components: adopts hunter4"},
        {"severity": "error", "message": "error: hunter4 is taken", "urn": made["urn"]},
        {"severity": "warning", "message": "warning: hunter6 again"},
    ]

    done = report(streamed(made, diagnostics=messages))

    assert "hunter" not in done.output
    assert "a message is withheld" in done.stdout


def test_a_bucket_named_by_a_secret_is_not_named() -> None:
    made = delete(BUCKET, bucket="[secret]", forceDestroy=True)
    made["oldState"]["id"] = "hunter-bucket"
    messages = [{"severity": "warning", "message": "warning: hunter-bucket is full"}]

    done = report(streamed(made, diagnostics=messages))

    assert "hunter" not in done.output
    assert "Bucket deleted with its objects" in done.stdout


def test_a_live_policy_names_no_secret_principal() -> None:
    live = json.dumps(policy(allow({"AWS": PARTNER.replace("partner", "hunter")})))
    made = update(KEY, {"users": "[secret]", "policy": live}, {"users": "[secret]"})

    assert "hunter" not in report(streamed(made)).output


def test_messages_of_resources_without_secrets_are_shown() -> None:
    secret = update(STORE, {"name": "[secret]"}, {"name": "[secret]"})
    open_ = step("update", KEY, name="key", oldState=recorded(KEY, {}), newState=side(KEY, {}))
    messages = [
        {"severity": "info#err", "message": f"omics-components: replaces KMS key ({KEY_ARN})"},
        {"severity": "error", "message": "error: no such alias", "urn": open_["urn"]},
        {"severity": "error", "message": "error: preview failed"},
    ]

    shown = report(streamed(secret, open_, diagnostics=messages)).stdout

    assert f"replaces KMS key ({KEY_ARN})" in shown
    assert "no such alias" in shown
    assert "withheld" not in shown


@pytest.mark.parametrize("name", ["kinds-secret.json", "kinds-secret.jsonl"])
def test_a_recording_with_secrets_quotes_none(name: str) -> None:
    text = (PREVIEWS / name).read_text()
    assert "hunter" in text

    assert "hunter" not in report(text).output


# Other providers

UNJUDGED: dict[str, Step] = {
    "a key deleted": delete("aws:kms/key:Key"),
    "a store of another provider deleted": delete("aws-native:omics:SequenceStore"),
    "anything deleted": delete("random:index/randomId:RandomId"),
    "anything replaced": replace("aws:sqs/queue:Queue", {"a": 1}, {"a": 2}, by="a"),
    "a bucket changed": update("aws:s3/bucketV2:BucketV2", {"acl": "private"}, {"acl": "public"}),
    "a role changed": update("aws:iam/role:Role", {"a": "1"}, {"a": "2"}),
    "a policy created": create("aws:s3/bucketPolicy:BucketPolicy", policy=UNKNOWN),
    "a policy of a queue": update(
        "aws:sqs/queue:Queue", {"access": "{}"}, {"access": json.dumps(policy(allow("*")))}
    ),
    "a role's policy deep inside": create(
        "aws:x/y:Z", inline=[{"text": json.dumps(policy(allow("*")))}]
    ),
    "a public access block": update(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", {"a": True}, {"a": False}
    ),
    "protection of a bucket": step(
        "same",
        "aws:s3/bucketV2:BucketV2",
        oldState=recorded("aws:s3/bucketV2:BucketV2", {}, protect=True),
        newState=side("aws:s3/bucketV2:BucketV2", {}),
    ),
    "a leftover": leftover("aws:s3/bucketV2:BucketV2"),
}


@pytest.mark.parametrize("case", UNJUDGED)
def test_changes_of_other_providers_are_counted_and_not_judged(case: str) -> None:
    made = streamed(UNJUDGED[case])

    done, strict = report(made, "--fail-on", "low"), report(made, "--strict")

    assert risks(made) == []
    assert "**No risk found in this library's resources**" in done.stdout
    assert "**1 not judged here**" in done.stdout
    assert "policy packs" in done.stdout
    assert (done.exit_code, strict.exit_code) == (0, 3)
    assert "1 change is not judged" in strict.stderr


@pytest.mark.parametrize(
    "made",
    [
        create("aws:s3/bucketV2:BucketV2"),
        update("aws:sqs/queue:Queue", {"delaySeconds": 1}, {"delaySeconds": 2}),
        same("aws:s3/bucketV2:BucketV2", {}, {}),
        update("pulumi:providers:aws", {"version": "1"}, {"version": "2"}),
        update(STORE, {}, {"description": "b"}),
    ],
)
def test_strict_accepts_everything_else(made: Step) -> None:
    assert report(streamed(made), "--strict").exit_code == 0


def test_a_change_of_this_librarys_provider_is_not_judged_as_harmless() -> None:
    provider = "pulumi:providers:omics-components"
    [risk] = risks(streamed(update(provider, {"region": "us-east-1"}, {"region": "us-west-2"})))

    assert "Not judged" in risk


def test_other_keys_are_no_keys_of_this_library() -> None:
    made = replace(STORE, {}, {"sseConfig": {"type": "KMS", "keyArn": OTHER_KEY_ARN}}, "sseConfig")
    made["urn"] = made["urn"].replace(STORE, "aws-native:omics:SequenceStore")

    assert risks(streamed(made)) == []
