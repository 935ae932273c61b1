"""How a bucket is found again, created, resumed and finished."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from omics_components.aws.client import Aws
from omics_components.aws.per_client import PerClient
from omics_components.aws.wait import look_until
from omics_components.errors import (
    AccessDenied,
    AlreadyExists,
    NotFound,
    NotStabilized,
    OwnershipConflict,
    error_context,
)
from omics_components.kinds.s3_bucket import api
from omics_components.kinds.s3_bucket.configuration import Place
from omics_components.kinds.s3_bucket.defaults import derived_name
from omics_components.kinds.s3_bucket.model import S3BucketInputs, S3BucketState
from omics_components.lifecycle.creation import Creator
from omics_components.lifecycle.handler import EngineRequest, LiveResource
from omics_components.schema.owner_tag import OWNER_TAG, OwnerTag

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LiveBucket = LiveResource[S3BucketInputs, S3BucketState]

_MAX_TAG_LAG_S = 30.0
"""How long the tags that a bucket was created with may not be seen (assumed: bucket-tags-lag)."""

_RESERVATIONS: PerClient[Aws, dict[str, str]] = PerClient(dict)
"""Which declaration of this process is creating the bucket of a name."""


@contextmanager
def reserve_name(aws: Aws, request: EngineRequest) -> Iterator[Callable[[str], None]]:
    """Let no other declaration of this process create a bucket of the same name meanwhile.

    Two that look at once both see that there is none, and S3 need not refuse the second creation.
    Afterwards the owner tag on the bucket tells whose it is.

    Args:
        aws: The way into AWS.
        request: Who creates it.

    Returns:
        What reserves a name, and raises AlreadyExists where another declaration has.
    """
    reservations, own = _RESERVATIONS.get(aws), set[str]()

    def reserve(name: str) -> None:
        # One step, so no thread comes between.
        if reservations.setdefault(name, request.identity) != request.identity:
            raise AlreadyExists(
                "another resource of this program makes the bucket of this name",
                advice="Give one of the two another name, or declare the bucket once.",
            )
        own.add(name)

    try:
        yield reserve
    finally:
        for name in own:
            reservations.pop(name, None)


@dataclass(frozen=True)
class BucketCreator(Creator[S3BucketInputs, S3BucketState]):
    """Creates one bucket.

    Args:
        client: Client of the ``s3`` service.
        region: Where it shall be.
        account: Who shall own it.
        reserve: Reserves a name for this creation.
        configure: Sets all parts of a bucket, and reads it until S3 shows them; whether it is new.
        declared: Describes a bucket that is as the program declares it. No call.
    """

    kind = "S3 bucket"
    find_permissions = "s3:GetBucketLocation and s3:GetBucketTagging"

    client: S3Client
    region: str
    account: str
    reserve: Callable[[str], None]
    configure: Callable[[Place, bool], LiveBucket]
    declared: Callable[[Place], LiveBucket]
    _free: list[str] = field(default_factory=list)
    """The name that ``find`` chose, where no bucket has it."""

    def find(
        self, is_wanted: Callable[[OwnerTag], bool], *, max_age_s: float
    ) -> Iterator[tuple[str, OwnerTag]]:
        """Choose a name, and list the bucket of this creation that has it.

        The name is the given one, or the first derived one that no other declaration has. Each must
        be looked for: in us-east-1, S3 would answer 200 for a bucket that is there already.

        Raises:
            AlreadyExists: There is a bucket of the name, and it is not of this declaration.
        """
        del max_age_s  # nothing is listed
        self._free.clear()
        number = 0
        while True:
            name = self.desired.bucket or self._derived_name(number)
            with error_context(f"creating S3 bucket ({name})"):
                seen = self._owner_of(name)
                if seen is None:
                    self._free.append(name)
                    return
                owner, region = seen
                if owner and is_wanted(owner) and not self.request.is_managed_elsewhere(name):
                    yield name, owner
                    return
                if owner is None:
                    raise _taken(
                        f"it is in {region}, and no creation of this library left it there"
                    )
                if owner.is_of(self.request.identity, self.request.former_identity):
                    raise _taken("of this declaration, but created by another role or version")
                if self.desired.bucket:
                    raise _taken(f"its owner tag is {owner}")
            number += 1

    def read_owner(self, name: str) -> OwnerTag | None:
        """Read the owner tag of a bucket."""
        return api.read_owner(self._bucket(name))

    def write_owner(self, name: str, owner: OwnerTag) -> None:
        """Write the owner tag of a bucket."""
        bucket = self._bucket(name)
        api.when_settled(lambda: api.write_owner(bucket, owner), api.UNSETTLED, self.clock)

    def create(self, owner: OwnerTag) -> str:
        """Make the bucket of the name that was free a moment ago."""
        [name] = self._free
        tags = {**self.desired.effective_tags, OWNER_TAG: str(owner)}

        def make() -> None:
            try:
                api.create(self._bucket(name), self.region, tags)
            except AlreadyExists as error:
                # The SDK repeats a call whose answer was lost; the owner tag tells whose it is.
                if error.code != "BucketAlreadyOwnedByYou":
                    raise

        with error_context(f"creating S3 bucket ({name})"):
            api.when_settled(make, api.UNSETTLED, self.clock)
        return name

    def complete(self, name: str, owner: OwnerTag) -> LiveBucket:
        """Configure a new bucket and read it.

        Raises:
            OwnershipConflict: Another process made the bucket at the same time.
            NotStabilized: Nothing shows whose it is: in us-east-1, S3 answers a creation 200 for a
                bucket that the account has already.
        """
        bucket = self._bucket(name)
        with error_context(f"creating S3 bucket ({name})"):
            seen = look_until(
                bool,
                lambda: api.when_settled(lambda: api.read_owner(bucket), api.UNSETTLED, self.clock),
                within_s=_MAX_TAG_LAG_S,
                clock=self.clock,
            )
            if seen is None:
                raise NotStabilized(
                    f"its owner tag does not read back after {_MAX_TAG_LAG_S:g} s, so it may be "
                    "one that someone else made at the same time; it was left as it is",
                    advice=f"If it is this creation's, run omics-components owner take {name}; if "
                    "not, remove it from the state with pulumi state delete.",
                )
            if not owner.is_same_owner(seen):
                raise OwnershipConflict(
                    "another declaration or process made a bucket of this name at the same time, "
                    "and has it",
                    advice="Choose another name.",
                )
            return self.configure(self._place(name), True)

    def holds_data(self, name: str) -> bool:
        """Return whether there are objects in a bucket."""
        return bool(api.count_contents(self._bucket(name), at_most=1).total())

    def resume(self, name: str, owner: OwnerTag) -> LiveBucket | None:
        """Configure an unfinished bucket and read it."""
        del owner  # the tag that was read is compared by the caller
        with error_context(f"creating S3 bucket ({name})"):
            return self.configure(self._place(name), False)

    def sketch(self, name: str, owner: OwnerTag) -> LiveBucket:
        """Describe a bucket by what the program declares."""
        del owner
        return self.declared(self._place(name))

    def _place(self, name: str) -> Place:
        return Place(name, self.region, self.account)

    def _bucket(self, name: str) -> api.Bucket:
        return api.Bucket(self.client, name, self.account)

    def _derived_name(self, number: int) -> str:
        return derived_name(self.request.identity, self.account, self.region, number)

    def _owner_of(self, name: str) -> tuple[OwnerTag | None, str] | None:
        """Read the owner tag and the region of a bucket; None if there is none with the name.

        Raises:
            AlreadyExists: It is someone else's.
        """
        self.reserve(name)
        bucket = self._bucket(name)
        try:
            region = api.find_region(bucket.client, bucket.name)
            owner = api.read_owner(bucket)
        except NotFound:
            return None
        except AccessDenied as error:
            found = "it belongs to another account, or the caller may not look at it"
            raise _taken(found) from error
        return (owner if region == self.region else None), region


def _taken(found: str) -> AlreadyExists:
    return AlreadyExists(
        f"there is a bucket of this name already ({found}); it was left as it is",
        advice="Choose another name, delete that bucket first, or take it over with the resource "
        "option import_. To replace a bucket by one of the same name, use the resource option "
        "delete_before_replace.",
    )
