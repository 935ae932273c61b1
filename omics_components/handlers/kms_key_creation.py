"""How a KMS key comes to be: found again, or made, then finished and read back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from omics_components.api import kms
from omics_components.api.per_client import PerClient
from omics_components.api.tagging import list_tagged
from omics_components.api.wait import Clock, look_until
from omics_components.errors import (
    AccessDenied,
    Incomplete,
    NetworkFailure,
    NotFound,
    OmicsComponentsError,
    ServiceInternalError,
    doing,
)
from omics_components.handlers.base import Found, Origin
from omics_components.handlers.creation import GenerationOf, Leftovers, require_young
from omics_components.models.arn import KmsKeyArn
from omics_components.models.kms_key import KmsKeyInputs, KmsKeyState, LiveKey
from omics_components.models.ownership import OWNER_TAG, Claim, without_owner

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_resourcegroupstaggingapi import ResourceGroupsTaggingAPIClient

KeyFound = Found[KmsKeyInputs, KmsKeyState]

LEFTOVERS: PerClient[KMSClient, Leftovers[tuple[str, ...]]] = PerClient(Leftovers)
"""What was seen of the keys of each account and region."""

_MOST_KEYS_LOOKED_AT = 100


@dataclass(frozen=True)
class KeyMaker:
    """Makes one key.

    Args:
        client: Client of the ``kms`` service.
        tagging: Client of the index of tags.
        desired: What the program says.
        policy: The key policy, as JSON.
        origin: Who declares it.
        clock: Time, for the waiting.
        describe: Joins what KMS reports with what the program says.
        align: Brings a key in line with what the program says.
        differs: Says whether it is not yet what the program says.
    """

    client: KMSClient
    tagging: ResourceGroupsTaggingAPIClient
    desired: KmsKeyInputs
    policy: str
    origin: Origin
    clock: Clock
    describe: Callable[[KmsKeyArn, LiveKey], KeyFound]
    align: Callable[[KeyFound], KeyFound]
    differs: Callable[[KeyFound], bool]

    def find_leftover(self, generation_of: GenerationOf) -> tuple[str, int] | None:
        """Find the key that an interrupted creation left: by its alias, by tag, or by a look.

        The index of tags lags behind, so in accounts with few keys those are looked at, too.

        Raises:
            AlreadyExists: Another key has the alias.
        """
        alias = self.desired.alias
        leftovers = LEFTOVERS.of(self.client)
        listed = leftovers.look(
            lambda: (
                *list_tagged(self.tagging, OWNER_TAG, "kms:key"),
                *kms.list_keys(self.client, at_most=_MOST_KEYS_LOOKED_AT),
            )
        )
        holder = kms.find_alias_holder(self.client, alias) if alias else None
        candidates = (holder[0], *listed) if holder else listed
        leftover = leftovers.claimed(
            generation_of, candidates, self._claim, self.origin.is_of_another
        )
        if leftover is None and alias and holder and not holder[1]:
            raise kms.alias_taken(alias, holder[0])
        return leftover

    def make(self, claim: Claim) -> KeyFound | None:
        """Make a key."""
        tags = {**self.desired.live_tags, OWNER_TAG: str(claim)}
        try:
            text = kms.create_key(
                self.client,
                policy=self.policy,
                description=self.desired.description,
                tags=tags,
                clock=self.clock,
            )
        except (NetworkFailure, ServiceInternalError):
            # KMS has no token that would make a repeated call safe: it may have made the key.
            LEFTOVERS.of(self.client).forget()
            leftover = self.find_leftover(lambda found: 0 if found == claim else None)
            if leftover is None:
                raise
            live = kms.when_visible(lambda: kms.find_key(self.client, leftover[0]), self.clock)
            return self._gone_on_with(leftover[0], live, claim)
        arn = KmsKeyArn.parse(text)
        try:
            with doing(f"creating KMS key ({', '.join(filter(None, (self.desired.alias, text)))})"):
                self._finish(arn)
                return self._settled(arn)
        except OmicsComponentsError as error:
            made = LiveKey(
                description=self.desired.description,
                key_state="Enabled",
                creation_date=None,
                policy=self.policy,
                is_rotated=False,
                rotation_period_days=None,
                tags=tags,
                aliases=(self.desired.alias,) if self.desired.alias else (),
            )
            raise Incomplete(self.describe(arn, made), error) from error

    def resume(self, id_: str, claim: Claim) -> KeyFound | None:
        """Go on with an interrupted creation; None if the key is dying, or another's by now."""
        try:
            live = kms.find_key(self.client, id_)
        except NotFound:
            return None
        return self._gone_on_with(id_, live, claim)

    def _gone_on_with(self, id_: str, live: LiveKey, claim: Claim) -> KeyFound | None:
        """Bring a key that was made before in line with what the program says.

        None if another declaration took it over since its claim was read.
        """
        found = self.describe(KmsKeyArn.parse(id_), live)
        if found.claim not in (claim, None):
            return None
        if live.creation_date:
            created = datetime.fromisoformat(live.creation_date)
            now = datetime.now(UTC)
            require_young("a KMS key", id_, created, now, for_another="the resource's name")
        self.origin.say(f"going on with KMS key {id_}, which this declaration made before")
        try:
            return self.align(found)
        except OmicsComponentsError as error:
            raise Incomplete(found, error) from error

    def _claim(self, arn: str) -> Claim | None:
        try:
            return without_owner(kms.list_tags(self.client, arn))[1]
        except (AccessDenied, NotFound):
            return None  # AWS's own keys, and what is deleted since it was listed

    def _finish(self, arn: KmsKeyArn) -> None:
        """Do what CreateKey cannot: turn the rotation on, and name the key."""
        alias = self.desired.alias
        if self.desired.enable_key_rotation:
            days = self.desired.rotation_period_in_days
            kms.when_visible(
                lambda: kms.enable_key_rotation(self.client, str(arn), days), self.clock
            )
        if alias:
            kms.when_visible(lambda: kms.create_alias(self.client, str(arn), alias), self.clock)

    def _settled(self, arn: KmsKeyArn) -> KeyFound:
        """Read a new key back once KMS shows what was sent.

        What it shows after a minute counts, for other hands may have touched the key meanwhile.
        """
        within_s = min(kms.LONGEST_LAG_S, self.origin.timeouts.create_s)

        def look() -> KeyFound:
            live = kms.when_visible(
                lambda: kms.find_key(self.client, str(arn)), self.clock, within_s=within_s
            )
            return self.describe(arn, live)

        return look_until(
            lambda found: not self.differs(found), look, within_s=within_s, clock=self.clock
        )
