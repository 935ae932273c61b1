"""Arguments that turn out to be nothing, and flags that are no booleans."""

import asyncio
import inspect
from collections.abc import Callable, Iterator
from typing import Any, cast

import pulumi
import pytest
from pulumi import Output, ResourceOptions

from omics_components import EncryptedSequenceStore, EncryptedSequenceStoreArgs, SequenceStore
from omics_components.errors import InvalidRequest
from omics_components.kinds import registry
from omics_components.testing import inline_programs
from tests.input_tables import KEY
from tests.unit.mocked_engine import ARN, Engine, mocked_engine, resolved

KINDS: dict[str, type[pulumi.Resource]] = {
    kind.class_name: kind.resource for kind in registry.KINDS
}

NEEDED = {"S3AccessPolicy": {"sequence_store_arn": ARN}}

MAY_RESOLVE_TO_NOTHING = {
    "description",
    "tags",
    "propagated_set_level_tags",
    "rotation_period_in_days",
    "deletion_window_in_days",
    "abort_incomplete_multipart_upload_days",
    "noncurrent_expiration_days",
    "expiration_days",
}
"""Arguments of resources that an output may leave out."""

PLAIN = ("access_logs", "force_destroy", "restrict_to_account", "fallback_prefix")
"""Arguments of the component that are not inputs."""

COMPONENT_MAY_RESOLVE_TO_NOTHING = {
    "description",
    "tags",
    "propagated_set_level_tags",
    "key_deletion_window_in_days",
    "key_rotation_period_in_days",
    "fallback_expiration_days",
}

INPUTS = [name for name in EncryptedSequenceStoreArgs.__annotations__ if name not in PLAIN]


@pytest.fixture
def engine() -> Iterator[Engine]:
    with mocked_engine() as engine:
        yield engine
    inline_programs.collect_leavings()  # the SDK leaves coroutines behind when an output fails


async def _nothing() -> None:
    await asyncio.sleep(0)


def _arguments(kind: str) -> list[str]:
    parameters = inspect.signature(KINDS[kind]).parameters
    return [name for name in parameters if name not in {"resource_name", "opts"}]


def _declare(engine: Engine, kind: str, argument: str, value: Callable[[], Any]) -> None:
    def program() -> dict[str, Output[Any]]:
        values = {**NEEDED.get(kind, {}), argument: value()}
        return {"id": cast("Any", KINDS[kind])("reads", **values).id}

    engine.registered.clear()
    resolved(program)


def _require_refused(
    engine: Engine, kind: str, argument: str, value: Callable[[], Any], sentence: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        _declare(engine, kind, argument, value)
    assert isinstance(refused.value, pulumi.RunError)
    assert str(refused.value).startswith(sentence)
    assert not engine.registered


@pytest.mark.parametrize(
    "absent", [lambda: Output.from_input(None), _nothing], ids=["output", "task"]
)
@pytest.mark.parametrize("kind", KINDS)
def test_what_resolves_to_none_is_not_left_out(
    engine: Engine, kind: str, absent: Callable[[], Any]
) -> None:
    for argument in _arguments(kind):
        if argument in MAY_RESOLVE_TO_NOTHING:
            _declare(engine, kind, argument, absent)
            assert len(engine.registered) == 1
        else:
            words = f"reads: {argument} is an output that resolves to None. Set it to a value, or "
            _require_refused(engine, kind, argument, absent, words)


@pytest.mark.parametrize("wrap", [lambda it: it, Output.from_input], ids=["plain", "output"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_text_is_not_left_out_either(
    engine: Engine, kind: str, wrap: Callable[[str], Any]
) -> None:
    for argument in _arguments(kind):
        if argument in MAY_RESOLVE_TO_NOTHING | {"prefix"}:
            _declare(engine, kind, argument, lambda: wrap(""))
            assert len(engine.registered) == 1
        else:
            words = f"reads: {argument} is empty. Set it to a value, or leave it out."
            _require_refused(engine, kind, argument, lambda: wrap(""), words)


@pytest.mark.parametrize("kind", KINDS)
def test_none_itself_leaves_an_argument_out(engine: Engine, kind: str) -> None:
    for argument in _arguments(kind):
        if argument in NEEDED.get(kind, {}):
            continue
        _declare(engine, kind, argument, lambda: None)

        default = "reads" if argument == "name" else None
        wire = "".join(word.capitalize() for word in argument.split("_"))
        assert engine.inputs["reads"].get(wire[0].lower() + wire[1:]) == default


@pytest.mark.parametrize("key_name", ["key_arn", "keyArn"])
def test_a_key_that_resolves_to_nothing_is_not_left_out(engine: Engine, key_name: str) -> None:
    mappings: list[tuple[Callable[[], Any], str]] = [
        (lambda: {"type": "KMS", key_name: Output.from_input(None)}, "is an output that resolves"),
        (lambda: Output.from_input({"type": "KMS", key_name: None}), "is an output that resolves"),
        (lambda: {"type": "KMS", key_name: Output.from_input("")}, "is empty"),
        (lambda: {"type": "KMS", key_name: ""}, "is empty"),
    ]
    for mapping, words in mappings:
        sentence = f"reads: sse_config.key_arn {words}"
        _require_refused(engine, "SequenceStore", "sse_config", mapping, sentence)


@pytest.mark.parametrize(
    "sse_config",
    [
        lambda: {"type": "KMS", "key_arn": None},
        lambda: {"type": "KMS"},
        lambda: Output.from_input({"type": "KMS"}),
    ],
    ids=["none", "left out", "left out of an output"],
)
def test_a_key_that_is_left_out_is_that_of_aws(
    engine: Engine, sse_config: Callable[[], Any]
) -> None:
    _declare(engine, "SequenceStore", "sse_config", sse_config)

    assert not engine.inputs["reads"]["sseConfig"].get("keyArn")


@pytest.mark.parametrize("value", [None, ""], ids=["none", "empty"])
def test_an_adoption_of_what_resolves_to_nothing_is_refused(
    engine: Engine, value: str | None
) -> None:
    def program() -> dict[str, Output[str]]:
        reference = cast("Any", Output.from_input(value))
        return {"id": SequenceStore("reads", opts=ResourceOptions(import_=reference)).id}

    with pytest.raises(InvalidRequest, match=r"^reads: import_ is "):
        resolved(program)

    assert not engine.registered


def test_what_resolves_to_none_is_not_left_out_of_the_component(engine: Engine) -> None:
    def program() -> dict[str, Output[str]]:
        args: Any = {argument: Output.from_input(None)}
        return {"arn": EncryptedSequenceStore("reads", args).arn}

    for argument in INPUTS:
        engine.registered.clear()
        if argument in COMPONENT_MAY_RESOLVE_TO_NOTHING:
            resolved(program)
            assert engine.inputs["reads-store"]["name"] == "reads"
            continue
        with pytest.raises(InvalidRequest, match=f"^reads: {argument} is an output that resolves"):
            resolved(program)
        is_about_readers = argument in {"readers", "s3_access_policy"}
        assert is_about_readers or "reads-store" not in engine.inputs, argument
        assert "reads-access" not in engine.inputs


def test_an_empty_text_is_not_left_out_of_the_component_either(engine: Engine) -> None:
    for argument in sorted({*INPUTS} - COMPONENT_MAY_RESOLVE_TO_NOTHING):
        args: Any = {argument: ""}
        with pytest.raises(InvalidRequest, match=f"^reads: {argument} is empty"):
            EncryptedSequenceStore("reads", args)
        assert not engine.registered


def test_no_policy_is_handed_out_for_a_key_that_does_not_exist(engine: Engine) -> None:
    handed_out: list[str] = []

    def program() -> dict[str, Output[str]]:
        missing = cast("Output[str]", Output.from_input(None))
        reads = EncryptedSequenceStore("reads", {"kms_key_arn": missing})
        reads.reader_policy_json.apply(handed_out.append)
        return {"arn": reads.arn}

    with pytest.raises(InvalidRequest, match="kms_key_arn"):
        resolved(program)

    assert handed_out == []
    assert "reads-store" not in engine.inputs


@pytest.mark.parametrize("argument", PLAIN)
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (lambda: Output.from_input(False), "an output, which is known too late"),
        (lambda: Output.from_input("up/"), "an output, which is known too late"),
        (asyncio.Future, "an output, which is known too late"),
        (lambda: "false", "'false'"),
        (lambda: "", "''"),
        (lambda: 0, "0"),
        (lambda: 1.0, "1.0"),
        (list, "[]"),
    ],
    ids=["flag output", "text output", "task", "text", "empty", "number", "float", "list"],
)
def test_a_plain_argument_of_the_component_is_of_its_kind(
    engine: Engine, argument: str, value: Callable[[], Any], shown: str
) -> None:
    given = value()
    if argument == "fallback_prefix" and isinstance(given, str):
        return  # that is its kind
    is_text = argument == "fallback_prefix"
    right, getter = ("text", "get") if is_text else ("True or False", "get_bool")

    with pytest.raises(InvalidRequest) as refused:
        EncryptedSequenceStore("reads", cast("Any", {argument: given}))

    assert isinstance(refused.value, pulumi.RunError)
    assert str(refused.value) == (
        f"reads: {argument} must be {right}, not {shown}. Read it from the configuration with "
        f'pulumi.Config().{getter}("{argument}").'
    )
    assert not engine.registered


@pytest.mark.parametrize("wanted", [True, False])
def test_a_plain_flag_decides(engine: Engine, *, wanted: bool) -> None:
    args: EncryptedSequenceStoreArgs = {"access_logs": wanted, "kms_key_arn": KEY}

    resolved(lambda: {"arn": EncryptedSequenceStore("reads", args).arn})

    assert ("reads-logs" in engine.inputs) is wanted
