"""What ``pulumi preview --json`` printed, typed, and without what no one shall see.

Internals (``__*``) and secrets are left out here, at the edge: nothing behind it can show them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from omics_components.cli.report.service_keys import without_service_key
from omics_components.errors import InvalidRequest


class Hidden(Enum):
    """Stands for a value that cannot be shown."""

    UNKNOWN = "unknown until the update"
    SECRET = "secret"  # noqa: S105 the word


Value = None | bool | int | float | str | Hidden | list["Value"] | dict[str, "Value"]
"""A property's value."""

Properties = Mapping[str, Value]

Verb = Literal["create", "adopt", "update", "replace", "delete", "read", "same", "refresh"]

_VERBS: Mapping[str, Verb] = {
    "create": "create",
    "import": "adopt",
    "update": "update",
    "replace": "replace",
    "import-replacement": "replace",
    "delete": "delete",
    "read": "read",
    "read-replacement": "read",
    "same": "same",
    "refresh": "refresh",
}
"""The engine's operations."""

_NO_NEWS = frozenset(
    {
        "create-replacement",
        "delete-replaced",
        "discard",
        "discard-replaced",
        "remove-pending-replace",
    }
)
"""Operations that are part of a replacement, or only forget what was read."""

_UNKNOWN = (
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
)
"""How the engine writes unknown texts, truth values, numbers, lists, assets, archives, objects."""

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 marks one
_MASKED = "[secret]"

_OWN_LINES = "omics-components: "

_STORE = "omics:SequenceStore"
"""How the type of a sequence store ends, whichever provider it is of."""


@dataclass(frozen=True)
class Side:
    """A resource before or after.

    Args:
        id: Its Pulumi id; "" while it has none.
        inputs: What the program says of it.
        outputs: What it is; after a step, only as far as the engine knows.
        is_protected: The option ``protect``.
        is_retained: The option ``retain_on_delete``.
        adopts: What an ``import_`` of this library names; "" if it is none.
    """

    id: str = ""
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    is_protected: bool = False
    is_retained: bool = False
    adopts: str = ""


@dataclass(frozen=True)
class Step:
    """What the engine would do to one resource.

    Args:
        verb: In a word; an adoption by this library is one, though the engine calls it a creation.
        urn: Which resource.
        before: None if it is new.
        after: None if it goes.
        forced_by: Properties that force a replacement.
        is_resource: It is one in the cloud; components and stacks are not.
    """

    verb: Verb
    urn: str
    before: Side | None
    after: Side | None
    forced_by: tuple[str, ...] = ()
    is_resource: bool = True

    @property
    def name(self) -> str:
        """Name of the resource in the program."""
        return self.urn.split("::", 3)[-1]

    @property
    def type(self) -> str:
        """Its type token, without those of its parents."""
        return self.urn.split("::", 3)[2].rpartition("$")[2]


@dataclass(frozen=True)
class Message:
    """A line that the CLI would print below the preview.

    Args:
        severity: error, warning or info; the last is a line of this library.
        text: What it says.
        resource: Name of the resource; "" without one.
    """

    severity: Literal["error", "warning", "info"]
    text: str
    resource: str


@dataclass(frozen=True)
class Preview:
    """A preview.

    Args:
        stack: ``project/stack``; "" if there is no resource.
        steps: In the engine's order, one for each resource and verb.
        messages: Errors, warnings and what this library has to say.
        has_failed: It ended with an error, or before its end.
    """

    stack: str
    steps: tuple[Step, ...]
    messages: tuple[Message, ...]
    has_failed: bool


class _Json(BaseModel):
    model_config = ConfigDict(extra="ignore", alias_generator=to_camel, populate_by_name=True)


class _State(_Json):
    custom: bool = False
    id: str = ""
    inputs: dict[str, Any] = Field(default_factory=dict)
    outputs: dict[str, Any] = Field(default_factory=dict)
    protect: bool = False
    retain_on_delete: bool = False


class _Step(_Json):
    op: str
    urn: str = Field(pattern="^urn:pulumi:[^:]+::[^:]+::.+::.*")
    old_state: _State | None = None
    new_state: _State | None = None
    replace_reasons: list[str] | None = None


class _Diagnostic(_Json):
    urn: str = ""
    message: str = ""
    severity: str = ""


class _Digest(_Json):
    """What the CLI prints at the end."""

    steps: list[_Step] = Field(default_factory=list)
    diagnostics: list[_Diagnostic] = Field(default_factory=list)
    change_summary: dict[str, int] | None


class _Metadata(_Json):
    op: str
    urn: str
    old: _State | None = None
    new: _State | None = None
    keys: list[str] | None = None


class _PreEvent(_Json):
    metadata: _Metadata


class _Summary(_Json):
    result: str = ""


class _Event(_Json):
    """One line of what it prints with PULUMI_ENABLE_STREAMING_JSON_PREVIEW."""

    sequence: int
    resource_pre_event: _PreEvent | None = None
    diagnostic_event: _Diagnostic | None = None
    summary_event: _Summary | None = None


def decode_preview(content: bytes) -> str:
    """Decode what a shell wrote: UTF-8, or UTF-16 as Windows PowerShell redirects, mark or not.

    Raises:
        InvalidRequest: It is something else.
    """
    try:
        return content.decode(json.detect_encoding(content))
    except UnicodeDecodeError as error:
        raise _no_preview(error) from error


def read_preview(text: str) -> Preview:
    """Read what ``pulumi preview --json`` printed, at once or as a stream of events.

    Raises:
        InvalidRequest: It is something else.
    """
    if not text.strip():
        raise InvalidRequest(
            "is empty",
            advice="A preview that could not begin prints its reason on stderr only.",
        )
    try:
        documents = list(_documents(text))
        if "sequence" in documents[0]:
            return _from_events([_Event.model_validate(document) for document in documents])
        [document] = documents
        digest = _Digest.model_validate(document)
        return _preview(digest.steps, digest.diagnostics)
    except (ValueError, ValidationError) as error:
        raise _no_preview(error) from error


def _no_preview(error: Exception) -> InvalidRequest:
    first = str(error).splitlines()[0]
    return InvalidRequest(
        f"is not what pulumi preview --json prints ({first})",
        advice="Keep stderr apart from it.",
    )


def _documents(text: str) -> Iterator[dict[str, Any]]:
    decoder, position = json.JSONDecoder(), 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        document, position = decoder.raw_decode(text, position)
        if not isinstance(document, dict):
            raise ValueError("a JSON value that is no object")  # noqa: TRY004 read_preview reports it
        yield document


def _from_events(events: Iterable[_Event]) -> Preview:
    steps, diagnostics, result = [], [], ""
    for event in events:
        if event.resource_pre_event is not None:
            seen = event.resource_pre_event.metadata
            steps.append(
                _Step(
                    op=seen.op,
                    urn=seen.urn,
                    old_state=seen.old,
                    new_state=seen.new,
                    replace_reasons=seen.keys,
                )
            )
        if event.diagnostic_event is not None:
            diagnostics.append(event.diagnostic_event)
        if event.summary_event is not None:
            result = event.summary_event.result
    return _preview(steps, diagnostics, has_ended_well=result == "succeeded")


def _preview(
    steps: Iterable[_Step], diagnostics: Iterable[_Diagnostic], *, has_ended_well: bool = True
) -> Preview:
    found = tuple(_step(step) for step in steps if step.op not in _NO_NEWS)
    messages = tuple(dict.fromkeys(_messages(diagnostics)))
    words = found[0].urn.split(":") if found else []
    return Preview(
        stack=f"{words[4]}/{words[2]}" if words else "",
        steps=found,
        messages=messages,
        has_failed=not has_ended_well or any(item.severity == "error" for item in messages),
    )


def _step(step: _Step) -> Step:
    verb = _VERBS.get(step.op)
    if verb is None:
        raise ValueError(f"an operation {step.op!r} that is not known")
    before, after = _side(step.old_state), _side(step.new_state)
    if verb == "create" and after is not None and after.adopts:
        verb = "adopt"
    if verb == "delete":
        after = None
    if before is not None and after is not None and step.urn.split("::")[2].endswith(_STORE):
        arn = before.id if before.id.startswith("arn:") else before.outputs.get("arn")
        before = replace(before, inputs=without_service_key(arn, before.inputs, after.inputs))
    return Step(
        verb=verb,
        urn=step.urn,
        before=before,
        after=after,
        forced_by=tuple(step.replace_reasons or ()) if verb == "replace" else (),
        is_resource=any(
            state.custom for state in (step.old_state, step.new_state) if state is not None
        ),
    )


def _side(state: _State | None) -> Side | None:
    if state is None:
        return None
    adopts = state.inputs.get("__import")
    return Side(
        id=state.id,
        inputs=_properties(state.inputs),
        outputs=_properties(state.outputs),
        is_protected=state.protect,
        is_retained=state.retain_on_delete,
        adopts=adopts if isinstance(adopts, str) else "",
    )


def _properties(raw: Mapping[str, Any]) -> dict[str, Value]:
    return {key: _value(item) for key, item in raw.items() if not key.startswith("__")}


def _value(raw: Any) -> Value:
    if isinstance(raw, str):
        if any(mark in raw for mark in _UNKNOWN):
            return Hidden.UNKNOWN
        return Hidden.SECRET if raw == _MASKED else raw
    if isinstance(raw, Mapping):
        kind = raw.get(_SIGNATURE)
        if kind is not None:
            return Hidden.SECRET if kind == _SECRET else "(a file or a reference)"
        return _properties(raw)
    if isinstance(raw, list):
        return [_value(item) for item in raw]
    value: Value = raw
    return value


def _messages(diagnostics: Iterable[_Diagnostic]) -> Iterator[Message]:
    for diagnostic in diagnostics:
        text = diagnostic.message.strip()
        resource = diagnostic.urn.split("::", 3)[-1] if diagnostic.urn else ""
        severity = diagnostic.severity.partition("#")[0]
        if severity == "error":
            yield Message("error", text.removeprefix("error: "), resource)
        elif severity == "warning":
            yield Message("warning", text.removeprefix("warning: "), resource)
        elif severity == "info" and text.startswith(_OWN_LINES):
            yield Message("info", text, resource)
