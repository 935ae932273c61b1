"""The S3 access policy: what check says, and the handler on an emulator in this process."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from omics_components.aws.client import Aws
from omics_components.aws.settings import AwsSettings
from omics_components.emulator import Emulator
from omics_components.errors import (
    AccessDenied,
    InitFailed,
    InvalidCredentials,
    InvalidRequest,
    NotFound,
    OmicsComponentsError,
    ResourceConflict,
)
from omics_components.kinds.s3_access_policy.handler import S3AccessPolicyHandler
from omics_components.kinds.s3_access_policy.model import (
    S3AccessPolicyInputs,
    S3AccessPolicyState,
    policy_for_readers,
)
from omics_components.lifecycle.handler import EngineRequest, LiveResource
from omics_components.schema.arn import AccessPointArn, SequenceStoreArn
from omics_components.schema.base import field_specs
from omics_components.schema.policy import canonical_policy, policy_text
from omics_components.schema.validation import validate
from tests.unit.conftest import SharedClock
from tests.unit.test_policy import POLICIES

Policy = LiveResource[S3AccessPolicyInputs, S3AccessPolicyState]

STORE = "arn:aws:omics:us-east-1:123456789012:sequenceStore/1234567890"
ACCESS_POINT = "arn:aws:s3:us-east-1:222222222222:accesspoint/123456789012-1234567890"
OBJECTS = f"{ACCESS_POINT}/object/123456789012/sequenceStore/1234567890"
READER = "arn:aws:iam::111122223333:role/analysis"
ORIGIN = EngineRequest()

_READERS = st.lists(
    st.from_regex(r"arn:aws:iam::[0-9]{12}:(root|(role|user)/[a-z/]{1,20}[a-z])", fullmatch=True),
    max_size=4,
    unique=True,
)


def statement(**elements: Any) -> dict[str, Any]:
    allowed = {
        "Effect": "Allow",
        "Principal": {"AWS": READER},
        "Action": "s3:GetObject",
        "Resource": f"{OBJECTS}/*",
    }
    return {**allowed, **elements}


def policy(**elements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [statement(**elements)]}


@pytest.fixture
def sts() -> Iterator[None]:
    """Answer, by moto, the question whose credentials these are."""
    with mock_aws():
        yield


@pytest.fixture
def handler(sts: None, store_emulator: Emulator, clock: SharedClock) -> S3AccessPolicyHandler:  # noqa: ARG001 both must answer
    return S3AccessPolicyHandler(Aws(AwsSettings(max_retries=0)), clock)


@pytest.fixture
def client(handler: S3AccessPolicyHandler) -> Any:
    return handler._aws.omics("us-east-1")


@pytest.fixture
def store(client: Any) -> dict[str, Any]:
    made = client.create_sequence_store(name="reads")
    described: dict[str, Any] = client.get_sequence_store(id=made["id"])
    return described


def inputs(store: Mapping[str, Any], **wire: Any) -> S3AccessPolicyInputs:
    validation = validate(S3AccessPolicyInputs, {"sequenceStoreArn": store["arn"], **wire})
    assert validation.failures == ()
    return validation.inputs


def owner_policy(store: Mapping[str, Any]) -> dict[str, object]:
    arn = SequenceStoreArn.parse(store["arn"])
    return policy_for_readers(store["s3Access"]["s3AccessPointArn"], arn, ())


def live(client: Any, store: Mapping[str, Any]) -> dict[str, Any]:
    access_point = store["s3Access"]["s3AccessPointArn"]
    text = client.get_s3_access_policy(s3AccessPointArn=access_point)["s3AccessPolicy"]
    document: dict[str, Any] = json.loads(text)
    return document


def shown(access_point: str, text: str) -> dict[str, Any]:
    """Return the fault by which AWS shows this text as a store's policy, whatever it is."""
    return {
        "operation": "GetS3AccessPolicy",
        "action": "body",
        "body": json.dumps({"s3AccessPolicy": text, "s3AccessPointArn": access_point}),
        "content_type": "application/json",
    }


def complaints(new: dict[str, Any], unknown: list[tuple[str | int, ...]] | None = None) -> Any:
    handler = S3AccessPolicyHandler(Aws(AwsSettings(profile="absent")))
    validation = handler.check({}, new, unknown or [])
    reasons = {failure.property_path: failure.reason for failure in validation.failures}
    assert len(reasons) == len(validation.failures), "one property, one failure"
    return reasons


BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "no store": ({"sequenceStoreArn": None, "readers": []}, "sequenceStoreArn", "is required"),
    "no ARN of a store": (
        {"sequenceStoreArn": "1234567890", "readers": []},
        "sequenceStoreArn",
        "sequence_store_arn: '1234567890' is not the ARN of a sequence store",
    ),
    "neither": ({}, "policy", "give either policy or readers"),
    "empty policy": ({"policy": {}}, "policy", "give either policy or readers"),
    "both": ({"policy": policy(), "readers": [READER]}, "policy", "not both"),
    "both, and the policy is bad": (
        {"policy": policy(Effect="allow"), "readers": [READER]},
        "policy",
        "policy: give either policy or readers, not both",
    ),
    "a number": ({"policy": 5}, "policy", "policy: must be a mapping or JSON text, not 5"),
    "no JSON": ({"policy": "{"}, "policy", "policy: is not valid JSON"),
    "JSON, but no object": ({"policy": "[1]"}, "policy", "policy: must be a JSON object"),
    "no statement": ({"policy": {"Version": "2012-10-17"}}, "policy.Statement", "is required"),
    "empty": ({"policy": {"Statement": []}}, "policy.Statement", "must hold a statement"),
    "unknown element": (
        {"policy": {**policy(), "Comment": "x"}},
        "policy.Comment",
        "is not admitted; a policy may hold Id, Statement and Version",
    ),
    "unknown element of a statement": (
        {"policy": policy(Comment="x")},
        "policy.Statement[0].Comment",
        "a statement may hold Action, Condition, Effect, Principal, Resource and Sid",
    ),
    "NotAction": (
        {"policy": {"Statement": {**statement(), "NotResource": "x"}}},
        "policy.Statement.NotResource",
        "",
    ),
    "effect": (
        {"policy": policy(Effect="allow")},
        "policy.Statement[0].Effect",
        "policy.Statement[0].Effect: must be Allow or Deny, not 'allow'",
    ),
    "empty principal": (
        {"policy": policy(Principal={})},
        "policy.Statement[0].Principal",
        "is required",
    ),
    "principal as text": (
        {"policy": policy(Principal=READER)},
        "policy.Statement[0].Principal",
        'must be "*" or a JSON object',
    ),
    "action of another kind": (
        {"policy": policy(Action=["s3:GetObject", "s3:PutObject"])},
        "policy.Statement[0].Action",
        "can allow s3:GetObject, s3:GetObjectTagging and s3:ListBucket only, not 's3:PutObject'",
    ),
    "another store's objects": (
        {"policy": policy(Resource=f"{ACCESS_POINT}/object/123456789012/sequenceStore/9/*")},
        "policy.Statement[0].Resource",
        "/object/123456789012/sequenceStore/1234567890/* after it",
    ),
    "a bucket": (
        {"policy": policy(Resource="arn:aws:s3:::bucket/*")},
        "policy.Statement[0].Resource",
        "not 'arn:aws:s3:::bucket/*'",
    ),
    "condition key": (
        {"policy": policy(Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}})},
        'policy.Statement[0].Condition.StringEquals["aws:SourceVpc"]',
        "is no admitted condition key; those are aws:PrincipalArn, s3:ExistingObjectTag/<key>,",
    ),
    "condition key with another operator": (
        {"policy": policy(Condition={"StringLike": {"aws:PrincipalArn": READER}})},
        'policy.Statement[0].Condition.StringLike["aws:PrincipalArn"]',
        "is admitted with ArnEquals and ArnLike only, not with StringLike",
    ),
    "16 KB": (
        {"policy": policy(Principal={"AWS": [f"{READER}{n:04}" for n in range(400)]})},
        "policy",
        "must be at most 15360 bytes of compact JSON, not ",
    ),
    "a reader with a wildcard": (
        {"readers": ["arn:aws:iam::111122223333:role/*"]},
        "readers",
        "readers: must be ARNs of accounts, roles, users or role sessions",
    ),
    "everyone": ({"readers": ["*"]}, "readers", "not '*'"),
    "51 readers": ({"readers": [f"{READER}{n}" for n in range(51)]}, "readers", "at most 50"),
    "readers as text": ({"readers": READER}, "readers", "must be a list"),
}


@pytest.mark.parametrize(("new", "path", "words"), BAD.values(), ids=BAD.keys())
def test_check_refuses(new: dict[str, Any], path: str, words: str) -> None:
    reasons = complaints({"sequenceStoreArn": STORE, **new})

    assert [*reasons] == [path]
    assert words in reasons[path]
    assert reasons[path].startswith(path.partition("[")[0].partition(".")[0][:3])


@pytest.mark.parametrize("element", ["Effect", "Principal", "Action", "Resource"])
def test_check_misses_what_a_statement_must_have(element: str) -> None:
    bad = policy()
    del bad["Statement"][0][element]

    assert complaints({"sequenceStoreArn": STORE, "policy": bad}) == {
        f"policy.Statement[0].{element}": f"policy.Statement[0].{element}: is required"
    }


@pytest.mark.parametrize(
    "good",
    [
        {"policy": policy()},
        {"policy": json.dumps(policy(), indent=4)},
        {"policy": {"Statement": statement()}},
        {"policy": policy(Principal="*", Effect="Deny", Action="s3:*", Resource="*")},
        {
            "policy": policy(
                Condition={
                    "ArnLike": {"aws:principalArn": READER},
                    "StringEquals": {"s3:ExistingObjectTag/omics:sampleId": ["a", "b"]},
                    "NumericLessThan": {"s3:TlsVersion": 1.2},
                    "StringLike": {"s3:prefix": "x/*", "s3:signatureversion": "AWS4-HMAC-SHA256"},
                }
            )
        },
        {"policy": policy(Action=["s3:getobjecttagging", "s3:ListBucket"], Resource=ACCESS_POINT)},
        {"readers": []},
        {"readers": [READER, "arn:aws-us-gov:iam::111122223333:root"]},
        {"readers": ["arn:aws:sts::111122223333:assumed-role/analysis/me"]},
    ],
)
def test_check_accepts(good: dict[str, Any]) -> None:
    assert complaints({"sequenceStoreArn": STORE, **good}) == {}


def test_check_puts_readers_in_order_and_names_each_once() -> None:
    handler = S3AccessPolicyHandler(Aws(AwsSettings()))
    new = {"sequenceStoreArn": STORE, "readers": [f"{READER}2", READER, f"{READER}2"]}

    assert handler.check({}, new, ()).inputs.readers == [READER, f"{READER}2"]


def test_the_known_part_of_a_policy_is_judged() -> None:
    half_known = policy(Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}})
    del half_known["Statement"][0]["Resource"]
    new = {"sequenceStoreArn": STORE, "policy": half_known}

    reasons = complaints(new, [("policy", "Statement", 0, "Resource")])

    assert [*reasons] == ['policy.Statement[0].Condition.StringEquals["aws:SourceVpc"]']


def test_what_the_unknown_excuses_does_not_excuse_the_rest() -> None:
    bad = [statement(Action=["s3:PutObject"]), statement(Effect="allow")]
    new = {"sequenceStoreArn": STORE, "policy": {"Statement": bad}}

    reasons = complaints(new, [("policy", "Statement", 0, "Action", 0)])

    assert [*reasons] == ["policy.Statement[1].Effect"]


@pytest.mark.parametrize(
    ("new", "unknown"),
    [
        ({}, [("sequenceStoreArn",), ("policy",)]),
        ({}, [("sequenceStoreArn",), ("readers",)]),
        ({"readers": [READER]}, [("sequenceStoreArn",), ("readers", 1)]),
        (
            {"sequenceStoreArn": STORE, "policy": {"Statement": [statement(Action="s3:*")]}},
            [("policy", "Statement", 0)],
        ),
        (
            {"sequenceStoreArn": STORE, "policy": policy(Principal={"AWS": []})},
            [("policy", "Statement", 0, "Principal", "AWS", 0)],
        ),
    ],
)
def test_the_unknown_is_not_judged(
    new: dict[str, Any], unknown: list[tuple[str | int, ...]]
) -> None:
    assert complaints(new, unknown) == {}


@given(POLICIES)
@settings(max_examples=50)
def test_whatever_the_policy_check_answers(document: dict[str, Any]) -> None:
    complaints({"sequenceStoreArn": STORE, "policy": document})


def test_every_input_states_its_source_and_its_purpose() -> None:
    facts = list(field_specs(S3AccessPolicyInputs))

    assert [name for name, _, _ in facts] == list(S3AccessPolicyInputs.model_fields)
    assert all(field.description for _, field, _ in facts)


def test_the_arn_of_an_access_point_names_the_store() -> None:
    arn = AccessPointArn.parse(ACCESS_POINT)

    assert str(arn) == ACCESS_POINT
    assert str(arn.store) == STORE
    with pytest.raises(ValueError, match="is not the ARN of a sequence store's S3 access point"):
        AccessPointArn.parse(STORE)


@given(readers=_READERS, others=_READERS)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_readers_are_set_changed_and_read_back(
    handler: S3AccessPolicyHandler, client: Any, readers: list[str], others: list[str]
) -> None:
    made_store = client.create_sequence_store(name="reads")
    store = client.get_sequence_store(id=made_store["id"])
    before, after = inputs(store, readers=readers), inputs(store, readers=others)

    made = handler.create(before, ORIGIN)
    assert made.id == store["s3Access"]["s3AccessPointArn"]
    assert made.inputs == before
    assert handler.read(made.id, made.state) == made
    assert not handler.diff(made.id, made.state, before, ())

    assert bool(handler.diff(made.id, made.state, after, ())) is (set(readers) != set(others))
    state = handler.update(made.id, made.state, after, ORIGIN)
    read = handler.read(made.id, state)
    assert read is not None
    assert read.inputs == after
    assert not handler.diff(made.id, state, after, ())


def test_no_readers_leave_the_owner_alone_by_a_policy_that_is_not_the_default(
    handler: S3AccessPolicyHandler, client: Any, store: dict[str, Any]
) -> None:
    by_default = live(client, store)

    handler.create(inputs(store, readers=[]), ORIGIN)

    declared = live(client, store)
    for document in (declared, by_default):
        for item in document["Statement"]:
            owner = item["Principal"]["AWS"]
            assert owner in (
                ["arn:aws:iam::123456789012:root"],
                "arn:aws:iam::123456789012:root",
            )
    [listing] = [item for item in declared["Statement"] if "Condition" in item]
    prefix = f"123456789012/sequenceStore/{store['id']}/*"
    assert listing["Condition"] == {"StringLike": {"s3:prefix": prefix}}
    assert canonical_policy(declared) != canonical_policy(by_default)


def test_the_default_policy_is_not_taken_for_readers(
    handler: S3AccessPolicyHandler, client: Any, store: dict[str, Any]
) -> None:
    access_point = store["s3Access"]["s3AccessPointArn"]
    by_default = client.get_s3_access_policy(s3AccessPointArn=access_point)["s3AccessPolicy"]
    made = handler.create(inputs(store, readers=[]), ORIGIN)
    client.put_s3_access_policy(s3AccessPointArn=access_point, s3AccessPolicy=by_default)

    found = handler.read(access_point, made.state)

    assert found is not None
    assert found.state.readers is None
    assert handler.diff(access_point, found.state, inputs(store, readers=[]), ()).changed


def test_readers_stand_beside_the_owner(
    handler: S3AccessPolicyHandler, client: Any, store: dict[str, Any]
) -> None:
    made = handler.create(inputs(store, readers=[READER]), ORIGIN)

    for item in live(client, store)["Statement"]:
        assert item["Principal"] == {"AWS": ["arn:aws:iam::123456789012:root", READER]}
    assert canonical_policy(made.state.policy or "") == canonical_policy(live(client, store))


@pytest.mark.parametrize("as_text", [True, False])
def test_a_policy_keeps_its_form(
    handler: S3AccessPolicyHandler, store: dict[str, Any], as_text: bool
) -> None:
    document = owner_policy(store)
    said = json.dumps(document, indent=4) if as_text else document

    made = handler.create(inputs(store, policy=said), ORIGIN)

    assert made.inputs.policy == made.state.policy == said
    assert handler.read(made.id, made.state) == made


def test_a_policy_is_compared_by_meaning(
    handler: S3AccessPolicyHandler, store: dict[str, Any], store_emulator: Emulator
) -> None:
    document: dict[str, Any] = owner_policy(store)
    made = handler.create(inputs(store, policy=document), ORIGIN)
    rewritten = json.loads(policy_text(document))
    rewritten["Statement"].reverse()
    rewritten["Id"] = "other"
    rewritten["Statement"][1]["Principal"] = {"AWS": "123456789012"}
    store_emulator.calls.clear()

    assert not handler.diff(made.id, made.state, inputs(store, policy=rewritten), ())
    assert not handler.diff(made.id, made.state, inputs(store, policy=json.dumps(rewritten)), ())
    rewritten["Statement"][0]["Effect"] = "Deny"
    changed = handler.diff(made.id, made.state, inputs(store, policy=rewritten), ())
    assert (changed.changed, changed.replaces) == (("policy",), ())
    assert len(store_emulator.calls) == 0


def test_the_same_by_readers_is_a_change_that_the_outputs_tell(
    handler: S3AccessPolicyHandler, store: dict[str, Any]
) -> None:
    made = handler.create(inputs(store, policy=owner_policy(store)), ORIGIN)

    assert handler.diff(made.id, made.state, inputs(store, readers=[]), ()).changed == ("readers",)


def test_another_store_replaces(handler: S3AccessPolicyHandler, store: dict[str, Any]) -> None:
    made = handler.create(inputs(store, readers=[]), ORIGIN)
    elsewhere = inputs({"arn": STORE}, readers=[READER])

    for desired, unknown in ((elsewhere, ()), (inputs(store, readers=[]), ("sequence_store_arn",))):
        delta = handler.diff(made.id, made.state, desired, unknown)
        assert (delta.changed, delta.replaces) == (("sequence_store_arn",),) * 2


def test_the_unknown_counts_as_changed(
    handler: S3AccessPolicyHandler, store: dict[str, Any]
) -> None:
    made = handler.create(inputs(store, readers=[]), ORIGIN)

    delta = handler.diff(made.id, made.state, inputs(store), ("readers",))
    assert (delta.changed, delta.replaces) == (("readers",), ())


def test_drift_shows_in_the_words_of_the_program_where_they_suffice(
    handler: S3AccessPolicyHandler, client: Any, store: dict[str, Any]
) -> None:
    made = handler.create(inputs(store, readers=[READER]), ORIGIN)
    arn = SequenceStoreArn.parse(store["arn"])
    foreign = policy_for_readers(made.id, arn, [READER, f"{READER}2"])
    client.put_s3_access_policy(s3AccessPointArn=made.id, s3AccessPolicy=json.dumps(foreign))

    read = handler.read(made.id, made.state)
    assert read is not None
    assert read.inputs == inputs(store, readers=[READER, f"{READER}2"])

    listed: Any = foreign["Statement"]
    first, second = listed
    for statements in (
        first,
        [first],
        [first, {**second, "Principal": {"AWS": f"{READER}2"}}],
        [first, {**second, "Effect": "Deny", "Principal": "*"}],
    ):
        alien = {**foreign, "Statement": statements}
        client.put_s3_access_policy(s3AccessPointArn=made.id, s3AccessPolicy=json.dumps(alien))
        read = handler.read(made.id, made.state)
        assert read is not None
        assert read.inputs == inputs(store, policy=alien)
        assert handler.diff(made.id, read.state, inputs(store, readers=[READER]), ()).changed


@pytest.mark.parametrize("said", ["readers", "policy"])
def test_drift_of_whatever_was_said_is_seen(
    handler: S3AccessPolicyHandler,
    client: Any,
    store: dict[str, Any],
    store_emulator: Emulator,
    said: str,
) -> None:
    default = owner_policy(store)
    desired = inputs(store, **{said: {"readers": [], "policy": default}[said]})
    made = handler.create(desired, ORIGIN)
    statements: Any = default["Statement"]
    other = {**default, "Statement": statements[:1]}
    client.put_s3_access_policy(s3AccessPointArn=made.id, s3AccessPolicy=json.dumps(other))

    read = handler.read(made.id, made.state)

    assert read is not None
    assert read.state.policy == other
    assert handler.diff(made.id, read.state, desired, ())
    store_emulator.faults.add(shown(made.id, "{"))
    unreadable = handler.read(made.id, made.state)
    assert unreadable is not None
    assert handler.diff(made.id, unreadable.state, desired, ())


def test_a_policy_that_is_gone_is_gone(
    handler: S3AccessPolicyHandler, client: Any, store: dict[str, Any]
) -> None:
    made = handler.create(inputs(store, readers=[]), ORIGIN)
    handler.delete(made.id, made.state, ORIGIN)

    with pytest.raises(client.exceptions.ResourceNotFoundException):
        live(client, store)
    assert handler.read(made.id, made.state) is None
    handler.delete(made.id, made.state, ORIGIN)
    client.delete_sequence_store(id=store["id"])
    assert handler.read(made.id, made.state) is None
    handler.delete(made.id, made.state, ORIGIN)


def test_a_blank_policy_is_none(
    handler: S3AccessPolicyHandler, store: dict[str, Any], store_emulator: Emulator
) -> None:
    made = handler.create(inputs(store, readers=[]), ORIGIN)
    store_emulator.faults.add(shown(made.id, ""))

    assert handler.read(made.id, made.state) is None


def test_get_finds_the_policy_and_its_store(
    handler: S3AccessPolicyHandler, client: Any, store: dict[str, Any]
) -> None:
    found = handler.read(store["s3Access"]["s3AccessPointArn"], None)

    assert found is not None
    assert found.state.sequence_store_arn == store["arn"]
    assert found.state.policy == live(client, store)


def test_get_of_a_missing_policy_is_an_error(
    handler: S3AccessPolicyHandler, store_emulator: Emulator
) -> None:
    with pytest.raises(NotFound, match=r"reading S3 access policy .* admits no one"):
        handler.read(ACCESS_POINT, None)
    with pytest.raises(InvalidRequest, match=r"is not the ARN .* s3_access_point_arn"):
        handler.read(STORE, None)
    assert store_emulator.calls.names() == ["omics:GetS3AccessPolicy", "sts:GetCallerIdentity"]


def test_a_policy_is_named_by_its_store_or_its_access_point(
    handler: S3AccessPolicyHandler, store: dict[str, Any]
) -> None:
    access_point = store["s3Access"]["s3AccessPointArn"]
    desired = inputs(store, readers=[])

    assert handler.id_of(store["arn"], desired) == access_point
    assert handler.id_of(access_point, desired) == access_point
    with pytest.raises(ResourceConflict) as conflict:
        handler.id_of(access_point, inputs({"arn": STORE}, readers=[]))
    assert str(conflict.value) == (
        f"sequence_store_arn: {store['arn']!r} in AWS, {STORE!r} in the program."
    )
    with pytest.raises(InvalidRequest) as error:
        handler.id_of("reads", desired)
    assert str(error.value).endswith(" Give the store's s3_access_point_arn, or its ARN.")


def test_another_account_concludes_nothing(handler: S3AccessPolicyHandler) -> None:
    theirs = STORE.replace("123456789012", "999999999999")
    access_point = ACCESS_POINT.replace("123456789012", "999999999999")
    state = S3AccessPolicyState(sequence_store_arn=theirs, policy=policy())
    desired = inputs({"arn": theirs}, readers=[])
    steps = (
        lambda: handler.create(desired, ORIGIN),
        lambda: handler.read(access_point, state),
        lambda: handler.delete(access_point, state, ORIGIN),
    )

    step: Callable[[], object]
    for step in steps:
        with pytest.raises(InvalidCredentials, match="belongs to account 999999999999"):
            step()


def test_a_policy_of_a_store_that_is_not_there(handler: S3AccessPolicyHandler) -> None:
    with pytest.raises(NotFound, match="Give sequence_store_arn the ARN of a store that exists"):
        handler.create(inputs({"arn": STORE}, readers=[]), ORIGIN)


def test_every_failure_of_every_call_is_an_error_of_ours(
    handler: S3AccessPolicyHandler, store: dict[str, Any], store_emulator: Emulator
) -> None:
    made = handler.create(inputs(store, readers=[]), ORIGIN)
    store_emulator.faults.add({"operation": "*", "code": "InternalServerException"})
    steps = (
        lambda: handler.create(inputs(store, readers=[]), ORIGIN),
        lambda: handler.read(made.id, made.state),
        lambda: handler.update(made.id, made.state, inputs(store, readers=[READER]), ORIGIN),
        lambda: handler.delete(made.id, made.state, ORIGIN),
    )

    for step in steps:
        with pytest.raises(OmicsComponentsError, match=r"^\w+ing S3 access policy \("):
            step()


INVALID_PRINCIPAL = {
    "operation": "PutS3AccessPolicy",
    "code": "ValidationException",
    "message": "Invalid principal in policy",
}


def test_a_reader_who_has_just_been_made_is_waited_for(
    handler: S3AccessPolicyHandler, client: Any, store: dict[str, Any], store_emulator: Emulator
) -> None:
    store_emulator.faults.add({**INVALID_PRINCIPAL, "times": 3})

    found = handler.create(inputs(store, readers=[READER]), ORIGIN)

    assert found.state.readers == [READER]
    assert READER in json.dumps(live(client, store))


def test_a_reader_who_never_appears_is_an_error(
    handler: S3AccessPolicyHandler, store: dict[str, Any], store_emulator: Emulator
) -> None:
    store_emulator.faults.add(INVALID_PRINCIPAL)

    with pytest.raises(InvalidRequest, match="Invalid principal in policy"):
        handler.create(inputs(store, readers=[READER]), ORIGIN)

    assert store_emulator.calls.names().count("omics:PutS3AccessPolicy") > 10


def test_other_refusals_are_no_reason_to_wait(
    handler: S3AccessPolicyHandler, store: dict[str, Any], store_emulator: Emulator
) -> None:
    store_emulator.faults.add({**INVALID_PRINCIPAL, "message": "The policy is too long"})

    with pytest.raises(InvalidRequest, match="too long"):
        handler.create(inputs(store, readers=[READER]), ORIGIN)

    assert store_emulator.calls.names().count("omics:PutS3AccessPolicy") == 1


@pytest.mark.parametrize("stale", [1, 99])
def test_the_policy_of_before_is_not_taken_for_the_new_one(
    handler: S3AccessPolicyHandler,
    client: Any,
    store: dict[str, Any],
    store_emulator: Emulator,
    stale: int,
) -> None:
    access_point = store["s3Access"]["s3AccessPointArn"]
    before = client.get_s3_access_policy(s3AccessPointArn=access_point)["s3AccessPolicy"]
    store_emulator.faults.add({**shown(access_point, before), "times": stale})

    found = handler.create(inputs(store, readers=[READER]), ORIGIN)

    assert found.state.readers == ([READER] if stale == 1 else None)


@pytest.mark.parametrize("said", ["readers", "policy"])
def test_a_policy_that_cannot_be_read_back_is_handed_to_the_state(
    handler: S3AccessPolicyHandler,
    client: Any,
    store: dict[str, Any],
    store_emulator: Emulator,
    said: str,
) -> None:
    access_point = store["s3Access"]["s3AccessPointArn"]
    document = policy_for_readers(access_point, SequenceStoreArn.parse(store["arn"]), [READER])
    desired = inputs(
        store, **({"readers": [READER]} if said == "readers" else {"policy": document})
    )
    denied = {"operation": "GetS3AccessPolicy", "code": "AccessDeniedException"}
    store_emulator.faults.add({**denied, "calls": list(range(2, 20))})  # the first one looks

    with pytest.raises(InitFailed) as failure:
        handler.create(desired, ORIGIN)

    store_emulator.faults.clear()
    assert READER in json.dumps(live(client, store))
    found = failure.value.found
    assert (found.id, found.inputs) == (access_point, desired)
    assert not handler.diff(found.id, found.state, desired, ())
    assert canonical_policy(found.state.policy) == canonical_policy(document)
    text = str(failure.value)
    assert text.startswith(f"creating S3 access policy ({store['arn']}): AccessDeniedException")
    assert "It exists, and the next update resumes it. Give the caller's role" in text
    handler.delete(found.id, found.state, ORIGIN)
    assert handler.read(found.id, found.state) is None


def test_without_the_permission_to_read_it_no_policy_is_put(
    handler: S3AccessPolicyHandler, client: Any, store: dict[str, Any], store_emulator: Emulator
) -> None:
    before = live(client, store)
    denied = {"operation": "GetS3AccessPolicy", "code": "AccessDeniedException"}
    store_emulator.faults.add(denied)

    with pytest.raises(AccessDenied, match=r"Give the caller's role omics:GetS3AccessPolicy\. "):
        handler.create(inputs(store, readers=[READER]), ORIGIN)

    store_emulator.faults.clear()
    assert live(client, store) == before


def test_an_update_that_cannot_be_read_back_is_no_creation(
    handler: S3AccessPolicyHandler, store: dict[str, Any], store_emulator: Emulator
) -> None:
    made = handler.create(inputs(store, readers=[]), ORIGIN)
    denied = {"operation": "GetS3AccessPolicy", "code": "AccessDeniedException"}
    store_emulator.faults.add(denied)

    with pytest.raises(AccessDenied, match=r"^updating S3 access policy \("):
        handler.update(made.id, made.state, inputs(store, readers=[READER]), ORIGIN)


UNSEEN = {"operation": "GetS3AccessPolicy", "code": "ResourceNotFoundException"}


def test_a_policy_that_is_not_seen_yet_is_waited_for(
    handler: S3AccessPolicyHandler, store: dict[str, Any], store_emulator: Emulator
) -> None:
    store_emulator.faults.add({**UNSEEN, "times": 2})

    made = handler.create(inputs(store, readers=[READER]), ORIGIN)
    store_emulator.faults.clear()
    store_emulator.faults.add({**UNSEEN, "times": 2})
    state = handler.update(made.id, made.state, inputs(store, readers=[]), ORIGIN)

    assert (made.state.readers, state.readers) == ([READER], [])


def test_a_policy_that_is_never_seen_is_handed_to_the_state(
    handler: S3AccessPolicyHandler,
    store: dict[str, Any],
    store_emulator: Emulator,
    clock: SharedClock,
) -> None:
    store_emulator.faults.add(UNSEEN)
    began_s = clock.now_s

    with pytest.raises(InitFailed, match="ResourceNotFoundException") as failure:
        handler.create(inputs(store, readers=[READER]), ORIGIN)

    assert failure.value.found.state.readers == [READER]
    assert clock.now_s - began_s == pytest.approx(5, abs=0.1)
