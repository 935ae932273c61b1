"""The questions that commands ask of every kind; each kind answers in its ``inventory.py``.

The owner tag is read and written through the kind's handler.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from omics_components.schema.owner_tag import OWNER_TAG, OwnerTag, split_owner_tag

if TYPE_CHECKING:
    from omics_components.aws.client import Aws
    from omics_components.lifecycle.handler import LiveResource


@dataclass(frozen=True)
class Location:
    """The parts of an id that say where the resource is; None where the id does not.

    Args:
        region: The region.
        account: The account, as 12 digits.
    """

    region: str | None = None
    account: str | None = None


@dataclass(frozen=True)
class ListedResource:
    """A resource in AWS, as a list shows it.

    Args:
        id: The id that a state holds.
        arn: The ARN.
        name: A store's or bucket's name, a key's aliases; "" if not known yet.
        created: When it was created, ISO 8601 in UTC; None if not known.
        status: Its status; None if it has none or it is not known yet.
        owner: Its owner tag; None if not known yet, or not readable as one.
    """

    id: str
    arn: str
    name: str = ""
    created: str | None = None
    status: str | None = None
    owner: OwnerTag | None = None

    @property
    def short_id(self) -> str:
        """The last part of the ARN."""
        return self.arn.rpartition("/")[2].rpartition(":")[2]

    def with_owner(self, tags: Mapping[str, str]) -> ListedResource | None:
        """Add the owner tag; None if the resource has none."""
        if OWNER_TAG not in tags:
            return None
        return dataclasses.replace(self, owner=split_owner_tag(tags)[1])


class Inventory(Protocol):
    """The answers of one kind."""

    @property
    def ID_FORM(self) -> str:  # noqa: N802 a module's constant
        """The form of its ids, in words."""
        ...

    @property
    def CONTENTS(self) -> str:  # noqa: N802 a module's constant
        """The data that it can hold, in words; "" if it holds none."""
        ...

    def parse_id(self, id_: str) -> Location:
        """Return what an id says of the place.

        Raises:
            ValueError: It is not an id of this kind.
        """
        ...

    def title(self, live: LiveResource[Any, Any]) -> str:
        """Return what people call a resource; "" if it has no name."""
        ...

    def count_contents(self, aws: Aws, id_: str, *, at_most: int) -> int:
        """Count the data that a resource holds.

        Args:
            aws: The connection to AWS.
            id_: The resource.
            at_most: Where counting may stop.

        Raises:
            NotFound: The resource is gone.
        """
        ...

    def remove_owner(self, aws: Aws, id_: str) -> None:
        """Remove the owner tag of a resource."""
        ...


class ListedInventory(Inventory, Protocol):
    """The answers of a kind that ``orphans`` can list."""

    @property
    def TAGS_ARE_ALL_OR_NONE(self) -> bool:  # noqa: N802 a module's constant
        """Whether IAM lets a caller read the tags of all resources or of none."""
        ...

    def list_candidates(self, aws: Aws, region: str) -> list[ListedResource]:
        """List the resources of a region that may have an owner tag, without reading it."""
        ...

    def describe(self, aws: Aws, region: str, candidate: ListedResource) -> ListedResource | None:
        """Read the owner tag of a candidate, and what else is known of it.

        Returns:
            The resource; None if it has no owner tag.

        Raises:
            NotFound: It is gone.
            AccessDenied: The caller may not read its tags.
        """
        ...

    def deletion_command(self, resource: ListedResource, region: str) -> str:
        """Return the command that deletes a resource."""
        ...
