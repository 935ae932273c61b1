"""What users import, and what importing it costs."""

import inspect
import pkgutil
import re
import subprocess
import sys
from types import ModuleType

import pytest

import omics_components
from omics_components import (
    OmicsComponentsError,
    SequenceStore,
    SseConfig,
    SseConfigArgs,
    emulator,
    testing,
)
from omics_components.kinds.registry import KINDS


def test_the_public_names_are_these() -> None:
    others = [
        "EncryptedSequenceStore",
        "EncryptedSequenceStoreArgs",
        "GetReadSetMetadataResult",
        "GetReferenceMetadataResult",
        "GetS3AccessPolicyResult",
        "GetSequenceStoreResult",
        "OmicsComponentsError",
        "ReadSetListItem",
        "ReferenceListItem",
        "ReferenceStoreListItem",
        "SequenceStoreListItem",
        "SseConfig",
        "SseConfigArgs",
        "get_read_set_metadata",
        "get_read_set_metadata_output",
        "get_read_sets",
        "get_read_sets_output",
        "get_reference_metadata",
        "get_reference_metadata_output",
        "get_reference_stores",
        "get_reference_stores_output",
        "get_references",
        "get_references_output",
        "get_s3_access_policy",
        "get_s3_access_policy_output",
        "get_sequence_store",
        "get_sequence_store_output",
        "get_sequence_stores",
        "get_sequence_stores_output",
    ]
    assert omics_components.__all__ == sorted([*(kind.class_name for kind in KINDS), *others])
    assert [name for name in omics_components.__all__ if not hasattr(omics_components, name)] == []


def test_completion_shows_the_public_names() -> None:
    listed = "import omics_components; print(*dir(omics_components))"
    shown = subprocess.run(
        [sys.executable, "-c", listed], capture_output=True, text=True, check=True
    )
    assert set(omics_components.__all__) <= set(shown.stdout.split())


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Genome'"):
        _ = omics_components.Genome


PUBLIC = [
    f"{package.__name__}.{name}"
    for package in (omics_components, emulator, testing)
    for name in package.__all__
    if name != "Program"  # a type, documented where it stands
]


@pytest.mark.parametrize("path", PUBLIC)
def test_every_public_object_and_member_has_a_docstring(path: str) -> None:
    thing = pkgutil.resolve_name(path)
    own = {
        member: value
        for member, value in vars(thing).items()
        if not member.startswith("_")
        and (callable(value) or isinstance(value, property | classmethod))
    }

    # A dataclass without one gets its signature for a docstring.
    assert not (inspect.getdoc(thing) or "(").startswith(f"{thing.__name__}(")
    assert [member for member, value in own.items() if not inspect.getdoc(value)] == []


@pytest.mark.parametrize("package", [emulator, testing])
def test_every_argument_of_the_emulator_and_the_test_kit_is_documented(package: ModuleType) -> None:
    classes = [getattr(package, name) for name in package.__all__ if name != "Program"]
    undocumented = [
        f"{made.__name__}: {name}"
        for made in classes
        if "__init__" in vars(made)
        for name in inspect.signature(made).parameters
        if not re.search(rf"^ {{4}}[*]*{name}: ", inspect.getdoc(made) or "", re.MULTILINE)
    ]

    assert undocumented == []


def test_every_argument_is_documented() -> None:
    arguments = [*inspect.signature(SequenceStore).parameters]
    text = inspect.getdoc(SequenceStore) or ""

    assert [argument for argument in arguments if f"\n    {argument}: " not in text] == []


def test_everything_after_the_resource_name_is_a_keyword() -> None:
    parameters = list(inspect.signature(SequenceStore).parameters.values())

    assert parameters[0].name == "resource_name"
    assert {parameter.kind for parameter in parameters[1:]} == {inspect.Parameter.KEYWORD_ONLY}


# One name of each module that has some.
@pytest.mark.parametrize("name", ["", *{v: k for k, v in omics_components._HOMES.items()}.values()])
def test_importing_loads_neither_the_sdk_nor_models(name: str) -> None:
    """What lookups answer are models; nothing else in a program is."""
    is_of_lookups = omics_components._HOMES.get(name, "").startswith(("lookups", "models"))
    heavy = {"boto3", "botocore", "moto", "flask"} | (set() if is_of_lookups else {"pydantic"})
    program = (
        f"import sys, omics_components; {f'omics_components.{name}' if name else ''}\n"
        f"print(*sorted({heavy} & set(sys.modules)))"
    )

    printed = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout

    assert printed.split() == []


def test_the_names_are_the_objects_themselves() -> None:
    assert OmicsComponentsError.__module__ == "omics_components.errors"
    assert {kind.__module__ for kind in (SequenceStore, SseConfig, SseConfigArgs)} == {
        "omics_components.kinds.sequence_store.resource"
    }
