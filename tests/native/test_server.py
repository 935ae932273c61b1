"""What the native front takes from the SDK, and how the server answers without an engine."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.struct_pb2 import Struct
from pulumi.provider.server import ProviderServicer
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, status_pb2

from omics_components.engine.native.cancellation import CancellableClock
from omics_components.engine.native.server import NativeServicer
from omics_components.engine.native.settings import problems_of
from omics_components.engine.native.wire import UNKNOWN, decode, encode
from omics_components.errors import Cancelled
from omics_components.native.package import KINDS, package
from omics_components.native.schema import schema_json

if TYPE_CHECKING:
    import grpc

URN = "urn:pulumi:test::stores::omics-components:index:{}::reads"


class Aborted(Exception):
    """The call ended with an error."""


class Context:
    """As much of a call's context as the server needs."""

    details = ""

    async def abort(self, code: grpc.StatusCode, details: str, metadata: Any = ()) -> None:
        del code, metadata
        self.details = details
        raise Aborted(details)


def struct(**values: Any) -> Struct:
    made = Struct()
    made.update(values)
    return made


def secret(value: Any) -> Any:
    return dict(encode({"it": value}, secret=["it"]))["it"]


@pytest.fixture
def servicer() -> NativeServicer:
    """A provider of us-east-1 that no engine has started."""
    made = NativeServicer(package(schema_json()), "")
    arguments = struct(region="us-east-1")
    asyncio.run(made.Configure(provider_pb2.ConfigureRequest(args=arguments), Context()))
    return made


def answer(call: Any, request: Any) -> Any:
    return asyncio.run(call(request, Context()))


def test_the_sdk_has_what_the_server_is_built_on() -> None:
    for method in ("Construct", "Call", "GetSchema", "GetPluginInfo"):
        assert inspect.iscoroutinefunction(getattr(ProviderServicer, method))
    assert [*inspect.signature(ProviderServicer.__init__).parameters] == [
        "self",
        "provider",
        "args",
        "engine_address",
    ]
    assert rpc.UNKNOWN == UNKNOWN
    assert status_pb2.Status(code=2).code == 2
    assert "inputs" in provider_pb2.ErrorResourceInitFailed.DESCRIPTOR.fields_by_name


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.token)
def test_a_check_fills_in_what_the_program_leaves_out(servicer: NativeServicer, kind: Any) -> None:
    name = kind.token.rpartition(":")[2]
    news = struct(sequenceStoreArn=UNKNOWN) if name == "S3AccessPolicy" else struct()
    request = provider_pb2.CheckRequest(urn=URN.format(name), news=news)

    checked = answer(servicer.Check, request)

    inputs = decode(checked.inputs)
    assert inputs.hidden["__identity"].endswith("::reads")
    assert "dynamic/" in inputs.hidden["__identity"]
    if name == "SequenceStore":
        assert inputs.values["name"] == "reads"
    if name != "S3AccessPolicy":
        assert inputs.values["region"] == "us-east-1"
        assert not checked.failures


def test_a_preview_of_a_creation_knows_the_inputs_only(servicer: NativeServicer) -> None:
    properties = struct(name="reads", region="us-east-1", forceDestroy=False)
    request = provider_pb2.CreateRequest(
        urn=URN.format("SequenceStore"), properties=properties, preview=True
    )

    outputs = dict(answer(servicer.Create, request).properties)

    assert outputs["name"] == "reads"
    assert outputs["arn"] == outputs["status"] == outputs["s3Uri"] == UNKNOWN
    assert "description" not in outputs


def test_a_diff_names_kinds_and_paths(servicer: NativeServicer) -> None:
    arn = "arn:aws:omics:us-east-1:123456789012:sequenceStore/1234567890"
    old = {
        "name": "reads",
        "region": "us-east-1",
        "eTagAlgorithmFamily": "MD5up",
        "tags": {"a": "1", "b": "2"},
    }
    new = {**old, "tags": {"a": "9", "c": "3"}, "description": secret("x")}
    request = provider_pb2.DiffRequest(
        id=arn,
        urn=URN.format("SequenceStore"),
        olds=struct(**old),
        old_inputs=struct(**old),
        news=struct(**new),
    )

    found = answer(servicer.Diff, request)

    kinds = {path: diff.kind for path, diff in found.detailedDiff.items()}
    diff = provider_pb2.PropertyDiff
    assert kinds == {
        "tags.a": diff.UPDATE,
        "tags.b": diff.DELETE,
        "tags.c": diff.ADD,
        "description": diff.ADD,
    }
    assert not found.replaces


def test_an_error_is_one_sentence(servicer: NativeServicer) -> None:
    request = provider_pb2.InvokeRequest(tok="omics-components:index:getNothing", args=Struct())
    with pytest.raises(Aborted, match="is not a function of this provider"):
        answer(servicer.Invoke, request)


@pytest.mark.parametrize(
    ("before", "after", "replaces"),
    [
        ({"region": "us-east-1"}, {"region": "eu-west-1"}, []),
        (
            {"allowedAccountIds": '["111122223333"]'},
            {"allowedAccountIds": '["444455556666"]'},
            ["allowedAccountIds"],
        ),
        ({"allowedAccountIds": '["111122223333"]'}, {}, []),
        (
            {"assumeRoles": '[{"roleArn": "arn:aws:iam::111122223333:role/a"}]'},
            {"assumeRoles": '[{"roleArn": "arn:aws:iam::444455556666:role/a"}]'},
            ["assumeRoles"],
        ),
        (
            {"assumeRoles": '[{"roleArn": "arn:aws:iam::111122223333:role/a"}]'},
            {"assumeRoles": '[{"roleArn": "arn:aws:iam::111122223333:role/b"}]'},
            [],
        ),
        # An earlier version accepted this one.
        ({"allowedAccountIds": "[1]"}, {"allowedAccountIds": '["444455556666"]'}, []),
    ],
)
def test_another_account_replaces(
    servicer: NativeServicer, before: Any, after: Any, replaces: list[str]
) -> None:
    request = provider_pb2.DiffRequest(old_inputs=struct(**before), news=struct(**after))
    found = answer(servicer.DiffConfig, request)
    assert list(found.replaces) == replaces
    assert found.changes == provider_pb2.DiffResponse.DIFF_SOME


def test_settings_are_checked_one_by_one() -> None:
    problems = dict(problems_of({"regoin": "x", "assumeRoles": "[{}]", "region": "us-east-1"}))
    assert set(problems) == {"regoin", "assumeRoles"}
    assert "did you mean region?" in problems["regoin"]
    assert "omics-components:assumeRoles" in problems["assumeRoles"]


def test_secrets_unknowns_and_numbers_are_decoded() -> None:
    tags = secret({"a": "b"})
    found = decode(struct(tags=tags, days=7, list=[UNKNOWN, "x"], name=UNKNOWN, __hidden="y"))

    assert found.values == {"tags": {"a": "b"}, "days": 7, "list": ["x"]}
    assert found.secret == {"tags"}
    assert set(found.unknown) == {("list", 0), ("name",)}
    assert found.hidden == {"__hidden": "y"}


def test_a_cancelled_clock_ends_a_pause() -> None:
    clock = CancellableClock()
    clock.sleep(0)
    clock.cancel()
    with pytest.raises(Cancelled):
        clock.sleep(60)
