"""The emulator answers as each alternative to an assumption says, and differently by default.

One observation for each assumption, and what it sees by default (None) and with each alternative.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.moto_api._internal.models import moto_api_backend

from omics_components.emulator import Emulator, ManualClock
from omics_components.emulator.assumptions import assumptions
from tests.conformance.conftest import AUTHORIZATION, World

ACCOUNT = "123456789012"
SERVICE = "omics.amazonaws.com"
ANY_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0"
STORE_ACTIONS = ["kms:DescribeKey", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"]


class Probe(World):
    """A world in this process with a clock of its own, and short ways to what probes need."""

    def __init__(self, emulator: Emulator, clock: ManualClock) -> None:
        super().__init__(emulator, None)
        self.clock = clock

    @property
    def omics(self) -> Any:
        return self.client("omics")

    @property
    def kms(self) -> Any:
        return self.client("kms")

    @property
    def s3(self) -> Any:
        return self.client("s3")

    def store(self, **given: Any) -> Any:
        return self.omics.create_sequence_store(**({"name": "reads"} | given))

    def get(self, store: Any) -> Any:
        return self.omics.get_sequence_store(id=store["id"])

    def listed(self, **criteria: Any) -> list[Any]:
        found = self.omics.list_sequence_stores(**({"filter": criteria} if criteria else {}))
        return list(found["sequenceStores"])

    def tags(self, store: Any) -> Any:
        return self.omics.list_tags_for_resource(resourceArn=store["arn"])["tags"]

    def point(self, store: Any) -> str:
        return str(store["s3Access"]["s3AccessPointArn"])

    def policy(self, store: Any) -> str:
        got = self.omics.get_s3_access_policy(s3AccessPointArn=self.point(store))
        return str(got["s3AccessPolicy"])

    def put_policy(self, store: Any, **changes: Any) -> str:
        """Put a policy with one statement, and return its text."""
        point = self.point(store)
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "s3:GetObject",
            "Resource": f"{point}/object/{ACCOUNT}/sequenceStore/{store['id']}/*",
        }
        document = {"Version": "2012-10-17", "Id": "mine", "Statement": [statement | changes]}
        text = json.dumps(document)
        self.omics.put_s3_access_policy(s3AccessPointArn=point, s3AccessPolicy=text)
        return text

    def key(
        self,
        condition: Mapping[str, Any] | None = None,
        *,
        actions: list[str] | None = None,
        region: str = "us-east-1",
    ) -> str:
        """Make a key that the service may use."""
        allow: dict[str, Any] = {
            "Effect": "Allow",
            "Principal": {"Service": SERVICE},
            "Action": actions or [*STORE_ACTIONS, "kms:Decrypt"],
            "Resource": "*",
        }
        if condition:
            allow["Condition"] = condition
        root = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [root, allow]})
        made = self.client("kms", region).create_key(
            Policy=policy, Tags=[{"TagKey": "a", "TagValue": "1"}]
        )
        return str(made["KeyMetadata"]["Arn"])

    def with_key(self, arn: str) -> Any:
        return self.store(sseConfig={"type": "KMS", "keyArn": arn})

    def bucket(self, *principals: str, condition: Mapping[str, Any] | None = None) -> str:
        """Make a bucket where services may put objects."""
        self.s3.create_bucket(Bucket="lab")
        allow: dict[str, Any] = {
            "Effect": "Allow",
            "Principal": {"Service": list(principals)},
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::lab/*",
        }
        if condition:
            allow["Condition"] = condition
        document = {"Version": "2012-10-17", "Statement": [allow]}
        self.s3.put_bucket_policy(Bucket="lab", Policy=json.dumps(document))
        return "s3://lab/x/"

    def seconds_until(self, happened: Callable[[], bool]) -> int:
        """Advance the clock until something has happened, and return how long that took (s)."""
        for passed in range(1000):
            if happened():
                return passed
            self.clock.advance(1)
        raise AssertionError("it never happened")

    def raw(self, method: str, path: str, document: Any) -> tuple[int, str | None, bytes]:
        """Send a request as it is; return status, error code and body."""
        status, headers, body = self.emulator.handle(
            method,
            path,
            "",
            {"Authorization": AUTHORIZATION.format(region="us-east-1")},
            json.dumps(document).encode(),
        )
        return status, headers.get("x-amzn-ErrorType"), body


def code(call: Callable[..., Any], **parameters: Any) -> str | None:
    """Return the error code of a call; None if it succeeds."""
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


def message(call: Callable[..., Any], **parameters: Any) -> str | None:
    """Return the error text of a call; None if it succeeds."""
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Message"])
    return None


Observe = Callable[[Probe], Any]
SECONDS: Mapping[str | None, Any] = {}
"""What is seen is how long it takes: the alternative's seconds, and none by default."""

PROBES: dict[str, tuple[Observe, Mapping[str | None, Any]]] = {}


def probe(name: str, seen: Mapping[str | None, Any] = SECONDS) -> Callable[[Observe], Observe]:
    """Declare the observation of an assumption, and what it sees."""

    def declare(observe: Observe) -> Observe:
        PROBES[name] = (observe, seen)
        return observe

    return declare


# Stores


@probe("create-answers-creating", {None: "CREATING", "active-at-once": "ACTIVE"})
def _(p: Probe) -> Any:
    return p.store()["status"]


@probe("creating-time")
def _(p: Probe) -> Any:
    store = p.store()
    return p.seconds_until(lambda: p.get(store)["status"] == "ACTIVE")


@probe("updating-status")
def _(p: Probe) -> Any:
    store = p.store()
    p.omics.update_sequence_store(id=store["id"], description="new")
    return p.seconds_until(lambda: p.get(store)["status"] == "ACTIVE")


@probe("deleting-time")
def _(p: Probe) -> Any:
    store = p.store()
    p.omics.delete_sequence_store(id=store["id"])
    return p.seconds_until(lambda: code(p.get, store=store) is not None)


@probe("get-lags-after-create")
def _(p: Probe) -> Any:
    store = p.store()
    return p.seconds_until(lambda: code(p.get, store=store) is None)


@probe("get-lags-after-update")
def _(p: Probe) -> Any:
    store = p.store(description="old")
    p.omics.update_sequence_store(id=store["id"], description="new")
    return p.seconds_until(lambda: p.get(store)["description"] == "new")


@probe("get-lags-after-delete")
def _(p: Probe) -> Any:
    store = p.store()
    p.get(store)
    p.omics.delete_sequence_store(id=store["id"])

    def is_gone() -> bool:
        return code(p.get, store=store) is not None or p.get(store)["status"] != "ACTIVE"

    return p.seconds_until(is_gone)


@probe(
    "access-point-before-active",
    {
        None: [True, True, True, True],
        "not-in-create": [False, True, True, True],
        "when-active": [False, False, True, True],
        "late": [False, False, False, True],
    },
)
def _(p: Probe) -> Any:
    p.emulator.configure(creating_s=5)
    store = p.store()
    seen = ["s3Access" in store, "s3Access" in p.get(store)]
    for _ in range(2):
        p.clock.advance(6)
        seen.append("s3Access" in p.get(store))
    return seen


@probe(
    "absent-members",
    {None: ("absent", "absent"), "null": (None, None), "empty": ("", "")},
)
def _(p: Probe) -> Any:
    store = p.store()
    _, _, body = p.raw("GET", f"/sequencestore/{store['id']}", {})
    answer = json.loads(body)
    access = answer["s3Access"]
    return answer.get("description", "absent"), access.get("accessLogLocation", "absent")


@probe(
    "locations-verbatim",
    {
        None: ["s3://lab/x/", "s3://lab"],
        "slash-dropped": ["s3://lab/x", "s3://lab"],
        "slash-added": ["s3://lab/x/", "s3://lab/"],
    },
)
def _(p: Probe) -> Any:
    given = {"accessLogLocation": "s3://lab"}
    store = p.get(p.store(fallbackLocation="s3://lab/x/", s3AccessConfig=given))
    return [store["fallbackLocation"], store["s3Access"]["accessLogLocation"]]


@probe(
    "keyless-store-key",
    {None: ["keyArn", "type"], "as-given": [], "type-only": ["type"]},
)
def _(p: Probe) -> Any:
    return sorted(p.get(p.store()).get("sseConfig", {}))


@probe("service-key-per-region", {None: 1, "per-store": 2})
def _(p: Probe) -> Any:
    return len({p.store(name=name)["sseConfig"]["keyArn"] for name in "ab"})


@probe("update-time", {None: [True, True], "after-an-update": [False, True]})
def _(p: Probe) -> Any:
    store = p.store()
    before = "updateTime" in p.get(store)
    p.omics.update_sequence_store(id=store["id"], description="new")
    return [before, "updateTime" in p.get(store)]


@probe("update-keeps-absent", {None: "d", "cleared": None})
def _(p: Probe) -> Any:
    store = p.store(description="d")
    p.omics.update_sequence_store(id=store["id"], name="other")
    return p.get(store).get("description")


@probe(
    "cleared-by-empty",
    {
        None: [None, None, []],
        "ignored": [None, "s3://lab", ["a"]],
        "refused": ["ValidationException", "s3://lab", ["a"]],
    },
)
def _(p: Probe) -> Any:
    store = p.store(fallbackLocation="s3://lab", propagatedSetLevelTags=["a"])
    empty = {"fallbackLocation": "", "propagatedSetLevelTags": []}
    refused = code(p.omics.update_sequence_store, id=store["id"], **empty)
    got = p.get(store)
    return [refused, got.get("fallbackLocation"), got["propagatedSetLevelTags"]]


@probe("update-answer", {None: "new", "required-only": None, "old-values": "old"})
def _(p: Probe) -> Any:
    store = p.store(description="old")
    answer = p.omics.update_sequence_store(id=store["id"], description="new")
    return answer.get("description")


@probe(
    "busy-store-update",
    {None: "ConflictException", "validation": "ValidationException", "accepted": None},
)
def _(p: Probe) -> Any:
    p.emulator.configure(creating_s=5)
    return code(p.omics.update_sequence_store, id=p.store()["id"], description="new")


@probe(
    "busy-store-deletion",
    {None: "ConflictException", "validation": "ValidationException", "accepted": None},
)
def _(p: Probe) -> Any:
    p.emulator.configure(creating_s=5)
    return code(p.omics.delete_sequence_store, id=p.store()["id"])


@probe(
    "non-empty-deletion",
    {
        None: ("ConflictException", True, ["ACTIVE", "ACTIVE"]),
        "validation": ("ValidationException", True, ["ACTIVE", "ACTIVE"]),
        "validation-terse": ("ValidationException", False, ["ACTIVE", "ACTIVE"]),
        "failed": (None, False, ["DELETING", "ACTIVE"]),
    },
)
def _(p: Probe) -> Any:
    store = p.store()
    p.emulator.put_read_sets(store["id"], 1)
    text = message(p.omics.delete_sequence_store, id=store["id"]) or ""
    statuses = [p.get(store)["status"]]
    p.clock.advance(6)
    statuses.append(p.get(store)["status"])
    if statuses[0] == "DELETING":
        return None, "read set" in text, statuses
    refused = code(p.omics.delete_sequence_store, id=store["id"])
    return refused, "read set" in text, statuses


@probe(
    "failed-store-message",
    {None: "the key is gone", "absent": None, "code-only": "INTERNAL_FAILURE"},
)
def _(p: Probe) -> Any:
    p.emulator.plan_status([("FAILED", "the key is gone")])
    return p.get(p.store()).get("statusMessage")


@probe("store-quota", {None: "ServiceQuotaExceededException", "active-only": None})
def _(p: Probe) -> Any:
    p.emulator.configure(sequence_stores_max=1)
    p.emulator.plan_status([("FAILED", "the key is gone")])
    p.store()
    return code(p.store)


@probe("propagated-key-rules", {None: "ValidationException", "unrestricted": None})
def _(p: Probe) -> Any:
    return code(p.store, propagatedSetLevelTags=["aws:x"])


# Client tokens


@probe("token-scope", {None: 1, "ignored": 2})
def _(p: Probe) -> Any:
    return len({p.store(clientToken="t")["id"] for _ in range(2)})


@probe("token-expiry", {None: [1, 1], "five-minutes": [1, 2]})
def _(p: Probe) -> Any:
    made = {p.store(clientToken="t")["id"] for _ in range(2)}
    seen = [len(made)]
    p.clock.advance(301)
    made.add(p.store(clientToken="t")["id"])
    return [*seen, len(made)]


@probe(
    "token-other-parameters",
    {None: ("ValidationException", 1), "first-answer": (None, 1), "carried-out": (None, 2)},
)
def _(p: Probe) -> Any:
    p.store(clientToken="t")
    refused = code(p.store, clientToken="t", name="other")
    return refused, len(p.listed())


@probe("token-after-deletion", {None: 0, "creates-again": 1})
def _(p: Probe) -> Any:
    p.omics.delete_sequence_store(id=_idle(p, p.store(clientToken="t"))["id"])
    p.listed()
    p.store(clientToken="t")
    return len(p.listed())


def _idle(p: Probe, store: Any) -> Any:
    p.get(store)
    return store


@probe("token-after-refusal", {None: 0, "remembered": 300})
def _(p: Probe) -> Any:
    p.emulator.configure(sequence_stores_max=0)
    assert code(p.store, clientToken="t") == "ServiceQuotaExceededException"
    p.emulator.configure(sequence_stores_max=None)
    return p.seconds_until(lambda: code(p.store, clientToken="t") is None)


# Lists


@probe("list-lags-after-create")
def _(p: Probe) -> Any:
    p.store()
    return p.seconds_until(lambda: bool(p.listed()))


@probe("list-lags-after-change")
def _(p: Probe) -> Any:
    store = p.store(description="old")
    p.clock.advance(60)
    p.omics.update_sequence_store(id=store["id"], description="new")
    return p.seconds_until(lambda: p.listed()[0]["description"] == "new")


@probe("list-order", {None: ["a", "b", "c"], "newest-first": ["c", "b", "a"]})
def _(p: Probe) -> Any:
    for name in "abc":
        p.store(name=name)
    pages = p.omics.get_paginator("list_sequence_stores").paginate(PaginationConfig={"PageSize": 1})
    return [store["name"] for page in pages for store in page["sequenceStores"]]


@probe("list-page-size", {None: 12, "ten": 10})
def _(p: Probe) -> Any:
    for number in range(12):
        p.store(name=f"{number}")
    return len(p.listed())


@probe("page-token-scope", {None: "ValidationException", "accepted": None})
def _(p: Probe) -> Any:
    for _ in range(2):
        p.store()
    token = p.omics.list_sequence_stores(maxResults=1)["nextToken"]
    return code(p.omics.list_sequence_stores, nextToken=token, filter={"name": "reads"})


@probe("time-bounds", {None: 0, "inclusive": 1})
def _(p: Probe) -> Any:
    store = p.store()
    return len(p.listed(createdAfter=store["creationTime"]))


@probe("name-filter", {None: ["reads"], "prefix": ["reads", "reads-2"], "contains": None})
def _(p: Probe) -> Any:
    for name in ("reads", "reads-2", "my-Reads"):
        p.store(name=name)
    names = [store["name"] for store in p.listed(name="reads")]
    return None if len(names) == 3 else names


# Read sets


@probe("read-set-filter", {None: 0, "prefix": 1})
def _(p: Probe) -> Any:
    store = p.store()
    p.emulator.put_read_sets(store["id"], items=[{"sampleId": "sample-1"}])
    found = p.omics.list_read_sets(sequenceStoreId=store["id"], filter={"sampleId": "sam"})
    return len(found["readSets"])


@probe("empty-reference-filter", {None: 2, "no-reference": 1})
def _(p: Probe) -> Any:
    store = p.store()
    reference = f"arn:aws:omics:us-east-1:{ACCOUNT}:referenceStore/1234567890/reference/1234567890"
    p.emulator.put_read_sets(store["id"], items=[{}, {"referenceArn": reference}])
    found = p.omics.list_read_sets(sequenceStoreId=store["id"], filter={"referenceArn": ""})
    return len(found["readSets"])


@probe("batch-delete-answer", {None: b"{}", "no-body": b"", "empty-list": b'{"errors": []}'})
def _(p: Probe) -> Any:
    store = p.store()
    ids = [made["id"] for made in p.emulator.put_read_sets(store["id"], 1)]
    path = f"/sequencestore/{store['id']}/readset/batch/delete"
    return p.raw("POST", path, {"ids": ids})[2]


@probe(
    "unknown-read-set",
    {None: [""], "exception-name": ["ResourceNotFoundException"], "no-error": []},
)
def _(p: Probe) -> Any:
    answer = p.omics.batch_delete_read_set(sequenceStoreId=p.store()["id"], ids=["0000000000"])
    return [error["code"] for error in answer.get("errors", [])]


@probe("read-set-error-codes", {None: ["ConflictException"], "empty": [""]})
def _(p: Probe) -> Any:
    return _refused_statuses(p, "ACTIVATING", "code")


@probe(
    "undeletable-read-sets",
    {
        None: ["ACTIVATING", "PROCESSING_UPLOAD"],
        "none": [],
        "archived-too": ["ACTIVATING", "PROCESSING_UPLOAD", "ARCHIVED"],
    },
)
def _(p: Probe) -> Any:
    statuses = ("ACTIVE", "ACTIVATING", "PROCESSING_UPLOAD", "ARCHIVED")
    return [status for status in statuses if _refused_statuses(p, status, "id")]


def _refused_statuses(p: Probe, status: str, member: str) -> list[str]:
    store = p.store()
    [made] = p.emulator.put_read_sets(store["id"], items=[{"status": status}])
    answer = p.omics.batch_delete_read_set(sequenceStoreId=store["id"], ids=[made["id"]])
    return [error[member] for error in answer.get("errors", [])]


def _emptied(p: Probe) -> Any:
    store = p.store()
    ids = [made["id"] for made in p.emulator.put_read_sets(store["id"], 1)]
    p.omics.batch_delete_read_set(sequenceStoreId=store["id"], ids=ids)
    return store


@probe("deleted-read-sets", {None: [], "kept": ["DELETED"]})
def _(p: Probe) -> Any:
    store = _emptied(p)
    listed = p.omics.list_read_sets(sequenceStoreId=store["id"])["readSets"]
    return [read_set["status"] for read_set in listed]


@probe("read-set-deletion-time")
def _(p: Probe) -> Any:
    store = _emptied(p)
    return p.seconds_until(
        lambda: not p.omics.list_read_sets(sequenceStoreId=store["id"])["readSets"]
    )


@probe("emptied-store-deletion")
def _(p: Probe) -> Any:
    store = _emptied(p)
    return p.seconds_until(lambda: code(p.omics.delete_sequence_store, id=store["id"]) is None)


# Access policies


@probe("default-access-policy", {None: False, "guide-example": True})
def _(p: Probe) -> Any:
    store = p.store()
    policy = p.policy(store)
    p.omics.put_s3_access_policy(s3AccessPointArn=p.point(store), s3AccessPolicy=policy)
    return "Condition" in json.loads(policy)["Statement"][1]


@probe(
    "policy-after-deletion",
    {
        None: "ResourceNotFoundException",
        "blank": " ",
        "no-statement": '{"Version": "2012-10-17", "Statement": []}',
        "default-again": "default",
    },
)
def _(p: Probe) -> Any:
    store = p.store()
    default = p.policy(store)
    p.omics.delete_s3_access_policy(s3AccessPointArn=p.point(store))
    refused = code(p.policy, store=store)
    return refused or p.policy(store).replace(default, "default")


@probe(
    "policy-text",
    {
        None: (True, "mine"),
        "reformatted": (False, "mine"),
        "without-id": (False, None),
        "other-id": (False, "omics-generated"),
    },
)
def _(p: Probe) -> Any:
    store = p.store()
    put, got = p.put_policy(store), p.policy(store)
    return put == got, json.loads(got).get("Id")


@probe("policy-lags-after-put")
def _(p: Probe) -> Any:
    store = p.store()
    put = p.put_policy(store)
    return p.seconds_until(lambda: p.policy(store) == put)


@probe("policy-any-status", {None: None, "active-only": "ValidationException"})
def _(p: Probe) -> Any:
    p.emulator.configure(creating_s=5)
    return code(p.policy, store=p.store())


@probe("policy-size", {None: None, "thousands": "ValidationException"})
def _(p: Probe) -> Any:
    return code(p.put_policy, store=p.store(), Sid="x" * 14_800)


@probe(
    "policy-refusal-code",
    {None: "ValidationException", "not-supported": "NotSupportedOperationException"},
)
def _(p: Probe) -> Any:
    return code(p.put_policy, store=p.store(), NotAction="s3:PutObject")


@probe("policy-wildcard-actions", {None: "ValidationException", "admitted": None})
def _(p: Probe) -> Any:
    store = p.store()
    assert code(p.put_policy, store=store, Action="s3:Put*") == "ValidationException"
    return code(p.put_policy, store=store, Action="s3:Get*")


@probe("policy-deny", {None: None, "limited": "ValidationException"})
def _(p: Probe) -> Any:
    return code(p.put_policy, store=p.store(), Effect="Deny", Action="s3:*", Resource="*")


@probe("new-principals")
def _(p: Probe) -> Any:
    store, role = p.store(), {"AWS": f"arn:aws:iam::{ACCOUNT}:role/reader"}
    in_words = p.emulator.settings.assumes("new-principals") == "other-words"
    text = message(p.put_policy, store=store, Principal=role)
    assert text is None or ("Invalid principal" in text) != in_words
    return p.seconds_until(lambda: code(p.put_policy, store=store, Principal=role) is None)


# Tags


@probe("tags-lag-after-create")
def _(p: Probe) -> Any:
    store = p.store(tags={"a": "1"})
    missing = "ResourceNotFoundException"
    not_found = p.emulator.settings.assumes("tags-lag-after-create") == "not-found"
    assert code(p.tags, store=store) == (missing if not_found else None)
    return p.seconds_until(lambda: code(p.tags, store=store) is None and bool(p.tags(store)))


@probe("tags-lag-after-change")
def _(p: Probe) -> Any:
    store = p.store(tags={"a": "1"})
    p.omics.tag_resource(resourceArn=store["arn"], tags={"a": "2"})
    p.omics.untag_resource(resourceArn=store["arn"], tagKeys=["b"])
    return p.seconds_until(lambda: bool(p.tags(store) == {"a": "2"}))


@probe(
    "tag-refusal-code",
    {None: "ValidationException", "quota": "ServiceQuotaExceededException"},
)
def _(p: Probe) -> Any:
    return code(p.store, tags={f"k{number}": "" for number in range(51)})


@probe(
    "too-many-tags-code",
    {None: "ServiceQuotaExceededException", "validation": "ValidationException"},
)
def _(p: Probe) -> Any:
    store = p.store(tags={f"k{number}": "" for number in range(50)})
    return code(p.omics.tag_resource, resourceArn=store["arn"], tags={"one": "more"})


@probe(
    "foreign-arn-tags",
    {
        None: "ResourceNotFoundException",
        "denied": "AccessDeniedException",
        "validation": "ValidationException",
    },
)
def _(p: Probe) -> Any:
    arn = "arn:aws:omics:us-east-1:999999999999:sequenceStore/1234567890"
    return code(p.omics.list_tags_for_resource, resourceArn=arn)


@probe(
    "deleting-store-tags",
    {None: "ConflictException", "accepted": None, "not-found": "ResourceNotFoundException"},
)
def _(p: Probe) -> Any:
    p.emulator.configure(deleting_s=5)
    store = p.store()
    p.omics.delete_sequence_store(id=store["id"])
    return code(p.omics.tag_resource, resourceArn=store["arn"], tags={"a": "1"})


@probe("tag-index-lags")
def _(p: Probe) -> Any:
    p.key()
    index = p.client("resourcegroupstaggingapi")
    return p.seconds_until(
        lambda: bool(index.get_resources(ResourceTypeFilters=["kms:key"])["ResourceTagMappingList"])
    )


# Calls


@probe("throttled-before-checks", {None: "ThrottlingException", "admitted-only": None})
def _(p: Probe) -> Any:
    p.emulator.configure(quotas=True)
    assert code(p.store, name="x" * 128) == "ValidationException"
    return code(p.store)


@probe(
    "permission-first",
    {None: "AccessDeniedException", "validation-first": "ValidationException"},
)
def _(p: Probe) -> Any:
    statement = {"Effect": "Allow", "Action": "omics:GetSequenceStore", "Resource": "*"}
    p.emulator.allow_only({"Version": "2012-10-17", "Statement": [statement]})
    return code(p.store, name="x" * 128)


@probe("burst", {None: 5, "five-seconds": 25, "one-call": 1})
def _(p: Probe) -> Any:
    p.emulator.configure(quotas=True)
    return sum(code(p.omics.list_sequence_stores) is None for _ in range(30))


@probe("unlisted-rates", {None: 5, "one": 1})
def _(p: Probe) -> Any:
    p.emulator.configure(quotas=True)
    get = p.omics.get_reference_store
    codes = [code(get, id="1234567890") for _ in range(10)]
    return codes.count("ResourceNotFoundException")


@probe("request-members", {None: [200, 200], "refused": [400, 400]})
def _(p: Probe) -> Any:
    path = "/sequencestore"
    odd: list[dict[str, Any]] = [{"description": None}, {"colour": "red"}]
    return [p.raw("POST", path, {"name": "reads", **more})[0] for more in odd]


@probe(
    "malformed-body-code",
    {None: "ValidationException", "serialization": "SerializationException"},
)
def _(p: Probe) -> Any:
    return p.raw("POST", "/sequencestore", [])[1]


@probe("validation-wording", {None: True, "terse": False})
def _(p: Probe) -> Any:
    return "'name' failed to satisfy" in str(message(p.store, name="x" * 128))


@probe("reference-store-filter", {None: 0, "prefix": 1})
def _(p: Probe) -> Any:
    p.omics.create_reference_store(name="genomes")
    found = p.omics.list_reference_stores(filter={"name": "gen"})
    return len(found["referenceStores"])


@probe("reference-store-key", {None: False, "service-key": True})
def _(p: Probe) -> Any:
    return "sseConfig" in p.omics.create_reference_store(name="genomes")


@probe(
    "non-empty-reference-store-deletion",
    {None: "ConflictException", "validation": "ValidationException"},
)
def _(p: Probe) -> Any:
    store = p.omics.create_reference_store(name="genomes")
    p.emulator.put_references(store["id"], 1)
    return code(p.omics.delete_reference_store, id=store["id"])


# Keys


@probe(
    "source-account",
    {
        None: [True, True, True],
        "neither": [False, False, False],
        "not-to-kms": [False, True, False],
        "not-to-s3": [True, False, True],
        "account-only": [True, True, False],
    },
)
def _(p: Probe) -> Any:
    account = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    store_arns = {"ArnLike": {"aws:SourceArn": f"arn:aws:omics:us-east-1:{ACCOUNT}:*"}}
    location = p.bucket(SERVICE, condition=account)
    store = p.store(fallbackLocation=location)
    return [
        code(p.with_key, arn=p.key(account)) is None,
        p.emulator.put_fallback_object(store["id"])["stored"],
        code(p.with_key, arn=p.key(store_arns)) is None,
    ]


@probe("key-actions", {None: None, "decrypt-too": "AccessDeniedException"})
def _(p: Probe) -> Any:
    return code(p.with_key, arn=p.key(actions=STORE_ACTIONS))


@probe(
    "bad-key",
    {
        None: ["ValidationException", "AccessDeniedException"],
        "always-denied": ["AccessDeniedException", "AccessDeniedException"],
        "always-validation": ["ValidationException", "ValidationException"],
        "failed-later": [None, None, "FAILED", "FAILED"],
    },
)
def _(p: Probe) -> Any:
    arns = [ANY_KEY, p.key(actions=["kms:DescribeKey"])]
    codes: list[Any] = [code(p.with_key, arn=arn) for arn in arns]
    p.clock.advance(6)
    return [*codes, *(store["status"] for store in p.listed())]


@probe("key-region", {None: "ValidationException", "any-region": None})
def _(p: Probe) -> Any:
    return code(p.with_key, arn=p.key(region="eu-west-1"))


@probe(
    "key-alias",
    {None: "ValidationException", "resolved": "key", "kept": "alias"},
)
def _(p: Probe) -> Any:
    p.kms.create_alias(AliasName="alias/lab", TargetKeyId=p.key().rpartition("/")[2])
    arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/lab"
    refused = code(p.with_key, arn=arn)
    if refused:
        return refused
    [store] = p.listed()
    return store["sseConfig"]["keyArn"].split(":")[5].partition("/")[0]


@probe("new-keys")
def _(p: Probe) -> Any:
    arn = p.key()
    return p.seconds_until(lambda: code(p.with_key, arn=arn) is None)


@probe("kms-lags-after-create")
def _(p: Probe) -> Any:
    arn = p.key()
    return p.seconds_until(lambda: code(p.kms.describe_key, KeyId=arn) is None)


@probe("kms-tags-lag")
def _(p: Probe) -> Any:
    arn = p.key()
    p.clock.advance(300)
    p.kms.tag_resource(KeyId=arn, Tags=[{"TagKey": "a", "TagValue": "2"}])

    def is_seen() -> bool:
        return bool(p.kms.list_resource_tags(KeyId=arn)["Tags"][0]["TagValue"] == "2")

    return p.seconds_until(is_seen)


# Buckets


@probe("fallback-object-names", {None: 3, "flat": 2})
def _(p: Probe) -> Any:
    store = p.store(fallbackLocation=p.bucket(SERVICE))
    key = p.emulator.put_fallback_object(store["id"])["key"]
    return len(key.split("/"))


@probe(
    "access-log-writer",
    {
        None: [True, False, True],
        "s3-logging": [False, True, True],
        "checked": [True, "ValidationException", True],
    },
)
def _(p: Probe) -> Any:
    both = (SERVICE, "logging.s3.amazonaws.com")
    seen: list[Any] = []
    for principals in ([both[0]], [both[1]], both):
        location = {"accessLogLocation": p.bucket(*principals)}
        refused = code(p.store, s3AccessConfig=location)
        store_id = "" if refused else p.listed()[-1]["id"]
        seen.append(refused or p.emulator.put_access_log(store_id)["stored"])
    return seen


@probe("log-bucket-missing", {None: None, "refused": "ValidationException"})
def _(p: Probe) -> Any:
    return code(p.store, s3AccessConfig={"accessLogLocation": "s3://nowhere"})


@probe("log-bucket-code", {None: "ValidationException", "denied": "AccessDeniedException"})
def _(p: Probe) -> Any:
    where = {"LocationConstraint": "eu-west-1"}
    p.client("s3", "eu-west-1").create_bucket(Bucket="far", CreateBucketConfiguration=where)
    return code(p.store, s3AccessConfig={"accessLogLocation": "s3://far"})


def _tagged_bucket(p: Probe, value: str = "1") -> str | None:
    tags = [{"Key": "a", "Value": value}]
    configuration = {"Tags": tags}
    return code(p.s3.create_bucket, Bucket="lab", CreateBucketConfiguration=configuration)


def _bucket_tags(p: Probe) -> Any:
    try:
        found = p.s3.get_bucket_tagging(Bucket="lab")["TagSet"]
    except ClientError as error:
        return error.response["Error"]["Code"]
    return found[0]["Value"]


@probe(
    "bucket-creation-tags",
    {None: "1", "ignored": "NoSuchTagSet", "refused": "MalformedXML"},
)
def _(p: Probe) -> Any:
    return _tagged_bucket(p) or _bucket_tags(p)


@probe("existing-bucket-tags", {None: "1", "replaced": "2"})
def _(p: Probe) -> Any:
    _tagged_bucket(p)
    _tagged_bucket(p, "2")
    return _bucket_tags(p)


@probe("bucket-tags-lag")
def _(p: Probe) -> Any:
    _tagged_bucket(p)
    return p.seconds_until(lambda: bool(_bucket_tags(p) == "1"))


@probe("bucket-aborted-operations")
def _(p: Probe) -> Any:
    p.s3.create_bucket(Bucket="lab")
    enabled = {"Status": "Enabled"}
    assert code(p.s3.head_bucket, Bucket="lab") is None
    put = p.s3.put_bucket_versioning
    return p.seconds_until(lambda: code(put, Bucket="lab", VersioningConfiguration=enabled) is None)


def worlds() -> Iterator[tuple[str, str | None]]:
    """Yield each assumption as it is by default, and with each alternative that is acted out."""
    for name, assumption in assumptions().items():
        acted_out = [other.id for other in assumption.alternatives if other.acted_out]
        if acted_out:
            yield name, None
            yield from ((name, choice) for choice in acted_out)


@pytest.fixture(scope="module")
def shared_probe() -> Iterator[Probe]:
    """One for all: to enter moto's mock takes a third of a second."""
    clock = ManualClock()
    emulator = Emulator(clock=clock, sleep=clock.advance, seed=1, check_keys=True)
    with mock_aws(), emulator.in_process():
        made = Probe(emulator, clock)
        yield made
        made.close()


@pytest.fixture
def fresh_probe(shared_probe: Probe) -> Probe:
    shared_probe.emulator.reset()
    moto_api_backend.reset()
    shared_probe.emulator.configure(
        assume={},
        check_keys=True,
        quotas=False,
        creating_s=0,
        deleting_s=0,
        sequence_stores_max=None,
    )
    return shared_probe


@pytest.mark.parametrize(("name", "choice"), [*worlds()])
def test_the_emulator_answers_so(fresh_probe: Probe, name: str, choice: str | None) -> None:
    assert name in PROBES, f"write a probe of {name}"
    observe, seen = PROBES[name]
    assumption = assumptions()[name]
    if seen is SECONDS:
        chosen = assumption.alternative(choice) if choice else None
        expected: Any = chosen.seconds if chosen else 0
    else:
        expected = seen[choice]
    if choice:
        fresh_probe.emulator.configure(assume={name: choice})

    assert observe(fresh_probe) == expected


def test_no_probe_is_of_nothing() -> None:
    assert PROBES.keys() <= assumptions().keys()


def test_all_alternatives_may_be_in_force_together(fresh_probe: Probe) -> None:
    choices = {name: choice for name, choice in worlds() if choice}

    fresh_probe.emulator.configure(assume=choices)

    fresh_probe.emulator.handle("GET", "/sequencestore/1234567890", "", {}, b"")
