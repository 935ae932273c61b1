"""Try assumptions one after the other, and decide each by what was seen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError

from omics_components.emulator.assumptions import Assumption
from tools.acceptance.account import Account, Call, NoCredentials, Undetermined
from tools.acceptance.probes import PROBES, SECONDS, Probe
from tools.acceptance.record import Record, Result, Verdict, redact
from tools.acceptance.sweep import delete_made

Report = Callable[[str, Result], None]


class _Found(NamedTuple):
    verdict: Verdict
    seen: str
    alternative: str | None = None


def try_assumptions(
    account: Account,
    record: Record,
    chosen: Iterable[Assumption],
    *,
    times: int,
    report: Report,
) -> None:
    """Try each assumption, and put what was found into the record.

    Args:
        account: Where.
        record: What is known; changed in place.
        chosen: The assumptions.
        times: How often what may take time is tried.
        report: Called after each.

    Raises:
        BotoCoreError: AWS is not reached.
        NoCredentials: It takes the credentials no more.
    """
    for number, assumption in enumerate(chosen):
        account.label = f"{account.owner}-{number}"
        account.calls = []
        result = _tried(account, assumption, times)
        record.results[assumption.id] = result
        report(assumption.id, result)
        delete_made(account)


def _tried(account: Account, assumption: Assumption, times: int) -> Result:
    found = _decided(account, assumption, times)
    return Result(
        verdict=found.verdict,
        seen=redact(found.seen, account.number),
        alternative=found.alternative,
        on=f"{datetime.now(UTC):%Y-%m-%d}",
        calls=tuple(redact(_line(call), account.number) for call in account.calls),
    )


def _decided(account: Account, assumption: Assumption, times: int) -> _Found:
    if assumption.decidable != "one run":
        needs = "needs days" if assumption.decidable == "waiting" else "by hand"
        return _Found("undetermined", f"{needs}: {assumption.try_on_aws}")
    probe = PROBES[assumption.id]
    try:
        seen = _observed(account, probe, times)
    except Undetermined as reason:
        return _Found("undetermined", str(reason))
    except (BotoCoreError, NoCredentials):
        raise  # AWS did not answer: a later run tries it
    except Exception as error:  # noqa: BLE001 whatever AWS answers: the next one is tried
        return _Found("undetermined", f"{type(error).__name__}: {error}")
    if probe.seen is SECONDS:
        return _by_time(assumption, probe, seen)
    return _by_answer(probe, seen)


def _by_time(assumption: Assumption, probe: Probe, seconds: float) -> _Found:
    if seconds <= probe.within_s:
        return _Found("confirmed", f"{seconds} s")
    lasting = [one for one in assumption.alternatives if one.seconds]
    nearest = min(lasting, key=lambda one: abs((one.seconds or 0) - seconds))
    return _Found("refuted", f"{seconds} s", nearest.id)


def _by_answer(probe: Probe, seen: Any) -> _Found:
    text = json.dumps(seen)
    matching = [name for name, expected in probe.seen.items() if expected == seen]
    if None not in matching:
        return _Found("refuted", text, matching[0] if matching else None)
    if probe.cannot_tell:
        which = ", ".join(probe.cannot_tell)
        return _Found("undetermined", f"{text}, which is also seen with {which}")
    return _Found("confirmed", text)


def _observed(account: Account, probe: Probe, times: int) -> Any:
    if probe.seen is not SECONDS:
        return probe.observe(account)
    longest = 0
    label = account.label
    for number in range(times):
        account.label = f"{label}-{number}"
        longest = max(longest, probe.observe(account))
        if longest > probe.within_s:
            break
    return longest


def _line(call: Call) -> str:
    error = f" {call.code}: {call.message}" if call.code else ""
    return f"{call.operation} {call.status}{error}"
