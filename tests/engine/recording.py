"""A dynamic resource that writes down what the engine asks of its provider.

In a module of its own: the plugin process imports it, and needs nothing else of these tests.
"""

from __future__ import annotations

import json
import os
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pulumi.dynamic import (
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from omics_components.engine.dynamic.call import end_call_incomplete

if TYPE_CHECKING:
    import pulumi

RECORD_VARIABLE = "RECORD_OF_CALLS"
"""Environment variable of the plugin: the file that receives one JSON line a call."""

HIDDEN = {"__hidden": "input", "tags": {"__user": "1"}}
"""Inputs of every resource with keys that the engine's displays hide, at two depths."""

_BORN = {"__born": "output"}
_PROVIDER_KEY = "__provider"
_LOCK = threading.Lock()

Properties = dict[str, Any]


class RecordingProvider(ResourceProvider):
    """Makes nothing. ``key`` is create-only, ``text`` is not, and other inputs are orders to it.

    Those are ``deletes_first`` (``delete_before_replace`` of a diff), ``gone`` (a read finds
    nothing) and ``fails`` (a creation is never finished).
    """

    serialize_as_secret_always = False

    def check(self, olds: Properties, news: Properties) -> CheckResult:
        count = _record("check", olds=olds, news=news)
        return CheckResult({**_without_provider(news), "__checked": count}, [])

    def diff(self, id_: str, olds: Properties, news: Properties) -> DiffResult:
        _record("diff", id_=id_, olds=olds, news=news)
        changed = [name for name in ("key", "text") if olds.get(name) != news.get(name)]
        return DiffResult(
            changes=bool(changed),
            replaces=[name for name in changed if name == "key"],
            delete_before_replace=bool(news.get("deletes_first")),
        )

    def create(self, props: Properties) -> CreateResult:
        serial = _record("create", news=props)
        outputs = {**_without_provider(props), **_BORN, "serial": serial}
        if props.get("fails"):
            outputs[_PROVIDER_KEY] = props[_PROVIDER_KEY]
            end_call_incomplete(RuntimeError("never finished"), f"#{serial}", outputs)
        return CreateResult(f"#{serial}", outputs)

    def read(self, id_: str, props: Properties) -> ReadResult:
        _record("read", id_=id_, olds=props)
        if props.get("gone") and "serial" in props:
            return ReadResult("", {}, None)
        known = _without_provider(props)
        inputs = {key: value for key, value in known.items() if key not in ("serial", *_BORN)}
        return ReadResult(id_, {"serial": 0, **known, **_BORN}, inputs)

    def update(self, id_: str, olds: Properties, news: Properties) -> UpdateResult:
        _record("update", id_=id_, olds=olds, news=news)
        return UpdateResult({**_without_provider(news), **_BORN, "serial": olds["serial"]})

    def delete(self, id_: str, props: Properties) -> None:
        _record("delete", id_=id_, olds=props)


class Recorded(Resource, module="test", name="Recorded"):
    """A resource whose provider writes down what is asked of it."""

    def __init__(
        self,
        name: str,
        key: str = "k1",
        text: str = "a",
        opts: pulumi.ResourceOptions | None = None,
        **orders: bool,
    ) -> None:
        props = {"called": name, "key": key, "text": text, **HIDDEN, **orders}
        super().__init__(RecordingProvider(), name, props, opts)


@dataclass(frozen=True)
class Call:
    """One call of the engine.

    Args:
        method: What was asked.
        id: Id of the resource; None where the engine gives none.
        olds: What was, or None where the method has no such argument.
        news: The declared properties, in the same form.
    """

    method: str
    id: str | None
    olds: Properties | None
    news: Properties | None

    @property
    def resource(self) -> str:
        """The name of the resource that it is about."""
        return str((self.news or self.olds or {})["called"])

    def __str__(self) -> str:
        """Write it as ``diff(#1, out k1/a, in k1/b)``: see ``_summary``."""
        bags = [_summary(bag) for bag in (self.olds, self.news) if bag is not None]
        return f"{self.method}({', '.join([*([self.id] if self.id else []), *bags])})"


class Record:
    """What was written down.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        path.touch()
        self.path = path
        self._seen = 0

    def new_calls(self) -> dict[str, list[str]]:
        """Return the calls since the last time by resource, each as one line, in order.

        Raises:
            AssertionError: A key that begins with ``__`` is lost.
        """
        lines = self.path.read_text().splitlines()
        calls = [Call(**json.loads(line)) for line in lines[self._seen :]]
        self._seen = len(lines)
        by_resource: defaultdict[str, list[str]] = defaultdict(list)
        for call in calls:
            for bag in (call.olds, call.news):
                assert not bag or bag.items() >= HIDDEN.items(), call
                assert not bag or "serial" not in bag or bag.items() >= _BORN.items(), call
            by_resource[call.resource].append(str(call))
        return dict(by_resource)


def _summary(bag: Properties) -> str:
    """Distinguish inputs as a program wrote them (raw), checked ones (in) and outputs (out)."""
    if not bag:
        return "{}"
    kind = "out" if "serial" in bag else "in" if "__checked" in bag else "raw"
    return f"{kind} {bag['key']}/{bag['text']}"


def _without_provider(bag: Mapping[str, Any]) -> Properties:
    return {key: value for key, value in bag.items() if key != _PROVIDER_KEY}


def _record(
    method: str,
    *,
    id_: str | None = None,
    olds: Properties | None = None,
    news: Properties | None = None,
) -> int:
    """Write down one call; give how many calls of this method its resource has had by now."""
    bags = [None if bag is None else _without_provider(bag) for bag in (olds, news)]
    call = Call(method, id_, *bags)
    with _LOCK, Path(os.environ[RECORD_VARIABLE]).open("a+") as file:
        file.write(json.dumps(asdict(call)) + "\n")
        file.seek(0)
        calls = [Call(**json.loads(line)) for line in file]
    return sum((c.method, c.resource) == (method, call.resource) for c in calls)
