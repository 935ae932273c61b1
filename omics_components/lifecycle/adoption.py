"""Adoption: taking over a resource that is there already, without changing anything of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator
from typing import TypeVar

from omics_components.errors import NotFound, ResourceConflict, error_context
from omics_components.lifecycle.fence import wait_for_owner
from omics_components.lifecycle.handler import EngineRequest, Handler, LiveResource
from omics_components.schema.base import Model, State
from omics_components.schema.owner_tag import Claim, OwnerTag

_IDLE = frozenset({"ACTIVE", "UPDATING", None})
"""Statuses of a store that is there to stay; other kinds have none."""

InputsT = TypeVar("InputsT", bound=Model)
StateT = TypeVar("StateT", bound=State)


def adopt(
    handler: Handler[InputsT, StateT],
    reference: str,
    desired: InputsT,
    request: EngineRequest,
    *,
    from_others: bool,
) -> LiveResource[InputsT, StateT]:
    """Take over a resource that the program describes as it is.

    Nothing of it is changed but its owner tag.

    Args:
        handler: The handler of its kind.
        reference: Its ARN or id, as the user names it.
        desired: What the program declares.
        request: Who adopts.
        from_others: Whether it may carry the owner tag of another declaration.

    Raises:
        NotFound: It is not there.
        ResourceConflict: It differs from the program, is being created or FAILED, or another
            declaration made it.
    """
    with error_context(f"adopting {reference}"):
        id_ = handler.id_of(reference, desired)
        found = handler.read(id_, handler.state_type.from_wire(desired.to_wire()))
        if found is None:
            raise NotFound(
                "it is not there, or is being deleted",
                advice="Check the id in the option import_; if it was adopted already and is "
                "replaced since, remove the option.",
            )
        require_idle(found.state)
        if found.owner is not None and not from_others:
            if found.owner.is_of(request.identity, request.former_identity):
                raise ResourceConflict(
                    "its owner tag says that a declaration of this name manages it, of this stack "
                    "or of another one of the same name",
                    advice="If an interrupted command of this stack left it, or to take it from "
                    "the other stack, run pulumi config set omics-components:takeOver "
                    f"{reference} here, and the update again.",
                )
            raise ResourceConflict(
                "its ownership tag says that another program, stack or resource of this library "
                "made it",
                advice="To take it over, remove it there from the state (pulumi state delete), "
                f"then run pulumi config set omics-components:takeOver {reference} here, "
                "and the update again.",
            )
        difference = handler.diff(id_, found.state, desired, ())
        if difference:
            values = "; ".join(_differences(found.inputs, desired, difference.changed))
            raise ResourceConflict(
                f"it is not what the program says: {values}",
                advice="Write the program as it is in AWS; once it is adopted, change it.",
            )
        # Always: another stack that has it in its state must find another serial.
        claim = Claim.of(request.identity, principal="", create_only={"adopted": id_}, generation=0)
        owner = OwnerTag.draw(claim).finished
        handler.write_owner(id_, found.state, owner)
        state = found.state
        wait_for_owner(
            lambda: handler.read_owner(id_, state), owner, before=found.owner, clock=handler.clock
        )
        # Again, for the time of the last change may be a property of it.
        adopted = handler.read(id_, found.state) or found
        return dataclasses.replace(adopted, owner=owner)


def require_idle(state: State) -> None:
    """Refuse to take over what may never be of use, or not for long.

    Raises:
        ResourceConflict: It is being created or deleted, or FAILED.
    """
    status = getattr(state, "status", None)
    if status not in _IDLE:
        message = getattr(state, "status_message", None)
        raise ResourceConflict(
            f"it is {status}, not ACTIVE{f': {message}' if message else ''}",
            advice="Wait until it is; or delete it, and have another one made.",
        )


def _differences(live: Model, desired: Model, changed: Collection[str]) -> Iterator[str]:
    """List each property that differs, with both values.

    A change of the tags is one of ``tags_all``, too, and only stacks with default tags see that.
    """
    for name in type(desired).model_fields:
        live_value, declared = getattr(live, name), getattr(desired, name)
        in_other_words = declared is None and live_value and not isinstance(live_value, Model)
        if live_value != declared and (name in changed or in_other_words):
            yield f"{name}: {_text(live_value)} in AWS, {_text(declared)} in the program"


def _text(value: object) -> str:
    return repr(value.to_wire() if isinstance(value, Model) else value)
