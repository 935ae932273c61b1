"""Components of this library."""
