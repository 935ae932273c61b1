"""What an engine asks of this library."""
