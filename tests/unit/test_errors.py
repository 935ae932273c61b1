"""The sentences that errors print."""

import pytest

from omics_components import errors
from omics_components.errors import (
    AccessDenied,
    NotStabilized,
    OmicsComponentsError,
    ResourceConflict,
    error_context,
)


def test_a_sentence_holds_all_that_is_known() -> None:
    error = AccessDenied(
        "User is not authorized.", code="AccessDeniedException", request_id="abc", operation="Get"
    )
    with pytest.raises(AccessDenied) as raised, error_context("reading sequence store (reads)"):
        raise error

    assert str(raised.value) == (
        "reading sequence store (reads): AccessDeniedException: User is not authorized "
        "[request abc]. Give the caller's role the missing permission, then try again."
    )


def test_what_is_not_known_is_left_out() -> None:
    assert str(OmicsComponentsError("it failed")) == "it failed."
    assert str(ResourceConflict("it is busy", code="ConflictException")) == (
        "ConflictException: it is busy."
    )
    assert (
        str(NotStabilized("it is FAILED", status="FAILED", advice="Try.")) == "it is FAILED. Try."
    )


def test_the_advice_of_the_class_can_be_replaced_and_left_out() -> None:
    assert str(AccessDenied("no", advice="Ask.")) == "no. Ask."
    assert str(AccessDenied("no", advice="")) == "no."


DENIED = "User: arn:aws:sts::123456789012:assumed-role/deployer/ci is not authorized to perform: "
REASONS = {
    # AWS's sentences (docs: "Access denied error message examples"), and the start of the advice.
    "omics:GetSequenceStore because no identity-based policy allows the omics:GetSequenceStore "
    "action": "Give the caller's role the missing permission",
    "omics:GetSequenceStore with an explicit deny in an identity-based policy": "Remove or narrow "
    "the Deny in the policies of the caller's role",
    "omics:GetSequenceStore because no permissions boundary allows the omics:GetSequenceStore "
    "action": "Allow it in the permissions boundary",
    "omics:GetSequenceStore with an explicit deny in a permissions boundary": "Remove or narrow "
    "the Deny in the permissions boundary",
    "omics:GetSequenceStore with an explicit deny in a session policy": "Remove or narrow the Deny "
    "in the policy that the session was made with",
    "omics:GetSequenceStore with an explicit deny in a VPC endpoint policy": "Remove or narrow the "
    "Deny in the policy of the VPC endpoint",
    "kms:DescribeKey with an explicit deny in a resource-based policy": "Remove or narrow the Deny "
    "in the policy of that resource",
    "omics:CreateSequenceStore because no service control policy allows the action": "A policy of "
    "the organization",
    "omics:CreateSequenceStore with an explicit deny in a service control policy: "
    "arn:aws:organizations::777788889999:policy/o-exampleorgid/service_control_policy/p-example": (
        "A policy of the organization"
    ),
    "s3:PutObject with an explicit deny in a resource control policy": "A policy of the organiz",
    "omics:TagResource because no session policy allows the omics:TagResource action": "Allow it "
    "in the policy that the session was made with",
    "omics:TagResource because no VPC endpoint policy allows the omics:TagResource action": "Allow "
    "it in the policy of the VPC endpoint",
    "sts:AssumeRole because no role trust policy allows the sts:AssumeRole action": "Let the "
    "caller assume the role",
    "s3:PutBucketTagging with an explicit deny in a resource-based policy": "Remove or narrow the "
    "Deny in the policy of that resource",
    "kms:DescribeKey on resource: arn:aws:kms:us-east-1:123456789012:key/a because no "
    "resource-based policy allows the kms:DescribeKey action": "Allow it to the caller's role in "
    "the key's policy",
}


@pytest.mark.parametrize(("reason", "advice"), REASONS.items())
def test_the_advice_on_a_denial_follows_the_reason_that_aws_names(reason: str, advice: str) -> None:
    error = AccessDenied(DENIED + reason, code="AccessDeniedException")

    assert error.advice.startswith(advice)


@pytest.mark.parametrize(
    "message",
    [
        (
            "The key policy of arn:aws:kms:us-east-1:123456789012:key/a does not let "
            "omics.amazonaws.com do kms:DescribeKey"
        ),
        (
            "omics.amazonaws.com is not authorized to perform: kms:Decrypt because no "
            "resource-based policy allows the kms:Decrypt action"
        ),
        "Access denied by the KMS key policy",
    ],
)
def test_a_key_that_does_not_let_the_service_in_needs_the_statements(message: str) -> None:
    error = AccessDenied(message)

    assert error.advice.startswith("Add to the key's policy the statements that omics-components")
    assert "caller's role" not in error.advice


def test_permissions_are_named_where_they_can_help() -> None:
    missing = AccessDenied(f"{DENIED}omics:ListTagsForResource")
    forbidden = AccessDenied(f"{DENIED}x with an explicit deny in a service control policy")
    for error in (missing, forbidden):
        error.needs("omics:ListTagsForResource", "Nothing is changed otherwise.")

    assert missing.advice == (
        "Give the caller's role omics:ListTagsForResource. Nothing is changed otherwise."
    )
    assert "ListTagsForResource" not in forbidden.advice
    assert forbidden.advice.startswith("A policy of the organization")
    assert forbidden.advice.endswith("Nothing is changed otherwise.")


def test_the_deepest_activity_is_named() -> None:
    expected = pytest.raises(OmicsComponentsError, match=r"^inner: it failed\.$")
    with expected, error_context("outer"), error_context("inner"):
        raise OmicsComponentsError("it failed")


def test_other_errors_pass_unchanged() -> None:
    with pytest.raises(KeyError, match="'x'"), error_context("reading"):
        raise KeyError("x")


def test_the_tree_is_closed_and_drawn() -> None:
    tree = {
        name for name in errors.__all__ if name not in ("error_context", "OmicsComponentsError")
    }
    parents: list[type[OmicsComponentsError]] = [OmicsComponentsError]
    parents += OmicsComponentsError.__subclasses__()
    subclasses = {kind.__name__ for parent in parents for kind in parent.__subclasses__()}

    assert tree == subclasses
    assert [name for name in tree if f"── {name} " not in (errors.__doc__ or "")] == []
