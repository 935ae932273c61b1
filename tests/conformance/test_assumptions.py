"""The emulator answers as each alternative to an assumption says, and differently by default.

One observation for each assumption, and what it sees by default (None) and with each alternative.
Those that an account allows, too, are in ``tools/acceptance``.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from omics_components.emulator.assumptions import assumptions
from tests.conformance.emulated_account import Emulated, emulated_account
from tools.acceptance.account import SERVICE, code, message
from tools.acceptance.probes import PROBES, SECONDS, Probe, probe

ACCOUNT = "123456789012"


ONLY_EMULATED: dict[str, Probe] = {}
"""What one run on an account does not decide, and what it decides in part."""

only_emulated = partial(probe, into=ONLY_EMULATED)


@only_emulated(
    "failed-store-message",
    {None: "the key is gone", "absent": None, "code-only": "INTERNAL_FAILURE"},
)
def _(p: Emulated) -> Any:
    p.emulator.plan_status([("FAILED", "the key is gone")])
    return p.get(p.new_store()).get("statusMessage")


@only_emulated("store-quota", {None: "ServiceQuotaExceededException", "active-only": None})
def _(p: Emulated) -> Any:
    p.emulator.configure(sequence_stores_max=1)
    p.emulator.plan_status([("FAILED", "the key is gone")])
    p.new_store()
    return code(p.new_store)


@only_emulated("token-expiry", {None: [1, 1], "five-minutes": [1, 2]})
def _(p: Emulated) -> Any:
    made = {p.store(clientToken="t")["id"] for _ in range(2)}
    seen = [len(made)]
    p.clock.advance(301)
    made.add(p.store(clientToken="t")["id"])
    return [*seen, len(made)]


@only_emulated("empty-reference-filter", {None: 2, "no-reference": 1})
def _(p: Emulated) -> Any:
    store = p.store()
    reference = f"arn:aws:omics:us-east-1:{ACCOUNT}:referenceStore/1234567890/reference/1234567890"
    p.emulator.put_read_sets(store["id"], items=[{}, {"referenceArn": reference}])
    found = p.omics.list_read_sets(sequenceStoreId=store["id"], filter={"referenceArn": ""})
    return len(found["readSets"])


@only_emulated("read-set-error-codes", {None: ["ConflictException"], "empty": [""]})
def _(p: Emulated) -> Any:
    return _refused_statuses(p, "ACTIVATING", "code")


@only_emulated(
    "undeletable-read-sets",
    {
        None: ["ACTIVATING", "PROCESSING_UPLOAD"],
        "none": [],
        "archived-too": ["ACTIVATING", "PROCESSING_UPLOAD", "ARCHIVED"],
    },
)
def _(p: Emulated) -> Any:
    statuses = ("ACTIVE", "ACTIVATING", "PROCESSING_UPLOAD", "ARCHIVED")
    return [status for status in statuses if _refused_statuses(p, status, "id")]


@only_emulated("new-principals")
def _(p: Emulated) -> Any:
    store, role = p.store(), {"AWS": f"arn:aws:iam::{ACCOUNT}:role/reader"}
    in_words = p.emulator.settings.assumes("new-principals") == "other-words"
    text = message(p.put_policy, store=store, Principal=role)
    assert text is None or ("Invalid principal" in text) != in_words
    return p.seconds_until(lambda: code(p.put_policy, store=store, Principal=role) is None)


@only_emulated("throttled-before-checks", {None: "ThrottlingException", "admitted-only": None})
def _(p: Emulated) -> Any:
    p.emulator.configure(quotas=True)
    assert code(p.new_store, name="x" * 128) == "ValidationException"
    return code(p.new_store)


@only_emulated(
    "permission-first",
    {None: "AccessDeniedException", "validation-first": "ValidationException"},
)
def _(p: Emulated) -> Any:
    statement = {"Effect": "Allow", "Action": "omics:GetSequenceStore", "Resource": "*"}
    p.emulator.allow_only({"Version": "2012-10-17", "Statement": [statement]})
    return code(p.new_store, name="x" * 128)


@only_emulated("burst", {None: 5, "five-seconds": 25, "one-call": 1})
def _(p: Emulated) -> Any:
    p.emulator.configure(quotas=True)
    return sum(code(p.omics.list_sequence_stores) is None for _ in range(30))


@only_emulated("unlisted-rates", {None: 5, "one": 1})
def _(p: Emulated) -> Any:
    p.emulator.configure(quotas=True)
    get = p.omics.get_reference_store
    codes = [code(get, id="1234567890") for _ in range(10)]
    return codes.count("ResourceNotFoundException")


@only_emulated(
    "non-empty-reference-store-deletion",
    {None: "ConflictException", "validation": "ValidationException"},
)
def _(p: Emulated) -> Any:
    store = p.omics.create_reference_store(name="genomes")
    p.emulator.put_references(store["id"], 1)
    return code(p.omics.delete_reference_store, id=store["id"])


@only_emulated(
    "source-account",
    {
        None: [True, True, True],
        "neither": [False, False, False],
        "not-to-kms": [False, True, False],
        "not-to-s3": [True, False, True],
        "account-only": [True, True, False],
    },
)
def _(p: Emulated) -> Any:
    account = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    store_arns = {"ArnLike": {"aws:SourceArn": f"arn:aws:omics:us-east-1:{ACCOUNT}:*"}}
    location = p.bucket_for(SERVICE, condition=account)
    store = p.store(fallbackLocation=location)
    return [
        code(p.with_key, arn=p.key(account)) is None,
        p.emulator.put_fallback_object(store["id"])["stored"],
        code(p.with_key, arn=p.key(store_arns)) is None,
    ]


@only_emulated("fallback-object-names", {None: 3, "flat": 2})
def _(p: Emulated) -> Any:
    store = p.store(fallbackLocation=p.bucket_for(SERVICE))
    key = p.emulator.put_fallback_object(store["id"])["key"]
    return len(key.split("/"))


@only_emulated(
    "access-log-writer",
    {
        None: [True, False, True],
        "s3-logging": [False, True, True],
        "checked": [True, "ValidationException", True],
    },
)
def _(p: Emulated) -> Any:
    both = (SERVICE, "logging.s3.amazonaws.com")
    seen: list[Any] = []
    for principals in ([both[0]], [both[1]], both):
        location = {"accessLogLocation": p.bucket_for(*principals)}
        refused = code(p.new_store, s3AccessConfig=location)
        store_id = "" if refused else p.listed()[-1]["id"]
        seen.append(refused or p.emulator.put_access_log(store_id)["stored"])
    return seen


def _refused_statuses(p: Emulated, status: str, member: str) -> list[str]:
    store = p.store()
    [made] = p.emulator.put_read_sets(store["id"], items=[{"status": status}])
    answer = p.omics.batch_delete_read_set(sequenceStoreId=store["id"], ids=[made["id"]])
    return [error[member] for error in answer.get("errors", [])]


def worlds() -> Iterator[tuple[str, str | None]]:
    """Yield each assumption as it is by default, and with each alternative that is acted out."""
    for name, assumption in assumptions().items():
        acted_out = [other.id for other in assumption.alternatives if other.acted_out]
        if acted_out:
            yield name, None
            yield from ((name, choice) for choice in acted_out)


@pytest.fixture(scope="module")
def shared_probe() -> Iterator[Emulated]:
    """One for all: to enter moto's mock takes a third of a second."""
    with emulated_account() as made:
        yield made


@pytest.fixture
def fresh_probe(shared_probe: Emulated) -> Emulated:
    shared_probe.begin_again()
    return shared_probe


@pytest.mark.parametrize(("name", "choice"), [*worlds()])
def test_the_emulator_answers_so(fresh_probe: Emulated, name: str, choice: str | None) -> None:
    probes = PROBES | ONLY_EMULATED
    assert name in probes, f"write a probe of {name}"
    observe, seen = probes[name].observe, probes[name].seen
    assumption = assumptions()[name]
    if seen is SECONDS:
        chosen = assumption.alternative(choice) if choice else None
        expected: Any = chosen.seconds if chosen else 0
    else:
        expected = seen[choice]
    if choice:
        fresh_probe.emulator.configure(assume={name: choice})

    assert observe(fresh_probe) == expected


def test_no_probe_is_of_nothing() -> None:
    assert PROBES.keys() | ONLY_EMULATED.keys() <= assumptions().keys()


def test_all_alternatives_may_be_in_force_together(fresh_probe: Emulated) -> None:
    choices = {name: choice for name, choice in worlds() if choice}

    fresh_probe.emulator.configure(assume=choices)

    fresh_probe.emulator.handle("GET", "/sequencestore/1234567890", "", {}, b"")
