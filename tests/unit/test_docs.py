"""What the documents say of a resource is what its model and its handler say."""

from __future__ import annotations

import inspect
import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import omics_components
from omics_components.kinds.kms_key.key_policy import KeyPolicy, Owner
from omics_components.kinds.registry import KINDS, Kind
from omics_components.kinds.sequence_store.iam import READER
from omics_components.lookups.iam import PERMISSIONS as LOOKUP_PERMISSIONS
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
from omics_components.schema.iam import KindPermissions, merge
from omics_components.schema.lookup import Result

DOCS = Path(__file__).resolve().parents[2] / "docs"
HEADER = (
    "| argument | on the wire | what it is | a change | leaving it out | source |\n"
    "|---|---|---|---|---|---|\n"
)


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


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_table_of_arguments_is_the_models(kind: Kind) -> None:
    computed = getattr(import_module(kind.inputs.__module__), "COMPUTED", ("tags_all",))
    table = HEADER + "".join(
        _row(kind.inputs, name, field.description or "", fact)
        for name, field, fact in field_specs(kind.inputs)
        if name not in computed
    )

    assert table in (DOCS / f"{kind.folder}.md").read_text(), f"write this:\n{table}"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_page_of_a_kind_names_its_type(kind: Kind) -> None:
    assert f"`{kind.token}`" in (DOCS / f"{kind.folder}.md").read_text()


def _only_for(circumstance: str | None) -> str:
    """Write an option or circumstance: " (for `force_destroy`)"."""
    if circumstance is None:
        return ""
    words = f"`{circumstance}`" if circumstance.isidentifier() else circumstance
    return f" (for {words})"


def permission_table(kind: str) -> str:
    """The table of the IAM actions of a kind, by step, circumstance and types of resources."""
    permissions: KindPermissions = import_module(f"omics_components.kinds.{kind}.iam").PERMISSIONS
    rows: dict[tuple[str, str], list[str]] = {}
    for step, needed in permissions.by_step.items():
        for one in sorted(needed, key=lambda one: one.only_with or ""):
            types = " and ".join(one.resource_types) or "none: `*`"
            rows.setdefault((step + _only_for(one.only_with), types), []).append(f"`{one.action}`")
    return "| step | IAM actions | resource types |\n|---|---|---|\n" + "".join(
        f"| {step} | {', '.join(actions)} | {types} |\n" for (step, types), actions in rows.items()
    )


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.folder)
def test_the_table_of_permissions_is_the_kinds(kind: Kind) -> None:
    table = permission_table(kind.folder)

    assert table in (DOCS / f"{kind.folder}.md").read_text(), f"write this:\n{table}"


PERMISSIONS = merge(
    *(import_module(f"omics_components.kinds.{kind.folder}.iam").PERMISSIONS.all for kind in KINDS),
    *LOOKUP_PERMISSIONS.values(),
    READER,
)
NOT_OURS = {
    "sts:GetCallerIdentity",  # needs no permission
    *("kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"),  # the service's
    *("s3:PutObject", "s3:ExistingObjectTag", "s3:TlsVersion"),  # in policies of resources
    *("omics:SequenceStore", "omics:S3AccessPolicy", "kms:Key", "s3:Bucket"),  # type tokens
}


@pytest.mark.parametrize(
    "page",
    [
        *(page for page in DOCS.glob("*.md") if page.name != "assumptions.md"),  # AWS's own actions
        DOCS.parent / "README.md",
    ],
    ids=lambda page: page.name,
)
def test_a_page_names_only_actions_that_something_needs(page: Path) -> None:
    prose = re.sub(r"(?s)```.*?```", "", page.read_text())
    named = set(re.findall(r"\b(?:omics|kms|s3|tag|sts):[A-Z]\w+", prose))

    assert named - NOT_OURS <= {one.action for one in PERMISSIONS}


def _actions_after(text: str, start: str) -> set[str]:
    """Return the actions in the paragraph "IAM: …" after *start*."""
    paragraph = text[text.index(start) :].partition("\nIAM: ")[2].partition("\n\n")[0]
    return set(re.findall(r"\b(?:omics|kms|s3|tag):[A-Z]\w+", paragraph))


def test_the_permissions_of_the_owner_commands_are_the_kinds() -> None:
    text = (DOCS / "commands.md").read_text()
    kinds = [
        import_module(f"omics_components.kinds.{kind.folder}.iam").PERMISSIONS for kind in KINDS
    ]
    reads = {
        one.action for kind in kinds for one in kind.read_owner if one.only_with != "a busy store"
    }
    writes = {
        one.action for kind in kinds for one in kind.write_owner if one.only_with != "a busy store"
    }
    counts = {one.action for kind in kinds for one in kind.check_replacement}

    assert _actions_after(text, "## `omics-components owner show`") == reads
    assert _actions_after(text, "## `omics-components owner release`") == (writes - reads) | counts
    removes = {"omics:UntagResource", "kms:UntagResource"}
    assert _actions_after(text, "## `omics-components owner take`") == (writes - reads) | removes


@pytest.mark.parametrize(
    ("command", "lookup"),
    [
        ("stores show", "get_sequence_store"),
        ("read-sets list", "get_read_sets"),
    ],
)
def test_the_permissions_of_a_list_are_the_lookups(command: str, lookup: str) -> None:
    text = (DOCS / "commands.md").read_text()
    [row] = re.findall(rf"(?m)^\| `{command}\b.*$", text)

    assert re.findall(r"omics:\w+", row) == [
        one.action for one in LOOKUP_PERMISSIONS[lookup] if one.only_with != "a name"
    ]


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
    """The tables of docs/lookups.md, from signatures, permissions and models."""
    functions = "| function | arguments | result | IAM |\n|---|---|---|---|\n"
    for name in LOOKUPS:
        lookup = getattr(omics_components, name)
        signature = inspect.signature(lookup)
        arguments = ", ".join(f"`{key}`" for key in signature.parameters if key != "region")
        returned = inspect.formatannotation(signature.return_annotation)
        returned = re.sub(r"[\w.]+\.(\w+)", r"\1", returned)
        actions = ", ".join(
            f"`{one.action}`{_only_for(one.only_with)}" for one in LOOKUP_PERMISSIONS[name]
        )
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
