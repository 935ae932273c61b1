"""A provider whose methods return at once, to measure the engine and the SDK alone.

Its resources have the properties of a store, what AWS would answer included, because the engine's
and the SDK's time grows with them: that is the price of recording a store, whatever creates it.
"""

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


_NUMBER = "1234567890"
_ACCOUNT = "123456789012"
ANSWER = {
    "creationTime": "2026-01-01T00:00:00.000Z",
    "eTagAlgorithmFamily": "MD5up",
    "forceDestroy": False,
    "region": "us-east-1",
    "s3AccessPointArn": f"arn:aws:s3:us-east-1:222222222222:accesspoint/{_ACCOUNT}-{_NUMBER}",
    "s3Uri": f"s3://{_ACCOUNT}-1234567-{uuid.uuid4().hex}-s3alias/{_ACCOUNT}/sequenceStore/{_NUMBER}/",
    "status": "ACTIVE",
    "updateTime": "2026-01-01T00:00:00.000Z",
}
"""What AWS would answer."""

_ABSENT = (
    "accessLogLocation",
    "fallbackLocation",
    "propagatedSetLevelTags",
    "replaceTriggers",
    "sseConfig",
    "statusMessage",
    "tagsAll",
)
"""Properties of a store that this one has not, but that its class must declare."""


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
        """Return a generated ID and the inputs."""
        id_ = f"arn:aws:omics:us-east-1:{_ACCOUNT}:sequenceStore/{uuid.uuid4().int % 10**10:010}"
        return CreateResult(id_, {**props, **ANSWER})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return what is recorded."""
        return ReadResult(id_, props, {key: props[key] for key in props if key not in ANSWER})

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Take the new inputs."""
        return UpdateResult({**news, **ANSWER})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Do nothing."""


class FloorResource(Resource):
    """A resource that exists only in the state."""

    def __init__(
        self, name: str, properties: dict[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        declared = dict.fromkeys((*ANSWER, *_ABSENT))
        super().__init__(FloorProvider(), name, {**declared, **properties}, opts)
