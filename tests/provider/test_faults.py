"""Whatever goes wrong at any call: it passes, or it is one clear sentence, and nothing is lost.

The rows of the matrix are the calls to AWS that a step makes, as a run without faults has recorded
them; the columns are the faults. In each cell the fault strikes the first call of that name, or
all of them. Afterwards the step has succeeded, or it has ended with one sentence, and there is
nothing in AWS that the state does not know. Then the engine does what it does next, without faults,
and all is as if nothing had happened.

How each status and each error of the network is classified is tested in ``tests/unit/test_client``.
So faults take turns, one for each call; OMICS_COMPONENTS_SOAK=1 runs them all (``make soak``).

The plugin process wastes no time on pauses, and gives up waiting for an answer early.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from moto.s3.models import s3_backends

from omics_components.emulator import Emulator, EmulatorServer
from omics_components.providers import (
    KmsKeyProvider,
    S3AccessPolicyProvider,
    S3BucketProvider,
    SequenceStoreProvider,
)
from tests.provider.conftest import Account
from tests.provider.plugin import (
    Forked,
    ForkServer,
    InitFailed,
    Plugin,
    PluginError,
    Properties,
    Resource,
)

if TYPE_CHECKING:
    from pulumi.dynamic import ResourceProvider

READ_TIMEOUT_S = 2.5
"""Of the plugin process; in this time the emulator answers, even on a machine that is busy."""

READER = "arn:aws:iam::111122223333:role/reader"
_SERVICES = {"tagging": "resourcegroupstaggingapi"}
"""What the SDK calls a service that signs with another name."""


@dataclass(frozen=True)
class Fault:
    """A column of the matrix.

    Args:
        rule: The rule of the emulator, without the operation.
        codes: The error code of each service; the rest of them has that of ``""``.
        passes: Whether another attempt, or a moment later, must bring success.
        is_known: Whether it tells that the call had no effect, or the call had none.
        is_answer: Whether it is no fault where the answer has no body to read.
    """

    rule: Mapping[str, Any]
    codes: Mapping[str, str] = field(default_factory=dict)
    passes: bool = False
    is_known: bool = True
    is_answer: bool = False

    def rule_for(self, call: str) -> dict[str, Any]:
        """Compose the rule for a call."""
        rule = {"operation": call, "times": 1, **self.rule}
        if self.codes:
            rule["code"] = self.codes.get(call.partition(":")[0], self.codes[""])
        return rule


def _error(status: int, codes: Mapping[str, str], **more: Any) -> Fault:
    forever = {"times": None} if more.pop("forever", False) else {}
    return Fault({"action": "error", "status": status, **forever}, codes, **more)


_INTERNAL = {"": "InternalServerException", "s3": "InternalError", "kms": "KMSInternalException"}
_DENIED = {"": "AccessDeniedException", "s3": "AccessDenied", "sts": "AccessDenied"}
_LATE = {"action": "delay", "when": "after", "delay_s": READ_TIMEOUT_S + 1}
_PAGE = "<!DOCTYPE html>\n<html>\n  <body>Try later</body>\n</html>\n"

FAULTS: dict[str, Fault] = {
    "429": _error(429, {"": "ThrottlingException", "s3": "SlowDown"}, passes=True),
    "500": _error(500, _INTERNAL, passes=True),
    "408": _error(408, {"": "RequestTimeoutException", "s3": "RequestTimeout"}, passes=True),
    "409": _error(409, {"": "ConflictException", "s3": "OperationAborted"}),
    "402": _error(402, {"": "ServiceQuotaExceededException", "kms": "LimitExceededException"}),
    "403": _error(403, _DENIED),
    "reset": Fault({"action": "drop", "when": "before"}, passes=True),
    "lost": Fault({"action": "drop", "when": "after"}, passes=True, is_known=False),
    "late": Fault(_LATE, passes=True, is_known=False),
    "200, empty": Fault({"action": "body", "body": ""}, passes=True, is_answer=True),
    "200, a list": Fault({"action": "body", "body": "[]"}, passes=True, is_answer=True),
    "403, null": Fault({"action": "body", "status": 403, "body": '{"message": null}'}),
    "503, a page": Fault({"action": "body", "status": 503, "body": _PAGE}, passes=True),
    "500 for ever": _error(500, _INTERNAL, forever=True),
    "403 for ever": _error(403, _DENIED, forever=True),
    "lost for ever": Fault({"action": "drop", "when": "after", "times": None}, is_known=False),
}


_ALL_CELLS = bool(os.environ.get("OMICS_COMPONENTS_SOAK"))


@dataclass(frozen=True)
class Kind:
    """A kind of resource.

    Args:
        provider: What serves it.
        inputs: What it is made of.
        changed: What an update makes of it.
        held: The ids of all that there are.
    """

    provider: type[ResourceProvider]
    inputs: Mapping[str, Any]
    changed: Mapping[str, Any]
    held: Callable[[Account], Collection[str]]


def _keys(account: Account) -> Collection[str]:
    return {arn for arn, state in account.keys().items() if state != "PendingDeletion"}


def _policies(account: Account) -> Collection[str]:
    """Name the access points that have the policy of this test, not the default one."""
    stores = account.stores().values()
    return {
        store["s3_access_point_arn"]
        for store in stores
        if READER in json.dumps(store["s3_access_policy"])
    }


KINDS: dict[str, Kind] = {
    "store": Kind(
        SequenceStoreProvider,
        {
            "name": "reads",
            "description": "Reads",
            "fallbackLocation": "s3://uploads/fallback/",
            "propagatedSetLevelTags": ["sample"],
            "forceDestroy": True,
            "tags": {"team": "genomics", "env": "test"},
            "__identity": "identity of the store",
            "__timeouts": {"create": "2s", "update": "2s", "delete": "2s"},
        },
        {"description": "Other", "fallbackLocation": None, "tags": {"team": "other", "new": "1"}},
        lambda account: account.stores(),
    ),
    "key": Kind(
        KmsKeyProvider,
        {
            "description": "Encrypts reads",
            "alias": "alias/reads",
            "allowHealthOmics": True,
            "restrictToAccount": True,
            "enableKeyRotation": True,
            "rotationPeriodInDays": 180,
            "deletionWindowInDays": 7,
            "tags": {"team": "genomics", "env": "test"},
            "__identity": "identity of the key",
        },
        {
            "description": "Other",
            "alias": "alias/other",
            "users": [READER],
            "rotationPeriodInDays": 365,
            "tags": {"team": "other"},
        },
        _keys,
    ),
    "bucket": Kind(
        S3BucketProvider,
        {
            "bucket": "uploads",
            "writer": "health-omics",
            "prefix": "fallback/",
            "forceDestroy": True,
            "tags": {"team": "genomics"},
            "__identity": "identity of the bucket",
        },
        {"expirationDays": 30, "versioning": False, "prefix": "other/", "tags": {}},
        lambda account: account.buckets(),
    ),
    "access policy": Kind(
        S3AccessPolicyProvider,
        {"readers": [READER], "__identity": "identity of the policy"},
        {"readers": [READER, "arn:aws:iam::111122223333:role/other"]},
        _policies,
    ),
}
STEPS = ("create", "update", "read", "delete")

EXCEPTIONS: dict[tuple[str, str], str] = {
    ("kms:CreateKey", fault): "no token makes it safe to make another key"
    for fault in ("500", "408", "reset", "503, a page", "200, empty", "200, a list")
}
"""Cells that end with an error although the fault passes."""


@dataclass
class Outcome:
    """How a step ended.

    Args:
        known: The resource as the state has it then; None if it has none.
        error: What the user reads; None if all went well.
    """

    known: Resource | None
    error: str | None = None


class HastyNursery(ForkServer):
    """Starts plugin processes that soon give up waiting for an answer.

    Args:
        server: What stands in for AWS.
        folder: Where the files go that receive what the processes say.
    """

    def __init__(self, server: EmulatorServer, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        hasten = f"client._READ_TIMEOUT_S = {READ_TIMEOUT_S}"
        program = "from omics_components.aws import client; from tests.provider import plugin"
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"{program}; {hasten}; plugin._run_nursery()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **server.environment(), "PULUMI_PROJECT": "lab"},
            text=True,
        )


class Stage:
    """Runs one step again and again from the same beginning.

    Args:
        kind: The kind of resource.
        step: What is done with it.
        nursery: Starts the plugin processes.
        account: What there is in AWS.
        emulator: The emulator.
    """

    def __init__(
        self, kind: Kind, step: str, nursery: HastyNursery, account: Account, emulator: Emulator
    ) -> None:
        self._kind, self._step = kind, step
        self._nursery, self._account, self._emulator = nursery, account, emulator
        self._process: Forked | None = None
        inputs = dict(kind.inputs)
        if kind.provider is S3AccessPolicyProvider:
            inputs["sequenceStoreArn"] = self._made(KINDS["store"], {}).id
        self._inputs = inputs
        self._changed = {**inputs, **kind.changed}
        self._before = None if step == "create" else self._made(kind, inputs)
        if step == "delete":
            self._fill()
        self._world = account.save()

    def record(self) -> list[str]:
        """Return the names of the calls that the step makes when nothing goes wrong."""
        self._reset()
        outcome = self._act(self._before)
        assert outcome.error is None, outcome.error
        names = list(dict.fromkeys(self._emulator.calls.names()))
        assert not self._unsettled(outcome)
        return names

    def problems(self, call: str, name: str) -> list[str]:
        """Let a fault strike a call, and say what is not as it should be."""
        fault = FAULTS[name]
        self._reset()
        self._emulator.faults.add(fault.rule_for(call))
        outcome = self._act(self._before)
        if not any(seen.fault for seen in self._emulator.calls):
            return [f"it did not strike: {self._emulator.calls.names()}"]
        problems = self._after(outcome, fault)
        if outcome.error and fault.passes and (call, name) not in EXCEPTIONS:
            problems.append(f"it did not pass: {outcome.error}")
        self._emulator.faults.clear()
        if outcome.error or self._step == "create":
            again = self._act(outcome.known) if outcome.error else outcome
            problems += self._unsettled(again)
        return problems

    def _after(self, outcome: Outcome, fault: Fault) -> list[str]:
        problems = []
        if outcome.error and not _is_one_clear_sentence(outcome.error):
            problems.append(f"no clear sentence: {outcome.error!r}")
        held = set(self._kind.held(self._account))
        known = {outcome.known.id} if outcome.known else set()
        # A policy belongs to its store, which the state knows.
        is_resource = self._kind.provider is not S3AccessPolicyProvider
        if fault.is_known and is_resource and self._step != "delete" and held != known:
            problems.append(f"AWS has {sorted(held)}, the state {sorted(known)}: {outcome.error}")
        return problems

    def _unsettled(self, outcome: Outcome) -> list[str]:
        """Describe what is not as after a step that went well."""
        if outcome.error:
            return [f"it does not go on: {outcome.error}"]
        held = set(self._kind.held(self._account))
        if self._step == "delete":
            return [f"there still is {sorted(held)}"] if held else []
        if outcome.known is None or held != {outcome.known.id}:
            return [f"AWS has {sorted(held)}, the state {outcome.known}"]
        plugin = self._plugin()
        read = plugin.read(outcome.known)
        wanted = self._changed if self._step == "update" else self._inputs
        checked = plugin.check(wanted, read.inputs)
        return ["a preview shows a change"] if plugin.diff(read, checked.inputs).changes else []

    def _act(self, known: Resource | None) -> Outcome:
        """Do the step, as the engine does with what the state knows."""
        plugin = self._plugin()
        checked: Properties = {}
        try:
            if self._step == "create":
                checked = plugin.check(self._inputs).inputs
                # A resource that was not finished is in the state; the engine updates it.
                made = plugin.update(known, checked) if known else plugin.create(checked)
                return Outcome(made)
            assert known is not None
            if self._step == "update":
                checked = plugin.check(self._changed, known.inputs).inputs
                return Outcome(plugin.update(known, checked))
            if self._step == "read":
                return Outcome(plugin.read(known))
            plugin.delete(known)
            return Outcome(None)
        except InitFailed as failure:
            return Outcome(Resource(failure.id, failure.outputs, checked), str(failure))
        except PluginError as failure:
            return Outcome(known, str(failure))

    def _made(self, kind: Kind, inputs: Mapping[str, Any]) -> Resource:
        plugin = self._plugin(kind.provider)
        checked = plugin.check({**kind.inputs, **inputs})
        assert not checked.failures
        return plugin.create(checked.inputs)

    def _fill(self) -> None:
        """Put something in: what is deleted has contents."""
        assert self._before is not None
        if self._kind.provider is SequenceStoreProvider:
            self._emulator.put_read_sets(self._before.store_id, count=3)
        if self._kind.provider is S3BucketProvider:
            # Past the API: the bucket's policy refuses plain HTTP.
            s3_backends[self._account.number]["aws"].put_object("uploads", "part", b"x")

    def _plugin(self, provider: type[ResourceProvider] | None = None) -> Plugin:
        """Start a process of its own: what an earlier one remembers would help."""
        if self._process:
            self._process.close()
        self._process = self._nursery.start()
        return Plugin(self._process, {}, provider or self._kind.provider)

    def _reset(self) -> None:
        self._account.load(self._world)


def _cells(step: str, calls: Collection[str]) -> Iterator[tuple[str, str]]:
    """Return the cells to run: of each call all faults, or the next one in turn."""
    for call in calls:
        possible = [name for name in FAULTS if _has_body(call) or not FAULTS[name].is_answer]
        turn = possible[zlib.crc32(f"{step} {call}".encode()) % len(possible)]
        yield from ((call, name) for name in possible if _ALL_CELLS or name == turn)


@cache
def _model(service: str) -> ServiceModel:
    name = _SERVICES.get(service, service)
    return ServiceModel(Loader().load_service_model(name, "service-2"), name)


def _has_body(call: str) -> bool:
    """Return whether AWS's own answer to a call has a body: an empty one is a fault only then."""
    service, _, name = call.partition(":")
    shape = _model(service).operation_model(name).output_shape
    return any("location" not in member.serialization for member in _members(shape))


def _members(shape: Any) -> Iterator[Any]:
    yield from shape.members.values() if shape else ()


def _is_one_clear_sentence(text: str) -> bool:
    is_clean = not any(part in text for part in ("\n", "Traceback", "<", ".."))
    return is_clean and bool(re.fullmatch(r"[a-z]+ing .+\.", text))


@pytest.fixture(scope="module")
def hasty_nursery(
    server: EmulatorServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HastyNursery]:
    # moto loads each service when it is first asked, and that takes longer than the plugin waits.
    for service, ask in (
        ("sts", "get_caller_identity"),
        ("kms", "list_keys"),
        ("s3", "list_buckets"),
        ("resourcegroupstaggingapi", "get_resources"),
    ):
        client: Any = boto3.client(service, endpoint_url=server.url)  # type: ignore[call-overload] # any of them
        getattr(client, ask)()
    nursery = HastyNursery(server, tmp_path_factory.mktemp("hasty"))
    yield nursery
    nursery.close()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_passes_or_is_one_clear_sentence_and_nothing_is_lost(
    kind: str, step: str, hasty_nursery: HastyNursery, account: Account, emulator: Emulator
) -> None:
    stage = Stage(KINDS[kind], step, hasty_nursery, account, emulator)
    cells = list(_cells(f"{kind} {step}", stage.record()))

    found = {f"{call} {fault}": stage.problems(call, fault) for call, fault in cells}

    failed = {cell: problems for cell, problems in found.items() if problems}
    lines = [f"{kind} {step}: {len(cells)} cells, {len(failed)} failed"]
    lines += [f"  {cell}: {'; '.join(problems)}" for cell, problems in failed.items()]
    report = "\n".join(lines)
    print(report)  # noqa: T201 `pytest -rP` shows the size of the matrix
    assert not failed, report
