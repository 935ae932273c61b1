"""Compare the properties of a step, and read those that are IAM policies."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from omics_components.cli.report.preview import Step
from omics_components.cli.report.values import Hidden, Properties, Value
from omics_components.schema.policy import policy_document


class Absent:
    """A placeholder for a property that does not exist."""


ABSENT = Absent()


@dataclass(frozen=True)
class PropertyChange:
    """A property that differs.

    Args:
        path: Its name as the state spells it, with keys and positions: ``tags.team``.
        before: Its value; ABSENT if it is added.
        after: Its new value; ABSENT if it is removed.
        forces_replacement: The change forces the replacement.
    """

    path: str
    before: Value | Absent
    after: Value | Absent
    forces_replacement: bool = False


def property_changes(step: Step) -> tuple[PropertyChange, ...]:
    """Return the inputs that differ, by path; a policy is one value.

    A creation or a deletion differs in every input.
    """
    before = step.before.inputs if step.before else {}
    after = step.after.inputs if step.after else {}
    return tuple(
        PropertyChange(path, old, new, path.partition(".")[0] in step.forced_by)
        for path, old, new in _differences("", before, after)
    )


def option_changes(step: Step) -> tuple[PropertyChange, ...]:
    """Return the resource options that differ, as far as a preview lists them."""
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
    """Return whether a value is meant as an IAM policy, valid or not."""
    return _policy_content(value) is not None


def as_policy(value: Value | Absent) -> Mapping[str, object] | None:
    """Read a value as an IAM policy, with placeholders for hidden values; None if it is not one."""
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
    if not isinstance(content, dict) or "Statement" not in content:
        return None
    return content if _depth(content) <= _POLICY_DEPTH_MAX else None


_POLICY_DEPTH_MAX = 12
"""Levels of nesting of a policy. A valid one has six: policy, list, statement, Condition, operator,
list of values."""


def _depth(value: object) -> int:
    """Return how deeply a JSON value is nested, without recursion."""
    depth, level = 0, [value]
    while level := [item for outer in level for item in _items(outer)]:
        depth += 1
    return depth


def _items(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _in_words(value: Value) -> object:
    if isinstance(value, Hidden):
        return UNKNOWN_IN_POLICY
    if isinstance(value, Mapping):
        return {key: _in_words(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_in_words(item) for item in value]
    return value


UNKNOWN_IN_POLICY = "(unknown)"
"""A hidden value in a policy."""


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
    """Return the items of a map or of a list of maps; None for a single or an empty value."""
    if isinstance(value, Absent):
        return {}
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return {str(number): item for number, item in enumerate(value)}
    return value if isinstance(value, dict) and value else None
