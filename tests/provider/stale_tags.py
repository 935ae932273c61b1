"""Owner tags that read as they were for a while after they were written, as AWS's may.

Where plugins of the fork server sleep, time passes fifty times faster: ``LAG_S`` is two minutes for
them.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto.s3.models import S3Backend
from moto.utilities.tagging_service import TaggingService

from omics_components.emulator.operations import OPERATIONS
from omics_components.schema.owner_tag import OWNER_TAG

LAG_S = 120 / 50


class _Past:
    """What was seen of each owner tag, and when first."""

    def __init__(self) -> None:
        self._seen: dict[str, list[tuple[float, str | None]]] = {}

    def shown(self, arn: str, tags: dict[str, str]) -> dict[str, str]:
        """Return tags with the owner tag of ``LAG_S`` ago; at first, that of the creation."""
        seen, now = self._seen.setdefault(arn, []), time.monotonic()
        if not seen or seen[-1][1] != tags.get(OWNER_TAG):
            seen.append((now, tags.get(OWNER_TAG)))
        old = [text for first, text in seen if first <= now - LAG_S]
        text = old[-1] if old else seen[0][1]
        rest = {key: value for key, value in tags.items() if key != OWNER_TAG}
        return rest if text is None else {**rest, OWNER_TAG: text}

    def forget(self, arn: str) -> None:
        """Forget what was seen: a new bucket of an old name shows no tags of the one before."""
        self._seen.pop(arn, None)


@contextmanager
def stale_owner_tags() -> Iterator[None]:
    """Let the emulator of this process show owner tags late."""
    past = _Past()
    operation = OPERATIONS["ListTagsForResource"]
    listed = TaggingService.list_tags_for_resource
    create_bucket = S3Backend.create_bucket

    def list_of_omics(context: Any, parameters: dict[str, Any]) -> dict[str, Any]:
        tags = operation.handler(context, parameters)["tags"]
        return {"tags": past.shown(parameters["resourceArn"], tags)}

    def list_of_moto(service: Any, arn: str) -> dict[str, Any]:
        pairs = listed(service, arn)[service.tag_name]
        tags = {pair[service.key_name]: pair[service.value_name] for pair in pairs}
        shown = past.shown(arn, tags)
        return {
            service.tag_name: [
                {service.key_name: key, service.value_name: value} for key, value in shown.items()
            ]
        }

    def create_new_bucket(backend: Any, bucket_name: str, *args: Any, **options: Any) -> Any:
        past.forget(f"arn:aws:s3:::{bucket_name}")
        return create_bucket(backend, bucket_name, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        late = dataclasses.replace(operation, handler=list_of_omics)
        patch.setitem(OPERATIONS, "ListTagsForResource", late)
        patch.setattr(TaggingService, "list_tags_for_resource", list_of_moto)
        patch.setattr(S3Backend, "create_bucket", create_new_bucket)
        yield
