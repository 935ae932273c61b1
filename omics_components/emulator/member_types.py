"""Are the members of a dataclass of the types that it declares: for what comes in as JSON.

Types may have limits (``NonNegativeFloat``), which mypy does not see.
"""

import functools
from typing import Any, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError


def check_members(made: Any, what: str) -> None:
    """Check each member of *made*, an instance of a dataclass.

    Args:
        made: The instance.
        what: What it is, for the error text.

    Raises:
        ValueError: A member is not of its type, or a number that is NaN, infinite or
            beyond the limits of its type.
    """
    for name, hint in get_type_hints(type(made), include_extras=True).items():
        value = getattr(made, name)
        try:
            _adapter(hint).validate_python(value)
        except ValidationError as error:
            reason = error.errors()[0]["msg"]
            raise ValueError(f"{name} of {what} cannot be {value!r}: {reason}") from None


@functools.cache
def _adapter(hint: Any) -> TypeAdapter[Any]:
    return TypeAdapter(hint, config=ConfigDict(strict=True, allow_inf_nan=False))
