"""Check values against the model's shapes: required, type, min, max, pattern, enum, at any depth.

Serves both directions: requests of callers, and the emulator's own answers. Rules that are not in
the model are in ``operations``.
"""

from collections.abc import Iterator
from typing import Any

from omics_components.emulator.clock import from_wire
from omics_components.emulator.errors import invalid
from omics_components.emulator.patterns import compile_pattern
from omics_components.emulator.service_model import constraints

_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "timestamp": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
}
_INTEGER_BITS = {"integer": 31, "long": 63}


def violations(value: Any, shape: Any, path: str = "") -> Iterator[str]:
    """Yield one sentence for each constraint of *shape* that *value* breaks.

    Args:
        value: JSON value as it is on the wire (a time is a string).
        shape: A botocore shape.
        path: Where *value* is, for the sentences: ``sseConfig.keyArn``.
    """
    kind = shape.type_name
    if not _has_type(value, kind):
        yield _sentence(path, f"Member must be of type {kind}")
    elif kind == "structure":
        yield from _structure_violations(value, shape, path)
    elif kind == "map":
        yield from _size_violations(len(value), shape, path)
        for key, item in value.items():
            yield from violations(key, shape.key, f"{path}.key")
            yield from _element_violations(item, shape.value, f"{path}.{key}.value")
    elif kind == "list":
        yield from _size_violations(len(value), shape, path)
        for index, item in enumerate(value, start=1):
            yield from _element_violations(item, shape.member, f"{path}.{index}.member")
    elif kind == "string":
        yield from _string_violations(value, shape, path)
    elif kind == "timestamp":
        yield from _timestamp_violations(value, path)
    elif kind != "boolean":
        yield from _number_violations(value, shape, path)


def check_request(parameters: dict[str, Any], shape: Any, *, terse: bool = False) -> None:
    """Refuse parameters that break the model.

    Args:
        parameters: Of a request.
        shape: Of its input.
        terse: Name no violation.

    Raises:
        ServiceError: ValidationException that lists every violation, in the wording that AWS's
            services built on the same framework use (assumed: validation-wording).
    """
    found = list(violations(parameters, shape))
    if found and terse:
        raise invalid("Invalid request")
    if found:
        noun = "error" if len(found) == 1 else "errors"
        raise invalid(f"{len(found)} validation {noun} detected: " + "; ".join(found))


def _has_type(value: Any, kind: str) -> bool:
    # A Python bool is an int, too.
    is_boolean = isinstance(value, bool)
    return is_boolean == (kind == "boolean") and isinstance(value, _JSON_TYPES[kind])


def _sentence(path: str, demand: str) -> str:
    return f"Value at '{path}' failed to satisfy constraint: {demand}"


def _structure_violations(value: dict[str, Any], shape: Any, path: str) -> Iterator[str]:
    prefix = f"{path}." if path else ""
    for name in shape.required_members:
        if value.get(name) is None:
            yield _sentence(f"{prefix}{name}", "Member must not be null")
    for name, member in shape.members.items():
        # A null member counts as absent; members the model does not know are ignored.
        if value.get(name) is not None:
            yield from violations(value[name], member, f"{prefix}{name}")


def _element_violations(value: Any, shape: Any, path: str) -> Iterator[str]:
    if value is None:
        yield _sentence(path, "Member must not be null")
    else:
        yield from violations(value, shape, path)


def _size_violations(size: int, shape: Any, path: str) -> Iterator[str]:
    limits = constraints(shape)
    if size < limits.get("min", 0):
        demand = f"Member must have length greater than or equal to {limits['min']}"
        yield _sentence(path, demand)
    if "max" in limits and size > limits["max"]:
        yield _sentence(path, f"Member must have length less than or equal to {limits['max']}")


def _string_violations(value: str, shape: Any, path: str) -> Iterator[str]:
    if any("\ud800" <= char <= "\udfff" for char in value):
        yield _sentence(path, "Member must be valid Unicode")
        return
    too_long_or_short = list(_size_violations(len(value), shape, path))
    yield from too_long_or_short
    limits = constraints(shape)
    if "enum" in limits and value not in limits["enum"]:
        allowed = ", ".join(limits["enum"])
        yield _sentence(path, f"Member must satisfy enum value set: [{allowed}]")
    # A string that is too long is not matched: some patterns take quadratic time.
    if "pattern" in limits and not too_long_or_short and not _matches(value, limits["pattern"]):
        demand = f"Member must satisfy regular expression pattern: {limits['pattern']}"
        yield _sentence(path, demand)


def _matches(value: str, pattern: str) -> bool:
    return compile_pattern(pattern)(value)


def _timestamp_violations(value: str, path: str) -> Iterator[str]:
    try:
        from_wire(value)
    except ValueError:
        yield _sentence(path, "Member must be an ISO 8601 date-time")


def _number_violations(value: float, shape: Any, path: str) -> Iterator[str]:
    limits = constraints(shape)
    bits = _INTEGER_BITS.get(shape.type_name)
    if bits and not -(2**bits) <= value < 2**bits:
        yield _sentence(path, f"Member must be of type {shape.type_name}")
        return
    if "min" in limits and value < limits["min"]:
        demand = f"Member must have value greater than or equal to {limits['min']}"
        yield _sentence(path, demand)
    if "max" in limits and value > limits["max"]:
        yield _sentence(path, f"Member must have value less than or equal to {limits['max']}")
