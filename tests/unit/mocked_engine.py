"""Pulumi's own mocks in place of an engine: what users have to unit-test their programs."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks

from tests.input_tables import KEY

ARN = "arn:aws:omics:eu-west-1:123456789012:sequenceStore/1234567890"

REPORTED = {
    "s3Uri": "s3://alias/",
    "s3AccessPointArn": "arn:aws:s3:eu-west-1:222222222222:accesspoint/123456789012-1234567890",
    "status": "ACTIVE",
    "statusMessage": "As new",
    "creationTime": "2026-01-01T00:00:00.000Z",
    "updateTime": "2026-01-02T00:00:00.000Z",
}
"""What a provider tells of each store beside its inputs."""

_IDS = {
    "pulumi-python:dynamic/kms:Key": KEY,
    "pulumi-python:dynamic/s3:Bucket": "a-bucket",
    "pulumi-python:dynamic/omics:SequenceStore": ARN,
}


class Engine(Mocks):
    """Remembers what is registered, and answers as the providers would."""

    def __init__(self) -> None:
        self.registered: list[MockResourceArgs] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.registered.append(args)
        if args.typ.endswith("omics:SequenceStore"):
            return ARN, {**args.inputs, **REPORTED}
        if args.typ == "pulumi:pulumi:StackReference":
            return args.name, {**args.inputs, "outputs": {"arn": ARN}}
        return _IDS.get(args.typ, args.name), dict(args.inputs)

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        raise AssertionError(args)

    @property
    def inputs(self) -> dict[str, dict[str, Any]]:
        """The inputs of each resource by name, without the SDK's own."""
        return {
            args.name: {name: value for name, value in args.inputs.items() if name != "__provider"}
            for args in self.registered
        }


class UsersEngine(Engine):
    """The mocks that Pulumi's guide and docs/testing.md have: ids are no ARNs."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.registered.append(args)
        return f"{args.name}-id", args.inputs


@contextmanager
def mocked_engine(mocks: type[Engine] = Engine) -> Iterator[Engine]:
    """Put the mocks in place, and close the event loops that the SDK leaves open."""
    loops: list[asyncio.AbstractEventLoop] = []

    def open_loop() -> None:
        loops.append(asyncio.new_event_loop())
        # Of an output that fails, several tasks of the SDK fail, and a program awaits the first.
        loops[-1].set_exception_handler(lambda *_: None)
        asyncio.set_event_loop(loops[-1])

    # The SDK's mocks open a loop in each thread that answers, and leave it open.
    with ThreadPoolExecutor(initializer=open_loop) as threads:
        open_loop()
        loops[0].set_default_executor(threads)
        made = mocks()
        pulumi.runtime.set_mocks(made, project="lab", stack="dev")
        # The stack outlives the first test: one that fails must not leave it half made.
        stack = pulumi.runtime.get_root_resource()
        assert stack is not None
        loops[0].run_until_complete(stack.urn.future())
        yield made
    asyncio.set_event_loop(None)
    for loop in loops:
        loop.close()


def resolved(program: Callable[[], dict[str, pulumi.Output[Any]]]) -> dict[str, Any]:
    """Run a program and give the values of its outputs."""
    values: dict[str, Any] = {}

    @pulumi.runtime.test  # type: ignore[untyped-decorator] # the SDK's
    def run() -> pulumi.Output[None]:
        return pulumi.Output.all(**program()).apply(values.update)

    run()
    return values
