"""Look up existing stores, read sets, references and access policies, read-only.

Each lookup has two forms, like the functions of Pulumi's generated SDKs. One takes plain values,
calls AWS at once and returns the result. The other, ``…_output``, takes inputs, such as the outputs
of a resource, and returns an ``Output`` of the result, which is unknown in a preview while the
inputs are.

A lookup is not a resource: it calls AWS and needs credentials in previews too. It uses the stack's
``aws:`` configuration, and all lookups of the program share the HealthOmics quotas. Results are not
cached.

All raise errors of ``omics_components.errors``; an uncaught one ends the program with one sentence.

Source: botocore's ``omics`` model 2022-11-28. Not run against AWS.
"""
