"""Look up what is there already: stores, read sets, references and access policies, read-only.

Each lookup has two forms, as the functions of Pulumi's generated SDKs have: one takes plain values,
calls AWS at once and returns the result; the other, ``…_output``, takes inputs, such as the outputs
of a resource, and returns an ``Output`` of the result, which stays unknown in a preview as long as
the inputs are.

A lookup is no resource: it calls AWS in previews too, and needs credentials there. It reads the
stack's ``aws:`` configuration as the resources do, and shares the quotas of HealthOmics among all
lookups of the program. Nothing is cached: two lookups are two looks.

All raise errors of ``omics_components.errors``; a program that does not catch one ends with its one
sentence.

Source: botocore's ``omics`` model 2022-11-28. Not run against AWS.
"""

from omics_components.lookups.read_sets import (
    get_read_set_metadata,
    get_read_set_metadata_output,
    get_read_sets,
    get_read_sets_output,
)
from omics_components.lookups.references import (
    get_reference_metadata,
    get_reference_metadata_output,
    get_reference_stores,
    get_reference_stores_output,
    get_references,
    get_references_output,
)
from omics_components.lookups.sequence_stores import (
    get_s3_access_policy,
    get_s3_access_policy_output,
    get_sequence_store,
    get_sequence_store_output,
    get_sequence_stores,
    get_sequence_stores_output,
)

__all__ = [
    "get_read_set_metadata",
    "get_read_set_metadata_output",
    "get_read_sets",
    "get_read_sets_output",
    "get_reference_metadata",
    "get_reference_metadata_output",
    "get_reference_stores",
    "get_reference_stores_output",
    "get_references",
    "get_references_output",
    "get_s3_access_policy",
    "get_s3_access_policy_output",
    "get_sequence_store",
    "get_sequence_store_output",
    "get_sequence_stores",
    "get_sequence_stores_output",
]
