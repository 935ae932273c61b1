"""Who declares a resource, as far as a native plugin sees it: the same as the dynamic front says.

The identity of a resource must not change when a stack moves from dynamic to native resources: the
name that a component derives for its key, and the name of a bucket, hang on it. So it is composed
of the type tokens of the dynamic front. The engine passes no organization to a native provider;
every backend but Pulumi Cloud calls it ``organization``.
"""

from __future__ import annotations

from collections.abc import Mapping

from omics_components.engine.backend import backend_digest

_ORGANIZATION = "organization"


def identity_of(urn: str, dynamic_tokens: Mapping[str, str]) -> str:
    """Return the identity of a declaration.

    Args:
        urn: Its URN.
        dynamic_tokens: Native type token -> the dynamic front's.
    """
    head, bar, rest = urn.removeprefix("urn:pulumi:").partition("::")
    project, colons, types_and_name = rest.partition("::")
    types, colons, name = types_and_name.partition("::")
    spelled = "$".join(dynamic_tokens.get(one, one) for one in types.split("$"))
    whole = f"urn:pulumi:{head}{bar}{project}{colons}{spelled}{colons}{name}"
    return f"{backend_digest()}|{_ORGANIZATION}|{whole}"
