"""The kinds of resources: the one list that providers, commands, documentation and tests iterate.

Names only. A property imports a kind's code when it is read, so programs and ``--help`` load none.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from pulumi.dynamic import Resource, ResourceProvider

    from omics_components.lifecycle.handler import Handler
    from omics_components.lifecycle.inventory import Inventory, ListedInventory
    from omics_components.schema.base import Model

SEQUENCE_STORE = "sequence-store"


@dataclass(frozen=True)
class Kind:
    """One kind of resource.

    Args:
        folder: Its folder in ``omics_components.kinds``; its page in ``docs`` has the same name.
        class_name: The class that a program declares.
        type_name: Its type in a state, without the prefix of dynamic resources.
        is_listed: Whether ``orphans`` can list it; False if it exists only as a part of another
            resource.
    """

    folder: str
    class_name: str
    type_name: str
    is_listed: bool = True

    @property
    def name(self) -> str:
        """The value of ``--kind``: ``sequence-store``."""
        return self.folder.replace("_", "-")

    @property
    def noun(self) -> str:
        """The kind in a sentence: ``sequence store``."""
        return self.folder.replace("_", " ")

    @property
    def token(self) -> str:
        """Its type in a state: ``pulumi-python:dynamic/omics:SequenceStore``."""
        return f"pulumi-python:dynamic/{self.type_name}"

    @property
    def native_token(self) -> str:
        """Its type in a state of the native provider: ``omics-components:index:SequenceStore``."""
        return f"omics-components:index:{self.class_name}"

    @property
    def tokens(self) -> frozenset[str]:
        """Its types in states of both fronts."""
        return frozenset({self.token, self.native_token})

    @property
    def provider_name(self) -> str:
        """Its class in ``omics_components.providers``, which states hold."""
        return f"{self.class_name}Provider"

    @property
    def resource(self) -> type[Resource]:
        """The class that a program declares; loads Pulumi."""
        return cast("type[Resource]", getattr(self._load("resource"), self.class_name))

    @property
    def provider(self) -> type[ResourceProvider]:
        """The class that a program records; loads Pulumi."""
        providers = import_module("omics_components.providers")
        return cast("type[ResourceProvider]", getattr(providers, self.provider_name))

    @property
    def recorded_provider(self) -> str:
        """The text by which a state records the provider."""
        from pulumi.dynamic.dynamic import serialize_provider  # noqa: PLC0415 loads Pulumi

        return cast("str", serialize_provider(self.provider()))

    @property
    def handler(self) -> type[Handler[Any, Any]]:
        """The class that implements checks, diffs and the lifecycle."""
        return cast(
            "type[Handler[Any, Any]]", getattr(self._load("handler"), f"{self.class_name}Handler")
        )

    @property
    def inputs(self) -> type[Model]:
        """The model of its inputs."""
        return cast("type[Model]", getattr(self._load("model"), f"{self.class_name}Inputs"))

    @property
    def inventory(self) -> Inventory:
        """Its answers to commands."""
        return cast("Inventory", self._load("inventory"))

    @property
    def listed_inventory(self) -> ListedInventory:
        """The same, of a kind that ``is_listed``."""
        return cast("ListedInventory", self._load("inventory"))

    def _load(self, file: str) -> object:
        return import_module(f"omics_components.kinds.{self.folder}.{file}")


KINDS = (
    Kind("sequence_store", "SequenceStore", "omics:SequenceStore"),
    Kind("kms_key", "KmsKey", "kms:Key"),
    Kind("s3_bucket", "S3Bucket", "s3:Bucket"),
    Kind("s3_access_policy", "S3AccessPolicy", "omics:S3AccessPolicy", is_listed=False),
)

KIND_NAMES = tuple(kind.name for kind in KINDS)
"""The values of ``--kind``."""


def kind_named(name: str) -> Kind:
    """Return the kind that ``--kind`` names."""
    return next(kind for kind in KINDS if kind.name == name)


def kind_of_provider(provider_name: str) -> Kind:
    """Return the kind of a class in ``omics_components.providers``."""
    return next(kind for kind in KINDS if kind.provider_name == provider_name)


def kind_of_id(id_: str) -> Kind:
    """Return the kind of a resource whose id a state holds; loads all kinds.

    Raises:
        ValueError: No kind has such ids.
    """
    for kind in KINDS:
        try:
            kind.inventory.parse_id(id_)
        except ValueError:
            continue
        return kind
    *forms, last = (kind.inventory.ID_FORM for kind in KINDS)
    raise ValueError(f"{id_!r} is not an id of a state: those are {', '.join(forms)}, and {last}")
