"""What lookups return."""
