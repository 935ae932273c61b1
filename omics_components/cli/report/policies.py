"""The IAM policies that a step puts in force or changes, in any provider's spelling.

Keys, buckets and access policies of this library say theirs in a few choices; they are composed as
the resource would. In resources of other providers every property that is a policy counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from omics_components.cli.report.kinds import KMS_KEY, S3_ACCESS_POLICY, S3_BUCKET, read_inputs
from omics_components.cli.report.preview import Hidden, Side, Step
from omics_components.cli.report.properties import (
    Absent,
    PropertyChange,
    as_policy,
    looks_like_policy,
    property_changes,
)
from omics_components.kinds.kms_key.key_policy import KeyPolicy, Owner
from omics_components.kinds.kms_key.model import KmsKeyState
from omics_components.kinds.s3_access_policy.model import S3AccessPolicyState, policy_for_readers
from omics_components.kinds.s3_bucket.configuration import Place, bucket_policy
from omics_components.kinds.s3_bucket.model import S3BucketState
from omics_components.schema.arn import AccessPointArn, KmsKeyArn, SequenceStoreArn
from omics_components.schema.policy import Document
from omics_components.schema.policy_change import Statement, statements

_Compose = Callable[[Step, Side | None], tuple[Statement, ...] | None]
"""Gives the policy of one side; of none, that of any new resource; None if it is unknown."""

_CALLED = ("policy", "policydocument")
"""How properties of other providers are called that are policies."""


@dataclass(frozen=True)
class PolicyPair:
    """A policy before and after.

    Args:
        before: Its statements. Of a new resource: those that such a one has anyway.
        after: Its statements; none if the policy goes.
        is_unknown: What it will say, or whom it will name, only the update knows.
    """

    before: tuple[Statement, ...]
    after: tuple[Statement, ...]
    is_unknown: bool = False


def policy_pairs(step: Step) -> Iterator[PolicyPair]:
    """Yield the policies that a step touches; none where the resource goes with its policy."""
    compose = _COMPOSED.get(step.type)
    if compose is None:
        for change in property_changes(step):
            pair = _changed_property(change)
            if pair is not None:
                yield pair
    elif step.after is not None:
        old, new = (_composed(compose, step, side) for side in (step.before, step.after))
        yield PolicyPair(old or (), new or (), is_unknown=new is None)


def _composed(compose: _Compose, step: Step, side: Side | None) -> tuple[Statement, ...] | None:
    try:
        return compose(step, side)
    except ValueError:
        return None  # of values that no check has passed


def _changed_property(change: PropertyChange) -> PolicyPair | None:
    is_one = (
        looks_like_policy(change.before)
        or looks_like_policy(change.after)
        or (isinstance(change.after, Hidden) and change.path.lower().endswith(_CALLED))
    )
    if not is_one:
        return None
    old, new = as_policy(change.before), as_policy(change.after)
    is_unknown = new is None and not isinstance(change.after, Absent)
    return PolicyPair(statements(old), statements(new), is_unknown=is_unknown)


def _key_policy(step: Step, side: Side | None) -> tuple[Statement, ...] | None:
    owner = Owner("aws", "")
    with suppress(ValueError):
        arn = KmsKeyArn.parse(_lasting_id(step))
        owner = Owner(arn.partition, arn.account)
    if side is None:
        return statements(KeyPolicy().document(owner))
    reading = read_inputs(KmsKeyState, side)
    if reading is None or reading.hidden & {"administrators", "users", "policy"}:
        return None
    said = reading.said
    composed = KeyPolicy(
        administrators=tuple(said.administrators or ()),
        users=tuple(said.users or ()),
        allow_health_omics=said.allow_health_omics is not False,
        restrict_to_account=said.restrict_to_account is not False,
    )
    return _found_by_hand(said.policy) or statements(composed.document(owner))


def _bucket_policy(step: Step, side: Side | None) -> tuple[Statement, ...] | None:
    place = Place("new", "us-east-1", "own account")
    if name := _lasting_id(step):
        outputs = step.before.outputs if step.before else {}
        place = Place(name, str(outputs.get("region")), str(outputs.get("accountId")))
    if side is None:
        return statements(bucket_policy(place, None, "", restrict_to_account=True))
    reading = read_inputs(S3BucketState, side)
    if reading is None or reading.hidden & {"writer", "policy"}:
        return None
    said = reading.said
    composed = bucket_policy(
        place, said.writer, said.prefix, restrict_to_account=said.restrict_to_account
    )
    return _found_by_hand(said.policy) or statements(composed)


def _access_policy(step: Step, side: Side | None) -> tuple[Statement, ...] | None:
    access_point, store = "arn:aws:s3:::accesspoint/new", SequenceStoreArn("aws", "", "", "new")
    with suppress(ValueError):
        arn = AccessPointArn.parse(_lasting_id(step))
        access_point, store = str(arn), arn.store
    if side is None:
        return statements(policy_for_readers(access_point, store, ()))
    if "policy" in side.inputs:
        policy = as_policy(side.inputs["policy"])
        return statements(policy) if policy is not None else None
    reading = read_inputs(S3AccessPolicyState, side)
    if reading is None or "readers" in reading.hidden:
        return None
    return statements(policy_for_readers(access_point, store, reading.said.readers or ()))


def _lasting_id(step: Step) -> str:
    """Return the id that the resource has before and after; "" for a new one.

    Both policies of a replacement are composed as those of new resources: else all would differ.
    """
    return step.before.id if step.before is not None and step.verb != "replace" else ""


def _found_by_hand(policy: Document | None) -> tuple[Statement, ...]:
    """Read what a refresh found in place of the policy of this library; none if nothing."""
    document = as_policy(policy) if isinstance(policy, str) else None
    return statements(document)


_COMPOSED: Mapping[str, _Compose] = {
    KMS_KEY: _key_policy,
    S3_BUCKET: _bucket_policy,
    S3_ACCESS_POLICY: _access_policy,
}
