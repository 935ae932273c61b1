"""Which parts of a property changed, and how: what the engine shows of an update."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2

from omics_components.engine.native.wire import unwrapped
from omics_components.schema.validation import Failure

_Diff = provider_pb2.PropertyDiff
_REPLACING = {
    _Diff.ADD: _Diff.ADD_REPLACE,
    _Diff.DELETE: _Diff.DELETE_REPLACE,
    _Diff.UPDATE: _Diff.UPDATE_REPLACE,
}
_ABSENT: tuple[Any, ...] = (None, "", [], {})


def detailed_diff(
    changed: Collection[str],
    replaces: Collection[str],
    *,
    outputs: Mapping[str, Any],
    old_inputs: Mapping[str, Any],
    new_inputs: Mapping[str, Any],
) -> dict[str, provider_pb2.PropertyDiff]:
    """Return what differs, by property path.

    The program's former and present inputs are compared where they differ; else, what is recorded
    of AWS with the present inputs.

    Args:
        changed: Names of the properties that differ.
        replaces: Those of them that replace the resource.
        outputs: The recorded outputs, as they were sent.
        old_inputs: The recorded inputs.
        new_inputs: The checked inputs.
    """
    found: dict[str, provider_pb2.PropertyDiff] = {}
    for name in changed:
        new = unwrapped(new_inputs.get(name))
        old = unwrapped(old_inputs.get(name))
        is_input = old != new
        if not is_input:
            old = unwrapped(outputs.get(name))
        for path, kind in _leaves((name,), old, new):
            found[Failure(path, "").property_path] = _Diff(
                kind=_REPLACING[kind] if name in replaces else kind, inputDiff=is_input
            )
    return found


def _leaves(
    path: tuple[str, ...], old: Any, new: Any
) -> Iterator[tuple[tuple[str, ...], provider_pb2.PropertyDiff.Kind.ValueType]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping) and old and new:
        for key in sorted({*old, *new}):
            if old.get(key) != new.get(key):
                yield from _leaves((*path, key), old.get(key), new.get(key))
    elif old in _ABSENT and new in _ABSENT:
        return
    elif old in _ABSENT:
        yield path, _Diff.ADD
    elif new in _ABSENT:
        yield path, _Diff.DELETE
    else:
        yield path, _Diff.UPDATE
