"""Validate a program's inputs: typed inputs, and one sentence per invalid value.

A preview does not know every value yet. Unknown values are removed before validation, and failures
that only follow from their absence are dropped.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import ValidationError

from omics_components.schema.base import Model, wire_name

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Path = tuple[str | int, ...]
"""Path of a value in the inputs: wire names, map keys and list positions."""

M = TypeVar("M", bound=Model)

_MAPS_WITH_FREE_KEYS = frozenset({"tags", "tagsAll", "replaceTriggers"})
_MARK_OF_A_BAD_KEY = "[key]"
"""What pydantic adds to the path of an item with an invalid key. A user's key may be equal."""

_LENGTH_OF_A_MAPS_ITEM = 2


@dataclass(frozen=True)
class Failure:
    """One invalid value.

    Args:
        path: Its path, in wire names.
        reason: What is wrong and what is valid, by Python names.
    """

    path: Path
    reason: str

    @property
    def property_path(self) -> str:
        """The path as Pulumi writes it, such as ``sseConfig.keyArn`` or ``tags["a.b"]``."""
        text = ""
        for part in self.path:
            if isinstance(part, int):
                text += f"[{part}]"
            elif part.isidentifier():
                text += f".{part}" if text else part
            else:
                text += f"[{json.dumps(part)}]"
        return text


@dataclass(frozen=True)
class Validation(Generic[M]):
    """The result of a validation.

    Args:
        inputs: The typed inputs, of the properties that are known and valid.
        failures: One per invalid value.
        unknown: Python names of the fields that are unknown, as a whole or in part.
    """

    inputs: M
    failures: tuple[Failure, ...]
    unknown: frozenset[str]

    def with_failures(self, *rules: Iterable[Failure]) -> Validation[M]:
        """Return the same inputs with the failures of further rules."""
        failures = itertools.chain(self.failures, *rules)
        return dataclasses.replace(self, failures=tuple(failures))


def validate(
    model: type[M], raw: Mapping[str, object], unknown: Collection[Path] = ()
) -> Validation[M]:
    """Parse *raw* as *model*.

    Args:
        model: The model of the inputs.
        raw: The program's inputs, by wire names, without unknown values.
        unknown: Paths of the unknown values; list positions count unknown items too.
    """
    names = {wire_name(model, name): name for name in model.model_fields}
    unknown_fields = frozenset(path[0] for path in unknown)
    inputs, failures = _parsed(model, raw, frozenset(unknown))
    if inputs is None or unknown_fields or raw.keys() - names:
        left_out = unknown_fields | {failure.path[0] for failure in failures}
        sound = {k: v for k, v in raw.items() if k in names and k not in left_out}
        inputs = model.model_validate(sound)
    return Validation(
        inputs=inputs,
        failures=failures,
        unknown=frozenset(names[str(name)] for name in unknown_fields if name in names),
    )


def failures_of(
    model: type[M], raw: Mapping[str, object], unknown: frozenset[Path] = frozenset()
) -> tuple[Failure, ...]:
    """List what keeps *raw* from being a *model*; see ``validate`` for the arguments."""
    return _parsed(model, raw, unknown)[1]


def _parsed(
    model: type[M], raw: Mapping[str, object], unknown: frozenset[Path]
) -> tuple[M | None, tuple[Failure, ...]]:
    """Return *raw* as a *model*; None and the failures if it is not one."""
    try:
        return model.model_validate(raw), ()
    except ValidationError as error:
        found = [(_place(details, unknown), details) for details in error.errors()]
        return None, tuple(
            Failure(path, f"{_python_spelling(path)}: {_reason(details)}")
            for path, details in found
            if path not in unknown
        )


def _place(details: ErrorDetails, unknown: frozenset[Path]) -> Path:
    """Return the path to report: the value's, or its list's if removed items shifted the others."""
    path = details["loc"]
    if len(path) > _LENGTH_OF_A_MAPS_ITEM and path[-1] == _MARK_OF_A_BAD_KEY:
        path = path[:-1]
    for depth, part in enumerate(path):
        if isinstance(part, int) and any(
            len(other) > depth and other[:depth] == path[:depth] for other in unknown
        ):
            return path[:depth]
    return path


def _python_spelling(path: Path) -> str:
    first, *rest = path
    words = [re.sub("([A-Z])", r"_\1", str(first)).lower()]
    in_user_map = first in _MAPS_WITH_FREE_KEYS
    for part in rest:
        if isinstance(part, int) or in_user_map:
            words.append(f"[{part!r}]")
        else:
            words.append("." + re.sub("([A-Z])", r"_\1", part).lower())
    return "".join(words)


def _reason(details: ErrorDetails) -> str:
    value = _shortened(details["input"])
    context = details.get("ctx", {})
    sentences = {
        "value_error": str(context.get("error")),
        "missing": "is required",
        "string_type": f"must be text, not {value}",
        "literal_error": f"must be {context.get('expected')}, not {value}",
        "list_type": f"must be a list, not {value}",
        "dict_type": f"must be a mapping, not {value}",
        "model_type": f"must be a mapping, not {value}",
        "extra_forbidden": "is not a known property",
    }
    return sentences.get(details["type"], details["msg"])


def _shortened(value: object) -> str:
    longest = 80
    text = repr(value)
    return text if len(text) <= longest else f"{text[:longest]}…"
