"""By default nothing is refuted; with an alternative in force, its assumption is."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest

from omics_components.emulator.assumptions import assumptions
from tests.acceptance.conftest import resources
from tests.conformance.emulated_account import Emulated
from tools.acceptance.cost import PRICES
from tools.acceptance.probes import PROBES
from tools.acceptance.record import Record, Result
from tools.acceptance.sweep import clean_up
from tools.acceptance.trial import try_assumptions

TIMES = 2
SOAK = "OMICS_COMPONENTS_SOAK" in os.environ
SAMPLE = {
    "keyless-store-key": "as-given",
    "locations-verbatim": "slash-dropped",
    "non-empty-deletion": "validation-terse",
    "get-lags-after-create": "half-a-minute",
    "tags-lag-after-create": "not-found",
    "busy-store-deletion": "accepted",
    "source-account": "neither",
    "bucket-creation-tags": "refused",
}
"""Tried by `make test`; `make soak` tries all."""


def decidable() -> Iterator[tuple[str, str]]:
    """Yield each alternative that one run must see."""
    for name, assumption in assumptions().items():
        if assumption.decidable == "one run":
            for other in assumption.alternatives:
                if other.acted_out and other.id not in PROBES[name].cannot_tell:
                    yield name, other.id


def tried(account: Emulated, *names: str) -> dict[str, Result]:
    """Try assumptions, clean up, and return what was found."""
    record = Record(service="emulator", region=account.region, owner=account.owner)
    chosen = [assumptions()[name] for name in names]
    try_assumptions(account, record, chosen, times=TIMES, report=lambda *_: None)
    assert clean_up(account, settle_s=200) == []
    return record.results


def test_by_default_all_that_one_run_decides_is_confirmed(account: Emulated) -> None:
    found = tried(account, *assumptions())

    assert found.keys() == assumptions().keys()
    assert {
        name: (result.verdict, result.seen)
        for name, result in found.items()
        if assumptions()[name].decidable == "one run"
        and not PROBES[name].cannot_tell
        and result.verdict != "confirmed"
    } == {}
    assert [name for name, result in found.items() if result.verdict == "refuted"] == []
    assert resources(account.client) == []
    made = Counter(call.name for call in account.emulator.calls)
    services = Counter(call.service for call in account.emulator.calls)
    at_most = {price.unit.split(" (")[0]: price.most * TIMES for price in PRICES}
    assert 0 < made["kms:CreateKey"] <= at_most["hour of a KMS key"]
    assert 0 < services["kms"] <= at_most["KMS request"]
    assert 0 < services["s3"] <= at_most["S3 request"]


@pytest.mark.parametrize(("name", "choice"), [*(decidable() if SOAK else SAMPLE.items())])
def test_an_alternative_is_refuted(account: Emulated, name: str, choice: str) -> None:
    account.emulator.configure(assume={name: choice})

    result = tried(account, name)[name]

    print(f"{name:36} {choice:20} {result.verdict:12} {result.seen}")  # noqa: T201 the table of make soak
    assert result.verdict == "refuted", result.seen
    assert result.alternative is not None
    account.emulator.configure(assume={})
    assert resources(account.client) == []


def test_what_cannot_be_told_apart_is_not_confirmed(account: Emulated) -> None:
    account.emulator.configure(assume={"source-account": "not-to-s3"})

    result = tried(account, "source-account")["source-account"]

    assert (result.verdict, result.seen) == (
        "undetermined",
        "[true, true], which is also seen with not-to-s3",
    )


def test_what_needs_days_or_hands_says_so(account: Emulated) -> None:
    found = tried(account, "token-expiry", "store-quota")

    assert [(one.verdict, one.seen) for one in found.values()] == [
        ("undetermined", "needs days: Repeat a creation after a minute, an hour and a day."),
        ("undetermined", "by hand: Reach the quota, delete a store, create another at once."),
    ]


def test_each_that_one_run_decides_has_an_observation() -> None:
    one_run = {name for name, one in assumptions().items() if one.decidable == "one run"}

    assert one_run == PROBES.keys()


def test_a_refusal_that_no_observation_expects_is_not_the_end(account: Emulated) -> None:
    account.emulator.faults.add(
        {"operation": "CreateSequenceStore", "code": "InternalServerException", "times": 1}
    )

    found = tried(account, "keyless-store-key", "update-answer")

    assert [one.verdict for one in found.values()] == ["undetermined", "confirmed"]
    assert "InternalServerException" in found["keyless-store-key"].seen


def test_what_was_seen_names_no_account_and_no_store(account: Emulated) -> None:
    account.emulator.configure(assume={"keyless-store-key": "as-given"})

    found = tried(account, "non-empty-deletion", "bad-key", "log-bucket-code", "foreign-arn-tags")

    text = "\n".join(one.model_dump_json() for one in found.values())
    assert "CreateSequenceStore 4" in text
    for made in account.deleted:
        assert made.id.rpartition("/")[2] not in text
    for name in (account.number, account.owner, "999999999999"):
        assert name not in text
