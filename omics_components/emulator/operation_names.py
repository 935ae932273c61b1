"""Which operation a request to another AWS service is: for the call log and the fault rules.

Best effort: a request that fits nothing is called ``Unknown``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from omics_components.emulator.service_model import load_service

UNKNOWN = "Unknown"


@dataclass(frozen=True)
class _S3Form:
    """What a request must have to be an S3 operation."""

    name: str
    method: str
    depth: int
    """0 the service, 1 a bucket, 2 an object."""
    query: frozenset[str]
    headers: frozenset[str]

    def fits(self, method: str, depth: int, query: set[str], headers: set[str]) -> bool:
        """Return whether a request can be this operation."""
        same_place = (self.method, self.depth) == (method, depth)
        return same_place and self.query <= query and self.headers <= headers


def operation_name(
    service: str, method: str, raw_path: str, query: str, *, headers: Mapping[str, str], body: bytes
) -> str:
    """Return the operation of a request to *service*.

    JSON services name it in X-Amz-Target, query services in the parameter Action; S3 is told by
    method, depth of the path, and query parameters and headers that an operation requires.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    target = lowered.get("x-amz-target")
    if target:
        return target.rpartition(".")[2]
    if service == "s3":
        return _s3_operation_name(method, raw_path, query, lowered)
    form = parse_qs(body.decode(errors="replace")) | parse_qs(query)
    return form.get("Action", [UNKNOWN])[0]


def _s3_operation_name(method: str, raw_path: str, query: str, headers: dict[str, str]) -> str:
    segments = [segment for segment in raw_path.split("/", 2) if segment]
    parameters = parse_qs(query, keep_blank_values=True)
    present = set(parameters) | {f"{name}={values[0]}" for name, values in parameters.items()}
    fitting = [
        form
        for form in _s3_forms()
        if form.fits(method, min(len(segments), 2), present, set(headers))
    ]
    # The operation that demands most is the one that is meant: GetBucketPolicy, not ListObjects.
    best = max(fitting, key=lambda form: len(form.query) * 10 + len(form.headers), default=None)
    return best.name if best else UNKNOWN


@cache
def _s3_forms() -> list[_S3Form]:
    service = load_service("s3")
    return [_s3_form(service.operation_model(name)) for name in service.operation_names]


def _s3_form(operation: Any) -> _S3Form:
    path, _, fixed_query = operation.http["requestUri"].partition("?")
    query = {item for item in fixed_query.split("&") if item}
    headers = set()
    shape = operation.input_shape
    for name in shape.required_members if shape else ():
        serialization = shape.members[name].serialization
        if serialization.get("location") == "querystring":
            query.add(serialization["name"])
        elif serialization.get("location") == "header":
            headers.add(serialization["name"].lower())
    depth = len([segment for segment in path.split("/") if segment])
    method = operation.http["method"]
    return _S3Form(operation.name, method, depth, frozenset(query), frozenset(headers))
