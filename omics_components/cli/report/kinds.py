"""The kinds of resources of this library, and the type tokens that the engine gives them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from omics_components.kinds import registry


class Kind(Enum):
    """A kind of resource of this library."""

    SEQUENCE_STORE = "sequence store"
    S3_ACCESS_POLICY = "S3 access policy"
    KMS_KEY = "KMS key"
    S3_BUCKET = "S3 bucket"


KIND_BY_TOKEN: Mapping[str, Kind] = {
    token: Kind[kind.folder.upper()]
    for kind in registry.KINDS
    for token in (kind.token, kind.native_token)
}
"""Type tokens of dynamic and native resources."""

PROVIDER_TOKEN = "pulumi:providers:omics-components"  # noqa: S105 a type token
"""An explicit provider: where, as whom and with which guards its resources are managed."""
