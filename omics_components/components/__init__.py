"""What a team shares: the only place that composes services."""
