"""Are the members of a dataclass of the types that it declares: for what comes in as JSON."""

from dataclasses import fields
from inspect import formatannotation
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints


def check_members(made: Any, what: str) -> None:
    """Check each member of *made*, an instance of a dataclass.

    Args:
        made: The instance.
        what: What it is, for the error text.

    Raises:
        ValueError: A member is not of its type.
    """
    hints = get_type_hints(type(made))
    for item in fields(made):
        value, hint = getattr(made, item.name), hints[item.name]
        if not _fits(value, hint):
            raise ValueError(f"{item.name} of {what} is {formatannotation(hint)}, not {value!r}")


def _fits(value: Any, hint: Any) -> bool:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, argument) for argument in arguments)
    if origin is Literal:
        return value in arguments
    if origin is not None:
        # A text is a collection of texts for Python, and for nobody who writes a rule.
        of_kind = isinstance(value, origin) and not isinstance(value, str)
        return of_kind and all(_fits(item, arguments[0]) for item in value)
    # A number may be whole, and True is none.
    kinds = (int, float) if hint is float else hint
    return isinstance(value, kinds) and isinstance(value, bool) is (hint is bool)
