"""How a KMS key is found again, created, resumed and finished."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omics_components.aws.per_client import PerClient
from omics_components.aws.shared_listing import SharedListing
from omics_components.aws.tagging import list_tagged
from omics_components.aws.wait import look_until
from omics_components.errors import AccessDenied, NotFound, NotStabilized, error_context
from omics_components.kinds.kms_key import api
from omics_components.kinds.kms_key.model import KmsKeyInputs, KmsKeyState, LiveKey
from omics_components.lifecycle.creation import Creator
from omics_components.lifecycle.handler import LiveResource
from omics_components.schema.arn import KmsKeyArn
from omics_components.schema.owner_tag import OWNER_TAG, OwnerTag

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_resourcegroupstaggingapi import ResourceGroupsTaggingAPIClient

LiveKmsKey = LiveResource[KmsKeyInputs, KmsKeyState]

_MAX_INDEX_PAGES = 2
"""Pages of the index of tags that a creation reads: 200 keys with an owner tag."""

_LISTINGS: PerClient[KMSClient, SharedListing[dict[str, str]]] = PerClient(SharedListing)
"""The last answer of the index of tags on the keys of each account and region."""


@dataclass(frozen=True)
class KeyCreator(Creator[KmsKeyInputs, KmsKeyState]):
    """Creates one key.

    Args:
        client: Client of the ``kms`` service.
        tagging: Client of the index of tags.
        policy: The key policy, as JSON.
        describe: Joins what KMS reports with what the program declares.
        reconcile: Brings a key in line with what the program declares.
        differs: Returns whether it is not yet what the program declares.
    """

    kind = "KMS key"
    find_permissions = "kms:DescribeKey and tag:GetResources"

    client: KMSClient
    tagging: ResourceGroupsTaggingAPIClient
    policy: str
    describe: Callable[[KmsKeyArn, LiveKey], LiveKmsKey]
    reconcile: Callable[[LiveKmsKey], LiveKmsKey | None]
    differs: Callable[[LiveKmsKey], bool]

    def find(
        self, is_wanted: Callable[[OwnerTag], bool], *, max_age_s: float
    ) -> Iterator[tuple[str, OwnerTag]]:
        """List the key that has the alias, and those that the index of tags knows.

        The index names the values of the tags, so the keys themselves are not asked. At most two
        pages of it are read, however many keys there are. Not found is a key without its alias that
        the index does not show yet, or not among its first 200.

        Raises:
            AlreadyExists: Another key has the alias.
        """
        alias = self.desired.alias
        holder = api.find_alias_holder(self.client, alias) if alias else None
        if alias and holder and not holder[1]:
            tag = self._tag_of(holder[0])
            if tag is None or not is_wanted(tag) or self.request.is_managed_elsewhere(holder[0]):
                raise api.alias_taken(alias, holder[0])
            yield holder[0], tag
        indexed = _LISTINGS.get(self.client).get(
            lambda: list_tagged(self.tagging, OWNER_TAG, "kms:key", pages_max=_MAX_INDEX_PAGES),
            max_age_s=max_age_s,
        )
        for arn, text in indexed.items():
            found = OwnerTag.parse(text)
            if found is not None and is_wanted(found) and not (holder and arn == holder[0]):
                yield arn, found

    def read_owner(self, arn: str) -> OwnerTag | None:
        """Read the owner tag of a key that is not scheduled for deletion."""
        return api.read_owner(self.client, arn, self.clock)

    def write_owner(self, arn: str, owner: OwnerTag) -> None:
        """Write the owner tag of a key."""
        api.write_owner(self.client, arn, owner)

    def create(self, owner: OwnerTag) -> str:
        """Ask for a key. KMS has no token that would make a repeated call safe."""
        return api.create(
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
                api.when_visible(lambda: api.enable_rotation(self.client, id_, days), self.clock)
            if alias:
                api.when_visible(lambda: api.create_alias(self.client, id_, alias), self.clock)
            return self._wait_consistent(arn)

    def resume(self, arn: str, owner: OwnerTag) -> LiveKmsKey | None:
        """Bring a key in line with what the program declares; None if it is gone."""
        del owner
        with error_context(
            f"creating KMS key ({', '.join(filter(None, (self.desired.alias, arn)))})"
        ):
            try:
                live = api.when_visible(lambda: api.find(self.client, arn, self.clock), self.clock)
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
            return api.read_owner(self.client, arn, self.clock, within_s=0)
        except (AccessDenied, NotFound, NotStabilized):
            return None

    def _wait_consistent(self, arn: KmsKeyArn) -> LiveKmsKey:
        """Read a new key back once KMS shows what was sent.

        What it shows after a minute counts, for other hands may have touched the key meanwhile.
        """
        within_s = min(api.MAX_LAG_S, self.request.timeouts.create_s)

        def look() -> LiveKmsKey:
            live = api.when_visible(
                lambda: api.find(self.client, str(arn), self.clock), self.clock, within_s=within_s
            )
            return self.describe(arn, live)

        return look_until(
            lambda found: not self.differs(found), look, within_s=within_s, clock=self.clock
        )
