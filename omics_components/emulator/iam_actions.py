"""Which IAM permissions a call needs, on which resources.

Source: the Service Authorization Reference and the S3 user guide's "Policy actions and API
operations" (docs). A call that is not known here needs an unknown permission, and is refused.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

from omics_components.emulator.caller import Caller

ANY = "*"
"""The resource of an action that cannot be limited to one."""


@dataclass(frozen=True)
class Permission:
    """An IAM action on a resource."""

    action: str
    resource: str


@dataclass(frozen=True)
class Request:
    """A call to a service beside omics, as it came.

    Args:
        service: The service it is signed for.
        operation: The operation, as in the service's model.
        path: Raw path, with the bucket in it.
        query: Raw query string.
        headers: Headers.
        body: Body.
    """

    service: str
    operation: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


_WITHOUT_PERMISSION = frozenset(
    {"sts:GetCallerIdentity", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"}
)

_S3_SERVICE = {"ListBuckets": "ListAllMyBuckets"}
_S3_BUCKET = {
    "CreateBucket": "CreateBucket",
    "DeleteBucket": "DeleteBucket",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketPolicy": "DeleteBucketPolicy",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAcl": "GetBucketAcl",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketLocation": "GetBucketLocation",
    "GetBucketLogging": "GetBucketLogging",
    "GetBucketOwnershipControls": "GetBucketOwnershipControls",
    "GetBucketPolicy": "GetBucketPolicy",
    "GetBucketPolicyStatus": "GetBucketPolicyStatus",
    "GetBucketTagging": "GetBucketTagging",
    "GetBucketVersioning": "GetBucketVersioning",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "PutBucketAcl": "PutBucketAcl",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketLogging": "PutBucketLogging",
    "PutBucketOwnershipControls": "PutBucketOwnershipControls",
    "PutBucketPolicy": "PutBucketPolicy",
    "PutBucketTagging": "PutBucketTagging",
    "PutBucketVersioning": "PutBucketVersioning",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
_S3_OBJECT = {
    "AbortMultipartUpload": "AbortMultipartUpload",
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteObject": "DeleteObject",
    "DeleteObjectTagging": "DeleteObjectTagging",
    "GetObject": "GetObject",
    "GetObjectTagging": "GetObjectTagging",
    "HeadObject": "GetObject",
    "ListParts": "ListMultipartUploadParts",
    "PutObject": "PutObject",
    "PutObjectTagging": "PutObjectTagging",
    "UploadPart": "PutObject",
}
_OF_VERSIONS = {
    "DeleteObject": "DeleteObjectVersion",
    "GetObject": "GetObjectVersion",
    "GetObjectTagging": "GetObjectVersionTagging",
    "PutObjectTagging": "PutObjectVersionTagging",
}

_KMS_ON_NO_KEY = frozenset(
    {"CreateKey", "GenerateRandom", "ListAliases", "ListKeys", "ListRetirableGrants"}
)
_KMS_ON_ALIASES = frozenset({"CreateAlias", "DeleteAlias", "UpdateAlias"})


def of_omics(
    operation: str, parameters: Mapping[str, Any], caller: Caller, store_of: Mapping[str, str]
) -> Iterator[Permission]:
    """Yield what a call to omics needs.

    Args:
        operation: The operation; its IAM action has the same name (docs).
        parameters: Its parameters, perhaps of wrong types: permissions come before validation.
        caller: Who calls.
        store_of: ARN of the store behind each access point: the S3 policy operations are
            permitted on the store (docs).
    """
    own = f"arn:{caller.partition}:omics:{caller.region}:{caller.account}"
    # The id of what is being made is not known yet; a pattern for all of them ends with ``*``.
    kind = "referenceStore" if "Reference" in operation else "sequenceStore"
    if operation.startswith("Create"):
        yield Permission(f"omics:{operation}", ANY)
        if parameters.get("tags"):
            yield Permission("omics:TagResource", f"{own}:{kind}/new")
        encryption = parameters.get("sseConfig")
        if isinstance(encryption, dict) and encryption.get("keyArn"):
            yield Permission("kms:DescribeKey", str(encryption["keyArn"]))
        return
    for resource in _resources_of(operation, parameters, own, kind, store_of):
        yield Permission(f"omics:{operation}", resource)


def _resources_of(
    operation: str, parameters: Mapping[str, Any], own: str, kind: str, store_of: Mapping[str, str]
) -> Iterator[str]:
    """Yield the resources that a call to omics must be permitted on.

    Args:
        operation: The operation.
        parameters: Its parameters.
        own: Begin of the ARNs in the caller's account and Region.
        kind: ``sequenceStore`` or ``referenceStore``.
        store_of: ARN of the store behind each access point.
    """
    if operation == "ListTagsForResource":
        yield ANY  # no resource type (docs: service authorization reference)
    elif "resourceArn" in parameters:
        yield str(parameters["resourceArn"])
    elif "s3AccessPointArn" in parameters:
        yield store_of.get(str(parameters["s3AccessPointArn"]), f"{own}:sequenceStore/none")
    elif store_id := parameters.get(f"{kind}Id"):
        store = f"{own}:{kind}/{store_id}"
        part = parameters.get("id")
        if not part or operation == "GetReadSetMetadata":
            yield store  # of a read set, the store as well (docs: service authorization reference)
        if part:
            yield f"{store}/{'reference' if kind == 'referenceStore' else 'readSet'}/{part}"
    elif store_id := parameters.get("id"):
        yield f"{own}:{kind}/{store_id}"
    else:
        yield ANY


def of_others(request: Request, caller: Caller) -> list[Permission] | None:
    """Return what a call to a service beside omics needs; None where that is not known."""
    name = f"{request.service}:{request.operation}"
    if name in _WITHOUT_PERMISSION:
        return []
    if request.service == "s3":
        return _of_s3(request, caller)
    if request.service == "kms":
        return [*_of_kms(request, caller)]
    if name == "sts:AssumeRole":
        form = parse_qs(request.body.decode(errors="replace"))
        return [Permission(name, form.get("RoleArn", [ANY])[0])]
    if request.service == "tagging":
        return [Permission(f"tag:{request.operation}", ANY)]
    return None


def _of_kms(request: Request, caller: Caller) -> Iterator[Permission]:
    action = f"kms:{request.operation}"
    own = f"arn:{caller.partition}:kms:{caller.region}:{caller.account}"
    parameters = _json(request.body)
    if request.operation in _KMS_ON_NO_KEY:
        yield Permission(action, ANY)
        if request.operation == "CreateKey" and parameters.get("Tags"):
            # By "a policy that isn't restricted to particular KMS keys" (docs): ``key/*`` will do.
            yield Permission("kms:TagResource", f"{own}:key/new")
        return
    alias = str(parameters.get("AliasName", ""))
    key_id = str(parameters.get("TargetKeyId") or parameters.get("KeyId") or alias)
    if request.operation in _KMS_ON_ALIASES:
        yield Permission(action, f"{own}:{alias}")
    yield Permission(action, _key_arn(key_id, caller))


def _key_arn(key_id: str, caller: Caller) -> str:
    """Return the ARN of a key that is named by ARN, id or alias; permissions are on keys (docs)."""
    from omics_components.emulator.moto_state import find_key_by_id  # noqa: PLC0415 - needs moto

    found = find_key_by_id(key_id, account=caller.account, region=caller.region)
    if found:
        return found.arn
    if key_id.startswith("arn:"):
        return key_id
    if key_id.startswith("alias/"):
        # No key has it (assumed: describe-key-by-alias).
        return f"arn:{caller.partition}:kms:{caller.region}:{caller.account}:{key_id}"
    return f"arn:{caller.partition}:kms:{caller.region}:{caller.account}:key/{key_id}"


def _of_s3(request: Request, caller: Caller) -> list[Permission] | None:
    segments = unquote(request.path).lstrip("/").split("/", 1)
    bucket = f"arn:{caller.partition}:s3:::{segments[0]}"
    key = segments[1] if len(segments) > 1 else ""
    operation, lowered = request.operation, {name.lower() for name in request.headers}
    if operation in _S3_SERVICE:
        return [Permission(f"s3:{_S3_SERVICE[operation]}", ANY)]
    if operation == "DeleteObjects":
        return [*_of_batch_delete(request.body, bucket)]
    if key and operation in _S3_OBJECT:
        action = _S3_OBJECT[operation]
        if "versionId" in parse_qs(request.query):
            action = _OF_VERSIONS.get(action, action)
        needed = [Permission(f"s3:{action}", f"{bucket}/{key}")]
        if action == "PutObject" and "x-amz-tagging" in lowered:
            needed.append(Permission("s3:PutObjectTagging", f"{bucket}/{key}"))
        return needed
    if operation in _S3_BUCKET:
        needed = [Permission(f"s3:{_S3_BUCKET[operation]}", bucket)]
        if operation == "CreateBucket" and "x-amz-object-ownership" in lowered:
            needed.append(Permission("s3:PutBucketOwnershipControls", bucket))
        if operation == "CreateBucket" and b"<Tags>" in request.body:
            needed.append(Permission("s3:TagResource", bucket))  # docs: CreateBucketConfiguration
        return needed
    return None


def _of_batch_delete(body: bytes, bucket: str) -> Iterator[Permission]:
    """Yield what DeleteObjects needs: s3:DeleteObject always, and more for versions (docs)."""
    for item in re.findall(rb"<Object>(.*?)</Object>", body, re.DOTALL):
        key = re.search(rb"<Key>(.*?)</Key>", item, re.DOTALL)
        name = key[1].decode(errors="replace") if key else ""
        yield Permission("s3:DeleteObject", f"{bucket}/{name}")
        if b"<VersionId>" in item:
            yield Permission("s3:DeleteObjectVersion", f"{bucket}/{name}")


def _json(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body or b"{}")
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
