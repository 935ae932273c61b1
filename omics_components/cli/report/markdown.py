"""The report as Markdown for a comment on GitHub."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from omics_components.cli.report.escaping import code, fenced, shortened, shortened_pair
from omics_components.cli.report.judging import level_of
from omics_components.cli.report.preview import Hidden, Message, Preview, Step, Value, Verb
from omics_components.cli.report.properties import (
    ABSENT,
    Absent,
    PropertyChange,
    as_policy,
    option_changes,
    property_changes,
)
from omics_components.cli.report.rules import Code, Level, Risk
from omics_components.models.policy_change import (
    Statement,
    StatementChange,
    statement_changes,
    statements,
)

COMMENT_LIMIT_BYTES = 65_536
"""GitHub takes comments of 65,536 characters; counted in bytes of UTF-8, to be on the safe side."""

_ROOM_FOR_LEFT_OUT = 200
_LONGEST_MESSAGE = 2_000
_NAMED = 6

_MARKS = {Level.NONE: "🟢", Level.LOW: "🟡", Level.MEDIUM: "🟠", Level.HIGH: "🔴"}

_CHANGING: tuple[Verb, ...] = ("delete", "replace", "update", "adopt")
_COUNTED: tuple[Verb, ...] = (*_CHANGING, "create", "read")
"""In the order in which the summary counts them."""

_NONE = "—"


@dataclass(frozen=True)
class Block:
    """A part of the report that may lose rows at its end.

    Args:
        opening: Lines before the rows.
        rows: The rows, each in lines of its own.
        closing: Lines after them.
        noun: What a row is, for the line that counts those left out.
    """

    opening: str
    rows: tuple[str, ...]
    noun: str
    closing: str = ""


def marker(preview: Preview) -> str:
    """Give the first line, by which a workflow finds its own comment again: one for each stack."""
    return f"<!-- omics-components report {re.sub('[^A-Za-z0-9_./]+', '-', preview.stack)} -->"


def write_report(
    preview: Preview, risks: Collection[Risk], limit_bytes: int = COMMENT_LIMIT_BYTES
) -> str:
    """Write the report.

    Args:
        preview: The preview.
        risks: Its risks, the gravest first.
        limit_bytes: How long it may be. What is too long loses rows at the end of its parts, of
            the least important parts first, and says how many.
    """
    resources = [step for step in preview.steps if step.is_resource]
    changed = [step for step in resources if step.verb in _CHANGING or option_changes(step)]
    created = [step for step in resources if step.verb == "create"]
    head = f"{marker(preview)}\n{_heading(preview)}\n\n{_summary(preview, risks)}\n"
    blocks = [
        _risk_block(risks),
        _message_block(preview.messages),
        _change_block(changed + created),
        _policy_block(changed + created),
        _creation_block(created),
    ]
    return head + _within(limit_bytes - len(head.encode()), [b for b in blocks if b.rows])


def _within(room: int, blocks: Sequence[Block]) -> str:
    """Write the blocks, each with as many rows as leave room for what the later ones must say."""
    written = ""
    for number, block in enumerate(blocks):
        later = _ROOM_FOR_LEFT_OUT * (len(blocks) - number - 1)
        frame = len(f"{block.opening}{block.closing}".encode()) + _ROOM_FOR_LEFT_OUT
        rows: list[str] = []
        left = room - later - frame
        for row in block.rows:
            left -= len(row.encode()) + 1
            if left < 0:
                break
            rows.append(row)
        text = _block_text(block, rows)
        room -= len(text.encode())
        written += text
    return written


def _block_text(block: Block, rows: Sequence[str]) -> str:
    missing = len(block.rows) - len(rows)
    lines = ["", block.opening, *rows] if rows else [""]
    if missing:
        more = "more " if rows else ""
        said = f"{missing} {more}{block.noun} left out, for a comment has a longest length"
        lines += ["", f"*{said}; `pulumi preview --diff` shows everything.*"]
    if rows and block.closing:
        lines += ["", block.closing]
    return "\n".join(lines) + "\n"


def _heading(preview: Preview) -> str:
    name = code(preview.stack, in_table=False) if preview.stack else "an empty stack"
    return f"### Preview of {name}"


def _summary(preview: Preview, risks: Collection[Risk]) -> str:
    counts = Counter(step.verb for step in preview.steps if step.is_resource)
    words = [f"{counts[verb]} to {verb}" for verb in _COUNTED if counts[verb]]
    only_options = sum(step.verb == "same" and bool(option_changes(step)) for step in preview.steps)
    if only_options:
        words.append(f"{only_options} with other options")
    line = f"{', '.join(words) or 'no changes'}."
    if preview.has_failed:
        return (
            f"❌ **The preview failed**, so this is not all that an update would do. "
            f"Until then: {line}"
        )
    level = level_of(risks)
    risk = "No risk found" if level is Level.NONE else f"{str(level).capitalize()} risk"
    return f"{_MARKS[level]} **{risk}**: {line}"


def _risk_block(risks: Iterable[Risk]) -> Block:
    rows = [
        f"| {_MARKS[risk.level]} {risk.level} | {code(risk.resource)} | {risk.rule.title} | "
        f"{''.join(code(part.text) if isinstance(part, Code) else part for part in risk.reason)} |"
        for risk in risks
    ]
    return Block(
        "#### Risks\n\n| level | resource | what | why |\n|---|---|---|---|", tuple(rows), "risks"
    )


def _message_block(messages: Iterable[Message]) -> Block:
    rows = []
    for message in messages:
        resource = f" ({message.resource})" if message.resource else ""
        text = shortened(message.text, _LONGEST_MESSAGE)
        prefix = "" if message.severity == "info" else f"{message.severity}{resource}: "
        rows.append(fenced(f"{prefix}{text}"))
    return Block("#### Messages\n", tuple(rows), "messages")


def _change_block(steps: Iterable[Step]) -> Block:
    rows: list[str] = []
    for step in steps:
        changes = _shown_changes(step)
        if not changes:
            rows.append(_change_row(step, *_without_properties(step)))
        for number, change in enumerate(changes):
            rows.append(_change_row(step, *_property_cells(change), is_first=number == 0))
    return Block(
        "#### Changes\n\n| change | resource | property | before | after |\n|---|---|---|---|---|",
        tuple(rows),
        "rows",
    )


def _change_row(
    step: Step, property_: str, before: str, after: str, *, is_first: bool = True
) -> str:
    verb: str = "options" if step.verb == "same" else step.verb
    if step.verb in {"delete", "replace"}:
        verb = f"**{verb}**"
    name = f"{verb} | {code(step.name)}" if is_first else " | "
    return f"| {name} | {property_} | {before} | {after} |"


def _kind(step: Step) -> str:
    return code(step.type.rpartition(":")[2])


def _shown_changes(step: Step) -> tuple[PropertyChange, ...]:
    """Give what a row each is about; what comes or goes as a whole has but one row."""
    if step.verb in {"create", "adopt", "delete"}:
        return ()
    # What the engine calls the same may differ in spelling.
    properties = () if step.verb == "same" else property_changes(step)
    return (*properties, *option_changes(step))


def _without_properties(step: Step) -> tuple[str, str, str]:
    if step.verb == "create":
        return _kind(step), _NONE, "new"
    if step.verb == "delete":
        return _kind(step), code(step.before.id) if step.before else _NONE, _NONE
    if step.verb == "adopt":
        named = (step.after.adopts or step.after.id) if step.after else ""
        return _kind(step), code(named) if named else _NONE, "as it is"
    if step.verb == "replace":
        return "*replacement is forced*", _NONE, _NONE
    return "*nothing that a preview shows*", _NONE, _NONE


def _property_cells(change: PropertyChange) -> tuple[str, str, str]:
    name = code(change.path) + (" **replaces**" if change.forces_replacement else "")
    old, new = change.before, change.after
    if _is_list(old) and _is_list(new) and not (old is ABSENT and new is ABSENT):
        return name, *_list_cells(old, new)
    if as_policy(old) is not None or as_policy(new) is not None:
        return name, _policy_cell(old), _policy_cell(new)
    if isinstance(old, Hidden | Absent) or isinstance(new, Hidden | Absent):
        return name, _cell(old), _cell(new)
    one, other = shortened_pair(_text(old), _text(new))
    return name, code(one), code(other)


def _cell(value: Value | Absent) -> str:
    if isinstance(value, Absent) or value is None:
        return _NONE
    if isinstance(value, Hidden):
        return f"*{value.value}*"
    return code(_text(value))


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


def _is_list(value: Value | Absent) -> bool:
    return value is ABSENT or (
        isinstance(value, list) and all(isinstance(item, str | Hidden) for item in value)
    )


def _list_cells(old: Value | Absent, new: Value | Absent) -> tuple[str, str]:
    """Show what is taken out and what is added, and count the rest."""
    before, after = (value if isinstance(value, list) else [] for value in (old, new))
    removed = [item for item in before if item not in after]
    added = [item for item in after if item not in before]
    same = len(before) - len(removed)
    if not removed and not added:
        return _cell(old), _cell(new)
    rest = f"{same} unchanged" if same else ""
    return _items(removed, rest, old), _items(added, rest, new)


def _items(items: Sequence[Value], rest: str, whole: Value | Absent) -> str:
    if whole is ABSENT:
        return _NONE
    shown = [_cell(item) for item in items[:_NAMED]]
    if len(items) > _NAMED:
        shown.append(f"{len(items) - _NAMED} more")
    return ", ".join([*shown, *([rest] if rest else [])]) or "*empty*"


def _policy_cell(value: Value | Absent) -> str:
    document = as_policy(value)
    if document is None:
        return _cell(value)
    count = len(statements(document))
    return f"*policy of {count} statement{'' if count == 1 else 's'}*"


def _policy_block(steps: Iterable[Step]) -> Block:
    """Show what changes in policies that stand in properties, statement by statement."""
    rows = [
        f"| {code(step.name)} | {row} |"
        for step in steps
        for change in property_changes(step)
        for row in _policy_rows(change)
    ]
    return Block(
        "#### Policies\n\n| resource | statement | part | removed | added |\n|---|---|---|---|---|",
        tuple(rows),
        "rows",
    )


def _policy_rows(change: PropertyChange) -> Iterator[str]:
    old, new = as_policy(change.before), as_policy(change.after)
    if old is None and new is None:
        return
    for difference in statement_changes(statements(old), statements(new)):
        known = difference.after or difference.before
        if known is not None:
            label = f"{known.effect} {code(known.sid)}" if known.sid else known.effect
            yield from (f"{label} | {row}" for row in _statement_rows(difference))


def _statement_rows(difference: StatementChange) -> Iterator[str]:
    for part, before, after in (
        ("who", *_both(difference, _principals)),
        ("does", *_both(difference, lambda statement: sorted(statement.actions))),
        ("on", *_both(difference, lambda statement: sorted(statement.resources))),
        ("if", *_both(difference, _tests)),
    ):
        removed = [item for item in before if item not in after]
        added = [item for item in after if item not in before]
        if removed or added:
            yield f"{part} | {_code_list(removed)} | {_code_list(added)}"


def _both(
    difference: StatementChange, parts: Callable[[Statement], list[str]]
) -> tuple[list[str], list[str]]:
    return (
        parts(difference.before) if difference.before else [],
        parts(difference.after) if difference.after else [],
    )


def _principals(statement: Statement) -> list[str]:
    return sorted(principal.label for principal in statement.principals)


def _tests(statement: Statement) -> list[str]:
    return sorted(
        f"{test.key} {test.operator} {', '.join(sorted(test.values))}" for test in statement.tests
    )


def _code_list(items: Sequence[str]) -> str:
    rest = f", {len(items) - _NAMED} more" if len(items) > _NAMED else ""
    return ", ".join(code(item) for item in items[:_NAMED]) + rest or _NONE


def _creation_block(steps: Sequence[Step]) -> Block:
    rows = [
        f"| {code(step.name) if number == 0 else ' '} | {code(change.path)} | "
        f"{_property_cells(change)[2]} |"
        for step in steps
        for number, change in enumerate(property_changes(step))
    ]
    return Block(
        "<details><summary>Properties of new resources</summary>\n\n"
        "| resource | property | value |\n|---|---|---|",
        tuple(rows),
        "properties",
        closing="</details>",
    )
