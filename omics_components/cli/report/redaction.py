"""Redact the plain values of secret inputs from a preview and its risks."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from omics_components.cli.report.preview import Message, Preview, Side, Step
from omics_components.cli.report.rules import Code, Risk
from omics_components.cli.report.secret_values import redactor

_Redact = Callable[[str], str]


def without_secrets(preview: Preview, risks: Collection[Risk]) -> tuple[Preview, tuple[Risk, ...]]:
    """Return a preview and its risks as a report may show them.

    The risks are found before, since a redacted value equals another redacted value.
    """
    if not preview.secrets:
        return preview, tuple(risks)
    redact = redactor(preview.secrets)
    shown = replace(
        preview,
        steps=tuple(_step(redact, step) for step in preview.steps),
        messages=tuple(_message(redact, message) for message in preview.messages),
    )
    return shown, tuple(_risk(redact, risk) for risk in risks)


def _step(redact: _Redact, step: Step) -> Step:
    return replace(step, before=_side(redact, step.before), after=_side(redact, step.after))


def _side(redact: _Redact, side: Side | None) -> Side | None:
    if side is None:
        return None
    return replace(
        side,
        id=redact(side.id),
        adopts=redact(side.adopts),
        inputs=_value(redact, side.inputs),
        outputs=_value(redact, side.outputs),
    )


def _value(redact: _Redact, value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redact(key): _value(redact, item) for key, item in value.items()}
    if isinstance(value, list):
        return [_value(redact, item) for item in value]
    return value


def _message(redact: _Redact, message: Message) -> Message:
    return replace(message, text=redact(message.text))


def _risk(redact: _Redact, risk: Risk) -> Risk:
    reason = tuple(
        Code(redact(part.text)) if isinstance(part, Code) else part for part in risk.reason
    )
    return replace(risk, reason=reason)
