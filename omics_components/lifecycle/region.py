"""The region of a resource: the program's word, or else the stack's."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from omics_components.aws.client import Aws
from omics_components.errors import InvalidRequest
from omics_components.schema.validation import Failure, Path


def with_region(
    aws: Aws, given: Mapping[str, object], unknown: Collection[Path]
) -> dict[str, object]:
    """Fill in the stack's region where the program names none. No call to AWS.

    Args:
        aws: The way into AWS.
        given: The inputs, in wire names.
        unknown: Where values belong that only an update will know.
    """
    if given.get("region") in (None, "") and ("region",) not in unknown:
        return {**given, "region": aws.default_region()}
    return dict(given)


def missing_region(given: Mapping[str, object], unknown: Collection[Path]) -> Iterator[Failure]:
    """Complain about inputs for which ``with_region`` found no region."""
    if given.get("region") is None and ("region",) not in unknown:
        yield Failure(
            ("region",),
            "no region is set: set region on the resource, aws:region in the stack's "
            "configuration, or AWS_REGION in the environment",
        )


def required_region(region: str | None) -> str:
    """Return the region of checked inputs.

    Raises:
        InvalidRequest: There is none.
    """
    if region is None:
        raise InvalidRequest("the resource has no region", advice="Set aws:region.")
    return region
