"""Previews that are written by hand, in the CLI's format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from omics_components.cli.report.preview import Preview, read_preview

ACCOUNT = "123456789012"
STORE_ARN = f"arn:aws:omics:us-east-1:{ACCOUNT}:sequenceStore/1234567890"
KEY_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OTHER_KEY_ARN = KEY_ARN.replace("1234abcd", "9876abcd")
ACCESS_POINT_ARN = f"arn:aws:s3:us-east-1:222222222222:accesspoint/{ACCOUNT}-1234567890"
LAB = f"arn:aws:iam::{ACCOUNT}:role/lab"
PARTNER = "arn:aws:iam::999922223333:role/partner"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

STORE = "pulumi-python:dynamic/omics:SequenceStore"
KEY = "pulumi-python:dynamic/kms:Key"
BUCKET = "pulumi-python:dynamic/s3:Bucket"
ACCESS = "pulumi-python:dynamic/omics:S3AccessPolicy"
NATIVE = {
    STORE: "omics-components:index:SequenceStore",
    KEY: "omics-components:index:KmsKey",
    BUCKET: "omics-components:index:S3Bucket",
    ACCESS: "omics-components:index:S3AccessPolicy",
}
"""The type tokens of the same kinds in the native provider."""

_IDS = {STORE: STORE_ARN, KEY: KEY_ARN, BUCKET: "lab-fallback", ACCESS: ACCESS_POINT_ARN}
_INPUTS: Mapping[str, Mapping[str, Any]] = {
    STORE: {
        "name": "reads",
        "eTagAlgorithmFamily": "MD5up",
        "forceDestroy": False,
        "region": "us-east-1",
        "sseConfig": {"type": "KMS", "keyArn": KEY_ARN},
    },
    KEY: {
        "allowHealthOmics": True,
        "restrictToAccount": True,
        "enableKeyRotation": True,
        "rotationPeriodInDays": 365,
        "deletionWindowInDays": 30,
        "region": "us-east-1",
    },
    BUCKET: {
        "prefix": "",
        "restrictToAccount": True,
        "versioning": True,
        "noncurrentExpirationDays": 30,
        "forceDestroy": False,
        "region": "us-east-1",
    },
    ACCESS: {"sequenceStoreArn": STORE_ARN, "readers": []},
}
"""What a program says anyway, by type."""

Step = dict[str, Any]


def side(type_: str, inputs: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    """Return a state; an input that is None is not there."""
    said = {**_INPUTS.get(type_, {}), **inputs}
    known = {key: value for key, value in said.items() if value is not None}
    return {"custom": True, "type": type_, "inputs": known, **options}


def recorded(type_: str, inputs: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    """Return a state of what is there: with id and outputs."""
    state = side(type_, inputs, **options)
    outputs = {**state["inputs"], "accountId": ACCOUNT, "__provider": "gASV"}
    return {**state, "id": _IDS.get(type_, f"{type_}-id"), "outputs": outputs}


def step(op: str, type_: str, *, name: str = "it", **more: Any) -> Step:
    """Return a step."""
    return {"op": op, "urn": f"urn:pulumi:dev::lab::{type_}::{name}", **more}


def create(type_: str, *, name: str = "it", **inputs: Any) -> Step:
    return step("create", type_, name=name, newState=side(type_, inputs))


def update(type_: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Step:
    return step("update", type_, oldState=recorded(type_, before), newState=side(type_, after))


def replace(type_: str, before: Mapping[str, Any], after: Mapping[str, Any], by: str) -> Step:
    return {**update(type_, before, after), "op": "replace", "replaceReasons": [by]}


def delete(type_: str, **inputs: Any) -> Step:
    return step("delete", type_, oldState=recorded(type_, inputs))


def leftover(type_: str, *, name: str = "it", **inputs: Any) -> Step:
    """Return the deletion that an interrupted replacement left over."""
    return step("delete-replaced", type_, name=name, oldState=recorded(type_, inputs))


def printed(*steps: Step, diagnostics: list[dict[str, Any]] | None = None) -> str:
    """Return the document that the CLI prints at the end."""
    return json.dumps({"steps": steps, "diagnostics": diagnostics or [], "changeSummary": {}})


def streamed(*steps: Step, diagnostics: list[dict[str, Any]] | None = None) -> str:
    """Return the stream of events that the CLI prints on request; it lists every step."""
    events: list[dict[str, Any]] = [
        {
            "resourcePreEvent": {
                "metadata": {
                    "op": item["op"],
                    "urn": item["urn"],
                    "old": item.get("oldState"),
                    "new": item.get("newState"),
                    "keys": item.get("replaceReasons"),
                    "detailedDiff": item.get("detailedDiff"),
                }
            }
        }
        for item in steps
    ]
    events += [{"diagnosticEvent": item} for item in diagnostics or []]
    events.append({"summaryEvent": {"result": "succeeded", "resourceChanges": {}}})
    return "\n".join(json.dumps({"sequence": n, **event}) for n, event in enumerate(events))


def preview(*steps: Step) -> Preview:
    return read_preview(streamed(*steps))


def allow(principal: object, **more: Any) -> dict[str, Any]:
    """Return a statement for reading objects through an access point."""
    return {
        "Sid": "Read",
        "Effect": "Allow",
        "Principal": principal,
        "Action": "s3:GetObject",
        "Resource": f"{ACCESS_POINT_ARN}/object/*",
        **more,
    }


def deny(**more: Any) -> dict[str, Any]:
    """Return a statement that refuses everything without TLS."""
    return {
        "Sid": "Tls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        **more,
    }


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
