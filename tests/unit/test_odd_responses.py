"""Whatever AWS, a proxy or a fault answers to any call: a result, or one of our errors.

Each operation that the library calls is answered as AWS would, but for the one under test. What
that one answers is nonsense of all kinds, and AWS's own answer with each of its members in turn
gone or of another type. The answers go through botocore's own parsers and hooks.
"""

from __future__ import annotations

import copy
import functools
import io
import json
import os
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import botocore.handlers
import pytest
from botocore.awsrequest import AWSResponse

from omics_components import errors
from omics_components.aws import sequence_stores, tagging
from omics_components.aws.client import Aws, translated_errors
from omics_components.aws.settings import AssumeRole, AwsSettings
from omics_components.errors import OmicsComponentsError, ServiceInternalError
from omics_components.kinds.kms_key import api as kms
from omics_components.kinds.s3_access_policy import api as s3_access_policies
from omics_components.kinds.s3_bucket import api as s3
from omics_components.kinds.sequence_store import api as omics
from omics_components.kinds.sequence_store import read_sets
from omics_components.kinds.sequence_store.model import SequenceStoreInputs
from omics_components.lookups.api import read_sets as found_read_sets
from omics_components.lookups.api import references
from omics_components.lookups.api import sequence_stores as found_stores
from omics_components.schema.owner_tag import Claim, OwnerTag
from tests.unit.conftest import SharedClock

ACCOUNT = "123456789012"
ID = "1234567890"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd"
STORE = f"arn:aws:omics:us-east-1:{ACCOUNT}:sequenceStore/{ID}"
REFERENCES = f"arn:aws:omics:us-east-1:{ACCOUNT}:referenceStore/{ID}"
ACCESS_POINT = f"arn:aws:s3:us-east-1:111122223333:accesspoint/{ACCOUNT}-{ID}"
TIME = "2026-01-31T12:00:00.000Z"

_STORE = {
    "id": ID,
    "arn": STORE,
    "name": "reads",
    "description": "Reads",
    "sseConfig": {"type": "KMS", "keyArn": KEY},
    "creationTime": TIME,
    "fallbackLocation": "s3://uploads/",
    "eTagAlgorithmFamily": "MD5up",
    "status": "ACTIVE",
    "statusMessage": "",
}
_GOT = {
    **_STORE,
    "updateTime": TIME,
    "propagatedSetLevelTags": ["sample"],
    "s3Access": {"s3Uri": "s3://x/", "s3AccessPointArn": ACCESS_POINT, "accessLogLocation": ""},
}
_READ_SET = {
    "id": ID,
    "arn": f"{STORE}/readSet/{ID}",
    "sequenceStoreId": ID,
    "status": "ACTIVE",
    "fileType": "FASTQ",
    "creationTime": TIME,
    "sequenceInformation": {"totalReadCount": 1, "alignment": "UNALIGNED"},
    "etag": {"algorithm": "FASTQ_MD5up", "source1": "abc"},
}
_FILES = {"source1": {"totalParts": 1, "partSize": 1, "contentLength": 1}}
_REFERENCE = {
    "id": ID,
    "arn": f"{REFERENCES}/reference/{ID}",
    "referenceStoreId": ID,
    "md5": "abc",
    "name": "grch38",
    "status": "ACTIVE",
    "creationTime": TIME,
    "updateTime": TIME,
}
_METADATA = {
    "KeyId": "1234abcd",
    "Arn": KEY,
    "KeyState": "Enabled",
    "CreationDate": 1790000000.5,
    "DeletionDate": 1790000000,
    "Description": "",
    "MultiRegion": False,
}

GOOD: dict[str, dict[str, Any] | str] = {
    "BatchDeleteReadSet": {"errors": [{"id": ID, "code": "NotFound", "message": "None."}]},
    "CreateSequenceStore": _STORE,
    "DeleteS3AccessPolicy": {},
    "DeleteSequenceStore": {},
    "GetReadSetMetadata": {**_READ_SET, "files": _FILES},
    "GetReferenceMetadata": {**_REFERENCE, "files": {"source": _FILES["source1"]}},
    "GetS3AccessPolicy": {
        "s3AccessPointArn": ACCESS_POINT,
        "s3AccessPolicy": '{"Version": "2012-10-17", "Statement": []}',
        "updateTime": TIME,
    },
    "GetSequenceStore": _GOT,
    "ListReadSets": {"readSets": [_READ_SET]},
    "ListReferenceStores": {
        "referenceStores": [{"arn": REFERENCES, "id": ID, "name": "one", "creationTime": TIME}]
    },
    "ListReferences": {"references": [_REFERENCE]},
    "ListSequenceStores": {"sequenceStores": [_STORE]},
    "omics ListTagsForResource": {"tags": {"team": "genomics"}},
    "PutS3AccessPolicy": {"s3AccessPointArn": ACCESS_POINT},
    "omics TagResource": {},
    "omics UntagResource": {},
    "UpdateSequenceStore": _GOT,
    "CreateAlias": "",
    "CreateKey": {"KeyMetadata": _METADATA},
    "DeleteAlias": "",
    "DescribeKey": {"KeyMetadata": _METADATA},
    "DisableKeyRotation": "",
    "EnableKeyRotation": "",
    "GetKeyPolicy": {"Policy": "{}", "PolicyName": "default"},
    "GetKeyRotationStatus": {"KeyRotationEnabled": True, "RotationPeriodInDays": 365},
    "ListAliases": {"Aliases": [{"AliasName": "alias/x", "TargetKeyId": "1"}], "Truncated": False},
    "ListResourceTags": {"Tags": [{"TagKey": "a", "TagValue": "b"}], "Truncated": False},
    "PutKeyPolicy": "",
    "ScheduleKeyDeletion": {"KeyId": KEY, "DeletionDate": 1790000000, "KeyState": "Pending"},
    "TagResource": "",
    "UntagResource": "",
    "UpdateKeyDescription": "",
    "UpdateAlias": "",
    "GetResources": {
        "PaginationToken": "",
        "ResourceTagMappingList": [{"ResourceARN": KEY, "Tags": [{"Key": "a", "Value": "b"}]}],
    },
    "GetCallerIdentity": "<GetCallerIdentityResponse><GetCallerIdentityResult>"
    f"<Arn>arn:aws:sts::{ACCOUNT}:assumed-role/lab/me</Arn><UserId>x</UserId>"
    f"<Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
    "AssumeRole": "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAFAKEKEY"
    "</AccessKeyId><SecretAccessKey>fake</SecretAccessKey><SessionToken>fake</SessionToken>"
    "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>"
    "</AssumeRoleResponse>",
    "AbortMultipartUpload": "",
    "CreateBucket": "",
    "DeleteBucket": "",
    "DeleteBucketPolicy": "",
    "DeleteBucketTagging": "",
    "DeleteObjects": "<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code><Message>No."
    "</Message></Error></DeleteResult>",
    "GetBucketEncryption": "<ServerSideEncryptionConfiguration><Rule>"
    "<ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>"
    f"{KEY}</KMSMasterKeyID></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true"
    "</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>",
    "GetBucketLifecycleConfiguration": "<LifecycleConfiguration><Rule><ID>x</ID><Filter><Prefix>"
    "</Prefix></Filter><Status>Enabled</Status><Expiration><Days>3</Days></Expiration></Rule>"
    "</LifecycleConfiguration>",
    "GetBucketLocation": "<LocationConstraint>eu-west-2</LocationConstraint>",
    "GetBucketOwnershipControls": "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced"
    "</ObjectOwnership></Rule></OwnershipControls>",
    "GetBucketPolicy": '{"Version": "2012-10-17", "Statement": []}',
    "GetBucketTagging": "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet>"
    "</Tagging>",
    "GetBucketVersioning": "<VersioningConfiguration><Status>Enabled</Status>"
    "</VersioningConfiguration>",
    "GetPublicAccessBlock": "<PublicAccessBlockConfiguration><BlockPublicAcls>true"
    "</BlockPublicAcls></PublicAccessBlockConfiguration>",
    "ListMultipartUploads": "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated><Upload>"
    "<Key>a</Key><UploadId>u</UploadId></Upload></ListMultipartUploadsResult>",
    "ListObjectVersions": "<ListVersionsResult><EncodingType>url</EncodingType><IsTruncated>false"
    "</IsTruncated><Version><Key>a</Key><VersionId>v</VersionId><IsLatest>true</IsLatest>"
    "</Version><DeleteMarker><Key>b</Key><VersionId>v</VersionId></DeleteMarker>"
    "</ListVersionsResult>",
    "HeadBucket": "",
    "PutBucketEncryption": "",
    "PutBucketLifecycleConfiguration": "",
    "PutBucketOwnershipControls": "",
    "PutBucketPolicy": "",
    "PutBucketTagging": "",
    "PutBucketVersioning": "",
    "PutPublicAccessBlock": "",
}
"""What AWS answers, by operation: JSON, or text as it is."""


def _always() -> None:
    """Let every batch go ahead."""


@dataclass
class World:
    """Answers all calls of one ``Aws`` as AWS would, but for one operation.

    Args:
        attacked: The operation, with its service where two have one of that name.
        status: The HTTP status of its answer.
        body: Its body.
        headers: Its headers.
        retries: How often a call is repeated.
    """

    attacked: str = ""
    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    retries: int = 1
    attempts: int = 0

    def __post_init__(self) -> None:
        self.clock = SharedClock()
        WORLDS[:] = [self]
        self.aws: Aws = _shared_aws(self.retries)  # building a client takes longer than all else
        self.aws._callers.clear()

    @property
    def omics(self) -> Any:
        return self.aws.omics("us-east-1")

    @property
    def kms(self) -> Any:
        return self.aws.kms("us-east-1")

    @property
    def bucket(self) -> s3.Bucket:
        return s3.Bucket(self.aws.s3("us-east-1"), "uploads", ACCOUNT)

    def answer(self, event_name: str, **_: Any) -> AWSResponse:
        service, operation = event_name.split(".")[1:]
        name = next(n for n in (f"{service} {operation}", operation) if n in GOOD)
        good: Any = GOOD[name]
        status = 200
        headers: Any = {}
        body: Any = good if isinstance(good, str) else json.dumps(good)
        if name == self.attacked:
            self.attempts += 1
            status, body, headers = self.status, self.body, self.headers
        raw: Any = io.BytesIO()
        raw.stream = lambda *_, **__: iter([body.encode(errors="surrogateescape")])
        return AWSResponse("https://x", status, headers, raw)


WORLDS: list[World] = []
"""The one that answers now."""


class AnsweredAws(Aws):
    """A way into AWS that ends in the world of the test, and waits for nothing."""

    def __init__(self, max_retries: int = 1, **settings: Any) -> None:
        given = AwsSettings(region="us-east-1", max_retries=max_retries, **settings)
        super().__init__(given, clock=SharedClock())


def _answer(**event: Any) -> AWSResponse:
    return WORLDS[0].answer(**event)


@pytest.fixture(autouse=True)
def _answered_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every session, also those that only fetch credentials, be answered here."""
    handlers = [*botocore.handlers.BUILTIN_HANDLERS, ("before-send", _answer)]
    monkeypatch.setattr(botocore.handlers, "BUILTIN_HANDLERS", handlers)


@functools.cache
def _shared_aws(retries: int) -> Aws:
    return AnsweredAws(retries)


OWNER = OwnerTag.draw(Claim.of("reads", principal="me", create_only={}, generation=0))
CALLS: dict[str, Callable[[World], object]] = {
    "BatchDeleteReadSet": lambda w: read_sets.batch_delete_read_sets(w.omics, ID, [ID]),
    "CreateSequenceStore": lambda w: omics.create(
        w.omics, SequenceStoreInputs(name="reads"), owner=OWNER
    ),
    "DeleteS3AccessPolicy": lambda w: s3_access_policies.delete(w.omics, ACCESS_POINT),
    "DeleteSequenceStore": lambda w: omics.delete(w.omics, ID),
    "GetReadSetMetadata": lambda w: found_read_sets.describe_read_set(w.omics, ID, ID),
    "GetReferenceMetadata": lambda w: references.describe_reference(w.omics, ID, ID),
    "GetS3AccessPolicy": lambda w: (
        s3_access_policies.find(w.omics, ACCESS_POINT),
        found_stores.describe_s3_access_policy(w.omics, ACCESS_POINT),
    ),
    "GetSequenceStore": lambda w: (
        sequence_stores.find(w.omics, ID),
        found_stores.describe_sequence_store(w.omics, ID).region,
    ),
    "ListReadSets": lambda w: (
        read_sets.count_read_sets(w.omics, ID, at_most=9),
        list(found_read_sets.iter_read_sets(w.omics, ID)),
    ),
    "ListReferenceStores": lambda w: list(references.iter_reference_stores(w.omics)),
    "ListReferences": lambda w: list(references.iter_references(w.omics, ID)),
    "ListSequenceStores": lambda w: (
        sequence_stores.list_all(w.omics),
        sequence_stores.list_ids(w.omics, "CREATING"),
        [store.region for store in found_stores.iter_sequence_stores(w.omics)],
    ),
    "omics ListTagsForResource": lambda w: sequence_stores.list_tags(w.omics, STORE),
    "PutS3AccessPolicy": lambda w: s3_access_policies.put(w.omics, ACCESS_POINT, "{}", OWNER),
    "omics TagResource": lambda w: omics.update_tags(w.omics, STORE, {}, {"a": "b"}),
    "omics UntagResource": lambda w: omics.update_tags(w.omics, STORE, {"a": "b"}, {}),
    "UpdateSequenceStore": lambda w: omics.update(
        w.omics, ID, SequenceStoreInputs(name="other"), ["name"]
    ),
    "CreateAlias": lambda w: kms.create_alias(w.kms, KEY, "alias/x"),
    "CreateKey": lambda w: kms.create(w.kms, policy="{}", description=None, tags={}, clock=w.clock),
    "DeleteAlias": lambda w: kms.delete_alias(w.kms, KEY, "alias/x"),
    "DescribeKey": lambda w: (
        kms.find_alias_holder(w.kms, "alias/x"),
        kms.find(w.kms, KEY),
    ),
    "DisableKeyRotation": lambda w: kms.disable_rotation(w.kms, KEY),
    "EnableKeyRotation": lambda w: kms.enable_rotation(w.kms, KEY, 365),
    "GetKeyPolicy": lambda w: kms.find(w.kms, KEY),
    "GetKeyRotationStatus": lambda w: kms.find(w.kms, KEY),
    "ListAliases": lambda w: kms.list_aliases(w.kms, KEY),
    "ListResourceTags": lambda w: kms.list_tags(w.kms, KEY),
    "PutKeyPolicy": lambda w: kms.put_policy(w.kms, KEY, "{}", clock=w.clock),
    "ScheduleKeyDeletion": lambda w: kms.schedule_deletion(w.kms, KEY, 7),
    "TagResource": lambda w: kms.update_tags(w.kms, KEY, {}, {"a": "b"}),
    "UntagResource": lambda w: kms.update_tags(w.kms, KEY, {"a": "b"}, {}),
    "UpdateKeyDescription": lambda w: kms.update_description(w.kms, KEY, None),
    "GetResources": lambda w: tagging.list_tagged(w.aws.tagging("us-east-1"), "a", "kms:key"),
    "GetCallerIdentity": lambda w: (w.aws.account_id("us-east-1"), w.aws.principal("us-east-1")),
    "AbortMultipartUpload": lambda w: s3.delete_contents(w.bucket, _always),
    "CreateBucket": lambda w: s3.create(w.bucket, "us-east-1", {}),
    "DeleteBucket": lambda w: s3.delete(w.bucket),
    "DeleteBucketPolicy": lambda w: s3.delete_policy(w.bucket),
    "DeleteBucketTagging": lambda w: s3.replace_tags(w.bucket, {}, {}),
    "DeleteObjects": lambda w: s3.delete_contents(w.bucket, _always),
    "GetBucketEncryption": lambda w: s3.find(w.bucket),
    "GetBucketLifecycleConfiguration": lambda w: s3.find(w.bucket),
    "GetBucketLocation": lambda w: s3.find_region(w.bucket.client, "uploads"),
    "GetBucketOwnershipControls": lambda w: s3.find(w.bucket),
    "GetBucketPolicy": lambda w: s3.find(w.bucket),
    "GetBucketTagging": lambda w: s3.all_tags(w.bucket),
    "GetBucketVersioning": lambda w: s3.find(w.bucket),
    "GetPublicAccessBlock": lambda w: s3.find(w.bucket),
    "ListMultipartUploads": lambda w: s3.delete_contents(w.bucket, _always),
    "ListObjectVersions": lambda w: (
        s3.count_contents(w.bucket, at_most=9),
        s3.delete_contents(w.bucket, _always),
    ),
    "PutBucketEncryption": lambda w: s3.put_encryption(w.bucket, s3_rule()),
    "PutBucketLifecycleConfiguration": lambda w: s3.put_lifecycle(
        w.bucket, [{"ID": "x", "Status": "Enabled", "Prefix": ""}]
    ),
    "PutBucketOwnershipControls": lambda w: s3.enforce_ownership(w.bucket),
    "PutBucketPolicy": lambda w: s3.put_policy(w.bucket, "{}"),
    "PutBucketTagging": lambda w: s3.replace_tags(w.bucket, {"a": "b"}, {}),
    "PutBucketVersioning": lambda w: s3.put_versioning(w.bucket, on=True),
    "PutPublicAccessBlock": lambda w: s3.block_public_access(w.bucket),
}
"""The calls of the api layer that lead to each operation. UpdateAlias needs a dying key, below."""


def s3_rule() -> dict[str, object]:
    return {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}


ALL_CELLS = bool(os.environ.get("OMICS_COMPONENTS_SOAK"))
"""Whether each place is tried with each value (``make soak``); else they take turns."""

MUTE = {name for name, good in GOOD.items() if good in ("", {})}
"""Operations whose success has nothing to read."""

NONSENSE = {
    "a list": "[]",
    "a text": '"text"',
    "null": "null",
    "a number": "7",
    "a web page": "<!DOCTYPE html>\n<html><br></html>",
    "a commented page": "<!-- lab -->\n<!-- proxy --> <HTML><body>Log in</body></HTML>",
    "XHTML": "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><p>Log in</p></html>",
    "words": "Bad gateway",
    "truncated": '{"arn": "arn:aws:om',
    "truncated XML": "<Result><Key>a</K",
    "no UTF-8": "\udcff",
    "deep": "[" * 100_000,
}
"""Bodies that no AWS service sends as a success."""

ERROR_BODIES = {
    **NONSENSE,
    "nothing": "",
    "an object": "{}",
    "a null message": '{"message": null}',
    "a null Message": '{"Message": null, "__type": null}',
    "a message that is an object": '{"message": {"a": [1]}, "__type": "ValidationException"}',
    "a message that is a list": '{"message": ["a"], "code": ["b"]}',
    "a message that is a number": '{"message": 7, "code": 7, "__type": 7}',
    "a code that is an object": '{"__type": {"a": "b"}, "message": "No."}',
    "a code that is null": '{"code": null, "message": "No."}',
    "a code that is true": '{"code": true, "Code": false}',
    "an empty XML error": "<Error/>",
    "an XML error without text": "<Error><Code/><Message/></Error>",
    "a nested XML error": "<Error><Code><a>b</a></Code><Message><a/></Message></Error>",
    "two XML codes": "<Error><Code>a</Code><Code>b</Code><Message>a</Message><Message/></Error>",
    "an STS error without an error": "<ErrorResponse/>",
    "an STS error with an empty one": "<ErrorResponse><Error/></ErrorResponse>",
}
BY_STATUS = {
    302: errors.InvalidRequest,
    400: errors.InvalidRequest,
    401: errors.InvalidCredentials,
    403: errors.AccessDenied,
    404: ServiceInternalError,
    409: errors.ResourceConflict,
    429: errors.Throttling,
    500: ServiceInternalError,
    503: ServiceInternalError,
}


def _act(name: str, world: World) -> OmicsComponentsError | None:
    """Make the calls that lead to an operation; give the error of ours that they end with."""
    try:
        CALLS[name](world)
    except OmicsComponentsError as error:
        text = str(error)
        assert "\n" not in text
        assert "<" not in text
        return error
    return None


def _altered(value: Any) -> Iterator[Any]:
    """Return a JSON value with each of its members in turn gone, null, or of another type."""
    others: list[Any] = [None, "text", "", 7, True, [], [None], {}, {"a": None}]
    turn = zlib.crc32(repr(value).encode())
    for other in others if ALL_CELLS else [others[(turn + n) % len(others)] for n in (0, 4)]:
        if type(other) is not type(value) or other != value:
            yield other
    if isinstance(value, dict):
        for key, part in value.items():
            rest = {name: kept for name, kept in value.items() if name != key}
            yield rest
            for other in _altered(part):
                yield {**rest, key: other}
    elif isinstance(value, list):
        for other in _altered(value[0]):
            yield [other, *copy.deepcopy(value[1:])]


def _altered_xml(text: str) -> Iterator[str]:
    """Return XML with each element in turn gone, empty, or with another text."""
    for element in re.finditer(r"<(\w+)>", text):
        end = text.index(f"</{element[1]}>", element.end())
        for inner in ("", "text", "7", "<a>b</a>"):
            yield text[: element.end()] + inner + text[end:]
        yield text[: element.start()] + text[end + len(element[1]) + 3 :]


def test_each_operation_that_is_called_has_its_answer() -> None:
    assert CALLS.keys() == GOOD.keys() - {"AssumeRole", "HeadBucket", "UpdateAlias"}


@pytest.mark.parametrize("name", CALLS)
def test_what_aws_answers_is_read(name: str) -> None:
    good = GOOD[name]
    world = World(name, body=good if isinstance(good, str) else json.dumps(good))

    error = _act(name, world)

    # A key that is about to be deleted, in one answer, is none; all else is fine.
    assert error is None, error
    assert world.attempts >= 1


@pytest.mark.parametrize("name", CALLS)
def test_a_success_that_is_none_of_aws_is_an_internal_error(name: str) -> None:
    bodies = {
        k: body for k, body in NONSENSE.items() if name != "GetBucketPolicy" or body[0] == "<"
    }
    if name not in MUTE:
        bodies["nothing"] = ""
    if name == "BatchDeleteReadSet":
        del bodies["nothing"]
    for label, body in bodies.items():
        world = World(name, body=body)
        error = _act(name, world)

        if name in MUTE and "html" not in body.lower() and error is None:
            continue  # nothing is read of it, and moto answers so
        assert type(error) is ServiceInternalError, (label, error)
        # It is repeated, but where that would make another resource.
        assert world.attempts == (1 if name == "CreateKey" else 2), label


@pytest.mark.parametrize("name", CALLS)
def test_an_error_of_any_content_is_classified_by_its_status(name: str) -> None:
    statuses = list(BY_STATUS)
    all_cells = name in {"GetSequenceStore", "DescribeKey", "GetBucketTagging"}
    for number, (label, body) in enumerate(ERROR_BODIES.items()):
        turn = (number + list(CALLS).index(name)) % len(statuses)
        for status in statuses if all_cells else statuses[turn : turn + 1]:
            kind = BY_STATUS[status]
            error = _act(name, World(name, status, body))

            assert isinstance(error, OmicsComponentsError), (label, status)
            has_code = "ValidationException" in body or "<Code>" in body
            assert has_code or type(error) is kind, (label, status, error)


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "NotFoundException"])
def test_the_code_of_a_header_counts_whatever_the_body_is(code: str) -> None:
    for body in ERROR_BODIES.values():
        headers = {"x-amzn-errortype": code, "x-amzn-requestid": "abc"}
        error = _act("GetSequenceStore", World("GetSequenceStore", 404, body, headers))

        assert error is not None
        assert error.request_id == "abc"


@pytest.mark.parametrize("name", [n for n in CALLS if n not in MUTE])
def test_an_answer_with_a_wrong_member_is_read_or_is_an_internal_error(name: str) -> None:
    good = GOOD[name]
    bodies = _altered_xml(good) if isinstance(good, str) else map(json.dumps, _altered(good))
    refused = 0
    for body in bodies:
        error = _act(name, World(name, body=body, retries=0))
        kinds = (type(None), ServiceInternalError, errors.NotFound)
        assert isinstance(error, kinds), (body, error)
        refused += error is not None
    assert refused or name == "GetBucketPolicy"


WRONG = {
    "tags a list": ("omics ListTagsForResource", {"tags": []}),
    "tags of numbers": ("omics ListTagsForResource", {"tags": {"team": 7}}),
    "tags of null": ("omics ListTagsForResource", {"tags": {"team": None}}),
    "no tags": ("omics ListTagsForResource", {}),
    "null tags": ("omics ListTagsForResource", {"tags": None}),
    "a status that is a number": ("GetSequenceStore", {**_GOT, "status": 7}),
    "an invalid time": ("GetSequenceStore", {**_GOT, "creationTime": "yesterday"}),
    "a time past all times": ("GetSequenceStore", {**_GOT, "creationTime": 1e300}),
    "a time before all times": (
        "GetSequenceStore",
        {**_GOT, "updateTime": "0001-01-01T00:00:00+14:00"},
    ),
    "an ARN that is null": ("GetSequenceStore", {**_GOT, "arn": None}),
    "an invalid ARN": ("GetSequenceStore", {**_GOT, "arn": "arn:x"}),
    "a text for a list": ("GetSequenceStore", {**_GOT, "propagatedSetLevelTags": "ab"}),
    "a list of null": ("GetSequenceStore", {**_GOT, "propagatedSetLevelTags": [None]}),
    "a store that is null": ("ListSequenceStores", {"sequenceStores": [None]}),
    "stores that are a map": ("ListSequenceStores", {"sequenceStores": {}}),
    "a created store without ARN": ("CreateSequenceStore", {**_STORE, "arn": ""}),
    "a key without ARN": ("CreateKey", {"KeyMetadata": {}}),
    "a key whose ARN is none": ("DescribeKey", {"KeyMetadata": {**_METADATA, "Arn": "x"}}),
    "rotation that is a text": ("GetKeyRotationStatus", {"KeyRotationEnabled": "true"}),
    "an alias without a name": ("ListAliases", {"Aliases": [{}]}),
}


@pytest.mark.parametrize(("name", "body"), WRONG.values(), ids=WRONG.keys())
def test_an_answer_that_means_nothing_is_an_internal_error(
    name: str, body: dict[str, object]
) -> None:
    error = _act(name, World(name, body=json.dumps(body)))

    assert type(error) is ServiceInternalError
    assert "returned" in str(error)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("GetBucketOwnershipControls", "<OwnershipControls/>"),
        ("GetBucketOwnershipControls", "<OwnershipControls><Rule/></OwnershipControls>"),
        ("GetBucketEncryption", "<ServerSideEncryptionConfiguration/>"),
        ("GetBucketTagging", "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>"),
        (
            "ListObjectVersions",
            "<ListVersionsResult><EncodingType>url</EncodingType>"  # noqa: ISC004 one text
            "<Version><VersionId>v</VersionId></Version></ListVersionsResult>",
        ),
        ("GetCallerIdentity", "<GetCallerIdentityResponse/>"),
    ],
)
def test_an_answer_of_xml_that_means_nothing_is_an_internal_error(name: str, body: str) -> None:
    assert type(_act(name, World(name, body=body))) is ServiceInternalError


def test_members_that_are_missing_null_or_new_are_fine() -> None:
    """Absent and null mean absent, and what an SDK does not know yet is not its business."""
    nothing = dict.fromkeys(_GOT.keys() - {"arn", "id", "creationTime"})
    for more in (nothing, {"invented": [7]}):
        assert (
            _act("GetSequenceStore", World("GetSequenceStore", body=json.dumps(_GOT | more)))
            is None
        )
    bare = {"arn": STORE, "id": ID, "creationTime": TIME}
    assert _act("GetSequenceStore", World("GetSequenceStore", body=json.dumps(bare))) is None


@pytest.mark.parametrize("body", [*NONSENSE.values(), "", "<AssumeRoleResponse/>", "<a/>"])
def test_credentials_that_sts_answers_oddly_are_an_error_of_ours(
    monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)  # the SDK's own retries
    for status in (200, 400, 403, 503):
        world = World("AssumeRole", status, body)
        role = AssumeRole(role_arn=f"arn:aws:iam::{ACCOUNT}:role/lab")
        world.aws = AnsweredAws(assume_roles=(role,))

        with pytest.raises(OmicsComponentsError):
            omics.delete(world.omics, ID)

        assert world.attempts


def test_a_role_that_is_assumed_calls() -> None:
    good = GOOD["AssumeRole"]
    assert isinstance(good, str)
    world = World("AssumeRole", body=good)
    world.aws = AnsweredAws(assume_roles=(AssumeRole(role_arn=f"arn:aws:iam::{ACCOUNT}:role/x"),))

    omics.delete(world.omics, ID)

    assert world.attempts == 1


def test_the_same_page_again_and_again_is_an_internal_error() -> None:
    body = json.dumps({"readSets": [], "nextToken": "again"})

    assert type(_act("ListReadSets", World("ListReadSets", body=body))) is ServiceInternalError


def test_a_mistake_of_ours_is_not_taken_for_an_answer() -> None:
    with pytest.raises(TypeError), translated_errors("GetSequenceStore"):
        World().omics.get_sequence_store("1234567890")
