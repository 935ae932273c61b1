"""What a bucket's arguments make of it in S3, and which arguments an S3 configuration stands for.

What every bucket has is here, too: four public access blocks, ownership by the bucket's owner, and
a policy that refuses plain HTTP. What no argument can express is kept as AWS has it, in the fields
of ``DRIFT_ONLY``: so a preview names the part of the configuration that someone changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from omics_components.kinds.s3_bucket.model import S3BucketInputs, S3BucketState
from omics_components.schema.arn import bucket_arn
from omics_components.schema.policy import (
    account_condition,
    canonical_policy,
    items_of,
    policy_document,
    statements_of,
)

_HEALTH_OMICS = "omics.amazonaws.com"
_S3_LOGGING = "logging.s3.amazonaws.com"
_SERVICES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "health-omics": ("AllowHealthOmics", (_HEALTH_OMICS,)),
    "s3-access-logs": ("AllowS3AccessLogs", (_S3_LOGGING, _HEALTH_OMICS)),
}
"""The statement's Sid and the services' principals.

Source: docs, synchronous uploads and S3 access logs. Which of the two writes the access logs of a
store is not documented (assumed: access-log-writer).
"""

ALL_BLOCKED = dict.fromkeys(
    ("blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets"), True
)
"""All four public access blocks, as every bucket here has them."""

ENFORCED: Final = "BucketOwnerEnforced"
"""The object ownership of every bucket here: access control lists are off."""

_ABSENT = "none"
"""How a missing policy or encryption shows in a preview."""


@dataclass(frozen=True)
class Configuration:
    """All of a bucket's configuration that counts here, as S3 spells it.

    Args:
        public_access_block: The four blocks, in camelCase; those that are missing are off.
        object_ownership: Who owns objects that others put.
        encryption: The default encryption: the rule of S3; empty if there is none.
        versioning: Whether it is on; suspended is off.
        lifecycle_rules: The rules of the lifecycle.
        policy: The bucket policy's text; None if there is none.
        tags: The tags, without those that AWS sets itself.
    """

    public_access_block: Mapping[str, bool]
    object_ownership: str
    encryption: Mapping[str, object]
    versioning: bool
    lifecycle_rules: Sequence[Mapping[str, object]]
    policy: str | None
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Place:
    """Where a bucket is: all that its policy must know of it."""

    name: str
    region: str
    account: str

    @property
    def arn(self) -> str:
        """ARN of the bucket."""
        return bucket_arn(self.name, self.region)


def bucket_policy(
    place: Place,
    writer: str | None,
    prefix: str,
    *,
    restrict_to_account: bool,
    is_earlier: bool = False,
) -> dict[str, object]:
    """Compose the policy of a bucket: no transport without TLS, and one writer at most.

    The writer's statement is the one that the HealthOmics guide publishes for failed uploads, or S3
    for access logs. ``aws:SourceAccount`` keeps a service from writing for other accounts (docs:
    confused deputy), if the service sends it (assumed: source-account). There is no Deny for the
    headers of encryption: which ones HealthOmics sends is not documented, and the default
    encryption holds without them.

    Args:
        place: Where the bucket is.
        writer: Who may write.
        prefix: Where.
        restrict_to_account: A service may not write on behalf of another account.
        is_earlier: Compose the earlier form: the service must send the account that it acts for,
            and of the two that may write access logs only S3 is let in (ADR 23).
    """
    refuse_plain_http: dict[str, object] = {
        "Sid": "DenyWithoutTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [place.arn, f"{place.arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    statements: list[dict[str, object]] = [refuse_plain_http]
    if allowed := _SERVICES.get(writer or ""):
        sid, services = allowed
        allow: dict[str, object] = {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {
                "Service": services[0] if is_earlier or len(services) == 1 else list(services)
            },
            "Action": "s3:PutObject",
            "Resource": f"{place.arn}/{prefix}*",
        }
        if restrict_to_account:
            allow["Condition"] = account_condition(place.account, is_required=is_earlier)
        statements.append(allow)
    return {"Version": "2012-10-17", "Statement": statements}


def policy_of(place: Place, declared: S3BucketInputs | S3BucketState) -> str:
    """Return the policy that the arguments in *declared* ask for, always in the same letters."""
    return _forms_of(place, declared)[0]


def policy_like(
    place: Place, declared: S3BucketInputs | S3BucketState, recorded: str | None
) -> str:
    """Return the policy that the arguments ask for, in the recorded form if that means the same."""
    forms = _forms_of(place, declared)
    return recorded if recorded in forms else forms[0]


def _forms_of(place: Place, declared: S3BucketInputs | S3BucketState) -> list[str]:
    """Return the policy that the arguments ask for: its present form, and the earlier one."""
    documents = (
        bucket_policy(
            place,
            declared.writer,
            declared.prefix,
            restrict_to_account=declared.restrict_to_account,
            is_earlier=is_earlier,
        )
        for is_earlier in (False, True)
    )
    return [json.dumps(document, separators=(",", ":")) for document in documents]


def encryption_rule(kms_key_arn: str | None) -> dict[str, object]:
    """Compose the rule of default encryption. A bucket key saves calls of KMS (docs)."""
    if kms_key_arn is None:
        return {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    return {
        "ApplyServerSideEncryptionByDefault": {
            "SSEAlgorithm": "aws:kms",
            "KMSMasterKeyID": kms_key_arn,
        },
        "BucketKeyEnabled": True,
    }


def lifecycle_rules(declared: S3BucketInputs | S3BucketState) -> list[dict[str, object]]:
    """Compose the rules of the lifecycle: one for the whole bucket, or none.

    Where old versions expire, the delete marker that is left at the end goes, too: else a bucket
    that looks empty could not be deleted. With ``Days`` S3 does that by itself, and refuses the
    setting (docs).
    """
    rule: dict[str, object] = {}
    if declared.abort_incomplete_multipart_upload_days:
        days = declared.abort_incomplete_multipart_upload_days
        rule["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": days}
    if declared.noncurrent_expiration_days:
        days = declared.noncurrent_expiration_days
        rule["NoncurrentVersionExpiration"] = {"NoncurrentDays": days}
        rule["Expiration"] = {"ExpiredObjectDeleteMarker": True}
    if declared.expiration_days:
        rule["Expiration"] = {"Days": declared.expiration_days}
    whole_bucket = {"ID": "omics-components", "Status": "Enabled", "Filter": {"Prefix": ""}}
    return [{**whole_bucket, **rule}] if rule else []


def from_live(live: Configuration, place: Place, declared: S3BucketState) -> S3BucketState:
    """Read a bucket's configuration as arguments, as far as arguments can express it.

    Args:
        live: What S3 reports.
        place: Where the bucket is.
        declared: What the program declared last: counts where the configuration does not show it.

    Returns:
        The state, without the tags.
    """
    blocks = {name: live.public_access_block.get(name, False) for name in ALL_BLOCKED}
    return declared.model_copy(
        update={
            "region": place.region,
            "account_id": place.account,
            "versioning": live.versioning,
            "public_access_block": None if blocks == ALL_BLOCKED else blocks,
            "object_ownership": None
            if live.object_ownership == ENFORCED
            else live.object_ownership,
            **_read_encryption(live.encryption, declared),
            **_read_lifecycle(live.lifecycle_rules, declared),
            **_read_policy(live.policy, place, declared),
        }
    )


def inputs_from_state(state: S3BucketState, name: str) -> S3BucketInputs:
    """Return the inputs that would describe *state*, not validated: a live bucket may break rules.

    Args:
        state: A bucket as read or recorded.
        name: Its name, which is the Pulumi id.
    """
    values = {field: getattr(state, field) for field in S3BucketInputs.model_fields}
    place = Place(name, state.region, state.account_id)
    foreign = state.policy not in _forms_of(place, state)
    values["policy"] = (state.policy or _ABSENT) if foreign else None
    values["bucket"] = name if state.bucket else None
    values["tags"], values["tags_all"] = state.tags or None, state.tags_all or None
    return S3BucketInputs.model_construct(None, **values)


def _read_encryption(rule: Mapping[str, object], declared: S3BucketState) -> dict[str, object]:
    default = rule.get("ApplyServerSideEncryptionByDefault")
    by_default = default if isinstance(default, Mapping) else {}
    key = by_default.get("KMSMasterKeyID")
    if by_default == {"SSEAlgorithm": "AES256"}:  # a bucket key means nothing here
        return {"kms_key_arn": None, "encryption": None}
    if key and by_default["SSEAlgorithm"] == "aws:kms" and rule.get("BucketKeyEnabled"):
        return {"kms_key_arn": key, "encryption": None}
    return {"kms_key_arn": declared.kms_key_arn, "encryption": _text(rule) if rule else _ABSENT}


def _read_lifecycle(
    rules: Sequence[Mapping[str, object]], declared: S3BucketState
) -> dict[str, object]:
    """Find the days in the rules; rules that this library would not make stay as they are."""
    names = ("abort_incomplete_multipart_upload_days", "noncurrent_expiration_days")
    rule = rules[0] if rules else {}
    found = {
        names[0]: _number(rule, "AbortIncompleteMultipartUpload", "DaysAfterInitiation"),
        names[1]: _number(rule, "NoncurrentVersionExpiration", "NoncurrentDays"),
        "expiration_days": _number(rule, "Expiration", "Days"),
    }
    ours = lifecycle_rules(S3BucketState.model_validate(found))
    if [_comparable(rule) for rule in ours] == [_comparable(rule) for rule in rules]:
        return {**found, "lifecycle": None}
    return {**{name: getattr(declared, name) for name in found}, "lifecycle": _text(rules)}


def _number(rule: Mapping[str, object], element: str, member: str) -> object:
    content = rule.get(element)
    return content.get(member) if isinstance(content, Mapping) else None


def _comparable(rule: Mapping[str, object]) -> dict[str, object]:
    """Spell a rule in one way: S3 has several for the whole bucket, and the ID decides nothing."""
    scope = rule.get("Filter") or {"Prefix": rule.get("Prefix", "")}
    rest = {name: value for name, value in rule.items() if name not in ("ID", "Prefix")}
    return {**rest, "Filter": scope}


def _read_policy(text: str | None, place: Place, declared: S3BucketState) -> dict[str, object]:
    """Find the arguments whose policy means the same; else the policy stays as it is."""
    try:
        canonical = canonical_policy(text or "")
        prefixes = sorted({declared.prefix, *_prefixes(text or "", place)})
    except ValueError:
        return {"policy": text}
    for writer, prefix, restricted in product((None, *_SERVICES), prefixes, (True, False)):
        # Without a writer the policy does not tell where one could write.
        where_written = {"prefix": prefix, "restrict_to_account": restricted} if writer else {}
        found = declared.model_copy(update={"writer": writer, **where_written})
        for form in _forms_of(place, found):
            if canonical_policy(form) == canonical:
                return {"writer": writer, **where_written, "policy": form}
    return {"policy": text}


def _prefixes(text: str, place: Place) -> Iterator[str]:
    """List the folders that the statements of a policy are about."""
    begin = f"{place.arn}/"
    for _, statement in statements_of(policy_document(text)):
        for resource in map(str, items_of(statement.get("Resource"))):
            if resource.startswith(begin) and resource.endswith("*"):
                yield resource[len(begin) : -1]


def _text(content: object) -> str:
    return json.dumps(content, separators=(",", ":"), sort_keys=True, default=str)
