"""An account in which assumptions are tried: clients, what they made, and what AWS answered."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

SERVICE = "omics.amazonaws.com"
OWNER_TAG = "omics-components:acceptance"
"""The tag of each store and key that a run makes. Its value is the run's owner."""
STORE_ACTIONS = ("kms:DescribeKey", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext")

_NO_CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "InvalidToken",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_POLL_S = 1
_KEPT_CALLS = 30
_USABLE_S = 1800

MakeClient = Callable[[str, str], Any]
"""Makes the boto3 client of a service in a Region. It tries each call once."""


class Undetermined(Exception):
    """This run cannot decide an assumption. The text says why."""


class NoCredentials(Exception):
    """AWS takes the credentials no more: nothing can be tried or deleted. The text says why."""


class Call(NamedTuple):
    """A call, and how it was answered."""

    operation: str
    status: int
    code: str | None
    message: str | None


class Raw(NamedTuple):
    """An answer as it came."""

    status: int
    code: str | None
    body: bytes


@dataclass(frozen=True)
class Made:
    """A resource that a call made.

    Args:
        kind: ``store``, ``reference store``, ``key``, ``alias`` or ``bucket``.
        id: What deletes it.
        region: Where it is.
    """

    kind: str
    id: str
    region: str


class Account:
    """Clients of one account, and short ways to what probes need.

    Args:
        make_client: Makes clients.
        owner: Value of the owner tag; names begin with it.
        region: Where stores are made.
        now: Answers the time (s).
        sleep: Waits (s).
        pace: Makes an emulator take its time; AWS takes its own.
        put_read_set: Puts a read set with a sample's id into the store with an id, and returns
            the id of the read set.
    """

    def __init__(
        self,
        make_client: MakeClient,
        owner: str,
        *,
        region: str = "us-east-1",
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        pace: Callable[..., object] | None = None,
        put_read_set: Callable[[Account, str, str], str] | None = None,
    ) -> None:
        self.owner = owner
        self.label = owner
        self.region = region
        self.other_region = "eu-west-1" if region != "eu-west-1" else "us-east-1"
        self.calls: list[Call] = []
        self.made: list[Made] = []
        self.deleted: list[Made] = []
        self.now = now
        self.sleep = sleep
        self.pace: Callable[..., object] = pace or (lambda **_: None)
        self._put_read_set = put_read_set
        self._make_client = make_client
        self._clients: dict[tuple[str, str], Any] = {}
        self._number: str | None = None
        self._body: bytes | None = None
        self._answer = Raw(0, None, b"")

    # Clients

    def client(self, service: str, region: str | None = None) -> Any:
        """Return a client, which notes what it makes and what is answered."""
        where = region or self.region
        if (service, where) not in self._clients:
            made = self._make_client(service, where)
            made.meta.events.register("before-call.omics", self._replace_body)
            made.meta.events.register("response-received", _Noted(self, where))
            self._clients[service, where] = made
        return self._clients[service, where]

    @property
    def omics(self) -> Any:
        """The client of HealthOmics."""
        return self.client("omics")

    @property
    def kms(self) -> Any:
        """The client of KMS."""
        return self.client("kms")

    @property
    def s3(self) -> Any:
        """The client of S3."""
        return self.client("s3")

    @property
    def number(self) -> str:
        """The account's number."""
        if self._number is None:
            self._number = str(self.client("sts").get_caller_identity()["Account"])
        return self._number

    @property
    def owner_tags(self) -> dict[str, str]:
        """The tags of what this run makes."""
        return {OWNER_TAG: self.owner}

    @property
    def root(self) -> str:
        """ARN of the account."""
        return f"arn:aws:iam::{self.number}:root"

    def close(self) -> None:
        """Close the clients."""
        for client in self._clients.values():
            client.close()

    # Waiting

    def seconds_until(self, happened: Callable[[], bool], limit_s: float = 1000) -> int:
        """Wait until something has happened; return how long that took (s), *limit_s* at most.

        What the first look shows took no time.
        """
        if happened():
            return 0
        began = self.now()
        while self.now() - began < limit_s:
            self.sleep(_POLL_S)
            if happened():
                break
        return max(1, round(self.now() - began))

    # Stores

    def new_store(self, **given: Any) -> Any:
        """Create a store, and return the answer."""
        tags = self.owner_tags | given.pop("tags", {})
        return self.omics.create_sequence_store(**({"name": self.label} | given), tags=tags)

    def store(self, **given: Any) -> Any:
        """Create a store, wait until it can be used, and return it."""
        store = self.new_store(**given)
        self.wait_until_usable(store)
        return self.get(store)

    def busy_store(self) -> Any:
        """Create a store that is still CREATING.

        Raises:
            Undetermined: It was ACTIVE at the first look.
        """
        self.pace(creating_s=5)
        store = self.new_store()
        if code(self.get, store=store) is None and self.get(store)["status"] != "CREATING":
            raise Undetermined("the store was ACTIVE at the first look")
        return store

    def wait_until_usable(self, store: Any) -> None:
        """Wait until a store is ACTIVE, has its access point and its tags, and is listed."""

        def is_usable() -> bool:
            for look in (self.get, self.tags):
                refused = code(look, store=store)
                if refused and refused.startswith("AccessDenied"):
                    raise Undetermined(f"{refused}: {self.calls[-1].message}")
                if refused:
                    return False
            got = self.get(store)
            if got["status"] == "FAILED":
                raise Undetermined(f"the store is FAILED: {got.get('statusMessage')}")
            is_whole = got["status"] == "ACTIVE" and "s3AccessPointArn" in got.get("s3Access", {})
            return is_whole and bool(self.tags(store))

        if self.seconds_until(is_usable, _USABLE_S) >= _USABLE_S:
            raise Undetermined("the store did not become usable")

    def get(self, store: Any) -> Any:
        """Return a store as GetSequenceStore has it."""
        return self.omics.get_sequence_store(id=store["id"])

    def listed(self, **criteria: Any) -> list[Any]:
        """List the stores of this probe, newest last unless AWS has another order."""
        given = {"filter": criteria} if criteria else {}
        pages = self.omics.get_paginator("list_sequence_stores").paginate(**given)
        found = [store for page in pages for store in page["sequenceStores"]]
        return [store for store in found if store.get("name", "").startswith(self.label)]

    def tags(self, store: Any) -> dict[str, str]:
        """Return the tags of a store without the owner tag, or with it if there is no other."""
        found = self.omics.list_tags_for_resource(resourceArn=store["arn"])["tags"]
        others = {key: value for key, value in found.items() if key != OWNER_TAG}
        return others or found

    def put_read_set(self, store: Any, sample: str = "sample-1") -> str:
        """Put a read set into a store, and return its id.

        Raises:
            Undetermined: There is no way to do so.
        """
        if self._put_read_set is None:
            raise Undetermined("it needs a read set")
        return self._put_read_set(self, store["id"], sample)

    # Policies

    def point(self, store: Any) -> str:
        """Return the ARN of a store's access point."""
        return str(store["s3Access"]["s3AccessPointArn"])

    def policy(self, store: Any) -> str:
        """Return the text of a store's access policy."""
        got = self.omics.get_s3_access_policy(s3AccessPointArn=self.point(store))
        return str(got["s3AccessPolicy"])

    def put_policy(self, store: Any, **changes: Any) -> str:
        """Put a policy with one statement, and return its text."""
        point = self.point(store)
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": self.root},
            "Action": "s3:GetObject",
            "Resource": f"{point}/object/{self.number}/sequenceStore/{store['id']}/*",
        }
        document = {"Version": "2012-10-17", "Id": "mine", "Statement": [statement | changes]}
        text = json.dumps(document)
        self.omics.put_s3_access_policy(s3AccessPointArn=point, s3AccessPolicy=text)
        return text

    # Keys and buckets

    def key(
        self,
        condition: Mapping[str, Any] | None = None,
        *,
        actions: tuple[str, ...] = (*STORE_ACTIONS, "kms:Decrypt"),
        region: str | None = None,
    ) -> str:
        """Make a key that the service may use, and return its ARN."""
        made = self.client("kms", region).create_key(
            Policy=self.key_policy(condition, actions=actions),
            Tags=[{"TagKey": OWNER_TAG, "TagValue": self.owner}],
            Description="a key of make acceptance",
        )
        return str(made["KeyMetadata"]["Arn"])

    def key_policy(
        self,
        condition: Mapping[str, Any] | None = None,
        *,
        actions: tuple[str, ...] = (*STORE_ACTIONS, "kms:Decrypt"),
    ) -> str:
        """Compose the policy of a key that the account manages and the service may use."""
        service: dict[str, Any] = {
            "Effect": "Allow",
            "Principal": {"Service": SERVICE},
            "Action": list(actions),
            "Resource": "*",
        }
        if condition:
            service["Condition"] = condition
        root = {
            "Effect": "Allow",
            "Principal": {"AWS": self.root},
            "Action": "kms:*",
            "Resource": "*",
        }
        return json.dumps({"Version": "2012-10-17", "Statement": [root, service]})

    def with_key(self, arn: str, **given: Any) -> Any:
        """Create a store with a key."""
        return self.new_store(sseConfig={"type": "KMS", "keyArn": arn}, **given)

    def bucket(self, region: str | None = None) -> str:
        """Make a bucket, and return its name."""
        where = region or self.region
        given: dict[str, Any] = {}
        if where != "us-east-1":
            given["CreateBucketConfiguration"] = {"LocationConstraint": where}
        self.client("s3", where).create_bucket(Bucket=self.label, **given)
        return self.label

    # Requests and answers as they are

    def create_raw(self, document: Any) -> Raw:
        """Send a body to CreateSequenceStore as it is."""
        return self._raw(json.dumps(document).encode(), self.omics.create_sequence_store, name="x")

    def list_raw(self, document: Any) -> Raw:
        """Send a body to ListSequenceStores as it is."""
        return self._raw(json.dumps(document).encode(), self.omics.list_sequence_stores)

    def answer_of(self, call: Callable[..., Any], **parameters: Any) -> Raw:
        """Return the answer of a call as it came."""
        return self._raw(None, call, **parameters)

    def _raw(self, body: bytes | None, call: Callable[..., Any], **parameters: Any) -> Raw:
        self._body = body
        try:
            code(call, **parameters)
        finally:
            self._body = None
        return self._answer

    def _replace_body(self, params: dict[str, Any], **_: Any) -> None:
        if self._body is not None:
            params["body"] = self._body

    def note(self, call: Call, body: bytes, made: Made | None) -> None:
        """Remember a call, its answer and what it made."""
        self.calls = [*self.calls, call][-_KEPT_CALLS:]
        self._answer = Raw(call.status, call.code, body)
        if made and made not in self.made:
            self.made.append(made)


class _Noted:
    """Notes the answers to the clients of a Region."""

    def __init__(self, account: Account, region: str) -> None:
        self._account = account
        self._region = region

    def __call__(
        self, response_dict: Any, parsed_response: Any, event_name: str, context: Any, **_: Any
    ) -> None:
        if response_dict is None:
            return
        operation = event_name.rpartition(".")[2]
        status, body = response_dict["status_code"], response_dict["body"]
        error = parsed_response.get("Error", {}) if status >= 400 else {}  # noqa: PLR2004 HTTP
        call = Call(operation, status, error.get("Code"), error.get("Message"))
        if call.code in _NO_CREDENTIALS:
            raise NoCredentials(f"{call.code}: {call.message}")
        made = None if error else self._made(operation, parsed_response, context)
        self._account.note(call, body if isinstance(body, bytes) else b"", made)

    def _made(self, operation: str, answer: Any, context: Any) -> Made | None:
        if operation == "CreateSequenceStore":
            return Made("store", str(answer["id"]), self._region)
        if operation == "CreateReferenceStore":
            return Made("reference store", str(answer["id"]), self._region)
        if operation == "CreateKey":
            return Made("key", str(answer["KeyMetadata"]["Arn"]), self._region)
        if operation == "CreateBucket":
            bucket = context.get("input_params", {}).get("Bucket") or answer.get("Location", "")
            return Made("bucket", str(bucket).strip("/").split(".")[0], self._region)
        return None


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
