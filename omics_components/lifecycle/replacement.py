"""What a replacement or a deletion loses: the line in a preview, and the error that refuses it."""

from __future__ import annotations

from collections.abc import Callable

from omics_components.errors import NotFound, OmicsComponentsError, ResourceConflict


def describe_contents(
    ask: Callable[[], str | ResourceConflict],
    *,
    otherwise: str,
    require_same_account: Callable[[], None],
    is_certain: bool,
) -> str:
    """Ask AWS in a preview what the old one of a replacement holds, if AWS can be asked.

    Whatever keeps AWS from answering is part of the line, and never fails the preview.

    Args:
        ask: Asks, and returns it in words, or the error if it must not be deleted.
        otherwise: What happens to it, where that cannot be known.
        require_same_account: Raises where "it is not there" says nothing.
        is_certain: Whether it is known to be replaced; False if only an update will know.

    Raises:
        ResourceConflict: It is known to be replaced, and must not be deleted.
    """
    try:
        try:
            old = ask()
        except NotFound:
            require_same_account()
            return "the old one is gone already"
    except OmicsComponentsError as error:
        return f"the contents of the old one are unknown, and {otherwise}: {error}"
    if isinstance(old, str):
        return old
    if is_certain:
        raise old
    return f"{old.message}, so the update will fail if it would replace it"


def not_empty(
    contents: str, what: str, conflict: ResourceConflict | None = None
) -> ResourceConflict:
    """Return the error of a deletion that would lose what is in a resource.

    Args:
        contents: What is in it, as a clause: ``it holds 3 read sets``.
        what: The kind of resource, as it stands in the advice: ``store``.
        conflict: The error of the service, where it was asked to delete it.
    """
    return ResourceConflict(
        contents,
        code=conflict.code if conflict else None,
        request_id=conflict.request_id if conflict else None,
        advice="Delete them first, set force_destroy and run an update to have all of them "
        f"deleted, or keep the {what} with the resource option retain_on_delete.",
    )


def warn_replacement(
    info: Callable[[str], None], what: str, because: str, loss: str, *, is_certain: bool
) -> None:
    """Report in one line what a replacement loses: a preview shows properties only.

    Args:
        info: Tells the user one line.
        what: What is replaced.
        because: Why.
        loss: What is lost by it, and what is not.
        is_certain: Whether it is known to be replaced; False if only an update will know.
    """
    verb = "replaces" if is_certain else "may replace"
    info(f"{verb} {what} because {because}: {loss}")
