"""Two people of one name, and a take-over in the middle of what the other one does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi import automation

from tests.engine.people import put_data
from tests.engine.test_two_people import (
    TAKE_OVER,
    Two,
    ids_by_kind,
    lab,
    place,
    refused,
    server,
    two,
)

__all__ = ["place", "server", "two"]


def _live(two: Two) -> set[str]:
    return set(two.snapshot().things)


def test_a_namesake_adopts_what_is_finished_only_with_take_over(two: Two) -> None:
    made = two.begin(lab())
    before = two.snapshot()

    text = refused(two.bob.up, lab(imported=made))

    assert "a declaration of this name manages it" in text
    assert "omics-components:takeOver" in text
    assert ids_by_kind(two.bob).items().isdisjoint(made.items())
    assert two.snapshot() == before
    two.alice.preview(lab(), expect_no_changes=True)


def test_the_same_rename_in_both_stacks_leaves_the_new_owner_what_it_took_over(two: Two) -> None:
    made = two.begin(lab("old"))
    two.bob.set_config(TAKE_OVER, ",".join(made.values()))
    two.up(two.bob, lab("old", imported=made))
    renamed = lab("new", aliases=[pulumi.Alias(name="old")])
    two.bob.up(renamed)

    text = refused(two.alice.up, renamed)

    assert "another stack or resource took it over" in text
    two.alice.destroy()
    assert set(made.values()) <= _live(two)
    two.bob.preview(renamed, expect_no_changes=True)


def _while_destroying(two: Two, operation: str, command: Callable[[], Any]) -> None:
    """Run a command once the destroy of the other person has made a call."""
    emulator = two.alice.server.emulator
    emulator.calls.clear()
    errors: list[Exception] = []

    def destroy() -> None:
        try:
            two.alice.destroy()
        except automation.CommandError as error:
            errors.append(error)

    thread = threading.Thread(target=destroy)
    thread.start()
    deadline_s = time.monotonic() + 60
    while operation not in str(emulator.calls.names()):
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
    command()
    thread.join()
    assert not errors, errors


def test_a_store_that_is_taken_over_while_a_destroy_waits_for_it_stays(two: Two) -> None:
    made = two.begin(lab(kinds=["store"]))
    arn = made["store"]
    two.alice.server.emulator.configure(updating_s=12)
    two.alice.aws().update_sequence_store(id=arn.rpartition("/")[2], description="Reads")
    two.bob.set_config(TAKE_OVER, arn)
    theirs = lab("theirs", imported=made, kinds=["store"])

    _while_destroying(two, "DeleteSequenceStore", lambda: two.bob.up(theirs))

    assert arn in _live(two)
    assert ids_by_kind(two.bob)["store"] == arn


def test_a_store_that_is_taken_over_while_a_destroy_empties_it_stays(two: Two) -> None:
    made = two.begin(lab(kinds=["store"]))
    arn, emulator = made["store"], two.alice.server.emulator
    emulator.put_read_sets(arn.rpartition("/")[2], count=150)
    emulator.configure(read_set_deleting_s=10)
    two.bob.set_config(TAKE_OVER, arn)
    theirs = lab("theirs", imported=made, kinds=["store"])

    _while_destroying(two, "BatchDeleteReadSet", lambda: two.bob.up(theirs))

    assert arn in _live(two)


@pytest.mark.parametrize("kind", ["store", "key"])
def test_a_renamed_resource_is_not_forgotten_while_its_tags_lag(two: Two, kind: str) -> None:
    alice = two.alice
    two.up(alice, lab("old", kinds=[kind]))
    made = ids_by_kind(alice)
    put_data(alice.server, made.values())
    lag = "tags-lag-after-change" if kind == "store" else "kms-tags-lag"
    alice.server.emulator.configure(assume={lag: "five-seconds"})
    alice.up(lab("new", kinds=[kind], aliases=[pulumi.Alias(name="old")]))

    alice.up(lab("new", note="New", kinds=[kind]))

    assert ids_by_kind(alice) == made
