"""The six questions an engine asks of a kind of resource, in typed models.

Handlers are engine-neutral: they see no unknown values but by name, no hidden keys and no floats.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from omics_components.api.client import Aws
from omics_components.models.base import Model, State
from omics_components.models.delta import Delta
from omics_components.models.duration import Timeouts
from omics_components.models.judgement import Judgement, Path

InputsT = TypeVar("InputsT", bound=Model)
StateT = TypeVar("StateT", bound=State)


@dataclass(frozen=True)
class Origin:
    """Where a resource comes from, beside its inputs.

    Args:
        identity: Who declared it: backend, organization and URN. "" for states without one.
        timeouts: How long each step may take.
    """

    identity: str = ""
    timeouts: Timeouts = field(default_factory=Timeouts)


@dataclass(frozen=True)
class Found(Generic[InputsT, StateT]):
    """A live resource.

    Args:
        id: Its Pulumi id.
        state: What AWS reports.
        inputs: The inputs that describe it, so that a refresh shows drift where the user looks.
    """

    id: str
    state: StateT
    inputs: InputsT


class Handler(Protocol[InputsT, StateT]):
    """One kind of resource."""

    inputs_type: type[InputsT]
    state_type: type[StateT]

    def __init__(self, aws: Aws) -> None:
        """Take the way into AWS; nothing is called yet."""

    def check(
        self,
        old: Mapping[str, object],
        new: Mapping[str, object],
        unknown: Collection[Path],
    ) -> Judgement[InputsT]:
        """Judge what a program wrote, without any call to AWS.

        Args:
            old: The inputs of the last run; empty for a creation.
            new: The inputs of this run, in wire names.
            unknown: Paths in *new* whose values only an update will know.
        """
        ...

    def diff(self, id_: str, recorded: StateT, desired: InputsT, unknown: Collection[str]) -> Delta:
        """Tell which fields differ and which of them replace, without any call to AWS.

        Args:
            id_: The Pulumi id.
            recorded: The state.
            desired: The inputs, checked.
            unknown: Python names of the desired fields that are unknown.
        """
        ...

    def create(self, desired: InputsT, origin: Origin) -> Found[InputsT, StateT]:
        """Make the resource and read it back."""
        ...

    def read(self, id_: str, recorded: StateT | None) -> Found[InputsT, StateT] | None:
        """Look at the resource; None if it is gone.

        Args:
            id_: The Pulumi id, or for a look without ownership what the user gave.
            recorded: The state; None for a look without ownership.
        """
        ...

    def update(self, id_: str, recorded: StateT, desired: InputsT, origin: Origin) -> StateT:
        """Bring the resource from *recorded* to *desired* in place."""
        ...

    def delete(self, id_: str, recorded: StateT, origin: Origin) -> None:
        """Delete the resource; one that is gone counts as deleted."""
        ...
