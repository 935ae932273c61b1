"""The registry of kinds: its names are those of the code, and each kind answers every question."""

from __future__ import annotations

import base64
import inspect
from types import ModuleType
from typing import cast

import pytest

import omics_components
from omics_components import providers
from omics_components.engine.dynamic.handler_provider import HandlerProvider
from omics_components.kinds.registry import KIND_NAMES, KINDS, Kind, kind_named, kind_of_id
from omics_components.lifecycle.inventory import Inventory, ListedInventory

each_kind = pytest.mark.parametrize("kind", KINDS, ids=KIND_NAMES)


@each_kind
def test_the_names_are_those_of_the_code(kind: Kind) -> None:
    assert f"pulumi-python:{getattr(kind.resource, '_resource_type_name', '')}" == kind.token
    assert getattr(omics_components, kind.class_name) is kind.resource
    assert kind.class_name in omics_components.__all__
    assert kind.handler.inputs_type is kind.inputs
    assert kind_named(kind.name) is kind


@each_kind
def test_a_provider_is_its_import_path_and_finds_its_handler(kind: Kind) -> None:
    provider: type[HandlerProvider] = getattr(providers, kind.provider_name)

    assert kind.provider is provider
    assert provider.handler_type() is kind.handler
    assert vars(provider()) == {}
    assert base64.b64decode(kind.recorded_provider).count(b"omics_components.providers") == 1


def test_there_are_no_other_providers() -> None:
    classes = {name for name in vars(providers) if name.endswith("Provider")}

    assert classes == {"HandlerProvider", *(kind.provider_name for kind in KINDS)}


@each_kind
def test_each_kind_answers_what_commands_ask(kind: Kind) -> None:
    questions = ListedInventory if kind.is_listed else Inventory
    asked = {name for one in questions.__mro__ for name in vars(one) if not name.startswith("_")}
    answers = cast("ModuleType", kind.inventory)

    for name in asked:
        question = inspect.getattr_static(questions, name)
        answer = getattr(answers, name)
        if callable(question):
            [_, *parameters] = inspect.signature(question).parameters.values()
            assert [*inspect.signature(answer).parameters.values()] == parameters
        else:
            assert isinstance(answer, str | bool)


def test_what_is_not_an_id_is_refused_with_the_forms_of_all_kinds() -> None:
    with pytest.raises(ValueError, match="is not an id of a state") as refused:
        kind_of_id("alias/reads")

    assert [
        form
        for form in (kind.inventory.ID_FORM for kind in KINDS)
        if form not in str(refused.value)
    ] == []
