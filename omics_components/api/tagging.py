"""The index of tags (Resource Groups Tagging API): which resources of a region have a tag.

Source of the call: botocore's ``resourcegroupstaggingapi`` model 2017-01-26. Not run against AWS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omics_components.api.answers import required
from omics_components.api.client import translated_errors

if TYPE_CHECKING:
    from mypy_boto3_resourcegroupstaggingapi import ResourceGroupsTaggingAPIClient


def list_tagged(
    client: ResourceGroupsTaggingAPIClient, tag_key: str, resource_type: str
) -> list[str]:
    """List the ARNs of the resources that have a tag, whatever its value.

    The index lags behind (docs): what was just made may be missing, what is gone may be there.

    Args:
        client: Client of the ``resourcegroupstaggingapi`` service.
        tag_key: The tag.
        resource_type: Such as ``kms:key`` or ``s3:bucket``.

    IAM: tag:GetResources.
    """
    operation = "GetResources"
    arns: list[str] = []
    with translated_errors(operation):
        pages = client.get_paginator("get_resources").paginate(
            TagFilters=[{"Key": tag_key}], ResourceTypeFilters=[resource_type]
        )
        for page in pages:
            found = required(page, "ResourceTagMappingList", operation)
            arns += [resource["ResourceARN"] for resource in found]
    return arns
