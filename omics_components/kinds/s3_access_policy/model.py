"""The S3 access policy of a sequence store: who may read its objects through its access point.

Source, unless a comment says otherwise: the HealthOmics user guide, "Sharing a sequence store with
S3" (docs). Not run against AWS.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from omics_components.schema.arn import AccessPointArn, SequenceStoreArn
from omics_components.schema.base import FieldSpec, Model, State
from omics_components.schema.owner_tag import OWNER_TAG, Claim, OwnerTag
from omics_components.schema.policy import (
    Document,
    Problem,
    canonical_policy,
    grammar_problems,
    items_of,
    policy_object,
    policy_text,
    statements_of,
)

POLICY_BYTES_MAX = 15 * 1024
"""15 KB, a fixed quota (docs); the model's 100,000 characters are the shape's only. A KB is
1024 bytes of UTF-8 (assumed: policy-size)."""

OBJECT_ACTIONS = ("s3:GetObject", "s3:GetObjectTagging")
LIST_ACTION = "s3:ListBucket"

_READERS_MAX = 50
"""Ours: far below what 15 KB hold, with room for long names of roles."""

_POLICY_ELEMENTS = frozenset({"Version", "Id", "Statement"})
_STATEMENT_ELEMENTS = frozenset({"Sid", "Effect", "Principal", "Action", "Resource", "Condition"})
_CONDITION_KEYS = (
    "s3:ExistingObjectTag/<key>",
    "s3:prefix",
    "s3:signatureversion",
    "s3:TlsVersion",
    "aws:PrincipalArn",
)
_PLAIN_KEYS = frozenset(key.lower() for key in _CONDITION_KEYS if "/" not in key)
_TAG_KEY_PREFIX = "s3:existingobjecttag/"
_PRINCIPAL_OPERATORS = frozenset({"arnequals", "arnlike"})
_OWNER_MARK = f"{OWNER_TAG}="
_LONGEST_OWNER = OwnerTag.draw(Claim.of("", principal="", create_only={}, generation=0))
_ACCESS_POINT = re.compile(r"arn:[^:]*:s3:[^:]*:[^:]*:accesspoint/[^/]+((/object)?/(?P<key>.+))?")
"""The access point, its objects, or the prefix in the documented default policy (assumed:
default-access-policy)."""
_READER = re.compile(
    r"arn:[^:\s]+:(iam::[0-9]{12}:(root|(role|user)/[^\s*?]+)|sts::[0-9]{12}:assumed-role/[^\s*?]+)"
)


def _store_arn(value: str) -> str:
    SequenceStoreArn.parse(value)
    return value


def _policy_form(value: object) -> object:
    if not isinstance(value, Mapping | str):
        # It is the value that is wrong: judgements are made of ValueErrors.
        raise ValueError(f"must be a mapping or JSON text, not {value!r}")  # noqa: TRY004
    return value or None


def _readers(values: list[str]) -> list[str]:
    for value in values:
        if not _READER.fullmatch(value):
            raise ValueError(
                "must be ARNs of accounts, roles, users or role sessions, such as "
                f"arn:aws:iam::111122223333:role/analysis, without wildcards, not {value!r}"
            )
    if len(set(values)) > _READERS_MAX:
        raise ValueError(f"at most {_READERS_MAX} readers can be named, not {len(set(values))}")
    return sorted(set(values))


class S3AccessPolicyInputs(Model):
    """What a program may say of the S3 access policy of a store."""

    sequence_store_arn: Annotated[
        Annotated[str, AfterValidator(_store_arn)] | None,
        FieldSpec("ours", create_only=True, clearable=False),
    ] = Field(
        default=None,
        description="ARN of the store, `store.arn`. Required.",
    )
    policy: Annotated[
        Document | None,
        BeforeValidator(_policy_form),
        FieldSpec("docs", default="`readers` says it"),
    ] = Field(
        default=None,
        description="The whole policy, as a mapping or JSON text of at most 15 KB.",
    )
    readers: Annotated[
        Annotated[list[str], AfterValidator(_readers)] | None,
        FieldSpec("ours", unordered=True, default="`policy` says it"),
    ] = Field(
        default=None,
        description="ARNs of principals that may read beside the owner; [] leaves the owner alone.",
    )

    @property
    def region(self) -> str | None:
        """The region of the store: no input names it."""
        arn = self.sequence_store_arn
        return SequenceStoreArn.parse(arn).region if arn else None


class S3AccessPolicyState(State):
    """What AWS reports of the policy, and what of the program's inputs AWS does not keep.

    The access point's ARN is not here: it is the Pulumi id.
    """

    sequence_store_arn: str | None = None
    policy: Document | None = Field(default=None, description="In force; in the program's form.")
    readers: list[str] | None = Field(default=None, description="If the policy is made of them.")
    update_time: str | None = Field(default=None, description="ISO 8601, UTC.")


def inputs_from_state(state: S3AccessPolicyState) -> S3AccessPolicyInputs:
    """Return the inputs that would describe *state*, without validation."""
    by_readers = state.readers is not None
    return S3AccessPolicyInputs.model_construct(
        None,
        sequence_store_arn=state.sequence_store_arn,
        policy=None if by_readers else state.policy,
        readers=state.readers,
    )


def with_owner(policy: Document, owner: OwnerTag | None) -> Document:
    """Return a policy whose ``Id`` carries the owner, after an Id of its own."""
    if owner is None:
        return policy
    document, _ = split_owner(policy_object(policy))
    ids = [str(document["Id"])] if document.get("Id") else []
    return {**document, "Id": " ".join([*ids, f"{_OWNER_MARK}{owner}"])}


def split_owner(policy: Mapping[str, object]) -> tuple[dict[str, object], OwnerTag | None]:
    """Split a policy from the owner that its ``Id`` carries."""
    *ids, last = str(policy.get("Id") or "").split(" ")
    owner = OwnerTag.parse(last.removeprefix(_OWNER_MARK)) if last.startswith(_OWNER_MARK) else None
    if owner is None:
        return dict(policy), None
    rest = {name: value for name, value in policy.items() if name != "Id"}
    return ({**rest, "Id": " ".join(ids)} if ids else rest), owner


def policy_for_readers(
    access_point: str, store: SequenceStoreArn, readers: Collection[str]
) -> dict[str, object]:
    """Compose the guide's example policy of a store, with readers beside the owner.

    It is not the default policy of a new store (ADR 22).

    Args:
        access_point: ARN of the store's access point.
        store: The store.
        readers: ARNs of principals.
    """
    owner = f"arn:{store.partition}:iam::{store.account}:root"
    principal = {"AWS": [owner, *(reader for reader in readers if reader != owner)]}
    objects = f"{store.account}/sequenceStore/{store.store_id}/*"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ReadObjects",
                "Effect": "Allow",
                "Principal": principal,
                "Action": list(OBJECT_ACTIONS),
                "Resource": f"{access_point}/object/{objects}",
            },
            {
                "Sid": "ListObjects",
                "Effect": "Allow",
                "Principal": principal,
                "Action": LIST_ACTION,
                "Resource": access_point,
                "Condition": {"StringLike": {"s3:prefix": objects}},
            },
        ],
    }


def effective_policy(inputs: S3AccessPolicyInputs, access_point: str) -> Document:
    """Return the policy that *inputs* stand for.

    Args:
        inputs: Checked inputs: the store, and either a policy or readers.
        access_point: ARN of the store's access point.
    """
    if inputs.policy is not None:
        return inputs.policy
    store = (
        SequenceStoreArn.parse(inputs.sequence_store_arn)
        if inputs.sequence_store_arn
        else AccessPointArn.parse(access_point).store
    )
    return policy_for_readers(access_point, store, inputs.readers or ())


def merge_state(
    access_point: str,
    live: S3AccessPolicyState,
    store: SequenceStoreArn,
    declared: S3AccessPolicyInputs,
) -> S3AccessPolicyState:
    """Join what AWS reports with the words of the program, where they mean the same.

    A policy that was made of readers, and now is one of other readers, is reported as those.
    """
    policy, readers = live.policy, None
    if declared.readers is not None:
        readers = _readers_of(access_point, live.policy, store, declared.readers)
    elif declared.policy is not None and means_the_same(live.policy, declared.policy):
        policy = declared.policy
    return S3AccessPolicyState(
        sequence_store_arn=str(store),
        policy=policy,
        readers=readers,
        update_time=live.update_time,
    )


def _readers_of(
    access_point: str, live: Document | None, store: SequenceStoreArn, declared: list[str]
) -> list[str] | None:
    """Return the readers that a policy is made of; None if it is not made of readers.

    Args:
        access_point: ARN of the access point.
        live: The policy.
        store: The store.
        declared: The readers that the program named last.
    """
    if not isinstance(live, Mapping):
        return None
    if means_the_same(live, policy_for_readers(access_point, store, declared)):
        return declared
    owner = f"arn:{store.partition}:iam::{store.account}:root"
    named: set[str] = set()
    statements = live.get("Statement")
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal") if isinstance(statement, Mapping) else None
        names = principal.get("AWS") if isinstance(principal, Mapping) else None
        named.update([names] if isinstance(names, str) else names or ())
    readers = sorted(named - {owner, store.account})
    return (
        readers if means_the_same(live, policy_for_readers(access_point, store, readers)) else None
    )


def means_the_same(one: Document | None, other: Document | None) -> bool:
    """Return whether two policies mean the same; one that cannot be read equals nothing."""
    try:
        return canonical_policy(one or "") == canonical_policy(other or "")
    except ValueError:
        return False


def policy_problems(document: Document, store_arn: str | None) -> Iterator[Problem]:
    """Yield what the service would refuse a policy for: "the system rejects the request".

    Args:
        document: The policy.
        store_arn: The store; None while it is not known.
    """
    try:
        policy = policy_object(document)
    except ValueError as error:
        yield Problem((), str(error))
        return
    owned = with_owner(policy, _LONGEST_OWNER)
    if (size := len(policy_text(owned).encode())) > POLICY_BYTES_MAX:
        yield Problem(
            (),
            f"must be at most {POLICY_BYTES_MAX} bytes of compact JSON, not {size} (the owner that "
            "is written into its Id included)",
        )
    for name in policy.keys() - _POLICY_ELEMENTS:
        yield Problem((name,), f"is not admitted; a policy may hold {_any_of(_POLICY_ELEMENTS)}")
    ungrammatical = list(grammar_problems(policy))
    yield from ungrammatical
    if policy.get("Statement") == []:
        yield Problem(("Statement",), "must hold a statement", missing=True)
    wrong = {problem.path for problem in ungrammatical if not problem.missing}
    for path, statement in statements_of(policy):
        if isinstance(statement, Mapping):
            sound = {name: item for name, item in statement.items() if not _any(wrong, path, name)}
            yield from _statement_problems(path, statement.keys(), sound, store_arn)


def _any(wrong: Collection[tuple[str | int, ...]], path: tuple[str | int, ...], name: str) -> bool:
    return any(problem[: len(path) + 1] == (*path, name) for problem in wrong)


def _statement_problems(
    path: tuple[str | int, ...],
    present: Collection[str],
    sound: Mapping[str, object],
    store_arn: str | None,
) -> Iterator[Problem]:
    for name in sorted(set(present) - _STATEMENT_ELEMENTS):
        right = f"is not admitted; a statement may hold {_any_of(_STATEMENT_ELEMENTS)}"
        yield Problem((*path, name), right)
    for name in ("Principal", "Action", "Resource"):
        # NotPrincipal and its like are not admitted, which is said already.
        if f"Not{name}" not in present and (name not in present or sound.get(name) in ([], {})):
            yield Problem((*path, name), "is required", missing=True)
    condition = sound.get("Condition")
    if isinstance(condition, Mapping):
        yield from _condition_problems((*path, "Condition"), condition)
    if sound.get("Effect") == "Allow":
        yield from _reach_problems(path, sound, store_arn)


def _condition_problems(
    path: tuple[str | int, ...], condition: Mapping[str, Mapping[str, object]]
) -> Iterator[Problem]:
    for operator, tests in condition.items():
        for key in tests:
            lowered = key.lower()
            if lowered not in _PLAIN_KEYS and not lowered.startswith(_TAG_KEY_PREFIX):
                right = f"is no admitted condition key; those are {_any_of(_CONDITION_KEYS)}"
                yield Problem((*path, operator, key), right)
            if lowered == "aws:principalarn" and operator.lower() not in _PRINCIPAL_OPERATORS:
                right = f"is admitted with ArnEquals and ArnLike only, not with {operator}"
                yield Problem((*path, operator, key), right)


def _reach_problems(
    path: tuple[str | int, ...], statement: Mapping[str, object], store_arn: str | None
) -> Iterator[Problem]:
    """Yield what an Allow grants beyond the store.

    "Updates to the policy can't go beyond the prefix for the sequence store or the actions
    specified" (docs). An action with a wildcard goes beyond (assumed:
    policy-wildcard-actions), and a Deny may name anything (assumed: policy-deny).
    """
    actions = (*OBJECT_ACTIONS, LIST_ACTION)
    for action in items_of(statement.get("Action", [])):
        if str(action).lower() not in {admitted.lower() for admitted in actions}:
            yield Problem((*path, "Action"), f"can allow {_any_of(actions)} only, not {action!r}")
    prefix = ""
    if store_arn:
        store = SequenceStoreArn.parse(store_arn)
        prefix = f"{store.account}/sequenceStore/{store.store_id}/"
    for resource in items_of(statement.get("Resource", [])):
        match = _ACCESS_POINT.fullmatch(str(resource))
        if match is None or not (match["key"] or prefix).startswith(prefix):
            yield Problem(
                (*path, "Resource"),
                "can allow the store's access point (s3_access_point_arn), or with "
                f"/object/{prefix or '<account>/sequenceStore/<store id>/'}* after it, objects "
                f"of the store only, not {resource!r}",
            )


def _any_of(words: Collection[str]) -> str:
    *most, last = sorted(words)
    return f"{', '.join(most)} and {last}"
