"""Components of resources whose methods return at once."""
