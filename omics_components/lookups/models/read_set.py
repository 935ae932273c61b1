"""Read sets: results, keys and filters."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from omics_components.schema.base import Model
from omics_components.schema.enumerations import ReadSetCreationType, ReadSetStatus
from omics_components.schema.lookup import CreatedFilter, FilterText, ResourceId, Result, result
from omics_components.schema.times import TimeText


def _reference_arn(value: str) -> str:
    longest = 127
    if not value.startswith("arn:") or len(value) > longest:
        raise ValueError(f"must be an ARN of at most {longest} characters, not {value!r}")
    return value


class InSequenceStore(Model):
    """The store of read sets."""

    sequence_store_id: ResourceId


class ReadSetKey(InSequenceStore):
    """The key of one read set."""

    id: ResourceId


class ReadSetFilter(CreatedFilter):
    """Which read sets a list shows; texts must be equal (assumed: read-set-filter)."""

    name: FilterText | None = Field(default=None, description="The name.")
    status: ReadSetStatus | None = Field(default=None, description="The status.")
    reference_arn: Annotated[str, AfterValidator(_reference_arn)] | None = Field(
        default=None, description="ARN of the reference genome."
    )
    sample_id: FilterText | None = Field(default=None, description="The source's sample.")
    subject_id: FilterText | None = Field(default=None, description="The source's subject.")
    generated_from: FilterText | None = Field(default=None, description="Where it came from.")
    creation_type: ReadSetCreationType | None = Field(
        default=None, description="How it came into the store."
    )


@result
class SequenceInformation(Result):
    """Information about the reads."""

    total_read_count: int | None = Field(default=None, description="Number of reads.")
    total_base_count: int | None = Field(default=None, description="Number of bases.")
    generated_from: str | None = Field(default=None, description="Where the sequence came from.")
    alignment: str | None = Field(default=None, description="The alignment setting.")


@result
class ETag(Result):
    """Hashes of the content, independent of the files' compression."""

    algorithm: str | None = Field(default=None, description="Such as `FASTQ_MD5up`.")
    source1: str | None = Field(default=None, description="Hash of the first file.")
    source2: str | None = Field(default=None, description="Hash of the second file.")


@result
class FileInformation(Result):
    """One file of a read set or reference."""

    total_parts: int | None = Field(default=None, description="Number of parts.")
    part_size: int | None = Field(default=None, description="Size of a part (bytes).")
    content_length: int | None = Field(default=None, description="Size of the file (bytes).")
    s3_uri: str | None = Field(default=None, description="Where S3 clients find it.")


@result
class ReadSetFiles(Result):
    """The files of a read set."""

    source1: FileInformation | None = Field(default=None, description="The first file.")
    source2: FileInformation | None = Field(default=None, description="The second file, of pairs.")
    index: FileInformation | None = Field(default=None, description="The index.")


@result
class ReadSetListItem(Result):
    """A read set in a list."""

    id: str = Field(description="The read set's id.")
    arn: str = Field(description="Its ARN.")
    sequence_store_id: str = Field(description="The store that it is in.")
    status: str = Field(description="Its status.")
    file_type: str = Field(description="`FASTQ`, `BAM`, `CRAM` or `UBAM`.")
    creation_time: TimeText = Field(description="When it was made.")
    name: str | None = Field(default=None, description="Its name.")
    description: str | None = Field(default=None, description="What it is.")
    subject_id: str | None = Field(default=None, description="The source's subject.")
    sample_id: str | None = Field(default=None, description="The source's sample.")
    reference_arn: str | None = Field(default=None, description="ARN of the reference genome.")
    sequence_information: SequenceInformation | None = Field(
        default=None, description="Information about the reads."
    )
    status_message: str | None = Field(default=None, description="Why it has the status.")
    creation_type: str | None = Field(default=None, description="`IMPORT` or `UPLOAD`.")
    etag: ETag | None = Field(default=None, description="Hashes of what the files mean.")


@result
class GetReadSetMetadataResult(ReadSetListItem):
    """A read set with all fields; AWS does not report its tags here (model)."""

    files: ReadSetFiles | None = Field(default=None, description="Its files.")
    creation_job_id: str | None = Field(default=None, description="The job that imported it.")
