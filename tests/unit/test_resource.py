"""What a program hands to the engine, and what it gets back, with Pulumi's own mocks."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from omics_components import SequenceStore, SseConfig, SseConfigArgs
from tests.input_tables import KEY
from tests.unit.mocked_engine import ARN, REPORTED, Engine, resolved


def store_inputs(engine: Engine) -> dict[str, Any]:
    (store,) = (args.name for args in engine.registered if args.typ.endswith("SequenceStore"))
    return engine.inputs[store]


def test_a_program_is_sent_in_the_services_spelling(engine: Engine) -> None:
    def program() -> dict[str, pulumi.Output[Any]]:
        store = SequenceStore(
            "reads",
            name="Reads",
            description="All reads",
            sse_config={"type": "KMS", "key_arn": pulumi.Output.from_input(KEY)},
            fallback_location="s3://bucket/",
            e_tag_algorithm_family="SHA256up",
            propagated_set_level_tags=["sample"],
            access_log_location="s3://logs/",
            tags={"team": "genomics"},
            region="eu-west-1",
            force_destroy=True,
            replace_triggers={"run": "1"},
            opts=pulumi.ResourceOptions(
                custom_timeouts=pulumi.CustomTimeouts(create="20m", delete="1h")
            ),
        )
        return {"id": store.id}

    resolved(program)

    urn = "urn:pulumi:dev::lab::pulumi-python:dynamic/omics:SequenceStore::reads"
    assert store_inputs(engine)["__identity"].endswith(urn)
    assert {k: v for k, v in store_inputs(engine).items() if k != "__identity"} == {
        "name": "Reads",
        "description": "All reads",
        "sseConfig": {"type": "KMS", "keyArn": KEY},
        "fallbackLocation": "s3://bucket/",
        "eTagAlgorithmFamily": "SHA256up",
        "propagatedSetLevelTags": ["sample"],
        "accessLogLocation": "s3://logs/",
        "tags": {"team": "genomics"},
        "tagsAll": {"team": "genomics"},
        "region": "eu-west-1",
        "forceDestroy": True,
        "replaceTriggers": {"run": "1"},
        "__timeouts": {"create": "20m", "delete": "1h"},
    }
    assert engine.registered[-1].typ == "pulumi-python:dynamic/omics:SequenceStore"


def test_the_name_defaults_to_the_resources(engine: Engine) -> None:
    resolved(lambda: {"id": SequenceStore("reads").id})

    assert {k: v for k, v in store_inputs(engine).items() if k != "__identity"} == {
        "name": "reads",
        "forceDestroy": False,
    }


@pytest.mark.parametrize(
    "sse_config",
    [
        lambda: {"type": "KMS", "key_arn": KEY},
        lambda: {"type": "KMS", "keyArn": KEY},
        lambda: pulumi.Output.from_input({"type": "KMS", "key_arn": KEY}),
    ],
    ids=["snake case", "camel case", "output"],
)
def test_encryption_is_understood_in_every_spelling(
    engine: Engine, sse_config: Callable[[], Any]
) -> None:
    resolved(lambda: {"id": SequenceStore("reads", sse_config=sse_config()).id})

    assert store_inputs(engine)["sseConfig"] == {"type": "KMS", "keyArn": KEY}


@pytest.mark.parametrize("wrong", ["KMS", 5], ids=str)
@pytest.mark.parametrize("wrap", [lambda it: it, pulumi.Output.from_input], ids=["plain", "output"])
def test_an_encryption_that_is_none_is_left_to_the_check(
    engine: Engine, wrap: Callable[[Any], Any], wrong: Any
) -> None:
    resolved(lambda: {"id": SequenceStore("reads", sse_config=wrap(wrong)).id})

    assert store_inputs(engine)["sseConfig"] == wrong


def test_outputs_are_typed_and_what_the_arn_tells_comes_from_the_id(engine: Engine) -> None:
    def program() -> dict[str, pulumi.Output[Any]]:
        store = SequenceStore(
            "reads",
            description="All reads",
            sse_config={"type": "KMS", "key_arn": KEY},
            fallback_location="s3://bucket/",
            e_tag_algorithm_family="SHA256up",
            propagated_set_level_tags=["sample"],
            access_log_location="s3://logs/",
            tags={"team": "genomics"},
            region="us-east-1",
            force_destroy=True,
            replace_triggers={"run": "1"},
        )
        return {
            "arn": store.arn,
            "sequence_store_id": store.sequence_store_id,
            "region": store.region,
            "name": store.name,
            "description": store.description,
            "key_arn": store.sse_config.apply(lambda sse: sse.key_arn if sse else None),
            "sse_config_is_typed": store.sse_config.apply(lambda sse: isinstance(sse, SseConfig)),
            "fallback_location": store.fallback_location,
            "e_tag_algorithm_family": store.e_tag_algorithm_family,
            "propagated_set_level_tags": store.propagated_set_level_tags,
            "access_log_location": store.access_log_location,
            "s3_uri": store.s3_uri,
            "s3_access_point_arn": store.s3_access_point_arn,
            "status": store.status,
            "status_message": store.status_message,
            "creation_time": store.creation_time,
            "update_time": store.update_time,
            "tags": store.tags,
            "tags_all": store.tags_all,
            "force_destroy": store.force_destroy,
            "replace_triggers": store.replace_triggers,
        }

    values = resolved(program)

    assert values == {
        "arn": ARN,
        "sequence_store_id": "1234567890",
        "region": "eu-west-1",
        "name": "reads",
        "description": "All reads",
        "key_arn": KEY,
        "sse_config_is_typed": True,
        "fallback_location": "s3://bucket/",
        "e_tag_algorithm_family": "SHA256up",
        "propagated_set_level_tags": ["sample"],
        "access_log_location": "s3://logs/",
        "s3_uri": "s3://alias/",
        "s3_access_point_arn": REPORTED["s3AccessPointArn"],
        "status": "ACTIVE",
        "status_message": "As new",
        "creation_time": "2026-01-01T00:00:00.000Z",
        "update_time": "2026-01-02T00:00:00.000Z",
        "tags": {"team": "genomics"},
        "tags_all": {"team": "genomics"},
        "force_destroy": True,
        "replace_triggers": {"run": "1"},
    }
    assert len(engine.registered) == 1


def test_a_child_is_identified_by_its_parents_too(engine: Engine) -> None:
    class Lab(pulumi.ComponentResource):
        def __init__(self) -> None:
            super().__init__("lab:index:Lab", "lab")
            self.store = SequenceStore("reads", opts=pulumi.ResourceOptions(parent=self))

    resolved(lambda: {"id": Lab().store.id})

    assert "lab:index:Lab$pulumi-python:dynamic/omics:SequenceStore::reads" in str(
        store_inputs(engine)["__identity"]
    )


@pytest.mark.parametrize("backend", ["", "file:///srv/state", "postgres://u:p@ss@db.lab/states"])
def test_the_backend_is_no_part_of_what_a_program_sends(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    """The plugin puts it in front, which sees more of it than a program does."""
    monkeypatch.setenv("PULUMI_BACKEND_URL", backend)

    resolved(lambda: {"id": SequenceStore("reads").id})

    begin, _organization, urn = str(store_inputs(engine)["__identity"]).split("|")
    assert begin == ""
    assert urn.startswith("urn:pulumi:")


@pytest.mark.parametrize(
    "timeouts",
    [pulumi.CustomTimeouts(update="5m", delete="1h"), {"update": "5m", "delete": "1h"}],
    ids=["object", "dictionary"],
)
def test_timeouts_are_sent_however_they_are_written(engine: Engine, timeouts: Any) -> None:
    opts = pulumi.ResourceOptions(custom_timeouts=timeouts)

    resolved(lambda: {"id": SequenceStore("reads", opts=opts).id})

    assert store_inputs(engine)["__timeouts"] == {"update": "5m", "delete": "1h"}


def test_get_sends_nothing_but_the_id(engine: Engine) -> None:
    resolved(lambda: {"id": SequenceStore.get("reads", ARN).id})

    assert store_inputs(engine) == {}
    assert engine.registered[-1].resource_id == ARN


def test_the_programs_own_mappings_are_left_alone(engine: Engine) -> None:
    tags = {"team": "genomics"}
    sse: SseConfigArgs = {"type": "KMS", "key_arn": KEY}

    resolved(lambda: {"id": SequenceStore("reads", tags=tags, sse_config=sse).id})

    assert (tags, sse) == ({"team": "genomics"}, {"type": "KMS", "key_arn": KEY})
    assert len(engine.registered) == 1
