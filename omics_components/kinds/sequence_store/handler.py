"""What a change of a sequence store means.

Primary identifier: the ARN. Required: name. Create-only: sse_config, e_tag_algorithm_family,
region, replace_triggers. All else is updated in place. What deletes is loaded when it is needed.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterator, Mapping
from typing import TypeVar

from omics_components.aws import sequence_stores
from omics_components.aws.wait import look_until
from omics_components.errors import InvalidRequest
from omics_components.kinds.sequence_store.creation import (
    LiveStore,
    StoreCreator,
    read_owner,
    write_owner,
)
from omics_components.kinds.sequence_store.model import (
    SequenceStoreInputs,
    SequenceStoreState,
    as_declared,
    encryption_to_compare,
    inputs_from_state,
    is_older,
)
from omics_components.kinds.sequence_store.update import MAX_LAG_S, StoreUpdate
from omics_components.lifecycle.creation import create_or_resume
from omics_components.lifecycle.handler import EngineRequest, Handler
from omics_components.lifecycle.region import key_of_another_region, required_region
from omics_components.lifecycle.replacement import describe_contents, warn_replacement
from omics_components.schema.arn import SequenceStoreArn, partition_of
from omics_components.schema.delta import Delta, delta
from omics_components.schema.owner_tag import OwnerTag, split_owner_tag
from omics_components.schema.validation import Failure, Path, Validation, validate

T = TypeVar("T")

_ID = re.compile("[0-9]{10,36}")
_TAG_FIELDS = frozenset({"tags", "tags_all"})
_BUSY = frozenset({"CREATING", "UPDATING"})
_LOCAL_FIELDS = frozenset({"region", "force_destroy", "replace_triggers"})
"""Fields that AWS does not keep."""


class SequenceStoreHandler(Handler[SequenceStoreInputs, SequenceStoreState]):
    """Sequence stores, for an engine."""

    inputs_type = SequenceStoreInputs
    state_type = SequenceStoreState
    kind = "sequence store"
    owned = "the store"
    owner_permission = "omics:ListTagsForResource"

    def check(
        self,
        old: Mapping[str, object],
        new: Mapping[str, object],
        unknown: Collection[Path],
    ) -> Validation[SequenceStoreInputs]:
        """Validate the inputs, fill in the region and the stack's default tags. No call to AWS."""
        validation = self._validate(new, unknown)
        inputs = _without_keyless_encryption(validation.inputs)
        return dataclasses.replace(validation, inputs=inputs).with_failures(
            _missing_name(new, unknown),
            _key_of_another_region(inputs),
            _description_removed(old, validation),
        )

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
        live = self._inputs_from_state(id_, recorded.model_copy(update={"sse_config": sse}))
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
        """
        region = required_region(desired.region)
        with self._error_context("creating", desired.name):
            creator = StoreCreator(
                desired,
                request,
                self.clock,
                self._aws.omics(region),
                describe=lambda arn, live, tags: self._describe(arn, live, tags, desired),
                reconcile=lambda found: self._reconcile(found, desired, request),
            )
            return create_or_resume(creator, self._aws.principal(region))

    def check_reference(self, reference: str) -> None:
        """Require the ARN or the id of a store."""
        if not _ID.fullmatch(reference):
            self._parse(SequenceStoreArn.parse, reference, "Give the store's ARN or its id.")

    def id_of(self, reference: str, desired: SequenceStoreInputs) -> str:
        """Return the ARN of a store that is named by its ARN or by its id.

        Raises:
            InvalidRequest: It is neither.
        """
        self.check_reference(reference)
        if not _ID.fullmatch(reference):
            return reference
        region = required_region(desired.region)
        account = self._aws.account_id(region)
        return str(SequenceStoreArn(partition_of(region), region, account, reference))

    def read_owner(self, id_: str, recorded: SequenceStoreState) -> OwnerTag | None:  # noqa: ARG002 the base's
        """Read the owner tag of a store.

        Raises:
            NotFound: There is no such store, or it is being deleted.
            AccessDenied: The caller may not read its tags.
        """
        client = self._aws.omics(SequenceStoreArn.parse(id_).region)
        return read_owner(client, id_, self.clock)

    def write_owner(self, id_: str, recorded: SequenceStoreState, owner: OwnerTag) -> None:  # noqa: ARG002 the base's
        """Write the owner tag of a store."""
        write_owner(self._aws.omics(SequenceStoreArn.parse(id_).region), id_, owner, self.clock)

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
        """
        from omics_components.kinds.sequence_store import deletion  # noqa: PLC0415

        arn = SequenceStoreArn.parse(id_)
        is_kept = "a store that holds read sets is not deleted"
        with self._error_context("replacing", recorded.name, id_):
            old = describe_contents(
                lambda: deletion.describe_deletion(self._aws.omics(arn.region), arn, recorded),
                otherwise="force_destroy deletes all of it" if recorded.force_destroy else is_kept,
                require_same_account=lambda: self._require_same_account(arn),
                is_certain=is_certain,
            )
        what = f"sequence store {recorded.name} ({id_})"
        loss = f"read sets, ARN and S3 URI do not pass to the new one; {old}"
        warn_replacement(request.info, what, because, loss, is_certain=is_certain)

    def read(self, id_: str, recorded: SequenceStoreState | None) -> LiveStore | None:
        """Look at a store and its tags: two calls, more if AWS shows it as it was before.

        A store that is being deleted is gone; one that FAILED is there, for it is to be deleted.
        One that is not there is gone only if the caller's account is the one in its ARN.

        Raises:
            InvalidRequest: The id is no ARN of a store.
            NotFound: It is gone, and nothing is recorded of it.
            InvalidCredentials: It is not there, and the caller is of another account.
        """
        arn = self._parse(SequenceStoreArn.parse, id_, "Give the store's ARN.")

        def look() -> LiveStore:
            client = self._aws.omics(arn.region)
            live = sequence_stores.find_undeleted(client, arn.store_id)
            if recorded and is_older(live, recorded):
                live = look_until(
                    lambda seen: not is_older(seen, recorded),
                    lambda: sequence_stores.find_undeleted(client, arn.store_id),
                    within_s=MAX_LAG_S,
                    clock=self.clock,
                )
            effective_tags = sequence_stores.list_tags(client, id_, self.clock)
            declared = self._inputs_from_state(id_, recorded) if recorded else SequenceStoreInputs()
            return self._describe(id_, live, effective_tags, declared)

        with self._error_context("reading", id_):
            return self._unless_gone(look, arn, recorded)

    def update(
        self,
        id_: str,
        recorded: SequenceStoreState,
        desired: SequenceStoreInputs,
        request: EngineRequest,
    ) -> SequenceStoreState:
        """Send only what changed: one PATCH for fields, at most two calls for tags.

        See ``StoreUpdate``, which waits until AWS shows what was sent.

        Raises:
            InvalidRequest: A description would be removed, which no call can do; or AWS refuses a
                value.
            NotStabilized: AWS accepted the update, and does not have the values in the end.
        """
        arn = SequenceStoreArn.parse(id_)
        changed = self.diff(id_, recorded, desired, unknown=()).changed
        fields = [name for name in changed if name not in _TAG_FIELDS | _LOCAL_FIELDS]
        with self._error_context("updating", desired.name, id_):
            if "description" in fields and not desired.description:
                # A check saw no description before: that of an interrupted creation, for example.
                raise InvalidRequest(_cannot_be_removed(recorded.description))
            update = StoreUpdate(
                self._aws.omics(arn.region),
                arn,
                recorded,
                desired,
                lambda live: self._differing(id_, live, desired),
                request.timeouts.update_s,
                self.clock,
                request.require_owner,
            )
            state = recorded
            if state.status in _BUSY:  # an interrupted creation, or another hand
                state = update.wait()
            if fields:
                state = update.send_fields(fields)
            if _TAG_FIELDS & set(changed):
                update.send_tags()
        return self._describe(id_, state, desired.effective_tags, desired).state

    def delete(self, id_: str, recorded: SequenceStoreState, request: EngineRequest) -> None:
        """Delete a store and wait until it is gone, with ``force_destroy`` its read sets first.

        Raises:
            ResourceConflict: It holds read sets; the error counts them by status, or names those
                that could not be deleted.
            InvalidCredentials: It is not there, and the caller is of another account.
        """
        from omics_components.kinds.sequence_store import deletion  # noqa: PLC0415

        arn = SequenceStoreArn.parse(id_)

        def delete() -> None:
            client = self._aws.omics(arn.region)
            deletion.delete_store(client, arn, recorded, request, self.clock)

        with self._error_context("deleting", recorded.name, id_):
            self._unless_gone(delete, arn, recorded)

    def _differing(
        self, id_: str, live: SequenceStoreState, desired: SequenceStoreInputs
    ) -> tuple[str, ...]:
        """Return the inputs in which a live store differs from the program, but for its tags."""
        state = self._describe(id_, live, desired.effective_tags, desired).state
        return self.diff(id_, state, desired, unknown=()).changed

    def _inputs_from_state(self, id_: str, state: SequenceStoreState) -> SequenceStoreInputs:
        return inputs_from_state(state, SequenceStoreArn.parse(id_).region)

    def _describe(
        self,
        arn: str,
        live: SequenceStoreState,
        effective_tags: Mapping[str, str],
        declared: SequenceStoreInputs,
    ) -> LiveStore:
        """Join what AWS reports with the inputs that AWS does not store.

        A default tag counts as the program's own only where the program names it.
        """
        parsed = SequenceStoreArn.parse(arn)
        visible, owner = split_owner_tag(effective_tags)
        tags, tags_all = self._split_tags(visible, declared)
        sse = encryption_to_compare(live.sse_config, declared.sse_config, parsed.account)
        state = live.model_copy(
            update={
                "sse_config": sse,
                "fallback_location": as_declared(
                    live.fallback_location, declared.fallback_location
                ),
                "access_log_location": as_declared(
                    live.access_log_location, declared.access_log_location
                ),
                "tags": tags,
                "tags_all": tags_all,
                "force_destroy": declared.force_destroy,
                "region": parsed.region,
                "replace_triggers": declared.replace_triggers,
            }
        )
        return self._live(arn, state, owner)


def _with_all_tags(inputs: SequenceStoreInputs) -> SequenceStoreInputs:
    return inputs.model_copy(update={"tags_all": inputs.effective_tags})


def _without_keyless_encryption(inputs: SequenceStoreInputs) -> SequenceStoreInputs:
    """Leave out encryption without a key: it says nothing (ADR 5), so one spelling is enough.

    With two, a refresh could not tell which of them the program has.
    """
    if inputs.sse_config and inputs.sse_config.canonical() is None:
        return inputs.model_copy(update={"sse_config": None})
    return inputs


def _missing_name(given: Mapping[str, object], unknown: Collection[Path]) -> Iterator[Failure]:
    if given.get("name") is None and ("name",) not in unknown:
        yield Failure(("name",), "name: is required")


def _key_of_another_region(inputs: SequenceStoreInputs) -> Iterator[Failure]:
    key_arn = inputs.sse_config.key_arn if inputs.sse_config else None
    path, spelled = ("sseConfig", "keyArn"), "sse_config.key_arn"
    return key_of_another_region(key_arn, inputs.region, path, spelled, "store")


def _description_removed(
    old: Mapping[str, object], validation: Validation[SequenceStoreInputs]
) -> Iterator[Failure]:
    """An update cannot send an empty description (model: at least one character)."""
    after = validation.inputs
    spoken_of = validation.unknown | {failure.path[0] for failure in validation.failures}
    if not old.get("description") or after.description or "description" in spoken_of:
        return
    before = validate(SequenceStoreInputs, old).inputs
    if before.description and not delta(before, after, validation.unknown).replaces:
        yield Failure(("description",), _cannot_be_removed(before.description))


def _cannot_be_removed(description: str | None) -> str:
    return (
        f"description: cannot be removed once it is set (it is {description!r}): "
        "HealthOmics has no way to clear it. Write the old text or another one, or keep "
        'whatever it is with ignore_changes=["description"]'
    )
