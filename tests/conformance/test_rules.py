"""Rules of the service beyond the model's shapes, seen through a real client."""

import json
from typing import Any

import pytest

from omics_components.emulator import Emulator, ManualClock


def test_a_create_answers_creating_and_echoes_what_was_given(omics: Any) -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/1"

    made = omics.create_sequence_store(
        name="reads é 🧬",
        description="d",
        sseConfig={"type": "KMS", "keyArn": key},
        fallbackLocation="s3://bucket/a/",
        eTagAlgorithmFamily="SHA512up",
        propagatedSetLevelTags=["b", "a"],
        s3AccessConfig={"accessLogLocation": "s3://logs"},
        tags={"team": "x"},
    )
    got = omics.get_sequence_store(id=made["id"])

    assert made["status"] == "CREATING"
    assert "updateTime" not in made
    assert got["status"] == "ACTIVE"
    assert got["updateTime"] == got["creationTime"] == made["creationTime"]
    for answer in (made, got):
        assert answer["name"] == "reads é 🧬"
        assert answer["sseConfig"] == {"type": "KMS", "keyArn": key}
        assert answer["fallbackLocation"] == "s3://bucket/a/"
        assert answer["eTagAlgorithmFamily"] == "SHA512up"
        assert answer["propagatedSetLevelTags"] == ["b", "a"]
        assert answer["s3Access"]["accessLogLocation"] == "s3://logs"
    store_id = made["id"]
    assert len(store_id) == 10
    assert made["arn"] == f"arn:aws:omics:us-east-1:123456789012:sequenceStore/{store_id}"
    uri = made["s3Access"]["s3Uri"]
    assert uri.endswith(f"-s3alias/123456789012/sequenceStore/{store_id}/")
    assert len(uri.removeprefix("s3://").partition("/")[0]) == 63
    point = made["s3Access"]["s3AccessPointArn"].split(":")
    assert point[4] != "123456789012"
    assert point[5] == f"accesspoint/123456789012-{store_id}"
    assert omics.list_tags_for_resource(resourceArn=made["arn"])["tags"] == {"team": "x"}


def test_what_is_not_given_is_absent_and_md5_is_the_default(a_store: Any) -> None:
    store = a_store()

    assert store["eTagAlgorithmFamily"] == "MD5up"
    absent = {"description", "fallbackLocation", "statusMessage"}
    assert absent.isdisjoint(store)
    assert "accessLogLocation" not in store["s3Access"]


def test_names_need_not_be_unique(a_store: Any) -> None:
    assert a_store(name="same")["id"] != a_store(name="same")["id"]


def test_a_missing_store_is_not_found(omics: Any) -> None:
    missing = "0123456789"
    for call in (
        omics.get_sequence_store,
        omics.update_sequence_store,
        omics.delete_sequence_store,
    ):
        with pytest.raises(omics.exceptions.ResourceNotFoundException):
            call(id=missing)


def test_an_update_leaves_absent_members_alone_and_clears_with_empty_ones(
    omics: Any, a_store: Any, clock: ManualClock
) -> None:
    before = a_store(
        description="d",
        fallbackLocation="s3://bucket",
        propagatedSetLevelTags=["a"],
        s3AccessConfig={"accessLogLocation": "s3://logs"},
    )
    clock.advance(60)

    renamed = omics.update_sequence_store(id=before["id"], name="new")
    for name in ("description", "fallbackLocation", "propagatedSetLevelTags", "s3Access"):
        assert renamed[name] == before[name]
    assert renamed["name"] == "new"
    assert (renamed["updateTime"] - before["updateTime"]).total_seconds() == 60
    assert renamed["creationTime"] == before["creationTime"]

    cleared = omics.update_sequence_store(
        id=before["id"],
        fallbackLocation="",
        propagatedSetLevelTags=[],
        s3AccessConfig={"accessLogLocation": ""},
    )
    assert "fallbackLocation" not in cleared
    assert cleared["propagatedSetLevelTags"] == []
    assert "accessLogLocation" not in cleared["s3Access"]
    assert cleared["description"] == "d"


def test_five_propagated_tag_keys_are_the_limit(omics: Any, a_store: Any) -> None:
    keys = ["a", "b", "c", "d", "e", "f"]
    store = a_store(propagatedSetLevelTags=keys[:5])

    with pytest.raises(omics.exceptions.ValidationException):
        omics.create_sequence_store(name="x", propagatedSetLevelTags=keys)
    with pytest.raises(omics.exceptions.ValidationException):
        omics.update_sequence_store(id=store["id"], propagatedSetLevelTags=keys)


@pytest.mark.parametrize("key", ["aws:x", "AWS:x", "a*b", "a#", "a\u200d"])
def test_tag_keys_outside_the_documented_characters_are_refused(
    key: str, omics: Any, a_store: Any
) -> None:
    arn = a_store()["arn"]

    with pytest.raises(omics.exceptions.ValidationException):
        omics.create_sequence_store(name="x", tags={key: "v"})
    with pytest.raises(omics.exceptions.ValidationException):
        omics.tag_resource(resourceArn=arn, tags={key: "v"})


def test_tags_are_merged_removed_and_limited_to_fifty(omics: Any, a_store: Any) -> None:
    arn = a_store(tags={"a b_.:/=+-@é1": "1", "b": "2"})["arn"]

    omics.tag_resource(resourceArn=arn, tags={"b": "3", "c": ""})
    answer = omics.untag_resource(resourceArn=arn, tagKeys=["a b_.:/=+-@é1", "unknown"])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert omics.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "3", "c": ""}

    omics.tag_resource(resourceArn=arn, tags={f"k{i}": "v" for i in range(48)})
    with pytest.raises(omics.exceptions.ServiceQuotaExceededException) as caught:
        omics.tag_resource(resourceArn=arn, tags={"one too many": "v"})
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 402
    with pytest.raises(omics.exceptions.ValidationException):
        omics.create_sequence_store(name="x", tags={f"k{i}": "v" for i in range(51)})


def test_read_sets_and_references_can_be_tagged(
    omics: Any, emulator: Emulator, a_store: Any
) -> None:
    read_set = emulator.put_read_sets(a_store()["id"], items=[{"tags": {"a": "b"}}])[0]
    reference_store = omics.create_reference_store(name="r", tags={"c": "d"})
    reference = emulator.put_references(reference_store["id"], 1)[0]

    assert omics.list_tags_for_resource(resourceArn=read_set["arn"])["tags"] == {"a": "b"}
    assert omics.list_tags_for_resource(resourceArn=reference_store["arn"])["tags"] == {"c": "d"}
    omics.tag_resource(resourceArn=reference["arn"], tags={"x": "y"})
    assert omics.list_tags_for_resource(resourceArn=reference["arn"])["tags"] == {"x": "y"}
    with pytest.raises(omics.exceptions.ResourceNotFoundException):
        omics.list_tags_for_resource(resourceArn="arn:aws:omics:us-east-1:1:run/1")


def test_what_is_put_in_has_an_id_of_its_own(omics: Any, emulator: Emulator, a_store: Any) -> None:
    store_id = a_store()["id"]
    emulator.put_read_sets(store_id, items=[{"id": "1000000001", "name": "first"}])
    references = omics.create_reference_store(name="r")["id"]
    emulator.put_references(references, items=[{"id": "1000000001"}])

    for ids in (["1000000001"], ["1000000002", "1000000002"]):
        items = [{"id": read_set_id} for read_set_id in ids]
        with pytest.raises(ValueError, match=f"there is a read set {ids[-1]} already"):
            emulator.put_read_sets(store_id, items=items)
        with pytest.raises(ValueError, match=f"there is a reference {ids[-1]} already"):
            emulator.put_references(references, items=items)
    [kept] = omics.list_read_sets(sequenceStoreId=store_id)["readSets"]
    assert (kept["id"], kept["name"]) == ("1000000001", "first")
    assert len(omics.list_references(referenceStoreId=references)["references"]) == 1


def test_an_unaligned_bam_has_the_etags_of_a_bam(emulator: Emulator, a_store: Any) -> None:
    store_id = a_store(eTagAlgorithmFamily="SHA256up")["id"]
    [read_set] = emulator.put_read_sets(store_id, items=[{"fileType": "UBAM"}])
    assert (read_set["fileType"], read_set["etag"]["algorithm"]) == ("UBAM", "BAM_SHA256up")


def test_fewer_than_none_cannot_be_put_in(omics: Any, emulator: Emulator, a_store: Any) -> None:
    store_id = a_store()["id"]
    references = omics.create_reference_store(name="r")["id"]

    for put, container in (
        (emulator.put_read_sets, store_id),
        (emulator.put_references, references),
    ):
        with pytest.raises(ValueError, match="count cannot be -3"):
            put(container, -3)
        assert put(container, 0) == []


def test_a_store_with_read_sets_cannot_be_deleted(
    omics: Any, emulator: Emulator, a_store: Any
) -> None:
    store = a_store()
    read_sets = emulator.put_read_sets(store["id"], 2)

    with pytest.raises(omics.exceptions.ConflictException, match="contains 2 read set") as caught:
        omics.delete_sequence_store(id=store["id"])
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409

    omics.batch_delete_read_set(
        sequenceStoreId=store["id"], ids=[read_set["id"] for read_set in read_sets]
    )
    omics.delete_sequence_store(id=store["id"])
    with pytest.raises(omics.exceptions.ResourceNotFoundException):
        omics.get_sequence_store(id=store["id"])
    with pytest.raises(omics.exceptions.ResourceNotFoundException):
        omics.list_tags_for_resource(resourceArn=store["arn"])


def test_a_batch_delete_reports_partial_failures_with_status_200(
    omics: Any, emulator: Emulator, a_store: Any
) -> None:
    store_id = a_store()["id"]
    items = [{}, {"status": "ACTIVATING"}]
    deletable, busy = emulator.put_read_sets(store_id, items=items)

    answer = omics.batch_delete_read_set(
        sequenceStoreId=store_id, ids=[deletable["id"], busy["id"], "0000000000"]
    )

    codes = {error["id"]: error["code"] for error in answer["errors"]}
    assert codes == {busy["id"]: "ConflictException", "0000000000": ""}
    left = omics.list_read_sets(sequenceStoreId=store_id)["readSets"]
    assert [item["id"] for item in left] == [busy["id"]]


def test_reference_stores_hold_references_and_are_limited_to_one(
    omics: Any, emulator: Emulator
) -> None:
    store = omics.create_reference_store(name="genomes", description="d")
    reference = emulator.put_references(store["id"], items=[{"name": "GRCh38", "md5": "abc"}])[0]

    with pytest.raises(omics.exceptions.ServiceQuotaExceededException):
        omics.create_reference_store(name="second")
    with pytest.raises(omics.exceptions.ConflictException):
        omics.delete_reference_store(id=store["id"])
    got = omics.get_reference_metadata(referenceStoreId=store["id"], id=reference["id"])
    assert (got["name"], got["md5"], got["creationType"]) == ("GRCh38", "abc", "IMPORT")
    listed = omics.list_references(referenceStoreId=store["id"])["references"]
    assert [item["name"] for item in listed] == ["GRCh38"]
    assert omics.get_reference_store(id=store["id"])["description"] == "d"
    with pytest.raises(omics.exceptions.ResourceNotFoundException):
        omics.get_reference_metadata(referenceStoreId=store["id"], id="0000000000")


def test_an_empty_reference_store_can_be_deleted(omics: Any) -> None:
    store = omics.create_reference_store(name="r")

    omics.delete_reference_store(id=store["id"])

    with pytest.raises(omics.exceptions.ResourceNotFoundException):
        omics.get_reference_store(id=store["id"])


def test_a_limit_of_sequence_stores_can_be_set(
    omics: Any, emulator: Emulator, a_store: Any
) -> None:
    emulator.configure(sequence_stores_max=1)
    a_store()
    with pytest.raises(omics.exceptions.ServiceQuotaExceededException):
        a_store()


class TestAccessPolicy:
    def test_a_store_has_a_default_policy_for_its_owner(self, omics: Any, a_store: Any) -> None:
        store = a_store()
        point = store["s3Access"]["s3AccessPointArn"]

        got = omics.get_s3_access_policy(s3AccessPointArn=point)

        assert (got["storeId"], got["storeType"]) == (store["id"], "SEQUENCE_STORE")
        policy = json.loads(got["s3AccessPolicy"])
        actions = [statement["Action"] for statement in policy["Statement"]]
        assert actions == [["s3:GetObject", "s3:GetObjectTagging"], "s3:ListBucket"]
        put = omics.put_s3_access_policy(
            s3AccessPointArn=point, s3AccessPolicy=got["s3AccessPolicy"]
        )
        assert put["storeId"] == store["id"]

    def test_a_deleted_policy_is_not_found_and_deleting_again_is_no_error(
        self, omics: Any, a_store: Any
    ) -> None:
        point = a_store()["s3Access"]["s3AccessPointArn"]
        for _ in range(2):
            omics.delete_s3_access_policy(s3AccessPointArn=point)
        with pytest.raises(omics.exceptions.ResourceNotFoundException):
            omics.get_s3_access_policy(s3AccessPointArn=point)

    def test_an_unknown_access_point_is_not_found(self, omics: Any) -> None:
        with pytest.raises(omics.exceptions.ResourceNotFoundException):
            omics.get_s3_access_policy(s3AccessPointArn="arn:aws:s3:us-east-1:1:accesspoint/x")

    @pytest.mark.parametrize(
        ("change", "text"),
        [
            ({"Statement": None}, "Statement"),
            ({"Statement": ["x"]}, "not an object"),
            ({"Extra": 1}, "Extra"),
            ({"Effect": "Maybe"}, "Effect"),
            ({"NotAction": "s3:GetObject"}, "NotAction"),
            ({"Principal": None}, "Principal"),
            ({"Action": "s3:PutObject"}, "s3:PutObject"),
            ({"Action": ["s3:GetObject", "s3:*"]}, "s3:"),
            ({"Resource": "*"}, "beyond"),
            ({"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, "aws:SourceIp"),
            ({"Condition": {"StringEquals": {"aws:PrincipalArn": "x"}}}, "StringEquals"),
            ({"Condition": []}, "Condition"),
            ({"Condition": {"StringEquals": 1}}, "StringEquals"),
        ],
    )
    def test_what_the_service_does_not_admit_is_refused(
        self, change: dict[str, Any], text: str, omics: Any, a_store: Any
    ) -> None:
        point = a_store()["s3Access"]["s3AccessPointArn"]
        got = omics.get_s3_access_policy(s3AccessPointArn=point)["s3AccessPolicy"]
        policy = json.loads(got)
        place = policy if change.keys() <= {"Statement", "Extra"} else policy["Statement"][0]
        place.update(change)

        with pytest.raises(omics.exceptions.ValidationException, match=text):
            omics.put_s3_access_policy(s3AccessPointArn=point, s3AccessPolicy=json.dumps(policy))
        after = omics.get_s3_access_policy(s3AccessPointArn=point)["s3AccessPolicy"]
        assert after == got

    def test_the_admitted_condition_keys_pass(self, omics: Any, a_store: Any) -> None:
        point = a_store()["s3Access"]["s3AccessPointArn"]
        got = omics.get_s3_access_policy(s3AccessPointArn=point)["s3AccessPolicy"]
        policy = json.loads(got)
        policy["Id"] = "x"
        policy["Statement"][0] |= {
            "Sid": "a",
            "Condition": {
                "StringEquals": {
                    "s3:ExistingObjectTag/project": "x",
                    "s3:signatureversion": "AWS4-HMAC-SHA256",
                },
                "NumericGreaterThanEquals": {"s3:TlsVersion": "1.2"},
                "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::1:role/*"},
            },
        }
        omics.put_s3_access_policy(s3AccessPointArn=point, s3AccessPolicy=json.dumps(policy))

    @pytest.mark.parametrize(
        "change",
        [
            {"Condition": {"StringLikes": {"s3:prefix": "a"}}},
            {"Condition": {"StringLike": {"s3:prefix": {"a": "b"}}}},
            {"Condition": {"StringLike": {"s3:prefix": []}}},
            {"Condition": {"StringLike": {"s3:prefix": None}}},
            {"Condition": {"NullIfExists": {"s3:prefix": "true"}}},
            {"Principal": 5},
            {"Principal": "123456789012"},
            {"Principal": {"Aws": "*"}},
            {"Principal": {"AWS": 5}},
            {"Principal": {"AWS": []}},
            {"Principal": [{"AWS": "*"}]},
            {"Action": 5},
            {"Action": ["s3:GetObject", 5]},
            {"Resource": {"a": "b"}},
            {"Sid": 5},
        ],
        ids=json.dumps,
    )
    def test_what_iams_grammar_does_not_have_is_refused(
        self, omics: Any, a_store: Any, change: dict[str, Any]
    ) -> None:
        point = a_store()["s3Access"]["s3AccessPointArn"]
        got = omics.get_s3_access_policy(s3AccessPointArn=point)["s3AccessPolicy"]
        policy = json.loads(got)
        policy["Statement"][0] |= change
        with pytest.raises(omics.exceptions.ValidationException, match="is not valid: "):
            omics.put_s3_access_policy(s3AccessPointArn=point, s3AccessPolicy=json.dumps(policy))

    @pytest.mark.parametrize("change", [{"Version": 5}, {"Version": "2012-10-18"}, {"Id": 5}])
    def test_a_version_or_id_that_is_none_is_refused(
        self, omics: Any, a_store: Any, change: dict[str, Any]
    ) -> None:
        point = a_store()["s3Access"]["s3AccessPointArn"]
        got = omics.get_s3_access_policy(s3AccessPointArn=point)["s3AccessPolicy"]
        with pytest.raises(omics.exceptions.ValidationException, match="is not valid: "):
            omics.put_s3_access_policy(
                s3AccessPointArn=point, s3AccessPolicy=json.dumps(json.loads(got) | change)
            )

    def test_a_key_that_is_there_twice_is_refused(self, omics: Any, a_store: Any) -> None:
        point = a_store()["s3Access"]["s3AccessPointArn"]
        got = omics.get_s3_access_policy(s3AccessPointArn=point)["s3AccessPolicy"]
        for twice in (
            got.replace('{"Version"', '{"Id": "a", "Id": "b", "Version"', 1),
            got.replace('"Effect": "Allow"', '"Effect": "Deny", "Effect": "Allow"', 1),
        ):
            assert twice != got
            with pytest.raises(omics.exceptions.ValidationException, match="not valid JSON"):
                omics.put_s3_access_policy(s3AccessPointArn=point, s3AccessPolicy=twice)

    @pytest.mark.parametrize("text", ["x", "[]", "1", "{", "{}"])
    def test_what_is_no_policy_document_is_refused(
        self, text: str, omics: Any, a_store: Any
    ) -> None:
        point = a_store()["s3Access"]["s3AccessPointArn"]
        with pytest.raises(omics.exceptions.ValidationException):
            omics.put_s3_access_policy(s3AccessPointArn=point, s3AccessPolicy=text)

    def test_15_kb_are_the_limit(self, omics: Any, a_store: Any) -> None:
        point = a_store()["s3Access"]["s3AccessPointArn"]
        got = omics.get_s3_access_policy(s3AccessPointArn=point)["s3AccessPolicy"]
        padded = got + " " * (15 * 1024 - len(got))

        omics.put_s3_access_policy(s3AccessPointArn=point, s3AccessPolicy=padded)
        with pytest.raises(omics.exceptions.ValidationException):
            omics.put_s3_access_policy(s3AccessPointArn=point, s3AccessPolicy=padded + " ")

    def test_characters_count_as_the_bytes_they_take(self, omics: Any, a_store: Any) -> None:
        point = a_store()["s3Access"]["s3AccessPointArn"]
        got = omics.get_s3_access_policy(s3AccessPointArn=point)["s3AccessPolicy"]

        def named(letters: int) -> str:
            text: str = got.replace("{", f'{{"Id": "{"é" * letters}", ', 1)
            return text

        room = 15 * 1024 - len(named(0).encode())
        omics.put_s3_access_policy(s3AccessPointArn=point, s3AccessPolicy=named(room // 2))
        with pytest.raises(omics.exceptions.ValidationException, match="larger than 15360 bytes"):
            omics.put_s3_access_policy(s3AccessPointArn=point, s3AccessPolicy=named(room // 2 + 1))


class TestClientToken:
    def test_the_same_token_and_parameters_answer_again_without_a_second_store(
        self, omics: Any
    ) -> None:
        first, second = (
            omics.create_sequence_store(name="x", tags={"a": "b"}, clientToken="t")
            for _ in range(2)
        )
        assert first["id"] == second["id"]
        assert len(omics.list_sequence_stores()["sequenceStores"]) == 1

    def test_a_token_with_other_parameters_is_refused(self, omics: Any) -> None:
        omics.create_sequence_store(name="x", clientToken="t")
        with pytest.raises(omics.exceptions.ValidationException, match="clientToken"):
            omics.create_sequence_store(name="y", clientToken="t")

    def test_a_token_is_remembered_after_its_store_is_deleted(self, omics: Any) -> None:
        made = omics.create_sequence_store(name="x", clientToken="t")
        omics.delete_sequence_store(id=made["id"])

        assert omics.create_sequence_store(name="x", clientToken="t")["id"] == made["id"]
        assert omics.list_sequence_stores()["sequenceStores"] == []

    def test_tokens_count_per_operation_region_and_account(
        self, omics: Any, emulator: Emulator, make_client: Any
    ) -> None:
        made = omics.create_sequence_store(name="x", clientToken="t")
        elsewhere = make_client(emulator, region="eu-west-1")
        other = elsewhere.create_sequence_store(name="y", clientToken="t")

        omics.update_sequence_store(id=made["id"], name="z", clientToken="t")
        assert other["arn"].startswith("arn:aws:omics:eu-west-1:")
        assert other["id"] != made["id"]
        assert len(elsewhere.list_sequence_stores()["sequenceStores"]) == 1

    def test_a_refused_call_leaves_its_token_unused(self, omics: Any) -> None:
        with pytest.raises(omics.exceptions.ValidationException):
            omics.create_sequence_store(name="x", tags={"aws:x": ""}, clientToken="t")
        omics.create_sequence_store(name="x", clientToken="t")

    def test_a_repeated_update_has_no_second_effect(
        self, omics: Any, a_store: Any, clock: ManualClock
    ) -> None:
        store_id = a_store()["id"]
        omics.update_sequence_store(id=store_id, name="a", clientToken="t")
        omics.update_sequence_store(id=store_id, name="b")
        clock.advance(9)
        omics.update_sequence_store(id=store_id, name="a", clientToken="t")

        assert omics.get_sequence_store(id=store_id)["name"] == "b"


def test_a_resource_check_can_refuse_a_create(make_client: Any) -> None:
    from omics_components.emulator import ServiceError  # noqa: PLC0415 - used here only

    def refuse(caller: Any, operation: str, parameters: dict[str, Any]) -> None:
        raise ServiceError("AccessDeniedException", f"{operation} {caller.account} {parameters}")

    omics = make_client(Emulator(resource_check=refuse))
    with pytest.raises(omics.exceptions.AccessDeniedException, match="CreateSequenceStore 1234"):
        omics.create_sequence_store(name="x")
    assert omics.list_sequence_stores()["sequenceStores"] == []


def test_who_may_not_call_is_not_told_what_is_wrong(emulator: Emulator, call: Any) -> None:
    emulator.allow_only({"Statement": []})
    for operation, wrong in (
        ("CreateSequenceStore", {"name": ""}),
        ("GetSequenceStore", {"id": "x"}),
    ):
        assert call(operation, **wrong).code == "AccessDeniedException"
        emulator.allow_only(None)
        assert call(operation, **wrong).code == "ValidationException"
        emulator.allow_only({"Statement": []})


def test_an_unsigned_call_is_denied(emulator: Emulator) -> None:
    status, headers, _ = emulator.handle("POST", "/sequencestores", "", {}, b"")
    assert (status, headers["x-amzn-ErrorType"]) == (403, "AccessDeniedException")


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn"), ("eu-west-2", "aws")],
)
def test_arns_are_of_the_regions_partition(region: str, partition: str, call: Any) -> None:
    answer = call("CreateSequenceStore", region=region, name="x").parsed
    assert answer["arn"].startswith(f"arn:{partition}:omics:{region}:")
