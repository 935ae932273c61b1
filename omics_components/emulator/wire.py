"""Requests to parameters, outputs and errors to responses: HealthOmics' rest-json protocol."""

import json
import re
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from omics_components.emulator.errors import ModelViolation, ServiceError, invalid
from omics_components.emulator.service_model import Route, error_statuses
from omics_components.emulator.settings import Settings
from omics_components.emulator.validation import violations

_STORE_OPERATIONS = frozenset(
    {"CreateSequenceStore", "GetSequenceStore", "UpdateSequenceStore", "ListSequenceStores"}
)
_INTEGER = re.compile(r"[+-]?\d{1,18}")


@dataclass(frozen=True)
class Response:
    """What goes back over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


class NoBody(dict[str, Any]):
    """An answer without a body."""


def parse_request(
    route: Route, query: str, body: bytes, settings: Settings | None = None
) -> dict[str, Any]:
    """Return the parameters of a request, from its path, query string and JSON body.

    Members that are null count as absent; members that the model does not know are left out
    (assumed: request-members). Values are not checked here.

    Args:
        route: The operation.
        query: Raw query string.
        body: The body.
        settings: Alternatives in force; None is none.

    Raises:
        ServiceError: ValidationException, the body is not a JSON object (assumed:
            malformed-body-code).
    """
    shape = route.operation.input_shape
    members: dict[str, Any] = shape.members if shape else {}
    values = parse_qs(query, keep_blank_values=True)
    document: dict[str, Any] | None = None
    parameters: dict[str, Any] = {}
    for name, member in members.items():
        location = member.serialization.get("location")
        wire_name = member.serialization.get("name", name)
        if location == "uri":
            parameters[name] = route.labels[wire_name]
        elif location == "querystring":
            if wire_name in values:
                parameters[name] = _from_query(values[wire_name], member.type_name)
        else:
            if document is None:
                document = _parse_body(body, settings)
            if document.get(wire_name) is not None:
                parameters[name] = document[wire_name]
    if document and settings and settings.assumes("request-members"):
        named = {member.serialization.get("name", name) for name, member in members.items()}
        odd = sorted(name for name, value in document.items() if value is None or name not in named)
        if odd:
            raise invalid(f"Unexpected members: {', '.join(odd)}")
    return parameters


def _from_query(texts: list[str], kind: str) -> Any:
    if kind == "list":
        return texts
    if kind in ("integer", "long") and _INTEGER.fullmatch(texts[0]):
        return int(texts[0])
    return texts[0]  # text in place of a number is refused by the validation


def _parse_body(body: bytes, settings: Settings | None) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _malformed("The request body is not valid JSON", settings) from error
    if not isinstance(document, dict):
        raise _malformed("The request body is not a JSON object", settings)
    return document


def _malformed(message: str, settings: Settings | None) -> ServiceError:
    otherwise = settings and settings.assumes("malformed-body-code")
    return ServiceError("SerializationException", message) if otherwise else invalid(message)


def known_members(value: Any, shape: Any) -> Any:
    """Return a copy of a valid *value* without nulls and without members unknown to *shape*."""
    if shape is None:
        return {}
    if shape.type_name == "structure":
        return {
            name: known_members(value[name], member)
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if shape.type_name == "map":
        return {key: known_members(item, shape.value) for key, item in value.items()}
    if shape.type_name == "list":
        return [known_members(item, shape.member) for item in value]
    return value


def output_response(
    route: Route, output: dict[str, Any], settings: Settings | None = None
) -> Response:
    """Return the success response of an operation.

    Members that are None are left out (assumed: absent-members).

    Args:
        route: The operation.
        output: Its answer.
        settings: Alternatives in force; None is none.

    Raises:
        ModelViolation: The output does not fit the output shape. A bug of the emulator.
    """
    operation = route.operation
    document = {name: value for name, value in output.items() if value is not None}
    shape = operation.output_shape
    unknown = sorted(document.keys() - (shape.members.keys() if shape else set()))
    problems = [f"unknown member {name}" for name in unknown]
    problems += violations(document, shape) if shape else []
    if problems:
        raise ModelViolation(f"{operation.name} would answer {document}: {'; '.join(problems)}")
    status = int(operation.http.get("responseCode", 200))
    if settings and shape and operation.name in _STORE_OPERATIONS:
        document = _with_locations(document, settings.assumes("locations-verbatim"))
        document = _with_absent(document, shape, settings.assumes("absent-members"))
    has_body = status != 204 and not isinstance(output, NoBody)  # noqa: PLR2004 - 204 No Content
    body = json.dumps(document).encode() if has_body else b""
    return Response(status, _headers(body), body)


def _with_locations(value: Any, how: str | None) -> Any:
    """Return a copy of *value* with its locations as the service spells them.

    As they were sent (assumed: locations-verbatim).
    """
    if how is None:
        return value
    if isinstance(value, list):
        return [_with_locations(item, how) for item in value]
    if not isinstance(value, dict):
        return value
    copy = {name: _with_locations(item, how) for name, item in value.items()}
    for name in copy.keys() & {"fallbackLocation", "accessLogLocation"}:
        bare = copy[name].removesuffix("/")
        copy[name] = bare if how == "slash-dropped" else f"{bare}/"
    return copy


def _with_absent(value: Any, shape: Any, how: str | None) -> Any:
    """Return a copy of *value* with its absent members null or empty, as *how* says."""
    if how is None:
        return value
    if shape.type_name == "list":
        return [_with_absent(item, shape.member, how) for item in value]
    if shape.type_name != "structure":
        return value
    filled = {name: _with_absent(item, shape.members[name], how) for name, item in value.items()}
    for name, member in shape.members.items():
        if name in filled or name == "nextToken":
            continue
        if how == "null":
            filled[name] = None
        elif member.type_name == "string" and "enum" not in member.metadata:
            filled[name] = ""
        elif member.type_name == "list":
            filled[name] = []
    return filled


def error_response(error: ServiceError, status: int | None = None) -> Response:
    """Return the response of an error, with the status that the model gives its code.

    Args:
        error: Code and message.
        status: HTTP status instead of the model's, for injected faults.
    """
    body = json.dumps({"message": error.message}).encode()
    headers = _headers(body) | {"x-amzn-ErrorType": error.code}
    return Response(status or error_statuses().get(error.code, 400), headers, body)


def _headers(body: bytes) -> dict[str, str]:
    headers = {"x-amzn-RequestId": str(uuid.uuid4()), "Content-Length": str(len(body))}
    if body:
        headers["Content-Type"] = "application/json"
    return headers
