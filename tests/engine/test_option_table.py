"""Each cell of the table of resource options, tried on the engine, on both fronts."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pulumi
import pytest
from pulumi import CustomTimeouts, ResourceHookBinding, ResourceOptions, automation

import omics_components
from omics_components import OmicsComponentsError, native
from omics_components.emulator import Call, EmulatorServer
from omics_components.testing import inline_programs
from tests.engine.option_table import (
    DELETING_FIRST,
    FOR_CHILDREN,
    KINDS,
    OUTCOMES,
    REFUSED,
    WORKS,
)
from tests.engine.stack import Stack, cli_version
from tests.native.stack import NativeStack

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


CHANGING: Mapping[str, str] = {
    "SequenceStore": "description",
    "KmsKey": "description",
    "S3Bucket": "tags",
    "S3AccessPolicy": "readers",
}
"""The argument that differs between two versions of a kind."""


@dataclass
class Lab:
    """Programs that declare each kind on one front, and their stack.

    Args:
        stack: The stack.
        front: ``dynamic`` or ``native``.
        api: The module whose classes the programs declare.
    """

    stack: Stack
    front: str
    api: Any

    def outcome(self, option: str, kind: str) -> str:
        """Return one cell of the table."""
        return OUTCOMES[self.front][option][KINDS.index(kind)]

    def kinds(self, option: str) -> list[str]:
        """List the kinds on which the table says that an option has an effect."""
        return [kind for kind in KINDS if self.outcome(option, kind) != REFUSED]

    def refusing(self, option: str) -> list[str]:
        """List the kinds that refuse an option alone."""
        return [kind for kind in KINDS if self.outcome(option, kind) in (REFUSED, DELETING_FIRST)]

    def declare(self, kind: str, name: str, version: str, opts: ResourceOptions) -> None:
        """Declare one resource; two versions differ."""
        if kind == "S3AccessPolicy":
            store = self.api.SequenceStore(f"{name}-of")
            self.policy(name, store.arn, version, opts)
        elif kind == COMPONENT:
            arguments = {"description": version, "tags": {"version": version}}
            self.api.EncryptedSequenceStore(name, readers=[READER], opts=opts, **arguments)
        elif kind == "S3Bucket":
            self.api.S3Bucket(name, tags={"version": version}, opts=opts)
        else:
            getattr(self.api, kind)(name, description=version, opts=opts)

    def policy(self, name: str, store_arn: Any, version: str, opts: ResourceOptions) -> None:
        """Declare an access policy; two versions have other readers."""
        readers = [READER] if version == "1" else [READER, READER + "-2"]
        self.api.S3AccessPolicy(name, sequence_store_arn=store_arn, readers=readers, opts=opts)

    def program(
        self, option: str, options: Options = _none, version: str = "1", prefix: str = ""
    ) -> Callable[[], None]:
        """Return a program that declares each kind on which an option has an effect."""

        def run() -> None:
            for kind in self.kinds(option):
                name = f"{prefix}{kind}"
                self.declare(kind, name, version, options(name))

        return run

    def covered(self, option: str) -> list[str]:
        """List the resources that must show the effect: a component's are its children."""
        kinds = self.kinds(option)
        children = [f"{COMPONENT}-{child}" for child in CHILDREN if COMPONENT in kinds]
        return [kind for kind in kinds if kind != COMPONENT] + children

    def recorded(self, option: str) -> dict[str, dict[str, Any]]:
        """Return what the state has of them, by name."""
        return {name: self.stack.resource(name) for name in self.covered(option)}


@pytest.fixture
def lab(
    request: pytest.FixtureRequest,
    server: EmulatorServer,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Lab]:
    """Programs on each front."""
    if request.param == "dynamic":
        yield Lab(Stack(tmp_path, server), "dynamic", omics_components)
    else:
        yield Lab(NativeStack(tmp_path, server), "native", native)
    inline_programs.wait_for_programs()
    caplog.get_records("call").clear()
    inline_programs.collect_leavings()


def _parent(lab: Lab) -> None:
    def declare() -> None:
        parent = pulumi.ComponentResource("my:lab:Lab", "lab")
        lab.program("parent", _same(parent=parent))()

    lab.stack.up(declare)
    for resource in lab.recorded("parent").values():
        assert "::my:lab:Lab$" in resource["urn"]


def _depends_on(lab: Lab) -> None:
    def declare() -> None:
        first = lab.api.SequenceStore("first")
        lab.program("depends_on", _same(depends_on=[first]))()

    changing = ("Create", "Delete", "Put", "Schedule")

    def changes(calls: list[Call], but: str) -> list[str]:
        texts = [
            json.dumps(call.parameters) for call in calls if call.operation.startswith(changing)
        ]
        return [text for text in texts if but not in text]

    calls = lab.stack.up(declare).calls
    created = changes(calls, but="S3AccessPolicy-of")
    assert '"first"' in created[0]
    assert len(created) > len(KINDS)
    first, another = lab.stack.store_id("first"), lab.stack.store_id("S3AccessPolicy-of")
    deleted = changes(lab.stack.destroy().calls, but=another)
    assert first in deleted[-1]


def _protect(lab: Lab) -> None:
    lab.stack.up(lab.program("protect", _same(protect=True)))
    for name, resource in lab.recorded("protect").items():
        assert resource["protect"], name
    with pytest.raises(automation.CommandError, match="protected"):
        lab.stack.up({})
    lab.stack.up(lab.program("protect"))


def _retain_on_delete(lab: Lab) -> None:
    lab.stack.up(lab.program("retain_on_delete", _same(retain_on_delete=True)))
    lab.stack.server.emulator.calls.clear()
    run = lab.stack.up({})
    deleted = [call for call in run.calls if call.operation.startswith(("Delete", "Schedule"))]
    # What carries no option is deleted: the store that the policy belongs to.
    assert [call.operation for call in deleted] == ["DeleteSequenceStore"]


def _custom_timeouts(lab: Lab) -> None:
    lab.stack.up(lab.program("custom_timeouts", _same(custom_timeouts=CustomTimeouts(delete="7m"))))
    for name, resource in lab.recorded("custom_timeouts").items():
        assert resource["customTimeouts"]["delete"] == 7 * 60, name
    in_no_time = _same(custom_timeouts=CustomTimeouts(update="1ms"))
    lab.stack.up(lab.program("custom_timeouts"))
    lab.stack.server.emulator.plan_status([("UPDATING", 5.0)], on="update")
    with pytest.raises(automation.CommandError) as refused:
        lab.stack.up(lab.program("custom_timeouts", in_no_time, "2"))
    assert "waited 0.001 s" in str(refused.value)


def _aliases(lab: Lab) -> None:
    lab.stack.up(lab.program("aliases"))
    before = {name: lab.stack.resource(name)["id"] for name in lab.covered("aliases")}

    def renamed(name: str) -> ResourceOptions:
        return ResourceOptions(aliases=[pulumi.Alias(name=name.removeprefix("new-"))])

    run = lab.stack.up(lab.program("aliases", renamed, prefix="new-"))
    after = {name: lab.stack.resource(f"new-{name}")["id"] for name in before}
    own = {name: id_ for name, id_ in before.items() if name != "S3AccessPolicy"}
    assert own.items() <= after.items()
    for name in own:
        assert set(run.steps[f"new-{name}"]) <= {"same", "update"}, name


def _require_protection(lab: Lab, option: str, **options: Any) -> None:
    """Require that options protect everything, and take them away again."""
    lab.stack.up(lab.program(option, _same(**options)))
    for name, resource in lab.recorded(option).items():
        assert resource["protect"], name
    lab.stack.up(lab.program(option))


def _transformations(lab: Lab) -> None:
    def protect(
        args: pulumi.ResourceTransformationArgs,
    ) -> pulumi.ResourceTransformationResult:
        args.opts.protect = True
        return pulumi.ResourceTransformationResult(args.props, args.opts)

    _require_protection(lab, "transformations", transformations=[protect])


def _transforms(lab: Lab) -> None:
    def protect(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult:
        args.opts.protect = True
        return pulumi.ResourceTransformResult(args.props, args.opts)

    _require_protection(lab, "transforms", transforms=[protect])


def _hooks(lab: Lab) -> None:
    ran: list[str] = []

    def run(args: pulumi.ResourceHookArgs) -> None:
        ran.append(args.name)

    def declare() -> None:
        hook = pulumi.ResourceHook("before", run)
        lab.program("hooks", _same(hooks=ResourceHookBinding(before_create=[hook])))()

    lab.stack.up(declare)
    assert sorted(ran) == sorted(lab.kinds("hooks"))


def _ignore_changes(lab: Lab) -> None:
    def ignoring(name: str) -> ResourceOptions:
        return ResourceOptions(ignore_changes=[CHANGING[name]])

    lab.stack.up(lab.program("ignore_changes"))
    lab.stack.preview(lab.program("ignore_changes", ignoring, "2"), expect_no_changes=True)
    changed = lab.stack.preview(lab.program("ignore_changes", version="2"))
    assert all(changed.steps[kind] == ["update"] for kind in CHANGING)


def _hide_diffs(lab: Lab) -> None:
    def hiding(name: str) -> ResourceOptions:
        return ResourceOptions(hide_diffs=[CHANGING[name], "tags_all"])

    lab.stack.up(lab.program("hide_diffs"))
    shown = lab.stack.preview(lab.program("hide_diffs", version="2"), diff=True).text
    hidden = lab.stack.preview(lab.program("hide_diffs", hiding, "2"), diff=True).text
    assert '"1" => "2"' in shown
    assert READER + "-2" in shown
    assert '"1" => "2"' not in hidden
    assert READER + "-2" not in hidden


def _additional_secret_outputs(lab: Lab) -> None:
    named = {
        "SequenceStore": ("s3_uri", "s3Uri"),
        "KmsKey": ("policy", "policy"),
        "S3Bucket": ("region", "region"),
        "S3AccessPolicy": ("policy", "policy"),
    }

    def secret(name: str) -> ResourceOptions:
        return ResourceOptions(additional_secret_outputs=[named[name][0]])

    lab.stack.up(lab.program("additional_secret_outputs", secret))
    for name, resource in lab.recorded("additional_secret_outputs").items():
        assert "ciphertext" in resource["outputs"][named[name][1]], name


def _replaced(lab: Lab, option: str, programs: list[Callable[[], None]]) -> None:
    """Assert that the last program replaces each kind, which the one before created."""
    *before, last = programs
    for program in before:
        lab.stack.up(program)
    run = lab.stack.up(last)
    for kind in lab.kinds(option):
        assert {"delete-replaced", "create-replacement"} <= set(run.steps[kind]), kind


def _triggered(lab: Lab, option: str) -> list[Callable[[], None]]:
    def at(trigger: str) -> Options:
        return _same(delete_before_replace=True, replacement_trigger=trigger)

    return [lab.program(option, at("one")), lab.program(option, at("two"))]


def _delete_before_replace(lab: Lab) -> None:
    _replaced(lab, "delete_before_replace", _triggered(lab, "delete_before_replace"))


def _replacement_trigger(lab: Lab) -> None:
    _replaced(lab, "replacement_trigger", _triggered(lab, "replacement_trigger"))


def _replace_with(lab: Lab) -> None:
    def program(family: Literal["MD5up", "SHA256up"]) -> Callable[[], None]:
        def declare() -> None:
            first = lab.api.SequenceStore("first", e_tag_algorithm_family=family)
            lab.program("replace_with", _same(delete_before_replace=True, replace_with=[first]))()

        return declare

    _replaced(lab, "replace_with", [program("MD5up"), program("SHA256up")])


def _deleted_with(lab: Lab) -> None:
    def declare() -> None:
        store = lab.api.SequenceStore("reads")
        opts = ResourceOptions(deleted_with=store)
        lab.policy("access", store.arn, "1", opts)

    lab.stack.up(declare)
    run = lab.stack.destroy()
    changing = [call.operation for call in run.calls if call.operation.startswith("Delete")]
    assert changing == ["DeleteSequenceStore"]


def _adopted(lab: Lab) -> dict[str, str]:
    """Create one of each kind, and return their ids."""
    lab.stack.up(lab.program("id", _same(retain_on_delete=True)))
    return {name: lab.stack.resource(name)["id"] for name in (*CHANGING, "S3AccessPolicy-of")}


def _id(lab: Lab) -> None:
    ids = _adopted(lab)

    def declare() -> None:
        lab.program("id")()
        for kind in CHANGING:
            opts = ResourceOptions(id=ids[kind])
            if kind == "S3AccessPolicy":
                lab.policy(f"read-{kind}", "", "1", opts)
            else:
                lab.declare(kind, f"read-{kind}", "ignored", opts)

    lab.stack.up(declare)
    for kind in CHANGING:
        assert lab.stack.resource(f"read-{kind}")["external"], kind
        assert lab.stack.resource(f"read-{kind}")["id"] == ids[kind]


def _import(lab: Lab) -> None:
    ids = _of_others(lab) if lab.front == "native" else _adopted(lab)
    store = ids["S3AccessPolicy-of"]
    lab.stack.set_config("omics-components:takeOver", ",".join(ids.values()))
    lab.stack.change_state(lambda resources: resources.clear())

    def declare() -> None:
        for kind in ("SequenceStore", "KmsKey"):
            opts = ResourceOptions(import_=ids[kind])
            getattr(lab.api, kind)(kind, description="1", opts=opts)
        opts = ResourceOptions(import_=ids["S3Bucket"])
        lab.api.S3Bucket("S3Bucket", bucket=ids["S3Bucket"], tags={"version": "1"}, opts=opts)
        lab.policy("S3AccessPolicy", store, "1", ResourceOptions(import_=ids["S3AccessPolicy"]))

    run = lab.stack.up(declare)
    for kind in CHANGING:
        assert lab.stack.resource(kind)["id"] == ids[kind]
    assert not [call for call in run.calls if call.operation.startswith("Create")]
    lab.stack.preview(declare, expect_no_changes=True)


def _of_others(lab: Lab) -> dict[str, str]:
    """Create one of each kind without this library, and return their ids."""
    aws = lab.stack.aws
    lab.stack.up({})
    store = aws().create_sequence_store(name="SequenceStore", description="1")
    policied = aws().create_sequence_store(name="policied")
    point = aws().get_sequence_store(id=policied["id"])["s3Access"]["s3AccessPointArn"]
    text = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": READER},
                    "Action": "s3:GetObject",
                    "Resource": f"{point}/object/123456789012/sequenceStore/{policied['id']}/*",
                }
            ],
        }
    )
    aws().put_s3_access_policy(s3AccessPointArn=point, s3AccessPolicy=text)
    key = aws(service="kms").create_key(Description="1")["KeyMetadata"]["Arn"]
    aws(service="s3").create_bucket(Bucket="of-others")
    return {
        "SequenceStore": store["arn"],
        "KmsKey": key,
        "S3Bucket": "of-others",
        "S3AccessPolicy": point,
        "S3AccessPolicy-of": policied["arn"],
    }


def _provider_of(lab: Lab, option: str) -> None:
    def declare() -> None:
        there = lab.api.Provider("there", region="eu-west-1")
        lab.program(option, _same(**{option: there if option == "provider" else [there]}))()

    lab.stack.up(declare)
    for name, resource in lab.recorded(option).items():
        assert "::there::" in resource["provider"], name


def _provider(lab: Lab) -> None:
    _provider_of(lab, "provider")


def _providers(lab: Lab) -> None:
    _provider_of(lab, "providers")


def _version(lab: Lab) -> None:
    lab.stack.up(lab.program("version", _same(version="0.0.7")))
    for name, resource in lab.recorded("version").items():
        assert "::default_0_0_7::" in resource["provider"], name


def _plugin_download_url(lab: Lab) -> None:
    url = "https://plugins.example/omics"
    lab.stack.up(lab.program("plugin_download_url", _same(plugin_download_url=url)))
    for name, resource in lab.recorded("plugin_download_url").items():
        assert "plugins.example" in resource["provider"], name


def _replace_on_changes(lab: Lab) -> None:
    def replacing(name: str) -> ResourceOptions:
        first = True if name == "S3Bucket" else None
        return ResourceOptions(replace_on_changes=[CHANGING[name]], delete_before_replace=first)

    _replaced(
        lab,
        "replace_on_changes",
        [
            lab.program("replace_on_changes", replacing),
            lab.program("replace_on_changes", replacing, "2"),
        ],
    )


def _state_migrations(lab: Lab) -> None:
    if not hasattr(ResourceOptions(), "state_migrations") or cli_version() < (3, 261):
        pytest.skip("this SDK or CLI has no state migrations")
    lab.stack.up(lab.program("state_migrations"))
    seen: set[str] = set()

    def migrate(args: pulumi.StateMigrationArgs) -> pulumi.StateMigrationResult:
        seen.update(old["urn"].rpartition("::")[2] for old in args.old_state)
        return pulumi.StateMigrationResult(args.old_state)

    lab.stack.up(lab.program("state_migrations", _same(state_migrations=[migrate]), "2"))
    assert set(lab.covered("state_migrations")) <= seen


TRIALS: Mapping[str, Callable[[Lab], None]] = {
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
    "plugin_download_url": _plugin_download_url,
    "protect": _protect,
    "provider": _provider,
    "providers": _providers,
    "replace_on_changes": _replace_on_changes,
    "replace_with": _replace_with,
    "replacement_trigger": _replacement_trigger,
    "retain_on_delete": _retain_on_delete,
    "state_migrations": _state_migrations,
    "transformations": _transformations,
    "transforms": _transforms,
    "version": _version,
}


def _refused_values(lab: Lab) -> dict[str, Callable[[], Any]]:
    """Return a value of each option that is refused somewhere, made in the program."""
    foreign = pulumi.ProviderResource.__new__(pulumi.ProviderResource)
    foreign.package = "aws"  # not registered: that would need its plugin
    return {
        "additional_secret_outputs": lambda: ["s3_uri"],
        "delete_before_replace": lambda: True,
        "deleted_with": lambda: lab.api.SequenceStore("target"),
        "env_var_mappings": lambda: {"A": "B"},
        "hide_diffs": lambda: ["description"],
        "id": lambda: "1234567890",
        "ignore_changes": lambda: ["description"],
        "import_": lambda: "1234567890",
        "plugin_download_url": lambda: "https://plugins.example",
        "provider": lambda: foreign,
        "providers": lambda: [foreign],
        "replace_on_changes": lambda: ["description"],
        "replace_with": lambda: [lab.api.SequenceStore("target")],
        "replacement_trigger": lambda: "v2",
        "urn": lambda: URN,
        "version": lambda: "1.2.3",
    }


@pytest.mark.parametrize("front", OUTCOMES)
def test_the_table_has_every_option_of_the_sdk(front: str) -> None:
    options = set(inspect.signature(ResourceOptions).parameters)

    assert options <= OUTCOMES[front].keys()
    # An older SDK lacks the newest one.
    assert OUTCOMES[front].keys() - options <= {"state_migrations"}


def _cells(*outcomes: str) -> list[tuple[str, str]]:
    """List (front, option) where one of these outcomes is in the table."""
    return [
        (front, option)
        for front, options in OUTCOMES.items()
        for option, cells in options.items()
        if set(cells) & set(outcomes)
    ]


@pytest.mark.parametrize(
    ("lab", "option"), _cells(WORKS, FOR_CHILDREN, DELETING_FIRST), indirect=["lab"]
)
def test_an_option_does_what_it_says_on_each_kind(lab: Lab, option: str) -> None:
    TRIALS[option](lab)


@pytest.mark.parametrize(("lab", "option"), _cells(REFUSED, DELETING_FIRST), indirect=["lab"])
def test_an_option_is_refused_in_one_sentence_that_names_it(lab: Lab, option: str) -> None:
    refusals: dict[str, str] = {}

    def declare() -> None:
        value = _refused_values(lab)[option]()
        for kind in lab.refusing(option):
            try:
                lab.declare(kind, kind, "1", ResourceOptions(**{option: value}))
            except OmicsComponentsError as error:
                refusals[kind] = str(error)

    lab.stack.preview(declare)

    assert list(refusals) == lab.refusing(option)
    for kind, text in refusals.items():
        assert text.startswith(f"{kind}: ")
        assert option in text
        assert "\n" not in text
