"""What a change of a store's S3 access policy means.

Primary identifier: the ARN of the store's access point. Required: sequence_store_arn, and either
policy or readers. Create-only: sequence_store_arn. The policy is replaced as a whole, in place.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping

from omics_components.aws import sequence_stores
from omics_components.aws.client import Aws
from omics_components.aws.wait import SYSTEM_CLOCK, Clock, look_until, repeat_while
from omics_components.errors import InvalidRequest, NotFound, ResourceConflict, error_context
from omics_components.kinds.s3_access_policy import api as s3_access_policies
from omics_components.kinds.s3_access_policy.creation import LivePolicy, PolicyCreator
from omics_components.kinds.s3_access_policy.model import (
    S3AccessPolicyInputs,
    S3AccessPolicyState,
    effective_policy,
    inputs_from_state,
    policy_for_readers,
    policy_problems,
)
from omics_components.lifecycle.creation import create_or_resume
from omics_components.lifecycle.handler import EngineRequest, LiveResource, warn_replacement
from omics_components.lifecycle.same_account import require_same_account
from omics_components.schema.arn import AccessPointArn, SequenceStoreArn
from omics_components.schema.delta import Delta, create_only_values
from omics_components.schema.owner_tag import OwnerTag
from omics_components.schema.policy import Document, policy_meaning
from omics_components.schema.validation import Failure, Path, Validation, validate

_LONGEST_LAG_S = 5.0
"""How long the policy of before may be shown after a change (assumed: policy-lags-after-put)."""


class S3AccessPolicyHandler:
    """S3 access policies of sequence stores, for an engine.

    Args:
        aws: The way into AWS.
        clock: Time, for the waiting.
    """

    inputs_type = S3AccessPolicyInputs
    state_type = S3AccessPolicyState
    kind = "S3 access policy"
    owner_permission = "omics:GetS3AccessPolicy"

    def __init__(self, aws: Aws, clock: Clock = SYSTEM_CLOCK) -> None:
        self._aws = aws
        self._clock = clock

    def check(
        self,
        old: Mapping[str, object],  # noqa: ARG002 the protocol's
        new: Mapping[str, object],
        unknown: Collection[Path],
    ) -> Validation[S3AccessPolicyInputs]:
        """Judge the inputs; of a policy that is known in part, what is known. No call to AWS."""
        validation = validate(S3AccessPolicyInputs, new, unknown)
        failures = [*validation.failures, *_missing(new, unknown)]
        if "policy" not in {failure.path[0] for failure in failures} and new.get("policy"):
            inside = [path[1:] for path in unknown if path[0] == "policy"]
            store_arn = validation.inputs.sequence_store_arn
            failures.extend(_policy_failures(new["policy"], store_arn, inside))
        return dataclasses.replace(validation, failures=tuple(failures))

    def diff(
        self,
        id_: str,
        recorded: S3AccessPolicyState,
        desired: S3AccessPolicyInputs,
        unknown: Collection[str],
    ) -> Delta:
        """Compare the policies in force by meaning.

        To say the same by readers instead of a policy is a change too: the outputs tell which.
        """
        moved = recorded.sequence_store_arn != desired.sequence_store_arn
        if "sequence_store_arn" in unknown or moved:
            return Delta(("sequence_store_arn",), ("sequence_store_arn",))
        if unknown:
            return Delta(tuple(sorted(unknown)))
        by_readers = desired.policy is None
        same_form = by_readers is (recorded.readers is not None)
        if same_form and _same(recorded.policy, effective_policy(desired, id_)):
            return Delta()
        return Delta(("readers" if by_readers else "policy",))

    def create(self, desired: S3AccessPolicyInputs, request: EngineRequest) -> LivePolicy:
        """Put the policy in the place of the one that the store has, and read it back.

        Every store is made with a default policy, so there is always one to replace. One that
        another declaration put there is left alone.

        Raises:
            NotFound: There is no such store.
            InvalidCredentials: There is no such store, and the caller is of another account.
            AlreadyExists: The policy in force is another declaration's, or of this one but not in
                this state.
            InitFailed: The policy is in force, but could not be read back.

        IAM: omics:GetSequenceStore, omics:PutS3AccessPolicy, omics:GetS3AccessPolicy,
            omics:ListTagsForResource (of the store, where the policy is of this declaration),
            sts:GetCallerIdentity.
        """
        store = _store(desired)
        with error_context(f"creating S3 access policy ({store})"):
            access_point = self._access_point(store)
            sent = S3AccessPolicyState(policy=effective_policy(desired, access_point))
            creator = PolicyCreator(
                self._aws.omics(store.region),
                access_point,
                str(store),
                request,
                put=lambda owner: self._put(access_point, store, desired, owner),
                settle=lambda: self._wait_consistent(access_point, store, desired),
                declared=lambda: _found(access_point, sent, store, desired),
            )
            return create_or_resume(
                creator,
                request,
                principal=self._aws.principal(store.region),
                create_only=create_only_values(desired),
                clock=self._clock,
            )

    def id_of(self, reference: str, desired: S3AccessPolicyInputs) -> str:
        """Give the ARN of the access point; the policy may also be named by its store's ARN.

        Raises:
            InvalidRequest: It is neither.
            ResourceConflict: It is that of another store than the program names.
            NotFound: There is no such store.

        IAM: omics:GetSequenceStore.
        """
        is_store = ":omics:" in reference
        try:
            store = (
                SequenceStoreArn.parse(reference)
                if is_store
                else AccessPointArn.parse(reference).store
            )
        except ValueError as error:
            raise InvalidRequest(
                str(error), advice="Give the store's s3_access_point_arn, or its ARN."
            ) from None
        if desired.sequence_store_arn not in (None, str(store)):
            raise ResourceConflict(
                f"sequence_store_arn: {str(store)!r} in AWS, {desired.sequence_store_arn!r} in "
                "the program"
            )
        return self._access_point(store) if is_store else reference

    def read_owner(self, id_: str, recorded: S3AccessPolicyState) -> OwnerTag | None:
        """Read the owner of a policy: its ``Id`` carries it, for a policy has no tags.

        Raises:
            NotFound: There is no policy.
            AccessDenied: The caller may not read the policy.

        IAM: omics:GetS3AccessPolicy.
        """
        client = self._aws.omics(_store_behind(id_, recorded).region)
        return s3_access_policies.find_s3_access_policy(client, id_)[1]

    def write_owner(self, id_: str, recorded: S3AccessPolicyState, owner: OwnerTag) -> None:
        """Write the owner of a policy; the policy stays as it is otherwise.

        IAM: omics:GetS3AccessPolicy, omics:PutS3AccessPolicy.
        """
        client = self._aws.omics(_store_behind(id_, recorded).region)
        live = s3_access_policies.find_s3_access_policy(client, id_)[0]
        s3_access_policies.put_s3_access_policy(
            client, id_, live.policy or "", owner, clock=self._clock
        )

    def check_replacement(
        self,
        id_: str,
        recorded: S3AccessPolicyState,
        because: str,
        request: EngineRequest,
        *,
        is_certain: bool = True,
    ) -> None:
        """Allow it: a policy holds no data."""
        warn_replacement(
            request,
            f"S3 access policy ({id_})",
            because,
            f"the policy of {recorded.sequence_store_arn} is deleted, and then nobody, its owner "
            "included, can read that store through S3",
            is_certain=is_certain,
        )

    def read(self, id_: str, recorded: S3AccessPolicyState | None) -> LivePolicy | None:
        """Look at the policy: one call. It is gone if the store is, or if the store has none.

        Args:
            id_: The ARN of the access point.
            recorded: The state; None for a look without ownership.

        Raises:
            InvalidRequest: The id is no ARN of an access point.
            NotFound: There is no such policy, and nothing is recorded of it.
            InvalidCredentials: There is none, and the caller is of another account.

        IAM: omics:GetS3AccessPolicy, sts:GetCallerIdentity.
        """
        try:
            store = _store_behind(id_, recorded)
        except ValueError as error:
            raise InvalidRequest(
                str(error), advice="Give the store's s3_access_point_arn."
            ) from None
        with error_context(f"reading S3 access policy ({id_})"):
            try:
                live, owner = s3_access_policies.find_s3_access_policy(
                    self._aws.omics(store.region), id_
                )
            except NotFound as error:
                self._require_same_account(store)
                if recorded is None:
                    error.advice = "Check the ARN; a store without a policy admits nobody."
                    raise
                return None
        said = recorded or S3AccessPolicyState(sequence_store_arn=str(store))
        return _found(id_, live, store, inputs_from_state(said), owner)

    def update(
        self,
        id_: str,
        recorded: S3AccessPolicyState,
        desired: S3AccessPolicyInputs,
        request: EngineRequest,
    ) -> S3AccessPolicyState:
        """Replace the policy as a whole and read it back, for the time of its change.

        It keeps the owner that it has (``request.owner``).

        IAM: omics:PutS3AccessPolicy, omics:GetS3AccessPolicy.
        """
        with error_context(f"updating S3 access policy ({id_})"):
            store = _store_behind(id_, recorded)
            self._put(id_, store, desired, request.owner)
            return self._wait_consistent(id_, store, desired).state

    def delete(self, id_: str, recorded: S3AccessPolicyState, request: EngineRequest) -> None:  # noqa: ARG002 the protocol's
        """Remove the policy: NOBODY can then read through S3, the owner included.

        That is what AWS does; it does not bring back the default policy. A store that is gone took
        its policy with it.

        Raises:
            InvalidCredentials: It is not there, and the caller is of another account.

        IAM: omics:GetS3AccessPolicy (the owner), omics:DeleteS3AccessPolicy, sts:GetCallerIdentity.
        """
        store = _store_behind(id_, recorded)
        with error_context(f"deleting S3 access policy ({id_})"):
            try:
                s3_access_policies.delete_s3_access_policy(self._aws.omics(store.region), id_)
            except NotFound:
                self._require_same_account(store)

    def _access_point(self, store: SequenceStoreArn) -> str:
        try:
            found = sequence_stores.find(self._aws.omics(store.region), store.store_id)
        except NotFound as error:
            self._require_same_account(store)
            error.advice = "Give sequence_store_arn the ARN of a store that exists."
            raise
        if not found.s3_access_point_arn:
            raise InvalidRequest("the sequence store has no S3 access point")
        return found.s3_access_point_arn

    def _put(
        self,
        access_point: str,
        store: SequenceStoreArn,
        desired: S3AccessPolicyInputs,
        owner: OwnerTag | None,
    ) -> None:
        client = self._aws.omics(store.region)
        policy = effective_policy(desired, access_point)
        s3_access_policies.put_s3_access_policy(
            client, access_point, policy, owner, clock=self._clock
        )

    def _wait_consistent(
        self, access_point: str, store: SequenceStoreArn, desired: S3AccessPolicyInputs
    ) -> LivePolicy:
        """Read a policy back once it is what was sent; what there is after that counts.

        None at all may be shown at first, where there was none before.
        """
        client = self._aws.omics(store.region)
        policy = effective_policy(desired, access_point)

        def look() -> tuple[S3AccessPolicyState, OwnerTag | None]:
            return repeat_while(
                lambda error: isinstance(error, NotFound),
                lambda: s3_access_policies.find_s3_access_policy(client, access_point),
                within_s=_LONGEST_LAG_S,
                clock=self._clock,
            )

        live, owner = look_until(
            lambda seen: _same(seen[0].policy, policy),
            look,
            within_s=_LONGEST_LAG_S,
            clock=self._clock,
        )
        return _found(access_point, live, store, desired, owner)

    def _require_same_account(self, store: SequenceStoreArn) -> None:
        require_same_account(
            self._aws, account=store.account, region=store.region, what="the sequence store"
        )


def _store(desired: S3AccessPolicyInputs) -> SequenceStoreArn:
    if desired.sequence_store_arn is None:
        raise InvalidRequest("sequence_store_arn: is required")
    return SequenceStoreArn.parse(desired.sequence_store_arn)


def _store_behind(access_point: str, recorded: S3AccessPolicyState | None) -> SequenceStoreArn:
    """Give the store of a policy: the recorded one, or the one that the access point names.

    Raises:
        ValueError: *access_point* is no ARN of an access point.
    """
    if recorded and recorded.sequence_store_arn:
        return SequenceStoreArn.parse(recorded.sequence_store_arn)
    return AccessPointArn.parse(access_point).store


def _found(
    access_point: str,
    live: S3AccessPolicyState,
    store: SequenceStoreArn,
    said: S3AccessPolicyInputs,
    owner: OwnerTag | None = None,
) -> LivePolicy:
    state = _merge_state(access_point, live, store, said)
    return LiveResource(access_point, state, inputs_from_state(state), owner)


def _merge_state(
    access_point: str,
    live: S3AccessPolicyState,
    store: SequenceStoreArn,
    said: S3AccessPolicyInputs,
) -> S3AccessPolicyState:
    """Join what AWS reports with the words in which the program said it, where they mean the same.

    A policy that was made of readers, and now is one of other readers, is told as those.
    """
    policy, readers = live.policy, None
    if said.readers is not None:
        readers = _readers_of(access_point, live.policy, store, said.readers)
    elif said.policy is not None and _same(live.policy, said.policy):
        policy = said.policy
    return S3AccessPolicyState(
        sequence_store_arn=str(store),
        policy=policy,
        readers=readers,
        update_time=live.update_time,
    )


def _readers_of(
    access_point: str, live: Document | None, store: SequenceStoreArn, said: list[str]
) -> list[str] | None:
    """Give the readers that a policy is made of; None if it is not made of readers.

    Args:
        access_point: ARN of the access point.
        live: The policy.
        store: The store.
        said: The readers that the program named last.
    """
    if not isinstance(live, Mapping):
        return None
    if _same(live, policy_for_readers(access_point, store, said)):
        return said
    owner = f"arn:{store.partition}:iam::{store.account}:root"
    named: set[str] = set()
    statements = live.get("Statement")
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal") if isinstance(statement, Mapping) else None
        names = principal.get("AWS") if isinstance(principal, Mapping) else None
        named.update([names] if isinstance(names, str) else names or ())
    readers = sorted(named - {owner, store.account})
    return readers if _same(live, policy_for_readers(access_point, store, readers)) else None


def _same(one: Document | None, other: Document | None) -> bool:
    """Say whether two policies mean the same; one that cannot be read equals nothing."""
    try:
        return policy_meaning(one or "") == policy_meaning(other or "")
    except ValueError:
        return False


def _missing(new: Mapping[str, object], unknown: Collection[Path]) -> Iterator[Failure]:
    unknown_fields = {path[0] for path in unknown}
    if not new.get("sequenceStoreArn") and "sequenceStoreArn" not in unknown_fields:
        yield Failure(("sequenceStoreArn",), "sequence_store_arn: is required, such as store.arn")
    # An empty policy is none; an empty list of readers leaves the owner.
    given = {"policy": bool(new.get("policy")), "readers": new.get("readers") is not None}
    said = [name for name, is_given in given.items() if is_given or name in unknown_fields]
    if len(said) != 1:
        both = "not both" if said else "for without a policy there is no access at all"
        yield Failure(("policy",), f"policy: give either policy or readers, {both}")


def _policy_failures(
    policy: object, store_arn: str | None, unknown: Collection[Path]
) -> Iterator[Failure]:
    """Judge a policy. What is absent, or in a list with the unknown, may be right when it is known.

    Args:
        policy: What is known of it.
        store_arn: The store; None while it is not known.
        unknown: Where the rest belongs, inside of the policy.
    """
    if not isinstance(policy, Mapping | str):
        return
    told: set[Path] = set()
    for problem in policy_problems(policy, store_arn):
        if (problem.missing and unknown) or problem.path in told:
            continue
        if _moved_by_the_unknown(problem.path, unknown):
            continue
        told.add(problem.path)
        place = f".{problem.place}" if problem.path else ""
        yield Failure(("policy", *problem.path), f"policy{place}: {problem.sentence}")


def _moved_by_the_unknown(path: Path, unknown: Iterable[Path]) -> bool:
    """Say whether an unknown item was left out of a list that *path* goes through."""
    return any(
        other[:-1] == path[: len(other) - 1] and isinstance(other[-1], int)
        for other in unknown
        if other
    )
