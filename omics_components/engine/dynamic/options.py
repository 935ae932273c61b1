"""Normalize the resource options of dynamic resources, and refuse those that do not work.

The SDK does not translate property names in options, because a dynamic resource has no schema. Here
programs may write them by Python names. Options that the engine accepts but that have no effect, or
another one, are refused in the program.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pulumi

from omics_components.engine.dynamic.run_errors import as_run_error
from omics_components.errors import InvalidRequest, NotSupported
from omics_components.schema.duration import duration_s

_NAMING_PROPERTIES = ("ignore_changes", "additional_secret_outputs", "hide_diffs")
"""Options that are lists of property paths."""

_NEVER_REPLACING = "replace_on_changes"
"""It has no effect: the SDK does not let dynamic providers report changed properties."""

_KEEPING = ("replacement_trigger", "replace_with")
"""They make the engine create first, and the creation then finds the declaration's old resource;
with ``delete_before_replace`` there is none."""

_DELETED_WITH_ITS_STORE = "sequenceStoreArn"
"""A resource with this property is part of a store: deleting the store deletes it."""

_STORE_TYPES = (":SequenceStore", ":EncryptedSequenceStore")
"""Suffixes of the types of stores."""

READ_ONLY = "_is_read_only"
"""Attribute of a resource that the stack reads and does not manage: destroy does not delete it."""

_OF_THE_PLUGIN = ("version", "plugin_download_url")
"""Options that choose a plugin. Dynamic resources have none to choose: the engine would start its
own a second time, and a component does not pass them on."""

_OF_CHILDREN = (
    "ignore_changes",
    "additional_secret_outputs",
    "hide_diffs",
    "delete_before_replace",
    "import_",
    *_OF_THE_PLUGIN,
)
"""Options that the engine takes for a component and does nothing with."""

_NEVER_RUN_ON_COMPONENTS = ("before_update", "after_update", "on_error")
"""Hooks of operations that the engine does not perform on a component without inputs."""

_OF_OTHERS = ("urn", "env_var_mappings")
"""Options for the SDK's references to resources, and for providers. The SDK or the engine would end
the program with a traceback."""

_TIMED_STEPS = ("create", "update", "delete", "read")
"""What ``custom_timeouts`` can name."""

_UNIQUE_IN_AWS = ("alias", "bucket")
"""Arguments that must be unique in AWS."""

_DYNAMIC_PACKAGE = "pulumi-python"

_PATH = re.compile(r"(?P<first>\w+)(?P<rest>.*)", re.DOTALL)


def normalize_options(
    name: str, opts: pulumi.ResourceOptions | None, properties: Collection[str]
) -> pulumi.ResourceOptions:
    """Return a normalized copy of the options, because transformations may change them.

    Args:
        name: The resource's name in the program.
        opts: The program's options, which several resources may share.
        properties: Wire names of the resource's properties.

    Returns:
        A copy, with property names as on the wire.

    Raises:
        NotSupported: One of them would not have its documented effect.
    """
    if opts is None:
        return pulumi.ResourceOptions()
    refuse_providers(name, opts)
    if getattr(opts, _NEVER_REPLACING, None):  # older SDKs lack it
        raise _refusal(
            f"{name}: the resource option replace_on_changes does not replace dynamic resources: "
            "the engine does not pass it to them",
            advice=f"{_replacing(properties)} to replace it.",
        )
    return normalize_native_options(name, opts, properties)


def normalize_native_options(
    name: str,
    opts: pulumi.ResourceOptions | None,
    properties: Collection[str],
    *,
    is_named_once: bool = False,
) -> pulumi.ResourceOptions:
    """Return a normalized copy of the options of a native resource.

    Args:
        name: The resource's name in the program.
        opts: The program's options, which several resources may share.
        properties: Wire names of the resource's properties.
        is_named_once: Whether AWS knows the resource by a name that a replacement would need, too.

    Returns:
        A copy, with property names as on the wire.

    Raises:
        NotSupported: One of them would not have its documented effect on either front.
    """
    if opts is None:
        return pulumi.ResourceOptions()
    _refuse_of_others(name, opts)
    _refuse_creating_first(name, opts, properties, is_named_once=is_named_once)
    _refuse_deleted_with(name, opts, is_part_of_store=_DELETED_WITH_ITS_STORE in properties)
    own = copy.copy(opts)
    for option in (*_NAMING_PROPERTIES, _NEVER_REPLACING):
        paths: Sequence[str] | None = getattr(own, option, None)  # older SDKs lack some
        if paths is not None:
            setattr(own, option, [_wire_path(path, properties) for path in paths])
    return own


def refuse_providers(name: str, opts: pulumi.ResourceOptions | None) -> None:
    """Refuse explicit providers and plugins.

    Dynamic resources use the one plugin of their stack, with the stack's configuration. Providers
    inherited from a parent are for other resources, and are accepted.

    Raises:
        NotSupported: A provider is given that is not for dynamic resources, or a plugin.
    """
    if opts is None:
        return
    several = opts.providers or ()
    given = [*(several.values() if isinstance(several, Mapping) else several)]
    if opts.provider is not None:
        given.append(opts.provider)
    if any(provider.package != _DYNAMIC_PACKAGE for provider in given):
        raise _refusal(
            f"{name}: the resource options provider and providers do not choose the account or "
            "region of dynamic resources",
            advice="Set the argument region, and aws:profile or aws:assumeRoles in the stack's "
            "configuration; one stack uses one account.",
        )
    for option in _OF_THE_PLUGIN:
        if getattr(opts, option) is not None:
            raise _refusal(
                f"{name}: the resource option {option} does not choose the provider of dynamic "
                "resources",
                advice="Their provider is the package omics-components that the program has "
                "installed: pin its version where the program's requirements are.",
            )


def _refuse_of_others(name: str, opts: pulumi.ResourceOptions) -> None:
    for option in _OF_OTHERS:
        if getattr(opts, option, None) is not None:  # older SDKs lack some
            raise _refusal(
                f"{name}: the resource option {option} is not for resources that a program "
                "declares",
                advice="Leave it out; to read a resource of another stack, use get.",
            )


def refuse_on_component(name: str, opts: pulumi.ResourceOptions | None) -> None:
    """Refuse options that have no effect on a component, or a harmful one on its children.

    The engine passes ``deleted_with`` on to each child. The options that replace only replace the
    component itself, which does not exist in AWS.

    Raises:
        NotSupported: One of them is given.
    """
    refuse_providers(name, opts)
    refuse_unpassed(name, opts)


def refuse_unpassed(name: str, opts: pulumi.ResourceOptions | None) -> None:
    """Refuse options that a component does not pass on to its children, on either front.

    Raises:
        NotSupported: One of them is given.
    """
    if opts is None:
        return
    _refuse_of_others(name, opts)
    if opts.id is not None:
        raise _refusal(
            f"{name}: the resource option id has no effect on a component: it is not read from AWS",
            advice="Read its store with SequenceStore.get.",
        )
    for option in (_NEVER_REPLACING, *_KEEPING):
        if getattr(opts, option, None) not in (None, []):
            raise _refusal(
                f"{name}: the resource option {option} does not replace the children of a "
                "component",
                advice="Give the component another name to replace them.",
            )
    _refuse_deleted_with(name, opts, is_part_of_store=False)
    for option in _OF_CHILDREN:
        if getattr(opts, option, None) not in (None, []):  # older SDKs lack some
            raise _refusal(
                f"{name}: the resource option {option} has no effect on a component",
                advice="Set it on a child with the resource option transforms.",
            )
    hooks = getattr(opts, "hooks", None)  # older SDKs lack it
    never_run = [kind for kind in _NEVER_RUN_ON_COMPONENTS if getattr(hooks, kind, None)]
    if never_run:
        raise _refusal(
            f"{name}: hooks of {', '.join(never_run)} never run on a component: only its children "
            "are updated",
            advice="Bind them to a child with the resource option transforms.",
        )


def time_limits(name: str, opts: pulumi.ResourceOptions | None) -> dict[str, str]:
    """Return the option ``custom_timeouts`` as ``{"create": "20m", …}``, without unset steps.

    Raises:
        InvalidRequest: It is invalid. The SDK would print a traceback, or ignore it.
    """
    given: Any = opts.custom_timeouts if opts else None
    steps = vars(given) if isinstance(given, pulumi.CustomTimeouts) else given or {}
    if not isinstance(steps, dict):
        raise _unreadable(name, f"{given!r} is neither CustomTimeouts nor a dictionary")
    if others := steps.keys() - set(_TIMED_STEPS):
        raise _unreadable(
            name, f"{min(others, key=str)!r} is not a step: use {', '.join(_TIMED_STEPS)}"
        )
    limits = {step: text for step, text in steps.items() if text not in (None, "")}
    for text in limits.values():
        try:
            duration_s(text)
        except ValueError as error:
            raise _unreadable(name, str(error)) from None
    return limits


def _unreadable(name: str, reason: str) -> InvalidRequest:
    message = f"{name}: the resource option custom_timeouts is invalid: {reason}"
    return as_run_error(InvalidRequest(message))


def _refuse_creating_first(
    name: str,
    opts: pulumi.ResourceOptions,
    properties: Collection[str],
    *,
    is_named_once: bool,
) -> None:
    """Refuse replacements whose creation would come first and find the old resource."""
    if opts.delete_before_replace:
        return
    for option in (*_KEEPING, *((_NEVER_REPLACING,) if is_named_once else ())):
        if getattr(opts, option, None) not in (None, []):  # older SDKs lack some
            raise _refusal(
                f"{name}: the resource option {option} replaces only together with "
                "delete_before_replace: created first, the new resource would be taken for the old "
                "one",
                advice="Set delete_before_replace, or leave the option out: "
                f"{_replacing(properties).lower()} to replace it.",
            )


def _refuse_deleted_with(
    name: str, opts: pulumi.ResourceOptions, *, is_part_of_store: bool
) -> None:
    """Refuse ``deleted_with`` if AWS does not delete the resource together with the target.

    The engine makes no call then: the resource would stay in AWS without a state.
    """
    target = opts.deleted_with
    if target is None:
        return
    message = f"{name}: the resource option deleted_with would leave it in AWS: "
    if not is_part_of_store:
        raise _refusal(
            f"{message}deleting another resource does not delete it",
            advice="Use depends_on to delete it first, or retain_on_delete to keep it.",
        )
    if getattr(target, READ_ONLY, False) or not target.pulumi_resource_type.endswith(_STORE_TYPES):
        raise _refusal(
            f"{message}only deleting its sequence store deletes it",
            advice="Set deleted_with to its SequenceStore if this stack manages that store, or "
            "leave it out.",
        )


def _replacing(properties: Collection[str]) -> str:
    """Return the advice for a replacement: the old one keeps its alias or bucket meanwhile."""
    if "replaceTriggers" in properties:
        return "Change replace_triggers"
    unique = [f", and another {name} or none," for name in _UNIQUE_IN_AWS if name in properties]
    return "".join(["Give it another name", *unique])


def _refusal(message: str, *, advice: str) -> NotSupported:
    return as_run_error(NotSupported(message, advice=advice))


def _wire_path(path: str, properties: Collection[str]) -> str:
    """Return a property path by wire names; a path to another property is returned unchanged.

    Only ``sse_config`` has argument names below it; keys of tags are the program's own.
    """
    match = _PATH.fullmatch(path)
    if match is None:
        return path
    head, *words = match["first"].split("_")
    first = head + "".join(word.capitalize() for word in words)
    if first not in properties:
        return path
    rest = match["rest"]
    return first + (rest.replace("key_arn", "keyArn") if first == "sseConfig" else rest)
