"""Models: what is accepted, how it is written, what counts as a difference."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omics_components.kinds.sequence_store.model import (
    SequenceStoreInputs,
    SequenceStoreState,
    inputs_from_state,
)
from omics_components.schema.arn import SequenceStoreArn
from omics_components.schema.base import FieldSpec, Source, canonical, field_specs, wire_name
from omics_components.schema.delta import Delta, delta
from omics_components.schema.duration import Timeouts, duration_s
from omics_components.schema.fields import key_arn_region
from omics_components.schema.validation import Failure, validate
from tests.unit.strategies import is_printable, programs

STORE = "arn:aws:omics:us-east-1:123456789012:sequenceStore/1234567890"


@given(programs())
def test_what_is_judged_right_is_written_as_it_was_said(program: dict[str, Any]) -> None:
    validation = validate(SequenceStoreInputs, program)

    said = {name: value for name, value in program.items() if value not in ({}, [])}
    if "propagatedSetLevelTags" in said:
        said["propagatedSetLevelTags"] = sorted(said["propagatedSetLevelTags"])
    assert validation.failures == ()
    assert validation.inputs.to_wire() == {
        "eTagAlgorithmFamily": "MD5up",
        "forceDestroy": False,
        **said,
    }


@given(programs())
def test_judging_again_changes_nothing(program: dict[str, Any]) -> None:
    once = validate(SequenceStoreInputs, program).inputs

    assert validate(SequenceStoreInputs, once.to_wire()).inputs == once


@given(programs())
def test_nothing_differs_from_itself(program: dict[str, Any]) -> None:
    inputs = validate(SequenceStoreInputs, program).inputs

    assert not delta(inputs, inputs)
    assert delta(inputs, inputs) == Delta()


@given(programs(), programs())
def test_a_difference_is_the_same_from_both_sides(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    first, second = (validate(SequenceStoreInputs, program).inputs for program in (one, other))

    assert delta(first, second) == delta(second, first)


@given(programs(), programs())
def test_only_what_differs_is_a_change_and_only_changes_replace(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    first, second = (validate(SequenceStoreInputs, program).inputs for program in (one, other))
    found = delta(first, second)

    differing = {
        name for name in type(first).model_fields if getattr(first, name) != getattr(second, name)
    }
    # An encryption that names no key says no more than no encryption.
    assert differing - set(found.changed) <= {"sse_config"}
    assert set(found.changed) <= differing
    assert set(found.replaces) == set(found.changed) & {
        "sse_config",
        "e_tag_algorithm_family",
        "region",
        "replace_triggers",
    }


@given(programs(), st.sets(st.sampled_from(sorted(SequenceStoreInputs.model_fields))))
def test_the_unknown_always_counts_as_changed(program: dict[str, Any], unknown: set[str]) -> None:
    inputs = validate(SequenceStoreInputs, program).inputs

    assert set(delta(inputs, inputs, unknown).changed) == unknown


def test_the_order_of_propagated_keys_has_no_meaning() -> None:
    recorded = SequenceStoreInputs.model_construct(propagated_set_level_tags=["b", "a"])
    desired = SequenceStoreInputs.model_construct(propagated_set_level_tags=["a", "b"])

    assert not delta(recorded, desired)


@pytest.mark.parametrize("nothing", [None, "", [], {}, ()])
def test_nothing_is_said_by(nothing: object) -> None:
    assert canonical(nothing) is None


@pytest.mark.parametrize("something", [0, False, "0", [""], {"": ""}])
def test_something_is_said_by(something: object) -> None:
    assert canonical(something) is not None


def test_every_input_states_its_source_and_its_purpose() -> None:
    facts = list(field_specs(SequenceStoreInputs))

    assert [name for name, _, _ in facts] == list(SequenceStoreInputs.model_fields)
    assert all(field.description for _, field, _ in facts)
    assert all(fact.source in get_args(Source) for _, _, fact in facts)
    assert all(isinstance(fact, FieldSpec) for _, _, fact in facts)


def test_wire_names_are_those_of_the_service() -> None:
    assert [wire_name(SequenceStoreInputs, name) for name in SequenceStoreInputs.model_fields] == [
        "name",
        "description",
        "sseConfig",
        "fallbackLocation",
        "eTagAlgorithmFamily",
        "propagatedSetLevelTags",
        "accessLogLocation",
        "tags",
        "tagsAll",
        "forceDestroy",
        "region",
        "replaceTriggers",
    ]


@given(st.text(min_size=1, max_size=50))
def test_printable_text_is_what_the_models_pattern_admits(text: str) -> None:
    failures = validate(SequenceStoreInputs, {"name": text}).failures

    assert ["printable" in failure.reason for failure in failures] == (
        [] if is_printable(text) else [True]
    )


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("name",), "name"),
        (("sseConfig", "keyArn"), "sseConfig.keyArn"),
        (("propagatedSetLevelTags", 0), "propagatedSetLevelTags[0]"),
        (("tags", "team"), "tags.team"),
        (("tags", "a.b"), 'tags["a.b"]'),
        (("tags", 'say "a"'), r'tags["say \"a\""]'),
    ],
)
def test_a_property_path_is_spelled_as_pulumi_does(path: tuple[str | int, ...], text: str) -> None:
    assert Failure(path, "").property_path == text


def test_a_long_value_is_cut_in_its_complaint() -> None:
    (failure,) = validate(SequenceStoreInputs, {"tags": ["x" * 5000]}).failures

    assert len(failure.reason) < 200
    assert failure.reason.endswith("…")


@pytest.mark.parametrize(
    ("tags", "path"),
    [
        ({"[key]": 5}, ("tags", "[key]")),
        ({"[key]": "v"}, ("tags", "[key]")),
        ({"a#b": "v"}, ("tags", "a#b")),
        ({"a.b": 5}, ("tags", "a.b")),
    ],
    ids=["value of [key]", "key [key]", "a key", "a value"],
)
def test_a_key_that_is_spelled_as_pydantic_marks_bad_keys_is_blamed_by_its_name(
    tags: dict[str, Any], path: tuple[str, ...]
) -> None:
    failures = validate(SequenceStoreInputs, {"tags": tags}).failures

    assert {failure.path for failure in failures} == {path}
    assert all(failure.reason.startswith(f"tags[{path[1]!r}]: ") for failure in failures)


def test_an_unknown_property_of_that_spelling_is_blamed_too() -> None:
    (failure,) = validate(SequenceStoreInputs, {"[key]": 5}).failures

    assert failure.path == ("[key]",)


def test_complaints_that_only_follow_from_the_unknown_are_dropped() -> None:
    validation = validate(SequenceStoreInputs, {"sseConfig": {}}, [("sseConfig", "type")])

    assert validation.failures == ()
    assert validation.unknown == {"sse_config"}


def test_state_of_another_version_is_read() -> None:
    state = SequenceStoreState.from_wire({"name": "reads", "newcomer": {"a": 1}, "status": None})

    assert state == SequenceStoreState(name="reads")


def test_a_live_world_that_breaks_our_rules_is_described_as_it_is() -> None:
    state = SequenceStoreState.from_wire(
        {
            "name": "n" * 200,
            "eTagAlgorithmFamily": "BLAKE3up",
            "propagatedSetLevelTags": list("fedcba"),
            "tags": {"a#b": "c"},
            "sseConfig": {"type": "NEW", "keyArn": "k"},
        }
    )

    assert inputs_from_state(state, "us-east-1").to_wire() == {
        "name": "n" * 200,
        "forceDestroy": False,
        "eTagAlgorithmFamily": "BLAKE3up",
        "propagatedSetLevelTags": list("abcdef"),
        "tags": {"a#b": "c"},
        "sseConfig": {"type": "NEW", "keyArn": "k"},
        "region": "us-east-1",
    }


@pytest.mark.parametrize(
    "text",
    [
        STORE,
        "arn:aws-us-gov:omics:us-gov-west-1:123456789012:sequenceStore/1234567890",
        f"{STORE}{'0' * 26}",
    ],
)
def test_an_arn_survives_the_round_trip(text: str) -> None:
    assert str(SequenceStoreArn.parse(text)) == text


def test_an_arn_tells_where_the_store_is() -> None:
    arn = SequenceStoreArn.parse(STORE)

    assert (arn.partition, arn.region, arn.account, arn.store_id) == (
        "aws",
        "us-east-1",
        "123456789012",
        "1234567890",
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1234567890",
        STORE.replace("sequenceStore", "referenceStore"),
        f"{STORE}/readSet/1234567890",
        f"{STORE}\n",
        STORE.replace("1234567890", "123", 1),
        STORE.replace("omics", "s3"),
        f"{STORE}{'0' * 27}",
    ],
)
def test_what_is_no_arn_of_a_store_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not the ARN of a sequence store"):
        SequenceStoreArn.parse(text)


def test_a_key_arn_names_its_region() -> None:
    assert key_arn_region("arn:aws:kms:eu-west-1:123456789012:key/abc") == "eu-west-1"
    assert key_arn_region("alias/abc") == ""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("15m", 900),
        ("1h", 3600),
        ("1h30m", 5400),
        ("1.5h", 5400),
        ("1h0m0s", 3600),
        ("250ms", 0.25),
        ("0s", 0),
        ("5µs", 5e-6),
        ("7us", 7e-6),
        ("9ns", 9e-9),
    ],
)
def test_a_duration_is_read_as_go_writes_it(text: str, seconds: float) -> None:
    assert duration_s(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "15", "m", "15 m", "-5m", "1d", "5m\n", "five minutes"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        duration_s(text)


def test_a_step_without_a_timeout_of_its_own_keeps_the_default() -> None:
    assert Timeouts.from_wire({"create": "20m"}) == Timeouts(1200.0, 900.0, 900.0)
    assert Timeouts.from_wire({}) == Timeouts()
