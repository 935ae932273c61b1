"""List the changes of other providers' resources, which the report does not judge."""

from __future__ import annotations

import re
from dataclasses import dataclass

from omics_components.cli.report.preview import Preview, Step
from omics_components.cli.report.properties import (
    Absent,
    looks_like_policy,
    option_changes,
    property_changes,
)

_ABOUT_ACCESS = re.compile(r"polic(y|ies)|role|acl|grant|permission|publicaccess", re.IGNORECASE)
"""In a type or a property name: it decides who may do what."""

_ABOUT_DATA = re.compile(r"key|bucket", re.IGNORECASE)
"""In a type: it holds or encrypts data."""


@dataclass(frozen=True)
class NotJudged:
    """A change that is not judged.

    Args:
        verb: The operation.
        resource: Name of the resource in the program.
        type: Its type token.
    """

    verb: str
    resource: str
    type: str


def not_judged_changes(preview: Preview) -> tuple[NotJudged, ...]:
    """Return deletions, replacements and changes of policies, keys, buckets and roles, sorted."""
    found = {
        NotJudged(step.verb, step.name, step.type)
        for step in preview.steps
        if step.is_resource
        and step.kind is None
        and not step.type.startswith("pulumi:")
        and _concerns_security(step)
    }
    return tuple(sorted(found, key=lambda item: (item.verb, item.resource, item.type)))


def _concerns_security(step: Step) -> bool:
    if step.verb in {"delete", "replace"}:
        return True
    if step.verb in {"read", "refresh"}:
        return False
    name = step.type.partition(":")[2]
    if step.verb == "same":
        return bool(option_changes(step)) and _is_about(name)
    if _ABOUT_ACCESS.search(name) or any(
        _ABOUT_ACCESS.search(change.path) or _has_policy(change.before) or _has_policy(change.after)
        for change in property_changes(step)
    ):
        return True
    return step.verb != "create" and bool(_ABOUT_DATA.search(name))


def _is_about(name: str) -> bool:
    return bool(_ABOUT_ACCESS.search(name) or _ABOUT_DATA.search(name))


def _has_policy(value: object) -> bool:
    return not isinstance(value, Absent) and looks_like_policy(value)  # type: ignore[arg-type]
