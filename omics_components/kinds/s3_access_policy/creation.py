"""How the S3 access policy of a store is found again, put in place and resumed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from omics_components.aws import sequence_stores
from omics_components.errors import AlreadyExists, NotFound
from omics_components.kinds.s3_access_policy import api as s3_access_policies
from omics_components.kinds.s3_access_policy.model import S3AccessPolicyInputs, S3AccessPolicyState
from omics_components.lifecycle.handler import EngineRequest, LiveResource
from omics_components.schema.owner_tag import OwnerTag

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

LivePolicy = LiveResource[S3AccessPolicyInputs, S3AccessPolicyState]


@dataclass(frozen=True)
class PolicyCreator:
    """Puts one policy in place.

    Every store has a place for one policy, and the default policy in it; one that no declaration
    has is replaced.

    Args:
        client: Client of the ``omics`` service.
        access_point: ARN of the store's access point.
        store_arn: ARN of the store.
        request: Who declares it.
        put: Puts the declared policy there, with an owner.
        settle: Reads the policy until it is what was put, with its owner.
        declared: Describes a policy that is as the program declares it. No call.
    """

    kind: ClassVar[str] = "S3 access policy"
    find_permissions: ClassVar[str] = "omics:GetS3AccessPolicy"
    creates_in_one_call: ClassVar[bool] = True

    client: OmicsClient
    access_point: str
    store_arn: str
    request: EngineRequest
    put: Callable[[OwnerTag], None]
    settle: Callable[[], LivePolicy]
    declared: Callable[[], LivePolicy]

    def find(
        self, is_wanted: Callable[[OwnerTag], bool], *, fresh: bool
    ) -> Iterator[tuple[str, OwnerTag]]:
        """List the policy in force, if this creation put it there.

        Raises:
            AlreadyExists: Another declaration put it there.
        """
        del fresh  # nothing is listed
        try:
            owner = self.read_owner(self.access_point)
        except NotFound:
            return
        if owner is None:
            return
        if not is_wanted(owner):
            raise AlreadyExists(
                f"another declaration manages the policy of this store ({owner}); it was left as "
                "it is",
                advice="Remove it there first. After a rename, give the resource an alias of its "
                "old name. To take the policy over, use the resource option import_.",
            )
        yield self.access_point, owner

    def read_owner(self, access_point: str) -> OwnerTag | None:
        """Read the owner of the policy in force."""
        return s3_access_policies.find_s3_access_policy(self.client, access_point)[1]

    def write_owner(self, access_point: str, owner: OwnerTag) -> None:
        """Put the declared policy there, with an owner."""
        del access_point
        self.put(owner)

    def create(self, owner: OwnerTag) -> str:
        """Put the declared policy in the place of the one that is there."""
        self.put(owner)
        return self.access_point

    def complete(self, access_point: str, owner: OwnerTag) -> LivePolicy:
        """Read the policy back."""
        del access_point, owner
        return self.settle()

    def holds_data(self, access_point: str) -> bool:  # noqa: ARG002 the protocol's
        """Return False: a policy holds no data."""
        return False

    def is_part_of_managed(self, access_point: str) -> bool:
        """Return whether this state manages the store of the policy.

        A destroy whose store is refused leaves the policy in force and removes it from the state.

        IAM: omics:ListTagsForResource.
        """
        del access_point
        recorded = self.request.recorded_owner(self.store_arn)
        if recorded is None:
            return False
        return recorded.is_same_owner(sequence_stores.read_owner(self.client, self.store_arn))

    def resume(self, access_point: str, owner: OwnerTag) -> LivePolicy | None:
        """Read the policy back; writing the owner has put it there."""
        del access_point, owner
        return self.settle()

    def sketch(self, access_point: str, owner: OwnerTag) -> LivePolicy:
        """Describe a policy by what the program declares."""
        del access_point, owner
        return self.declared()
