"""Resource options of dynamic resources: each does what its name says, or is refused.

The SDK leaves property names in options as they are, for a dynamic resource has no schema to
translate them by. Here programs may write them as they write arguments. Options that the engine
takes and that then do nothing, or something else, are refused where they are written.
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
"""The engine finds no property that changed, for the SDK lets dynamic providers name none."""

_KEEPING = ("replacement_trigger", "replace_with")
"""They make the engine create first, and our creation keeps what the same declaration made before;
with ``delete_before_replace`` there is none."""

_DELETED_WITH_ITS_STORE = "sequenceStoreArn"
"""A resource with this property is part of a store: deleting the store deletes it."""

_STORE_TYPES = (":SequenceStore", ":EncryptedSequenceStore")
"""How the types of stores end, whatever engine declares them."""

READ_ONLY = "_is_read_only"
"""Attribute of a resource that the stack reads and does not manage: destroy does not delete it."""

_NEVER_RUN_ON_COMPONENTS = ("before_update", "after_update", "on_error")
"""Hooks of operations that the engine does not perform on a component without inputs."""

_TIMED_STEPS = ("create", "update", "delete", "read")
"""What ``custom_timeouts`` can name."""

_UNIQUE_IN_AWS = ("alias", "bucket")
"""Arguments that no two resources can have alike."""

_DYNAMIC_PACKAGE = "pulumi-python"

_PATH = re.compile(r"(?P<first>\w+)(?P<rest>.*)", re.DOTALL)


def normalize_options(
    name: str, opts: pulumi.ResourceOptions | None, properties: Collection[str]
) -> pulumi.ResourceOptions:
    """Give options of the resource's own: a transformation may change what it gets.

    Args:
        name: The resource's name in the program.
        opts: The options as the program has them, perhaps for several resources.
        properties: Wire names of the resource's properties.

    Returns:
        A copy, with properties named as the wire does.

    Raises:
        NotSupported: One of them would not do what it says.
    """
    if opts is None:
        return pulumi.ResourceOptions()
    refuse_providers(name, opts)
    _refuse_replacements(name, opts, properties)
    _refuse_deleted_with(name, opts, is_part_of_store=_DELETED_WITH_ITS_STORE in properties)
    return spell_paths(opts, properties)


def spell_paths(
    opts: pulumi.ResourceOptions, properties: Collection[str]
) -> pulumi.ResourceOptions:
    """Return a copy of options with properties named as the wire does.

    Args:
        opts: The options as the program has them, perhaps for several resources.
        properties: Wire names of the resource's properties.
    """
    own = copy.copy(opts)
    for option in (*_NAMING_PROPERTIES, _NEVER_REPLACING):
        paths: Sequence[str] | None = getattr(own, option, None)  # older SDKs lack some
        if paths is not None:
            setattr(own, option, [_wire_path(path, properties) for path in paths])
    return own


def refuse_providers(name: str, opts: pulumi.ResourceOptions | None) -> None:
    """Refuse a provider that somebody wrote for a declaration of ours.

    Dynamic resources use the one plugin of their stack, with the stack's configuration. What a
    parent hands down is for other resources, and is left alone.

    Raises:
        NotSupported: A provider is given that is none of dynamic resources.
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
            "configuration; one stack reaches one account.",
        )


def refuse_on_component(name: str, opts: pulumi.ResourceOptions | None) -> None:
    """Refuse options that have no effect on a component, or a harmful one on its children.

    The engine passes ``deleted_with`` on to each child; of those that replace, it replaces the
    component alone, which is nothing in AWS.

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
    for option in (_NEVER_REPLACING, *_KEEPING):
        if getattr(opts, option, None) not in (None, []):
            raise _refusal(
                f"{name}: the resource option {option} does not replace the children of a "
                "component",
                advice="Give the component another name to replace them.",
            )
    _refuse_deleted_with(name, opts, is_part_of_store=False)
    hooks = getattr(opts, "hooks", None)  # older SDKs lack it
    never_run = [kind for kind in _NEVER_RUN_ON_COMPONENTS if getattr(hooks, kind, None)]
    if never_run:
        raise _refusal(
            f"{name}: hooks of {', '.join(never_run)} never run on a component: only its children "
            "are updated",
            advice="Bind them to a child with the resource option transforms.",
        )


def time_limits(name: str, opts: pulumi.ResourceOptions | None) -> dict[str, str]:
    """Give the option ``custom_timeouts`` as ``{"create": "20m", …}``, with what somebody said.

    Raises:
        InvalidRequest: It cannot be read. The SDK would end in a traceback, or take no notice.
    """
    given: Any = opts.custom_timeouts if opts else None
    steps = vars(given) if isinstance(given, pulumi.CustomTimeouts) else given or {}
    if not isinstance(steps, dict):
        raise _unreadable(name, f"{given!r} is neither CustomTimeouts nor a dictionary")
    if others := steps.keys() - set(_TIMED_STEPS):
        raise _unreadable(
            name, f"{min(others, key=str)!r} is no step: there are {', '.join(_TIMED_STEPS)}"
        )
    said = {step: text for step, text in steps.items() if text not in (None, "")}
    for text in said.values():
        try:
            duration_s(text)
        except ValueError as error:
            raise _unreadable(name, str(error)) from None
    return said


def _unreadable(name: str, reason: str) -> InvalidRequest:
    message = f"{name}: the resource option custom_timeouts cannot be read: {reason}"
    return as_run_error(InvalidRequest(message))


def _refuse_replacements(
    name: str, opts: pulumi.ResourceOptions, properties: Collection[str]
) -> None:
    kept = () if opts.delete_before_replace else _KEEPING
    for option in (_NEVER_REPLACING, *kept):
        if getattr(opts, option, None) in (None, []):  # older SDKs lack some
            continue
        raise _refusal(
            f"{name}: the resource option {option} does not replace dynamic resources, for the "
            "engine does not tell them of it",
            advice=f"{_replacing(properties)} to replace it.",
        )


def _refuse_deleted_with(
    name: str, opts: pulumi.ResourceOptions, *, is_part_of_store: bool
) -> None:
    """Refuse ``deleted_with`` where nothing in AWS deletes the resource with the named one.

    The engine then makes no call: the resource stays in AWS, and no state has it.
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
    """Say what does replace; a new one is made while the old one still has its alias or bucket."""
    if "replaceTriggers" in properties:
        return "Change replace_triggers"
    unique = [f", and another {name} or none," for name in _UNIQUE_IN_AWS if name in properties]
    return "".join(["Give it another name", *unique])


def _refusal(message: str, *, advice: str) -> NotSupported:
    return as_run_error(NotSupported(message, advice=advice))


def _wire_path(path: str, properties: Collection[str]) -> str:
    """Spell a property path as the wire does; what is no argument of ours stays as it is.

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
