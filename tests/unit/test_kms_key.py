"""KMS keys: the policy that is written and read back, the rules of check, diff, and a slow KMS."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from omics_components.aws.client import Aws
from omics_components.aws.settings import AwsSettings
from omics_components.emulator import Emulator
from omics_components.errors import (
    AlreadyExists,
    InitFailed,
    InvalidRequest,
    NetworkFailure,
    NotFound,
)
from omics_components.kinds.kms_key.handler import KmsKeyHandler
from omics_components.kinds.kms_key.key_policy import ADMINISTRATION, KeyPolicy, Owner
from omics_components.kinds.kms_key.model import KmsKeyInputs, KmsKeyState, inputs_from_state
from omics_components.lifecycle.handler import EngineRequest
from omics_components.schema.base import wire_name
from omics_components.schema.validation import Path
from tests.unit.conftest import SharedClock

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

ACCOUNT = "123456789012"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
LAB = "arn:aws:iam::123456789012:role/lab"
ADMIN = "arn:aws:iam::123456789012:user/admins/ada"
OTHER_ACCOUNT = "111122223333"
OWNER = Owner("aws", ACCOUNT)
ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"

ACCOUNT_STATEMENT = {
    "Sid": "AccountAdmin",
    "Effect": "Allow",
    "Principal": {"AWS": ROOT},
    "Action": "kms:*",
    "Resource": "*",
}
SERVICE_STATEMENT = {
    "Sid": "HealthOmicsStorage",
    "Effect": "Allow",
    "Principal": {"Service": "omics.amazonaws.com"},
    "Action": ["kms:DescribeKey", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*"],
    "Resource": "*",
}
ONLY_THIS_ACCOUNT = {"Condition": {"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT}}}

ROLES = st.from_regex(r"arn:aws:iam::[0-9]{12}:(role|user)/[a-z]{1,8}", fullmatch=True)
ACCOUNTS = st.from_regex(r"[0-9]{12}", fullmatch=True)
PRINCIPALS = st.lists(st.one_of(ROLES, ACCOUNTS), max_size=4, unique=True).map(
    lambda names: tuple(sorted(names))
)
POLICIES = st.builds(KeyPolicy, PRINCIPALS, PRINCIPALS, st.booleans(), st.just(value=True)).flatmap(
    lambda policy: st.sampled_from(
        [policy, KeyPolicy(policy.administrators, policy.users, restrict_to_account=False)]
    )
)


@pytest.fixture
def handler(clock: SharedClock) -> KmsKeyHandler:
    """A handler of a stack that retries nothing, so that no test waits."""
    return KmsKeyHandler(Aws(AwsSettings(region="us-east-1", max_retries=0)), clock)


@pytest.fixture
def emulator(clock: SharedClock) -> Iterator[Emulator]:
    """The KMS of moto in this process, its calls logged and open to faults."""
    emulator = Emulator(clock=clock, sleep=clock.advance)
    with mock_aws(), emulator.in_process():
        yield emulator


@pytest.fixture
def kms(emulator: Emulator) -> KMSClient:  # noqa: ARG001 it must answer
    return boto3.client("kms", region_name="us-east-1")


def _document(**choices: Any) -> dict[str, Any]:
    return json.loads(KeyPolicy(**choices).text(OWNER))  # type: ignore[no-any-return]


def test_the_default_policy_is_what_the_guide_asks_for() -> None:
    assert _document() == {
        "Version": "2012-10-17",
        "Statement": [ACCOUNT_STATEMENT, {**SERVICE_STATEMENT, **ONLY_THIS_ACCOUNT}],
    }


def test_the_guard_of_the_account_can_be_left_out() -> None:
    assert _document(restrict_to_account=False)["Statement"][1] == SERVICE_STATEMENT


def test_health_omics_can_be_left_out() -> None:
    assert _document(allow_health_omics=False)["Statement"] == [ACCOUNT_STATEMENT]


def test_administrators_and_users_have_a_statement_each() -> None:
    _, administration, use, _ = _document(administrators=(ADMIN,), users=(LAB,))["Statement"]

    assert administration["Principal"] == {"AWS": [ADMIN]}
    assert use["Principal"] == {"AWS": [LAB]}
    assert use["Action"] == [
        *("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*"),
        *("kms:GenerateDataKey*", "kms:DescribeKey"),
    ]


@pytest.mark.parametrize(
    "use", ["Encrypt", "Decrypt", "ReEncryptFrom", "GenerateDataKey", "CreateGrant", "Sign"]
)
def test_administrators_cannot_use_the_key(use: str) -> None:
    """Neither directly nor by a grant."""
    allowed = [action.removesuffix("*") for action in ADMINISTRATION if action.endswith("*")]

    assert f"kms:{use}" not in ADMINISTRATION
    assert not any(f"kms:{use}".startswith(prefix) for prefix in allowed)


def test_the_partition_is_the_owners() -> None:
    text = KeyPolicy().text(Owner("aws-us-gov", ACCOUNT))

    assert f"arn:aws-us-gov:iam::{ACCOUNT}:root" in text


@given(POLICIES)
def test_a_policy_of_ours_is_read_back(policy: KeyPolicy) -> None:
    read = KeyPolicy.read_from(policy.text(OWNER), OWNER)

    assert read is not None
    assert read == policy


@given(POLICIES)
def test_a_policy_of_ours_is_known_in_any_spelling(policy: KeyPolicy) -> None:
    """As KMS might return it, or a console might write it."""
    document = policy.document(OWNER)
    statements: Any = document["Statement"]
    for statement in statements:
        del statement["Sid"]
        names = statement["Principal"].get("AWS")
        if isinstance(names, list):
            full = [f"arn:aws:iam::{name}:root" if name.isdigit() else name for name in names]
            statement["Principal"]["AWS"] = full[0] if len(full) == 1 else full[::-1]
    text = json.dumps({**document, "Id": "a", "Statement": statements[::-1]}, indent=2)

    assert policy.matches(text, OWNER)
    read = KeyPolicy.read_from(text, OWNER)
    assert read is not None
    assert read.matches(policy.text(OWNER), OWNER)


def _with(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [ACCOUNT_STATEMENT, *statements]})


DRIFT_ONLY = {
    "no JSON": "{",
    "nothing": "{}",
    "no statement of the account": json.dumps(
        {"Version": "2012-10-17", "Statement": SERVICE_STATEMENT}
    ),
    "another account's root": KeyPolicy().text(Owner("aws", OTHER_ACCOUNT)),
    "one action more": _with({**SERVICE_STATEMENT, "Action": "kms:*"}),
    "another service": _with({**SERVICE_STATEMENT, "Principal": {"Service": "s3.amazonaws.com"}}),
    "two services": _with(
        {**SERVICE_STATEMENT, "Principal": {"Service": ["omics.amazonaws.com", "x.amazonaws.com"]}}
    ),
    "another condition": _with(
        {**SERVICE_STATEMENT, "Condition": {"StringEquals": {"aws:SourceAccount": OTHER_ACCOUNT}}}
    ),
    "a denial": _with({**SERVICE_STATEMENT, "Effect": "Deny"}),
    "everyone": _with({**SERVICE_STATEMENT, "Principal": "*"}),
    "a statement of another hand": _with(
        {"Effect": "Allow", "Principal": {"AWS": LAB}, "Action": "kms:Decrypt", "Resource": "*"}
    ),
    "an older version": json.dumps({"Version": "2008-10-17", "Statement": ACCOUNT_STATEMENT}),
}


@pytest.mark.parametrize("document", DRIFT_ONLY.values(), ids=DRIFT_ONLY.keys())
def test_any_other_policy_is_foreign(document: str) -> None:
    assert KeyPolicy.read_from(document, OWNER) is None


def test_a_policy_of_an_earlier_version_is_ours_and_stays() -> None:
    """It required HealthOmics to send the account that it acts for."""
    required = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    text = _with({**SERVICE_STATEMENT, "Condition": required})

    assert KeyPolicy.read_from(text, OWNER) == KeyPolicy()
    assert KeyPolicy().text_like(text, OWNER) == KeyPolicy().text(OWNER).replace(
        "StringEqualsIfExists", "StringEquals"
    )
    assert KeyPolicy(restrict_to_account=False).text_like(text, OWNER) is None


def test_the_policy_that_kms_gives_by_default_is_known() -> None:
    assert KeyPolicy.read_from(_with(), OWNER) == KeyPolicy(allow_health_omics=False)


BAD: dict[str, tuple[dict[str, Any], str, tuple[str, ...]]] = {
    "description": (
        {"description": "x" * 8193},
        "description",
        ("description: must be at most 8192 characters long, not 8193",),
    ),
    "alias without its prefix": (
        {"alias": "reads"},
        "alias",
        ('alias: must begin with "alias/": write "alias/reads"',),
    ),
    "alias with a dot": ({"alias": "alias/a.b"}, "alias", ('"alias/" and a name', "'alias/a.b'")),
    "alias with a colon": ({"alias": "alias/a:b"}, "alias", ('"alias/" and a name',)),
    "alias without a name": ({"alias": "alias/"}, "alias", ('"alias/" and a name',)),
    "alias with a line break": ({"alias": "alias/a\n"}, "alias", ('"alias/" and a name',)),
    "alias of AWS": ({"alias": "alias/aws/s3"}, "alias", ("belong to AWS",)),
    "alias too long": ({"alias": "alias/" + "a" * 251}, "alias", ("at most 256", "not 257")),
    "everyone": (
        {"users": ["*"]},
        "users[0]",
        ("users[0]: must be the ARN of an IAM role or user", "every AWS account there is"),
    ),
    "wildcard": (
        {"administrators": ["arn:aws:iam::123456789012:role/*"]},
        "administrators[0]",
        ("wildcards inside of a principal", "name each one"),
    ),
    "session": (
        {"users": [LAB, "arn:aws:sts::123456789012:assumed-role/lab/ada"]},
        "users[1]",
        ("a session ends; name its role",),
    ),
    "service": ({"users": ["omics.amazonaws.com"]}, "users[0]", ("has allow_health_omics",)),
    "group": ({"users": ["arn:aws:iam::123456789012:group/g"]}, "users[0]", ("IAM role or user",)),
    "short account": ({"users": ["12345678901"]}, "users[0]", ("12 digits",)),
    "role without a name": (
        {"users": ["arn:aws:iam::123456789012:role/"]},
        "users[0]",
        ("IAM role or user",),
    ),
    "not a text": ({"users": [123456789012]}, "users[0]", ("must be text",)),
    "not a list": ({"users": LAB}, "users", ("must be a list",)),
    "twice": ({"users": [LAB, LAB]}, "users", ("more than once",)),
    "twice in two spellings": (
        {"users": [ACCOUNT, ROOT]},
        "users",
        (f"names {ROOT!r} more than once",),
    ),
    "flag as text": (
        {"allowHealthOmics": "false"},
        "allowHealthOmics",
        ("allow_health_omics: must be True or False, not 'false'",),
    ),
    "rotation too often": (
        {"rotationPeriodInDays": 89},
        "rotationPeriodInDays",
        ("rotation_period_in_days: must be a whole number of days from 90 to 2560, not 89",),
    ),
    "rotation too seldom": ({"rotationPeriodInDays": 2561}, "rotationPeriodInDays", ("2561",)),
    "rotation by half days": (
        {"rotationPeriodInDays": 90.5},
        "rotationPeriodInDays",
        ("whole number", "90.5"),
    ),
    "rotation as text": ({"rotationPeriodInDays": "365"}, "rotationPeriodInDays", ("'365'",)),
    "period without rotation": (
        {"enableKeyRotation": False, "rotationPeriodInDays": 180},
        "rotationPeriodInDays",
        ("counts only with enable_key_rotation", "180"),
    ),
    "window too short": (
        {"deletionWindowInDays": 6},
        "deletionWindowInDays",
        ("deletion_window_in_days: must be a whole number of days from 7 to 30, not 6",),
    ),
    "window too long": ({"deletionWindowInDays": 31}, "deletionWindowInDays", ("31",)),
    "window as a truth": ({"deletionWindowInDays": True}, "deletionWindowInDays", ("True",)),
    "tag of AWS": ({"tags": {"aws:team": "x"}}, "tags", ("belong to AWS",)),
    "too many tags": (
        {"tags": {f"key{number}": "x" for number in range(50)}},
        "tags",
        ("at most 49 tags", "not 50"),
    ),
    "region": ({"region": "Frankfurt"}, "region", ("name of a region",)),
    "unknown property": ({"multiRegion": True}, "multiRegion", ("not a known property",)),
    "too many principals": (
        {"users": [f"{LAB}{number:04}{'x' * 50}" for number in range(400)]},
        "users",
        ("users: the key policy would be", "32768 are the most"),
    ),
    "too many administrators": (
        {"administrators": [f"{LAB}{number:04}{'x' * 50}" for number in range(400)]},
        "administrators",
        ("administrators: the key policy would be", "32768 are the most"),
    ),
}


@pytest.mark.parametrize(("inputs", "path", "words"), BAD.values(), ids=BAD.keys())
def test_a_bad_value_is_named_with_what_would_be_right(
    handler: KmsKeyHandler, inputs: dict[str, Any], path: str, words: tuple[str, ...]
) -> None:
    failures = handler.check({}, inputs, ()).failures

    assert [failure.property_path.partition('["')[0] for failure in failures] == [path]
    assert [word for word in words if word not in failures[0].reason] == []


GOOD: dict[str, dict[str, Any]] = {
    "nothing": {},
    "longest description": {"description": "x" * 8192},
    "description of any characters": {"description": "Schlüssel\nzweite Zeile"},
    "longest alias": {"alias": "alias/" + "a" * 250},
    "alias of all characters": {"alias": "alias/aA0/_-"},
    "alias that only looks like AWS's": {"alias": "alias/awsome"},
    "all kinds of principals": {
        "users": [OTHER_ACCOUNT, ROOT, LAB, ADMIN, "arn:aws-us-gov:iam::123456789012:role/a/b,c"]
    },
    "one principal in both lists": {"administrators": [LAB], "users": [LAB]},
    "shortest times": {"rotationPeriodInDays": 90, "deletionWindowInDays": 7},
    "longest times": {"rotationPeriodInDays": 2560, "deletionWindowInDays": 30},
    "no rotation": {"enableKeyRotation": False},
    "no rotation, default period": {"enableKeyRotation": False, "rotationPeriodInDays": 365},
    "empty values": {"description": "", "alias": "", "users": [], "tags": {}},
    "49 tags": {"tags": {f"key{number}": "" for number in range(49)}},
    "another region": {"region": "eu-central-1"},
}


@pytest.mark.parametrize("inputs", GOOD.values(), ids=GOOD.keys())
def test_a_good_value_passes(handler: KmsKeyHandler, inputs: dict[str, Any]) -> None:
    validation = handler.check({}, inputs, ())

    assert validation.failures == ()
    again = handler.check(validation.inputs.to_wire(), validation.inputs.to_wire(), ())
    assert again == validation


def test_defaults_are_filled_in(handler: KmsKeyHandler) -> None:
    assert handler.check({}, {}, ()).inputs.to_wire() == {
        "allowHealthOmics": True,
        "restrictToAccount": True,
        "enableKeyRotation": True,
        "rotationPeriodInDays": 365,
        "deletionWindowInDays": 30,
        "region": "us-east-1",
    }


def test_a_missing_region_is_asked_for(clock: SharedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Aws, "default_region", lambda _: None)

    failures = KmsKeyHandler(Aws(AwsSettings()), clock).check({}, {}, ()).failures

    assert [failure.property_path for failure in failures] == ["region"]


@pytest.mark.parametrize("name", KmsKeyInputs.model_fields)
def test_an_unknown_value_is_no_mistake(handler: KmsKeyHandler, name: str) -> None:
    path: Path = (wire_name(KmsKeyInputs, name),)
    validation = handler.check({}, {}, [path])

    assert validation.failures == ()
    assert name in validation.unknown


def test_an_unknown_rotation_lets_any_period_pass(handler: KmsKeyHandler) -> None:
    given_period = {"rotationPeriodInDays": 100}

    assert handler.check({}, given_period, [("enableKeyRotation",)]).failures == ()


def test_no_program_sets_what_is_computed(handler: KmsKeyHandler) -> None:
    inputs = handler.check({}, {"policy": "{}", "tagsAll": {"a": "b"}}, ()).inputs

    assert (inputs.policy, inputs.tags_all) == (None, None)


FULL: dict[str, Any] = {
    "description": "Reads",
    "alias": "alias/reads",
    "administrators": [ADMIN],
    "users": [OTHER_ACCOUNT, LAB],
    "rotationPeriodInDays": 180,
    "deletionWindowInDays": 7,
    "tags": {"team": "genomics"},
}


def _recorded(handler: KmsKeyHandler, inputs: dict[str, Any]) -> KmsKeyState:
    checked = handler.check({}, inputs, ()).inputs
    wire = {**checked.to_wire(), "policy": checked.key_policy.text(OWNER)}
    return KmsKeyState.from_wire(wire)


CHANGES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "nothing": ({}, ()),
    "order of users": ({"users": [LAB, OTHER_ACCOUNT]}, ()),
    "spelling of an account": ({"users": [LAB, f"arn:aws:iam::{OTHER_ACCOUNT}:root"]}, ()),
    "the defaults, said": ({"allowHealthOmics": True, "restrictToAccount": True}, ()),
    "description": ({"description": "New"}, ("description",)),
    "description cleared": ({"description": None}, ("description",)),
    "alias": ({"alias": "alias/new"}, ("alias",)),
    "alias cleared": ({"alias": ""}, ("alias",)),
    "administrators": ({"administrators": [LAB]}, ("administrators",)),
    "users": ({"users": [LAB]}, ("users",)),
    "health omics": ({"allowHealthOmics": False}, ("allow_health_omics",)),
    "account": ({"restrictToAccount": False}, ("restrict_to_account",)),
    "rotation": (
        {"enableKeyRotation": False, "rotationPeriodInDays": None},
        ("enable_key_rotation", "rotation_period_in_days"),
    ),
    "period": ({"rotationPeriodInDays": 365}, ("rotation_period_in_days",)),
    "window": ({"deletionWindowInDays": 8}, ("deletion_window_in_days",)),
    "tags": ({"tags": {"team": "x"}}, ("tags", "tags_all")),
    "region": ({"region": "eu-west-1"}, ("region",)),
}


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_diff_names_what_changed(
    handler: KmsKeyHandler, change: dict[str, Any], expected: tuple[str, ...]
) -> None:
    desired = handler.check({}, {k: v for k, v in {**FULL, **change}.items() if v is not None}, ())
    assert desired.failures == ()

    found = handler.diff(ARN, _recorded(handler, FULL), desired.inputs, ())

    assert found.changed == expected
    assert found.replaces == (("region",) if "region" in expected else ())


def test_an_administrating_account_has_two_spellings(handler: KmsKeyHandler) -> None:
    said = {"administrators": [OTHER_ACCOUNT]}
    desired = handler.check({}, {"administrators": [f"arn:aws:iam::{OTHER_ACCOUNT}:root"]}, ())

    assert not handler.diff(ARN, _recorded(handler, said), desired.inputs, desired.unknown)


def test_a_foreign_policy_is_a_difference(handler: KmsKeyHandler) -> None:
    desired = handler.check({}, FULL, ()).inputs
    recorded = _recorded(handler, FULL).model_copy(update={"policy": _with()})

    assert handler.diff(ARN, recorded, desired, ()).changed == ("policy",)


def test_what_is_unknown_counts_as_changed(handler: KmsKeyHandler) -> None:
    validation = handler.check({}, {}, [("users", 0), ("region",)])
    recorded = _recorded(handler, {})

    found = handler.diff(ARN, recorded, validation.inputs, validation.unknown)

    assert found.changed == ("users", "region")
    assert found.replaces == ("region",)


def test_state_says_what_inputs_would_describe_it(handler: KmsKeyHandler) -> None:
    inputs = handler.check({}, FULL, ()).inputs
    found = inputs_from_state(_recorded(handler, FULL), _arn())

    assert found == inputs


def _arn() -> Any:
    from omics_components.schema.arn import KmsKeyArn  # noqa: PLC0415

    return KmsKeyArn.parse(ARN)


INVALID_PRINCIPAL = "Policy contains a statement with one or more invalid principals."


def _fail(
    emulator: Emulator,
    operation: str,
    code: str,
    times: int | None = None,
    message: str = "not now",
) -> None:
    rule = {"operation": f"kms:{operation}", "code": code, "message": message}
    emulator.faults.add({**rule, "times": times} if times else rule)


def _refuse_principals(emulator: Emulator, operation: str, times: int | None = None) -> None:
    _fail(emulator, operation, "MalformedPolicyDocumentException", times, INVALID_PRINCIPAL)


def _created(handler: KmsKeyHandler, **inputs: Any) -> Any:
    return handler.create(handler.check({}, inputs, ()).inputs, EngineRequest())


def test_a_region_of_which_the_sdk_knows_nothing_is_an_error_of_ours(
    handler: KmsKeyHandler, emulator: Emulator
) -> None:
    """No host has such a name, so nothing answers."""
    emulator.faults.add({"operation": "*", "action": "drop"})

    with pytest.raises(NetworkFailure, match=r"^creating KMS key: .* the region "):
        _created(handler, region="me-north-9")


def test_the_owner_of_a_key_is_of_its_regions_partition(
    handler: KmsKeyHandler,
    emulator: Emulator,  # noqa: ARG001 it must answer
) -> None:
    found = _created(handler, region="us-gov-west-1")

    assert "arn:aws-us-gov:iam::" in found.state.policy


def test_principals_that_kms_does_not_see_yet_are_waited_for(
    handler: KmsKeyHandler, emulator: Emulator, clock: SharedClock
) -> None:
    _refuse_principals(emulator, "CreateKey", times=3)

    found = _created(handler, users=[LAB])

    assert found.state.users == [LAB]
    assert clock.now_s > 0
    assert len([call for call in emulator.calls if call.operation == "CreateKey"]) == 4


def test_principals_that_never_appear_are_an_error(
    handler: KmsKeyHandler, emulator: Emulator, kms: KMSClient
) -> None:
    _refuse_principals(emulator, "CreateKey")

    with pytest.raises(
        InvalidRequest, match=r"creating KMS key: MalformedPolicyDocument.*invalid principals"
    ):
        _created(handler, users=[LAB])

    assert kms.list_keys()["Keys"] == []
    assert len([call for call in emulator.calls if call.operation == "CreateKey"]) > 10


@pytest.mark.parametrize("operation", ["CreateKey", "PutKeyPolicy"])
def test_other_refusals_of_a_policy_are_no_reason_to_wait(
    handler: KmsKeyHandler, emulator: Emulator, operation: str
) -> None:
    found = _created(handler)
    emulator.calls.clear()
    refusal = "The new key policy will not allow you to update the key policy in the future."
    _fail(emulator, operation, "MalformedPolicyDocumentException", message=refusal)
    desired = handler.check({}, {"users": [LAB]}, ()).inputs

    steps: dict[str, Callable[[], object]] = {
        "CreateKey": lambda: handler.create(desired, EngineRequest()),
        "PutKeyPolicy": lambda: handler.update(found.id, found.state, desired, EngineRequest()),
    }

    with pytest.raises(InvalidRequest, match="in the future"):
        steps[operation]()

    assert len([call for call in emulator.calls if call.operation == operation]) == 1


def test_a_new_policy_waits_for_its_principals_too(
    handler: KmsKeyHandler, emulator: Emulator
) -> None:
    found = _created(handler)
    _refuse_principals(emulator, "PutKeyPolicy", times=2)

    desired = handler.check({}, {"users": [LAB]}, ()).inputs
    state = handler.update(found.id, found.state, desired, EngineRequest())

    assert state.users == [LAB]


@pytest.mark.parametrize("operation", ["EnableKeyRotation", "CreateAlias", "ListResourceTags"])
def test_a_key_that_cannot_be_finished_is_handed_to_the_state(
    handler: KmsKeyHandler, emulator: Emulator, kms: KMSClient, operation: str
) -> None:
    _fail(emulator, operation, "AccessDeniedException")

    with pytest.raises(InitFailed) as failure:
        _created(handler, alias="alias/reads")

    [key] = kms.list_keys()["Keys"]
    assert failure.value.found.id == key["KeyArn"]
    assert failure.value.found.state.alias == "alias/reads"
    text = str(failure.value)
    assert text.startswith(f"creating KMS key (alias/reads, {key['KeyArn']}): AccessDenied")
    assert "It exists, and the next update resumes it. Give the caller's role" in text
    assert "\n" not in text


def test_an_alias_of_another_key_is_not_taken_away(handler: KmsKeyHandler, kms: KMSClient) -> None:
    theirs = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/reads", TargetKeyId=theirs["KeyId"])

    with pytest.raises(AlreadyExists) as refused:
        _created(handler, alias="alias/reads")

    advice = (
        f"alias/reads points to {theirs['Arn']}. Choose another alias; or, if that key is meant, "
    )
    assert f"{advice}adopt it with the resource option import_=" in str(refused.value)
    assert "delete" not in str(refused.value)

    assert len(kms.list_keys()["Keys"]) == 1
    aliases = kms.list_aliases(KeyId=theirs["KeyId"])["Aliases"]
    assert [alias["AliasName"] for alias in aliases] == ["alias/reads"]


def test_an_alias_that_cannot_be_looked_at_is_still_the_error(
    handler: KmsKeyHandler, emulator: Emulator, kms: KMSClient
) -> None:
    kms.create_alias(AliasName="alias/reads", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    made = _created(handler)
    desired = handler.check({}, {"alias": "alias/reads"}, ()).inputs
    _fail(emulator, "DescribeKey", "AccessDeniedException")

    with pytest.raises(AlreadyExists, match="Choose another alias"):
        handler.update(made.id, made.state, desired, EngineRequest())


def test_the_alias_of_a_dying_key_is_free(handler: KmsKeyHandler, kms: KMSClient) -> None:
    dying = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/reads", TargetKeyId=dying)
    kms.schedule_key_deletion(KeyId=dying)

    found = _created(handler, alias="alias/reads")

    aliases = kms.list_aliases(KeyId=found.id)["Aliases"]
    assert [alias["AliasName"] for alias in aliases] == ["alias/reads"]


def test_an_alias_whose_answer_was_lost_is_found_to_be_there(
    emulator: Emulator, clock: SharedClock
) -> None:
    lost = {
        "operation": "kms:CreateAlias",
        "action": "drop",
        "when": "after",
        "times": 1,
    }
    emulator.faults.add(lost)
    handler = KmsKeyHandler(Aws(AwsSettings(region="us-east-1", max_retries=1)), clock)

    assert _created(handler, alias="alias/reads").state.alias == "alias/reads"


def test_an_alias_that_was_given_to_another_key_survives(
    handler: KmsKeyHandler, kms: KMSClient
) -> None:
    found = _created(handler, alias="alias/reads")
    theirs = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.update_alias(AliasName="alias/reads", TargetKeyId=theirs)

    handler.delete(found.id, found.state, EngineRequest())

    assert [a["AliasName"] for a in kms.list_aliases(KeyId=theirs)["Aliases"]] == ["alias/reads"]


def test_aws_says_that_a_key_is_pending_deletion_already(
    handler: KmsKeyHandler, emulator: Emulator
) -> None:
    found = _created(handler)
    handler.delete(found.id, found.state, EngineRequest())
    _fail(emulator, "ScheduleKeyDeletion", "KMSInvalidStateException")

    handler.delete(found.id, found.state, EngineRequest())


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("KMSInvalidStateException", "run pulumi refresh"),
        ("NotFoundException", "run pulumi refresh"),
        ("DisabledException", "Enable the key first."),
    ],
)
def test_an_update_says_what_to_do_about_a_key_that_cannot_change(
    handler: KmsKeyHandler, emulator: Emulator, code: str, words: str
) -> None:
    found = _created(handler, alias="alias/reads")
    _fail(emulator, "EnableKeyRotation", code)
    desired = handler.check({}, {"alias": "alias/reads", "rotationPeriodInDays": 100}, ()).inputs

    what = rf"updating KMS key \(alias/reads, {found.id}\)"
    with pytest.raises(Exception, match=f"{what}: {code}: not now.*{words}"):
        handler.update(found.id, found.state, desired, EngineRequest())


def test_the_period_that_kms_tells_counts(handler: KmsKeyHandler, kms: KMSClient) -> None:
    found = _created(handler, rotationPeriodInDays=100)
    kms.enable_key_rotation(KeyId=found.id, RotationPeriodInDays=200)

    read = handler.read(found.id, found.state)

    assert read is not None
    assert read.inputs.rotation_period_in_days == 200


def test_a_key_of_another_kind_is_refused(handler: KmsKeyHandler, kms: KMSClient) -> None:
    made = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]

    with pytest.raises(InvalidRequest, match="its key spec is RSA_2048"):
        handler.read(made, None)


def test_a_look_without_ownership_claims_nothing_of_a_foreign_policy(
    handler: KmsKeyHandler, kms: KMSClient
) -> None:
    made = kms.create_key(Policy=DRIFT_ONLY["everyone"])["KeyMetadata"]["Arn"]

    found = handler.read(made, None)

    assert found is not None
    assert found.state.policy == DRIFT_ONLY["everyone"]
    assert (found.state.allow_health_omics, found.state.users) == (None, None)


def test_a_key_that_is_gone_for_a_look_without_ownership_is_an_error(
    handler: KmsKeyHandler, kms: KMSClient
) -> None:
    with pytest.raises(NotFound, match=r"reading KMS key .*Check the ARN\."):
        handler.read(ARN, None)

    made = kms.create_key()["KeyMetadata"]["Arn"]
    kms.schedule_key_deletion(KeyId=made.rpartition("/")[2])
    with pytest.raises(NotFound, match=r"scheduled for deletion on .*cancel-key-deletion"):
        handler.read(made, None)
