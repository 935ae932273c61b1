"""Tags of stores, read sets and references: TagResource, UntagResource, ListTagsForResource."""

import unicodedata
from collections.abc import Iterable
from typing import Any

from omics_components.emulator.errors import ServiceError, conflict, invalid, not_found
from omics_components.emulator.lags import remember, visible
from omics_components.emulator.records import Record, SequenceStore
from omics_components.emulator.settings import Settings
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
        ServiceError: ValidationException (assumed: tag-refusal-code).
    """
    for key in keys:
        if key.lower().startswith("aws:"):
            raise invalid(f"Tag keys that start with aws: are reserved: '{key}'")
        if not all(_is_allowed(char) for char in key):
            raise invalid(f"The tag key has characters that are not allowed: '{key}'")


def check_new_tags(tags: dict[str, str], settings: Settings) -> None:
    """Refuse the tags of a create call that break a rule.

    Raises:
        ServiceError: ValidationException, also for more than 50 (assumed: tag-refusal-code).
    """
    check_tag_keys(tags)
    if len(tags) > TAGS_MAX:
        message = f"A resource can have at most {TAGS_MAX} tags, not {len(tags)}"
        if settings.assumes("tag-refusal-code") == "quota":
            raise ServiceError("ServiceQuotaExceededException", message)
        raise invalid(message)


def tag_resource(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Add or replace tags (model).

    More than 50 in all is ServiceQuotaExceeded (assumed: too-many-tags-code).
    """
    resource = _taggable(context, parameters["resourceArn"])
    check_tag_keys(parameters["tags"])
    merged = resource.tags | parameters["tags"]
    if len(merged) > TAGS_MAX:
        message = f"A resource can have at most {TAGS_MAX} tags, not {len(merged)}"
        if context.assumes("too-many-tags-code"):
            raise invalid(message)
        raise ServiceError("ServiceQuotaExceededException", message)
    _remember(context, resource)
    resource.tags = merged
    return {}


def untag_resource(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Remove tags; keys that are not there are no error (the operation is idempotent: model)."""
    resource = _taggable(context, parameters["resourceArn"])
    _remember(context, resource)
    for key in parameters["tagKeys"]:
        resource.tags.pop(key, None)
    return {}


def list_tags_for_resource(context: Context, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return all tags, on one page (model).

    They are there at once (assumed: tags-lag-after-create, tags-lag-after-change).
    """
    resource = _resource(context, parameters["resourceArn"])
    lag_s = context.seconds("tags-lag-after-create")
    if lag_s and context.now_s < resource.creation_time_s + lag_s:
        if context.assumes("tags-lag-after-create") == "not-found":
            raise not_found("resource", resource.arn)
        return {"tags": {}}
    lag_s = context.seconds("tags-lag-after-change")
    return {"tags": dict(visible(resource, "tags", resource.tags, context.now_s, lag_s))}


def _is_allowed(char: str) -> bool:
    return char in _SYMBOLS or unicodedata.category(char)[0] in "LNZ"


def _remember(context: Context, resource: Record) -> None:
    if context.assumes("tags-lag-after-change"):
        remember(resource, "tags", dict(resource.tags), context.now_s)


def _resource(context: Context, arn: str) -> Record:
    resource = context.region.resource_with_arn(arn)
    if resource is not None:
        return resource
    # Another account's or region's ARN too (assumed: foreign-arn-tags).
    otherwise = context.assumes("foreign-arn-tags")
    if otherwise and not arn.startswith(context.arn("")):
        if otherwise == "denied":
            raise ServiceError("AccessDeniedException", f"Not authorized to access {arn}")
        raise invalid(f"{arn} is not of this account and Region")
    raise not_found("resource", arn)


def _taggable(context: Context, arn: str) -> Record:
    resource = _resource(context, arn)
    if isinstance(resource, SequenceStore) and resource.status == "DELETING":
        # ConflictException is declared for the tag operations (assumed: deleting-store-tags).
        otherwise = context.assumes("deleting-store-tags")
        if otherwise is None:
            raise conflict(f"Sequence store {resource.id} is being deleted")
        if otherwise == "not-found":
            raise not_found("resource", arn)
    return resource
