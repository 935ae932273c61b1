"""Resource options that dynamic resources do not take as they come: each means what users expect.

The SDK leaves property names in options as they are, for a dynamic resource has no schema to
translate them by. Here programs may write them as they write arguments.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Sequence

import pulumi

_NAMING_PROPERTIES = ("ignore_changes", "additional_secret_outputs", "hide_diffs")
"""Options that are lists of property paths."""

_PATH = re.compile(r"(?P<first>\w+)(?P<rest>.*)", re.DOTALL)


def understood(
    opts: pulumi.ResourceOptions | None, properties: Collection[str]
) -> pulumi.ResourceOptions:
    """Give options of the resource's own: a transformation may change what it gets.

    Args:
        opts: The options as the program has them, perhaps for several resources.
        properties: Wire names of the resource's properties.

    Returns:
        A copy, with properties named as the wire does.
    """
    if opts is None:
        return pulumi.ResourceOptions()
    own = copy.copy(opts)
    for option in _NAMING_PROPERTIES:
        paths: Sequence[str] | None = getattr(own, option, None)  # older SDKs lack some
        if paths is not None:
            setattr(own, option, [_wire_path(path, properties) for path in paths])
    return own


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
