"""``omics-components policy``: what is printed is what the library itself would write."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from omics_components.cli.root import root
from omics_components.emulator import Emulator
from omics_components.kinds.kms_key.key_policy import KeyPolicy, Owner
from omics_components.kinds.s3_bucket.configuration import Place, bucket_policy
from omics_components.kinds.s3_bucket.defaults import derived_name
from omics_components.permissions import deployer_policy, reader_policy

STORE = "arn:aws:omics:eu-west-1:111122223333:sequenceStore/1234567890"
POINT = "arn:aws:s3:eu-west-1:222222222222:accesspoint/111122223333-1234567890"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd"
ROLES = [f"arn:aws:iam::111122223333:role/{name}" for name in ("admin", "reader")]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(root, ["policy", *arguments])


def printed(*arguments: str) -> Any:
    result = run(*arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    return json.loads(result.stdout)


def test_a_deployers_policy_needs_nothing_but_names(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name)

    assert printed("deployer", "--component", "reads") == deployer_policy(
        "*",
        bucket_names=["reads-fallback-*"],
        own_key=True,
        access_policy=False,
        force_destroy=False,
    )
    every = ("--access-logs", "--given-key", "--access-policy", "--force-destroy")
    names = ("--component", "reads", "--component", "other", "--bucket", "lab-*-uploads")
    assert printed("deployer", "--region", "eu-west-1", *names, *every) == deployer_policy(
        "eu-west-1",
        bucket_names=[
            *("reads-fallback-*", "reads-logs-*", "other-fallback-*", "other-logs-*"),
            "lab-*-uploads",
        ],
        own_key=False,
        access_policy=True,
        force_destroy=True,
    )


def test_the_buckets_of_a_component_are_in_it() -> None:
    [buckets] = [
        statement["Resource"]
        for statement in printed("deployer", "--component", "reads")["Statement"]
        if statement["Sid"] == "Buckets"
    ]
    made = derived_name("|lab|urn::reads-fallback", "111122223333", "eu-west-1")

    assert f"arn:aws:s3:::{made}".startswith(buckets[0].removesuffix("*"))


def test_without_buckets_there_is_no_word_about_s3() -> None:
    assert "s3:" not in json.dumps(printed("deployer"))


def test_a_readers_policy_is_the_components() -> None:
    assert printed("reader", "--access-point", POINT, "--key", KEY) == reader_policy(POINT, KEY)


def test_a_keys_policy_is_the_resources() -> None:
    owner = Owner("aws", "111122223333")
    names = ("--administrator", ROLES[0], "--user", ROLES[1])

    assert printed("key", "--store", STORE) == KeyPolicy().document(owner)
    assert printed("key", "--account", "111122223333", *names) == KeyPolicy(
        administrators=(ROLES[0],), users=(ROLES[1],)
    ).document(owner)
    assert printed("key", "--store", STORE, "--any-account") == KeyPolicy(
        restrict_to_account=False
    ).document(owner)
    china = printed("key", "--account", "111122223333", "--region", "cn-north-1")
    assert china["Statement"][0]["Principal"] == {"AWS": "arn:aws-cn:iam::111122223333:root"}


def test_a_buckets_policy_is_the_resources() -> None:
    place = Place("uploads", "eu-west-1", "111122223333")
    common = ("bucket", "--bucket", "uploads")

    assert printed(*common, "--store", STORE, "--prefix", "fallback/") == bucket_policy(
        place, "health-omics", "fallback/", restrict_to_account=True
    )
    logs = ("--account", "111122223333", "--writer", "s3-access-logs", "--any-account")
    assert printed(*common, *logs) == bucket_policy(
        place, "s3-access-logs", "", restrict_to_account=False
    )


@pytest.mark.parametrize(
    ("arguments", "sid"),
    [
        (("key", "--store", STORE), "HealthOmicsStorage"),
        (("bucket", "--bucket", "my.uploads", "--store", STORE), "AllowHealthOmics"),
    ],
)
def test_a_statement_for_a_policy_of_ones_own(arguments: tuple[str, ...], sid: str) -> None:
    whole = printed(*arguments)

    [statement] = printed(*arguments, "--statements")

    assert statement["Sid"] == sid
    assert statement in whole["Statement"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("reader", "--access-point", STORE, "--key", KEY),
            "s S3 access point; a store's access point is its output s3_access_point_arn",
        ),
        (
            ("reader", "--access-point", POINT, "--key", "alias/reads"),
            "'--key': 'alias/reads' is not the ARN of a KMS key",
        ),
        (
            ("reader", "--access-point", POINT, "--key", KEY.replace("eu-west-1", "us-east-1")),
            "'--key': a key encrypts stores of its own region, and us-east-1 is not",
        ),
        (("key", "--store", KEY), f"'--store': '{KEY}' is not the ARN of a sequence store"),
        (("key", "--account", "lab"), "'--account': an account ID has 12 digits, not 'lab'"),
        (("key", "--account", ""), "'--account': an account ID has 12 digits, not ''"),
        (("key",), "say whose it is by --store or --account, one of them"),
        (("key", "--store", STORE, "--account", "111122223333"), "one of them"),
        (
            ("key", "--store", STORE, "--user", "omics.amazonaws.com"),
            "'--user': must be the ARN of an IAM role or user",
        ),
        (("key", "--store", STORE, "--administrator", "*"), "'--administrator': must be the ARN"),
        (("key", "--store", STORE, "--user", ROLES[1], "--statements"), "name no principals"),
        (
            ("bucket", "--bucket", "Uploads", "--store", STORE),
            "'--bucket': a bucket's name is 3 to 63 lower-case letters, digits, dots and hyphens",
        ),
        (
            ("bucket", "--bucket", "uploads", "--store", STORE, "--prefix", "failed"),
            """'--prefix': must end with "/" or be empty: write "failed/\"""",
        ),
        (("deployer", "--bucket", "*"), "'--bucket': a bucket's name is"),
        (("deployer", "--region", "Ireland"), "'--region': must be the name of a region"),
        (("deployer", "--region", "us-esat-1"), "'--region': must be the name of a region"),
        (("key", "--account", "111122223333", "--region", "us-esat-1"), "must be the name of a"),
        (("deployer", "--access-logs"), "name them by --component"),
    ],
)
def test_what_makes_no_sense_is_one_line_that_names_the_option(
    store_emulator: Emulator, arguments: tuple[str, ...], words: str
) -> None:
    result = run(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr.splitlines()[-1]
    assert not store_emulator.calls
