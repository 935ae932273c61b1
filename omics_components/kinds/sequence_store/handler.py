"""What a change of a sequence store means.

Primary identifier: the ARN. Required: name. Create-only: sse_config, e_tag_algorithm_family,
region, replace_triggers. All else is updated in place. What deletes is loaded when it is needed.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

from omics_components.aws import sequence_stores
from omics_components.aws.client import Aws
from omics_components.aws.wait import SYSTEM_CLOCK, Clock
from omics_components.errors import (
    InvalidRequest,
    NotFound,
    ResourceConflict,
    error_context,
)
from omics_components.kinds.sequence_store import api as omics
from omics_components.kinds.sequence_store.creation import (
    LiveStore,
    StoreCreator,
    read_owner,
    wait_until_idle,
    write_owner,
)
from omics_components.kinds.sequence_store.model import (
    SequenceStoreInputs,
    SequenceStoreState,
    encryption_to_compare,
    inputs_from_state,
)
from omics_components.lifecycle.creation import create_or_resume
from omics_components.lifecycle.default_tags import (
    attribute_to_default_tags,
    own_tags,
    with_default_tags,
)
from omics_components.lifecycle.handler import (
    EngineRequest,
    LiveResource,
    describe_contents,
    warn_replacement,
)
from omics_components.lifecycle.region import missing_region, required_region, with_region
from omics_components.lifecycle.same_account import require_same_account
from omics_components.schema.arn import SequenceStoreArn, partition_of
from omics_components.schema.delta import Delta, create_only_values, delta
from omics_components.schema.fields import key_arn_region
from omics_components.schema.owner_tag import OwnerTag, split_owner_tag
from omics_components.schema.validation import Failure, Path, Validation, validate

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

T = TypeVar("T")

_TAG_FIELDS = frozenset({"tags", "tags_all"})
_LOCAL_FIELDS = frozenset({"region", "force_destroy", "replace_triggers"})
"""Fields that AWS does not keep."""


class SequenceStoreHandler:
    """Sequence stores, for an engine.

    Args:
        aws: The way into AWS.
        clock: Time, for the waiting.
    """

    inputs_type = SequenceStoreInputs
    state_type = SequenceStoreState
    kind = "sequence store"
    owner_permission = "omics:ListTagsForResource"

    def __init__(self, aws: Aws, clock: Clock = SYSTEM_CLOCK) -> None:
        self._aws = aws
        self._defaults = dict(aws.settings.default_tags)
        self._clock = clock

    def check(
        self,
        old: Mapping[str, object],
        new: Mapping[str, object],
        unknown: Collection[Path],
    ) -> Validation[SequenceStoreInputs]:
        """Judge the inputs, fill in the region and the stack's default tags. No call to AWS."""
        given = with_region(self._aws, new, unknown)
        validation = validate(
            SequenceStoreInputs, *with_default_tags(self._defaults, given, unknown)
        )
        failures = (
            *attribute_to_default_tags(validation.failures),
            *_missing_name(given, unknown),
            *missing_region(given, unknown),
            *_key_of_another_region(validation.inputs),
            *_description_removed(old, validation),
        )
        inputs = _without_keyless_encryption(validation.inputs)
        return dataclasses.replace(validation, inputs=inputs, failures=failures)

    def diff(
        self,
        id_: str,
        recorded: SequenceStoreState,
        desired: SequenceStoreInputs,
        unknown: Collection[str],
    ) -> Delta:
        """Compare by meaning: order of tags and keys, null and absence make no difference.

        Neither does a key that AWS chose, which earlier versions recorded.
        """
        arn = SequenceStoreArn.parse(id_)
        sse = encryption_to_compare(recorded.sse_config, desired.sse_config, arn.account)
        live = inputs_from_state(recorded.model_copy(update={"sse_config": sse}), arn.region)
        return delta(_with_all_tags(live), _with_all_tags(desired), unknown)

    def create(self, desired: SequenceStoreInputs, request: EngineRequest) -> LiveStore:
        """Create a store, wait until it is ACTIVE and read it back with its tags.

        An interrupted creation of the same declaration is resumed.

        Raises:
            OmicsComponentsError: The store could not be created. One that FAILED is deleted again.
            AlreadyExists: The same declaration finished one that this state does not have.
            OwnershipConflict: Another process resumed this creation meanwhile.
            InitFailed: The store is there, but it did not become ACTIVE in time, or something else
                failed after AWS had accepted it.

        IAM: omics:ListSequenceStores, omics:ListTagsForResource, omics:CreateSequenceStore,
            omics:TagResource, omics:GetSequenceStore, omics:ListReadSets (of a store whose creation
            is resumed), omics:DeleteSequenceStore (after a failure), kms:DescribeKey,
            sts:GetCallerIdentity; those of ``update`` where a creation is resumed.
        """
        region = required_region(desired.region)
        with error_context(f"creating sequence store ({desired.name})"):
            creator = StoreCreator(
                self._aws.omics(region),
                desired,
                request,
                self._clock,
                describe=lambda arn, live, tags: self._found(arn, live, tags, desired),
                reconcile=lambda found: self._reconcile(found, desired, request),
            )
            return create_or_resume(
                creator,
                request,
                principal=self._aws.principal(region),
                create_only=create_only_values(desired),
                clock=self._clock,
            )

    def id_of(self, reference: str, desired: SequenceStoreInputs) -> str:
        """Give the ARN of a store that is named by its ARN or by its id.

        Raises:
            InvalidRequest: It is neither.

        IAM: sts:GetCallerIdentity.
        """
        if re.fullmatch("[0-9]{10,36}", reference):
            region = required_region(desired.region)
            account = self._aws.account_id(region)
            return str(SequenceStoreArn(partition_of(region), region, account, reference))
        try:
            return str(SequenceStoreArn.parse(reference))
        except ValueError as error:
            raise InvalidRequest(str(error), advice="Give the store's ARN or its id.") from None

    def read_owner(self, id_: str, recorded: SequenceStoreState) -> OwnerTag | None:  # noqa: ARG002 the protocol's
        """Read the owner tag of a store.

        Raises:
            NotFound: There is no such store, or it is being deleted.
            AccessDenied: The caller may not read its tags.

        IAM: omics:ListTagsForResource.
        """
        client = self._aws.omics(SequenceStoreArn.parse(id_).region)
        return read_owner(client, id_, self._clock)

    def write_owner(self, id_: str, recorded: SequenceStoreState, owner: OwnerTag) -> None:  # noqa: ARG002 the protocol's
        """Write the owner tag of a store.

        IAM: omics:TagResource.
        """
        write_owner(self._aws.omics(SequenceStoreArn.parse(id_).region), id_, owner, self._clock)

    def check_replacement(
        self,
        id_: str,
        recorded: SequenceStoreState,
        because: str,
        request: EngineRequest,
        *,
        is_certain: bool = True,
    ) -> None:
        """Refuse to replace a store that holds read sets, unless ``force_destroy`` is recorded.

        Raises:
            ResourceConflict: It is known to be replaced, and holds read sets; the error counts
                them by status.

        IAM: omics:ListReadSets, sts:GetCallerIdentity.
        """
        from omics_components.kinds.sequence_store import deletion  # noqa: PLC0415

        arn = SequenceStoreArn.parse(id_)
        is_kept = "a store that holds read sets is not deleted"
        is_emptied = "force_destroy deletes all of it"
        with error_context(f"replacing sequence store ({recorded.name}, {id_})"):
            old = describe_contents(
                lambda: deletion.describe_deletion(self._aws.omics(arn.region), arn, recorded),
                otherwise=is_emptied if recorded.force_destroy else is_kept,
                require_same_account=lambda: self._require_same_account(arn),
                is_certain=is_certain,
            )
        what = f"sequence store {recorded.name} ({id_})"
        loss = f"read sets, ARN and S3 URI do not pass to the new one; {old}"
        warn_replacement(request, what, because, loss, is_certain=is_certain)

    def read(self, id_: str, recorded: SequenceStoreState | None) -> LiveStore | None:
        """Look at a store and its tags: two calls.

        A store that is being deleted is gone; one that FAILED is there, for it is to be deleted.
        One that is not there is gone only if the caller's account is the one in its ARN.

        Args:
            id_: The ARN.
            recorded: The state; None for a look without ownership.

        Raises:
            InvalidRequest: The id is no ARN of a store.
            NotFound: It is gone, and nothing is recorded of it.
            InvalidCredentials: It is not there, and the caller is of another account.

        IAM: omics:GetSequenceStore, omics:ListTagsForResource, sts:GetCallerIdentity.
        """
        try:
            arn = SequenceStoreArn.parse(id_)
        except ValueError as error:
            raise InvalidRequest(str(error), advice="Give the store's ARN.") from None
        with error_context(f"reading sequence store ({arn})"):
            client = self._aws.omics(arn.region)
            try:
                state = _find_undeleted(client, arn)
                effective_tags = sequence_stores.list_tags(client, str(arn))
            except NotFound as error:
                self._require_same_account(arn)
                if recorded is None:
                    error.advice = "Check the ARN."
                    raise
                return None
        if recorded is None:
            return self._found(str(arn), state, effective_tags, SequenceStoreInputs())
        return self._found(str(arn), state, effective_tags, inputs_from_state(recorded, arn.region))

    def update(
        self,
        id_: str,
        recorded: SequenceStoreState,
        desired: SequenceStoreInputs,
        request: EngineRequest,
    ) -> SequenceStoreState:
        """Send only what changed: one PATCH for fields, at most two calls for tags.

        A store that is busy is waited for, before and after.

        Raises:
            InvalidRequest: A description would be removed, which no call can do.

        IAM: omics:ListTagsForResource (the owner tag), omics:UpdateSequenceStore,
            omics:TagResource, omics:UntagResource, omics:GetSequenceStore.
        """
        arn = SequenceStoreArn.parse(id_)
        changed = self.diff(id_, recorded, desired, unknown=()).changed
        fields = [name for name in changed if name not in _TAG_FIELDS | _LOCAL_FIELDS]
        with error_context(f"updating sequence store ({desired.name}, {id_})"):
            client = self._aws.omics(arn.region)
            if "description" in fields and not desired.description:
                # A check saw no description before: that of an interrupted creation, for example.
                raise InvalidRequest(_cannot_be_removed(recorded.description))
            state = recorded
            if recorded.status in ("CREATING", "UPDATING"):  # an interrupted creation, or busy
                state = self._wait_until_idle(arn, request.timeouts.update_s)
            if fields:
                state = self._patched(arn, desired, fields, request.timeouts.update_s)
            if _TAG_FIELDS & set(changed):
                self._when_idle(
                    arn,
                    request.timeouts.update_s,
                    lambda: omics.update_tags(
                        client, id_, recorded.effective_tags, desired.effective_tags
                    ),
                )
        return self._merge_state(arn, state, desired.effective_tags, desired)

    def delete(self, id_: str, recorded: SequenceStoreState, request: EngineRequest) -> None:
        """Delete a store and wait until it is gone, with ``force_destroy`` its read sets first.

        Raises:
            ResourceConflict: It holds read sets; the error counts them by status, or names those
                that could not be deleted.
            InvalidCredentials: It is not there, and the caller is of another account.

        IAM: omics:ListTagsForResource (the owner tag), omics:DeleteSequenceStore,
            omics:GetSequenceStore, omics:ListReadSets, sts:GetCallerIdentity; with force_destroy
            omics:BatchDeleteReadSet.
        """
        from omics_components.kinds.sequence_store import deletion  # noqa: PLC0415

        arn = SequenceStoreArn.parse(id_)
        with error_context(f"deleting sequence store ({recorded.name}, {id_})"):
            client = self._aws.omics(arn.region)
            try:
                deletion.delete_when_possible(client, arn, recorded, request, self._clock)
            except NotFound:
                self._require_same_account(arn)
                return
            omics.wait_sequence_store_deleted(
                client, arn.store_id, timeout_s=request.timeouts.delete_s, clock=self._clock
            )

    def _reconcile(
        self, found: LiveStore, desired: SequenceStoreInputs, request: EngineRequest
    ) -> LiveStore | None:
        """Bring a store in line with what the program says; None if only a new one can be."""
        difference = self.diff(found.id, found.state, desired, unknown=())
        if difference.replaces:
            return None
        if not difference:
            return found
        state = self.update(found.id, found.state, desired, request)
        region = SequenceStoreArn.parse(found.id).region
        return LiveResource(found.id, state, inputs_from_state(state, region), found.owner)

    def _patched(
        self,
        arn: SequenceStoreArn,
        desired: SequenceStoreInputs,
        fields: Collection[str],
        timeout_s: float,
    ) -> SequenceStoreState:
        client = self._aws.omics(arn.region)
        state = self._when_idle(
            arn,
            timeout_s,
            lambda: omics.update_sequence_store(client, arn.store_id, desired, fields),
        )
        return state if state.status == "ACTIVE" else self._wait_until_idle(arn, timeout_s)

    def _when_idle(self, arn: SequenceStoreArn, timeout_s: float, call: Callable[[], T]) -> T:
        """Make a call; if the store is busy, wait and make it once more."""
        try:
            return call()
        except ResourceConflict:
            self._wait_until_idle(arn, timeout_s)
            return call()

    def _wait_until_idle(self, arn: SequenceStoreArn, timeout_s: float) -> SequenceStoreState:
        return wait_until_idle(self._aws.omics(arn.region), arn.store_id, timeout_s, self._clock)

    def _found(
        self,
        arn: str,
        live: SequenceStoreState,
        effective_tags: Mapping[str, str],
        said: SequenceStoreInputs,
    ) -> LiveStore:
        visible, owner = split_owner_tag(effective_tags)
        parsed = SequenceStoreArn.parse(arn)
        state = self._merge_state(parsed, live, visible, said)
        return LiveResource(arn, state, inputs_from_state(state, parsed.region), owner)

    def _merge_state(
        self,
        arn: SequenceStoreArn,
        live: SequenceStoreState,
        effective_tags: Mapping[str, str],
        said: SequenceStoreInputs,
    ) -> SequenceStoreState:
        """Join what AWS reports with what only the program knows.

        A default tag counts as the program's own only where the program names it.
        """
        tags = own_tags(self._defaults, effective_tags, said)
        sse = encryption_to_compare(live.sse_config, said.sse_config, arn.account)
        return SequenceStoreState.from_wire(
            {
                **live.to_wire(),
                "sseConfig": sse and sse.to_wire(),
                "tags": tags or None,
                "tagsAll": dict(sorted(effective_tags.items())) if self._defaults else None,
                "forceDestroy": said.force_destroy,
                "region": arn.region,
                "replaceTriggers": said.replace_triggers,
            }
        )

    def _require_same_account(self, arn: SequenceStoreArn) -> None:
        require_same_account(self._aws, account=arn.account, region=arn.region, what="the store")


def _find_undeleted(client: OmicsClient, arn: SequenceStoreArn) -> SequenceStoreState:
    state = sequence_stores.find(client, arn.store_id)
    if state.status == "DELETING":
        raise NotFound("the store is being deleted", operation="GetSequenceStore")
    return state


def _with_all_tags(inputs: SequenceStoreInputs) -> SequenceStoreInputs:
    return inputs.model_copy(update={"tags_all": inputs.effective_tags})


def _without_keyless_encryption(inputs: SequenceStoreInputs) -> SequenceStoreInputs:
    """Leave out encryption without a key: it says nothing (ADR 5), so one spelling is enough.

    With two, a refresh could not tell which of them the program has.
    """
    if inputs.sse_config and inputs.sse_config.meaning() is None:
        return inputs.model_copy(update={"sse_config": None})
    return inputs


def _missing_name(given: Mapping[str, object], unknown: Collection[Path]) -> Iterator[Failure]:
    if given.get("name") is None and ("name",) not in unknown:
        yield Failure(("name",), "name: is required")


def _key_of_another_region(inputs: SequenceStoreInputs) -> Iterator[Failure]:
    """A key encrypts in its own region only (assumed: key-region)."""
    key_arn = inputs.sse_config.key_arn if inputs.sse_config else None
    if key_arn and inputs.region and key_arn_region(key_arn) != inputs.region:
        yield Failure(
            ("sseConfig", "keyArn"),
            f"sse_config.key_arn: must be a key in the store's region {inputs.region}, not in "
            f"{key_arn_region(key_arn)}: {key_arn!r}",
        )


def _description_removed(
    old: Mapping[str, object], validation: Validation[SequenceStoreInputs]
) -> Iterator[Failure]:
    """An update cannot send an empty description (model: at least one character)."""
    before = validate(SequenceStoreInputs, old).inputs
    after = validation.inputs
    spoken_of = validation.unknown | {failure.path[0] for failure in validation.failures}
    gone = before.description and not after.description and "description" not in spoken_of
    if gone and not delta(before, after, validation.unknown).replaces:
        yield Failure(("description",), _cannot_be_removed(before.description))


def _cannot_be_removed(description: str | None) -> str:
    return (
        f"description: cannot be removed once it is set (it is {description!r}): "
        "HealthOmics has no way to clear it. Write the old text or another one, or keep "
        'whatever it is with ignore_changes=["description"]'
    )
