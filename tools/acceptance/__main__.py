"""``make acceptance`` and ``make sweep``: try on AWS what is assumed of it, and clean up."""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import shlex
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from omics_components.emulator.assumptions import Assumption, assumptions
from tools.acceptance.account import OWNER_TAG, Account, MakeClient, NoCredentials
from tools.acceptance.cost import LEFT_BEHIND, PRICES, most_usd
from tools.acceptance.permissions import policy
from tools.acceptance.read_sets import is_emulator, put_by, upload
from tools.acceptance.record import OWNER, Record, Result, read_record
from tools.acceptance.sweep import KEY_WINDOW_DAYS, clean_up, find_owned
from tools.acceptance.trial import try_assumptions

RECORD = Path("build/acceptance.json")

REFUTED, MISUSED, LEFT, INTERRUPTED = 1, 2, 3, 130
"""Exit statuses: something is refuted; the command is wrong, or AWS cannot be called; something is
left in the account; interrupted, and cleaned up."""


class Stop(Exception):
    """The command cannot go on. The text says why."""


_STOPPED = (Stop, ValueError, OSError, BotoCoreError, ClientError, NoCredentials)


class _Interruptions:
    """Raises KeyboardInterrupt at the first signal, and ignores those that follow."""

    def __init__(self) -> None:
        self.ignored = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._handle)

    def _handle(self, *_: Any) -> None:
        if not self.ignored:
            self.ignored = True
            raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        if options.policy:
            return _print_policy(options)
        record = _record(options)
        account = _account(options, record)
        return _sweep(options, account) if options.sweep else _accept(options, account, record)
    except _STOPPED as error:
        _say_why(error)
        return MISUSED
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make acceptance ARGS=...",
        description="Try on an AWS account what is assumed of AWS. See docs/acceptance.md.",
    )
    parser.add_argument("--profile", help="a profile of the AWS configuration")
    parser.add_argument("--region", default="us-east-1", help="where stores are made")
    parser.add_argument("--endpoint-url", help="an emulator in the place of AWS")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--only", action="append", metavar="ID", help="try this one; repeatable")
    parser.add_argument("--again", action="store_true", help="try what is decided, too")
    parser.add_argument(
        "--times", type=_times, default=3, help="how often what may lag is tried (default: 3)"
    )
    parser.add_argument(
        "--settle",
        type=_seconds,
        default=15,
        metavar="SECONDS",
        help="how long the clean-up waits for lists that lag (default: 15)",
    )
    parser.add_argument("--policy", action="store_true", help="print the IAM policy, and stop")
    parser.add_argument("--record", type=Path, default=RECORD, help=f"default: {RECORD}")
    parser.add_argument("--sweep", action="store_true", help="only delete what runs have left")
    parser.add_argument("--owner", type=_owner, help="whose leftovers; default: the record's")
    return parser


def _times(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return seconds


def _owner(text: str) -> str:
    if not re.fullmatch(OWNER, text):
        raise argparse.ArgumentTypeError(f"{text!r} is not an owner: acceptance-...")
    return text


def _record(options: argparse.Namespace) -> Record:
    is_emulated = bool(options.endpoint_url)
    if is_emulated and not is_emulator(options.endpoint_url):
        raise Stop(f"no emulator of this library answers at {options.endpoint_url}")
    fresh = Record(service="emulator" if is_emulated else "AWS", region=options.region)
    if options.owner:
        return Record(**{**fresh.model_dump(), "owner": options.owner})
    if not options.record.exists():
        if options.sweep:
            raise Stop(f"there is no {options.record}; name the owner: --owner acceptance-...")
        return fresh
    record = read_record(options.record)
    if (record.service, record.region) != (fresh.service, fresh.region):
        raise Stop(
            f"{options.record} is of {record.service} in {record.region}: move it away, or name "
            "another file with --record"
        )
    return record


def _account(options: argparse.Namespace, record: Record) -> Account:
    endpoint = options.endpoint_url
    return Account(
        _clients(options.profile, endpoint),
        record.owner,
        region=options.region,
        sleep=time.sleep,
        put_read_set=put_by(endpoint) if endpoint else upload,
    )


def _clients(profile: str | None, endpoint: str | None) -> MakeClient:
    # No account's keys are sent to an emulator.
    fake = "fake" if endpoint and not profile else None
    session = boto3.Session(fake, fake, profile_name=profile)
    retries: Any = {"mode": "standard", "total_max_attempts": 8}
    config = Config(retries=retries, inject_host_prefix=not endpoint)
    make: Any = session.client  # its stubs know services by literal names only

    def client(service: str, region: str) -> Any:
        return make(service, region_name=region, endpoint_url=endpoint, config=config)

    return client


def _print_policy(options: argparse.Namespace) -> int:
    account = Account(lambda *_: None, "acceptance-0", region=options.region)
    print(json.dumps(policy((account.region, account.other_region)), indent=2))
    return 0


def _accept(options: argparse.Namespace, account: Account, record: Record) -> int:
    chosen = _chosen(options, record)
    if chosen:
        _print_plan(account, record, chosen, options.times)
        _ask(options)
        number = account.number  # the credentials work before anything is recorded
        _say(f"Owner tag: {OWNER_TAG}={record.owner} in account {number}\n")
        record.save(options.record)

    def report(name: str, result: Result) -> None:
        record.save(options.record)
        other = f" as {result.alternative}" if result.alternative else ""
        _say(f"{result.verdict:12} {name}{other}: {result.seen}")

    status = 0
    if chosen:
        status = _with_clean_up(
            lambda: try_assumptions(account, record, chosen, times=options.times, report=report),
            account,
            options,
        )
    _print_summary(record, options.record)
    is_refuted = any(one.verdict == "refuted" for one in record.results.values())
    return status or (REFUTED if is_refuted else 0)


def _with_clean_up(work: Callable[[], None], account: Account, options: argparse.Namespace) -> int:
    """Do the work and, whatever ends it, clean up; return the exit status."""
    interruptions = _Interruptions()
    status, is_clean = 0, False
    try:
        work()
    except KeyboardInterrupt:
        status = INTERRUPTED
        _say("\nInterrupted.")
    except _STOPPED as error:
        status = MISUSED
        _say_why(error)
    finally:
        while True:
            try:
                interruptions.ignored = True
                is_clean = _clean_up(account, options)
                break
            except KeyboardInterrupt:  # the first one, between the work and this
                status = INTERRUPTED
    return status if is_clean else LEFT


def _clean_up(account: Account, options: argparse.Namespace) -> bool:
    """Delete what is the owner's; say what is left, and return whether nothing is."""
    _say("\nCleaning up.")
    try:
        left = clean_up(account, options.settle)
    except _STOPPED as error:
        left = [f"perhaps more: {error}"]
    if not left:
        return True
    where = [
        part
        for name in ("profile", "region", "endpoint_url")
        if (value := getattr(options, name))
        for part in (f"--{name.replace('_', '-')}", value)
    ]
    again = shlex.join([*where, "--owner", account.owner])
    _say("\nLeft in the account:", *(f"  {one}" for one in left), f'Try: make sweep ARGS="{again}"')
    return False


def _say(*lines: str) -> None:
    """Print lines, or nothing where no one listens any more: the clean-up goes on."""
    try:
        print(*lines, sep="\n", flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say_why(error: BaseException) -> None:
    try:
        print(f"make acceptance: {error}", file=sys.stderr, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def _chosen(options: argparse.Namespace, record: Record) -> list[Assumption]:
    unknown = [name for name in options.only or () if name not in assumptions()]
    if unknown:
        raise Stop(f"there is no assumption {unknown[0]!r}; docs/assumptions.md lists them")
    return [
        one
        for name, one in assumptions().items()
        if (not options.only or name in options.only)
        and (options.again or not _is_decided(record, name))
    ]


def _is_decided(record: Record, name: str) -> bool:
    result = record.results.get(name)
    return result is not None and result.verdict != "undetermined"


def _print_plan(account: Account, record: Record, chosen: Sequence[Assumption], times: int) -> None:
    tried = sum(one.decidable == "one run" for one in chosen)
    _say(
        f"Tries {tried} assumptions on {record.service} in {account.region}; {len(chosen) - tried} "
        f"more are listed as undetermined, {len(record.results)} are recorded already.",
        "Makes and deletes stores without data or with one short read, KMS keys "
        f"({account.region}, {account.other_region}; they wait {KEY_WINDOW_DAYS} days for their "
        "deletion, as KMS has it), empty buckets and a reference store. A whole run takes about "
        "an hour.",
        f"Costs {most_usd(times):.2f} USD at most:",
        *(
            f"  {price.most * times:g} x {price.usd:.7f} USD: {price.unit} ({price.source})"
            for price in PRICES
        ),
        f"  {LEFT_BEHIND}",
    )


def _ask(options: argparse.Namespace) -> None:
    if options.yes:
        return
    if not sys.stdin.isatty():
        raise Stop("there is no terminal to ask on: say --yes")
    try:
        answer = input("Go ahead? [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().lower() not in ("y", "yes"):
        raise Stop("nothing was done")


def _print_summary(record: Record, path: Path) -> None:
    counts = [
        f"{sum(one.verdict == verdict for one in record.results.values())} {verdict}"
        for verdict in ("confirmed", "refuted", "undetermined")
    ]
    _say(f"\n{', '.join(counts)}. Recorded in {path}.")


def _sweep(options: argparse.Namespace, account: Account) -> int:
    found = find_owned(account)
    for one in found:
        _say(f"{one.kind} {one.id} in {one.region}")
    if not found:
        where = f"{account.region} and {account.other_region} of account {account.number}"
        _say(f"Nothing carries {OWNER_TAG}={account.owner} in {where}.")
        return 0
    _ask(options)
    status = _with_clean_up(lambda: None, account, options)
    if status == 0:
        _say(f"Deleted {len(found)}.")
    return status


if __name__ == "__main__":
    sys.exit(main())
