"""Random previews with an oracle: a report never says "no risk" where the oracle knows one.

A case is made of resources whose changes are drawn first. The oracle is what was drawn: what is
deleted, replaced, opened or hidden. Then the steps are printed as the CLI prints them, with or
without the options that list every step. OMICS_COMPONENTS_SOAK=1 runs 2,000 cases (``make soak``),
``make test`` a sample of 300.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from omics_components.cli.report.assessment import find_risks
from omics_components.cli.report.markdown import write_report
from omics_components.cli.report.preview import read_preview
from tests.unit.report.making import (
    ACCESS,
    BUCKET,
    KEY,
    KEY_ARN,
    LAB,
    NATIVE,
    PARTNER,
    STORE,
    STORE_ARN,
    UNKNOWN,
    recorded,
    side,
    streamed,
)

CASES = 2_000 if os.environ.get("OMICS_COMPONENTS_SOAK") else 300
PER_TEST = 100

OTHER_TYPES = ("aws:s3/bucketV2:BucketV2", "aws:iam/role:Role", "random:index/randomId:RandomId")
NO_RISK = "No risk found"

DELETED = {
    STORE: {"store-deleted"},
    KEY: {"key-deleted"},
    BUCKET: {"bucket-deleted", "bucket-emptied"},
    ACCESS: {"access-lost"},
}
REPLACED = {**DELETED, STORE: {"store-replaced"}}

# Of each kind: an input, its safe value, its dangerous value, and what the report calls the change.
DANGERS: dict[str, tuple[tuple[str, Any, Any, set[str]], ...]] = {
    STORE: (
        ("forceDestroy", False, True, {"force-destroy-on"}),
        ("accessLogLocation", "s3://logs/", None, {"logs-removed"}),
        (
            "sseConfig",
            {"type": "KMS", "keyArn": KEY_ARN},
            None,
            {"encryption-removed", "key-changed"},
        ),
    ),
    KEY: (
        # A key that locks HealthOmics out does not let it in for any account either.
        ("restrictToAccount", True, False, {"service-for-anyone", "health-omics-locked-out"}),
        ("users", [LAB], [LAB, PARTNER], {"cross-account", "policy-unknown"}),
        ("allowHealthOmics", True, False, {"health-omics-locked-out"}),
        ("enableKeyRotation", True, False, {"rotation-off"}),
        ("deletionWindowInDays", 30, 7, {"shorter-warning"}),
    ),
    BUCKET: (
        ("forceDestroy", False, True, {"bucket-force-destroy-on"}),
        ("restrictToAccount", True, False, {"service-for-anyone"}),
        ("versioning", True, False, {"versioning-off"}),
        ("expirationDays", None, 5, {"kept-shorter"}),
    ),
    ACCESS: (("readers", [LAB], [LAB, PARTNER], {"cross-account", "policy-unknown"}),),
}
CREATED = {"service-for-anyone", "cross-account", "policy-unknown", "force-destroy-on"}
"""Of ``DANGERS``, those that a new resource has as well."""

ALWAYS = {BUCKET: {"writer": "health-omics", "noncurrentExpirationDays": None}}


@dataclass
class Case:
    """A preview and its oracle.

    Args:
        steps: All steps of the engine.
        expected: By resource, sets of rules of which one must be reported.
        not_judged: Number of changes of other providers that must be counted.
        secrets: Values that no line may show.
        diagnostics: Messages.
        is_known: No input is hidden.
    """

    steps: list[dict[str, Any]] = field(default_factory=list)
    expected: list[tuple[str, set[str]]] = field(default_factory=list)
    not_judged: int = 0
    secrets: list[str] = field(default_factory=list)
    diagnostics: list[dict[str, Any]] = field(default_factory=list)
    is_known: bool = True


def make_case(rng: random.Random) -> Case:
    """Draw a preview of up to five resources."""
    case = Case()
    for number in range(rng.randint(1, 5)):
        name = f"r{number}"
        if rng.random() < 0.2:
            _add_other(case, rng, name)
        else:
            _add_own(case, rng, name)
    return case


def _step(op: str, type_: str, name: str, **sides: Any) -> dict[str, Any]:
    return {"op": op, "urn": f"urn:pulumi:dev::lab::{type_}::{name}", **sides}


def _add_other(case: Case, rng: random.Random, name: str) -> None:
    type_ = rng.choice(OTHER_TYPES)
    old = {"custom": True, "id": "arn:aws:x:us-east-1:999922223333:y", "inputs": {"a": "1"}}
    new = {"custom": True, "inputs": {"a": "2"}}
    op = rng.choice(["update", "delete", "same", "delete-replaced"])
    is_about_security = type_ != OTHER_TYPES[2]
    if op.startswith("delete"):
        case.steps.append(_step(op, type_, name, oldState=old, newState=None))
        case.not_judged += 1
    elif op == "update":
        case.steps.append(_step(op, type_, name, oldState=old, newState=new))
        case.not_judged += is_about_security
    else:
        case.steps.append(_step(op, type_, name, oldState=old, newState=old))


def _add_own(  # noqa: C901, PLR0912 one table of what is drawn
    case: Case, rng: random.Random, name: str
) -> None:
    kind = rng.choice([STORE, KEY, BUCKET, ACCESS])
    type_ = rng.choice([kind, NATIVE[kind]])
    op = rng.choice(["create", "update", "replace", "delete", "delete-replaced", "same"])
    before, after = dict(ALWAYS.get(kind, {})), dict(ALWAYS.get(kind, {}))
    for wire_name, safe, dangerous, names in DANGERS[kind]:
        before[wire_name] = after[wire_name] = safe
        if rng.random() > 0.4 or (op == "create" and wire_name == "allowHealthOmics"):
            continue
        shown = rng.choice([dangerous, "[secret]", UNKNOWN])
        if shown in ("[secret]", UNKNOWN):
            if op == "same":
                before[wire_name] = shown
            case.is_known = False
        if op != "same":
            after[wire_name] = shown
        is_created = op == "create" and (names & CREATED)
        if op in {"update", "replace"}:
            case.expected.append((name, names))
        elif is_created:
            rules = names if kind is not STORE else {"created-with-force-destroy"}
            foreign = {"unknown-account"} if "cross-account" in names else set()
            if names != {"bucket-force-destroy-on"}:
                case.expected.append((name, rules | foreign))
    if op == "same":
        after = dict(before)
    for inputs in _add_secret(case, rng, name, type_):
        after.update(inputs)
        before.update(inputs)
    was_retained, is_retained = rng.random() < 0.2, rng.random() < 0.2
    was_protected = op in {"update", "same"} and rng.random() < 0.2
    old = recorded(kind, before, retainOnDelete=was_retained, protect=was_protected)
    new = side(kind, after, retainOnDelete=is_retained)
    if kind is STORE and op == "delete-replaced":
        old["id"] = STORE_ARN.replace("1234567890", "9999999999")
    if op in {"update", "same"} and was_retained and not is_retained:
        case.expected.append((name, {"protection-removed"}))
    if was_protected:
        case.expected.append((name, {"protection-removed"}))
    if op in {"delete", "delete-replaced"}:
        case.expected.append((name, {"left-behind"} if was_retained else DELETED[kind]))
        case.steps.append(_step(op, type_, name, oldState=old, newState=None))
    elif op == "create":
        case.steps.append(_step(op, type_, name, newState=new))
    elif op == "replace":
        is_kept = was_retained and is_retained and kind is not STORE
        case.expected.append((name, {"left-behind"} if is_kept else REPLACED[kind]))
        sides = {"oldState": old, "newState": new, "replaceReasons": ["region"]}
        case.steps.append(_step("create-replacement", type_, name, **sides))
        case.steps.append(_step("replace", type_, name, **sides))
        case.steps.append(_step("delete-replaced", type_, name, oldState=old, newState=None))
    else:
        case.steps.append(_step(op, type_, name, oldState=old, newState=new))


def _add_secret(case: Case, rng: random.Random, name: str, type_: str) -> Iterator[dict[str, Any]]:
    """Yield a secret input without danger, or nothing; messages quote its value."""
    if rng.random() < 0.3:
        secret = f"hunter-{name}-{rng.randrange(10**6)}"
        yield {"description": "[secret]"}
        case.secrets.append(secret)
        urn = f"urn:pulumi:dev::lab::{type_}::{name}"
        message = f"omics-components: {secret} is replaced"
        case.diagnostics.append({"severity": "info#err", "message": message, "urn": urn})
        case.diagnostics.append({"severity": "info#err", "message": message})


def printings(case: Case) -> Iterator[tuple[str, bool]]:
    """Yield the case as the CLI prints it: as a stream, and with each choice of options.

    The flag says that the text lists every step, and shows that it does.
    """
    yield streamed(*case.steps, diagnostics=case.diagnostics), True
    summary = Counter(
        step["op"]
        for step in case.steps
        if step["op"] not in {"create-replacement", "delete-replaced"}
    )
    for shows_sames in (False, True):
        for shows_steps in (False, True):
            left_out = set() if shows_sames else {"same"}
            left_out |= set() if shows_steps else {"create-replacement", "delete-replaced"}
            steps = [step for step in case.steps if step["op"] not in left_out]
            document = {
                "steps": steps,
                "diagnostics": case.diagnostics,
                "changeSummary": dict(summary),
            }
            yield json.dumps(document), False


def check(case: Case) -> None:
    for text, is_complete in printings(case):
        preview = read_preview(text)
        risks = find_risks(preview, own_accounts=["123456789012"])
        report = write_report(preview, risks, 10**9)
        found = {(risk.resource, risk.rule.name) for risk in risks}
        assert not (case.expected and NO_RISK in report), (case.expected, text)
        assert not [secret for secret in case.secrets if secret in report], text
        if not is_complete:
            continue
        for name, rules in case.expected:
            assert found & {(name, rule) for rule in rules}, (name, rules, found, text)
        counted = f"**{case.not_judged} not judged here**"
        assert (counted in report) is bool(case.not_judged), text
        if not case.expected and case.is_known:
            harmless = {"aws-key"}
            assert {rule for _, rule in found} <= harmless, (found, text)


@pytest.mark.parametrize("first", range(0, CASES, PER_TEST))
def test_no_report_denies_a_risk_that_the_oracle_knows(first: int) -> None:
    for seed in range(first, first + PER_TEST):
        check(make_case(random.Random(seed)))  # noqa: S311 reproducible cases, not secrets


def test_the_cases_hold_every_danger() -> None:
    cases = [make_case(random.Random(seed)) for seed in range(CASES)]  # noqa: S311 also

    rules = set().union(*(names for case in cases for _, names in case.expected))
    every = set().union(*DELETED.values(), *REPLACED.values())
    every |= set().union(*(names for rows in DANGERS.values() for *_, names in rows))
    assert every <= rules
    assert sum(not case.expected for case in cases) > CASES / 50
    assert sum(bool(case.not_judged) for case in cases) > CASES / 10
