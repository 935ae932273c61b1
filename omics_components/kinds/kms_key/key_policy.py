"""The key policy that this library writes: composed of a few choices, and read back into them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from omics_components.schema.policy import (
    account_condition,
    canonical_policy,
    canonical_principal,
    items_of,
    policy_document,
    policy_text,
    statements_of,
)

ADMINISTRATION = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:Describe*",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:Get*",
    "kms:List*",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
"""What administrators may do.

Of the actions that the KMS guide gives to key administrators (docs) those that a symmetric key of
one region has, less kms:CreateGrant: with a grant an administrator could use the key.
"""

USE = (
    "kms:Encrypt",
    "kms:Decrypt",
    "kms:ReEncrypt*",
    "kms:GenerateDataKey*",
    "kms:DescribeKey",
)
"""What users may do: the actions that the KMS guide gives to key users (docs)."""

HEALTH_OMICS_USE = (
    "kms:DescribeKey",
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
)
"""What HealthOmics storage needs (docs: the HealthOmics guide, data protection)."""

HEALTH_OMICS = "omics.amazonaws.com"
"""The service principal of HealthOmics (docs)."""


@dataclass(frozen=True)
class Owner:
    """Whose key it is: the account, and the partition that the account is in."""

    partition: str
    account: str

    @property
    def root(self) -> str:
        """ARN of the account, as policies name it."""
        return f"arn:{self.partition}:iam::{self.account}:root"


@dataclass(frozen=True)
class KeyPolicy:
    """Who may do what with a key.

    Args:
        administrators: Principals that may administer the key.
        users: Principals that may encrypt and decrypt with it.
        allow_health_omics: HealthOmics may use it.
        restrict_to_account: HealthOmics may use it only on behalf of the key's own account.
    """

    administrators: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    allow_health_omics: bool = True
    restrict_to_account: bool = True

    def document(self, owner: Owner, *, is_required: bool = False) -> dict[str, object]:
        """Compose the policy.

        The first statement leaves the account in charge, by IAM policies: without it, a key whose
        administrators are gone could not be managed by anyone (docs).

        Args:
            owner: Whose key it is.
            is_required: Compose the earlier form, in which the service must send the account that
                it acts for; else it may not send another one (ADR 23).
        """
        statements = [_allow("AccountAdmin", {"AWS": owner.root}, "kms:*")]
        if self.administrators:
            principal = {"AWS": list(self.administrators)}
            statements.append(_allow("KeyAdministrators", principal, list(ADMINISTRATION)))
        if self.users:
            statements.append(_allow("KeyUsers", {"AWS": list(self.users)}, list(USE)))
        if self.allow_health_omics:
            principal_of_service = {"Service": HEALTH_OMICS}
            service = _allow("HealthOmicsStorage", principal_of_service, list(HEALTH_OMICS_USE))
            if self.restrict_to_account:
                service["Condition"] = account_condition(owner.account, is_required=is_required)
            statements.append(service)
        return {"Version": "2012-10-17", "Statement": statements}

    def text(self, owner: Owner) -> str:
        """Compose the policy as JSON."""
        return policy_text(self.document(owner))

    def text_like(self, document: str, owner: Owner) -> str | None:
        """Compose the policy in the form of a live one; None if that means something else."""
        try:
            live = canonical_policy(document)
        except ValueError:
            return None  # no policy that we can read is none that we wrote
        for is_required in (False, True):
            composed = self.document(owner, is_required=is_required)
            if canonical_policy(composed) == live:
                return policy_text(composed)
        return None

    def matches(self, document: str, owner: Owner) -> bool:
        """Return whether a live policy is this one, in its present or its earlier form."""
        return self.text_like(document, owner) is not None

    @classmethod
    def read_from(cls, document: str, owner: Owner) -> KeyPolicy | None:
        """Read a live policy back; None if it says anything that we would not have written.

        The choices are guessed from the statements, and count only if they compose to a policy of
        the same meaning.
        """
        try:
            statements = [item for _, item in statements_of(policy_document(document))]
        except ValueError:
            return None
        service = [item for item in statements if "Service" in _principals(item)]
        guess = cls(
            administrators=_named_in(statements, ADMINISTRATION),
            users=_named_in(statements, USE),
            allow_health_omics=bool(service),
            restrict_to_account=not service or any("Condition" in item for item in service),
        )
        return guess if guess.matches(document, owner) else None

    def read_back(self, document: str, owner: Owner) -> KeyPolicy | None:
        """Read a live policy in the spelling of this one; None if it is foreign.

        KMS turns an account's number into its root ARN, and a choice without effect is not seen.
        """
        live = KeyPolicy.read_from(document, owner)
        if live is None:
            return None
        return replace(
            live,
            administrators=_spelled_like(self.administrators, live.administrators),
            users=_spelled_like(self.users, live.users),
            restrict_to_account=(
                live.restrict_to_account if live.allow_health_omics else self.restrict_to_account
            ),
        )


def _allow(sid: str, principal: Mapping[str, object], action: object) -> dict[str, object]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal,
        "Action": action,
        "Resource": "*",
    }


def _spelled_like(declared: Iterable[str], live: Iterable[str]) -> tuple[str, ...]:
    spelling = {canonical_principal(name): name for name in declared}
    return tuple(sorted(spelling.get(canonical_principal(name), name) for name in live))


def _named_in(
    statements: Iterable[Mapping[str, object]], actions: Iterable[str]
) -> tuple[str, ...]:
    """Return the AWS principals of the statements that are about *actions*, sorted."""
    wanted = {action.lower() for action in actions}
    names = {
        str(name)
        for statement in statements
        if {str(action).lower() for action in items_of(statement.get("Action"))} == wanted
        for name in items_of(_principals(statement).get("AWS", []))
    }
    return tuple(sorted(names))


def _principals(statement: Mapping[str, object]) -> Mapping[str, object]:
    principal = statement.get("Principal")
    return principal if isinstance(principal, Mapping) else {}
