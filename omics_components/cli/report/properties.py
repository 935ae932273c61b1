"""Which properties a step changes, and which IAM policies it puts in place of which."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from omics_components.cli.report.preview import Hidden, Properties, Step, Value
from omics_components.models.policy import policy_document


class Absent:
    """Stands for a property that is not there."""


ABSENT = Absent()


@dataclass(frozen=True)
class PropertyChange:
    """A property that differs.

    Args:
        path: Its name as the state spells it, with keys and positions: ``tags.team``.
        before: Its value; ABSENT if it is not there.
        after: Likewise.
        forces_replacement: The replacement is its fault.
    """

    path: str
    before: Value | Absent
    after: Value | Absent
    forces_replacement: bool = False


def property_changes(step: Step) -> tuple[PropertyChange, ...]:
    """List what differs between the inputs before and after, by name; a policy is one value.

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


def as_policy(value: Value | Absent) -> Mapping[str, object] | None:
    """Read a value as an IAM policy; None if it is none. What it hides reads as a word in it."""
    if isinstance(value, Mapping):
        content: object = _in_words(value)
    elif isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            content = json.loads(value)
        except (ValueError, RecursionError):
            return None
    else:
        return None
    if not isinstance(content, dict) or "Statement" not in content:
        return None
    try:
        return policy_document(content)
    except (ValueError, RecursionError):
        return None


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
        both = [side for side in (old, new) if side is not ABSENT]
        are_maps = all(isinstance(side, dict) and side for side in both)
        if are_maps and not any(as_policy(side) for side in both):
            yield from _differences(here, _map(old), _map(new))
        else:
            yield here, old, new


def _map(value: Value | Absent) -> Properties:
    return value if isinstance(value, dict) else {}
