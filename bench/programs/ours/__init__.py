"""Stores of this library."""
