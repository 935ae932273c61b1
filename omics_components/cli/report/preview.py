"""Parse the output of ``pulumi preview --json``.

Internal properties (``__*``) and secret values are dropped here, so that no later step can show
them. The plain values of secret inputs that stand elsewhere in the file are collected, for the
report to redact them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from omics_components.cli.report.kinds import KIND_BY_TOKEN, Kind
from omics_components.cli.report.secret_values import hides_secret, plain_texts
from omics_components.cli.report.service_keys import without_service_key
from omics_components.cli.report.values import Hidden, Properties, Value
from omics_components.errors import InvalidRequest

Verb = Literal["create", "adopt", "update", "replace", "delete", "read", "same", "refresh"]

Severity = Literal["error", "warning", "info"]

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

_DELETE_REPLACED = "delete-replaced"
"""Part of a replacement; without one, the deletion that an interrupted replacement left over."""

_REPLACEMENT_STEPS = frozenset({"create-replacement", _DELETE_REPLACED})

_IGNORED = frozenset(
    {"create-replacement", "discard", "discard-replaced", "remove-pending-replace"}
)
"""Operations that are part of a replacement, or that only remove something from the state."""

_ALWAYS_HARMLESS = frozenset({"read", "refresh", "discard"})
"""Operations that the change summary counts and that change nothing in AWS."""

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

_DEPTH_MAX = 60
"""Levels of nesting of a property. The CLI itself prints six at most for this library."""

_PRINCIPALS = ("administrators", "users", "readers")
"""Inputs whose values stand in the policy that is composed of them."""


@dataclass(frozen=True)
class Side:
    """A resource before or after a step.

    Args:
        id: Its Pulumi ID; "" before it is created.
        inputs: Its inputs, in wire names.
        outputs: Its outputs; after a step, those that the engine knows.
        is_protected: The option ``protect``.
        is_retained: The option ``retain_on_delete``.
        adopts: The ID in an ``import_`` of this library; "" without one.
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
        verb: The operation; an ``import_`` of this library is an adoption, which the engine calls
            a creation.
        urn: The resource.
        before: None for a new resource.
        after: None for a resource that is deleted.
        forced_by: Properties that force a replacement.
        is_resource: It is a custom resource; components and stacks are not.
        is_leftover: It deletes what an interrupted replacement left over.
        changed: Names of the properties that a detailed diff lists; None without one.
    """

    verb: Verb
    urn: str
    before: Side | None
    after: Side | None
    forced_by: tuple[str, ...] = ()
    is_resource: bool = True
    is_leftover: bool = False
    changed: frozenset[str] | None = None

    @property
    def name(self) -> str:
        """Name of the resource in the program."""
        return self.urn.split("::", 3)[-1]

    @property
    def type(self) -> str:
        """Its type token, without those of its parents."""
        return self.urn.split("::", 3)[2].rpartition("$")[2]

    @property
    def kind(self) -> Kind | None:
        """Its kind; None for a resource of another provider."""
        return KIND_BY_TOKEN.get(self.type)


@dataclass(frozen=True)
class Message:
    """A diagnostic of the preview.

    Args:
        severity: error, warning or info; info is a line of this library.
        text: The message.
        resource: Name of the resource; "" without one.
    """

    severity: Severity
    text: str
    resource: str


@dataclass(frozen=True)
class Listing:
    """Which steps the file lists.

    Args:
        has_summary: It has a change summary; a preview that failed may have none.
        missing: Number of steps that the change summary counts and the file does not list, by
            operation.
        replacement_steps: Whether the steps of replacements are listed, and with them the
            deletions that interrupted replacements left over; None if the file does not show it.
    """

    has_summary: bool = True
    missing: Mapping[str, int] = field(default_factory=dict)
    replacement_steps: bool | None = True


@dataclass(frozen=True)
class Preview:
    """A preview.

    Args:
        stack: ``project/stack``; "" if there is no resource.
        steps: In the engine's order, one for each resource and verb.
        messages: Errors, warnings and the lines of this library.
        has_failed: It ended with an error, or before its end.
        listing: Which steps the file lists.
        secrets: Plain values of secret inputs, which no text may show.
    """

    stack: str
    steps: tuple[Step, ...]
    messages: tuple[Message, ...]
    has_failed: bool
    listing: Listing = field(default_factory=Listing)
    secrets: frozenset[str] = frozenset()


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
    detailed_diff: dict[str, Any] | None = None


class _Diagnostic(_Json):
    urn: str = ""
    message: str = ""
    severity: str = ""


class _Digest(_Json):
    """The document that the CLI prints at the end."""

    steps: list[_Step] = Field(default_factory=list)
    diagnostics: list[_Diagnostic] = Field(default_factory=list)
    change_summary: dict[str, int] | None = None


class _Metadata(_Json):
    op: str
    urn: str
    old: _State | None = None
    new: _State | None = None
    keys: list[str] | None = None
    detailed_diff: dict[str, Any] | None = None


class _PreEvent(_Json):
    metadata: _Metadata


class _Summary(_Json):
    result: str = ""
    resource_changes: dict[str, int] | None = None


class _Event(_Json):
    """One line of the output with PULUMI_ENABLE_STREAMING_JSON_PREVIEW."""

    sequence: int
    resource_pre_event: _PreEvent | None = None
    diagnostic_event: _Diagnostic | None = None
    summary_event: _Summary | None = None


def decode_preview(content: bytes) -> str:
    """Decode redirected output: UTF-8, or UTF-16 as Windows PowerShell writes it.

    Raises:
        InvalidRequest: Another encoding.
    """
    try:
        return content.decode(json.detect_encoding(content))
    except UnicodeDecodeError as error:
        raise _not_a_preview(str(error)) from error


def read_preview(text: str) -> Preview:
    """Parse the output of ``pulumi preview --json``: one document, or a stream of events.

    Raises:
        InvalidRequest: The text is something else.
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
        return _from_digest(document)
    except RecursionError:
        raise _not_a_preview(_TOO_DEEP) from None
    except (ValueError, ValidationError) as error:
        raise _not_a_preview(str(error).splitlines()[0]) from error


_TOO_DEEP = "it is nested too deeply"


def _not_a_preview(reason: str) -> InvalidRequest:
    return InvalidRequest(
        f"is not the output of pulumi preview --json ({reason})",
        advice="Redirect stderr elsewhere.",
    )


def _documents(text: str) -> Iterator[dict[str, Any]]:
    decoder, position = json.JSONDecoder(), 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        document, position = decoder.raw_decode(text, position)
        if not isinstance(document, dict):
            raise ValueError("not a JSON object")  # noqa: TRY004 read_preview reports it
        yield document


def _from_digest(document: Mapping[str, Any]) -> Preview:
    if not document.keys() & {"steps", "diagnostics", "changeSummary"}:
        raise ValueError("no steps, no diagnostics and no change summary")
    digest = _Digest.model_validate(document)
    operations = {step.op for step in digest.steps}
    lists_replacement_steps = None
    if operations & _REPLACEMENT_STEPS:
        lists_replacement_steps = True
    elif any(_VERBS.get(operation) == "replace" for operation in operations):
        lists_replacement_steps = False
    return _preview(
        digest.steps,
        digest.diagnostics,
        digest.change_summary,
        lists_replacement_steps=lists_replacement_steps,
    )


def _from_events(events: Iterable[_Event]) -> Preview:
    """Read a stream, which lists every step whatever the options of the command are."""
    steps, diagnostics, end = [], [], _Summary()
    for event in events:
        if event.resource_pre_event is not None:
            metadata = event.resource_pre_event.metadata
            steps.append(
                _Step(
                    op=metadata.op,
                    urn=metadata.urn,
                    old_state=metadata.old,
                    new_state=metadata.new,
                    replace_reasons=metadata.keys,
                    detailed_diff=metadata.detailed_diff,
                )
            )
        if event.diagnostic_event is not None:
            diagnostics.append(event.diagnostic_event)
        if event.summary_event is not None:
            end = event.summary_event
    return _preview(
        steps,
        diagnostics,
        end.resource_changes if end.result == "succeeded" else None,
        lists_replacement_steps=True,
    )


def _preview(
    steps: Sequence[_Step],
    diagnostics: Iterable[_Diagnostic],
    summary: Mapping[str, int] | None,
    *,
    lists_replacement_steps: bool | None,
) -> Preview:
    replaced = {
        (step.urn, step.old_state.id if step.old_state else "")
        for step in steps
        if _VERBS.get(step.op) == "replace"
    }
    parsed = tuple(
        _step(step)
        for step in steps
        if step.op not in _IGNORED
        and not (
            step.op == _DELETE_REPLACED
            and (step.urn, step.old_state.id if step.old_state else "") in replaced
        )
    )
    listed = Counter(step.op for step in steps)
    missing = {
        operation: number - listed[operation]
        for operation, number in (summary or {}).items()
        if operation not in _ALWAYS_HARMLESS and number > listed[operation]
    }
    is_complete = not missing and lists_replacement_steps is True
    messages = tuple(dict.fromkeys(_messages(diagnostics, parsed, is_complete=is_complete)))
    words = parsed[0].urn.split(":") if parsed else []
    return Preview(
        stack=f"{words[4]}/{words[2]}" if words else "",
        steps=parsed,
        messages=messages,
        has_failed=summary is None or any(item.severity == "error" for item in messages),
        listing=Listing(summary is not None, missing, lists_replacement_steps),
        secrets=frozenset(_secret_texts(parsed)),
    )


def _step(step: _Step) -> Step:
    is_leftover = step.op == _DELETE_REPLACED
    verb = "delete" if is_leftover else _VERBS.get(step.op)
    if verb is None:
        raise ValueError(f"an unknown operation, {step.op!r}")
    before, after = _side(step.old_state), _side(step.new_state)
    if verb == "create" and after is not None and after.adopts:
        verb = "adopt"
    if verb == "delete":
        after = None
    diff = step.detailed_diff
    parsed = Step(
        verb=verb,
        urn=step.urn,
        before=before,
        after=after,
        forced_by=tuple(step.replace_reasons or ()) if verb == "replace" else (),
        is_resource=any(
            state.custom for state in (step.old_state, step.new_state) if state is not None
        ),
        is_leftover=is_leftover,
        changed=None if diff is None else frozenset(_first_name(path) for path in diff),
    )
    if parsed.kind is Kind.SEQUENCE_STORE and before is not None and after is not None:
        arn = before.id if before.id.startswith("arn:") else before.outputs.get("arn")
        declared = without_service_key(arn, before.inputs, after.inputs)
        return replace(parsed, before=replace(before, inputs=declared))
    return parsed


def _first_name(path: str) -> str:
    """Return the name that a property path begins with: ``tags`` of ``tags["a.b"]``."""
    return path.partition(".")[0].partition("[")[0]


def _side(state: _State | None) -> Side | None:
    if state is None:
        return None
    adopts = state.inputs.get("__import")
    inputs = _properties(state.inputs)
    if isinstance(inputs.get("policy"), str) and any(
        hides_secret(inputs.get(name)) for name in _PRINCIPALS
    ):
        inputs["policy"] = Hidden.SECRET  # a live policy, which names them
    return Side(
        id=state.id,
        inputs=inputs,
        outputs=_properties(state.outputs),
        is_protected=state.protect,
        is_retained=state.retain_on_delete,
        adopts=adopts if isinstance(adopts, str) else "",
    )


def _properties(raw: Mapping[str, Any], depth: int = 0) -> dict[str, Value]:
    return {key: _value(item, depth + 1) for key, item in raw.items() if not key.startswith("__")}


def _value(raw: Any, depth: int) -> Value:
    if depth > _DEPTH_MAX:
        raise ValueError(_TOO_DEEP)
    if isinstance(raw, str):
        if any(mark in raw for mark in _UNKNOWN):
            return Hidden.UNKNOWN
        return Hidden.SECRET if raw == _MASKED else raw
    if isinstance(raw, Mapping):
        signature = raw.get(_SIGNATURE)
        if signature is not None:
            return Hidden.SECRET if signature == _SECRET else "(a file or a reference)"
        return _properties(raw, depth)
    if isinstance(raw, list):
        return [_value(item, depth + 1) for item in raw]
    value: Value = raw
    return value


def _secret_texts(steps: Iterable[Step]) -> Iterator[str]:
    """Yield the values of secret inputs that the file shows somewhere in plain text."""
    for step in steps:
        before, after = step.before, step.after
        for side in filter(None, (before, after)):
            yield from plain_texts(dict(side.inputs), dict(side.outputs))
            if step.kind is Kind.S3_BUCKET and hides_secret(side.inputs.get("bucket")):
                yield from filter(None, (side.id, before.id if before else ""))
        if before is not None and after is not None:
            for known in (before.inputs, before.outputs):
                yield from plain_texts(dict(after.inputs), dict(known))


def _messages(
    diagnostics: Iterable[_Diagnostic], steps: Sequence[Step], *, is_complete: bool
) -> Iterator[Message]:
    secretive = [step for step in steps if _has_secrets(step)]
    for diagnostic in diagnostics:
        text = diagnostic.message.strip()
        resource = diagnostic.urn.split("::", 3)[-1] if diagnostic.urn else ""
        severity = _SEVERITIES.get(diagnostic.severity.partition("#")[0])
        if severity is None or (severity == "info" and not text.startswith(_OWN_LINES)):
            continue
        text = text.removeprefix(f"{severity}: ")
        has_secrets = bool(secretive) or not is_complete
        if has_secrets and _may_quote_secret(diagnostic, text, secretive, steps):
            text = _WITHHELD if severity != "info" else f"{_OWN_LINES}{_WITHHELD}"
        yield Message(severity, text, resource)


_SEVERITIES: Mapping[str, Severity] = {"error": "error", "warning": "warning", "info": "info"}
"""Severities that are shown; the CLI's ``debug`` is not."""

_WITHHELD = "a message is withheld, because it may quote a secret input; the CLI's output has it"


def _has_secrets(step: Step) -> bool:
    return any(hides_secret(dict(side.inputs)) for side in (step.before, step.after) if side)


def _may_quote_secret(
    diagnostic: _Diagnostic, text: str, secretive: Sequence[Step], steps: Sequence[Step]
) -> bool:
    """Return whether a message is about a resource with secret inputs, or may be.

    Where the CLI names no resource, a line of this library names it by its ID. A line that names
    no listed resource may be about one with secret inputs.
    """
    if diagnostic.urn:
        is_listed = any(step.urn == diagnostic.urn for step in steps)
        if is_listed or not text.startswith(_OWN_LINES):
            return diagnostic.urn in {step.urn for step in secretive}
    if any(id_ in text for id_ in chain.from_iterable(map(_ids, secretive))):
        return True
    is_about_another = any(id_ in text for id_ in chain.from_iterable(map(_ids, steps)))
    return text.startswith(_OWN_LINES) and not is_about_another


def _ids(step: Step) -> Iterator[str]:
    for side in (step.before, step.after):
        if side is not None:
            yield from filter(None, (side.id, side.adopts))
