"""What the answers of all services have in common."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from omics_components.errors import ServiceInternalError

_PAGE_STARTS = (b"<html", b"<!doctype")

_WITHOUT_BODY = frozenset({"BatchDeleteReadSet"})
"""Operations whose success has no body although it could have one (model)."""


def required(response: Mapping[str, Any], member: str, operation: str) -> Any:
    """Give a required member; botocore turns a 200 with an empty or foreign body into ``{}``.

    Raises:
        ServiceInternalError: It is not there.
    """
    if member not in response:
        raise ServiceInternalError(
            f"{operation} answered without {member!r}: no answer of AWS", operation=operation
        )
    return response[member]


def refuse_foreign(http_response: Any, model: Any, **_: Any) -> None:
    """Answer botocore's event ``after-call``: what no AWS service sends is no success.

    A proxy or a login page may stand between: a page of HTML, or nothing at all where the model has
    members in the body. botocore would read both as an answer without members.

    Raises:
        ServiceInternalError: The answer has a status of success, but not its body.
    """
    if not 200 <= http_response.status_code < 300 or model.has_streaming_output:  # noqa: PLR2004 HTTP's own
        return
    body = bytes(http_response.content).strip()
    is_empty = not body and model.name not in _WITHOUT_BODY and _has_body(model)
    if is_empty or body[:9].lower().startswith(_PAGE_STARTS):
        said = "with a web page" if body else "with nothing"
        raise ServiceInternalError(
            f"{model.name} answered {said}: no answer of AWS", operation=model.name
        )


def _has_body(model: Any) -> bool:
    """Say whether the answer to an operation has members in its body (model)."""
    shape = model.output_shape
    members = shape.members.values() if shape else ()
    return any("location" not in member.serialization for member in members)


def time_of(response: Mapping[str, Any]) -> datetime:
    """Give the time at which AWS answered, by its own clock, cut to the second.

    By this machine's clock where the answer does not tell.
    """
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        return parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return datetime.now(UTC).replace(microsecond=0)
