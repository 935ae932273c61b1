"""The results and filters of the lookups."""
