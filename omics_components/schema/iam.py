"""IAM permissions as data: what each step of a kind needs, on which types of resources.

Light: no pydantic, no AWS SDK and no Pulumi. ``sts:GetCallerIdentity`` is in no list, because it
needs no permission (docs).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal

Circumstance = Literal[
    "force_destroy",
    "a KMS key",
    "a name",
    "a resumed creation",
    "a failed creation",
    "a busy store",
    "the alias of a key scheduled for deletion",
    "a state without region or account",
]
"""An option, or a circumstance, without which an action is not called."""


@dataclass(frozen=True)
class Permission:
    """An IAM action on types of resources.

    Args:
        action: The action: ``omics:GetSequenceStore``.
        resource_types: The types of resources that the action is authorized on, each of them, as
            the service authorization reference names them. Of the types that it lists as optional,
            the ones that this library uses. Empty if IAM checks the action on ``*`` only.
        only_with: The option or circumstance that needs the action; None if every run may.
    """

    action: str
    resource_types: tuple[str, ...] = ()
    only_with: Circumstance | None = None


Needed = tuple[Permission, ...]


@dataclass(frozen=True)
class KindPermissions:
    """What each method of a kind's handler needs. The fields have the names of the methods.

    An engine asks for ``read_owner`` before ``update`` and ``delete``; an adoption asks for
    ``id_of``, ``read``, ``read_owner`` and ``write_owner``.
    """

    create: Needed
    read: Needed
    update: Needed
    delete: Needed
    read_owner: Needed
    write_owner: Needed
    id_of: Needed = ()
    check_replacement: Needed = ()

    @property
    def all(self) -> Needed:
        """What all methods need together."""
        return merge(*(getattr(self, field.name) for field in fields(self)))

    @property
    def by_step(self) -> Mapping[str, Needed]:
        """What each step of a program's life needs, in the words of the documentation."""
        return {
            "create": self.create,
            "read": self.read,
            "update": merge(self.read_owner, self.update),
            "delete": merge(self.read_owner, self.delete),
            "adopt": merge(self.id_of, self.read, self.read_owner, self.write_owner),
            "preview of a replacement": self.check_replacement,
        }


def on(service: str, *operations: str, types: tuple[str, ...] = ()) -> Needed:
    """Return the actions of a service, each on the same types of resources.

    Args:
        service: The prefix of the actions: ``omics``.
        operations: The names of the actions without the prefix.
        types: The types of resources; empty for ``*``.
    """
    return tuple(Permission(f"{service}:{operation}", types) for operation in operations)


def only_with(circumstance: Circumstance, *needed: Permission) -> Needed:
    """Return permissions that one circumstance alone needs."""
    return tuple(replace(permission, only_with=circumstance) for permission in needed)


def merge(*lists: Needed) -> Needed:
    """Join lists of permissions; one that every run needs is not repeated for a circumstance."""
    joined = dict.fromkeys(permission for needed in lists for permission in needed)
    always = {
        (permission.action, permission.resource_types)
        for permission in joined
        if permission.only_with is None
    }
    return tuple(
        permission
        for permission in joined
        if permission.only_with is None
        or (permission.action, permission.resource_types) not in always
    )
