"""Every risk that a report can name, and how grave it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How grave a risk is. A step without a risk is of the level none."""

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
        name: By which reports, documents and tests call it.
        level: How grave it is.
        title: What happens, in a few words.
        when: When exactly, for the documents.
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
        resource: Name of the resource in the program.
        reason: Parts of a sentence; what the preview says, and may hold anything, is ``Code``.
    """

    rule: Rule
    resource: str
    reason: tuple[str | Code, ...]

    @property
    def level(self) -> Level:
        """How grave it is."""
        return self.rule.level

    @property
    def text(self) -> str:
        """The reason without any markup."""
        return "".join(str(part) for part in self.reason)


@dataclass(frozen=True)
class Code:
    """A word of the preview, which is shown as it is and never read as markup."""

    text: str

    def __str__(self) -> str:
        return self.text


RULES: dict[str, Rule] = {}
"""All of them by name, the gravest first."""


def _rule(level: Level, name: str, title: str, when: str) -> Rule:
    rule = RULES[name] = Rule(name, level, title, when)
    return rule


STORE_DELETED = _rule(
    Level.HIGH,
    "store-deleted",
    "Sequence store deleted",
    "A sequence store is deleted. With `force_destroy` recorded all of its read sets go with it; "
    "without, the deletion is refused while there is one.",
)
STORE_REPLACED = _rule(
    Level.HIGH,
    "store-replaced",
    "Sequence store replaced",
    "A sequence store is replaced: the new one is empty, has another id, ARN and S3 URI, and what "
    "the old one holds is not copied.",
)
FORCE_DESTROY_ON = _rule(
    Level.HIGH,
    "force-destroy-on",
    "force_destroy switched on",
    "A sequence store that exists gets `force_destroy`: from then on a deletion or replacement "
    "deletes all of its read sets.",
)
KEY_DELETED = _rule(
    Level.HIGH,
    "key-deleted",
    "Key deletion scheduled",
    "A KMS key is deleted or replaced: after its waiting period nothing that it encrypted can be "
    "read again. A key of this library that still encrypts a store of its region is kept.",
)
BUCKET_EMPTIED = _rule(
    Level.HIGH,
    "bucket-emptied",
    "Bucket deleted with all that is in it",
    "A bucket with `force_destroy` recorded is deleted or replaced.",
)
ENCRYPTION_REMOVED = _rule(
    Level.HIGH,
    "encryption-removed",
    "Own key no longer used",
    "A sequence store or a bucket had a KMS key of yours, and falls back to one of AWS's.",
)
PUBLIC_ACCESS = _rule(
    Level.HIGH,
    "public-access",
    "Everyone let in",
    "A policy newly allows something to everyone, without a condition that only fixed callers "
    "pass; a block of public access is switched off or removed; or an access control list lets "
    "everyone in.",
)
CROSS_ACCOUNT = _rule(
    Level.HIGH,
    "cross-account",
    "Another account let in",
    "A policy newly allows something to a principal of another account than the resource's own, or "
    "to whom an identity provider of another account signs in.",
)
SERVICE_FOR_ANYONE = _rule(
    Level.HIGH,
    "service-for-anyone",
    "Service let in on anyone's behalf",
    "A policy newly allows something to an AWS service without a condition that says for whom, "
    "such as `aws:SourceAccount` (`restrict_to_account=False`).",
)
DENY_REMOVED = _rule(
    Level.HIGH,
    "deny-removed",
    "Refusal removed",
    "A Deny statement of a policy is removed, or refuses less.",
)
CREATED_WITH_FORCE_DESTROY = _rule(
    Level.MEDIUM,
    "created-with-force-destroy",
    "Made with force_destroy",
    "A new or adopted sequence store has `force_destroy`: its deletion will delete all of its read "
    "sets.",
)
BUCKET_DELETED = _rule(
    Level.MEDIUM,
    "bucket-deleted",
    "Bucket deleted",
    "A bucket is deleted or replaced; without `force_destroy` that is refused while anything is in "
    "it.",
)
BUCKET_FORCE_DESTROY_ON = _rule(
    Level.MEDIUM,
    "bucket-force-destroy-on",
    "force_destroy switched on for a bucket",
    "A bucket that exists gets `force_destroy`: from then on its deletion deletes all that is in "
    "it.",
)
KEY_CHANGED = _rule(
    Level.MEDIUM,
    "key-changed",
    "Encrypted with another key",
    "A sequence store or a bucket gets another KMS key. What a bucket holds keeps its old one.",
)
PUBLIC_UNDER_CONDITION = _rule(
    Level.MEDIUM,
    "public-under-condition",
    "Everyone let in under a condition",
    "A policy newly allows something to everyone, with a condition that only fixed callers pass: "
    "accounts, organizations, ARNs of fixed accounts, VPCs, or ranges of addresses that are not "
    "very broad. Whether they are yours is not judged.",
)
UNKNOWN_ACCOUNT = _rule(
    Level.MEDIUM,
    "unknown-account",
    "Perhaps another account let in",
    "A policy newly allows something to a principal of which the preview does not tell whether it "
    "is of the resource's own account. `--own-account` settles it.",
)
POLICY_WIDENED = _rule(
    Level.MEDIUM,
    "policy-widened",
    "Policy widened",
    "The policy of a resource that exists newly allows something, within the account.",
)
POLICY_UNKNOWN = _rule(
    Level.MEDIUM,
    "policy-unknown",
    "Policy not known yet",
    "Only the update will know what a policy says, or whom it names; or it cannot be read.",
)
NOT_JUDGED = _rule(
    Level.MEDIUM,
    "not-judged",
    "Not judged",
    "The properties of a resource cannot be read as what this version knows of its kind.",
)
ACCESS_LOST = _rule(
    Level.MEDIUM,
    "access-lost",
    "S3 access policy removed",
    "A store's S3 access policy is deleted or replaced: without it no one reads through S3, the "
    "owner included.",
)
HEALTH_OMICS_LOCKED_OUT = _rule(
    Level.MEDIUM,
    "health-omics-locked-out",
    "HealthOmics locked out",
    "A key no longer lets HealthOmics in, so that what it encrypts can be neither read nor added.",
)
PROTECTION_REMOVED = _rule(
    Level.MEDIUM,
    "protection-removed",
    "Protection removed",
    "The option `protect` or `retain_on_delete` of a resource is taken away.",
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
    "A bucket no longer keeps what is overwritten or deleted.",
)
KEPT_SHORTER = _rule(
    Level.MEDIUM,
    "kept-shorter",
    "Objects removed sooner",
    "`expiration_days` or `noncurrent_expiration_days` of a bucket that exists is set or lowered.",
)
ROTATION_OFF = _rule(
    Level.MEDIUM,
    "rotation-off",
    "Key rotation switched off",
    "A key is no longer renewed by KMS.",
)
GONE = _rule(
    Level.MEDIUM,
    "gone",
    "Gone from AWS",
    "A refresh finds that a resource is no longer there; an update makes a new one.",
)
LEFT_BEHIND = _rule(
    Level.LOW,
    "left-behind",
    "Left behind in AWS",
    "A resource with `retain_on_delete` leaves the stack, or is replaced: it stays in AWS, and "
    "no one looks after it.",
)
AWS_KEY = _rule(
    Level.LOW,
    "aws-key",
    "Encrypted with a key of AWS",
    "A new sequence store has no KMS key of yours.",
)
ADOPTED = _rule(
    Level.LOW,
    "adopted",
    "Adopted",
    "A resource that exists is taken into the stack, which can then change and delete it.",
)
CHANGED_BY_HAND = _rule(
    Level.LOW,
    "changed-by-hand",
    "Changed outside of the program",
    "A refresh finds that someone changed a resource, and the update changes it again.",
)
POLICY_NARROWED = _rule(
    Level.LOW,
    "policy-narrowed",
    "Policy narrowed",
    "A policy no longer allows something, or refuses more: someone may lose access.",
)
SHORTER_WARNING = _rule(
    Level.LOW,
    "shorter-warning",
    "Less time to rescue a key",
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
    "A sequence store gets another `fallback_location`, or loses it.",
)
PROPAGATED_TAGS_CHANGED = _rule(
    Level.LOW,
    "propagated-tags-changed",
    "Other tags on objects",
    "A sequence store gets other `propagated_set_level_tags`: policies that go by the tags of "
    "objects see the change.",
)


def rules_table() -> str:
    """Write the table of the documents, in Markdown."""
    rows = [f"| {rule.level} | `{rule.name}` | {rule.when} |" for rule in RULES.values()]
    return "\n".join(["| level | risk | when |", "|---|---|---|", *rows])
