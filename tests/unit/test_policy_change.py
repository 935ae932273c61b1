"""What a change of a policy grants, against a plain evaluation of requests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omics_components.models.policy_change import (
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
        return {statement.meaning for statement in found if statement is not None}

    was, becomes = ({item.meaning for item in side} for side in (old, new))
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
