"""Write the cells of the report's tables: values, lists and policies before and after."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TypeGuard

from omics_components.cli.report.escaping import code, shortened, shortened_pair
from omics_components.cli.report.properties import Absent, PropertyChange, as_policy
from omics_components.cli.report.values import Hidden, Value
from omics_components.schema.policy_change import Statement, statement_changes, statements

NONE = "—"
"""An absent value."""

_NAMED = 6


def short_code(text: str) -> str:
    """Write a code span of a text that may be long."""
    return code(shortened(text))


def value_change(change: PropertyChange) -> str:
    """Write the values before and after; of two lists, the items removed and added."""
    old, new = change.before, change.after
    if _is_list(old) and _is_list(new):
        return _list_change(old, new)
    if isinstance(old, str) and isinstance(new, str) and not (as_policy(old) or as_policy(new)):
        return " → ".join(code(text) for text in shortened_pair(_text(old), _text(new)))
    return f"{value_cell(old)} → {value_cell(new)}"


def value_cell(value: Value | Absent) -> str:
    """Write a value; of a list its first items, of a policy how long it is."""
    if isinstance(value, Absent) or value is None:
        return NONE
    if isinstance(value, Hidden):
        return f"*{value.value}*"
    if (document := as_policy(value)) is not None:
        count = len(statements(document))
        return f"*policy of {count} statement{'' if count == 1 else 's'}*"
    return _items(value) if _is_list(value) else short_code(_text(value))


def _text(value: Value | Absent) -> str:
    """Write a value as text; texts that look like another value, or like nothing, are quoted."""
    if isinstance(value, str):
        looks_otherwise = value != value.strip() or value in {"", "true", "false", "null"}
        return json.dumps(value, ensure_ascii=False) if looks_otherwise else value
    return json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: Value | Absent) -> object:
    if isinstance(value, Hidden):
        return f"({value.value})"
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _is_list(value: Value | Absent) -> TypeGuard[list[Value]]:
    return isinstance(value, list) and all(isinstance(item, str | Hidden) for item in value)


def _list_change(old: Sequence[Value], new: Sequence[Value]) -> str:
    """Write the items removed and added, and count the others."""
    removed = [item for item in old if item not in new]
    added = [item for item in new if item not in old]
    if not removed and not added:
        return " → ".join(short_code(_text(list(side))) for side in (old, new))
    same = len(old) - len(removed)
    parts = [
        f"removed {_items(removed)}" if removed else "",
        f"added {_items(added)}" if added else "",
        f"{same} unchanged" if same else "",
    ]
    return "; ".join(part for part in parts if part)


def _items(items: Sequence[Value]) -> str:
    rest = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
    return ", ".join(value_cell(item) for item in items[:_NAMED]) + rest or "*empty*"


def policy_rows(change: PropertyChange) -> Iterator[str]:
    """Yield a row for each statement, or part of one, that differs: removed and added."""
    old, new = as_policy(change.before), as_policy(change.after)
    if old is None and new is None:
        return
    versions = [document.get("Version") if document else None for document in (old, new)]
    if old is not None and new is not None and versions[0] != versions[1]:
        yield "Version | " + " | ".join(short_code(str(version)) for version in versions)
    for difference in statement_changes(statements(old), statements(new)):
        before, after = difference.before, difference.after
        if before is not None and after is not None:
            for part, removed, added in _changed_parts(before, after):
                yield f"{_label(after)}, {part} | {_code_list(removed)} | {_code_list(added)}"
        elif after is not None:
            yield f"{_label(after)} | {NONE} | {_whole(after)}"
        elif before is not None:
            yield f"{_label(before)} | {_whole(before)} | {NONE}"


def _label(statement: Statement) -> str:
    return f"{statement.effect} {short_code(statement.sid)}" if statement.sid else statement.effect


def _changed_parts(
    before: Statement, after: Statement
) -> Iterator[tuple[str, list[str], list[str]]]:
    new = dict(_parts(after))
    for part, old in _parts(before):
        removed = [item for item in old if item not in new[part]]
        added = [item for item in new[part] if item not in old]
        if removed or added:
            yield part, removed, added


def _whole(statement: Statement) -> str:
    return " ".join(f"{part} {_code_list(items)}" for part, items in _parts(statement) if items)


def _parts(statement: Statement) -> Iterator[tuple[str, list[str]]]:
    """Yield the principals, actions, resources and conditions of a statement."""
    yield "who", sorted(principal.label for principal in statement.principals)
    yield "does", sorted(statement.actions)
    yield "on", sorted(statement.resources)
    yield (
        "if",
        sorted(
            f"{test.key} {test.operator} {', '.join(sorted(test.values))}"
            for test in statement.tests
        ),
    )


def _code_list(items: Sequence[str]) -> str:
    rest = f", {len(items) - _NAMED} more" if len(items) > _NAMED else ""
    return ", ".join(short_code(item) for item in items[:_NAMED]) + rest or NONE
