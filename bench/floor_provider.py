"""A provider whose methods return at once: what is left is the engine's and the SDK's own time."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from pulumi.dynamic import (
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

if TYPE_CHECKING:
    import pulumi


class FloorProvider(ResourceProvider):
    """Does nothing. Importable and without secrets, as is cheapest."""

    serialize_as_secret_always = False

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Take the inputs as they are."""
        return CheckResult(news, [])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Compare what can change."""
        return DiffResult(changes=olds["description"] != news["description"])

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make up an id."""
        return CreateResult(uuid.uuid4().hex, props)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Tell what is recorded."""
        return ReadResult(id_, props, None)

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Take the new inputs."""
        return UpdateResult(news)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Do nothing."""


class FloorResource(Resource):
    """A resource that is nowhere."""

    def __init__(
        self, name: str, properties: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(FloorProvider(), name, properties, opts)
