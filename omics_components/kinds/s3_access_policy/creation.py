"""How the S3 access policy of a store is found again, put in place and resumed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omics_components.aws import sequence_stores
from omics_components.aws.wait import Clock, look_until, repeat_while
from omics_components.errors import AlreadyExists, NotFound
from omics_components.kinds.s3_access_policy import api
from omics_components.kinds.s3_access_policy.model import (
    S3AccessPolicyInputs,
    S3AccessPolicyState,
    effective_policy,
    means_the_same,
)
from omics_components.lifecycle.creation import Creator
from omics_components.lifecycle.handler import LiveResource
from omics_components.schema.owner_tag import OwnerTag
from omics_components.schema.policy import Document

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

LivePolicy = LiveResource[S3AccessPolicyInputs, S3AccessPolicyState]


_MAX_LAG_S = 5.0
"""How long the policy of before may be shown after a change, in seconds (s; assumed:
policy-lags-after-put)."""


@dataclass(frozen=True)
class PolicyCreator(Creator[S3AccessPolicyInputs, S3AccessPolicyState]):
    """Puts one policy in place.

    Every store has a place for one policy, and the default policy in it; one that no declaration
    has is replaced.

    Args:
        client: Client of the ``omics`` service.
        access_point: ARN of the store's access point.
        store_arn: ARN of the store.
        describe: Joins what AWS reports with what the program declares.
    """

    kind = "S3 access policy"
    find_permissions = "omics:GetS3AccessPolicy"
    creates_in_one_call = True

    client: OmicsClient
    access_point: str
    store_arn: str
    describe: Callable[[S3AccessPolicyState, OwnerTag | None], LivePolicy]

    def find(
        self, is_wanted: Callable[[OwnerTag], bool], *, max_age_s: float
    ) -> Iterator[tuple[str, OwnerTag]]:
        """List the policy in force, if this creation put it there.

        Raises:
            AlreadyExists: Another declaration put it there.
        """
        del max_age_s  # nothing is listed
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
        return api.find(self.client, access_point)[1]

    def write_owner(self, access_point: str, owner: OwnerTag) -> None:
        """Put the declared policy there, with an owner."""
        policy = effective_policy(self.desired, access_point)
        api.put(self.client, access_point, policy, owner, clock=self.clock)

    def create(self, owner: OwnerTag) -> str:
        """Put the declared policy in the place of the one that is there."""
        self.write_owner(self.access_point, owner)
        return self.access_point

    def complete(self, access_point: str, owner: OwnerTag) -> LivePolicy:
        """Read the policy back."""
        del owner  # the one that was read is compared by the caller
        policy = effective_policy(self.desired, access_point)
        return self.describe(*wait_consistent(self.client, access_point, policy, self.clock))

    def is_part_of_managed(self, access_point: str) -> bool:
        """Return whether this state manages the store of the policy.

        A destroy whose store is refused leaves the policy in force and removes it from the state.
        """
        del access_point
        recorded = self.request.recorded_owner(self.store_arn)
        if recorded is None:
            return False
        live = sequence_stores.read_owner(self.client, self.store_arn, self.clock)
        return recorded.is_same_owner(live)

    def resume(self, access_point: str, owner: OwnerTag) -> LivePolicy | None:
        """Read the policy back; writing the owner has put it there."""
        return self.complete(access_point, owner)

    def sketch(self, access_point: str, owner: OwnerTag) -> LivePolicy:
        """Describe a policy by what the program declares."""
        policy = effective_policy(self.desired, access_point)
        return self.describe(S3AccessPolicyState(policy=policy), owner)


def wait_consistent(
    client: OmicsClient, access_point: str, policy: Document, clock: Clock
) -> tuple[S3AccessPolicyState, OwnerTag | None]:
    """Read a policy with its owner once it is what was put; what there is after that counts.

    None at all may be shown at first, where there was none before.
    """

    def look() -> tuple[S3AccessPolicyState, OwnerTag | None]:
        return repeat_while(
            lambda error: isinstance(error, NotFound),
            lambda: api.find(client, access_point),
            within_s=_MAX_LAG_S,
            clock=clock,
        )

    return look_until(
        lambda seen: means_the_same(seen[0].policy, policy),
        look,
        within_s=_MAX_LAG_S,
        clock=clock,
    )
