"""The hidden inputs that every resource class adds: identity, adoption, time limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import pulumi

from omics_components.engine.dynamic.options import (
    normalize_native_options,
    normalize_options,
    time_limits,
)
from omics_components.engine.dynamic.run_errors import as_run_error
from omics_components.engine.dynamic.values import require_value, require_values
from omics_components.engine.hidden_keys import (
    IDENTITY_KEY,
    IMPORT_KEY,
    RETAIN_KEY,
    TAGS_ALL_KEY,
    TIMEOUTS_KEY,
)
from omics_components.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from pulumi.dynamic import Resource

NATIVE_TYPE = "_native_type"
"""Attribute of classes that declare native resources: their type token."""

_KINDS = "omics_components.kinds."
"""Where the classes are whose tokens identities hold: not those that programs derive from them."""

_STEPS = ("create", "update", "delete")


def identity(
    resource_type: type[Resource], name: str, opts: pulumi.ResourceOptions
) -> pulumi.Input[str]:
    """Return the identity of a declaration: organization and URN.

    The URN contains stack, project, the types of the parents, the type and the name. The plugin
    prepends the backend, which it can determine better than the program.
    """
    prefix = f"|{pulumi.get_organization()}|"
    own = next(one for one in resource_type.__mro__ if one.__module__.startswith(_KINDS))
    token = f"pulumi-python:{own._resource_type_name}"  # type: ignore[attr-defined] # noqa: SLF001 the SDK's own spelling
    if opts.parent is None:  # same as create_urn, but faster: outputs take time
        return f"{prefix}urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{token}::{name}"
    urn = pulumi.create_urn(name, token, opts.parent)
    return _without_dependencies(urn).apply(lambda text: f"{prefix}{text}")


def _without_dependencies(output: pulumi.Output[str]) -> pulumi.Output[str]:
    """Remove the dependency on the parent: waiting for one's own parent would never end."""
    return pulumi.Output(
        set(), cast("Awaitable[str]", output.future()), output.is_known(), output.is_secret()
    )


def with_hidden_inputs(
    opts: pulumi.ResourceOptions | None, hidden: Mapping[str, Any]
) -> pulumi.ResourceOptions:
    """Return options that add hidden inputs, for which the resource class has no arguments.

    Args:
        opts: The resource's options.
        hidden: The hidden inputs, by the keys in ``hidden_keys``.
    """

    def add(
        args: pulumi.ResourceTransformationArgs,
    ) -> pulumi.ResourceTransformationResult:
        return pulumi.ResourceTransformationResult({**args.props, **hidden}, args.opts)

    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(transformations=[add]))


def declared(
    resource_type: type[Resource],
    name: str,
    inputs: Mapping[str, Any],
    outputs: tuple[str, ...],
    opts: pulumi.ResourceOptions | None,
) -> tuple[dict[str, Any], pulumi.ResourceOptions]:
    """Build the properties and options of one resource for the engine.

    The option ``import_`` becomes a hidden input: the engine's own import never calls a dynamic
    provider.

    Args:
        resource_type: The resource's class.
        name: The resource's name in the program.
        inputs: Its inputs, by wire names.
        outputs: Wire names of the outputs, which must be declared to be readable.
        opts: The resource's options.

    Returns:
        The properties, in a new dictionary because the SDK adds to it; and the remaining options,
        a copy.

    Raises:
        InvalidRequest: The option ``import_`` or an input is empty, or ``custom_timeouts`` is
            invalid.
        NotSupported: An option would not have its documented effect.
    """
    properties: dict[str, Any] = dict.fromkeys((*inputs, *outputs))
    if getattr(resource_type, NATIVE_TYPE, None) is not None:
        return _natively_declared(name, inputs, properties, opts)
    opts = normalize_options(name, opts, properties)
    if opts.id is not None:
        return properties, opts
    properties.update(require_values(name, inputs))
    if "tags" in inputs:  # the engine keeps secrecy by name
        properties[TAGS_ALL_KEY] = properties["tags"]
    properties[IDENTITY_KEY] = identity(resource_type, name, opts)
    timeouts: Any = opts.custom_timeouts
    if timeouts is not None:
        limits = time_limits(name, opts)
        if isinstance(timeouts, dict):  # the SDK cannot send None in it
            opts.custom_timeouts = cast("Any", limits)
        properties[TIMEOUTS_KEY] = {step: limits[step] for step in _STEPS if step in limits}
    if opts.retain_on_delete:
        properties[RETAIN_KEY] = True
    if opts.import_ is not None:
        if not opts.import_:  # the engine would ignore it and create a resource
            raise as_run_error(
                InvalidRequest(
                    f"{name}: the resource option import_ is empty",
                    advice="Set it to the ARN or ID to adopt, or remove the option.",
                )
            )
        properties[IMPORT_KEY] = require_value(name, "import_", opts.import_)
        opts.import_ = None
    return properties, opts


def _natively_declared(
    name: str,
    inputs: Mapping[str, Any],
    properties: dict[str, Any],
    opts: pulumi.ResourceOptions | None,
) -> tuple[dict[str, Any], pulumi.ResourceOptions]:
    """Join what is sent to the native front, which the engine tells the rest.

    Only ``retain_on_delete`` it does not tell, and a preview must know it to refuse a replacement.
    """
    is_named_once = "bucket" in inputs or inputs.get("alias") is not None
    own = normalize_native_options(name, opts, properties, is_named_once=is_named_once)
    if own.id is None:
        properties.update(require_values(name, inputs))
        if own.retain_on_delete:
            properties[RETAIN_KEY] = True
    return properties, own
