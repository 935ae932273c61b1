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
