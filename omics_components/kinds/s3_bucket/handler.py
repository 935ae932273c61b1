"""What a change of a bucket means.

Primary identifier: the name. Required: nothing. Create-only: bucket, region. All else is updated
in place. What no program sets (public access blocks, ownership, foreign rules and policies) is part
of the difference, too: it is found by a refresh and put right by the next update.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping

from omics_components.aws.wait import look_until
from omics_components.errors import InvalidRequest, NotFound
from omics_components.kinds.s3_bucket import api
from omics_components.kinds.s3_bucket.configuration import (
    Place,
    encryption_rule,
    from_live,
    inputs_from_state,
    lifecycle_rules,
    policy_like,
    policy_of,
)
from omics_components.kinds.s3_bucket.creation import BucketCreator, LiveBucket, reserve_name
from omics_components.kinds.s3_bucket.defaults import DEFAULT_ABORT_DAYS, DEFAULT_NONCURRENT_DAYS
from omics_components.kinds.s3_bucket.deletion import delete_bucket, describe_deletion
from omics_components.kinds.s3_bucket.model import COMPUTED, S3BucketInputs, S3BucketState
from omics_components.lifecycle.creation import create_or_resume
from omics_components.lifecycle.default_tags import Tagged
from omics_components.lifecycle.handler import EngineRequest, Handler
from omics_components.lifecycle.region import key_of_another_region, required_region
from omics_components.lifecycle.replacement import describe_contents, warn_replacement
from omics_components.schema.delta import Delta, delta
from omics_components.schema.owner_tag import OwnerTag, split_owner_tag
from omics_components.schema.validation import Failure, Path, Validation

_REFERENCE = re.compile("(arn:[a-z-]+:s3:::)?[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_LOCAL_FIELDS = frozenset({"bucket", "region", "force_destroy"})
"""Fields that no call sets on a bucket that is there."""


class S3BucketHandler(Handler[S3BucketInputs, S3BucketState]):
    """Buckets for failed uploads or access logs, for an engine."""

    inputs_type = S3BucketInputs
    state_type = S3BucketState
    kind = "S3 bucket"
    owned = "the bucket"
    owner_permission = "s3:GetBucketTagging"
    computed = COMPUTED

    def check(
        self,
        old: Mapping[str, object],  # noqa: ARG002 the base's
        new: Mapping[str, object],
        unknown: Collection[Path],
    ) -> Validation[S3BucketInputs]:
        """Validate the inputs, fill in defaults and the stack's default tags. No call to AWS."""
        validation = self._validate(*_with_default_days(new, unknown))
        inputs = validation.inputs
        return validation.with_failures(
            key_of_another_region(
                inputs.kms_key_arn, inputs.region, ("kmsKeyArn",), "kms_key_arn", "bucket"
            ),
            _old_versions_without_versioning(new),
        )

    def diff(
        self,
        id_: str,
        recorded: S3BucketState,
        desired: S3BucketInputs,
        unknown: Collection[str],
    ) -> Delta:
        """Compare by meaning. A bucket whose name the program does not set keeps the one it has.

        Policies were compared by meaning when the state was read: one that means what the
        arguments differ is not a difference of the state.
        """
        live = self._inputs_from_state(id_, recorded)
        name = id_ if desired.bucket else None
        same = {"bucket": name, "tags_all": live.effective_tags}
        return delta(
            live.model_copy(update=same),
            desired.model_copy(update={"tags_all": desired.effective_tags}),
            unknown,
        )

    def create(self, desired: S3BucketInputs, request: EngineRequest) -> LiveBucket:
        """Create a bucket of a name that no one has, configure it and read it back.

        An interrupted creation of the same declaration is resumed.

        Raises:
            AlreadyExists: There is another bucket of this name, or one of this declaration that is
                finished or holds objects. It is never taken over.
            OwnershipConflict: Another process created or resumed it at the same time.
            InitFailed: The bucket is there, but could not be configured.
        """
        region = required_region(desired.region)
        with self._error_context("creating", desired.bucket or "of a derived name"):
            account = self._aws.account_id(region)
            with reserve_name(self._aws, request) as reserve:
                creator = BucketCreator(
                    desired,
                    request,
                    self.clock,
                    self._aws.s3(region),
                    region,
                    account,
                    reserve,
                    configure=lambda place, is_new: self._configure(place, desired, is_new=is_new),
                    declared=lambda place: self._live(
                        place.name, self._declared_state(place, desired)
                    ),
                )
                return create_or_resume(creator, self._aws.principal(region))

    def check_reference(self, reference: str) -> None:
        """Require the name or the ARN of a bucket."""
        if not _REFERENCE.fullmatch(reference):
            raise InvalidRequest(
                f"{reference!r} is not the name of a bucket",
                advice="Give the bucket's name or its ARN.",
            )

    def id_of(self, reference: str, desired: S3BucketInputs) -> str:  # noqa: ARG002 the base's
        """Return the name of a bucket that is named by its name or its ARN.

        Raises:
            InvalidRequest: It is neither.
        """
        self.check_reference(reference)
        return reference.rpartition(":::")[2]

    def read_owner(self, id_: str, recorded: S3BucketState) -> OwnerTag | None:
        """Read the owner tag of a bucket.

        Raises:
            NotFound: There is no such bucket.
            AccessDenied: The caller may not read its tags, or another account owns the bucket.
        """
        return api.read_owner(self._bucket(self._place(id_, recorded)))

    def write_owner(self, id_: str, recorded: S3BucketState, owner: OwnerTag) -> None:
        """Write the owner tag of a bucket; its other tags stay as they are."""
        bucket = self._bucket(self._place(id_, recorded))
        api.when_settled(lambda: api.write_owner(bucket, owner), api.BUSY, self.clock)

    def check_replacement(
        self,
        id_: str,
        recorded: S3BucketState,
        because: str,
        request: EngineRequest,
        *,
        is_certain: bool = True,
    ) -> None:
        """Refuse to replace a bucket that is not empty, unless ``force_destroy`` is recorded.

        Raises:
            ResourceConflict: It is known to be replaced, and is not empty.
        """
        is_kept = "a bucket that is not empty is not deleted"
        place = Place(id_, recorded.region, recorded.account_id)
        with self._error_context("replacing", id_):
            old = describe_contents(
                lambda: describe_deletion(
                    self._bucket(place), force_destroy=recorded.force_destroy
                ),
                otherwise="force_destroy deletes all of it" if recorded.force_destroy else is_kept,
                require_same_account=lambda: self._require_same_account(place),
                is_certain=is_certain,
            )
        loss = f"objects do not pass to the new one; {old}"
        warn_replacement(request.info, f"S3 bucket {id_}", because, loss, is_certain=is_certain)

    def read(self, id_: str, recorded: S3BucketState | None) -> LiveBucket | None:
        """Look at a bucket and all its configuration: eight calls.

        A bucket that is not there is gone only if the caller's account is the recorded one.

        Raises:
            InvalidRequest: The id is no name of a bucket.
            NotFound: It is not there, and nothing is recorded of it.
            InvalidCredentials: It is not there, and the caller is of another account.
        """
        self.check_reference(id_)
        with self._error_context("reading", id_):
            declared = recorded or S3BucketState()
            known = self._known_place(id_, declared)

            def look() -> LiveBucket:
                region = api.find_region(self._aws.s3(known.region), id_, known.account)
                return self._look(Place(id_, region, known.account), declared)

            return self._unless_gone(look, known, recorded, "Check the name.")

    def update(
        self,
        id_: str,
        recorded: S3BucketState,
        desired: S3BucketInputs,
        request: EngineRequest,
    ) -> S3BucketState:
        """Set only the parts of the configuration that changed, one call each (two for tags)."""
        changed = self.diff(id_, recorded, desired, unknown=()).changed
        place = Place(id_, recorded.region, recorded.account_id)
        with self._error_context("updating", id_):
            if set(changed) - _LOCAL_FIELDS:
                try:
                    self._set_parts(place, desired, changed, api.BUSY, request)
                except NotFound as error:
                    error.advice = "Run pulumi refresh; the next update then makes it again."
                    raise
        policy = policy_like(place, desired, recorded.policy)
        return self._declared_state(place, desired).model_copy(update={"policy": policy})

    def delete(self, id_: str, recorded: S3BucketState, request: EngineRequest) -> None:
        """Delete an empty bucket, or with ``force_destroy`` one with all that is in it.

        Raises:
            ResourceConflict: It is not empty; the error counts what is in it, or names what could
                not be deleted.
            InvalidCredentials: It is not there, and the caller is of another account.
        """
        place = Place(id_, recorded.region, recorded.account_id)

        def delete() -> None:
            delete_bucket(
                self._bucket(place),
                empty_first=recorded.force_destroy,
                require_owner=request.require_owner,
            )

        with self._error_context("deleting", id_):
            self._unless_gone(delete, place, recorded)

    def _inputs_from_state(self, id_: str, state: S3BucketState) -> S3BucketInputs:
        return inputs_from_state(state, id_)

    def _configure(self, place: Place, desired: S3BucketInputs, *, is_new: bool) -> LiveBucket:
        """Set all parts of a bucket, then read it until S3 reports them.

        If it never does, what it reports is the state: the next preview shows the difference.

        Args:
            place: The bucket.
            desired: What the program declares.
            is_new: Whether it was created a moment ago, with its tags.
        """
        done = {"tags", "tags_all"} if is_new else set()
        if is_new and not desired.versioning:
            done.add("versioning")
        parts = S3BucketInputs.model_fields.keys() - done
        self._set_parts(place, desired, parts, api.UNSETTLED, EngineRequest())
        declared = self._declared_state(place, desired)
        return look_until(
            lambda live: not self.diff(live.id, live.state, desired, unknown=()),
            lambda: api.when_settled(
                lambda: self._look(place, declared), api.UNSETTLED, self.clock
            ),
            within_s=api.MAX_SETTLING_S,
            clock=self.clock,
        )

    def _set_parts(
        self,
        place: Place,
        desired: S3BucketInputs,
        changed: Collection[str],
        transient: Collection[str],
        request: EngineRequest,
    ) -> None:
        """Set the parts of the configuration that have a *changed* field, the blocks first."""
        bucket, rule = self._bucket(place), encryption_rule(desired.kms_key_arn)
        days = {name for name in S3BucketInputs.model_fields if name.endswith("_days")}
        parts: tuple[tuple[set[str], Callable[[], None]], ...] = (
            ({"public_access_block"}, lambda: api.block_public_access(bucket)),
            ({"object_ownership"}, lambda: api.enforce_ownership(bucket)),
            ({"kms_key_arn", "encryption"}, lambda: api.put_encryption(bucket, rule)),
            ({"versioning"}, lambda: api.put_versioning(bucket, on=desired.versioning)),
            ({*days, "lifecycle"}, lambda: api.put_lifecycle(bucket, lifecycle_rules(desired))),
            ({"tags", "tags_all"}, lambda: api.replace_tags(bucket, desired.effective_tags)),
            (
                {"writer", "prefix", "restrict_to_account", "policy"},
                lambda: api.put_policy(bucket, policy_of(place, desired)),
            ),
        )
        for fields, put in parts:
            if not fields.isdisjoint(changed):
                request.require_owner()
                api.when_settled(put, transient, self.clock)

    def _look(self, place: Place, declared: S3BucketState) -> LiveBucket:
        live = api.find(self._bucket(place))
        effective_tags, owner = split_owner_tag(live.tags)
        state = self._tagged(from_live(live, place, declared), effective_tags, declared)
        return self._live(place.name, state, owner)

    def _declared_state(self, place: Place, desired: S3BucketInputs) -> S3BucketState:
        """Return the state of a bucket that is as the program declares it."""
        where = {"region": place.region, "account_id": place.account}
        state = S3BucketState.from_wire(desired.to_wire()).model_copy(
            update={**where, "policy": policy_of(place, desired)}
        )
        return self._tagged(state, desired.effective_tags, desired)

    def _tagged(
        self, state: S3BucketState, live: Mapping[str, str], declared: Tagged
    ) -> S3BucketState:
        tags, tags_all = self._split_tags(live, declared)
        return state.model_copy(update={"tags": tags, "tags_all": tags_all})

    def _known_place(self, id_: str, recorded: S3BucketState) -> Place:
        """Return what is recorded of where a bucket is; else the defaults of the caller."""
        region = recorded.region or self._aws.default_region() or "us-east-1"
        return Place(id_, region, recorded.account_id or self._aws.account_id(region))

    def _place(self, id_: str, recorded: S3BucketState) -> Place:
        """Return where a bucket is: what the state records, or else what S3 reports."""
        known = self._known_place(id_, recorded)
        if recorded.region and recorded.account_id:
            return known
        region = api.find_region(self._aws.s3(known.region), id_, known.account)
        return Place(id_, region, known.account)

    def _bucket(self, place: Place) -> api.Bucket:
        return api.Bucket(self._aws.s3(place.region), place.name, place.account)


def _with_default_days(
    given: Mapping[str, object], unknown: Collection[Path]
) -> tuple[Mapping[str, object], Collection[Path]]:
    """Fill in the days of the lifecycle; those of old versions are as unknown as versioning is."""
    unknown_fields = {path[0] for path in unknown}
    days: dict[str, object] = {"abortIncompleteMultipartUploadDays": DEFAULT_ABORT_DAYS}
    if "versioning" in unknown_fields and given.get("noncurrentExpirationDays") is None:
        unknown = [*unknown, ("noncurrentExpirationDays",)]
    elif given.get("versioning", True):
        days["noncurrentExpirationDays"] = DEFAULT_NONCURRENT_DAYS
    missing = {
        key: value
        for key, value in days.items()
        if given.get(key) is None and key not in unknown_fields
    }
    return {**given, **missing}, unknown


def _old_versions_without_versioning(given: Mapping[str, object]) -> Iterator[Failure]:
    if given.get("versioning") is False and given.get("noncurrentExpirationDays") is not None:
        yield Failure(
            ("noncurrentExpirationDays",),
            "noncurrent_expiration_days: there are no old versions without versioning; leave it "
            "out, or set versioning to True",
        )
