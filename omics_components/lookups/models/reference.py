"""Reference stores and references: results, keys and filters."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field

from omics_components.lookups.models.read_set import FileInformation
from omics_components.lookups.models.sequence_store import SseConfigResult
from omics_components.schema.base import Model
from omics_components.schema.fields import printable
from omics_components.schema.lookup import CreatedFilter, FilterText, ResourceId, Result, result
from omics_components.schema.times import TimeText


def _md5(value: str) -> str:
    longest = 255
    if not 1 <= len(value) <= longest or any(unicodedata.category(c)[0] not in "LN" for c in value):
        raise ValueError(f"must be 1 to {longest} letters and digits, not {value!r}")
    return value


class InReferenceStore(Model):
    """The store of references."""

    reference_store_id: ResourceId


class ReferenceKey(InReferenceStore):
    """The key of one reference."""

    id: ResourceId


class ReferenceStoreFilter(CreatedFilter):
    """A filter of reference stores."""

    name: FilterText | None = Field(default=None, description="The name.")


class ReferenceFilter(CreatedFilter):
    """Which references a list shows; texts must be equal (assumed: reference-store-filter)."""

    name: Annotated[str, printable(255, shortest=3)] | None = Field(
        default=None, description="The name."
    )
    md5: Annotated[str, AfterValidator(_md5)] | None = Field(
        default=None, description="The MD5 checksum."
    )


@result
class ReferenceStoreListItem(Result):
    """A reference store in a list; it has no status (model)."""

    id: str = Field(description="The store's id.")
    arn: str = Field(description="Its ARN.")
    creation_time: TimeText = Field(description="When it was made.")
    name: str | None = Field(default=None, description="Its name.")
    description: str | None = Field(default=None, description="What it is for.")
    sse_config: SseConfigResult | None = Field(default=None, description="Its encryption.")


@result
class ReferenceListItem(Result):
    """A reference in a list."""

    id: str = Field(description="The reference's id.")
    arn: str = Field(description="Its ARN.")
    reference_store_id: str = Field(description="The store that it is in.")
    md5: str = Field(description="Its MD5 checksum.")
    creation_time: TimeText = Field(description="When it was made.")
    update_time: TimeText = Field(description="When it was last changed.")
    status: str | None = Field(default=None, description="`ACTIVE`, `DELETING` or `DELETED`.")
    name: str | None = Field(default=None, description="Its name.")
    description: str | None = Field(default=None, description="What it is.")


@result
class ReferenceFiles(Result):
    """The files of a reference."""

    source: FileInformation | None = Field(default=None, description="The sequence.")
    index: FileInformation | None = Field(default=None, description="Its index.")


@result
class GetReferenceMetadataResult(ReferenceListItem):
    """A reference with all fields."""

    files: ReferenceFiles | None = Field(default=None, description="Its files.")
    creation_type: str | None = Field(default=None, description="`IMPORT`.")
    creation_job_id: str | None = Field(default=None, description="The job that imported it.")
