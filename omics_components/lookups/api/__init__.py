"""The AWS calls of the lookups."""
