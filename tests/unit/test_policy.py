"""What a policy means: what may be written otherwise, and what may not."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omics_components.schema.policy import canonical_policy, policy_document, policy_text

Policy = dict[str, Any]
Path = tuple[str | int, ...]

ACCOUNT = "111122223333"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"

# Built of small parts: regular expressions take a second for a hundred policies.
_NAMES = st.sampled_from(["a", "b", "Ab", "analysis"])
_NUMBERS = st.sampled_from(["111122223333", "444455556666", "777788889999"])
_ROLES = st.builds("arn:aws:iam::{}:role/{}".format, _NUMBERS, _NAMES)
_ACCOUNTS = st.builds("arn:aws:iam::{}:root".format, _NUMBERS)
_SERVICES = st.sampled_from(["omics.amazonaws.com", "logging.s3.amazonaws.com"])
_PRINCIPALS = st.one_of(
    st.just("*"),
    st.fixed_dictionaries(
        {"AWS": st.lists(st.one_of(_ROLES, _ACCOUNTS), min_size=1, max_size=3, unique=True)},
        optional={"Service": st.lists(_SERVICES, min_size=1, unique=True)},
    ),
)
_ACTIONS = st.sampled_from(
    ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "kms:Decrypt", "kms:DescribeKey"]
)
_RESOURCES = st.builds("arn:aws:s3:::{}/{}".format, st.sampled_from(["logs", "reads"]), _NAMES)
_CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "StringEquals": st.fixed_dictionaries(
            {"aws:SourceAccount": st.lists(_NUMBERS, min_size=1, max_size=3)}
        ),
        "Bool": st.fixed_dictionaries({"aws:SecureTransport": st.booleans()}),
        "NumericLessThan": st.fixed_dictionaries({"s3:TlsVersion": st.integers(0, 99)}),
        "StringLike": st.fixed_dictionaries({"s3:ExistingObjectTag/Team": _NAMES}),
    },
)
_STATEMENTS = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Principal": _PRINCIPALS,
        "Action": st.lists(_ACTIONS, min_size=1, max_size=3),
        "Resource": st.lists(_RESOURCES, min_size=1, max_size=3),
    },
    optional={"Condition": _CONDITIONS, "Sid": _NAMES},
)
POLICIES: st.SearchStrategy[Policy] = st.fixed_dictionaries(
    {
        "Version": st.sampled_from(["2012-10-17", "2008-10-17"]),
        "Statement": st.lists(_STATEMENTS, min_size=1, max_size=3),
    }
)


def _rewritten(value: Any, draw: Any) -> Any:
    """Write the same in another way: other orders, single items bare, repetitions."""
    if isinstance(value, dict):
        names = draw(st.permutations(list(value)))
        return {name: _rewritten(value[name], draw) for name in names}
    if isinstance(value, list):
        items = [_rewritten(item, draw) for item in draw(st.permutations(value))]
        if len(items) == 1 and draw(st.booleans()):
            return items[0]
        return items + items[: draw(st.integers(0, len(items)))]
    return draw(st.sampled_from(_spellings(value)))


def _spellings(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [value, str(value).lower(), str(value)]
    if isinstance(value, int):
        return [value, str(value), float(value)]
    if value.startswith(("s3:", "kms:")):
        return [value, value.lower(), value.upper()]
    if value.endswith(":root"):
        return [value, value.split(":")[4]]
    return [value]


def _relabelled(policy: Policy, draw: Any) -> Policy:
    """Name statements and policy otherwise, and leave out what says nothing."""
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else None
    for statement in statements or [policy["Statement"]]:
        statement.pop("Sid", None)
        if draw(st.booleans()):
            statement["Sid"] = "Other"
        if not statement.get("Condition", True):
            del statement["Condition"]
        if statement["Principal"] == "*" and draw(st.booleans()):
            statement["Principal"] = {"AWS": "*"}
    if policy["Version"] == "2008-10-17" and draw(st.booleans()):
        del policy["Version"]
    return {"Id": "other", **policy} if draw(st.booleans()) else policy


def _leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name != "Sid":
                yield from _leaves(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    else:
        yield path


def _changed(policy: Policy, path: Path) -> Policy:
    """Change one place of a policy."""
    changed = copy.deepcopy(policy)
    *way, last = path
    place: Any = changed
    for step in way:
        place = place[step]
    value = place[last]
    if isinstance(value, bool):
        place[last] = not value
    elif isinstance(value, int):
        place[last] = value + 1000
    elif value == "*":
        place[last] = {"AWS": ROOT}
    elif value in ("Allow", "Deny"):
        place[last] = "Deny" if value == "Allow" else "Allow"
    else:
        place[last] = f"{value}New"
    return changed


@given(POLICIES, st.data())
def test_the_same_in_other_words_has_the_same_meaning(policy: Policy, data: st.DataObject) -> None:
    other = _relabelled(_rewritten(copy.deepcopy(policy), data.draw), data.draw)

    assert canonical_policy(other) == canonical_policy(policy)
    assert canonical_policy(json.dumps(other, indent=2)) == canonical_policy(policy)
    assert hash(canonical_policy(other)) == hash(canonical_policy(policy))


@given(POLICIES, st.data())
def test_any_change_of_one_leaf_changes_the_meaning(policy: Policy, data: st.DataObject) -> None:
    # Of two equal statements or items one may change, and the other still says what was said.
    policy["Statement"] = policy["Statement"][:1]
    path = data.draw(st.sampled_from(sorted(_leaves(policy), key=str)))

    assert canonical_policy(_changed(policy, path)) != canonical_policy(policy)


@given(POLICIES, st.data())
def test_leaving_out_an_element_changes_the_meaning(policy: Policy, data: st.DataObject) -> None:
    policy["Statement"] = policy["Statement"][:1]
    (statement,) = policy["Statement"]
    said = [
        name for name in ("Principal", "Action", "Resource", "Condition") if statement.get(name)
    ]
    less = copy.deepcopy(policy)
    del less["Statement"][0][data.draw(st.sampled_from(said))]

    assert canonical_policy(less) != canonical_policy(policy)


@given(POLICIES)
def test_a_policy_survives_being_written_and_read(policy: Policy) -> None:
    assert policy_document(policy_text(policy)) == policy


def _statement(**elements: Any) -> Policy:
    allowed = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": {**allowed, **elements}}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Principal": {"AWS": ACCOUNT}}, {"Principal": {"AWS": [ROOT]}}),
        ({"Principal": "*"}, {"Principal": {"AWS": "*"}}),
        ({"Action": "s3:GETOBJECT"}, {"Action": ["s3:getObject", "S3:GetObject"]}),
        ({"Condition": {}}, {}),
        ({"Condition": {"Bool": {}}}, {}),
        (
            {"Condition": {"bool": {"AWS:securetransport": True}}},
            {"Condition": {"Bool": {"aws:SecureTransport": ["True"]}}},
        ),
        (
            {"Condition": {"NumericEqualsIfExists": {"a:b": "1.50"}}},
            {"Condition": {"NumericEqualsIfExists": {"a:b": 1.5}}},
        ),
        (
            {"Condition": {"StringEquals": {"a:b": 5.0}}},
            {"Condition": {"StringEquals": {"a:b": "5"}}},
        ),
        (
            {"Condition": {"ForAllValues:StringEqualsIgnoreCase": {"aws:TagKeys": ["Team"]}}},
            {"Condition": {"ForAllValues:StringEqualsIgnoreCase": {"aws:TagKeys": "team"}}},
        ),
    ],
)
def test_these_mean_the_same(one: Policy, other: Policy) -> None:
    assert canonical_policy(_statement(**one)) == canonical_policy(_statement(**other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Principal": {"AWS": ROOT}}, {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/r"}}),
        ({"Principal": "*"}, {"NotPrincipal": "*", "Principal": None}),
        ({"Principal": "*"}, {"Principal": {"Service": "*"}}),
        ({"Principal": {"Service": ACCOUNT}}, {"Principal": {"AWS": ACCOUNT}}),
        ({"Resource": "a"}, {"Resource": "A"}),
        (
            {"Condition": {"StringEquals": {"s3:ExistingObjectTag/Team": "a"}}},
            {"Condition": {"StringEquals": {"s3:ExistingObjectTag/team": "a"}}},
        ),
        (
            {"Condition": {"StringEquals": {"a:b": "x"}}},
            {"Condition": {"StringEquals": {"a:b": "X"}}},
        ),
        (
            {"Condition": {"StringEquals": {"a:b": "1.0"}}},
            {"Condition": {"StringEquals": {"a:b": "1"}}},
        ),
        ({"Condition": {"Null": {"a:b": "true"}}}, {"Condition": {"Bool": {"a:b": "true"}}}),
        ({"Future": 1}, {"Future": True}),
        ({"Future": ["a", "b"]}, {"Future": ["b", "a"]}),
        ({"Future": {"a": []}}, {"Future": {"a": [None]}}),
    ],
)
def test_these_do_not_mean_the_same(one: Policy, other: Policy) -> None:
    first, second = _statement(**one), _statement(**other)
    if second["Statement"]["Principal"] is None:
        del second["Statement"]["Principal"]

    assert canonical_policy(first) != canonical_policy(second)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("{", "is not valid JSON: Expecting property name .* at line 1, column 2"),
        ("[" * 100_000, "is not valid JSON"),
        ('{"Statement": [], "Statement": []}', "names 'Statement' twice"),
        ("[]", r"must be a JSON object with a Statement, not \[\]"),
        ({}, "^Statement: is required"),
        ({"Version": 2012, "Statement": []}, "^Version: must be text, not 2012"),
        ({"Statement": "Allow"}, "^Statement: must be a JSON object, not 'Allow'"),
        ({"Statement": [_statement(), 3]}, r"^Statement\[0\].Effect: is required"),
        ({"Statement": [3]}, r"^Statement\[0\]: must be a JSON object, not 3"),
        (_statement(Effect="allow"), "^Statement.Effect: must be Allow or Deny, not 'allow'"),
        (_statement(Action=[]), None),
        (_statement(Action=["s3:GetObject", 1]), "^Statement.Action: must be text or a list"),
        (_statement(Resource=""), "^Statement.Resource: must be text or a list of texts, not ''"),
        (_statement(NotAction="a"), "^Statement.NotAction: cannot be combined with Action"),
        (_statement(Principal=ROOT), r"^Statement.Principal: must be \"\*\" or a JSON object"),
        (_statement(Principal={"AWS": 5}), "^Statement.Principal.AWS: must be text or a list"),
        (_statement(Condition=[]), "^Statement.Condition: must be a JSON object"),
        (_statement(Condition={"Bool": "x"}), "^Statement.Condition.Bool: must be a JSON object"),
        (
            _statement(Condition={"Bool": {"a:b": None}}),
            "^Statement.Condition.Bool.a:b: must be a value or a list of values, not None",
        ),
    ],
)
def test_what_is_no_policy_is_refused_in_one_sentence(document: Any, words: str | None) -> None:
    if words is None:
        assert canonical_policy(document)
        return
    with pytest.raises(ValueError, match=words) as refusal:
        canonical_policy(document)

    assert "\n" not in str(refusal.value)


def test_a_policy_is_written_in_its_compact_form() -> None:
    assert policy_text('{ "Statement": [] }') == '{"Statement":[]}'
    assert policy_text({"Statement": [], "Id": "é"}) == '{"Statement":[],"Id":"é"}'
