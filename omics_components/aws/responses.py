"""What the answers of all services have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError

from omics_components.errors import ServiceInternalError


def require_member(response: Mapping[str, Any], member: str, operation: str) -> Any:
    """Give a required member; botocore turns a 200 with an empty or foreign body into ``{}``.

    Raises:
        ServiceInternalError: It is not there.
    """
    if member not in response:
        raise ServiceInternalError(
            f"{operation} answered without {member!r}: not an AWS response", operation=operation
        )
    return response[member]


def reject_non_aws_response(http_response: Any, parsed: Any, model: Any, **_: Any) -> None:
    """Answer botocore's event ``after-call``: a success that is not an AWS response is an error.

    ``response_parsers`` has found that, and ``retries`` has repeated the call where that is safe.

    Raises:
        ServiceInternalError: The response has a status of success, but not its body.
    """
    is_success = http_response.status_code < 300  # noqa: PLR2004 HTTP's own
    if is_success and isinstance(parsed, Mapping) and "Error" in parsed:
        raise ServiceInternalError(parsed["Error"]["Message"], operation=model.name)


@contextmanager
def reading(operation: str) -> Iterator[None]:
    """Turn what an answer's values lead to into one of our errors; call nothing of AWS in it.

    Members are of the types that the model gives them, but a text may be none of the ARNs, times or
    numbers that it stands for.

    Raises:
        ServiceInternalError: The answer could not be read.
    """
    try:
        yield
    except (OverflowError, ValueError) as error:  # those of pydantic are among them
        first = str(error).partition("\n")[0]
        if isinstance(error, ValidationError):
            problem = error.errors()[0]
            place = ".".join(str(part) for part in problem["loc"])
            first = (
                f"{place!r} is missing" if problem["type"] == "missing" else f"{place!r} is wrong"
            )
        raise ServiceInternalError(
            f"{operation} answered with nonsense: {first}", operation=operation
        ) from error


def only_text(value: object) -> str:
    """Return *value* if it is text, else nothing."""
    return value if isinstance(value, str) else ""
