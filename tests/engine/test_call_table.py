"""What a real engine asks of a dynamic provider, call by call.

The adapter is built on these tables: an engine that behaves otherwise breaks these tests first.
A call reads ``diff(#1, out k1/a, in k1/b)``: the id of the first resource made under that name,
then what was and what shall be. ``raw`` are inputs as the program wrote them, ``in`` are those that
``check`` gave, ``out`` are outputs, ``{}`` is nothing; each with its two properties ``key/text``.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from pulumi import Alias, ResourceOptions, automation

from tests.engine.recording import RECORD_VARIABLE, Record, Recorded
from tests.engine.stack import Stack

REPOSITORY = Path(__file__).parents[2]

FIRST_CHECK = "check({}, raw k1/a)"
PREVIEWED = [FIRST_CHECK]
CREATED = [FIRST_CHECK, "create(in k1/a)"]
UNCHANGED = ["check(in k1/a, raw k1/a)", "diff(#1, out k1/a, in k1/a)"]
REFRESHED = ["read(#1, out k1/a)", "diff(#1, out k1/a, in k1/a)"]
DELETED = ["delete(#1, out k1/a)"]


@pytest.fixture
def record(stack: Stack, tmp_path: Path) -> Record:
    record = Record(tmp_path / "calls.jsonl")
    # The plugin imports the provider, so it must find this package.
    stack.set_environment(**{RECORD_VARIABLE: str(record.path), "PYTHONPATH": str(REPOSITORY)})
    return record


def test_the_life_of_a_resource(stack: Stack, record: Record) -> None:
    deletes_first = ResourceOptions(delete_before_replace=True)

    def before() -> None:
        Recorded("same")
        Recorded("updated")
        Recorded("replaced")
        Recorded("replaced, deleted first", deletes_first=True)
        Recorded("replaced, deleted first by option", opts=deletes_first)
        Recorded("ignored")
        Recorded("protected")
        Recorded("old name")
        Recorded("removed")
        Recorded("gone", gone=True)

    def after(protected_key: str = "k1", *, protect: bool = True) -> None:
        Recorded("same")
        Recorded("updated", text="b")
        Recorded("replaced", key="k2")
        Recorded("replaced, deleted first", key="k2", deletes_first=True)
        Recorded("replaced, deleted first by option", key="k2", opts=deletes_first)
        Recorded("ignored", text="b", opts=ResourceOptions(ignore_changes=["text"]))
        Recorded("protected", protected_key, opts=ResourceOptions(protect=protect))
        Recorded("new name", opts=ResourceOptions(aliases=[Alias(name="old name")]))
        Recorded("got", opts=ResourceOptions(id="#9"))
        Recorded("gone", gone=True)

    declared = (
        *("same", "updated", "replaced", "replaced, deleted first"),
        *("replaced, deleted first by option", "ignored", "protected", "old name"),
        *("removed", "gone"),
    )
    stack.preview(before)
    assert record.new_calls() == dict.fromkeys(declared, PREVIEWED)

    stack.up(before)
    assert record.new_calls() == dict.fromkeys(declared, CREATED)

    stack.up(after)
    # Nothing of the first check reaches the second one, or the creation.
    replaced = ["check(in k1/a, raw k2/a)", "diff(#1, out k1/a, in k2/a)", "check({}, raw k2/a)"]
    assert record.new_calls() == {
        "same": UNCHANGED,
        "updated": [
            "check(in k1/a, raw k1/b)",
            "diff(#1, out k1/a, in k1/b)",
            "update(#1, out k1/a, in k1/b)",
        ],
        "replaced": [*replaced, "create(in k2/a)", "delete(#1, out k1/a)"],
        "replaced, deleted first": [*replaced, "delete(#1, out k1/a)", "create(in k2/a)"],
        "replaced, deleted first by option": [
            *(*replaced, "delete(#1, out k1/a)", "create(in k2/a)")
        ],
        "ignored": UNCHANGED,
        "protected": UNCHANGED,
        "new name": UNCHANGED,
        "got": ["read(#9, raw k1/a)"],
        "gone": UNCHANGED,
        "removed": DELETED,
    }
    # What is unchanged keeps its outputs, but gets the inputs of the latest check.
    same = stack.resource("same")
    assert (same["outputs"]["__checked"], same["inputs"]["__checked"]) == (2, 3)
    assert stack.resource("replaced")["outputs"]["__checked"] == 4

    with pytest.raises(automation.CommandError, match="protected"):
        stack.preview(lambda: after(protected_key="k2"))
    assert record.new_calls()["protected"] == replaced

    stack.refresh()
    refreshed_second = ["read(#2, out k2/a)", "diff(#2, out k2/a, in k2/a)"]
    refreshed_updated = ["read(#1, out k1/b)", "diff(#1, out k1/b, in k1/b)"]
    assert record.new_calls() == {
        "same": REFRESHED,
        "updated": refreshed_updated,
        "replaced": refreshed_second,
        "replaced, deleted first": refreshed_second,
        "replaced, deleted first by option": refreshed_second,
        "ignored": REFRESHED,
        "protected": REFRESHED,
        # The outputs are still those of the old name, the inputs are not.
        "old name": REFRESHED[:1],
        "new name": REFRESHED[1:],
        "got": ["read(#9, out k1/a)"],
        "gone": REFRESHED[:1],
    }

    stack.up(lambda: after(protect=False), refresh=True)
    unchanged_second = ["check(in k2/a, raw k2/a)", "diff(#2, out k2/a, in k2/a)"]
    unchanged_updated = ["check(in k1/b, raw k1/b)", "diff(#1, out k1/b, in k1/b)"]
    assert record.new_calls() == {
        "same": [*REFRESHED, *UNCHANGED],
        "updated": [*refreshed_updated, *unchanged_updated],
        "replaced": [*refreshed_second, *unchanged_second],
        "replaced, deleted first": [*refreshed_second, *unchanged_second],
        "replaced, deleted first by option": [*refreshed_second, *unchanged_second],
        "ignored": [*REFRESHED, *UNCHANGED],
        "protected": [*REFRESHED, *UNCHANGED],
        "old name": REFRESHED,
        "new name": UNCHANGED,
        "got": ["read(#9, out k1/a)", "read(#9, raw k1/a)"],
        "gone": CREATED,
    }

    stack.destroy()
    assert record.new_calls() == {
        "same": DELETED,
        "updated": ["delete(#1, out k1/b)"],
        "replaced": ["delete(#2, out k2/a)"],
        "replaced, deleted first": ["delete(#2, out k2/a)"],
        "replaced, deleted first by option": ["delete(#2, out k2/a)"],
        "ignored": DELETED,
        "protected": DELETED,
        "old name": DELETED,
        "gone": ["delete(#2, out k1/a)"],
    }


def test_a_forced_replacement_looks_like_a_first_creation(stack: Stack, record: Record) -> None:
    def program() -> None:
        Recorded("first")
        Recorded("by option", opts=ResourceOptions(delete_before_replace=True))
        Recorded("by diff", deletes_first=True)

    stack.up(program)
    urns = [stack.resource(name)["urn"] for name in ("first", "by option", "by diff")]
    record.new_calls()

    stack.up(program, replace=urns)
    assert record.new_calls() == {
        "first": [*CREATED, "delete(#1, out k1/a)"],
        "by option": [FIRST_CHECK, "delete(#1, out k1/a)", "create(in k1/a)"],
        # No diff, so no one asks what it would say.
        "by diff": [*CREATED, "delete(#1, out k1/a)"],
    }

    stack.up(program, replace=urns[:1], target=urns[:1])  # what --target-replace stands for
    assert record.new_calls() == {"first": [*CREATED, "delete(#2, out k1/a)"]}

    stack.cli("state", "taint", *urns[:2], "--yes")
    stack.up(program)
    assert record.new_calls() == {
        "first": [*CREATED, "delete(#3, out k1/a)"],
        "by option": [FIRST_CHECK, "delete(#2, out k1/a)", "create(in k1/a)"],
        "by diff": ["check(in k1/a, raw k1/a)", "diff(#2, out k1/a, in k1/a)"],
    }


def test_what_was_never_finished_is_updated_or_deleted(stack: Stack, record: Record) -> None:
    def program(*names: str) -> None:
        before: list[Recorded] = []  # a failure ends what runs beside it
        for name in names:
            before = [Recorded(name, fails=True, opts=ResourceOptions(depends_on=before))]

    with pytest.raises(automation.CommandError, match="never finished"):
        stack.up(lambda: program("updated"))
    assert record.new_calls() == {"updated": CREATED}
    assert stack.resource("updated")["initErrors"] == ["never finished"]

    # An update, although the diff finds no change.
    with pytest.raises(automation.CommandError, match="never finished"):
        stack.up(lambda: program("updated", "deleted"))
    assert record.new_calls() == {
        "updated": [*UNCHANGED, "update(#1, out k1/a, in k1/a)"],
        "deleted": CREATED,
    }
    assert "initErrors" not in stack.resource("updated")

    stack.destroy()
    assert record.new_calls() == {"updated": DELETED, "deleted": DELETED}


def _duplicate(resources: list[dict[str, Any]]) -> None:
    """Record each resource once more, as one whose deletion is pending.

    A crash between the creation and the deletion of a forced replacement leaves that, where the
    creation returned the live resource.
    """
    mine = [item for item in resources if "dynamic/" in item["type"] and not item.get("external")]
    resources.extend({**item, "delete": True} for item in deepcopy(mine))


def test_pending_deletions_of_a_live_resource_come_last(stack: Stack, record: Record) -> None:
    def program(*names: str, text: str = "a") -> None:
        for name in names:
            Recorded(name, text=text if name == "changed" else "a")

    stack.up(lambda: program("same", "changed", "removed", "removed later"))
    record.new_calls()

    stack.change_state(_duplicate)
    stack.up(lambda: program("same", "changed", "removed later", text="b"))
    assert record.new_calls() == {
        "same": [*UNCHANGED, *DELETED],
        "changed": [
            "check(in k1/a, raw k1/b)",
            "diff(#1, out k1/a, in k1/b)",
            "update(#1, out k1/a, in k1/b)",
            *DELETED,
        ],
        "removed": [*DELETED, *DELETED],
        "removed later": [*UNCHANGED, *DELETED],
    }

    stack.change_state(_duplicate)
    stack.up(lambda: program("same", "changed", text="c"), refresh=True, parallel=1)
    calls = record.new_calls()
    # A refresh looks at both; what is not declared is compared, too, but never checked.
    assert sorted(calls["same"][:4]) == sorted(REFRESHED * 2)
    assert calls["same"][4:] == [*UNCHANGED, *DELETED]
    assert calls["changed"][4:] == [
        "check(in k1/b, raw k1/c)",
        "diff(#1, out k1/b, in k1/c)",
        "update(#1, out k1/b, in k1/c)",
        "delete(#1, out k1/b)",
    ]
    assert sorted(calls["removed later"][:4]) == sorted(REFRESHED * 2)
    assert calls["removed later"][4:] == [*DELETED, *DELETED]

    stack.change_state(_duplicate)
    stack.destroy()
    assert record.new_calls() == {
        "same": [*DELETED, *DELETED],
        "changed": ["delete(#1, out k1/c)", "delete(#1, out k1/c)"],
    }
