"""What a change of a store's S3 access policy means.

Primary identifier: the ARN of the store's access point. Required: sequence_store_arn, and either
policy or readers. Create-only: sequence_store_arn. The policy is replaced as a whole, in place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from omics_components.aws import sequence_stores
from omics_components.errors import InvalidRequest, NotFound, ResourceConflict
from omics_components.kinds.s3_access_policy import api
from omics_components.kinds.s3_access_policy.creation import (
    LivePolicy,
    PolicyCreator,
    wait_consistent,
)
from omics_components.kinds.s3_access_policy.model import (
    S3AccessPolicyInputs,
    S3AccessPolicyState,
    effective_policy,
    inputs_from_state,
    means_the_same,
    merge_state,
    policy_problems,
)
from omics_components.lifecycle.creation import create_or_resume
from omics_components.lifecycle.handler import EngineRequest, Handler
from omics_components.lifecycle.replacement import warn_replacement
from omics_components.schema.arn import AccessPointArn, SequenceStoreArn
from omics_components.schema.delta import Delta
from omics_components.schema.owner_tag import OwnerTag
from omics_components.schema.validation import Failure, Path, Validation, validate


class S3AccessPolicyHandler(Handler[S3AccessPolicyInputs, S3AccessPolicyState]):
    """S3 access policies of sequence stores, for an engine."""

    inputs_type = S3AccessPolicyInputs
    state_type = S3AccessPolicyState
    kind = "S3 access policy"
    owned = "the sequence store"
    owner_permission = "omics:GetS3AccessPolicy"

    def check(
        self,
        old: Mapping[str, object],  # noqa: ARG002 the base's
        new: Mapping[str, object],
        unknown: Collection[Path],
    ) -> Validation[S3AccessPolicyInputs]:
        """Validate the inputs; of a policy that is known in part, what is known. No call to AWS."""
        validation = validate(S3AccessPolicyInputs, new, unknown)
        validation = validation.with_failures(_missing(new, unknown))
        if any(failure.path[0] == "policy" for failure in validation.failures):
            return validation
        inside = [path[1:] for path in unknown if path[0] == "policy"]
        store_arn = validation.inputs.sequence_store_arn
        policy = new.get("policy") or None
        return validation.with_failures(_policy_failures(policy, store_arn, inside))

    def diff(
        self,
        id_: str,
        recorded: S3AccessPolicyState,
        desired: S3AccessPolicyInputs,
        unknown: Collection[str],
    ) -> Delta:
        """Compare the policies in force by meaning.

        To declare the same by readers instead of a policy is a change too: the outputs show which.
        """
        moved = recorded.sequence_store_arn != desired.sequence_store_arn
        if "sequence_store_arn" in unknown or moved:
            return Delta(("sequence_store_arn",), ("sequence_store_arn",))
        if unknown:
            return Delta(tuple(sorted(unknown)))
        by_readers = desired.policy is None
        same_form = by_readers is (recorded.readers is not None)
        if same_form and means_the_same(recorded.policy, effective_policy(desired, id_)):
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
        """
        store = _store(desired)
        with self._error_context("creating", str(store)):
            access_point = self._access_point(store)
            creator = PolicyCreator(
                desired,
                request,
                self.clock,
                self._aws.omics(store.region),
                access_point,
                str(store),
                describe=lambda live, owner: self._describe(
                    access_point, live, store, desired, owner
                ),
            )
            return create_or_resume(creator, self._aws.principal(store.region))

    def check_reference(self, reference: str) -> None:
        """Require the ARN of a store or of its access point."""
        self._store_of(reference)

    def _store_of(self, reference: str) -> SequenceStoreArn:
        return self._parse(
            SequenceStoreArn.parse if ":omics:" in reference else _store_of_access_point,
            reference,
            "Give the store's s3_access_point_arn, or its ARN.",
        )

    def id_of(self, reference: str, desired: S3AccessPolicyInputs) -> str:
        """Return the ARN of the access point; the policy may also be named by its store's ARN.

        Raises:
            InvalidRequest: It is neither.
            ResourceConflict: It is that of another store than the program names.
            NotFound: There is no such store.
        """
        store = self._store_of(reference)
        if desired.sequence_store_arn not in (None, str(store)):
            raise ResourceConflict(
                f"sequence_store_arn: {str(store)!r} in AWS, {desired.sequence_store_arn!r} in "
                "the program"
            )
        return self._access_point(store) if reference == str(store) else reference

    def read_owner(self, id_: str, recorded: S3AccessPolicyState) -> OwnerTag | None:
        """Read the owner of a policy: its ``Id`` carries it, for a policy has no tags.

        Raises:
            NotFound: There is no policy.
            AccessDenied: The caller may not read the policy.
        """
        client = self._aws.omics(_store_behind(id_, recorded).region)
        return api.find(client, id_)[1]

    def write_owner(self, id_: str, recorded: S3AccessPolicyState, owner: OwnerTag) -> None:
        """Write the owner of a policy; the policy stays as it is otherwise."""
        client = self._aws.omics(_store_behind(id_, recorded).region)
        live = api.find(client, id_)[0]
        api.put(client, id_, live.policy or "", owner, clock=self.clock)

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
            request.info,
            f"S3 access policy ({id_})",
            because,
            f"the policy of {recorded.sequence_store_arn} is deleted, and then no one, its owner "
            "included, can read that store through S3",
            is_certain=is_certain,
        )

    def read(self, id_: str, recorded: S3AccessPolicyState | None) -> LivePolicy | None:
        """Look at the policy: one call. It is gone if the store is, or if the store has none.

        Raises:
            InvalidRequest: The id is no ARN of an access point.
            NotFound: There is no such policy, and nothing is recorded of it.
            InvalidCredentials: There is none, and the caller is of another account.
        """
        store = self._parse(
            lambda id_: _store_behind(id_, recorded), id_, "Give the store's s3_access_point_arn."
        )
        known = recorded or S3AccessPolicyState(sequence_store_arn=str(store))

        def look() -> LivePolicy:
            live, owner = api.find(self._aws.omics(store.region), id_)
            return self._describe(id_, live, store, inputs_from_state(known), owner)

        with self._error_context("reading", id_):
            advice = "Check the ARN; a store without a policy admits no one."
            return self._unless_gone(look, store, recorded, advice)

    def update(
        self,
        id_: str,
        recorded: S3AccessPolicyState,
        desired: S3AccessPolicyInputs,
        request: EngineRequest,
    ) -> S3AccessPolicyState:
        """Replace the policy as a whole and read it back, for the time of its change.

        It keeps the owner that it has (``request.owner``).
        """
        with self._error_context("updating", id_):
            store = _store_behind(id_, recorded)
            client, policy = self._aws.omics(store.region), effective_policy(desired, id_)
            api.put(client, id_, policy, request.owner, clock=self.clock)
            live, _ = wait_consistent(client, id_, policy, self.clock)
            return merge_state(id_, live, store, desired)

    def delete(self, id_: str, recorded: S3AccessPolicyState, request: EngineRequest) -> None:  # noqa: ARG002 the base's
        """Remove the policy: NOBODY can then read through S3, the owner included.

        That is what AWS does; it does not bring back the default policy. A store that is gone took
        its policy with it.

        Raises:
            InvalidCredentials: It is not there, and the caller is of another account.
        """
        store = _store_behind(id_, recorded)

        def delete() -> None:
            api.delete(self._aws.omics(store.region), id_)

        with self._error_context("deleting", id_):
            self._unless_gone(delete, store, recorded)

    def _inputs_from_state(self, id_: str, state: S3AccessPolicyState) -> S3AccessPolicyInputs:  # noqa: ARG002 the base's
        return inputs_from_state(state)

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

    def _describe(
        self,
        access_point: str,
        live: S3AccessPolicyState,
        store: SequenceStoreArn,
        declared: S3AccessPolicyInputs,
        owner: OwnerTag | None,
    ) -> LivePolicy:
        """Return what AWS reports, in the words of the program where they mean the same."""
        state = merge_state(access_point, live, store, declared)
        return self._live(access_point, state, owner)


def _store(desired: S3AccessPolicyInputs) -> SequenceStoreArn:
    if desired.sequence_store_arn is None:
        raise InvalidRequest("sequence_store_arn: is required")
    return SequenceStoreArn.parse(desired.sequence_store_arn)


def _store_behind(access_point: str, recorded: S3AccessPolicyState | None) -> SequenceStoreArn:
    """Return the store of a policy: the recorded one, or the one that the access point names.

    Raises:
        ValueError: *access_point* is no ARN of an access point.
    """
    if recorded and recorded.sequence_store_arn:
        return SequenceStoreArn.parse(recorded.sequence_store_arn)
    return _store_of_access_point(access_point)


def _store_of_access_point(arn: str) -> SequenceStoreArn:
    return AccessPointArn.parse(arn).store


def _missing(new: Mapping[str, object], unknown: Collection[Path]) -> Iterator[Failure]:
    unknown_fields = {path[0] for path in unknown}
    if not new.get("sequenceStoreArn") and "sequenceStoreArn" not in unknown_fields:
        yield Failure(("sequenceStoreArn",), "sequence_store_arn: is required, such as store.arn")
    # An empty policy is none; an empty list of readers leaves the owner.
    given = {"policy": bool(new.get("policy")), "readers": new.get("readers") is not None}
    declared = [name for name, is_given in given.items() if is_given or name in unknown_fields]
    if len(declared) != 1:
        both = "not both" if declared else "for without a policy there is no access at all"
        yield Failure(("policy",), f"policy: give either policy or readers, {both}")


def _policy_failures(
    policy: object, store_arn: str | None, unknown: Collection[Path]
) -> Iterator[Failure]:
    """Validate a policy. What is absent, or in a list with the unknown, may still be right.

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
    """Return whether an unknown item was left out of a list that *path* goes through."""
    return any(
        other[:-1] == path[: len(other) - 1] and isinstance(other[-1], int)
        for other in unknown
        if other
    )
