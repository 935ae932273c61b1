"""Resource options do on the real engine what their names say, or are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi import CustomTimeouts, Output, ResourceHookBinding, ResourceOptions, automation

from omics_components import (
    EncryptedSequenceStore,
    KmsKey,
    S3AccessPolicy,
    S3Bucket,
    SequenceStore,
)
from omics_components.testing import inline_programs
from tests.engine.stack import Program, Stack, cli_version
from tests.input_tables import KEY

OTHER_KEY = KEY.replace("1234abcd", "abcd1234")


def _store(opts: ResourceOptions | None = None, **arguments: Any) -> Program:
    return {"reads": {**arguments, "opts": opts}}


def test_ignored_changes_are_named_as_arguments_are_written(stack: Stack) -> None:
    tags = {"team": "genomics", "cost_center": "1"}
    stack.up(_store(sse_config={"type": "KMS", "key_arn": KEY}, tags=tags))
    changed: dict[str, Any] = {
        "sse_config": {"type": "KMS", "key_arn": OTHER_KEY},
        "tags": {**tags, "cost_center": "2"},
    }

    assert stack.preview(_store(**changed)).replaces["reads"] == ["sseConfig"]
    for paths in (
        ["sse_config", "tags.cost_center"],
        ["sse_config.key_arn", 'tags["cost_center"]'],
        ["sseConfig", "tags"],
    ):
        ignoring = ResourceOptions(ignore_changes=paths)
        run = stack.preview(_store(ignoring, **changed), expect_no_changes=True)
        assert run.steps["reads"] == ["same"], paths


def test_secret_outputs_are_named_as_attributes_are_written(stack: Stack) -> None:
    stack.up(_store(ResourceOptions(additional_secret_outputs=["s3_uri"])))

    recorded = stack.resource("reads")["outputs"]
    assert "ciphertext" in recorded["s3Uri"]
    assert "s3://" not in str(recorded)


SECRETS = {"store": "TOPSECRET1", "key": "TOPSECRET2", "bucket": "TOPSECRET3"}
USER = "arn:aws:iam::123456789012:role/"


def _secrets(description: str | None = None) -> Program:
    def declare() -> None:
        one, two, all_ = SECRETS.values()
        SequenceStore("store", description=description, tags={"grant": Output.secret(one)})
        KmsKey("key", description=description, tags={"grant": Output.secret(two), "team": "lab"})
        S3Bucket("bucket", versioning=not description, tags=Output.secret({"grant": all_}))
        for name, named in (("computed", []), ("named", ["policy"])):
            opts = ResourceOptions(additional_secret_outputs=named)
            KmsKey(name, users=[Output.secret(f"{USER}{name}")], opts=opts)

    return declare


def test_secrets_are_nowhere_in_plain_but_what_is_computed_of_them(stack: Stack) -> None:
    """A key's policy is computed: secret only where the program says so."""
    stack.set_config("aws:defaultTags", json.dumps({"tags": {"cost": "4711"}}))
    seen = [stack.preview(_secrets(), diff=True).text]
    stack.up(_secrets())
    seen.append(stack.state_file.read_text())
    seen.append(stack.preview(_secrets("changed"), diff=True).text)
    stack.up(_secrets("changed"))
    stack.refresh(expect_no_changes=True)
    seen.append(stack.cli("stack", "export"))
    assert stack.live("store")["tags"] == {"grant": SECRETS["store"], "cost": "4711"}
    assert all("tagsAll" in stack.resource(name)["outputs"] for name in SECRETS)

    stack.set_config("aws:defaultTags", json.dumps({"tags": {}}))
    stack.up(_secrets("changed"))
    seen.append(stack.state_file.read_text())
    stack.preview(_secrets("changed"), expect_no_changes=True)
    assert not any("tagsAll" in stack.resource(name)["outputs"] for name in SECRETS)

    for secret in (*SECRETS.values(), f"{USER}named"):
        assert not [text for text in seen if secret in text], secret
    assert f"{USER}computed" in seen[-1]


def test_an_option_that_would_not_do_what_it_says_is_one_sentence(stack: Stack) -> None:
    with pytest.raises(automation.CommandError) as refusal:
        stack.preview(_store(ResourceOptions(replace_on_changes=["description"])))

    text = str(refusal.value)
    assert "reads: the resource option replace_on_changes does not replace" in text
    assert "Traceback" not in text


def test_options_that_change_alone_count(stack: Stack) -> None:
    in_no_time = CustomTimeouts(delete="0s")
    retained = ResourceOptions(retain_on_delete=True, custom_timeouts=in_no_time)
    stack.up(_store(ResourceOptions(custom_timeouts=in_no_time)))
    old = stack.store_id("reads")
    stack.server.emulator.put_read_sets(old, 2)
    stack.up(_store(retained))

    replaced = _store(retained, e_tag_algorithm_family="SHA256up")
    assert "stays in AWS with its contents" in stack.preview(replaced).text
    stack.up(replaced)
    assert stack.live_ids() == {old, stack.store_id("reads")}

    in_time = ResourceOptions(custom_timeouts=CustomTimeouts(delete="5m"))
    stack.up(_store(in_time, e_tag_algorithm_family="SHA256up"))
    stack.server.emulator.plan_status([("DELETING", 1.0)], on="delete")
    stack.destroy()
    assert stack.live_ids() == {old}


READER = "arn:aws:iam::111122223333:role/lab"


def _store_with_policy(*, policy: bool = True, **arguments: Any) -> Program:
    def declare() -> None:
        store = SequenceStore("reads", **arguments)
        if policy:
            opts = ResourceOptions(deleted_with=store)
            S3AccessPolicy("access", sequence_store_arn=store.arn, readers=[READER], opts=opts)

    return declare


def _changes(stack: Stack) -> list[str]:
    """Return the calls of the last command that changed stores or policies."""
    changing = ("CreateSequence", "DeleteSequence", "PutS3", "DeleteS3")
    calls = [call.operation for call in stack.server.emulator.calls]
    return [name for name in dict.fromkeys(calls) if name.startswith(changing)]


def _readers(stack: Stack) -> str | None:
    """Return the policy of the recorded store in AWS, or None if there is none."""
    arn = stack.live("reads")["s3Access"]["s3AccessPointArn"]
    client = stack.aws()
    try:
        return str(client.get_s3_access_policy(s3AccessPointArn=arn)["s3AccessPolicy"])
    except client.exceptions.ResourceNotFoundException:
        return None


def test_a_policy_deleted_with_its_store_outlives_a_refused_deletion(stack: Stack) -> None:
    stack.up(_store_with_policy())
    stack.server.emulator.put_read_sets(stack.store_id("reads"), 2)

    for command in ("destroy", "up"):
        with pytest.raises(automation.CommandError, match="it holds 2 read sets"):
            stack.up({}) if command == "up" else stack.destroy()
        assert _changes(stack) == ["DeleteSequenceStore"]
        assert READER in (_readers(stack) or "")
        # The engine has forgotten the policy; the next update records it again.
        assert stack.up(_store_with_policy()).steps["access"] == ["create"]
        stack.preview(_store_with_policy(), expect_no_changes=True)

    stack.up(_store_with_policy(force_destroy=True))
    stack.destroy()
    assert _changes(stack) == ["DeleteSequenceStore"]
    assert stack.live_ids() == set()


def test_a_policy_deleted_with_its_store_is_deleted_alone(stack: Stack) -> None:
    stack.up(_store_with_policy())

    stack.up(_store_with_policy(policy=False))

    assert _changes(stack) == ["DeleteS3AccessPolicy"]
    assert _readers(stack) is None


@pytest.mark.parametrize("first", [None, True])
def test_a_policy_deleted_with_its_store_is_replaced_with_it(
    stack: Stack, first: bool | None
) -> None:
    opts = ResourceOptions(delete_before_replace=first)
    stack.up(_store_with_policy(opts=opts))
    old = stack.store_id("reads")
    after = _store_with_policy(opts=opts, e_tag_algorithm_family="SHA256up")

    for step in (stack.preview(after).steps, stack.up(after).steps):
        assert step["access"] == ["delete-replaced", "replace", "create-replacement"]

    if first and cli_version() >= (3, 274):  # older ones delete the policy before the store
        assert _changes(stack) == [
            "DeleteSequenceStore",
            "CreateSequenceStore",
            "PutS3AccessPolicy",
        ]
    assert stack.live_ids() == {stack.store_id("reads")} != {old}
    assert READER in (_readers(stack) or "")
    stack.preview(after, expect_no_changes=True)


def test_deleted_with_is_refused_in_one_sentence(stack: Stack) -> None:
    def declare() -> None:
        KmsKey("key", opts=ResourceOptions(deleted_with=SequenceStore("reads")))

    with pytest.raises(automation.CommandError) as refusal:
        stack.preview(declare)

    text = str(refusal.value)
    assert "key: the resource option deleted_with would leave it in AWS" in text
    assert "Traceback" not in text


Versioned = Callable[[str, ResourceOptions], pulumi.Resource]


def _policy(version: str, opts: ResourceOptions) -> pulumi.Resource:
    readers = [READER] if version == "1" else []
    return S3AccessPolicy(
        "it", sequence_store_arn=SequenceStore("reads").arn, readers=readers, opts=opts
    )


KINDS: dict[str, Versioned] = {
    "store": lambda version, opts: SequenceStore("it", description=version, opts=opts),
    "key": lambda version, opts: KmsKey("it", description=version, opts=opts),
    "bucket": lambda version, opts: S3Bucket("it", tags={"version": version}, opts=opts),
    "policy": _policy,
}
HOOKS = [
    f"{when}_{step}" for step in ("create", "update", "delete") for when in ("before", "after")
]


class Hooks:
    """A program whose resource *it* has every hook.

    Args:
        declare: Declares the resource.
        kinds: The hooks.
        failing: The hook that fails.
    """

    def __init__(self, declare: Versioned, kinds: list[str], failing: str = "") -> None:
        self.ran: list[str] = []
        self.name = "it"
        self._declare = declare
        self._kinds = kinds
        self._failing = failing

    def __call__(self, version: str) -> Program:
        """Return the program of a version."""

        def declare() -> None:
            binding = ResourceHookBinding()
            for kind in self._kinds:
                setattr(binding, kind, [pulumi.ResourceHook(kind, self._hook(kind))])
            self._declare(version, ResourceOptions(hooks=binding))

        return declare

    def since(self) -> list[str]:
        """Return the hooks that ran since the last time."""
        ran, self.ran = self.ran, []
        return ran

    def _hook(self, kind: str) -> Callable[[pulumi.ResourceHookArgs], None]:
        def run(args: pulumi.ResourceHookArgs) -> None:
            assert args.name == self.name
            self.ran.append(kind)
            if kind == self._failing:
                raise RuntimeError(f"{kind} says no")

        return run


@pytest.mark.parametrize("declare", KINDS.values(), ids=KINDS)
def test_hooks_run_around_what_they_name(stack: Stack, declare: Versioned) -> None:
    program = Hooks(declare, HOOKS)

    stack.preview(program("1"))
    assert program.since() == []
    stack.up(program("1"))
    assert program.since() == HOOKS[:2]
    stack.up(program("2"))
    assert program.since() == HOOKS[2:4]
    stack.up(program("2"))
    assert program.since() == []
    stack.destroy(run_program=True)
    assert program.since() == HOOKS[4:]
    assert stack.resources() == []


def test_hooks_of_a_component_run_around_its_children(stack: Stack) -> None:
    created_and_deleted = HOOKS[:2] + HOOKS[4:]

    def declare(version: str, opts: ResourceOptions) -> pulumi.Resource:
        return EncryptedSequenceStore("it", {"description": version}, opts)

    program = Hooks(declare, created_and_deleted)

    stack.up(program("1"))
    assert program.since() == HOOKS[:2]
    stack.up(program("2"))
    assert program.since() == []
    stack.destroy(run_program=True)
    assert program.since() == HOOKS[4:]
    assert stack.live_ids() == set()


def test_hooks_reach_a_child_of_a_component_by_transforms(stack: Stack) -> None:
    """What the refusal of such hooks on a component advises."""

    def declare(version: str, opts: ResourceOptions) -> pulumi.Resource:
        def bind(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
            if args.type_ != "pulumi-python:dynamic/omics:SequenceStore":
                return None
            args.opts.hooks = opts.hooks
            return pulumi.ResourceTransformResult(args.props, args.opts)

        binding = ResourceOptions(transforms=[bind])
        return EncryptedSequenceStore("lab", {"description": version}, binding)

    program = Hooks(declare, HOOKS)
    program.name = "lab-store"

    stack.up(program("1"))
    assert program.since() == HOOKS[:2]
    stack.up(program("2"))
    assert program.since() == HOOKS[2:4]


@pytest.mark.parametrize("declare", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("failing", HOOKS[:4])
def test_a_hook_that_fails_leaves_nothing_twice(
    stack: Stack, declare: Versioned, failing: str
) -> None:
    fails, works = Hooks(declare, HOOKS, failing), Hooks(declare, HOOKS)
    if failing.endswith("update"):
        stack.up(works("1"))
    with pytest.raises(automation.CommandError, match=f"{failing} says no"):
        stack.up(fails("2"))
    inline_programs.wait_for_programs()  # one that is still running spoils the next command

    again = stack.up(works("2")).steps["it"]

    undone = "create" if failing.endswith("create") else "update"
    assert again == [undone if failing.startswith("before") else "same"]
    stack.preview(works("2"), expect_no_changes=True)
    stack.destroy(run_program=True)
    assert stack.live_ids() == set()


def test_a_hook_of_errors_goes_on_with_one_store(stack: Stack) -> None:
    """The engine calls update with what is there by then; older ones call create once more.

    Those keep the error in the state, too, and the next update finds nothing left to do.
    """
    stack.server.emulator.plan_status([("CREATING", 1.5), ("ACTIVE",)])
    failures: list[str] = []

    def again(args: pulumi.ErrorHookArgs) -> bool:
        failures.extend(args.errors)
        return True

    def declare() -> None:
        hooks = ResourceHookBinding(on_error=[pulumi.ErrorHook("again", again)])
        in_no_time = CustomTimeouts(create="1s")
        SequenceStore("reads", opts=ResourceOptions(hooks=hooks, custom_timeouts=in_no_time))

    stack.up(declare)

    assert failures
    assert stack.live_ids() == {stack.store_id("reads")}
    if cli_version() < (3, 274):
        stack.up(declare)
    assert "initErrors" not in stack.resource("reads")
    stack.preview(declare, expect_no_changes=True)


@pytest.mark.skipif(
    not hasattr(ResourceOptions(), "state_migrations"), reason="this SDK has no state_migrations"
)
@pytest.mark.parametrize("declare", KINDS.values(), ids=KINDS)
def test_a_migration_of_the_state_is_what_diff_compares_with(
    stack: Stack, declare: Versioned
) -> None:
    """It may rename a property or put a value right; nothing is called in AWS for it."""
    if cli_version() < (3, 261):
        pytest.skip("this CLI has no state migrations")

    def program(version: str, opts: ResourceOptions) -> Program:
        def run() -> None:
            declare(version, opts)

        return run

    stack.up(program("1", ResourceOptions()))
    before = stack.resource("it")
    stack.up(program("2", ResourceOptions()))
    after = stack.resource("it")
    seen: list[Any] = []

    def migrate(args: pulumi.StateMigrationArgs) -> pulumi.StateMigrationResult:
        [old] = args.old_state
        seen.append(old["outputs"])
        values = {key: before[key] for key in ("inputs", "outputs")}
        return pulumi.StateMigrationResult([{**old, **values}])

    migrating = ResourceOptions(state_migrations=[migrate])
    run = stack.up(program("1", migrating))

    assert run.steps["it"] == ["same"]
    assert not [call.operation for call in run.calls if call.operation.startswith(_MUTATING)]
    assert seen == [after["outputs"]]
    assert stack.resource("it")["outputs"] == before["outputs"]


_MUTATING = ("Create", "Update", "Delete", "Put", "Tag", "Schedule")
