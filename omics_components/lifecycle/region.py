"""The region of a resource: the program's, or else the stack's; and that of its key."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from omics_components.aws.client import Aws
from omics_components.errors import InvalidRequest
from omics_components.schema.fields import key_arn_region
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
    """Report inputs for which ``with_region`` found no region."""
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


def key_of_another_region(
    key_arn: str | None, region: str | None, path: Path, spelled: str, what: str
) -> Iterator[Failure]:
    """Report a key that is not in the region of what it encrypts.

    Keys are regional (S3 documents it; for HealthOmics
    assumed: key-region).

    Args:
        key_arn: The key; None without one.
        region: The region of the resource.
        path: Where the key stands in the inputs, in wire names.
        spelled: The same as a program spells it.
        what: What the key encrypts, in the failure: ``store``.
    """
    if key_arn and region and key_arn_region(key_arn) != region:
        yield Failure(
            path,
            f"{spelled}: must be a key in the {what}'s region {region}, not in "
            f"{key_arn_region(key_arn)}: {key_arn!r}",
        )
