"""What becomes of a program's resource options before the SDK sees them."""

from collections.abc import Callable
from typing import Any, cast

import pulumi
import pytest
from pulumi import CustomTimeouts, ResourceOptions

from omics_components import (
    EncryptedSequenceStore,
    KmsKey,
    OmicsComponentsError,
    S3AccessPolicy,
    S3Bucket,
    SequenceStore,
    native,
)
from omics_components.engine.dynamic.options import normalize_options, refuse_on_component
from omics_components.errors import InvalidRequest, NotSupported
from tests.unit.mocked_engine import ARN, Engine, resolved

STORE = ("sseConfig", "eTagAlgorithmFamily", "s3Uri", "tags", "replaceTriggers", "tagsAll")


@pytest.mark.parametrize(
    ("written", "on_the_wire"),
    [
        ("sse_config", "sseConfig"),
        ("sseConfig", "sseConfig"),
        ("sse_config.key_arn", "sseConfig.keyArn"),
        ('sse_config["key_arn"]', 'sseConfig["keyArn"]'),
        ("sseConfig.keyArn", "sseConfig.keyArn"),
        ("e_tag_algorithm_family", "eTagAlgorithmFamily"),
        ("s3_uri", "s3Uri"),
        ("tags.team", "tags.team"),
        ("tags.key_arn", "tags.key_arn"),
        ('tags["sse_config"]', 'tags["sse_config"]'),
        ("replace_triggers.first_run", "replaceTriggers.first_run"),
        ("*", "*"),
        ("no_property", "no_property"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("option", ["ignore_changes", "additional_secret_outputs", "hide_diffs"])
def test_options_name_properties_as_arguments_are_written(
    option: str, written: str, on_the_wire: str
) -> None:
    given = ResourceOptions()
    setattr(given, option, [written])

    assert getattr(normalize_options("reads", given, STORE), option) == [on_the_wire]
    assert getattr(given, option) == [written]


def test_an_sdk_without_an_option_has_nothing_to_translate() -> None:
    older = ResourceOptions(ignore_changes=["s3_uri"])
    del older.hide_diffs

    assert normalize_options("reads", older, STORE).ignore_changes == ["s3Uri"]


def test_each_child_of_a_component_has_options_of_its_own(engine: Engine) -> None:
    def protect_the_key(
        args: pulumi.ResourceTransformationArgs,
    ) -> pulumi.ResourceTransformationResult | None:
        if args.type_ == "pulumi-python:dynamic/kms:Key":
            args.opts.protect = True
        return pulumi.ResourceTransformationResult(args.props, args.opts)

    protected: dict[str, bool | None] = {}

    def program() -> dict[str, pulumi.Output[Any]]:
        opts = ResourceOptions(transformations=[protect_the_key])
        reads = EncryptedSequenceStore("reads", {"access_logs": True, "readers": []}, opts)
        for child in (reads.key, reads.bucket, reads.log_bucket, reads.store, reads.access_policy):
            assert child is not None
            protected[child.pulumi_resource_name] = child._protect
        return {"arn": reads.arn}

    resolved(program)

    assert [name for name, is_protected in protected.items() if is_protected] == ["reads-key"]
    assert len(protected) == 5
    assert engine.registered


def test_options_of_several_resources_are_left_alone(engine: Engine) -> None:
    opts = ResourceOptions(import_="1234567890", ignore_changes=["sse_config"])

    resolved(lambda: {name: SequenceStore(name, opts=opts).id for name in ("a", "b")})

    assert (opts.import_, opts.ignore_changes) == ("1234567890", ["sse_config"])
    assert {engine.inputs[name]["__import"] for name in ("a", "b")} == {"1234567890"}


def test_an_adoption_of_nothing_is_refused(engine: Engine) -> None:
    """A shell's variable that is not set: the engine would make a new resource."""
    with pytest.raises(InvalidRequest, match="import_ is empty") as refused:
        resolved(lambda: {"id": SequenceStore("reads", opts=ResourceOptions(import_="")).id})

    assert isinstance(refused.value, pulumi.RunError)
    assert not engine.registered


Declare = Callable[[ResourceOptions], pulumi.Resource]
RESOURCES: dict[str, Declare] = {
    "store": lambda opts: SequenceStore("reads", opts=opts),
    "key": lambda opts: KmsKey("reads", opts=opts),
    "bucket": lambda opts: S3Bucket("reads", opts=opts),
    "policy": lambda opts: S3AccessPolicy("reads", sequence_store_arn=ARN, readers=[], opts=opts),
    "get": lambda opts: SequenceStore.get("reads", ARN, opts),
}
DECLARATIONS: dict[str, Declare] = {
    **RESOURCES,
    "component": lambda opts: EncryptedSequenceStore("reads", opts=opts),
}
BAD_TIMES: dict[str, tuple[Any, str]] = {
    "words": (CustomTimeouts(delete="20 minutes"), "'20 minutes' is not a duration"),
    "days": (CustomTimeouts(update="1d"), "'1d' is not a duration"),
    "negative": (CustomTimeouts(create="-5m"), "'-5m' is not a duration"),
    "number": (CustomTimeouts(create=cast("Any", 30)), "30 is not a duration"),
    "nought": (CustomTimeouts(create=cast("Any", 0)), "0 is not a duration"),
    "of reading": (CustomTimeouts(read="1d"), "'1d' is not a duration"),
    "in a dictionary": ({"delete": "1d"}, "'1d' is not a duration"),
    "of no step": ({"craete": "5m"}, "'craete' is not a step: use create, update, delete, read"),
    "text": ("5m", "'5m' is neither CustomTimeouts nor a dictionary"),
}


@pytest.mark.parametrize(("times", "told"), BAD_TIMES.values(), ids=BAD_TIMES)
@pytest.mark.parametrize("kind", ["store", "key", "bucket", "policy", "component"])
def test_times_that_cannot_be_read_are_refused(
    engine: Engine, kind: str, times: Any, told: str
) -> None:
    """The SDK would end in a traceback, or take no notice."""
    opts = ResourceOptions(custom_timeouts=times)

    with pytest.raises(pulumi.RunError, match=r"^reads: .* custom_timeouts is invalid: ") as it:
        resolved(lambda: {"urn": DECLARATIONS[kind](opts).urn})

    assert told in str(it.value)
    assert isinstance(it.value, InvalidRequest)
    assert not engine.registered


def test_times_that_nobody_gave_are_left_out(engine: Engine) -> None:
    """Programs pass on what they were given; of None in a dictionary the SDK makes a traceback."""
    times: Any = {"create": None, "update": "", "delete": "5m", "read": "1m"}
    opts = ResourceOptions(custom_timeouts=times)

    resolved(lambda: {"id": SequenceStore("reads", opts=opts).id})

    assert engine.inputs["reads"]["__timeouts"] == {"delete": "5m"}
    assert times.keys() == {"create", "update", "delete", "read"}


PROVIDERS: dict[str, Callable[[pulumi.ProviderResource], ResourceOptions]] = {
    "provider": lambda given: ResourceOptions(provider=given),
    "providers": lambda given: ResourceOptions(providers=[given]),
    "providers by name": lambda given: ResourceOptions(providers={given.package: given}),
}


@pytest.mark.parametrize("declare", DECLARATIONS.values(), ids=DECLARATIONS.keys())
@pytest.mark.parametrize("options", PROVIDERS.values(), ids=PROVIDERS.keys())
def test_a_provider_of_another_kind_is_refused(
    engine: Engine,
    declare: Declare,
    options: Callable[[pulumi.ProviderResource], ResourceOptions],
) -> None:
    def program() -> dict[str, pulumi.Output[Any]]:
        elsewhere = pulumi.ProviderResource("aws", "elsewhere", {"region": "eu-west-1"})
        with pytest.raises(OmicsComponentsError) as refusal:
            declare(options(elsewhere))
        assert str(refusal.value) == (
            "reads: the resource options provider and providers do not choose the account or "
            "region of dynamic resources. Set the argument region, and aws:profile or "
            "aws:assumeRoles in the stack's configuration; one stack uses one account."
        )
        return {"urn": elsewhere.urn}

    resolved(program)

    assert {args.typ for args in engine.registered} == {"pulumi:providers:aws"}


@pytest.mark.parametrize("declare", DECLARATIONS.values(), ids=DECLARATIONS.keys())
def test_providers_of_a_parent_and_of_dynamic_resources_are_left_alone(
    engine: Engine, declare: Declare
) -> None:
    class Lab(pulumi.ComponentResource):
        def __init__(self, opts: ResourceOptions) -> None:
            super().__init__("lab:index:Lab", "lab", None, opts)
            dynamic = pulumi.ProviderResource("pulumi-python", "dynamic")
            self.child = declare(ResourceOptions(parent=self, provider=dynamic))

    def program() -> dict[str, pulumi.Output[Any]]:
        elsewhere = pulumi.ProviderResource("aws", "elsewhere", {"region": "eu-west-1"})
        return {"urn": Lab(ResourceOptions(providers=[elsewhere])).child.urn}

    resolved(program)

    assert "reads" in {args.name for args in engine.registered}


TARGETS: dict[str, Callable[[], pulumi.Resource]] = {
    "store": lambda: SequenceStore("target"),
    "key": lambda: KmsKey("target"),
    "bucket": lambda: S3Bucket("target"),
    "policy": lambda: S3AccessPolicy("target", sequence_store_arn=ARN, readers=[]),
    "other": lambda: pulumi.ComponentResource("lab:index:Lab", "target"),
    "get": lambda: SequenceStore.get("target", ARN),
}


@pytest.mark.parametrize("delete_before_replace", [None, True])
@pytest.mark.parametrize("retain_on_delete", [None, True])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("kind", ["store", "key", "bucket", "get", "component"])
def test_deleted_with_is_refused_on_what_aws_deletes_with_nothing(
    engine: Engine,
    kind: str,
    target: str,
    retain_on_delete: bool | None,
    delete_before_replace: bool | None,
) -> None:
    """The engine would skip the deletion, and leave the resource in AWS and in no state."""

    def program() -> dict[str, pulumi.Output[Any]]:
        deleted_with = TARGETS[target]()
        opts = ResourceOptions(
            deleted_with=deleted_with,
            retain_on_delete=retain_on_delete,
            delete_before_replace=delete_before_replace,
        )
        with pytest.raises(pulumi.RunError) as refusal:
            DECLARATIONS[kind](opts)
        assert isinstance(refusal.value, NotSupported)
        assert str(refusal.value) == (
            "reads: the resource option deleted_with would leave it in AWS: deleting another "
            "resource does not delete it. Use depends_on to delete it first, or retain_on_delete "
            "to keep it."
        )
        return {"urn": deleted_with.urn}

    resolved(program)

    assert {args.name for args in engine.registered} == {"target"}


@pytest.mark.parametrize("target", [name for name in TARGETS if name != "store"])
def test_an_access_policy_is_deleted_with_nothing_but_a_store(engine: Engine, target: str) -> None:
    def program() -> dict[str, pulumi.Output[Any]]:
        deleted_with = TARGETS[target]()
        with pytest.raises(pulumi.RunError) as refusal:
            RESOURCES["policy"](ResourceOptions(deleted_with=deleted_with))
        assert isinstance(refusal.value, NotSupported)
        assert str(refusal.value) == (
            "reads: the resource option deleted_with would leave it in AWS: only deleting its "
            "sequence store deletes it. Set deleted_with to its SequenceStore if this stack "
            "manages that store, or leave it out."
        )
        return {"urn": deleted_with.urn}

    resolved(program)

    assert {args.name for args in engine.registered} == {"target"}


def test_an_access_policy_is_deleted_with_its_store(engine: Engine) -> None:
    def program() -> dict[str, pulumi.Output[Any]]:
        store = SequenceStore("store")
        lab = EncryptedSequenceStore("lab")
        targets: dict[str, SequenceStore | EncryptedSequenceStore] = {
            "by-store": store,
            "by-child": lab.store,
            "by-component": lab,
        }
        for name, target in targets.items():
            opts = ResourceOptions(deleted_with=target)
            S3AccessPolicy(name, sequence_store_arn=target.arn, readers=[], opts=opts)
        return {"id": store.id}

    resolved(program)

    names = {args.name for args in engine.registered}
    assert {"by-store", "by-child", "by-component"} <= names


@pytest.mark.parametrize("option", ["replace_on_changes", "replacement_trigger", "replace_with"])
@pytest.mark.parametrize("delete_before_replace", [None, True])
def test_options_that_would_not_replace_a_components_children_are_refused(
    engine: Engine, option: str, delete_before_replace: bool | None
) -> None:
    opts = ResourceOptions(delete_before_replace=delete_before_replace)
    setattr(opts, option, ["name"])

    with pytest.raises(NotSupported) as refusal:
        EncryptedSequenceStore("reads", opts=opts)

    assert isinstance(refusal.value, pulumi.RunError)
    assert str(refusal.value) == (
        f"reads: the resource option {option} does not replace the children of a component. Give "
        "the component another name to replace them."
    )
    assert not engine.registered


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("ignore_changes", ["tags"]),
        ("additional_secret_outputs", ["arn"]),
        ("hide_diffs", ["tags"]),
        ("delete_before_replace", True),
        ("delete_before_replace", False),
        ("import_", ARN),
    ],
)
def test_options_that_do_nothing_on_a_component_are_refused(
    engine: Engine, option: str, value: object
) -> None:
    opts = ResourceOptions()
    setattr(opts, option, value)

    with pytest.raises(NotSupported) as refusal:
        EncryptedSequenceStore("reads", opts=opts)

    assert isinstance(refusal.value, pulumi.RunError)
    assert str(refusal.value) == (
        f"reads: the resource option {option} has no effect on a component. Set it on a child with "
        "the resource option transforms."
    )
    assert not engine.registered


def test_timeouts_of_a_component_are_those_of_its_children(engine: Engine) -> None:
    opts = ResourceOptions(custom_timeouts=CustomTimeouts(create="30m"))

    resolved(lambda: {"arn": EncryptedSequenceStore("reads", {"readers": []}, opts).arn})

    children = ("key", "fallback", "store", "access")
    timeouts = [engine.inputs[f"reads-{child}"]["__timeouts"] for child in children]
    assert timeouts == [{"create": "30m"}] * 4


@pytest.mark.parametrize("kind", ["before_update", "after_update", "on_error"])
def test_hooks_that_never_run_on_a_component_are_refused(engine: Engine, kind: str) -> None:
    hooks = pulumi.ResourceHookBinding()
    setattr(hooks, kind, [print])
    opts = ResourceOptions(hooks=hooks)

    with pytest.raises(NotSupported) as refusal:
        EncryptedSequenceStore("reads", opts=opts)

    assert isinstance(refusal.value, pulumi.RunError)
    assert str(refusal.value) == (
        f"reads: hooks of {kind} never run on a component: only its children are updated. Bind "
        "them to a child with the resource option transforms."
    )
    assert not engine.registered


def test_options_that_say_nothing_are_no_matter_to_a_component(engine: Engine) -> None:
    opts = ResourceOptions(
        hooks=pulumi.ResourceHookBinding(before_update=[]),
        replace_on_changes=[],
        replace_with=[],
        ignore_changes=[],
        additional_secret_outputs=[],
    )
    older = ResourceOptions()
    for option in ("hooks", "replacement_trigger", "replace_with", "hide_diffs"):
        delattr(older, option)

    refuse_on_component("reads", older)
    resolved(lambda: {"arn": EncryptedSequenceStore("reads", opts=opts).arn})

    assert engine.registered


_TO_REPLACE = {
    "key": "Give it another name, and another alias or none,",
    "bucket": "Give it another name, and another bucket or none,",
    "policy": "Give it another name",
}
"""What replaces a resource that has no replace_triggers."""


@pytest.mark.parametrize("kind", RESOURCES)
def test_an_option_that_would_not_replace_is_refused(kind: str) -> None:
    opts = ResourceOptions(delete_before_replace=False, replace_on_changes=["name"])

    with pytest.raises(NotSupported) as refusal:
        RESOURCES[kind](opts)

    advice = _TO_REPLACE.get(kind, "Change replace_triggers")
    assert str(refusal.value) == (
        "reads: the resource option replace_on_changes does not replace dynamic resources: the "
        f"engine does not pass it to them. {advice} to replace it."
    )


@pytest.mark.parametrize("option", ["replacement_trigger", "replace_with"])
@pytest.mark.parametrize("kind", RESOURCES)
def test_options_that_would_find_the_old_resource_are_refused(option: str, kind: str) -> None:
    opts = ResourceOptions(delete_before_replace=False)
    setattr(opts, option, ["name"])

    with pytest.raises(NotSupported) as refusal:
        RESOURCES[kind](opts)

    advice = _TO_REPLACE.get(kind, "Change replace_triggers").lower()
    assert str(refusal.value) == (
        f"reads: the resource option {option} replaces only together with delete_before_replace: "
        "created first, the new resource would be taken for the old one. Set "
        f"delete_before_replace, or leave the option out: {advice} to replace it."
    )


@pytest.mark.parametrize("option", ["replacement_trigger", "replace_with"])
def test_with_delete_before_replace_they_replace(option: str) -> None:
    opts = ResourceOptions(delete_before_replace=True)
    setattr(opts, option, ["name"])

    assert getattr(normalize_options("reads", opts, STORE), option) == ["name"]


@pytest.mark.parametrize("option", ["replace_on_changes", "replacement_trigger", "replace_with"])
def test_options_that_say_nothing_are_no_matter(engine: Engine, option: str) -> None:
    opts = ResourceOptions()
    setattr(opts, option, [])
    older = ResourceOptions()
    delattr(older, option)

    resolved(lambda: {"a": SequenceStore("a", opts=opts).id})

    assert normalize_options("reads", older, STORE).protect is None
    assert engine.registered


def test_a_trigger_that_only_an_update_knows_is_refused(engine: Engine) -> None:
    def program() -> dict[str, pulumi.Output[Any]]:
        first = SequenceStore("first")
        opts = ResourceOptions(replacement_trigger=first.creation_time)
        with pytest.raises(OmicsComponentsError, match="replacement_trigger replaces only"):
            SequenceStore("second", opts=opts)
        return {"id": first.id}

    resolved(program)

    assert len(engine.registered) == 1


@pytest.mark.parametrize("declare", [native.KmsKey, native.S3Bucket])
def test_natively_what_has_a_name_of_its_own_in_aws_is_replaced_deleting_first(
    engine: Engine, declare: Any
) -> None:
    arguments = {"alias": "reads"} if declare is native.KmsKey else {}
    opts = ResourceOptions(replace_on_changes=["tags"])

    with pytest.raises(NotSupported, match="replaces only together with delete_before_replace"):
        declare("reads", opts=opts, **arguments)

    assert not engine.registered
