"""How a KMS key is found again, created, resumed and finished."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from omics_components.aws.per_client import PerClient
from omics_components.aws.tagging import list_tagged
from omics_components.aws.wait import Clock, look_until
from omics_components.errors import AccessDenied, NotFound, error_context
from omics_components.kinds.kms_key import api as kms
from omics_components.kinds.kms_key.model import KmsKeyInputs, KmsKeyState, LiveKey
from omics_components.lifecycle.creation import RecentListing
from omics_components.lifecycle.handler import EngineRequest, LiveResource
from omics_components.schema.arn import KmsKeyArn
from omics_components.schema.owner_tag import OWNER_TAG, OwnerTag

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_resourcegroupstaggingapi import ResourceGroupsTaggingAPIClient

LiveKmsKey = LiveResource[KmsKeyInputs, KmsKeyState]

_MAX_INDEX_PAGES = 2
"""Pages of the index of tags that a creation reads: 200 keys with an owner tag."""

_LISTINGS: PerClient[KMSClient, RecentListing[dict[str, str]]] = PerClient(RecentListing)
"""What the index of tags said last of the keys of each account and region."""


@dataclass(frozen=True)
class KeyCreator:
    """Creates one key.

    Args:
        client: Client of the ``kms`` service.
        tagging: Client of the index of tags.
        desired: What the program declares.
        policy: The key policy, as JSON.
        request: Who declares it.
        clock: Time, for the waiting.
        describe: Joins what KMS reports with what the program declares.
        reconcile: Brings a key in line with what the program declares.
        differs: Returns whether it is not yet what the program declares.
    """

    kind: ClassVar[str] = "KMS key"
    find_permissions: ClassVar[str] = "kms:DescribeKey and tag:GetResources"
    creates_in_one_call: ClassVar[bool] = False

    client: KMSClient
    tagging: ResourceGroupsTaggingAPIClient
    desired: KmsKeyInputs
    policy: str
    request: EngineRequest
    clock: Clock
    describe: Callable[[KmsKeyArn, LiveKey], LiveKmsKey]
    reconcile: Callable[[LiveKmsKey], LiveKmsKey]
    differs: Callable[[LiveKmsKey], bool]

    def find(
        self, is_wanted: Callable[[OwnerTag], bool], *, fresh: bool
    ) -> Iterator[tuple[str, OwnerTag]]:
        """List the key that has the alias, and those that the index of tags knows.

        The index names the values of the tags, so the keys themselves are not asked. At most two
        pages of it are read, however many keys there are. Not found is a key without its alias that
        the index does not show yet, or not among its first 200.

        Raises:
            AlreadyExists: Another key has the alias.
        """
        alias = self.desired.alias
        holder = kms.find_alias_holder(self.client, alias) if alias else None
        if alias and holder and not holder[1]:
            tag = self._tag_of(holder[0])
            if tag is None or not is_wanted(tag) or self.request.is_managed_elsewhere(holder[0]):
                raise kms.alias_taken(alias, holder[0])
            yield holder[0], tag
        indexed = _LISTINGS.get(self.client).get(
            lambda: list_tagged(self.tagging, OWNER_TAG, "kms:key", pages_max=_MAX_INDEX_PAGES),
            fresh=fresh,
        )
        for arn, text in indexed.items():
            found = OwnerTag.parse(text)
            if found is not None and is_wanted(found) and not (holder and arn == holder[0]):
                yield arn, found

    def read_owner(self, arn: str) -> OwnerTag | None:
        """Read the owner tag of a key that is not scheduled for deletion."""
        return kms.read_owner(self.client, arn)

    def write_owner(self, arn: str, owner: OwnerTag) -> None:
        """Write the owner tag of a key."""
        kms.write_owner(self.client, arn, owner)

    def create(self, owner: OwnerTag) -> str:
        """Ask for a key. KMS has no token that would make a repeated call safe."""
        return kms.create_key(
            self.client,
            policy=self.policy,
            description=self.desired.description,
            tags={**self.desired.effective_tags, OWNER_TAG: str(owner)},
            clock=self.clock,
        )

    def complete(self, id_: str, owner: OwnerTag) -> LiveKmsKey:
        """Do what CreateKey cannot: turn the rotation on, and name the key; then read it."""
        del owner  # the tag that was read is compared by the caller
        arn, alias = KmsKeyArn.parse(id_), self.desired.alias
        with error_context(f"creating KMS key ({', '.join(filter(None, (alias, id_)))})"):
            if self.desired.enable_key_rotation:
                days = self.desired.rotation_period_in_days
                kms.when_visible(
                    lambda: kms.enable_key_rotation(self.client, id_, days), self.clock
                )
            if alias:
                kms.when_visible(lambda: kms.create_alias(self.client, id_, alias), self.clock)
            return self._wait_consistent(arn)

    def holds_data(self, arn: str) -> bool:  # noqa: ARG002 the protocol's
        """Return False: KMS does not tell what a key has encrypted."""
        return False

    def is_part_of_managed(self, arn: str) -> bool:  # noqa: ARG002 the protocol's
        """Return False: it stands alone."""
        return False

    def resume(self, arn: str, owner: OwnerTag) -> LiveKmsKey | None:
        """Bring a key in line with what the program declares; None if it is gone."""
        del owner
        with error_context(
            f"creating KMS key ({', '.join(filter(None, (self.desired.alias, arn)))})"
        ):
            try:
                live = kms.when_visible(lambda: kms.find_key(self.client, arn), self.clock)
            except NotFound:
                return None
            return self.reconcile(self.describe(KmsKeyArn.parse(arn), live))

    def sketch(self, arn: str, owner: OwnerTag) -> LiveKmsKey:
        """Describe a key as CreateKey made it."""
        made = LiveKey(
            description=self.desired.description,
            key_state="Enabled",
            creation_date=None,
            policy=self.policy,
            is_rotated=False,
            rotation_period_days=None,
            tags={**self.desired.effective_tags, OWNER_TAG: str(owner)},
            aliases=(self.desired.alias,) if self.desired.alias else (),
        )
        return self.describe(KmsKeyArn.parse(arn), made)

    def _tag_of(self, arn: str) -> OwnerTag | None:
        """Read the owner tag of a key that may be another team's."""
        try:
            return kms.read_owner(self.client, arn)
        except (AccessDenied, NotFound):
            return None

    def _wait_consistent(self, arn: KmsKeyArn) -> LiveKmsKey:
        """Read a new key back once KMS shows what was sent.

        What it shows after a minute counts, for other hands may have touched the key meanwhile.
        """
        within_s = min(kms.LONGEST_LAG_S, self.request.timeouts.create_s)

        def look() -> LiveKmsKey:
            live = kms.when_visible(
                lambda: kms.find_key(self.client, str(arn)), self.clock, within_s=within_s
            )
            return self.describe(arn, live)

        return look_until(
            lambda found: not self.differs(found), look, within_s=within_s, clock=self.clock
        )
