"""The risks of previews that are written by hand, one row for each."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omics_components.cli.report.assessment import find_risks
from omics_components.cli.report.markdown import write_report
from omics_components.cli.report.rules import RULES, Level
from tests.unit.report.making import (
    ACCESS,
    BUCKET,
    KEY,
    KEY_ARN,
    LAB,
    OTHER_KEY_ARN,
    PARTNER,
    STORE,
    STORE_ARN,
    UNKNOWN,
    Step,
    allow,
    create,
    delete,
    deny,
    policy,
    preview,
    recorded,
    replace,
    side,
    step,
    update,
)

OTHER_KEY = {"type": "KMS", "keyArn": OTHER_KEY_ARN}
SERVICE_KEY = {"type": "KMS", "keyArn": KEY_ARN.replace("123456789012", "559620149354")}
"""What AWS reports of a store that was created without a key."""
SOURCE = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
IF_SENT = {"StringEqualsIfExists": {"aws:SourceAccount": "123456789012"}}
PROVIDER = "arn:aws:iam::999922223333:saml-provider/x"
LOGS = {"Service": "logging.s3.amazonaws.com"}


def same(type_: str, before: dict[str, Any], after: dict[str, Any]) -> Step:
    """Nothing but options differs."""
    return step(
        "same", type_, oldState=recorded(type_, {}, **before), newState=side(type_, {}, **after)
    )


def access(before: dict[str, Any], after: dict[str, Any]) -> Step:
    """Put one S3 access policy in place of another."""
    said = ({"readers": None, "policy": document} for document in (before, after))
    return update(ACCESS, *said)


def later(key: str, *known: str) -> dict[str, Any]:
    """Return a condition of which only the update knows a value."""
    return {"StringLike": {key: [UNKNOWN, *known]}}


def trust(provider: str) -> Step:
    """Return a new access policy for the users of an identity provider."""
    return create(ACCESS, readers=None, policy=policy(allow({"Federated": provider})))


TABLE: dict[str, tuple[Step, list[str]]] = {
    # stores
    "new store with own key": (create(STORE), []),
    "new store whose key is not known yet": (
        create(STORE, sseConfig={"type": "KMS", "keyArn": UNKNOWN}),
        [],
    ),
    "new store with a key of AWS": (create(STORE, sseConfig=None), ["low aws-key"]),
    "new store with force_destroy": (
        create(STORE, forceDestroy=True),
        ["medium created-with-force-destroy"],
    ),
    "description and tags of a store": (
        update(STORE, {"description": "a"}, {"description": "b", "tags": {"team": "lab"}}),
        [],
    ),
    "store deleted": (delete(STORE), ["high store-deleted"]),
    "store deleted, but kept in AWS": (
        step("delete", STORE, oldState=recorded(STORE, {}, retainOnDelete=True)),
        ["low left-behind"],
    ),
    "store replaced for another key": (
        replace(STORE, {}, {"sseConfig": OTHER_KEY}, "sseConfig"),
        ["high store-replaced", "medium key-changed"],
    ),
    "store replaced for a key that is not known yet": (
        replace(STORE, {}, {"sseConfig": {"type": "KMS", "keyArn": UNKNOWN}}, "sseConfig"),
        ["high store-replaced", "medium key-changed"],
    ),
    "store replaced, own key given up": (
        replace(STORE, {}, {"sseConfig": None}, "sseConfig"),
        ["high store-replaced", "high encryption-removed"],
    ),
    "description of a store whose key AWS chose": (
        update(STORE, {"sseConfig": SERVICE_KEY}, {"sseConfig": None, "description": "b"}),
        [],
    ),
    "store replaced, key that AWS chose before and after": (
        replace(
            STORE,
            {"sseConfig": SERVICE_KEY},
            {"sseConfig": None, "eTagAlgorithmFamily": "SHA256up"},
            "eTagAlgorithmFamily",
        ),
        ["high store-replaced"],
    ),
    "store replaced, own key in place of one that AWS chose": (
        replace(STORE, {"sseConfig": SERVICE_KEY}, {"sseConfig": OTHER_KEY}, "sseConfig"),
        ["high store-replaced", "medium key-changed"],
    ),
    "store replaced by force": (
        step("replace", STORE, oldState=recorded(STORE, {}), newState=side(STORE, {})),
        ["high store-replaced"],
    ),
    "force_destroy switched on": (
        update(STORE, {}, {"forceDestroy": True}),
        ["high force-destroy-on"],
    ),
    "store of a shape that is not known": (
        update(STORE, {"tags": ["a"]}, {"tags": ["b"]}),
        ["medium not-judged"],
    ),
    "force_destroy switched off": (update(STORE, {"forceDestroy": True}, {}), []),
    "access logs removed": (
        update(STORE, {"accessLogLocation": "s3://logs/"}, {}),
        ["medium logs-removed"],
    ),
    "access logs moved": (
        update(STORE, {"accessLogLocation": "s3://a/"}, {"accessLogLocation": "s3://b/"}),
        ["low logs-moved"],
    ),
    "failed uploads elsewhere": (
        update(STORE, {"fallbackLocation": "s3://a/"}, {"fallbackLocation": "s3://b/"}),
        ["low uploads-moved"],
    ),
    "other tags on objects": (
        update(STORE, {"propagatedSetLevelTags": ["cohort"]}, {}),
        ["low propagated-tags-changed"],
    ),
    "propagated tags in another order": (
        update(
            STORE,
            {"propagatedSetLevelTags": ["a", "b"]},
            {"propagatedSetLevelTags": ["b", "a"]},
        ),
        [],
    ),
    "store adopted": (
        create(STORE, __import=STORE_ARN),
        ["low adopted"],
    ),
    "protection removed": (same(STORE, {"protect": True}, {}), ["medium protection-removed"]),
    "protection added": (same(STORE, {}, {"protect": True}), []),
    "retain_on_delete removed": (
        same(STORE, {"retainOnDelete": True}, {}),
        ["medium protection-removed"],
    ),
    # keys
    "new key for the lab": (create(KEY, users=[LAB]), ["medium unknown-account"]),
    "key deleted": (delete(KEY), ["high key-deleted"]),
    "key replaced": (replace(KEY, {}, {"region": "eu-west-1"}, "region"), ["high key-deleted"]),
    "key for another account": (update(KEY, {}, {"users": [PARTNER]}), ["high cross-account"]),
    "key for a role of the account": (update(KEY, {}, {"users": [LAB]}), ["medium policy-widened"]),
    "key for the account's number": (
        update(KEY, {}, {"administrators": ["123456789012"]}),
        [],  # it is in charge anyway
    ),
    "key user removed": (update(KEY, {"users": [LAB]}, {}), ["low policy-narrowed"]),
    "key user exchanged": (
        update(KEY, {"users": [LAB]}, {"users": [PARTNER]}),
        ["high cross-account", "low policy-narrowed"],
    ),
    "key user not known yet": (update(KEY, {}, {"users": [UNKNOWN]}), ["medium policy-unknown"]),
    "key for HealthOmics of any account": (
        update(KEY, {}, {"restrictToAccount": False}),
        ["high service-for-anyone"],
    ),
    "key for HealthOmics of this account only": (
        update(KEY, {"restrictToAccount": False}, {}),
        ["low policy-narrowed"],
    ),
    "HealthOmics locked out": (
        update(KEY, {}, {"allowHealthOmics": False}),
        ["medium health-omics-locked-out", "low policy-narrowed"],
    ),
    "key rotation off": (update(KEY, {}, {"enableKeyRotation": False}), ["medium rotation-off"]),
    "key rotated less": (update(KEY, {}, {"rotationPeriodInDays": 700}), ["low rotated-less"]),
    "shorter deletion window": (
        update(KEY, {}, {"deletionWindowInDays": 7}),
        ["low shorter-warning"],
    ),
    # buckets
    "new bucket for HealthOmics": (create(BUCKET, writer="health-omics"), []),
    "new bucket for HealthOmics of any account": (
        create(BUCKET, writer="health-omics", restrictToAccount=False),
        ["high service-for-anyone"],
    ),
    "bucket deleted": (delete(BUCKET), ["medium bucket-deleted"]),
    "bucket deleted with all in it": (delete(BUCKET, forceDestroy=True), ["high bucket-emptied"]),
    "bucket's force_destroy on": (
        update(BUCKET, {}, {"forceDestroy": True}),
        ["medium bucket-force-destroy-on"],
    ),
    "bucket's key removed": (
        update(BUCKET, {"kmsKeyArn": KEY_ARN}, {}),
        ["high encryption-removed"],
    ),
    "bucket's key changed": (
        update(BUCKET, {"kmsKeyArn": KEY_ARN}, {"kmsKeyArn": OTHER_KEY_ARN}),
        ["medium key-changed"],
    ),
    "bucket gets a writer": (
        update(BUCKET, {}, {"writer": "s3-access-logs"}),
        ["medium policy-widened"],
    ),
    "bucket's writer may write elsewhere": (
        update(BUCKET, {"writer": "health-omics", "prefix": "a/"}, {"writer": "health-omics"}),
        ["medium policy-widened"],
    ),
    "versioning off": (
        update(BUCKET, {}, {"versioning": False, "noncurrentExpirationDays": None}),
        ["medium versioning-off"],
    ),
    "objects expire": (update(BUCKET, {}, {"expirationDays": 30}), ["medium kept-shorter"]),
    "old versions expire sooner": (
        update(BUCKET, {}, {"noncurrentExpirationDays": 1}),
        ["medium kept-shorter"],
    ),
    "objects expire later": (update(BUCKET, {"expirationDays": 30}, {"expirationDays": 60}), []),
    "a Deny set by hand is undone": (
        update(BUCKET, {"policy": json.dumps(policy(deny(Sid="Emergency", Condition={})))}, {}),
        ["high deny-removed"],
    ),
    # access policies
    "reader of another account": (
        update(ACCESS, {}, {"readers": [PARTNER]}),
        ["high cross-account"],
    ),
    "reader of the account": (update(ACCESS, {}, {"readers": [LAB]}), ["medium policy-widened"]),
    "reader of an unknown account": (create(ACCESS, readers=[PARTNER]), ["medium unknown-account"]),
    "reader removed": (update(ACCESS, {"readers": [PARTNER]}, {}), ["low policy-narrowed"]),
    "readers in another order": (
        update(ACCESS, {"readers": [LAB, PARTNER]}, {"readers": [PARTNER, LAB]}),
        [],
    ),
    "access policy deleted": (delete(ACCESS), ["medium access-lost"]),
    "policy spelled otherwise": (
        access(
            policy(allow({"AWS": LAB}), deny()),
            policy(deny(Sid="NoPlainHttp"), allow({"AWS": [LAB]}, Action=["S3:getobject"])),
        ),
        [],
    ),
    "everyone let in": (
        access(policy(allow({"AWS": LAB})), policy(allow("*"))),
        ["high public-access"],
    ),
    "everyone of an organization let in": (
        access(
            policy(allow({"AWS": LAB})),
            policy(
                allow({"AWS": LAB}),
                allow("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-lab"}}),
            ),
        ),
        ["medium public-under-condition"],
    ),
    "everyone of any account": (
        access(
            policy(),
            policy(
                allow("*", Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}})
            ),
        ),
        ["high public-access"],
    ),
    "everyone of what is not known yet": (
        access(policy(), policy(allow("*", Condition=later("aws:PrincipalOrgID")))),
        ["medium policy-unknown"],
    ),
    "everyone of anything, and of what is not known yet": (
        access(policy(), policy(allow("*", Condition=later("aws:PrincipalOrgID", "*")))),
        ["high public-access"],
    ),
    "everyone under a condition that is not known yet, but not about callers": (
        access(policy(), policy(allow("*", Condition=later("s3:prefix")))),
        ["high public-access"],
    ),
    "everyone whose ARN is anything": (
        access(
            policy(allow({"AWS": LAB})),
            policy(allow("*", Condition={"ArnLike": {"aws:PrincipalArn": "*"}})),
        ),
        ["high public-access", "low policy-narrowed"],
    ),
    "more actions": (
        access(policy(allow({"AWS": LAB})), policy(allow({"AWS": LAB}, Action="s3:Get*"))),
        ["medium policy-widened"],
    ),
    "fewer actions": (
        access(policy(allow({"AWS": LAB}, Action="s3:Get*")), policy(allow({"AWS": LAB}))),
        ["low policy-narrowed"],
    ),
    "condition dropped": (
        access(
            policy(allow({"AWS": PARTNER}, Condition={"StringEquals": {"s3:prefix": "a"}})),
            policy(allow({"AWS": PARTNER})),
        ),
        ["high cross-account"],
    ),
    "one more value in a condition": (
        access(
            policy(allow({"AWS": LAB}, Condition={"StringEquals": {"s3:prefix": ["a"]}})),
            policy(allow({"AWS": LAB}, Condition={"StringEquals": {"s3:prefix": ["a", "b"]}})),
        ),
        ["medium policy-widened"],
    ),
    "one more value in a negated condition": (
        access(
            policy(allow({"AWS": LAB}, Condition={"StringNotEquals": {"s3:prefix": ["a"]}})),
            policy(allow({"AWS": LAB}, Condition={"StringNotEquals": {"s3:prefix": ["a", "b"]}})),
        ),
        ["low policy-narrowed"],
    ),
    "Deny removed": (
        access(policy(allow({"AWS": LAB}), deny()), policy(allow({"AWS": LAB}))),
        ["high deny-removed"],
    ),
    "Deny refuses less": (
        access(policy(deny()), policy(deny(Action="s3:Put*"))),
        ["high deny-removed"],
    ),
    "Deny added": (
        access(policy(allow({"AWS": LAB})), policy(allow({"AWS": LAB}), deny())),
        ["low policy-narrowed"],
    ),
    "service for anyone": (
        access(policy(), policy(allow(LOGS))),
        ["high service-for-anyone"],
    ),
    "service for the account, if it says so": (
        access(policy(), policy(allow(LOGS, Condition=IF_SENT))),
        ["medium policy-widened"],
    ),
    "everyone of the account, if they say so": (
        access(policy(), policy(allow("*", Condition=IF_SENT))),
        ["high public-access"],
    ),
    "service for the account": (
        access(policy(), policy(allow(LOGS, Condition=SOURCE))),
        ["medium policy-widened"],
    ),
    "service for what is not known yet": (
        access(
            policy(),
            policy(allow(LOGS, Condition=later("aws:SourceArn", STORE_ARN))),
        ),
        ["medium policy-unknown"],
    ),
    "policy against the grammar": (
        access(
            policy(),
            policy({**allow("*"), "Principal": None, "NotPrincipal": {"AWS": LAB}}),
        ),
        ["medium policy-unknown"],  # Principal beside NotPrincipal: it cannot be read
    ),
    "trust in a provider of an unknown account": (trust(PROVIDER), ["medium unknown-account"]),
    "trust in a provider of no one's account": (
        trust("accounts.google.com"),
        ["medium unknown-account"],
    ),
    "trust in any provider": (trust("*"), ["high public-access"]),
    "trust in a provider that is not known yet": (trust(UNKNOWN), ["medium policy-unknown"]),
    "store replaced, kept by neither": (
        {
            **replace(STORE, {}, {"sseConfig": OTHER_KEY}, "sseConfig"),
            "oldState": recorded(STORE, {}, retainOnDelete=True),
        },
        ["high store-replaced", "medium key-changed", "medium protection-removed"],
    ),
    # the rest of the world
    "anything else": (update("random:index/randomId:RandomId", {"length": 1}, {"length": 2}), []),
}


@pytest.mark.parametrize("case", TABLE)
def test_a_preview_has_its_risks(case: str) -> None:
    made, expected = TABLE[case]

    found = [f"{risk.level} {risk.rule.name}" for risk in find_risks(preview(made))]

    assert found == expected


def test_every_rule_is_shown() -> None:
    named = {risk.split()[1] for _, expected in TABLE.values() for risk in expected}

    # These are in recorded previews.
    shown_there = {"gone", "changed-by-hand", "steps-not-listed", "steps-perhaps-not-listed"}
    assert RULES.keys() - named == shown_there


def test_own_accounts_are_not_foreign() -> None:
    made = preview(update(ACCESS, {}, {"readers": [PARTNER]}))

    [risk] = find_risks(made, own_accounts=["999922223333"])

    assert risk.rule.name == "policy-widened"


@pytest.mark.parametrize(
    ("own", "expected"), [("999922223333", []), ("123456789012", ["high cross-account"])]
)
def test_an_identity_provider_is_of_the_account_in_its_arn(own: str, expected: list[str]) -> None:
    risks = find_risks(preview(trust(PROVIDER)), own_accounts=[own])

    assert [f"{risk.level} {risk.rule.name}" for risk in risks] == expected


def test_a_stack_in_one_account_tells_whose_a_new_resource_is() -> None:
    made = preview(update(STORE, {}, {}), create(ACCESS, name="new", readers=[PARTNER, LAB]))

    [risk] = find_risks(made)

    assert (risk.level, risk.rule.name, risk.resource) == (Level.HIGH, "cross-account", "new")
    assert PARTNER in risk.text
    assert LAB not in risk.text


def test_the_gravest_comes_first() -> None:
    made = preview(same(STORE, {"protect": True}, {}), create(STORE, sseConfig=None), delete(KEY))

    levels = [risk.level for risk in find_risks(made)]

    assert levels == [Level.HIGH, Level.MEDIUM, Level.LOW]


def test_a_deletion_says_what_becomes_of_read_sets() -> None:
    [emptied] = find_risks(preview(delete(STORE, forceDestroy=True)))
    [refused] = find_risks(preview(delete(STORE)))

    assert "ALL READ SETS in it are deleted" in emptied.text
    assert "not deleted while it holds read sets" in refused.text


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([UNKNOWN, "[secret]", LAB, "*", STORE_ARN, json.dumps(policy(allow("*")))])
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
NAMES = st.sampled_from(
    ["policy", "readers", "users", "sseConfig", "forceDestroy", "tags", "prefix", "region", "acl"]
)
INPUTS = st.dictionaries(NAMES, JSON, max_size=4)


@given(
    type_=st.sampled_from([STORE, KEY, BUCKET, ACCESS, "aws:s3/bucketPolicy:BucketPolicy"]),
    op=st.sampled_from(
        ["create", "update", "replace", "delete", "delete-replaced", "same", "refresh", "import"]
    ),
    before=INPUTS,
    after=INPUTS,
    id_=st.sampled_from([STORE_ARN, KEY_ARN, "x", ""]),
)
def test_no_values_break_a_report(
    type_: str, op: str, before: dict[str, Any], after: dict[str, Any], id_: str
) -> None:
    made = {**update(type_, before, after), "op": op}
    made["oldState"]["id"] = id_
    if op == "create":
        del made["oldState"]
    found = preview(made)

    assert write_report(found, find_risks(found))


@pytest.mark.parametrize(
    ("recorded_key", "declared", "is_shown"),
    [
        (SERVICE_KEY, None, False),
        (SERVICE_KEY, {"type": "KMS"}, False),
        (SERVICE_KEY, OTHER_KEY, True),
        (SERVICE_KEY, {"type": "KMS", "keyArn": UNKNOWN}, True),
        (OTHER_KEY, None, True),
    ],
)
def test_a_key_that_aws_chose_is_no_property_that_goes(
    recorded_key: dict[str, str], declared: dict[str, str] | None, is_shown: bool
) -> None:
    made = preview(
        update(STORE, {"sseConfig": recorded_key}, {"sseConfig": declared, "description": "b"})
    )

    report = write_report(made, find_risks(made))

    assert "description" in report
    assert ("sseConfig" in report) is is_shown
