"""The Resource Groups Tagging API: the resources of a region that have a tag.

Source of the call: botocore's ``resourcegroupstaggingapi`` model 2017-01-26. Not run against AWS.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from omics_components.aws.client import translated_errors
from omics_components.aws.responses import require_member

if TYPE_CHECKING:
    from mypy_boto3_resourcegroupstaggingapi import ResourceGroupsTaggingAPIClient

_PAGE_MAX = 100
"""Resources of a page (model: ResourcesPerPage is at most 100)."""


def list_tagged(
    client: ResourceGroupsTaggingAPIClient,
    tag_key: str,
    resource_type: str,
    *,
    pages_max: int | None = None,
) -> dict[str, str]:
    """List the resources that have a tag, with the tag's value.

    The API lags behind (docs): new resources may be missing, deleted ones may still be listed.

    Args:
        client: Client of the ``resourcegroupstaggingapi`` service.
        tag_key: The tag's key.
        resource_type: Such as ``kms:key`` or ``s3:bucket``.
        pages_max: Maximum number of pages of 100 resources to read; None for all.

    Returns:
        Values by ARN.
    """
    operation = "GetResources"
    values: dict[str, str] = {}
    with translated_errors(operation):
        pages = client.get_paginator("get_resources").paginate(
            TagFilters=[{"Key": tag_key}],
            ResourceTypeFilters=[resource_type],
            PaginationConfig={"PageSize": _PAGE_MAX},
        )
        for page in islice(pages, pages_max):
            for resource in require_member(page, "ResourceTagMappingList", operation):
                tags = {tag["Key"]: tag["Value"] for tag in resource.get("Tags", ())}
                values[resource["ResourceARN"]] = tags.get(tag_key, "")
    return values
