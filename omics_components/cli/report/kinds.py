"""The kinds of resources whose changes are judged, and their inputs as models."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import ValidationError

from omics_components.cli.report.preview import Hidden, Properties, Side, Value
from omics_components.kinds.registry import KINDS, kind_named
from omics_components.schema.base import State

SEQUENCE_STORE = kind_named("sequence-store").token
S3_ACCESS_POLICY = kind_named("s3-access-policy").token
KMS_KEY = kind_named("kms-key").token
S3_BUCKET = kind_named("s3-bucket").token

OWN = frozenset(kind.token for kind in KINDS)

STORES = frozenset({SEQUENCE_STORE, "aws-native:omics:SequenceStore"})
KEYS = frozenset({KMS_KEY, "aws:kms/key:Key", "aws-native:kms:Key"})
BUCKETS = frozenset(
    {S3_BUCKET, "aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2", "aws-native:s3:Bucket"}
)
PUBLIC_ACCESS_BLOCKS = frozenset(
    {
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
    }
)

StateT = TypeVar("StateT", bound=State)


@dataclass(frozen=True)
class Reading(Generic[StateT]):
    """What a program says of a resource, typed.

    Args:
        said: The properties that can be read.
        hidden: Names on the wire of those that are unknown or secret, wholly or in part.
    """

    said: StateT
    hidden: frozenset[str] = field(default_factory=frozenset)


def read_inputs(model: type[StateT], side: Side) -> Reading[StateT] | None:
    """Read the inputs of one side as *model*; None if they are of some other shape."""
    hidden = frozenset(name for name, value in side.inputs.items() if _hides(value))
    try:
        said = model.from_wire(_legible(side.inputs))
    except ValidationError:
        return None
    return Reading(said, hidden)


def _hides(value: Value) -> bool:
    if isinstance(value, dict):
        return any(_hides(item) for item in value.values())
    if isinstance(value, list):
        return any(_hides(item) for item in value)
    return isinstance(value, Hidden)


def _legible(properties: Properties) -> dict[str, object]:
    return {
        name: _without_hidden(value)
        for name, value in properties.items()
        if not isinstance(value, Hidden)
    }


def _without_hidden(value: Value) -> object:
    if isinstance(value, dict):
        return _legible(value)
    if isinstance(value, list):
        return [_without_hidden(item) for item in value if not isinstance(item, Hidden)]
    return value
