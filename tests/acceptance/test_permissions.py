"""The policy that a run prints suffices, as the emulator enforces it."""

from __future__ import annotations

from typing import Any, cast

from omics_components.emulator.assumptions import assumptions
from tests.acceptance.conftest import resources
from tests.conformance.emulated_account import Emulated
from tools.acceptance.permissions import policy
from tools.acceptance.record import Record
from tools.acceptance.sweep import clean_up
from tools.acceptance.trial import try_assumptions

POLICY = cast("dict[str, Any]", policy(("us-east-1", "eu-west-1"), "123456789012"))


def outcome(account: Emulated, allowed: dict[str, Any] | None) -> tuple[object, list[str]]:
    """Try everything under a policy, with leftovers to sweep; return verdicts and what is left."""
    _leave_something(account)
    account.emulator.allow_only(allowed)
    record = Record(service="emulator", region=account.region, owner=account.owner)
    left: list[str] = []
    try:
        try_assumptions(account, record, assumptions().values(), times=1, report=lambda *_: None)
        left = clean_up(account, settle_s=200)
    except Exception as error:  # noqa: BLE001 a refusal shows that the action is needed
        left.append(str(error))
    account.emulator.allow_only(None)
    verdicts = {name: one.verdict for name, one in record.results.items()}
    return verdicts, [*left, *resources(account.client)]


def _leave_something(account: Emulated) -> None:
    """Leave what a killed run may leave, which no process remembers."""
    account.label = f"{account.owner}-left"
    account.store()
    key = account.key()
    account.kms.create_alias(AliasName=f"alias/{account.label}", TargetKeyId=key)
    account.bucket()
    account.made.clear()


def test_the_policy_suffices(account: Emulated) -> None:
    may_all = outcome(account, None)
    account.begin_again()

    assert outcome(account, POLICY) == may_all
    assert may_all[1] == []
