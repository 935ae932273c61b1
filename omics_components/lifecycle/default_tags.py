"""Tags that the stack puts on everything it makes (``aws:defaultTags``), as pulumi-aws merges them.

Inputs and state hold ``tagsAll`` only where the stack has default tags, so that a change of them
is an update with a visible reason, and other stacks see each tag once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Protocol

from omics_components.schema.validation import Failure, Path


def with_default_tags(
    defaults: Mapping[str, str], given: Mapping[str, object], unknown: Collection[Path]
) -> tuple[Mapping[str, object], Collection[Path]]:
    """Add ``tagsAll`` to a program's inputs; it is as unknown as the program's own tags are.

    Args:
        defaults: The stack's default tags.
        given: The inputs, in wire names.
        unknown: Where values belong that only an update will know.

    Returns:
        The inputs and the unknown paths, both with ``tagsAll`` where there are default tags.
    """
    own = given.get("tags") or {}
    if not defaults or not isinstance(own, Mapping):
        return given, unknown
    if any(path[0] == "tags" for path in unknown):
        return given, [*unknown, ("tagsAll",)]
    return {**given, "tagsAll": {**defaults, **own}}, unknown


def attribute_to_default_tags(failures: Iterable[Failure]) -> Iterator[Failure]:
    """Yield each failure once; what only ``tagsAll`` has is the configuration's fault."""
    failures = list(failures)
    own = {failure.path for failure in failures}
    for failure in failures:
        if failure.path[0] != "tagsAll":
            yield failure
        elif ("tags", *failure.path[1:]) not in own:
            reason = f"the stack's aws:defaultTags: {failure.reason.partition(': ')[2]}"
            yield dataclasses.replace(failure, reason=reason)


class Tagged(Protocol):
    """Inputs or state of a resource with tags."""

    @property
    def tags(self) -> dict[str, str] | None:
        """The program's own."""
        ...

    @property
    def tags_all(self) -> dict[str, str] | None:
        """All of them, where the stack has default tags."""
        ...


def own_tags(defaults: Mapping[str, str], live: Mapping[str, str], said: Tagged) -> dict[str, str]:
    """Return the program's live tags: not the default ones, unless the program names them.

    Args:
        defaults: The stack's default tags, perhaps changed since the resource was last updated.
        live: All tags of the resource.
        said: What was last said of the resource.
    """
    named = said.tags or {}
    inherited = (said.tags_all or {}).keys() - named.keys()
    return {
        key: value
        for key, value in live.items()
        if key in named or (key not in inherited and defaults.get(key) != value)
    }
