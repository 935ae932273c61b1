"""What a change of a KMS key means.

Primary identifier: the ARN. Required: nothing. Create-only: region. All else is updated in place.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from omics_components.aws import sequence_stores
from omics_components.aws.client import Aws
from omics_components.aws.wait import SYSTEM_CLOCK, Clock
from omics_components.errors import (
    InvalidRequest,
    NetworkFailure,
    NotFound,
    ResourceConflict,
    error_context,
)
from omics_components.kinds.kms_key import api as kms
from omics_components.kinds.kms_key.creation import KeyCreator, LiveKmsKey
from omics_components.kinds.kms_key.key_policy import Owner
from omics_components.kinds.kms_key.model import (
    COMPUTED,
    DEFAULT_ROTATION_PERIOD_DAYS,
    MAX_POLICY_BYTES,
    KmsKeyInputs,
    KmsKeyState,
    LiveKey,
    inputs_from_state,
)
from omics_components.lifecycle.creation import create_or_resume
from omics_components.lifecycle.default_tags import (
    attribute_to_default_tags,
    own_tags,
    with_default_tags,
)
from omics_components.lifecycle.handler import EngineRequest, LiveResource, warn_replacement
from omics_components.lifecycle.region import missing_region, required_region, with_region
from omics_components.lifecycle.same_account import require_same_account
from omics_components.schema.arn import KmsKeyArn, partition_of
from omics_components.schema.base import wire_name
from omics_components.schema.delta import Delta, create_only_values, delta
from omics_components.schema.owner_tag import OwnerTag, split_owner_tag
from omics_components.schema.policy import canonical_principal
from omics_components.schema.validation import Failure, Path, Validation, validate

_COMPUTED = frozenset(wire_name(KmsKeyInputs, name) for name in COMPUTED)
_POLICY_FIELDS = frozenset(
    {"administrators", "users", "allow_health_omics", "restrict_to_account", "policy"}
)
_ROTATION_FIELDS = frozenset({"enable_key_rotation", "rotation_period_in_days"})
_TAG_FIELDS = frozenset({"tags", "tags_all"})

_REFRESH = (
    "If the key is gone or scheduled for deletion, run pulumi refresh: the next update then makes "
    "a new one."
)
_STORES_NAMED = 3
_SOMEWHERE = Owner("aws", "000000000000")
"""As long as the owner that only AWS can tell."""


class KmsKeyHandler:
    """Symmetric KMS keys with policy, rotation and alias, for an engine.

    Args:
        aws: The way into AWS.
        clock: Time, for the waiting.
    """

    inputs_type = KmsKeyInputs
    state_type = KmsKeyState
    kind = "KMS key"
    owner_permission = "kms:ListResourceTags"

    def __init__(self, aws: Aws, clock: Clock = SYSTEM_CLOCK) -> None:
        self._aws = aws
        self._defaults = dict(aws.settings.default_tags)
        self._clock = clock

    def check(
        self,
        old: Mapping[str, object],  # noqa: ARG002 no rule of a key looks back
        new: Mapping[str, object],
        unknown: Collection[Path],
    ) -> Validation[KmsKeyInputs]:
        """Validate the inputs, fill in the region and the stack's default tags. No call to AWS."""
        said = {key: value for key, value in new.items() if key not in _COMPUTED}
        given = with_region(self._aws, said, unknown)
        validation = validate(KmsKeyInputs, *with_default_tags(self._defaults, given, unknown))
        failures = (
            *attribute_to_default_tags(validation.failures),
            *missing_region(given, unknown),
            *_period_without_rotation(validation),
            *_policy_too_large(validation.inputs),
        )
        return dataclasses.replace(validation, failures=failures)

    def diff(
        self, id_: str, recorded: KmsKeyState, desired: KmsKeyInputs, unknown: Collection[str]
    ) -> Delta:
        """Compare by meaning: order, spelling of accounts, null and absence make no difference."""
        live = inputs_from_state(recorded, KmsKeyArn.parse(id_))
        return delta(_comparable(live), _comparable(desired), unknown)

    def create(self, desired: KmsKeyInputs, request: EngineRequest) -> LiveKmsKey:
        """Create a key, turn its rotation on, name it and read it back.

        An interrupted creation of the same declaration is resumed.

        Raises:
            OmicsComponentsError: The key could not be created.
            AlreadyExists: The same declaration finished one that this state does not have; or
                another key has the alias.
            OwnershipConflict: Another process resumed this creation meanwhile.
            InitFailed: The key is there, but could not be finished.

        IAM: kms:CreateKey, kms:TagResource, kms:EnableKeyRotation, kms:CreateAlias,
            kms:UpdateAlias (for the alias of a key that is scheduled for deletion),
            kms:DescribeKey, kms:GetKeyPolicy, kms:GetKeyRotationStatus, kms:ListResourceTags,
            kms:ListAliases, tag:GetResources, sts:GetCallerIdentity; those of ``update`` where a
            creation is resumed.
        """
        region = required_region(desired.region)
        with error_context(f"creating KMS key{_in_parentheses(desired.alias)}"):
            owner = Owner(partition_of(region), self._aws.account_id(region))
            creator = KeyCreator(
                self._aws.kms(region),
                self._aws.tagging(region),
                desired,
                desired.key_policy.text(owner),
                request,
                self._clock,
                describe=lambda arn, live: self._found(arn, live, desired),
                reconcile=lambda found: self._reconcile(found, desired, request),
                differs=lambda found: bool(self.diff(found.id, found.state, desired, unknown=())),
            )
            return create_or_resume(
                creator,
                request,
                principal=self._aws.principal(region),
                create_only=create_only_values(desired),
                clock=self._clock,
            )

    def id_of(self, reference: str, desired: KmsKeyInputs) -> str:
        """Return the ARN of a key that is named by its ARN or its id.

        IAM: sts:GetCallerIdentity.
        """
        if ":" in reference or reference.startswith("alias/"):
            return reference  # read judges it
        region = required_region(desired.region)
        account = self._aws.account_id(region)
        return str(KmsKeyArn(partition_of(region), region, account, reference))

    def read_owner(self, id_: str, recorded: KmsKeyState) -> OwnerTag | None:  # noqa: ARG002 the protocol's
        """Read the owner tag of a key.

        Raises:
            NotFound: There is no such key, or it is scheduled for deletion.
            AccessDenied: The caller may not read its tags.

        IAM: kms:ListResourceTags, kms:DescribeKey.
        """
        return kms.read_owner(self._aws.kms(KmsKeyArn.parse(id_).region), id_)

    def write_owner(self, id_: str, recorded: KmsKeyState, owner: OwnerTag) -> None:  # noqa: ARG002 the protocol's
        """Write the owner tag of a key.

        IAM: kms:TagResource.
        """
        kms.write_owner(self._aws.kms(KmsKeyArn.parse(id_).region), id_, owner)

    def check_replacement(
        self,
        id_: str,
        recorded: KmsKeyState,
        because: str,
        request: EngineRequest,
        *,
        is_certain: bool = True,
    ) -> None:
        """Allow it: ``delete`` keeps a key that still encrypts a store."""
        warn_replacement(
            request,
            f"KMS key{_in_parentheses(recorded.alias, id_)}",
            because,
            "what the old key has encrypted can be read only until its deletion window ends, "
            f"{recorded.deletion_window_in_days} days after it is deleted; a key that still "
            "encrypts a sequence store is not deleted",
            is_certain=is_certain,
        )

    def read(self, id_: str, recorded: KmsKeyState | None) -> LiveKmsKey | None:
        """Look at a key, its policy, rotation, tags and aliases: five calls.

        A key that is scheduled for deletion is gone. One that is not there is gone only if the
        caller's account is the one in its ARN.

        Args:
            id_: The ARN.
            recorded: The state; None for a look without ownership.

        Raises:
            InvalidRequest: The id is no ARN of a key, or of one of another kind.
            NotFound: It is gone, and nothing is recorded of it.
            InvalidCredentials: It is not there, and the caller is of another account.

        IAM: kms:DescribeKey, kms:GetKeyPolicy, kms:GetKeyRotationStatus, kms:ListResourceTags,
            kms:ListAliases, sts:GetCallerIdentity.
        """
        try:
            arn = KmsKeyArn.parse(id_)
        except ValueError as error:
            raise InvalidRequest(str(error), advice="Give the key's ARN.") from None
        with error_context(f"reading KMS key ({arn})"):
            try:
                live = kms.find_key(self._aws.kms(arn.region), str(arn))
            except NotFound as error:
                self._require_same_account(arn)
                if recorded is None:
                    error.advice = error.advice or "Check the ARN."
                    raise
                return None
        said = _nothing_said(live) if recorded is None else inputs_from_state(recorded, arn)
        return self._found(arn, live, said)

    def update(
        self,
        id_: str,
        recorded: KmsKeyState,
        desired: KmsKeyInputs,
        request: EngineRequest,  # noqa: ARG002 KMS works at once; there is nothing to wait for
    ) -> KmsKeyState:
        """Make only the calls that the changes need. A changed deletion window needs none.

        A new alias is made first, for it may be taken, and the old one is deleted after that.

        IAM: kms:ListResourceTags (the owner tag), kms:PutKeyPolicy, kms:UpdateKeyDescription,
            kms:EnableKeyRotation, kms:DisableKeyRotation, kms:CreateAlias, kms:UpdateAlias and
            kms:DescribeKey (for the alias of another key), kms:ListAliases, kms:DeleteAlias,
            kms:TagResource, kms:UntagResource.
        """
        arn = KmsKeyArn.parse(id_)
        owner = Owner(arn.partition, arn.account)
        live = inputs_from_state(recorded, arn)
        changed = set(self.diff(id_, recorded, desired, unknown=()).changed)
        policy = desired.key_policy
        with error_context(f"updating KMS key{_in_parentheses(desired.alias, id_)}"), _advised():
            client = self._aws.kms(arn.region)
            if "alias" in changed and desired.alias:
                kms.create_alias(client, id_, desired.alias)
            if changed & _POLICY_FIELDS and not policy.is_said_by(recorded.policy or "", owner):
                kms.put_key_policy(client, id_, policy.text(owner), clock=self._clock)
            if "description" in changed:
                kms.update_key_description(client, id_, desired.description)
            if changed & _ROTATION_FIELDS:
                self._rotate(arn, desired)
            if "alias" in changed and live.alias:
                kms.delete_alias(client, id_, live.alias)
            if changed & _TAG_FIELDS:
                kms.update_tags(client, id_, live.effective_tags, desired.effective_tags)
        # KMS lags behind: what was just sent is truer than what it would answer.
        updated = LiveKey(
            description=desired.description,
            key_state=recorded.key_state,
            creation_date=recorded.creation_date,
            policy=policy.text(owner),
            is_rotated=desired.enable_key_rotation,
            rotation_period_days=desired.rotation_period_in_days,
            tags=desired.effective_tags,
            aliases=(desired.alias,) if desired.alias else (),
        )
        return self._merge_state(arn, updated, desired)

    def delete(
        self,
        id_: str,
        recorded: KmsKeyState,
        request: EngineRequest,  # noqa: ARG002 the deletion itself takes days; no one waits for it
    ) -> None:
        """Schedule the key for deletion, disabled or not, and delete its alias.

        In this order: a key whose deletion is refused keeps its alias.

        Raises:
            ResourceConflict: It still encrypts a sequence store of its account and region.
            InvalidCredentials: It is not there, and the caller is of another account.

        IAM: kms:ListResourceTags (the owner tag), omics:ListSequenceStores, kms:ListAliases,
            kms:ScheduleKeyDeletion, kms:DescribeKey, kms:DeleteAlias, sts:GetCallerIdentity.
        """
        arn = KmsKeyArn.parse(id_)
        with error_context(f"deleting KMS key{_in_parentheses(recorded.alias, id_)}"):
            client = self._aws.kms(arn.region)
            try:
                self._require_unused(arn)
                kms.schedule_key_deletion(client, id_, recorded.deletion_window_in_days)
                if recorded.alias:
                    kms.delete_alias(client, id_, recorded.alias)
            except NotFound:
                self._require_same_account(arn)

    def _reconcile(
        self, found: LiveKmsKey, desired: KmsKeyInputs, request: EngineRequest
    ) -> LiveKmsKey:
        """Bring a key in line with what the program says."""
        state = self.update(found.id, found.state, desired, request)
        inputs = inputs_from_state(state, KmsKeyArn.parse(found.id))
        return LiveResource(found.id, state, inputs, found.owner)

    def _rotate(self, arn: KmsKeyArn, desired: KmsKeyInputs) -> None:
        client = self._aws.kms(arn.region)
        if desired.enable_key_rotation:
            kms.enable_key_rotation(client, str(arn), desired.rotation_period_in_days)
        else:
            kms.disable_key_rotation(client, str(arn))

    def _found(self, arn: KmsKeyArn, live: LiveKey, said: KmsKeyInputs) -> LiveKmsKey:
        tags, owner = split_owner_tag(live.tags)
        state = self._merge_state(arn, dataclasses.replace(live, tags=tags), said)
        return LiveResource(str(arn), state, inputs_from_state(state, arn), owner)

    def _merge_state(self, arn: KmsKeyArn, live: LiveKey, said: KmsKeyInputs) -> KmsKeyState:
        """Join what KMS reports with what only the program knows.

        Other aliases of the key belong to others. The period of a rotation that is off is the
        program's own, and so is one that KMS does not tell.
        """
        owner = Owner(arn.partition, arn.account)
        ours = said.key_policy.read_back(live.policy, owner)
        policy = ours or said.key_policy
        period_days = live.rotation_period_days if live.is_rotated else None
        return KmsKeyState(
            description=live.description,
            alias=said.alias if said.alias in live.aliases else None,
            administrators=list(policy.administrators) or None,
            users=list(policy.users) or None,
            allow_health_omics=policy.allow_health_omics,
            restrict_to_account=policy.restrict_to_account,
            enable_key_rotation=live.is_rotated,
            rotation_period_in_days=period_days or said.rotation_period_in_days,
            deletion_window_in_days=said.deletion_window_in_days,
            region=arn.region,
            policy=ours.text(owner) if ours else live.policy,
            key_state=live.key_state,
            creation_date=live.creation_date,
            tags=own_tags(self._defaults, live.tags, said) or None,
            tags_all=dict(sorted(live.tags.items())) if self._defaults else None,
        )

    def _require_unused(self, arn: KmsKeyArn) -> None:
        """Refuse to part with a key without which a store can never be read again."""
        aliases = kms.list_aliases(self._aws.kms(arn.region), str(arn))
        names = {str(arn), *(arn.alias_arn(alias) for alias in aliases)}
        try:
            listed = sequence_stores.list_all(self._aws.omics(arn.region))
        except NetworkFailure:
            if self._aws.serves("omics", arn.region):
                raise
            return  # there is no HealthOmics in that region, so no store either
        stores = [
            f"{store.name} ({store.arn})"
            for store in listed
            if store.key_arn in names and store.status != "DELETING"
        ]
        if stores:
            named = ", ".join(stores[:_STORES_NAMED])
            more = f" and {len(stores) - _STORES_NAMED} more" if len(stores) > _STORES_NAMED else ""
            raise ResourceConflict(
                f"it still encrypts {named}{more}",
                advice="Delete those first, or keep the key with the resource option "
                "retain_on_delete: without it, nothing in them can be read again.",
            )

    def _require_same_account(self, arn: KmsKeyArn) -> None:
        require_same_account(self._aws, account=arn.account, region=arn.region, what="the key")


@contextmanager
def _advised() -> Iterator[None]:
    """Return what to do about a key that cannot be changed any more, or not now."""
    try:
        yield
    except NotFound as error:
        error.advice = error.advice or _REFRESH
        raise
    except ResourceConflict as error:
        is_disabled = error.code == "DisabledException"
        error.advice = error.advice or ("Enable the key first." if is_disabled else _REFRESH)
        raise


def _nothing_said(live: LiveKey) -> KmsKeyInputs:
    """Return what a look without ownership knows: any alias will do, and of the policy nothing."""
    return KmsKeyInputs.model_construct(
        None,
        alias=next(iter(live.aliases), None),
        allow_health_omics=None,
        restrict_to_account=None,
    )


def _comparable(inputs: KmsKeyInputs) -> KmsKeyInputs:
    """Spell what is equal equally: all tags in one place, accounts by number."""
    return inputs.model_copy(
        update={
            "tags_all": inputs.effective_tags,
            "administrators": [canonical_principal(name) for name in inputs.administrators or ()],
            "users": [canonical_principal(name) for name in inputs.users or ()],
        }
    )


def _period_without_rotation(validation: Validation[KmsKeyInputs]) -> Iterator[Failure]:
    inputs = validation.inputs
    period_days = inputs.rotation_period_in_days
    is_known = "enable_key_rotation" not in validation.unknown
    if is_known and not inputs.enable_key_rotation and period_days != DEFAULT_ROTATION_PERIOD_DAYS:
        yield Failure(
            ("rotationPeriodInDays",),
            f"rotation_period_in_days: counts only with enable_key_rotation; leave it out, "
            f"instead of {period_days}",
        )


def _policy_too_large(inputs: KmsKeyInputs) -> Iterator[Failure]:
    size = len(inputs.key_policy.text(_SOMEWHERE).encode())
    if size > MAX_POLICY_BYTES:
        most_are_users = len(inputs.users or ()) >= len(inputs.administrators or ())
        field = "users" if most_are_users else "administrators"
        yield Failure(
            (field,),
            f"{field}: the key policy would be {size} bytes long, and {MAX_POLICY_BYTES} are "
            "the most: name roles or accounts in place of many principals",
        )


def _in_parentheses(*words: str | None) -> str:
    known = ", ".join(word for word in words if word)
    return f" ({known})" if known else ""
