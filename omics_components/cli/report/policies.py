"""Compose the IAM policies that a step changes, before and after.

Keys, buckets and access policies of this library are declared by a few inputs. Their policies are
composed as the resource composes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from omics_components.cli.report.inputs import hidden_inputs, may_change, read_inputs
from omics_components.cli.report.kinds import Kind
from omics_components.cli.report.preview import Side, Step
from omics_components.cli.report.properties import as_policy
from omics_components.cli.report.values import Hidden
from omics_components.kinds.kms_key.key_policy import KeyPolicy, Owner
from omics_components.kinds.kms_key.model import KmsKeyState
from omics_components.kinds.s3_access_policy.model import S3AccessPolicyState, policy_for_readers
from omics_components.kinds.s3_bucket.configuration import Place, bucket_policy
from omics_components.kinds.s3_bucket.model import S3BucketState
from omics_components.schema.arn import AccessPointArn, KmsKeyArn, SequenceStoreArn
from omics_components.schema.policy import Document
from omics_components.schema.policy_change import Statement, statements

_Composed = tuple[tuple[Statement, ...], bool]
"""The known statements of a policy, and whether a part of it is unknown."""

_Compose = Callable[[Step, Side | None, bool], _Composed]
"""Composes the policy of one side, of None that of any new resource.

The flag says that hidden inputs are read as those that let the most in, not the least.
"""

_VERSION_OF_VARIABLES = "2012-10-17"
"""The version of the policy language in which ``${…}`` is a variable (docs: IAM, Version)."""

_LITERAL = "$(literal){"
"""Written for ``${`` in a policy of another version, so that it equals no variable."""

_FLAGS = ("allowHealthOmics", "restrictToAccount")
"""Inputs that are flags of a policy; hidden ones are assumed, not unknown."""


@dataclass(frozen=True)
class PolicyPair:
    """A policy before and after.

    Args:
        before: Its statements. Of a new resource: those that every such resource has.
        after: Its statements.
        is_unknown: A part of it, or of what it replaces, is secret or not known yet.
        is_compared: *before* is the policy of the same target; if not, all of *after* is new there.
        assumed: Flags whose hidden value is assumed to let the most in, in wire names.
    """

    before: tuple[Statement, ...]
    after: tuple[Statement, ...]
    is_unknown: bool = False
    is_compared: bool = True
    assumed: tuple[str, ...] = ()


def policy_pairs(step: Step, kind: Kind) -> Iterator[PolicyPair]:
    """Yield the policies that a step changes; none where the resource is deleted with them."""
    compose = _COMPOSED.get(kind)
    if compose is None or step.after is None:
        return
    is_moved = kind is Kind.S3_ACCESS_POLICY and step.before is not None and _is_moved(step)
    before = None if is_moved else step.before
    old, new = _composed(compose, step, before, False), _composed(compose, step, step.after, True)
    hidden = hidden_inputs(step.before) | hidden_inputs(step.after)
    yield PolicyPair(
        old[0],
        new[0],
        is_unknown=old[1] or new[1],
        is_compared=step.before is not None and not is_moved,
        assumed=tuple(name for name in _FLAGS if name in hidden and may_change(step, name)),
    )


def _is_moved(step: Step) -> bool:
    """Return whether an access policy is put on another store, or may be."""
    stores = [side.inputs.get("sequenceStoreArn") for side in (step.before, step.after) if side]
    name = "sequenceStoreArn"
    if any(isinstance(store, Hidden) for store in stores):
        return may_change(step, name)
    return stores[0] != stores[-1]


def _composed(
    compose: _Compose,
    step: Step,
    side: Side | None,
    is_widest: bool,
) -> _Composed:
    try:
        return compose(step, side, is_widest)
    except ValueError:
        return (), True  # of values that no check has passed


def _statements(document: Mapping[str, object] | None) -> tuple[Statement, ...]:
    """Read the statements of a policy, whose meaning depends on its version."""
    if document is not None and document.get("Version") != _VERSION_OF_VARIABLES:
        document = {name: _without_variables(value) for name, value in document.items()}
    return statements(document)


def _without_variables(value: object) -> object:
    if isinstance(value, str):
        return value.replace("${", _LITERAL)
    if isinstance(value, list):
        return [_without_variables(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _without_variables(item) for name, item in value.items()}
    return value


def _key_policy(
    step: Step,
    side: Side | None,
    is_widest: bool,
) -> _Composed:
    owner = Owner("aws", "")
    with suppress(ValueError):
        arn = KmsKeyArn.parse(_lasting_id(step))
        owner = Owner(arn.partition, arn.account)
    if side is None:
        return statements(KeyPolicy().document(owner)), False
    inputs = read_inputs(KmsKeyState, Kind.KMS_KEY, side, is_worst=is_widest)
    if inputs is None:
        return (), True
    is_unknown = bool(inputs.hidden & {"administrators", "users", "policy"})
    values = inputs.values
    allows, restricts = values.allow_health_omics, values.restrict_to_account
    if "allowHealthOmics" in inputs.hidden:
        allows = is_widest or not may_change(step, "allowHealthOmics")
    if "restrictToAccount" in inputs.hidden:
        restricts = not (is_widest or not may_change(step, "restrictToAccount"))
    composed = KeyPolicy(
        administrators=tuple(values.administrators or ()),
        users=tuple(values.users or ()),
        allow_health_omics=allows is not False,
        restrict_to_account=restricts is not False,
    )
    return _live_policy(values.policy) or statements(composed.document(owner)), is_unknown


def _bucket_policy(
    step: Step,
    side: Side | None,
    is_widest: bool,
) -> _Composed:
    place = Place("new", "us-east-1", "own account")
    if name := _lasting_id(step):
        outputs = step.before.outputs if step.before else {}
        place = Place(name, str(outputs.get("region")), str(outputs.get("accountId")))
    if side is None:
        return statements(bucket_policy(place, None, "", restrict_to_account=True)), False
    inputs = read_inputs(S3BucketState, Kind.S3_BUCKET, side, is_worst=is_widest)
    if inputs is None:
        return (), True
    is_unknown = bool(inputs.hidden & {"writer", "prefix", "policy"})
    values = inputs.values
    restricts = values.restrict_to_account
    if "restrictToAccount" in inputs.hidden:
        restricts = not (is_widest or not may_change(step, "restrictToAccount"))
    writer = values.writer
    if "writer" in inputs.hidden and is_widest and not restricts:
        writer = "health-omics"
    composed = bucket_policy(place, writer, values.prefix, restrict_to_account=restricts)
    return _live_policy(values.policy) or statements(composed), is_unknown


def _access_policy(
    step: Step,
    side: Side | None,
    is_widest: bool,  # noqa: ARG001 of _Compose
) -> _Composed:
    access_point, store = "arn:aws:s3:::accesspoint/new", SequenceStoreArn("aws", "", "", "new")
    with suppress(ValueError):
        arn = AccessPointArn.parse(_lasting_id(step))
        access_point, store = str(arn), arn.store
    if side is None:
        return statements(policy_for_readers(access_point, store, ())), False
    if side.inputs.get("policy") is not None:
        policy = as_policy(side.inputs["policy"])
        return _statements(policy), policy is None
    inputs = read_inputs(S3AccessPolicyState, Kind.S3_ACCESS_POLICY, side, is_worst=True)
    if inputs is None:
        return (), True
    readers = inputs.values.readers or ()
    is_unknown = "readers" in inputs.hidden
    return statements(policy_for_readers(access_point, store, readers)), is_unknown


def _lasting_id(step: Step) -> str:
    """Return the ID that the resource has before and after; "" for a new one.

    Both policies of a replacement are composed as those of new resources, because each names its
    own resource and would differ in nothing else.
    """
    return step.before.id if step.before is not None and step.verb != "replace" else ""


def _live_policy(policy: Document | None) -> tuple[Statement, ...]:
    """Return the statements of a policy that a refresh found in place of the composed one."""
    document = as_policy(policy) if isinstance(policy, str) else None
    return _statements(document)


_COMPOSED: Mapping[Kind, _Compose] = {
    Kind.KMS_KEY: _key_policy,
    Kind.S3_BUCKET: _bucket_policy,
    Kind.S3_ACCESS_POLICY: _access_policy,
}
