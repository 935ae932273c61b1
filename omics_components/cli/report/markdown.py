"""Write the report as Markdown for a comment on GitHub."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from omics_components.cli.report.assessment import level_of
from omics_components.cli.report.cells import (
    NONE,
    policy_rows,
    short_code,
    value_cell,
    value_change,
)
from omics_components.cli.report.escaping import code, fenced, shortened
from omics_components.cli.report.not_judged import NotJudged, not_judged_changes
from omics_components.cli.report.preview import Message, Preview, Step, Verb
from omics_components.cli.report.properties import (
    PropertyChange,
    option_changes,
    property_changes,
)
from omics_components.cli.report.redaction import without_secrets
from omics_components.cli.report.rules import Code, Level, Risk

COMMENT_LIMIT_BYTES = 65_536
"""GitHub's limit is 65,536 characters; bytes of UTF-8 are counted, to be on the safe side."""

_ROOM_FOR_LEFT_OUT = 200
_MESSAGE_MAX = 2_000

_MARKS = {Level.NONE: "🟢", Level.LOW: "🟡", Level.MEDIUM: "🟠", Level.HIGH: "🔴"}

_CHANGING: tuple[Verb, ...] = ("delete", "replace", "update", "adopt")
_COUNTED: tuple[Verb, ...] = (*_CHANGING, "create", "read")
"""In the order of the summary."""


@dataclass(frozen=True)
class Block:
    """A part of the report, which may lose rows at its end.

    Args:
        opening: Lines before the rows.
        rows: The rows, each on lines of its own.
        noun: The noun for a row, in the line that counts those left out.
        closing: Lines after the rows.
    """

    opening: str
    rows: tuple[str, ...]
    noun: str
    closing: str = ""


def marker(preview: Preview) -> str:
    """Return the first line, by which a workflow finds its comment: one for each stack."""
    return f"<!-- omics-components report {re.sub('[^A-Za-z0-9_./]+', '-', preview.stack)} -->"


def write_report(
    preview: Preview, risks: Collection[Risk], limit_bytes: int = COMMENT_LIMIT_BYTES
) -> str:
    """Write the report.

    Args:
        preview: The preview.
        risks: Its risks, the highest level first.
        limit_bytes: Maximum length in bytes. A longer report loses rows at the end of its parts,
            the least important parts first, and counts them.
    """
    preview, risks = without_secrets(preview, risks)
    not_judged = not_judged_changes(preview)
    verbs = (*_COUNTED, "same", "refresh")
    # The engine's order differs from run to run.
    resources = sorted(
        (step for step in preview.steps if step.is_resource),
        key=lambda step: (verbs.index(step.verb), step.name, step.urn),
    )
    changed = [step for step in resources if step.verb in _CHANGING or option_changes(step)]
    created = [step for step in resources if step.verb == "create"]
    head = (
        f"{marker(preview)}\n{_heading(preview)}\n\n{_summary(preview, risks, len(not_judged))}\n"
    )
    blocks = [
        _risk_block(risks),
        _message_block(preview.messages),
        _not_judged_block(not_judged),
        _change_block(changed + created),
        _policy_block(changed + created),
        _creation_block(created),
    ]
    return head + _within(limit_bytes - len(head.encode()), [b for b in blocks if b.rows])


def _within(room: int, blocks: Sequence[Block]) -> str:
    """Write the blocks, each with as many rows as leave room for the later blocks."""
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
        left_out = f"{missing} {more}{block.noun} left out, because a comment has a maximum length"
        lines += ["", f"*{left_out}; `pulumi preview --diff` shows everything.*"]
    if rows and block.closing:
        lines += ["", block.closing]
    return "\n".join(lines) + "\n"


def _heading(preview: Preview) -> str:
    name = code(preview.stack, in_table=False) if preview.stack else "an empty stack"
    return f"### Preview of {name}"


def _summary(preview: Preview, risks: Collection[Risk], not_judged: int) -> str:
    counts = Counter(step.verb for step in preview.steps if step.is_resource)
    words = [f"{counts[verb]} to {verb}" for verb in _COUNTED if counts[verb]]
    only_options = sum(step.verb == "same" and bool(option_changes(step)) for step in preview.steps)
    if only_options:
        words.append(f"{only_options} with other options")
    line = f"{', '.join(words) or 'no changes'}."
    if preview.has_failed:
        no_summary = "" if preview.listing.has_summary else " The file has no change summary."
        return (
            f"❌ **The preview failed**, so the report is incomplete.{no_summary} "
            f"Until then: {line}"
        )
    level = level_of(risks)
    risk = (
        "No risk found in this library's resources"
        if level is Level.NONE
        else f"{str(level).capitalize()} risk"
    )
    also_changed = (
        f"\n\n⚪ **{not_judged} not judged here**: changes of other providers' resources."
        if not_judged
        else ""
    )
    return f"{_MARKS[level]} **{risk}**: {line}{also_changed}"


def _risk_block(risks: Iterable[Risk]) -> Block:
    rows = [
        f"| {_MARKS[risk.level]}&nbsp;{risk.level} | "
        f"{short_code(risk.resource) if risk.resource else 'the file'} | "
        f"{risk.rule.title} | {_reason(risk)} |"
        for risk in risks
    ]
    return Block(
        "#### Risks\n\n| level | resource | what | why |\n|---|---|---|---|", tuple(rows), "risks"
    )


def _reason(risk: Risk) -> str:
    return "".join(
        short_code(part.text) if isinstance(part, Code) else part for part in risk.reason
    )


def _message_block(messages: Iterable[Message]) -> Block:
    rows = []
    for message in messages:
        resource = f" ({message.resource})" if message.resource else ""
        prefix = "" if message.severity == "info" else f"{message.severity}{resource}: "
        text = prefix + shortened(message.text, _MESSAGE_MAX)
        is_one_line = len(text.splitlines()) == 1
        # A line in a fence would not wrap.
        rows.append(f"- {code(text, in_table=False)}" if is_one_line else f"{fenced(text)}\n")
    return Block("#### Messages\n", tuple(rows), "messages")


def _not_judged_block(changes: Iterable[NotJudged]) -> Block:
    rows = [
        f"| {change.verb} | {short_code(change.resource)} | {short_code(change.type)} |"
        for change in changes
    ]
    return Block(
        "#### Not judged here\n\nResources of other providers: deletions, replacements and "
        "changes of policies, keys, buckets and roles. Check them with "
        "[policy packs](https://www.pulumi.com/docs/insights/policy/) (Pulumi CrossGuard).\n\n"
        "| change | resource | type |\n|---|---|---|",
        tuple(rows),
        "changes",
    )


def _change_block(steps: Iterable[Step]) -> Block:
    rows: list[str] = []
    for step in steps:
        cells = [_change_cells(change) for change in _shown_changes(step)]
        for number, row in enumerate(cells or [_without_properties(step)]):
            begin = "" if number else f"{_verb(step)} {short_code(step.name)}"
            rows.append(f"| {begin} | {row} |")
    # Before and after share a column: two would be wider than a comment, and the second unseen.
    return Block(
        "#### Changes\n\n| resource | property | before → after |\n|---|---|---|",
        tuple(rows),
        "rows",
    )


def _verb(step: Step) -> str:
    if step.verb in {"delete", "replace"}:
        return f"**{step.verb}**"
    return "options of" if step.verb == "same" else step.verb


def _shown_changes(step: Step) -> tuple[PropertyChange, ...]:
    """Return the changes that have rows of their own; a creation or deletion has one row."""
    if step.verb in {"create", "adopt", "delete"}:
        return ()
    # Inputs that the engine calls the same may differ in spelling.
    properties = () if step.verb == "same" else property_changes(step)
    return (*properties, *option_changes(step))


def _change_cells(change: PropertyChange) -> str:
    forces = " **replaces**" if change.forces_replacement else ""
    return f"{short_code(change.path)}{forces} | {value_change(change)}"


def _without_properties(step: Step) -> str:
    kind = short_code(step.type.rpartition(":")[2])
    if step.verb == "create":
        return f"{kind} | {NONE} → new"
    if step.verb == "delete":
        return f"{kind} | {short_code(step.before.id) if step.before else ''} → {NONE}"
    if step.verb == "adopt":
        named = (step.after.adopts or step.after.id) if step.after else ""
        return f"{kind} | {short_code(named)} as it is"
    if step.verb == "replace":
        return "*the replacement is forced* | "
    return "*no change that a preview shows* | "


def _policy_block(steps: Iterable[Step]) -> Block:
    """Show the changes of policies that are properties, statement by statement."""
    rows: list[str] = []
    for step in steps:
        changes = (row for change in property_changes(step) for row in policy_rows(change))
        for number, row in enumerate(changes):
            begin = "" if number else short_code(step.name)
            rows.append(f"| {begin} | {row} |")
    return Block(
        "#### Policies\n\n| resource | statement | removed | added |\n|---|---|---|---|",
        tuple(rows),
        "rows",
    )


def _creation_block(steps: Sequence[Step]) -> Block:
    rows = [
        f"| {'' if number else short_code(step.name)} | {short_code(change.path)} | "
        f"{value_cell(change.after)} |"
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
