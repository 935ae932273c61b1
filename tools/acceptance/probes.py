"""What to do to learn whether an assumption holds: an observation of each, and what it shows.

The emulator's own tests make the same observations by default and with each alternative.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from tools.acceptance.account import STORE_ACTIONS, Account, Undetermined, code, message

Observe = Callable[[Any], Any]
"""Makes the observation. Equal to one that may be expected, or not."""

SECONDS: Mapping[str | None, Any] = {}
"""What is seen is how long it takes: the alternative's seconds, and none by default."""


class Probe(NamedTuple):
    """An observation.

    Args:
        observe: Makes it.
        seen: What is seen by default (None) and with each alternative.
        within_s: How long it may take by default (s); only with ``SECONDS``.
        cannot_tell: Alternatives with which the same is seen as by default.
    """

    observe: Observe
    seen: Mapping[str | None, Any] = SECONDS
    within_s: float = 0
    cannot_tell: tuple[str, ...] = ()


PROBES: dict[str, Probe] = {}
"""By the id of the assumption."""


def probe(
    name: str,
    seen: Mapping[str | None, Any] = SECONDS,
    *,
    within_s: float = 0,
    cannot_tell: tuple[str, ...] = (),
    into: dict[str, Probe] = PROBES,
) -> Callable[[Observe], Observe]:
    """Declare the observation of an assumption, and what it sees."""

    def declare(observe: Observe) -> Observe:
        into[name] = Probe(observe, seen, within_s, cannot_tell)
        return observe

    return declare


# Stores


@probe("create-answers-creating", {None: "CREATING", "active-at-once": "ACTIVE"})
def _(p: Account) -> Any:
    return p.new_store()["status"]


@probe("creating-time", within_s=15)
def _(p: Account) -> Any:
    store = p.new_store()
    return p.seconds_until(
        lambda: code(p.get, store=store) is None and p.get(store)["status"] == "ACTIVE"
    )


@probe("updating-status")
def _(p: Account) -> Any:
    store = p.store()
    p.omics.update_sequence_store(id=store["id"], description="new")
    return p.seconds_until(lambda: p.get(store)["status"] == "ACTIVE")


@probe("deleting-time")
def _(p: Account) -> Any:
    store = p.store()
    p.omics.delete_sequence_store(id=store["id"])
    return p.seconds_until(lambda: code(p.get, store=store) is not None)


@probe("get-lags-after-create")
def _(p: Account) -> Any:
    store = p.new_store()
    return p.seconds_until(lambda: code(p.get, store=store) is None)


@probe("get-lags-after-update")
def _(p: Account) -> Any:
    store = p.store(description="old")
    p.omics.update_sequence_store(id=store["id"], description="new")
    return p.seconds_until(lambda: p.get(store)["description"] == "new")


@probe("get-lags-after-delete")
def _(p: Account) -> Any:
    store = p.store()
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
def _(p: Account) -> Any:
    p.pace(creating_s=5)
    store = p.new_store()
    seen = ["s3Access" in store, "s3Access" in p.get(store)]
    p.seconds_until(lambda: p.get(store)["status"] == "ACTIVE")
    seen.append("s3Access" in p.get(store))
    p.sleep(11)
    return [*seen, "s3Access" in p.get(store)]


@probe(
    "absent-members",
    {None: ("absent", "absent"), "null": (None, None), "empty": ("", "")},
)
def _(p: Account) -> Any:
    store = p.store()
    answer = json.loads(p.answer_of(p.get, store=store).body)
    access = answer["s3Access"]
    return answer.get("description", "absent"), access.get("accessLogLocation", "absent")


@probe(
    "locations-verbatim",
    {
        None: ["s3://{bucket}/x/", "s3://{bucket}"],
        "slash-dropped": ["s3://{bucket}/x", "s3://{bucket}"],
        "slash-added": ["s3://{bucket}/x/", "s3://{bucket}/"],
    },
)
def _(p: Account) -> Any:
    bucket = p.bucket()
    logs = {"accessLogLocation": f"s3://{bucket}"}
    store = p.store(fallbackLocation=f"s3://{bucket}/x/", s3AccessConfig=logs)
    got = [store["fallbackLocation"], store["s3Access"]["accessLogLocation"]]
    return [location.replace(bucket, "{bucket}") for location in got]


@probe(
    "keyless-store-key",
    {None: ["keyArn", "type"], "as-given": [], "type-only": ["type"]},
)
def _(p: Account) -> Any:
    return sorted(p.store().get("sseConfig", {}))


@probe("service-key-per-region", {None: 1, "per-store": 2})
def _(p: Account) -> Any:
    stores = [p.store() for _ in range(2)]
    if not all("keyArn" in store.get("sseConfig", {}) for store in stores):
        raise Undetermined("stores without a key report none")
    return len({store["sseConfig"]["keyArn"] for store in stores})


@probe("update-time", {None: [True, True], "after-an-update": [False, True]})
def _(p: Account) -> Any:
    store = p.store()
    p.omics.update_sequence_store(id=store["id"], description="new")
    return ["updateTime" in store, "updateTime" in p.get(store)]


@probe("update-keeps-absent", {None: "d", "cleared": None})
def _(p: Account) -> Any:
    store = p.store(description="d")
    p.omics.update_sequence_store(id=store["id"], name=f"{p.label}-other")
    p.seconds_until(lambda: p.get(store)["name"] == f"{p.label}-other")
    return p.get(store).get("description")


@probe(
    "cleared-by-empty",
    {
        None: [None, True, []],
        "ignored": [None, False, ["a"]],
        "refused": ["ValidationException", False, ["a"]],
    },
)
def _(p: Account) -> Any:
    given = f"s3://{p.bucket()}"
    store = p.store(fallbackLocation=given, propagatedSetLevelTags=["a"])
    empty = {"fallbackLocation": "", "propagatedSetLevelTags": []}
    refused = code(p.omics.update_sequence_store, id=store["id"], **empty)
    got = p.get(store)
    is_cleared = not got.get("fallbackLocation")
    return [refused, is_cleared, got.get("propagatedSetLevelTags", [])]


@probe("update-answer", {None: "new", "required-only": None, "old-values": "old"})
def _(p: Account) -> Any:
    store = p.store(description="old")
    answer = p.omics.update_sequence_store(id=store["id"], description="new")
    return answer.get("description")


@probe(
    "busy-store-update",
    {None: "ConflictException", "validation": "ValidationException", "accepted": None},
)
def _(p: Account) -> Any:
    store = p.busy_store()
    return code(p.omics.update_sequence_store, id=store["id"], description="new")


@probe(
    "busy-store-deletion",
    {None: "ConflictException", "validation": "ValidationException", "accepted": None},
)
def _(p: Account) -> Any:
    return code(p.omics.delete_sequence_store, id=p.busy_store()["id"])


@probe(
    "non-empty-deletion",
    {
        None: ("ConflictException", True, ["ACTIVE", "ACTIVE"]),
        "validation": ("ValidationException", True, ["ACTIVE", "ACTIVE"]),
        "validation-terse": ("ValidationException", False, ["ACTIVE", "ACTIVE"]),
        "failed": (None, False, ["DELETING", "ACTIVE"]),
    },
)
def _(p: Account) -> Any:
    store = p.store()
    p.put_read_set(store)
    text = message(p.omics.delete_sequence_store, id=store["id"]) or ""
    statuses = [p.get(store)["status"]]
    p.sleep(6)
    statuses.append(p.get(store)["status"])
    if statuses[0] == "DELETING":
        return None, "read set" in text, statuses
    refused = code(p.omics.delete_sequence_store, id=store["id"])
    return refused, "read set" in text, statuses


@probe("propagated-key-rules", {None: "ValidationException", "unrestricted": None})
def _(p: Account) -> Any:
    return code(p.new_store, propagatedSetLevelTags=["aws:x"])


@probe("whole-patterns", {None: "ValidationException"})
def _(p: Account) -> Any:
    return code(p.omics.get_sequence_store, id="12x4567890")


# Client tokens


@probe("token-scope", {None: 1, "ignored": 2})
def _(p: Account) -> Any:
    return len({p.new_store(clientToken=p.label)["id"] for _ in range(2)})


@probe(
    "token-other-parameters",
    {None: ("ValidationException", 1), "first-answer": (None, 1), "carried-out": (None, 2)},
)
def _(p: Account) -> Any:
    p.store(clientToken=p.label)
    refused = code(p.new_store, clientToken=p.label, name=f"{p.label}-other")
    return refused, len(p.listed())


@probe("token-after-deletion", {None: 0, "creates-again": 1})
def _(p: Account) -> Any:
    store = p.store(clientToken=p.label)
    p.omics.delete_sequence_store(id=store["id"])
    p.seconds_until(lambda: not p.listed())
    p.new_store(clientToken=p.label)
    return len(p.listed())


@probe("token-after-refusal", within_s=60)
def _(p: Account) -> Any:
    arn = p.key(actions=("kms:DescribeKey",))
    store = {"arn": arn, "clientToken": p.label}
    if code(p.with_key, **store) != "AccessDeniedException":
        raise Undetermined("the store was not refused for its key's policy")
    p.kms.put_key_policy(KeyId=arn, Policy=p.key_policy())
    p.seconds_until(lambda: code(p.with_key, arn=arn, clientToken=f"{p.label}-2") is None)
    return p.seconds_until(lambda: code(p.with_key, **store) is None)


# Lists


@probe("list-lags-after-create")
def _(p: Account) -> Any:
    p.new_store()
    return p.seconds_until(lambda: bool(p.listed()))


@probe("list-lags-after-change")
def _(p: Account) -> Any:
    store = p.store(description="old")
    p.seconds_until(lambda: [one["status"] for one in p.listed()] == ["ACTIVE"])
    p.omics.update_sequence_store(id=store["id"], description="new")
    return p.seconds_until(lambda: p.listed()[0]["description"] == "new")


@probe("list-order", {None: ["a", "b", "c"], "newest-first": ["c", "b", "a"]})
def _(p: Account) -> Any:
    for name in "abc":
        p.store(name=f"{p.label}-{name}")
        p.sleep(1)
    pages = p.omics.get_paginator("list_sequence_stores").paginate(PaginationConfig={"PageSize": 1})
    names = [store.get("name", "") for page in pages for store in page["sequenceStores"]]
    return [name[-1] for name in names if name.startswith(p.label)]


@probe("list-page-size", {None: True, "ten": False})
def _(p: Account) -> Any:
    ten = 10
    for number in range(ten + 1):
        p.new_store(name=f"{p.label}-{number}")
    return len(p.omics.list_sequence_stores()["sequenceStores"]) > ten


@probe("page-token-scope", {None: "ValidationException", "accepted": None})
def _(p: Account) -> Any:
    for _ in range(2):
        p.store()
    token = p.omics.list_sequence_stores(maxResults=1)["nextToken"]
    return code(p.omics.list_sequence_stores, nextToken=token, filter={"name": p.label})


@probe("time-bounds", {None: 0, "inclusive": 1})
def _(p: Account) -> Any:
    store = p.store()
    return len(p.listed(createdAfter=store["creationTime"]))


@probe("name-filter", {None: [""], "prefix": ["", "-2"], "contains": ["", "-2", "my"]})
def _(p: Account) -> Any:
    for name in (p.label, f"{p.label}-2", f"my-{p.label}"):
        p.store(name=name)
    found = p.omics.list_sequence_stores(filter={"name": p.label})["sequenceStores"]
    own = [store["name"] for store in found if p.label in store["name"]]
    return ["my" if name[:2] == "my" else name.removeprefix(p.label) for name in sorted(own)]


# Read sets


@probe("read-set-filter", {None: 0, "prefix": 1})
def _(p: Account) -> Any:
    store = p.store()
    p.put_read_set(store, "sample-1")
    found = p.omics.list_read_sets(sequenceStoreId=store["id"], filter={"sampleId": "sam"})
    return len(found["readSets"])


@probe("batch-delete-answer", {None: "{}", "no-body": "", "empty-list": '{"errors": []}'})
def _(p: Account) -> Any:
    store = p.store()
    ids = [p.put_read_set(store)]
    delete = p.omics.batch_delete_read_set
    return p.answer_of(delete, sequenceStoreId=store["id"], ids=ids).body.decode()


@probe(
    "unknown-read-set",
    {None: [""], "exception-name": ["ResourceNotFoundException"], "no-error": []},
)
def _(p: Account) -> Any:
    answer = p.omics.batch_delete_read_set(sequenceStoreId=p.store()["id"], ids=["0000000000"])
    return [error["code"] for error in answer.get("errors", [])]


def _emptied(p: Account) -> Any:
    store = p.store()
    ids = [p.put_read_set(store)]
    p.omics.batch_delete_read_set(sequenceStoreId=store["id"], ids=ids)
    return store


@probe("deleted-read-sets", {None: [], "kept": ["DELETED"]})
def _(p: Account) -> Any:
    store = _emptied(p)

    def left() -> list[str]:
        listed = p.omics.list_read_sets(sequenceStoreId=store["id"])["readSets"]
        return [read_set["status"] for read_set in listed]

    p.seconds_until(lambda: not {"ACTIVE", "DELETING"} & {*left()})
    return left()


@probe("read-set-deletion-time", within_s=15)
def _(p: Account) -> Any:
    store = _emptied(p)

    def is_gone() -> bool:
        listed = p.omics.list_read_sets(sequenceStoreId=store["id"])["readSets"]
        return {read_set["status"] for read_set in listed} <= {"DELETED"}

    return p.seconds_until(is_gone)


@probe("emptied-store-deletion")
def _(p: Account) -> Any:
    store = _emptied(p)
    listed = p.omics.list_read_sets
    p.seconds_until(lambda: not listed(sequenceStoreId=store["id"])["readSets"])
    return p.seconds_until(lambda: code(p.omics.delete_sequence_store, id=store["id"]) is None)


# Access policies


@probe("default-access-policy", {None: False, "guide-example": True})
def _(p: Account) -> Any:
    store = p.store()
    policy = p.policy(store)
    p.omics.put_s3_access_policy(s3AccessPointArn=p.point(store), s3AccessPolicy=policy)
    return any("Condition" in statement for statement in json.loads(policy)["Statement"][1:])


@probe(
    "policy-after-deletion",
    {
        None: "ResourceNotFoundException",
        "blank": " ",
        "no-statement": '{"Version": "2012-10-17", "Statement": []}',
        "default-again": "default",
    },
)
def _(p: Account) -> Any:
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
def _(p: Account) -> Any:
    store = p.store()
    put, got = p.put_policy(store), p.policy(store)
    return put == got, json.loads(got).get("Id")


@probe("policy-replaced", {None: ["second"]})
def _(p: Account) -> Any:
    store = p.store()
    for sid in ("first", "second"):
        p.put_policy(store, Sid=sid)
    return [statement["Sid"] for statement in json.loads(p.policy(store))["Statement"]]


@probe("policy-lags-after-put")
def _(p: Account) -> Any:
    store = p.store()
    before = p.policy(store)
    p.put_policy(store)
    return p.seconds_until(lambda: p.policy(store) != before)


@probe("policy-any-status", {None: None, "active-only": "ValidationException"})
def _(p: Account) -> Any:
    store = p.busy_store()
    if "s3Access" not in store:
        raise Undetermined("the store had no access point yet")
    return code(p.policy, store=store)


@probe("policy-size", {None: None, "thousands": "ValidationException"})
def _(p: Account) -> Any:
    return code(p.put_policy, store=p.store(), Sid="x" * 14_800)


@probe(
    "policy-refusal-code",
    {None: "ValidationException", "not-supported": "NotSupportedOperationException"},
)
def _(p: Account) -> Any:
    return code(p.put_policy, store=p.store(), NotAction="s3:PutObject")


@probe("policy-wildcard-actions", {None: "ValidationException", "admitted": None})
def _(p: Account) -> Any:
    return code(p.put_policy, store=p.store(), Action="s3:Get*")


@probe("policy-deny", {None: None, "limited": "ValidationException"})
def _(p: Account) -> Any:
    return code(p.put_policy, store=p.store(), Effect="Deny", Action="s3:*", Resource="*")


# Tags


@probe("tags-lag-after-create")
def _(p: Account) -> Any:
    store = p.new_store(tags={"a": "1"})
    return p.seconds_until(lambda: code(p.tags, store=store) is None and "a" in p.tags(store))


@probe("tags-lag-after-change")
def _(p: Account) -> Any:
    store = p.store(tags={"a": "1"})
    p.omics.tag_resource(resourceArn=store["arn"], tags={"a": "2"})
    p.omics.untag_resource(resourceArn=store["arn"], tagKeys=["b"])
    return p.seconds_until(lambda: p.tags(store) == {"a": "2"})


@probe(
    "tag-refusal-code",
    {None: "ValidationException", "quota": "ServiceQuotaExceededException"},
)
def _(p: Account) -> Any:
    return code(p.new_store, tags={f"k{number}": "" for number in range(50)})


@probe(
    "too-many-tags-code",
    {None: "ServiceQuotaExceededException", "validation": "ValidationException"},
)
def _(p: Account) -> Any:
    store = p.store(tags={f"k{number}": "" for number in range(49)})
    return code(p.omics.tag_resource, resourceArn=store["arn"], tags={"one": "more"})


@probe(
    "foreign-arn-tags",
    {
        None: "ResourceNotFoundException",
        "denied": "AccessDeniedException",
        "validation": "ValidationException",
    },
)
def _(p: Account) -> Any:
    arn = f"arn:aws:omics:{p.region}:999999999999:sequenceStore/1234567890"
    return code(p.omics.list_tags_for_resource, resourceArn=arn)


@probe(
    "deleting-store-tags",
    {None: "ConflictException", "accepted": None, "not-found": "ResourceNotFoundException"},
)
def _(p: Account) -> Any:
    store = p.store()
    p.pace(deleting_s=5)
    p.omics.delete_sequence_store(id=store["id"])
    if code(p.get, store=store) or p.get(store)["status"] != "DELETING":
        raise Undetermined("the store was not DELETING at the first look")
    return code(p.omics.tag_resource, resourceArn=store["arn"], tags={"a": "1"})


@probe("tag-index-lags", within_s=5)
def _(p: Account) -> Any:
    arn = p.key()
    index = p.client("resourcegroupstaggingapi").get_paginator("get_resources")

    def is_there() -> bool:
        pages = index.paginate(ResourceTypeFilters=["kms:key"])
        found = [item for page in pages for item in page["ResourceTagMappingList"]]
        return any(item["ResourceARN"] == arn for item in found)

    return p.seconds_until(is_there)


# Calls


@probe("request-members", {None: [200, 200], "refused": [400, 400]})
def _(p: Account) -> Any:
    own = {"name": p.label, "tags": p.owner_tags}
    odd: list[dict[str, Any]] = [{"description": None}, {"colour": "red"}]
    return [p.create_raw({**own, **more}).status for more in odd]


@probe(
    "malformed-body-code",
    {None: "ValidationException", "serialization": "SerializationException"},
)
def _(p: Account) -> Any:
    return p.create_raw([]).code


@probe("validation-wording", {None: True, "terse": False})
def _(p: Account) -> Any:
    return "'name' failed to satisfy" in str(message(p.new_store, name="x" * 128))


@probe("times-have-zones", {None: "ValidationException"})
def _(p: Account) -> Any:
    return p.list_raw({"filter": {"createdAfter": "2026-01-01"}}).code


def _reference_store(p: Account) -> Any:
    name, tags = f"{p.label}-genomes", p.owner_tags
    try:
        return p.omics.create_reference_store(name=name, tags=tags)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ServiceQuotaExceededException":
            raise Undetermined("the account has a reference store already, and one only") from None
        raise


@probe("reference-store-filter", {None: 0, "prefix": 1})
def _(p: Account) -> Any:
    _reference_store(p)
    found = p.omics.list_reference_stores(filter={"name": p.label})
    return len(found["referenceStores"])


@probe("reference-store-key", {None: False, "service-key": True})
def _(p: Account) -> Any:
    return "sseConfig" in _reference_store(p)


# Keys


@probe(
    "source-account",
    {
        None: [True, True],
        "neither": [False, False],
        "not-to-kms": [False, False],
        "account-only": [True, False],
    },
    cannot_tell=("not-to-s3",),
)
def _(p: Account) -> Any:
    conditions: list[dict[str, Any]] = [
        {"StringEquals": {"aws:SourceAccount": p.number}},
        {"ArnLike": {"aws:SourceArn": f"arn:aws:omics:{p.region}:{p.number}:*"}},
    ]
    return [_works(p, p.key(condition)) for condition in conditions]


def _works(p: Account, arn: str) -> bool:
    """Report whether a key can be used within the half minute that a new one may need."""
    limit_s = 30
    return p.seconds_until(lambda: code(p.with_key, arn=arn) is None, limit_s) < limit_s


@probe("key-actions", {None: True, "decrypt-too": False})
def _(p: Account) -> Any:
    return _works(p, p.key(actions=STORE_ACTIONS))


@probe(
    "bad-key",
    {
        None: ["ValidationException", "AccessDeniedException"],
        "always-denied": ["AccessDeniedException", "AccessDeniedException"],
        "always-validation": ["ValidationException", "ValidationException"],
        "failed-later": [None, None, "FAILED", "FAILED"],
    },
)
def _(p: Account) -> Any:
    unknown = f"arn:aws:kms:{p.region}:{p.number}:key/00000000-0000-0000-0000-000000000000"
    arns = [unknown, p.key(actions=("kms:DescribeKey",))]
    codes: list[Any] = [code(p.with_key, arn=arn) for arn in arns]
    p.sleep(6)
    return [*codes, *(store["status"] for store in p.listed())]


@probe("key-region", {None: "ValidationException", "any-region": None})
def _(p: Account) -> Any:
    return code(p.with_key, arn=p.key(region=p.other_region))


@probe(
    "key-alias",
    {None: "ValidationException", "resolved": "key", "kept": "alias"},
)
def _(p: Account) -> Any:
    alias = f"alias/{p.label}"
    p.kms.create_alias(AliasName=alias, TargetKeyId=p.key().rpartition("/")[2])
    refused = code(p.with_key, arn=f"arn:aws:kms:{p.region}:{p.number}:{alias}")
    if refused:
        return refused
    [store] = p.listed()
    return p.get(store)["sseConfig"]["keyArn"].split(":")[5].partition("/")[0]


@probe("new-keys")
def _(p: Account) -> Any:
    arn = p.key()
    return p.seconds_until(lambda: code(p.with_key, arn=arn) is None)


@probe("kms-lags-after-create")
def _(p: Account) -> Any:
    arn = p.key()
    return p.seconds_until(lambda: code(p.kms.describe_key, KeyId=arn) is None)


@probe("kms-tags-lag")
def _(p: Account) -> Any:
    arn = p.key()
    p.seconds_until(lambda: bool(_key_tags(p, arn)))
    p.kms.tag_resource(KeyId=arn, Tags=[{"TagKey": "a", "TagValue": "2"}])
    return p.seconds_until(lambda: {"TagKey": "a", "TagValue": "2"} in _key_tags(p, arn))


def _key_tags(p: Account, arn: str) -> list[Any]:
    if code(p.kms.list_resource_tags, KeyId=arn):
        return []
    return list(p.kms.list_resource_tags(KeyId=arn)["Tags"])


# Buckets


@probe("log-bucket-missing", {None: None, "refused": "ValidationException"})
def _(p: Account) -> Any:
    location = {"accessLogLocation": f"s3://{p.label}-nowhere"}
    return code(p.new_store, s3AccessConfig=location)


@probe("log-bucket-code", {None: "ValidationException", "denied": "AccessDeniedException"})
def _(p: Account) -> Any:
    location = {"accessLogLocation": f"s3://{p.bucket(p.other_region)}"}
    return code(p.new_store, s3AccessConfig=location)


def _tagged_bucket(p: Account, value: str = "1") -> str | None:
    configuration: dict[str, Any] = {"Tags": [{"Key": "a", "Value": value}]}
    if p.region != "us-east-1":
        configuration["LocationConstraint"] = p.region
    return code(p.s3.create_bucket, Bucket=p.label, CreateBucketConfiguration=configuration)


def _bucket_tags(p: Account) -> Any:
    try:
        found = p.s3.get_bucket_tagging(Bucket=p.label)["TagSet"]
    except ClientError as error:
        return error.response["Error"]["Code"]
    return found[0]["Value"]


@probe(
    "bucket-creation-tags",
    {None: "1", "ignored": "NoSuchTagSet", "refused": "MalformedXML"},
)
def _(p: Account) -> Any:
    refused = _tagged_bucket(p)
    if refused:
        return refused
    p.seconds_until(lambda: _bucket_tags(p) == "1", 30)
    return _bucket_tags(p)


@probe("existing-bucket-tags", {None: "1", "replaced": "2"})
def _(p: Account) -> Any:
    if p.region != "us-east-1":
        raise Undetermined("only us-east-1 takes a second CreateBucket of the owner")
    _tagged_bucket(p)
    _tagged_bucket(p, "2")
    return _bucket_tags(p)


@probe("bucket-tags-lag")
def _(p: Account) -> Any:
    _tagged_bucket(p)
    return p.seconds_until(lambda: bool(_bucket_tags(p) == "1"))


@probe("bucket-aborted-operations")
def _(p: Account) -> Any:
    bucket = p.bucket()
    put, enabled = p.s3.put_bucket_versioning, {"Status": "Enabled"}
    return p.seconds_until(
        lambda: code(put, Bucket=bucket, VersioningConfiguration=enabled) is None
    )
