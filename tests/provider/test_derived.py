"""Names that a component leaves to the provider: one for each declaration, for its whole life."""

import re
from collections.abc import Callable

import pytest

from omics_components.emulator import Emulator
from omics_components.providers import KmsKeyProvider
from tests.provider.conftest import StartPlugin
from tests.provider.plugin import Plugin, Properties

STEM = "alias/lab/dev/reads"


def _identity(backend: str = "file://a", parents: str = "", name: str = "reads-key") -> str:
    return f"{backend}|org|urn:pulumi:dev::lab::{parents}pulumi-python:dynamic/kms:Key::{name}"


def _program(identity: str, **more: object) -> Properties:
    return {"region": "us-east-1", "__identity": identity, "__derived": {"alias": STEM}, **more}


@pytest.fixture
def plugin(emulator: Emulator, start_plugin: StartPlugin) -> Plugin:  # noqa: ARG001 it must be empty
    return start_plugin(provider=KmsKeyProvider)


def _alias(plugin: Plugin, program: Properties, olds: Properties | None = None) -> str:
    checked = plugin.check(program, olds)
    assert checked.failures == {}
    return str(checked.inputs["alias"])


def test_declarations_that_differ_in_anything_have_names_of_their_own(plugin: Plugin) -> None:
    identities = (
        _identity(),
        _identity(backend="file://b"),
        _identity(parents="lab:index:Lab$"),
        _identity(parents="lab:index:Other$"),
        _identity(name="r-key"),
    )

    aliases = [_alias(plugin, _program(identity)) for identity in identities]

    assert len(set(aliases)) == len(identities)
    assert all(re.fullmatch(f"{STEM}-[0-9a-f]{{8}}", alias) for alias in aliases)
    assert aliases == [_alias(plugin, _program(identity)) for identity in identities]


@pytest.mark.parametrize(
    "recorded", [STEM, f"{STEM}-01234567", "alias/other"], ids=["earlier", "digest", "another"]
)
@pytest.mark.parametrize("backend", ["file://a", "s3://b"])
def test_a_recorded_name_stays(plugin: Plugin, recorded: str, backend: str) -> None:
    """Earlier versions had no digest, and a backend has several spellings."""
    olds = {"alias": recorded, "region": "us-east-1", "__identity": _identity(backend)}

    assert _alias(plugin, _program(_identity()), olds) == recorded


def test_a_state_without_an_identity_keeps_its_name(plugin: Plugin) -> None:
    olds = {"alias": STEM, "region": "us-east-1"}

    assert _alias(plugin, _program(_identity()), olds) == STEM


@pytest.mark.parametrize(
    "rename",
    [lambda: _identity(name="new-key"), lambda: _identity(parents="lab:index:Lab$")],
    ids=["renamed", "moved"],
)
def test_another_declaration_leaves_the_old_name_to_others(
    plugin: Plugin, rename: Callable[[], str]
) -> None:
    first = _alias(plugin, _program(_identity()))
    olds = {"alias": first, "region": "us-east-1", "__identity": _identity()}

    renamed = _alias(plugin, _program(rename()), olds)

    assert renamed == _alias(plugin, _program(rename()))
    assert renamed != first


def test_a_name_that_somebody_took_away_is_derived_again(plugin: Plugin) -> None:
    olds = {"region": "us-east-1", "__identity": _identity()}

    assert _alias(plugin, _program(_identity()), olds) == _alias(plugin, _program(_identity()))


def test_the_programs_own_name_counts(plugin: Plugin) -> None:
    """A transform of the component's child can set one."""
    olds = {"alias": STEM, "region": "us-east-1", "__identity": _identity()}

    assert _alias(plugin, _program(_identity(), alias="alias/own"), olds) == "alias/own"


def test_what_is_derived_is_hidden_from_previews(plugin: Plugin) -> None:
    made = plugin.create(plugin.check(_program(_identity())).inputs)

    assert made.outputs["alias"] == _alias(plugin, _program(_identity()))
    assert "__derived" not in made.outputs
