"""The component under Pulumi's mocks: what users can do to test their own programs."""

import re
from typing import Any, cast

import pulumi
import pytest

from omics_components import EncryptedSequenceStore, EncryptedSequenceStoreArgs
from tests.input_tables import KEY
from tests.unit.mocked_engine import ARN, Engine, resolved


def _declare(args: EncryptedSequenceStoreArgs | None = None) -> None:
    resolved(lambda: {"arn": EncryptedSequenceStore("reads", args).arn})


def test_the_short_way_is_the_safe_one(engine: Engine) -> None:
    _declare()

    assert engine.inputs.keys() == {"reads", "reads-key", "reads-fallback", "reads-store"}
    assert engine.inputs["reads-store"]["sseConfig"] == {"type": "KMS", "keyArn": KEY}
    assert engine.inputs["reads-store"]["fallbackLocation"] == "s3://a-bucket/fallback/"
    assert engine.inputs["reads-key"]["__derived"] == {"alias": "alias/lab/dev/reads"}
    assert "alias" not in engine.inputs["reads-key"]
    assert engine.inputs["reads-key"]["enableKeyRotation"] is True
    assert engine.inputs["reads-fallback"]["kmsKeyArn"] == KEY
    assert engine.inputs["reads-fallback"]["forceDestroy"] is False


def test_tags_and_region_reach_every_child(engine: Engine) -> None:
    _declare({"tags": {"team": "genomics"}, "region": "eu-west-1", "access_logs": True})

    for child in ("reads-key", "reads-fallback", "reads-logs", "reads-store"):
        assert engine.inputs[child]["tags"] == {"team": "genomics"}
        assert engine.inputs[child]["region"] == "eu-west-1"


@pytest.mark.parametrize("argument", EncryptedSequenceStoreArgs.__annotations__)
def test_none_is_as_good_as_left_out(engine: Engine, argument: str) -> None:
    _declare()
    left_out = engine.inputs
    engine.registered.clear()

    _declare(cast("EncryptedSequenceStoreArgs", {argument: None}))

    assert engine.inputs == left_out


def test_arguments_are_keywords_or_a_dictionary(engine: Engine) -> None:
    given: EncryptedSequenceStoreArgs = {"description": "Reads", "readers": [], "access_logs": True}
    _declare(given)
    as_dictionary = engine.inputs
    engine.registered.clear()

    resolved(lambda: {"arn": EncryptedSequenceStore("reads", **given).arn})

    assert engine.inputs == as_dictionary


def test_a_dictionary_and_keywords_at_once_are_refused(engine: Engine) -> None:
    with pytest.raises(pulumi.RunError, match=r"reads: give args or keyword arguments, not both"):
        EncryptedSequenceStore("reads", {"description": "Reads"}, access_logs=True)

    assert not engine.registered


@pytest.mark.parametrize("given", [{"reader": ["*"]}, {"kms_key": KEY}])
def test_a_slip_of_a_keyword_is_the_same_error(engine: Engine, given: dict[str, Any]) -> None:
    with pytest.raises(pulumi.RunError, match=r"EncryptedSequenceStore has no argument"):
        EncryptedSequenceStore("reads", **cast("EncryptedSequenceStoreArgs", given))

    assert not engine.registered


def _stem(engine: Engine, name: str) -> str:
    return str(engine.inputs[f"{name}-key"]["__derived"]["alias"])


@pytest.mark.parametrize("name", ["r-a", "r.a", "r a", "日本", "r" * 300, "r" * 234])
def test_an_alias_begins_with_what_kms_can_spell(engine: Engine, name: str) -> None:
    """The digest that ends it tells those apart whose beginning is one."""
    resolved(lambda: {"arn": EncryptedSequenceStore(name).arn})

    stem = _stem(engine, name)
    whole = "alias/lab/dev/" + re.sub("[^a-zA-Z0-9_-]", "-", name)
    assert stem == whole[: 256 - len("-01234567")]


def test_an_alias_does_not_begin_as_those_of_aws(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project may have the name aws; KMS reserves alias/aws/."""
    monkeypatch.setattr(pulumi, "get_project", lambda: "aws")

    _declare()

    assert _stem(engine, "reads") == "alias/aws-dev/reads"


def test_access_logs_go_to_a_bucket_without_the_key(engine: Engine) -> None:
    _declare({"access_logs": True})

    assert "kmsKeyArn" not in engine.inputs["reads-logs"]
    assert engine.inputs["reads-logs"]["writer"] == "s3-access-logs"
    assert engine.inputs["reads-store"]["accessLogLocation"] == "s3://a-bucket/reads/"


def test_what_is_given_is_not_made(engine: Engine) -> None:
    _declare({"kms_key_arn": KEY, "fallback_bucket": "theirs", "access_log_bucket": "theirs-too"})

    assert engine.inputs.keys() == {"reads", "reads-store"}
    store = engine.inputs["reads-store"]
    assert store["fallbackLocation"] == "s3://theirs/fallback/"
    assert store["accessLogLocation"] == "s3://theirs-too/reads/"


def test_readers_make_an_access_policy(engine: Engine) -> None:
    reader = "arn:aws:iam::111122223333:role/reader"
    _declare({"readers": [reader]})

    policy = engine.inputs["reads-access"]
    assert policy["readers"] == [reader]
    assert policy["sequenceStoreArn"] == ARN


@pytest.mark.parametrize("guard", [True, False])
def test_the_guard_is_the_same_in_what_is_made_and_what_owners_must_add(
    engine: Engine, *, guard: bool
) -> None:
    given: EncryptedSequenceStoreArgs = {} if guard else {"restrict_to_account": False}
    _declare(given)

    for child in ("reads-key", "reads-fallback"):
        assert engine.inputs[child]["restrictToAccount"] is guard

    def declare() -> dict[str, pulumi.Output[list[dict[str, Any]]]]:
        theirs = EncryptedSequenceStore(
            "theirs", {**given, "kms_key_arn": KEY, "fallback_bucket": "theirs"}
        )
        return {
            "key": theirs.required_key_policy_statements,
            "bucket": theirs.required_bucket_policy_statements,
        }

    statements = resolved(declare)
    for whose in ("key", "bucket"):
        [statement] = statements[whose]
        assert ("Condition" in statement) is guard


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ({"kms_key": KEY}, "has no argument 'kms_key'. Did you mean 'kms_key_arn'?"),
        ({"reader": ["*"], "tags": {}}, "has no argument 'reader'. Did you mean 'readers'?"),
        ({"zzz": None}, "has no argument 'zzz'. It has store_name, description, "),
        (
            {"zzz": 1, "kms_key": KEY, "reader": ["*"]},
            "has no arguments 'zzz', 'kms_key', 'reader'. Did you mean 'kms_key_arn', 'readers'?",
        ),
        ({1: None}, "has no argument 1. It has store_name, "),
        ("reads", "args must be a mapping, not 'reads'"),
    ],
    ids=["key", "reader", "none", "several", "number", "text"],
)
def test_a_slip_of_the_pen_ends_the_program(engine: Engine, args: Any, told: str) -> None:
    with pytest.raises(pulumi.RunError) as refused:
        resolved(lambda: {"arn": EncryptedSequenceStore("reads", args).arn})

    assert told in str(refused.value)
    assert not engine.registered


def test_the_children_tell_their_providers_that_they_are_retained(engine: Engine) -> None:
    opts = pulumi.ResourceOptions(retain_on_delete=True)

    resolved(lambda: {"arn": EncryptedSequenceStore("reads", {"readers": []}, opts).arn})

    children = ("key", "fallback", "store", "access")
    assert [engine.inputs[f"reads-{child}"]["__retain"] for child in children] == [True] * 4
