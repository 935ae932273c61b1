"""Checks and parsing that the responses of all services share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError

from omics_components.errors import ServiceInternalError


def require_member(response: Mapping[str, Any], member: str, operation: str) -> Any:
    """Return a required member of a response.

    botocore turns a 200 with an empty or non-AWS body into ``{}``.

    Raises:
        ServiceInternalError: The member is missing.
    """
    if member not in response:
        raise ServiceInternalError(
            f"{operation} returned no {member!r}: not an AWS response", operation=operation
        )
    return response[member]


def reject_non_aws_response(http_response: Any, parsed: Any, model: Any, **_: Any) -> None:
    """Handle botocore's event ``after-call``: reject a success that is not an AWS response.

    ``response_parsers`` detects it, and ``retries`` has retried the request where that is safe.

    Raises:
        ServiceInternalError: The response has a success status, but not the body of one.
    """
    is_success = http_response.status_code < 300  # noqa: PLR2004 HTTP's own
    if is_success and isinstance(parsed, Mapping) and "Error" in parsed:
        raise ServiceInternalError(parsed["Error"]["Message"], operation=model.name)


@contextmanager
def reading(operation: str) -> Iterator[None]:
    """Translate errors of parsing a response; do not call AWS in this context.

    botocore has checked the types of the members, but a string may not be a valid ARN, time or
    number.

    Raises:
        ServiceInternalError: The response could not be parsed.
    """
    try:
        yield
    except (OverflowError, ValueError) as error:  # includes pydantic's
        first = str(error).partition("\n")[0]
        if isinstance(error, ValidationError):
            problem = error.errors()[0]
            place = ".".join(str(part) for part in problem["loc"])
            first = (
                f"{place!r} is missing" if problem["type"] == "missing" else f"{place!r} is invalid"
            )
        raise ServiceInternalError(
            f"{operation} returned an invalid response: {first}", operation=operation
        ) from error


def only_text(value: object) -> str:
    """Return *value* if it is a string, else ``""``."""
    return value if isinstance(value, str) else ""
