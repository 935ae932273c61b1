"""What the program declares, by Pulumi's mocks: milliseconds, no engine, no emulator."""

from typing import Any

import pulumi
import pytest
from infrastructure import declare
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks


class Engine(Mocks):
    """Answers with what the program said, and remembers it."""

    def __init__(self) -> None:
        self.inputs: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.inputs[args.name] = args.inputs
        return f"{args.name}-id", args.inputs

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        raise AssertionError(args.token)


@pytest.fixture
def engine() -> Engine:
    made = Engine()
    pulumi.runtime.set_mocks(made, project="sequencing-lab", stack="dev")
    return made


def test_the_store_is_encrypted_and_says_whose_it_is(engine: Engine) -> None:
    @pulumi.runtime.test  # type: ignore[untyped-decorator] # the SDK's
    def run() -> pulumi.Output[str]:
        return declare().store.id

    run()

    assert engine.inputs["reads-store"]["sseConfig"] == {"type": "KMS", "keyArn": "reads-key-id"}
    assert engine.inputs["reads-store"]["tags"] == {"team": "genomics", "stage": "dev"}
