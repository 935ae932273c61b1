"""Measure the cost of the library against its alternatives: ``make bench``."""
