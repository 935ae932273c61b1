"""The risks that a report can name, with their levels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """The level of a risk. A step without a risk has the level none."""

    NONE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Rule:
    """One kind of risk.

    Args:
        name: Its identifier in documents and tests.
        level: Its level.
        title: What happens, in a few words.
        when: The exact condition, for the documents.
    """

    name: str
    level: Level
    title: str
    when: str


@dataclass(frozen=True)
class Risk:
    """A risk of one step.

    Args:
        rule: Its kind.
        resource: Name of the resource in the program; "" for a risk of the file itself.
        reason: Parts of a sentence; text from the preview, which may be anything, is ``Code``.
    """

    rule: Rule
    resource: str
    reason: tuple[str | Code, ...]

    @property
    def level(self) -> Level:
        """Its level."""
        return self.rule.level

    @property
    def text(self) -> str:
        """The reason without any markup."""
        return "".join(str(part) for part in self.reason)


@dataclass(frozen=True)
class Code:
    """Text from the preview, which is shown literally and never read as markup."""

    text: str

    def __str__(self) -> str:
        return self.text


RULES: dict[str, Rule] = {}
"""All rules by name, the highest level first."""


def _rule(level: Level, name: str, title: str, when: str) -> Rule:
    rule = RULES[name] = Rule(name, level, title, when)
    return rule


STORE_DELETED = _rule(
    Level.HIGH,
    "store-deleted",
    "Sequence store deleted",
    "A sequence store is deleted. With `force_destroy` in the state, all of its read sets are "
    "deleted; without it, the store is not deleted while it holds any.",
)
STORE_REPLACED = _rule(
    Level.HIGH,
    "store-replaced",
    "Sequence store replaced",
    "A sequence store is replaced: the new one is empty and has another ID, ARN and S3 URI; the "
    "read sets of the old one are not copied.",
)
FORCE_DESTROY_ON = _rule(
    Level.HIGH,
    "force-destroy-on",
    "force_destroy switched on",
    "An existing sequence store gets `force_destroy`: deleting or replacing it then deletes all of "
    "its read sets.",
)
KEY_DELETED = _rule(
    Level.HIGH,
    "key-deleted",
    "Key deletion scheduled",
    "A KMS key is deleted or replaced: after its waiting period, data that it encrypts can never "
    "be "
    "read again. A key that still encrypts a store of its Region is not deleted.",
)
BUCKET_EMPTIED = _rule(
    Level.HIGH,
    "bucket-emptied",
    "Bucket deleted with its objects",
    "A bucket with `force_destroy` in the state is deleted or replaced.",
)
ENCRYPTION_REMOVED = _rule(
    Level.HIGH,
    "encryption-removed",
    "Own key no longer used",
    "A sequence store or a bucket had a KMS key of yours and falls back to a key that AWS owns.",
)
PUBLIC_ACCESS = _rule(
    Level.HIGH,
    "public-access",
    "Public access",
    "A policy newly allows something to everyone, without a condition that only fixed callers "
    "pass.",
)
CROSS_ACCOUNT = _rule(
    Level.HIGH,
    "cross-account",
    "Cross-account access",
    "A policy newly allows something to a principal of another account, or to users of an identity "
    "provider of another account.",
)
SERVICE_FOR_ANYONE = _rule(
    Level.HIGH,
    "service-for-anyone",
    "Service access for any account",
    "A policy newly allows something to an AWS service without a condition on the account that it "
    "acts for, such as `aws:SourceAccount` (`restrict_to_account=False`).",
)
DENY_REMOVED = _rule(
    Level.HIGH,
    "deny-removed",
    "Deny removed",
    "A Deny statement of a policy is removed or denies less.",
)
CREATED_WITH_FORCE_DESTROY = _rule(
    Level.MEDIUM,
    "created-with-force-destroy",
    "Created with force_destroy",
    "A new or adopted sequence store has `force_destroy`: deleting it deletes all of its read "
    "sets.",
)
BUCKET_DELETED = _rule(
    Level.MEDIUM,
    "bucket-deleted",
    "Bucket deleted",
    "A bucket is deleted or replaced; without `force_destroy` in the state it is not deleted while "
    "it holds objects.",
)
BUCKET_FORCE_DESTROY_ON = _rule(
    Level.MEDIUM,
    "bucket-force-destroy-on",
    "force_destroy switched on for a bucket",
    "An existing bucket gets `force_destroy`: deleting it then deletes all objects in it.",
)
KEY_CHANGED = _rule(
    Level.MEDIUM,
    "key-changed",
    "Encrypted with another key",
    "A sequence store or a bucket gets another KMS key. Existing objects of a bucket keep the "
    "old one.",
)
PUBLIC_UNDER_CONDITION = _rule(
    Level.MEDIUM,
    "public-under-condition",
    "Public access under a condition",
    "A policy newly allows something to everyone, with a condition that only fixed callers pass: "
    "accounts, organizations, ARNs of fixed accounts, VPCs, or ranges of addresses that are not "
    "very broad. Whether they are yours is not checked.",
)
UNKNOWN_ACCOUNT = _rule(
    Level.MEDIUM,
    "unknown-account",
    "Possible cross-account access",
    "A policy newly allows something to a principal whose account is not known to be yours or "
    "foreign. `--own-account` settles it.",
)
POLICY_WIDENED = _rule(
    Level.MEDIUM,
    "policy-widened",
    "Policy widened",
    "A policy of an existing resource newly allows something, within your accounts.",
)
POLICY_UNKNOWN = _rule(
    Level.MEDIUM,
    "policy-unknown",
    "Policy not known",
    "A policy, or a principal that it names, is secret, not known before the update, or "
    "unreadable.",
)
NOT_JUDGED = _rule(
    Level.MEDIUM,
    "not-judged",
    "Not judged",
    "This version cannot read the properties of a resource of this library, or the configuration "
    "of "
    "its provider changes.",
)
STEPS_NOT_LISTED = _rule(
    Level.MEDIUM,
    "steps-not-listed",
    "Steps not listed",
    "The file lists fewer steps than the preview has, because it was made without `--show-sames` "
    "or `--show-replacement-steps`: a removed `retain_on_delete`, or a deletion that an "
    "interrupted "
    "replacement left over, may be missing.",
)
ACCESS_LOST = _rule(
    Level.MEDIUM,
    "access-lost",
    "S3 access policy removed",
    "The S3 access policy of a store is deleted or replaced: without it, no one can read through "
    "S3, not even the owner.",
)
HEALTH_OMICS_LOCKED_OUT = _rule(
    Level.MEDIUM,
    "health-omics-locked-out",
    "HealthOmics locked out",
    "A key no longer lets HealthOmics use it: stores that it encrypts can be neither read nor "
    "written.",
)
PROTECTION_REMOVED = _rule(
    Level.MEDIUM,
    "protection-removed",
    "Protection removed",
    "The option `protect` or `retain_on_delete` of a resource is removed.",
)
LOGS_REMOVED = _rule(
    Level.MEDIUM,
    "logs-removed",
    "Access no longer logged",
    "A sequence store loses its `access_log_location`.",
)
VERSIONING_OFF = _rule(
    Level.MEDIUM,
    "versioning-off",
    "Versioning switched off",
    "A bucket no longer keeps objects that are overwritten or deleted.",
)
KEPT_SHORTER = _rule(
    Level.MEDIUM,
    "kept-shorter",
    "Objects removed sooner",
    "`expiration_days` or `noncurrent_expiration_days` of an existing bucket is set or lowered.",
)
ROTATION_OFF = _rule(
    Level.MEDIUM,
    "rotation-off",
    "Key rotation switched off",
    "KMS no longer rotates the key material.",
)
GONE = _rule(
    Level.MEDIUM,
    "gone",
    "Gone from AWS",
    "A refresh finds that a resource no longer exists; an update creates a new one.",
)
STEPS_PERHAPS_NOT_LISTED = _rule(
    Level.LOW,
    "steps-perhaps-not-listed",
    "Steps perhaps not listed",
    "Nothing is replaced, and the file is not a stream of events: it does not show whether it was "
    "made with `--show-replacement-steps`, without which deletions that an interrupted replacement "
    "left over are missing.",
)
LEFT_BEHIND = _rule(
    Level.LOW,
    "left-behind",
    "Left behind in AWS",
    "A resource with `retain_on_delete` leaves the stack or is replaced: it stays in AWS, managed "
    "by no stack.",
)
AWS_KEY = _rule(
    Level.LOW,
    "aws-key",
    "Encrypted with a key that AWS owns",
    "A new sequence store has no KMS key of yours.",
)
ADOPTED = _rule(
    Level.LOW,
    "adopted",
    "Adopted",
    "An existing resource is adopted into the stack, which can then change and delete it.",
)
CHANGED_BY_HAND = _rule(
    Level.LOW,
    "changed-by-hand",
    "Changed outside of the program",
    "A refresh finds that a resource was changed, and the update changes it again.",
)
POLICY_NARROWED = _rule(
    Level.LOW,
    "policy-narrowed",
    "Policy narrowed",
    "A policy no longer allows something or denies more: a principal may lose access.",
)
SHORTER_WARNING = _rule(
    Level.LOW,
    "shorter-warning",
    "Shorter deletion window",
    "`deletion_window_in_days` of a key is lowered.",
)
ROTATED_LESS = _rule(
    Level.LOW,
    "rotated-less",
    "Key rotated less often",
    "`rotation_period_in_days` of a key is raised.",
)
LOGS_MOVED = _rule(
    Level.LOW,
    "logs-moved",
    "Access logged elsewhere",
    "A sequence store gets another `access_log_location`.",
)
UPLOADS_MOVED = _rule(
    Level.LOW,
    "uploads-moved",
    "Failed uploads elsewhere",
    "A sequence store gets another `fallback_location` or loses it.",
)
PROPAGATED_TAGS_CHANGED = _rule(
    Level.LOW,
    "propagated-tags-changed",
    "Other tags on objects",
    "A sequence store gets other `propagated_set_level_tags`: policies with conditions on object "
    "tags see the change.",
)


def rules_table() -> str:
    """Return the table of all rules in Markdown, for the documents."""
    rows = [f"| {rule.level} | `{rule.name}` | {rule.when} |" for rule in RULES.values()]
    return "\n".join(["| level | risk | when |", "|---|---|---|", *rows])
