"""Resources whose methods return at once."""
