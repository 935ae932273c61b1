"""What a change of a KMS key means.

Primary identifier: the ARN. Required: nothing. Create-only: region. All else is updated in place.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from omics_components.aws import sequence_stores
from omics_components.errors import NetworkFailure, NotFound, ResourceConflict
from omics_components.kinds.kms_key import api
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
from omics_components.lifecycle.handler import EngineRequest, Handler
from omics_components.lifecycle.region import required_region
from omics_components.lifecycle.replacement import warn_replacement
from omics_components.schema.arn import KmsKeyArn, partition_of
from omics_components.schema.delta import Delta, delta
from omics_components.schema.owner_tag import OwnerTag, split_owner_tag
from omics_components.schema.policy import canonical_principal
from omics_components.schema.validation import Failure, Path, Validation

_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}")
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


class KmsKeyHandler(Handler[KmsKeyInputs, KmsKeyState]):
    """Symmetric KMS keys with policy, rotation and alias, for an engine."""

    inputs_type = KmsKeyInputs
    state_type = KmsKeyState
    kind = "KMS key"
    owned = "the key"
    owner_permission = "kms:ListResourceTags"
    computed = COMPUTED

    def check(
        self,
        old: Mapping[str, object],  # noqa: ARG002 no rule of a key looks back
        new: Mapping[str, object],
        unknown: Collection[Path],
    ) -> Validation[KmsKeyInputs]:
        """Validate the inputs, fill in the region and the stack's default tags. No call to AWS."""
        validation = self._validate(new, unknown)
        return validation.with_failures(
            _period_without_rotation(validation), _policy_too_large(validation.inputs)
        )

    def diff(
        self, id_: str, recorded: KmsKeyState, desired: KmsKeyInputs, unknown: Collection[str]
    ) -> Delta:
        """Compare by meaning: order, spelling of accounts, null and absence make no difference."""
        live = self._inputs_from_state(id_, recorded)
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
        """
        region = required_region(desired.region)
        with self._error_context("creating", desired.alias):
            owner = Owner(partition_of(region), self._aws.account_id(region))
            creator = KeyCreator(
                desired,
                request,
                self.clock,
                self._aws.kms(region),
                self._aws.tagging(region),
                desired.key_policy.text(owner),
                describe=lambda arn, live: self._describe(arn, live, desired),
                reconcile=lambda found: self._reconcile(found, desired, request),
                differs=lambda found: bool(self.diff(found.id, found.state, desired, unknown=())),
            )
            return create_or_resume(creator, self._aws.principal(region))

    def check_reference(self, reference: str) -> None:
        """Require the ARN or the id of a key; an alias may point to another key tomorrow."""
        if not _ID.fullmatch(reference):
            self._parse(
                KmsKeyArn.parse, reference, "Give the key's ARN or its id, not one of an alias."
            )

    def id_of(self, reference: str, desired: KmsKeyInputs) -> str:
        """Return the ARN of a key that is named by its ARN or its id.

        Raises:
            InvalidRequest: It is neither.
        """
        self.check_reference(reference)
        if not _ID.fullmatch(reference):
            return reference
        region = required_region(desired.region)
        account = self._aws.account_id(region)
        return str(KmsKeyArn(partition_of(region), region, account, reference))

    def read_owner(self, id_: str, recorded: KmsKeyState) -> OwnerTag | None:  # noqa: ARG002 the base's
        """Read the owner tag of a key.

        Raises:
            NotFound: There is no such key, or it is scheduled for deletion.
            AccessDenied: The caller may not read its tags.
        """
        return api.read_owner(self._aws.kms(KmsKeyArn.parse(id_).region), id_, self.clock)

    def write_owner(self, id_: str, recorded: KmsKeyState, owner: OwnerTag) -> None:  # noqa: ARG002 the base's
        """Write the owner tag of a key."""
        api.write_owner(self._aws.kms(KmsKeyArn.parse(id_).region), id_, owner)

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
            request.info,
            f"KMS key ({', '.join(filter(None, (recorded.alias, id_)))})",
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

        Raises:
            InvalidRequest: The id is no ARN of a key, or of one of another kind.
            NotFound: It is gone, and nothing is recorded of it.
            InvalidCredentials: It is not there, and the caller is of another account.
        """
        arn = self._parse(KmsKeyArn.parse, id_, "Give the key's ARN.")

        def look() -> LiveKmsKey:
            live = api.find(self._aws.kms(arn.region), id_, self.clock)
            declared = (
                self._inputs_from_state(id_, recorded) if recorded else _nothing_declared(live)
            )
            return self._describe(arn, live, declared)

        with self._error_context("reading", id_):
            return self._unless_gone(look, arn, recorded)

    def update(
        self,
        id_: str,
        recorded: KmsKeyState,
        desired: KmsKeyInputs,
        request: EngineRequest,
    ) -> KmsKeyState:
        """Make only the calls that the changes need. A changed deletion window needs none.

        A new alias is made first, for it may be taken, and the old one is deleted after that.
        """
        arn = KmsKeyArn.parse(id_)
        owner = Owner(arn.partition, arn.account)
        live = self._inputs_from_state(id_, recorded)
        changed = set(self.diff(id_, recorded, desired, unknown=()).changed)
        policy = desired.key_policy
        with self._error_context("updating", desired.alias, id_), _advised():
            client = self._aws.kms(arn.region)
            if "alias" in changed and desired.alias:
                api.create_alias(client, id_, desired.alias)
            if changed & _POLICY_FIELDS and not policy.matches(recorded.policy or "", owner):
                api.put_policy(client, id_, policy.text(owner), clock=self.clock)
                request.require_owner()  # principals may have been waited for
            if "description" in changed:
                api.update_description(client, id_, desired.description)
            if changed & _ROTATION_FIELDS:
                self._rotate(arn, desired)
            if "alias" in changed and live.alias:
                api.delete_alias(client, id_, live.alias)
            if changed & _TAG_FIELDS:
                api.update_tags(client, id_, live.effective_tags, desired.effective_tags)
        # KMS lags behind: what was just sent is truer than what it would answer.
        updated = LiveKey(
            description=desired.description,
            key_state=recorded.key_state,
            creation_date=recorded.creation_date,
            policy=policy.text_like(recorded.policy or "", owner) or policy.text(owner),
            is_rotated=desired.enable_key_rotation,
            rotation_period_days=desired.rotation_period_in_days,
            tags=desired.effective_tags,
            aliases=(desired.alias,) if desired.alias else (),
        )
        return self._describe(arn, updated, desired).state

    def delete(self, id_: str, recorded: KmsKeyState, request: EngineRequest) -> None:
        """Schedule the key for deletion, disabled or not, and delete its alias.

        In this order: a key whose deletion is refused keeps its alias. The deletion itself takes
        days; no one waits for it.

        Raises:
            ResourceConflict: It still encrypts a sequence store of its account and region.
            InvalidCredentials: It is not there, and the caller is of another account.
        """
        arn = KmsKeyArn.parse(id_)

        def delete() -> None:
            client = self._aws.kms(arn.region)
            self._require_unused(arn)
            request.require_owner()
            api.schedule_deletion(client, id_, recorded.deletion_window_in_days)
            if recorded.alias:
                api.delete_alias(client, id_, recorded.alias)

        with self._error_context("deleting", recorded.alias, id_):
            self._unless_gone(delete, arn, recorded)

    def _inputs_from_state(self, id_: str, state: KmsKeyState) -> KmsKeyInputs:
        return inputs_from_state(state, KmsKeyArn.parse(id_))

    def _rotate(self, arn: KmsKeyArn, desired: KmsKeyInputs) -> None:
        client = self._aws.kms(arn.region)
        if desired.enable_key_rotation:
            api.enable_rotation(client, str(arn), desired.rotation_period_in_days)
        else:
            api.disable_rotation(client, str(arn))

    def _describe(self, arn: KmsKeyArn, live: LiveKey, declared: KmsKeyInputs) -> LiveKmsKey:
        """Join what KMS reports with the inputs that KMS does not store.

        Other aliases of the key belong to others. The period of a rotation that is off is the
        program's own, and so is one that KMS does not report.
        """
        effective_tags, owner_tag = split_owner_tag(live.tags)
        tags, tags_all = self._split_tags(effective_tags, declared)
        owner = Owner(arn.partition, arn.account)
        ours = declared.key_policy.read_back(live.policy, owner)
        policy = ours or declared.key_policy
        period_days = live.rotation_period_days if live.is_rotated else None
        state = KmsKeyState(
            description=live.description,
            alias=declared.alias if declared.alias in live.aliases else None,
            administrators=list(policy.administrators) or None,
            users=list(policy.users) or None,
            allow_health_omics=policy.allow_health_omics,
            restrict_to_account=policy.restrict_to_account,
            enable_key_rotation=live.is_rotated,
            rotation_period_in_days=period_days or declared.rotation_period_in_days,
            deletion_window_in_days=declared.deletion_window_in_days,
            region=arn.region,
            policy=(ours and ours.text_like(live.policy, owner)) or live.policy,
            key_state=live.key_state,
            creation_date=live.creation_date,
            tags=tags,
            tags_all=tags_all,
        )
        return self._live(str(arn), state, owner_tag)

    def _require_unused(self, arn: KmsKeyArn) -> None:
        """Refuse to part with a key without which a store can never be read again."""
        aliases = api.list_aliases(self._aws.kms(arn.region), str(arn))
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


@contextmanager
def _advised() -> Iterator[None]:
    """Advise what to do about a key that cannot be changed any more, or not now."""
    try:
        yield
    except NotFound as error:
        error.advice = error.advice or _REFRESH
        raise
    except ResourceConflict as error:
        is_disabled = error.code == "DisabledException"
        error.advice = error.advice or ("Enable the key first." if is_disabled else _REFRESH)
        raise


def _nothing_declared(live: LiveKey) -> KmsKeyInputs:
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
