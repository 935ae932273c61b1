"""An example of each kind, and processes that create resources one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import pytest

from omics_components.aws.client import Aws
from omics_components.aws.settings import AwsSettings
from omics_components.emulator import Emulator
from omics_components.kinds.registry import KINDS, Kind
from omics_components.kinds.sequence_store.handler import SequenceStoreHandler
from omics_components.lifecycle.handler import EngineRequest, LiveResource
from omics_components.schema.owner_tag import OWNER_TAG, OwnerTag
from tests.unit.conftest import SharedClock

REGION = "us-east-1"
IDENTITY = "0123456789abcdef|organization|urn:pulumi:dev::lab::type::reads"

Hook = Callable[..., Any]


class Killed(BaseException):
    """The process ends where it is."""


def kill() -> None:
    raise Killed


class World:
    """The emulator, and one process after the other that uses it."""

    def __init__(self, emulator: Emulator, clock: SharedClock) -> None:
        self.emulator = emulator
        self.clock = clock
        self.said: list[str] = []
        self.omics = Aws(AwsSettings(region=REGION)).omics(REGION)

    def create(
        self,
        kind: type[Any],
        *,
        identity: str = IDENTITY,
        former_identity: str = "",
        generation: int = 0,
        retries: int = 0,
        require_engine: Callable[[], None] = lambda: None,
        hooks: Mapping[str, Hook] | None = None,
        **inputs: Any,
    ) -> LiveResource[Any, Any]:
        """Create a resource, in a process of its own.

        Args:
            kind: Its handler.
            identity: Who declares it.
            former_identity: The same, as earlier versions spelled it.
            generation: How many came before.
            retries: How often the SDK repeats a call.
            require_engine: Raises if the engine has died.
            hooks: Handlers of botocore's events, by event, for this process alone.
            inputs: What the program declares.
        """
        aws = Aws(AwsSettings(region=REGION, max_retries=retries))
        for event, hook in (hooks or {}).items():
            for client in (aws.omics(REGION), aws.kms(REGION), aws.s3(REGION)):
                client.meta.events.register(event, hook)
        handler = kind(aws, self.clock)
        validation = handler.check({}, inputs, ())
        assert validation.failures == ()
        request = EngineRequest(
            identity,
            generation=generation,
            info=self.said.append,
            require_engine=require_engine,
            former_identity=former_identity,
        )
        found: LiveResource[Any, Any] = handler.create(validation.inputs, request)
        return found

    def store(self, **inputs: Any) -> LiveResource[Any, Any]:
        """Create a store, in a process of its own."""
        return self.create(SequenceStoreHandler, **{"name": "reads", **inputs})

    def interrupt(self, kind: type[Any], **inputs: Any) -> str:
        """Create a resource in a process that is killed before its last call; return its id."""
        before = self.ids(kind)
        with pytest.raises(Killed):
            self.create(kind, require_engine=kill, **inputs)
        [left] = self.ids(kind) - before
        return left

    def interrupt_store(self, **inputs: Any) -> str:
        """Create a store in a process that is killed before its last call."""
        return self.interrupt(SequenceStoreHandler, **{"name": "reads", **inputs})

    def ids(self, handler: type[Any]) -> set[str]:
        """Ids of all resources of a kind."""
        [example] = [example_of(kind) for kind in KINDS if kind.handler is handler]
        return example.ids(self)

    def owner(self, arn: str) -> OwnerTag:
        """The owner tag of a store."""
        tag = OwnerTag.parse(self.omics.list_tags_for_resource(resourceArn=arn)["tags"][OWNER_TAG])
        assert tag is not None
        return tag

    def stores(self) -> list[str]:
        """All stores, by ARN."""
        pages = self.omics.get_paginator("list_sequence_stores").paginate()
        return [store["arn"] for page in pages for store in page["sequenceStores"]]

    def base_store(self) -> str:
        """The store that has the policies."""
        stores = self.omics.list_sequence_stores(filter={"name": "base"})["sequenceStores"]
        return stores[0]["arn"] if stores else self.omics.create_sequence_store(name="base")["arn"]

    def later(self, hours: float) -> None:
        """Let time pass."""
        self.clock.advance(hours * 3600)


@dataclass(frozen=True)
class Example:
    """A declaration of one kind, and how its owner is read and written without this library.

    Args:
        handler: Its handler.
        inputs: What a program declares.
        other_inputs: Another declaration of the same creation: only an update away.
        create_call: The call that creates it.
        calls_after: A call that a creation makes after that, and one that a resume makes.
        tag_read: The call that reads the owner tag.
        tag_write: The operation that writes it.
        ids: Lists the ids of all resources of the kind.
        tag: Reads the text of the owner tag of an id.
        set_tag: Writes the text of the owner tag of an id.
        remove_all: Removes all resources of the kind, as if it were new.
        no_tags: A response to *tag_read* without a tag, as members of a fault rule.
        needed: Inputs that name other resources, which it creates.
        creates_in_one_call: Whether its tag is never unfinished.
        is_alone: Whether a second one of the same inputs cannot exist.
    """

    handler: type[Any]
    inputs: Mapping[str, Any]
    other_inputs: Mapping[str, Any]
    create_call: str
    calls_after: tuple[str, str]
    tag_read: str
    tag_write: str
    ids: Callable[[World], set[str]]
    tag: Callable[[World, str], str | None]
    set_tag: Callable[[World, str, str], object]
    remove_all: Callable[[World], None]
    no_tags: Mapping[str, Any] = field(default_factory=dict)
    needed: Callable[[World], Mapping[str, Any]] = lambda _: {}
    creates_in_one_call: bool = False
    is_alone: bool = False

    @property
    def service(self) -> str:
        """The AWS service."""
        return self.create_call.partition(":")[0]

    def event(self, call: str) -> str:
        """Name botocore's event before a call."""
        return f"before-call.{self.service}.{call}"

    def declared(self, world: World) -> dict[str, Any]:
        """Return all that a program declares."""
        return {**self.inputs, **self.needed(world)}

    def create(self, world: World, **options: Any) -> LiveResource[Any, Any]:
        """Create one, in a process of its own."""
        return world.create(self.handler, **{**self.declared(world), **options})

    def interrupt(self, world: World) -> str:
        """Leave an unfinished one; return its id."""
        if not self.creates_in_one_call:
            return world.interrupt(self.handler, **self.declared(world))
        left = self.create(world)  # only a command marks it as unfinished
        assert left.owner is not None
        self.set_tag(world, left.id, str(left.owner.unfinished))
        return left.id

    def owner(self, world: World, id_: str) -> OwnerTag:
        """Read the owner tag."""
        owner = OwnerTag.parse(self.tag(world, id_) or "")
        assert owner is not None
        return owner


def example_of(kind: Kind) -> Example:
    """Return the example in the folder of a kind."""
    example: Example = import_module(f"tests.kinds.{kind.folder}.example").EXAMPLE
    return example
