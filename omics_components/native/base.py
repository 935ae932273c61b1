"""The base that makes a class of a dynamic resource one of a native resource."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import Resource, ResourceProvider

DISTRIBUTION = "omics-components"
"""Name of the distribution, and of the native package."""


def package_version() -> str:
    """Return the version of the package, of which the engine looks for a plugin."""
    return version(DISTRIBUTION)


class NativeResource(Resource):
    """Registers a resource with the native provider.

    A class derives from the class of a dynamic resource and from this one. The first gives
    arguments, outputs and documentation; its constructor then meets this one in place of the SDK's.
    """

    _native_type: ClassVar[str]

    def __init__(
        self,
        provider: ResourceProvider,  # noqa: ARG002 that of the dynamic front
        name: str,
        props: Any,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        former = pulumi.Alias(type_=f"pulumi-python:{self._resource_type_name}")
        added = pulumi.ResourceOptions(version=package_version(), aliases=[former])
        pulumi.CustomResource.__init__(
            self, self._native_type, name, props, pulumi.ResourceOptions.merge(added, opts)
        )
