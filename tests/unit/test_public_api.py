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
        "GetReadSetMetadataResult",
        "GetReferenceMetadataResult",
        "GetS3AccessPolicyResult",
        "GetSequenceStoreResult",
        "KmsKey",
        "OmicsComponentsError",
        "ReadSetListItem",
        "ReferenceListItem",
        "ReferenceStoreListItem",
        "S3AccessPolicy",
        "S3Bucket",
        "SequenceStore",
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


# One name of each module that has some.
@pytest.mark.parametrize("name", ["", *{v: k for k, v in omics_components._HOMES.items()}.values()])
def test_importing_does_not_load_the_sdk(name: str) -> None:
    program = (
        f"import sys, omics_components; {f'omics_components.{name}' if name else ''}\n"
        "print(*sorted({'boto3', 'botocore', 'moto', 'flask'} & set(sys.modules)))"
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
