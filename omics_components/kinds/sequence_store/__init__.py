"""Sequence stores of HealthOmics."""
