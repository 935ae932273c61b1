"""What the documents say of a resource is what its model and its handler say."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

import omics_components
from omics_components.kinds.kms_key import model as kms_key
from omics_components.kinds.kms_key.handler import KmsKeyHandler
from omics_components.kinds.kms_key.key_policy import KeyPolicy, Owner
from omics_components.kinds.s3_access_policy.handler import S3AccessPolicyHandler
from omics_components.kinds.s3_bucket import model as s3_bucket
from omics_components.kinds.s3_bucket.handler import S3BucketHandler
from omics_components.kinds.sequence_store.handler import SequenceStoreHandler
from omics_components.lookups.models.read_set import (
    ETag,
    FileInformation,
    GetReadSetMetadataResult,
    ReadSetFiles,
    ReadSetListItem,
    SequenceInformation,
)
from omics_components.lookups.models.reference import (
    GetReferenceMetadataResult,
    ReferenceFiles,
    ReferenceListItem,
    ReferenceStoreListItem,
)
from omics_components.lookups.models.sequence_store import (
    GetS3AccessPolicyResult,
    GetSequenceStoreResult,
    SequenceStoreListItem,
    SseConfigResult,
)
from omics_components.schema.base import FieldSpec, Model, field_specs, wire_name
from omics_components.schema.lookup import Result

DOCS = Path(__file__).resolve().parents[2] / "docs"
HEADER = (
    "| argument | on the wire | what it is | a change | leaving it out | source |\n"
    "|---|---|---|---|---|---|\n"
)
KINDS: dict[str, tuple[type[Any], Collection[str]]] = {
    "sequence_store": (SequenceStoreHandler, ("tags_all",)),
    "kms_key": (KmsKeyHandler, kms_key.COMPUTED),
    "s3_bucket": (S3BucketHandler, s3_bucket.COMPUTED),
    "s3_access_policy": (S3AccessPolicyHandler, ()),
}
"""Document -> the handler of what it is about, and inputs that no program sets."""


def _row(model: type[Model], name: str, description: str, fact: FieldSpec) -> str:
    change = "replaces" if fact.create_only else "in place"
    if fact.default is not None:
        absent = f"means {fact.default}"
    elif not fact.clearable:
        absent = "not possible once set"
    else:
        absent = "replaces" if fact.create_only else "clears it"
    wire = wire_name(model, name)
    return f"| `{name}` | `{wire}` | {description} | {change} | {absent} | {fact.source} |\n"


@pytest.mark.parametrize(("document", "kind"), KINDS.items(), ids=KINDS.keys())
def test_the_table_of_arguments_is_the_models(
    document: str, kind: tuple[type[Any], Collection[str]]
) -> None:
    handler, computed = kind
    model: type[Model] = handler.inputs_type
    table = HEADER + "".join(
        _row(model, name, field.description or "", fact)
        for name, field, fact in field_specs(model)
        if name not in computed
    )

    assert table in (DOCS / f"{document}.md").read_text(), f"write this:\n{table}"


@pytest.mark.parametrize("step", ["create", "read", "update", "delete"])
def test_the_permissions_of_a_key_are_the_handlers(step: str) -> None:
    section = (inspect.getdoc(getattr(KmsKeyHandler, step)) or "").partition("IAM:")[2]
    [row] = re.findall(rf"^\| {step} \| (.*) \|$", (DOCS / "kms_key.md").read_text(), re.MULTILINE)

    actions = re.compile(r"\b(?:kms|omics|sts|tag):\w+")
    assert actions.findall(row) == actions.findall(section)


@pytest.mark.parametrize("step", ["create", "read", "update", "delete"])
def test_the_permissions_of_a_bucket_are_the_handlers(step: str) -> None:
    section = (inspect.getdoc(getattr(S3BucketHandler, step)) or "").partition("IAM:")[2]
    rows = re.findall(rf"^\| {step}.* \|.* \|$", (DOCS / "s3_bucket.md").read_text(), re.MULTILINE)

    actions = re.compile(r"\bs3:\w+")
    assert actions.findall(" ".join(rows)) == actions.findall(section)


@pytest.mark.parametrize("step", ["create", "read", "update", "delete"])
def test_the_permissions_of_a_store_are_the_handlers(step: str) -> None:
    section = (inspect.getdoc(getattr(SequenceStoreHandler, step)) or "").partition("IAM:")[2]
    text = (DOCS / "sequence_store.md").read_text()
    rows = re.findall(rf"^\| {step}.* \|.* \|$", text, re.MULTILINE)

    actions = re.compile(r"\b(?:kms|omics):\w+")
    assert actions.findall(" ".join(rows)) == actions.findall(section)


@pytest.mark.parametrize("step", ["create", "read", "update", "delete"])
def test_the_permissions_of_an_access_policy_are_the_handlers(step: str) -> None:
    section = (inspect.getdoc(getattr(S3AccessPolicyHandler, step)) or "").partition("IAM:")[2]
    text = (DOCS / "s3_access_policy.md").read_text()
    [row] = re.findall(rf"^\| {step} \| (.*) \|$", text, re.MULTILINE)

    actions = re.compile(r"\bomics:\w+")
    assert actions.findall(row) == actions.findall(section)


def test_the_key_policy_is_the_one_that_is_written() -> None:
    [block] = re.findall("```json\n(.*?)```", (DOCS / "kms_key.md").read_text(), re.DOTALL)
    policy = KeyPolicy(
        administrators=("arn:aws:iam::111122223333:role/admin",),
        users=("arn:aws:iam::111122223333:role/analysis",),
    )

    assert json.loads(block) == policy.document(Owner("aws", "111122223333"))


def test_the_page_of_examples_lists_them_all() -> None:
    folder = DOCS.parent / "examples"
    listed = re.findall(r"^\| \[(\w+)\]\(\1\) \|", (folder / "README.md").read_text(), re.MULTILINE)

    assert sorted(listed) == sorted(path.name for path in folder.iterdir() if path.is_dir())
    assert [name for name in listed if not (folder / name / "README.md").is_file()] == []


LOOKUPS = [
    name
    for name in omics_components.__all__
    if name.startswith("get_") and not name.endswith("_output")
]
RESULTS: tuple[type[Result], ...] = (
    *(SequenceStoreListItem, GetSequenceStoreResult, SseConfigResult, GetS3AccessPolicyResult),
    *(ReadSetListItem, GetReadSetMetadataResult, SequenceInformation, ETag, ReadSetFiles),
    *(ReferenceStoreListItem, ReferenceListItem, GetReferenceMetadataResult, ReferenceFiles),
    FileInformation,
)


def lookup_tables() -> dict[str, str]:
    """The tables of docs/lookups.md, from signatures, docstrings and models."""
    functions = "| function | arguments | result | IAM |\n|---|---|---|---|\n"
    for name in LOOKUPS:
        lookup = getattr(omics_components, name)
        signature = inspect.signature(lookup)
        arguments = ", ".join(f"`{key}`" for key in signature.parameters if key != "region")
        returned = inspect.formatannotation(signature.return_annotation)
        returned = re.sub(r"[\w.]+\.(\w+)", r"\1", returned)
        actions = (inspect.getdoc(lookup) or "").partition("IAM: ")[2].strip().rstrip(".")
        functions += f"| `{name}` | {arguments} | `{returned}` | {actions} |\n"
    results = ""
    for kind in RESULTS:
        base = kind.__mro__[1]
        inherited = f" And all of `{base.__name__}`." if base is not Result else ""
        results += f"### `{kind.__name__}`\n\n{inspect.getdoc(kind)}{inherited}\n\n"
        results += "| field | type | what it is |\n|---|---|---|\n"
        fields: Any = kind.__pydantic_fields__  # type: ignore[attr-defined] # pydantic's, for dataclasses
        for name, annotation in kind.__annotations__.items():
            type_ = annotation.replace("TimeText", "str").replace(" | ", r" \| ")
            results += f"| `{name}` | `{type_}` | {fields[name].description} |\n"
        results += "\n"
    return {"functions": functions, "results": results}


@pytest.mark.parametrize("table", ["functions", "results"])
def test_the_page_of_lookups_is_what_the_code_says(table: str) -> None:
    text = lookup_tables()[table].rstrip("\n")

    assert text in (DOCS / "lookups.md").read_text(), f"write this:\n{text}"
