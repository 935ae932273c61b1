"""The memory of a plugin process between the engine's calls.

To the plugin, a first creation, a retried creation after a crash and a forced replacement look the
same: ``check`` without old inputs, then ``create``. Only a replacement that ``diff`` requested, or
an earlier deletion, shows the difference. So this module records them.

One process serves one command; a preview and the update after it are two processes.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass

from omics_components.schema.owner_tag import OwnerTag


@dataclass(frozen=True)
class Replaced:
    """A resource that is being replaced.

    Args:
        id: Its id.
        imported_as: The option ``import_`` by which it, or a predecessor, was adopted.
    """

    id: str
    imported_as: str | None


class ProcessMemory:
    """The memory of a stack's providers, shared by all threads of the plugin process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._declared: set[str] = set()
        self._generations: defaultdict[str, int] = defaultdict(int)
        self._replaced: dict[str, Replaced] = {}
        self._live: dict[str, str] = {}
        self._owners: dict[str, OwnerTag | None] = {}
        self._incomplete: dict[str, OwnerTag | None] = {}

    def mark_declared(self, identity: str) -> None:
        """Record that the program declares a resource: the engine called ``check`` for it."""
        with self._lock:
            self._declared.add(identity)

    def is_declared(self, identity: str) -> bool:
        """Return whether the program declares a resource; a refresh does not run the program."""
        with self._lock:
            return identity in self._declared

    def mark_kept(self, identity: str, id_: str, owner: OwnerTag | None) -> None:
        """Record that ``diff`` keeps a resource; it is live if the program also declares it."""
        with self._lock:
            if identity in self._declared:
                self._live[id_] = identity
                self._owners[id_] = owner

    def mark_created(self, identity: str, id_: str, owner: OwnerTag | None) -> None:
        """Record that ``create`` returned a resource: it is live."""
        with self._lock:
            self._live[id_] = identity
            self._owners[id_] = owner

    def mark_incomplete(self, identity: str, id_: str, owner: OwnerTag | None) -> None:
        """Record that ``create`` returned a resource that it could not finish, which is live."""
        self.mark_created(identity, id_, owner)
        with self._lock:
            self._incomplete[identity] = owner

    def incomplete(self, identity: str) -> OwnerTag | None:
        """Return the owner tag of the resource that ``create`` could not finish, if any.

        After an error hook, engines before 3.274 call ``create`` for it again.
        """
        with self._lock:
            return self._incomplete.get(identity)

    def recorded_owner(self, id_: str) -> OwnerTag | None:
        """Return the owner tag that the state records for a live resource of the program."""
        with self._lock:
            return self._owners.get(id_)

    def is_live(self, id_: str) -> bool:
        """Return whether the current state has a resource, which must then not be deleted.

        A deletion that a crash left pending, or that ends a forced replacement, may name a resource
        that the state still has, or has again, under the same or another name.
        """
        with self._lock:
            return id_ in self._live

    def is_managed_elsewhere(self, identity: str, id_: str) -> bool:
        """Return whether another declaration of the program has a resource.

        A bucket that is deleted before its own replacement has the same name as the replacement.
        """
        with self._lock:
            return self._live.get(id_, identity) != identity

    def mark_replaced(
        self, identity: str, id_: str, generation: int, imported_as: str | None = None
    ) -> None:
        """Record that ``diff`` requests the replacement of a resource of this generation."""
        with self._lock:
            self._replaced[identity] = Replaced(id_, imported_as)
        self.retire(identity, generation)

    def mark_replaced_unasked(self, identity: str, id_: str, generation: int) -> None:
        """Note that the engine replaces a resource that ``diff`` kept.

        From now on the owner tag alone decides whether it is deleted.
        """
        with self._lock:
            self._live.pop(id_, None)
        self.mark_replaced(identity, id_, generation)

    def retire(self, identity: str, generation: int) -> None:
        """Record that a resource of this generation is replaced or deleted."""
        with self._lock:
            self._generations[identity] = max(self._generations[identity], generation + 1)

    def generation(self, identity: str) -> int:
        """Return the generation of the next creation."""
        with self._lock:
            return self._generations[identity]

    def replaced(self, identity: str) -> Replaced | None:
        """Return the resource whose replacement ``diff`` requested."""
        with self._lock:
            return self._replaced.get(identity)
