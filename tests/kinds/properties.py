"""What the table of properties is made of, and the names that all kinds use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from omics_components.kinds import registry
from omics_components.schema.base import FieldSpec, Model, field_specs
from tests.engine.stack import Stack
from tests.input_tables import KEY

ACCOUNT = "123456789012"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ADMIN = f"arn:aws:iam::{ACCOUNT}:role/admin"
LAB = f"arn:aws:iam::{ACCOUNT}:role/lab"
READER = "arn:aws:iam::111122223333:role/reader"
OTHER_KEY = KEY.replace("1234abcd", "abcd1234")
THIRD_KEY = KEY.replace("1234abcd", "ffff0000")
FOR_THIS_ACCOUNT = {"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT}}

Drift = Callable[[Any, str], object]
"""What someone does with a plain client of the service, to the resource of this id."""


@dataclass(frozen=True)
class Row:
    """One property.

    Args:
        name: Its Python name.
        first: What the program says first; None for a property that no program sets.
        changed: What it says then.
        cleared: What is there once the program leaves the property out.
        drift: What someone does to it behind Pulumi's back; None where no one can.
        drifted: What a refresh then tells as the input.
        alone: Its changes do not go together with those of others.
        along: Properties without a word of their own that change with it.
        instead: What the program must say in its place, to leave it out.
        in_aws: Whether AWS keeps it; else only the state tells.
    """

    name: str
    first: Any = None
    changed: Any = None
    cleared: Any = None
    drift: Drift | None = None
    drifted: Any = None
    alone: bool = False
    along: tuple[str, ...] = ()
    instead: Mapping[str, Any] = field(default_factory=dict)
    in_aws: bool = True


@dataclass(frozen=True)
class Kind:
    """One kind of resource.

    Args:
        noun: What it is called here. The resource of that name has all properties whose changes go
            together; those that a refresh may find, but no program sets, are on ``<noun>-foreign``.
        resource: Its class.
        model: What a program may say of it.
        service: Where plain boto3 finds it.
        look: Asks AWS about one, and answers by the names of the properties.
        rows: Its properties.
        besides: What a program must say besides, by the name of the resource.
        prepare: Makes what must be there before; real ids for those that the table writes.
    """

    noun: str
    resource: Callable[..., object]
    model: type[Model]
    service: str
    look: Callable[[Stack, str], dict[str, Any]]
    rows: tuple[Row, ...]
    besides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    prepare: Callable[[Stack], Mapping[str, str]] = lambda _: {}

    @property
    def facts(self) -> dict[str, FieldSpec]:
        """What the model says of its properties."""
        return {name: spec for name, _, spec in field_specs(self.model)}

    @property
    def resources(self) -> dict[str, list[Row]]:
        """Resource name -> the properties that are shown on it."""
        resources: dict[str, list[Row]] = {}
        for row in self.rows:
            name = self.noun
            if row.first is None:
                name = f"{self.noun}-foreign"
            elif row.alone or self.facts[row.name].create_only:
                name = f"{self.noun}-{row.name.replace('_', '-')}"
            resources.setdefault(name, []).append(row)
        return resources


def properties_of(kind: registry.Kind) -> Kind:
    """Return the table in the folder of a kind."""
    table: Kind = import_module(f"tests.kinds.{kind.folder}.properties").PROPERTIES
    return table


def users_own(tags: Mapping[str, str]) -> dict[str, str]:
    """Leave out the tags by which the library knows what it made."""
    return {key: tags[key] for key in tags if not key.startswith("omics-components:")}
