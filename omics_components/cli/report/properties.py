"""Which properties a step changes, and which IAM policies it puts in place of which."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from omics_components.cli.report.preview import Hidden, Properties, Step, Value
from omics_components.schema.policy import policy_document


class Absent:
    """Stands for a property that is not there."""


ABSENT = Absent()


@dataclass(frozen=True)
class PropertyChange:
    """A property that differs.

    Args:
        path: Its name as the state spells it, with keys and positions: ``tags.team``.
        before: Its value; ABSENT if it is not there.
        after: The value after the step, in the same form.
        forces_replacement: The replacement is its fault.
    """

    path: str
    before: Value | Absent
    after: Value | Absent
    forces_replacement: bool = False


def property_changes(step: Step) -> tuple[PropertyChange, ...]:
    """List what differs between the inputs before and after, by path; a policy is one value.

    A step without a before or an after differs in all that the other side has.
    """
    before = step.before.inputs if step.before else {}
    after = step.after.inputs if step.after else {}
    return tuple(
        PropertyChange(path, old, new, path.partition(".")[0] in step.forced_by)
        for path, old, new in _differences("", before, after)
    )


def option_changes(step: Step) -> tuple[PropertyChange, ...]:
    """List the resource options that differ, of those that a preview tells."""
    if step.before is None or step.after is None:
        return ()
    old, new = step.before, step.after
    options = {
        "protect": (old.is_protected, new.is_protected),
        "retain_on_delete": (old.is_retained, new.is_retained),
    }
    return tuple(
        PropertyChange(f"{name} (option)", was, becomes)
        for name, (was, becomes) in options.items()
        if was != becomes
    )


def looks_like_policy(value: Value | Absent) -> bool:
    """Return whether a value is meant as an IAM policy, be it right or wrong."""
    return _policy_content(value) is not None


def as_policy(value: Value | Absent) -> Mapping[str, object] | None:
    """Read a value as an IAM policy; None if it is none. What it hides reads as a word in it."""
    content = _policy_content(value)
    try:
        return policy_document(content) if content is not None else None
    except (ValueError, RecursionError):
        return None


def _policy_content(value: Value | Absent) -> dict[str, object] | None:
    content: object = None
    if isinstance(value, Mapping):
        content = _in_words(value)
    elif isinstance(value, str) and value.lstrip().startswith("{"):
        with suppress(ValueError, RecursionError):
            content = json.loads(value)
    return content if isinstance(content, dict) and "Statement" in content else None


def _in_words(value: Value) -> object:
    if isinstance(value, Hidden):
        return UNKNOWN_IN_POLICY
    if isinstance(value, Mapping):
        return {key: _in_words(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_in_words(item) for item in value]
    return value


UNKNOWN_IN_POLICY = "(unknown)"
"""How a policy's hidden values read."""


def _differences(
    path: str, before: Properties, after: Properties
) -> Iterator[tuple[str, Value | Absent, Value | Absent]]:
    for key in sorted(before.keys() | after.keys()):
        old: Value | Absent = before.get(key, ABSENT)
        new: Value | Absent = after.get(key, ABSENT)
        if old == new:
            continue
        here = f"{path}.{key}" if path else key
        parts = [_parts(side) for side in (old, new)]
        if all(part is not None for part in parts) and not (
            looks_like_policy(old) or looks_like_policy(new)
        ):
            yield from _differences(here, parts[0] or {}, parts[1] or {})
        else:
            yield here, old, new


def _parts(value: Value | Absent) -> Properties | None:
    """Return what a map, or a list of maps, is made of; None if it is one thing, or empty."""
    if isinstance(value, Absent):
        return {}
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return {str(number): item for number, item in enumerate(value)}
    return value if isinstance(value, dict) and value else None
