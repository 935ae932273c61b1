"""What users import, and what importing it costs."""

import inspect
import subprocess
import sys

import pytest

import omics_components
from omics_components import OmicsComponentsError, SequenceStore, SseConfig, SseConfigArgs


def test_the_public_names_are_these() -> None:
    assert omics_components.__all__ == [
        "EncryptedSequenceStore",
        "EncryptedSequenceStoreArgs",
        "KmsKey",
        "OmicsComponentsError",
        "S3AccessPolicy",
        "S3Bucket",
        "SequenceStore",
        "SseConfig",
        "SseConfigArgs",
    ]
    assert [name for name in omics_components.__all__ if not hasattr(omics_components, name)] == []


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Genome'"):
        _ = omics_components.Genome


@pytest.mark.parametrize("name", omics_components.__all__)
def test_every_public_object_and_member_has_a_docstring(name: str) -> None:
    thing = getattr(omics_components, name)
    own = {
        member: value
        for member, value in vars(thing).items()
        if not member.startswith("_")
        and (callable(value) or isinstance(value, property | classmethod))
    }

    assert inspect.getdoc(thing)
    assert [member for member, value in own.items() if not inspect.getdoc(value)] == []


def test_every_argument_is_documented() -> None:
    arguments = [*inspect.signature(SequenceStore).parameters]
    text = inspect.getdoc(SequenceStore) or ""

    assert [argument for argument in arguments if f"\n    {argument}: " not in text] == []


def test_everything_after_the_resource_name_is_a_keyword() -> None:
    parameters = list(inspect.signature(SequenceStore).parameters.values())

    assert parameters[0].name == "resource_name"
    assert {parameter.kind for parameter in parameters[1:]} == {inspect.Parameter.KEYWORD_ONLY}


@pytest.mark.parametrize("name", ["", *omics_components.__all__])
def test_importing_loads_neither_the_sdk_nor_models(name: str) -> None:
    program = (
        f"import sys, omics_components; {f'omics_components.{name}' if name else ''}\n"
        "print(*sorted({'boto3', 'botocore', 'moto', 'flask', 'pydantic'} & set(sys.modules)))"
    )

    printed = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout

    assert printed.split() == []


def test_the_names_are_the_objects_themselves() -> None:
    assert OmicsComponentsError.__module__ == "omics_components.errors"
    assert {kind.__module__ for kind in (SequenceStore, SseConfig, SseConfigArgs)} == {
        "omics_components.resources.sequence_store"
    }
