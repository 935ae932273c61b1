"""Each cell of the table of resource options, tried on the engine."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any, Literal

import pulumi
import pytest
from pulumi import CustomTimeouts, ResourceHookBinding, ResourceOptions, automation

from omics_components import (
    EncryptedSequenceStore,
    KmsKey,
    OmicsComponentsError,
    S3AccessPolicy,
    S3Bucket,
    SequenceStore,
)
from omics_components.emulator import Call
from tests.engine.option_table import DELETING_FIRST, KINDS, OUTCOMES, REFUSED, outcome
from tests.engine.stack import Stack, cli_version

READER = "arn:aws:iam::111122223333:role/lab"
URN = "urn:pulumi:test::stores::pulumi-python:dynamic/omics:SequenceStore::other"
COMPONENT = "EncryptedSequenceStore"
CHILDREN = ("key", "fallback", "store", "access")
Options = Callable[[str], ResourceOptions]
"""The options of a resource, made by its name."""


def _none(_: str) -> ResourceOptions:
    return ResourceOptions()


def _same(**options: Any) -> Options:
    return lambda _: ResourceOptions(**options)


Declare = Callable[[str, str, ResourceOptions], pulumi.Resource]


def _policy(name: str, version: str, opts: ResourceOptions) -> pulumi.Resource:
    store = SequenceStore(f"{name}-of")
    readers = [READER] if version == "1" else [READER, READER + "-2"]
    return S3AccessPolicy(name, sequence_store_arn=store.arn, readers=readers, opts=opts)


DECLARE: Mapping[str, Declare] = {
    "SequenceStore": lambda name, version, opts: SequenceStore(
        name, description=version, opts=opts
    ),
    "KmsKey": lambda name, version, opts: KmsKey(name, description=version, opts=opts),
    "S3Bucket": lambda name, version, opts: S3Bucket(name, tags={"version": version}, opts=opts),
    "S3AccessPolicy": _policy,
    COMPONENT: lambda name, version, opts: EncryptedSequenceStore(
        name, description=version, readers=[READER], tags={"version": version}, opts=opts
    ),
}
CHANGING = {
    "SequenceStore": "description",
    "KmsKey": "description",
    "S3Bucket": "tags",
    "S3AccessPolicy": "readers",
}
"""The argument that differs between two versions."""


def _kinds(option: str) -> list[str]:
    """List the kinds on which the table says that an option has an effect."""
    return [kind for kind in KINDS if outcome(option, kind) != REFUSED]


def _lab(
    option: str, options: Options = _none, version: str = "1", prefix: str = ""
) -> Callable[[], None]:
    """Return a program that declares each kind on which an option has an effect."""

    def declare() -> None:
        for kind in _kinds(option):
            name = f"{prefix}{kind}"
            DECLARE[kind](name, version, options(name))

    return declare


def _covered(option: str) -> list[str]:
    """List the resources that must show the effect: a component's are its children."""
    kinds = _kinds(option)
    children = [f"{COMPONENT}-{child}" for child in CHILDREN if COMPONENT in kinds]
    return [kind for kind in kinds if kind != COMPONENT] + children


def _recorded(stack: Stack, option: str) -> dict[str, dict[str, Any]]:
    return {name: stack.resource(name) for name in _covered(option)}


def _parent(stack: Stack) -> None:
    def declare() -> None:
        lab = pulumi.ComponentResource("my:lab:Lab", "lab")
        _lab("parent", _same(parent=lab))()

    stack.up(declare)
    for resource in _recorded(stack, "parent").values():
        assert "::my:lab:Lab$" in resource["urn"]


def _depends_on(stack: Stack) -> None:
    def declare() -> None:
        first = SequenceStore("first")
        _lab("depends_on", _same(depends_on=[first]))()

    changing = ("Create", "Delete", "Put", "Schedule")

    def changes(calls: list[Call], but: str) -> list[str]:
        texts = [
            json.dumps(call.parameters) for call in calls if call.operation.startswith(changing)
        ]
        return [text for text in texts if but not in text]

    calls = stack.up(declare).calls
    created = changes(calls, but="S3AccessPolicy-of")
    assert '"first"' in created[0]
    assert len(created) > len(DECLARE)
    first, another = stack.store_id("first"), stack.store_id("S3AccessPolicy-of")
    deleted = changes(stack.destroy().calls, but=another)
    assert first in deleted[-1]


def _protect(stack: Stack) -> None:
    stack.up(_lab("protect", _same(protect=True)))
    for name, resource in _recorded(stack, "protect").items():
        assert resource["protect"], name
    with pytest.raises(automation.CommandError, match="protected"):
        stack.up({})
    stack.up(_lab("protect"))


def _retain_on_delete(stack: Stack) -> None:
    stack.up(_lab("retain_on_delete", _same(retain_on_delete=True)))
    stack.server.emulator.calls.clear()
    run = stack.up({})
    deleted = [call for call in run.calls if call.operation.startswith(("Delete", "Schedule"))]
    # What carries no option is deleted: the store that the policy belongs to.
    assert [call.operation for call in deleted] == ["DeleteSequenceStore"]


def _custom_timeouts(stack: Stack) -> None:
    stack.up(_lab("custom_timeouts", _same(custom_timeouts=CustomTimeouts(delete="7m"))))
    for name, resource in _recorded(stack, "custom_timeouts").items():
        assert resource["inputs"]["__timeouts"] == {"delete": "7m"}, name
    in_no_time = _same(custom_timeouts=CustomTimeouts(update="1ms"))
    stack.up(_lab("custom_timeouts"))
    stack.server.emulator.plan_status([("UPDATING", 5.0)], on="update")
    with pytest.raises(automation.CommandError) as refused:
        stack.up(_lab("custom_timeouts", in_no_time, "2"))
    assert "waited 0.001 s" in str(refused.value)


def _aliases(stack: Stack) -> None:
    stack.up(_lab("aliases"))
    before = {name: stack.resource(name)["id"] for name in _covered("aliases")}

    def renamed(name: str) -> ResourceOptions:
        return ResourceOptions(aliases=[pulumi.Alias(name=name.removeprefix("new-"))])

    run = stack.up(_lab("aliases", renamed, prefix="new-"))
    after = {name: stack.resource(f"new-{name}")["id"] for name in before}
    own = {name: id_ for name, id_ in before.items() if name != "S3AccessPolicy"}
    assert own.items() <= after.items()
    for name in own:
        assert set(run.steps[f"new-{name}"]) <= {"same", "update"}, name


def _transformations(stack: Stack) -> None:
    def protect(
        args: pulumi.ResourceTransformationArgs,
    ) -> pulumi.ResourceTransformationResult:
        args.opts.protect = True
        return pulumi.ResourceTransformationResult(args.props, args.opts)

    stack.up(_lab("transformations", _same(transformations=[protect])))
    for name, resource in _recorded(stack, "transformations").items():
        assert resource["protect"], name
    stack.up(_lab("transformations"))


def _transforms(stack: Stack) -> None:
    def protect(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult:
        args.opts.protect = True
        return pulumi.ResourceTransformResult(args.props, args.opts)

    stack.up(_lab("transforms", _same(transforms=[protect])))
    for name, resource in _recorded(stack, "transforms").items():
        assert resource["protect"], name
    stack.up(_lab("transforms"))


def _hooks(stack: Stack) -> None:
    ran: list[str] = []

    def run(args: pulumi.ResourceHookArgs) -> None:
        ran.append(args.name)

    def declare() -> None:
        hook = pulumi.ResourceHook("before", run)
        _lab("hooks", _same(hooks=ResourceHookBinding(before_create=[hook])))()

    stack.up(declare)
    assert sorted(ran) == sorted(_kinds("hooks"))


def _ignore_changes(stack: Stack) -> None:
    def ignoring(name: str) -> ResourceOptions:
        return ResourceOptions(ignore_changes=[CHANGING[name]])

    stack.up(_lab("ignore_changes"))
    stack.preview(_lab("ignore_changes", ignoring, "2"), expect_no_changes=True)
    changed = stack.preview(_lab("ignore_changes", version="2"))
    assert all(changed.steps[kind] == ["update"] for kind in CHANGING)


def _hide_diffs(stack: Stack) -> None:
    def hiding(name: str) -> ResourceOptions:
        return ResourceOptions(hide_diffs=[CHANGING[name], "tags_all"])

    stack.up(_lab("hide_diffs"))
    shown = stack.preview(_lab("hide_diffs", version="2"), diff=True).text
    hidden = stack.preview(_lab("hide_diffs", hiding, "2"), diff=True).text
    assert '"1" => "2"' in shown
    assert READER + "-2" in shown
    assert '"1" => "2"' not in hidden
    assert READER + "-2" not in hidden


def _additional_secret_outputs(stack: Stack) -> None:
    named = {
        "SequenceStore": ("s3_uri", "s3Uri"),
        "KmsKey": ("policy", "policy"),
        "S3Bucket": ("region", "region"),
        "S3AccessPolicy": ("policy", "policy"),
    }

    def secret(name: str) -> ResourceOptions:
        return ResourceOptions(additional_secret_outputs=[named[name][0]])

    stack.up(_lab("additional_secret_outputs", secret))
    for name, resource in _recorded(stack, "additional_secret_outputs").items():
        assert "ciphertext" in resource["outputs"][named[name][1]], name


def _replaced(stack: Stack, option: str, programs: list[Callable[[], None]]) -> None:
    """Assert that the last program replaces each kind, which the one before created."""
    *before, last = programs
    for program in before:
        stack.up(program)
    run = stack.up(last)
    for kind in _kinds(option):
        steps = [step for step in run.steps[kind] if step != "replace"]
        assert steps == ["delete-replaced", "create-replacement"], kind


def _triggered(option: str) -> list[Callable[[], None]]:
    def at(trigger: str) -> Options:
        return _same(delete_before_replace=True, replacement_trigger=trigger)

    return [_lab(option, at("one")), _lab(option, at("two"))]


def _delete_before_replace(stack: Stack) -> None:
    _replaced(stack, "delete_before_replace", _triggered("delete_before_replace"))


def _replacement_trigger(stack: Stack) -> None:
    _replaced(stack, "replacement_trigger", _triggered("replacement_trigger"))


def _replace_with(stack: Stack) -> None:
    def program(family: Literal["MD5up", "SHA256up"]) -> Callable[[], None]:
        def declare() -> None:
            first = SequenceStore("first", e_tag_algorithm_family=family)
            _lab("replace_with", _same(delete_before_replace=True, replace_with=[first]))()

        return declare

    _replaced(stack, "replace_with", [program("MD5up"), program("SHA256up")])


def _deleted_with(stack: Stack) -> None:
    def declare() -> None:
        store = SequenceStore("reads")
        opts = ResourceOptions(deleted_with=store)
        S3AccessPolicy("access", sequence_store_arn=store.arn, readers=[READER], opts=opts)

    stack.up(declare)
    run = stack.destroy()
    changing = [call.operation for call in run.calls if call.operation.startswith("Delete")]
    assert changing == ["DeleteSequenceStore"]


def _adopted(stack: Stack) -> dict[str, str]:
    """Create one of each kind, and return their ids."""
    stack.up(_lab("id", _same(retain_on_delete=True)))
    return {kind: stack.resource(kind)["id"] for kind in CHANGING}


def _id(stack: Stack) -> None:
    ids = _adopted(stack)

    def declare() -> None:
        _lab("id")()
        for kind in CHANGING:
            opts = ResourceOptions(id=ids[kind])
            if kind == "S3AccessPolicy":
                S3AccessPolicy("read", sequence_store_arn="", readers=[], opts=opts)
            else:
                DECLARE[kind](f"read-{kind}", "ignored", opts)

    stack.up(declare)
    assert stack.resource("read")["id"] == ids["S3AccessPolicy"]
    for kind in ("SequenceStore", "KmsKey", "S3Bucket"):
        assert stack.resource(f"read-{kind}")["external"], kind
        assert stack.resource(f"read-{kind}")["id"] == ids[kind]


def _import(stack: Stack) -> None:
    ids = _adopted(stack)
    policied = stack.resource("S3AccessPolicy-of")["id"]
    stack.set_config("omics-components:takeOver", ",".join([*ids.values(), policied]))
    stack.change_state(lambda resources: resources.clear())

    def declare() -> None:
        for kind in ("SequenceStore", "KmsKey", "S3Bucket"):
            DECLARE[kind](kind, "1", ResourceOptions(import_=ids[kind]))
        opts = ResourceOptions(import_=ids["S3AccessPolicy"])
        S3AccessPolicy("S3AccessPolicy", sequence_store_arn=policied, readers=[READER], opts=opts)

    run = stack.up(declare)
    assert {kind: stack.resource(kind)["id"] for kind in CHANGING} == ids
    made = [call.operation for call in run.calls if call.operation.startswith("Create")]
    assert made == []


def _state_migrations(stack: Stack) -> None:
    if not hasattr(ResourceOptions(), "state_migrations") or cli_version() < (3, 261):
        pytest.skip("this SDK or CLI has no state migrations")
    stack.up(_lab("state_migrations"))
    seen: set[str] = set()

    def migrate(args: pulumi.StateMigrationArgs) -> pulumi.StateMigrationResult:
        seen.update(old["urn"].rpartition("::")[2] for old in args.old_state)
        return pulumi.StateMigrationResult(args.old_state)

    stack.up(_lab("state_migrations", _same(state_migrations=[migrate]), "2"))
    assert set(_covered("state_migrations")) <= seen


TRIALS: Mapping[str, Callable[[Stack], None]] = {
    "additional_secret_outputs": _additional_secret_outputs,
    "aliases": _aliases,
    "custom_timeouts": _custom_timeouts,
    "delete_before_replace": _delete_before_replace,
    "deleted_with": _deleted_with,
    "depends_on": _depends_on,
    "hide_diffs": _hide_diffs,
    "hooks": _hooks,
    "id": _id,
    "ignore_changes": _ignore_changes,
    "import_": _import,
    "parent": _parent,
    "protect": _protect,
    "replace_with": _replace_with,
    "replacement_trigger": _replacement_trigger,
    "retain_on_delete": _retain_on_delete,
    "state_migrations": _state_migrations,
    "transformations": _transformations,
    "transforms": _transforms,
}


def _refused_values() -> dict[str, Callable[[], Any]]:
    """Return a value of each option that is refused somewhere, made in the program."""
    foreign = pulumi.ProviderResource.__new__(pulumi.ProviderResource)
    foreign.package = "aws"  # not registered: that would need its plugin
    return {
        "additional_secret_outputs": lambda: ["s3_uri"],
        "delete_before_replace": lambda: True,
        "deleted_with": lambda: SequenceStore("target"),
        "env_var_mappings": lambda: {"A": "B"},
        "hide_diffs": lambda: ["description"],
        "id": lambda: "1234567890",
        "ignore_changes": lambda: ["description"],
        "import_": lambda: "1234567890",
        "plugin_download_url": lambda: "https://plugins.example",
        "provider": lambda: foreign,
        "providers": lambda: [foreign],
        "replace_on_changes": lambda: ["description"],
        "replace_with": lambda: [SequenceStore("target")],
        "replacement_trigger": lambda: "v2",
        "urn": lambda: URN,
        "version": lambda: "1.2.3",
    }


def test_the_table_has_every_option_of_the_sdk() -> None:
    options = set(inspect.signature(ResourceOptions).parameters)

    assert options <= OUTCOMES.keys()
    # An older SDK lacks the newest ones.
    assert OUTCOMES.keys() - options <= {"state_migrations"}


@pytest.mark.parametrize("option", [option for option in OUTCOMES if _kinds(option)])
def test_an_option_does_what_it_says_on_each_kind(stack: Stack, option: str) -> None:
    TRIALS[option](stack)


def _refusing(option: str) -> list[str]:
    """List the kinds that refuse an option alone."""
    return [kind for kind in KINDS if outcome(option, kind) in (REFUSED, DELETING_FIRST)]


@pytest.mark.parametrize("option", [option for option in OUTCOMES if _refusing(option)])
def test_an_option_is_refused_in_one_sentence_that_names_it(stack: Stack, option: str) -> None:
    if not hasattr(ResourceOptions(), option):
        pytest.skip(f"this SDK has no {option}")
    refusals: dict[str, str] = {}

    def declare() -> None:
        value = _refused_values()[option]()
        for kind in _refusing(option):
            try:
                DECLARE[kind](kind, "1", ResourceOptions(**{option: value}))
            except OmicsComponentsError as error:
                refusals[kind] = str(error)

    stack.preview(declare)

    assert list(refusals) == _refusing(option)
    for kind, text in refusals.items():
        assert text.startswith(f"{kind}: ")
        assert option in text
        assert "\n" not in text
