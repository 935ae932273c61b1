"""docs/coverage.md has a row for every operation and field, and each row leads somewhere."""

from __future__ import annotations

import dataclasses
import inspect
import re
import typing
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from omics_components.lookups.iam import PERMISSIONS as LOOKUP_PERMISSIONS

ROOT = Path(__file__).resolve().parents[2]
SERVICE = ServiceModel(Loader().load_service_model("omics", "service-2"), "omics")
OPERATIONS = {
    "CreateSequenceStore",
    "DeleteSequenceStore",
    "GetReadSetMetadata",
    "GetReferenceMetadata",
    "GetS3AccessPolicy",
    "GetSequenceStore",
    "ListReadSets",
    "ListReferenceStores",
    "ListReferences",
    "ListSequenceStores",
    "ListTagsForResource",
    "TagResource",
    "UpdateSequenceStore",
}
RESOURCE = {
    "field": {
        *("arn", "creation_time", "description", "name", "fallback_location"),
        *("sequence_store_id", "sse_config", "tags", "region"),
    },
    "method": {"create_resource", "delete_resource", "list_resources", "get_resource"},
    "permission": {
        *("omics:CreateSequenceStore", "omics:TagResource", "kms:DescribeKey"),
        *("omics:GetSequenceStore", "omics:ListTagsForResource", "omics:DeleteSequenceStore"),
        "omics:ListSequenceStores",
    },
}
"""What the first document says; it describes no API of AWS."""

Row = tuple[str, str, str, str]


def sections() -> dict[str, list[Row]]:
    """The rows of the page, by the first word of their heading."""
    found: dict[str, list[Row]] = {}
    for part in (ROOT / "docs" / "coverage.md").read_text().split("\n## ")[1:]:
        rows = re.findall(r"^\| (\w+) \| `(.+?)` \| `(.+?)` \| `(.+?)` \|$", part, re.MULTILINE)
        assert len(rows) == part.count("\n|") - 2, part
        found[part.split(" ", 1)[0]] = rows
    return found


ROWS = {f"{name} {row[0]} {row[1]}": row for name, rows in sections().items() for row in rows}


def members(shape: Any, prefix: str = "") -> Iterator[str]:
    for name, member in shape.members.items() if shape else ():
        yield prefix + name
        inner = member.member if member.type_name == "list" else member
        if inner.type_name == "structure":
            dots = "[]." if inner is not member else "."
            yield from members(inner, prefix + name + dots)


def test_every_operation_has_a_section() -> None:
    assert sections().keys() == OPERATIONS | {"The"}


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_every_member_has_one_row(operation: str) -> None:
    model = SERVICE.operation_model(operation)
    expected = [("in", path) for path in members(model.input_shape)]
    expected += [("out", path) for path in members(model.output_shape)]
    expected += [("error", shape.name) for shape in model.error_shapes]

    assert sorted(row[:2] for row in sections()[operation]) == sorted(expected)


def test_the_first_documents_resource_has_its_rows() -> None:
    expected = [(kind, name) for kind, names in RESOURCE.items() for name in names]

    assert sorted(row[:2] for row in sections()["The"]) == sorted(expected)


def found(words: str) -> Any:
    """Find what a row names: an argument, an attribute, or the field of a result."""
    name, _, argument = words.removesuffix("=)").partition("(")
    thing: Any = import_module("omics_components")
    path = "omics_components"
    for part in name.split("."):
        if typing.is_typeddict(thing):
            thing = thing.__annotations__[part]
            continue
        if isinstance(thing, type) and dataclasses.is_dataclass(thing):
            hints = typing.get_type_hints(thing)
            inner = [kind for kind in typing.get_args(hints[part]) if kind is not type(None)]
            thing = inner[0] if inner and isinstance(inner[0], type) else hints[part]
            continue
        if inspect.ismodule(thing) and not hasattr(thing, part):
            import_module(f"{path}.{part}")
        thing, path = getattr(thing, part), f"{path}.{part}"
    return inspect.signature(thing).parameters[argument] if argument else thing


@pytest.mark.parametrize("name", ROWS)
def test_what_a_row_names_is_there(name: str) -> None:
    _, _, words, test = ROWS[name]
    file, _, function = test.partition("::")

    assert found(words) is not None
    assert f"\ndef {function}(" in (ROOT / file).read_text()


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row[0] == "permission"])
def test_what_needs_a_permission_states_it(name: str) -> None:
    _, action, words, _ = ROWS[name]
    needed = LOOKUP_PERMISSIONS[words] if words in LOOKUP_PERMISSIONS else found(words)

    assert action in {one.action for one in needed}


def test_a_wrong_row_would_be_noticed() -> None:
    for words in ("SequenceStore(genome=)", "ReadSetListItem.etag.sha", "api.omics.nothing"):
        with pytest.raises((AttributeError, KeyError, ModuleNotFoundError)):
            found(words)
