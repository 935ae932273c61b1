"""What the engine asks: one provider class for each kind of resource.

The import paths of these classes are part of every stack's state: a provider is recorded as the
path that it is imported from. Never move or rename one without leaving the old name here.
"""

from __future__ import annotations

from omics_components.engine.dynamic.handler_provider import HandlerProvider

# ruff: noqa: D101 the base class documents them, and ``kinds.registry`` finds the kind by the name


class SequenceStoreProvider(HandlerProvider): ...


class S3AccessPolicyProvider(HandlerProvider): ...


class S3BucketProvider(HandlerProvider): ...


class KmsKeyProvider(HandlerProvider): ...
