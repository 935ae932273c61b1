"""What the lab's nightly report counts, with plain boto3."""

from collections import Counter

import boto3


def count_read_sets_by_sample(store_id: str) -> Counter[str]:
    """Count the active read sets of each sample in a store."""
    pages = boto3.client("omics").get_paginator("list_read_sets").paginate(sequenceStoreId=store_id)
    return Counter(
        read_set["sampleId"]
        for page in pages
        for read_set in page["readSets"]
        if read_set["status"] == "ACTIVE"
    )
