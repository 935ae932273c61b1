"""What the native package consists of: kinds, lookups and the component, by token."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_type_hints

from pulumi.provider import ConstructResult
from pulumi.provider import Provider as SdkProvider
from pydantic import TypeAdapter
from pydantic.alias_generators import to_camel

from omics_components.aws.client import Aws
from omics_components.component import EncryptedSequenceStoreArgs
from omics_components.engine.dynamic.values import python_name
from omics_components.engine.native.resource_provider import NativeKind
from omics_components.engine.native.server import Lookup, Package
from omics_components.errors import InvalidRequest
from omics_components.kinds.registry import Kind, kind_named
from omics_components.lifecycle.handler import Handler
from omics_components.lookups import read_sets, references, sequence_stores
from omics_components.lookups.call import through
from omics_components.native import resources
from omics_components.native.base import NativeResource, package_version
from omics_components.native.component import EncryptedSequenceStore
from omics_components.schema.arn_text import name_of

if TYPE_CHECKING:
    import pulumi

COMPONENT = "omics-components:index:EncryptedSequenceStore"
"""Token of the component, the same on both fronts."""

FUNCTIONS = (
    sequence_stores.get_sequence_store,
    sequence_stores.get_sequence_stores,
    sequence_stores.get_s3_access_policy,
    read_sets.get_read_sets,
    read_sets.get_read_set_metadata,
    references.get_reference_stores,
    references.get_references,
    references.get_reference_metadata,
)
"""The lookups, each served as a function of the package."""


@dataclass(frozen=True)
class ServedKind:
    """One kind of resource that the package serves.

    Args:
        kind: The kind.
        derived: Outputs that follow from the id.
        required: Names of the inputs that every program gives.
        deletes_first: Whether a replacement deletes the old one first.
    """

    kind: Kind
    derived: Callable[[str], Mapping[str, str]]
    required: tuple[str, ...] = ()
    deletes_first: bool = False

    @property
    def resource(self) -> type[NativeResource]:
        """The class that Python programs declare."""
        declared: type[NativeResource] = getattr(resources, self.kind.class_name)
        return declared

    @property
    def handler(self) -> type[Handler[Any, Any]]:
        """Its handler."""
        return self.kind.handler

    @property
    def token(self) -> str:
        """Its type token."""
        return self.kind.native_token

    @property
    def dynamic_token(self) -> str:
        """Its type token on the dynamic front."""
        return self.kind.token


KINDS = (
    ServedKind(
        kind_named("sequence-store"), lambda arn: {"arn": arn, "sequenceStoreId": name_of(arn)}
    ),
    ServedKind(
        kind_named("s3-access-policy"),
        lambda arn: {"s3AccessPointArn": arn},
        required=("sequenceStoreArn",),
        deletes_first=True,
    ),
    ServedKind(kind_named("kms-key"), lambda arn: {"arn": arn, "keyId": name_of(arn)}),
    ServedKind(kind_named("s3-bucket"), lambda name: {"bucketName": name}),
)


def function_token(function: Callable[..., Any]) -> str:
    """Return the token of a lookup."""
    return f"omics-components:index:{to_camel(function.__name__)}"


def list_name(function: Callable[..., Any]) -> str | None:
    """Return the property that holds a lookup's list; None where it returns one object."""
    hint = get_type_hints(function)["return"]
    is_list = getattr(hint, "__origin__", None) is list
    return to_camel(function.__name__.removeprefix("get_")) if is_list else None


class ComponentProvider(SdkProvider):
    """Declares the component's children, for programs in any language."""

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: Mapping[str, Any],
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Declare the component.

        Raises:
            InvalidRequest: There is no such component; or see its class.
        """
        if resource_type != COMPONENT:
            raise InvalidRequest(f"{resource_type} is not a component of this package")
        arguments: Any = {python_name(key): value for key, value in inputs.items()}
        component = EncryptedSequenceStore(name, arguments, options)
        state = {to_camel(output): getattr(component, output) for output in component_outputs()}
        return ConstructResult(component.urn, state)


def component_outputs() -> dict[str, Any]:
    """Return the outputs of the component: Python name -> annotation."""
    return dict(inspect.get_annotations(EncryptedSequenceStore.__mro__[1]))


def component_arguments() -> dict[str, Any]:
    """Return the arguments of the component: Python name -> annotation."""
    return dict(inspect.get_annotations(EncryptedSequenceStoreArgs))


def package(schema: str) -> Package:
    """Compose what the plugin serves.

    Args:
        schema: The package's schema, as JSON.
    """
    return Package(
        kinds={
            kind.token: NativeKind(kind.handler, kind.derived, kind.deletes_first) for kind in KINDS
        },
        dynamic_tokens={kind.token: kind.dynamic_token for kind in KINDS},
        lookups={function_token(function): _lookup(function) for function in FUNCTIONS},
        provider=ComponentProvider(package_version(), schema),
    )


def _lookup(function: Callable[..., Any]) -> Lookup:
    results: TypeAdapter[Any] = TypeAdapter(get_type_hints(function)["return"])
    name = list_name(function)

    def look_up(aws: Aws, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        given = {python_name(key): value for key, value in arguments.items()}
        unknown = given.keys() - inspect.signature(function).parameters.keys()
        if unknown:
            raise InvalidRequest(f"{function.__name__} has no argument {min(unknown)!r}")
        with through(aws):
            found = function(**given)
        plain = results.dump_python(found, mode="json", by_alias=True, exclude_none=True)
        return {name: plain} if name else plain

    return look_up
