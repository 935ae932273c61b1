"""What a change of a policy grants, against a plain evaluation of requests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omics_components.schema.policy_change import (
    Principal,
    Statement,
    added_grants,
    lost_denials,
    statement_changes,
    statements,
)

ALICE, BOB = (f"arn:aws:iam::123456789012:role/{name}" for name in ("alice", "bob"))
PRINCIPALS = ["*", ALICE, BOB]
ACTIONS = ["s3:GetObject", "s3:Get*", "s3:*", "*", "s3:Get?bject", "S3:PUTOBJECT"]
RESOURCES = ["arn:aws:s3:::a/1", "arn:aws:s3:::a/*", "arn:aws:s3:::*", "arn:aws:s3:::?/1"]
TESTS = [
    {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
    {"StringEquals": {"aws:PrincipalOrgID": ["o-1", "o-2"]}},
    {"StringNotEquals": {"aws:PrincipalOrgID": ["o-1"]}},
    {"StringNotEquals": {"aws:PrincipalOrgID": ["o-1", "o-2"]}},
]

Policy = Mapping[str, Any]


def some(items: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(items), min_size=1, max_size=2)


def statement_strategy() -> st.SearchStrategy[Policy]:
    return st.fixed_dictionaries(
        {
            "Effect": st.sampled_from(["Allow", "Allow", "Deny"]),
            "Principal": some(PRINCIPALS).map(lambda names: {"AWS": names}),
            "Action": some(ACTIONS),
            "Resource": some(RESOURCES),
        },
        optional={"Condition": st.sampled_from(TESTS)},
    )


POLICIES = st.lists(statement_strategy(), max_size=3).map(lambda found: {"Statement": found})


def covers(pattern: str, text: str) -> bool:
    parts = {"*": ".*", "?": "."}
    compiled = "".join(parts.get(letter) or re.escape(letter) for letter in pattern)
    return bool(re.fullmatch(compiled, text, re.IGNORECASE))


def passes(statement: Policy, organization: str) -> bool:
    for operator, tests in statement.get("Condition", {}).items():
        [values] = tests.values()
        is_named = organization in ([values] if isinstance(values, str) else values)
        if is_named == ("Not" in operator):
            return False
    return True


def admits(policy: Policy, request: tuple[str, str, str, str]) -> bool:
    """Decide as IAM does: one Allow, and no Deny."""
    principal, action, resource, organization = request
    effects = {
        statement["Effect"]
        for statement in policy["Statement"]
        if any(name in ("*", principal) for name in statement["Principal"]["AWS"])
        and any(covers(pattern, action) for pattern in statement["Action"])
        and any(covers(pattern, resource) for pattern in statement["Resource"])
        and passes(statement, organization)
    }
    return effects == {"Allow"}


REQUESTS = [
    (principal, action, resource, organization)
    for principal in (ALICE, BOB, "arn:aws:iam::999922223333:role/carol")
    for action in ("s3:GetObject", "s3:GetObjectTagging", "s3:PutObject", "kms:Decrypt")
    for resource in ("arn:aws:s3:::a/1", "arn:aws:s3:::a/2", "arn:aws:s3:::b/1", "arn:aws:s3:::cc")
    for organization in ("o-1", "o-2", "o-3")
]


@settings(max_examples=300)
@given(POLICIES, POLICIES)
def test_no_request_is_let_in_without_a_word(before: Policy, after: Policy) -> None:
    old, new = statements(before), statements(after)
    if not added_grants(old, new) and not lost_denials(old, new):
        newly = [r for r in REQUESTS if admits(after, r) and not admits(before, r)]
        assert newly == []


@given(POLICIES)
def test_the_same_policy_grants_nothing_new(policy: Policy) -> None:
    same = statements(policy)
    again = statements({"Statement": list(reversed(policy["Statement"]))})

    assert not added_grants(same, again)
    assert not lost_denials(same, again)
    assert not statement_changes(same, again)


@given(POLICIES, POLICIES)
def test_every_statement_that_differs_is_in_one_change(before: Policy, after: Policy) -> None:
    old, new = statements(before), statements(after)

    changes = statement_changes(old, new)

    def meanings(found: list[Statement | None]) -> set[object]:
        return {statement.canonical for statement in found if statement is not None}

    was, becomes = ({item.canonical for item in side} for side in (old, new))
    assert meanings([change.before for change in changes]) == was - becomes
    assert meanings([change.after for change in changes]) == becomes - was


@pytest.mark.parametrize(
    ("before", "after", "is_wider"),
    [
        ({"Action": "s3:Get*"}, {"Action": "s3:GetObject"}, False),
        ({"Action": "s3:Get?"}, {"Action": "s3:Get*"}, True),
        ({"Action": "s3:GetObject"}, {"Action": "S3:GETOBJECT"}, False),
        ({"Action": "s3:GetObject"}, {"NotAction": "s3:GetObject"}, True),
        ({"NotAction": "s3:GetObject"}, {"NotAction": "s3:GetObject"}, False),
        ({"Action": "*"}, {"NotAction": "s3:GetObject"}, False),
        ({"Resource": "arn:aws:s3:::A"}, {"Resource": "arn:aws:s3:::a"}, True),
        ({"Principal": {"AWS": ALICE}}, {"NotPrincipal": {"AWS": ALICE}}, True),
        ({"Principal": "*"}, {"Principal": {"AWS": ALICE}}, False),
        ({"Principal": "*"}, {"Principal": {"Service": "omics.amazonaws.com"}}, True),
    ],
)
def test_what_is_wider(before: Policy, after: Policy, is_wider: bool) -> None:
    rest = {"Effect": "Allow", "Resource": "*", "Action": "*", "Principal": {"AWS": ALICE}}

    def policy(own: Policy) -> Policy:
        instead = {name.removeprefix("Not") for name in own if name.startswith("Not")}
        kept = {name: item for name, item in rest.items() if name not in instead}
        return {"Statement": {**kept, **own}}

    grants = added_grants(statements(policy(before)), statements(policy(after)))

    assert bool(grants) == is_wider


def test_none_is_a_policy_without_statements() -> None:
    assert statements(None) == ()


def names_callers(condition: Policy) -> bool:
    [statement] = statements({"Statement": {"Effect": "Allow", "Condition": condition}})
    return any(test.names_callers for test in statement.tests)


ANY_ACCOUNT = "arn:aws:iam::*:role/*"
ROLES = "arn:aws:iam::123456789012:role/*"
ALARMS = "arn:aws:cloudwatch:*:123456789012:alarm:*"


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalOrgID": ["o-1", "o-2"]}},
        {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-1/*"}},
        {"StringLike": {"AWS:SourceAccount": "123456789012"}},
        {"StringEqualsIgnoreCase": {"aws:SourceVpce": "vpce-1"}},
        {"ArnLike": {"aws:PrincipalArn": [ROLES, ALICE]}},
        {"StringLike": {"aws:PrincipalArn": ROLES}},
        {"ArnEquals": {"aws:SourceArn": ALARMS}},
        {"StringEquals": {"aws:SourceArn": "arn:aws:s3:::lab"}},
        {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:user/${aws:username}"}},
        {"IpAddress": {"aws:SourceIp": ["192.0.2.1", "10.0.0.0/8", "2001:db8::/32"]}},
        {"IpAddress": {"aws:SourceIp": ["12.0.0.0/8", "14.0.0.0/8"]}},
        {"Null": {"aws:PrincipalArn": "false"}, "ArnEquals": {"aws:PrincipalArn": ALICE}},
    ],
    ids=str,
)
def test_a_condition_names_callers(condition: Policy) -> None:
    assert names_callers(condition)


@pytest.mark.parametrize(
    "condition",
    [
        {"Null": {"aws:PrincipalArn": "false"}},
        {"Bool": {"aws:PrincipalAccount": "true"}},
        {"DateGreaterThan": {"aws:PrincipalAccount": "2000-01-01T00:00:00Z"}},
        {"NumericGreaterThan": {"aws:PrincipalAccount": "0"}},
        {"StringEquals": {"s3:prefix": "a"}},
        # passed without the key
        {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"}},
        {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}},
        {"ForAnyValue:StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}},
        {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}},
        {"NotIpAddress": {"aws:SourceIp": "192.0.2.1"}},
        # anybody's
        {"StringLike": {"aws:PrincipalOrgID": "o-*"}},
        {"StringLike": {"aws:PrincipalOrgID": ["o-1", "o-?"]}},
        {"StringLike": {"aws:PrincipalOrgPaths": "o-*/r-1/"}},
        {"StringLike": {"aws:PrincipalAccount": "????????????"}},
        {"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}},
        {"StringLike": {"aws:SourceVpc": "vpc-*"}},
        {"StringLike": {"aws:PrincipalArn": "*"}},
        {"StringLike": {"aws:PrincipalArn": "arn:*"}},
        {"ArnLike": {"aws:PrincipalArn": ANY_ACCOUNT}},
        {"ArnLike": {"aws:PrincipalArn": [ALICE, ANY_ACCOUNT]}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::12345678901?:role/x"}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:role/x"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::lab-*"}},
        # here the first asterisk may stand for an account, and what follows for a name
        {"StringLike": {"aws:SourceArn": ALARMS}},
        # no one's
        {"StringEquals": {"aws:PrincipalAccount": "anonymous"}},
        {"StringEquals": {"aws:userid": ["AIDA1", "anonymous"]}},
        # from everywhere
        {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
        {"IpAddress": {"aws:SourceIp": "::/0"}},
        {"IpAddress": {"aws:SourceIp": "12.0.0.0/7"}},
        {"IpAddress": {"aws:SourceIp": "2001:db8::/31"}},
        {"IpAddress": {"aws:SourceIp": ["192.0.2.1", "0.0.0.0/1", "128.0.0.0/1"]}},
        {"IpAddress": {"aws:SourceIp": ["12.0.0.0/8", "13.0.0.0/8"]}},
        {"StringLike": {"aws:SourceIp": "1*"}},
        {"StringEquals": {"aws:PrincipalAccount": []}},
        {},
    ],
    ids=str,
)
def test_a_condition_that_anybody_can_pass_names_no_callers(condition: Policy) -> None:
    assert not names_callers(condition)


@pytest.mark.parametrize(
    ("principal", "account"),
    [
        (Principal("AWS", ALICE), "123456789012"),
        (Principal("AWS", "123456789012"), "123456789012"),
        (Principal("AWS", "*"), None),
        (Principal("Federated", "arn:aws:iam::123456789012:saml-provider/x"), "123456789012"),
        (Principal("Federated", "accounts.google.com"), None),
        (Principal("Service", "omics.amazonaws.com"), None),
    ],
)
def test_the_account_of_a_principal(principal: Principal, account: str | None) -> None:
    assert principal.account == account
