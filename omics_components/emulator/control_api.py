"""The emulator's own HTTP API under ``/_emulator/``: what a test in another process needs."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from omics_components.emulator.assumptions import assumptions
from omics_components.emulator.core import Emulator
from omics_components.emulator.errors import ServiceError
from omics_components.emulator.lifecycle import DeletionRefusal
from omics_components.emulator.operations import OPERATIONS
from omics_components.emulator.wire import Response

PREFIX = "/_emulator/"

_Answer = dict[str, Any] | list[Any]


class ControlApi:
    """Answers control requests.

    Args:
        emulator: The emulator to control.
        reset: Resets the emulator and the services beside it.
    """

    def __init__(self, emulator: Emulator, reset: Callable[[], None]) -> None:
        self._emulator = emulator
        self._reset = reset

    def handle(self, method: str, path: str, body: bytes) -> Response:
        """Answer one control request, always with JSON."""
        names = {key for key in self._routes() if key.endswith(f" {path.removeprefix(PREFIX)}")}
        if not names:
            return _json(404, {"message": f"there is no {path}"})
        route = self._routes().get(f"{method} {path.removeprefix(PREFIX)}")
        if route is None:
            return _json(405, {"message": f"{path} does not take {method}"})
        try:
            document = json.loads(body) if body.strip() else {}
            return _json(200, route(document))
        except ServiceError as error:
            return _json(404, {"message": str(error)})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return _json(400, {"message": f"{type(error).__name__}: {error}"})

    def _routes(self) -> dict[str, Callable[[Any], _Answer]]:
        emulator = self._emulator
        return {
            "GET health": lambda _: {"status": "ok", "operations": list(OPERATIONS)},
            "GET calls": lambda _: [call.to_json() for call in emulator.calls],
            "DELETE calls": lambda _: _done(emulator.calls.clear),
            "GET faults": lambda _: [rule.to_json() for rule in emulator.faults],
            "POST faults": self._add_faults,
            "DELETE faults": lambda _: _done(emulator.faults.clear),
            "GET settings": lambda _: asdict(emulator.settings),
            "POST settings": lambda changes: _done(lambda: emulator.configure(**changes)),
            "POST read-sets": self._put_read_sets,
            "POST references": self._put_references,
            "POST fallback-uploads": self._put_fallback_object,
            "POST access-logs": self._put_access_log,
            "GET assumptions": lambda _: [asdict(one) for one in assumptions().values()],
            "POST status-plans": self._plan_status,
            "POST deletion-refusals": self._refuse_deletion,
            "GET policy": lambda _: emulator.allowed_policy or {},
            "POST policy": lambda policy: _done(lambda: emulator.allow_only(policy)),
            "DELETE policy": lambda _: _done(lambda: emulator.allow_only(None)),
            "POST reset": lambda _: _done(self._reset),
        }

    def _add_faults(self, document: Any) -> _Answer:
        rules = document if isinstance(document, list) else [document]
        return [rule.to_json() for rule in self._emulator.faults.extend(rules)]

    def _put_read_sets(self, document: Any) -> _Answer:
        store_id, count, items = _contents(document, "sequenceStoreId")
        return {"readSets": self._emulator.put_read_sets(store_id, count, items)}

    def _put_references(self, document: Any) -> _Answer:
        store_id, count, items = _contents(document, "referenceStoreId")
        return {"references": self._emulator.put_references(store_id, count, items)}

    def _put_fallback_object(self, document: Any) -> _Answer:
        _check_known(document, {"sequenceStoreId"})
        return self._emulator.put_fallback_object(document["sequenceStoreId"])

    def _put_access_log(self, document: Any) -> _Answer:
        _check_known(document, {"sequenceStoreId"})
        return self._emulator.put_access_log(document["sequenceStoreId"])

    def _plan_status(self, document: Any) -> _Answer:
        _check_known(document, {"steps", "name", "storeId", "on", "times"})
        plan = self._emulator.plan_status(
            document["steps"],
            name=document.get("name"),
            store_id=document.get("storeId"),
            on=document.get("on", "create"),
            times=document.get("times", 1),
        )
        return asdict(plan)

    def _refuse_deletion(self, document: Any) -> _Answer:
        refusal = DeletionRefusal(**document)
        self._emulator.refuse_deletion(refusal)
        return asdict(refusal)


def _contents(document: Any, store_member: str) -> tuple[str, int | None, list[Any] | None]:
    _check_known(document, {store_member, "count", "items"})
    return document[store_member], document.get("count"), document.get("items")


def _check_known(document: Any, members: set[str]) -> None:
    if unknown := sorted(document.keys() - members):
        raise ValueError(f"unknown members: {', '.join(unknown)}")


def _done(action: Callable[[], None]) -> _Answer:
    action()
    return {}


def _json(status: int, document: _Answer) -> Response:
    body = json.dumps(document).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    return Response(status, headers, body)
