"""What a change of a bucket means.

Primary identifier: the name. Required: nothing. Create-only: bucket, region. All else is updated
in place. What no program sets (public access blocks, ownership, foreign rules and policies) is part
of the difference, too: it is found by a refresh and put right by the next update.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TypeVar

from omics_components.aws.client import Aws
from omics_components.aws.wait import SYSTEM_CLOCK, Clock, look_until, repeat_while
from omics_components.errors import (
    InvalidRequest,
    NotFound,
    error_context,
)
from omics_components.kinds.s3_bucket import api as s3
from omics_components.kinds.s3_bucket.configuration import (
    Place,
    described,
    encryption_rule,
    inputs_from_state,
    lifecycle_rules,
    policy_of,
)
from omics_components.kinds.s3_bucket.creation import BucketCreator, LiveBucket, reserve_name
from omics_components.kinds.s3_bucket.defaults import (
    DEFAULT_ABORT_DAYS,
    DEFAULT_NONCURRENT_DAYS,
    derived_name,
)
from omics_components.kinds.s3_bucket.deletion import delete_bucket, describe_deletion
from omics_components.kinds.s3_bucket.model import (
    COMPUTED,
    S3BucketInputs,
    S3BucketState,
)
from omics_components.lifecycle.creation import create_or_resume
from omics_components.lifecycle.default_tags import (
    Tagged,
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
from omics_components.schema.base import wire_name
from omics_components.schema.delta import Delta, create_only_values, delta
from omics_components.schema.fields import key_arn_region
from omics_components.schema.owner_tag import OwnerTag, split_owner_tag
from omics_components.schema.validation import Failure, Path, Validation, validate

T = TypeVar("T")

_COMPUTED = frozenset(wire_name(S3BucketInputs, name) for name in COMPUTED)
_LOCAL_FIELDS = frozenset({"bucket", "region", "force_destroy"})
"""Fields that no call sets on a bucket that is there."""

_BUSY = frozenset({"OperationAborted"})
"""What S3 says while another change of the bucket is under way (docs)."""

_UNSETTLED = _BUSY | {s3.NO_BUCKET}
"""What it may say of a bucket that has just been made: not every part has heard of it (docs)."""

_SETTLING_S = 60.0


class S3BucketHandler:
    """Buckets for failed uploads or access logs, for an engine.

    Args:
        aws: The way into AWS.
        clock: Time, for the waiting.
    """

    inputs_type = S3BucketInputs
    state_type = S3BucketState
    kind = "S3 bucket"
    owner_permission = "s3:GetBucketTagging"

    def __init__(self, aws: Aws, clock: Clock = SYSTEM_CLOCK) -> None:
        self._aws = aws
        self._defaults = dict(aws.settings.default_tags)
        self._clock = clock

    def check(
        self,
        old: Mapping[str, object],  # noqa: ARG002 the protocol's
        new: Mapping[str, object],
        unknown: Collection[Path],
    ) -> Validation[S3BucketInputs]:
        """Judge the inputs, fill in defaults and the stack's default tags. No call to AWS."""
        given = {key: value for key, value in new.items() if key not in _COMPUTED}
        given = with_region(self._aws, given, unknown)
        with_days, unknown = _with_default_days(given, unknown)
        validation = validate(
            S3BucketInputs, *with_default_tags(self._defaults, with_days, unknown)
        )
        failures = (
            *attribute_to_default_tags(validation.failures),
            *missing_region(given, unknown),
            *_key_of_another_region(validation.inputs),
            *_old_versions_without_versioning(given),
        )
        return dataclasses.replace(validation, failures=failures)

    def diff(
        self,
        id_: str,
        recorded: S3BucketState,
        desired: S3BucketInputs,
        unknown: Collection[str],
    ) -> Delta:
        """Compare by meaning. A bucket whose name the program does not tell keeps the one it has.

        Policies were compared by meaning when the state was read: one that means what the
        arguments say is none of the state's differences.
        """
        live = inputs_from_state(recorded, id_)
        name = id_ if desired.bucket else None
        same = {"bucket": name, "tags_all": live.effective_tags}
        return delta(
            live.model_copy(update=same),
            desired.model_copy(update={"tags_all": desired.effective_tags}),
            unknown,
        )

    def create(self, desired: S3BucketInputs, request: EngineRequest) -> LiveBucket:
        """Create a bucket of a name that nobody has, configure it and read it back.

        An interrupted creation of the same declaration is resumed.

        Raises:
            AlreadyExists: There is another bucket of this name, or one of this declaration that is
                finished or holds objects. It is never taken over.
            OwnershipConflict: Another process created or resumed it at the same time.
            InitFailed: The bucket is there, but could not be configured.

        IAM: s3:GetBucketLocation, s3:CreateBucket, s3:TagResource, s3:PutBucketPublicAccessBlock,
            s3:PutBucketOwnershipControls, s3:PutEncryptionConfiguration, s3:PutBucketVersioning,
            s3:PutLifecycleConfiguration, s3:PutBucketTagging, s3:PutBucketPolicy, those of
            ``read``, s3:ListBucketVersions (of a bucket whose creation is resumed),
            sts:GetCallerIdentity.
        """
        region = required_region(desired.region)
        with error_context(f"creating S3 bucket ({desired.bucket or 'of a derived name'})"):
            account = self._aws.account_id(region)
            with reserve_name(self._aws, request) as reserve:
                creator = BucketCreator(
                    desired,
                    region,
                    request,
                    lambda number: derived_name(request.identity, account, region, number),
                    _Access(self, desired, region, account, reserve),
                    self._clock,
                )
                return create_or_resume(
                    creator,
                    request,
                    principal=self._aws.principal(region),
                    create_only=create_only_values(desired),
                    clock=self._clock,
                )

    def id_of(self, reference: str, desired: S3BucketInputs) -> str:  # noqa: ARG002 the protocol's
        """Give the name of a bucket that is named by its name or its ARN."""
        return reference.rpartition(":::")[2]

    def read_owner(self, id_: str, recorded: S3BucketState) -> OwnerTag | None:
        """Read the owner tag of a bucket.

        Raises:
            NotFound: There is no such bucket.
            AccessDenied: The caller may not read its tags, or another account owns the bucket.

        IAM: s3:GetBucketTagging.
        """
        return s3.read_owner(self._bucket(self._place(id_, recorded)))

    def write_owner(self, id_: str, recorded: S3BucketState, owner: OwnerTag) -> None:
        """Write the owner tag of a bucket; its other tags stay as they are.

        IAM: s3:GetBucketTagging, s3:PutBucketTagging.
        """
        bucket = self._bucket(self._place(id_, recorded))
        self._wait_consistent(lambda: s3.write_owner(bucket, owner), _BUSY)

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

        IAM: s3:ListBucketVersions, sts:GetCallerIdentity.
        """
        is_kept = "a bucket that is not empty is not deleted"
        is_emptied = "force_destroy deletes all of it"
        place = Place(id_, recorded.region, recorded.account_id)
        with error_context(f"replacing S3 bucket ({id_})"):
            old = describe_contents(
                lambda: describe_deletion(
                    self._bucket(place), force_destroy=recorded.force_destroy
                ),
                otherwise=is_emptied if recorded.force_destroy else is_kept,
                require_same_account=lambda: self._require_same_account(
                    place.account, place.region
                ),
                is_certain=is_certain,
            )
        loss = f"objects do not pass to the new one; {old}"
        warn_replacement(request, f"S3 bucket {id_}", because, loss, is_certain=is_certain)

    def read(self, id_: str, recorded: S3BucketState | None) -> LiveBucket | None:
        """Look at a bucket and all its configuration: eight calls.

        A bucket that is not there is gone only if the caller's account is the recorded one.

        Args:
            id_: The name.
            recorded: The state; None for a look without ownership.

        Raises:
            InvalidRequest: The id is no name of a bucket.
            NotFound: It is not there, and nothing is recorded of it.
            InvalidCredentials: It is not there, and the caller is of another account.

        IAM: s3:GetBucketLocation, s3:GetBucketPublicAccessBlock, s3:GetBucketOwnershipControls,
            s3:GetEncryptionConfiguration, s3:GetBucketVersioning, s3:GetLifecycleConfiguration,
            s3:GetBucketPolicy, s3:GetBucketTagging, sts:GetCallerIdentity.
        """
        if not re.fullmatch("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", id_):
            raise InvalidRequest(
                f"{id_!r} is not the name of a bucket", advice="Give the bucket's name."
            )
        with error_context(f"reading S3 bucket ({id_})"):
            said = recorded or S3BucketState()
            known = said.region or self._aws.default_region() or "us-east-1"
            account = said.account_id or self._aws.account_id(known)
            try:
                region = s3.find_region(self._aws.s3(known), id_, account)
                place = Place(id_, region, account)
                state, owner = self._look(self._bucket(place), place, said)
            except NotFound as error:
                self._require_same_account(account, known)
                if recorded is None:
                    error.advice = "Check the name."
                    raise
                return None
        return LiveResource(id_, state, inputs_from_state(state, id_), owner)

    def update(
        self,
        id_: str,
        recorded: S3BucketState,
        desired: S3BucketInputs,
        request: EngineRequest,  # noqa: ARG002 the protocol's
    ) -> S3BucketState:
        """Set only the parts of the configuration that changed, one call each (two for tags).

        IAM: s3:GetBucketTagging (the owner tag), and those of the parts, as for ``create``.
        """
        changed = self.diff(id_, recorded, desired, unknown=()).changed
        place = Place(id_, recorded.region, recorded.account_id)
        with error_context(f"updating S3 bucket ({id_})"):
            if set(changed) - _LOCAL_FIELDS:
                try:
                    self._set_parts(self._bucket(place), place, desired, changed, _BUSY)
                except NotFound as error:
                    error.advice = "Run pulumi refresh; the next update then makes it again."
                    raise
        return self._said(place, desired)

    def delete(self, id_: str, recorded: S3BucketState, request: EngineRequest) -> None:  # noqa: ARG002 the protocol's
        """Delete an empty bucket, or with ``force_destroy`` one with all that is in it.

        Raises:
            ResourceConflict: It is not empty; the error counts what is in it, or names what could
                not be deleted.
            InvalidCredentials: It is not there, and the caller is of another account.

        IAM: s3:GetBucketTagging (the owner tag), s3:DeleteBucket, s3:ListBucketVersions,
            sts:GetCallerIdentity; with force_destroy
            s3:DeleteBucketPolicy, s3:DeleteObject, s3:DeleteObjectVersion,
            s3:ListBucketMultipartUploads, s3:AbortMultipartUpload.
        """
        place = Place(id_, recorded.region, recorded.account_id)
        with error_context(f"deleting S3 bucket ({id_})"):
            bucket = self._bucket(place)
            try:
                delete_bucket(bucket, empty_first=recorded.force_destroy)
            except NotFound:
                self._require_same_account(place.account, place.region)

    def configure(self, place: Place, desired: S3BucketInputs, *, is_new: bool) -> LiveBucket:
        """Set all parts of a bucket, then read it until S3 tells them back.

        If it never does, what it tells is the state: the next preview shows the difference.

        Args:
            place: The bucket.
            desired: What the program declares.
            is_new: Whether it was created a moment ago, with its tags.
        """
        done = {"tags", "tags_all"} if is_new else set()
        if is_new and not desired.versioning:
            done.add("versioning")
        parts = S3BucketInputs.model_fields.keys() - done
        self._set_parts(self._bucket(place), place, desired, parts, _UNSETTLED)
        said = self._said(place, desired)
        state, owner = look_until(
            lambda seen: not self.diff(place.name, seen[0], desired, unknown=()),
            lambda: self._wait_consistent(
                lambda: self._look(self._bucket(place), place, said), _UNSETTLED
            ),
            within_s=_SETTLING_S,
            clock=self._clock,
        )
        return LiveResource(place.name, state, inputs_from_state(state, place.name), owner)

    def _set_parts(
        self,
        bucket: s3.Bucket,
        place: Place,
        desired: S3BucketInputs,
        changed: Collection[str],
        passing: Collection[str],
    ) -> None:
        """Set the parts of the configuration that have a *changed* field, the blocks first."""
        rule = encryption_rule(desired.kms_key_arn)
        days = {name for name in S3BucketInputs.model_fields if name.endswith("_days")}
        parts: tuple[tuple[set[str], Callable[[], None]], ...] = (
            ({"public_access_block"}, lambda: s3.block_public_access(bucket)),
            ({"object_ownership"}, lambda: s3.enforce_ownership(bucket)),
            ({"kms_key_arn", "encryption"}, lambda: s3.put_encryption(bucket, rule)),
            ({"versioning"}, lambda: s3.put_versioning(bucket, on=desired.versioning)),
            ({*days, "lifecycle"}, lambda: s3.put_lifecycle(bucket, lifecycle_rules(desired))),
            ({"tags", "tags_all"}, lambda: s3.replace_tags(bucket, desired.effective_tags)),
            (
                {"writer", "prefix", "restrict_to_account", "policy"},
                lambda: s3.put_policy(bucket, policy_of(place, desired)),
            ),
        )
        for fields, put in parts:
            if not fields.isdisjoint(changed):
                self._wait_consistent(put, passing)

    def _look(
        self, bucket: s3.Bucket, place: Place, said: S3BucketState
    ) -> tuple[S3BucketState, OwnerTag | None]:
        live = s3.find_configuration(bucket)
        tags, owner = split_owner_tag(live.tags)
        return self._tagged(described(live, place, said), tags, said), owner

    def _said(self, place: Place, desired: S3BucketInputs) -> S3BucketState:
        """Give the state of a bucket that is as the program says."""
        state = S3BucketState.from_wire(desired.to_wire()).model_copy(
            update={
                "region": place.region,
                "account_id": place.account,
                "policy": policy_of(place, desired),
            }
        )
        return self._tagged(state, desired.effective_tags, desired)

    def _tagged(self, state: S3BucketState, live: Mapping[str, str], said: Tagged) -> S3BucketState:
        own = own_tags(self._defaults, live, said)
        everything = dict(sorted(live.items())) if self._defaults else None
        return state.model_copy(update={"tags": own or None, "tags_all": everything})

    def _wait_consistent(self, call: Callable[[], T], passing: Collection[str]) -> T:
        """Repeat a call while its error is one that passes, for a minute.

        (assumed: bucket-aborted-operations)
        """
        return repeat_while(
            lambda error: error.code in passing, call, within_s=_SETTLING_S, clock=self._clock
        )

    def _place(self, id_: str, recorded: S3BucketState) -> Place:
        """Locate a bucket: what states record of it, or else what S3 says."""
        region = recorded.region or self._aws.default_region() or "us-east-1"
        account = recorded.account_id or self._aws.account_id(region)
        if not recorded.region or not recorded.account_id:
            region = s3.find_region(self._aws.s3(region), id_, account)
        return Place(id_, region, account)

    def _bucket(self, place: Place) -> s3.Bucket:
        return s3.Bucket(self._aws.s3(place.region), place.name, place.account)

    def _require_same_account(self, account: str, region: str) -> None:
        require_same_account(self._aws, account=account, region=region, what="the bucket")


@dataclasses.dataclass(frozen=True)
class _Access:
    """What the creation of one bucket needs of the handler.

    Args:
        handler: The handler.
        desired: What the program declares.
        region: Where the bucket shall be.
        account: Who shall own it.
        reserve: Reserves a name in this process.
    """

    handler: S3BucketHandler
    desired: S3BucketInputs
    region: str
    account: str
    reserve: Callable[[str], None]

    def open(self, name: str) -> s3.Bucket:
        """Return the way to a bucket of a name, which is reserved for this creation."""
        self.reserve(name)
        return self.handler._bucket(self._place(name))  # noqa: SLF001 a part of it

    def configure(self, name: str, *, is_new: bool) -> LiveBucket:
        """Set all parts of a bucket, and read it until S3 shows them."""
        return self.handler.configure(self._place(name), self.desired, is_new=is_new)

    def declared(self, name: str) -> LiveBucket:
        """Describe a bucket that is as the program declares it. No call."""
        state = self.handler._said(self._place(name), self.desired)  # noqa: SLF001 a part of it
        return LiveResource(name, state, inputs_from_state(state, name))

    def when_settled(self, call: Callable[[], object]) -> object:
        """Repeat a call that S3 refuses because a bucket is new or busy."""
        return self.handler._wait_consistent(call, _UNSETTLED)  # noqa: SLF001 a part of it

    def _place(self, name: str) -> Place:
        return Place(name, self.region, self.account)


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


def _key_of_another_region(inputs: S3BucketInputs) -> Iterator[Failure]:
    """A key encrypts in its own region only (docs: the key must be in the bucket's region)."""
    key_arn = inputs.kms_key_arn
    if key_arn and inputs.region and key_arn_region(key_arn) != inputs.region:
        yield Failure(
            ("kmsKeyArn",),
            f"kms_key_arn: must be a key in the bucket's region {inputs.region}, not in "
            f"{key_arn_region(key_arn)}: {key_arn!r}",
        )


def _old_versions_without_versioning(given: Mapping[str, object]) -> Iterator[Failure]:
    if given.get("versioning") is False and given.get("noncurrentExpirationDays") is not None:
        yield Failure(
            ("noncurrentExpirationDays",),
            "noncurrent_expiration_days: there are no old versions without versioning; leave it "
            "out, or set versioning to True",
        )
