"""Lookups, with the emulator behind them: in this process, and over HTTP."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pulumi
import pytest
from moto import mock_aws

import omics_components
from omics_components import (
    get_read_set_metadata,
    get_read_sets,
    get_reference_metadata,
    get_reference_stores,
    get_references,
    get_s3_access_policy,
    get_sequence_store,
    get_sequence_stores,
)
from omics_components.aws.responses import require_member
from omics_components.emulator import Emulator, EmulatorServer
from omics_components.errors import (
    InvalidCredentials,
    InvalidRequest,
    NotFound,
    OmicsComponentsError,
    ServiceInternalError,
)
from omics_components.lookups.iam import PERMISSIONS
from omics_components.schema.owner_tag import OWNER_TAG, Claim, OwnerTag
from tests.unit.mocked_engine import resolved

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

LOOKUPS = sorted(
    name
    for name in omics_components.__all__
    if name.startswith("get_") and not name.endswith("_output")
)
ARN = "arn:aws:omics:us-east-1:123456789012:sequenceStore/1234567890"
ACCESS_POINT = "arn:aws:s3:us-east-1:222222222222:accesspoint/123456789012-1234567890"
ID = "1234567890"
OWNER = str(OwnerTag.draw(Claim.of("someone", principal="lab", create_only={}, generation=0)))


@pytest.fixture
def omics(store_emulator: Emulator) -> OmicsClient:  # noqa: ARG001 it must answer
    return boto3.client("omics")


def wire_time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_a_store_is_all_that_aws_reports(omics: OmicsClient) -> None:
    made = omics.create_sequence_store(
        name="reads",
        description="Reads of the lab",
        sseConfig={"type": "KMS", "keyArn": "arn:aws:kms:us-east-1:123456789012:key/a"},
        fallbackLocation="s3://bucket/fallback/",
        eTagAlgorithmFamily="SHA256up",
        propagatedSetLevelTags=["sample", "cohort"],
        s3AccessConfig={"accessLogLocation": "s3://logs/"},
        tags={"team": "lab", OWNER_TAG: OWNER},
    )
    live = omics.get_sequence_store(id=made["id"])

    found = get_sequence_store(name="reads")

    assert found == get_sequence_store(id=made["id"]) == get_sequence_store(arn=made["arn"])
    assert found.to_dict() == {
        "id": live["id"],
        "arn": live["arn"],
        "name": "reads",
        "description": "Reads of the lab",
        "sse_config": {"type": "KMS", "key_arn": "arn:aws:kms:us-east-1:123456789012:key/a"},
        "creation_time": wire_time(live["creationTime"]),
        "update_time": wire_time(live["updateTime"]),
        "fallback_location": "s3://bucket/fallback/",
        "e_tag_algorithm_family": "SHA256up",
        "propagated_set_level_tags": ["sample", "cohort"],
        "s3_uri": live["s3Access"]["s3Uri"],
        "s3_access_point_arn": live["s3Access"]["s3AccessPointArn"],
        "access_log_location": "s3://logs/",
        "status": "ACTIVE",
        "status_message": None,
        "tags": {"team": "lab"},
    }


def test_a_store_of_few_words_has_empty_tags(omics: OmicsClient) -> None:
    made = omics.create_sequence_store(name="reads")

    found = get_sequence_store(id=made["id"])

    assert (found.tags, found.propagated_set_level_tags) == ({}, [])
    assert (found.description, found.access_log_location) == (None, None)


@pytest.mark.parametrize("is_reported", [True, False])
def test_a_store_without_a_key_has_the_one_that_aws_reports(
    omics: OmicsClient, store_emulator: Emulator, is_reported: bool
) -> None:
    store_emulator.configure(assume={} if is_reported else {"keyless-store-key": "as-given"})
    made = omics.create_sequence_store(name="reads")

    found, [listed] = get_sequence_store(id=made["id"]), get_sequence_stores()

    assert found.sse_config == listed.sse_config
    assert (found.sse_config is not None) is is_reported
    if found.sse_config:
        live = omics.get_sequence_store(id=made["id"])
        assert found.sse_config.key_arn == live["sseConfig"]["keyArn"]


def test_a_store_that_failed_says_why(omics: OmicsClient, store_emulator: Emulator) -> None:
    store_emulator.plan_status([("FAILED", "KMS key not usable")])
    made = omics.create_sequence_store(name="reads")

    found, [listed] = get_sequence_store(id=made["id"]), get_sequence_stores(status="FAILED")

    assert (found.status, found.status_message) == ("FAILED", "KMS key not usable")
    assert (listed.status, listed.status_message) == ("FAILED", "KMS key not usable")


def test_a_name_that_several_stores_have_is_an_error_that_lists_them(
    omics: OmicsClient, store_emulator: Emulator
) -> None:
    first = omics.create_sequence_store(name="reads")
    store_emulator.plan_status([("CREATING", 600), ("ACTIVE",)])
    second = omics.create_sequence_store(name="reads")
    omics.create_sequence_store(name="reads-2")
    times = [wire_time(made["creationTime"]) for made in (first, second)]

    with pytest.raises(InvalidRequest) as error:
        get_sequence_store(name="reads")

    assert str(error.value) == (
        "get_sequence_store(name='reads'): several sequence stores in us-east-1 have the name "
        f"'reads': {first['id']} (created {times[0]}, ACTIVE), "
        f"{second['id']} (created {times[1]}, CREATING). Specify one by its ID or ARN."
    )


def test_many_candidates_are_not_all_listed(omics: OmicsClient) -> None:
    for _ in range(10):
        omics.create_sequence_store(name="reads")
    with pytest.raises(InvalidRequest, match=r": \d+ (\(created [^)]*\)(, \d+ |\. )){10}Specify"):
        get_sequence_store(name="reads")
    for _ in range(2):
        omics.create_sequence_store(name="reads")

    with pytest.raises(InvalidRequest, match=r": (\d+ \(created [^)]*\), ){10}and more\. Specify"):
        get_sequence_store(name="reads")


def test_a_name_is_looked_for_by_the_service(omics: OmicsClient, store_emulator: Emulator) -> None:
    """Else the stores of an account are listed, a hundred to a page, until one has the name."""
    made = omics.create_sequence_store(name="reads")
    for number in range(101):
        omics.create_sequence_store(name=f"other-{number}")
    store_emulator.calls.clear()

    assert get_sequence_store(name="reads").id == made["id"]

    assert store_emulator.calls.names().count("omics:ListSequenceStores") == 1


def test_a_name_counts_as_a_whole_whatever_the_service_answers(
    omics: OmicsClient, store_emulator: Emulator
) -> None:
    """Whether the service's filter takes parts of names is not documented."""
    made = omics.create_sequence_store(name="reads")
    page = omics.list_sequence_stores()["sequenceStores"]
    both = [page[0], {**page[0], "id": "1234567890", "name": "Reads"}]
    body = json.dumps({"sequenceStores": both}, default=wire_time)
    store_emulator.faults.add(
        {"operation": "ListSequenceStores", "action": "body", "when": "after", "body": body}
    )

    assert get_sequence_store(name="reads").id == made["id"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": "reads"}, "no sequence store in us-east-1 has the name 'reads'."),
        ({"id": ID}, "ResourceNotFoundException: "),
        ({"arn": ARN}, "ResourceNotFoundException: "),
    ],
)
@pytest.mark.usefixtures("store_emulator")
def test_a_store_that_is_not_there_is_not_found(arguments: dict[str, str], words: str) -> None:
    with pytest.raises(NotFound) as error:
        get_sequence_store(**arguments)

    assert words in str(error.value)


def test_an_arn_of_another_account_is_no_store_of_this_one(omics: OmicsClient) -> None:
    made = omics.create_sequence_store(name="reads")

    with pytest.raises(InvalidCredentials, match="belongs to account 999999999999"):
        get_sequence_store(arn=ARN.replace("123456789012", "999999999999"))
    with pytest.raises(InvalidCredentials, match="the credentials find another store with this ID"):
        get_sequence_store(arn=made["arn"].replace("123456789012", "999999999999"))


def test_an_arn_tells_the_region(store_emulator: Emulator) -> None:
    made = boto3.client("omics", region_name="eu-west-1").create_sequence_store(name="reads")
    store_emulator.calls.clear()

    assert get_sequence_store(arn=made["arn"]).region == "eu-west-1"
    assert {call.region for call in store_emulator.calls} == {"eu-west-1"}


@pytest.mark.parametrize(
    ("lookup", "arguments", "words"),
    [
        (get_sequence_store, {}, "give exactly one of id, arn and name, not none."),
        (
            get_sequence_store,
            {"id": ID, "name": "reads"},
            "give exactly one of id, arn and name, not id and name.",
        ),
        (get_sequence_store, {"id": "reads"}, "id: must be an id of 10 to 36 digits, not 'reads'."),
        (get_sequence_store, {"arn": "reads"}, "arn: 'reads' is not the ARN of a sequence store."),
        (get_sequence_store, {"name": ""}, "name: must be 1 to 127 characters long, not 0."),
        (
            get_sequence_store,
            {"arn": ARN, "region": "eu-west-1"},
            "region is eu-west-1, but the ARN is in us-east-1.",
        ),
        (
            get_sequence_stores,
            {"region": "Frankfurt"},
            "region: must be the name of a region, such as us-east-1, not 'Frankfurt'.",
        ),
        (get_sequence_stores, {"status": "active"}, "status: must be 'CREATING', 'ACTIVE', "),
        (
            get_sequence_stores,
            {"updated_after": datetime(2026, 1, 1)},  # noqa: DTZ001 it shall be refused
            "updated_after: must have a time zone, such as 2026-01-31T12:00:00Z, not datetime",
        ),
        (get_read_sets, {"sequence_store_id": ARN}, "sequence_store_id: must be an id of 10 to 36"),
        (
            get_read_sets,
            {"sequence_store_id": ID, "reference_arn": ""},
            "reference_arn: must be an ARN of at most 127 characters, not ''.",
        ),
        (
            get_read_set_metadata,
            {"sequence_store_id": ID, "id": 1234567890},
            "id: must be text, not 1234567890.",
        ),
        (get_reference_stores, {"created_before": "soon"}, "created_before: must be a time such"),
        (
            get_references,
            {"reference_store_id": ID, "name": "ab"},
            "name: must be 3 to 255 characters long, not 2.",
        ),
        (get_reference_metadata, {"reference_store_id": ID, "id": ""}, "id: must be an id of 10"),
        (get_s3_access_policy, {"s3_access_point_arn": ARN}, "s3_access_point_arn: 'arn:aws:omics"),
        (
            get_s3_access_policy,
            {"s3_access_point_arn": ACCESS_POINT, "region": "eu-west-1"},
            "region is eu-west-1, but the ARN is in us-east-1.",
        ),
    ],
)
def test_bad_arguments_are_one_error_before_any_call(
    store_emulator: Emulator,
    lookup: Callable[..., object],
    arguments: dict[str, Any],
    words: str,
) -> None:
    with pytest.raises(InvalidRequest) as error:
        lookup(**arguments)

    said = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    assert str(error.value).startswith(f"{lookup.__name__}({said}): {words}")
    assert not store_emulator.calls


def test_an_output_is_for_the_other_form() -> None:
    async def program() -> None:
        get_sequence_store(name=pulumi.Output.from_input("reads"))  # type: ignore[arg-type] # the mistake

    with pytest.raises(InvalidRequest) as error:
        asyncio.run(program())

    assert str(error.value) == (
        "get_sequence_store(name=…): name is an Output, whose value is not known yet. "
        "Use get_sequence_store_output."
    )


def test_stores_are_filtered(omics: OmicsClient, store_emulator: Emulator) -> None:
    first = omics.create_sequence_store(name="a")
    middle = datetime.fromtimestamp(store_emulator.now_s() + 5, UTC)
    store_emulator.traffic._sleep(10)
    second = omics.create_sequence_store(name="b")

    def ids(**criteria: Any) -> list[str]:
        return [item.id for item in get_sequence_stores(**criteria)]

    assert ids() == ids(status="ACTIVE") == [first["id"], second["id"]]
    assert (
        ids(name="a") == ids(created_before=middle) == ids(updated_before=middle) == [first["id"]]
    )
    assert ids(created_after=middle) == ids(updated_after=middle.isoformat()) == [second["id"]]
    assert ids(status="FAILED") == ids(region="eu-west-1") == []


def test_read_sets_are_filtered_and_described(omics: OmicsClient, store_emulator: Emulator) -> None:
    store_id = omics.create_sequence_store(name="reads")["id"]
    reference = "arn:aws:omics:us-east-1:123456789012:referenceStore/1234567890/reference/1"
    one, two = store_emulator.put_read_sets(
        store_id,
        items=[
            {
                "name": "one",
                "status": "ARCHIVED",
                "sampleId": "S1",
                "subjectId": "P1",
                "sequenceInformation": {"generatedFrom": "lab", "alignment": "ALIGNED"},
                "creationTime": "2026-01-01T00:00:00.000Z",
                "creationType": "IMPORT",
                "creationJobId": "job1",
                "statusMessage": "Archived by hand",
                "description": "The first",
                "fileType": "BAM",
                "referenceArn": reference,
            },
            {"name": "two", "creationTime": "2026-01-02T00:00:00.000Z"},
        ],
    )

    def ids(**criteria: Any) -> list[str]:
        return [item.id for item in get_read_sets(sequence_store_id=store_id, **criteria)]

    assert ids() == [one["id"], two["id"]]
    for criteria in (
        {"name": "one"},
        {"status": "ARCHIVED"},
        {"reference_arn": reference},
        {"sample_id": "S1"},
        {"subject_id": "P1"},
        {"generated_from": "lab"},
        {"creation_type": "IMPORT"},
        {"created_before": "2026-01-02"},
    ):
        assert ids(**criteria) == [one["id"]], criteria
    assert ids(created_after="2026-01-01T12:00:00Z") == [two["id"]]
    described = get_read_set_metadata(sequence_store_id=store_id, id=one["id"])
    [listed] = get_read_sets(sequence_store_id=store_id, name="one")
    assert listed.to_dict().items() <= described.to_dict().items()
    assert described.creation_job_id == "job1"
    assert described.status_message == "Archived by hand"
    assert described.sequence_information
    assert described.sequence_information.alignment == "ALIGNED"
    assert described.etag
    assert described.etag.algorithm == "BAM_MD5up"
    assert described.files
    assert described.files.source1
    assert described.files.source1.s3_uri == one["files"]["source1"]["s3Access"]["s3Uri"]
    assert described.files.source2 is None


def test_references_are_filtered_and_described(
    omics: OmicsClient, store_emulator: Emulator
) -> None:
    made = omics.create_reference_store(
        name="genomes", description="All", sseConfig={"type": "KMS"}
    )
    [store] = get_reference_stores(name="genomes", created_after="2020-01-01")
    file = {
        "totalParts": 2,
        "partSize": 5,
        "contentLength": 10,
        "s3Access": {"s3Uri": "s3://bucket/source"},
    }
    one, two = store_emulator.put_references(
        made["id"],
        items=[
            {"name": "grch38", "md5": "aa", "files": {"source": file, "index": file}},
            {"name": "grch37", "md5": "bb", "creationTime": "2020-01-01T00:00:00.000Z"},
        ],
    )

    def ids(**criteria: Any) -> list[str]:
        return [item.id for item in get_references(reference_store_id=store.id, **criteria)]

    assert store.to_dict() == {
        "id": made["id"],
        "arn": made["arn"],
        "name": "genomes",
        "description": "All",
        "sse_config": {"type": "KMS", "key_arn": None},
        "creation_time": wire_time(made["creationTime"]),
    }
    assert get_reference_stores(created_before="2020-01-01") == []
    assert ids() == [one["id"], two["id"]]
    assert ids(name="grch38") == ids(md5="aa") == ids(created_after="2021-01-01") == [one["id"]]
    assert ids(created_before="2021-01-01") == [two["id"]]
    described = get_reference_metadata(reference_store_id=store.id, id=one["id"])
    assert (described.md5, described.creation_type, described.status) == ("aa", "IMPORT", "ACTIVE")
    assert described.files
    assert described.files.source == described.files.index
    assert described.files.source
    assert described.files.source.to_dict() == {
        "total_parts": 2,
        "part_size": 5,
        "content_length": 10,
        "s3_uri": "s3://bucket/source",
    }


def test_an_access_policy_is_what_aws_keeps(omics: OmicsClient) -> None:
    made = omics.create_sequence_store(name="reads")
    access_point = made["s3Access"]["s3AccessPointArn"]
    live = omics.get_s3_access_policy(s3AccessPointArn=access_point)

    found = get_s3_access_policy(s3_access_point_arn=access_point)

    assert found.to_dict() == {
        "s3_access_point_arn": access_point,
        "store_id": made["id"],
        "store_type": "SEQUENCE_STORE",
        "update_time": wire_time(live["updateTime"]),
        "s3_access_policy": live["s3AccessPolicy"],
    }
    omics.delete_s3_access_policy(s3AccessPointArn=access_point)
    with pytest.raises(NotFound, match=r"^get_s3_access_policy\(s3_access_point_arn='arn:aws:s3:"):
        get_s3_access_policy(s3_access_point_arn=access_point)


def test_the_stacks_configuration_counts(
    omics: OmicsClient, store_emulator: Emulator, stack_config: Callable[[dict[str, str]], None]
) -> None:
    omics.create_sequence_store(name="reads")
    stack_config({"aws:region": "eu-central-1", "aws:allowedAccountIds": '["123456789012"]'})
    store_emulator.calls.clear()

    assert get_sequence_stores() == []
    assert len(get_sequence_stores(region="us-east-1")) == 1
    stack_config({"aws:region": "eu-central-1", "aws:allowedAccountIds": '["999999999999"]'})
    with pytest.raises(InvalidCredentials, match="aws:allowedAccountIds allows only 999999999999"):
        get_sequence_stores()

    regions = [call.region for call in store_emulator.calls if call.service == "omics"]
    assert regions == ["eu-central-1", "us-east-1"]


def test_a_region_must_be_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    with pytest.raises(InvalidRequest, match=r"^get_sequence_stores\(\): no region is set: "):
        get_sequence_stores()


@pytest.mark.parametrize("name", LOOKUPS)
def test_without_credentials_a_lookup_says_that_it_needs_them(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    lookup = getattr(omics_components, name)
    needed = {"sequence_store_id": ID, "id": ID, "reference_store_id": ID}
    needed["s3_access_point_arn"] = ACCESS_POINT
    arguments = {key: needed[key] for key in inspect.signature(lookup).parameters if key in needed}

    with pytest.raises(InvalidCredentials) as error:
        lookup(**arguments)

    text = str(error.value)
    assert "Unable to locate credentials. A lookup, unlike a resource, calls AWS and needs" in text
    # That the class is Pulumi's too keeps the traceback away.
    assert isinstance(error.value, pulumi.RunError)
    assert type(error.value).__name__ == "InvalidCredentials"


def test_an_answer_without_a_required_member_is_no_answer(
    omics: OmicsClient, store_emulator: Emulator
) -> None:
    omics.create_sequence_store(name="reads")
    body = json.dumps({"sequenceStores": [{"id": ID, "arn": ARN}]})
    store_emulator.faults.add(
        {"operation": "ListSequenceStores", "action": "body", "when": "after", "body": body}
    )

    with pytest.raises(
        ServiceInternalError, match="returned an invalid response: 'creationTime' is missing"
    ):
        get_sequence_stores()
    with pytest.raises(ServiceInternalError):
        require_member({}, "id", "GetSequenceStore")


def test_an_answer_without_a_policy_does_not_say_that_there_is_none(
    omics: OmicsClient, store_emulator: Emulator
) -> None:
    store = omics.get_sequence_store(id=omics.create_sequence_store(name="reads")["id"])
    access_point = store["s3Access"]["s3AccessPointArn"]
    store_emulator.faults.add(
        {
            "operation": "GetS3AccessPolicy",
            "action": "body",
            "status": 200,
            "body": "{}",
            "content_type": "application/json",
        }
    )

    with pytest.raises(ServiceInternalError, match="returned no 's3AccessPolicy'"):
        get_s3_access_policy(s3_access_point_arn=access_point)


def test_a_blank_policy_is_none(omics: OmicsClient, store_emulator: Emulator) -> None:
    store = omics.get_sequence_store(id=omics.create_sequence_store(name="reads")["id"])
    access_point = store["s3Access"]["s3AccessPointArn"]
    store_emulator.faults.add(
        {
            "operation": "GetS3AccessPolicy",
            "action": "body",
            "status": 200,
            "body": json.dumps({"s3AccessPointArn": access_point, "s3AccessPolicy": " "}),
            "content_type": "application/json",
        }
    )

    with pytest.raises(NotFound, match="has no S3 access policy"):
        get_s3_access_policy(s3_access_point_arn=access_point)


@pytest.mark.parametrize("name", LOOKUPS)
def test_both_forms_take_the_same_arguments(name: str) -> None:
    plain = inspect.signature(getattr(omics_components, name)).parameters
    later = inspect.signature(getattr(omics_components, f"{name}_output")).parameters

    assert list(plain) == list(later)
    for parameter in plain.values():
        assert parameter.kind == inspect.Parameter.KEYWORD_ONLY
        assert later[parameter.name].kind == parameter.kind
        assert later[parameter.name].default == parameter.default


@pytest.fixture
def arguments(omics: OmicsClient, store_emulator: Emulator) -> dict[str, dict[str, str]]:
    """What each lookup must be given to find the one thing that there is of its kind."""
    made = omics.create_sequence_store(name="reads")
    [read_set] = store_emulator.put_read_sets(made["id"], 1)
    store = omics.create_reference_store(name="genomes")
    [reference] = store_emulator.put_references(store["id"], 1)
    return {
        "get_sequence_store": {"name": "reads"},
        "get_sequence_stores": {},
        "get_read_sets": {"sequence_store_id": made["id"]},
        "get_read_set_metadata": {"sequence_store_id": made["id"], "id": read_set["id"]},
        "get_reference_stores": {},
        "get_references": {"reference_store_id": store["id"]},
        "get_reference_metadata": {"reference_store_id": store["id"], "id": reference["id"]},
        "get_s3_access_policy": {"s3_access_point_arn": made["s3Access"]["s3AccessPointArn"]},
    }


@pytest.mark.parametrize("name", LOOKUPS)
@pytest.mark.usefixtures("engine")
def test_both_forms_give_the_same(name: str, arguments: dict[str, dict[str, str]]) -> None:
    plain, later = (getattr(omics_components, f"{name}{form}") for form in ("", "_output"))
    given = arguments[name]

    def program() -> dict[str, pulumi.Output[Any]]:
        return {"found": later(**{key: pulumi.Output.from_input(given[key]) for key in given})}

    found = resolved(program)["found"]

    assert found
    assert found == plain(**given)


@pytest.mark.parametrize("name", LOOKUPS)
@pytest.mark.usefixtures("engine")
def test_a_region_that_resolves_to_none_is_not_the_stacks(
    name: str, arguments: dict[str, dict[str, str]], store_emulator: Emulator
) -> None:
    """What the stack's own region has would be taken for another one's."""
    later = getattr(omics_components, f"{name}_output")
    if "region" not in inspect.signature(later).parameters:
        return  # an ARN names it
    store_emulator.calls.clear()

    def program() -> dict[str, pulumi.Output[Any]]:
        return {"found": later(**arguments[name], region=pulumi.Output.from_input(None))}

    with pytest.raises(InvalidRequest, match=r"^get_.*: region is an output that resolves to None"):
        resolved(program)

    assert not store_emulator.calls


def test_each_lookup_has_its_permissions() -> None:
    assert sorted(PERMISSIONS) == LOOKUPS


@pytest.mark.parametrize("name", LOOKUPS)
def test_the_stated_permissions_are_those_of_the_calls_made(
    name: str, arguments: dict[str, dict[str, str]], store_emulator: Emulator
) -> None:
    store_emulator.calls.clear()

    getattr(omics_components, name)(**arguments[name])

    stated = [one.action for one in PERMISSIONS[name]]
    assert sorted(stated) == sorted(store_emulator.calls.names())


def test_a_store_that_is_looked_up_by_its_id_needs_no_list(
    arguments: dict[str, dict[str, str]], store_emulator: Emulator
) -> None:
    store_emulator.calls.clear()

    get_sequence_store(id=arguments["get_read_sets"]["sequence_store_id"])

    without_name = [
        one.action for one in PERMISSIONS["get_sequence_store"] if one.only_with != "a name"
    ]
    assert sorted(without_name) == sorted(store_emulator.calls.names())


RESOURCES = {
    "sequenceStore": "sequenceStore/*",
    "readSet": "sequenceStore/*/readSet/*",
    "referenceStore": "referenceStore/*",
    "reference": "referenceStore/*/reference/*",
}


@pytest.mark.parametrize("name", LOOKUPS)
def test_the_stated_permissions_are_enough_on_their_types_of_resources(
    name: str, arguments: dict[str, dict[str, str]], store_emulator: Emulator
) -> None:
    statements = [
        {
            "Effect": "Allow",
            "Action": one.action,
            "Resource": [
                f"arn:aws:omics:us-east-1:123456789012:{RESOURCES[kind]}"
                for kind in one.resource_types
            ]
            or "*",
        }
        for one in PERMISSIONS[name]
    ]
    store_emulator.allow_only({"Version": "2012-10-17", "Statement": statements})

    assert getattr(omics_components, name)(**arguments[name])


@pytest.mark.parametrize("name", LOOKUPS)
def test_every_argument_is_documented(name: str) -> None:
    lookup = getattr(omics_components, name)
    text = inspect.getdoc(lookup) or ""

    missing = [key for key in inspect.signature(lookup).parameters if f"\n    {key}: " not in text]
    assert missing == []


def test_over_http_within_the_quota(omics_emulator_server: EmulatorServer) -> None:
    """Eight pages, where the service admits five calls at once and five a second."""
    with pytest.MonkeyPatch.context() as environment:
        for key, text in omics_emulator_server.environment().items():
            environment.setenv(key, text)
        environment.setenv("OMICS_COMPONENTS_TPS", "")
        emulator = omics_emulator_server.emulator
        store_id = boto3.client("omics").create_sequence_store(name="reads")["id"]
        emulator.put_read_sets(store_id, 750)
        emulator.configure(quotas=True)
        emulator.calls.clear()

        found = get_read_sets(sequence_store_id=store_id)

    assert len({item.id for item in found}) == 750
    assert [call.status for call in emulator.calls] == [200] * 8


def test_an_error_can_be_caught_by_its_class() -> None:
    with mock_aws(), Emulator().in_process(), pytest.raises(OmicsComponentsError) as error:
        get_sequence_store(name="reads")

    assert isinstance(error.value, NotFound)
    assert error.value.message == "no sequence store in us-east-1 has the name 'reads'"
