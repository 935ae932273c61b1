"""Parse responses with botocore, and turn non-AWS responses into error responses.

botocore trusts what it receives. A body that is not an object, or a list in the place of a map,
raises an AttributeError, and a web page parses as a response without members. A proxy, a login page
or a fault may send each of these, with any status.

This parser rejects what the SDKs of typed languages reject as well: a body that is not in the
service's protocol, and a member of another type than the model's. It accepts missing and null
members, except those of list items that this library requires; callers require members with
``responses.require_member``.

A rejected success becomes an error with status 502 Bad Gateway. ``retries`` retries it like any
other, and ``responses.reject_non_aws_response`` raises it. A rejected error keeps its status, by
which it is then classified.

Loaded lazily, because it loads the SDK.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from xml.etree import ElementTree as ET

from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserFactory

_ERROR_FROM = 300
"""The lowest status that the SDK treats as an error."""

_JSON_PROTOCOLS = frozenset({"json", "rest-json"})
_XML_PROTOCOLS = frozenset({"ec2", "query", "rest-xml"})

_WEB_PAGE = re.compile(rb"(<\?xml[^>]*>|<!--.*?-->|\s)*<(html|!doctype)", re.DOTALL | re.IGNORECASE)

_EMPTY_IS_SUCCESS = frozenset({"BatchDeleteReadSet"})
"""Operations whose success has no body although it could have one (model)."""

_ITEM_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "AliasListEntry": ("AliasName",),
    "DeleteMarkerEntry": ("Key", "VersionId"),
    "KeyListEntry": ("KeyArn",),
    "MultipartUpload": ("Key", "UploadId"),
    "ObjectVersion": ("IsLatest", "Key", "VersionId"),
    "OwnershipControlsRule": ("ObjectOwnership",),
    "ReadSetBatchError": ("id",),
    "ReadSetListItem": ("id", "status"),
    "ResourceTagMapping": ("ResourceARN",),
    "ServerSideEncryptionByDefault": ("SSEAlgorithm",),
    "Tag": ("Key", "TagKey", "TagValue", "Value"),  # whichever of them the service has
}
"""Members that a list item must have, by the name of its shape (model)."""

_MAY_BE_EMPTY = frozenset({"TagValue", "Value"})
"""Those of them that may be empty: a tag without a value (docs)."""

_MAX_DEPTH = 32
"""No response of the called services is nested this deeply (model)."""


class _NotAws(Exception):
    """A response that is not from AWS; the text completes "<operation> returned"."""


class StrictParserFactory(ResponseParserFactory):
    """Creates the parsers of a botocore session."""

    def create_parser(self, protocol_name: str) -> Any:
        """Return the parser of a protocol."""
        return _StrictParser(super().create_parser(protocol_name), protocol_name)


def raise_error(http_response: Any, parsed: Any, model: Any, **_: Any) -> None:
    """Handle botocore's event ``after-call``: raise an error before other handlers read it.

    Raises:
        ClientError: The response has an error status.
    """
    if http_response.status_code >= _ERROR_FROM:
        raise ClientError(parsed, model.name)


class _StrictParser:
    """A botocore parser that accepts responses of any content."""

    def __init__(self, parser: Any, protocol: str) -> None:
        self._parser = parser
        self._protocol = protocol

    def parse(self, response: Mapping[str, Any], shape: Any) -> Any:
        """Parse a response; a non-AWS response becomes an error response."""
        operation = response.get("context", {}).get("operation_name") or "the service"
        try:
            if response["status_code"] < _ERROR_FROM:
                self._require_protocol(response["body"], shape, operation)
            parsed = self._parser.parse(response, shape)
            if response["status_code"] < _ERROR_FROM:
                _require_item_members(parsed, shape)
        except _NotAws as error:
            return _error_response(response, f"{operation} returned {error}")
        except Exception:  # noqa: BLE001 botocore fails in many ways on such bodies
            if shape is not None and shape.metadata.get("exception"):
                return {}  # the second pass, for members of this error only
            return _error_response(response, f"{operation} returned an invalid response")
        if isinstance(parsed, dict) and "Error" in parsed:
            parsed["Error"] = _text_members(parsed["Error"])
        return parsed

    def _require_protocol(self, content: Any, shape: Any, operation: str) -> None:
        """Raise unless a success has a body of the service's protocol.

        Raises:
            _NotAws: It has another one.
        """
        if not isinstance(content, bytes):
            return  # a stream, which its reader checks
        body = content.strip()
        if _WEB_PAGE.match(body):
            raise _NotAws("a web page")
        if not _has_body(shape):
            return  # nothing is read, and moto sends null, or the request's body
        if not body:
            if operation not in _EMPTY_IS_SUCCESS:
                raise _NotAws("an empty body")
        elif _is_payload(shape):
            # Such as a bucket policy, which is JSON from a service that speaks XML.
            if body.startswith(b"<"):
                raise _NotAws("markup")
        elif self._protocol in _JSON_PROTOCOLS:
            _require_json(body, shape)
        elif self._protocol in _XML_PROTOCOLS:
            _require_xml(body)


def _error_response(response: Mapping[str, Any], message: str) -> dict[str, Any]:
    """Compose what botocore makes of an error response, for one that it cannot read."""
    status = response["status_code"]
    headers = {str(name).lower(): value for name, value in response["headers"].items()}
    if status < _ERROR_FROM:
        status, message = int(HTTPStatus.BAD_GATEWAY), f"{message}: not an AWS response"
    else:
        message = ""  # the status says more
    return {
        "Error": {"Code": "", "Message": message},
        "ResponseMetadata": {
            "RequestId": headers.get("x-amzn-requestid") or headers.get("x-amz-request-id"),
            "HTTPStatusCode": status,
            "HTTPHeaders": headers,
        },
    }


def _text_members(error: Any) -> dict[str, Any]:
    """Blank the code and the message of an error where they are not text."""
    members = dict(error) if isinstance(error, Mapping) else {}
    texts = {name: members.get(name) for name in ("Code", "Message")}
    return {**members, **{k: text if isinstance(text, str) else "" for k, text in texts.items()}}


def _has_body(shape: Any) -> bool:
    """Return whether a response of *shape* has members in its body (model)."""
    members = shape.members.values() if shape else ()
    return any("location" not in member.serialization for member in members)


def _is_payload(shape: Any) -> bool:
    """Return whether the body is one member as it is, text or bytes (model)."""
    payload = shape.serialization.get("payload") if shape else None
    return payload is not None and shape.members[payload].type_name in {"blob", "string"}


def _require_xml(body: bytes) -> None:
    try:
        ET.fromstring(body)  # noqa: S314 botocore parses the same text so
    except (ET.ParseError, LookupError, ValueError):
        raise _NotAws("a body that is not XML") from None


def _require_json(body: bytes, shape: Any) -> None:
    try:
        content = json.loads(body)
    except (RecursionError, ValueError):
        raise _NotAws("a body that is not JSON") from None
    if not isinstance(content, dict):
        raise _NotAws("a body that is not a JSON object")
    if shape is not None:
        payload = shape.serialization.get("payload")
        _require_type(content, shape.members[payload] if payload else shape, "the body")


def _require_type(value: Any, shape: Any, place: str, depth: int = 0) -> None:  # noqa: C901 a table of types
    """Raise unless a JSON value, and each value in it, has the type that the model gives it."""
    if getattr(shape, "is_document_type", False):
        return
    if depth > _MAX_DEPTH:
        raise _NotAws(f"{place} nested too deeply")
    kind = shape.type_name
    is_right = _JSON_TYPES.get(kind)
    if is_right is not None and not is_right(value):
        raise _NotAws(f"{place} that is not a {kind}")
    if kind == "structure":
        for name, member in shape.members.items():
            content = value.get(member.serialization.get("name", name))
            if content is not None and "location" not in member.serialization:
                _require_type(content, member, repr(name), depth + 1)
    elif kind == "list":
        for item in value:
            _require_type(item, shape.member, f"an item of {place}", depth + 1)
    elif kind == "map":
        for item in value.values():
            _require_type(item, shape.value, f"a value of {place}", depth + 1)


def _is_whole(value: Any) -> bool:
    return _is_number(value) and float(value).is_integer()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_JSON_TYPES: Mapping[str, Any] = {
    "blob": _is_text,
    "boolean": lambda value: isinstance(value, bool),
    "double": lambda value: _is_number(value) or _is_text(value),  # "NaN"
    "float": lambda value: _is_number(value) or _is_text(value),
    "integer": _is_whole,
    "list": lambda value: isinstance(value, list),
    "long": _is_whole,
    "map": lambda value: isinstance(value, dict),
    "string": _is_text,
    "structure": lambda value: isinstance(value, dict),
    "timestamp": lambda value: _is_number(value) or _is_text(value),
}
"""How the types of the model look in JSON."""


def _require_item_members(value: Any, shape: Any) -> None:
    """Raise unless each structure in a parsed response has what is indispensable here."""
    kind = shape.type_name if shape is not None else None
    if kind == "structure" and isinstance(value, Mapping):
        for name in _ITEM_MEMBERS.get(shape.name, ()):
            absent = (None,) if name in _MAY_BE_EMPTY else (None, "")
            if name in shape.members and value.get(name) in absent:
                raise _NotAws(f"{shape.name} without {name!r}")
        for name, member in shape.members.items():
            if name in value:
                _require_item_members(value[name], member)
    elif kind == "list":
        for item in value:
            _require_item_members(item, shape.member)
