"""Read HealthOmics lists lazily, page by page."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import TypeAdapter

from omics_components.aws.client import translated_errors
from omics_components.aws.responses import reading, require_member
from omics_components.schema.base import Model
from omics_components.schema.lookup import Result

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

R = TypeVar("R", bound=Result)

PAGE_MAX = 100
"""Items of a page (model: maxResults is at most 100)."""

_NOTHING: tuple[object, ...] = (None, "", [], {})


def items(
    client: OmicsClient,
    operation: str,
    member: str,
    criteria: Model | None = None,
    **request: str,
) -> Iterator[Mapping[str, Any]]:
    """List items in pages of 100; a page is requested when the previous one is used up.

    Only one page is in memory at a time.

    Args:
        client: Client of the ``omics`` service.
        operation: Such as ``ListReadSets``.
        member: The member of the response that holds the items.
        criteria: The filter.
        **request: Other members of the request.
    """
    pages: Any = client
    call = {**request, "PaginationConfig": {"PageSize": PAGE_MAX}}
    wanted = criteria.to_wire() if criteria else {}
    if wanted:
        call["filter"] = wanted
    with translated_errors(operation):
        for page in pages.get_paginator(_method(operation)).paginate(**call):
            yield from require_member(page, member, operation)


def listed(
    client: OmicsClient,
    operation: str,
    member: str,
    kind: type[R],
    criteria: Model | None = None,
    **request: str,
) -> Iterator[R]:
    """List as ``items`` does, and parse each item as a result of *kind*."""
    for item in items(client, operation, member, criteria, **request):
        yield read_answer(kind, item, operation)


def read_answer(kind: type[R], answer: Mapping[str, Any], operation: str) -> R:
    """Parse a response, or an item of one, as a result.

    Null, ``""`` and absent members all mean absent. The members of ``s3Access`` are moved up one
    level, as in the resource's outputs.

    Raises:
        ServiceInternalError: A required member is missing or invalid.
    """
    with reading(operation):
        read: R = _adapter(cast(Any, kind)).validate_python(_flat(answer))
        return read


def _method(operation: str) -> str:
    from botocore import xform_name  # noqa: PLC0415 a preview must not load the SDK

    name: str = xform_name(operation)
    return name


@functools.cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _flat(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    parts = {name: _flat(part) for name, part in value.items() if part not in _NOTHING}
    return {**parts, **parts.pop("s3Access", {})}
