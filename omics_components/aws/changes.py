"""Note which requests of a call to the provider may have changed something in AWS.

An update that fails before any of them has left everything as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any

from omics_components.aws.retries import classify

_READING = ("BatchGet", "Describe", "Get", "Head", "List")

_noted: ContextVar[list[str] | None] = ContextVar("noted_changes", default=None)


@contextmanager
def noted_changes() -> Iterator[list[str]]:
    """Collect, in this thread, the operations that may have changed something in AWS."""
    changes: list[str] = []
    token = _noted.set(changes)
    try:
        yield changes
    finally:
        _noted.reset(token)


def note_changes(client: Any) -> None:
    """Let a client note its changes for ``noted_changes``."""
    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register_first(f"after-call.{service}", _after_response)
    client.meta.events.register_first(f"after-call-error.{service}", _after_failure)


def _after_response(
    http_response: Any, parsed: Mapping[str, Any], event_name: str, **_: Any
) -> None:
    is_refused = (
        http_response.status_code >= HTTPStatus.BAD_REQUEST and classify(parsed) != "failed"
    )
    if not is_refused:
        _note(event_name)


def _after_failure(exception: Exception, event_name: str, **_: Any) -> None:
    if classify(None, exception) != "unsent":
        _note(event_name)


def _note(event_name: str) -> None:
    operation = event_name.rpartition(".")[2]
    changes = _noted.get()
    if changes is not None and not operation.startswith(_READING):
        changes.append(operation)
