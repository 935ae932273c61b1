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
