"""What the emulated service remembers: plain records that JSON can hold.

How they look to a caller is in ``operations``; how long they live is in ``lifecycle``.
"""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self


@dataclass
class PlannedStatus:
    """A status a store will take by itself.

    Args:
        at_s: When, seconds since the epoch (s).
        status: The new status; None removes the store.
        message: The new statusMessage.
    """

    at_s: float
    status: str | None
    message: str | None = None


@dataclass
class Record:
    """What all resources have in common."""

    serial: int
    """Position in creation order; pages continue after a serial, so deletes do not shift them."""
    id: str
    arn: str
    name: str | None
    description: str | None
    creation_time_s: float
    update_time_s: float
    tags: dict[str, str]
    earlier: dict[str, list[Any]] = field(default_factory=dict, kw_only=True)
    """What readers may still see: by aspect, ``[until (s), value]``; see ``lags``."""

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """Return the record that ``dataclasses.asdict`` wrote as *document*."""
        known = {item.name for item in fields(cls)}
        return cls(**{name: value for name, value in document.items() if name in known})


@dataclass
class ReadSet(Record):
    """A read set; *details* holds the members of GetReadSetMetadata that are only repeated."""

    status: str
    gone_at_s: float | None = None
    """When a read set in DELETING is gone (s); None while it is not being deleted."""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass
class Reference(Record):
    """A reference; *details* holds the members of GetReferenceMetadata that are only repeated."""

    status: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass
class SequenceStore(Record):
    """A sequence store with its read sets."""

    status: str
    status_message: str | None = None
    planned: list[PlannedStatus] = field(default_factory=list)
    sse_config: dict[str, str] | None = None
    fallback_location: str | None = None
    e_tag_algorithm_family: str = "MD5up"
    propagated_set_level_tags: list[str] = field(default_factory=list)
    access_log_location: str | None = None
    s3_uri: str = ""
    s3_access_point_arn: str = ""
    s3_access_policy: str | None = None
    s3_access_policy_time_s: float = 0.0
    read_sets: dict[str, ReadSet] = field(default_factory=dict)
    emptied_at_s: float | None = None
    """When the last read set went away (s)."""
    is_updated: bool = False

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """Return the record that ``dataclasses.asdict`` wrote as *document*."""
        store = super().from_json(document)
        store.planned = [PlannedStatus(**item) for item in document["planned"]]
        store.read_sets = {
            key: ReadSet.from_json(item) for key, item in document["read_sets"].items()
        }
        return store


@dataclass
class ReferenceStore(Record):
    """A reference store with its references. It has no status and no update (source: model)."""

    sse_config: dict[str, str] | None = None
    references: dict[str, Reference] = field(default_factory=dict)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """Return the record that ``dataclasses.asdict`` wrote as *document*."""
        store = super().from_json(document)
        store.references = {
            key: Reference.from_json(item) for key, item in document["references"].items()
        }
        return store


@dataclass
class TokenUse:
    """The first use of a clientToken: what was asked and what was answered.

    Args:
        fingerprint: Of the parameters.
        answer: The answer.
        at_s: When (s).
        refusal: Code and message, if the call was refused.
    """

    fingerprint: str
    answer: dict[str, Any]
    at_s: float = 0.0
    refusal: list[str] | None = None


@dataclass
class RegionState:
    """Everything in one region of one account."""

    sequence_stores: dict[str, SequenceStore] = field(default_factory=dict)
    reference_stores: dict[str, ReferenceStore] = field(default_factory=dict)
    token_uses: dict[str, TokenUse] = field(default_factory=dict)
    """Keyed ``operation/clientToken``."""
    principals: dict[str, float] = field(default_factory=dict)
    """When each principal was named first in an access policy (s)."""

    def to_json(self) -> dict[str, Any]:
        """Return a JSON document of everything."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """Return the state that ``to_json`` wrote."""
        return cls(
            {k: SequenceStore.from_json(v) for k, v in document["sequence_stores"].items()},
            {k: ReferenceStore.from_json(v) for k, v in document["reference_stores"].items()},
            {k: TokenUse(**v) for k, v in document["token_uses"].items()},
            dict(document.get("principals", {})),
        )

    def resource_with_arn(self, arn: str) -> Record | None:
        """Return the store, read set or reference named by *arn*."""
        for store in self.sequence_stores.values():
            if store.arn == arn:
                return store
            if arn.startswith(f"{store.arn}/readSet/"):
                return store.read_sets.get(arn.rpartition("/")[2])
        for reference_store in self.reference_stores.values():
            if reference_store.arn == arn:
                return reference_store
            if arn.startswith(f"{reference_store.arn}/reference/"):
                return reference_store.references.get(arn.rpartition("/")[2])
        return None
