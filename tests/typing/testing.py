"""What users type in tests of their programs. Checked by mypy, never run; see ``api``."""

from pathlib import Path
from typing import Any, assert_type

import pulumi

from omics_components import SequenceStore
from omics_components.emulator import Call, Emulator, EmulatorServer, FaultRule, ManualClock
from omics_components.testing import Program, Result, Stack, StackFactory


def declare() -> None:
    SequenceStore("reads")


async def declare_later() -> None:
    SequenceStore("reads")


def right_stacks(pulumi_stack: StackFactory, folder: Path) -> None:
    lab = pulumi_stack(declare)
    pulumi_stack(declare_later)
    pulumi_stack("infrastructure")
    pulumi_stack(
        folder,
        project="lab",
        stack="dev",
        config={"aws:region": "eu-west-1", "readers": ["role"], "count": 3},
        secrets={"token": "a"},
        environment={"STAGE": "dev"},
    )
    other: Program = declare
    assert_type(lab, Stack)
    assert_type(lab.preview(other, expect_no_changes=True, refresh=True), Result)
    assert_type(lab.up(), Result)
    assert_type(lab.refresh(expect_no_changes=True), Result)
    assert_type(lab.destroy(), Result)
    assert_type(lab.outputs, dict[str, Any])
    assert_type(lab.up().steps, dict[str, list[str]])
    assert_type(lab.up().changes, dict[str, list[str]])
    assert_type(lab.up().replaces, dict[str, list[str]])
    assert_type(lab.up().calls, list[Call])
    assert_type(lab.cli("stack", "export"), str)
    pulumi.StackReference(lab.reference)
    lab.set_config("token", "a", secret=True)


def wrong_stacks(pulumi_stack: StackFactory) -> None:
    pulumi_stack()  # type: ignore[call-arg]
    pulumi_stack(SequenceStore("reads"))  # type: ignore[arg-type]
    pulumi_stack(declare, "dev")  # type: ignore[call-arg]
    pulumi_stack(declare, secrets={"token": 5})  # type: ignore[dict-item]
    lab = pulumi_stack(declare)
    lab.up(expect_changes=False)  # type: ignore[call-arg]
    lab.up().outputs  # type: ignore[attr-defined] # noqa: B018
    lab.set_config("count", 3)  # type: ignore[arg-type]
    lab.outputs = {}  # type: ignore[misc]


def right_emulators(omics_emulator: Emulator, omics_emulator_server: EmulatorServer) -> None:
    Emulator(clock=ManualClock(), creating_s=2, quotas=True, seed=1)
    EmulatorServer(port=4566, state_file=Path("state.json"), check_keys=False)
    EmulatorServer(omics_emulator)
    omics_emulator.configure(sequence_stores_max=20)
    omics_emulator.plan_status([("CREATING", 1.0), ("FAILED", "no key")], name="reads")
    rule = omics_emulator.faults.add({"operation": "CreateSequenceStore", "action": "drop"})
    assert_type(rule, FaultRule)
    assert_type(omics_emulator.calls.names(), list[str])
    assert_type(omics_emulator.calls[0], Call)
    assert_type(omics_emulator_server.url, str)
    assert_type(omics_emulator_server.environment(), dict[str, str])


def wrong_emulators(omics_emulator: Emulator) -> None:
    Emulator(creating_seconds=2)  # type: ignore[call-arg]
    Emulator(creating_s="2")  # type: ignore[arg-type]
    EmulatorServer(port="4566")  # type: ignore[arg-type]
    EmulatorServer(colour="blue")  # type: ignore[call-arg]
    omics_emulator.configure(quota=True)  # type: ignore[call-arg]
    omics_emulator.plan_status([("CREATING", 1.0)], on="read")  # type: ignore[arg-type]
    FaultRule(action="explode")  # type: ignore[arg-type]
    omics_emulator.put_read_sets("1234567890", "three")  # type: ignore[arg-type]
