"""Tags of stores, read sets and references: TagResource, UntagResource, ListTagsForResource."""

import unicodedata
from collections.abc import Iterable
from typing import Any

from omics_components.emulator.errors import ServiceError, conflict, invalid, not_found
from omics_components.emulator.records import RegionState, SequenceStore
from omics_components.emulator.world import Context

TAGS_MAX = 50
"""Tags of one resource (docs, and the model's prose "up to 50 tags"; TagMap itself has no max)."""

_SYMBOLS = frozenset("_.:/=+-@")


def check_tag_keys(keys: Iterable[str]) -> None:
    """Refuse keys outside the documented rules.

    Keys must not start with ``aws:``, in any case of letters, and consist of letters, digits,
    white space and ``_ . : / = + - @`` (docs). Values are not restricted beyond the model: the
    guide's character list is not clearly about them.

    Raises:
        ServiceError: ValidationException (code assumed).
    """
    for key in keys:
        if key.lower().startswith("aws:"):
            raise invalid(f"Tag keys that start with aws: are reserved: '{key}'")
        if not all(_is_allowed(char) for char in key):
            raise invalid(f"The tag key has characters that are not allowed: '{key}'")


def check_new_tags(tags: dict[str, str]) -> None:
    """Refuse the tags of a create call that break a rule.

    Raises:
        ServiceError: ValidationException, also for more than 50 (code assumed).
    """
    check_tag_keys(tags)
    if len(tags) > TAGS_MAX:
        raise invalid(f"A resource can have at most {TAGS_MAX} tags, not {len(tags)}")


def tag_resource(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Add or replace tags (model). More than 50 in all is ServiceQuotaExceeded (code assumed)."""
    resource = _taggable(context.region, parameters["resourceArn"])
    check_tag_keys(parameters["tags"])
    merged = resource.tags | parameters["tags"]
    if len(merged) > TAGS_MAX:
        message = f"A resource can have at most {TAGS_MAX} tags, not {len(merged)}"
        raise ServiceError("ServiceQuotaExceededException", message)
    resource.tags = merged
    return {}


def untag_resource(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Remove tags; keys that are not there are no error (the operation is idempotent: model)."""
    resource = _taggable(context.region, parameters["resourceArn"])
    for key in parameters["tagKeys"]:
        resource.tags.pop(key, None)
    return {}


def list_tags_for_resource(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return all tags, on one page (model)."""
    return {"tags": dict(_resource(context.region, parameters["resourceArn"]).tags)}


def _is_allowed(char: str) -> bool:
    return char in _SYMBOLS or unicodedata.category(char)[0] in "LNZ"


def _resource(region: RegionState, arn: str) -> Any:
    resource = region.resource_with_arn(arn)
    if resource is None:
        # Another account's or region's ARN too: this region does not have it (assumed).
        raise not_found("resource", arn)
    return resource


def _taggable(region: RegionState, arn: str) -> Any:
    resource = _resource(region, arn)
    if isinstance(resource, SequenceStore) and resource.status == "DELETING":
        # ConflictException is declared for the tag operations; this is its likely case (assumed).
        raise conflict(f"Sequence store {resource.id} is being deleted")
    return resource
