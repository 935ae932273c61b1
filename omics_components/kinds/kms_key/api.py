"""KMS: create, find, change and delete keys with their aliases.

Functions take a client of the ``kms`` service that is bound to one region. What KMS lists as
``[{"TagKey": …, "TagValue": …}]`` is a mapping outside of this module.

Source of every call: botocore's ``kms`` model 2014-11-01. Not run against AWS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from omics_components.aws.client import translated_errors
from omics_components.aws.new_keys import remember_key
from omics_components.aws.responses import reading, require_member
from omics_components.aws.wait import (
    MAX_TAG_LAG_S,
    SYSTEM_CLOCK,
    Clock,
    ask_of_existing,
    repeat_while,
)
from omics_components.errors import (
    AlreadyExists,
    InvalidRequest,
    NotFound,
    OmicsComponentsError,
    ResourceConflict,
)
from omics_components.kinds.kms_key.model import LiveKey
from omics_components.schema.arn import KmsKeyArn
from omics_components.schema.owner_tag import OWNER_TAG, OwnerTag, split_owner_tag
from omics_components.schema.times import utc_text

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_kms.type_defs import KeyMetadataTypeDef, TagTypeDef

T = TypeVar("T")

MAX_LAG_S = 60.0
"""How long KMS may lag behind: "eventual consistency", without a number in the model (assumed:
kms-lags-after-create)."""

_PENDING_DELETION = "PendingDeletion"

_POLICY_NAME = "default"
"""The only name a key policy can have (model)."""


def create(
    client: KMSClient,
    *,
    policy: str,
    description: str | None,
    tags: Mapping[str, str],
    clock: Clock = SYSTEM_CLOCK,
) -> str:
    """Make a symmetric key for encryption, of one region.

    KMS refuses principals that it does not see, new ones among them; those are waited for.

    Args:
        client: Client of the ``kms`` service.
        policy: The key policy, as JSON.
        description: What the key is for.
        tags: Its tags.
        clock: Time, for the waiting.

    Returns:
        The ARN of the key.

    Raises:
        InvalidRequest: KMS does not admit the policy.
    """

    def create() -> str:
        with translated_errors("CreateKey"):
            response = client.create_key(
                KeySpec="SYMMETRIC_DEFAULT",
                KeyUsage="ENCRYPT_DECRYPT",
                Policy=policy,
                Description=description or "",
                Tags=_tag_list(tags),
            )
        metadata = require_member(response, "KeyMetadata", "CreateKey")
        with reading("CreateKey"):
            return str(KmsKeyArn.parse(require_member(metadata, "Arn", "CreateKey")))

    arn = repeat_while(_is_about_principals, create, within_s=MAX_LAG_S, clock=clock)
    remember_key(arn, clock)
    return arn


def find_alias_holder(client: KMSClient, alias: str) -> tuple[str, bool] | None:
    """Find the key that an alias points to; None if there is no such alias.

    Returns:
        Its ARN, and whether it is scheduled for deletion, so that the alias is free.
    """
    try:
        key = _describe(client, alias)
    except NotFound:
        return None
    return key["Arn"], key["KeyState"] == _PENDING_DELETION


def read_owner(
    client: KMSClient,
    arn: str,
    clock: Clock = SYSTEM_CLOCK,
    *,
    within_s: float = MAX_TAG_LAG_S,
) -> OwnerTag | None:
    """Read the owner tag of a key; None if it has none.

    Args:
        client: Client of the ``kms`` service.
        arn: The key.
        clock: Time.
        within_s: How long the tags of a key that is there are waited for, in seconds (s).

    Raises:
        NotFound: No such key, or one that is about to be deleted.
        NotStabilized: The key is there, and its tags are not.
    """

    def require_existence() -> None:
        if _describe(client, arn)["KeyState"] == _PENDING_DELETION:
            raise NotFound("the key is scheduled for deletion", operation="DescribeKey")

    require_existence()
    tags = ask_of_existing(
        lambda: list_tags(client, arn),
        require_existence,
        what="the tags of the key",
        clock=clock,
        within_s=within_s,
    )
    return split_owner_tag(tags)[1]


def write_owner(client: KMSClient, arn: str, owner: OwnerTag) -> None:
    """Write the owner tag of a key.

    Raises:
        NotFound: No such key.
    """
    update_tags(client, arn, {}, {OWNER_TAG: str(owner)})


def find(client: KMSClient, arn: str, clock: Clock = SYSTEM_CLOCK) -> LiveKey:
    """Find a key with all that belongs to it: five calls.

    Raises:
        NotFound: No such key, or one that is about to be deleted.
        NotStabilized: The key is there, and what belongs to it is not.
        InvalidRequest: It is no symmetric key for encryption.
    """
    key = _describe(client, arn)
    if key["KeyState"] == _PENDING_DELETION:
        with reading("DescribeKey"):
            date = utc_text(key.get("DeletionDate"))
        raise NotFound(
            f"the key is scheduled for deletion{f' on {date}' if date else ''}",
            operation="DescribeKey",
            advice="To use the key again, run aws kms cancel-key-deletion and enable the key.",
        )
    spec = key.get("KeySpec", "SYMMETRIC_DEFAULT")
    if spec != "SYMMETRIC_DEFAULT":
        raise InvalidRequest(
            f"it is not a symmetric encryption key; its key spec is {spec}",
            operation="DescribeKey",
        )
    with reading("DescribeKey"):
        created = utc_text(key.get("CreationDate"))

    def complete() -> LiveKey:
        with translated_errors("GetKeyPolicy"):
            policy = client.get_key_policy(KeyId=arn, PolicyName=_POLICY_NAME)
        with translated_errors("GetKeyRotationStatus"):
            rotation = client.get_key_rotation_status(KeyId=arn)
        return LiveKey(
            description=key.get("Description") or None,
            key_state=key["KeyState"],
            creation_date=created,
            policy=require_member(policy, "Policy", "GetKeyPolicy"),
            is_rotated=require_member(rotation, "KeyRotationEnabled", "GetKeyRotationStatus"),
            rotation_period_days=rotation.get("RotationPeriodInDays"),
            tags=list_tags(client, arn),
            aliases=list_aliases(client, arn),
        )

    return ask_of_existing(
        complete, lambda: _describe(client, arn), what="what belongs to the key", clock=clock
    )


def put_policy(client: KMSClient, arn: str, policy: str, *, clock: Clock = SYSTEM_CLOCK) -> None:
    """Replace the key policy; principals that KMS does not see yet are waited for.

    Raises:
        InvalidRequest: KMS does not admit the policy.
    """

    def put() -> None:
        with translated_errors("PutKeyPolicy"):
            client.put_key_policy(KeyId=arn, PolicyName=_POLICY_NAME, Policy=policy)

    repeat_while(_is_about_principals, put, within_s=MAX_LAG_S, clock=clock)


def update_description(client: KMSClient, arn: str, description: str | None) -> None:
    """Set the description, or clear it."""
    with translated_errors("UpdateKeyDescription"):
        client.update_key_description(KeyId=arn, Description=description or "")


def enable_rotation(client: KMSClient, arn: str, period_days: int) -> None:
    """Let KMS renew the key material every *period_days* days; again with another period is fine.

    Raises:
        ResourceConflict: The key is disabled.
    """
    with translated_errors("EnableKeyRotation"):
        client.enable_key_rotation(KeyId=arn, RotationPeriodInDays=period_days)


def disable_rotation(client: KMSClient, arn: str) -> None:
    """Keep the key material as it is.

    Raises:
        ResourceConflict: The key is disabled.
    """
    with translated_errors("DisableKeyRotation"):
        client.disable_key_rotation(KeyId=arn)


def create_alias(client: KMSClient, arn: str, alias: str) -> None:
    """Point a new alias to a key; one that points there already is fine.

    An alias that a key took into its scheduled deletion is moved: no one can use that key.

    Raises:
        AlreadyExists: The alias points to another key.
    """
    try:
        with translated_errors("CreateAlias"):
            client.create_alias(AliasName=alias, TargetKeyId=arn)
    except AlreadyExists as error:
        try:
            holder = _describe(client, alias)
        except OmicsComponentsError:
            error.advice = "Choose another alias: the key that this one points to cannot be read."
            raise error from None
        if holder["Arn"] == arn:
            return  # the SDK repeats a call whose answer was lost
        if holder["KeyState"] == _PENDING_DELETION:
            with translated_errors("UpdateAlias"):
                client.update_alias(AliasName=alias, TargetKeyId=arn)
            return
        error.advice = alias_taken(alias, holder["Arn"]).advice
        raise


def alias_taken(alias: str, holder: str) -> AlreadyExists:
    """Compose the error for an alias that points to another key."""
    return AlreadyExists(
        "an alias with this name already exists",
        advice=f"{alias} points to {holder}. Choose another alias; or, if that key is meant, adopt "
        f"it with the resource option import_={holder!r}.",
    )


def delete_alias(client: KMSClient, arn: str, alias: str) -> None:
    """Delete an alias if it points to the key; one that is gone or points elsewhere is left alone.

    Raises:
        NotFound: No such key.
    """
    if alias not in list_aliases(client, arn):
        return
    try:
        with translated_errors("DeleteAlias"):
            client.delete_alias(AliasName=alias)
    except NotFound:
        return  # someone was faster


def list_aliases(client: KMSClient, arn: str) -> tuple[str, ...]:
    """List the names of the aliases that point to a key, sorted.

    Raises:
        NotFound: No such key.
    """
    operation = "ListAliases"
    names: list[str] = []
    with translated_errors(operation):
        for page in client.get_paginator("list_aliases").paginate(KeyId=arn):
            names += [alias["AliasName"] for alias in require_member(page, "Aliases", operation)]
    return tuple(sorted(names))


def update_tags(
    client: KMSClient, arn: str, recorded: Mapping[str, str], desired: Mapping[str, str]
) -> None:
    """Turn the tags from *recorded* into *desired* with at most two calls."""
    gone = sorted(recorded.keys() - desired.keys())
    if gone:
        with translated_errors("UntagResource"):
            client.untag_resource(KeyId=arn, TagKeys=gone)
    new = {key: desired[key] for key in desired if recorded.get(key) != desired[key]}
    if new:
        with translated_errors("TagResource"):
            client.tag_resource(KeyId=arn, Tags=_tag_list(new))


def schedule_deletion(client: KMSClient, arn: str, window_days: int) -> None:
    """Let KMS delete a key in *window_days* days; one that is on its way already is fine.

    Raises:
        NotFound: No such key.
    """
    # moto knows the key by its id only; KMS takes either.
    key_id = KmsKeyArn.parse(arn).key_id
    try:
        with translated_errors("ScheduleKeyDeletion"):
            client.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=window_days)
    except ResourceConflict:
        if _describe(client, arn)["KeyState"] != _PENDING_DELETION:
            raise


def when_visible(
    call: Callable[[], T], clock: Clock = SYSTEM_CLOCK, *, within_s: float = MAX_LAG_S
) -> T:
    """Make a call about a key that has just been made, which KMS may not see everywhere yet.

    Raises:
        NotFound: It is still not seen after *within_s* seconds (s).
    """
    return repeat_while(
        lambda error: isinstance(error, NotFound), call, within_s=within_s, clock=clock
    )


def _is_about_principals(error: OmicsComponentsError) -> bool:
    is_policy = error.code == "MalformedPolicyDocumentException"
    return is_policy and "invalid principal" in error.message.lower()


def _describe(client: KMSClient, name: str) -> KeyMetadataTypeDef:
    """Look at the key that has *name*, an ARN or an alias."""
    with translated_errors("DescribeKey"):
        answer = client.describe_key(KeyId=name)
    metadata: KeyMetadataTypeDef = require_member(answer, "KeyMetadata", "DescribeKey")
    require_member(metadata, "KeyState", "DescribeKey")
    with reading("DescribeKey"):
        KmsKeyArn.parse(require_member(metadata, "Arn", "DescribeKey"))
    return metadata


def list_tags(client: KMSClient, arn: str) -> dict[str, str]:
    """List the tags of a key, sorted, without those that AWS itself sets (``aws:``).

    The ownership tag is among them.

    Raises:
        NotFound: No such key.
    """
    operation = "ListResourceTags"
    tags: dict[str, str] = {}
    with translated_errors(operation):
        for page in client.get_paginator("list_resource_tags").paginate(KeyId=arn):
            tags |= {
                tag["TagKey"]: tag["TagValue"] for tag in require_member(page, "Tags", operation)
            }
    return {key: tags[key] for key in sorted(tags) if not key.startswith("aws:")}


def _tag_list(tags: Mapping[str, str]) -> list[TagTypeDef]:
    return [{"TagKey": key, "TagValue": value} for key, value in tags.items()]
